//! Everything that a station does for itself while it serves: names on the LAN, clock,
//! disk, address, backups.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tram_journal::Journal;

use crate::backup::{About, Backups, Sticks};
use crate::clock::{Clock, SetTime};
use crate::mdns::{Names, Responder, Told};
use crate::space::Space;
use crate::status::network::AddressBook;

/// How often the clock is looked at.
const MINUTE: Duration = Duration::from_secs(60);
/// Looks at the clock between two looks at disk and address.
const HOURLY: u32 = 60;
/// How long after the start the address is looked at first: DHCP takes its time.
const ADDRESS: Duration = Duration::from_secs(30);

/// How a station is cared for.
#[derive(Debug)]
pub struct Care {
    /// Its clock.
    pub clock: Clock,
    /// Room on its disk.
    pub space: Arc<Space>,
    /// Its address from one start to the next.
    pub address: Arc<AddressBook>,
    /// Its backups.
    pub backups: Backups,
    responder: Option<Responder>,
    restart: AtomicBool,
    stop: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the care of a station needs from outside.
pub struct Outside {
    /// Who sets the system's clock; nobody where it may not be set.
    pub set_time: Option<Box<dyn SetTime>>,
    /// Who knows of sticks.
    pub sticks: Box<dyn Sticks>,
    /// What to tell on the LAN; nothing where another program answers there.
    pub told: Option<Told>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("told", &self.told).finish_non_exhaustive()
    }
}

impl Care {
    /// Begins.
    ///
    /// # Errors
    /// A thread cannot be started. A responder that cannot listen is told in the log, for
    /// the station is reached by its address then.
    pub fn start(
        data: &Path,
        journal: &Journal,
        outside: Outside,
        about: impl Fn() -> About + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let clock = Clock::start(data, journal, outside.set_time);
        let responder = outside.told.and_then(|told| {
            Responder::start(told).map_err(|error| log::error!("{error}; the station is found by its address")).ok()
        });
        let space = Arc::new(Space::open(data));
        let address = Arc::new(AddressBook::open(data));
        let stop = Arc::new(AtomicBool::new(false));
        let watching = Watching { space: Arc::clone(&space), address: Arc::clone(&address), stop: Arc::clone(&stop) };
        let thread = std::thread::Builder::new().name("care".into()).spawn(move || watching.run())?;
        Ok(Self {
            clock,
            space,
            address,
            backups: Backups::start(data, journal.clone(), outside.sticks, about)?,
            responder,
            restart: AtomicBool::new(false),
            stop,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The names that the station holds on the LAN; none when it tells none there.
    #[must_use]
    pub fn names(&self) -> Option<Names> {
        self.responder.as_ref().map(Responder::names)
    }

    /// Has the station stop and start again, as after a restore.
    pub fn ask_restart(&self) {
        self.restart.store(true, Ordering::Release);
        if let Err(error) = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGTERM) {
            log::error!("the station does not restart by itself: {error}");
        }
    }

    /// Whether it was to start again.
    #[must_use]
    pub fn is_restart_asked(&self) -> bool {
        self.restart.load(Ordering::Acquire)
    }
}

impl Drop for Care {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Watching {
    space: Arc<Space>,
    address: Arc<AddressBook>,
    stop: Arc<AtomicBool>,
}

impl Watching {
    fn run(&self) {
        let began = Instant::now();
        let mut looks = 0u32;
        let mut wait = ADDRESS;
        while !self.stop.load(Ordering::Acquire) {
            std::thread::park_timeout(wait);
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            if looks == 0 && began.elapsed() < ADDRESS {
                continue;
            }
            if looks.is_multiple_of(HOURLY) {
                self.space.look();
                self.address.look();
            }
            looks = looks.wrapping_add(1);
            wait = MINUTE;
            crate::clock::look();
        }
    }
}

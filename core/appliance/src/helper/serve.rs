//! The helper itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};
use nix::unistd::{Gid, Uid, chown};
use tram_contract::Text;

use super::{Ask, Reply, Status, usb};
use crate::boot::{self, Station};
use crate::error::Doing;
use crate::network::{self, Seen, interfaces};
use crate::slots::{self, Running};
use crate::state::State;
use crate::update::{self, Step};
use crate::{Error, Place, files, install, program};

/// Longest request.
const LINE: u64 = 64 << 10;
/// How often addresses and the hour are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// The word that a factory reset wants typed.
const RESET_WORD: &str = "XOA";

/// The helper.
#[derive(Debug)]
pub struct Helper {
    place: Place,
    /// Whom it serves beside root.
    user: Option<Uid>,
    group: Option<Gid>,
    /// What changes disks is done one by one.
    changing: Mutex<()>,
}

impl Helper {
    /// A helper for the station's user.
    pub fn new(place: Place, user: Option<Uid>, group: Option<Gid>) -> Self {
        Self { place, user, group, changing: Mutex::new(()) }
    }

    /// Listens and serves until the process ends; `ready` is called once it listens.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn run(self, ready: impl FnOnce()) -> Result<(), Error> {
        let socket = self.place.socket();
        std::fs::create_dir_all(&self.place.run).doing(self.place.run.display().to_string())?;
        // A socket that lies there is a dead helper's: systemd runs one of us.
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).doing(socket.display().to_string())?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o660)).doing("socket")?;
        chown(&socket, None, self.group).doing("socket")?;
        if let Err(error) = update::settle(&self.place) {
            log::error!("how the update ended is not known: {error}");
        }
        let helper = Arc::new(self);
        let watcher = Arc::clone(&helper);
        std::thread::Builder::new().name("box-watch".into()).spawn(move || watcher.watch()).doing("thread")?;
        ready();
        for stream in listener.incoming() {
            let stream = match stream {
                Ok(stream) => stream,
                Err(error) => {
                    log::warn!("box socket: {error}");
                    continue;
                }
            };
            let helper = Arc::clone(&helper);
            let served = std::thread::Builder::new().name("box-client".into()).spawn(move || {
                if let Err(error) = helper.serve(&stream) {
                    log::warn!("box socket: {error}");
                }
            });
            if let Err(error) = served {
                log::warn!("box socket: {error}");
            }
        }
        Ok(())
    }

    fn may(&self, stream: &UnixStream) -> Result<bool, Error> {
        let peer = nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials).doing("peer")?;
        let peer = Uid::from_raw(peer.uid());
        Ok(peer.is_root() || Some(peer) == self.user || peer == Uid::effective())
    }

    fn serve(&self, stream: &UnixStream) -> Result<(), Error> {
        if !self.may(stream)? {
            log::warn!("somebody who may not asked the helper");
            return Ok(());
        }
        let mut line = String::new();
        BufReader::new(stream.take(LINE)).read_line(&mut line).doing("request")?;
        let mut writer = stream;
        let mut say = |reply: &Reply| {
            let mut line = serde_json::to_vec(reply).unwrap_or_default();
            line.push(b'\n');
            // Whoever asked may go away; what was begun is finished all the same.
            let _ = writer.write_all(&line);
        };
        let answered = match serde_json::from_str::<Ask>(&line) {
            Ok(ask) => self.answer(ask, &mut say),
            Err(error) => Err(Error::refused(
                format!("Yêu cầu không hợp lệ: {error}."),
                format!("The request is not valid: {error}."),
            )),
        };
        let reply = answered.unwrap_or_else(|error| {
            log::warn!("box: {error}");
            Reply::Refused { reason: error.text() }
        });
        say(&reply);
        Ok(())
    }

    fn answer(&self, ask: Ask, say: &mut dyn FnMut(&Reply)) -> Result<Reply, Error> {
        let place = &self.place;
        // Status is asked all the time and must not wait for a disk being written.
        if matches!(ask, Ask::Status) {
            return self.status().map(|status| Reply::Status(Box::new(status)));
        }
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match ask {
            Ask::Status => return self.status().map(|status| Reply::Status(Box::new(status))),
            Ask::CheckUpdate { path } => {
                let file = self.allowed(&path)?;
                let manifest = update::check(place, &file, &mut progress(say))?;
                Reply::Update { manifest }
            }
            Ask::WriteUpdate { path } => {
                let file = self.allowed(&path)?;
                self.close_next();
                let manifest = update::apply(place, &file, &mut progress(say))?;
                Reply::Update { manifest }
            }
            Ask::OpenNext => Reply::At { path: self.open_next()? },
            Ask::CloseNext => {
                self.close_next();
                Reply::Done
            }
            Ask::ArmUpdate { restart_at } => {
                self.close_next();
                let pending = update::arm(place)?;
                let mut state = State::read(place);
                state.restart_at = restart_at;
                state.keep(place)?;
                Reply::Next { version: pending.version }
            }
            Ask::DropUpdate => {
                self.close_next();
                update::drop_staged(place)?;
                Reply::Done
            }
            Ask::GoBack => {
                let version = slots::go_back(place, &Running::read(place)?)?;
                restart_soon();
                Reply::Next { version }
            }
            Ask::Restart => {
                restart_soon();
                Reply::Done
            }
            Ask::PowerOff => {
                soon("poweroff");
                Reply::Done
            }
            Ask::SetTime { unix_ms } => {
                set_time(place, unix_ms)?;
                Reply::Done
            }
            Ask::Usb => Reply::Usb { disks: usb::list(place) },
            Ask::MountUsb { name, writable } => Reply::At { path: usb::mount(place, &name, writable, self.user)? },
            Ask::UnmountUsb { name } => {
                usb::unmount(place, &name)?;
                Reply::Done
            }
            Ask::SetNetwork { settings } => {
                network::change(place, &settings)?;
                Reply::Done
            }
            Ask::AddressRead => {
                Seen::read_by_someone(place)?;
                Reply::Done
            }
            Ask::Disks => Reply::Disks { disks: install::disks(place) },
            Ask::Install { disk, typed } => {
                install::install(place, &disk, &typed, &mut |step, done, total| {
                    say(&Reply::Progress { step: step.clone(), done, total });
                })?;
                Reply::Done
            }
            Ask::FactoryReset { typed } => {
                factory_reset(place, &typed)?;
                restart_soon();
                Reply::Done
            }
            Ask::WriteLog => {
                boot::write_log(place)?;
                Reply::Done
            }
        })
    }

    fn status(&self) -> Result<Status, Error> {
        let place = &self.place;
        let running = Running::read(place)?;
        // While something is being written, how the last update ended can wait.
        let state = match self.changing.try_lock() {
            Ok(_one) => update::settle(place)?,
            Err(_) => State::read(place),
        };
        Ok(Status {
            previous: slots::previous(place, &running)?,
            running,
            staged: state.staged,
            pending: state.pending,
            outcome: state.outcome,
            restart_at: state.restart_at,
            interfaces: interfaces(),
            seen: Seen::read(place),
            network: network::kept(place),
        })
    }

    /// An update file that may be looked at: a plain file where the station keeps
    /// uploads, or on a USB disk.
    fn allowed(&self, path: &Path) -> Result<PathBuf, Error> {
        let path = path.canonicalize().doing(path.display().to_string())?;
        let folders = [self.place.data.join("update"), self.place.usb.clone()];
        let inside =
            folders.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| path.starts_with(folder));
        if inside && path.is_file() {
            return Ok(path);
        }
        Err(Error::refused(
            "Tệp cập nhật phải nằm trên USB đã cắm hoặc được gửi qua trang quản trị.",
            "The update file must lie on a USB disk or be sent through the administrator's page.",
        ))
    }

    fn next(&self) -> PathBuf {
        self.place.run.join("next")
    }

    fn open_next(&self) -> Result<PathBuf, Error> {
        let slot = Running::read(&self.place)?.slot.other();
        let at = self.next();
        self.close_next();
        std::fs::create_dir_all(&at).doing("next")?;
        let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some(&slot.device(&self.place)), &at, Some("squashfs"), flags, None::<&str>).doing("next")?;
        Ok(at)
    }

    fn close_next(&self) {
        let _ = umount2(&self.next(), MntFlags::MNT_DETACH);
    }

    /// Looks after addresses, the files for Windows, and the hour of the restart.
    fn watch(&self) {
        let mut told = None;
        loop {
            let cards = interfaces();
            let station = Station::read(&self.place);
            let now = (cards.clone(), station.clone());
            if told.as_ref() != Some(&now) {
                if let Err(error) = boot::write_address(&self.place, station.as_ref(), &cards) {
                    log::warn!("the address was not written onto the partition TRAM: {error}");
                }
                told = Some(now);
            }
            let first = cards.iter().flat_map(|card| &card.addresses).find(|address| address.is_ipv4());
            if let Some(address) = first
                && let Err(error) = Seen::note(&self.place, *address)
            {
                log::warn!("the address was not remembered: {error}");
            }
            self.restart_if_due();
            std::thread::sleep(LOOK);
        }
    }

    fn restart_if_due(&self) {
        let now = tram_journal::clock::now().unix_ms;
        let is_due = |state: &State| state.restart_at.is_some_and(|at| at <= now);
        if !is_due(&State::read(&self.place)) {
            return;
        }
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = State::read(&self.place);
        if !is_due(&state) {
            return;
        }
        state.restart_at = None;
        // Kept first: an hour that cannot be forgotten would restart the box for ever.
        match state.keep(&self.place) {
            Ok(()) => soon("reboot"),
            Err(error) => log::error!("the restart is put off: {error}"),
        }
    }
}

fn progress<'a>(say: &'a mut dyn FnMut(&Reply)) -> impl FnMut(Step, u64, u64) + 'a {
    let mut last = (Step::Check, u64::MAX);
    move |step, done, total| {
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
        if last == (step, percent) {
            return;
        }
        last = (step, percent);
        let step = match step {
            Step::Check => Text::vi_en("Đang kiểm tra tệp", "Checking the file"),
            Step::Write => Text::vi_en("Đang ghi bản mới", "Writing the new version"),
            Step::ReadBack => Text::vi_en("Đang đọc lại để so", "Reading it back"),
        };
        say(&Reply::Progress { step, done, total });
    }
}

fn restart_soon() {
    soon("reboot");
}

/// Leaves time for the reply to reach the browser.
fn soon(verb: &'static str) {
    let spawned = std::thread::Builder::new().name("box-restart".into()).spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        if let Err(error) = program::run("systemctl", &[verb], None) {
            log::error!("{error}");
        }
    });
    if let Err(error) = spawned {
        log::error!("{verb}: {error}");
    }
}

fn set_time(place: &Place, unix_ms: i64) -> Result<(), Error> {
    let built = Running::read(place)?.built;
    if unix_ms < built.saturating_mul(1000) {
        return Err(Error::refused(
            "Giờ này trước ngày phát hành của bản đang chạy nên chắc chắn sai. Hãy kiểm tra giờ của máy tính.",
            "This time is before the running version was built, so it must be wrong. Check your computer's clock.",
        ));
    }
    let time = TimeSpec::new(unix_ms.div_euclid(1000), unix_ms.rem_euclid(1000) * 1_000_000);
    clock_settime(ClockId::CLOCK_REALTIME, time).doing("clock")?;
    if let Err(error) = program::run("hwclock", &["--systohc", "--utc"], None) {
        log::warn!("the hardware clock was not set: {error}");
    }
    Ok(())
}

/// Leaves the mark that the next start looks for before it mounts the data partition.
fn factory_reset(place: &Place, typed: &str) -> Result<(), Error> {
    if typed.trim() != RESET_WORD {
        return Err(Error::refused(
            format!("Để xoá hết, phải gõ đúng chữ {RESET_WORD}."),
            format!("To erase everything, the word {RESET_WORD} must be typed."),
        ));
    }
    let mark = place.esp.join("tram/factory-reset");
    std::fs::create_dir_all(place.esp.join("tram")).doing("ESP")?;
    files::replace(&mark, b"").doing("ESP")
}

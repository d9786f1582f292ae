//! The thread that makes backups and drills when they are due or asked for.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tram_contract::Text;
use tram_journal::{Head, Journal, clock};

use super::age::Identity;
use super::depot::{Depot, Entry};
use super::keys::KeyFile;
use super::make::Making;
use super::plan::{self, Work};
use super::restore::{self, Restored};
use super::state::{Record, State, StateFile};
use super::{About, Error, KEEP_LOCAL, KEEP_STICK, LOCAL_FOLDER, STICK_FOLDER, drill};

/// How often one looks whether something is due.
const LOOK: Duration = Duration::from_secs(60);
/// Days that a station which a restore replaced is kept.
const KEEP_REPLACED: Duration = Duration::from_secs(30 * 86_400);

/// A stick that backups can go to or come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stick {
    /// What the holder of sticks calls it.
    pub id: String,
    /// Its label, for people.
    pub label: String,
    /// Its size, bytes.
    pub size: u64,
}

/// Who knows of USB sticks: on a box the privileged helper, elsewhere nobody.
pub trait Sticks: Send + Sync {
    /// The sticks that are plugged in.
    fn list(&self) -> Vec<Stick>;

    /// Makes a stick readable, or writable, and answers where it is.
    ///
    /// # Errors
    /// Why it cannot be used, for people.
    fn open(&self, id: &str, writable: bool) -> Result<PathBuf, Text>;

    /// Lets it go, everything written: it may be pulled.
    fn close(&self, id: &str);
}

/// Where there are no sticks.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSticks;

impl Sticks for NoSticks {
    fn list(&self) -> Vec<Stick> {
        Vec::new()
    }

    fn open(&self, _id: &str, _writable: bool) -> Result<PathBuf, Text> {
        Err(Text::vi_en("Máy này không nhận USB.", "This machine takes no sticks."))
    }

    fn close(&self, _id: &str) {}
}

/// A folder in the place of a stick, where an administrator mounts disks himself.
#[derive(Debug, Clone)]
pub struct FolderStick(pub PathBuf);

impl Sticks for FolderStick {
    fn list(&self) -> Vec<Stick> {
        let there = self.0.is_dir();
        let label = self.0.display().to_string();
        let size = crate::space::disk(&self.0).map_or(0, |disk| disk.total);
        there.then(|| Stick { id: "folder".into(), label, size }).into_iter().collect()
    }

    fn open(&self, _id: &str, _writable: bool) -> Result<PathBuf, Text> {
        Ok(self.0.clone())
    }

    fn close(&self, _id: &str) {}
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// A backup to the data partition.
    Local,
    /// A backup to a stick.
    Stick,
    /// A drill.
    Drill,
    /// A restore.
    Restore,
}

struct Shared {
    journal: Journal,
    data: PathBuf,
    keys: KeyFile,
    state: StateFile,
    sticks: Box<dyn Sticks>,
    about: Box<dyn Fn() -> About + Send + Sync>,
    doing: Mutex<Option<Doing>>,
    failure: Mutex<Option<Text>>,
    asked: AtomicBool,
    stop: AtomicBool,
}

/// The backups of an open station.
pub struct Backups {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Backups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backups").field("data", &self.shared.data).finish_non_exhaustive()
    }
}

/// Ends what is being done when dropped.
struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.doing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Shared {
    fn begin(&self, doing: Doing) -> Result<Turn<'_>, Error> {
        let mut now = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_some() {
            return Err(Error::Busy);
        }
        *now = Some(doing);
        Ok(Turn(self))
    }

    fn local_depot(&self) -> PathBuf {
        self.data.join(LOCAL_FOLDER)
    }

    fn make(&self, root: &Path, whole: bool, keep: usize) -> Result<Record, Error> {
        let depot = Depot::make(root)?;
        let about = (self.about)();
        let making = Making { journal: &self.journal, data: &self.data, about: &about, whole, keep };
        let made = making.run(&depot, &self.keys)?;
        Ok(Record {
            good_ms: clock::now().unix_ms,
            backup: made.entry.file,
            amount: made.bytes,
            seconds: made.seconds,
            witness: witness(&made.head),
            ..Record::default()
        })
    }

    fn local(&self) -> Result<(), Error> {
        let _turn = self.begin(Doing::Local)?;
        let done = self.make(&self.local_depot(), false, KEEP_LOCAL);
        self.note(done, |state| &mut state.local)
    }

    /// Backs up to a stick; unasked only to one that backups went to before, for a teacher's
    /// own stick is none of ours.
    fn stick(&self, stick: &Stick, asked: bool) -> Result<(), Error> {
        let _turn = self.begin(Doing::Stick)?;
        let done = match self.sticks.open(&stick.id, true) {
            Ok(path) if !asked && !path.join(STICK_FOLDER).is_dir() => {
                self.sticks.close(&stick.id);
                return Ok(());
            }
            Ok(path) => {
                let about = (self.about)();
                let root = path.join(STICK_FOLDER).join(about.station.trim_end_matches(".local"));
                let done = self.make(&root, true, KEEP_STICK);
                self.sticks.close(&stick.id);
                done
            }
            Err(why) => Err(Error::Stick(why)),
        };
        self.note(done, |state| &mut state.stick)
    }

    fn drill(&self) -> Result<(), Error> {
        let _turn = self.begin(Doing::Drill)?;
        let done = self.keys.drill().and_then(|identity| {
            let depot = Depot::make(&self.local_depot())?;
            drill::drill(&self.journal, &self.data, &depot, &identity)
        });
        let done = done.map(|drilled| Record {
            good_ms: clock::now().unix_ms,
            backup: drilled.entry.file,
            amount: drilled.entries,
            seconds: drilled.seconds,
            ..Record::default()
        });
        self.note(done, |state| &mut state.drill)
    }

    fn note(&self, done: Result<Record, Error>, place: impl Fn(&mut State) -> &mut Record) -> Result<(), Error> {
        match done {
            Ok(record) => {
                log::info!("backup: {} in {} s", record.backup, record.seconds);
                self.state.change(|state| *place(state) = record);
                Ok(())
            }
            Err(error) => {
                log::error!("backup: {error}");
                let text = error.text();
                self.state.change(|state| {
                    let record = place(state);
                    record.failed_ms = clock::now().unix_ms;
                    record.failure = Some(text);
                });
                Err(error)
            }
        }
    }

    fn restore(&self, stick: &str, identity: &Identity) -> Result<Restored, Error> {
        let path = self.sticks.open(stick, false).map_err(Error::Stick)?;
        let restored = restore::newest(&path, identity)
            .and_then(|(depot, entry, list)| restore::beside(&depot, &entry, &list, identity, &self.data));
        self.sticks.close(stick);
        restored
    }

    fn has_sheet(&self) -> bool {
        self.keys.read().is_ok_and(|keys| !keys.sheet.is_empty())
    }

    fn run(&self) {
        let began = Instant::now();
        let (mut backup, mut drill): (Option<Instant>, Option<Instant>) = (None, None);
        while !self.stop.load(Ordering::Acquire) {
            std::thread::park_timeout(LOOK);
            if self.stop.load(Ordering::Acquire) {
                return;
            }
            if !self.has_sheet() {
                continue;
            }
            let asked = self.asked.swap(false, Ordering::AcqRel);
            let (now, up, state) = (clock::now().unix_ms, began.elapsed(), self.state.get());
            let ago = |since: Option<Instant>| since.map(|since| since.elapsed());
            if asked || plan::is_due(Work::Backup, now, state.local.good_ms, ago(backup), up) {
                backup = Some(Instant::now());
                // Errors are in the state, and the page shows them.
                let _ = self.local();
                for stick in self.sticks.list() {
                    let _ = self.stick(&stick, asked);
                }
                self.forget_replaced();
            }
            if asked || plan::is_due(Work::Drill, now, state.drill.good_ms, ago(drill), up) {
                drill = Some(Instant::now());
                let _ = self.drill();
            }
        }
    }

    /// Removes the station that a restore replaced a month ago.
    fn forget_replaced(&self) {
        let folder = self.data.join("before-restore");
        let age = std::fs::metadata(&folder).and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > KEEP_REPLACED)
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            log::warn!("{} was not removed: {error}", folder.display());
        }
    }
}

impl Backups {
    /// Begins to make backups of the station in `data` once it has a key sheet.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(
        data: &Path,
        journal: Journal,
        sticks: Box<dyn Sticks>,
        about: impl Fn() -> About + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            journal,
            data: data.to_owned(),
            keys: KeyFile::of(data),
            state: StateFile::open(data),
            sticks,
            about: Box::new(about),
            doing: Mutex::new(None),
            failure: Mutex::new(None),
            asked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let running = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("backups".into()).spawn(move || {
            crate::space::give_way();
            running.run();
        })?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &KeyFile {
        &self.shared.keys
    }

    /// What became of the last backups.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.state.get()
    }

    /// What is being done now.
    #[must_use]
    pub fn doing(&self) -> Option<Doing> {
        *self.shared.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sticks that are plugged in.
    #[must_use]
    pub fn sticks(&self) -> Vec<Stick> {
        self.shared.sticks.list()
    }

    /// The backups on the data partition, the newest first.
    #[must_use]
    pub fn local(&self) -> Vec<Entry> {
        Depot::open(&self.shared.local_depot()).entries().unwrap_or_default()
    }

    /// Asks for a backup and a drill now; they run in the background.
    ///
    /// # Errors
    /// There is no key sheet, or something is under way.
    pub fn ask(&self) -> Result<(), Error> {
        if !self.shared.has_sheet() {
            return Err(Error::NoSheet);
        }
        if self.doing().is_some() {
            return Err(Error::Busy);
        }
        self.shared.asked.store(true, Ordering::Release);
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.thread().unpark();
        }
        Ok(())
    }

    /// Restores the newest backup on a stick that the key opens, beside this station and in
    /// the background; it is taken up at the next start, which `done` brings about. A failure
    /// is told by [`Backups::restore_failure`], and this station stays as it is.
    ///
    /// # Errors
    /// Something else is under way.
    pub fn restore_aside(
        &self,
        stick: String,
        identity: Identity,
        done: impl FnOnce() + Send + 'static,
    ) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        // Whoever asks next is told that it is busy.
        std::mem::forget(shared.begin(Doing::Restore)?);
        *self.lock_failure() = None;
        std::thread::Builder::new().name("restore".into()).spawn(move || {
            let turn = Turn(&shared);
            let restored = shared.restore(&stick, &identity);
            match restored {
                Ok(restored) => {
                    log::info!("restored {}; it is taken up with the next start", restored.entry.file);
                    done();
                }
                Err(error) => {
                    log::error!("restore: {error}");
                    *shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.text());
                }
            }
            drop(turn);
        })?;
        Ok(())
    }

    /// As [`Backups::restore_aside`], from a disk that is mounted already, and waiting for it.
    ///
    /// # Errors
    /// Something else is under way, or as [`restore::newest`] and [`restore::beside`].
    pub fn restore_from(&self, path: &Path, identity: &Identity) -> Result<Restored, Error> {
        let _turn = self.shared.begin(Doing::Restore)?;
        let (depot, entry, list) = restore::newest(path, identity)?;
        restore::beside(&depot, &entry, &list, identity, &self.shared.data)
    }

    /// Why the last restore failed.
    #[must_use]
    pub fn restore_failure(&self) -> Option<Text> {
        self.lock_failure().clone()
    }

    fn lock_failure(&self) -> std::sync::MutexGuard<'_, Option<Text>> {
        self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Backups {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// A head as it is printed and given back as a witness: `EPOCH-TAG:SEQUENCE:HASH`.
fn witness(head: &Head) -> String {
    let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{:04x}:{}:{hash}", head.epoch, head.tag, head.sequence)
}

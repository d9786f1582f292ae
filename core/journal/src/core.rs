//! What the handles of an open journal share.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::Flock;
use redb::{CompactionError, Database, ReadTransaction, ReadableDatabase};

use crate::Error;
use crate::blobs::Blobs;
use crate::catalog::Catalog;
use crate::changed::Changed;
use crate::commit::Queue;
use crate::disk::Disk;
use crate::id::StationId;
use crate::log::Log;
use crate::model::{Head, Options};
use crate::reads::ReadLog;
use crate::replay;
use crate::ring::Ring;
use crate::segment::{Place, Segments};
use crate::tables::At;

/// A lock that a panic elsewhere does not make unusable: what it guards is only replaced whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A database that can be replaced while others read.
#[derive(Debug, Default)]
pub(crate) struct Store {
    db: RwLock<Option<Database>>,
    /// It could not be opened anew for want of space: not closed, only waiting for some.
    full: AtomicBool,
}

impl Store {
    pub(crate) fn new(db: Database) -> Self {
        Self { db: RwLock::new(Some(db)), full: AtomicBool::new(false) }
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        f(db.as_ref().ok_or_else(|| self.missing())?)
    }

    /// Why there is none.
    fn missing(&self) -> Error {
        if self.full.load(Ordering::Acquire) { Error::Full } else { Error::Closed }
    }

    pub(crate) fn begin_read(&self) -> Result<ReadTransaction, Error> {
        self.with(|db| db.begin_read().map_err(Error::tables))
    }

    /// Closes the database and puts another in its place. Its readers fail from here on.
    pub(crate) fn replace(&self, make: impl FnOnce() -> Result<Database, Error>) -> Result<(), Error> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        *db = None;
        let made = make();
        self.full.store(matches!(made, Err(Error::Full)), Ordering::Release);
        *db = Some(made?);
        Ok(())
    }

    /// Moves the pages together and cuts the file. False when somebody is reading.
    pub(crate) fn compact(&self) -> Result<bool, Error> {
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        match db.as_mut().ok_or_else(|| self.missing())?.compact() {
            Ok(_) => Ok(true),
            Err(CompactionError::TransactionInProgress) => Ok(false),
            Err(e) => Err(Error::tables(e)),
        }
    }

    pub(crate) fn close(&self) -> Result<(), Error> {
        let db = self.db.write().unwrap_or_else(PoisonError::into_inner).take();
        db.map_or(Ok(()), |db| db.close().map_err(Error::tables))
    }
}

/// What only the one who writes may touch.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) log: Log,
    pub(crate) head: Head,
    /// Where the head's entry stands.
    pub(crate) last: Place,
    pub(crate) ring: Ring,
    /// The tables lack entries that the journal has; they must be replayed before anything else.
    pub(crate) tables_behind: bool,
    /// Entries and journal bytes since the last checkpoint.
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) scratch_version: u64,
}

impl Writer {
    pub(crate) fn at(&self) -> At {
        At { head: self.head, last: self.last, next: self.log.place(&self.head) }
    }
}

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) station: StationId,
    /// Key of the hashes that stand for personal terms.
    pub(crate) index_key: [u8; 32],
    pub(crate) main: Store,
    pub(crate) scratch: Store,
    pub(crate) segments: Arc<Segments>,
    pub(crate) blobs: Blobs,
    /// Who read which sensitive fields.
    pub(crate) reads: ReadLog,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) queue: Mutex<Queue>,
    /// Held while segments are rewritten or copied.
    pub(crate) maintenance: Mutex<()>,
    pub(crate) scratch_dirty: AtomicBool,
    pub(crate) spare: Arc<AtomicBool>,
    pub(crate) closed: AtomicBool,
    pub(crate) last_commit: Mutex<Instant>,
    catalog: RwLock<Arc<Catalog>>,
    tick: AtomicU64,
    pub(crate) changed: Changed,
    head: Mutex<Head>,
    head_moved: Condvar,
    numbers: Mutex<HashMap<String, u64>>,
    free: Mutex<(Option<Instant>, u64)>,
    /// The background thread.
    pub(crate) housekeeper: Mutex<Option<JoinHandle<()>>>,
    /// Keeps the folder ours until the journal is closed or the last handle is gone.
    pub(crate) folder_lock: Mutex<Option<Flock<File>>>,
}

/// How long a look at the free space is believed.
const FREE_FOR: Duration = Duration::from_millis(200);

#[allow(clippy::too_many_arguments, reason = "the parts of an opened folder, put together once")]
impl Core {
    pub(crate) fn new(
        options: Options,
        disk: Arc<dyn Disk>,
        index_key: [u8; 32],
        main: Database,
        scratch: Database,
        scratch_version: u64,
        catalog: Arc<Catalog>,
        log: Log,
        at: At,
        blobs: Blobs,
        station: StationId,
        lock: Option<Flock<File>>,
    ) -> Self {
        let segments = Arc::clone(&log.segments);
        let spare = log.spare();
        Self {
            options,
            disk,
            station,
            index_key,
            main: Store::new(main),
            scratch: Store::new(scratch),
            segments,
            blobs,
            reads: ReadLog::default(),
            writer: Mutex::new(Writer {
                log,
                head: at.head,
                last: at.last,
                ring: Ring::default(),
                tables_behind: false,
                entries: 0,
                bytes: 0,
                scratch_version,
            }),
            queue: Mutex::new(Queue::default()),
            maintenance: Mutex::new(()),
            scratch_dirty: AtomicBool::new(false),
            spare,
            closed: AtomicBool::new(false),
            last_commit: Mutex::new(Instant::now()),
            catalog: RwLock::new(catalog),
            tick: AtomicU64::new(1),
            changed: Changed::default(),
            head: Mutex::new(at.head),
            head_moved: Condvar::new(),
            numbers: Mutex::new(HashMap::new()),
            free: Mutex::new((None, u64::MAX)),
            housekeeper: Mutex::new(None),
            folder_lock: Mutex::new(lock),
        }
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.closed.load(Ordering::Acquire) { Err(Error::Closed) } else { Ok(()) }
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_catalog(&self, catalog: Arc<Catalog>) {
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = catalog;
    }

    /// The last commit that a snapshot begun from now on is sure to include.
    pub(crate) fn tick(&self) -> u64 {
        self.tick.load(Ordering::Acquire)
    }

    pub(crate) fn set_tick(&self, tick: u64) {
        self.tick.store(tick, Ordering::Release);
    }

    pub(crate) fn head(&self) -> Head {
        *lock(&self.head)
    }

    pub(crate) fn publish_head(&self, head: Head) {
        *lock(&self.head) = head;
        self.head_moved.notify_all();
    }

    pub(crate) fn wait_for(&self, sequence: u64, timeout: Duration) -> u64 {
        let deadline = Instant::now() + timeout;
        let mut head = lock(&self.head);
        while head.sequence < sequence {
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|d| !d.is_zero()) else {
                break;
            };
            head = self.head_moved.wait_timeout(head, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        head.sequence
    }

    /// Hands out `count` numbers above `used` and above all that were handed out before.
    pub(crate) fn take_numbers(&self, key: &str, used: u64, count: u64) -> u64 {
        let mut numbers = lock(&self.numbers);
        let last = numbers.entry(key.to_owned()).or_default();
        let first = used.max(*last) + 1;
        *last = first + count - 1;
        first
    }

    /// True while the disk has less free than [`Options::min_free`].
    pub(crate) fn is_low(&self) -> bool {
        if self.options.min_free == 0 {
            return false;
        }
        let mut free = lock(&self.free);
        if free.0.is_none_or(|at| at.elapsed() > FREE_FOR) {
            // A file system that cannot say is not taken for full.
            *free = (Some(Instant::now()), self.disk.free().unwrap_or(u64::MAX));
        }
        free.1 < self.options.min_free
    }

    /// Makes the next [`Core::is_low`] look again.
    pub(crate) fn forget_free(&self) {
        lock(&self.free).0 = None;
    }

    /// A read of the tables. Where a full disk had kept them from being opened anew, this
    /// tries again, so that deleting, which begins with reading, makes room.
    pub(crate) fn begin_read(&self) -> Result<ReadTransaction, Error> {
        match self.main.begin_read() {
            Err(Error::Full) => {
                // Whoever writes at the moment tries by himself; waiting for him here could
                // be waiting for oneself.
                let Ok(mut writer) = self.writer.try_lock() else { return Err(Error::Full) };
                self.catch_up(&mut writer)?;
                self.main.begin_read()
            }
            other => other,
        }
    }

    /// Makes the tables durable.
    pub(crate) fn checkpoint(&self, writer: &mut Writer) -> Result<(), Error> {
        self.catch_up(writer)?;
        if let Err(e) = self.main.with(|db| replay::checkpoint(db, &writer.at())) {
            // redb refuses everything after a failed write; the journal has it all.
            writer.tables_behind = true;
            return Err(e);
        }
        writer.entries = 0;
        writer.bytes = 0;
        Ok(())
    }

    /// Moves the tables' pages together and cuts their file. False when somebody is reading.
    pub(crate) fn compact(&self, writer: &mut Writer) -> Result<bool, Error> {
        self.checkpoint(writer)?;
        match self.main.compact() {
            // It commits without what makes the next opening quick.
            Ok(true) => self.checkpoint(writer).map(|()| true),
            Ok(false) => Ok(false),
            Err(e) => {
                writer.tables_behind = true;
                Err(e)
            }
        }
    }

    /// Opens the tables anew and replays them, if a write to them had failed.
    pub(crate) fn catch_up(&self, writer: &mut Writer) -> Result<(), Error> {
        if !writer.tables_behind {
            return Ok(());
        }
        let mut catalog = None;
        self.changed.everything(self.tick() + 1);
        self.main.replace(|| {
            let open = || replay::open_tables(&self.disk, &self.segments, self.options.redb_cache);
            let (db, replayed) = match open() {
                // Without tables nobody could even read.
                Err(Error::Full) => {
                    self.blobs.give_up_reserve();
                    open()?
                }
                other => other?,
            };
            if replayed.at.head != writer.head {
                return Err(Error::Tables("a replay did not reach the head".into()));
            }
            catalog = Some(replayed.catalog);
            Ok(db)
        })?;
        if let Some(catalog) = catalog {
            self.set_catalog(catalog);
        }
        writer.tables_behind = false;
        // Entries whose commit had been in doubt are there: readers may see them.
        self.set_tick(self.tick() + 1);
        self.publish_head(writer.head);
        Ok(())
    }
}

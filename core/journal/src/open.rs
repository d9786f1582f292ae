//! Making and opening a station's folder, and the housekeeper that serves it.
#![allow(clippy::disallowed_methods, reason = "this is a storage crate")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use redb::{Database, Durability, ReadableDatabase, TableError};

use crate::blobs::Blobs;
use crate::catalog::Catalog;
use crate::core::{Core, Writer, lock};
use crate::dictionary;
use crate::disk::{self, Disk, Mode, RealDisk};
use crate::id::{StationId, random};
use crate::journal::Journal;
use crate::log::{self as segment_log, Log};
use crate::model::Options;
use crate::replay;
use crate::segment::{self, FOLDER, Segments};
use crate::tables::{self, At, Backend};
use crate::{Error, erase};

/// Name of the scratch rows' file.
pub(crate) const SCRATCH: &str = "scratch.redb";
/// Key of the hashes that stand for personal terms.
pub(crate) const INDEX_KEY: &str = "index.key";
/// Key of the scratch file's meta table.
const VERSION: &str = "version";
/// How often the housekeeper looks.
const TICK: Duration = Duration::from_millis(100);
/// How long after a failure it tries again to make a spare segment.
const SPARE_AGAIN: Duration = Duration::from_secs(10);
/// Scratch rows are durable within this time.
const SCRATCH_EVERY: Duration = Duration::from_millis(800);
/// A pulled plug may lose so much of the read log.
const READS_EVERY: Duration = Duration::from_millis(900);

fn lock_folder(dir: &Path) -> Result<Flock<File>, Error> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(dir.join("lock"))
        .map_err(Error::io)?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| Error::Locked)
}

pub(crate) fn create(dir: &Path, options: Options) -> Result<Journal, Error> {
    // Nobody but the service looks in.
    DirBuilder::new().recursive(true).mode(0o700).create(dir.join(FOLDER)).map_err(Error::io)?;
    let lock = lock_folder(dir)?;
    let disk = Arc::new(RealDisk::new(dir));
    disk.sync_folder("").map_err(Error::io)?;
    create_on(disk, options, Some(dir), Some(lock))
}

pub(crate) fn open(dir: &Path, options: Options) -> Result<Journal, Error> {
    check_whole(dir)?;
    open_restored(dir, options)
}

/// Stands in a folder while a backup is restored into it.
pub(crate) const RESTORING: &str = "restoring";

/// Half a restored station must not be taken for one: its journal would only seem to end early.
fn check_whole(dir: &Path) -> Result<(), Error> {
    if dir.join(RESTORING).exists() {
        return Err(Error::Folder(format!("a restore into {} was cut short; restore again", dir.display())));
    }
    if !dir.join(FOLDER).is_dir() {
        return Err(Error::Folder(format!("{} holds no station", dir.display())));
    }
    Ok(())
}

/// As [`open`], also while it is being restored.
pub(crate) fn open_restored(dir: &Path, options: Options) -> Result<Journal, Error> {
    let lock = lock_folder(dir)?;
    open_on(Arc::new(RealDisk::new(dir)), options, Some(dir), Some(lock))
}

/// Takes the lock of a folder that is not opened, for `verify`.
pub(crate) fn lock_only(dir: &Path) -> Result<Flock<File>, Error> {
    check_whole(dir)?;
    lock_folder(dir)
}

pub(crate) fn create_on(
    disk: Arc<dyn Disk>,
    options: Options,
    blobs: Option<&Path>,
    lock: Option<Flock<File>>,
) -> Result<Journal, Error> {
    if !segment::numbers(&*disk)?.is_empty() {
        return Err(Error::Folder("the folder holds a station already".into()));
    }
    let key: [u8; 32] = random()?;
    disk::replace(&*disk, "", INDEX_KEY, &key).map_err(Error::io)?;
    let tag = u16::from_le_bytes(random()?);
    Log::create(Arc::clone(&disk), StationId::mint()?, tag, options.segment_size)?;
    open_on(disk, options, blobs, lock)
}

fn open_scratch(disk: &dyn Disk, cache: usize) -> Result<(Database, u64), Error> {
    let existing = || -> Result<(Database, u64), Error> {
        let db = tables::open(Backend(disk.open(SCRATCH, Mode::Create).map_err(Error::io)?), cache, false)?;
        let txn = db.begin_read().map_err(Error::tables)?;
        let version = match txn.open_table(tables::COUNTERS) {
            Err(TableError::TableDoesNotExist(_)) => 0,
            other => {
                let table = other.map_err(Error::tables)?;
                table.get(VERSION).map_err(Error::tables)?.map_or(0, |v| v.value().unsigned_abs())
            }
        };
        drop(txn);
        Ok((db, version))
    };
    match existing() {
        Err(Error::Tables(e)) => {
            // Sessions and offsets: losing them costs a sign-in, not a mark.
            log::error!("journal: the scratch file is broken and begun anew: {e}");
            let file = disk.open(SCRATCH, Mode::Truncate).map_err(Error::io)?;
            Ok((tables::open(Backend(file), cache, false)?, 0))
        }
        other => other,
    }
}

/// Makes the scratch rows durable.
pub(crate) fn flush_scratch(core: &Core, writer: &Writer) -> Result<(), Error> {
    core.scratch_dirty.store(false, Ordering::Release);
    core.scratch.with(|db| {
        let mut txn = db.begin_write().map_err(Error::tables)?;
        txn.set_quick_repair(true);
        txn.set_durability(Durability::Immediate).map_err(Error::tables)?;
        txn.open_table(tables::COUNTERS)
            .map_err(Error::tables)?
            .insert(VERSION, writer.scratch_version.cast_signed())
            .map_err(Error::tables)?;
        txn.commit().map_err(Error::tables)
    })
}

/// What opening brings together.
struct Parts {
    main: Database,
    scratch: Database,
    scratch_version: u64,
    log: Log,
    at: At,
    catalog: Arc<Catalog>,
    station: StationId,
    index_key: [u8; 32],
}

fn open_parts(disk: &Arc<dyn Disk>, options: &Options) -> Result<Parts, Error> {
    let segments = Arc::new(Segments::load(Arc::clone(disk))?);
    let station = segments.last()?.header.station;
    let mut index_key = [0u8; 32];
    disk.open(INDEX_KEY, Mode::Read)
        .and_then(|f| f.read_at(&mut index_key, 0))
        .map_err(|e| Error::Folder(format!("index.key cannot be read: {e}")))?;
    let (main, replayed) = replay::open_tables(disk, &segments, options.redb_cache)?;
    let end = &replayed.end;
    // A torn write may also have lost its first bytes: then the end looks like any other.
    let last = disk.open(&segment::name(end.place.segment), Mode::Read).map_err(Error::io)?;
    if !segment_log::is_torn(&*last, end)? {
        return Err(Error::Damaged {
            segment: end.place.segment,
            offset: end.place.offset,
            sequence: end.place.sequence,
            reason: end.reason.unwrap_or("an entry is missing before others").to_owned(),
        });
    }
    if replayed.entries > 0 {
        log::info!("journal: replayed {} entries", replayed.entries);
    }
    let at = replayed.at;
    let log = Log::resume(Arc::clone(&segments), options.segment_size, end, at.head.sequence)?;
    // Also the very first commit of the table file, without which redb would repair at length.
    replay::checkpoint(&main, &at)?;
    // A small part of the budget: scratch rows are few.
    let (scratch, scratch_version) = open_scratch(&**disk, options.redb_cache / 4)?;
    let catalog = replayed.catalog;
    Ok(Parts { main, scratch, scratch_version, log, at, catalog, station, index_key })
}

pub(crate) fn open_on(
    disk: Arc<dyn Disk>,
    options: Options,
    blobs: Option<&Path>,
    folder_lock: Option<Flock<File>>,
) -> Result<Journal, Error> {
    let blobs = Blobs::new(blobs, options.reserve)?;
    let parts = match open_parts(&disk, &options) {
        // A station that does not start cannot be tidied up either.
        Err(Error::Full) => {
            blobs.give_up_reserve();
            open_parts(&disk, &options)?
        }
        other => other?,
    };
    let core = Arc::new(Core::new(
        options,
        disk,
        parts.index_key,
        parts.main,
        parts.scratch,
        parts.scratch_version,
        parts.catalog,
        parts.log,
        parts.at,
        blobs,
        parts.station,
        folder_lock,
    ));
    flush_scratch(&core, &lock(&core.writer))?;
    let journal = Journal { core };
    erase::finish_pending(&journal)?;
    let weak = Arc::downgrade(&journal.core);
    let thread = thread::Builder::new().name("journal".into()).spawn(move || keep_house(&weak)).map_err(Error::Io)?;
    *lock(&journal.core.housekeeper) = Some(thread);
    Ok(journal)
}

/// The background thread: spare segments, scratch rows, idle checkpoints, the reserve,
/// dictionaries. It ends with the journal.
fn keep_house(core: &Weak<Core>) {
    let mut flushed = Instant::now();
    let mut noted = Instant::now();
    let mut spare_failed: Option<Instant> = None;
    let mut dictionaries = dictionary::Trainer::default();
    loop {
        let Some(core) = core.upgrade() else { return };
        if core.closed.load(Ordering::Acquire) {
            return;
        }
        if !core.spare.load(Ordering::Acquire)
            && !core.is_low()
            && spare_failed.is_none_or(|at| at.elapsed() > SPARE_AGAIN)
            && let Err(e) = segment_log::prepare_spare(&*core.disk, core.options.segment_size, &core.spare)
        {
            log::warn!("journal: no spare segment: {e}");
            spare_failed = Some(Instant::now());
        }
        if flushed.elapsed() >= SCRATCH_EVERY && core.scratch_dirty.load(Ordering::Acquire) {
            let writer = lock(&core.writer);
            if !core.closed.load(Ordering::Acquire)
                && let Err(e) = flush_scratch(&core, &writer)
            {
                log::error!("journal: scratch rows are not durable: {e}");
            }
            flushed = Instant::now();
        }
        if noted.elapsed() >= READS_EVERY {
            if let Err(e) = core.reads.flush(&*core.disk, core.station) {
                log::error!("journal: the read log is not durable: {e}");
            }
            noted = Instant::now();
        }
        let idle = lock(&core.last_commit).elapsed() >= core.options.checkpoint_idle;
        if idle {
            let mut writer = lock(&core.writer);
            if writer.entries > 0
                && !core.closed.load(Ordering::Acquire)
                && let Err(e) = core.checkpoint(&mut writer)
            {
                log::error!("journal: no checkpoint: {e}");
            }
        }
        if let Ok(free) = core.disk.free() {
            core.blobs.keep_reserve(free, core.options.min_free);
        }
        let journal = Journal { core };
        if let Err(e) = dictionaries.look(&journal) {
            log::warn!("journal: no dictionary: {e}");
        }
        drop(journal);
        // It does not keep the journal alive while it rests; `close` wakes it by unparking.
        thread::park_timeout(TICK);
    }
}

//! The open journal: the one handle that callers hold.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use redb::TableError;

use crate::blobs::{BlobId, Blobs, Collected};
use crate::catalog;
use crate::commit;
use crate::core::{Core, Writer, lock};
use crate::disk::Disk;
use crate::item::{Body, Item};
use crate::model::{
    CollectionSpec, Committed, Context, Entry, EraseTarget, Erased, Head, Options, Time, Usage, Version,
};
use crate::prepare::{self, Prepared};
use crate::txn::{Snapshot, Txn};
use crate::verify::{self, VerifyReport};
use crate::{CommitError, Error, RunError, StationId, backup, erase, history, open, reads, shed, tables};

/// An open station's storage; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    pub(crate) core: Arc<Core>,
}

impl Journal {
    /// Makes a new station in an empty or absent folder.
    ///
    /// # Errors
    /// The folder holds a station already, or cannot be written.
    pub fn create(dir: &Path, options: Options) -> Result<Self, Error> {
        open::create(dir, options)
    }

    /// Opens a station, exclusively, and brings its tables up to its journal.
    ///
    /// # Errors
    /// [`Error::Locked`], or damage that is more than a torn last write.
    pub fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        open::open(dir, options)
    }

    /// As [`Journal::create`], on another kind of disk and without blobs.
    ///
    /// # Errors
    /// The disk refuses a write.
    pub fn create_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, Error> {
        open::create_on(disk, options, None, None)
    }

    /// As [`Journal::open`], on another kind of disk and without blobs.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, Error> {
        open::open_on(disk, options, None, None)
    }

    /// Which station this is.
    #[must_use]
    pub fn station(&self) -> StationId {
        self.core.station
    }

    /// Where the journal stands.
    #[must_use]
    pub fn head(&self) -> Head {
        self.core.head()
    }

    /// Declares collections; idempotent, an entry is written when anything changes.
    ///
    /// # Errors
    /// A declaration that contradicts an earlier one.
    pub fn declare(&self, owner: &str, collections: &[CollectionSpec]) -> Result<(), Error> {
        commit::refuse_alone()?;
        let mut writer = lock(&self.core.writer);
        self.core.catch_up(&mut writer)?;
        let known = self.core.catalog();
        let mut next = known.next_number();
        let mut items = Vec::new();
        for spec in collections {
            let before = known.get(owner, &spec.name).ok();
            catalog::check(owner, spec, before.map(AsRef::as_ref))?;
            if before.is_some_and(|b| b.spec == *spec) {
                continue;
            }
            let id = before.map_or(next, |b| b.id);
            if before.is_none() {
                next += 1;
            }
            items.push(Item::new(true, Body::Declare { owner: owner.to_owned(), id, spec: spec.clone() }));
        }
        if !items.is_empty() {
            self.write_items(&mut writer, Context::new("system", owner), items)?;
        }
        Ok(())
    }

    /// Commits items that the journal makes for itself, in the writer's turn.
    pub(crate) fn write_items(&self, writer: &mut Writer, context: Context, items: Vec<Item>) -> Result<u64, Error> {
        let prepared = Prepared::system(context, items)?;
        let outcome = commit::run_group(&self.core, writer, vec![prepared]).pop();
        Ok(outcome.unwrap_or_else(|| Err(Error::Closed.into()))?.sequence)
    }

    /// Begins a read-write transaction on the present state.
    ///
    /// # Errors
    /// The tables failed, or the context breaks a limit.
    pub fn begin(&self, context: Context) -> Result<Txn, Error> {
        self.core.check_open()?;
        Txn::new(&self.core, context)
    }

    /// A read-only view of the present state.
    ///
    /// # Errors
    /// The tables failed.
    pub fn read(&self) -> Result<Snapshot, Error> {
        self.core.check_open()?;
        Snapshot::new(&self.core)
    }

    /// Whether rows or counters of `owner` may have changed since a snapshot
    /// with this [`Snapshot::tick`] was taken. Never false when something acknowledged
    /// has changed; true in vain after a commit that failed. Kept versions
    /// ([`Journal::history`]) are not covered: shedding and erasing change them later.
    #[must_use]
    pub fn changed_since(&self, owner: &str, tick: u64) -> bool {
        self.core.changed.since(owner, tick)
    }

    /// Validates and writes a transaction; returns when it is on disk.
    ///
    /// # Errors
    /// See [`CommitError`]; nothing of the transaction was kept.
    pub fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        commit::refuse_alone()?;
        commit::commit(&self.core, prepare::prepare(txn)?)
    }

    /// Runs a closure as a transaction: twice freely, then alone in the writer's turn, where
    /// nothing can get ahead of it. The closure must not commit anything itself.
    ///
    /// # Errors
    /// The closure's own error, or a commit error other than a lost race.
    pub fn run<T, E>(
        &self,
        context: Context,
        mut body: impl FnMut(&mut Txn) -> Result<T, E>,
    ) -> Result<(T, Committed), RunError<E>> {
        commit::refuse_alone().map_err(RunError::Begin)?;
        for _ in 0..2 {
            let mut txn = self.begin(context.clone()).map_err(RunError::Begin)?;
            let value = body(&mut txn).map_err(RunError::Body)?;
            match self.commit(txn) {
                Ok(committed) => return Ok((value, committed)),
                Err(CommitError::Conflict) => {}
                Err(e) => return Err(RunError::Commit(e)),
            }
        }
        let mut writer = lock(&self.core.writer);
        self.core.catch_up(&mut writer).map_err(RunError::Begin)?;
        let mut txn = self.begin(context).map_err(RunError::Begin)?;
        let value = {
            let _alone = commit::Alone::enter();
            body(&mut txn).map_err(RunError::Body)?
        };
        let prepared = prepare::prepare(txn).map_err(|e| RunError::Commit(e.into()))?;
        if prepared.is_empty() {
            let sequence = writer.head.sequence;
            return Ok((value, Committed { sequence, assigned: Vec::new() }));
        }
        let outcome = commit::run_group(&self.core, &mut writer, vec![prepared]).pop();
        commit::checkpoint_if_due(&self.core, &mut writer);
        match outcome.unwrap_or_else(|| Err(Error::Closed.into())) {
            Ok(committed) => Ok((value, committed)),
            Err(e) => Err(RunError::Commit(e)),
        }
    }

    /// Entries from a sequence on, at most `limit`, read from the segments.
    ///
    /// # Errors
    /// A segment does not check.
    pub fn changes(&self, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
        history::changes(&self.core, from, limit)
    }

    /// Blocks until the head is at `sequence` or the time is over; returns the head's sequence.
    #[must_use]
    pub fn wait_for(&self, sequence: u64, timeout: Duration) -> u64 {
        self.core.wait_for(sequence, timeout)
    }

    /// The kept versions of a row, newest first.
    ///
    /// # Errors
    /// The collection is not declared, or a segment does not check.
    pub fn history(&self, owner: &str, collection: &str, key: &[u8], limit: usize) -> Result<Vec<Version>, Error> {
        history::history(&self.core, owner, collection, key, limit)
    }

    /// What an owner uses.
    #[must_use]
    pub fn usage(&self, owner: &str) -> Usage {
        let read = |txn: redb::ReadTransaction| -> Result<Usage, Error> {
            match txn.open_table(tables::USAGE) {
                Err(TableError::TableDoesNotExist(_)) => Ok(Usage::default()),
                other => {
                    let table = other.map_err(Error::tables)?;
                    let found = table.get(owner).map_err(Error::tables)?;
                    found.map_or(Ok(Usage::default()), |v| tables::decode_usage(v.value()))
                }
            }
        };
        let mut usage = self.core.main.begin_read().and_then(read).unwrap_or_default();
        if let Ok(scratch) = self.core.scratch.begin_read().and_then(read) {
            usage.scratch = scratch.scratch;
            usage.index += scratch.index;
        }
        usage
    }

    /// Sets or lifts an owner's quota, in bytes.
    ///
    /// # Errors
    /// Writing failed.
    pub fn set_quota(&self, owner: &str, bytes: Option<u64>) -> Result<(), Error> {
        commit::refuse_alone()?;
        let mut writer = lock(&self.core.writer);
        let item = Item::new(true, Body::Quota { owner: owner.to_owned(), bytes });
        self.write_items(&mut writer, Context::new("system", "core"), vec![item]).map(|_| ())
    }

    /// The blob store.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.core.blobs
    }

    /// Moves blobs that nobody holds to the bin, and empties the bin of what is older than
    /// seven days, or of all when space is short. `now` decides about leases. Does nothing
    /// while a backup runs.
    ///
    /// # Errors
    /// The file system or the tables failed.
    pub fn collect_blobs(&self, now: Time) -> Result<Collected, Error> {
        let Ok(_maintenance) = self.core.maintenance.try_lock() else { return Ok(Collected::default()) };
        let idle = self.core.blobs.idle(now.unix_ms)?;
        let (done, gone) = {
            // No transaction commits meanwhile.
            let _writer = lock(&self.core.writer);
            self.core.forget_free();
            let low = self.core.is_low();
            let txn = self.core.main.begin_read()?;
            self.core.blobs.collect(now.unix_ms, low, &idle, |id: &BlobId| is_held(&txn, id))?
        };
        for path in gone {
            std::fs::remove_file(&path).map_err(Error::io)?;
        }
        Ok(done)
    }

    /// Gives up a blob that nobody holds: into the bin, or away at once where space is
    /// short. Left to [`Journal::collect_blobs`] while a backup runs. Whether it went.
    ///
    /// # Errors
    /// The file system or the tables failed.
    pub fn give_up_blob(&self, id: &BlobId) -> Result<bool, Error> {
        let Ok(_maintenance) = self.core.maintenance.try_lock() else { return Ok(false) };
        let _writer = lock(&self.core.writer);
        if is_held(&self.core.main.begin_read()?, id)? {
            return Ok(false);
        }
        self.core.forget_free();
        self.core.blobs.give_up(id, self.core.is_low())
    }

    /// Removes a blob that nobody holds at once, past the bin, with its bytes overwritten: for
    /// an erasure. Returns whether there was one.
    ///
    /// # Errors
    /// Somebody holds it, or the file system failed.
    pub fn purge_blob(&self, id: &BlobId) -> Result<bool, Error> {
        let _maintenance = lock(&self.core.maintenance);
        let _writer = lock(&self.core.writer);
        if is_held(&self.core.main.begin_read()?, id)? {
            return Err(Error::Erasure(format!("blob {id} is still held")));
        }
        self.core.blobs.purge(id)
    }

    /// Makes the tables and the scratch rows durable now.
    ///
    /// # Errors
    /// Writing failed.
    pub fn checkpoint(&self) -> Result<(), Error> {
        self.core.check_open()?;
        let mut writer = lock(&self.core.writer);
        open::flush_scratch(&self.core, &writer)?;
        self.core.checkpoint(&mut writer)
    }

    /// Moves the pages of the table file together and cuts it: worth it after much was deleted, as
    /// free pages are otherwise kept for what comes. Commits and new snapshots wait meanwhile, for
    /// seconds where the file is large. False when a snapshot is open.
    ///
    /// # Errors
    /// Writing failed.
    pub fn compact(&self) -> Result<bool, Error> {
        self.core.check_open()?;
        self.core.compact(&mut lock(&self.core.writer))
    }

    /// Erases data from journal, tables and indexes, and records that it did, with who approved
    /// it and on what ground. Writers wait meanwhile.
    ///
    /// # Errors
    /// A target does not exist or may not be erased so. After an I/O error the erasure is
    /// completed when the journal is next opened.
    pub fn erase(
        &self,
        context: Context,
        targets: &[EraseTarget],
        approver: &str,
        ground: &str,
    ) -> Result<Erased, Error> {
        erase::erase(self, context, targets, approver, ground)
    }

    /// Sheds superseded values of `latest` collections that are older than their days, at most
    /// `limit` of them. Does nothing while the clock was never set.
    ///
    /// # Errors
    /// As [`Journal::erase`].
    pub fn shed(&self, now: Time, limit: usize) -> Result<Erased, Error> {
        shed::shed(self, now, limit)
    }

    /// Deletes every row of an owner, in steps of at most 10,000 changes; returns the number.
    /// What it held of blobs is released; the history stays until it is erased or shed.
    ///
    /// # Errors
    /// Writing failed; what was deleted stays deleted, and the call can be repeated.
    pub fn remove_owner_data(&self, context: Context, owner: &str) -> Result<u64, Error> {
        shed::remove_owner(self, &context, owner)
    }

    /// Reads and checks the whole journal up to its head while it serves: chain, frames and
    /// commitments, and that the entries can be applied. The tables are compared only by
    /// [`crate::verify`], as they do not hold still here. Erasures and backups wait meanwhile.
    ///
    /// # Errors
    /// Reading failed; what does not check is in the report instead.
    pub fn verify(&self, witness: Option<&Head>) -> Result<VerifyReport, Error> {
        self.core.check_open()?;
        let _maintenance = lock(&self.core.maintenance);
        let mut report = verify::look(Arc::clone(&self.core.disk), witness, Some(self.core.head()))?;
        let (disk, station) = (&*self.core.disk, self.core.station);
        self.core.reads.frozen(disk, station, || reads::check(disk, &mut report))?;
        Ok(report)
    }

    /// Copies the station to a folder while it serves. Segments and blobs that the folder has
    /// from an earlier backup are not copied again.
    ///
    /// # Errors
    /// Reading or writing failed; an earlier backup in the folder is then still whole.
    pub fn backup(&self, to: &Path) -> Result<backup::BackupReport, Error> {
        backup::backup(self, to)
    }

    /// Hands the station's files to `to` while it serves, `blobs` with or without the blobs.
    /// Returns the manifest that belongs with them, which names every file with its hash.
    ///
    /// # Errors
    /// Reading failed, or `to` did.
    pub fn backup_to(
        &self,
        to: &mut dyn backup::BackupTo,
        blobs: bool,
    ) -> Result<(String, backup::BackupReport), Error> {
        backup::backup_to(self, to, blobs)
    }

    /// Makes a last checkpoint and closes; later calls on clones fail.
    ///
    /// # Errors
    /// Writing failed; the journal is complete nonetheless.
    pub fn close(self) -> Result<(), Error> {
        let mut writer = lock(&self.core.writer);
        if self.core.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        let flushed = open::flush_scratch(&self.core, &writer);
        let noted = self.core.reads.flush(&*self.core.disk, self.core.station);
        let checkpoint = self.core.checkpoint(&mut writer);
        self.core.closed.store(true, Ordering::Release);
        let scratch = self.core.scratch.close();
        let main = self.core.main.close();
        drop(writer);
        // The folder is given up only when nothing writes to it any more.
        if let Some(thread) = lock(&self.core.housekeeper).take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                log::error!("journal: the housekeeper had failed");
            }
        }
        *lock(&self.core.folder_lock) = None;
        flushed.and(noted).and(checkpoint).and(scratch).and(main)
    }
}

fn is_held(txn: &redb::ReadTransaction, id: &BlobId) -> Result<bool, Error> {
    let table = match txn.open_table(tables::BLOBS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(false),
        other => other.map_err(Error::tables)?,
    };
    let mut range = table.range(id.0.as_slice()..).map_err(Error::tables)?;
    match range.next() {
        Some(entry) => Ok(entry.map_err(Error::tables)?.0.value().starts_with(&id.0)),
        None => Ok(false),
    }
}

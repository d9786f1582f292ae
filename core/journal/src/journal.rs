//! The open journal.

use std::path::Path;
use std::time::Duration;

use crate::blobs::Blobs;
use crate::model::{
    CollectionSpec, Committed, Context, Entry, EraseTarget, Erased, Head, Options, Usage, Version,
};
use crate::txn::{Snapshot, Txn};
use crate::{CommitError, Error, RunError, StationId};

/// An open station's storage; cheap to clone.
#[derive(Debug, Clone)]
pub struct Journal {
    blobs: std::sync::Arc<Blobs>,
}

impl Journal {
    /// Makes a new station in an empty or absent folder.
    ///
    /// # Errors
    /// The folder holds something already, or cannot be written.
    pub fn create(_dir: &Path, _options: Options) -> Result<Self, Error> {
        Err(Error::Closed)
    }

    /// Opens a station, exclusively, and brings its tables up to its journal.
    ///
    /// # Errors
    /// [`Error::Locked`], or damage that is more than a torn last frame.
    pub fn open(_dir: &Path, _options: Options) -> Result<Self, Error> {
        Err(Error::Closed)
    }

    /// Which station this is.
    #[must_use]
    pub fn station(&self) -> StationId {
        StationId([0; 16])
    }

    /// Where the journal stands.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { sequence: 0, epoch: 0, tag: 0, hash: [0; 32] }
    }

    /// Declares collections; idempotent, an entry is written when anything changes.
    ///
    /// # Errors
    /// A declaration that contradicts an earlier one.
    pub fn declare(&self, _owner: &str, _collections: &[CollectionSpec]) -> Result<(), Error> {
        Err(Error::Closed)
    }

    /// Begins a read-write transaction on the present state.
    ///
    /// # Errors
    /// The tables failed, or the context breaks a limit.
    pub fn begin(&self, _context: Context) -> Result<Txn, Error> {
        Err(Error::Closed)
    }

    /// A read-only view of the present state.
    ///
    /// # Errors
    /// The tables failed.
    pub fn read(&self) -> Result<Snapshot, Error> {
        Err(Error::Closed)
    }

    /// Validates and writes a transaction; returns when it is on disk.
    ///
    /// # Errors
    /// See [`CommitError`]; nothing of the transaction was kept.
    pub fn commit(&self, _txn: Txn) -> Result<Committed, CommitError> {
        Err(Error::Closed.into())
    }

    /// Runs a closure as a transaction: twice freely, then alone in the writer's turn.
    ///
    /// # Errors
    /// The closure's own error, or a commit error other than a lost race.
    pub fn run<T, E>(
        &self,
        _context: Context,
        _body: impl FnMut(&mut Txn) -> Result<T, E>,
    ) -> Result<(T, Committed), RunError<E>> {
        Err(RunError::Begin(Error::Closed))
    }

    /// Entries from a sequence on, at most `limit`, read from the segments.
    ///
    /// # Errors
    /// A segment does not check.
    pub fn changes(&self, _from: u64, _limit: usize) -> Result<Vec<Entry>, Error> {
        Err(Error::Closed)
    }

    /// Blocks until the head is at `sequence` or the time is over; returns the head's sequence.
    #[must_use]
    pub fn wait_for(&self, _sequence: u64, _timeout: Duration) -> u64 {
        0
    }

    /// The kept versions of a row, newest first.
    ///
    /// # Errors
    /// The collection is not declared, or a segment does not check.
    pub fn history(&self, _owner: &str, _collection: &str, _key: &[u8], _limit: usize) -> Result<Vec<Version>, Error> {
        Err(Error::Closed)
    }

    /// What an owner uses.
    #[must_use]
    pub fn usage(&self, _owner: &str) -> Usage {
        Usage::default()
    }

    /// Sets or lifts an owner's quota, in bytes.
    ///
    /// # Errors
    /// Writing failed.
    pub fn set_quota(&self, _owner: &str, _bytes: Option<u64>) -> Result<(), Error> {
        Err(Error::Closed)
    }

    /// The blob store.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Makes the tables durable now.
    ///
    /// # Errors
    /// Writing failed.
    pub fn checkpoint(&self) -> Result<(), Error> {
        Err(Error::Closed)
    }

    /// Erases data from journal, tables and indexes.
    ///
    /// # Errors
    /// A target does not exist or may not be erased so.
    pub fn erase(
        &self,
        _context: Context,
        _targets: &[EraseTarget],
        _approver: &str,
        _ground: &str,
    ) -> Result<Erased, Error> {
        Err(Error::Closed)
    }

    /// Deletes every row of an owner, in steps of at most 10,000 changes; returns the number.
    ///
    /// # Errors
    /// Writing failed; what was deleted stays deleted, and the call can be repeated.
    pub fn remove_owner_data(&self, _context: Context, _owner: &str) -> Result<u64, Error> {
        Err(Error::Closed)
    }

    /// Makes a last checkpoint and closes; later calls on clones fail.
    ///
    /// # Errors
    /// Writing failed; the journal is complete nonetheless.
    pub fn close(self) -> Result<(), Error> {
        Ok(())
    }
}

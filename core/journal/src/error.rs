//! What can go wrong in the storage, one enum for each kind of caller.

use std::io;

/// A failure of reading, opening or maintaining the storage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has this data folder open.
    #[error("the data folder is in use by another process")]
    Locked,
    /// The folder already holds a station, or holds none.
    #[error("{0}")]
    Folder(String),
    /// The operating system refused a read or a write.
    #[error("input or output failed: {0}")]
    Io(#[from] io::Error),
    /// The disk is full; reading goes on, and writing again when space is freed.
    #[error("the disk is full")]
    Full,
    /// The table file failed; it can always be rebuilt from the segments.
    #[error("the table file failed: {0}")]
    Tables(String),
    /// The journal does not check at this place. Nothing was changed.
    #[error("journal segment {segment} is damaged at byte {offset}, before entry {sequence}: {reason}")]
    Damaged {
        /// Number of the segment.
        segment: u32,
        /// Byte offset of the frame within the segment's file.
        offset: u64,
        /// Sequence that was expected there.
        sequence: u64,
        /// What does not check.
        reason: String,
    },
    /// Bytes that are no valid record of this format.
    #[error("malformed record: {0}")]
    Malformed(&'static str),
    /// The data folder was written by a newer version.
    #[error("format version {0} is newer than this program")]
    NewerFormat(u32),
    /// No collection of this name was declared by this owner.
    #[error("collection {owner}/{collection} is not declared")]
    NoCollection {
        /// Owner that was asked for.
        owner: String,
        /// Collection that was asked for.
        collection: String,
    },
    /// No index of this name was declared for the collection.
    #[error("index {index} of {collection} is not declared")]
    NoIndex {
        /// Collection that was asked for.
        collection: String,
        /// Index that was asked for.
        index: String,
    },
    /// A declaration contradicts an earlier one, or is invalid by itself.
    #[error("declaration of {0}")]
    Declaration(String),
    /// An argument breaks a limit: a key, term, actor or name that is too long.
    #[error("{0}")]
    Limit(&'static str),
    /// The transaction would exceed 4 MB or 10,000 changes.
    #[error("the transaction is too big: at most 4 MB or 10,000 changes")]
    TooBig,
    /// The snapshot is older than [`crate::Options::snapshot_limit`].
    #[error("the snapshot is too old; begin a new one")]
    Expired,
    /// No such blob, version, backup or entry.
    #[error("{0} was not found")]
    NotFound(String),
    /// A backup does not check; nothing was restored.
    #[error("the backup does not check: {0}")]
    Backup(String),
    /// An erasure that this journal cannot carry out as asked.
    #[error("{0}")]
    Erasure(String),
    /// A commit that the journal made for itself failed.
    #[error(transparent)]
    Commit(#[from] Box<CommitError>),
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

impl Error {
    /// Turns an I/O error into [`Error::Full`] where the disk has no space left.
    pub(crate) fn io(e: io::Error) -> Self {
        if is_full(&e) { Self::Full } else { Self::Io(e) }
    }

    /// Keeps the text of a table error and what it says about space.
    pub(crate) fn tables(e: impl Into<redb::Error>) -> Self {
        match e.into() {
            redb::Error::Io(e) if is_full(&e) => Self::Full,
            e => Self::Tables(e.to_string()),
        }
    }
}

/// True for the ways in which a file system says that it has no room.
pub(crate) fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Why a transaction was not committed. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another transaction changed what this one had read; run it again.
    #[error("another transaction changed what this one read")]
    Conflict,
    /// The row is no longer at the version that the caller expected (a stale form).
    #[error("{owner}/{collection} was changed meanwhile: version {found}, expected {expected}")]
    Stale {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// Key of the row.
        key: Vec<u8>,
        /// Version the caller expected; 0 means "must not exist".
        expected: u64,
        /// Version found; 0 means that no such row exists.
        found: u64,
    },
    /// Another row already has this term in a unique index.
    #[error("the unique index {index} of {owner}/{collection} already has this term")]
    Unique {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// The index.
        index: String,
        /// Key of the row that has the term.
        holder: Vec<u8>,
    },
    /// The owner would exceed its quota; it may still read, export and delete.
    #[error("{owner} is over its quota of {quota} bytes")]
    OverQuota {
        /// Owner of the data.
        owner: String,
        /// Its quota in bytes.
        quota: u64,
    },
    /// More than 4 MB or 10,000 changes.
    #[error("the transaction is too big: at most 4 MB or 10,000 changes")]
    TooBig,
    /// The disk is full. Reading goes on; writing does when space is freed.
    #[error("the disk is full")]
    Full,
    /// Writing failed otherwise.
    #[error(transparent)]
    Io(Box<Error>),
}

impl From<Error> for CommitError {
    fn from(e: Error) -> Self {
        match e {
            Error::Full => Self::Full,
            Error::TooBig => Self::TooBig,
            Error::Commit(e) => *e,
            e => Self::Io(Box::new(e)),
        }
    }
}

impl From<CommitError> for Error {
    fn from(e: CommitError) -> Self {
        match e {
            CommitError::Full => Self::Full,
            CommitError::TooBig => Self::TooBig,
            CommitError::Io(e) => *e,
            e => Self::Commit(Box::new(e)),
        }
    }
}

/// Why [`crate::Journal::run`] gave up.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E> {
    /// The caller's closure failed; nothing was written.
    #[error("{0}")]
    Body(E),
    /// The transaction could not begin.
    #[error(transparent)]
    Begin(Error),
    /// The commit failed for another reason than a lost race.
    #[error(transparent)]
    Commit(CommitError),
}

//! Trạm's storage: one hash-chained journal in append-only segments, with
//! tables, indexes, counters and blobs that follow from it.
//!
//! The journal is the truth. The tables (a redb file) are its first reader:
//! they are written after the journal is on disk, and whatever they lose is
//! replayed from it. The formats are described in `docs/formats/journal.md`.

mod blobs;
mod error;
mod id;
mod journal;
mod model;
mod reader;
mod txn;

pub use blobs::{BlobId, BlobReader, BlobStat, BlobWriter, Blobs};
pub use error::{CommitError, Error, RunError};
pub use id::{Id, StationId};
pub use journal::Journal;
pub use model::{
    ActorId, Change, CollectionSpec, Committed, Context, Entry, EraseTarget, Erased, Event, Head, History,
    IndexSpec, Options, Page, Placeholder, Row, ScanRange, TermMatch, Time, TimeQuality, Usage, Version,
    VersionState,
};
pub use reader::Reader;
pub use txn::{Snapshot, Txn};

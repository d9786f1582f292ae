//! Trạm's storage: one hash-chained journal in append-only segments, with
//! tables, indexes, counters and blobs that follow from it.
//!
//! The journal is the truth. The tables (a redb file) are its first reader:
//! they are written after the journal is on disk, and whatever they lose is
//! replayed from it. The formats are described in `docs/formats/journal.md`.

mod admit;
mod apply;
mod backup;
mod blobs;
mod catalog;
mod changed;
pub mod clock;
mod codec;
mod commit;
mod compare;
mod core;
mod dictionary;
mod disk;
mod erase;
mod error;
mod find;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
#[allow(clippy::panic, reason = "a fuzzer's finding is a panic")]
pub mod fuzzing;
mod history;
mod id;
mod item;
mod journal;
mod log;
mod model;
mod open;
mod overlay;
mod partial;
mod prepare;
mod purge;
mod reader;
mod reads;
mod record;
mod redactions;
mod replay;
mod ring;
mod segment;
mod shed;
mod tables;
mod txn;
mod value;
mod verify;
mod view;

pub use backup::{
    BackupFrom, BackupReport, BackupTo, Contents, RestoreReport, check_backup, check_backup_file, contents,
    redactions_of, restore, restore_from, without_blobs,
};
pub use blobs::{BlobId, BlobReader, BlobStat, BlobWriter, Blobs, Collected};
pub use disk::{Disk, DiskFile, Mode, RealDisk};
pub use error::{CommitError, Error, RunError};
pub use id::{Id, StationId};
pub use journal::Journal;
pub use model::{
    ActorId, Change, CollectionSpec, Committed, Context, Entry, EraseTarget, Erased, Event, Head, History, IndexSpec,
    Options, Page, Placeholder, Row, ScanRange, TermMatch, Time, TimeQuality, Usage, Version, VersionState,
};
pub use partial::{Found as FoundPartial, FoundState, Partial, Partials, Room};
pub use reader::Reader;
pub use reads::SensitiveRead;
pub use txn::{Snapshot, Txn};
pub use verify::{Part, Problem, VerifyReport, verify, verify_on};

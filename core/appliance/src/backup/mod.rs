//! Backups: each night sealed for the printed key, the journal to the data partition and
//! everything to a stick; tried by a drill each week; restored on a fresh box.

pub mod age;
mod bech32;
mod depot;
mod drill;
mod error;
mod keys;
mod make;
mod plan;
pub mod restore;
mod service;
mod state;
#[cfg(test)]
mod tests;
pub mod words;

pub use depot::{Depot, Entry, List};
pub use drill::{Drilled, drill};
pub use error::Error;
pub use keys::{KeyFile, Keys, Sheet, identity_of};
pub use make::{Made, Making};
pub use service::{Backups, Doing, FolderStick, NoSticks, Stick, Sticks};
pub use state::{Record, State};

/// Folder of the station that its own backups are in.
pub const LOCAL_FOLDER: &str = "backups";
/// Folder of a stick that backups are in, one folder for each station.
pub const STICK_FOLDER: &str = "TRAM-BACKUP";
/// How many backups stay on the data partition.
pub const KEEP_LOCAL: usize = 7;
/// How many stay on a stick.
pub const KEEP_STICK: usize = 14;

/// What a backup says of where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The station's lasting name, `tram-00ff.local`.
    pub station: String,
    /// Name of the school.
    pub school: String,
    /// Version of tram.
    pub version: String,
}

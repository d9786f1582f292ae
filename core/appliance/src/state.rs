//! What the box remembers between starts, in `STATE/box.json` and `STATE/failure.json`.
//!
//! Only root writes here. What does not read is taken for nothing known: an update that
//! was under way is then simply not offered as finished.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tram_contract::Text;

use crate::error::Doing;
use crate::{Error, Place, Version, files};

/// An update that lies whole in the other slot and starts nowhere yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Its version.
    pub version: Version,
    /// When it was built, seconds since 1970.
    pub built: i64,
}

/// An update that the next start tries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its version.
    pub version: Version,
    /// The version that ran when it was armed.
    pub from: Version,
}

/// How the last update, or the last way back, ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The version that was tried.
    pub version: Version,
    /// The version before.
    pub from: Version,
    /// Whether it stayed.
    pub good: bool,
    /// Why it did not.
    #[serde(default)]
    pub reason: Option<Text>,
    /// When this was found out, milliseconds since 1970.
    pub at: i64,
}

/// What the box remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Written, not armed.
    #[serde(default)]
    pub staged: Option<Staged>,
    /// Armed.
    #[serde(default)]
    pub pending: Option<Pending>,
    /// How the last one ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// When to restart, milliseconds since 1970.
    #[serde(default)]
    pub restart_at: Option<i64>,
}

/// Why a version was found ill, written before the restart that leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The version.
    pub version: Version,
    /// Why.
    pub reason: Text,
}

impl State {
    /// What is remembered.
    pub fn read(place: &Place) -> Self {
        read(&place.state.join("box.json")).unwrap_or_default()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// The data partition is full or read-only.
    pub fn keep(&self, place: &Place) -> Result<(), Error> {
        keep(&place.state.join("box.json"), self)
    }
}

impl Failure {
    /// What was written before the last restart.
    pub fn read(place: &Place) -> Option<Self> {
        read(&place.state.join("failure.json"))
    }

    /// Keeps it for the version that runs next.
    ///
    /// # Errors
    /// The data partition is full or read-only.
    pub fn keep(&self, place: &Place) -> Result<(), Error> {
        keep(&place.state.join("failure.json"), self)
    }

    /// It has been told.
    pub fn forget(place: &Place) {
        let _ = std::fs::remove_file(place.state.join("failure.json"));
    }
}

/// Reads a JSON file; none when it is not there or does not read.
pub fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice(&bytes)
        .inspect_err(|error| log::warn!("{} does not read and is left out: {error}", path.display()))
        .ok()
}

/// Writes a JSON file whole.
///
/// # Errors
/// The folder is not there, full or read-only.
pub fn keep<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let bytes = serde_json::to_vec_pretty(value).map_err(std::io::Error::other).doing("state")?;
    files::replace(path, &bytes).doing(path.display().to_string())
}

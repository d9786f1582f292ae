//! What became of the last backups and drills, for the status page.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use super::keys::FOLDER;
use crate::files;

const FILE: &str = "state.json";

/// What became of one kind of work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it last went well, milliseconds since 1970; 0: never.
    #[serde(default)]
    pub good_ms: i64,
    /// Name of the backup it was about.
    #[serde(default)]
    pub backup: String,
    /// Bytes that were written, or entries that were compared.
    #[serde(default)]
    pub amount: u64,
    /// Seconds that it took.
    #[serde(default)]
    pub seconds: u64,
    /// Where the journal stood, as a witness is written; empty for drills.
    #[serde(default)]
    pub witness: String,
    /// When it last failed, if it has not gone well since; 0 otherwise.
    #[serde(default)]
    pub failed_ms: i64,
    /// Why.
    #[serde(default)]
    pub failure: Option<Text>,
}

impl Record {
    /// Whether the last try failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed_ms > 0
    }
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The journal, to the data partition.
    #[serde(default)]
    pub local: Record,
    /// Everything, to a stick.
    #[serde(default)]
    pub stick: Record,
    /// The restore drill.
    #[serde(default)]
    pub drill: Record,
}

/// The file of the state.
#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    state: Mutex<State>,
}

impl StateFile {
    pub(super) fn open(data: &Path) -> Self {
        let path = data.join(FOLDER).join(FILE);
        let state = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, state: Mutex::new(state.unwrap_or_default()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self) -> State {
        self.lock().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        let bytes = serde_json::to_vec_pretty(&*state).unwrap_or_default();
        let written = self.path.parent().map_or(Ok(()), std::fs::create_dir_all);
        if let Err(error) = written.and_then(|()| files::replace(&self.path, &bytes)) {
            log::warn!("what became of the backups was not written down: {error}");
        }
    }
}

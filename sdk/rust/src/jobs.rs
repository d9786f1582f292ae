//! Starting work that takes longer than a request, and seeing how far it is.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tram_contract::Text;
use tram_contract::page;

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::jobs::JobStatus;

/// Starts a job of the manifest after this call commits; answers its id.
///
/// # Errors
/// `bad-request` when the manifest has no such job; `not-granted`, `read-only`.
pub fn start(job: &str, arguments: &impl Serialize) -> Result<String> {
    backend::jobs::start(job, &serde_json::to_vec(arguments)?)
}

/// State of a job of this plugin.
///
/// # Errors
/// `not-granted`.
pub fn status(id: &str) -> Result<Option<JobStatus>> {
    backend::jobs::status(id)
}

/// The last runs of a job, newest first.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn recent(job: &str, limit: u32) -> Result<Vec<JobStatus>> {
    backend::jobs::recent(job, limit)
}

impl JobStatus {
    /// Whether it waits or runs.
    pub fn is_alive(&self) -> bool {
        matches!(self.state.as_str(), "waiting" | "running")
    }

    /// What it does now, or why it failed.
    pub fn text(&self) -> Text {
        Text::decode(&self.message)
    }

    /// What it answered in the end.
    ///
    /// # Errors
    /// `bad-value` when it is of another shape, or the job is not done.
    pub fn outcome<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.outcome)?)
    }

    /// A progress bar that moves by itself; `then` is the page to go to in the end.
    pub fn widget(&self, then: Option<String>) -> page::Widget {
        page::Widget::Progress(page::Progress {
            job: self.id.clone(),
            done: self.done,
            total: self.total,
            message: self.text(),
            running: self.is_alive(),
            then,
        })
    }
}

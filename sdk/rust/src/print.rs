//! Documents as PDF, from templates of `plugin.toml` that a school may change.
//!
//! A step of a job calls [`begin`] with the data, the next one gets the [`outcome`]:
//! a blob of this plugin's. The station prints in between, once, in a process of its
//! own, so a template that never ends holds nobody up.

use serde::Serialize;

use crate::{Result, Text, backend};

/// A document that was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// Its id among this plugin's blobs.
    pub blob: String,
    /// Bytes.
    pub size: u64,
    /// Pages.
    pub pages: u32,
    /// What its maker should know: letters that no font has.
    pub warnings: Vec<Text>,
}

/// Asks for a document before the job's next step: the template's id in the manifest,
/// what it is filled with, and the file's name.
///
/// # Errors
/// `not-found` when the manifest has no such template; `bad-request` outside of a job
/// and for data of more than 1 MiB.
pub fn begin(template: &str, data: &impl Serialize, name: &str) -> Result<()> {
    backend::print::begin(template, &serde_json::to_vec(data)?, name)
}

/// In the step after [`begin`]: what came of it; none when nothing was begun.
///
/// # Errors
/// The document's: `template` with the line that is wrong, `too-much`, `timeout`, each
/// with a sentence for people.
pub fn outcome() -> Result<Option<Printed>> {
    let Some(printed) = backend::print::outcome()? else { return Ok(None) };
    let warnings = printed.warnings.iter().map(|warning| Text::decode(warning)).collect();
    Ok(Some(Printed { blob: printed.blob, size: printed.size, pages: printed.pages, warnings }))
}

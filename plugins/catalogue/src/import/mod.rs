//! Taking records in: files of MARC 21 and spreadsheets.
//!
//! An import is a job in steps ([`job`]). Each step reads a piece of the file,
//! decides for each record what becomes of it ([`place`]), and writes a line of the
//! report for each that was not simply taken ([`report`]).

pub mod job;
mod marc;
pub mod options;
mod place;
mod reasons;
pub mod report;
mod sheet;

use serde::{Deserialize, Serialize};
use tram_sdk::store::Table;

pub use options::{Arguments, FileArgument, Options, Policy};
pub use report::Counts;
pub(crate) use sheet::{is_sheet, lists};

/// An import as it is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The files.
    pub files: Vec<FileArgument>,
    /// What was chosen.
    #[serde(default)]
    pub options: Options,
    /// When it was uploaded: milliseconds since 1970.
    #[serde(default)]
    pub uploaded: i64,
    /// The job that runs or ran it.
    #[serde(default)]
    pub job: Option<String>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// How an import ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The import's id, as in links.
    pub import: String,
    /// What became of the records.
    pub counts: Counts,
    /// Whether nothing was taken because the import was all or nothing and
    /// something was refused.
    pub given_up: bool,
    /// The report as a CSV file: a blob.
    #[serde(default)]
    pub report: Option<String>,
    /// In words, in the language of who started it.
    pub message: String,
}

/// Imports, by id: later ones sort later.
pub const IMPORTS: Table<Import> = Table::new("imports");

//! What is chosen for an import, and the arguments of the job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tram_marc::{Charset, Encoding};

/// Arguments of the job `import`, as a page or the command line hands them over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// The files, in the blob store already.
    #[serde(default)]
    pub files: Vec<FileArgument>,
    /// What is chosen.
    #[serde(default)]
    pub options: Options,
    /// The row of the collection `imports`, when a page has made one; as hex.
    #[serde(default)]
    pub import: Option<String>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileArgument {
    /// Its name.
    pub name: String,
    /// Its media type, as the browser said.
    #[serde(default)]
    pub media_type: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: u64,
    /// Its blob.
    pub blob: String,
}

/// What to do with a record that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Keep the one that is there.
    #[default]
    Skip,
    /// Put the new one in its place.
    Overlay,
    /// Add it all the same.
    Add,
}

/// What is chosen for an import. Everything is text, so that the command line can
/// hand it over as `--option name=value`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Options {
    /// See [`Policy`].
    pub duplicates: Policy,
    /// `declared`, `detect` (when empty), or what to force: `utf-8`, `marc-8`,
    /// `windows-1252`, `windows-1258`.
    pub charset: String,
    /// `yes`: all or nothing.
    pub atomic: String,
    /// For spreadsheets: column letter (`A`) to field, where it differs from what
    /// the heading says.
    pub columns: BTreeMap<String, String>,
    /// The name of the kind that spreadsheets are filled with (`sách giáo khoa`).
    pub kind: String,
}

impl Options {
    /// Whether everything or nothing is taken.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        matches!(self.atomic.as_str(), "yes" | "true" | "1" | "on")
    }

    /// What to believe about character sets.
    #[must_use]
    pub fn charset(&self) -> Charset {
        match self.charset.to_ascii_lowercase().as_str() {
            "declared" => Charset::Declared,
            "utf-8" | "utf8" => Charset::Force(Encoding::Utf8),
            "marc-8" | "marc8" => Charset::Force(Encoding::Marc8),
            "windows-1252" => Charset::Force(Encoding::Windows1252),
            "windows-1258" => Charset::Force(Encoding::Windows1258),
            _ => Charset::Detect,
        }
    }
}

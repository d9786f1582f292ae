//! The list of what is in a package.

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use crate::record::is_word;
use crate::{Error, FORMAT, Hash, LEAF, Moment};

/// Longest name of a file, bytes.
const MAX_NAME: usize = 255;

/// What a station takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the list.
    pub manifest: u32,
    /// Chunks of records.
    pub chunks: usize,
    /// Records in all.
    pub records: u64,
    /// Blobs.
    pub blobs: usize,
    /// Bytes of the whole package.
    pub size: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { manifest: 4 << 20, chunks: 4_096, records: 2_000_000, blobs: 20_000, size: 1 << 40 }
    }
}

/// The station that made a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    /// Its lasting id: 32 hexadecimal digits.
    pub id: String,
    /// What it is called, for people. What a partner is called is told by the receiver's
    /// own list.
    pub name: String,
    /// Rises with each restore of the station from a backup.
    pub epoch: u64,
}

/// How much of the stream is in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of")]
pub enum Scope {
    /// Things that somebody chose.
    Selection,
    /// Everything: what a receiver holds of this stream and is not in it, is gone.
    Complete,
    /// What changed after the package of this sequence.
    Changes {
        /// The last sequence that the receiver must have.
        since: u64,
    },
}

/// A piece of the records, small enough to be held in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Records in it.
    pub count: u32,
    /// Bytes.
    pub size: u32,
    /// Its hash.
    pub hash: Hash,
}

/// Where the records are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordList {
    /// Records in all.
    pub count: u64,
    /// The chunks, in the order of the file.
    pub chunks: Vec<Chunk>,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its hash, by which records name it.
    pub hash: Hash,
    /// Bytes.
    pub size: u64,
    /// What it was called; shown to people, never a place.
    pub name: String,
    /// Its media type, as the sender has it.
    pub media_type: String,
    /// Under what conditions it may be used: an SPDX name, `all-rights-reserved`, or
    /// `unstated`.
    pub licence: String,
}

/// The list of a package; what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format.
    pub format: u32,
    /// Whose records they are: the id of the plugin that made and reads them.
    pub application: String,
    /// Which of its collections: a package is of one stream.
    pub stream: String,
    /// Version of the application's own documents in `payload`.
    pub schema: u32,
    /// Who made it.
    pub station: Station,
    /// Rises with every package of this stream at this station.
    pub sequence: u64,
    /// When it was made.
    pub made: Moment,
    /// How much of the stream it holds.
    pub scope: Scope,
    /// What its maker says of it.
    pub title: Text,
    /// The records.
    pub records: RecordList,
    /// The files, in the order of the package.
    pub blobs: Vec<Blob>,
}

impl Manifest {
    /// Reads a list and checks it against the rules of the format.
    ///
    /// # Errors
    /// It does not read, or breaks a rule or a limit.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| Error::Manifest(error.to_string()))?;
        manifest.check(limits)?;
        Ok(manifest)
    }

    /// Checks it against the rules of the format.
    ///
    /// # Errors
    /// It breaks a rule or a limit.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        let wrong = |what: String| Err(Error::Manifest(what));
        if self.format != FORMAT {
            return Err(Error::Version { found: self.format, known: FORMAT });
        }
        if !is_word(&self.application, 64) || !is_word(&self.stream, 64) {
            return wrong("application and stream are 1 to 64 visible ASCII characters".into());
        }
        if crate::hash::unhex::<16>(&self.station.id).is_none() {
            return wrong("a station's id is 32 lower-case hexadecimal digits".into());
        }
        if self.station.name.len() > MAX_NAME || self.station.name.chars().any(is_hidden) {
            return wrong("the station's name".into());
        }
        if self.sequence == 0 {
            return wrong("sequences begin at 1".into());
        }
        if let Scope::Changes { since } = self.scope
            && since >= self.sequence
        {
            return wrong("changes since a package that is not older".into());
        }
        if self.records.chunks.len() > limits.chunks || self.records.count > limits.records {
            return Err(Error::Limit("record count"));
        }
        for chunk in &self.records.chunks {
            if chunk.size == 0 || u64::from(chunk.size) > LEAF || chunk.count == 0 || chunk.count > chunk.size {
                return wrong("a chunk of records has 1 byte to 1 MiB, and as many records as it has room for".into());
            }
        }
        let counted: u64 = self.records.chunks.iter().map(|chunk| u64::from(chunk.count)).sum();
        if counted != self.records.count {
            return wrong("the chunks do not hold as many records as the list says".into());
        }
        if self.blobs.len() > limits.blobs {
            return Err(Error::Limit("files"));
        }
        let mut seen = std::collections::BTreeSet::new();
        for blob in &self.blobs {
            if !seen.insert(blob.hash) {
                return wrong(format!("the file {} is in it twice", blob.hash));
            }
            if !is_file_name(&blob.name) {
                return wrong(format!("the name of the file {}", blob.hash));
            }
            if !is_word(&blob.media_type, 127) || !is_word(&blob.licence, 64) {
                return wrong(format!("media type or licence of the file {}", blob.hash));
            }
        }
        match self.body_size() {
            Some(size) if size <= limits.size => Ok(()),
            _ => Err(Error::Limit("size")),
        }
    }

    /// Bytes behind the head; none when they are more than can be counted.
    pub fn body_size(&self) -> Option<u64> {
        let chunks = self.records.chunks.iter().map(|chunk| u64::from(chunk.size));
        chunks.chain(self.blobs.iter().map(|blob| blob.size)).try_fold(0u64, u64::checked_add)
    }
}

/// Whether a character cannot be seen, or turns the reading of others around.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether it is the name of a file and nothing that leads anywhere.
fn is_file_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.chars().any(|c| is_hidden(c) || matches!(c, '/' | '\\' | ':'))
        && !name.starts_with(['.', ' '])
        && !name.ends_with(['.', ' '])
}

/// A name under which a file may go into a package: what a name must not have is left
/// out, the ending stays.
pub(crate) fn file_name(name: &str) -> String {
    let mut kept: String =
        name.chars().map(|c| if matches!(c, '/' | '\\' | ':') { '-' } else { c }).filter(|c| !is_hidden(*c)).collect();
    kept = kept.trim_matches(['.', ' ']).to_owned();
    if kept.len() > MAX_NAME {
        let ending: String = kept.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
        let ending = if ending.len() > 20 { String::new() } else { ending };
        let mut cut = MAX_NAME - ending.len();
        while !kept.is_char_boundary(cut) {
            cut -= 1;
        }
        kept.truncate(cut);
        kept = kept.trim_end_matches(['.', ' ']).to_owned() + &ending;
    }
    if is_file_name(&kept) { kept } else { "tep".to_owned() }
}

impl Blob {
    /// An entry of a list; name, media type and licence are made to fit.
    pub fn new(hash: Hash, size: u64, name: &str, media_type: &str, licence: &str) -> Self {
        let word = |text: &str, other: &str, most| if is_word(text, most) { text.to_owned() } else { other.to_owned() };
        Self {
            hash,
            size,
            name: file_name(name),
            media_type: word(&media_type.replace(' ', ""), "application/octet-stream", 127),
            licence: word(licence, "unstated", 64),
        }
    }
}

//! Records: what happened to a thing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Hash};

/// Longest id, bytes.
const MAX_ID: usize = 128;
/// Longest name of a kind, bytes.
const MAX_KIND: usize = 64;
/// Most blobs of one record.
const MAX_BLOBS: usize = 1_000;
/// Longest line of a record, bytes.
pub(crate) const MAX_LINE: usize = 512 << 10;

/// What happened to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It is new.
    Created,
    /// It was changed; the payload is the whole of it, not a difference.
    Updated,
    /// It is no longer offered. The payload is empty.
    Withdrawn,
}

/// A time and how far it can be believed. It is told to people; it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since 1970 (UTC).
    pub unix_ms: i64,
    /// How the station's clock was set: `ntp`, `browser`, `unset`.
    pub clock: String,
}

/// One thing in one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Lasting id of the thing at the station that made it.
    pub id: String,
    /// What it is, in the application's own words.
    pub kind: String,
    /// What happened.
    pub event: Event,
    /// Rises with every change of this thing; a receiver takes only a greater one.
    pub version: u64,
    /// When it happened.
    pub time: Moment,
    /// Under what conditions it may be used; of its blobs each says its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// The blobs that it names, all of them in the package.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<Hash>,
    /// The thing, in the application's own document.
    pub payload: Map<String, Value>,
}

impl Record {
    /// As a line of a package.
    ///
    /// # Errors
    /// It breaks a rule of the format.
    pub fn line(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut line = serde_json::to_vec(self).map_err(|error| Error::Record(error.to_string()))?;
        line.push(b'\n');
        if line.len() > MAX_LINE { Err(Error::Limit("one record")) } else { Ok(line) }
    }

    /// From a line of a package, without its end.
    pub(crate) fn of_line(line: &[u8]) -> Result<Self, Error> {
        if line.len() > MAX_LINE {
            return Err(Error::Limit("one record"));
        }
        let record: Self = serde_json::from_slice(line).map_err(|error| Error::Record(error.to_string()))?;
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong =
            |what: &str| Err(Error::Record(format!("{}: {what}", self.id.chars().take(40).collect::<String>())));
        if !is_word(&self.id, MAX_ID) {
            return wrong("an id is 1 to 128 visible ASCII characters");
        }
        if !is_word(&self.kind, MAX_KIND) {
            return wrong("a kind is 1 to 64 visible ASCII characters");
        }
        if self.version == 0 {
            return wrong("versions begin at 1");
        }
        if self.event == Event::Withdrawn && !(self.payload.is_empty() && self.blobs.is_empty()) {
            return wrong("what is withdrawn has no payload and no blobs");
        }
        if self.blobs.len() > MAX_BLOBS {
            return wrong("too many blobs");
        }
        if self.licence.len() > MAX_KIND || self.licence.chars().any(char::is_control) {
            return wrong("the licence");
        }
        Ok(())
    }
}

/// Whether it is a short word of visible ASCII.
pub(crate) fn is_word(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

//! Sharing with other schools: what they may have of this one, and what came from them.
//!
//! [`follow`] keeps a row for every item that other schools may have or might have taken,
//! in the order of its last change: harvesters ([`feed`]) read them, and packages
//! ([`pack`]) say in them that something was taken back. What comes in is checked whole
//! ([`check`]) before it is shown, and taken ([`take`]) as something to be reviewed.

pub mod check;
pub mod feed;
pub mod pack;
pub mod take;

use serde::{Deserialize, Serialize};
use tram_exchange::{Hash, Head, Limits, Mark, Scope, Signer, Verified};
use tram_sdk::store::{Entry, Find, Table};
use tram_sdk::{Error, Result, blobs, clock, sign};

use crate::messages as m;
use crate::model::{Edition, Item, Meta};

/// The name of this plugin in packages.
pub const APPLICATION: &str = "materials";
/// The stream of items.
pub const STREAM: &str = "items";
/// The kind of a record that is an item.
pub const KIND: &str = "item";
/// Version of [`Payload`].
pub const SCHEMA: u32 = 1;

/// What others may know of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shared {
    /// Seconds since 1970 of the last change.
    pub stamp: i64,
    /// Rises with each change.
    pub version: u64,
    /// Edition that others may have.
    pub edition: u32,
    /// Whether it is no longer offered.
    pub gone: bool,
    /// Whether everybody may know of it, and not only schools that are given a package.
    pub open: bool,
    /// Whether everybody ever might.
    pub was_open: bool,
    /// Sets of the harvest that it is in, or was.
    pub sets: Vec<String>,
}

/// By item.
pub const SHARED: Table<Shared> = Table::new("shared");
/// In the order of the last change: seconds (8 bytes, big-endian), then the item.
pub const CHANGES: Table<Shared> = Table::new("shared-changes");

/// The key of a change.
#[must_use]
pub fn change_key(stamp: i64, item: &[u8]) -> Vec<u8> {
    [&u64::try_from(stamp).unwrap_or(0).to_be_bytes()[..], item].concat()
}

/// The edition that other schools may have: published, so approved, and marked so.
#[must_use]
pub fn offered(item: &Item) -> Option<&Edition> {
    item.shown().filter(|edition| edition.meta.shareable)
}

/// Notes what others may know of an item now; nothing changes when nothing did.
///
/// # Errors
/// As the store.
pub fn follow(key: &[u8], item: Option<&Item>) -> Result<()> {
    let before = SHARED.get(key)?.map(|entry| entry.value);
    let now = item.and_then(offered);
    let open = now.is_some_and(|edition| edition.meta.audience == "all");
    let next = match (&before, now) {
        (None, None) => return Ok(()),
        (Some(before), None) if before.gone => return Ok(()),
        (Some(before), None) => Shared { gone: true, open: false, ..before.clone() },
        (Some(before), Some(edition)) if !before.gone && before.edition == edition.number && before.open == open => {
            return Ok(());
        }
        (before, Some(edition)) => Shared {
            edition: edition.number,
            gone: false,
            open,
            was_open: open || before.as_ref().is_some_and(|before| before.was_open),
            sets: feed::sets_of(&edition.meta),
            ..before.clone().unwrap_or_default()
        },
    };
    if let Some(before) = &before {
        CHANGES.delete(change_key(before.stamp, key), None)?;
    }
    let version = before.map_or(0, |before| before.version) + 1;
    let next = Shared { stamp: clock::now().unix_ms.div_euclid(1_000).max(0), version, ..next };
    CHANGES.put(change_key(next.stamp, key), &next)?;
    SHARED.put(key, &next)
}

/// What a package says of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// Its edition at the school that sent it.
    pub edition: u32,
    /// What is said about it, without what only means something there.
    pub meta: Meta,
    /// Its files.
    pub files: Vec<Packed>,
}

/// A file of an item in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its blob.
    pub hash: Hash,
    /// Name, with the path below the folder that was sent.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub role: String,
}

/// Where an item came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The item here, in hex.
    pub item: String,
    /// The school, as it was called here then.
    pub school: String,
    /// Epoch and version that were taken last.
    pub epoch: u64,
    /// See `epoch`.
    pub version: u64,
    /// Edition here that was made of it.
    pub edition: u32,
    /// When it was taken last, milliseconds since 1970.
    pub unix_ms: i64,
}

/// By the school's station and the id of the thing there.
pub const ORIGINS: Table<Origin> = Table::new("origins").with_terms(|origin, terms| terms.add("item", &origin.item));

impl Origin {
    /// What was taken last.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark { epoch: self.epoch, number: self.version }
    }

    /// The row's key.
    #[must_use]
    pub fn key(station: &str, id: &str) -> Vec<u8> {
        format!("{station}/{id}").into_bytes()
    }

    /// Where an item came from; none when it is this school's own.
    ///
    /// # Errors
    /// As the store.
    pub fn of(item: &str) -> Result<Option<Self>> {
        let (found, _) = ORIGINS.find("item", Find::Exact(item.as_bytes()), None, 1)?;
        Ok(found.into_iter().next().map(|entry| entry.value))
    }
}

/// Packages that were sent to this station and still lie there, by blob; the value is
/// the job that checks it.
pub const INBOX: Table<String> = Table::new("inbox");

/// What is wrong with a package, for people.
pub(crate) fn refusal(error: &tram_exchange::Error) -> Error {
    Error::new(error.code(), error.text())
}

/// The head of a package whose signature fits and whose signer is a partner school.
///
/// # Errors
/// What is wrong with it; as the blobs.
pub(crate) fn open(blob: &str) -> Result<(Verified, Signer)> {
    let limits = Limits::default();
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    let size = blobs::stat(blob)?.ok_or_else(gone)?.size;
    let start = blobs::read(blob, 0, tram_exchange::read::FIXED)?;
    let length = Head::length(&start, &limits).map_err(|error| refusal(&error))?;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < length {
        let left = (length - bytes.len() as u64).min(u64::from(blobs::MAX_PIECE));
        let piece = blobs::read(blob, bytes.len() as u64, u32::try_from(left).unwrap_or(blobs::MAX_PIECE))?;
        if piece.is_empty() {
            break;
        }
        bytes.extend(piece);
    }
    let head = Head::read(&bytes, &limits).map_err(|error| refusal(&error))?;
    if head.application() != APPLICATION {
        return Err(Error::new("other-application", m::PACKAGE_OTHER.text()));
    }
    let (verified, signer) = head
        .verify(size, |head| {
            let signer = sign::verify(head.digest.as_bytes(), head.key.as_bytes(), &head.signature)?;
            if signer.is_this {
                return Err(Trouble::Told(Error::new("own-package", m::PACKAGE_OWN.text())));
            }
            Ok(Signer { station: signer.station, name: signer.name })
        })
        .map_err(Error::from)?;
    let list = &verified.manifest;
    if list.stream != STREAM || list.schema != SCHEMA {
        return Err(Error::new("other-application", m::PACKAGE_NEWER.text()));
    }
    // What is not in a complete package is gone at its sender's; what a package of
    // changes lies upon must be here. Neither is done here, so neither is half done.
    if list.scope != Scope::Selection {
        return Err(Error::new("other-scope", m::PACKAGE_SCOPE.text()));
    }
    Ok((verified, signer))
}

/// What may go wrong while a head is verified.
enum Trouble {
    Package(tram_exchange::Error),
    Told(Error),
}

impl From<tram_exchange::Error> for Trouble {
    fn from(error: tram_exchange::Error) -> Self {
        Self::Package(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Package(error) => refusal(&error),
            Trouble::Told(error) => error,
        }
    }
}

/// Items that other schools may have now, at most so many.
///
/// # Errors
/// As the store.
pub fn offers(most: usize) -> Result<Vec<Entry<Item>>> {
    let mut out = Vec::new();
    for row in SHARED.iter(b"") {
        let row = row?;
        if row.value.gone {
            continue;
        }
        if let Some(entry) = crate::model::ITEMS.get(&row.key)?.filter(|entry| offered(&entry.value).is_some()) {
            out.push(entry);
        }
        if out.len() >= most {
            break;
        }
    }
    Ok(out)
}

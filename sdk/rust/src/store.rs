//! Ordered collections of this plugin, read and written in the call's own
//! transaction: all of it is saved when the call ends well, none when not.
//! In a GET or HEAD call writing answers `read-only`.
//!
//! These functions take bytes; [`Table`] keeps values of a type as JSON.

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::store::{Change, Page, Row, Term};
pub use crate::table::{Entry, Rest, Table, Terms};

/// Rows of one [`scan`] or [`find`] at most.
pub const MAX_ROWS: u32 = 1000;

/// Which rows of a collection, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
    reverse: bool,
    limit: u32,
}

impl Scan {
    /// The first [`MAX_ROWS`] rows of the collection.
    pub fn all() -> Self {
        Self { start: Vec::new(), end: None, reverse: false, limit: MAX_ROWS }
    }

    /// Rows whose key begins with `prefix`.
    pub fn prefix(prefix: impl AsRef<[u8]>) -> Self {
        let prefix = prefix.as_ref();
        Self { start: prefix.to_vec(), end: after_prefix(prefix), ..Self::all() }
    }

    /// Rows from the key `start` on (inclusive).
    #[must_use]
    pub fn from(mut self, start: impl AsRef<[u8]>) -> Self {
        self.start = start.as_ref().to_vec();
        self
    }

    /// Rows after the key `key`: the next page of an ascending scan.
    #[must_use]
    pub fn after(self, key: &[u8]) -> Self {
        self.from([key, &[0]].concat())
    }

    /// Rows before the key `end` (exclusive): the next page of a reverse scan.
    #[must_use]
    pub fn until(mut self, end: impl AsRef<[u8]>) -> Self {
        self.end = Some(end.as_ref().to_vec());
        self
    }

    /// From the end backwards.
    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// At most so many rows; [`MAX_ROWS`] is the ceiling.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit.min(MAX_ROWS);
        self
    }
}

/// The first key after all that begin with `prefix`; `None`: there is no such end.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// How a term is compared in [`find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Find<'a> {
    /// The index term equals it.
    Exact(&'a [u8]),
    /// The index term begins with it.
    Prefix(&'a [u8]),
}

/// The row with this key.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn get(collection: &str, key: &[u8]) -> Result<Option<Row>> {
    backend::store::get(collection, key)
}

/// The rows with these keys, in their order: one call instead of many.
///
/// # Errors
/// `not-granted`, `bad-request`, `bad-request` above [`MAX_ROWS`].
pub fn get_many(collection: &str, keys: &[Vec<u8>]) -> Result<Vec<Option<Row>>> {
    backend::store::get_many(collection, keys)
}

/// Rows in the order of their keys, and whether there are more.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn scan(collection: &str, scan: &Scan) -> Result<Page> {
    backend::store::scan(collection, &scan.start, scan.end.as_deref(), scan.reverse, scan.limit)
}

/// Rows by a declared index, in the order of term, then key; `after` is the key
/// of the last row already seen.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn find(collection: &str, index: &str, term: Find<'_>, after: Option<&[u8]>, limit: u32) -> Result<Page> {
    let (term, prefix) = match term {
        Find::Exact(term) => (term, false),
        Find::Prefix(term) => (term, true),
    };
    backend::store::find(collection, index, term, prefix, after, limit)
}

/// How many rows the collection has.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn count(collection: &str) -> Result<u64> {
    backend::store::count(collection)
}

/// Writes a row with the terms of its indexes. `expected`: the version that was
/// seen, `Some(0)` when it must not exist yet, `None` whatever is there.
///
/// # Errors
/// `stale` when the version is another one, `read-only`, `not-granted`,
/// `bad-request`, `bad-request`. A term that another row holds in a unique index is
/// answered here as `unique` when it is known already, else at the commit.
pub fn put(collection: &str, key: &[u8], value: &[u8], terms: &[Term], expected: Option<u64>) -> Result<()> {
    backend::store::put(collection, key, value, terms, expected)
}

/// Deletes a row; one that is not there is no error unless a version was expected.
///
/// # Errors
/// As [`put`].
pub fn delete(collection: &str, key: &[u8], expected: Option<u64>) -> Result<()> {
    backend::store::delete(collection, key, expected)
}

/// The steps of a value's history, newest first.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn history(collection: &str, key: &[u8], limit: u32) -> Result<Vec<Change>> {
    backend::store::history(collection, key, limit)
}

/// A fresh 128-bit id. Ids that are minted later sort later.
///
/// # Errors
/// `not-granted`, `read-only`.
pub fn new_id() -> Result<Vec<u8>> {
    backend::store::new_id()
}

/// Adds to a counter. Additions of many requests never conflict. In a GET call too
/// (how often a page is looked at): there it is written some seconds later, with the
/// additions of others, and the page is made anew for every reader.
///
/// # Errors
/// `not-granted`.
pub fn add(counter: &str, delta: i64) -> Result<()> {
    backend::store::add(counter, delta)
}

/// Value of a counter; 0 when nothing was added yet.
///
/// # Errors
/// `not-granted`.
pub fn counter(counter: &str) -> Result<i64> {
    backend::store::counter(counter)
}

/// Reserves `count` numbers of a sequence and answers the first. Numbers of calls
/// that fail are lost, so there may be gaps.
///
/// # Errors
/// `not-granted`, `read-only`.
pub fn next(sequence: &str, count: u32) -> Result<u64> {
    backend::store::next(sequence, count)
}

/// A number without gaps. It is known only at the commit: what is answered is a
/// token to put into values, where the decimal number then stands.
///
/// # Errors
/// `not-granted`, `read-only`.
pub fn at_commit(sequence: &str) -> Result<String> {
    backend::store::at_commit(sequence)
}

/// An id or other key as text for links and forms: lower-case hex.
pub fn to_hex(key: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or_default());
    key.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The key that [`to_hex`] wrote; `None` when the text is not one.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    bytes
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_it_should() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(after_prefix(b"\xff"), None);
        assert_eq!(after_prefix(b""), None);
    }

    #[test]
    fn hex_goes_there_and_back() {
        assert_eq!(to_hex(&[0, 0x1f, 0xff]), "001fff");
        assert_eq!(from_hex("001fff"), Some(vec![0, 0x1f, 0xff]));
        for wrong in ["0", "0g", "0G", "é"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}

//! The table file: its backend, its tables and how rows and terms are written in it.

use std::io;
use std::sync::Arc;

use redb::{Builder, Database, StorageBackend, TableDefinition};

use crate::Error;
use crate::codec::{Input, put_u64};
use crate::disk::DiskFile;
use crate::item::{put_terms, terms};
use crate::model::{Head, Usage};
use crate::segment::Place;

type Bytes = &'static [u8];

/// Collection number and key → row.
pub(crate) const ROWS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("rows");
/// Collection, index, term and key → nothing.
pub(crate) const TERMS: TableDefinition<'_, Bytes, ()> = TableDefinition::new("terms");
/// Owner and name → value.
pub(crate) const COUNTERS: TableDefinition<'_, &'static str, i64> = TableDefinition::new("counters");
/// Owner → usage.
pub(crate) const USAGE: TableDefinition<'_, &'static str, Bytes> = TableDefinition::new("usage");
/// Collection number → rows.
pub(crate) const COUNTS: TableDefinition<'_, u32, u64> = TableDefinition::new("counts");
/// Collection number → owner and declaration.
pub(crate) const COLLECTIONS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("collections");
/// Dictionary number → collection and bytes.
pub(crate) const DICTIONARIES: TableDefinition<'_, u32, Bytes> = TableDefinition::new("dictionaries");
/// Sequence, item and commitment of what was erased → nothing.
pub(crate) const REDACTIONS: TableDefinition<'_, Bytes, ()> = TableDefinition::new("redactions");
/// Blob id and owner → times held and length.
pub(crate) const BLOBS: TableDefinition<'_, Bytes, (u64, u64)> = TableDefinition::new("blobs");
/// Where the tables stand; not part of what a rebuild must equal.
pub(crate) const META: TableDefinition<'_, &'static str, Bytes> = TableDefinition::new("meta");

/// Key of [`META`]: the entry up to which the tables go.
pub(crate) const AT: &str = "at";
/// Key of [`META`]: erasures that are decided but not yet carried out in the segments.
pub(crate) const ERASING: &str = "erasing";
/// Key of [`META`]: where the shedding of old values goes on.
pub(crate) const SHED: &str = "shed";

/// redb on a [`DiskFile`]. It takes no lock: the folder has one.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Arc<dyn DiskFile>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.resize(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(data, offset)
    }
}

/// Opens or makes a table file.
pub(crate) fn open(backend: impl StorageBackend, cache: usize, check: bool) -> Result<Database, Error> {
    let build = || Builder::new().set_cache_size(cache).set_check_integrity_on_open(check).create_with_backend(backend);
    // redb may panic on a file that something else has damaged; the journal can rebuild it.
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(build)) {
        Ok(result) => result.map_err(Error::tables),
        Err(_) => Err(Error::Tables("the file is damaged".into())),
    }
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRow<'a> {
    pub(crate) version: u64,
    pub(crate) schema: u32,
    pub(crate) deleted: bool,
    pub(crate) terms: Vec<(u16, Vec<u8>)>,
    /// The value as [`crate::value::pack`] packed it.
    pub(crate) value: &'a [u8],
}

impl<'a> StoredRow<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.value.len() + 24);
        put_u64(&mut out, self.version);
        put_u64(&mut out, u64::from(self.schema));
        out.push(u8::from(self.deleted));
        put_terms(&mut out, &self.terms);
        out.extend_from_slice(self.value);
        out
    }

    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut input = Input::new(bytes);
        Ok(Self {
            version: input.u64()?,
            schema: input.u32()?,
            deleted: input.u8()? != 0,
            terms: terms(&mut input)?,
            value: input.rest(),
        })
    }

    /// What the row counts for its owner, without its terms.
    pub(crate) fn weight(&self, key: &[u8]) -> u64 {
        if self.deleted { 0 } else { row_weight(key, self.value) }
    }
}

/// Bytes that a row counts for its owner.
pub(crate) fn row_weight(key: &[u8], value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64
}

/// Bytes that a row's terms count for its owner.
pub(crate) fn terms_weight(key: &[u8], terms: &[(u16, Vec<u8>)]) -> u64 {
    terms.iter().map(|(_, t)| (t.len() + key.len()) as u64).sum()
}

/// Key in [`ROWS`].
pub(crate) fn row_key(collection: u32, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + key.len());
    out.extend_from_slice(&collection.to_be_bytes());
    out.extend_from_slice(key);
    out
}

/// Beginning of all keys in [`TERMS`] of an index whose terms begin with `term`.
pub(crate) fn term_prefix(collection: u32, index: u16, term: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + term.len());
    out.extend_from_slice(&collection.to_be_bytes());
    out.extend_from_slice(&index.to_be_bytes());
    for b in term {
        out.push(*b);
        // A zero within a term is escaped, so that the end mark sorts before every longer term.
        if *b == 0 {
            out.push(0xff);
        }
    }
    out
}

/// Beginning of all keys in [`TERMS`] with exactly this term.
pub(crate) fn term_exact(collection: u32, index: u16, term: &[u8]) -> Vec<u8> {
    let mut out = term_prefix(collection, index, term);
    out.extend_from_slice(&[0, 1]);
    out
}

/// Key in [`TERMS`].
pub(crate) fn term_key(collection: u32, index: u16, term: &[u8], key: &[u8]) -> Vec<u8> {
    let mut out = term_exact(collection, index, term);
    out.extend_from_slice(key);
    out
}

/// The row key at the end of a key in [`TERMS`].
pub(crate) fn key_of_term(bytes: &[u8]) -> Result<&[u8], Error> {
    let rest = bytes.get(6..).ok_or(Error::Malformed("term key"))?;
    let mut at = 0;
    while let Some(two) = rest.get(at..at + 2) {
        match two {
            [0, 1] => return Ok(rest.get(at + 2..).unwrap_or_default()),
            [0, _] => at += 2,
            _ => at += 1,
        }
    }
    Err(Error::Malformed("term key"))
}

/// Key in [`COUNTERS`]: `kind` is `c` for counters, `n` for sequences with gaps, `a` without.
pub(crate) fn counter_key(owner: &str, name: &str) -> String {
    format!("{owner}\0{name}")
}

pub(crate) fn encode_usage(u: &Usage) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    for n in [u.values, u.history, u.index, u.blobs, u.scratch] {
        put_u64(&mut out, n);
    }
    put_u64(&mut out, u.quota.map_or(0, |q| q.saturating_add(1)));
    out
}

pub(crate) fn decode_usage(bytes: &[u8]) -> Result<Usage, Error> {
    let mut i = Input::new(bytes);
    Ok(Usage {
        values: i.u64()?,
        history: i.u64()?,
        index: i.u64()?,
        blobs: i.u64()?,
        scratch: i.u64()?,
        quota: i.u64()?.checked_sub(1),
    })
}

/// Where the tables stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) head: Head,
    /// Where the head's entry stands; opening checks that it is still the same.
    pub(crate) last: Place,
    /// Where the next entry will stand.
    pub(crate) next: Place,
}

impl At {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        put_u64(&mut out, self.head.sequence);
        put_u64(&mut out, u64::from(self.head.epoch));
        put_u64(&mut out, u64::from(self.head.tag));
        out.extend_from_slice(&self.head.hash);
        for place in [self.last, self.next] {
            put_u64(&mut out, u64::from(place.segment));
            put_u64(&mut out, place.offset);
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut i = Input::new(bytes);
        let head = Head { sequence: i.u64()?, epoch: i.u32()?, tag: i.u16()?, hash: i.array()? };
        let last = Place { segment: i.u32()?, offset: i.u64()?, sequence: head.sequence };
        let next = Place { segment: i.u32()?, offset: i.u64()?, sequence: head.sequence + 1 };
        Ok(Self { head, last, next })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn term_keys_sort_by_term_then_key(a in any::<Vec<u8>>(), b in any::<Vec<u8>>(), k in any::<Vec<u8>>(), l in any::<Vec<u8>>()) {
            let (x, y) = (term_key(1, 2, &a, &k), term_key(1, 2, &b, &l));
            prop_assert_eq!(key_of_term(&x).unwrap(), &k[..]);
            prop_assert_eq!(x.cmp(&y), (&a, &k).cmp(&(&b, &l)));
            prop_assert_eq!(y.starts_with(&term_exact(1, 2, &a)), a == b);
            prop_assert_eq!(y.starts_with(&term_prefix(1, 2, &a)), b.starts_with(&a));
        }

        #[test]
        fn rows_round_trip(version in any::<u64>(), schema in any::<u32>(), value in any::<Vec<u8>>(), term in any::<Vec<u8>>()) {
            let row = StoredRow { version, schema, deleted: false, terms: vec![(3, term)], value: &value };
            let bytes = row.encode();
            prop_assert_eq!(StoredRow::decode(&bytes).unwrap(), row);
        }
    }
}

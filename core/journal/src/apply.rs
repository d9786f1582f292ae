//! What an entry does to the tables. Commit, replay and verify all come through here, so
//! that what is rebuilt cannot differ from what was written.

use std::collections::HashMap;
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use crate::Error;
use crate::catalog::{Catalog, Collection};
use crate::codec::put_bytes;
use crate::item::{Body, Item, Target, put_spec};
use crate::model::Usage;
use crate::record::Record;
use crate::segment::Segments;
use crate::tables::{self, StoredRow, row_key, row_weight, term_key, terms_weight};

type Rows<'t> = Table<'t, &'static [u8], &'static [u8]>;

/// The tables of one redb write transaction.
pub(crate) struct Apply<'t> {
    txn: &'t WriteTransaction,
    rows: Rows<'t>,
    terms: Table<'t, &'static [u8], ()>,
    counters: Table<'t, &'static str, i64>,
    /// Changed by declarations and dictionaries; published after the commit.
    pub(crate) catalog: Arc<Catalog>,
    usage: HashMap<Arc<str>, Usage>,
    counts: HashMap<u32, i64>,
    /// Keys written, for the validation of other transactions.
    pub(crate) touched: Vec<Vec<u8>>,
    /// Where erased items are looked up.
    segments: Option<Arc<Segments>>,
}

impl std::fmt::Debug for Apply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Apply")
    }
}

/// Marks a row in the ring of recent commits.
pub(crate) const RING_ROW: u8 = b'r';
/// Marks a term in the ring of recent commits.
pub(crate) const RING_TERM: u8 = b't';

/// A key of the ring of recent commits.
pub(crate) fn ring_key(kind: u8, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + key.len());
    out.push(kind);
    out.extend_from_slice(key);
    out
}

impl<'t> Apply<'t> {
    pub(crate) fn new(
        txn: &'t WriteTransaction,
        catalog: Arc<Catalog>,
        segments: Option<Arc<Segments>>,
    ) -> Result<Self, Error> {
        Ok(Self {
            txn,
            rows: txn.open_table(tables::ROWS).map_err(Error::tables)?,
            terms: txn.open_table(tables::TERMS).map_err(Error::tables)?,
            counters: txn.open_table(tables::COUNTERS).map_err(Error::tables)?,
            catalog,
            usage: HashMap::new(),
            counts: HashMap::new(),
            touched: Vec::new(),
            segments,
        })
    }

    /// Version and holder of rows, for the checks before a commit.
    pub(crate) fn version(&self, collection: u32, key: &[u8]) -> Result<u64, Error> {
        let found = self.rows.get(row_key(collection, key).as_slice()).map_err(Error::tables)?;
        match found {
            None => Ok(0),
            Some(row) => {
                let row = StoredRow::decode(row.value())?;
                Ok(if row.deleted { 0 } else { row.version })
            }
        }
    }

    /// Keys of the rows that have a term: at most two, as that is all a check needs.
    pub(crate) fn holders(&self, collection: u32, index: u16, term: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let start = tables::term_exact(collection, index, term);
        let mut holders = Vec::new();
        for entry in self.terms.range(start.as_slice()..).map_err(Error::tables)?.take(2) {
            let (key, _) = entry.map_err(Error::tables)?;
            match key.value().strip_prefix(start.as_slice()) {
                Some(key) => holders.push(key.to_vec()),
                None => break,
            }
        }
        Ok(holders)
    }

    /// A counter's value.
    pub(crate) fn counter(&self, key: &str) -> Result<i64, Error> {
        Ok(self.counters.get(key).map_err(Error::tables)?.map_or(0, |v| v.value()))
    }

    /// What an owner uses so far.
    pub(crate) fn usage(&mut self, owner: &Arc<str>) -> Result<&mut Usage, Error> {
        if !self.usage.contains_key(owner) {
            let table = self.txn.open_table(tables::USAGE).map_err(Error::tables)?;
            let found = table.get(&**owner).map_err(Error::tables)?;
            let usage = found.map(|v| tables::decode_usage(v.value())).transpose()?.unwrap_or_default();
            self.usage.insert(Arc::clone(owner), usage);
        }
        self.usage.get_mut(owner).ok_or(Error::Closed)
    }

    /// Applies an entry, filling in which versions its items replace.
    pub(crate) fn record(&mut self, record: &mut Record) -> Result<(), Error> {
        for item in &mut record.items {
            self.item(item, record.sequence)?;
        }
        Ok(())
    }

    /// Applies one item as `version`.
    pub(crate) fn item(&mut self, item: &mut Item, version: u64) -> Result<(), Error> {
        match &mut item.body {
            Body::Put { collection, key, schema, value, terms, prior } => {
                *prior = self.put(*collection, key, *schema, value, terms, version)?;
            }
            Body::Delete { collection, key, prior } => *prior = self.delete(*collection, key, version)?,
            Body::Counter { owner, name, value } => {
                let key = tables::counter_key(owner, name);
                self.counters.insert(key.as_str(), *value).map_err(Error::tables)?;
            }
            Body::Declare { owner, id, spec } => {
                let mut bytes = Vec::new();
                put_bytes(&mut bytes, owner.as_bytes());
                put_spec(&mut bytes, spec);
                let mut table = self.txn.open_table(tables::COLLECTIONS).map_err(Error::tables)?;
                table.insert(*id, bytes.as_slice()).map_err(Error::tables)?;
                Arc::make_mut(&mut self.catalog).insert(owner, *id, spec.clone());
            }
            Body::Dictionary { id, collection, bytes } => {
                let mut stored = collection.to_be_bytes().to_vec();
                stored.extend_from_slice(bytes);
                let mut table = self.txn.open_table(tables::DICTIONARIES).map_err(Error::tables)?;
                table.insert(*id, stored.as_slice()).map_err(Error::tables)?;
                Arc::make_mut(&mut self.catalog).insert_dictionary(*id, *collection, bytes);
            }
            Body::Quota { owner, bytes } => {
                let bytes = *bytes;
                self.usage(&Arc::from(owner.as_str()))?.quota = bytes;
            }
            Body::Erasure { targets, .. } => {
                for target in targets.iter() {
                    self.erase(target)?;
                }
                self.pend(version)?;
            }
            Body::Restore { targets, .. } => {
                for target in targets.iter() {
                    self.redact(target)?;
                }
            }
            Body::Blob { owner, id, length, held } => {
                let (owner, id, length, held) = (Arc::from(owner.as_str()), *id, *length, *held);
                self.blob(&owner, &id, length, held)?;
            }
            Body::Event { .. } | Body::Note(_) | Body::Erased { .. } => {}
        }
        Ok(())
    }

    fn collection(&self, id: u32) -> Result<Arc<Collection>, Error> {
        self.catalog.by_number(id).cloned()
    }

    fn put(
        &mut self,
        collection: u32,
        key: &[u8],
        schema: u32,
        value: &[u8],
        terms: &[(u16, Vec<u8>)],
        version: u64,
    ) -> Result<u64, Error> {
        let info = self.collection(collection)?;
        let rkey = row_key(collection, key);
        let row = StoredRow { version, schema, deleted: false, terms: terms.to_vec(), value };
        let old = self.rows.insert(rkey.as_slice(), row.encode().as_slice()).map_err(Error::tables)?;
        let (prior, was_live, old_weight, old_terms) = match &old {
            None => (0, false, 0, Vec::new()),
            Some(old) => {
                let old = StoredRow::decode(old.value())?;
                (old.version, !old.deleted, old.weight(key), old.terms)
            }
        };
        drop(old);
        self.replace_terms(collection, key, &old_terms, terms)?;
        if !was_live {
            *self.counts.entry(collection).or_default() += 1;
        }
        let usage = self.usage(&info.owner)?;
        let weight = row_weight(key, value);
        if info.is_scratch() {
            usage.scratch = (usage.scratch + weight).saturating_sub(old_weight);
        } else {
            usage.values = (usage.values + weight).saturating_sub(old_weight);
            usage.history += old_weight;
        }
        usage.index = (usage.index + terms_weight(key, terms)).saturating_sub(terms_weight(key, &old_terms));
        self.touched.push(ring_key(RING_ROW, &rkey));
        Ok(prior)
    }

    fn delete(&mut self, collection: u32, key: &[u8], version: u64) -> Result<u64, Error> {
        let info = self.collection(collection)?;
        let rkey = row_key(collection, key);
        let old = if info.is_scratch() {
            self.rows.remove(rkey.as_slice()).map_err(Error::tables)?
        } else {
            // A tombstone, so that the history of the key can be found.
            let row = StoredRow { version, schema: 0, deleted: true, terms: Vec::new(), value: &[] };
            self.rows.insert(rkey.as_slice(), row.encode().as_slice()).map_err(Error::tables)?
        };
        let (prior, was_live, old_weight, old_terms) = match &old {
            None => (0, false, 0, Vec::new()),
            Some(old) => {
                let old = StoredRow::decode(old.value())?;
                (old.version, !old.deleted, old.weight(key), old.terms)
            }
        };
        drop(old);
        self.replace_terms(collection, key, &old_terms, &[])?;
        if was_live {
            *self.counts.entry(collection).or_default() -= 1;
        }
        let usage = self.usage(&info.owner)?;
        if info.is_scratch() {
            usage.scratch = usage.scratch.saturating_sub(old_weight);
        } else {
            usage.values = usage.values.saturating_sub(old_weight);
            usage.history += old_weight;
        }
        usage.index = usage.index.saturating_sub(terms_weight(key, &old_terms));
        self.touched.push(ring_key(RING_ROW, &rkey));
        Ok(prior)
    }

    fn replace_terms(
        &mut self,
        collection: u32,
        key: &[u8],
        old: &[(u16, Vec<u8>)],
        new: &[(u16, Vec<u8>)],
    ) -> Result<(), Error> {
        for (index, term) in old.iter().filter(|t| !new.contains(t)) {
            let tkey = term_key(collection, *index, term, key);
            self.terms.remove(tkey.as_slice()).map_err(Error::tables)?;
            self.touched.push(ring_key(RING_TERM, &tkey));
        }
        for (index, term) in new.iter().filter(|t| !old.contains(t)) {
            let tkey = term_key(collection, *index, term, key);
            self.terms.insert(tkey.as_slice(), ()).map_err(Error::tables)?;
            self.touched.push(ring_key(RING_TERM, &tkey));
        }
        Ok(())
    }

    fn blob(&mut self, owner: &Arc<str>, id: &[u8; 32], length: u64, held: bool) -> Result<(), Error> {
        let mut key = id.to_vec();
        key.extend_from_slice(owner.as_bytes());
        let mut table = self.txn.open_table(tables::BLOBS).map_err(Error::tables)?;
        let times = table.get(key.as_slice()).map_err(Error::tables)?.map_or(0, |v| v.value().0);
        let now = if held { times + 1 } else { times.saturating_sub(1) };
        if now == 0 {
            table.remove(key.as_slice()).map_err(Error::tables)?;
        } else {
            table.insert(key.as_slice(), (now, length)).map_err(Error::tables)?;
        }
        drop(table);
        let usage = self.usage(owner)?;
        match (times, now) {
            (0, 1) => usage.blobs += length,
            (1, 0) => usage.blobs = usage.blobs.saturating_sub(length),
            _ => {}
        }
        Ok(())
    }

    fn redact(&mut self, target: &Target) -> Result<(), Error> {
        let mut table = self.txn.open_table(tables::REDACTIONS).map_err(Error::tables)?;
        table.insert(redaction_key(target).as_slice(), ()).map_err(Error::tables)?;
        Ok(())
    }

    /// Notes that an erasure waits to be carried out in the segments.
    fn pend(&mut self, sequence: u64) -> Result<(), Error> {
        let mut table = self.txn.open_table(tables::META).map_err(Error::tables)?;
        let mut pending =
            table.get(tables::ERASING).map_err(Error::tables)?.map_or_else(Vec::new, |v| v.value().to_vec());
        pending.extend_from_slice(&sequence.to_le_bytes());
        table.insert(tables::ERASING, pending.as_slice()).map_err(Error::tables)?;
        Ok(())
    }

    /// Takes an erased item out of the tables, if it is still in the journal. Once the
    /// segment is rewritten a replay never puts it in, which comes to the same.
    fn erase(&mut self, target: &Target) -> Result<(), Error> {
        self.redact(target)?;
        let Some(segments) = self.segments.clone() else {
            return Ok(());
        };
        let (record, _) = segments.entry(target.sequence)?;
        let Some(item) = record.items.get(target.item as usize) else {
            return Err(Error::Malformed("erasure of an item that is not there"));
        };
        let Body::Put { collection, key, value, .. } = &item.body else {
            if let Body::Delete { collection, key, .. } = &item.body {
                self.remove_version(*collection, key, 0, target.sequence)?;
            }
            return Ok(());
        };
        self.remove_version(*collection, key, row_weight(key, value), target.sequence)
    }

    fn remove_version(&mut self, collection: u32, key: &[u8], weight: u64, version: u64) -> Result<(), Error> {
        let info = self.collection(collection)?;
        let rkey = row_key(collection, key);
        let current = {
            let found = self.rows.get(rkey.as_slice()).map_err(Error::tables)?;
            match &found {
                None => None,
                Some(row) => {
                    let row = StoredRow::decode(row.value())?;
                    (row.version == version).then_some((row.deleted, row.terms))
                }
            }
        };
        let Some((deleted, terms)) = current else {
            let usage = self.usage(&info.owner)?;
            usage.history = usage.history.saturating_sub(weight);
            return Ok(());
        };
        self.rows.remove(rkey.as_slice()).map_err(Error::tables)?;
        self.replace_terms(collection, key, &terms, &[])?;
        if !deleted {
            *self.counts.entry(collection).or_default() -= 1;
        }
        let usage = self.usage(&info.owner)?;
        usage.values = usage.values.saturating_sub(weight);
        usage.index = usage.index.saturating_sub(terms_weight(key, &terms));
        self.touched.push(ring_key(RING_ROW, &rkey));
        Ok(())
    }

    /// Writes usage and counts; returns the catalog and the keys that were written.
    pub(crate) fn finish(self) -> Result<(Arc<Catalog>, Vec<Vec<u8>>), Error> {
        if !self.usage.is_empty() {
            let mut table = self.txn.open_table(tables::USAGE).map_err(Error::tables)?;
            for (owner, usage) in &self.usage {
                // No row for nothing: a rebuild that never saw erased data makes none either.
                if *usage == Usage::default() {
                    table.remove(&**owner).map_err(Error::tables)?;
                } else {
                    table.insert(&**owner, tables::encode_usage(usage).as_slice()).map_err(Error::tables)?;
                }
            }
        }
        if self.counts.values().any(|n| *n != 0) {
            let mut table = self.txn.open_table(tables::COUNTS).map_err(Error::tables)?;
            for (collection, delta) in self.counts.iter().filter(|(_, n)| **n != 0) {
                let before = table.get(*collection).map_err(Error::tables)?.map_or(0, |v| v.value());
                match before.saturating_add_signed(*delta) {
                    0 => table.remove(*collection).map_err(Error::tables)?,
                    now => table.insert(*collection, now).map_err(Error::tables)?,
                };
            }
        }
        Ok((self.catalog, self.touched))
    }
}

/// Key in [`tables::REDACTIONS`].
pub(crate) fn redaction_key(target: &Target) -> Vec<u8> {
    let mut key = target.sequence.to_be_bytes().to_vec();
    key.extend_from_slice(&target.item.to_be_bytes());
    key.extend_from_slice(&target.commitment);
    key
}

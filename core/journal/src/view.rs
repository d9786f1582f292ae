//! Reading rows, terms and counters from one redb snapshot.

use std::ops::Bound;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use redb::{ReadOnlyTable, ReadTransaction, TableError};

use crate::Error;
use crate::catalog::{Catalog, Collection};
use crate::core::Core;
use crate::model::Row;
use crate::tables::{self, StoredRow, row_key};
use crate::value;

type ByteTable<V> = ReadOnlyTable<&'static [u8], V>;

/// One database's side of a snapshot.
struct Side {
    txn: ReadTransaction,
    rows: OnceLock<Option<ByteTable<&'static [u8]>>>,
    terms: OnceLock<Option<ByteTable<()>>>,
}

/// A table that no write has made yet is empty.
fn absent<T>(result: Result<T, TableError>) -> Result<Option<T>, Error> {
    match result {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(e) => Err(Error::tables(e)),
    }
}

impl Side {
    fn new(txn: ReadTransaction) -> Self {
        Self { txn, rows: OnceLock::new(), terms: OnceLock::new() }
    }

    fn rows(&self) -> Result<Option<&ByteTable<&'static [u8]>>, Error> {
        if self.rows.get().is_none() {
            let _ = self.rows.set(absent(self.txn.open_table(tables::ROWS))?);
        }
        Ok(self.rows.get().and_then(Option::as_ref))
    }

    fn terms(&self) -> Result<Option<&ByteTable<()>>, Error> {
        if self.terms.get().is_none() {
            let _ = self.terms.set(absent(self.txn.open_table(tables::TERMS))?);
        }
        Ok(self.terms.get().and_then(Option::as_ref))
    }
}

/// One consistent state of the tables. (The scratch side is fetched when first used.)
pub(crate) struct View {
    core: Arc<Core>,
    pub(crate) catalog: Arc<Catalog>,
    main: Side,
    scratch: OnceLock<Side>,
    began: Instant,
    limit: Duration,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "View({:?})", self.began.elapsed())
    }
}

impl View {
    pub(crate) fn new(core: &Arc<Core>) -> Result<Self, Error> {
        Ok(Self {
            catalog: core.catalog(),
            main: Side::new(core.begin_read()?),
            scratch: OnceLock::new(),
            began: Instant::now(),
            limit: core.options.snapshot_limit,
            core: Arc::clone(core),
        })
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The collection of this name.
    pub(crate) fn collection(&self, owner: &str, collection: &str) -> Result<&Arc<Collection>, Error> {
        self.catalog.get(owner, collection)
    }

    fn side(&self, collection: &Collection) -> Result<&Side, Error> {
        // A snapshot held open makes the table file grow without bound.
        if self.began.elapsed() > self.limit {
            return Err(Error::Expired);
        }
        if !collection.is_scratch() {
            return Ok(&self.main);
        }
        if self.scratch.get().is_none() {
            let _ = self.scratch.set(Side::new(self.core.scratch.begin_read()?));
        }
        self.scratch.get().ok_or(Error::Closed)
    }

    fn unpack(&self, key: &[u8], row: &StoredRow<'_>) -> Result<Row, Error> {
        Ok(Row {
            key: key.to_vec(),
            value: value::unpack(row.value, &self.catalog.dictionaries)?,
            version: row.version,
            schema: row.schema,
        })
    }

    /// A live row.
    pub(crate) fn row(&self, collection: &Collection, key: &[u8]) -> Result<Option<Row>, Error> {
        let Some(rows) = self.side(collection)?.rows()? else {
            return Ok(None);
        };
        let found = rows.get(row_key(collection.id, key).as_slice()).map_err(Error::tables)?;
        let Some(bytes) = found else { return Ok(None) };
        let row = StoredRow::decode(bytes.value())?;
        if row.deleted { Ok(None) } else { self.unpack(key, &row).map(Some) }
    }

    /// Version of a row or its tombstone; 0 for none.
    pub(crate) fn version(&self, collection: &Collection, key: &[u8]) -> Result<u64, Error> {
        let Some(rows) = self.side(collection)?.rows()? else {
            return Ok(0);
        };
        let found = rows.get(row_key(collection.id, key).as_slice()).map_err(Error::tables)?;
        found.map_or(Ok(0), |bytes| StoredRow::decode(bytes.value()).map(|r| r.version))
    }

    /// The terms of a live row; none for a row that is not there.
    pub(crate) fn terms_of(&self, collection: &Collection, key: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, Error> {
        let Some(rows) = self.side(collection)?.rows()? else {
            return Ok(Vec::new());
        };
        let found = rows.get(row_key(collection.id, key).as_slice()).map_err(Error::tables)?;
        let Some(bytes) = found else { return Ok(Vec::new()) };
        let row = StoredRow::decode(bytes.value())?;
        Ok(if row.deleted { Vec::new() } else { row.terms })
    }

    /// Live rows of a range, at most `limit`.
    pub(crate) fn rows(
        &self,
        collection: &Collection,
        start: &Bound<Vec<u8>>,
        end: &Bound<Vec<u8>>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let mut out = Vec::new();
        let (low, high) = table_bounds(collection.id, start, end);
        if limit == 0 || is_empty_range(&low, &high) {
            return Ok(out);
        }
        let Some(rows) = self.side(collection)?.rows()? else {
            return Ok(out);
        };
        let mut range = rows
            .range::<&[u8]>((low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice)))
            .map_err(Error::tables)?;
        while let Some(entry) = if reverse { range.next_back() } else { range.next() } {
            let (key, bytes) = entry.map_err(Error::tables)?;
            let row = StoredRow::decode(bytes.value())?;
            if !row.deleted {
                out.push(self.unpack(key.value().get(4..).unwrap_or_default(), &row)?);
                if out.len() >= limit {
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Keys of the terms table between `low` and `high` (exclusive), at most `limit`.
    pub(crate) fn terms(
        &self,
        collection: &Collection,
        low: Bound<&[u8]>,
        high: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let mut out = Vec::new();
        let Some(terms) = self.side(collection)?.terms()? else {
            return Ok(out);
        };
        for entry in terms.range::<&[u8]>((low, high)).map_err(Error::tables)?.take(limit) {
            out.push(entry.map_err(Error::tables)?.0.value().to_vec());
        }
        Ok(out)
    }

    /// A counter by its full name.
    pub(crate) fn counter(&self, key: &str) -> Result<i64, Error> {
        let Some(table) = absent(self.main.txn.open_table(tables::COUNTERS))? else {
            return Ok(0);
        };
        Ok(table.get(key).map_err(Error::tables)?.map_or(0, |v| v.value()))
    }

    /// Number of live rows.
    pub(crate) fn count(&self, collection: &Collection) -> Result<u64, Error> {
        let Some(table) = absent(self.side(collection)?.txn.open_table(tables::COUNTS))? else {
            return Ok(0);
        };
        Ok(table.get(collection.id).map_err(Error::tables)?.map_or(0, |v| v.value()))
    }
}

/// Bounds of a key range within the rows table.
pub(crate) fn table_bounds(
    collection: u32,
    start: &Bound<Vec<u8>>,
    end: &Bound<Vec<u8>>,
) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let low = match start {
        Bound::Included(k) => Bound::Included(row_key(collection, k)),
        Bound::Excluded(k) => Bound::Excluded(row_key(collection, k)),
        Bound::Unbounded => Bound::Included(row_key(collection, &[])),
    };
    let high = match end {
        Bound::Included(k) => Bound::Included(row_key(collection, k)),
        Bound::Excluded(k) => Bound::Excluded(row_key(collection, k)),
        Bound::Unbounded => Bound::Excluded(row_key(collection.saturating_add(1), &[])),
    };
    (low, high)
}

/// A range that ends before it begins; redb would panic on some of them.
pub(crate) fn is_empty_range(low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> bool {
    match (low, high) {
        (Bound::Included(a), Bound::Included(b)) => a > b,
        (Bound::Included(a) | Bound::Excluded(a), Bound::Excluded(b)) | (Bound::Excluded(a), Bound::Included(b)) => {
            a >= b
        }
        _ => false,
    }
}

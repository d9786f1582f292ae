//! Typed rows: JSON values of one collection of core.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tram_journal::{Reader, ScanRange, TermMatch, Txn};

use crate::{Error, OWNER};

/// A collection of core whose values are `T` as JSON.
pub(crate) struct Table<T> {
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

/// A row with the version that a form carries.
#[derive(Debug, Clone)]
pub(crate) struct Typed<T> {
    pub(crate) key: Vec<u8>,
    pub(crate) value: T,
}

/// Rows fetched at once while walking a collection.
const STEP: usize = 500;

impl<T: Serialize + DeserializeOwned> Table<T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    fn parse(&self, row: &tram_journal::Row) -> Result<Typed<T>, Error> {
        let value = serde_json::from_slice(&row.value).map_err(|_| Error::Stored(self.name))?;
        Ok(Typed { key: row.key.clone(), value })
    }

    pub(crate) fn get(&self, from: &impl Reader, key: &[u8]) -> Result<Option<T>, Error> {
        from.get(OWNER, self.name, key)?.map(|row| self.parse(&row).map(|typed| typed.value)).transpose()
    }

    /// Every row whose key begins with `prefix`.
    pub(crate) fn with_prefix(&self, from: &impl Reader, prefix: &[u8]) -> Result<Vec<Typed<T>>, Error> {
        let mut rows = Vec::new();
        let mut range = ScanRange::prefix(prefix, STEP);
        loop {
            let page = from.scan(OWNER, self.name, &range)?;
            for row in &page.rows {
                rows.push(self.parse(row)?);
            }
            match page.rows.last() {
                Some(last) if page.more => range.start = std::ops::Bound::Excluded(last.key.clone()),
                _ => return Ok(rows),
            }
        }
    }

    /// Every row with this index term.
    pub(crate) fn find(&self, from: &impl Reader, index: &str, term: &[u8]) -> Result<Vec<Typed<T>>, Error> {
        self.matching(from, index, term, TermMatch::Exact)
    }

    /// Every row whose index term is, or begins with, this one.
    pub(crate) fn matching(
        &self,
        from: &impl Reader,
        index: &str,
        term: &[u8],
        how: TermMatch,
    ) -> Result<Vec<Typed<T>>, Error> {
        let mut rows = Vec::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = from.find(OWNER, self.name, index, term, how, after.as_deref(), STEP)?;
            for row in &page.rows {
                rows.push(self.parse(row)?);
            }
            match page.next {
                Some(next) if page.more => after = Some(next),
                _ => return Ok(rows),
            }
        }
    }

    pub(crate) fn put(&self, to: &mut Txn, key: &[u8], value: &T, terms: &[(&str, &[u8])]) -> Result<(), Error> {
        let bytes = serde_json::to_vec(value).map_err(|_| Error::Stored(self.name))?;
        to.put(OWNER, self.name, key, &bytes, 1, terms, None)?;
        Ok(())
    }

    pub(crate) fn delete(&self, to: &mut Txn, key: &[u8]) -> Result<(), Error> {
        to.delete(OWNER, self.name, key, None)?;
        Ok(())
    }
}

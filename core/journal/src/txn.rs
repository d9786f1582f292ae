//! A transaction: reads of one snapshot, writes buffered until the commit.

use crate::id::Id;
use crate::model::{Context, Page, Placeholder, Row, ScanRange, TermMatch};
use crate::reader::Reader;
use crate::Error;

/// A read-only view of one state.
#[derive(Debug)]
pub struct Snapshot {}

/// A read-write transaction.
#[derive(Debug)]
pub struct Txn {
    context: Context,
}

impl Txn {
    /// On whose behalf it runs.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Writes a row, with its terms in the declared indexes.
    /// `expected` is the version that must be current; `Some(0)` means "must not exist".
    ///
    /// # Errors
    /// Undeclared collection or index, a limit, or more than 4 MB or 10,000 changes.
    #[allow(clippy::too_many_arguments, reason = "one change is named by all of these")]
    pub fn put(
        &mut self,
        owner: &str,
        collection: &str,
        key: &[u8],
        value: &[u8],
        schema: u32,
        terms: &[(&str, &[u8])],
        expected: Option<u64>,
    ) -> Result<(), Error> {
        let _ = (owner, collection, key, value, schema, terms, expected);
        Err(Error::Closed)
    }

    /// Deletes a row; deleting one that does not exist is no error unless `expected` says so.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn delete(&mut self, owner: &str, collection: &str, key: &[u8], expected: Option<u64>) -> Result<(), Error> {
        let _ = (owner, collection, key, expected);
        Err(Error::Closed)
    }

    /// Adds to a counter; merged by the writer, so it never conflicts.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn add(&mut self, owner: &str, counter: &str, delta: i64) -> Result<(), Error> {
        let _ = (owner, counter, delta);
        Err(Error::Closed)
    }

    /// Takes `count` numbers of a sequence and returns the first; gaps are possible.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn next(&mut self, owner: &str, sequence: &str, count: u32) -> Result<u64, Error> {
        let _ = (owner, sequence, count);
        Err(Error::Closed)
    }

    /// Takes a number of a gapless sequence at the commit; embed one of the placeholder's tokens.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn at_commit(&mut self, owner: &str, sequence: &str) -> Result<Placeholder, Error> {
        let _ = (owner, sequence);
        Err(Error::Closed)
    }

    /// Publishes an event with the commit.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn emit(&mut self, topic: &str, payload: &[u8]) -> Result<(), Error> {
        let _ = (topic, payload);
        Err(Error::Closed)
    }

    /// Mints an id.
    ///
    /// # Errors
    /// The random source failed.
    pub fn new_id(&self) -> Result<Id, Error> {
        Err(Error::Closed)
    }
}

macro_rules! reader {
    ($t:ty) => {
        impl Reader for $t {
            fn get(&self, _owner: &str, _collection: &str, _key: &[u8]) -> Result<Option<Row>, Error> {
                Err(Error::Closed)
            }
            fn scan(&self, _owner: &str, _collection: &str, _range: &ScanRange) -> Result<Page, Error> {
                Err(Error::Closed)
            }
            fn find(
                &self,
                _owner: &str,
                _collection: &str,
                _index: &str,
                _term: &[u8],
                _how: TermMatch,
                _after: Option<&[u8]>,
                _limit: usize,
            ) -> Result<Page, Error> {
                Err(Error::Closed)
            }
            fn counter(&self, _owner: &str, _name: &str) -> Result<i64, Error> {
                Err(Error::Closed)
            }
            fn count(&self, _owner: &str, _collection: &str) -> Result<u64, Error> {
                Err(Error::Closed)
            }
        }
    };
}
reader!(Snapshot);
reader!(Txn);

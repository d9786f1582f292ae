//! Reading: the same methods on a snapshot and within a transaction.

use crate::Error;
use crate::model::{Page, Row, ScanRange, TermMatch};

/// Reads one consistent state of the tables.
pub trait Reader {
    /// One row, or `None`.
    ///
    /// # Errors
    /// The collection is not declared, the snapshot expired, or the tables failed.
    fn get(&self, owner: &str, collection: &str, key: &[u8]) -> Result<Option<Row>, Error>;

    /// Several rows, in the order of the keys.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn get_many(&self, owner: &str, collection: &str, keys: &[&[u8]]) -> Result<Vec<Option<Row>>, Error> {
        keys.iter().map(|key| self.get(owner, collection, key)).collect()
    }

    /// A page of rows in key order.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn scan(&self, owner: &str, collection: &str, range: &ScanRange) -> Result<Page, Error>;

    /// The rows that have a term in an index, in the order of term, then key.
    /// `after` is [`Page::next`] of the page before.
    ///
    /// # Errors
    /// As [`Reader::get`]; also an undeclared index, or a prefix on a personal one.
    #[allow(clippy::too_many_arguments, reason = "one lookup is named by all of these")]
    fn find(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Page, Error>;

    /// The place of a row in a lookup, to go on behind it: what [`Reader::find`] takes
    /// as `after`. `None` when the row is not part of the lookup (any more); an exact
    /// lookup has a place for every key.
    ///
    /// # Errors
    /// As [`Reader::find`].
    fn place(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, Error>;

    /// A counter's value; 0 when it was never touched. Not part of the validation.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn counter(&self, owner: &str, name: &str) -> Result<i64, Error>;

    /// Number of current rows. Not part of the validation.
    ///
    /// # Errors
    /// As [`Reader::get`].
    fn count(&self, owner: &str, collection: &str) -> Result<u64, Error>;
}

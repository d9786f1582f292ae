//! Comparing the tables of two databases, row by row.

use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError};

use crate::Error;
use crate::tables;

/// The first difference in each table that follows from the journal.
pub(crate) fn compare_all(a: &ReadTransaction, b: &ReadTransaction) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    found.extend(compare_table(a, b, "rows", tables::ROWS)?);
    found.extend(compare_table(a, b, "terms", tables::TERMS)?);
    found.extend(compare_table(a, b, "counters", tables::COUNTERS)?);
    found.extend(compare_table(a, b, "usage", tables::USAGE)?);
    found.extend(compare_table(a, b, "counts", tables::COUNTS)?);
    found.extend(compare_table(a, b, "collections", tables::COLLECTIONS)?);
    found.extend(compare_table(a, b, "dictionaries", tables::DICTIONARIES)?);
    found.extend(compare_table(a, b, "redactions", tables::REDACTIONS)?);
    found.extend(compare_table(a, b, "blobs", tables::BLOBS)?);
    Ok(found)
}

/// The first difference between two tables.
fn compare_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    a: &ReadTransaction,
    b: &ReadTransaction,
    name: &str,
    table: TableDefinition<'_, K, V>,
) -> Result<Option<String>, Error> {
    let open = |txn: &ReadTransaction| match txn.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        other => other.map(Some).map_err(Error::tables),
    };
    let (a, b) = (open(a)?, open(b)?);
    let mut ours = a.as_ref().map(|t| t.iter()).transpose().map_err(Error::tables)?;
    let mut theirs = b.as_ref().map(|t| t.iter()).transpose().map_err(Error::tables)?;
    for n in 0u64.. {
        let one = ours.as_mut().and_then(Iterator::next).transpose().map_err(Error::tables)?;
        let two = theirs.as_mut().and_then(Iterator::next).transpose().map_err(Error::tables)?;
        match (one, two) {
            (None, None) => return Ok(None),
            (Some((k, v)), Some((l, w))) => {
                let (k, l, v, w) = (k.value(), l.value(), v.value(), w.value());
                if K::as_bytes(&k).as_ref() != K::as_bytes(&l).as_ref() {
                    return Ok(Some(format!("table {name}: row {n} has another key than the journal gives it")));
                }
                if V::as_bytes(&v).as_ref() != V::as_bytes(&w).as_ref() {
                    return Ok(Some(format!("table {name}: row {n} has another value than the journal gives it")));
                }
            }
            (Some(_), None) => {
                return Ok(Some(format!("table {name}: row {n} is not in the journal")));
            }
            (None, Some(_)) => {
                return Ok(Some(format!("table {name}: row {n} of the journal is missing")));
            }
        }
    }
    Ok(None)
}

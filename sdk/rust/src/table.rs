//! A collection whose values are of one type, kept as JSON.

use core::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{self, Change, Find, Row, Scan, Term};
use crate::{Error, Result};

/// Fields of a value that this version of the plugin does not know. Keep them, so
/// that going back to an older version loses nothing:
///
/// ```
/// # use tram_sdk::prelude::*;
/// #[derive(Serialize, Deserialize)]
/// struct Note {
///     text: String,
///     #[serde(flatten)]
///     rest: tram_sdk::store::Rest,
/// }
/// ```
pub type Rest = serde_json::Map<String, serde_json::Value>;

/// Collects the index terms of a value.
#[derive(Debug, Default)]
pub struct Terms(Vec<Term>);

impl Terms {
    /// The value is found under `value` in the index; a value may have several.
    pub fn add(&mut self, index: &str, value: impl AsRef<[u8]>) {
        self.0.push(Term { index: index.into(), value: value.as_ref().to_vec() });
    }
}

/// A value with its key and version.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// Key in the collection.
    pub key: Vec<u8>,
    /// The value.
    pub value: T,
    /// Sequence of the journal entry that wrote it: hand it to [`Table::replace`].
    pub version: u64,
}

impl<T> Entry<T> {
    /// The key as text for links and forms.
    pub fn id(&self) -> String {
        store::to_hex(&self.key)
    }
}

impl<T: DeserializeOwned> Entry<T> {
    /// Reads a row.
    ///
    /// # Errors
    /// `bad-value` when the row holds something else.
    pub fn read(row: Row) -> Result<Self> {
        Ok(Self { value: serde_json::from_slice(&row.value)?, key: row.key, version: row.version })
    }
}

/// A collection of the manifest whose values are of type `T`, kept as JSON.
///
/// ```
/// use tram_sdk::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Note { author: String, text: String }
///
/// const NOTES: Table<Note> = Table::new("notes").with_terms(|note, terms| {
///     terms.add("author", &note.author);
/// });
/// ```
pub struct Table<T> {
    collection: &'static str,
    terms: fn(&T, &mut Terms),
    values: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    /// The collection with this name in the manifest, without indexes.
    pub const fn new(collection: &'static str) -> Self {
        Self { collection, terms: |_, _| (), values: PhantomData }
    }

    /// The same with the terms of its declared indexes.
    #[must_use]
    pub const fn with_terms(self, terms: fn(&T, &mut Terms)) -> Self {
        Self { terms, ..self }
    }

    /// Name of the collection.
    pub const fn name(&self) -> &'static str {
        self.collection
    }
}

impl<T: Serialize + DeserializeOwned> Table<T> {
    /// The value with this key.
    ///
    /// # Errors
    /// As [`store::get`]; `bad-value` when it is of another shape.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Entry<T>>> {
        store::get(self.collection, key.as_ref())?.map(Entry::read).transpose()
    }

    /// The values with these keys, in their order.
    ///
    /// # Errors
    /// As [`Table::get`].
    pub fn get_many(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Entry<T>>>> {
        store::get_many(self.collection, keys)?.into_iter().map(|row| row.map(Entry::read).transpose()).collect()
    }

    /// Values in the order of their keys, and whether there are more.
    ///
    /// # Errors
    /// As [`Table::get`].
    pub fn scan(&self, scan: &Scan) -> Result<(Vec<Entry<T>>, bool)> {
        read_page(store::scan(self.collection, scan)?)
    }

    /// All values that begin with a prefix of keys, page after page. For jobs: a
    /// request has no time for a large collection.
    pub fn iter(&self, prefix: impl AsRef<[u8]>) -> impl Iterator<Item = Result<Entry<T>>> {
        let mut scan = Some(Scan::prefix(prefix));
        let mut rows = Vec::new().into_iter();
        core::iter::from_fn(move || {
            loop {
                if let Some(row) = rows.next() {
                    return Some(Entry::read(row));
                }
                let this = scan.take()?;
                match store::scan(self.collection, &this) {
                    Ok(page) => {
                        if let Some(last) = page.rows.last().filter(|_| page.more) {
                            scan = Some(this.after(&last.key));
                        }
                        rows = page.rows.into_iter();
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
        })
    }

    /// Values by a declared index.
    ///
    /// # Errors
    /// As [`store::find`]; `bad-value` when one is of another shape.
    pub fn find(&self, index: &str, term: Find<'_>, after: Option<&[u8]>, limit: u32) -> Result<(Vec<Entry<T>>, bool)> {
        read_page(store::find(self.collection, index, term, after, limit)?)
    }

    /// The one value that a unique index has under `term`.
    ///
    /// # Errors
    /// As [`Table::find`].
    pub fn find_one(&self, index: &str, term: impl AsRef<[u8]>) -> Result<Option<Entry<T>>> {
        Ok(self.find(index, Find::Exact(term.as_ref()), None, 1)?.0.into_iter().next())
    }

    /// How many values there are.
    ///
    /// # Errors
    /// As [`store::count`].
    pub fn count(&self) -> Result<u64> {
        store::count(self.collection)
    }

    fn write(&self, key: &[u8], value: &T, expected: Option<u64>) -> Result<()> {
        let mut terms = Terms::default();
        (self.terms)(value, &mut terms);
        store::put(self.collection, key, &serde_json::to_vec(value)?, &terms.0, expected)
    }

    /// Writes a value whatever is there.
    ///
    /// # Errors
    /// As [`store::put`].
    pub fn put(&self, key: impl AsRef<[u8]>, value: &T) -> Result<()> {
        self.write(key.as_ref(), value, None)
    }

    /// Writes a new value under a fresh id and answers the id.
    ///
    /// # Errors
    /// As [`store::put`].
    pub fn insert(&self, value: &T) -> Result<Vec<u8>> {
        let id = store::new_id()?;
        self.write(&id, value, Some(0))?;
        Ok(id)
    }

    /// Writes a new value under a key that must be free.
    ///
    /// # Errors
    /// `stale` when there is one already; else as [`store::put`].
    pub fn insert_at(&self, key: impl AsRef<[u8]>, value: &T) -> Result<()> {
        self.write(key.as_ref(), value, Some(0))
    }

    /// Replaces the version that was seen. Put the version into the form, so that
    /// two people who edit the same thing do not undo each other.
    ///
    /// # Errors
    /// `stale` when somebody else was faster; else as [`store::put`].
    pub fn replace(&self, key: impl AsRef<[u8]>, value: &T, version: u64) -> Result<()> {
        self.write(key.as_ref(), value, Some(version))
    }

    /// Reads, changes and writes one value in this call's transaction.
    ///
    /// # Errors
    /// `not-found` when there is none; else as [`store::put`].
    pub fn change(&self, key: impl AsRef<[u8]>, change: impl FnOnce(&mut T)) -> Result<T> {
        let mut entry = self.get(&key)?.ok_or_else(|| {
            Error::not_found(crate::Text::vi_en("Mục này không còn nữa.", "This entry is no longer there."))
        })?;
        change(&mut entry.value);
        self.write(key.as_ref(), &entry.value, Some(entry.version))?;
        Ok(entry.value)
    }

    /// Deletes a value.
    ///
    /// # Errors
    /// As [`store::delete`].
    pub fn delete(&self, key: impl AsRef<[u8]>, version: Option<u64>) -> Result<()> {
        store::delete(self.collection, key.as_ref(), version)
    }

    /// The steps of a value's history, newest first; the value is `None` when it
    /// was deleted or shed.
    ///
    /// # Errors
    /// As [`store::history`]; `bad-value` when one is of another shape.
    pub fn history(&self, key: impl AsRef<[u8]>, limit: u32) -> Result<Vec<(Change, Option<T>)>> {
        store::history(self.collection, key.as_ref(), limit)?
            .into_iter()
            .map(|change| {
                let value = change.value.as_deref().map(serde_json::from_slice).transpose()?;
                Ok((change, value))
            })
            .collect()
    }
}

fn read_page<T: DeserializeOwned>(page: store::Page) -> Result<(Vec<Entry<T>>, bool)> {
    let more = page.more;
    Ok((page.rows.into_iter().map(Entry::read).collect::<Result<_>>()?, more))
}

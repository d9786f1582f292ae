//! Snapshots and transactions: reads of one state, writes buffered until the commit.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::blobs::BlobId;
use crate::catalog::Collection;
use crate::core::Core;
use crate::find::{self, Query};
use crate::id::{Id, random};
use crate::model::{Context, Page, Placeholder, Row, ScanRange, TermMatch};
use crate::reader::Reader;
use crate::ring::ReadSet;
use crate::tables::{counter_key, row_key};
use crate::view::{View, is_empty_range, table_bounds};

/// Bytes that a transaction may write.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// Changes that a transaction may hold.
pub(crate) const MAX_CHANGES: usize = 10_000;
/// Longest key or term, bytes.
const MAX_KEY: usize = 1024;

/// A read-only view of one state. Drop it soon: held open under load it makes the table file grow.
#[derive(Debug)]
pub struct Snapshot {
    view: View,
    tick: u64,
}

impl Snapshot {
    pub(crate) fn new(core: &Arc<Core>) -> Result<Self, Error> {
        // Read before: the state may hold more commits than this says, never fewer.
        let tick = core.tick();
        Ok(Self { view: View::new(core)?, tick })
    }

    /// The last commit of this process that the state surely includes, for
    /// [`crate::Journal::changed_since`]. Not the sequence: scratch rows count too.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        self.tick
    }
}

/// A row to be written, `None` for one to be deleted.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) collection: Arc<Collection>,
    pub(crate) key: Vec<u8>,
    pub(crate) write: Option<Write>,
    pub(crate) expected: Option<u64>,
}

/// Value and terms, as the caller gave them.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) value: Vec<u8>,
    pub(crate) schema: u32,
    pub(crate) terms: Vec<(u16, Vec<u8>)>,
}

/// A change of a counter that the writer carries out.
#[derive(Debug, Clone)]
pub(crate) enum CounterChange {
    /// Adds.
    Add(i64),
    /// Raises to at least this.
    AtLeast(i64),
    /// Takes the next number for a placeholder.
    Take(Placeholder),
}

/// A read-write transaction. Nothing is visible to others before [`crate::Journal::commit`].
#[derive(Debug)]
pub struct Txn {
    pub(crate) context: Context,
    pub(crate) view: View,
    /// Commit that its snapshot includes.
    pub(crate) tick: u64,
    pub(crate) reads: Mutex<ReadSet>,
    pub(crate) changes: Vec<Change>,
    latest: BTreeMap<(u32, Vec<u8>), usize>,
    pub(crate) counters: Vec<(String, String, CounterChange)>,
    pub(crate) events: Vec<(String, Vec<u8>)>,
    pub(crate) blobs: Vec<(BlobId, u64, bool)>,
    bytes: usize,
}

impl Txn {
    pub(crate) fn new(core: &Arc<Core>, context: Context) -> Result<Self, Error> {
        if context.actor.len() > 64 || context.owner.is_empty() || context.owner.len() > 64 {
            return Err(Error::Limit("actor and owner are opaque names of at most 64 bytes"));
        }
        // Before the snapshot is taken: at worst a commit between the two is a false conflict.
        let tick = core.tick();
        let bytes = context.note.len();
        Ok(Self {
            context,
            view: View::new(core)?,
            tick,
            reads: Mutex::new(ReadSet::default()),
            changes: Vec::new(),
            latest: BTreeMap::new(),
            counters: Vec::new(),
            events: Vec::new(),
            blobs: Vec::new(),
            bytes,
        })
    }

    /// On whose behalf it runs.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    fn reads(&self) -> std::sync::MutexGuard<'_, ReadSet> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Error> {
        let count = self.changes.len() + self.counters.len() + self.events.len() + self.blobs.len();
        if self.bytes + bytes > MAX_BYTES || count >= MAX_CHANGES {
            return Err(Error::TooBig);
        }
        self.bytes += bytes;
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), Error> {
        if change.key.is_empty() || change.key.len() > MAX_KEY {
            return Err(Error::Limit("a key has 1 to 1024 bytes"));
        }
        let terms = change.write.iter().flat_map(|w| &w.terms).map(|(_, t)| t.len() + 8).sum::<usize>();
        let value = change.write.as_ref().map_or(0, |w| w.value.len());
        self.grow(change.key.len() + value + terms)?;
        let name = (change.collection.id, change.key.clone());
        match self.latest.get(&name).and_then(|at| self.changes.get_mut(*at)) {
            // The row was already changed here: the first expectation is the one that counts.
            Some(before) => before.write = change.write,
            None => {
                self.latest.insert(name, self.changes.len());
                self.changes.push(change);
            }
        }
        Ok(())
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
        let collection = Arc::clone(self.view.collection(owner, collection)?);
        let mut numbered = BTreeSet::new();
        for (index, term) in terms {
            if term.is_empty() || term.len() > MAX_KEY {
                return Err(Error::Limit("a term has 1 to 1024 bytes"));
            }
            numbered.insert((collection.index(index)?.0, term.to_vec()));
        }
        let write = Write { value: value.to_vec(), schema, terms: numbered.into_iter().collect() };
        self.change(Change { collection, key: key.to_vec(), write: Some(write), expected })
    }

    /// Deletes a row; deleting one that does not exist is no error unless `expected` says so.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn delete(&mut self, owner: &str, collection: &str, key: &[u8], expected: Option<u64>) -> Result<(), Error> {
        let collection = Arc::clone(self.view.collection(owner, collection)?);
        self.change(Change { collection, key: key.to_vec(), write: None, expected })
    }

    /// Forgets what it was to do to a row, as if it had never been asked.
    ///
    /// # Errors
    /// The collection is not declared.
    pub fn forget(&mut self, owner: &str, collection: &str, key: &[u8]) -> Result<(), Error> {
        let id = self.view.collection(owner, collection)?.id;
        self.changes.retain(|change| change.collection.id != id || change.key != key);
        let place = |(at, change): (usize, &Change)| ((change.collection.id, change.key.clone()), at);
        self.latest = self.changes.iter().enumerate().map(place).collect();
        Ok(())
    }

    /// Forgets that it was to hold a blob, once.
    pub fn forget_hold(&mut self, id: &BlobId) {
        if let Some(at) = self.blobs.iter().position(|(held, _, hold)| held == id && *hold) {
            self.blobs.remove(at);
        }
    }

    fn count(&mut self, owner: &str, kind: char, name: &str, change: CounterChange) -> Result<(), Error> {
        if owner.is_empty() || owner.len() > 64 || name.is_empty() || name.len() > 128 || name.contains('\0') {
            return Err(Error::Limit("a counter's name has 1 to 128 bytes"));
        }
        self.grow(owner.len() + name.len() + 16)?;
        self.counters.push((owner.to_owned(), format!("{kind}{name}"), change));
        Ok(())
    }

    /// Adds to a counter; merged by the writer, so it never conflicts.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn add(&mut self, owner: &str, counter: &str, delta: i64) -> Result<(), Error> {
        self.count(owner, 'c', counter, CounterChange::Add(delta))
    }

    /// Takes `count` numbers of a sequence and returns the first; gaps are possible.
    /// Sequences begin with 1 and share no numbers with [`Txn::at_commit`].
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn next(&mut self, owner: &str, sequence: &str, count: u32) -> Result<u64, Error> {
        let key = counter_key(owner, &format!("n{sequence}"));
        let used = u64::try_from(self.view.counter(&key)?).unwrap_or(0);
        let first = self.view.core().take_numbers(&key, used, u64::from(count.max(1)));
        let last = first + u64::from(count.max(1)) - 1;
        let last = i64::try_from(last).map_err(|_| Error::Limit("the sequence is exhausted"))?;
        self.count(owner, 'n', sequence, CounterChange::AtLeast(last))?;
        Ok(first)
    }

    /// Takes a number of a gapless sequence at the commit; embed one of the placeholder's tokens.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn at_commit(&mut self, owner: &str, sequence: &str) -> Result<Placeholder, Error> {
        let mut token = [b'~'; 14];
        for (to, from) in token.iter_mut().skip(1).zip(random::<13>()?) {
            *to = b'a' + from % 26;
        }
        let placeholder = Placeholder(token);
        self.count(owner, 'a', sequence, CounterChange::Take(placeholder))?;
        Ok(placeholder)
    }

    /// Publishes an event with the commit.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn emit(&mut self, topic: &str, payload: &[u8]) -> Result<(), Error> {
        if topic.is_empty() || topic.len() > 128 {
            return Err(Error::Limit("a topic has 1 to 128 bytes"));
        }
        self.grow(topic.len() + payload.len() + 8)?;
        self.events.push((topic.to_owned(), payload.to_vec()));
        Ok(())
    }

    /// Holds a finished blob for the context's owner, from the commit on. Each hold needs its
    /// own [`Txn::release_blob`]; a blob that nobody holds is collected.
    ///
    /// # Errors
    /// There is no such blob, or as [`Txn::put`].
    pub fn hold_blob(&mut self, id: &BlobId) -> Result<(), Error> {
        let stat = self.view.core().blobs.claim(id)?.ok_or_else(|| Error::NotFound(format!("blob {id}")))?;
        self.grow(64)?;
        self.blobs.push((*id, stat.length, true));
        Ok(())
    }

    /// Lets go of a blob.
    ///
    /// # Errors
    /// As [`Txn::put`].
    pub fn release_blob(&mut self, id: &BlobId) -> Result<(), Error> {
        let length = self.view.core().blobs.stat(id)?.map_or(0, |s| s.length);
        self.grow(64)?;
        self.blobs.push((*id, length, false));
        Ok(())
    }

    /// Mints an id.
    ///
    /// # Errors
    /// The random source failed.
    pub fn new_id(&self) -> Result<Id, Error> {
        let head = self.view.core().head();
        Id::mint(head.sequence + 1, head.tag)
    }

    /// Whether it writes a row of a collection.
    #[must_use]
    pub fn writes_to(&self, owner: &str, collection: &str) -> bool {
        self.changes.iter().any(|change| {
            *change.collection.owner == *owner && change.collection.spec.name == collection && change.write.is_some()
        })
    }

    /// Whether these bytes stand in something that it writes: a key, a value, an event.
    /// Rows of `beside` (owner and collection) are not looked at.
    #[must_use]
    pub fn mentions(&self, bytes: &[u8], beside: (&str, &str)) -> bool {
        let holds = |place: &[u8]| place.windows(bytes.len().max(1)).any(|window| window == bytes);
        self.events.iter().any(|(_, payload)| holds(payload))
            || self.changes.iter().any(|change| {
                let own = (&*change.collection.owner, change.collection.spec.name.as_str());
                own != beside
                    && change.write.as_ref().is_some_and(|write| {
                        holds(&change.key) || holds(&write.value) || write.terms.iter().any(|(_, term)| holds(term))
                    })
            })
    }

    fn own(&self, collection: u32, key: &[u8]) -> Option<&Change> {
        self.latest.get(&(collection, key.to_vec())).and_then(|at| self.changes.get(*at))
    }

    /// What this transaction changed in a collection, by key.
    fn own_changes(&self, collection: u32) -> impl Iterator<Item = &Change> {
        self.latest
            .range((collection, Vec::new())..(collection.saturating_add(1), Vec::new()))
            .filter_map(|(_, at)| self.changes.get(*at))
    }
}

/// A row that the transaction itself wrote; it has no version yet.
fn own_row(change: &Change) -> Option<Row> {
    change.write.as_ref().map(|w| Row { key: change.key.clone(), value: w.value.clone(), version: 0, schema: w.schema })
}

impl Reader for Snapshot {
    fn get(&self, owner: &str, collection: &str, key: &[u8]) -> Result<Option<Row>, Error> {
        self.view.row(self.view.collection(owner, collection)?, key)
    }

    fn scan(&self, owner: &str, collection: &str, range: &ScanRange) -> Result<Page, Error> {
        let collection = self.view.collection(owner, collection)?;
        let mut rows =
            self.view.rows(collection, &range.start, &range.end, range.reverse, range.limit.saturating_add(1))?;
        let more = rows.len() > range.limit;
        rows.truncate(range.limit);
        Ok(Page { rows, more, next: None })
    }

    fn find(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Page, Error> {
        let collection = self.view.collection(owner, collection)?;
        let query = Query::new(self.view.core(), collection, index, term, how, after)?;
        Ok(find::run(&self.view, collection, &query, &[], limit)?.page)
    }

    fn place(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        let collection = self.view.collection(owner, collection)?;
        find::place(&self.view, collection, index, term, how, key, None)
    }

    fn counter(&self, owner: &str, name: &str) -> Result<i64, Error> {
        self.view.counter(&counter_key(owner, &format!("c{name}")))
    }

    fn count(&self, owner: &str, collection: &str) -> Result<u64, Error> {
        self.view.count(self.view.collection(owner, collection)?)
    }
}

impl Reader for Txn {
    fn get(&self, owner: &str, collection: &str, key: &[u8]) -> Result<Option<Row>, Error> {
        let collection = self.view.collection(owner, collection)?;
        if let Some(change) = self.own(collection.id, key) {
            return Ok(own_row(change));
        }
        self.reads().row(row_key(collection.id, key));
        self.view.row(collection, key)
    }

    fn scan(&self, owner: &str, collection: &str, range: &ScanRange) -> Result<Page, Error> {
        let collection = self.view.collection(owner, collection)?;
        let (low, high) = table_bounds(collection.id, &range.start, &range.end);
        if is_empty_range(&low, &high) {
            return Ok(Page::default());
        }
        let inside =
            |key: &[u8]| std::ops::RangeBounds::contains(&(low.clone(), high.clone()), &row_key(collection.id, key));
        let own: Vec<&Change> = self.own_changes(collection.id).filter(|c| inside(&c.key)).collect();
        // Enough that a full page remains when every row changed here falls out of it.
        let wanted = range.limit.saturating_add(own.len()).saturating_add(1);
        let mut rows = self.view.rows(collection, &range.start, &range.end, range.reverse, wanted)?;
        rows.retain(|row| self.own(collection.id, &row.key).is_none());
        rows.extend(own.into_iter().filter_map(own_row));
        rows.sort_by(|a, b| if range.reverse { b.key.cmp(&a.key) } else { a.key.cmp(&b.key) });
        let more = rows.len() > range.limit;
        rows.truncate(range.limit);
        // What was seen: up to the last row when there is more, else the whole range.
        let edge = rows.last().filter(|_| more).map(|row| Bound::Included(row_key(collection.id, &row.key)));
        match (edge, range.reverse) {
            (Some(edge), false) => self.reads().rows(low, edge),
            (Some(edge), true) => self.reads().rows(edge, high),
            (None, _) => self.reads().rows(low, high),
        }
        Ok(Page { rows, more, next: None })
    }

    fn find(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Page, Error> {
        let collection = self.view.collection(owner, collection)?;
        let query = Query::new(self.view.core(), collection, index, term, how, after)?;
        let own: Vec<&Change> = self.own_changes(collection.id).collect();
        let found = find::run(&self.view, collection, &query, &own, limit)?;
        let mut reads = self.reads();
        reads.terms(found.low, found.high);
        for key in found.read {
            reads.row(row_key(collection.id, &key));
        }
        Ok(found.page)
    }

    fn place(
        &self,
        owner: &str,
        collection: &str,
        index: &str,
        term: &[u8],
        how: TermMatch,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        let collection = self.view.collection(owner, collection)?;
        let own = self.own(collection.id, key);
        if own.is_none() && how == TermMatch::Prefix {
            self.reads().row(row_key(collection.id, key));
        }
        find::place(&self.view, collection, index, term, how, key, own)
    }

    fn counter(&self, owner: &str, name: &str) -> Result<i64, Error> {
        let full = format!("c{name}");
        let base = self.view.counter(&counter_key(owner, &full))?;
        let own: i64 = self
            .counters
            .iter()
            .filter(|(o, n, _)| o == owner && *n == full)
            .map(|(_, _, c)| if let CounterChange::Add(n) = c { *n } else { 0 })
            .sum();
        Ok(base.saturating_add(own))
    }

    fn count(&self, owner: &str, collection: &str) -> Result<u64, Error> {
        let collection = self.view.collection(owner, collection)?;
        let mut count = self.view.count(collection)?;
        for change in self.own_changes(collection.id) {
            match (self.view.row(collection, &change.key)?.is_some(), change.write.is_some()) {
                (false, true) => count += 1,
                (true, false) => count = count.saturating_sub(1),
                _ => {}
            }
        }
        Ok(count)
    }
}

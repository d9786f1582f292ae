//! `store`: the plugin's own collections, in the call's transaction.

use std::ops::Bound;

use tram_journal::{Row, ScanRange, TermMatch, VersionState};

use crate::bindings::store::{Change, Host, Page, Row as WireRow, Term};
use crate::state::{Access, Failure, State};

/// Most rows of one answer.
const MAX_ROWS: u32 = 1_000;
/// Most versions of one answer.
const MAX_VERSIONS: u32 = 200;

/// Most counters that a call which only reads may add to.
const MAX_TALLIES: usize = 16;

/// Version of what this call wrote itself: the entry's sequence is not known yet, and
/// 0 means "must not exist".
const OWN: u64 = u64::MAX;

fn wire(row: Row) -> WireRow {
    let version = if row.version == 0 { OWN } else { row.version };
    WireRow { key: row.key, value: row.value, version }
}

/// The row that a list was to go on from has left the list.
fn moved_on() -> Failure {
    Failure::answer(
        "stale",
        "Danh sách vừa thay đổi. Hãy xem lại từ đầu danh sách.",
        "The list has just changed. Look at it from its beginning.",
    )
}

/// The expectation for the journal, which knows its own writes without one.
fn for_journal(expected: Option<u64>) -> Option<u64> {
    expected.filter(|version| *version != OWN)
}

impl State {
    fn hand_over(&mut self, page: tram_journal::Page) -> Result<Page, Failure> {
        let bytes = page.rows.iter().map(|row| row.key.len() + row.value.len()).sum();
        self.count_bytes(bytes)?;
        Ok(Page { rows: page.rows.into_iter().map(wire).collect(), more: page.more })
    }

    /// Checks an expected version at once, so that the plugin can say what happened;
    /// the commit checks it again against everybody else.
    fn check_expected(&self, collection: &str, key: &[u8], expected: Option<u64>) -> Result<(), Failure> {
        let Some(expected) = expected else { return Ok(()) };
        let row = self.reader()?.get(self.owner(), collection, key)?;
        let fits = match (row, expected) {
            (None, expected) => expected == 0,
            (Some(_), 0) => false,
            // What this call wrote itself is its own affair.
            (Some(row), expected) => row.version == 0 || row.version == expected,
        };
        if fits {
            return Ok(());
        }
        Err(Failure::answer(
            "stale",
            "Mục này vừa được người khác sửa hoặc tạo.",
            "This was changed or made by somebody else meanwhile.",
        ))
    }

    /// Schema number that the manifest declares for a collection.
    fn schema_of(&self, collection: &str) -> Result<u32, Failure> {
        self.plugin
            .manifest
            .collection
            .iter()
            .find(|declared| declared.name == collection)
            .map(|declared| declared.schema)
            .ok_or_else(|| Failure::argument(format!("the manifest declares no collection {collection}")))
    }
}

impl Host for State {
    fn get(&mut self, collection: String, key: Vec<u8>) -> Result<Option<WireRow>, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        let row = self.reader()?.get(self.owner(), &collection, &key)?;
        self.count_bytes(row.as_ref().map_or(0, |row| row.value.len()))?;
        Ok(row.map(wire))
    }

    fn get_many(&mut self, collection: String, keys: Vec<Vec<u8>>) -> Result<Vec<Option<WireRow>>, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        if keys.len() > MAX_ROWS as usize {
            return Err(Failure::argument("get-many takes at most 1,000 keys"));
        }
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let rows = self.reader()?.get_many(self.owner(), &collection, &keys)?;
        self.count_bytes(rows.iter().flatten().map(|row| row.value.len()).sum())?;
        Ok(rows.into_iter().map(|row| row.map(wire)).collect())
    }

    fn scan(
        &mut self,
        collection: String,
        start: Vec<u8>,
        end: Option<Vec<u8>>,
        reverse: bool,
        limit: u32,
    ) -> Result<Page, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        let range = ScanRange {
            start: Bound::Included(start),
            end: end.map_or(Bound::Unbounded, Bound::Excluded),
            reverse,
            limit: limit.min(MAX_ROWS) as usize,
        };
        let page = self.reader()?.scan(self.owner(), &collection, &range)?;
        self.hand_over(page)
    }

    fn find(
        &mut self,
        collection: String,
        index: String,
        term: Vec<u8>,
        prefix: bool,
        after: Option<Vec<u8>>,
        limit: u32,
    ) -> Result<Page, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        let how = if prefix { TermMatch::Prefix } else { TermMatch::Exact };
        let limit = limit.min(MAX_ROWS) as usize;
        let reader = self.reader()?;
        let owner = self.owner();
        // The contract names the row to go on from; the journal's place is term and key.
        let place = match after {
            Some(key) => Some(reader.place(owner, &collection, &index, &term, how, &key)?.ok_or_else(moved_on)?),
            None => None,
        };
        let page = reader.find(owner, &collection, &index, &term, how, place.as_deref(), limit)?;
        self.hand_over(page)
    }

    fn count(&mut self, collection: String) -> Result<u64, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        Ok(self.reader()?.count(self.owner(), &collection)?)
    }

    fn put(
        &mut self,
        collection: String,
        key: Vec<u8>,
        value: Vec<u8>,
        terms: Vec<Term>,
        expected: Option<u64>,
    ) -> Result<(), Failure> {
        self.gate("store")?;
        let schema = self.schema_of(&collection)?;
        self.writer()?;
        self.check_expected(&collection, &key, expected)?;
        let plugin = std::sync::Arc::clone(&self.plugin);
        let terms: Vec<(&str, &[u8])> = terms.iter().map(|term| (term.index.as_str(), term.value.as_slice())).collect();
        self.writer()?.put(&plugin.manifest.id, &collection, &key, &value, schema, &terms, for_journal(expected))?;
        Ok(())
    }

    fn delete(&mut self, collection: String, key: Vec<u8>, expected: Option<u64>) -> Result<(), Failure> {
        self.gate("store")?;
        self.writer()?;
        self.check_expected(&collection, &key, expected)?;
        let plugin = std::sync::Arc::clone(&self.plugin);
        self.writer()?.delete(&plugin.manifest.id, &collection, &key, for_journal(expected))?;
        Ok(())
    }

    fn history(&mut self, collection: String, key: Vec<u8>, limit: u32) -> Result<Vec<Change>, Failure> {
        self.gate("store")?;
        // History is not part of the transaction's reads: it only grows, but for
        // versions that are shed or erased, of which nobody is told; so it leaves no
        // trace, and its answers are given once.
        let limit = limit.min(MAX_VERSIONS) as usize;
        let versions = self.core.journal.history(self.owner(), &collection, &key, limit)?;
        let changes: Vec<Change> = versions
            .into_iter()
            .map(|version| {
                let (deleted, value) = match version.state {
                    VersionState::Value { value, .. } => (false, Some(value)),
                    VersionState::Deleted => (true, None),
                    VersionState::Erased => (false, None),
                };
                Change {
                    version: version.sequence,
                    unix_ms: version.time.unix_ms,
                    actor: version.actor,
                    deleted,
                    value,
                }
            })
            .collect();
        self.count_bytes(changes.iter().filter_map(|change| change.value.as_ref()).map(Vec::len).sum())?;
        Ok(changes)
    }

    fn new_id(&mut self) -> Result<Vec<u8>, Failure> {
        self.gate("store")?;
        Ok(self.writer()?.new_id()?.to_bytes().to_vec())
    }

    fn add(&mut self, counter: String, delta: i64) -> Result<(), Failure> {
        self.gate("store")?;
        if matches!(self.access, Access::Read(_)) {
            // Counting how often something is looked at changes nothing that is looked at.
            let named = (1..=128).contains(&counter.len()) && !counter.contains('\0');
            if self.effects.tallies.len() >= MAX_TALLIES || !named {
                return Err(Failure::argument(
                    "at most 16 counters of a name of 1 to 128 bytes, none of them 0, in a GET call",
                ));
            }
            self.effects.tallies.push((counter, delta));
            return Ok(());
        }
        let plugin = std::sync::Arc::clone(&self.plugin);
        Ok(self.writer()?.add(&plugin.manifest.id, &counter, delta)?)
    }

    fn counter(&mut self, counter: String) -> Result<i64, Failure> {
        self.gate("store")?;
        self.traces.own_rows();
        Ok(self.reader()?.counter(self.owner(), &counter)?)
    }

    fn next(&mut self, sequence: String, count: u32) -> Result<u64, Failure> {
        self.gate("store")?;
        if !(1..=100_000).contains(&count) {
            return Err(Failure::argument("next reserves 1 to 100,000 numbers"));
        }
        let plugin = std::sync::Arc::clone(&self.plugin);
        Ok(self.writer()?.next(&plugin.manifest.id, &sequence, count)?)
    }

    fn at_commit(&mut self, sequence: String) -> Result<String, Failure> {
        self.gate("store")?;
        let plugin = std::sync::Arc::clone(&self.plugin);
        let placeholder = self.writer()?.at_commit(&plugin.manifest.id, &sequence)?;
        self.effects.placeholders.push(placeholder);
        Ok(String::from_utf8_lossy(&placeholder.decimal(0)).into_owned())
    }
}

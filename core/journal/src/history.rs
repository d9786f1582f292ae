//! Reading the journal itself: the feed of changes, and the versions of a row.

use std::sync::Arc;

use crate::Error;
use crate::catalog::Catalog;
use crate::core::Core;
use crate::item::{Body, Item};
use crate::model::{Change, Entry, Event, Version, VersionState};
use crate::record::Record;
use crate::segment::Step;
use crate::value;
use crate::view::View;

/// Entries read in one call at most.
const MAX_ENTRIES: usize = 10_000;
/// Their bytes at most, so that a reader's buffers are bounded.
const MAX_BYTES: usize = 16 << 20;

/// Entries from a sequence on.
pub(crate) fn changes(core: &Arc<Core>, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
    core.check_open()?;
    let generation = core.segments.generation();
    match read_changes(core, from, limit) {
        // A segment was rewritten by an erasure while it was read.
        Err(Error::Damaged { .. }) if core.segments.generation() != generation => read_changes(core, from, limit),
        other => other,
    }
}

fn read_changes(core: &Arc<Core>, from: u64, limit: usize) -> Result<Vec<Entry>, Error> {
    let from = from.max(1);
    let head = core.head().sequence;
    let catalog = core.catalog();
    let mut entries = Vec::new();
    if from > head {
        return Ok(entries);
    }
    let mut scan = core.segments.scan(core.segments.locate(from)?);
    scan.skip_to(from)?;
    let mut bytes = 0;
    while entries.len() < limit.min(MAX_ENTRIES) && bytes < MAX_BYTES {
        match scan.next()? {
            Step::Entry { place, body, .. } if place.sequence <= head => {
                bytes += body.len();
                let (record, hash) = Record::decode(&body)?;
                entries.push(entry(record, hash, &catalog)?);
            }
            _ => break,
        }
    }
    Ok(entries)
}

fn entry(record: Record, hash: [u8; 32], catalog: &Catalog) -> Result<Entry, Error> {
    let mut entry = Entry {
        sequence: record.sequence,
        epoch: record.epoch,
        time: record.time,
        actor: record.actor,
        owner: record.owner,
        cause: (record.cause != 0).then_some(record.cause),
        hash,
        changes: Vec::new(),
        events: Vec::new(),
        note: String::new(),
    };
    for item in record.items {
        match item.body {
            Body::Put { collection, key, schema, value, .. } => {
                let info = catalog.by_number(collection)?;
                entry.changes.push(Change::Put {
                    owner: info.owner.to_string(),
                    collection: info.spec.name.clone(),
                    key,
                    value: value::unpack(&value, &catalog.dictionaries)?,
                    schema,
                });
            }
            Body::Delete { collection, key, .. } => {
                let info = catalog.by_number(collection)?;
                let (owner, collection) = (info.owner.to_string(), info.spec.name.clone());
                entry.changes.push(Change::Delete { owner, collection, key });
            }
            Body::Counter { owner, name, value } => {
                // The first character tells counters from sequences.
                let name = name.chars().skip(1).collect();
                entry.changes.push(Change::Counter { owner, name, value });
            }
            Body::Event { topic, payload } => entry.events.push(Event { topic, payload }),
            Body::Note(text) => entry.note = text,
            Body::Erased { .. } => entry.changes.push(Change::Erased),
            Body::Erasure { .. } => entry.changes.push(Change::Erasure),
            _ => entry.changes.push(Change::Internal),
        }
    }
    Ok(entry)
}

/// The item of an entry that wrote a row. Where the item was erased its key is gone too;
/// if the entry has but one such item, that is it.
fn item_of<'a>(record: &'a Record, collection: u32, row: &[u8]) -> Option<(usize, &'a Item)> {
    let named = record.items.iter().enumerate().find(|(_, item)| match &item.body {
        Body::Put { collection: c, key, .. } | Body::Delete { collection: c, key, .. } => {
            *c == collection && key == row
        }
        _ => false,
    });
    named.or_else(|| {
        let mut erased = record.items.iter().enumerate().filter(|(_, i)| i.is_erased());
        let only = erased.next();
        if erased.next().is_some() { None } else { only }
    })
}

/// Calls `visit` for each entry that wrote a row, newest first, until it returns false.
pub(crate) fn walk(
    core: &Arc<Core>,
    collection: u32,
    key: &[u8],
    newest: u64,
    mut visit: impl FnMut(&Record, Option<(usize, &Item)>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut at = newest;
    while at != 0 {
        let (record, _) = core.segments.entry(at)?;
        let item = item_of(&record, collection, key);
        let prior = item.map_or(0, |(_, i)| i.prior());
        if !visit(&record, item)? {
            break;
        }
        at = prior;
    }
    Ok(())
}

/// The kept versions of a row, newest first.
pub(crate) fn history(
    core: &Arc<Core>,
    owner: &str,
    collection: &str,
    key: &[u8],
    limit: usize,
) -> Result<Vec<Version>, Error> {
    core.check_open()?;
    let (catalog, id, newest) = {
        let view = View::new(core)?;
        let info = view.collection(owner, collection)?;
        if info.is_scratch() {
            return Ok(Vec::new());
        }
        (Arc::clone(&view.catalog), info.id, view.version(info, key)?)
    };
    let mut versions = Vec::new();
    if limit == 0 {
        return Ok(versions);
    }
    walk(core, id, key, newest, |record, item| {
        let state = match item.map(|(_, i)| &i.body) {
            Some(Body::Put { value, schema, .. }) => {
                VersionState::Value { value: value::unpack(value, &catalog.dictionaries)?, schema: *schema }
            }
            Some(Body::Delete { .. }) => VersionState::Deleted,
            _ => VersionState::Erased,
        };
        versions.push(Version { sequence: record.sequence, time: record.time, actor: record.actor.clone(), state });
        Ok(versions.len() < limit)
    })?;
    Ok(versions)
}

//! From a transaction to items: packing and hashing, done by the caller's thread so that
//! the writer need not.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use crate::Error;
use crate::catalog::{Catalog, Collection};
use crate::find::hide;
use crate::id::random;
use crate::item::{Body, Item, digest};
use crate::model::{Context, Placeholder};
use crate::ring::ReadSet;
use crate::tables::{row_weight, terms_weight};
use crate::txn::{Change, CounterChange, Txn, Write};
use crate::value;

/// A change that is ready, or one that waits for a number.
#[derive(Debug)]
pub(crate) enum Slot {
    Ready(Item),
    Late(Change),
}

/// A version that the caller expects.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) collection: Arc<Collection>,
    pub(crate) key: Vec<u8>,
    pub(crate) version: u64,
}

/// A transaction as the writer takes it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) context: Context,
    pub(crate) tick: u64,
    pub(crate) reads: ReadSet,
    pub(crate) seed: [u8; 16],
    pub(crate) main: Vec<Slot>,
    pub(crate) scratch: Vec<Slot>,
    pub(crate) counters: Vec<(String, String, CounterChange)>,
    /// Events and note; they follow the counters.
    pub(crate) words: Vec<Slot>,
    pub(crate) expected: Vec<Expectation>,
    /// What each owner adds at most, for its quota.
    pub(crate) adds: HashMap<Arc<str>, u64>,
    pub(crate) only_deletes: bool,
    pub(crate) bytes: usize,
}

impl Prepared {
    /// Nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        !self.writes_journal() && self.scratch.is_empty()
    }

    /// Something that needs an entry.
    pub(crate) fn writes_journal(&self) -> bool {
        !self.main.is_empty() || !self.counters.is_empty() || !self.words.is_empty()
    }

    /// One that the journal makes for itself.
    pub(crate) fn system(context: Context, items: Vec<Item>) -> Result<Self, Error> {
        let bytes = items.iter().map(Item::weight).sum();
        Ok(Self {
            context,
            tick: u64::MAX,
            reads: ReadSet::default(),
            seed: random()?,
            main: items.into_iter().map(Slot::Ready).collect(),
            scratch: Vec::new(),
            counters: Vec::new(),
            words: Vec::new(),
            expected: Vec::new(),
            adds: HashMap::new(),
            only_deletes: true,
            bytes,
        })
    }
}

/// Makes a put or delete item.
pub(crate) fn item(change: Change, index_key: &[u8; 32]) -> Result<Item, Error> {
    let Change { collection, key, write, .. } = change;
    let public = collection.spec.public;
    let Some(Write { value, schema, terms }) = write else {
        let mut item = Item::new(public, Body::Delete { collection: collection.id, key, prior: 0 });
        item.digest = Some(digest(&item.body, None));
        return Ok(item);
    };
    let terms = terms
        .into_iter()
        .map(|(index, term)| {
            let personal = collection.spec.indexes.get(usize::from(index)).is_some_and(|i| i.personal);
            let term = if personal { hide(index_key, collection.id, index, &term) } else { term };
            (index, term)
        })
        .collect();
    let packed = if collection.is_scratch() {
        let mut raw = vec![0];
        raw.extend_from_slice(&value);
        raw
    } else {
        value::pack(&value, collection.dictionary.as_deref())?
    };
    let body = Body::Put { collection: collection.id, key, schema, value: packed, terms, prior: 0 };
    let mut item = Item::new(public, body);
    if !collection.is_scratch() {
        item.digest = Some(digest(&item.body, Some(&value)));
    }
    Ok(item)
}

/// Prepares a transaction for the writer.
pub(crate) fn prepare(txn: Txn) -> Result<Prepared, Error> {
    let core = Arc::clone(txn.view.core());
    let reads = txn.reads.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tokens: Vec<[u8; 14]> = txn
        .counters
        .iter()
        .filter_map(|(_, _, c)| if let CounterChange::Take(Placeholder(t)) = c { Some(*t) } else { None })
        .collect();
    let mut prepared = Prepared {
        context: txn.context,
        tick: txn.tick,
        reads,
        seed: random()?,
        main: Vec::with_capacity(txn.changes.len()),
        scratch: Vec::new(),
        counters: txn.counters,
        words: Vec::new(),
        expected: Vec::new(),
        adds: HashMap::new(),
        only_deletes: true,
        bytes: 256,
    };
    // The snapshot is given up here: nothing below reads, and old ones cost space.
    drop(txn.view);
    for change in txn.changes {
        if let Some(version) = change.expected {
            let (collection, key) = (Arc::clone(&change.collection), change.key.clone());
            prepared.expected.push(Expectation { collection, key, version });
        }
        let owner = Arc::clone(&change.collection.owner);
        let scratch = change.collection.is_scratch();
        let slot = if holds_token(&change, &tokens) {
            prepared.bytes += change.key.len() + change.write.as_ref().map_or(0, |w| w.value.len());
            Slot::Late(change)
        } else {
            let item = item(change, &core.index_key)?;
            prepared.bytes += item.weight();
            if let Body::Put { key, value, terms, .. } = &item.body {
                prepared.only_deletes = false;
                *prepared.adds.entry(owner).or_default() += row_weight(key, value) + terms_weight(key, terms);
            }
            Slot::Ready(item)
        };
        if matches!(slot, Slot::Late(_)) {
            prepared.only_deletes = false;
        }
        if scratch { prepared.scratch.push(slot) } else { prepared.main.push(slot) }
    }
    for (id, length, held) in txn.blobs {
        let owner = prepared.context.owner.clone();
        if held {
            *prepared.adds.entry(owner.as_str().into()).or_default() += length;
            prepared.only_deletes = false;
        }
        prepared.main.push(Slot::Ready(Item::new(false, Body::Blob { owner, id: id.0, length, held })));
    }
    for (topic, payload) in txn.events {
        prepared.bytes += topic.len() + payload.len() + 64;
        prepared.words.push(Slot::Ready(Item::new(false, Body::Event { topic, payload })));
    }
    if !prepared.context.note.is_empty() && prepared.writes_journal() {
        let note = std::mem::take(&mut prepared.context.note);
        prepared.words.push(Slot::Ready(Item::new(false, Body::Note(note))));
    }
    Ok(prepared)
}

fn holds_token(change: &Change, tokens: &[[u8; 14]]) -> bool {
    let within = |bytes: &[u8]| tokens.iter().any(|t| position(bytes, t).is_some());
    !tokens.is_empty()
        && (within(&change.key)
            || change.write.as_ref().is_some_and(|w| within(&w.value) || w.terms.iter().any(|(_, t)| within(t))))
}

fn position(bytes: &[u8], token: &[u8; 14]) -> Option<usize> {
    bytes.windows(16).position(|w| w.starts_with(token))
}

/// Puts numbers in their placeholders' places.
pub(crate) fn fill_in(bytes: &mut Vec<u8>, assigned: &[(Placeholder, u64)]) {
    for (placeholder, number) in assigned {
        while let Some(at) = position(bytes, &placeholder.0) {
            let form = bytes.get(at + 14..at + 16).unwrap_or_default();
            let text = match form {
                [b'b', _] => number.to_be_bytes().to_vec(),
                [_, width] => {
                    let width = usize::from(width.saturating_sub(b'0').min(9));
                    format!("{number:0width$}").into_bytes()
                }
                _ => number.to_string().into_bytes(),
            };
            bytes.splice(at..at + 16, text);
        }
    }
}

/// Makes the items of a list of slots, filling in what was waiting.
pub(crate) fn items(
    slots: Vec<Slot>,
    assigned: &[(Placeholder, u64)],
    catalog: &Catalog,
    index_key: &[u8; 32],
) -> Result<Vec<Item>, Error> {
    slots
        .into_iter()
        .map(|slot| match slot {
            Slot::Ready(mut ready) => {
                if let (Body::Event { payload, .. }, false) = (&mut ready.body, assigned.is_empty()) {
                    fill_in(payload, assigned);
                }
                Ok(ready)
            }
            Slot::Late(mut change) => {
                fill_in(&mut change.key, assigned);
                if let Some(write) = &mut change.write {
                    fill_in(&mut write.value, assigned);
                    for (_, term) in &mut write.terms {
                        fill_in(term, assigned);
                    }
                }
                change.collection = Arc::clone(catalog.by_number(change.collection.id)?);
                item(change, index_key)
            }
        })
        .collect()
}

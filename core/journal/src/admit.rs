//! Whether a transaction may be written, judged against the newest state, and its entry.

use std::sync::Arc;

use crate::apply::Apply;
use crate::blobs::BlobId;
use crate::catalog::Catalog;
use crate::core::Core;
use crate::item::{Body, Item};
use crate::model::{Committed, Head, Placeholder};
use crate::prepare::{self, Prepared, Slot};
use crate::record::Record;
use crate::tables;
use crate::txn::CounterChange;
use crate::{CommitError, Error};

/// One transaction's part of a group that has passed all checks.
pub(crate) struct Admitted {
    pub(crate) committed: Committed,
    pub(crate) body: Option<Vec<u8>>,
}

/// The tables while a group is written.
pub(crate) struct Group<'c, 't> {
    pub(crate) core: &'c Core,
    pub(crate) main: Option<Apply<'t>>,
    pub(crate) scratch: Option<Apply<'t>>,
    pub(crate) head: Head,
    pub(crate) scratch_version: u64,
}

pub(crate) type Admission = Result<(Admitted, Vec<Vec<u8>>), CommitError>;

impl Group<'_, '_> {
    /// Checks a transaction against the newest state and applies it. The outer error is the
    /// storage's, and ends the group; the inner one is this transaction's alone.
    pub(crate) fn admit(&mut self, mut prepared: Prepared) -> Result<Admission, Error> {
        // What is to be held was there while the call ran, without the writer's lock; it may
        // have been given up since. The rerun then hears that it is gone.
        for slot in &prepared.main {
            if let Slot::Ready(item) = slot
                && let Body::Blob { id, held: true, .. } = &item.body
                && self.core.blobs.claim(&BlobId(*id))?.is_none()
            {
                return Ok(Err(CommitError::Conflict));
            }
        }
        for e in &prepared.expected {
            let side = if e.collection.is_scratch() { &self.scratch } else { &self.main };
            let found = side.as_ref().map_or(Ok(0), |apply| apply.version(e.collection.id, &e.key))?;
            if found != e.version {
                return Ok(Err(CommitError::Stale {
                    owner: e.collection.owner.to_string(),
                    collection: e.collection.spec.name.clone(),
                    key: e.key.clone(),
                    expected: e.version,
                    found,
                }));
            }
        }
        for (owner, added) in &prepared.adds {
            // The quota is kept with the journal's tables; scratch rows are counted with their own.
            let scratch = match &mut self.scratch {
                Some(scratch) => scratch.usage(owner)?.total(),
                None => 0,
            };
            if let Some(main) = &mut self.main {
                let usage = main.usage(owner)?;
                let after = usage.total().saturating_add(scratch).saturating_add(*added);
                if let Some(quota) = usage.quota.filter(|quota| after > *quota) {
                    return Ok(Err(CommitError::OverQuota { owner: owner.to_string(), quota }));
                }
            }
        }
        let (counters, assigned) = self.count(&prepared.counters)?;
        let catalog = self.main.as_ref().map_or_else(|| self.core.catalog(), |m| Arc::clone(&m.catalog));
        let key = &self.core.index_key;
        let mut items = prepare::items(prepared.main, &assigned, &catalog, key)?;
        let mut scratch = prepare::items(prepared.scratch, &assigned, &catalog, key)?;
        if let Some(refusal) = self.unique(&items, &catalog, false)?.or(self.unique(&scratch, &catalog, true)?) {
            return Ok(Err(refusal));
        }
        items.extend(counters);
        items.extend(prepare::items(std::mem::take(&mut prepared.words), &assigned, &catalog, key)?);
        let mut touched = Vec::new();
        if !scratch.is_empty()
            && let Some(apply) = &mut self.scratch
        {
            self.scratch_version += 1;
            for item in &mut scratch {
                apply.item(item, self.scratch_version)?;
            }
            touched.append(&mut apply.touched);
        }
        let mut sequence = self.head.sequence;
        let mut body = None;
        if let Some(apply) = self.main.as_mut().filter(|_| !items.is_empty()) {
            sequence += 1;
            let restored = items.iter().find_map(|i| match &i.body {
                Body::Restore { epoch, tag, .. } => Some((*epoch, *tag)),
                _ => None,
            });
            let (epoch, tag) = restored.unwrap_or((self.head.epoch, self.head.tag));
            let mut record = Record {
                sequence,
                epoch,
                tag,
                previous: self.head.hash,
                time: prepared.context.time,
                actor: prepared.context.actor,
                owner: prepared.context.owner,
                cause: prepared.context.cause.unwrap_or(0),
                private: Vec::new(),
                public: None,
                seed: Some(prepared.seed),
                items,
            };
            apply.record(&mut record)?;
            record.commit_to_items(&apply.catalog.dictionaries)?;
            touched.append(&mut apply.touched);
            let (bytes, hash) = record.encode();
            self.head = Head { sequence, epoch, tag, hash };
            body = Some(bytes);
        }
        Ok(Ok((Admitted { committed: Committed { sequence, assigned }, body }, touched)))
    }

    /// Carries out the counter changes: merged, so that each counter is written once.
    #[allow(clippy::type_complexity, reason = "items and the numbers given, used only by admit")]
    fn count(
        &mut self,
        changes: &[(String, String, CounterChange)],
    ) -> Result<(Vec<Item>, Vec<(Placeholder, u64)>), Error> {
        let mut values: Vec<(&str, &str, i64)> = Vec::new();
        let mut assigned = Vec::new();
        for (owner, name, change) in changes {
            let at = match values.iter().position(|(o, n, _)| o == owner && n == name) {
                Some(at) => at,
                None => {
                    let now = match &self.main {
                        Some(main) => main.counter(&tables::counter_key(owner, name))?,
                        None => 0,
                    };
                    values.push((owner, name, now));
                    values.len() - 1
                }
            };
            let Some((_, _, value)) = values.get_mut(at) else {
                continue;
            };
            match change {
                CounterChange::Add(n) => *value = value.saturating_add(*n),
                CounterChange::AtLeast(n) => *value = (*value).max(*n),
                CounterChange::Take(placeholder) => {
                    *value = value.saturating_add(1);
                    assigned.push((*placeholder, value.unsigned_abs()));
                }
            }
        }
        let items = values
            .into_iter()
            .map(|(owner, name, value)| {
                Item::new(true, Body::Counter { owner: owner.to_owned(), name: name.to_owned(), value })
            })
            .collect();
        Ok((items, assigned))
    }

    /// Looks for a unique term that another row has, or would have.
    fn unique(&self, items: &[Item], catalog: &Catalog, scratch: bool) -> Result<Option<CommitError>, Error> {
        let side = if scratch { &self.scratch } else { &self.main };
        let Some(apply) = side else { return Ok(None) };
        let mut claims: Vec<(u32, u16, &[u8], &[u8])> = Vec::new();
        for item in items {
            let Body::Put { collection, key, terms, .. } = &item.body else {
                continue;
            };
            let info = catalog.by_number(*collection)?;
            for (index, term) in terms {
                let Some(spec) = info.spec.indexes.get(usize::from(*index)).filter(|i| i.unique) else {
                    continue;
                };
                let mut holder = apply.holders(*collection, *index, term)?.into_iter().find(|k| k != key);
                // The holder may give the term up in this very transaction.
                if holder.as_ref().is_some_and(|h| gives_up(items, *collection, *index, term, h)) {
                    holder = None;
                }
                let rival = claims
                    .iter()
                    .find(|(c, i, t, k)| (*c, *i, *t) == (*collection, *index, term.as_slice()) && *k != key)
                    .map(|(_, _, _, k)| k.to_vec());
                if let Some(holder) = holder.or(rival) {
                    return Ok(Some(CommitError::Unique {
                        owner: info.owner.to_string(),
                        collection: info.spec.name.clone(),
                        index: spec.name.clone(),
                        holder,
                    }));
                }
                claims.push((*collection, *index, term, key));
            }
        }
        Ok(None)
    }
}

/// True when one of the items writes row `holder` without the term, or deletes it.
fn gives_up(items: &[Item], collection: u32, index: u16, term: &[u8], holder: &[u8]) -> bool {
    items.iter().any(|item| match &item.body {
        Body::Put { collection: c, key, terms, .. } => {
            *c == collection && key == holder && !terms.iter().any(|(i, t)| *i == index && t == term)
        }
        Body::Delete { collection: c, key, .. } => *c == collection && key == holder,
        _ => false,
    })
}

//! Whose data changed, and by which commit: what lets an answer that was made of some
//! owners' data be kept and still never be stale.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::catalog::Catalog;
use crate::item::{Body, Item};
use crate::prepare::{Prepared, Slot};

/// For each owner the tick of the last commit that may have changed something of his.
///
/// A commit is noted before it can be seen, so that nobody takes what he reads of it for
/// older; one that fails afterwards was noted in vain, which costs a reading anew.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Changes that are not one owner's alone.
    all: AtomicU64,
    owners: RwLock<HashMap<Arc<str>, u64>>,
}

impl Changed {
    /// Notes a change of everything.
    pub(crate) fn everything(&self, tick: u64) {
        self.all.fetch_max(tick, Ordering::AcqRel);
    }

    fn owner(&self, owner: &str, tick: u64) {
        let mut owners = self.owners.write().unwrap_or_else(PoisonError::into_inner);
        match owners.get_mut(owner) {
            Some(last) => *last = tick.max(*last),
            None => {
                owners.insert(owner.into(), tick);
            }
        }
    }

    /// Notes what a transaction is about to change.
    pub(crate) fn note(&self, prepared: &Prepared, catalog: &Catalog, tick: u64) {
        let mut last = None;
        for slot in prepared.main.iter().chain(&prepared.scratch).chain(&prepared.words) {
            let collection = match slot {
                Slot::Late(change) => Ok(&change.collection),
                Slot::Ready(Item { body: Body::Put { collection, .. } | Body::Delete { collection, .. }, .. }) => {
                    catalog.by_number(*collection)
                }
                // No reader of rows and counters sees these.
                Slot::Ready(Item { body: Body::Event { .. } | Body::Note(_), .. }) => continue,
                Slot::Ready(_) => {
                    self.everything(tick);
                    continue;
                }
            };
            let Ok(collection) = collection else {
                self.everything(tick);
                continue;
            };
            // Rows of one owner usually stand together.
            if last.is_none_or(|last: &Arc<str>| **last != *collection.owner) {
                self.owner(&collection.owner, tick);
                last = Some(&collection.owner);
            }
        }
        for (owner, ..) in &prepared.counters {
            self.owner(owner, tick);
        }
    }

    /// Whether anything of `owner` may have changed by a commit after `tick`.
    pub(crate) fn since(&self, owner: &str, tick: u64) -> bool {
        let owners = self.owners.read().unwrap_or_else(PoisonError::into_inner);
        self.all.load(Ordering::Acquire) > tick || owners.get(owner).is_some_and(|last| *last > tick)
    }
}

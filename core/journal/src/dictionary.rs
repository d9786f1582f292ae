//! Training a compression dictionary for a public collection, once it has enough values.

use std::collections::HashSet;
use std::ops::Bound;

use crate::Error;
use crate::core::lock;
use crate::item::{Body, Item};
use crate::journal::Journal;
use crate::model::Context;
use crate::value::Dictionary;
use crate::view::View;

/// Values read in one short snapshot.
const STEP: usize = 500;
/// Bytes of samples at most.
const SAMPLES: usize = 8 << 20;

/// Remembers for which collections training failed.
#[derive(Debug, Default)]
pub(crate) struct Trainer {
    failed: HashSet<u32>,
    seen: u64,
}

impl Trainer {
    /// Trains at most one dictionary.
    pub(crate) fn look(&mut self, journal: &Journal) -> Result<(), Error> {
        let core = &journal.core;
        let head = core.head().sequence;
        if head == self.seen {
            return Ok(());
        }
        self.seen = head;
        let after = core.options.dictionary_after;
        let view = View::new(core)?;
        let mut due = None;
        for info in view.catalog.all() {
            // A dictionary contains pieces of its samples: never of personal data, which an
            // erasure could not take out again.
            let wanted = info.spec.public && !info.is_scratch() && info.dictionary.is_none();
            if wanted && !self.failed.contains(&info.id) && view.count(info)? >= after as u64 {
                due = Some(std::sync::Arc::clone(info));
                break;
            }
        }
        drop(view);
        let Some(info) = due else { return Ok(()) };
        let mut samples: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        let mut from = Bound::Unbounded;
        while samples.len() < after && bytes < SAMPLES {
            let rows = View::new(core)?.rows(&info, &from, &Bound::Unbounded, false, STEP)?;
            let Some(last) = rows.last() else { break };
            from = Bound::Excluded(last.key.clone());
            for row in rows {
                bytes += row.value.len();
                samples.push(row.value);
            }
        }
        let trained = Dictionary::train(&samples).inspect_err(|_| {
            self.failed.insert(info.id);
        })?;
        let mut writer = lock(&core.writer);
        core.check_open()?;
        core.catch_up(&mut writer)?;
        let id = core.catalog().dictionaries.keys().max().map_or(1, |n| n + 1);
        let item = Item::new(true, Body::Dictionary { id, collection: info.id, bytes: trained });
        journal.write_items(&mut writer, Context::new("system", "core"), vec![item])?;
        Ok(())
    }
}

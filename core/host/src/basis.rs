//! What an answer rests on, so that it can be given again, whole, while that stands.
//!
//! A call that only reads is a function of its request, its principal, its component,
//! and the data that it saw. It is followed while it runs: what it asks of the host
//! either leaves a trace that can be checked later (its own rows, the host's rows about
//! it, the search index), or makes the answer a fleeting one (time, chance, the log,
//! persons, other plugins), which is given once.

use std::sync::{Arc, Weak};

use tram_search::Index;

use crate::inner::Core;
use crate::plugin::Plugin;
use crate::tables;

/// What a call asked of the host so far, and what of it can be checked later.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// Questions that left nothing to check. Every one counts until it has left its
    /// trace: a capability that forgets to only makes answers fleeting.
    unchecked: u32,
    host_rows: bool,
    index: Option<Indexed>,
}

/// A state of a search index: which one, and up to which sequence.
#[derive(Debug, Clone)]
struct Indexed {
    /// Holds the place in memory, so that no later index is taken for this one.
    index: Weak<Index>,
    sequence: u64,
}

impl Indexed {
    fn of(index: &Arc<Index>) -> Self {
        // The sequence moves after the searcher does: what is searched next is at least
        // as new as this says.
        Self { sequence: index.sequence(), index: Arc::downgrade(index) }
    }

    fn is(&self, other: &Self) -> bool {
        self.sequence == other.sequence && Weak::ptr_eq(&self.index, &other.index)
    }
}

impl Traces {
    /// The host is asked something.
    pub(crate) const fn asked(&mut self) {
        self.unchecked = self.unchecked.saturating_add(1);
    }

    const fn left(&mut self) {
        self.unchecked = self.unchecked.saturating_sub(1);
    }

    /// It was for the plugin's own rows or counters.
    pub(crate) const fn own_rows(&mut self) {
        self.left();
    }

    /// It was for the host's rows about the plugin: settings, files, jobs.
    pub(crate) const fn host_rows(&mut self) {
        self.host_rows = true;
        self.left();
    }

    /// It is a search, about to be made in this index.
    pub(crate) fn index(&mut self, index: &Arc<Index>) {
        let seen = Indexed::of(index);
        // Two states of the index in one answer are none that could be checked.
        if self.index.as_ref().is_none_or(|before| before.is(&seen)) {
            self.left();
        }
        self.index = Some(seen);
    }
}

/// What an answer rests on; see [`crate::Host::confirm`].
#[derive(Debug, Clone)]
pub struct Basis {
    plugin: Weak<Plugin>,
    /// Last commit that the call's snapshot surely held.
    tick: u64,
    host_rows: bool,
    index: Option<Indexed>,
}

impl Basis {
    /// The basis of a call that left these traces; none when its answer is fleeting.
    pub(crate) fn new(plugin: &Arc<Plugin>, tick: u64, traces: Traces) -> Option<Self> {
        let Traces { unchecked, host_rows, index } = traces;
        (unchecked == 0).then(|| Self { plugin: Arc::downgrade(plugin), tick, host_rows, index })
    }

    /// Whether the same call would see the same data now; counts as a call when it does.
    pub(crate) fn confirm(&self, core: &Core) -> bool {
        let Some(plugin) = self.plugin.upgrade() else { return false };
        let id = plugin.manifest.id.as_str();
        let Some(entry) = core.entry(id) else { return false };
        let holds = entry.running().is_some_and(|running| Arc::ptr_eq(&running, &plugin))
            && !core.journal.changed_since(id, self.tick)
            && !(self.host_rows && core.journal.changed_since(tables::OWNER, self.tick))
            && self.index.as_ref().is_none_or(|seen| {
                let current = core.indexes.of(id).and_then(|indexed| indexed.current());
                current.is_some_and(|current| Indexed::of(&current).is(seen))
            });
        if holds {
            entry.counts.recall();
        }
        holds
    }
}

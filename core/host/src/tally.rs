//! What calls that only read have counted (how often a thing was looked at). It is
//! gathered in memory and written together every few seconds: a page that is looked
//! at costs no write of its own, and a station that loses its power loses the counts
//! of a few seconds and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tram_journal::Context;

use crate::inner::{Core, Signal};
use crate::permits::lock;

/// How long counts wait to be written.
const WAIT: Duration = Duration::from_secs(10);
/// Counters that wait; more than that are written at once.
const FULL: usize = 2_000;

/// Counts by plugin and counter.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    waiting: Mutex<BTreeMap<String, BTreeMap<String, i64>>>,
    signal: Signal,
}

impl Tallies {
    /// Adds what a call counted.
    pub(crate) fn add(&self, plugin: &str, counted: &[(String, i64)]) {
        if counted.is_empty() {
            return;
        }
        let mut waiting = lock(&self.waiting);
        let of = waiting.entry(plugin.to_owned()).or_default();
        for (counter, delta) in counted {
            let sum = of.entry(counter.clone()).or_default();
            *sum = sum.saturating_add(*delta);
        }
        let full = of.len() >= FULL;
        drop(waiting);
        if full {
            self.signal.raise();
        }
    }

    /// Wakes the thread: the host is closing.
    pub(crate) fn wake(&self) {
        self.signal.raise();
    }

    fn take(&self) -> BTreeMap<String, BTreeMap<String, i64>> {
        std::mem::take(&mut *lock(&self.waiting))
    }
}

/// The thread that writes them.
pub(crate) fn work(core: &Arc<Core>) {
    let mut seen = 0;
    loop {
        let stopping = core.is_stopping();
        for (plugin, counted) in core.tallies.take() {
            if let Err(error) = write(core, &plugin, &counted) {
                // More than the memory is meant for are let go: they are looks, not loans.
                if counted.len() >= FULL {
                    log::error!("{plugin}: {} counts were not kept: {error}", counted.len());
                    continue;
                }
                log::error!("{plugin}: counts were not kept and wait for the next time: {error}");
                let again: Vec<(String, i64)> = counted.into_iter().collect();
                core.tallies.add(&plugin, &again);
            }
        }
        if stopping {
            return;
        }
        seen = core.tallies.signal.wait(seen, WAIT);
    }
}

fn write(core: &Core, plugin: &str, counted: &BTreeMap<String, i64>) -> Result<(), crate::Error> {
    let mut context = Context::new("system", plugin);
    context.time = tram_journal::clock::now();
    let written = core
        .journal
        .run(context, |txn| counted.iter().try_for_each(|(counter, delta)| txn.add(plugin, counter, *delta)));
    written.map(|_| ()).map_err(|error| match error {
        tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => crate::Error::Journal(error),
        tram_journal::RunError::Commit(error) => crate::Error::Commit(error),
    })
}

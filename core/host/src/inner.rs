//! The parts of a running host, shared by calls and background threads.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex};

use arc_swap::ArcSwap;
use tram_journal::Journal;
use tram_people::People;
use wasmtime::Engine;

use crate::capabilities::Drafts;
use crate::compile::Cache;
use crate::index::Indexes;
use crate::permits::Permits;
use crate::plugin::Entry;
use crate::signing::StationKey;
use crate::uploads::Uploads;
use crate::vendors::Vendors;

/// The installed plugins, by id.
pub(crate) type Registry = BTreeMap<String, Arc<Entry>>;

/// What every part of the host shares.
pub(crate) struct Core {
    pub(crate) journal: Journal,
    pub(crate) people: People,
    pub(crate) engine: Engine,
    /// Where extractors run.
    pub(crate) extract_engine: Engine,
    /// What one may take for a file.
    pub(crate) extract_time: std::time::Duration,
    /// Most bytes of the large files that an extractor makes of one.
    pub(crate) extract_bytes: u64,
    /// Sets documents.
    pub(crate) printer: tram_print::Printer,
    /// One at a time: each may take the memory of a child.
    pub(crate) printing: Permits,
    pub(crate) registry: ArcSwap<Registry>,
    pub(crate) indexes: Indexes,
    pub(crate) drafts: Drafts,
    pub(crate) uploads: Uploads,
    /// Raised to end the sweeping.
    pub(crate) sweeping: Signal,
    /// The key in whose name packages for other stations are signed.
    pub(crate) key: StationKey,
    pub(crate) cache: Cache,
    /// Requests that run at once.
    pub(crate) requests: Permits,
    /// Of those, requests of nobody in particular.
    pub(crate) public_requests: Permits,
    pub(crate) vendors: Vendors,
    /// Raised when a job was started.
    pub(crate) jobs: Signal,
    /// Raised when a job went further.
    pub(crate) progress: Signal,
    /// What calls that only read have counted.
    pub(crate) tallies: crate::tally::Tallies,
    pub(crate) stopping: AtomicBool,
    /// One change of the installed plugins at a time.
    pub(crate) changing: Mutex<()>,
    /// The plugins of the binary.
    pub(crate) embedded: Vec<crate::host::Embedded>,
}

/// Wakes a background thread.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    pub(crate) count: Mutex<u64>,
    pub(crate) raised: Condvar,
}

impl Signal {
    /// Wakes whoever waits.
    pub(crate) fn raise(&self) {
        *crate::permits::lock(&self.count) += 1;
        self.raised.notify_all();
    }

    /// Waits until it was raised beyond `seen`, or for a while; what it is at now.
    pub(crate) fn wait(&self, seen: u64, patience: std::time::Duration) -> u64 {
        let count = crate::permits::lock(&self.count);
        let (count, _) = self
            .raised
            .wait_timeout_while(count, patience, |count| *count == seen)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *count
    }
}

impl Core {
    /// The engine that runs a plugin of this manifest.
    pub(crate) fn engine_for(&self, manifest: &tram_contract::manifest::Manifest) -> &Engine {
        if manifest.extractor.is_empty() { &self.engine } else { &self.extract_engine }
    }

    /// The installed plugin of this id.
    pub(crate) fn entry(&self, id: &str) -> Option<Arc<Entry>> {
        self.registry.load().get(id).map(Arc::clone)
    }

    /// Whether the host is closing.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(std::sync::atomic::Ordering::Relaxed)
    }
}

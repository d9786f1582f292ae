//! Short calls run where they are: on the runtime's own threads.
//!
//! Handing a call to a thread that may block, and its reply back, costs two wake-ups;
//! for a call of a few dozen microseconds that is a good part of it. So a call of a kind
//! that has been short of late runs at once, and one thread of the runtime is always
//! left for everything else: whatever a call does, connections go on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// What is short, on an average of the last few.
const SHORT: Duration = Duration::from_millis(5);
/// Weight of the past in that average, of so many parts.
const PAST: u32 = 7;

/// The threads that calls may take.
#[derive(Debug)]
pub(crate) struct Here {
    free: AtomicUsize,
    /// Average time of each route's calls in microseconds, by plugin and route.
    paces: RwLock<HashMap<String, HashMap<String, Arc<AtomicU32>>>>,
}

/// A thread that a call has taken; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat<'a>(&'a AtomicUsize);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// How long the calls of a route take.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<AtomicU32>);

impl Pace {
    /// Whether the next one is expected to be short; nothing is expected of the first.
    fn is_short(&self) -> bool {
        let known = self.0.load(Ordering::Relaxed);
        known != 0 && Duration::from_micros(known.into()) <= SHORT
    }

    /// Counts one.
    pub(crate) fn note(&self, spent: Duration) {
        let now = u32::try_from(spent.as_micros()).unwrap_or(u32::MAX).max(1);
        let before = self.0.load(Ordering::Relaxed);
        let mean = if before == 0 { now } else { before / (PAST + 1) * PAST + now / (PAST + 1) };
        self.0.store(mean.max(1), Ordering::Relaxed);
    }
}

impl Here {
    /// For a runtime of so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { free: AtomicUsize::new(threads.saturating_sub(1)), paces: RwLock::default() }
    }

    /// The pace of a route.
    pub(crate) fn pace(&self, plugin: &str, route: &str) -> Pace {
        let known = self.paces.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = known.get(plugin).and_then(|routes| routes.get(route)) {
            return Pace(Arc::clone(pace));
        }
        drop(known);
        let mut paces = self.paces.write().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(plugin.to_owned()).or_default().entry(route.to_owned()).or_default();
        Pace(Arc::clone(pace))
    }

    /// A thread for a call of this pace; none when it had better go elsewhere.
    pub(crate) fn seat(&self, pace: &Pace) -> Option<Seat<'_>> {
        if !pace.is_short() {
            return None;
        }
        let taken = self.free.fetch_update(Ordering::Acquire, Ordering::Relaxed, |free| free.checked_sub(1));
        taken.is_ok().then_some(Seat(&self.free))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_is_always_left_and_long_calls_go_elsewhere() {
        let here = Here::new(2);
        let pace = here.pace("a", "b");
        assert!(here.seat(&pace).is_none(), "nothing is known yet");
        pace.note(Duration::from_micros(80));
        let seat = here.seat(&pace);
        assert!(seat.is_some() && here.seat(&here.pace("a", "b")).is_none());
        drop(seat);
        assert!(here.seat(&pace).is_some());
        here.pace("a", "b").note(Duration::from_secs(2));
        assert!(here.seat(&pace).is_none());
        for _ in 0..60 {
            pace.note(Duration::from_micros(80));
        }
        assert!(here.seat(&pace).is_some(), "one slow call is forgotten");
        assert!(Here::new(1).seat(&pace).is_none());
    }
}

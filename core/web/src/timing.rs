//! How long replies took of late, for the page that tells a slow network from a slow box.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// Replies that are remembered.
const KEPT: usize = 1024;

/// The times of the last replies to readers.
#[derive(Debug)]
pub(crate) struct Timing {
    /// Microseconds and one; 0: none yet.
    times: Box<[AtomicU32]>,
    next: AtomicUsize,
}

/// What half of the replies, and all but one in a hundred, took at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) half: Duration,
    pub(crate) most: Duration,
    /// How many replies this is of.
    pub(crate) count: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self { times: (0..KEPT).map(|_| AtomicU32::new(0)).collect(), next: AtomicUsize::new(0) }
    }
}

impl Timing {
    /// Remembers one.
    pub(crate) fn note(&self, time: Duration) {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % KEPT;
        if let Some(kept) = self.times.get(place) {
            let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX - 1);
            kept.store(micros.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// What they took; none before the first.
    pub(crate) fn taken(&self) -> Option<Taken> {
        let mut times: Vec<u32> =
            self.times.iter().filter_map(|time| time.load(Ordering::Relaxed).checked_sub(1)).collect();
        times.sort_unstable();
        let at = |share: usize| {
            let place = (times.len() * share).div_ceil(100).saturating_sub(1);
            times.get(place).map(|micros| Duration::from_micros(u64::from(*micros)))
        };
        Some(Taken { half: at(50)?, most: at(99)?, count: times.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_all_but_one_in_a_hundred() {
        let timing = Timing::default();
        assert_eq!(timing.taken(), None);
        (1..=100).for_each(|ms| timing.note(Duration::from_millis(ms)));
        let wanted = Taken { half: Duration::from_millis(50), most: Duration::from_millis(99), count: 100 };
        assert_eq!(timing.taken(), Some(wanted));
        (0..KEPT).for_each(|_| timing.note(Duration::ZERO));
        assert_eq!(timing.taken().map(|taken| taken.most), Some(Duration::ZERO));
    }
}

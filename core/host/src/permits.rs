//! Who may run at once, and how much of the processor a vendor may take.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks, going on with the data when another holder panicked: every structure here
/// is valid after each statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A counting semaphore with a bound on waiting.
#[derive(Debug)]
pub(crate) struct Permits {
    free: Mutex<u32>,
    returned: Condvar,
}

/// A permit; returned when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a>(&'a Permits);

impl Permits {
    /// `count` permits.
    pub(crate) fn new(count: u32) -> Self {
        Self { free: Mutex::new(count), returned: Condvar::new() }
    }

    /// Takes one; none when none was returned in time.
    pub(crate) fn take(&self, patience: Duration) -> Option<Permit<'_>> {
        let mut free = lock(&self.free);
        if *free == 0 {
            (free, _) = self
                .returned
                .wait_timeout_while(free, patience, |free| *free == 0)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *free = free.checked_sub(1)?;
        Some(Permit(self))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.returned.notify_one();
    }
}

/// A vendor's share of the processor: saved up while it does nothing.
#[derive(Debug)]
pub(crate) struct Allowance {
    state: Mutex<(Duration, Instant)>,
}

impl Allowance {
    /// What can be saved up.
    const MOST: Duration = Duration::from_secs(4);
    /// One part in so many of the time is given back.
    const SHARE: u32 = 5;

    /// A full allowance.
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new((Self::MOST, Instant::now())) }
    }

    /// Whether anything is left.
    pub(crate) fn is_left(&self) -> bool {
        let mut state = lock(&self.state);
        let now = Instant::now();
        state.0 = (state.0 + (now - state.1) / Self::SHARE).min(Self::MOST);
        state.1 = now;
        !state.0.is_zero()
    }

    /// Takes what a call used.
    pub(crate) fn spend(&self, used: Duration) {
        let mut state = lock(&self.state);
        state.0 = state.0.saturating_sub(used);
    }
}

/// The circuit breaker: failures of late.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: Mutex<VecDeque<Instant>>,
}

impl Breaker {
    /// So many failures…
    pub(crate) const FAILURES: usize = 5;
    /// …within this open it.
    pub(crate) const WITHIN: Duration = Duration::from_secs(60);

    /// Counts a failure; true when it opens the breaker.
    pub(crate) fn fail(&self) -> bool {
        let mut failures = lock(&self.failures);
        let now = Instant::now();
        failures.push_back(now);
        while failures.front().is_some_and(|first| now - *first > Self::WITHIN) {
            failures.pop_front();
        }
        failures.len() >= Self::FAILURES
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn permits_run_out_and_come_back() {
        let permits = Permits::new(1);
        let held = permits.take(Duration::ZERO).unwrap();
        assert!(permits.take(Duration::from_millis(5)).is_none());
        drop(held);
        assert!(permits.take(Duration::ZERO).is_some());
    }

    #[test]
    fn the_breaker_opens_at_the_fifth_failure() {
        let breaker = Breaker::default();
        let opened: Vec<bool> = (0..5).map(|_| breaker.fail()).collect();
        assert_eq!(opened, [false, false, false, false, true]);
    }

    #[test]
    fn an_allowance_is_spent() {
        let allowance = Allowance::new();
        assert!(allowance.is_left());
        allowance.spend(Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(2));
        assert!(allowance.is_left(), "some of it is given back at once");
    }
}

//! The station's wall clock: the one module that reads it.
#![allow(clippy::disallowed_methods, reason = "this is the one module")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::model::{Time, TimeQuality};

/// How the clock was set; process-wide, as the clock is.
static QUALITY: AtomicU8 = AtomicU8::new(0);
/// Milliseconds that the station's clock is ahead of the system's.
static AHEAD: AtomicI64 = AtomicI64::new(0);
/// No time before this one is ever told, in milliseconds since 1970.
static FLOOR: AtomicI64 = AtomicI64::new(0);
/// Milliseconds of uptime at which the floor was set: from there on it moves with time.
static FLOOR_SET: AtomicI64 = AtomicI64::new(0);

fn uptime_ms() -> i64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    i64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
}

fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// The wall time now, with what is known of its quality. Never used for order.
#[must_use]
pub fn now() -> Time {
    let unix_ms = system_ms().saturating_add(AHEAD.load(Ordering::Relaxed)).max(lowest_ms());
    Time { unix_ms, quality: quality() }
}

/// The earliest time that can be now: the floor, and what passed since it was set.
fn lowest_ms() -> i64 {
    match FLOOR.load(Ordering::Relaxed) {
        0 => 0,
        floor => floor.saturating_add(uptime_ms().saturating_sub(FLOOR_SET.load(Ordering::Relaxed))),
    }
}

/// How the clock was set.
#[must_use]
pub fn quality() -> TimeQuality {
    match QUALITY.load(Ordering::Relaxed) {
        1 => TimeQuality::Ntp,
        2 => TimeQuality::Browser,
        _ => TimeQuality::Unset,
    }
}

/// Says how the clock was set: by a time server, or from an administrator's browser.
pub fn set_quality(quality: TimeQuality) {
    let number = match quality {
        TimeQuality::Unset => 0,
        TimeQuality::Ntp => 1,
        TimeQuality::Browser => 2,
    };
    QUALITY.store(number, Ordering::Relaxed);
}

/// From now on no time before `unix_ms` is told: what was built or written then was not
/// made later than now. A lower floor than the one that stands changes nothing.
pub fn raise_floor(unix_ms: i64) {
    if unix_ms > lowest_ms() {
        FLOOR_SET.store(uptime_ms(), Ordering::Relaxed);
        FLOOR.store(unix_ms, Ordering::Relaxed);
    }
}

/// Whether the system's clock is before the floor, so that it cannot be right.
#[must_use]
pub fn is_behind() -> bool {
    system_ms().saturating_add(AHEAD.load(Ordering::Relaxed)) < lowest_ms()
}

/// Puts the station's clock at `unix_ms` without touching the system's, where it may
/// not be set. `None` goes back to the system's clock.
pub fn correct(unix_ms: Option<i64>) {
    AHEAD.store(unix_ms.map_or(0, |right| right.saturating_sub(system_ms())), Ordering::Relaxed);
}

/// Takes the time from an administrator's browser: from now on [`now`] is right by it,
/// whatever the system's clock says, until the process ends. For a station whose clock
/// nobody has set.
pub fn take_from_browser(unix_ms: i64) {
    correct(Some(unix_ms));
    set_quality(TimeQuality::Browser);
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: the clock is the process's own.
    #[test]
    fn the_clock_is_corrected_and_never_before_its_floor() {
        let system = system_ms();
        correct(Some(system - 86_400_000));
        assert!((now().unix_ms - (system - 86_400_000)).abs() < 5_000);
        raise_floor(system - 3_600_000);
        assert!(is_behind());
        let first = now().unix_ms;
        assert!(first >= system - 3_600_000 && first < system);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(now().unix_ms >= first + 20);
        raise_floor(system - 7_200_000);
        assert!(now().unix_ms >= first);
        correct(None);
        assert!(!is_behind() && now().unix_ms >= system);
    }
}

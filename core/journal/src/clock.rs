//! The station's wall clock: the one module that reads it.
#![allow(clippy::disallowed_methods, reason = "this is the one module")]

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{Time, TimeQuality};

/// How the clock was set; process-wide, as the clock is.
static QUALITY: AtomicU8 = AtomicU8::new(0);

/// Milliseconds by which the system's clock is behind an administrator's browser.
static OFFSET: AtomicI64 = AtomicI64::new(0);

/// The wall time now, with what is known of its quality. Never used for order.
#[must_use]
pub fn now() -> Time {
    let unix_ms = system_ms().saturating_add(OFFSET.load(Ordering::Relaxed));
    let quality = match QUALITY.load(Ordering::Relaxed) {
        1 => TimeQuality::Ntp,
        2 => TimeQuality::Browser,
        _ => TimeQuality::Unset,
    };
    Time { unix_ms, quality }
}

/// Takes the time from an administrator's browser: from now on [`now`] is right by it,
/// whatever the system's clock says, until the process ends. For a box whose clock nobody
/// has set.
pub fn take_from_browser(unix_ms: i64) {
    let system = system_ms();
    OFFSET.store(unix_ms.saturating_sub(system), Ordering::Relaxed);
    set_quality(TimeQuality::Browser);
}

fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
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

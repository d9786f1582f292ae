//! The station's wall clock: the one module that reads it.
#![allow(clippy::disallowed_methods, reason = "this is the one module")]

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{Time, TimeQuality};

/// How the clock was set; process-wide, as the clock is.
static QUALITY: AtomicU8 = AtomicU8::new(0);

/// The wall time now, with what is known of its quality. Never used for order.
#[must_use]
pub fn now() -> Time {
    let unix_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0);
    let quality = match QUALITY.load(Ordering::Relaxed) {
        1 => TimeQuality::Ntp,
        2 => TimeQuality::Browser,
        _ => TimeQuality::Unset,
    };
    Time { unix_ms, quality }
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

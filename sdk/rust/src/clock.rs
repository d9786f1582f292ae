//! The time, fixed for the length of a call.

use crate::backend;

pub use crate::bindings::tram::plugin::clock::Instant;

/// Now: milliseconds since 1970 in UTC, and how good the clock is (`ntp`,
/// `browser`, `unset`). Order things by version, not by time: the clock of a box
/// without a battery jumps.
pub fn now() -> Instant {
    backend::clock::now()
}

/// Civil date at the station, `2026-11-24`.
pub fn today() -> String {
    backend::clock::today()
}

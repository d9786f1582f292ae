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

/// A moment at UTC+7, the civil time of Vietnam since 1975: `24/11/2026 17:05`.
#[must_use]
pub fn moment(unix_ms: i64) -> String {
    let rest = (unix_ms.div_euclid(1000) + OFFSET).rem_euclid(86_400);
    let (year, month, day) = civil(unix_ms);
    format!("{day:02}/{month:02}/{year} {:02}:{:02}", rest / 3600, rest % 3600 / 60)
}

/// The month of a moment at UTC+7, `2026-11`.
#[must_use]
pub fn month(unix_ms: i64) -> String {
    let (year, month, _) = civil(unix_ms);
    format!("{year:04}-{month:02}")
}

/// Seconds of Vietnam's civil time before UTC.
const OFFSET: i64 = 7 * 3600;

/// Year, month and day at UTC+7 by the proleptic Gregorian calendar, eras of 400 years
/// (after Howard Hinnant's `civil_from_days`).
pub(crate) fn civil(unix_ms: i64) -> (i64, i64, i64) {
    let z = (unix_ms.div_euclid(1000) + OFFSET).div_euclid(86_400) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_vietnamese_civil_time() {
        assert_eq!(moment(0), "01/01/1970 07:00");
        assert_eq!(moment(1_709_226_000_000), "01/03/2024 00:00");
        assert_eq!(moment(1_709_225_940_000), "29/02/2024 23:59");
        assert_eq!((month(1_709_226_000_000), month(1_709_225_940_000)), ("2024-03".into(), "2024-02".into()));
    }
}

//! When a backup or a drill is due: at night, but a box that is switched off at night makes
//! its backup in the day, and a clock that jumps neither floods nor starves it.

use std::time::Duration;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Vietnam's zone, which has had no change of clocks since 1975.
const ZONE: i64 = 7 * HOUR;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Each night.
    Backup,
    /// Each week.
    Drill,
}

/// Whether work is due. `last_ms` is when it last went well, `tried` how long ago it was
/// last tried since this start, `up` how long the station runs.
pub(super) fn is_due(work: Work, now_ms: i64, last_ms: i64, tried: Option<Duration>, up: Duration) -> bool {
    // After a failure, and after a start, there is time for other things first.
    if up < Duration::from_secs(10 * 60) || tried.is_some_and(|tried| tried < Duration::from_secs(3 * 3600)) {
        return false;
    }
    let (usual, latest) = match work {
        Work::Backup => (20 * HOUR, 26 * HOUR),
        Work::Drill => (6 * DAY + 20 * HOUR, 8 * DAY),
    };
    let since = now_ms.saturating_sub(last_ms);
    if since < 0 {
        // The clock was set back: by the time that passes, not by the clock.
        return tried.is_none_or(|tried| i64::try_from(tried.as_millis()).unwrap_or(i64::MAX) >= usual);
    }
    let hour = (now_ms.saturating_add(ZONE)).rem_euclid(DAY) / HOUR;
    let at_night = (1..5).contains(&hour);
    since >= latest || (since >= usual && at_night)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_night_when_there_is_a_night() {
        let up = Duration::from_secs(3600 * 10);
        // 2026-11-25 02:00 in Vietnam.
        let night = 1_795_546_800_000;
        let due = |now, last, tried| is_due(Work::Backup, now, last, tried, up);
        assert!(due(night, night - 23 * HOUR, None));
        assert!(!due(night, night - 5 * HOUR, None));
        let noon = night + 10 * HOUR;
        assert!(!due(noon, noon - 24 * HOUR, None));
        assert!(due(noon, noon - 27 * HOUR, None));
        assert!(due(noon, 0, None));
        assert!(!due(noon, 0, Some(Duration::from_secs(600))));
        assert!(!is_due(Work::Backup, noon, 0, None, Duration::from_secs(60)));
        // A clock that was years ahead and is right now.
        assert!(due(noon, noon + 900 * DAY, None));
        assert!(!due(noon, noon + 900 * DAY, Some(Duration::from_secs(4 * 3600))));
        assert!(!is_due(Work::Drill, night, night - 3 * DAY, None, up));
        assert!(is_due(Work::Drill, night, night - 7 * DAY, None, up));
    }
}

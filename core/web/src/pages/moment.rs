//! A moment as people write it.

/// Time and date at the station, `20:41, 24/11/2026`, in Vietnam's zone, which has had
/// no change of clocks since 1975; a question mark for what is no time.
pub(super) fn moment(unix_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(unix_ms.saturating_add(7 * 3_600_000))
        .map(|time| jiff::tz::Offset::UTC.to_datetime(time));
    time.map_or_else(
        |_| "?".to_owned(),
        |time| {
            format!("{:02}:{:02}, {:02}/{:02}/{}", time.hour(), time.minute(), time.day(), time.month(), time.year())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_vietnams_time() {
        assert_eq!(moment(0), "07:00, 01/01/1970");
        assert_eq!(moment(i64::MAX), "?");
    }
}

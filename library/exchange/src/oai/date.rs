//! Datestamps: UTC, to the second or to the day.

use std::fmt;

/// Seconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub i64);

const DAY: i64 = 86_400;
/// Year 9999 ends before this.
const LAST: i64 = 253_402_300_800;

impl Stamp {
    /// From the milliseconds that stations keep.
    pub const fn of_ms(unix_ms: i64) -> Self {
        Self(unix_ms.div_euclid(1_000))
    }

    /// Its civil date, `2026-11-24`.
    pub fn day(self) -> String {
        let (year, month, day) = civil(self.0.clamp(-62_135_596_800, LAST - 1).div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        write!(out, "{}T{:02}:{:02}:{:02}Z", self.day(), second / 3_600, second / 60 % 60, second % 60)
    }
}

/// A date of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// First second of it.
    pub(crate) first: Stamp,
    /// Whether it is a day.
    pub(crate) is_day: bool,
}

impl Asked {
    /// Last second of it.
    pub(crate) const fn last(self) -> Stamp {
        Stamp(if self.is_day { self.first.0 + DAY - 1 } else { self.first.0 })
    }

    /// Reads `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ssZ`, nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.len() {
            10 => (text, None),
            20 => (text.get(..10)?, Some(text.get(10..)?)),
            _ => return None,
        };
        let &[ref year @ .., b'-', m1, m2, b'-', d1, d2] = date.as_bytes() else { return None };
        let (year, month, day) = (number(year)?, number(&[m1, m2])?, number(&[d1, d2])?);
        let days = days(year, month, day)?;
        let second = match time.map(str::as_bytes) {
            None => 0,
            Some(&[b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z']) => {
                let (hour, minute, second) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
                if hour > 23 || minute > 59 || second > 59 {
                    return None;
                }
                hour * 3_600 + minute * 60 + second
            }
            Some(_) => return None,
        };
        Some(Self { first: Stamp(days * DAY + second), is_day: time.is_none() })
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Days since 1970 of a civil date that exists.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9_999).contains(&year) {
        return None;
    }
    // Years begin in March here, so that the leap day is a year's last.
    let (shifted, place) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap = shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400);
    let days = shifted * 365 + leap + (place * 153 + 2) / 5 + day - 1 - 719_468;
    (civil(days) == (year, month, day)).then_some(days)
}

/// The civil date of a day since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let since = days + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let place = (5 * of_year + 2) / 153;
    let day = of_year - (153 * place + 2) / 5 + 1;
    let month = if place < 10 { place + 3 } else { place - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        assert_eq!(Stamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Stamp(1_795_478_399).to_string(), "2026-11-23T23:59:59Z");
        for day in (-700_000..2_900_000).step_by(17) {
            let stamp = Stamp(day * DAY + 12_345);
            let asked = Asked::parse(&stamp.to_string()).unwrap();
            assert_eq!((asked.first, asked.is_day), (stamp, false));
            assert_eq!(Asked::parse(&stamp.day()).unwrap().last(), Stamp(day * DAY + DAY - 1));
        }
    }

    #[test]
    fn dates_that_are_none() {
        let wrong = [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T10:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T10:00Z",
            "2026-01-01T10:00:00.1Z",
            "hôm nay",
            "",
            "2026/01/01",
            "+026-01-01",
            "2026-01-01T1é:00:0Z",
        ];
        for text in wrong {
            assert_eq!(Asked::parse(text), None, "{text}");
        }
        assert!(Asked::parse("2024-02-29").is_some());
    }
}

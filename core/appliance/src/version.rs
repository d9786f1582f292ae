//! Version numbers of images.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `MAJOR.MINOR.PATCH`, with `~WORD` for what comes before a release.
///
/// No other form: a version is part of a file's name on the ESP, where `_` and `+`
/// mean something to systemd-boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    numbers: [u32; 3],
    before: Option<String>,
}

/// A text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version is MAJOR.MINOR.PATCH, optionally ~word, not {0:?}")]
pub struct NotAVersion(String);

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let wrong = || NotAVersion(text.chars().take(40).collect());
        let (numbers, before) = match text.split_once('~') {
            Some((numbers, word)) => {
                let fits = (1..=16).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric());
                (numbers, Some(fits.then(|| word.to_owned()).ok_or_else(wrong)?))
            }
            None => (text, None),
        };
        let mut parts = numbers.split('.').map(|part| {
            let fits = (1..=6).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse().ok()).flatten().ok_or_else(wrong)
        });
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        let numbers = [next()?, next()?, next()?];
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { numbers, before })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        self.before.as_ref().map_or(Ok(()), |word| write!(f, "~{word}"))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.before, &other.before) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(ours), Some(theirs)) => ours.cmp(theirs),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<String> for Version {
    type Error = NotAVersion;

    fn try_from(text: String) -> Result<Self, NotAVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn later_ones_are_greater() {
        let ordered = ["0.9.10", "0.10.0~alpha1", "0.10.0~beta", "0.10.0", "0.10.1", "1.0.0"];
        let versions: Vec<Version> = ordered.iter().map(|text| text.parse().unwrap()).collect();
        assert!(versions.is_sorted_by(|a, b| a < b));
        for (text, version) in ordered.iter().zip(&versions) {
            assert_eq!(&version.to_string(), text);
        }
    }

    #[test]
    fn nothing_else_is_a_version() {
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "1.2.3+4",
            "1.2.3~",
            "1.2.3~a_b",
            "-1.2.3",
            "1.2.3 ",
            "1..3",
            "1.2.9999999",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}

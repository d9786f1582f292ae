//! The tag: the name of a field.

use std::fmt;

/// The name of a field, as `245`.
///
/// MARC 21 has tags of exactly three characters, but files from other systems
/// hold longer ones (`RELATED`, `HLD866`), and a catalogue that drops them has
/// lost data. So a tag keeps one to fifteen printable ASCII characters; only
/// writing ISO 2709 asks for three ([`Tag::is_standard`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    bytes: [u8; Tag::MAX],
    length: u8,
}

impl Tag {
    /// The longest tag that is kept, in characters.
    pub const MAX: usize = 15;

    /// The tag of this name, or `None` when it is empty, longer than
    /// [`Tag::MAX`], or not printable ASCII.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::from_bytes(name.as_bytes())
    }

    /// [`Tag::parse`] for bytes, as a directory holds them.
    #[must_use]
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        if name.is_empty() || !name.iter().all(|b| (0x20..0x7F).contains(b)) {
            return None;
        }
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self { bytes, length: u8::try_from(name.len()).ok()? })
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The tag as ASCII bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Whether an ISO 2709 directory can hold the tag: three ASCII letters or
    /// digits (MARC 21 Record Structure, "Directory").
    #[must_use]
    pub fn is_standard(&self) -> bool {
        self.length == 3 && self.as_bytes().iter().all(u8::is_ascii_alphanumeric)
    }

    /// Whether the tag is one of the control fields `001` to `009`, which have
    /// neither indicators nor subfields.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.as_bytes().starts_with(b"00")
    }

    /// Whether the tag is made of digits only.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.as_bytes().iter().all(u8::is_ascii_digit)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<&str> for Tag {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn keeps_tags_that_other_systems_write() {
        for name in ["245", "FMT", "RELATED", "HLD866", "9", "24 "] {
            assert_eq!(Tag::parse(name).unwrap().as_str(), name);
        }
        assert!(Tag::parse("").is_none());
        assert!(Tag::parse("a tag of 16 char").is_none());
        assert!(Tag::parse("24\u{1f}").is_none());
        assert!(Tag::parse("24é").is_none());
    }

    #[test]
    fn knows_what_a_directory_can_hold() {
        assert!(Tag::parse("245").unwrap().is_standard());
        assert!(Tag::parse("FMT").unwrap().is_standard());
        assert!(!Tag::parse("RELATED").unwrap().is_standard());
        assert!(!Tag::parse("24 ").unwrap().is_standard());
        assert!(Tag::parse("008").unwrap().is_control());
        assert!(!Tag::parse("010").unwrap().is_control());
    }

    #[test]
    fn sorts_as_text() {
        assert!(Tag::parse("100").unwrap() < Tag::parse("245").unwrap());
        assert!(Tag::parse("245").unwrap() < Tag::parse("FMT").unwrap());
    }
}

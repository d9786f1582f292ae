//! The leader: the fixed 24 characters at the head of a record.

use std::fmt;

/// The leader of a record: 24 printable ASCII characters.
///
/// The positions that describe the file and not the record are canonical here,
/// whatever the file said, so that a record is equal to itself after any export:
/// record length and base address are zeros, the character coding is `a`
/// (texts are Unicode once they are read), the counts are `22` and the entry
/// map is `4500`. The ISO 2709 writer fills in the lengths.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leader([u8; Leader::LENGTH]);

impl Leader {
    /// The length of a leader in bytes.
    pub const LENGTH: usize = 24;

    /// The leader made of these 24 characters, with the positions that describe
    /// the file made canonical. A character that is not printable ASCII becomes
    /// a blank.
    #[must_use]
    pub fn new(raw: &[u8; Self::LENGTH]) -> Self {
        let mut bytes = *raw;
        for byte in &mut bytes {
            if !(0x20..0x7F).contains(byte) {
                *byte = b' ';
            }
        }
        let canonical: [(usize, &[u8]); 3] = [(0, b"00000"), (9, b"a2200000"), (20, b"4500")];
        for (start, text) in canonical {
            if let Some(target) = bytes.get_mut(start..start + text.len()) {
                target.copy_from_slice(text);
            }
        }
        Self(bytes)
    }

    /// The leader of `text`, cut or filled with blanks to 24 characters.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut raw = [b' '; Self::LENGTH];
        for (target, source) in raw.iter_mut().zip(text.chars()) {
            *target = u8::try_from(source).unwrap_or(b' ');
        }
        Self::new(&raw)
    }

    /// The 24 bytes, all of them printable ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The leader as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn at(&self, position: usize) -> char {
        self.0.get(position).map_or(' ', |b| char::from(*b))
    }

    /// Position 5: `n` new, `c` corrected, `d` deleted, and others.
    #[must_use]
    pub fn status(&self) -> char {
        self.at(5)
    }

    /// Position 6: the type of record, as `a` for language material.
    #[must_use]
    pub fn record_type(&self) -> char {
        self.at(6)
    }

    /// Position 7: the bibliographic level, as `m` for a monograph.
    #[must_use]
    pub fn level(&self) -> char {
        self.at(7)
    }

    /// Position 17: the encoding level, a blank for full.
    #[must_use]
    pub fn encoding_level(&self) -> char {
        self.at(17)
    }

    /// Position 18: the descriptive cataloguing form, as `a` for AACR2 and `i`
    /// for ISBD (RDA).
    #[must_use]
    pub fn form(&self) -> char {
        self.at(18)
    }

    /// Sets one position; ignored for positions that describe the file, past
    /// the end, or for a character that is not printable ASCII.
    pub fn set(&mut self, position: usize, value: char) {
        let mut raw = self.0;
        if let (Some(slot), Ok(byte)) = (raw.get_mut(position), u8::try_from(value))
            && (0x20..0x7F).contains(&byte)
        {
            *slot = byte;
            *self = Self::new(&raw);
        }
    }
}

impl Default for Leader {
    /// A new record of a book: `nam`, ISBD punctuation (RDA).
    fn default() -> Self {
        Self::new(b"00000nam a2200000 i 4500")
    }
}

impl fmt::Display for Leader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Leader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_file_is_canonical() {
        let leader = Leader::new(b"00755cam  22002414a 4500");
        assert_eq!(leader.as_str(), "00000cam a22000004a 4500");
        assert_eq!((leader.status(), leader.record_type(), leader.level()), ('c', 'a', 'm'));
        assert_eq!((leader.encoding_level(), leader.form()), ('4', 'a'));
    }

    #[test]
    fn holds_printable_ascii_only() {
        assert_eq!(Leader::new(b"00755\x00am  2200\x1f414a 45\xC3\xA9").as_str(), "00000 am a22000004a 4500");
        assert_eq!(Leader::from_text("00000cé").as_str(), "00000c   a2200000   4500");
    }

    #[test]
    fn setting_keeps_the_file_positions() {
        let mut leader = Leader::default();
        leader.set(6, 'e');
        leader.set(0, '9');
        leader.set(99, 'x');
        leader.set(7, 'é');
        assert_eq!(leader.as_str(), "00000nem a2200000 i 4500");
    }
}

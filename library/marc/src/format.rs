//! Which form a file has, and one reader for both.

use crate::{Bad, Charset, Read, iso2709, marcxml};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// MARC 21 in its exchange form.
    Iso2709,
    /// MARCXML.
    MarcXml,
    /// Packed by gzip: the caller unpacks it and looks again.
    Gzip,
    /// Neither.
    Unknown,
}

impl Format {
    /// The form of a file that begins like this; a few hundred bytes are enough.
    ///
    /// Only the beginning is judged: a file of MARC may still hold nothing but
    /// broken records.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Self {
        if head.starts_with(&[0x1F, 0x8B]) {
            return Self::Gzip;
        }
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
        let from = |skip: fn(&u8) -> bool| {
            head.iter().position(|b| !skip(b)).and_then(|at| head.get(at..)).unwrap_or_default()
        };
        let filler = |b: &u8| matches!(*b, b'\r' | b'\n' | 0x00 | 0x1A | 0x1D);
        let text = from(|b| b.is_ascii_whitespace() || matches!(*b, 0x00 | 0x1A | 0x1D));
        if text.starts_with(b"<") {
            return Self::MarcXml;
        }
        let digits = |text: &[u8], range: std::ops::Range<usize>| {
            text.get(range).is_some_and(|bytes| bytes.iter().all(u8::is_ascii_digit))
        };
        // A length, or a base address and the map that every directory has. The
        // length may be blank, so that blanks before it cannot be told apart.
        let leader = [text, from(filler)]
            .iter()
            .any(|text| digits(text, 12..17) && (digits(text, 0..5) || text.get(20..22) == Some(b"45")));
        let broken_leader = digits(text, 0..5) && head.iter().any(|b| matches!(b, 0x1D..=0x1F));
        if leader || broken_leader { Self::Iso2709 } else { Self::Unknown }
    }
}

/// Reads records of either form from pieces of a file, as a plugin gets them.
#[derive(Debug)]
pub enum Decoder {
    /// Of the exchange form.
    Iso2709(iso2709::Decoder),
    /// Of MARCXML.
    MarcXml(marcxml::Decoder),
}

impl Decoder {
    /// A decoder for this form; `None` for one that cannot be read as it is.
    #[must_use]
    pub fn new(format: Format, charset: Charset) -> Option<Self> {
        match format {
            Format::Iso2709 => Some(Self::Iso2709(iso2709::Decoder::new(charset))),
            Format::MarcXml => Some(Self::MarcXml(marcxml::Decoder::new(charset))),
            Format::Gzip | Format::Unknown => None,
        }
    }

    /// Adds the next piece of the file.
    pub fn push(&mut self, piece: &[u8]) {
        match self {
            Self::Iso2709(decoder) => decoder.push(piece),
            Self::MarcXml(decoder) => decoder.push(piece),
        }
    }

    /// Says that the file has ended; the last record is judged then.
    pub fn finish(&mut self) {
        match self {
            Self::Iso2709(decoder) => decoder.finish(),
            Self::MarcXml(decoder) => decoder.finish(),
        }
    }
}

impl Iterator for Decoder {
    type Item = Result<Read, Bad>;

    /// The next record that is complete; `None` until more is pushed.
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Iso2709(decoder) => decoder.next(),
            Self::MarcXml(decoder) => decoder.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_forms_by_their_beginning() {
        assert_eq!(Format::sniff(b"00714cam a2200205 a 4500001"), Format::Iso2709);
        assert_eq!(Format::sniff(b"\n     cam a2200205 a 4500001"), Format::Iso2709);
        assert_eq!(Format::sniff(b"00714cam a22xxxxx a 4500001\x1E"), Format::Iso2709);
        assert_eq!(Format::sniff(b"\xEF\xBB\xBF  <?xml version=\"1.0\"?>"), Format::MarcXml);
        assert_eq!(Format::sniff(b"<record>"), Format::MarcXml);
        assert_eq!(Format::sniff(b"\x1F\x8B\x08"), Format::Gzip);
        assert_eq!(Format::sniff(b"PK\x03\x04"), Format::Unknown);
        assert_eq!(Format::sniff(b"STT,Ten sach"), Format::Unknown);
        assert_eq!(Format::sniff(b"12345,Ten sach"), Format::Unknown);
        assert_eq!(Format::sniff(b""), Format::Unknown);
    }
}

//! How a MARC record lies in the store: its texts one behind the other, with
//! separators between them.
//!
//! The form is made to be read without unpacking. A search page, the index and a
//! reply of SRU look at ten to five hundred records a call and need a few texts of
//! each; they walk the bytes and borrow. It holds whatever [`Record`] holds (tags
//! of other systems, records of any length), which ISO 2709 does not.
//!
//! ```text
//! leader(24)  ( RS tag GS text  |  RS tag FS ind1 ind2 ( US code text )* )*
//! ```
//!
//! RS, GS, FS and US are the four separators of ASCII (0x1E, 0x1D, 0x1C, 0x1F).
//! Reading a file or a form turns them into blanks, so no text holds one.

use tram_marc::{Field, Leader, Record, Subfield, Tag};

const RS: u8 = 0x1E;
const GS: u8 = 0x1D;
const FS: u8 = 0x1C;
const US: u8 = 0x1F;

/// The record as it is stored.
#[must_use]
pub fn encode(record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(record.leader.as_bytes());
    let mut buffer = [0; 4];
    for field in &record.fields {
        out.push(RS);
        out.extend_from_slice(field.tag().as_bytes());
        match field {
            Field::Control { value, .. } => {
                out.push(GS);
                push_text(&mut out, value);
            }
            Field::Data { ind1, ind2, subfields, .. } => {
                out.push(FS);
                push_text(&mut out, ind1.encode_utf8(&mut buffer));
                push_text(&mut out, ind2.encode_utf8(&mut buffer));
                for subfield in subfields {
                    out.push(US);
                    push_text(&mut out, subfield.code.encode_utf8(&mut buffer));
                    push_text(&mut out, &subfield.value);
                }
            }
        }
    }
    out
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|b| matches!(b, FS..=US)) {
        out.extend(text.bytes().map(|b| if matches!(b, FS..=US) { b' ' } else { b }));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// A stored record, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compact<'a> {
    text: &'a str,
}

impl<'a> Compact<'a> {
    /// The record in these bytes; `None` when they are no text or too short.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        text.is_char_boundary(Leader::LENGTH).then_some(Self { text })
    }

    /// The leader's 24 characters.
    #[must_use]
    pub fn leader(self) -> &'a str {
        self.text.get(..Leader::LENGTH).unwrap_or_default()
    }

    /// One position of the leader.
    #[must_use]
    pub fn leader_at(self, position: usize) -> char {
        self.leader().as_bytes().get(position).map_or(' ', |b| char::from(*b))
    }

    /// The fields in order.
    pub fn fields(self) -> impl Iterator<Item = FieldRef<'a>> {
        let body = self.text.get(Leader::LENGTH + 1..).unwrap_or_default();
        Split { rest: (!body.is_empty()).then_some(body), separator: RS }.filter_map(FieldRef::parse)
    }

    /// The text of the first control field with this tag.
    #[must_use]
    pub fn control(self, tag: &str) -> Option<&'a str> {
        self.fields().find(|f| f.tag == tag && !f.data).map(|f| f.body)
    }

    /// The first subfield `code` of the first field `tag` that has one.
    #[must_use]
    pub fn text(self, tag: &str, code: char) -> Option<&'a str> {
        self.fields().filter(|f| f.tag == tag).find_map(|f| f.subfield(code))
    }

    /// The record, unpacked.
    #[must_use]
    pub fn record(self) -> Record {
        let fields = self.fields().filter_map(FieldRef::field).collect();
        Record { leader: Leader::from_text(self.leader()), fields }
    }
}

/// A field of a stored record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRef<'a> {
    /// Its name.
    pub tag: &'a str,
    /// Whether it has indicators and subfields.
    data: bool,
    /// Text of a control field; indicators and subfields of the others.
    body: &'a str,
}

impl<'a> FieldRef<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let at = text.bytes().position(|b| b == GS || b == FS)?;
        let data = text.as_bytes().get(at) == Some(&FS);
        Some(Self { tag: text.get(..at)?, data, body: text.get(at + 1..)? })
    }

    /// Text of a control field.
    #[must_use]
    pub fn value(self) -> Option<&'a str> {
        (!self.data).then_some(self.body)
    }

    /// The two indicators; blanks for a control field.
    #[must_use]
    pub fn indicators(self) -> (char, char) {
        if !self.data {
            return (' ', ' ');
        }
        let mut chars = self.body.chars();
        (chars.next().unwrap_or(' '), chars.next().unwrap_or(' '))
    }

    /// Codes and texts of the subfields.
    pub fn subfields(self) -> impl Iterator<Item = (char, &'a str)> {
        let subfields = if self.data { self.body.split_once(char::from(US)).map(|(_, rest)| rest) } else { None };
        Split { rest: subfields, separator: US }.filter_map(|part| {
            let code = part.chars().next()?;
            Some((code, part.get(code.len_utf8()..)?))
        })
    }

    /// The first subfield with this code.
    #[must_use]
    pub fn subfield(self, code: char) -> Option<&'a str> {
        self.subfields().find(|(c, _)| *c == code).map(|(_, text)| text)
    }

    /// The texts of the subfields in `codes`, in the order of the record, with a
    /// blank between them.
    #[must_use]
    pub fn join(self, codes: &str) -> String {
        let mut out = String::new();
        for (_, text) in self.subfields().filter(|(code, text)| codes.contains(*code) && !text.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(text);
        }
        out
    }

    fn field(self) -> Option<Field> {
        let tag = Tag::parse(self.tag)?;
        Some(match self.value() {
            Some(value) => Field::control(tag, value),
            None => {
                let (ind1, ind2) = self.indicators();
                let subfields = self.subfields().map(|(code, text)| Subfield::new(code, text)).collect();
                Field::data(tag, ind1, ind2, subfields)
            }
        })
    }
}

/// The pieces between separators. `str::split` does the same a good deal slower.
struct Split<'a> {
    rest: Option<&'a str>,
    separator: u8,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        match rest.bytes().position(|b| b == self.separator) {
            Some(at) => {
                self.rest = rest.get(at + 1..);
                rest.get(..at)
            }
            None => self.rest.take(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn tag(name: &str) -> Tag {
        Tag::parse(name).unwrap()
    }

    fn sample() -> Record {
        Record {
            leader: Leader::default(),
            fields: vec![
                Field::control(tag("001"), "vn-1"),
                Field::control(tag("008"), ""),
                Field::data(
                    tag("245"),
                    '1',
                    '0',
                    vec![Subfield::new('a', "Dế Mèn phiêu lưu ký /"), Subfield::new('c', "Tô Hoài.")],
                ),
                Field::data(tag("RELATED"), ' ', ' ', vec![Subfield::new('é', ""), Subfield::new('a', "x")]),
                Field::data(tag("990"), ' ', ' ', vec![]),
            ],
        }
    }

    #[test]
    fn what_is_stored_is_what_was_read() {
        let bytes = encode(&sample());
        assert_eq!(Compact::new(&bytes).unwrap().record(), sample());
        let empty = Record { fields: vec![], ..sample() };
        assert_eq!(Compact::new(&encode(&empty)).unwrap().record(), empty);
    }

    #[test]
    fn texts_are_found_in_place() {
        let bytes = encode(&sample());
        let record = Compact::new(&bytes).unwrap();
        assert_eq!(record.control("001"), Some("vn-1"));
        assert_eq!(record.text("245", 'c'), Some("Tô Hoài."));
        assert_eq!(record.fields().nth(2).unwrap().join("ac"), "Dế Mèn phiêu lưu ký / Tô Hoài.");
        assert_eq!(record.fields().nth(2).unwrap().indicators(), ('1', '0'));
        assert_eq!(record.text("999", 'a'), None);
        assert_eq!(record.leader_at(6), 'a');
    }

    #[test]
    fn separators_inside_a_text_become_blanks() {
        let record = Record { fields: vec![Field::control(tag("001"), "a\u{1e}b")], ..Record::default() };
        let bytes = encode(&record);
        assert_eq!(Compact::new(&bytes).unwrap().control("001"), Some("a b"));
    }

    #[test]
    fn damaged_bytes_are_no_record_or_an_empty_one() {
        assert!(Compact::new(b"").is_none());
        assert!(Compact::new(&[0xFF; 40]).is_none());
        let bytes = encode(&sample());
        for end in 24..bytes.len() {
            if let Some(record) = Compact::new(&bytes[..end]) {
                let _ = record.record();
            }
        }
    }
}

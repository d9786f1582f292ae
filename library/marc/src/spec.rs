//! Specifications: which texts of a record are meant, as data.
//!
//! The notation is that of traject, which many libraries keep their index
//! configuration in: `245abnp:100abcd:880`.

use std::borrow::Cow;

use crate::{Field, Record};

/// A parsed specification: one or more parts with a colon between them.
///
/// A part is a tag, where `X` stands for any character (`6XXa`), then optional
/// indicators in bars (`245|1*|`, where `*` stands for any), then either
/// subfield codes or a range of characters (`008[35-37]`, counted from 0, both
/// ends included).
///
/// What a matching field gives: without codes all its subfields joined by a
/// space; with one code each such subfield on its own; with several codes those
/// subfields joined, in the order of the record; a control field its text.
///
/// A part `880` without codes takes the fields in another script that belong,
/// by their `$6`, to the parts before it, and the same subfields as those do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    parts: Vec<Part>,
    linked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    tag: String,
    indicators: [Option<char>; 2],
    take: Take,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Take {
    All,
    Each(char),
    Joined(String),
    /// First and last position, both included.
    Characters(usize, usize),
}

/// Why a specification cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A part has no tag of three characters.
    #[error("in the specification {spec:?}, the part {part:?} has no tag of three characters")]
    Tag {
        /// The whole specification.
        spec: String,
        /// The part that fails.
        part: String,
    },
    /// The indicators are not two characters between bars.
    #[error("in the specification {spec:?}, the part {part:?} needs two indicators between bars, as 245|1*|a")]
    Indicators {
        /// The whole specification.
        spec: String,
        /// The part that fails.
        part: String,
    },
    /// The range of characters is not `[first-last]`.
    #[error("in the specification {spec:?}, the part {part:?} needs a range of characters, as 008[35-37]")]
    Range {
        /// The whole specification.
        spec: String,
        /// The part that fails.
        part: String,
    },
}

impl Spec {
    /// Reads a specification.
    ///
    /// # Errors
    /// [`SpecError`] names the part that cannot be read.
    pub fn parse(spec: &str) -> Result<Self, SpecError> {
        let mut parts = Vec::new();
        let mut linked = false;
        for text in spec.split(':') {
            if text == "880" && !parts.is_empty() {
                linked = true;
            } else {
                parts.push(Part::parse(spec, text)?);
            }
        }
        Ok(Self { parts, linked })
    }

    /// The texts of `record` that the specification names, field by field in
    /// the order of the record. Empty texts are left out.
    pub fn texts<'a>(&'a self, record: &'a Record) -> impl Iterator<Item = Cow<'a, str>> {
        record.fields.iter().flat_map(move |field| {
            let linked = if self.linked && field.tag() == "880" { field.linked_tag() } else { None };
            self.parts
                .iter()
                .filter(move |part| {
                    part.matches(field.tag().as_str(), field) || linked.is_some_and(|tag| part.matches(tag, field))
                })
                .flat_map(move |part| part.texts(field))
        })
    }
}

impl Part {
    fn parse(spec: &str, part: &str) -> Result<Self, SpecError> {
        let (tag, mut rest) = part
            .split_at_checked(3)
            .filter(|(tag, _)| tag.bytes().all(|b| b.is_ascii_alphanumeric()))
            .ok_or_else(|| SpecError::Tag { spec: spec.to_owned(), part: part.to_owned() })?;

        let mut indicators = [None, None];
        if let Some(after) = rest.strip_prefix('|') {
            let bad = || SpecError::Indicators { spec: spec.to_owned(), part: part.to_owned() };
            let (given, after) = after.split_once('|').ok_or_else(bad)?;
            let mut given = given.chars();
            let (Some(first), Some(second), None) = (given.next(), given.next(), given.next()) else {
                return Err(bad());
            };
            indicators = [first, second].map(|c| (c != '*').then_some(c));
            rest = after;
        }

        let take = if let Some(range) = rest.strip_prefix('[') {
            let bad = || SpecError::Range { spec: spec.to_owned(), part: part.to_owned() };
            let range = range.strip_suffix(']').ok_or_else(bad)?;
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let first: usize = first.parse().map_err(|_| bad())?;
            let last: usize = last.parse().map_err(|_| bad())?;
            if last < first {
                return Err(bad());
            }
            Take::Characters(first, last)
        } else {
            let mut codes = rest.chars();
            match (codes.next(), codes.next()) {
                (None, _) => Take::All,
                (Some(code), None) => Take::Each(code),
                _ => Take::Joined(rest.to_owned()),
            }
        };
        Ok(Self { tag: tag.to_owned(), indicators, take })
    }

    fn matches(&self, tag: &str, field: &Field) -> bool {
        let (ind1, ind2) = field.indicators();
        self.tag.len() == tag.len()
            && self.tag.bytes().zip(tag.bytes()).all(|(want, is)| want == b'X' || want == is)
            && self.indicators.iter().zip([ind1, ind2]).all(|(want, is)| want.is_none_or(|w| w == is))
    }

    fn texts<'a>(&'a self, field: &'a Field) -> Box<dyn Iterator<Item = Cow<'a, str>> + 'a> {
        if let Some(value) = field.value() {
            let text = match self.take {
                Take::Characters(first, last) => characters(value, first, last),
                _ => Some(value),
            };
            return Box::new(text.filter(|t| !t.is_empty()).map(Cow::Borrowed).into_iter());
        }
        match &self.take {
            Take::Each(code) => Box::new(field.all(*code).filter(|t| !t.is_empty()).map(Cow::Borrowed)),
            Take::All => Box::new(one(joined(field, |code| code != '6'))),
            Take::Joined(codes) => Box::new(one(joined(field, |code| codes.contains(code)))),
            Take::Characters(first, last) => Box::new(
                field
                    .subfields()
                    .first()
                    .and_then(|s| characters(&s.value, *first, *last))
                    .map(Cow::Borrowed)
                    .into_iter(),
            ),
        }
    }
}

fn one<'a>(text: String) -> impl Iterator<Item = Cow<'a, str>> {
    (!text.is_empty()).then_some(Cow::Owned(text)).into_iter()
}

fn joined(field: &Field, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for subfield in field.subfields().iter().filter(|s| wanted(s.code) && !s.value.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&subfield.value);
    }
    out
}

fn characters(text: &str, first: usize, last: usize) -> Option<&str> {
    let start = text.char_indices().nth(first)?.0;
    let tail = text.get(start..)?;
    let end = tail.char_indices().nth(last - first + 1).map_or(tail.len(), |(at, _)| at);
    tail.get(..end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{Subfield, Tag};

    fn data(tag: &str, indicators: [char; 2], parts: &[(char, &str)]) -> Field {
        let subfields = parts.iter().map(|(code, text)| Subfield::new(*code, *text)).collect();
        Field::data(Tag::parse(tag).unwrap(), indicators[0], indicators[1], subfields)
    }

    fn record() -> Record {
        let fields = vec![
            Field::control(Tag::parse("008").unwrap(), "020805s2002    vm a   j      000 1 vie  "),
            data("020", [' ', ' '], &[('a', "1"), ('z', "2"), ('a', "3"), ('a', "")]),
            data("245", ['1', '0'], &[('6', "880-01"), ('a', "Truyện Kiều /"), ('c', "Nguyễn Du."), ('b', "thơ")]),
            data("650", [' ', '4'], &[('a', "Thơ"), ('x', "Việt Nam")]),
            data("651", [' ', '0'], &[('a', "Vietnam")]),
            data("880", ['1', '0'], &[('6', "245-01/$1"), ('a', "傳翹 /"), ('c', "阮攸")]),
            data("880", ['1', ' '], &[('6', "100-02/$1"), ('a', "阮攸")]),
        ];
        Record { fields, ..Record::default() }
    }

    fn texts(spec: &str) -> Vec<String> {
        Spec::parse(spec).unwrap().texts(&record()).map(Cow::into_owned).collect()
    }

    #[test]
    fn one_code_gives_each_and_several_are_joined() {
        assert_eq!(texts("020a"), ["1", "3"]);
        assert_eq!(texts("020az"), ["1 2 3"]);
        assert_eq!(texts("650"), ["Thơ Việt Nam"]);
        // In the order of the record, whatever the order of the codes.
        assert_eq!(texts("245abc"), ["Truyện Kiều / Nguyễn Du. thơ"]);
        assert_eq!(texts("245bca"), texts("245abc"));
        assert_eq!(texts("245z"), Vec::<String>::new());
    }

    #[test]
    fn tags_and_indicators_may_be_open() {
        assert_eq!(texts("65Xa"), ["Thơ", "Vietnam"]);
        assert_eq!(texts("6XX|*4|a"), ["Thơ"]);
        assert_eq!(texts("245|0*|a"), Vec::<String>::new());
        assert_eq!(texts("650a:651a"), ["Thơ", "Vietnam"]);
    }

    #[test]
    fn other_scripts_follow_their_fields() {
        assert_eq!(texts("245a:880"), ["Truyện Kiều /", "傳翹 /"]);
        assert_eq!(texts("245a"), ["Truyện Kiều /"]);
        assert_eq!(texts("880a"), ["傳翹 /", "阮攸"]);
        assert_eq!(record().alternates(2).filter_map(|f| f.subfield('a')).collect::<Vec<_>>(), ["傳翹 /"]);
        assert_eq!(record().alternates(3).count(), 0);
    }

    #[test]
    fn takes_characters_by_place() {
        assert_eq!(texts("008[35-37]"), ["vie"]);
        assert_eq!(texts("008[6]"), ["s"]);
        assert_eq!(texts("008[38-99]"), ["  "]);
        assert_eq!(texts("008[90-99]"), Vec::<String>::new());
    }

    #[test]
    fn names_the_part_that_cannot_be_read() {
        let error = Spec::parse("245a:24").unwrap_err();
        assert_eq!(error, SpecError::Tag { spec: "245a:24".to_owned(), part: "24".to_owned() });
        assert!(error.to_string().contains("\"24\""));
        assert!(matches!(Spec::parse("245|1|a"), Err(SpecError::Indicators { .. })));
        assert!(matches!(Spec::parse("008[37-35]"), Err(SpecError::Range { .. })));
        assert!(matches!(Spec::parse("008[a]"), Err(SpecError::Range { .. })));
        assert!(matches!(Spec::parse(""), Err(SpecError::Tag { .. })));
    }
}

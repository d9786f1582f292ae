//! Fields and subfields of a record in the making.

use tram_marc::{Field, Record, Subfield, Tag};

use crate::bib;
use crate::compact::{self, Compact};

/// Gives the fields of `tags` the lines of `text`: a field whose line is still there
/// stays as it is, the others go, new lines become new fields.
pub(super) fn set_lines(
    record: &mut Record,
    tags: &[&str],
    line_of: impl Fn(compact::FieldRef<'_>) -> String,
    text: &str,
    make: impl Fn(&str) -> Option<Field>,
) {
    let mut wanted: Vec<&str> = text.lines().collect();
    record.fields.retain(|field| {
        if !tags.contains(&field.tag().as_str()) {
            return true;
        }
        let alone = Record { fields: vec![field.clone()], ..Record::default() };
        let bytes = compact::encode(&alone);
        let line = Compact::new(&bytes).and_then(|r| r.fields().next()).map(&line_of).unwrap_or_default();
        if line.is_empty() {
            return true;
        }
        match wanted.iter().position(|w| *w == line) {
            Some(at) => {
                wanted.remove(at);
                true
            }
            None => false,
        }
    });
    for line in wanted {
        insert(record, make(line));
    }
}

pub(super) fn data(tag: &str, ind1: char, ind2: char, subfields: Vec<Subfield>) -> Option<Field> {
    Some(Field::data(Tag::parse(tag)?, ind1, ind2, subfields))
}

pub(super) fn find<'a>(record: &'a mut Record, tag: &str) -> Option<&'a mut Field> {
    record.fields.iter_mut().find(|f| f.tag() == tag)
}

/// Puts a field behind those with the same or a smaller tag.
pub(crate) fn insert(record: &mut Record, field: Option<Field>) {
    let Some(field) = field else { return };
    let tag = field.tag();
    let at = record.fields.iter().rposition(|f| f.tag() <= tag).map_or(0, |at| at + 1);
    record.fields.insert(at, field);
}

pub(super) fn remove_subfield(record: &mut Record, tag: &str, code: char) {
    set_subfield(record, tag, code, "");
}

/// Sets the first subfield `code` of the first field `tag`; an empty text removes it,
/// and the field with it when nothing is left.
pub(super) fn set_subfield(record: &mut Record, tag: &'_ str, code: char, text: &str) {
    if record.field(tag).is_none() {
        if text.is_empty() {
            return;
        }
        insert(record, data(tag, ' ', ' ', vec![]));
    }
    // A field may repeat, and another than the first may have the subfield.
    let at = record
        .fields
        .iter()
        .position(|f| f.tag() == tag && f.subfield(code).is_some())
        .or_else(|| record.fields.iter().position(|f| f.tag() == tag));
    let Some(at) = at else { return };
    let mut empty = false;
    if let Some(Field::Data { subfields, .. }) = record.fields.get_mut(at) {
        match (subfields.iter().position(|s| s.code == code), text.is_empty()) {
            (Some(place), true) => {
                subfields.remove(place);
            }
            (Some(place), false) => {
                if let Some(subfield) = subfields.get_mut(place) {
                    subfield.value = text.to_owned();
                }
            }
            (None, true) => {}
            (None, false) => {
                let place = subfields.iter().position(|s| order(s.code) > order(code)).unwrap_or(subfields.len());
                subfields.insert(place, Subfield::new(code, text));
            }
        }
        empty = subfields.is_empty();
    }
    if empty {
        record.fields.remove(at);
    }
}

/// The place of a subfield within its field: `245 $a $n $p $b $c`.
pub(super) fn order(code: char) -> u32 {
    match code {
        '6' => 0,
        'a' => 1,
        'n' => 2,
        'p' => 3,
        other => u32::from(other),
    }
}

pub(super) fn with_punctuation(record: &mut Record, tag: &'static str, code: char, text: &str) {
    if record.field(tag).is_none() && text.is_empty() {
        return;
    }
    if record.field(tag).is_none() && tag == "490" {
        insert(record, data(tag, '0', ' ', vec![]));
    }
    set_subfield(record, tag, code, text);
    punctuate(record, tag);
}

/// Puts ISBD's punctuation between the subfields of the first field `tag` anew.
pub(super) fn punctuate(record: &mut Record, tag: &str) {
    let Some(Field::Data { subfields, .. }) = find(record, tag) else {
        return;
    };
    let codes: Vec<char> = subfields.iter().map(|s| s.code).collect();
    for (at, subfield) in subfields.iter_mut().enumerate() {
        if !subfield.code.is_ascii_alphabetic() {
            continue;
        }
        let mark = codes.get(at + 1).map_or("", |next| match (tag, *next) {
            ("245", 'b') => " :",
            ("245", 'c') => " /",
            ("245", 'n') => ".",
            ("245", 'p') => ",",
            ("260" | "264", 'b') => " :",
            ("260" | "264", 'c') => ",",
            ("260" | "264", 'a') => " ;",
            ("300", 'b') => " :",
            ("300", 'c') => " ;",
            ("490", 'v') => " ;",
            _ => "",
        });
        let plain = if tag == "300" { bib::trim_marks(&subfield.value) } else { bib::trim_isbd(&subfield.value) };
        subfield.value = if mark == "." && plain.ends_with('.') { plain.to_owned() } else { format!("{plain}{mark}") };
    }
}

/// A record made by hand gets the fixed field that MARC 21 demands (008, books).
pub(super) fn ensure_008(record: &mut Record, today: &str) {
    if record.field("008").is_some() {
        return;
    }
    let digits: String = today.chars().filter(char::is_ascii_digit).skip(2).take(6).collect();
    let entered = if digits.len() == 6 { digits } else { "000000".into() };
    let value = format!("{entered}n        vm            000 0 und d");
    insert(record, Tag::parse("008").map(|tag| Field::control(tag, value)));
}

pub(super) fn set_008(record: &mut Record, at: usize, text: &str) {
    let Some(Field::Control { value, .. }) = find(record, "008") else {
        return;
    };
    let mut characters: Vec<char> = value.chars().collect();
    characters.resize(characters.len().max(40), ' ');
    for (slot, c) in characters.iter_mut().skip(at).zip(text.chars()) {
        *slot = c;
    }
    *value = characters.into_iter().collect();
}

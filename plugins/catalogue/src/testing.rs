//! What tests make records of.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use tram_marc::{Field, Leader, Record, Subfield, Tag};

/// A record of fields written as on paper: `("245", "10$aTitle /$cAuthor.")`;
/// control fields are their text.
pub(crate) fn record(fields: &[(&str, &str)]) -> Record {
    let fields = fields
        .iter()
        .map(|(tag, text)| {
            let name = Tag::parse(tag).unwrap();
            if tag.starts_with("00") {
                return Field::control(name, *text);
            }
            let mut parts = text.split('$');
            let mut indicators = parts.next().unwrap().chars();
            let subfields = parts
                .map(|part| {
                    let code = part.chars().next().unwrap();
                    Subfield::new(code, &part[code.len_utf8()..])
                })
                .collect();
            Field::data(name, indicators.next().unwrap(), indicators.next().unwrap(), subfields)
        })
        .collect();
    Record { leader: Leader::default(), fields }
}

//! The search document of a record.
//!
//! Which fields of MARC 21 feed which index follows what other catalogues do, so
//! that a query means the same here and there; the names are those of the search
//! schema in `plugin.toml`.

use crate::bib;
use crate::compact::{Compact, FieldRef};
use crate::stored::Stored;

/// Who may find a published record.
pub const PUBLIC: &str = "public";

/// Texts and numbers of a document, by field of the schema.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Field and text.
    pub texts: Vec<(&'static str, String)>,
    /// Field and number.
    pub numbers: Vec<(&'static str, i64)>,
}

impl Entry {
    fn text(&mut self, field: &'static str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.texts.push((field, text));
        }
    }
}

/// The document of a row. A record that waits for its batch has one too, so that all
/// of the batch can be found in the moment in which it is published; until then
/// [`shelf::search`](crate::shelf::search) leaves it out by the field `batch`.
#[must_use]
pub fn stored(stored: Stored<'_>) -> Option<Entry> {
    if let Some(record) = stored.record() {
        return Some(entry(record));
    }
    let (batch, record) = stored.pending?;
    let mut entry = entry(Compact::new(record)?);
    entry.text("batch", tram_sdk::store::to_hex(&batch));
    Some(entry)
}

/// The document of a record.
#[must_use]
pub fn entry(record: Compact<'_>) -> Entry {
    let mut entry = Entry::default();
    entry.text("title", bib::full_title(record));
    entry.text("title-order", bib::filing_title(record));
    entry.text("author-order", bib::author(record));
    for name in bib::authors(record) {
        entry.text("author-facet", name);
    }
    for subject in bib::subjects(record) {
        entry.text("subject-facet", subject);
    }
    for field in record.fields() {
        feed(&mut entry, field);
    }
    for isbn in bib::isbns(record) {
        entry.text("isbn", isbn);
    }
    if let Some(language) = bib::language(record) {
        entry.text("language", language);
    }
    entry.text("kind", bib::kind(record));
    if let Some(hundred) = bib::class_hundred(record) {
        entry.text("class", hundred);
    }
    if let Some(year) = bib::year(record) {
        entry.numbers.push(("year", year));
    }
    if let Some(number) = record.control("001") {
        entry.text("number", number.trim());
    }
    entry
}

/// Adds what one field gives to the indexes of words.
fn feed(entry: &mut Entry, field: FieldRef<'_>) {
    let tag = bib::meant_tag(field);
    let other_script = field.tag == "880";
    match tag {
        "245" => {
            // The title itself was added with its punctuation cleaned.
            if other_script {
                entry.text("title", field.join("abnp"));
            }
            entry.text("author", field.join("c"));
        }
        "130" | "210" | "222" | "240" | "242" | "246" | "247" | "730" | "740" => {
            entry.text("title-other", field.join("abdfgnpst"));
        }
        _ if bib::is_name(tag) => {
            entry.text("author", field.join("abcdnq"));
            entry.text("title-other", field.join("tp"));
        }
        _ if bib::is_subject(tag) || tag == "655" || tag == "662" => {
            entry.text("subject", field.join("abcdnptvxyz"));
        }
        "260" | "264" => {
            entry.text("publisher", field.join("b"));
            entry.text("notes", field.join("a"));
        }
        "440" | "490" | "800" | "810" | "811" | "830" => entry.text("series", field.join("abcdnptv")),
        "020" => {
            // A number that fails its check is still what stands on the book.
            for (_, text) in field.subfields().filter(|(code, _)| matches!(code, 'a' | 'z')) {
                if bib::isbn13(text).is_none() {
                    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).take(13).collect();
                    entry.text("isbn", plain);
                }
            }
        }
        "022" => entry.text("isbn", field.subfield('a').map(|t| t.replace('-', "")).unwrap_or_default()),
        "505" => entry.text("summary", field.join("agrt")),
        "520" => entry.text("summary", field.join("ab")),
        "050" | "080" | "082" | "084" | "090" => entry.text("notes", field.join("ab")),
        "250" | "300" | "310" | "521" | "586" => entry.text("notes", field.join("abc")),
        "765" | "770" | "772" | "773" | "776" | "780" | "785" | "787" => entry.text("notes", field.join("ast")),
        _ if tag.starts_with('5') && tag.len() == 3 => entry.text("notes", field.join("abcdt")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::compact::encode;
    use crate::testing::record;

    fn texts(entry: &Entry, field: &str) -> Vec<String> {
        entry.texts.iter().filter(|(name, _)| *name == field).map(|(_, text)| text.clone()).collect()
    }

    #[test]
    fn a_record_is_found_by_what_people_know_of_it() {
        let bytes = encode(&record(&[
            ("001", "vn-7 "),
            ("020", "  $a0306406152"),
            ("020", "  $a123-bad"),
            ("082", "04$a895.922$223"),
            ("100", "0 $aNguyễn Du"),
            ("240", "10$aĐoạn trường tân thanh"),
            ("245", "10$6880-01$aTruyện Kiều /$cNguyễn Du ; Đào Duy Anh khảo chứng."),
            ("264", " 1$aH. :$bVăn học,$c2015."),
            ("490", "0 $aTủ sách cổ điển"),
            ("520", "  $aNàng Kiều."),
            ("653", "  $aTruyện thơ"),
            ("880", "10$6245-01$a斷腸新聲"),
        ]));
        let entry = entry(Compact::new(&bytes).unwrap());
        assert_eq!(texts(&entry, "title"), ["Truyện Kiều", "斷腸新聲"]);
        assert_eq!(texts(&entry, "title-other"), ["Đoạn trường tân thanh"]);
        assert_eq!(texts(&entry, "author"), ["Nguyễn Du", "Nguyễn Du ; Đào Duy Anh khảo chứng."]);
        assert_eq!(texts(&entry, "isbn"), ["123bad", "9780306406157"]);
        assert_eq!(texts(&entry, "publisher"), ["Văn học,"]);
        assert_eq!(texts(&entry, "series"), ["Tủ sách cổ điển"]);
        assert_eq!(texts(&entry, "subject"), ["Truyện thơ"]);
        assert_eq!(texts(&entry, "number"), ["vn-7"]);
        assert_eq!(texts(&entry, "class"), ["800"]);
        assert_eq!(entry.numbers, [("year", 2015)]);
    }
}

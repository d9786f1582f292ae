//! What a record says, part by part.

use tram_marc::Record;

use super::{Part, Plain};
use crate::bib;
use crate::compact::{self, Compact};

use super::Part::{
    Audience, Author, AuthorDates, Contributors, Dewey, Edition, Genres, Isbn, Language, LocalClass, Notes, Original,
    Pages, Place, Price, Publisher, Responsibility, Series, SeriesNumber, Size, Subjects, Subtitle, Summary, Title,
    TranslatedFrom, Volume, Year,
};

/// A record's title in plain words.
#[must_use]
pub fn read(record: &Record) -> Plain {
    let bytes = compact::encode(record);
    let Some(record) = Compact::new(&bytes) else {
        return Plain::new();
    };
    Part::ALL.iter().copied().map(|part| (part, part_of(record, part))).filter(|(_, text)| !text.is_empty()).collect()
}

fn part_of(record: Compact<'_>, part: Part) -> String {
    let text = |tag: &str, code: char| record.text(tag, code).map(|t| bib::trim_isbd(t).to_owned()).unwrap_or_default();
    let whole =
        |tag: &str, code: char| record.text(tag, code).map(|t| bib::trim_marks(t).to_owned()).unwrap_or_default();
    let lines = |tag: &str, code: char| {
        let texts = record.fields().filter(|f| f.tag == tag).flat_map(|f| f.subfields());
        join_lines(texts.filter(|(c, _)| *c == code).map(|(_, t)| t.trim().to_owned()))
    };
    match part {
        Title => text("245", 'a'),
        Subtitle => text("245", 'b'),
        Volume => join_words([text("245", 'n'), text("245", 'p')]),
        Responsibility => text("245", 'c'),
        Author => record.fields().find(|f| f.tag == "100").map(bib::name).unwrap_or_default(),
        AuthorDates => text("100", 'd'),
        Contributors => join_lines(record.fields().filter(|f| f.tag == "700").map(contributor)),
        Original => text("240", 'a'),
        Edition => record.text("250", 'a').unwrap_or_default().trim().to_owned(),
        Place => bib::place(record).unwrap_or_default().to_owned(),
        Publisher => bib::publisher(record).unwrap_or_default().to_owned(),
        Year => bib::year(record).map(|y| y.to_string()).unwrap_or_default(),
        Pages => whole("300", 'a'),
        Size => whole("300", 'c'),
        Series => text("490", 'a'),
        SeriesNumber => text("490", 'v'),
        Isbn => lines("020", 'a'),
        Price => whole("020", 'c'),
        Language => bib::language(record).unwrap_or_default().to_owned(),
        TranslatedFrom => text("041", 'h'),
        Dewey => text("082", 'a'),
        LocalClass => text("084", 'a'),
        Subjects => join_lines(record.fields().filter(|f| is_edited_subject(f.tag)).map(bib::subject)),
        Genres => lines("655", 'a'),
        Summary => lines("520", 'a'),
        Audience => text("521", 'a'),
        Notes => lines("500", 'a'),
    }
}

fn is_edited_subject(tag: &str) -> bool {
    matches!(tag, "650" | "653")
}

pub(super) fn contributor(field: compact::FieldRef<'_>) -> String {
    let name = bib::name(field);
    let role = field.subfield('e').map(bib::trim_isbd).unwrap_or_default();
    if role.is_empty() { name } else { format!("{name} | {role}") }
}

fn join_lines(lines: impl Iterator<Item = String>) -> String {
    lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}

fn join_words<const N: usize>(words: [String; N]) -> String {
    words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

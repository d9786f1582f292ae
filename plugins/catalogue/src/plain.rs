//! A title in plain words, and the way between it and a MARC record.
//!
//! The librarian's form, a row of a spreadsheet and the demonstration library all
//! speak of a title as people do. What they do not mention stays in the record as it
//! was: only a part that changed is written, and within a field only the subfields
//! that are meant.

use std::collections::BTreeMap;

use tram_marc::{Field, Record, Subfield, Tag};

use crate::bib;
use crate::compact::{self, Compact};

/// A part of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Title proper.
    Title,
    /// Rest of the title.
    Subtitle,
    /// Number of the part or volume.
    Volume,
    /// Who is named on the title page, as there.
    Responsibility,
    /// Main author.
    Author,
    /// The author's years of life.
    AuthorDates,
    /// Others, one a line: `Name | role`.
    Contributors,
    /// Title of the original.
    Original,
    /// Edition.
    Edition,
    /// Place of publication.
    Place,
    /// Publisher.
    Publisher,
    /// Year.
    Year,
    /// Pages.
    Pages,
    /// Height.
    Size,
    /// Series.
    Series,
    /// Number in the series.
    SeriesNumber,
    /// ISBNs, one a line.
    Isbn,
    /// Price.
    Price,
    /// Language, its MARC code.
    Language,
    /// Language it was translated from.
    TranslatedFrom,
    /// Dewey number.
    Dewey,
    /// Number of the school's own scheme.
    LocalClass,
    /// Subjects, one a line.
    Subjects,
    /// Kinds, one a line (`sách giáo khoa`).
    Genres,
    /// Summary.
    Summary,
    /// For whom it is.
    Audience,
    /// Notes, one a line.
    Notes,
}

use Part::{
    Audience, Author, AuthorDates, Contributors, Dewey, Edition, Genres, Isbn, Language, LocalClass, Notes, Original,
    Pages, Place, Price, Publisher, Responsibility, Series, SeriesNumber, Size, Subjects, Subtitle, Summary, Title,
    TranslatedFrom, Volume, Year,
};

impl Part {
    /// All, in the order of the form.
    pub const ALL: [Self; 27] = [
        Title,
        Subtitle,
        Volume,
        Responsibility,
        Author,
        AuthorDates,
        Contributors,
        Original,
        Edition,
        Place,
        Publisher,
        Year,
        Pages,
        Size,
        Series,
        SeriesNumber,
        Isbn,
        Price,
        Language,
        TranslatedFrom,
        Dewey,
        LocalClass,
        Subjects,
        Genres,
        Summary,
        Audience,
        Notes,
    ];

    /// The name in forms and mappings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Title => "title",
            Subtitle => "subtitle",
            Volume => "volume",
            Responsibility => "responsibility",
            Author => "author",
            AuthorDates => "author-dates",
            Contributors => "contributors",
            Original => "original",
            Edition => "edition",
            Place => "place",
            Publisher => "publisher",
            Year => "year",
            Pages => "pages",
            Size => "size",
            Series => "series",
            SeriesNumber => "series-number",
            Isbn => "isbn",
            Price => "price",
            Language => "language",
            TranslatedFrom => "translated-from",
            Dewey => "ddc",
            LocalClass => "class",
            Subjects => "subjects",
            Genres => "genres",
            Summary => "summary",
            Audience => "audience",
            Notes => "notes",
        }
    }

    /// The part of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// The parts of a title; what is not there is empty.
pub type Plain = BTreeMap<Part, String>;

/// A record's title in plain words.
#[must_use]
pub fn read(record: &Record) -> Plain {
    let bytes = compact::encode(record);
    let Some(record) = Compact::new(&bytes) else {
        return Plain::new();
    };
    Part::ALL.into_iter().map(|part| (part, part_of(record, part))).filter(|(_, text)| !text.is_empty()).collect()
}

/// Writes the parts that differ from what the record says. `today` (`2026-11-24`)
/// dates a new record.
pub fn write(record: &mut Record, plain: &Plain, today: &str) {
    let before = read(record);
    ensure_008(record, today);
    // The author first: the title's indicator depends on there being one.
    for part in [Author].into_iter().chain(Part::ALL) {
        let Some(text) = plain.get(&part) else {
            continue;
        };
        let text = clean(text);
        if before.get(&part).map(String::as_str).unwrap_or_default() != text {
            set(record, part, &text);
        }
    }
}

/// Lines without blanks around them; no empty lines; what would separate fields is a
/// blank.
fn clean(text: &str) -> String {
    tram_vietnamese::nfc(text)
        .lines()
        .map(|line| {
            line.split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
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

fn contributor(field: compact::FieldRef<'_>) -> String {
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

fn set(record: &mut Record, part: Part, text: &str) {
    match part {
        Title => {
            let author = record.field("100").is_some();
            let ind2 = non_filing(text);
            if record.field("245").is_none() {
                insert(record, data("245", if author { '1' } else { '0' }, ind2, vec![]));
            }
            set_subfield(record, "245", 'a', text);
            if let Some(Field::Data { ind1, ind2: second, .. }) = find(record, "245") {
                *ind1 = if author { '1' } else { '0' };
                *second = ind2;
            }
            punctuate(record, "245");
        }
        Subtitle => with_punctuation(record, "245", 'b', text),
        Volume => {
            remove_subfield(record, "245", 'p');
            with_punctuation(record, "245", 'n', text);
        }
        Responsibility => with_punctuation(record, "245", 'c', text),
        Author => set_author(record, text),
        AuthorDates => {
            if record.field("100").is_some() {
                set_subfield(record, "100", 'd', text);
            }
        }
        Contributors => set_lines(record, &["700"], contributor, text, |line| {
            let (name, role) = line.split_once('|').map_or((line, ""), |(n, r)| (n.trim(), r.trim()));
            let mut subfields =
                vec![Subfield::new('a', if role.is_empty() { name.into() } else { format!("{name},") })];
            if !role.is_empty() {
                subfields.push(Subfield::new('e', role));
            }
            data("700", name_indicator(name), ' ', subfields)
        }),
        Original => {
            if text.is_empty() {
                record.fields.retain(|f| f.tag() != "240");
            } else if record.field("240").is_some() {
                set_subfield(record, "240", 'a', text);
            } else {
                insert(record, data("240", '1', non_filing(text), vec![Subfield::new('a', text)]));
            }
        }
        Edition => set_subfield(record, "250", 'a', text),
        Place => imprint(record, 'a', text),
        Publisher => imprint(record, 'b', text),
        Year => {
            imprint(record, 'c', text);
            let coded = if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) { text } else { "    " };
            set_008(record, 6, if coded.trim().is_empty() { "n" } else { "s" });
            set_008(record, 7, coded);
        }
        Pages => with_punctuation(record, "300", 'a', text),
        Size => with_punctuation(record, "300", 'c', text),
        Series => with_punctuation(record, "490", 'a', text),
        SeriesNumber => with_punctuation(record, "490", 'v', text),
        Isbn => set_lines(
            record,
            &["020"],
            |f| f.subfield('a').unwrap_or_default().trim().to_owned(),
            text,
            |line| data("020", ' ', ' ', vec![Subfield::new('a', line)]),
        ),
        Price => set_subfield(record, "020", 'c', text),
        Language => {
            set_008(record, 35, if text.len() == 3 { text } else { "und" });
            if record.field("041").is_some() {
                set_subfield(record, "041", 'a', text);
            }
        }
        TranslatedFrom => {
            if text.is_empty() {
                remove_subfield(record, "041", 'h');
            } else {
                if record.field("041").is_none() {
                    let bytes = compact::encode(record);
                    let language = Compact::new(&bytes).and_then(|r| bib::language(r).map(str::to_owned));
                    insert(
                        record,
                        data("041", '1', ' ', vec![Subfield::new('a', language.unwrap_or_else(|| "vie".into()))]),
                    );
                }
                set_subfield(record, "041", 'h', text);
            }
        }
        Dewey => set_classed(record, "082", ['0', '4'], text, "23"),
        LocalClass => set_classed(record, "084", [' ', ' '], text, "vnsch"),
        Subjects => set_lines(record, &["650", "653"], bib::subject, text, |line| {
            data("650", ' ', '4', vec![Subfield::new('a', line)])
        }),
        Genres => set_lines(
            record,
            &["655"],
            |f| f.subfield('a').unwrap_or_default().trim().to_owned(),
            text,
            |line| data("655", ' ', '4', vec![Subfield::new('a', line)]),
        ),
        Summary => set_texts(record, "520", text),
        Audience => set_subfield(record, "521", 'a', text),
        Notes => set_texts(record, "500", text),
    }
}

fn set_texts(record: &mut Record, tag: &'static str, text: &str) {
    set_lines(
        record,
        &[tag],
        |f| f.subfield('a').unwrap_or_default().trim().to_owned(),
        text,
        |line| data(tag, ' ', ' ', vec![Subfield::new('a', line)]),
    );
}

fn set_author(record: &mut Record, text: &str) {
    if text.is_empty() {
        record.fields.retain(|f| f.tag() != "100");
    } else if record.field("100").is_some() {
        set_subfield(record, "100", 'a', text);
        if let Some(Field::Data { ind1, .. }) = find(record, "100") {
            *ind1 = name_indicator(text);
        }
    } else {
        insert(record, data("100", name_indicator(text), ' ', vec![Subfield::new('a', text)]));
    }
    let author = record.field("100").is_some();
    if let Some(Field::Data { ind1, .. }) = find(record, "245") {
        *ind1 = if author { '1' } else { '0' };
    }
}

/// First indicator of a personal name: 1 for one that is turned round (`Dumas,
/// Alexandre`), 0 for one in natural order, as Vietnamese names are entered.
fn name_indicator(name: &str) -> char {
    if name.contains(',') { '1' } else { '0' }
}

/// Characters of an article in front of a title.
fn non_filing(title: &str) -> char {
    let lower = title.to_lowercase();
    for (article, skip) in [
        ("the ", '4'),
        ("an ", '3'),
        ("a ", '2'),
        ("les ", '4'),
        ("le ", '3'),
        ("la ", '3'),
        ("l'", '2'),
        ("une ", '4'),
        ("un ", '3'),
    ] {
        // "A" and "la" are also Vietnamese words; a title with Vietnamese letters has no article.
        if lower.starts_with(article) && !tram_vietnamese::has_marks(title) {
            return skip;
        }
    }
    '0'
}

fn imprint(record: &mut Record, code: char, text: &str) {
    let tag = if record.field("264").is_none() && record.field("260").is_some() { "260" } else { "264" };
    if record.field(tag).is_none() {
        if text.is_empty() {
            return;
        }
        insert(record, data(tag, ' ', '1', vec![]));
    }
    with_punctuation(record, tag, code, text);
}

fn set_classed(record: &mut Record, tag: &'static str, indicators: [char; 2], text: &str, source: &str) {
    if text.is_empty() {
        record.fields.retain(|f| f.tag() != tag);
    } else if record.field(tag).is_some() {
        set_subfield(record, tag, 'a', text);
    } else {
        let [ind1, ind2] = indicators;
        insert(record, data(tag, ind1, ind2, vec![Subfield::new('a', text), Subfield::new('2', source)]));
    }
}

/// Gives the fields of `tags` the lines of `text`: a field whose line is still there
/// stays as it is, the others go, new lines become new fields.
fn set_lines(
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

fn data(tag: &str, ind1: char, ind2: char, subfields: Vec<Subfield>) -> Option<Field> {
    Some(Field::data(Tag::parse(tag)?, ind1, ind2, subfields))
}

fn find<'a>(record: &'a mut Record, tag: &str) -> Option<&'a mut Field> {
    record.fields.iter_mut().find(|f| f.tag() == tag)
}

/// Puts a field behind those with the same or a smaller tag.
fn insert(record: &mut Record, field: Option<Field>) {
    let Some(field) = field else { return };
    let tag = field.tag();
    let at = record.fields.iter().rposition(|f| f.tag() <= tag).map_or(0, |at| at + 1);
    record.fields.insert(at, field);
}

fn remove_subfield(record: &mut Record, tag: &str, code: char) {
    set_subfield(record, tag, code, "");
}

/// Sets the first subfield `code` of the first field `tag`; an empty text removes it,
/// and the field with it when nothing is left.
fn set_subfield(record: &mut Record, tag: &'_ str, code: char, text: &str) {
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
fn order(code: char) -> u32 {
    match code {
        '6' => 0,
        'a' => 1,
        'n' => 2,
        'p' => 3,
        other => u32::from(other),
    }
}

fn with_punctuation(record: &mut Record, tag: &'static str, code: char, text: &str) {
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
fn punctuate(record: &mut Record, tag: &str) {
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
fn ensure_008(record: &mut Record, today: &str) {
    if record.field("008").is_some() {
        return;
    }
    let digits: String = today.chars().filter(char::is_ascii_digit).skip(2).take(6).collect();
    let entered = if digits.len() == 6 { digits } else { "000000".into() };
    let value = format!("{entered}n        vm            000 0 und d");
    insert(record, Tag::parse("008").map(|tag| Field::control(tag, value)));
}

fn set_008(record: &mut Record, at: usize, text: &str) {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::testing::record;

    fn plain(parts: &[(Part, &str)]) -> Plain {
        parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect()
    }

    fn full() -> Plain {
        plain(&[
            (Title, "Kính vạn hoa"),
            (Subtitle, "truyện dài"),
            (Volume, "Tập 1"),
            (Responsibility, "Nguyễn Nhật Ánh"),
            (Author, "Nguyễn Nhật Ánh"),
            (AuthorDates, "1955-"),
            (Contributors, "Đỗ Hoàng Tường | minh họa\nDumas, Alexandre"),
            (Original, "The original"),
            (Edition, "Tái bản lần 3"),
            (Place, "H."),
            (Publisher, "Kim Đồng"),
            (Year, "2016"),
            (Pages, "200 tr."),
            (Size, "19 cm"),
            (Series, "Tủ sách tuổi mới lớn"),
            (SeriesNumber, "5"),
            (Isbn, "9780306406157"),
            (Price, "85000đ"),
            (Language, "vie"),
            (TranslatedFrom, "eng"),
            (Dewey, "895.9223"),
            (LocalClass, "ĐV23"),
            (Subjects, "Tuổi học trò\nTình bạn"),
            (Genres, "Truyện dài"),
            (Summary, "Ba người bạn."),
            (Audience, "Lớp 6–9"),
            (Notes, "Sách tặng"),
        ])
    }

    #[test]
    fn what_was_said_in_plain_words_is_read_back() {
        let mut record = Record::default();
        write(&mut record, &full(), "2026-11-24");
        assert_eq!(read(&record), full());
        let title = record.field("245").unwrap();
        assert_eq!(title.join("abcnp"), "Kính vạn hoa. Tập 1 : truyện dài / Nguyễn Nhật Ánh");
        assert_eq!(title.indicators(), ('1', '0'));
        assert!(record.fields.is_sorted_by_key(Field::tag));
        assert_eq!(&record.control("008").unwrap()[..11], "261124s2016");
        let mut file = Vec::new();
        tram_marc::iso2709::write(&record, &mut file).unwrap();
    }

    #[test]
    fn writing_what_is_there_changes_nothing() {
        let mut written = Record::default();
        write(&mut written, &full(), "2026-11-24");
        let again = written.clone();
        write(&mut written, &full(), "2030-01-01");
        assert_eq!(written, again);
    }

    #[test]
    fn what_the_form_does_not_know_stays() {
        let before = record(&[
            ("001", "x1"),
            ("008", "150101s2015    vm            000 1 vie d"),
            ("245", "10$6880-01$aMắt biếc /$cNguyễn Nhật Ánh."),
            ("260", "  $aTP. Hồ Chí Minh :$bTrẻ,$c2015."),
            ("300", "  $a300 tr. ;$c20 cm +$e1 CD"),
            ("650", " 7$aTình yêu$xTruyện$2bttt"),
            ("700", "1 $aA, B,$d1900-$ebiên tập$4edt"),
            ("880", "10$6245-01$a…"),
            ("950", "  $zriêng"),
        ]);
        let mut after = before.clone();
        let mut changed = read(&after);
        changed.insert(Summary, "Ngạn yêu Hà Lan.".into());
        changed.insert(Year, "2016".into());
        write(&mut after, &changed, "2026-11-24");
        let rest = |record: &Record| -> Vec<Field> {
            record.fields.iter().filter(|f| !["520", "260", "008"].contains(&f.tag().as_str())).cloned().collect()
        };
        assert_eq!(rest(&after), rest(&before));
        assert_eq!(after.field("260").unwrap().join("abc"), "TP. Hồ Chí Minh : Trẻ, 2016");
        assert_eq!(&after.control("008").unwrap()[6..11], "s2016");
        assert_eq!(after.field("520").unwrap().subfield('a'), Some("Ngạn yêu Hà Lan."));
    }

    #[test]
    fn a_line_that_is_gone_takes_its_field_along() {
        let mut record = record(&[("245", "00$aX"), ("650", " 4$aMột"), ("650", " 7$aHai$2s"), ("653", "  $aBa")]);
        let mut changed = read(&record);
        changed.insert(Subjects, "Hai\nBốn".into());
        write(&mut record, &changed, "2026-11-24");
        let subjects: Vec<String> = record.fields("650").map(|f| f.join("a2")).collect();
        assert_eq!(subjects, ["Hai s", "Bốn"]);
        assert!(record.field("653").is_none());
    }

    #[test]
    fn emptied_parts_go() {
        let mut record = Record::default();
        write(&mut record, &full(), "2026-11-24");
        let only =
            Part::ALL.into_iter().map(|part| (part, if part == Title { "Xa".into() } else { String::new() })).collect();
        write(&mut record, &only, "2026-11-24");
        assert_eq!(
            read(&record),
            plain(&[(Title, "Xa"), (Year, "")]).into_iter().filter(|(_, t)| !t.is_empty()).collect()
        );
        assert_eq!(record.field("245").unwrap().indicators(), ('0', '0'));
    }
}

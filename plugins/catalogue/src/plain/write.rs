//! Writing parts into a record: only what differs, and within a field only what is
//! meant.

use tram_marc::{Field, Record, Subfield};

use super::field::{
    data, ensure_008, find, insert, punctuate, remove_subfield, set_008, set_lines, set_subfield, with_punctuation,
};
use super::read::{contributor, read};
use super::{Part, Plain};
use crate::bib;
use crate::compact::{self, Compact};

use super::Part::{
    Audience, Author, AuthorDates, Contributors, Dewey, Edition, Genres, Isbn, Language, LocalClass, Notes, Original,
    Pages, Place, Price, Publisher, Responsibility, Series, SeriesNumber, Size, Subjects, Subtitle, Summary, Title,
    TranslatedFrom, Volume, Year,
};

/// Writes the parts that differ from what the record says. `today` (`2026-11-24`)
/// dates a new record.
pub fn write(record: &mut Record, plain: &Plain, today: &str) {
    let before = read(record);
    ensure_008(record, today);
    // The author first: the title's indicator depends on there being one.
    for part in [Author].iter().chain(Part::ALL).copied() {
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

//! What people call the parts of a MARC record: title, author, year, kind.
//!
//! Everything here reads a stored record in place. Field numbers are those of
//! MARC 21 Bibliographic.

use std::borrow::Cow;

use crate::compact::{Compact, FieldRef};

/// The tag that a field stands for: its own, or for an `880` the one whose other
/// script it gives.
#[must_use]
pub fn meant_tag(field: FieldRef<'_>) -> &str {
    if field.tag != "880" {
        return field.tag;
    }
    field.subfield('6').and_then(|link| link.get(..3)).unwrap_or("880")
}

/// A text without the punctuation that ISBD puts between the parts of a
/// description: `Dế Mèn phiêu lưu ký /` is read as `Dế Mèn phiêu lưu ký`. A full
/// stop is kept behind an initial, an abbreviation of one letter, and an ellipsis.
#[must_use]
pub fn trim_isbd(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let shorter = text.trim_end_matches(['/', ':', ';', ',', '=', ' ', '\u{a0}']);
        if shorter.len() == text.len() {
            break;
        }
        text = shorter;
    }
    if let Some(before) = text.strip_suffix('.') {
        let mut back = before.chars().rev();
        let last = back.next();
        let initial = last.is_some_and(char::is_uppercase) && back.next().is_none_or(|c| !c.is_alphanumeric());
        if !initial && last != Some('.') {
            return before.trim_end();
        }
    }
    text
}

fn trimmed(text: String) -> String {
    let shorter = trim_isbd(&text);
    if shorter.len() == text.len() { text } else { shorter.to_owned() }
}

fn first<'a>(record: Compact<'a>, tags: &[&str]) -> Option<FieldRef<'a>> {
    tags.iter().find_map(|tag| record.fields().find(|f| f.tag == *tag))
}

/// The title proper with number and name of the part: `245 $a $n $p`. Empty when
/// the record has none.
#[must_use]
pub fn title(record: Compact<'_>) -> String {
    record
        .fields()
        .find(|f| f.tag == "245")
        .map(|f| trimmed(f.join("anp")))
        .filter(|t| !t.is_empty())
        .unwrap_or_default()
}

/// The rest of the title: `245 $b`.
#[must_use]
pub fn subtitle(record: Compact<'_>) -> String {
    record.text("245", 'b').map(|t| trim_isbd(t).to_owned()).unwrap_or_default()
}

/// A text without the marks between parts; a full stop at its end is its own (`200
/// tr.`).
#[must_use]
pub fn trim_marks(text: &str) -> &str {
    text.trim().trim_end_matches(['/', ':', ';', ',', '=', '+', ' ', '\u{a0}'])
}

/// Title and rest of title as one text, as on a list.
#[must_use]
pub fn full_title(record: Compact<'_>) -> String {
    let (mut title, subtitle) = (title(record), subtitle(record));
    if !subtitle.is_empty() {
        title.push_str(": ");
        title.push_str(&subtitle);
    }
    title
}

/// The title without the article in front of it that filing skips (second
/// indicator of `245`).
#[must_use]
pub fn filing_title(record: Compact<'_>) -> String {
    let Some(field) = record.fields().find(|f| f.tag == "245") else {
        return String::new();
    };
    let skip = field.indicators().1.to_digit(10).unwrap_or(0) as usize;
    let title = full_title(record);
    let filed: String = title.chars().skip(skip).collect();
    if filed.trim().is_empty() { title } else { filed }
}

/// The name in a heading for a person, body or meeting, without dates and roles.
#[must_use]
pub fn name(field: FieldRef<'_>) -> String {
    let codes = match meant_tag(field).as_bytes().get(1..3) {
        Some(b"00") => "abcq",
        Some(b"10") => "abn",
        _ => "acdn",
    };
    trimmed(field.join(codes))
}

/// Whether the field names a person, body or meeting responsible for the work.
#[must_use]
pub fn is_name(tag: &str) -> bool {
    matches!(tag, "100" | "110" | "111" | "700" | "710" | "711" | "720")
}

/// The author that stands on a list: the main heading, else the first added one,
/// else the statement of responsibility.
#[must_use]
pub fn author(record: Compact<'_>) -> String {
    first(record, &["100", "110", "111", "700", "710", "711"])
        .map(name)
        .filter(|n| !n.is_empty())
        .or_else(|| record.text("245", 'c').map(|t| trim_isbd(t).to_owned()))
        .unwrap_or_default()
}

/// Every author, once each, the main one first.
#[must_use]
pub fn authors(record: Compact<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in record.fields().filter(|f| is_name(f.tag)) {
        let name = name(field);
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Place, publisher or date of publication (`260`, or `264` with second indicator
/// 1, else any other but a copyright date).
fn imprint<'a>(record: Compact<'a>, code: char) -> Option<&'a str> {
    let of = |wanted: &dyn Fn(FieldRef<'a>) -> bool| {
        record.fields().filter(|f| wanted(*f)).find_map(|f| f.subfield(code)).map(trim_isbd).filter(|t| !t.is_empty())
    };
    of(&|f| f.tag == "264" && f.indicators().1 == '1')
        .or_else(|| of(&|f| f.tag == "260"))
        .or_else(|| of(&|f| f.tag == "264"))
}

/// The publisher.
#[must_use]
pub fn publisher(record: Compact<'_>) -> Option<&str> {
    imprint(record, 'b')
}

/// The place of publication.
#[must_use]
pub fn place(record: Compact<'_>) -> Option<&str> {
    imprint(record, 'a').map(|p| p.trim_matches(['[', ']']))
}

/// The year of publication: from the words (`Hà Nội, 2015`), else from `008/07-10`.
#[must_use]
pub fn year(record: Compact<'_>) -> Option<i64> {
    imprint(record, 'c').and_then(year_in).or_else(|| {
        let coded = record.control("008")?.get(7..11)?;
        coded.bytes().all(|b| b.is_ascii_digit()).then(|| year_in(coded))?
    })
}

/// The first number of four digits from 1400 to 2099 in a text.
#[must_use]
pub fn year_in(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 4 {
            let year: i64 = text.get(at..at + 4)?.parse().ok()?;
            if (1400..2100).contains(&year) {
                return Some(year);
            }
        }
        at += digits.max(1);
    }
    None
}

/// The language of the text, its MARC code (`008/35-37`, else `041 $a`).
#[must_use]
pub fn language(record: Compact<'_>) -> Option<&str> {
    record
        .control("008")
        .and_then(|f| f.get(35..38))
        .or_else(|| record.text("041", 'a').and_then(|t| t.get(..3)))
        .filter(|code| code.bytes().all(|b| b.is_ascii_lowercase()) && !matches!(*code, "und" | "zxx" | "mul"))
}

/// The ISBNs of a record as thirteen digits, once each; what is no ISBN is left
/// out.
pub fn isbns(record: Compact<'_>) -> impl Iterator<Item = String> {
    let mut seen: Vec<String> = Vec::new();
    record.fields().filter(|f| f.tag == "020").flat_map(|f| f.subfields()).filter_map(move |(code, text)| {
        let isbn = (code == 'a').then(|| isbn13(text))??;
        if seen.contains(&isbn) {
            return None;
        }
        seen.push(isbn.clone());
        Some(isbn)
    })
}

/// The ISBN at the head of a text as thirteen digits, when its check digit is right.
#[must_use]
pub fn isbn13(text: &str) -> Option<String> {
    tram_marc::Isbn::parse(text).ok().map(tram_marc::Isbn::to_isbn13)
}

/// Subjects as they are shown and counted: the heading with its subdivisions.
#[must_use]
pub fn subjects(record: Compact<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for field in record.fields().filter(|f| is_subject(f.tag)) {
        let text = subject(field);
        if !text.is_empty() && !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// Whether the tag is of a subject heading.
#[must_use]
pub fn is_subject(tag: &str) -> bool {
    matches!(tag, "600" | "610" | "611" | "630" | "648" | "650" | "651" | "653" | "690")
}

/// A subject with its subdivisions, an en dash between them.
#[must_use]
pub fn subject(field: FieldRef<'_>) -> String {
    let mut out = trimmed(field.join("abcdnpt"));
    for (_, text) in field.subfields().filter(|(code, _)| matches!(code, 'v' | 'x' | 'y' | 'z')) {
        if !out.is_empty() {
            out.push_str(" – ");
        }
        out.push_str(trim_isbd(text));
    }
    out
}

/// What kind of thing is described; the value of the facet `kind`.
#[must_use]
pub fn kind(record: Compact<'_>) -> &'static str {
    for field in record.fields().filter(|f| f.tag == "655" || f.tag == "650") {
        let form = if field.tag == "655" { field.subfield('a') } else { field.subfield('v') };
        if let Some(kind) = form.and_then(kind_of_genre) {
            return kind;
        }
    }
    match (record.leader_at(6), record.leader_at(7)) {
        ('a' | 't', 's' | 'b' | 'i') => "serial",
        ('a' | 't', _) => "book",
        ('e' | 'f', _) => "map",
        ('c' | 'd', _) => "score",
        ('i' | 'j', _) => "audio",
        ('g', _) => "video",
        ('k', _) => "picture",
        ('m', _) => "electronic",
        ('r' | 'o', _) => "object",
        _ => "other",
    }
}

/// The kind that a genre term names, in Vietnamese or English.
#[must_use]
pub fn kind_of_genre(genre: &str) -> Option<&'static str> {
    let folded = tram_vietnamese::fold(trim_isbd(genre));
    Some(match folded.as_str() {
        "sach giao khoa" | "textbooks" | "textbook" => "textbook",
        "sach giao vien" => "teacher-book",
        "truyen tranh" | "comic books, strips, etc" | "comics (graphic works)" | "comics" | "graphic novels" => "comic",
        "tu dien" | "dictionaries" | "bach khoa thu" | "encyclopedias" | "sach tra cuu" => "reference",
        "ban do" | "atlas" | "atlases" | "maps" => "map",
        "bao" | "tap chi" | "bao, tap chi" | "periodicals" | "newspapers" => "serial",
        _ => return None,
    })
}

/// The hundred of the Dewey number (`082`), 0 to 9.
#[must_use]
pub fn class_hundred(record: Compact<'_>) -> Option<&'static str> {
    let number = record.text("082", 'a')?;
    const HUNDREDS: [&str; 10] = ["000", "100", "200", "300", "400", "500", "600", "700", "800", "900"];
    let three = number.trim_start_matches(|c: char| !c.is_ascii_digit());
    let digits = three.bytes().take_while(u8::is_ascii_digit).count();
    if digits < 3 {
        return None;
    }
    HUNDREDS.get(usize::from(three.bytes().next()? - b'0')).copied()
}

/// The call number that the record itself proposes: local class, Dewey, Library of
/// Congress.
#[must_use]
pub fn call_number(record: Compact<'_>) -> String {
    first(record, &["084", "082", "090", "050"]).map(|f| f.join("ab")).unwrap_or_default()
}

/// The summary (`520`).
#[must_use]
pub fn summary(record: Compact<'_>) -> Option<&str> {
    record.text("520", 'a')
}

/// A name by which a record can be spoken of when it has no title.
#[must_use]
pub fn title_or<'a>(record: Compact<'_>, otherwise: &'a str) -> Cow<'a, str> {
    let title = full_title(record);
    if title.is_empty() { Cow::Borrowed(otherwise) } else { Cow::Owned(title) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::compact::encode;
    use crate::testing::record;

    #[test]
    fn isbd_punctuation_goes_and_initials_stay() {
        assert_eq!(trim_isbd("Dế Mèn phiêu lưu ký /"), "Dế Mèn phiêu lưu ký");
        assert_eq!(trim_isbd("Hà Nội :"), "Hà Nội");
        assert_eq!(trim_isbd("Tolstoy, L. N."), "Tolstoy, L. N.");
        assert_eq!(trim_isbd("Kim Đồng, 2015."), "Kim Đồng, 2015");
        assert_eq!(trim_isbd("và ..."), "và ...");
        assert_eq!(trim_isbd(""), "");
    }

    #[test]
    fn a_year_is_found_among_words() {
        assert_eq!(year_in("NXB Trẻ, 2015"), Some(2015));
        assert_eq!(year_in("c1998, 2001"), Some(1998));
        assert_eq!(year_in("20199"), None);
        assert_eq!(year_in("0999"), None);
        assert_eq!(year_in("[19--?]"), None);
    }

    #[test]
    fn isbn_check_digits_are_checked() {
        assert_eq!(isbn13("0-306-40615-2"), Some("9780306406157".into()));
        assert_eq!(isbn13("978-0-306-40615-7 (bìa cứng)"), Some("9780306406157".into()));
        assert_eq!(isbn13("080442957X"), Some("9780804429573".into()));
        assert_eq!(isbn13("0-306-40615-3"), None);
        assert_eq!(isbn13("không có"), None);
    }

    #[test]
    fn the_parts_are_found() {
        let bytes = encode(&record(&[
            ("008", "150101s2015    vm            000 1 vie d"),
            ("020", "  $a9780306406157"),
            ("082", "04$a895.9223$223"),
            ("100", "0 $aTô Hoài,$d1920-2014"),
            ("245", "10$aDế Mèn phiêu lưu ký :$btruyện đồng thoại /$cTô Hoài."),
            ("260", "  $aH. :$bKim Đồng,$c2015"),
            ("650", " 4$aCôn trùng$vTruyện tranh"),
            ("700", "1 $aTạ Huy Long,$eminh họa"),
        ]));
        let record = Compact::new(&bytes).unwrap();
        assert_eq!(full_title(record), "Dế Mèn phiêu lưu ký: truyện đồng thoại");
        assert_eq!(author(record), "Tô Hoài");
        assert_eq!(authors(record), ["Tô Hoài", "Tạ Huy Long"]);
        assert_eq!((publisher(record), place(record), year(record)), (Some("Kim Đồng"), Some("H."), Some(2015)));
        assert_eq!(language(record), Some("vie"));
        assert_eq!(kind(record), "comic");
        assert_eq!(class_hundred(record), Some("800"));
        assert_eq!(subjects(record), ["Côn trùng – Truyện tranh"]);
        assert_eq!(isbns(record).collect::<Vec<_>>(), ["9780306406157"]);
    }

    #[test]
    fn an_article_is_skipped_for_filing() {
        let bytes = encode(&record(&[("245", "14$aThe old man and the sea")]));
        assert_eq!(filing_title(Compact::new(&bytes).unwrap()), "old man and the sea");
    }
}

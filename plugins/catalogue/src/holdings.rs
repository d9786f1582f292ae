//! Copies within a record, as MARC 21 holdings practice writes them: a field `852`
//! (location) for each copy, and a field `876` (item information) beside it for what
//! `852` has no place for.
//!
//! ```text
//! 852 1# $c Kệ B2 $h 895.9223 $i D250M $p TK.00012 $t 1
//! 876 ## $p TK.00012 $t 1 $j repair $x bìa rách
//! ```
//!
//! The copies of a station lie beside its records and are the truth; the fields are made
//! for those who take a record along, and become copies again where it arrives. An
//! import puts aside only what [`add`] would write again to the letter, so that a
//! record of another library's comes out as it went in.

use tram_marc::{Field, Record, Subfield, Tag};

use crate::plain::insert;
use crate::shelf::Copy;
use crate::{keys, words};

/// The copies that a record brings along: holdings (`852`, `876`), and the items of
/// Koha (`952`). Those of another library, with neither number nor copy number, are no
/// copies of ours.
#[must_use]
pub fn read(record: &Record) -> Vec<Copy> {
    let mut out: Vec<Copy> = Vec::new();
    for field in &record.fields {
        let text = |code: char| field.subfield(code).unwrap_or_default().trim().to_owned();
        let copy = match field.tag().as_str() {
            "852" => {
                let item = record.fields("876").find(|item| is_of(item, field));
                let item = |code: char| item.and_then(|item| item.subfield(code)).unwrap_or_default().trim();
                let shelf = text('c');
                Copy {
                    accession: text('p'),
                    shelf: if shelf.is_empty() { text('b') } else { shelf },
                    call: [text('h'), text('i')].join(" ").trim().to_owned(),
                    state: words::state_named(item('j')).to_owned(),
                    note: item('x').to_owned(),
                    ..Copy::default()
                }
            }
            "952" => Copy {
                accession: text('p'),
                shelf: text('c'),
                call: text('o'),
                state: koha_state(field).to_owned(),
                ..Copy::default()
            },
            _ => continue,
        };
        if !copy.accession.is_empty() || (field.tag().as_str() == "852" && !text('t').is_empty()) {
            out.push(copy);
        }
    }
    out
}

/// Whether a field `876` tells of the copy of this `852`: by its number, else by the
/// number of the copy within the record.
fn is_of(item: &Field, place: &Field) -> bool {
    let same = |code: char| item.subfield(code).is_some() && item.subfield(code) == place.subfield(code);
    same('p') || (place.subfield('p').is_none() && item.subfield('p').is_none() && same('t'))
}

/// Koha's coded states: withdrawn, lost, damaged, not for loan.
fn koha_state(field: &Field) -> &'static str {
    let is_set = |code: char| field.subfield(code).is_some_and(|value| !matches!(value.trim(), "" | "0"));
    match () {
        () if is_set('0') => "withdrawn",
        () if is_set('1') => "lost",
        () if is_set('4') => "repair",
        () if is_set('7') => "reading-room",
        () => "available",
    }
}

/// The record with its copies. A field that another library's record has for one of
/// them gets the copy's place and keeps the rest. `public` leaves out staff notes.
#[must_use]
pub fn add(record: &Record, copies: &[Copy], public: bool) -> Record {
    let mut out = record.clone();
    for (at, copy) in copies.iter().enumerate() {
        let there = out.fields.iter_mut().find(|field| {
            field.tag().as_str() == "852"
                && !copy.accession.is_empty()
                && field.subfield('p').is_some_and(|p| keys::accession(p) == keys::accession(&copy.accession))
        });
        if let Some(Field::Data { subfields, .. }) = there {
            replace(subfields, copy);
        } else {
            insert(&mut out, place(copy, at + 1));
        }
        out.fields.retain(|field| {
            field.tag().as_str() != "876"
                || copy.accession.is_empty()
                || field.subfield('p') != Some(copy.accession.as_str())
        });
        insert(&mut out, item(copy, at + 1, public));
    }
    out
}

/// The record as it is kept, without the fields that say nothing but its copies.
#[must_use]
pub fn without(record: Record, copies: &[Copy]) -> Record {
    if copies.is_empty() {
        return record;
    }
    let mut bare = record.clone();
    bare.fields.retain(|field| !matches!(field.tag().as_str(), "852" | "876"));
    if add(&bare, copies, false) == record { bare } else { record }
}

fn subfields(parts: &[(char, &str)]) -> Vec<Subfield> {
    parts.iter().filter(|(_, text)| !text.is_empty()).map(|(code, text)| Subfield::new(*code, *text)).collect()
}

/// Class number and item part of a call number; the first is what stands before the
/// first blank.
fn halves(call: &str) -> (&str, &str) {
    call.split_once(' ').map_or((call, ""), |(class, rest)| (class, rest.trim_start()))
}

/// First indicator of `852`: 1 for Dewey, 8 for another scheme, blank for none.
fn scheme(call: &str) -> char {
    let digits = call.bytes().take_while(u8::is_ascii_digit).count();
    match (call.is_empty(), digits == 3) {
        (true, _) => ' ',
        (_, true) => '1',
        (_, false) => '8',
    }
}

fn place(copy: &Copy, number: usize) -> Option<Field> {
    let (class, rest) = halves(&copy.call);
    let number = number.to_string();
    let parts = [('c', copy.shelf.as_str()), ('h', class), ('i', rest), ('p', &copy.accession), ('t', &number)];
    Some(Field::data(Tag::parse("852")?, scheme(&copy.call), ' ', subfields(&parts)))
}

fn item(copy: &Copy, number: usize, public: bool) -> Option<Field> {
    let state = if matches!(copy.state.as_str(), "" | "available") { "" } else { copy.state.as_str() };
    let note = if public { "" } else { copy.note.as_str() };
    if state.is_empty() && note.is_empty() {
        return None;
    }
    let number = number.to_string();
    let parts = [('p', copy.accession.as_str()), ('t', &number), ('j', state), ('x', note)];
    Some(Field::data(Tag::parse("876")?, ' ', ' ', subfields(&parts)))
}

/// Puts a copy's place into the subfields of another library's field.
fn replace(subfields: &mut Vec<Subfield>, copy: &Copy) {
    let (class, rest) = halves(&copy.call);
    let text = |subfields: &[Subfield], code: char| {
        subfields.iter().find(|s| s.code == code).map(|s| s.value.trim().to_owned()).unwrap_or_default()
    };
    let shelf = text(subfields, 'c');
    let shelf = if shelf.is_empty() { text(subfields, 'b') } else { shelf };
    if shelf != copy.shelf {
        set(subfields, 'c', &copy.shelf);
    }
    let call = [text(subfields, 'h'), text(subfields, 'i')].join(" ");
    if call.trim() != copy.call {
        set(subfields, 'h', class);
        set(subfields, 'i', rest);
    }
}

fn set(subfields: &mut Vec<Subfield>, code: char, text: &str) {
    subfields.retain(|s| s.code != code || !text.is_empty());
    if text.is_empty() {
        return;
    }
    match subfields.iter_mut().find(|s| s.code == code) {
        Some(subfield) => subfield.value = text.to_owned(),
        None => {
            let at = subfields.iter().position(|s| s.code > code).unwrap_or(subfields.len());
            subfields.insert(at, Subfield::new(code, text));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::testing::record;

    fn copy(accession: &str, shelf: &str, call: &str, state: &str, note: &str) -> Copy {
        Copy {
            accession: accession.into(),
            shelf: shelf.into(),
            call: call.into(),
            state: state.into(),
            note: note.into(),
            ..Copy::default()
        }
    }

    fn written(record: &Record, tag: &str) -> Vec<String> {
        record
            .fields(tag)
            .map(|field| {
                let Field::Data { ind1, ind2, subfields, .. } = field else { return String::new() };
                let parts: Vec<String> = subfields.iter().map(|s| format!("${}{}", s.code, s.value)).collect();
                format!("{ind1}{ind2}{}", parts.join(""))
            })
            .collect()
    }

    #[test]
    fn copies_go_out_as_holdings_and_come_back_the_same() {
        let bare = record(&[("001", "x"), ("245", "10$aDế Mèn"), ("900", "  $aa")]);
        let copies = [
            copy("TK.00012", "Kệ B2", "895.9223 D250M", "available", ""),
            copy("TK.00013", "", "ĐV23", "repair", "bìa rách"),
            copy("", "Kho", "", "lost", ""),
            copy("", "Kho", "", "available", ""),
        ];
        let full = add(&bare, &copies, false);
        assert_eq!(
            written(&full, "852"),
            ["1 $cKệ B2$h895.9223$iD250M$pTK.00012$t1", "8 $hĐV23$pTK.00013$t2", "  $cKho$t3", "  $cKho$t4",]
        );
        assert_eq!(written(&full, "876"), ["  $pTK.00013$t2$jrepair$xbìa rách", "  $t3$jlost"]);
        assert_eq!(read(&full), copies);
        assert_eq!(without(full.clone(), &copies), bare);
        let numbered = &copies[..2];
        let once = add(&bare, numbered, false);
        assert_eq!(add(&once, numbered, false), once);
        // Others are not told what staff noted.
        assert_eq!(written(&add(&bare, &copies, true), "876"), ["  $pTK.00013$t2$jrepair", "  $t3$jlost"]);
        let fields = full.fields.iter().map(|f| f.tag().as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(fields.last().map(String::as_str), Some("900"));
    }

    #[test]
    fn another_librarys_holdings_stay_as_they_came() {
        let foreign = record(&[
            ("245", "10$aX"),
            ("852", "01$aVN-HN$bMain$cTầng 2$h500$iA1$p0001$zquý hiếm"),
            ("852", "  $aDLC"),
            ("900", "  $aa"),
        ]);
        let copies = read(&foreign);
        assert_eq!(copies, [copy("0001", "Tầng 2", "500 A1", "available", "")]);
        assert_eq!(without(foreign.clone(), &copies), foreign);
        assert_eq!(add(&foreign, &copies, false), foreign);
        // What was changed here goes out changed.
        let moved = [copy("0001", "Kệ 5", "501 A1", "available", "")];
        assert_eq!(
            written(&add(&foreign, &moved, false), "852"),
            ["01$aVN-HN$bMain$cKệ 5$h501$iA1$p0001$zquý hiếm", "  $aDLC"]
        );
    }

    #[test]
    fn kohas_items_are_copies() {
        let koha = record(&[("245", "10$aX"), ("952", "  $00$11$70$cKệ 1$o800 A$p12"), ("952", "  $00$10$71$p13")]);
        assert_eq!(read(&koha), [copy("12", "Kệ 1", "800 A", "lost", ""), copy("13", "", "", "reading-room", "")]);
        assert_eq!(without(koha.clone(), &read(&koha)), koha);
    }
}

//! What holds for every record and for every input.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use tram_marc::{
    Bad, Charset, Decoder, Encoding, Field, Format, Leader, Read, Record, Subfield, Tag, iso2709, marcxml,
};
use unicode_normalization::UnicodeNormalization as _;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "[a-yA-ZĂăÂâĐđÊêÔôƠơƯưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ ]{0,40}",
        "[&<>\"'\t\n\r\u{98}\u{9C}\u{FFFD}\u{300}-\u{36F}\u{FE20}-\u{FE2F}a-z]{0,20}",
        "\\PC{0,30}",
    ]
    .prop_map(|text: String| text.nfc().collect())
}

fn field() -> impl Strategy<Value = Field> {
    let subfield = ("[!-~]", text()).prop_map(|(code, text)| Subfield::new(code.chars().next().unwrap(), text));
    let data = ("(0[1-9]|[1-9][0-9])[0-9]|[A-Z]{3}", "[ -~]{2}", prop::collection::vec(subfield, 1..6)).prop_map(
        |(tag, indicators, subfields)| {
            let mut indicators = indicators.chars();
            let (ind1, ind2) = (indicators.next().unwrap(), indicators.next().unwrap());
            Field::data(Tag::parse(&tag).unwrap(), ind1, ind2, subfields)
        },
    );
    let control = ("00[1-9]|[A-Z]{3}", text()).prop_map(|(tag, text)| Field::control(Tag::parse(&tag).unwrap(), text));
    prop_oneof![data, control]
}

fn record() -> impl Strategy<Value = Record> {
    let leader = "[ -~]{24}".prop_map(|text| Leader::from_text(&text));
    (leader, prop::collection::vec(field(), 1..12)).prop_map(|(leader, fields)| Record { leader, fields })
}

/// All items of an input, fed in pieces.
fn pieces(format: Format, bytes: &[u8], size: usize) -> Vec<Result<Read, Bad>> {
    let mut decoder = Decoder::new(format, Charset::Detect).unwrap();
    let mut items = Vec::new();
    for piece in bytes.chunks(size) {
        decoder.push(piece);
        items.extend(&mut decoder);
    }
    decoder.finish();
    items.extend(&mut decoder);
    items
}

proptest! {
    #[test]
    fn iso2709_gives_back_what_it_took(records in prop::collection::vec(record(), 1..5), size in 1usize..200) {
        let mut file = Vec::new();
        for record in &records {
            iso2709::write(record, &mut file).unwrap();
        }
        for charset in [Charset::Declared, Charset::Detect, Charset::Force(Encoding::Utf8)] {
            let read: Vec<Read> = iso2709::Records::new(&file, charset).map(Result::unwrap).collect();
            prop_assert!(read.iter().all(|r| r.warnings.is_empty()));
            prop_assert_eq!(read.into_iter().map(|r| r.record).collect::<Vec<_>>(), records.clone());
        }
        prop_assert_eq!(Format::sniff(&file), Format::Iso2709);
        prop_assert_eq!(
            pieces(Format::Iso2709, &file, size),
            iso2709::Records::new(&file, Charset::Detect).collect::<Vec<_>>()
        );
    }

    #[test]
    fn marcxml_gives_back_what_it_took(records in prop::collection::vec(record(), 1..5), size in 1usize..200) {
        let mut file = String::from(marcxml::HEADER);
        for record in &records {
            prop_assert_eq!(marcxml::write_record(record, &mut file).characters, 0);
        }
        file.push_str(marcxml::FOOTER);
        let read: Vec<Read> = marcxml::Records::new(file.as_bytes(), Charset::Detect).map(Result::unwrap).collect();
        prop_assert!(read.iter().all(|r| r.warnings.is_empty()));
        prop_assert_eq!(&read.iter().map(|r| r.record.clone()).collect::<Vec<_>>(), &records);
        prop_assert_eq!(Format::sniff(file.as_bytes()), Format::MarcXml);
        prop_assert_eq!(
            pieces(Format::MarcXml, file.as_bytes(), size),
            read.into_iter().map(Ok).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing(mut record in record(), which in 0usize..5) {
        let tag = Tag::parse("500").unwrap();
        record.fields.push(match which {
            0 => Field::data(Tag::parse("RELATED").unwrap(), ' ', ' ', vec![Subfield::new('a', "x")]),
            1 => Field::data(tag, 'é', ' ', vec![Subfield::new('a', "x")]),
            2 => Field::data(tag, ' ', ' ', vec![Subfield::new('đ', "x")]),
            3 => Field::data(tag, ' ', ' ', vec![Subfield::new('a', "x\u{1E}y")]),
            _ => Field::data(tag, ' ', ' ', vec![Subfield::new('a', "x".repeat(10_000))]),
        });
        let mut out = b"before".to_vec();
        prop_assert!(iso2709::write(&record, &mut out).is_err());
        prop_assert_eq!(out, b"before");
    }
}

/// A generator of its own, so that the same inputs are tried everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn sample(title: &str) -> Record {
    let tag = |name| Tag::parse(name).unwrap();
    let fields = vec![
        Field::control(tag("001"), "tram-1"),
        Field::control(tag("008"), "020805s2002    vm a   j      000 1 vie  "),
        Field::data(tag("100"), '0', ' ', vec![Subfield::new('a', "Tô Hoài")]),
        Field::data(tag("245"), '1', '0', vec![Subfield::new('a', title), Subfield::new('c', "Tô Hoài & <ai>")]),
        Field::data(tag("650"), ' ', '4', vec![Subfield::new('a', "Văn học thiếu nhi")]),
    ];
    Record { fields, ..Record::default() }
}

/// Bytes as they come from files: UTF-8, MARC-8 under either leader, broken.
fn seed_iso2709() -> Vec<u8> {
    let mut file = Vec::new();
    for title in ["Dế Mèn phiêu lưu ký", "The pragmatic programmer", "x"] {
        iso2709::write(&sample(title), &mut file).unwrap();
    }
    let mut marc8 = Vec::new();
    iso2709::write(&sample("caf__e \x1b$1!0!\x1b(B"), &mut marc8).unwrap();
    for byte in &mut marc8 {
        if *byte == b'_' {
            *byte = 0xE2;
        }
    }
    file.extend(&marc8);
    file.extend(b"\r\n");
    marc8[9] = b' ';
    file.extend(&marc8);
    file
}

fn seed_marcxml() -> Vec<u8> {
    let mut xml = String::from(marcxml::HEADER);
    let _ = marcxml::write_record(&sample("Số đỏ"), &mut xml);
    xml.push_str("<!-- <record> --><![CDATA[<record>]]>");
    let _ = marcxml::write_record_in(&sample("A &amp; B"), &mut xml);
    xml.push_str(marcxml::FOOTER);
    xml.into_bytes()
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const TELLING: &[u8] = b"\x1B\x1D\x1E\x1F\x00\xE2\xFF09<>&;/\"' a";
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] = TELLING[random.below(TELLING.len())],
            2 => bytes.insert(at, TELLING[random.below(TELLING.len())]),
            3 => drop(bytes.drain(at..(at + 1 + random.below(40)).min(bytes.len()))),
            4 => {
                let end = (at + random.below(300)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => bytes.truncate(at.max(bytes.len() / 2)),
        }
        if bytes.is_empty() {
            bytes.push(b'0');
        }
    }
}

/// How many inputs are tried; more when somebody asks for it.
fn mutations() -> usize {
    std::env::var("TRAM_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

/// Broken input of any kind is read or reported, never a panic; pieces give
/// what the whole gives; and what was read can be written and read again.
#[test]
fn broken_input_is_reported_and_nothing_else() {
    let mut random = Random(0x7472_616D_2D6D_6172);
    let (mut good, mut bad) = (0, 0);
    for (format, seed) in [(Format::Iso2709, seed_iso2709()), (Format::MarcXml, seed_marcxml())] {
        for _ in 0..mutations() {
            let mut bytes = seed.clone();
            mutate(&mut bytes, &mut random);
            let whole: Vec<_> = match format {
                Format::MarcXml => marcxml::Records::new(&bytes, Charset::Detect).collect(),
                _ => iso2709::Records::new(&bytes, Charset::Detect).collect(),
            };
            let mut at = 0;
            for item in &whole {
                let (offset, length) = match item {
                    Ok(read) => (read.offset, read.length),
                    Err(bad) => (bad.offset, bad.length),
                };
                assert!(offset >= at, "items overlap");
                at = offset + length;
                assert!(at <= bytes.len() as u64, "an item reaches past the end");
                match item {
                    Ok(read) => {
                        good += 1;
                        let mut xml = String::new();
                        assert_eq!(marcxml::write_record(&read.record, &mut xml).characters, 0);
                        let again = marcxml::Records::new(xml.as_bytes(), Charset::Declared).next().unwrap().unwrap();
                        assert_eq!(again.record, read.record);
                    }
                    Err(_) => bad += 1,
                }
            }
            assert_eq!(pieces(format, &bytes, 1 + random.below(500)), whole);
        }
    }
    // The mutations must reach both ways, or they would show nothing.
    assert!(good > 10_000 && bad > 3_000, "{good} read, {bad} reported");
}

/// No good record is lost behind a broken one: whatever is done to the first,
/// the others are read.
#[test]
fn good_records_survive_their_neighbours() {
    let mut random = Random(99);
    let mut first = Vec::new();
    iso2709::write(&sample("Tắt đèn"), &mut first).unwrap();
    let mut others = Vec::new();
    for title in ["Số đỏ", "Chí Phèo"] {
        iso2709::write(&sample(title), &mut others).unwrap();
    }
    for _ in 0..5_000 {
        let mut file = first.clone();
        mutate(&mut file, &mut random);
        // A record that was cut and lost its terminator as well is joined to
        // the next one, which is found by its leader.
        file.extend(&others);
        let titles: Vec<_> =
            iso2709::Records::new(&file, Charset::Detect).flatten().filter_map(|read| read.record.title()).collect();
        assert!(titles.ends_with(&["Số đỏ".to_owned(), "Chí Phèo".to_owned()]), "{titles:?}");
    }
}

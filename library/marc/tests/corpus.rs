//! Every file of the corpus: each record is read or reported, and survives
//! both forms.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use std::fmt::Write as _;

use common::{contents, corpus};
use tram_marc::{Bad, Charset, Decoder, Format, Read, Warning, iso2709, marcxml};

type Item = Result<Read, Bad>;

fn read(bytes: &[u8], charset: Charset) -> Vec<Item> {
    match Format::sniff(bytes) {
        Format::MarcXml => marcxml::Records::new(bytes, charset).collect(),
        _ => iso2709::Records::new(bytes, charset).collect(),
    }
}

/// For each file how many records were read without a word, with a warning,
/// and not at all. `UPDATE_COUNTS=1` writes it anew.
///
/// pymarc 5.4 (permissive, each file by itself) reads 18,269 records of `raw/`
/// and reports 128; here they are 18,511 and 7. Where the numbers part:
///
/// - pymarc ends at a record it cannot find the end of, and loses the ones
///   behind it without a word: `t_bu_bibs` (2 of 100), `000-line-seperated`
///   (1 of 20, a line end between records), `bad_hathi_records`,
///   `bad_too_long_plus_2`, `marcspec_music`.
/// - It gives up a whole XML file for one record: `wrong-marcxml`,
///   `three-records-second-bad`.
/// - Its reader is strict about the leader's lies: 85 records of
///   `pride-and-prejudice-with-many-errors` and others say UTF-8 and are MARC-8
///   or Windows-1252, or have lost the first digit of their directory.
/// - It counts pieces: `bad_records` has 8 records, of which it reports 7 and
///   reads 2; `split_items_test` has 11 good ones, 6 of them with a byte
///   in the leader that is not ASCII.
/// - It takes PICA for MARC (`pica.xml`), which is refused here.
///
/// The seven: a record cut off by the end of its file, two elements without
/// tag, PICA, two directories without tags and a record without fields.
const COUNTS: &str = include_str!("corpus.tsv");

#[test]
fn counts_stay_as_they_are() {
    let files = files();
    if files.is_empty() {
        return;
    }
    let mut counts = String::from("file\tclean\twarned\tbad\n");
    for (name, bytes) in &files {
        let items = read(bytes, Charset::Detect);
        let clean = items.iter().flatten().filter(|read| read.warnings.is_empty()).count();
        let warned = items.iter().flatten().count() - clean;
        let bad = items.iter().filter(|item| item.is_err()).count();
        writeln!(counts, "{name}\t{clean}\t{warned}\t{bad}").unwrap();
    }
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus.tsv"), &counts).unwrap();
    } else {
        let different: Vec<_> = counts.lines().filter(|line| !COUNTS.contains(line)).collect();
        assert!(different.is_empty(), "not as in corpus.tsv (UPDATE_COUNTS=1 rewrites it):\n{}", different.join("\n"));
        assert_eq!(counts.lines().count(), COUNTS.lines().count());
    }
}

/// All files, or none with a word about it.
fn files() -> Vec<(String, Vec<u8>)> {
    let files = corpus();
    if files.is_empty() {
        eprintln!("skipped: the corpus is not here");
    }
    files.into_iter().map(|(name, path)| (name, contents(&path))).collect()
}

fn terminators(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| **b == 0x1D).count()
}

/// Every byte of a file is in one item, or is padding; and each terminator ends
/// an item, unless the item says that it stands in a field.
#[test]
fn every_byte_is_accounted_for() {
    for (name, bytes) in files() {
        if Format::sniff(&bytes) != Format::Iso2709 {
            continue;
        }
        let (mut at, mut inside, mut padding) = (0, 0, 0);
        for (number, item) in iso2709::Records::new(&bytes, Charset::Detect).enumerate() {
            let (index, offset, length) = match &item {
                Ok(read) => (read.index, read.offset, read.length),
                Err(bad) => (bad.index, bad.offset, bad.length),
            };
            let (start, end) = (offset as usize, (offset + length) as usize);
            assert_eq!(index, number as u64, "{name}");
            assert!(start >= at && end > start, "{name}: record {number}");
            let gap = &bytes[at..start];
            assert!(gap.iter().all(|b| b"\r\n\0\x1A\x1D \t\xEF\xBB\xBF".contains(b)), "{name}: {gap:?}");
            let embedded = item.as_ref().is_ok_and(|read| read.warnings.contains(&Warning::EmbeddedTerminator));
            assert!(embedded || terminators(&bytes[start..end]) <= 1, "{name}: record {number}");
            inside += terminators(&bytes[start..end]);
            padding += terminators(gap);
            at = end;
        }
        assert_eq!(inside + padding + terminators(&bytes[at..]), terminators(&bytes), "{name}");
        assert!(bytes[at..].iter().all(|b| b"\r\n\0\x1A\x1D \t".contains(b)), "{name}: the tail");
    }
}

/// What is written is read again as it was, in both forms; and what ISO 2709
/// cannot hold is refused by name.
#[test]
fn records_survive_both_forms() {
    let mut refused = std::collections::BTreeMap::new();
    let mut records = 0;
    for (name, bytes) in files() {
        for read in read(&bytes, Charset::Detect).into_iter().flatten() {
            records += 1;
            let mut xml = String::from(marcxml::HEADER);
            assert_eq!(marcxml::write_record(&read.record, &mut xml).characters, 0, "{name} {}", read.index);
            xml.push_str(marcxml::FOOTER);
            let again: Vec<_> = marcxml::Records::new(xml.as_bytes(), Charset::Declared).map(Result::unwrap).collect();
            assert_eq!(again.len(), 1, "{name} {}", read.index);
            assert_eq!(again[0].record, read.record, "{name} {}", read.index);
            assert_eq!(again[0].warnings, [], "{name} {}", read.index);

            let mut file = Vec::new();
            match iso2709::write(&read.record, &mut file) {
                Ok(()) => {}
                Err(error) => {
                    let error = format!("{error:?}");
                    let kind = error.split(['(', ' ', '{']).next().unwrap().to_owned();
                    *refused.entry(kind).or_insert(0) += 1;
                    continue;
                }
            }
            let again: Vec<_> = iso2709::Records::new(&file, Charset::Declared).map(Result::unwrap).collect();
            assert_eq!(again.len(), 1, "{name} {}", read.index);
            assert_eq!(again[0].record, read.record, "{name} {}", read.index);
            assert_eq!(again[0].warnings, [], "{name} {}", read.index);
        }
    }
    if records > 0 {
        // Bibliographies of hundreds of copies, and a text in one field.
        assert_eq!(refused, REFUSED.map(|(kind, count)| (kind.to_owned(), count)).into());
    }
}

/// What records of the corpus ISO 2709 cannot hold, by the name of the error.
const REFUSED: [(&str, i32); 2] = [("FieldTooLong", 1), ("RecordTooLong", 3)];

/// Fed in pieces of any size, a decoder gives what the whole file gives.
#[test]
fn pieces_make_no_difference() {
    for (name, bytes) in files() {
        let sizes: &[usize] = match bytes.len() {
            0..20_000 => &[1, 7, 4096],
            20_000..2_000_000 => &[997, 65_536],
            _ => &[65_536],
        };
        let whole = read(&bytes, Charset::Detect);
        for size in sizes {
            let format = match Format::sniff(&bytes) {
                Format::MarcXml => Format::MarcXml,
                _ => Format::Iso2709,
            };
            let mut decoder = Decoder::new(format, Charset::Detect).unwrap();
            let mut items = Vec::new();
            for piece in bytes.chunks(*size) {
                decoder.push(piece);
                items.extend(&mut decoder);
            }
            decoder.finish();
            items.extend(&mut decoder);
            assert!(items == whole, "{name} in pieces of {size}: {} items, not {}", items.len(), whole.len());
        }
    }
}

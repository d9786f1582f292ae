//! Every file of the corpus: each record is read or reported, and survives
//! both forms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use std::fmt::Write as _;

use common::{contents, corpus};
use tram_marc::{Bad, Charset, Format, Read, iso2709, marcxml};

type Item = Result<Read, Bad>;

fn read(bytes: &[u8], charset: Charset) -> Vec<Item> {
    match Format::sniff(bytes) {
        Format::MarcXml => marcxml::Records::new(bytes, charset).collect(),
        _ => iso2709::Records::new(bytes, charset).collect(),
    }
}

/// For each file how many records were read without a word, with a warning,
/// and not at all.
const COUNTS: &str = include_str!("corpus.tsv");

#[test]
fn counts_stay_as_they_are() {
    let files = corpus();
    if files.is_empty() {
        eprintln!("skipped: the corpus is not here");
        return;
    }
    let mut counts = String::from("file\tclean\twarned\tbad\n");
    for (name, path) in &files {
        let items = read(&contents(path), Charset::Detect);
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

//! What several tests need.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use tram_journal::{CollectionSpec, Context, History, IndexSpec, Journal, Options, Time, TimeQuality};

pub(crate) fn options() -> Options {
    Options { reserve: 0, min_free: 0, segment_size: 64 << 10, ..Options::default() }
}

pub(crate) fn index(name: &str, unique: bool, personal: bool) -> IndexSpec {
    IndexSpec { name: name.into(), unique, personal }
}

pub(crate) fn spec(name: &str, history: History, public: bool) -> CollectionSpec {
    let indexes = vec![index("tag", false, false), index("only", true, false)];
    CollectionSpec { name: name.into(), history, public, schema: 1, indexes }
}

pub(crate) fn person() -> CollectionSpec {
    CollectionSpec {
        name: "person".into(),
        history: History::Full,
        public: false,
        schema: 1,
        indexes: vec![index("number", true, true)],
    }
}

pub(crate) fn ctx() -> Context {
    Context { time: Time { unix_ms: 1_760_000_000_000, quality: TimeQuality::Ntp }, ..Context::new("tester", "lib") }
}

pub(crate) fn new(dir: &Path) -> Journal {
    new_with(dir, options())
}

pub(crate) fn new_with(dir: &Path, options: Options) -> Journal {
    let journal = Journal::create(dir, options).unwrap();
    journal
        .declare(
            "lib",
            &[
                spec("book", History::Full, true),
                spec("loan", History::Latest { days: 30 }, false),
                spec("session", History::Scratch, false),
                person(),
            ],
        )
        .unwrap();
    journal
}

/// True when `needle` stands in any file under `dir`.
pub(crate) fn found_in_files(dir: &Path, needle: &[u8]) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hits.extend(found_in_files(&path, needle));
        } else if std::fs::read(&path).unwrap().windows(needle.len()).any(|w| w == needle) {
            hits.push(path.display().to_string());
        }
    }
    hits
}

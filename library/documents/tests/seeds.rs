//! The small hostile files that the fuzzer begins with (`tests/fuzz/seeds`): each was
//! made of something that once went wrong, and has its verdict here.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Cursor;
use std::path::Path;

use tram_documents::{Code, Result, Sink, look};

struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Kind and number of pages with text, or why it is refused.
type Verdict = Result<(&'static str, usize), Code>;

/// The seed, and the name that it goes by.
const TABLE: &[(&str, &str, Verdict)] = &[
    ("doc-circle", "a.doc", Err(Code::Unreadable)),
    ("epub-named-twice", "a.epub", Ok(("book", 1))),
    ("html-signs", "a.html", Ok(("document", 1))),
    ("mkv-cut-track", "a", Err(Code::Unreadable)),
    ("mp3-long-tag", "a.mp3", Ok(("audio", 0))),
    ("mp4-long-head", "a.mp4", Ok(("audio", 0))),
    ("ods-repeated", "a", Ok(("sheet", 1))),
    ("pptx-named-twice", "a.pptx", Ok(("slides", 1))),
    ("scorm-folders", "a.zip", Ok(("package", 1))),
    ("srt-minutes", "a.srt", Ok(("subtitles", 120))),
    ("svg-twice", "a.svg", Ok(("picture", 0))),
    ("xls-far-cells", "a.doc", Err(Code::TooMuch)),
    ("xls-near-cells", "a.doc", Ok(("sheet", 1))),
    ("xlsb-long-record", "a.xlsx", Err(Code::Unreadable)),
    ("xlsx-corners", "a.xlsx", Ok(("sheet", 1))),
    ("xlsx-many-texts", "a.xlsx", Err(Code::Unreadable)),
];

#[test]
fn every_seed_has_its_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds/documents");
    let mut names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, TABLE.iter().map(|(seed, ..)| *seed).collect::<Vec<_>>());
    for (seed, name, verdict) in TABLE {
        let bytes = std::fs::read(folder.join(seed)).unwrap();
        // The first byte tells the fuzzer which name to give it.
        let found = look(name, &mut Cursor::new(&bytes[1..]), &mut Nowhere);
        match (found, verdict) {
            (Ok(found), Ok((kind, pages))) => {
                let document = found.document;
                let filled = document.pages.iter().filter(|page| !page.text.is_empty()).count();
                assert_eq!((document.kind.as_str(), filled), (*kind, *pages), "{seed}");
            }
            (Err(refusal), Err(code)) => assert_eq!(refusal.code, *code, "{seed}: {refusal}"),
            (found, _) => panic!("{seed}: {found:?}"),
        }
    }
}

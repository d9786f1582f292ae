//! Any bytes under any name: an answer within bounds, no panic, and a flat form that
//! reads whole. The first byte chooses the name.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tram_contract::flat::{Index, TAIL};
use tram_documents::{Result, Sink, look};

#[derive(Default)]
struct Kept(Vec<u8>, bool);

impl Sink for Kept {
    fn begin(&mut self, _name: &str, _media_type: &str) -> Result<()> {
        assert!(self.0.is_empty());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        assert!(bytes.len() <= 1 << 20);
        self.0.extend(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.1 = true;
        Ok(())
    }
}

const NAMES: [&str; 16] = [
    "a.zip", "a.docx", "a.pdf", "a.mp4", "a.h5p", "a.epub", "a.pptx", "a.xlsx", "a.doc", "a.ppt", "a.html", "a.srt", "a.svg",
    "a.jpg", "a.mp3", "a",
];

fuzz_target!(|data: &[u8]| {
    let Some((first, data)) = data.split_first() else { return };
    let mut kept = Kept::default();
    let Ok(found) = look(NAMES[usize::from(*first) % 16], &mut Cursor::new(data), &mut kept) else { return };
    let text: usize = found.document.pages.iter().map(|page| page.text.len()).sum();
    assert!(text <= 4 << 20 && found.derived.len() <= 64);
    assert!(found.derived.iter().map(|file| file.2.len()).sum::<usize>() <= 4 << 20);
    if kept.1 {
        let tail = kept.0.last_chunk::<TAIL>().expect("a tail");
        let place = Index::place(kept.0.len() as u64, tail).expect("an index");
        Index::parse(place.start, &kept.0[place.start as usize..place.end as usize]).expect("a good index");
    }
});

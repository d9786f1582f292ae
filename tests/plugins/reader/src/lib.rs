//! An extractor for tests of the host: plain text in, pages out. Some files make it
//! loop, eat memory, panic or lie.

use tram_sdk::extract::{Page, Sink};
use tram_sdk::points::Source;
use tram_sdk::prelude::*;
use tram_sdk::{Error, Extracted, Extractor};

struct Reader;

impl Extractor for Reader {
    fn extract(name: &str, _media_type: &str, source: &mut dyn Source) -> Result<Extracted> {
        let mut text = String::new();
        source.read_to_string(&mut text).map_err(|_| {
            Error::new("unreadable", Text::vi_en("Tệp không phải chữ UTF-8.", "The file is not text in UTF-8."))
        })?;
        match name {
            "loop.txt" => loop {
                std::hint::black_box(&text);
            },
            "memory.txt" => {
                let mut held = vec![text.into_bytes()];
                loop {
                    held.push(vec![1; 8 << 20]);
                    std::hint::black_box(&held);
                }
            }
            "panic.txt" => panic!("as asked"),
            // Large files: a whole one, one that is left open, one without an end, and
            // writing without a beginning.
            "made.txt" => {
                Sink.begin("made.bin", "application/octet-stream")?;
                Sink.write(&vec![7; 6 << 20])?;
                Sink.end()?;
            }
            "begun.txt" => {
                Sink.begin("begun.bin", "application/octet-stream")?;
                Sink.write(b"never ended")?;
            }
            "flood.txt" => {
                Sink.begin("flood.bin", "application/octet-stream")?;
                loop {
                    Sink.write(&[7; 1 << 16])?;
                }
            }
            "order.txt" => Sink.write(b"before the beginning")?,
            "large.txt" => text = "x".repeat(9 << 20),
            _ => {}
        }
        let pages: Vec<Page> = (1..)
            .zip(text.split('\u{c}'))
            .map(|(number, text)| Page { number, text: text.to_owned(), ..Page::default() })
            .collect();
        let mut found = Extracted::default();
        found.document.kind = "document".into();
        found.document.media_type = "text/plain".into();
        found.document.page_count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        found.document.pages = pages;
        found.derived.push(("thumbnail.txt".into(), "text/plain".into(), name.as_bytes().to_vec()));
        Ok(found)
    }
}

tram_sdk::export!(Reader: extractor);

//! Looks into files from strangers for other plugins: a component without any
//! capability around `tram_documents`, which does the work.

use std::io::{Read, Seek};

use tram_documents::{Refusal, Sink};
use tram_sdk::points::Source;
use tram_sdk::{Error, Extracted, Extractor, Result, Text};

struct Extract;

/// The host's sink, as the library wants it.
#[derive(Default)]
struct Host {
    sink: tram_sdk::extract::Sink,
    /// What the host said when it refused: more than the library's words can hold.
    refused: Option<Error>,
}

impl Host {
    fn kept(&mut self, answer: Result<()>) -> tram_documents::Result<()> {
        answer.map_err(|error| {
            self.refused = Some(error);
            Refusal::too_much()
        })
    }
}

impl Sink for Host {
    fn begin(&mut self, name: &str, media_type: &str) -> tram_documents::Result<()> {
        let answer = self.sink.begin(name, media_type);
        self.kept(answer)
    }

    fn write(&mut self, bytes: &[u8]) -> tram_documents::Result<()> {
        let answer = self.sink.write(bytes);
        self.kept(answer)
    }

    fn end(&mut self) -> tram_documents::Result<()> {
        let answer = self.sink.end();
        self.kept(answer)
    }
}

/// A borrowed source that has a size of its own.
struct Whole<'a>(&'a mut dyn Source);

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for Whole<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

impl Extractor for Extract {
    fn extract(name: &str, _media_type: &str, source: &mut dyn Source) -> Result<Extracted> {
        // The browser's word about the kind may lie; the content decides.
        let mut host = Host::default();
        match tram_documents::look(name, &mut Whole(source), &mut host) {
            Ok(found) => Ok(Extracted { document: found.document, derived: found.derived }),
            Err(refusal) => Err(host
                .refused
                .unwrap_or_else(|| Error::new(refusal.code.word(), Text::vi_en(refusal.vi, refusal.en)))),
        }
    }
}

tram_sdk::export!(Extract: extractor);

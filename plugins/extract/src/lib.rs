//! Looks into files from strangers for other plugins: a component without any
//! capability around `tram_documents`, which does the work.

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

impl Extractor for Extract {
    fn extract(name: &str, _media_type: &str, mut source: &mut dyn Source) -> Result<Extracted> {
        // The browser's word about the kind may lie; the content decides.
        let mut host = Host::default();
        match tram_documents::look(name, &mut source, &mut host) {
            Ok(found) => Ok(Extracted { document: found.document, derived: found.derived }),
            Err(refusal) => Err(host
                .refused
                .unwrap_or_else(|| Error::new(refusal.code.word(), Text::vi_en(refusal.vi, refusal.en)))),
        }
    }
}

tram_sdk::export!(Extract: extractor);

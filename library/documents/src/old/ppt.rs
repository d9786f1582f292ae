//! PowerPoint 97 to 2003: a tree of records; text stands in atoms. The list of slides
//! in the document holds most of it, slides the rest.

use super::compound::Compound;
use crate::{Refusal, Result, bytes, plain};

const MAX_RECORDS: usize = 500_000;

/// Texts of each slide.
pub(super) fn slides(file: &Compound) -> Result<Vec<Vec<String>>> {
    let stream = file.stream("PowerPoint Document").ok_or_else(Refusal::damaged)?;
    if file.has("EncryptedSummary") {
        return Err(Refusal::encrypted());
    }
    let mut walk = Walk { listed: Vec::new(), drawn: Vec::new(), records: 0, place: Place::Elsewhere };
    walk.records(&stream, 0);
    let mut slides = walk.listed;
    // Texts in boxes of the slides themselves, in the same order.
    for (at, drawn) in walk.drawn.into_iter().enumerate() {
        match slides.get_mut(at) {
            Some(slide) => slide.extend(drawn),
            None => slides.push(drawn),
        }
    }
    Ok(slides)
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Elsewhere,
    List,
    Slide,
}

struct Walk {
    listed: Vec<Vec<String>>,
    drawn: Vec<Vec<String>>,
    records: usize,
    place: Place,
}

impl Walk {
    fn records(&mut self, mut rest: &[u8], depth: usize) {
        while let (Some(version), Some(kind), Some(length)) =
            (bytes::u16_le(rest, 0), bytes::u16_le(rest, 2), bytes::u32_le(rest, 4))
        {
            self.records += 1;
            if self.records > MAX_RECORDS || depth > 32 {
                return;
            }
            let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8).min(rest.len());
            let body = rest.get(8..end).unwrap_or_default();
            let before = self.place;
            match kind {
                // List of slides (instance 0: not of masters or notes).
                0x0ff0 if version >> 4 == 0 => self.place = Place::List,
                0x0ff0 => self.place = Place::Elsewhere,
                0x03ee => {
                    self.place = Place::Slide;
                    self.drawn.push(Vec::new());
                }
                // A master or its like.
                0x03f8 | 0x03f0 => self.place = Place::Elsewhere,
                0x03f3 if self.place == Place::List => self.listed.push(Vec::new()),
                0x0fa0 => self.text(plain::decode(&[&[0xff, 0xfe], body].concat())),
                0x0fa8 => self.text(plain::windows_1252(body)),
                _ => {}
            }
            if version & 15 == 15 {
                self.records(body, depth + 1);
            }
            self.place = before;
            rest = rest.get(end..).unwrap_or_default();
        }
    }

    fn text(&mut self, text: String) {
        let into = match self.place {
            Place::List => self.listed.last_mut(),
            Place::Slide => self.drawn.last_mut(),
            Place::Elsewhere => None,
        };
        let text = text.replace(['\r', '\u{b}'], "\n");
        if let Some(into) = into
            && !text.trim().is_empty()
        {
            into.push(text);
        }
    }
}

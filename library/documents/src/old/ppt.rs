//! PowerPoint 97 to 2003: a tree of records; text stands in atoms. The list of slides
//! in the document holds most of it, slides the rest.

use super::compound::Compound;
use crate::pages::MAX_TEXT;
use crate::{Refusal, Result, bytes, plain};

const MAX_RECORDS: usize = 500_000;

/// Texts of each slide.
pub(super) fn slides(file: &Compound) -> Result<Vec<Vec<String>>> {
    let stream = file.stream("PowerPoint Document").ok_or_else(Refusal::damaged)?;
    if file.has("EncryptedSummary") {
        return Err(Refusal::encrypted());
    }
    let mut walk = Walk { listed: Vec::new(), drawn: Vec::new(), records: 0, letters: 0, place: Place::Elsewhere };
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
    /// Bytes of text so far.
    letters: usize,
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
                0x0fa0 => self.text(body, |body| plain::decode(&[&[0xff, 0xfe], body].concat())),
                0x0fa8 => self.text(body, plain::windows_1252),
                _ => {}
            }
            if version & 15 == 15 {
                self.records(body, depth + 1);
            }
            self.place = before;
            rest = rest.get(end..).unwrap_or_default();
        }
    }

    fn text(&mut self, body: &[u8], decode: fn(&[u8]) -> String) {
        // More is not kept of a file. A record that holds records of its own may also be
        // text, at each depth.
        let body = body.get(..body.len().min(MAX_TEXT.saturating_sub(self.letters))).unwrap_or_default();
        let into = match self.place {
            Place::List => self.listed.last_mut(),
            Place::Slide => self.drawn.last_mut(),
            Place::Elsewhere => None,
        };
        let Some(into) = into else { return };
        self.letters += body.len();
        let text = decode(body).replace(['\r', '\u{b}'], "\n");
        if !text.trim().is_empty() {
            into.push(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(version: u16, kind: u16, body: &[u8]) -> Vec<u8> {
        let mut out = version.to_le_bytes().to_vec();
        out.extend(kind.to_le_bytes());
        out.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        out.extend(body);
        out
    }

    fn walked(stream: &[u8]) -> Walk {
        let mut walk = Walk { listed: Vec::new(), drawn: Vec::new(), records: 0, letters: 0, place: Place::Elsewhere };
        walk.records(stream, 0);
        walk
    }

    #[test]
    fn slides_are_read_from_list_and_boxes() {
        let wide: Vec<u8> = "Bài 1\rĐất".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let list = record(15, 0x0ff0, &[record(0, 0x03f3, &[0; 20]), record(0, 0x0fa0, &wide)].concat());
        let slide = record(15, 0x03ee, &record(15, 0x1234, &record(0, 0x0fa8, b"box")));
        let walk = walked(&[list, slide].concat());
        assert_eq!(walk.listed, [["Bài 1\nĐất"]]);
        assert_eq!(walk.drawn, [["box"]]);
    }

    /// Thirty records within each other that are all text too: each held the rest anew.
    #[test]
    fn text_within_text_is_not_gathered_over_and_over() {
        let mut text = record(0, 0x0fa8, &vec![b'x'; MAX_TEXT]);
        for _ in 0..30 {
            text = record(15, 0x0fa8, &text);
        }
        let walk = walked(&record(15, 0x03ee, &text));
        let held: usize = walk.drawn.iter().flatten().map(String::len).sum();
        assert!(held > 0 && held <= MAX_TEXT * 3, "{held}");
    }
}

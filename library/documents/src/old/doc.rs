//! Word 97 to 2003: the text lies in pieces, listed in the table stream.

use super::compound::Compound;
use crate::pages::MAX_TEXT;
use crate::{Refusal, Result, bytes, plain};

/// The text, with its control characters: 13 ends a paragraph, 12 a page, 7 a cell.
pub(super) fn text(file: &Compound) -> Result<String> {
    let main = file.stream("WordDocument").ok_or_else(Refusal::damaged)?;
    let flags = bytes::u16_le(&main, 10).ok_or_else(Refusal::damaged)?;
    if flags & 0x0100 != 0 {
        return Err(Refusal::encrypted());
    }
    let table = if flags & 0x0200 != 0 { "1Table" } else { "0Table" };
    pieces(&main, &file.stream(table).unwrap_or_default()).map(|text| fields(&text)).ok_or_else(Refusal::damaged)
}

fn pieces(main: &[u8], table: &[u8]) -> Option<String> {
    let at = usize::try_from(bytes::u32_le(main, 0x01a2)?).ok()?;
    let length = usize::try_from(bytes::u32_le(main, 0x01a6)?).ok()?;
    let mut clx = table.get(at..at.checked_add(length)?)?;
    // Formatting comes first, in parts marked 1; the list of pieces is marked 2.
    while let Some((1, _)) = clx.split_first() {
        clx = clx.get(3 + usize::from(bytes::u16_le(clx, 1)?)..)?;
    }
    if clx.first() != Some(&2) {
        return None;
    }
    let length = usize::try_from(bytes::u32_le(clx, 1)?).ok()?;
    let list = clx.get(5..5usize.checked_add(length)?)?;
    let count = length.checked_sub(4)? / 12;
    let mut out = String::new();
    for piece in 0..count {
        let (from, to) = (bytes::u32_le(list, piece * 4)?, bytes::u32_le(list, piece * 4 + 4)?);
        let letters = usize::try_from(to.checked_sub(from)?).ok()?.min(MAX_TEXT);
        let place = bytes::u32_le(list, (count + 1) * 4 + piece * 8 + 2)?;
        // The second highest bit: one byte a letter, and the place is doubled.
        let narrow = place & 0x4000_0000 != 0;
        let place = usize::try_from(place & 0x3fff_ffff).ok()?;
        if narrow {
            let place = place / 2;
            out.push_str(&plain::windows_1252(main.get(place..place.checked_add(letters)?)?));
        } else {
            let wide = main.get(place..place.checked_add(letters.checked_mul(2)?)?)?;
            let units = wide.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
            out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        if out.len() > MAX_TEXT * 2 {
            break;
        }
    }
    Some(out)
}

/// Without the instructions of fields: of `19 HYPERLINK … 20 text 21` the text.
fn fields(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden = Vec::new();
    for c in text.chars() {
        match c {
            '\u{13}' => hidden.push(true),
            '\u{14}' => {
                if let Some(last) = hidden.last_mut() {
                    *last = false;
                }
            }
            '\u{15}' => {
                hidden.pop();
            }
            c if !hidden.contains(&true) => out.push(c),
            _ => {}
        }
        if hidden.len() > 50 {
            hidden.clear();
        }
    }
    out
}

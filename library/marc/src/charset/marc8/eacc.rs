//! East Asian Character Code (ANSI Z39.64): 15,745 characters of three bytes.

use std::cmp::Ordering;

/// Made by `tables/generate.py`, which describes its layout.
static TABLE: &[u8] = include_bytes!("eacc.bin");

/// Characters outside of the 65,536 that the table can name.
const SUPPLEMENTARY: [(u32, char); 3] =
    [(0x21_75_59, '\u{212C4}'), (0x22_2A_34, '\u{2251B}'), (0x22_33_39, '\u{22C4D}')];

/// The bytes of a run's head: first code, number of characters, place of the
/// first character.
const HEAD: usize = 6;

/// The character of a code of three 7-bit bytes.
pub(super) fn char_of(code: [u8; 3]) -> Option<char> {
    if let Some((_, c)) = SUPPLEMENTARY.iter().find(|(known, _)| *known == number(code)) {
        return Some(*c);
    }
    let (count, rest) = TABLE.split_first_chunk::<2>()?;
    let (heads, chars) = rest.split_at_checked(usize::from(u16::from_le_bytes(*count)) * HEAD)?;
    let (heads, []) = heads.as_chunks::<HEAD>() else {
        return None;
    };
    let wanted = number(code);
    let run = heads
        .binary_search_by(|&[a, b, c, length, _, _]| {
            let first = number([a, b, c]);
            if wanted < first {
                Ordering::Greater
            } else if wanted - first < u32::from(length) {
                Ordering::Equal
            } else {
                Ordering::Less
            }
        })
        .ok()?;
    let &[a, b, c, _, low, high] = heads.get(run)?;
    let within = usize::try_from(wanted - number([a, b, c])).ok()?;
    let at = (usize::from(u16::from_le_bytes([low, high])) + within) * 2;
    let (unit, _) = chars.get(at..)?.split_first_chunk::<2>()?;
    char::from_u32(u32::from(u16::from_le_bytes(*unit)))
}

fn number([a, b, c]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, a, b, c])
}

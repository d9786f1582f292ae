//! MARC-8: character sets that escape sequences switch between, with marks in
//! front of the letters they belong to.
//!
//! MARC 21 Specifications for Record Structure, Character Sets and Exchange
//! Media: "MARC-8 Encoding Environment".

mod eacc;
mod sets;

use unicode_normalization::char::canonical_combining_class;

/// What decoding gave.
pub(super) struct Decoded {
    /// The text, marks behind their letters; not normalised.
    pub(super) text: String,
    /// Bytes that mean nothing and became U+FFFD.
    pub(super) unknown: u32,
    /// Marks that stand before no letter.
    pub(super) dangling: u32,
}

/// What a table holds for the second half of a mark over two letters: the
/// first half has become the whole mark.
const NOTHING: char = '\u{FFFF}';

#[derive(Clone, Copy)]
enum Set {
    Ascii,
    /// A set of one byte a character.
    Single(&'static [u16; 94]),
    /// East Asian: three bytes a character.
    Eacc,
}

/// The set that a final byte of an escape sequence designates.
fn set(final_byte: u8) -> Option<Set> {
    Some(match final_byte {
        b'B' | b's' => Set::Ascii,
        b'2' => Set::Single(&sets::BASIC_HEBREW),
        b'3' => Set::Single(&sets::BASIC_ARABIC),
        b'4' => Set::Single(&sets::EXTENDED_ARABIC),
        b'E' => Set::Single(&sets::EXTENDED_LATIN),
        b'N' => Set::Single(&sets::BASIC_CYRILLIC),
        b'Q' => Set::Single(&sets::EXTENDED_CYRILLIC),
        b'S' => Set::Single(&sets::BASIC_GREEK),
        b'b' => Set::Single(&sets::SUBSCRIPTS),
        b'g' => Set::Single(&sets::GREEK_SYMBOLS),
        b'p' => Set::Single(&sets::SUPERSCRIPTS),
        b'1' => Set::Eacc,
        _ => return None,
    })
}

/// An escape sequence at the head of `bytes`: which half it designates (`true`
/// for G1), the set, and its length.
fn escape(bytes: &[u8]) -> Option<(bool, Set, usize)> {
    match *bytes {
        // Technique 1: the set follows the escape at once, always as G0.
        [0x1B, f @ (b'g' | b'b' | b'p' | b's'), ..] => Some((false, set(f)?, 2)),
        // Technique 2. `!` precedes the final byte E of Extended Latin.
        [0x1B, b'(' | b',', b'!', f, ..] => Some((false, set(f)?, 4)),
        [0x1B, b')' | b'-', b'!', f, ..] => Some((true, set(f)?, 4)),
        [0x1B, b'$', b'(' | b',', f, ..] => Some((false, set(f)?, 4)),
        [0x1B, b'$', b')' | b'-', f, ..] => Some((true, set(f)?, 4)),
        [0x1B, b'(' | b',', f, ..] => Some((false, set(f)?, 3)),
        [0x1B, b')' | b'-', f, ..] => Some((true, set(f)?, 3)),
        [0x1B, b'$', f, ..] => Some((false, set(f)?, 3)),
        _ => None,
    }
}

/// Whether a sequence that switches sets stands in `bytes`.
pub(super) fn has_escape(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0x1B, bytes).any(|at| bytes.get(at..).and_then(escape).is_some())
}

/// Decodes one text. Each starts with ASCII as G0 and Extended Latin as G1.
pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let mut out = Decoded { text: String::with_capacity(bytes.len() + 8), unknown: 0, dangling: 0 };
    let mut marks = Marks::default();
    let (mut g0, mut g1) = (Set::Ascii, Set::Single(&sets::EXTENDED_LATIN));
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        if byte == 0x1B
            && let Some((upper, set, length)) = escape(rest)
        {
            *(if upper { &mut g1 } else { &mut g0 }) = set;
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        let (found, length) = match byte {
            // Controls and the blank are the same in every set.
            0x00..=0x20 | 0x7F => (Some(char::from(byte)), 1),
            0x21..=0x7E => graphic(g0, rest),
            0x88 => (Some('\u{98}'), 1),
            0x89 => (Some('\u{9C}'), 1),
            0x8D => (Some('\u{200D}'), 1),
            0x8E => (Some('\u{200C}'), 1),
            0xA1..=0xFE => graphic(g1, rest),
            _ => (None, 1),
        };
        rest = rest.get(length..).unwrap_or_default();
        match found {
            Some(NOTHING) => {}
            Some(c) if is_mark(c) => marks.push(c),
            Some(c) => {
                if !marks.is_empty() && !c.is_alphanumeric() {
                    out.dangling += 1;
                }
                out.text.push(c);
                marks.flush(&mut out.text);
            }
            None => {
                out.unknown = out.unknown.saturating_add(u32::try_from(length).unwrap_or(1));
                out.text.push(char::REPLACEMENT_CHARACTER);
                marks.flush(&mut out.text);
            }
        }
    }
    if !marks.is_empty() {
        out.dangling += 1;
        // A mark alone is shown on a blank, as Unicode advises.
        out.text.push(' ');
        marks.flush(&mut out.text);
    }
    out
}

/// The character at the head of `bytes` in `set`, and its length in bytes.
fn graphic(set: Set, bytes: &[u8]) -> (Option<char>, usize) {
    let low = |b: u8| b & 0x7F;
    let Some(&first) = bytes.first() else {
        return (None, 1);
    };
    match set {
        Set::Ascii => (Some(char::from(low(first))), 1),
        Set::Single(table) => {
            let index = usize::from(low(first)).wrapping_sub(0x21);
            let code = table.get(index).copied().filter(|c| *c != 0);
            (code.and_then(|c| char::from_u32(u32::from(c))), 1)
        }
        Set::Eacc => match *bytes {
            [a, b, c, ..] if low(b) >= 0x20 && low(c) >= 0x20 => (eacc::char_of([low(a), low(b), low(c)]), 3),
            // Cut in the middle of a character: one byte is lost and no more.
            _ => (None, 1),
        },
    }
}

/// Whether the character stands before its letter in MARC-8. U+0670 is a mark
/// in Unicode, but stands behind its letter in the Arabic set.
fn is_mark(c: char) -> bool {
    c >= '\u{300}' && c != '\u{670}' && canonical_combining_class(c) != 0
}

/// Marks that wait for their letter; more than a few are never meant.
#[derive(Default)]
struct Marks {
    waiting: String,
}

impl Marks {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, mark: char) {
        self.waiting.push(mark);
    }

    fn flush(&mut self, text: &mut String) {
        text.push_str(&self.waiting);
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).text.nfc().collect()
    }

    #[test]
    fn marks_go_behind_their_letters() {
        assert_eq!(text(b"caf\xE2e"), "café");
        // Two marks on one letter, and letters of Extended Latin itself.
        assert_eq!(text(b"Nguy\xE3\xE4en \xB3\xF2a \xBC \xBD \xAC \xAD"), "Nguyễn đạ ơ ư Ơ Ư");
        assert_eq!(text(b"\xEBt\xECsar"), "t\u{361}sar");
    }

    #[test]
    fn sets_are_switched_by_escapes() {
        assert_eq!(text(b"\x1B(NpRIWET\x1B(B!"), "Привет!");
        assert_eq!(text(b"H\x1Bb2\x1BsO"), "H₂O");
        assert_eq!(text(b"x\x1Bp2\x1Bs \x1Bga\x1Bs"), "x² α");
        assert_eq!(text(b"\x1B(2`ba\x1B(B"), "אגב");
        assert_eq!(text(b"\x1B)N\xD0\x1B)!E\xE2e"), "пé");
        // A set that is not known is no escape.
        assert!(text(b"\x1B(Zx").contains('\u{1B}'));
    }

    #[test]
    fn east_asian_takes_three_bytes() {
        assert_eq!(text(b"\x1B$1!0!\x1B(Ba"), "一a");
        let cut = decode(b"\x1B$1!0");
        assert_eq!((cut.unknown, cut.text.as_str()), (2, "\u{FFFD}\u{FFFD}"));
    }

    #[test]
    fn counts_what_means_nothing() {
        let decoded = decode(b"a\x80\xFFb\xE2");
        assert_eq!((decoded.unknown, decoded.dangling), (2, 1));
        assert_eq!(decoded.text, "a\u{FFFD}\u{FFFD}b \u{301}");
    }
}

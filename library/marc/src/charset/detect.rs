//! Choosing the coding of one record.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::{Charset, Encoding, marc8};
use crate::Warning;

/// What was chosen, and what is to be said about it.
pub(crate) struct Choice {
    pub(crate) encoding: Encoding,
    pub(crate) warning: Option<Warning>,
}

/// The coding of the texts in `data`, of which the record says `declared`.
pub(crate) fn choose(data: &[u8], charset: Charset, declared: Encoding) -> Choice {
    if let Charset::Force(encoding) = charset {
        return Choice { encoding, warning: None };
    }
    let silent = Choice { encoding: declared, warning: None };
    let high = !data.is_ascii();
    if !high && !data.contains(&0x1B) {
        return silent;
    }
    let utf8 = std::str::from_utf8(data).is_ok();
    let used = match (declared, charset) {
        (Encoding::Utf8, Charset::Declared) if utf8 => return silent,
        (Encoding::Utf8, _) => detect(data, declared),
        (_, Charset::Declared) => {
            let warning = (high && utf8).then_some(Warning::LooksLikeUtf8);
            return Choice { encoding: declared, warning };
        }
        _ => detect(data, declared),
    };
    Choice { encoding: used, warning: (used != declared).then_some(Warning::Encoding { declared, used }) }
}

/// The coding that makes most sense of `data`.
pub(crate) fn detect(data: &[u8], declared: Encoding) -> Encoding {
    if std::str::from_utf8(data).is_ok() {
        // Nothing but ASCII and escapes: East Asian in MARC-8.
        return if data.is_ascii() && marc8::has_escape(data) { Encoding::Marc8 } else { Encoding::Utf8 };
    }
    if mostly_utf8(data) {
        return Encoding::Utf8;
    }
    // Escapes between sets are in no other coding.
    if marc8::has_escape(data) {
        return Encoding::Marc8;
    }
    let marc8 = Marc8Evidence::of(data);
    let high = data.iter().filter(|b| !b.is_ascii()).count();
    // A record that says MARC-8 is believed until its bytes speak clearly: a
    // slip of the keyboard leaves one mark before no letter, another coding
    // makes a third of them nonsense.
    let believed = declared == Encoding::Marc8 && marc8.nonsense * 3 <= high;
    if believed || 2 * marc8.nonsense + marc8.odd <= page_cost(data) {
        Encoding::Marc8
    } else if is_vietnamese(data) {
        Encoding::Windows1258
    } else {
        Encoding::Windows1252
    }
}

/// Whether the bytes are UTF-8 that was damaged: in the other codings two bytes
/// above ASCII hardly ever make a valid character.
fn mostly_utf8(data: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in data.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 0 && good >= bad
}

/// What speaks against MARC-8.
struct Marc8Evidence {
    /// Bytes without meaning, and marks before no letter.
    nonsense: usize,
    /// Marks on letters that Unicode does not compose them with: rare, though
    /// romanised Tamil has some.
    odd: usize,
}

impl Marc8Evidence {
    fn of(data: &[u8]) -> Self {
        let mut evidence = Self { nonsense: 0, odd: 0 };
        for text in data.split(|b| matches!(b, 0x1D..=0x1F)).filter(|text| !text.is_ascii()) {
            let decoded = marc8::decode(text);
            evidence.nonsense += decoded.unknown as usize + decoded.dangling as usize;
            // U+0360 and U+0361 reach over two letters and never join one.
            let mark = |c: &char| matches!(u32::from(*c), 0x300..=0x35F) && canonical_combining_class(*c) != 0;
            evidence.odd += decoded.text.nfc().filter(mark).count();
        }
        evidence
    }
}

/// How much speaks against a Windows page: bytes that are none of its
/// characters, and signs inside of words.
fn page_cost(data: &[u8]) -> usize {
    let mut cost = 0;
    let mut previous = b' ';
    let mut bytes = data.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let next = bytes.peek().copied().unwrap_or(b' ');
        cost += match byte {
            0x1B | 0x81 | 0x8D | 0x8F | 0x90 | 0x9D => 2,
            0xA1..=0xBF | 0xD7 | 0xF7 if previous.is_ascii_alphabetic() && next.is_ascii_alphabetic() => 1,
            _ => 0,
        };
        previous = byte;
    }
    cost
}

/// Whether the bytes are Vietnamese in Windows-1258, which alone writes vowels
/// with a tone mark behind them, and has so many of them: in Cyrillic pages the
/// same bytes are letters, which stand beside each other.
fn is_vietnamese(data: &[u8]) -> bool {
    let tone = |b: u8| matches!(b, 0xCC | 0xD2 | 0xDE | 0xEC | 0xF2);
    let vowel = |b: u8| {
        let plain = matches!(b.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        plain || matches!(b, 0xC2 | 0xC3 | 0xCA | 0xD4 | 0xD5 | 0xDD | 0xE2 | 0xE3 | 0xEA | 0xF4 | 0xF5 | 0xFD)
    };
    let pairs = data.windows(2).filter(|pair| matches!(**pair, [a, b] if vowel(a) && tone(b))).count();
    let tones = data.iter().filter(|b| tone(**b)).count();
    let runs = data.windows(4).filter(|four| four.iter().all(|b| *b >= 0xC0)).count();
    pairs >= 2 && pairs * 4 >= tones * 3 && runs < pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(data: &[u8], declared: Encoding) -> Encoding {
        choose(data, Charset::Detect, declared).encoding
    }

    #[test]
    fn bytes_outweigh_a_leader_that_lies() {
        assert_eq!(chosen("Tiếng Việt".as_bytes(), Encoding::Marc8), Encoding::Utf8);
        assert_eq!(chosen(b"caf\xE2e cr\xE3eme", Encoding::Utf8), Encoding::Marc8);
        assert_eq!(chosen(b"caf\xE9 cr\xE8me \xE0 la", Encoding::Utf8), Encoding::Windows1252);
        assert_eq!(chosen(b"caf\xE9 cr\xE8me \xE0 la", Encoding::Marc8), Encoding::Windows1252);
        // Nguyễn Huệ, truyện cổ tích
        let windows = b"Nguy\xEA\xDEn Hu\xEA\xF2, truy\xEA\xF2n c\xF4\xD2 t\xEDch";
        assert_eq!(chosen(windows, Encoding::Utf8), Encoding::Windows1258);
        assert_eq!(chosen("một hai ba bốn \u{FFFD}".as_bytes(), Encoding::Utf8), Encoding::Utf8);
        assert_eq!(chosen(b"m\xE1\xBB\x99t hai b\xE1\xBB\x91n \xE1\xBB", Encoding::Utf8), Encoding::Utf8);
    }

    #[test]
    fn declared_is_believed_until_disproved() {
        let utf8 = "Tiếng Việt".as_bytes();
        let choice = choose(utf8, Charset::Declared, Encoding::Marc8);
        assert_eq!((choice.encoding, choice.warning), (Encoding::Marc8, Some(Warning::LooksLikeUtf8)));
        let choice = choose(b"caf\xE2e", Charset::Declared, Encoding::Utf8);
        let warning = Warning::Encoding { declared: Encoding::Utf8, used: Encoding::Marc8 };
        assert_eq!((choice.encoding, choice.warning), (Encoding::Marc8, Some(warning)));
    }

    #[test]
    fn one_slip_does_not_outweigh_a_leader_that_says_marc8() {
        let tamil = b"Cuppirama\xE5niya\xF6n, Ca. V\xE5e. \xE2etrangers, livin\xE1--";
        assert_eq!(chosen(tamil, Encoding::Marc8), Encoding::Marc8);
    }

    #[test]
    fn force_is_force() {
        let choice = choose("é".as_bytes(), Charset::Force(Encoding::Windows1252), Encoding::Utf8);
        assert_eq!((choice.encoding, choice.warning), (Encoding::Windows1252, None));
    }

    #[test]
    fn escapes_alone_are_marc8() {
        assert_eq!(chosen(b"\x1B$1!0A!Xr\x1B(B", Encoding::Utf8), Encoding::Marc8);
        assert_eq!(chosen(b"plain", Encoding::Utf8), Encoding::Utf8);
    }
}

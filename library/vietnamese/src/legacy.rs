//! Vietnamese text in encodings older than Unicode, met in spreadsheets and
//! old catalogues.
//!
//! Such text arrives as letters of Windows-1252, because whatever opened the
//! file knew no better and the right look came from a font: `§¹i häc` in
//! `.VnTime` is `Đại học`. There is no signature to look for; what tells is
//! that the words become Vietnamese syllables when decoded, and are none
//! before.

use crate::letter::{self, Tone};
use crate::syllable;

/// An encoding that old Vietnamese text comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Legacy {
    /// TCVN 5712:1993, "ABC", the `.Vn` fonts; fonts ending in `H` show small
    /// letters as capitals.
    Tcvn3,
    /// VNI for Windows, the `VNI-` fonts: a letter and a second one for marks.
    VniWindows,
    /// VISCII (RFC 1456).
    Viscii,
    /// Windows code page 1258.
    Cp1258,
    /// UTF-8 whose bytes were read as Windows-1252 (`Nguyá»…n`).
    Utf8,
}

impl Legacy {
    /// Every encoding, the likeliest in schools first.
    pub const ALL: [Legacy; 5] = [Legacy::Utf8, Legacy::Tcvn3, Legacy::VniWindows, Legacy::Cp1258, Legacy::Viscii];

    /// The name that people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Legacy::Tcvn3 => "TCVN3 (ABC)",
            Legacy::VniWindows => "VNI Windows",
            Legacy::Viscii => "VISCII",
            Legacy::Cp1258 => "Windows-1258",
            Legacy::Utf8 => "UTF-8",
        }
    }
}

/// What [`detect`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detected {
    /// The encoding.
    pub legacy: Legacy,
    /// From 0 to 1: the share of the words in question that become syllables,
    /// lowered for short texts (one word gives at most 0.5, three 0.75).
    pub confidence: f32,
}

/// The least share of odd words that must become syllables.
const LEAST_SHARE: f32 = 0.75;
/// How much better that share must be than before decoding.
const LEAST_GAIN: f32 = 0.3;

/// Guesses the legacy encoding of a text that was read as Windows-1252.
///
/// Only words that have plain letters and characters beyond ASCII count. Nothing is found in plain
/// ASCII, in text that already has letters only Vietnamese Unicode has, and in
/// text whose words are Vietnamese, or no better when decoded (French stays
/// French). Give it as much text of one source as there is, such as a whole
/// column: the confidence grows with the number of words.
pub fn detect(text: &str) -> Option<Detected> {
    if text.is_ascii() || text.chars().any(|c| byte_of(c).is_none() && c.is_alphabetic()) {
        return None;
    }
    let odd: Vec<&str> = text
        .split_whitespace()
        // A sign by itself (`©`) would pass for a vowel.
        .filter(|word| !word.is_ascii() && word.contains(|c: char| c.is_ascii_alphabetic()))
        .collect();
    if odd.is_empty() {
        return None;
    }
    let before = share(odd.iter().map(|word| (*word).to_owned()));
    let mut best: Option<(Legacy, f32)> = None;
    for legacy in Legacy::ALL {
        let after = share(odd.iter().map(|word| decode(legacy, word)));
        if after >= LEAST_SHARE && after >= before + LEAST_GAIN && best.is_none_or(|(_, share)| after > share) {
            best = Some((legacy, after));
        }
    }
    let (legacy, share) = best?;
    let count = odd.len() as f32;
    Some(Detected { legacy, confidence: share * count / (count + 1.0) })
}

/// The share of words that are syllables in all their parts. Signs around and
/// between letters do not count.
fn share(words: impl Iterator<Item = String>) -> f32 {
    let mut all = 0_u32;
    let mut good = 0_u32;
    for word in words {
        let mut parts = word.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()).peekable();
        all += 1;
        // A sign left inside a word is what undecoded text looks like.
        let inner = word.trim_matches(|c: char| !c.is_alphabetic());
        let clean = inner.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | ',' | '.' | '/' | '\'' | '’'));
        if clean && parts.peek().is_some() && parts.all(syllable::is_syllable) {
            good += 1;
        }
    }
    if all == 0 { 0.0 } else { good as f32 / all as f32 }
}

/// The text in Unicode, normal form C. Characters that the encoding does not
/// know are kept, so the worst a wrong guess does is to look odd.
pub fn decode(legacy: Legacy, text: &str) -> String {
    let decoded = match legacy {
        Legacy::Tcvn3 => raise_capitals(&by_table(text, |byte| at(&TCVN3, byte, 0xa0))),
        Legacy::VniWindows => vni(text),
        Legacy::Viscii => by_table(text, viscii),
        Legacy::Cp1258 => by_table(text, |byte| at(&CP1258, byte, 0x80)),
        Legacy::Utf8 => utf8(text),
    };
    crate::nfc(&decoded).into_owned()
}

/// The byte that Windows-1252 read as this character.
fn byte_of(c: char) -> Option<u8> {
    match c {
        // A normal form of compatibility turns the micro sign into mu.
        'μ' => Some(0xb5),
        _ => u8::try_from(c).ok().filter(|byte| !(0x80..0xa0).contains(byte)).or_else(|| {
            let place = WINDOWS_1252.iter().position(|&known| known == c)?;
            u8::try_from(0x80 + place).ok()
        }),
    }
}

fn at(table: &[char], byte: u8, first: u8) -> Option<char> {
    let found = table.get(usize::from(byte.checked_sub(first)?)).copied()?;
    (found != char::REPLACEMENT_CHARACTER).then_some(found)
}

fn by_table(text: &str, map: impl Fn(u8) -> Option<char>) -> String {
    text.chars().map(|c| byte_of(c).and_then(&map).unwrap_or(c)).collect()
}

fn viscii(byte: u8) -> Option<char> {
    // Six capitals did not fit and took control characters.
    Some(match byte {
        0x02 => 'Ẳ',
        0x05 => 'Ẵ',
        0x06 => 'Ẫ',
        0x14 => 'Ỷ',
        0x19 => 'Ỹ',
        0x1e => 'Ỵ',
        _ => return at(&VISCII, byte, 0x80),
    })
}

fn utf8(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(decoded)) => decoded,
        _ => text.to_owned(),
    }
}

/// Fonts ending in `H` show small letters as capitals, so `NéI` was `NỘI`:
/// raises the words whose plain letters are capitals, two at least, and once
/// one is found, those between that have no small plain letter.
fn raise_capitals(text: &str) -> String {
    let plain = |word: &str| {
        let upper = word.chars().filter(char::is_ascii_uppercase).count();
        (upper, word.chars().any(|c| c.is_ascii_lowercase()))
    };
    let shouted = text.split(' ').any(|word| matches!(plain(word), (2.., false)) && !word.is_ascii());
    if !shouted {
        return text.to_owned();
    }
    let words: Vec<String> = text
        .split(' ')
        .map(|word| match plain(word) {
            (_, false) => word.to_uppercase(),
            _ => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// VNI: some letters stand for themselves, others take a second character that
/// carries shape, tone or both.
fn vni(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let small = c.to_lowercase().next().unwrap_or(c);
        let (letter, mut tone) = match small {
            'ô' => ('ơ', Tone::Ngang),
            'ö' => ('ư', Tone::Ngang),
            'ñ' => ('đ', Tone::Ngang),
            'ì' => ('i', Tone::Huyen),
            'í' => ('i', Tone::Sac),
            'æ' => ('i', Tone::Hoi),
            'ó' => ('i', Tone::Nga),
            'ò' => ('i', Tone::Nang),
            'î' => ('y', Tone::Nang),
            other => (other, Tone::Ngang),
        };
        let mut letter = letter;
        if let Some((shaped, mark)) = chars.peek().and_then(|&next| vni_mark(letter, next)) {
            letter = shaped;
            tone = mark;
            chars.next();
        }
        let made = letter::join(letter, tone);
        if made == small {
            out.push(c);
        } else if c.is_uppercase() {
            out.extend(made.to_uppercase());
        } else {
            out.push(made);
        }
    }
    out
}

/// What a letter becomes by the character after it.
fn vni_mark(letter: char, next: char) -> Option<(char, Tone)> {
    let mark = next.to_lowercase().next()?;
    let tone = match mark {
        'ø' => Some(Tone::Huyen),
        'ù' => Some(Tone::Sac),
        'û' => Some(Tone::Hoi),
        'õ' => Some(Tone::Nga),
        'ï' => Some(Tone::Nang),
        _ => None,
    };
    if let Some(tone) = tone {
        return matches!(letter, 'a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư').then_some((letter, tone));
    }
    let hat = match mark {
        'â' => Some(Tone::Ngang),
        'à' => Some(Tone::Huyen),
        'á' => Some(Tone::Sac),
        'å' => Some(Tone::Hoi),
        'ã' => Some(Tone::Nga),
        'ä' => Some(Tone::Nang),
        _ => None,
    };
    if let Some(tone) = hat {
        return letter::shaped(letter, '\u{302}').map(|shaped| (shaped, tone));
    }
    let bowl = match mark {
        'ê' => Tone::Ngang,
        'è' => Tone::Huyen,
        'é' => Tone::Sac,
        'ú' => Tone::Hoi,
        'ü' => Tone::Nga,
        'ë' => Tone::Nang,
        _ => return None,
    };
    (letter == 'a').then_some(('ă', bowl))
}

/// TCVN 5712:1993 from 0xA0. The fonts of TCVN3 (`.VnTime`) use its small letters
/// and its unmarked capitals; the fuller set has the marked capitals too.
const TCVN3: [char; 96] = [
    '\u{a0}', 'Ă', 'Â', 'Ê', 'Ô', 'Ơ', 'Ư', 'Đ', 'ă', 'â', 'ê', 'ô', 'ơ', 'ư', 'đ', 'Ằ', '\u{300}', '\u{309}',
    '\u{303}', '\u{301}', '\u{323}', 'à', 'ả', 'ã', 'á', 'ạ', 'Ẳ', 'ằ', 'ẳ', 'ẵ', 'ắ', 'Ẵ', 'Ắ', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ',
    'Ề', 'ặ', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ', 'è', 'Ể', 'ẻ', 'ẽ', 'é', 'ẹ', 'ề', 'ể', 'ễ', 'ế', 'ệ', 'ì', 'ỉ', 'Ễ', 'Ế', 'Ồ',
    'ĩ', 'í', 'ị', 'ò', 'Ổ', 'ỏ', 'õ', 'ó', 'ọ', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ', 'ù', 'Ỗ', 'ủ', 'ũ',
    'ú', 'ụ', 'ừ', 'ử', 'ữ', 'ứ', 'ự', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ', 'Ố',
];

/// VISCII 1.1 (RFC 1456) from 0x80.
const VISCII: [char; 128] = [
    'Ạ', 'Ắ', 'Ằ', 'Ặ', 'Ấ', 'Ầ', 'Ẩ', 'Ậ', 'Ẽ', 'Ẹ', 'Ế', 'Ề', 'Ể', 'Ễ', 'Ệ', 'Ố', 'Ồ', 'Ổ', 'Ỗ', 'Ộ', 'Ợ', 'Ớ', 'Ờ',
    'Ở', 'Ị', 'Ỏ', 'Ọ', 'Ỉ', 'Ủ', 'Ũ', 'Ụ', 'Ỳ', '\u{a0}', 'ắ', 'ằ', 'ặ', 'ấ', 'ầ', 'ẩ', 'ậ', 'ẽ', 'ẹ', 'ế', 'ề', 'ể',
    'ễ', 'ệ', 'ố', 'ồ', 'ổ', 'ỗ', 'Ỡ', 'Ơ', 'ộ', 'ờ', 'ở', 'ị', 'Ự', 'Ứ', 'Ừ', 'Ử', 'ơ', 'ớ', 'Ư', 'À', 'Á', 'Â', 'Ã',
    'Ả', 'Ă', 'ẳ', 'ẵ', 'È', 'É', 'Ê', 'Ẻ', 'Ì', 'Í', 'Ĩ', 'ỳ', 'Đ', 'ứ', 'Ò', 'Ó', 'Ô', 'ạ', 'ỷ', 'ừ', 'ử', 'Ù', 'Ú',
    'ỹ', 'ỵ', 'Ý', 'ỡ', 'ư', 'à', 'á', 'â', 'ã', 'ả', 'ă', 'ữ', 'ẫ', 'è', 'é', 'ê', 'ẻ', 'ì', 'í', 'ĩ', 'ỉ', 'đ', 'ự',
    'ò', 'ó', 'ô', 'õ', 'ỏ', 'ọ', 'ụ', 'ù', 'ú', 'ũ', 'ủ', 'ý', 'ợ', 'Ữ',
];

/// Windows code page 1258 from 0x80; tones are combining characters.
const CP1258: [char; 128] = [
    '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', '\u{fffd}', '‹', 'Œ', '\u{fffd}', '\u{fffd}', '\u{fffd}',
    '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', '\u{fffd}', '›', 'œ', '\u{fffd}', '\u{fffd}', 'Ÿ',
    '\u{a0}', '¡', '¢', '£', '¤', '¥', '¦', '§', '¨', '©', 'ª', '«', '¬', '\u{ad}', '®', '¯', '°', '±', '²', '³', '´',
    'µ', '¶', '·', '¸', '¹', 'º', '»', '¼', '½', '¾', '¿', 'À', 'Á', 'Â', 'Ă', 'Ä', 'Å', 'Æ', 'Ç', 'È', 'É', 'Ê', 'Ë',
    '\u{300}', 'Í', 'Î', 'Ï', 'Đ', 'Ñ', '\u{309}', 'Ó', 'Ô', 'Ơ', 'Ö', '×', 'Ø', 'Ù', 'Ú', 'Û', 'Ü', 'Ư', '\u{303}',
    'ß', 'à', 'á', 'â', 'ă', 'ä', 'å', 'æ', 'ç', 'è', 'é', 'ê', 'ë', '\u{301}', 'í', 'î', 'ï', 'đ', 'ñ', '\u{323}',
    'ó', 'ô', 'ơ', 'ö', '÷', 'ø', 'ù', 'ú', 'û', 'ü', 'ư', '₫', 'ÿ',
];

/// Windows-1252 from 0x80 to 0x9F, where it differs from Latin-1. The five
/// unassigned bytes stand for themselves, as in the WHATWG encoding standard.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    /// As a program sees the bytes that knows only Windows-1252.
    fn read_as_1252(bytes: &[u8]) -> String {
        bytes
            .iter()
            .map(
                |&byte| {
                    if (0x80..0xa0).contains(&byte) { WINDOWS_1252[usize::from(byte - 0x80)] } else { char::from(byte) }
                },
            )
            .collect()
    }

    fn encode(table: &[char], first: u8, text: &str) -> String {
        let bytes: Vec<u8> = text
            .chars()
            .map(|c| match table.iter().position(|&known| known == c) {
                Some(place) if !c.is_ascii() => first + u8::try_from(place).unwrap(),
                _ => u8::try_from(c).unwrap(),
            })
            .collect();
        read_as_1252(&bytes)
    }

    const POEM: &str = "trăm năm trong cõi người ta chữ tài chữ mệnh khéo là ghét nhau \
                        trải qua một cuộc bể dâu những điều trông thấy mà đau đớn lòng";

    #[test]
    fn tcvn3_is_found_and_read() {
        let old = "Céng hoµ x· héi chñ nghÜa ViÖt Nam §éc lËp - Tù do - H¹nh phóc";
        let found = detect(old).unwrap();
        assert_eq!(found.legacy, Legacy::Tcvn3);
        assert!(found.confidence > 0.9, "{}", found.confidence);
        assert_eq!(decode(Legacy::Tcvn3, old), "Cộng hoà xã hội chủ nghĩa Việt Nam Độc lập - Tự do - Hạnh phúc");
        assert_eq!(decode(Legacy::Tcvn3, "NguyÔn V¨n An"), "Nguyễn Văn An");
        assert_eq!(detect("TrÇn ThÞ Thuû").unwrap().legacy, Legacy::Tcvn3);
    }

    #[test]
    fn fonts_of_capitals_are_raised() {
        assert_eq!(decode(Legacy::Tcvn3, "Hµ NéI"), "HÀ NỘI");
        assert_eq!(decode(Legacy::Tcvn3, "TR¦êNG THPT CHU V¡N AN"), "TRƯỜNG THPT CHU VĂN AN");
        assert_eq!(decode(Legacy::Tcvn3, "T« Hµ"), "Tô Hà");
        assert_eq!(decode(Legacy::Tcvn3, "THPT Hµ Néi"), "THPT Hà Nội");
    }

    #[test]
    fn vni_windows_is_found_and_read() {
        let old = "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam Ñoäc laäp - Töï do - Haïnh phuùc";
        assert_eq!(detect(old).unwrap().legacy, Legacy::VniWindows);
        assert_eq!(decode(Legacy::VniWindows, old), "Cộng hòa xã hội chủ nghĩa Việt Nam Độc lập - Tự do - Hạnh phúc");
        assert_eq!(decode(Legacy::VniWindows, "NGUYEÃN VAÊN ÑÖÔØNG"), "NGUYỄN VĂN ĐƯỜNG");
        assert_eq!(
            decode(Legacy::VniWindows, "Traàn Thò Myõ Leä, kyû nieäm, tröôøng, naêm, chaëng"),
            "Trần Thị Mỹ Lệ, kỷ niệm, trường, năm, chặng"
        );
    }

    #[test]
    fn the_others_are_found_and_read() {
        let viscii = encode(&VISCII, 0x80, POEM);
        assert_eq!(detect(&viscii).unwrap().legacy, Legacy::Viscii);
        assert_eq!(decode(Legacy::Viscii, &viscii), POEM);

        let tcvn = encode(&TCVN3, 0xa0, POEM);
        assert_eq!(detect(&tcvn).unwrap().legacy, Legacy::Tcvn3);
        assert_eq!(decode(Legacy::Tcvn3, &tcvn), POEM);

        let apart: String = POEM
            .chars()
            .flat_map(|c| {
                let (letter, tone) = letter::split(c);
                let mark = match tone {
                    Tone::Ngang => None,
                    Tone::Huyen => Some('\u{300}'),
                    Tone::Hoi => Some('\u{309}'),
                    Tone::Nga => Some('\u{303}'),
                    Tone::Sac => Some('\u{301}'),
                    Tone::Nang => Some('\u{323}'),
                };
                [Some(letter), mark].into_iter().flatten()
            })
            .collect();
        let cp1258 = encode(&CP1258, 0x80, &apart);
        assert_eq!(detect(&cp1258).unwrap().legacy, Legacy::Cp1258);
        assert_eq!(decode(Legacy::Cp1258, &cp1258), POEM);

        let utf8 = read_as_1252(POEM.as_bytes());
        assert_eq!(detect(&utf8).unwrap().legacy, Legacy::Utf8);
        assert_eq!(decode(Legacy::Utf8, &utf8), POEM);
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "Plain ASCII",
            "Nguyễn Văn An",
            "Hà Tô Lý",
            "Bà già ở Hà Nội",
            "École française d'Extrême-Orient",
            "Müller und Söhne, Köln",
            "Les Misérables; Père Goriot; À la recherche",
            "Gabriel García Márquez",
            "Преступление",
            "© 2019",
            "café",
            "Noël",
            "Đà Nẵng",
            "Über das Wetter",
            "naïve façade",
            "Thủ đô",
            "",
        ] {
            assert_eq!(detect(text), None, "{text}");
        }
    }

    #[test]
    fn one_word_is_a_weak_witness() {
        let found = detect("NguyÔn").unwrap();
        assert_eq!(found.legacy, Legacy::Tcvn3);
        assert!(found.confidence <= 0.5);
    }

    proptest! {
        #[test]
        fn decoding_anything_never_fails(text in "\\PC{0,60}") {
            for legacy in Legacy::ALL {
                let decoded = decode(legacy, &text);
                let normal = crate::nfc(&decoded).into_owned();
                prop_assert_eq!(normal, decoded);
            }
            let _ = detect(&text);
        }

        #[test]
        fn ascii_is_the_same_everywhere(text in "[ -~]{0,60}") {
            for legacy in Legacy::ALL {
                prop_assert_eq!(decode(legacy, &text), text.clone());
            }
        }
    }
}

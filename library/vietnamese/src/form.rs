//! The three forms of a text: stored, exact, folded.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::letter;
use crate::syllable;

/// The text in Unicode normal form C, borrowed when it already is.
///
/// Every text enters the system through this: MARC-8 and macOS deliver marks
/// as separate characters.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// The marks that folding drops: the block of combining diacritical marks,
/// which holds all of Vietnamese. Marks of other scripts are vowels there and
/// stay.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The text without case and marks, for a reader who types none.
///
/// Lower case; the combining marks U+0300 to U+036F dropped (horn included);
/// `đ` and the eth `ð` that stands in for it become `d`. Latin letters without
/// decomposition follow the library habit (`æ` ae, `œ` oe, `ø` o, `ł` l, `ß`
/// ss, `þ` th), and the romanisation signs ʹ ʺ ʻ ʼ vanish. Both normal forms of
/// a text fold to the same result, and folding twice changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    let mut parts: Vec<char> = Vec::with_capacity(4);
    for c in nfc(text).chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        parts.clear();
        decompose_canonical(c, |part| parts.push(part));
        if parts.iter().any(|&part| is_dropped(part)) {
            for &part in parts.iter().filter(|&&part| !is_dropped(part)) {
                fold_letter(part, &mut out);
            }
        } else {
            // Left whole: a syllable of Hangul must not fall into pieces.
            fold_letter(c, &mut out);
        }
    }
    // Neighbours may compose once the mark between them is gone.
    match nfc(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(composed) => composed,
    }
}

fn fold_letter(c: char, out: &mut String) {
    for lower in c.to_lowercase() {
        match lower {
            'đ' | 'ð' => out.push('d'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'ß' => out.push_str("ss"),
            'þ' => out.push_str("th"),
            'ς' => out.push('σ'),
            '\u{2b9}'..='\u{2bc}' => {}
            mark if is_dropped(mark) => {}
            other => out.push(other),
        }
    }
}

/// The text without case, marks kept, for a reader who types them.
///
/// Lower case and normal form C; the tone mark of each Vietnamese syllable
/// stands in one canonical place, so `hòa` and `hoà`, `thủy` and `thuỷ` are
/// equal (`quý` and `già` are already right: `qu` and `gi` are onsets). `đ`
/// differs from `d`; the eth `ð` is read as `đ`.
pub fn exact(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut lower = String::with_capacity(text.len());
    let mut toned = false;
    let mut stray = false;
    for c in nfc(text).chars() {
        for c in c.to_lowercase() {
            let c = if c == 'ð' { 'đ' } else { c };
            toned |= letter::split(c).0 != c;
            stray |= is_combining_mark(c);
            lower.push(c);
        }
    }
    if stray {
        lower = nfc(&reorder_marks(&lower)).into_owned();
        toned = true;
    }
    if toned { place_tones(&lower) } else { lower }
}

/// Whether a query carries marks of its own: then its reader meant them.
///
/// True for any combining mark, any letter that decomposes into one, and `đ`.
pub fn has_marks(text: &str) -> bool {
    !text.is_ascii()
        && text.chars().any(|c| {
            if matches!(c, 'đ' | 'Đ' | 'ð' | 'Ð') {
                return true;
            }
            let mut marked = false;
            decompose_canonical(c, |part| marked |= is_dropped(part));
            marked
        })
}

/// Converters of old data write the tone before the shape (`á` + circumflex),
/// which no normal form composes: put shape and tone in Unicode's order.
fn reorder_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if let Some(last) = out.chars().next_back() {
            let (base, tone) = letter::split(last);
            if let Some(shaped) = letter::shaped(base, c) {
                out.pop();
                out.push(letter::join(shaped, tone));
                continue;
            }
        }
        out.push(c);
    }
    out
}

/// Rewrites every word that is a Vietnamese syllable with its tone mark in the
/// canonical place; everything else is copied.
fn place_tones(lower: &str) -> String {
    let mut out = String::with_capacity(lower.len());
    let mut rest = lower;
    while !rest.is_empty() {
        let word_end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_end);
        match syllable::canonical(word) {
            Some(placed) => out.push_str(&placed),
            None => out.push_str(word),
        }
        let gap_end = tail.find(char::is_alphabetic).unwrap_or(tail.len());
        let (gap, next) = tail.split_at(gap_end);
        out.push_str(gap);
        rest = next;
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn nfd(text: &str) -> String {
        text.nfd().collect()
    }

    #[test]
    fn folding_drops_marks_horn_and_stroke() {
        for (text, folded) in [
            ("Nguyễn Du", "nguyen du"),
            ("ĐƯỜNG ƯỚC MƠ", "duong uoc mo"),
            ("Ðặng Thai Mai", "dang thai mai"),
            ("đảm đang", "dam dang"),
            ("Œuvres d'Æsop, Łódź, Straße", "oeuvres d'aesop, lodz, strasse"),
            ("Qurʼān", "quran"),
            ("Преступление й", "преступление и"),
            ("日本語 한국어", "日本語 한국어"),
            ("नेपाली", "नेपाली"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
            assert_eq!(fold(&nfd(text)), folded, "NFD of {text}");
        }
    }

    #[test]
    fn both_placements_are_one_exact_form() {
        for (old, new) in [
            ("hòa", "hoà"),
            ("hóa", "hoá"),
            ("họa", "hoạ"),
            ("thúy", "thuý"),
            ("thủy", "thuỷ"),
            ("khỏe", "khoẻ"),
            ("lòe", "loè"),
            ("Hòa Bình", "hoà bình"),
            ("ủy ban", "uỷ ban"),
            ("tòan", "toàn"),
            ("qúy", "quý"),
            ("gìa", "già"),
            ("xõa", "xoã"),
        ] {
            assert_eq!(exact(old), exact(new));
            assert_eq!(exact(&nfd(old)), exact(new));
            assert_eq!(exact(&old.to_uppercase()), exact(new));
        }
    }

    #[test]
    fn qu_and_gi_are_onsets() {
        assert_eq!(exact("quý"), "quý");
        assert_eq!(exact("quả"), "quả");
        assert_eq!(exact("già"), "già");
        assert_eq!(exact("giá"), "giá");
        assert_eq!(exact("gì"), "gì");
        assert_eq!(exact("giếng"), "giếng");
    }

    #[test]
    fn exact_keeps_what_distinguishes_words() {
        assert_ne!(exact("đá"), exact("dá"));
        assert_ne!(exact("ma"), exact("má"));
        assert_ne!(exact("bàn"), exact("bán"));
        assert_eq!(exact("Ðà Nẵng"), "đà nẵng");
        // mùa and múa, not moved to the second vowel.
        assert_eq!(exact("mùa"), "mùa");
        assert_eq!(exact("của"), "của");
        // Not Vietnamese: the accent stays where its language puts it.
        assert_eq!(exact("Noël"), "noël");
        assert_eq!(exact("CAFÉ"), "café");
    }

    #[test]
    fn tone_before_shape_is_repaired() {
        assert_eq!(exact("tie\u{301}\u{302}ng"), "tiếng");
        assert_eq!(exact("a\u{309}\u{306}"), "ẳ");
        assert_eq!(exact("u\u{301}\u{31b}"), "ứ");
    }

    #[test]
    fn marks_are_seen() {
        assert!(has_marks("đi"));
        assert!(has_marks("toán"));
        assert!(has_marks(&nfd("toán")));
        assert!(!has_marks("toan 10"));
        assert!(!has_marks("日本"));
    }

    proptest! {
        #[test]
        fn folding_is_idempotent_and_blind_to_the_normal_form(text in "\\PC{0,40}") {
            let folded = fold(&text);
            prop_assert_eq!(&fold(&folded), &folded);
            prop_assert_eq!(&fold(&nfd(&text)), &folded);
            prop_assert_eq!(&fold(&nfc(&text)), &folded);
        }

        #[test]
        fn exact_is_idempotent_and_blind_to_the_normal_form(text in "\\PC{0,40}") {
            let once = exact(&text);
            prop_assert_eq!(&exact(&once), &once);
            prop_assert_eq!(&exact(&nfd(&text)), &once);
        }

        #[test]
        fn exact_refines_fold(text in "[a-zđăâêôơưàảãáạằắầấềếồốờớừứỳýèéùúÀĐ ]{0,30}") {
            prop_assert_eq!(fold(&exact(&text)), fold(&text));
        }
    }
}

//! Sort keys in the order of Vietnamese dictionaries.
//!
//! Syllable by syllable; within one, first the letters (`a ă â b c d đ e ê g h
//! i k l m n o ô ơ p q r s t u ư v x y`, with `f j w z` at their Latin place),
//! then the tones (ngang, huyền, hỏi, ngã, sắc, nặng). Numbers sort by value
//! and before letters: lớp 9, lớp 10. Case and punctuation do not count. Other
//! scripts follow in the order of their code points.
//!
//! ICU's `vi` collation has the same letters and tones and differs in three
//! ways, each kept on purpose (and shown by a test): it compares the tones only
//! when all letters of the whole text are equal, so that `bà ba` comes before
//! `ba hoa`, where a dictionary has all of `ba` before `bà`; it orders scripts
//! that are not Latin by language; and it needs tables of several hundred
//! kilobytes, too much for a plugin.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::letter::{self, Tone};

/// Ends a syllable; below everything, so that `an` precedes `anh`.
const END: u8 = 0x00;
/// Separates the letters of a syllable from its tones.
const TONES: u8 = 0x01;
/// A mark that is no Vietnamese tone, as in `ñ`.
const FOREIGN_MARK: u8 = 0x10;
/// Starts a number: a count of digits and the digits follow.
const NUMBER: u8 = 0x10;
/// Starts a character of another script; its UTF-8 follows.
const OTHER: u8 = 0xf0;

/// The Vietnamese alphabet with the Latin letters it lacks at their place.
const ALPHABET: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";

/// The place of a letter; `None` outside the alphabet.
fn weight(letter: char) -> Option<u8> {
    let place = ALPHABET.chars().position(|known| known == letter)?;
    u8::try_from(place).ok()?.checked_add(0x20)
}

/// A key whose bytes sort as the texts do. Texts that differ only in case,
/// punctuation, normal form or tone placement have the same key; whoever needs
/// a total order adds an id.
pub fn sort_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 8);
    push_key(text, &mut key);
    key
}

/// A key for lists of people, sorted by given name (the last word), then by
/// family and middle names: `Trần Thị An` before `Lê Bình`.
pub fn name_sort_key(full_name: &str) -> Vec<u8> {
    let (before, given) = crate::split_name(full_name);
    let mut key = Vec::with_capacity(full_name.len() + 8);
    push_key(given, &mut key);
    // A given name of several syllables, `Y-Ban`, must not run into the rest.
    key.push(END);
    push_key(before, &mut key);
    key
}

fn push_key(text: &str, key: &mut Vec<u8>) {
    let text = crate::nfc(text);
    let words = text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    for word in words.filter(|word| !word.is_empty()) {
        push_word(word, key);
    }
}

fn push_word(word: &str, key: &mut Vec<u8>) {
    // Most words have at most one tone; this stays without allocation.
    let mut tones: Vec<u8> = Vec::new();
    let mut number = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        push_number(&mut number, key);
        push_letter(c, key, &mut tones);
    }
    push_number(&mut number, key);
    key.push(TONES);
    key.extend_from_slice(&tones);
    key.push(END);
}

fn push_letter(c: char, key: &mut Vec<u8>, tones: &mut Vec<u8>) {
    let (base, tone) = letter::split(if c == 'ð' { 'đ' } else { c });
    if let Some(weight) = weight(base) {
        key.push(weight);
        if tone != Tone::Ngang {
            tones.push(0x02 + tone as u8);
        }
        return;
    }
    if is_combining_mark(base) {
        tones.push(FOREIGN_MARK);
        return;
    }
    let folded = crate::fold(base.encode_utf8(&mut [0; 4]));
    if !folded.is_empty() && folded.bytes().all(|b| b.is_ascii_lowercase()) {
        key.extend(folded.chars().filter_map(weight));
        tones.push(FOREIGN_MARK);
        return;
    }
    for part in [c].into_iter().nfc() {
        key.push(OTHER);
        key.extend_from_slice(part.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// A number sorts by the count of its digits and then by them.
fn push_number(number: &mut String, key: &mut Vec<u8>) {
    if number.is_empty() {
        return;
    }
    let digits = number.trim_start_matches('0');
    key.push(NUMBER);
    // A count of 200 digits is as good as any more.
    key.push(0x02 + u8::try_from(digits.len().min(200)).unwrap_or(200));
    key.extend_from_slice(digits.as_bytes());
    number.clear();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use icu_collator::options::{CollatorOptions, Strength};
    use icu_collator::{Collator, CollatorBorrowed};
    use icu_locale_core::locale;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn icu() -> CollatorBorrowed<'static> {
        let mut options = CollatorOptions::default();
        // Letters and tones; case is none of our business.
        options.strength = Some(Strength::Secondary);
        Collator::try_new(locale!("vi").into(), options).unwrap()
    }

    fn in_order(texts: &[&str], key: fn(&str) -> Vec<u8>) {
        for pair in texts.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn letters_and_tones_in_dictionary_order() {
        in_order(
            &[
                "an", "àn", "ản", "ãn", "án", "ạn", "anh", "ánh", "ăn", "ân", "ấn", "ba", "bà", "bả", "bã", "bá", "bạ",
                "bác", "ca", "da", "đa", "đá", "e", "ê", "ga", "i", "o", "ô", "ơ", "p", "u", "ư", "ứng", "v", "xa",
                "y",
            ],
            sort_key,
        );
    }

    #[test]
    fn syllable_by_syllable() {
        in_order(&["ba", "ba hoa", "ba má", "bà", "bà ba", "bà con", "bác", "bác sĩ", "ban"], sort_key);
    }

    #[test]
    fn numbers_by_value() {
        in_order(&["1984", "Lớp 6", "Lớp 9", "Lớp 10", "Lớp 10A1", "Lớp 10A2", "Lớp 10A10", "Lớp học"], sort_key);
        assert_eq!(sort_key("Tập 07"), sort_key("tập 7"));
    }

    #[test]
    fn what_does_not_count() {
        let nfd: String = "Đường về".nfd().collect();
        for (one, other) in
            [("HÒA BÌNH", "hoà bình"), ("Đất, rừng!", "đất rừng"), ("Đường về", nfd.as_str()), ("Ðà", "đà")]
        {
            assert_eq!(sort_key(one), sort_key(other));
        }
        assert_ne!(sort_key("senor"), sort_key("señor"));
        in_order(&["senor", "señor", "senora"], sort_key);
        in_order(&["z", "ж", "日"], sort_key);
    }

    #[test]
    fn pupils_by_given_name() {
        in_order(
            &[
                "Nguyễn Văn An",
                "Trần An",
                "Trần Thị An",
                "Lê Văn Ánh",
                "Lê Thị Ân",
                "Phạm Bình",
                "Lê Dung",
                "Lê Đào",
                "Đặng Hà",
                "Vũ Hạ",
                "Y Ban Y-Ban",
            ],
            name_sort_key,
        );
        in_order(&["An", "Lê An"], name_sort_key);
    }

    #[test]
    fn icu_has_the_same_letters_and_tones() {
        let icu = icu();
        let mut words: Vec<String> = Vec::new();
        for head in ["", "b", "d", "đ", "ngh", "th", "tr"] {
            for vowel in "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵ".chars()
            {
                for tail in ["", "n", "ng", "i"] {
                    words.push(format!("{head}{vowel}{tail}"));
                }
            }
        }
        words.extend(["f", "j", "w", "z", "0", "9", "xa", "xe"].map(str::to_owned));
        for one in words.iter().step_by(7) {
            for other in words.iter().step_by(3) {
                assert_eq!(sort_key(one).cmp(&sort_key(other)), icu.compare(one, other), "{one} {other}");
            }
        }
    }

    #[test]
    fn where_icu_differs() {
        let icu = icu();
        // Tones of the first syllable: ours decide before the second syllable.
        assert_eq!(icu.compare("bà ba", "ba hoa"), Ordering::Less);
        assert!(sort_key("bà ba") > sort_key("ba hoa"));
        // Numbers by value (ICU can, when asked).
        assert_eq!(icu.compare("lớp 10", "lớp 9"), Ordering::Less);
        assert!(sort_key("lớp 10") > sort_key("lớp 9"));
        // Punctuation counts for ICU.
        assert_ne!(icu.compare("đất, rừng", "đất rừng"), Ordering::Equal);
        // Scripts: kana by sound, not by code point.
        assert_eq!(icu.compare("ア", "い"), Ordering::Less);
        assert!(sort_key("ア") > sort_key("い"));
    }

    #[test]
    fn placement_matters_to_icu_only() {
        assert_ne!(icu().compare("hòa", "hoà"), Ordering::Equal);
        assert_eq!(sort_key("hòa"), sort_key("hoà"));
    }

    proptest! {
        #[test]
        fn the_normal_form_does_not_count(text in "\\PC{0,30}") {
            let apart: String = text.nfd().collect();
            prop_assert_eq!(sort_key(&apart), sort_key(&text));
        }

        #[test]
        fn a_text_precedes_its_continuation(text in "[a-zđăâêôơưáàạ ]{1,12}[a-z]", more in "[a-zđ]{1,5}") {
            let longer = format!("{text} {more}");
            prop_assert!(sort_key(&text) < sort_key(&longer));
        }
    }
}

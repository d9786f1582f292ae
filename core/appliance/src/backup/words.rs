//! A key as words: 27 syllables that can be written by hand, read out on the telephone,
//! and typed with a Vietnamese keyboard switched on or off.
//!
//! A syllable is one of 16 beginnings, 8 middles and 8 ends: ten bits. No syllable holds a
//! letter that Telex takes as a tone or hook (f, j, r, s, w, x, z) nor two vowels alike, so
//! Telex leaves it as it was typed; VNI changes only digits. What an input method did all
//! the same is undone by taking off the marks. 256 bits of key and 14 of checksum.

use unicode_normalization::UnicodeNormalization;

/// Syllables of a key.
pub const WORDS: usize = 27;
/// Syllables that stand together on the sheet and are asked for together.
pub const GROUP: usize = 3;

const BEGINNINGS: [&str; 16] = ["b", "c", "ch", "d", "g", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "t", "th", "v"];
const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "oa", "ia", "ua"];
const ENDS: [&str; 8] = ["", "c", "m", "n", "ng", "nh", "p", "t"];

fn syllable(number: u16) -> String {
    let part = |list: &[&'static str], at: u16| list.get(usize::from(at)).copied().unwrap_or_default();
    [part(&BEGINNINGS, number >> 6 & 15), part(&MIDDLES, number >> 3 & 7), part(&ENDS, number & 7)].concat()
}

fn number(syllable: &str) -> Option<u16> {
    (0..1024).find(|number| self::syllable(*number) == syllable)
}

/// 14 bits that tell a slip of the pen.
fn checksum(key: &[u8; 32]) -> u16 {
    let hash = blake3::derive_key("tram key sheet 1", key);
    let [a, b, ..] = hash;
    u16::from_be_bytes([a, b]) >> 2
}

/// The words of a key.
#[must_use]
pub fn write(key: &[u8; 32]) -> Vec<String> {
    let mut bits: Vec<bool> = key.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1 == 1)).collect();
    let sum = checksum(key);
    bits.extend((0..14).rev().map(|at| sum >> at & 1 == 1));
    bits.chunks(10).map(|ten| syllable(ten.iter().fold(0, |number, bit| number << 1 | u16::from(*bit)))).collect()
}

/// What is wrong with typed words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// So many are needed, so many were typed.
    Count(usize),
    /// This one is not a word of a key sheet; its place counts from 1.
    Word(usize, String),
    /// Each is a word, but together they are no key: one was misread, or two changed places.
    Together,
}

/// Typed words in their plain form: lower case, without marks.
#[must_use]
pub fn plain(typed: &str) -> Vec<String> {
    typed
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect::<String>()
        .split(|c: char| !c.is_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The key of typed words. Numbers and punctuation between them do not matter.
///
/// # Errors
/// Says which word is wrong.
pub fn read(typed: &str) -> Result<[u8; 32], Wrong> {
    let words = plain(typed);
    let numbers: Vec<u16> = words
        .iter()
        .enumerate()
        .map(|(at, word)| number(word).ok_or_else(|| Wrong::Word(at + 1, word.clone())))
        .collect::<Result<_, _>>()?;
    if numbers.len() != WORDS {
        return Err(Wrong::Count(numbers.len()));
    }
    let bits: Vec<bool> =
        numbers.iter().flat_map(|number| (0..10).rev().map(move |at| number >> at & 1 == 1)).collect();
    let (key, sum) = bits.split_at(256);
    let mut bytes = [0; 32];
    for (byte, eight) in bytes.iter_mut().zip(key.chunks(8)) {
        *byte = eight.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    }
    let sum = sum.iter().fold(0, |number, bit| number << 1 | u16::from(*bit));
    if sum == checksum(&bytes) { Ok(bytes) } else { Err(Wrong::Together) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_two_syllables_are_alike_and_telex_leaves_them_alone() {
        let all: BTreeSet<String> = (0..1024).map(syllable).collect();
        assert_eq!(all.len(), 1024);
        for word in &all {
            assert!(!word.contains(['f', 'j', 'r', 's', 'w', 'x', 'z', 'q', 'k']) || word.starts_with("kh"), "{word}");
            for letter in ['a', 'e', 'o', 'd'] {
                assert!(word.matches(letter).count() < 2, "{word}");
            }
        }
    }

    #[test]
    fn slips_are_named() {
        let key = [0xA7; 32];
        let words = write(&key);
        assert_eq!(words.len(), WORDS);
        assert_eq!(read(&words.join(" ")).unwrap(), key);
        assert_eq!(read(&words.join(", ").to_uppercase()).unwrap(), key);
        let marked = words.join(" ").replacen('a', "á", 1).replacen('o', "ô", 1).replacen('d', "đ", 1);
        assert_eq!(read(&marked).unwrap(), key);
        let mut wrong = words.clone();
        wrong[4] = "zzz".into();
        assert_eq!(read(&wrong.join(" ")), Err(Wrong::Word(5, "zzz".into())));
        assert_eq!(read(&words[..26].join(" ")), Err(Wrong::Count(26)));
        let mut other = words.clone();
        other[9] = if words[9] == "ba" { "be".into() } else { "ba".into() };
        assert_eq!(read(&other.join(" ")), Err(Wrong::Together));
    }

    proptest! {
        #[test]
        fn every_key_reads_back(key in prop::array::uniform32(any::<u8>())) {
            prop_assert_eq!(read(&write(&key).join("\n")).unwrap(), key);
        }
    }
}

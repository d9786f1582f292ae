//! Sort keys from ICU's Vietnamese collation.
//!
//! ICU compares whole strings letter by letter and only then their tones; a
//! Vietnamese dictionary finishes each syllable first (all of `ba` before
//! `bà`). So a key is made of one ICU key for each word, and the order of
//! letters, tones and other scripts stays ICU's. `tram_vietnamese::sort_key`
//! gives plugins the same order for Vietnamese without ICU's tables.

use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;

use crate::error::Error;
use crate::words::words;

/// Keys are cut here: what differs later is a different edition, not another
/// place in a list.
const LONGEST: usize = 120;

/// Ends the key of a word; below any byte of one.
const END: u8 = 0;

/// Makes sort keys.
pub(crate) struct Collation {
    collator: CollatorBorrowed<'static>,
}

impl Collation {
    /// Loads the Vietnamese rules, which are compiled in.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut options = CollatorOptions::default();
        // Letters and tones. Case must not decide before the next syllable.
        options.strength = Some(Strength::Secondary);
        let mut preferences = CollatorPreferences::from(locale!("vi"));
        preferences.numeric_ordering = Some(CollationNumericOrdering::True);
        let collator = Collator::try_new(preferences, options)
            .map_err(|error| Error::Schema(format!("Vietnamese collation: {error}")))?;
        Ok(Collation { collator })
    }

    /// A key whose bytes sort as the texts do: case, punctuation and tone
    /// placement do not count.
    pub(crate) fn key(&self, text: &str) -> Vec<u8> {
        let text = tram_vietnamese::exact(text);
        let mut key = Vec::with_capacity(LONGEST);
        for word in words(&text) {
            let Ok(()) = self.collator.write_sort_key_to(word.text, &mut key);
            key.push(END);
            if key.len() >= LONGEST {
                key.truncate(LONGEST);
                break;
            }
        }
        key
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn the_order_is_that_of_the_dictionary_and_of_plugins() {
        let collation = Collation::new().unwrap();
        let texts = [
            "1984",
            "An",
            "Àn",
            "Anh",
            "Ăn",
            "Ân",
            "Ba",
            "Ba hoa",
            "bà ba",
            "Bà con",
            "Bác",
            "ca",
            "Da",
            "Đa",
            "E",
            "Ê",
            "Lớp 9",
            "Lớp 10",
            "Lớp học",
            "Ô",
            "Ơ",
            "U",
            "Ư",
            "Xa",
            "Y",
        ];
        for pair in texts.windows(2) {
            assert!(collation.key(pair[0]) < collation.key(pair[1]), "{pair:?}");
            assert!(tram_vietnamese::sort_key(pair[0]) < tram_vietnamese::sort_key(pair[1]), "{pair:?}");
        }
        assert_eq!(collation.key("HÒA, BÌNH"), collation.key("hoà bình"));
    }

    #[test]
    fn keys_are_short() {
        let collation = Collation::new().unwrap();
        assert!(collation.key(&"một hai ba ".repeat(50)).len() <= LONGEST);
        assert!(collation.key("...").is_empty());
    }
}

//! Cutting a text into words.
//!
//! A word is a run of letters, digits and marks. Scripts written without
//! spaces (Han, kana, Thai, Lao, Khmer, Burmese, Tibetan) give a word for each
//! character with its marks; a query then asks for them side by side. Nothing
//! is stemmed and nothing is stopped: `và` and `của` are titles.

use unicode_normalization::char::is_combining_mark;

/// A longer word is cut: it is a number, a hash or a broken file.
const LONGEST: usize = 64;

/// A word as it stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The letters as written.
    pub text: &'a str,
    /// Byte offset of the word in the text.
    pub start: usize,
    /// Belongs to the word before without anything between, as in scripts
    /// without spaces.
    pub joined: bool,
}

impl Word<'_> {
    /// Byte offset behind the word.
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Letter,
    Alone,
    Mark,
    Gap,
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Letter } else { Class::Gap };
    }
    match c {
        '\u{0e00}'..='\u{0eff}'
        | '\u{0f00}'..='\u{0fff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}'
            if c.is_alphanumeric() && !is_combining_mark(c) =>
        {
            Class::Alone
        }
        _ if is_combining_mark(c) => Class::Mark,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Gap,
    }
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0, behind_alone: None }
}

/// Iterator over the words of a text.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
    /// Where the last word ended, if it was a character by itself.
    behind_alone: Option<usize>,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let rest = self.text.get(self.at..)?;
        let skipped = rest.find(|c| matches!(class(c), Class::Letter | Class::Alone))?;
        let start = self.at + skipped;
        let rest = self.text.get(start..)?;
        let first = class(rest.chars().next()?);
        let mut length = rest
            .char_indices()
            .skip(1)
            .find(|&(_, c)| match class(c) {
                Class::Mark => false,
                Class::Letter => first == Class::Alone,
                Class::Alone | Class::Gap => true,
            })
            .map_or(rest.len(), |(index, _)| index);
        let joined = first == Class::Alone && self.behind_alone == Some(start);
        self.behind_alone = (first == Class::Alone).then_some(start + length);
        self.at = start + length;
        // C++, C#, F#: the signs are the name.
        if length == 1 && first == Class::Letter {
            let tail = rest.get(1..).unwrap_or_default();
            let sign = ["++", "#"].into_iter().find(|sign| tail.starts_with(sign));
            let after = sign.and_then(|sign| tail.get(sign.len()..)).and_then(|after| after.chars().next());
            if let Some(sign) = sign
                && after.is_none_or(|c| class(c) == Class::Gap)
            {
                length += sign.len();
                self.at += sign.len();
            }
        }
        let mut cut = length.min(LONGEST);
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        Some(Word { text: rest.get(..cut)?, start, joined })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).map(|word| word.text).collect()
    }

    #[test]
    fn words_are_runs_of_letters() {
        assert_eq!(cut("Đất rừng, phương Nam!"), ["Đất", "rừng", "phương", "Nam"]);
        assert_eq!(cut("d'Artagnan L’île 978-604"), ["d", "Artagnan", "L", "île", "978", "604"]);
        assert_eq!(cut("ti\u{302}\u{301}ng a\u{300}"), ["ti\u{302}\u{301}ng", "a\u{300}"]);
        assert_eq!(cut("हिन्दी नेपाली"), ["हिन्दी", "नेपाली"]);
        assert_eq!(cut("한국어 책"), ["한국어", "책"]);
        assert_eq!(cut(" ,. "), Vec::<&str>::new());
        assert_eq!(cut("C++ và C#, c+ a#b"), ["C++", "và", "C#", "c", "a", "b"]);
    }

    #[test]
    fn scripts_without_spaces_give_characters() {
        assert_eq!(cut("日本語の本"), ["日", "本", "語", "の", "本"]);
        let joined: Vec<bool> = words("日本 語abc").map(|word| word.joined).collect();
        assert_eq!(joined, [false, true, false, false]);
        assert_eq!(cut("ภาษา"), ["ภ", "า", "ษ", "า"]);
    }

    #[test]
    fn offsets_point_into_the_text() {
        let text = "một «hai» 三";
        for word in words(text) {
            assert_eq!(text.get(word.start..word.end()), Some(word.text));
        }
    }

    #[test]
    fn long_words_are_cut() {
        let long = "ă".repeat(100);
        let found: Vec<Word<'_>> = words(&long).collect();
        assert_eq!(found.len(), 1);
        assert!(found.iter().all(|word| word.text.len() <= LONGEST));
    }
}

//! A typed text, read as a query: its words in both forms, which of them carry
//! marks, and what they would be if key strokes of an input method were left.

use tram_vietnamese::{exact, fold, has_marks, nfc, telex, vni};

use crate::analyse::has_exact_form;
use crate::words::words;

/// Words of a query beyond this many are not looked at.
pub(crate) const MOST_WORDS: usize = 32;

/// One word of a query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueryWord {
    /// As typed.
    pub typed: String,
    /// With marks.
    pub exact: String,
    /// Without.
    pub folded: String,
    /// Belongs to the word before without a space (Han, kana, Thai).
    pub joined: bool,
    /// What it is if it is key strokes that were never converted.
    pub decoded: Option<String>,
}

impl QueryWord {
    /// Whether the index tells a record with the marks of this word from one that was
    /// written without any.
    pub(crate) fn has_spellings(&self) -> bool {
        has_exact_form(&self.folded)
    }
}

/// A typed text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub words: Vec<QueryWord>,
    /// Some word has marks, so the reader types them and means them.
    pub marked: bool,
}

impl Text {
    /// Reads a typed text.
    pub(crate) fn new(text: &str) -> Self {
        let text = nfc(text);
        let words: Vec<QueryWord> = words(&text)
            .map(|word| QueryWord {
                typed: word.text.to_owned(),
                exact: exact(word.text),
                folded: fold(word.text),
                joined: word.joined,
                decoded: telex(word.text).or_else(|| vni(word.text)),
            })
            .filter(|word| !word.folded.is_empty())
            .take(MOST_WORDS)
            .collect();
        Text { words, marked: has_marks(&text) }
    }

    /// The same text with key strokes converted; nothing if there are none.
    pub(crate) fn converted(&self) -> Option<Text> {
        if self.words.iter().all(|word| word.decoded.is_none()) {
            return None;
        }
        let words = self
            .words
            .iter()
            .map(|word| match &word.decoded {
                Some(decoded) => QueryWord {
                    typed: decoded.clone(),
                    exact: exact(decoded),
                    folded: fold(decoded),
                    joined: false,
                    decoded: None,
                },
                None => word.clone(),
            })
            .collect();
        Some(Text { words, marked: true })
    }
}

/// Runs of words that are written without a space between.
pub(crate) fn units(words: &[QueryWord]) -> impl Iterator<Item = &[QueryWord]> {
    words.chunk_by(|_, next| next.joined)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_text_is_read() {
        let text = Text::new("Đất rung");
        assert!(text.marked);
        let folded: Vec<&str> = text.words.iter().map(|word| word.folded.as_str()).collect();
        assert_eq!(folded, ["dat", "rung"]);
        assert!(text.converted().is_none());
        assert!(!Text::new("dat rung").marked);
    }

    #[test]
    fn key_strokes_are_converted() {
        let text = Text::new("DDaats ruwngf phuwowng Nam").converted().unwrap();
        let typed: Vec<&str> = text.words.iter().map(|word| word.typed.as_str()).collect();
        assert_eq!(typed, ["Đất", "rừng", "phương", "Nam"]);
        assert!(text.marked);
        let text = Text::new("d9a6t1 ru7ng2").converted().unwrap();
        let folded: Vec<&str> = text.words.iter().map(|word| word.folded.as_str()).collect();
        assert_eq!(folded, ["dat", "rung"]);
    }

    #[test]
    fn units_hold_scripts_without_spaces_together() {
        let text = Text::new("日本 語 abc");
        let sizes: Vec<usize> = units(&text.words).map(<[QueryWord]>::len).collect();
        assert_eq!(sizes, [2, 1, 1]);
    }
}

//! The two forms of a word, as Tantivy's tokenizers.
//!
//! `exact` keeps the marks (tone placement made one), `folded` drops them. The
//! folded form also marks where a value begins and ends, with two words that no
//! text contains, so that a query can ask for a whole title.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tram_vietnamese::{exact, fold};

use crate::words::{Words, words};

/// Grows when the words of an unchanged text come out differently; it is part
/// of an index's identity.
pub(crate) const VERSION: &str = "1";

/// The word before the first word of a value.
pub(crate) const BEGIN: &str = "\u{1}";
/// The word behind the last word of a value.
pub(crate) const END: &str = "\u{2}";

/// Which form the words take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Marks kept.
    Exact,
    /// Marks dropped, with the beginning and the end of the value.
    Folded,
    /// Marks dropped, nothing added: for the field that only answers whether.
    Bare,
}

impl Form {
    /// The name that the schema stores.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Exact => "tram-exact",
            Form::Folded => "tram-folded",
            Form::Bare => "tram-bare",
        }
    }
}

/// A tokenizer that gives one form.
#[derive(Clone)]
pub(crate) struct Analyser(pub Form);

impl Tokenizer for Analyser {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        Stream { form: self.0, words: words(text), next: 0, end: text.len(), done: false, token: Token::default() }
    }
}

/// The words of one value in one form.
pub(crate) struct Stream<'a> {
    form: Form,
    words: Words<'a>,
    next: usize,
    end: usize,
    done: bool,
    token: Token,
}

impl Stream<'_> {
    /// Gives out the text that stands in the token.
    fn emit(&mut self, from: usize, to: usize) -> bool {
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.position = self.next;
        self.token.position_length = 1;
        self.next += 1;
        true
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        if self.done {
            return false;
        }
        if self.form == Form::Folded && self.next == 0 {
            BEGIN.clone_into(&mut self.token.text);
            return self.emit(0, 0);
        }
        for word in self.words.by_ref() {
            if word.text.is_ascii() {
                // Both forms are the same, and the buffer is there already.
                word.text.clone_into(&mut self.token.text);
                self.token.text.make_ascii_lowercase();
            } else {
                self.token.text = match self.form {
                    Form::Exact => exact(word.text),
                    Form::Folded | Form::Bare => fold(word.text),
                };
            }
            if !self.token.text.is_empty() {
                return self.emit(word.start, word.end());
            }
        }
        self.done = true;
        if self.form == Form::Folded {
            END.clone_into(&mut self.token.text);
            return self.emit(self.end, self.end);
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(form: Form, text: &str) -> Vec<String> {
        let mut analyser = Analyser(form);
        let mut stream = analyser.token_stream(text);
        let mut out = Vec::new();
        while let Some(token) = stream.next() {
            out.push(token.text.clone());
        }
        out
    }

    #[test]
    fn each_form() {
        assert_eq!(forms(Form::Exact, "Hòa Bình"), ["hoà", "bình"]);
        assert_eq!(forms(Form::Bare, "Hòa Đình"), ["hoa", "dinh"]);
        assert_eq!(forms(Form::Folded, "Hòa"), ["\u{1}", "hoa", "\u{2}"]);
        assert_eq!(forms(Form::Folded, "..."), ["\u{1}", "\u{2}"]);
    }
}

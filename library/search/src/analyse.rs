//! The two forms of a word, as Tantivy's tokenizers.
//!
//! `exact` keeps the marks (tone placement made one), `folded` drops them. The
//! exact form is given only of words in which marks make a difference: those that
//! have some, and Vietnamese syllables that have none. Most words of a foreign title
//! would only be the same words twice: one sign stands for them all. The folded form also says
//! where a value begins, and gives a short value as one more word, so that a query
//! can ask for a whole title; no text contains these words.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use tram_vietnamese::syllable::is_syllable;
use tram_vietnamese::{exact, fold};

use crate::words::{Words, words};

/// Grows when the words of an unchanged text come out differently; it is part
/// of an index's identity.
pub(crate) const VERSION: &str = "2";

/// The word before the first word of a value.
pub(crate) const BEGIN: &str = "\u{1}";
/// Stands in the exact form for a word in which marks make no difference: it counts for
/// the length of the value, and keeps its neighbours apart.
const SAME: &str = "\u{3}";
/// How the word for a whole value begins.
const WHOLE: char = '\u{2}';
/// A value of more words is not given as one.
const WHOLE_WORDS: usize = 24;
/// The longest Vietnamese syllable without marks.
const LONGEST_SYLLABLE: usize = 7;

/// Whether the exact form of a word says something that the folded one does not.
pub(crate) fn has_exact_form(exact: &str) -> bool {
    if !exact.is_ascii() {
        return true;
    }
    exact.len() <= LONGEST_SYLLABLE
        && exact.bytes().all(|byte| byte.is_ascii_lowercase() && !matches!(byte, b'f' | b'j' | b'w' | b'z'))
        && is_syllable(exact)
}

/// The word for a whole value, made of its folded words in order.
#[derive(Clone, Copy, Debug)]
struct Whole {
    hash: u64,
    words: usize,
}

impl Whole {
    fn new() -> Self {
        // FNV-1a: it names values in an index, nothing more.
        Whole { hash: 0xcbf2_9ce4_8422_2325, words: 0 }
    }

    fn add(&mut self, folded: &str) {
        for byte in folded.bytes().chain([b' ']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.words += 1;
    }

    /// Nine letters of six bits; nothing for an empty or a long value.
    fn write(self, out: &mut String) -> bool {
        out.clear();
        if !(1..=WHOLE_WORDS).contains(&self.words) {
            return false;
        }
        out.push(WHOLE);
        let mut rest = self.hash ^ (self.hash >> 32);
        for _ in 0..9 {
            let six = u8::try_from(rest & 63).unwrap_or(0);
            out.push(char::from(b'0' + six));
            rest >>= 6;
        }
        true
    }
}

/// The word that stands for a whole value of these folded words; nothing where there
/// are none or too many.
pub(crate) fn whole<'a>(folded: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut whole = Whole::new();
    folded.for_each(|word| whole.add(word));
    let mut out = String::new();
    whole.write(&mut out).then_some(out)
}

/// Whether a word of the index is one that no text contains.
pub(crate) fn is_sign(word: &str) -> bool {
    word < " "
}

/// Which form the words take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Marks kept, a sign for words in which they make no difference.
    Exact,
    /// Marks dropped, with the beginning of the value and the value as one word.
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
        let whole = Whole::new();
        Stream {
            form: self.0,
            words: words(text),
            next: 0,
            end: text.len(),
            whole,
            done: false,
            token: Token::default(),
        }
    }
}

/// The words of one value in one form.
pub(crate) struct Stream<'a> {
    form: Form,
    words: Words<'a>,
    next: usize,
    end: usize,
    whole: Whole,
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
            if self.token.text.is_empty() {
                continue;
            }
            match self.form {
                Form::Exact if !has_exact_form(&self.token.text) => {
                    SAME.clone_into(&mut self.token.text);
                    return self.emit(word.start, word.end());
                }
                Form::Folded => {
                    self.whole.add(&self.token.text);
                    return self.emit(word.start, word.end());
                }
                Form::Exact | Form::Bare => return self.emit(word.start, word.end()),
            }
        }
        self.done = true;
        if self.form == Form::Folded && self.whole.write(&mut self.token.text) {
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
    #![allow(clippy::unwrap_used, reason = "tests")]
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
        assert_eq!(forms(Form::Exact, "The history of Hoa, École"), ["the", "\u{3}", "\u{3}", "hoa", "école"]);
        assert_eq!(forms(Form::Bare, "Hòa Đình"), ["hoa", "dinh"]);
        assert_eq!(forms(Form::Folded, "..."), ["\u{1}"]);
    }

    #[test]
    fn a_short_value_is_one_word_more() {
        let given = forms(Form::Folded, "Hòa Đình");
        let whole = whole(["hoa", "dinh"].into_iter()).unwrap();
        assert_eq!(given, ["\u{1}", "hoa", "dinh", &whole]);
        assert_eq!(forms(Form::Folded, "hoà, ĐÌNH!"), given);
        assert_ne!(forms(Form::Folded, "hoadinh").last(), given.last());
        assert_ne!(forms(Form::Folded, "dinh hoa").last(), given.last());
        assert!(is_sign(&whole) && is_sign(BEGIN) && !is_sign("hoa"));
        assert_eq!(forms(Form::Folded, &"a ".repeat(25)).len(), 26);
    }
}

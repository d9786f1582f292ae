//! A typed text as a query.
//!
//! Which documents: a reader who types no marks finds every spelling. One who
//! types them finds his own, in records with marks and in records that were
//! written without any; only where that is little, every spelling again, so that
//! a slip (`sữ` for `sử`) and a record with the same slip do not hide the rest.
//!
//! In which order: the typed spelling before others, heavier fields first, words
//! side by side (a Vietnamese word is several syllables) before words apart, and
//! a value that is just the typed text before longer ones.

use std::collections::HashSet;

use tantivy::Term;
use tantivy::query::{BooleanQuery, EmptyQuery, Occur, TermQuery, TermSetQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tram_contract::search::Match;

use crate::analyse::has_exact_form;
use crate::compile::{
    Compiled, Compiler, Purpose, Shortlist, all_of, any_of, boosted, completions, phrase, phrase_of, term, whole,
};
use crate::error::Error;
use crate::layout::{Layout, TextField};
use crate::text::{QueryWord, Text, units};
use crate::visibility::{count_up_to, exists};

/// The weight of a word with the typed marks, against 1 for the word without:
/// for a reader who types marks, and for one who types none.
const EXACT_MEANT: f32 = 2.5;
const EXACT_UNMARKED: f32 = 0.4;
/// The weight of two neighbours that are neighbours in the text.
const ADJACENT: f32 = 1.2;
/// The weight of the whole text as one phrase with its marks.
const PHRASE: f32 = 1.0;
/// The weight of a value that is the typed text and nothing else.
const WHOLE: f32 = 1.5;

/// More documents than this with every word are many: scoring each takes some
/// milliseconds, and grows with the index.
const MANY: u64 = 10_000;

/// How many words a beginning stands for where very many documents match.
const ENDINGS: usize = 8;

/// Fewer hits than this with the typed marks are little: other spellings join.
const LITTLE: u64 = 5;

/// Which spellings of a word match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    /// The typed one, and the one without marks.
    Typed,
    /// All that are the same without marks.
    Any,
}

/// The spellings that a word typed with marks stands for: itself, a record
/// written without marks, and `đ` for a reader who has no key for it.
fn spellings(word: &QueryWord) -> Vec<String> {
    let mut out = vec![word.exact.clone()];
    if word.folded != word.exact {
        out.push(word.folded.clone());
    }
    if let Some(rest) = word.exact.strip_prefix('d') {
        out.push(format!("đ{rest}"));
    }
    out
}

fn folded(words: &[QueryWord]) -> impl Iterator<Item = &str> + Clone {
    words.iter().map(|word| word.folded.as_str())
}

/// The words in whose exact form marks make a difference, with their places.
fn exact(words: &[QueryWord]) -> Vec<(usize, &str)> {
    let words = words.iter().enumerate().map(|(place, word)| (place, word.exact.as_str()));
    words.filter(|(_, word)| has_exact_form(word)).collect()
}

/// The fields that a text is looked for in.
struct Scope<'a> {
    fields: Vec<&'a TextField>,
    /// The query names them; otherwise they are the default ones, whose words
    /// are also in one field together.
    named: bool,
}

impl<'a> Scope<'a> {
    /// A word in one of the fields.
    fn word(&self, layout: &Layout, word: &QueryWord, marks: Marks) -> Compiled {
        let there = |field: Field, word: &str| -> Compiled {
            Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::Basic))
        };
        // A foreign word without its accents is the same word.
        let marks = if word.has_spellings() { marks } else { Marks::Any };
        match (self.named, marks) {
            (true, Marks::Any) => self.each(|field| term(field.folded, &word.folded)),
            (true, Marks::Typed) => {
                let spellings = spellings(word);
                self.each(|field| any_of(spellings.iter().map(|spelling| term(field.exact, spelling)).collect()))
            }
            (false, Marks::Any) => there(layout.any, &word.folded),
            (false, Marks::Typed) => {
                any_of(spellings(word).iter().map(|spelling| there(layout.any_exact, spelling)).collect())
            }
        }
    }

    /// The same question to each of the fields.
    fn each(&self, ask: impl Fn(&TextField) -> Compiled) -> Compiled {
        any_of(self.fields.iter().map(|field| boosted(ask(field), field.boost)).collect())
    }

    /// Where all words may be together, without and with marks: the heaviest
    /// fields, and last the place that has all hits.
    fn places(&self, layout: &Layout) -> Vec<(Field, Field)> {
        let fields = self.heaviest().map(|field| (field.folded, field.exact));
        fields.chain((!self.named).then_some((layout.any, layout.any_exact))).collect()
    }

    /// The fields with the largest weight, in practice the title: where the
    /// order of words is worth asking for.
    fn heaviest(&self) -> impl Iterator<Item = &'a TextField> {
        let most = self.fields.iter().map(|field| field.boost).fold(0.0, f32::max);
        self.fields.iter().copied().filter(move |field| field.boost >= most)
    }
}

impl Compiler<'_> {
    /// A typed text in the named fields, or in the default ones.
    pub(crate) fn typed(
        &self,
        typed: &str,
        names: &[String],
        r#match: Match,
        purpose: Purpose,
    ) -> Result<Compiled, Error> {
        let (text, scope, r#match, marks) = self.read(typed, names, r#match)?;
        if text.words.is_empty() {
            return Ok(Box::new(EmptyQuery));
        }
        match purpose {
            Purpose::Match => self.words_matching(&text, &scope, r#match, marks),
            Purpose::Score => self.scoring(&text, &scope, r#match, marks),
        }
    }

    /// A way to the best of very many: all words in the heaviest field, and all
    /// words anywhere. Nothing where the hits are few enough to score each, or
    /// the question is not so simple.
    pub(crate) fn shortlist(&self, typed: &str, names: &[String], r#match: Match) -> Result<Option<Shortlist>, Error> {
        let (text, scope, r#match, marks) = self.read(typed, names, r#match)?;
        let words = text.words.as_slice();
        if scope.fields.len() > 1 && scope.named || words.iter().any(|word| word.joined) {
            return Ok(None);
        }
        let (whole_words, begun) = match (r#match, words.split_last()) {
            (Match::All, Some(_)) => (words, None),
            (Match::Prefix, Some((last, before))) => (before, Some(last)),
            _ => return Ok(None),
        };
        let mut spellings: Vec<(bool, &str)> = whole_words
            .iter()
            .map(|word| match marks == Marks::Typed && word.has_spellings() {
                true => (true, word.exact.as_str()),
                false => (false, word.folded.as_str()),
            })
            .collect();
        spellings.sort_unstable();
        spellings.dedup();
        let mut places = scope.places(self.layout);
        // The last place has all the hits.
        let Some(&all_words) = places.last() else {
            return Ok(None);
        };
        let words_in = |(folded, exact): (Field, Field), is_exact: bool| if is_exact { exact } else { folded };
        for (is_exact, word) in &spellings {
            let term = Term::from_field_text(words_in(all_words, *is_exact), word);
            if self.searcher.doc_freq(&term)? < MANY {
                return Ok(None);
            }
        }
        let mut endings = match begun {
            Some(begun) => completions(self.searcher, all_words.0, &begun.folded)?,
            None => Vec::new(),
        };
        if begun.is_some() {
            if endings.iter().map(|(_, often)| often).sum::<u64>() < MANY {
                return Ok(None);
            }
            endings.truncate(ENDINGS);
            // A beginning is looked up often; the heaviest field will do.
            places.truncate(1);
        }
        let mut queries = Vec::new();
        for place in places {
            let all = || spellings.iter().map(|(is_exact, word)| term(words_in(place, *is_exact), word));
            if begun.is_none() {
                queries.push(all_of(all().collect()));
            }
            for (ending, _) in &endings {
                if let Some(ending) = ending.value().as_str() {
                    queries.push(all_of(all().chain([term(place.0, ending)]).collect()));
                }
            }
        }
        Ok(Some(Shortlist { queries, parts: self.extras(&text, &scope, r#match, marks) }))
    }

    /// What was typed, where to look, how the words hang together, and which
    /// spellings count.
    fn read(&self, typed: &str, names: &[String], r#match: Match) -> Result<(Text, Scope<'_>, Match, Marks), Error> {
        let fields = names.iter().map(|name| self.layout.text(name)).collect::<Result<Vec<_>, _>>()?;
        let scope = if fields.is_empty() {
            Scope { fields: self.layout.default_fields().collect(), named: false }
        } else {
            Scope { fields, named: true }
        };
        let relaxed = self.relaxed && r#match == Match::All;
        let r#match = if relaxed { Match::Any } else { r#match };
        let text = self.unconverted(Text::new(typed), &scope, r#match)?;
        let marks = if relaxed { Marks::Any } else { self.marks(&text, &scope, r#match)? };
        Ok((text, scope, r#match, marks))
    }

    /// Whether the typed marks are enough to go by.
    fn marks(&self, text: &Text, scope: &Scope<'_>, r#match: Match) -> Result<Marks, Error> {
        if !text.marked || r#match == Match::Whole {
            return Ok(Marks::Any);
        }
        let typed = self.visibility.restrict(self.words_matching(text, scope, r#match, Marks::Typed)?);
        let enough = count_up_to(self.searcher, &typed, LITTLE)? >= LITTLE;
        Ok(if enough { Marks::Typed } else { Marks::Any })
    }

    /// The text with left-over key strokes converted. Only where it finds
    /// nothing as it stands: first the words that no document has, then all.
    fn unconverted(&self, text: Text, scope: &Scope<'_>, r#match: Match) -> Result<Text, Error> {
        let Some(all) = text.converted() else {
            return Ok(text);
        };
        let finds = |text: &Text| -> Result<bool, Error> {
            let query = self.words_matching(text, scope, r#match, Marks::Any)?;
            exists(self.searcher, &self.visibility.restrict(query))
        };
        if r#match != Match::Any && finds(&text)? {
            return Ok(text);
        }
        let mut some = text.clone();
        for (word, converted) in some.words.iter_mut().zip(&all.words) {
            let there = scope.word(self.layout, word, Marks::Any);
            if word.decoded.is_some() && !exists(self.searcher, &self.visibility.restrict(there))? {
                *word = converted.clone();
                some.marked = true;
            }
        }
        if r#match == Match::Any || finds(&some)? {
            return Ok(some);
        }
        Ok(if finds(&all)? { all } else { text })
    }

    fn words_matching(&self, text: &Text, scope: &Scope<'_>, r#match: Match, marks: Marks) -> Result<Compiled, Error> {
        let words = text.words.as_slice();
        Ok(match r#match {
            Match::All => all_of(self.units(words, scope, marks)),
            Match::Any => any_of(self.units(words, scope, marks)),
            Match::Phrase => in_a_row(scope, words, marks),
            Match::Whole => scope.each(|field| whole(field.folded, folded(words))),
            Match::Prefix => {
                let (last, before) = match words.split_last() {
                    Some((last, before)) if !last.joined => (Some(last), before),
                    _ => (None, words),
                };
                let mut units = self.units(before, scope, marks);
                if let Some(last) = last {
                    // The tone comes last: `đương` may become `đường`.
                    units.push(self.beginning(&last.folded, scope)?);
                }
                all_of(units)
            }
        })
    }

    fn units(&self, words: &[QueryWord], scope: &Scope<'_>, marks: Marks) -> Vec<Compiled> {
        let mut seen: HashSet<&[QueryWord]> = HashSet::new();
        units(words)
            .filter(|unit| seen.insert(unit))
            .map(|unit| match unit {
                [single] => scope.word(self.layout, single, marks),
                _ => in_a_row(scope, unit, Marks::Any),
            })
            .collect()
    }

    /// A word by its beginning.
    fn beginning(&self, prefix: &str, scope: &Scope<'_>) -> Result<Compiled, Error> {
        if !scope.named {
            let terms = completions(self.searcher, self.layout.any, prefix)?.into_iter().map(|(term, _)| term);
            return Ok(Box::new(TermSetQuery::new(terms)));
        }
        let mut queries: Vec<Compiled> = Vec::new();
        for field in &scope.fields {
            let terms = completions(self.searcher, field.folded, prefix)?.into_iter().map(|(term, _)| term);
            queries.push(Box::new(TermSetQuery::new(terms)));
        }
        Ok(any_of(queries))
    }

    fn scoring(&self, text: &Text, scope: &Scope<'_>, r#match: Match, marks: Marks) -> Result<Compiled, Error> {
        let extras = self.extras(text, scope, r#match, marks);
        if let ([_], Match::All | Match::Any) = (text.words.as_slice(), r#match) {
            // The spellings are what matches: a plain union, in which the engine
            // skips over documents that cannot get among the best.
            return Ok(any_of(extras));
        }
        let required = (Occur::Must, self.words_matching(text, scope, r#match, marks)?);
        let optional = extras.into_iter().map(|query| (Occur::Should, query));
        Ok(Box::new(BooleanQuery::new([required].into_iter().chain(optional).collect())))
    }

    /// What a document's score is the sum of.
    fn extras(&self, text: &Text, scope: &Scope<'_>, r#match: Match, marks: Marks) -> Vec<Compiled> {
        let words = text.words.as_slice();
        let mut extras: Vec<Compiled> = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        let different: Vec<&QueryWord> = words.iter().filter(|word| seen.insert(&word.exact)).collect();
        for field in &scope.fields {
            for word in &different {
                extras.append(&mut word_scores(field, word, text.marked, marks));
            }
        }
        if let ([_], Match::All | Match::Any) = (words, r#match) {
            // A title that is this one word comes before those that contain it.
            extras
                .extend(scope.heaviest().map(|field| boosted(whole(field.folded, folded(words)), field.boost * WHOLE)));
            return extras;
        }
        for field in scope.heaviest() {
            extras.push(boosted(whole(field.folded, folded(words)), field.boost * WHOLE));
            if words.len() > 1 {
                for pair in words.windows(2) {
                    extras.push(boosted(phrase(field.folded, folded(pair)), field.boost * ADJACENT));
                }
                if text.marked
                    && let Some(phrase) = phrase_of(field.exact, exact(words))
                {
                    extras.push(boosted(phrase, field.boost * PHRASE));
                }
            }
        }
        extras
    }
}

/// How well a field has a word: its spellings, the typed one most.
fn word_scores(field: &TextField, word: &QueryWord, marked: bool, marks: Marks) -> Vec<Compiled> {
    if !has_exact_form(&word.exact) {
        // One spelling is all there is: it counts for both forms.
        let weight = match (marks, marked) {
            (Marks::Typed, _) => EXACT_MEANT,
            (Marks::Any, true) => 1.0 + EXACT_MEANT,
            (Marks::Any, false) => 1.0 + EXACT_UNMARKED,
        };
        return vec![boosted(term(field.folded, &word.folded), field.boost * weight)];
    }
    if marks == Marks::Typed && word.has_spellings() {
        let spellings = spellings(word).into_iter().enumerate();
        return spellings
            .map(|(place, spelling)| {
                let weight = if place == 0 { EXACT_MEANT } else { 1.0 };
                boosted(term(field.exact, &spelling), field.boost * weight)
            })
            .collect();
    }
    let weight = if marked { EXACT_MEANT } else { EXACT_UNMARKED };
    vec![
        boosted(term(field.folded, &word.folded), field.boost),
        boosted(term(field.exact, &word.exact), field.boost * weight),
    ]
}

/// Words side by side in one of the fields.
fn in_a_row(scope: &Scope<'_>, words: &[QueryWord], marks: Marks) -> Compiled {
    scope.each(|field| {
        let row = phrase(field.folded, folded(words));
        match phrase_of(field.exact, exact(words)).filter(|_| marks == Marks::Typed) {
            // The foreign words among them have no place in the exact form.
            Some(spelled) => all_of(vec![row, spelled]),
            None => row,
        }
    })
}

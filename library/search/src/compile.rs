//! From a query of the contract to queries of the engine.
//!
//! Each query is compiled twice. For [`Purpose::Match`] it only says which
//! documents belong to the answer; counts and facets are taken from that. For
//! [`Purpose::Score`] it also says how well each one does: marks as typed before
//! marks that differ, heavier fields first, words side by side (a Vietnamese
//! word is several syllables) before words apart, and a value that is just the
//! typed text before longer ones.

use std::collections::BTreeMap;

use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, EnableScoring, Occur,
    PhraseQuery, Query as EngineQuery, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Searcher, TERMINATED, Term};
use tram_contract::search::{Match, Query};

use crate::analyse::{BEGIN, END};
use crate::error::Error;
use crate::layout::{Entry, Kind, Layout, TextField};
use crate::text::{QueryWord, Text};

/// A query of the engine.
pub(crate) type Compiled = Box<dyn EngineQuery>;

/// How deep a query may nest.
const DEEPEST: usize = 16;
/// How many parts it may have.
const MOST_PARTS: usize = 100;
/// How many words a beginning stands for: the most frequent ones.
const MOST_COMPLETIONS: usize = 500;

/// The weight of a word with the typed marks, against 1 for the word without:
/// for a reader who types marks, and for one who types none.
const EXACT_MEANT: f32 = 2.5;
const EXACT_UNMARKED: f32 = 0.4;
/// The weight of two neighbours that are neighbours in the text.
const ADJACENT: f32 = 0.6;
/// The weight of the whole text as one phrase with its marks.
const PHRASE: f32 = 1.0;
/// The weight of a value that is the typed text and nothing else.
const WHOLE: f32 = 1.5;

/// What a compiled query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Which documents.
    Match,
    /// How well.
    Score,
}

/// What a reader may find: the documents that carry one of his tokens.
#[derive(Debug)]
pub(crate) struct Visibility {
    field: Field,
    tokens: Vec<String>,
    /// Every document carries one of them, so that nothing needs asking.
    all: bool,
}

impl Visibility {
    /// The documents of these tokens in a snapshot.
    pub(crate) fn new(
        searcher: &Searcher,
        layout: &Layout,
        tokens: &[String],
    ) -> Result<Self, Error> {
        let documents: u64 = searcher
            .segment_readers()
            .iter()
            .map(|segment| u64::from(segment.max_doc()))
            .sum();
        let mut all = false;
        for token in tokens {
            let term = Term::from_field_text(layout.visibility, token);
            all |= searcher.doc_freq(&term)? == documents;
        }
        Ok(Visibility {
            field: layout.visibility,
            tokens: tokens.to_vec(),
            all,
        })
    }

    /// Whether there is nothing that could be found.
    pub(crate) fn is_nothing(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The query, with the documents that the reader may not see taken out.
    pub(crate) fn restrict(&self, query: Compiled) -> Compiled {
        if self.tokens.is_empty() {
            return Box::new(EmptyQuery);
        }
        if self.all {
            return query;
        }
        let tokens = self.tokens.iter().map(|token| {
            let term = Term::from_field_text(self.field, token);
            (
                Occur::Should,
                Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Compiled,
            )
        });
        let allowed = ConstScoreQuery::new(Box::new(BooleanQuery::new(tokens.collect())), 0.0);
        all_of(vec![query, Box::new(allowed)])
    }
}

/// Whether a query finds a document at all.
pub(crate) fn exists(searcher: &Searcher, query: &dyn EngineQuery) -> Result<bool, Error> {
    Ok(count_up_to(searcher, query, 1)? > 0)
}

/// How many documents a query finds, but no more than `most`.
pub(crate) fn count_up_to(
    searcher: &Searcher,
    query: &dyn EngineQuery,
    most: u64,
) -> Result<u64, Error> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut count = 0;
    for segment in searcher.segment_readers() {
        let mut scorer = weight.scorer(segment, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            if !segment.is_deleted(doc) {
                count += 1;
                if count >= most {
                    return Ok(count);
                }
            }
            doc = scorer.advance();
        }
    }
    Ok(count)
}

/// A query of a whole word.
pub(crate) fn term(field: Field, text: &str) -> Compiled {
    Box::new(TermQuery::new(
        Term::from_field_text(field, text),
        IndexRecordOption::WithFreqs,
    ))
}

/// A query that asks for all of several.
pub(crate) fn all_of(mut queries: Vec<Compiled>) -> Compiled {
    match queries.len() {
        0 => Box::new(AllQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::new(
            queries
                .into_iter()
                .map(|query| (Occur::Must, query))
                .collect(),
        )),
    }
}

/// A query that asks for any of several.
fn any_of(mut queries: Vec<Compiled>) -> Compiled {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::new(
            queries
                .into_iter()
                .map(|query| (Occur::Should, query))
                .collect(),
        )),
    }
}

fn boosted(query: Compiled, boost: f32) -> Compiled {
    if (boost - 1.0).abs() < f32::EPSILON {
        query
    } else {
        Box::new(BoostQuery::new(query, boost))
    }
}

/// Words in a row; a single one is just a word.
fn phrase<'a>(field: Field, words: impl Iterator<Item = &'a str>) -> Compiled {
    let terms: Vec<Term> = words
        .map(|word| Term::from_field_text(field, word))
        .collect();
    match terms.as_slice() {
        [] => Box::new(EmptyQuery),
        [single] => Box::new(TermQuery::new(single.clone(), IndexRecordOption::WithFreqs)),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

/// A value that is these words and nothing else.
fn whole<'a>(field: Field, words: impl Iterator<Item = &'a str>) -> Compiled {
    phrase(field, [BEGIN].into_iter().chain(words).chain([END]))
}

fn folded(words: &[QueryWord]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| word.folded.as_str())
}

fn exact(words: &[QueryWord]) -> impl Iterator<Item = &str> {
    words.iter().map(|word| word.exact.as_str())
}

/// Compiles queries against one snapshot.
pub(crate) struct Compiler<'a> {
    pub layout: &'a Layout,
    pub searcher: &'a Searcher,
    pub visibility: &'a Visibility,
    /// Any of the words will do where all were asked for.
    pub relaxed: bool,
}

impl Compiler<'_> {
    /// The query and the facet choices, within what the reader may see.
    /// `except` names a field whose choices are left out.
    pub(crate) fn request(
        &self,
        query: &Query,
        filters: &BTreeMap<String, Vec<String>>,
        except: Option<&str>,
        purpose: Purpose,
    ) -> Result<Compiled, Error> {
        let mut parts = 0;
        let mut queries = vec![self.query(query, purpose, 0, &mut parts)?];
        for (name, values) in filters
            .iter()
            .filter(|(name, _)| except != Some(name.as_str()))
        {
            let choice = self.choice(name, values)?;
            queries.push(Box::new(ConstScoreQuery::new(choice, 0.0)));
        }
        Ok(self.visibility.restrict(all_of(queries)))
    }

    fn query(
        &self,
        query: &Query,
        purpose: Purpose,
        depth: usize,
        parts: &mut usize,
    ) -> Result<Compiled, Error> {
        *parts += 1;
        if depth > DEEPEST {
            return Err(Error::TooComplex("nested too deep"));
        }
        if *parts > MOST_PARTS {
            return Err(Error::TooComplex("too many parts"));
        }
        Ok(match query {
            Query::Everything => Box::new(AllQuery),
            Query::Text {
                text,
                fields,
                r#match,
            } => self.typed(text, fields, *r#match, purpose)?,
            Query::Term { field, value } => self.choice(field, std::slice::from_ref(value))?,
            Query::Range { field, from, to } => self.range(field, *from, *to)?,
            Query::And(queries) => all_of(self.queries(queries, purpose, depth, parts)?),
            Query::Or(queries) => any_of(self.queries(queries, purpose, depth, parts)?),
            Query::Not(wanted, unwanted) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, self.query(wanted, purpose, depth + 1, parts)?),
                (
                    Occur::MustNot,
                    self.query(unwanted, Purpose::Match, depth + 1, parts)?,
                ),
            ])),
        })
    }

    fn queries(
        &self,
        queries: &[Query],
        purpose: Purpose,
        depth: usize,
        parts: &mut usize,
    ) -> Result<Vec<Compiled>, Error> {
        queries
            .iter()
            .map(|query| self.query(query, purpose, depth + 1, parts))
            .collect()
    }

    /// One of several whole values of a keyword or number field.
    fn choice(&self, name: &str, values: &[String]) -> Result<Compiled, Error> {
        let terms: Vec<Term> = match self.layout.entry(name)?.kind {
            Kind::Keyword { raw, .. } => values
                .iter()
                .map(|value| Term::from_field_text(raw, &tram_vietnamese::nfc(value)))
                .collect(),
            Kind::Number { number, .. } => values
                .iter()
                .filter_map(|value| value.trim().parse().ok())
                .map(|value| Term::from_field_i64(number, value))
                .collect(),
            Kind::Text(_) => {
                return Err(Error::field(
                    name,
                    "a text field has words, not whole values",
                ));
            }
        };
        Ok(match terms.as_slice() {
            [single] => Box::new(TermQuery::new(single.clone(), IndexRecordOption::Basic)),
            _ => Box::new(TermSetQuery::new(terms)),
        })
    }

    fn range(&self, name: &str, from: Option<i64>, to: Option<i64>) -> Result<Compiled, Error> {
        use std::ops::Bound;
        let Entry {
            kind: Kind::Number { number, .. },
            ..
        } = self.layout.entry(name)?
        else {
            return Err(Error::field(name, "not a number field"));
        };
        let from = from.unwrap_or(i64::MIN);
        let to = to.unwrap_or(i64::MAX);
        if from > to {
            return Ok(Box::new(EmptyQuery));
        }
        Ok(Box::new(RangeQuery::new(
            Bound::Included(Term::from_field_i64(*number, from)),
            Bound::Included(Term::from_field_i64(*number, to)),
        )))
    }

    /// A typed text. Where it finds nothing as it stands, what may be key
    /// strokes of an input method is converted: first the words that no
    /// document has, then all.
    fn typed(
        &self,
        typed: &str,
        names: &[String],
        r#match: Match,
        purpose: Purpose,
    ) -> Result<Compiled, Error> {
        let fields = names
            .iter()
            .map(|name| self.layout.text(name))
            .collect::<Result<Vec<_>, _>>()?;
        let scope = if fields.is_empty() {
            Scope {
                fields: self.layout.default_fields().collect(),
                named: false,
            }
        } else {
            Scope {
                fields,
                named: true,
            }
        };
        let r#match = if self.relaxed && r#match == Match::All {
            Match::Any
        } else {
            r#match
        };
        let text = self.unconverted(Text::new(typed), &scope, r#match)?;
        if text.words.is_empty() {
            return Ok(Box::new(EmptyQuery));
        }
        match purpose {
            Purpose::Match => self.matching(&text, &scope, r#match),
            Purpose::Score => self.scoring(&text, &scope, r#match),
        }
    }

    /// The text with left-over key strokes converted where it helps.
    fn unconverted(&self, text: Text, scope: &Scope<'_>, r#match: Match) -> Result<Text, Error> {
        let Some(all) = text.converted() else {
            return Ok(text);
        };
        let finds = |text: &Text| -> Result<bool, Error> {
            exists(
                self.searcher,
                &self
                    .visibility
                    .restrict(self.matching(text, scope, r#match)?),
            )
        };
        if r#match != Match::Any && finds(&text)? {
            return Ok(text);
        }
        let mut some = text.clone();
        for (word, converted) in some.words.iter_mut().zip(&all.words) {
            let known = exists(
                self.searcher,
                &self
                    .visibility
                    .restrict(scope.word(self.layout, &word.folded)),
            )?;
            if !known && word.decoded.is_some() {
                *word = converted.clone();
                some.marked = true;
            }
        }
        if r#match == Match::Any || finds(&some)? {
            return Ok(some);
        }
        Ok(if finds(&all)? { all } else { text })
    }

    fn matching(&self, text: &Text, scope: &Scope<'_>, r#match: Match) -> Result<Compiled, Error> {
        let words = text.words.as_slice();
        Ok(match r#match {
            Match::All => all_of(self.units(text, scope)),
            Match::Any => any_of(self.units(text, scope)),
            Match::Phrase => scope.each(|field| phrase(field.folded, folded(words))),
            Match::Whole => scope.each(|field| whole(field.folded, folded(words))),
            Match::Prefix => {
                let mut units = self.units(text, scope);
                if let Some(last) = words.last().filter(|last| !last.joined) {
                    units.pop();
                    units.push(self.beginning(&last.folded, scope)?);
                }
                all_of(units)
            }
        })
    }

    fn units(&self, text: &Text, scope: &Scope<'_>) -> Vec<Compiled> {
        text.units()
            .into_iter()
            .map(|unit| match unit {
                [single] => scope.word(self.layout, &single.folded),
                _ => scope.each(|field| phrase(field.folded, folded(unit))),
            })
            .collect()
    }

    /// A word by its beginning.
    fn beginning(&self, prefix: &str, scope: &Scope<'_>) -> Result<Compiled, Error> {
        if !scope.named {
            return Ok(Box::new(TermSetQuery::new(completions(
                self.searcher,
                self.layout.any,
                prefix,
            )?)));
        }
        let mut queries: Vec<Compiled> = Vec::new();
        for field in &scope.fields {
            let terms = completions(self.searcher, field.folded, prefix)?;
            queries.push(Box::new(TermSetQuery::new(terms)));
        }
        Ok(any_of(queries))
    }

    fn scoring(&self, text: &Text, scope: &Scope<'_>, r#match: Match) -> Result<Compiled, Error> {
        let words = text.words.as_slice();
        let exact_weight = if text.marked {
            EXACT_MEANT
        } else {
            EXACT_UNMARKED
        };
        let mut extra: Vec<Compiled> = Vec::new();
        for field in &scope.fields {
            for word in words {
                if !scope.named {
                    extra.push(boosted(term(field.folded, &word.folded), field.boost));
                }
                extra.push(boosted(
                    term(field.exact, &word.exact),
                    field.boost * exact_weight,
                ));
            }
        }
        // One word in any of the fields: a plain union, which the engine prunes.
        if let ([_], Match::All | Match::Any, false) = (words, r#match, scope.named)
            && scope.heaviest().count() == scope.fields.len()
        {
            return Ok(any_of(extra));
        }
        for field in scope.heaviest() {
            extra.push(boosted(
                whole(field.folded, folded(words)),
                field.boost * WHOLE,
            ));
        }
        if words.len() > 1 {
            for field in scope.heaviest() {
                for pair in words.windows(2) {
                    extra.push(boosted(
                        phrase(field.folded, folded(pair)),
                        field.boost * ADJACENT,
                    ));
                }
                if text.marked {
                    extra.push(boosted(
                        phrase(field.exact, exact(words)),
                        field.boost * PHRASE,
                    ));
                }
            }
        }
        let required = (Occur::Must, self.matching(text, scope, r#match)?);
        let optional = extra.into_iter().map(|query| (Occur::Should, query));
        Ok(Box::new(BooleanQuery::new(
            [required].into_iter().chain(optional).collect(),
        )))
    }
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
    fn word(&self, layout: &Layout, word: &str) -> Compiled {
        if self.named {
            self.each(|field| term(field.folded, word))
        } else {
            Box::new(TermQuery::new(
                Term::from_field_text(layout.any, word),
                IndexRecordOption::Basic,
            ))
        }
    }

    /// The same question to each of the fields.
    fn each(&self, ask: impl Fn(&TextField) -> Compiled) -> Compiled {
        any_of(
            self.fields
                .iter()
                .map(|field| boosted(ask(field), field.boost))
                .collect(),
        )
    }

    /// The fields with the largest weight, in practice the title: where the
    /// order of words is worth asking for.
    fn heaviest(&self) -> impl Iterator<Item = &'a TextField> {
        let most = self
            .fields
            .iter()
            .map(|field| field.boost)
            .fold(0.0, f32::max);
        self.fields
            .iter()
            .copied()
            .filter(move |field| field.boost >= most)
    }
}

/// The words that begin so, the most frequent if there are too many.
pub(crate) fn completions(
    searcher: &Searcher,
    field: Field,
    prefix: &str,
) -> Result<Vec<Term>, Error> {
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut stream = inverted
            .terms()
            .range()
            .ge(prefix.as_bytes())
            .into_stream()?;
        while let Some((word, info)) = stream.next() {
            if !word.starts_with(prefix.as_bytes()) {
                break;
            }
            *found.entry(word.to_vec()).or_default() += u64::from(info.doc_freq);
        }
    }
    let mut found: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
    if found.len() > MOST_COMPLETIONS {
        found.sort_by(|(one, often), (other, seldom)| {
            seldom.cmp(often).then_with(|| one.cmp(other))
        });
        found.truncate(MOST_COMPLETIONS);
    }
    Ok(found
        .iter()
        .filter_map(|(word, _)| std::str::from_utf8(word).ok())
        .map(|word| Term::from_field_text(field, word))
        .collect())
}

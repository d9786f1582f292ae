//! From a query of the contract to queries of the engine.
//!
//! Each query is compiled twice. For [`Purpose::Match`] it only says which
//! documents belong to the answer; counts and facets are taken from that. For
//! [`Purpose::Score`] it also says how well each one does. Typed texts, where
//! the work is, are read in `typed`.

use std::collections::BTreeMap;

use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query as EngineQuery, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};
use tram_contract::search::Query;

use crate::analyse;
use crate::error::Error;
use crate::layout::{Entry, Kind, Layout};
use crate::visibility::Visibility;

/// A query of the engine.
pub(crate) type Compiled = Box<dyn EngineQuery>;

/// How deep a query may nest.
const DEEPEST: usize = 16;
/// How many parts it may have.
const MOST_PARTS: usize = 100;
/// How many words a beginning stands for: the most frequent ones.
const MOST_COMPLETIONS: usize = 500;

/// What a compiled query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Which documents.
    Match,
    /// How well.
    Score,
}

/// A query of a whole word.
pub(crate) fn term(field: Field, text: &str) -> Compiled {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

/// A query that asks for all of several.
pub(crate) fn all_of(mut queries: Vec<Compiled>) -> Compiled {
    match queries.len() {
        0 => Box::new(AllQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::new(queries.into_iter().map(|query| (Occur::Must, query)).collect())),
    }
}

/// A query that asks for any of several.
pub(crate) fn any_of(mut queries: Vec<Compiled>) -> Compiled {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.swap_remove(0),
        _ => Box::new(BooleanQuery::new(queries.into_iter().map(|query| (Occur::Should, query)).collect())),
    }
}

pub(crate) fn boosted(query: Compiled, boost: f32) -> Compiled {
    if (boost - 1.0).abs() < f32::EPSILON { query } else { Box::new(BoostQuery::new(query, boost)) }
}

/// Words in a row; a single one is just a word.
pub(crate) fn phrase<'a>(field: Field, words: impl Iterator<Item = &'a str>) -> Compiled {
    let terms: Vec<Term> = words.map(|word| Term::from_field_text(field, word)).collect();
    match terms.as_slice() {
        [] => Box::new(EmptyQuery),
        [single] => Box::new(TermQuery::new(single.clone(), IndexRecordOption::WithFreqs)),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

/// A value that is these words and nothing else. A long value is asked for as a phrase.
pub(crate) fn whole<'a>(field: Field, words: impl Iterator<Item = &'a str> + Clone) -> Compiled {
    match analyse::whole(words.clone()) {
        Some(whole) => term(field, &whole),
        None => phrase(field, words),
    }
}

/// Words in a row, some of which may be left out.
pub(crate) fn phrase_of(field: Field, words: Vec<(usize, &str)>) -> Option<Compiled> {
    match words.as_slice() {
        [] => None,
        [(_, single)] => Some(term(field, single)),
        _ => {
            let terms = words.into_iter().map(|(place, word)| (place, Term::from_field_text(field, word)));
            Some(Box::new(PhraseQuery::new_with_offset(terms.collect())))
        }
    }
}

/// How to find the best hits.
pub(crate) struct Plan {
    /// How well a document does.
    pub scored: Compiled,
    /// What a document has to fulfil besides: facet choices, visibility. It is
    /// asked only of documents that are good enough, so that the engine can
    /// skip over the others.
    pub filter: Option<Compiled>,
    /// The shorter way, where very many documents match.
    pub shortlist: Option<Shortlist>,
}

/// Where very many documents match, only the best by a simple score are looked
/// at closely.
pub(crate) struct Shortlist {
    /// Queries so simple that the engine finds their best while it skips most.
    /// They find nothing but documents that match.
    pub queries: Vec<Compiled>,
    /// What the scores of the documents found are the sum of.
    pub parts: Vec<Compiled>,
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
    /// Which documents: the query and the facet choices, within what the reader
    /// may see. `except` names a field whose choices are left out.
    pub(crate) fn matching(
        &self,
        query: &Query,
        filters: &BTreeMap<String, Vec<String>>,
        except: Option<&str>,
    ) -> Result<Compiled, Error> {
        let mut queries = vec![self.query(query, Purpose::Match, 0, &mut 0)?];
        for (name, values) in filters.iter().filter(|(name, _)| except != Some(name.as_str())) {
            queries.push(self.choice(name, values)?);
        }
        Ok(self.visibility.restrict(all_of(queries)))
    }

    /// How well, and in what order to find that out.
    pub(crate) fn plan(&self, query: &Query, filters: &BTreeMap<String, Vec<String>>) -> Result<Plan, Error> {
        let mut texts: Vec<&Query> = Vec::new();
        let mut bare: Vec<Compiled> = Vec::new();
        for (name, values) in filters {
            bare.push(self.choice(name, values)?);
        }
        let parts = match query {
            Query::And(queries) => queries.as_slice(),
            single => std::slice::from_ref(single),
        };
        let mut count = 0;
        for part in parts {
            match part {
                Query::Everything => {}
                Query::Term { .. } | Query::Range { .. } => {
                    bare.push(self.query(part, Purpose::Match, 1, &mut count)?);
                }
                scored => texts.push(scored),
            }
        }
        let scored =
            texts.iter().map(|text| self.query(text, Purpose::Score, 1, &mut count)).collect::<Result<Vec<_>, _>>()?;
        let shortlist = match texts.as_slice() {
            [Query::Text { text, fields, r#match }] => self.shortlist(text, fields, *r#match)?,
            _ => None,
        };
        let filter = match (bare.is_empty(), self.visibility.is_everything()) {
            (true, true) => None,
            _ => Some(self.visibility.restrict(all_of(bare))),
        };
        Ok(Plan { scored: all_of(scored), filter, shortlist })
    }

    fn query(&self, query: &Query, purpose: Purpose, depth: usize, parts: &mut usize) -> Result<Compiled, Error> {
        *parts += 1;
        if depth > DEEPEST {
            return Err(Error::TooComplex("nested too deep"));
        }
        if *parts > MOST_PARTS {
            return Err(Error::TooComplex("too many parts"));
        }
        Ok(match query {
            Query::Everything => Box::new(AllQuery),
            Query::Text { text, fields, r#match } => self.typed(text, fields, *r#match, purpose)?,
            Query::Term { field, value } => self.choice(field, std::slice::from_ref(value))?,
            Query::Range { field, from, to } => self.range(field, *from, *to)?,
            Query::And(queries) => all_of(self.queries(queries, purpose, depth, parts)?),
            Query::Or(queries) => any_of(self.queries(queries, purpose, depth, parts)?),
            Query::Not(wanted, unwanted) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, self.query(wanted, purpose, depth + 1, parts)?),
                (Occur::MustNot, self.query(unwanted, Purpose::Match, depth + 1, parts)?),
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
        queries.iter().map(|query| self.query(query, purpose, depth + 1, parts)).collect()
    }

    /// One of several whole values of a keyword or number field.
    fn choice(&self, name: &str, values: &[String]) -> Result<Compiled, Error> {
        let terms: Vec<Term> = match self.layout.entry(name)?.kind {
            Kind::Keyword { raw, .. } => {
                values.iter().map(|value| Term::from_field_text(raw, &tram_vietnamese::nfc(value))).collect()
            }
            Kind::Number { number, .. } => values
                .iter()
                .filter_map(|value| value.trim().parse().ok())
                .map(|value| Term::from_field_i64(number, value))
                .collect(),
            Kind::Text(_) => {
                return Err(Error::field(name, "a text field has words, not whole values"));
            }
        };
        Ok(match terms.as_slice() {
            [single] => Box::new(TermQuery::new(single.clone(), IndexRecordOption::Basic)),
            _ => Box::new(TermSetQuery::new(terms)),
        })
    }

    fn range(&self, name: &str, from: Option<i64>, to: Option<i64>) -> Result<Compiled, Error> {
        use std::ops::Bound;
        let Entry { kind: Kind::Number { number, .. }, .. } = self.layout.entry(name)? else {
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
}

/// The words that begin so with the number of documents, the most frequent
/// first and no more than [`MOST_COMPLETIONS`].
pub(crate) fn completions(searcher: &Searcher, field: Field, prefix: &str) -> Result<Vec<(Term, u64)>, Error> {
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut stream = inverted.terms().range().ge(prefix.as_bytes()).into_stream()?;
        while let Some((word, info)) = stream.next() {
            if !word.starts_with(prefix.as_bytes()) {
                break;
            }
            *found.entry(word.to_vec()).or_default() += u64::from(info.doc_freq);
        }
    }
    let mut found: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
    found.sort_by(|(one, often), (other, seldom)| seldom.cmp(often).then_with(|| one.cmp(other)));
    found.truncate(MOST_COMPLETIONS);
    Ok(found
        .iter()
        .filter_map(|(word, often)| Some((std::str::from_utf8(word).ok()?, *often)))
        .map(|(word, often)| (Term::from_field_text(field, word), often))
        .collect())
}

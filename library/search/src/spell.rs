//! "Did you mean": another spelling for words that no public document has.
//!
//! Candidates are words of the fields marked `suggest` at a small edit distance
//! (two neighbours swapped count once), and the word cut in two where a space is
//! missing (`thuvien`). Each is judged by how many public documents have it
//! together with the other words, so `lich sư nhta ban` becomes `nhật`, not
//! `nhất`. Frequencies of hidden documents decide nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};
use tantivy::schema::{Field, Value};
use tantivy::{Searcher, TantivyDocument};
use tantivy_fst::Automaton;
use tram_contract::search::{Match, Query};
use tram_vietnamese::fold;

use crate::PUBLIC;
use crate::compile::{Compiled, Visibility, all_of, count_up_to, term};
use crate::error::Error;
use crate::index::Index;
use crate::layout::Layout;
use crate::text::Text;
use crate::top::{self, Page};
use crate::words::words;

/// Candidates for a word that are judged with the others.
const MOST_CANDIDATES: usize = 16;
/// Documents beyond this many tell nothing more.
const MANY: u64 = 1_000;
/// Words longer than this are no words.
const LONGEST: usize = 24;

/// An automaton over the bytes of words at most some edits away.
struct Near(DFA);

impl Automaton for Near {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != levenshtein_automata::SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}

/// One edit for short words, two for long ones: in a syllable of four letters
/// two edits reach everything.
fn near(word: &str) -> Near {
    static ONE: OnceLock<LevenshteinAutomatonBuilder> = OnceLock::new();
    static TWO: OnceLock<LevenshteinAutomatonBuilder> = OnceLock::new();
    let builder = if word.chars().count() <= 6 {
        ONE.get_or_init(|| LevenshteinAutomatonBuilder::new(1, true))
    } else {
        TWO.get_or_init(|| LevenshteinAutomatonBuilder::new(2, true))
    };
    Near(builder.build_dfa(word))
}

/// The text of a query that spelling can be proposed for: the first one.
fn text_of(query: &Query) -> Option<&str> {
    match query {
        Query::Text {
            text,
            r#match: Match::All | Match::Any | Match::Prefix | Match::Phrase,
            ..
        } => Some(text),
        Query::And(queries) => queries.iter().find_map(text_of),
        _ => None,
    }
}

impl Index {
    /// Another spelling of the query's text that finds something the reader may
    /// see; nothing when every word is known or nothing better is near.
    pub(crate) fn spelling(
        &self,
        searcher: &Searcher,
        query: &Query,
        visible: &Visibility,
    ) -> Result<Option<String>, Error> {
        let Some(typed) = text_of(query) else {
            return Ok(None);
        };
        let public = Visibility::new(searcher, &self.layout, &[PUBLIC.to_owned()])?;
        let speller = Speller {
            layout: &self.layout,
            searcher,
            visible,
            public: &public,
        };
        speller.correct(&Text::new(typed))
    }
}

struct Speller<'a> {
    layout: &'a Layout,
    searcher: &'a Searcher,
    visible: &'a Visibility,
    public: &'a Visibility,
}

/// What a word may have meant: one word, or two without their space.
type Candidate = Vec<String>;

impl Speller<'_> {
    fn restrict(&self, query: Compiled) -> Compiled {
        self.public.restrict(self.visible.restrict(query))
    }

    /// A word in any of the fields that spelling draws on.
    fn word(&self, word: &str) -> Compiled {
        let fields = self.layout.suggest_fields();
        let queries = fields.map(|field| (tantivy::query::Occur::Should, term(field.folded, word)));
        Box::new(tantivy::query::BooleanQuery::new(queries.collect()))
    }

    /// How many documents have all the words.
    fn documents(&self, all: &[&str]) -> Result<u64, Error> {
        let query = self.restrict(all_of(all.iter().map(|word| self.word(word)).collect()));
        count_up_to(self.searcher, &query, MANY)
    }

    fn correct(&self, text: &Text) -> Result<Option<String>, Error> {
        if self.layout.suggest_fields().next().is_none() {
            return Ok(None);
        }
        let mut words: Vec<(&str, Option<Candidate>)> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for word in &text.words {
            if self.documents(&[&word.folded])? > 0 {
                known.push(&word.folded);
            }
            words.push((&word.typed, None));
        }
        let mut chosen: Vec<String> = known.iter().map(|word| (*word).to_owned()).collect();
        for (word, slot) in text.words.iter().zip(&mut words) {
            if known.contains(&word.folded.as_str()) {
                continue;
            }
            let Some(best) = self.best(&word.folded, &chosen)? else {
                return Ok(None);
            };
            chosen.extend(best.iter().cloned());
            slot.1 = Some(best);
        }
        if chosen.is_empty() || words.iter().all(|(_, candidate)| candidate.is_none()) {
            return Ok(None);
        }
        let all: Vec<&str> = chosen.iter().map(String::as_str).collect();
        let spelled = self.spelled(&all)?;
        if spelled.is_empty() {
            return Ok(None);
        }
        let out: Vec<String> = words
            .into_iter()
            .map(|(typed, candidate)| match candidate {
                None => typed.to_owned(),
                Some(parts) => {
                    let parts = parts
                        .iter()
                        .map(|part| spelled.get(part).unwrap_or(part).as_str());
                    parts.collect::<Vec<_>>().join(" ")
                }
            })
            .collect();
        Ok(Some(out.join(" ")))
    }

    /// The candidate that most documents have together with the words so far;
    /// where none has, that most documents have.
    fn best(&self, word: &str, with: &[String]) -> Result<Option<Candidate>, Error> {
        let mut best: Option<((u64, u64, usize), Candidate)> = None;
        for (nearness, candidate) in self.candidates(word)? {
            let alone: Vec<&str> = candidate.iter().map(String::as_str).collect();
            let often = self.documents(&alone)?;
            if often == 0 {
                continue;
            }
            let together: Vec<&str> = with.iter().map(String::as_str).chain(alone).collect();
            let rank = (self.documents(&together)?, often, nearness);
            if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, candidate));
            }
        }
        Ok(best.map(|(_, candidate)| candidate))
    }

    /// Near words and cuts, each with how near it is: the larger the nearer.
    fn candidates(&self, word: &str) -> Result<Vec<(usize, Candidate)>, Error> {
        let length = word.chars().count();
        if !(2..=LONGEST).contains(&length) {
            return Ok(Vec::new());
        }
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for field in self.layout.suggest_fields() {
            self.near_words(field.folded, word, &mut found)?;
        }
        found.remove(word);
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        // The frequent ones are looked at first; whether they are public and
        // how many is asked of each.
        found.sort_by(|(one, often), (other, seldom)| {
            shared_start(other, word)
                .min(1)
                .cmp(&shared_start(one, word).min(1))
                .then_with(|| seldom.cmp(often))
                .then_with(|| one.cmp(other))
        });
        let mut out: Vec<(usize, Candidate)> = found
            .into_iter()
            .take(MOST_CANDIDATES)
            .map(|(candidate, _)| (shared_start(&candidate, word), vec![candidate]))
            .collect();
        for (cut, _) in word.char_indices().skip(1) {
            let (one, other) = word.split_at(cut);
            if tram_vietnamese::syllable::is_syllable(one)
                && tram_vietnamese::syllable::is_syllable(other)
            {
                out.push((length, vec![one.to_owned(), other.to_owned()]));
            }
        }
        Ok(out)
    }

    fn near_words(
        &self,
        field: Field,
        word: &str,
        found: &mut BTreeMap<String, u64>,
    ) -> Result<(), Error> {
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().search(near(word)).into_stream()?;
            while let Some((candidate, info)) = stream.next() {
                if let Some(candidate) = std::str::from_utf8(candidate)
                    .ok()
                    .filter(|word| *word >= " ")
                {
                    *found.entry(candidate.to_owned()).or_default() += u64::from(info.doc_freq);
                }
            }
        }
        Ok(())
    }

    /// How a document writes these words: folded form to the form with marks,
    /// from the first public document that has them all.
    fn spelled(&self, all: &[&str]) -> Result<BTreeMap<String, String>, Error> {
        let mut out = BTreeMap::new();
        let query = self.restrict(all_of(all.iter().map(|word| self.word(word)).collect()));
        let hits = top::by_score(
            self.searcher,
            &query,
            Page {
                offset: 0,
                limit: 1,
            },
        )?;
        let wanted: HashSet<&str> = all.iter().copied().collect();
        for (_, address) in hits {
            let document: TantivyDocument = self.searcher.doc(address)?;
            for field in self
                .layout
                .suggest_fields()
                .filter_map(|field| field.suggest)
            {
                for value in document.get_all(field).filter_map(|value| value.as_str()) {
                    for word in words(value) {
                        let folded = fold(word.text);
                        if wanted.contains(folded.as_str()) {
                            out.entry(folded)
                                .or_insert_with(|| word.text.to_lowercase());
                        }
                    }
                }
            }
        }
        Ok(out)
    }
}

/// How many letters two words share at the start: slips are rare there.
fn shared_start(one: &str, other: &str) -> usize {
    one.chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count()
}

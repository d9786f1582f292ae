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
use crate::analyse::is_sign;
use crate::compile::{Compiled, Plan, all_of, any_of, phrase};
use crate::error::Error;
use crate::index::Index;
use crate::layout::Layout;
use crate::text::Text;
use crate::top::{self, Page};
use crate::visibility::{Visibility, count_up_to};
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
        Query::Text { text, r#match: Match::All | Match::Any | Match::Prefix | Match::Phrase, .. } => Some(text),
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
        let speller = Speller { layout: &self.layout, searcher, visible, public: &public };
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
    /// A word, or its parts side by side, in any of the fields that spelling
    /// draws on.
    fn found(&self, candidate: &[String]) -> Compiled {
        let fields = self.layout.suggest_fields();
        any_of(fields.map(|field| phrase(field.folded, candidate.iter().map(String::as_str))).collect())
    }

    fn all(&self, candidates: &[Candidate]) -> Compiled {
        let all = all_of(candidates.iter().map(|candidate| self.found(candidate)).collect());
        self.public.restrict(self.visible.restrict(all))
    }

    /// How many documents have all of them.
    fn documents(&self, candidates: &[Candidate]) -> Result<u64, Error> {
        count_up_to(self.searcher, &self.all(candidates), MANY)
    }

    fn correct(&self, text: &Text) -> Result<Option<String>, Error> {
        if self.layout.suggest_fields().next().is_none() {
            return Ok(None);
        }
        // What the words are, as far as it is known: the known ones first.
        let mut chosen: Vec<Candidate> = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        for word in &text.words {
            let itself = vec![word.folded.clone()];
            if self.documents(std::slice::from_ref(&itself))? > 0 {
                chosen.push(itself);
            } else {
                unknown.push(&word.folded);
            }
        }
        if unknown.is_empty() {
            return Ok(None);
        }
        let mut corrected: BTreeMap<&str, Candidate> = BTreeMap::new();
        for word in unknown {
            let Some(best) = self.best(word, &chosen)? else {
                return Ok(None);
            };
            chosen.push(best.clone());
            corrected.insert(word, best);
        }
        let spelled = self.spelled(&chosen)?;
        if spelled.is_empty() {
            return Ok(None);
        }
        let out: Vec<&str> = text
            .words
            .iter()
            .flat_map(|word| match corrected.get(word.folded.as_str()) {
                None => vec![word.typed.as_str()],
                Some(parts) => parts.iter().map(|part| spelled.get(part).unwrap_or(part).as_str()).collect(),
            })
            .collect();
        Ok(Some(out.join(" ")))
    }

    /// The candidate that most documents have together with the words so far;
    /// where none has, that most documents have.
    fn best(&self, word: &str, with: &[Candidate]) -> Result<Option<Candidate>, Error> {
        let mut best: Option<((u64, u64, usize), Candidate)> = None;
        for (nearness, candidate) in self.candidates(word)? {
            let often = self.documents(std::slice::from_ref(&candidate))?;
            if often == 0 {
                continue;
            }
            let together: Vec<Candidate> = with.iter().chain([&candidate]).cloned().collect();
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
            out.push((length, vec![one.to_owned(), other.to_owned()]));
        }
        Ok(out)
    }

    fn near_words(&self, field: Field, word: &str, found: &mut BTreeMap<String, u64>) -> Result<(), Error> {
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().search(near(word)).into_stream()?;
            while let Some((candidate, info)) = stream.next() {
                if let Some(candidate) = std::str::from_utf8(candidate).ok().filter(|word| !is_sign(word)) {
                    *found.entry(candidate.to_owned()).or_default() += u64::from(info.doc_freq);
                }
            }
        }
        Ok(())
    }

    /// How a document writes these words: folded form to the form with marks,
    /// from the first public document that has them all.
    fn spelled(&self, all: &[Candidate]) -> Result<BTreeMap<String, String>, Error> {
        let mut out = BTreeMap::new();
        let plan = Plan { scored: self.all(all), filter: None, shortlist: None };
        let hits = top::by_score(self.searcher, self.layout, &plan, Page { offset: 0, limit: 1 })?;
        let wanted: HashSet<&str> = all.iter().flatten().map(String::as_str).collect();
        for (_, address) in hits {
            let document: TantivyDocument = self.searcher.doc(address)?;
            for field in self.layout.suggest_fields().filter_map(|field| field.suggest) {
                for value in document.get_all(field).filter_map(|value| value.as_str()) {
                    for word in words(value) {
                        let folded = fold(word.text);
                        if wanted.contains(folded.as_str()) {
                            out.entry(folded).or_insert_with(|| word.text.to_lowercase());
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
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

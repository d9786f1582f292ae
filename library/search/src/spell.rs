//! "Did you mean": another spelling for words that no public document has.
//!
//! Candidates are words of the fields marked `suggest` at a small edit distance
//! (two neighbours swapped count once), and the word cut in two where a space is
//! missing (`thuvien`). Each is judged by how many public documents have it
//! together with the other words, so `lich sư nhta ban` becomes `nhật`, not
//! `nhất`. Frequencies of hidden documents decide nothing.
//!
//! A slip often makes another word (`tắc đèn`, `vợ nhặc`). Where every word is known
//! and nothing has them all, each is tried in turn among the others; where something
//! has them all, only a correction that is a whole title is worth offering.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};
use tantivy::query::EmptyQuery;
use tantivy::schema::{Field, Value};
use tantivy::{Searcher, TantivyDocument};
use tantivy_fst::Automaton;
use tram_contract::search::{Match, Query};
use tram_vietnamese::fold;

use crate::PUBLIC;
use crate::analyse::{BEGIN, is_sign};
use crate::compile::{Compiled, Plan, all_of, any_of, phrase, phrase_of, whole};
use crate::error::Error;
use crate::index::Index;
use crate::layout::Layout;
use crate::text::Text;
use crate::top::{self, Page};
use crate::visibility::{Visibility, count_up_to};
use crate::words::words;

/// Candidates for a word that are judged with the others.
const MOST_CANDIDATES: usize = 16;
/// The same for a known word among others, which leave little that fits.
const MOST_IN_CONTEXT: usize = 64;
/// Texts of more words are not tried word by word.
const MOST_TRIED: usize = 8;
/// Parts and far words shorter than this are one edit away from everything.
const SHORTEST: usize = 3;
/// Documents beyond this many tell nothing more.
const MANY: u64 = 1_000;
/// Words longer than this are no words.
const LONGEST: usize = 24;

/// Begins every word.
const ANYHOW: [&str; 1] = [""];
/// First letters that Vietnamese speech and spelling confuse: l and n, s and x, ch and tr,
/// d, gi, r and v, the three letters of one sound, i and y, f for ph.
const CONFUSED: [&[&str]; 7] =
    [&["l", "n"], &["s", "x"], &["c", "t"], &["d", "g", "r", "v"], &["c", "k", "q"], &["i", "y"], &["f", "p"]];

/// An automaton over the bytes of words at most some edits away.
struct Near(DFA);

impl Automaton for &Near {
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
fn edits(word: &str) -> u8 {
    if word.chars().count() <= 6 { 1 } else { 2 }
}

fn near(word: &str, edits: u8) -> Near {
    static ONE: OnceLock<LevenshteinAutomatonBuilder> = OnceLock::new();
    static TWO: OnceLock<LevenshteinAutomatonBuilder> = OnceLock::new();
    let builder = if edits <= 1 {
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
    /// see; nothing when nothing better is near. `found` documents have all the words
    /// as they stand.
    pub(crate) fn spelling(
        &self,
        searcher: &Searcher,
        query: &Query,
        visible: &Visibility,
        found: u64,
    ) -> Result<Option<String>, Error> {
        let Some(typed) = text_of(query) else {
            return Ok(None);
        };
        let public = Visibility::new(searcher, &self.layout, &[PUBLIC.to_owned()])?;
        let speller = Speller { layout: &self.layout, searcher, visible, public: &public };
        speller.correct(&Text::new(typed), found)
    }
}

struct Speller<'a> {
    layout: &'a Layout,
    searcher: &'a Searcher,
    visible: &'a Visibility,
    public: &'a Visibility,
}

/// How well a corrected text fits, the weightiest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// Documents of which it is a whole value.
    whole: u64,
    /// Documents that have it in a row.
    in_a_row: u64,
    /// The word changed little.
    near: bool,
    /// Documents that have all its words.
    together: u64,
    /// Letters that the changed word shares with the typed one at the start.
    start: usize,
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

    /// Whether a document has it.
    fn is_known(&self, candidate: &[String]) -> Result<bool, Error> {
        Ok(count_up_to(self.searcher, &self.all(&[candidate.to_vec()]), 1)? > 0)
    }

    /// How many documents, of the first `most`, have this in one of the fields.
    fn count(&self, most: u64, ask: &dyn Fn(Field) -> Compiled) -> Result<u64, Error> {
        let any = any_of(self.layout.suggest_fields().map(|field| ask(field.folded)).collect());
        count_up_to(self.searcher, &self.public.restrict(self.visible.restrict(any)), most)
    }

    /// How many documents have all of them.
    fn documents(&self, candidates: &[Candidate]) -> Result<u64, Error> {
        count_up_to(self.searcher, &self.all(candidates), MANY)
    }

    fn correct(&self, text: &Text, found: u64) -> Result<Option<String>, Error> {
        if self.layout.suggest_fields().next().is_none() {
            return Ok(None);
        }
        // A document has them all, if not in these fields.
        if found > 0 {
            return self.correct_known(text, found);
        }
        // What the words are, as far as it is known: the known ones first.
        let mut chosen: Vec<Candidate> = Vec::new();
        let mut unknown: Vec<&str> = Vec::new();
        for word in &text.words {
            let itself = vec![word.folded.clone()];
            if self.is_known(&itself)? {
                chosen.push(itself);
            } else {
                unknown.push(&word.folded);
            }
        }
        if unknown.is_empty() {
            return self.correct_known(text, found);
        }
        let mut corrected: BTreeMap<usize, Candidate> = BTreeMap::new();
        for (place, word) in text.words.iter().enumerate() {
            if !unknown.contains(&word.folded.as_str()) {
                continue;
            }
            let Some(best) = self.best(&word.folded, &chosen)? else {
                return Ok(None);
            };
            chosen.push(best.clone());
            corrected.insert(place, best);
        }
        self.written(text, &corrected, &chosen)
    }

    /// The text with corrections put in, as documents write them.
    fn written(
        &self,
        text: &Text,
        corrected: &BTreeMap<usize, Candidate>,
        all: &[Candidate],
    ) -> Result<Option<String>, Error> {
        let spelled = self.spelled(all)?;
        if spelled.is_empty() {
            return Ok(None);
        }
        let out: Vec<&str> = text
            .words
            .iter()
            .enumerate()
            .flat_map(|(place, word)| match corrected.get(&place) {
                None => vec![word.typed.as_str()],
                Some(parts) => parts.iter().map(|part| spelled.get(part).unwrap_or(part).as_str()).collect(),
            })
            .collect();
        Ok(Some(out.join(" ")))
    }

    /// A text of known words of which one is a slip: the one word whose exchange makes
    /// the text a whole value, or else words in a row, or else words that go together.
    fn correct_known(&self, text: &Text, found: u64) -> Result<Option<String>, Error> {
        let words: Vec<&str> = text.words.iter().map(|word| word.folded.as_str()).collect();
        if !(2..=MOST_TRIED).contains(&words.len()) || text.words.iter().any(|word| word.joined) {
            return Ok(None);
        }
        // Words that stand in a row somewhere are meant so.
        if found > 0 && self.count(1, &|field| phrase(field, words.iter().copied()))? > 0 {
            return Ok(None);
        }
        let open = self.open(&words, found)?;
        let mut best: Option<(Fit, usize, String)> = None;
        for far in [false, true] {
            // The walk over far words is the dear one. Where the words as typed have found
            // something, a near slip is the most that is worth proposing.
            if far && (found > 0 || best.as_ref().is_some_and(|(fit, ..)| fit.whole > 0)) {
                break;
            }
            for ((place, word), _) in words.iter().enumerate().zip(&open).filter(|(_, open)| **open) {
                if far && (edits(word) > 1 || word.chars().count() <= SHORTEST) {
                    continue;
                }
                // Beside hits a slip is proposed only where it is plain: one edit, and in the
                // first letter none but those that people make. Most of the dictionary is
                // then not walked at all.
                let (edits, starts) = match (found > 0, far) {
                    (true, _) => (1, first_letters(word)),
                    (false, true) => (2, ANYHOW.to_vec()),
                    (false, false) => (edits(word), ANYHOW.to_vec()),
                };
                for candidate in self.near_ranked(word, edits, &starts, MOST_IN_CONTEXT)? {
                    let mut row = words.clone();
                    if let Some(changed) = row.get_mut(place) {
                        *changed = &candidate;
                    }
                    let fit = Fit { near: !far, start: shared_start(&candidate, word), ..self.fit(&row, found)? };
                    if fit.together > 0 && best.as_ref().is_none_or(|(other, ..)| fit > *other) {
                        best = Some((fit, place, candidate));
                    }
                }
            }
        }
        let Some((_, place, candidate)) = best else { return Ok(None) };
        let mut all: Vec<Candidate> = words.iter().map(|word| vec![(*word).to_owned()]).collect();
        if let Some(changed) = all.get_mut(place) {
            *changed = vec![candidate.clone()];
        }
        self.written(text, &BTreeMap::from([(place, vec![candidate])]), &all)
    }

    /// The words whose exchange may find more, each at its place. Asking that is cheap
    /// beside the walk through the dictionary and its candidates.
    fn open(&self, words: &[&str], found: u64) -> Result<Vec<bool>, Error> {
        let mut open = Vec::new();
        if found > 0 {
            // Only a whole value counts, and this is none: the others must stand in their
            // places at a value's beginning.
            for place in 0..words.len() {
                let row = std::iter::once(BEGIN).chain(words.iter().copied()).enumerate();
                let others: Vec<(usize, &str)> = row.filter(|(at, _)| *at != place + 1).collect();
                let there = |field: Field| phrase_of(field, others.clone()).unwrap_or_else(|| Box::new(EmptyQuery));
                open.push(self.count(1, &there)? > 0);
            }
            return Ok(open);
        }
        // Where the other words are together nowhere but where all of them are, no exchange
        // of this one finds more.
        let candidates = |without: usize| -> Vec<Candidate> {
            let kept = words.iter().enumerate().filter(|(place, _)| *place != without);
            kept.map(|(_, word)| vec![(*word).to_owned()]).collect()
        };
        let together = self.documents(&candidates(usize::MAX))?;
        for place in 0..words.len() {
            let others = self.all(&candidates(place));
            open.push(count_up_to(self.searcher, &others, together.saturating_add(1))? > together);
        }
        Ok(open)
    }

    /// How well some words go together. Where documents have the words as typed, only a
    /// whole value counts.
    fn fit(&self, words: &[&str], found: u64) -> Result<Fit, Error> {
        let words = || words.iter().copied();
        let whole = || self.count(MANY, &|field| whole(field, words()));
        if found > 0 {
            let whole = whole()?;
            return Ok(Fit { whole, together: whole, ..Fit::default() });
        }
        let all: Vec<Candidate> = words().map(|word| vec![word.to_owned()]).collect();
        let together = self.documents(&all)?;
        if together == 0 {
            return Ok(Fit::default());
        }
        let in_a_row = self.count(MANY, &|field| phrase(field, words()))?;
        Ok(Fit { whole: whole()?, in_a_row, together, ..Fit::default() })
    }

    /// The candidate that most documents have together with the words so far;
    /// where none has, that most documents have. A short word is looked for further
    /// off only where nothing near goes with the others: `fương` for `phương`.
    fn best(&self, word: &str, with: &[Candidate]) -> Result<Option<Candidate>, Error> {
        let near = self.best_within(word, edits(word), with)?;
        let fits = near.as_ref().is_some_and(|(together, _)| *together > 0);
        if fits || edits(word) > 1 || word.chars().count() <= SHORTEST {
            return Ok(near.map(|(_, candidate)| candidate));
        }
        let far = self.best_within(word, 2, with)?.filter(|(together, _)| *together > 0);
        Ok(far.or(near).map(|(_, candidate)| candidate))
    }

    /// The best candidate at most so many edits away, and how many documents have it
    /// together with the others.
    fn best_within(&self, word: &str, edits: u8, with: &[Candidate]) -> Result<Option<(u64, Candidate)>, Error> {
        let mut best: Option<((u64, u64, usize), Candidate)> = None;
        for (nearness, candidate) in self.candidates(word, edits)? {
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
        Ok(best.map(|((together, ..), candidate)| (together, candidate)))
    }

    /// Near words and cuts, each with how near it is: the larger the nearer.
    fn candidates(&self, word: &str, edits: u8) -> Result<Vec<(usize, Candidate)>, Error> {
        let length = word.chars().count();
        if !(2..=LONGEST).contains(&length) {
            return Ok(Vec::new());
        }
        let mut out: Vec<(usize, Candidate)> = self
            .near_ranked(word, edits, &ANYHOW, MOST_CANDIDATES)?
            .into_iter()
            .map(|candidate| (shared_start(&candidate, word), vec![candidate]))
            .collect();
        let cuts = || word.char_indices().skip(1).map(|(cut, _)| word.split_at(cut));
        out.extend(cuts().map(|(one, other)| (length, vec![one.to_owned(), other.to_owned()])));
        // A space is missing and there is a slip beside it: `totochan` for `Totto-chan`.
        for (one, other) in cuts().filter(|(one, other)| one.len() >= SHORTEST && other.len() >= SHORTEST) {
            for (slip, known, slip_first) in [(one, other, true), (other, one, false)] {
                if !self.is_known(&[known.to_owned()])? {
                    continue;
                }
                for near in self.near_ranked(slip, 1, &ANYHOW, MOST_CANDIDATES)? {
                    let known = known.to_owned();
                    let pair = if slip_first { vec![near, known] } else { vec![known, near] };
                    out.push((0, pair));
                }
            }
        }
        Ok(out)
    }

    /// Words near this one that begin with one of `starts`, those with its first letter and
    /// then the frequent ones first; whether they are public and how many is asked of each
    /// later.
    fn near_ranked(&self, word: &str, edits: u8, starts: &[&str], most: usize) -> Result<Vec<String>, Error> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        let near = near(word, edits);
        for field in self.layout.suggest_fields() {
            for start in starts {
                self.near_words(field.folded, &near, start, &mut found)?;
            }
        }
        found.remove(word);
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        found.sort_by(|(one, often), (other, seldom)| {
            shared_start(other, word)
                .min(1)
                .cmp(&shared_start(one, word).min(1))
                .then_with(|| seldom.cmp(often))
                .then_with(|| one.cmp(other))
        });
        Ok(found.into_iter().take(most).map(|(candidate, _)| candidate).collect())
    }

    fn near_words(
        &self,
        field: Field,
        near: &Near,
        start: &str,
        found: &mut BTreeMap<String, u64>,
    ) -> Result<(), Error> {
        // No byte of UTF-8 is 255: what begins with `start` ends before `start` and that.
        let end = [start.as_bytes(), &[u8::MAX]].concat();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut stream = inverted.terms().search(near).ge(start).lt(&end).into_stream()?;
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

/// The letters that a word typed like this may begin with: its own, and those that are
/// written for it where people speak so (`quê lội` for `quê nội`, `xọ dừa`, `chái cây`).
fn first_letters(word: &str) -> Vec<&str> {
    let own = word.char_indices().nth(1).map_or(word, |(end, _)| word.split_at(end).0);
    let mut letters = vec![own];
    for group in CONFUSED.iter().filter(|group| group.contains(&own)) {
        letters.extend(group.iter().filter(|letter| **letter != own));
    }
    letters
}

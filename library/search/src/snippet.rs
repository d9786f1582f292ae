//! Passages of a text with the words that were found.
//!
//! Marks are byte ranges, never markup: who renders them escapes the text.

use std::collections::HashSet;

use tram_contract::search::{Query, Snippet};
use tram_vietnamese::{exact, fold};

use crate::text::Text;
use crate::words::{Word, words};

/// The length of a passage in bytes, about two lines.
const PASSAGE: usize = 240;

/// What to mark: the words of a query.
#[derive(Debug, Default)]
pub(crate) struct Marker {
    exact: HashSet<String>,
    folded: HashSet<String>,
    /// The last word stands for what begins so.
    beginnings: Vec<String>,
    /// The reader types marks; other marks are second best.
    marked: bool,
}

impl Marker {
    /// The words of all texts in a query, left-over key strokes converted too.
    pub(crate) fn new(query: &Query) -> Self {
        let mut marker = Marker::default();
        marker.add(query);
        marker
    }

    fn add(&mut self, query: &Query) {
        match query {
            Query::Text { text, r#match, .. } => {
                let text = Text::new(text);
                if *r#match == tram_contract::search::Match::Prefix
                    && let Some(last) = text.words.last()
                {
                    self.beginnings.push(last.folded.clone());
                }
                self.add_words(&text);
                if let Some(converted) = text.converted() {
                    self.add_words(&converted);
                }
            }
            Query::And(queries) | Query::Or(queries) => queries.iter().for_each(|query| self.add(query)),
            Query::Not(wanted, _) => self.add(wanted),
            Query::Everything | Query::Term { .. } | Query::Range { .. } => {}
        }
    }

    fn add_words(&mut self, text: &Text) {
        self.marked |= text.marked;
        for word in &text.words {
            self.exact.insert(word.exact.clone());
            self.folded.insert(word.folded.clone());
        }
    }

    /// How well a word answers: 2 as typed, 1 without marks, 0 not at all.
    fn answers(&self, word: &Word<'_>) -> u8 {
        let folded = fold(word.text);
        if !self.folded.contains(&folded) && !self.beginnings.iter().any(|begin| folded.starts_with(begin)) {
            return 0;
        }
        if self.exact.contains(&exact(word.text)) { 2 } else { 1 }
    }

    /// The best passage of a text, if any of the words is in it.
    pub(crate) fn passage(&self, field: &str, place: u32, text: &str) -> Option<Snippet> {
        let found: Vec<(usize, usize, u8)> = words(text)
            .filter_map(|word| {
                let answer = self.answers(&word);
                (answer > 0).then_some((word.start, word.end(), answer))
            })
            .collect();
        // Where the typed spelling is there, other spellings are noise.
        let least = if self.marked && found.iter().any(|&(.., answer)| answer == 2) { 2 } else { 1 };
        let found: Vec<(usize, usize)> =
            found.into_iter().filter(|&(.., answer)| answer >= least).map(|(start, end, _)| (start, end)).collect();
        let (start, end) = window(text, &found)?;
        let marks = found
            .into_iter()
            .filter(|&(from, to)| from >= start && to <= end)
            .map(|(from, to)| (from - start, to - start))
            .collect();
        Some(Snippet { field: field.to_owned(), place, text: text.get(start..end)?.to_owned(), marks })
    }
}

/// The stretch of about [`PASSAGE`] bytes that holds the most found words,
/// beginning and ending between words.
fn window(text: &str, found: &[(usize, usize)]) -> Option<(usize, usize)> {
    let first = found.first()?;
    if text.len() <= PASSAGE {
        return Some((0, text.len()));
    }
    let mut best = (0, first.0);
    for (place, &(from, _)) in found.iter().enumerate() {
        let inside = found.iter().skip(place).take_while(|&&(_, to)| to - from <= PASSAGE * 3 / 4).count();
        if inside > best.0 {
            best = (inside, from);
        }
    }
    // Some words before the first found one, for the sense.
    let mut start = best.1.saturating_sub(PASSAGE / 4);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    if start > 0 {
        let skipped = text.get(start..best.1)?.find(char::is_whitespace).map_or(best.1 - start, |gap| gap + 1);
        start = (start + skipped).min(best.1);
        while !text.is_char_boundary(start) {
            start += 1;
        }
    }
    let mut end = (start + PASSAGE).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len()
        && let Some(gap) = text.get(start..end)?.rfind(char::is_whitespace).filter(|gap| *gap > PASSAGE / 2)
    {
        end = start + gap;
    }
    Some((start, end))
}

/// The best passage of a text that the caller holds, with the query's words
/// marked; nothing when none of them is in it.
///
/// `field` is handed through to [`Snippet::field`].
pub fn highlight(field: &str, text: &str, query: &Query) -> Option<Snippet> {
    Marker::new(query).passage(field, 0, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;
    use tram_contract::search::Match;

    fn typed(text: &str, r#match: Match) -> Query {
        Query::Text { text: text.to_owned(), fields: Vec::new(), r#match }
    }

    fn marked(query: &str, text: &str) -> Vec<String> {
        let snippet = highlight("x", text, &typed(query, Match::All)).unwrap();
        snippet.marks.iter().map(|&(from, to)| snippet.text[from..to].to_owned()).collect()
    }

    #[test]
    fn words_are_marked_in_any_spelling() {
        assert_eq!(marked("dat rung", "Đất rừng phương Nam"), ["Đất", "rừng"]);
        assert_eq!(marked("ruwngf", "Đất rừng phương Nam"), ["rừng"]);
        assert_eq!(marked("bàn", "Bàn bạn bán"), ["Bàn"]);
        assert_eq!(marked("bàn", "bạn bán"), ["bạn", "bán"]);
        assert!(highlight("x", "Đất rừng", &typed("biển", Match::All)).is_none());
        let snippet = highlight("x", "Đất rừng", &typed("ru", Match::Prefix)).unwrap();
        assert_eq!(snippet.marks, [(7, 14)].map(|_| (snippet.text.find('r').unwrap(), snippet.text.len())));
    }

    #[test]
    fn the_passage_is_where_the_words_are() {
        let text = format!("{} con đường mòn Hồ Chí Minh {}", "chữ ".repeat(200), "khác ".repeat(200));
        let snippet = highlight("x", &text, &typed("đường mòn", Match::All)).unwrap();
        assert!(snippet.text.contains("đường mòn Hồ Chí Minh") && snippet.text.len() <= PASSAGE);
        assert_eq!(snippet.marks.len(), 2);
    }

    proptest! {
        #[test]
        fn marks_never_cut_a_character(text in "\\PC{0,400}", query in "[a-zđê ]{1,8}") {
            if let Some(snippet) = highlight("x", &text, &typed(&query, Match::Prefix)) {
                for (from, to) in snippet.marks {
                    prop_assert!(snippet.text.get(from..to).is_some());
                }
            }
        }
    }
}

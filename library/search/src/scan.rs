//! Listing the words or values of a field, as SRU's scan asks.

use std::collections::BTreeMap;

use tantivy::Term;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;
use tram_contract::search::FacetCount;

use crate::analyse::is_sign;
use crate::error::Error;
use crate::index::Index;
use crate::layout::Kind;
use crate::visibility::{Visibility, count_up_to};

/// Terms on one list at most.
const MOST: usize = 200;
/// Terms that are looked at to fill a list: where a reader sees little, the
/// list ends early rather than walk through everything.
const MOST_LOOKED_AT: usize = 5_000;

impl Index {
    /// The terms of a field from `start` on (itself included), in the order of
    /// their code points, each with the number of documents that the reader may
    /// see; terms of other documents only are not there. Words of a text field
    /// are without marks; values of a keyword field are whole.
    ///
    /// # Errors
    /// [`Error::Field`] for a field that is not there or holds numbers.
    pub fn terms(
        &self,
        field: &str,
        start: &str,
        count: usize,
        visibility: &[String],
    ) -> Result<Vec<FacetCount>, Error> {
        self.walk(field, start, count, visibility, false)
    }

    /// The terms of a field before `start` (itself not), the nearest first; else as
    /// [`Index::terms`].
    ///
    /// # Errors
    /// As [`Index::terms`].
    pub fn terms_before(
        &self,
        field: &str,
        start: &str,
        count: usize,
        visibility: &[String],
    ) -> Result<Vec<FacetCount>, Error> {
        self.walk(field, start, count, visibility, true)
    }

    fn walk(
        &self,
        field: &str,
        start: &str,
        count: usize,
        visibility: &[String],
        backward: bool,
    ) -> Result<Vec<FacetCount>, Error> {
        let searcher = self.searcher();
        let visible = Visibility::new(&searcher, &self.layout, visibility)?;
        let (engine_field, start) = match self.layout.entry(field)?.kind {
            Kind::Text(text) => (text.folded, tram_vietnamese::fold(start)),
            Kind::Keyword { raw, .. } => (raw, tram_vietnamese::nfc(start).into_owned()),
            Kind::Number { .. } => {
                return Err(Error::field(field, "numbers have no list of terms"));
            }
        };
        let count = count.min(MOST);
        if visible.is_nothing() {
            return Ok(Vec::new());
        }
        let mut found: Vec<FacetCount> = Vec::new();
        let mut from = start;
        let mut looked_at = 0;
        while found.len() < count && looked_at < MOST_LOOKED_AT {
            let wanted = (count - found.len()).max(16);
            let mut words: BTreeMap<String, ()> = BTreeMap::new();
            for segment in searcher.segment_readers() {
                let inverted = segment.inverted_index(engine_field)?;
                let range = inverted.terms().range();
                let range = if backward { range.lt(from.as_bytes()).backward() } else { range.ge(from.as_bytes()) };
                let mut stream = range.into_stream()?;
                let mut taken = 0;
                while let Some((word, _)) = stream.next() {
                    // Signs stand for a value and its beginning.
                    if let Some(word) = std::str::from_utf8(word).ok().filter(|word| !is_sign(word)) {
                        words.insert(word.to_owned(), ());
                        taken += 1;
                    }
                    if taken == wanted {
                        break;
                    }
                }
            }
            // A segment that was cut off may have more before another's last.
            let whole = words.len() < wanted;
            let nearest: Vec<String> =
                if backward { words.into_keys().rev().collect() } else { words.into_keys().collect() };
            let batch: Vec<String> = nearest.into_iter().take(wanted).collect();
            let Some(last) = batch.last() else { break };
            from = if backward { last.clone() } else { format!("{last}\0") };
            looked_at += batch.len();
            for value in batch {
                let term = Term::from_field_text(engine_field, &value);
                let query = visible.restrict(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
                let documents = count_up_to(&searcher, &query, u64::MAX)?;
                if documents > 0 && found.len() < count {
                    found.push(FacetCount { value, count: documents });
                }
            }
            if whole {
                break;
            }
        }
        Ok(found)
    }
}

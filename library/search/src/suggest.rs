//! Suggestions while typing: whole values that have the words so far.

use std::collections::{BTreeMap, HashSet};

use tantivy::TantivyDocument;
use tantivy::query::AllQuery;
use tantivy::schema::Value;

use tram_contract::search::{Match, Query};
use tram_vietnamese::fold;

use crate::PUBLIC;
use crate::compile::Compiler;
use crate::error::Error;
use crate::index::Index;
use crate::text::Text;
use crate::top::{self, Page};
use crate::visibility::Visibility;
use crate::words::words;

/// Suggestions at most.
const MOST: usize = 20;

impl Index {
    /// Values of a field that contain the typed words, the last one as a
    /// beginning; the best first, no value twice. Only of documents that carry
    /// the token [`PUBLIC`] and that the reader may see.
    ///
    /// # Errors
    /// [`Error::Field`] for a field that the schema does not mark `suggest`.
    pub fn suggest(
        &self,
        prefix: &str,
        field: &str,
        visibility: &[String],
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let Some(values) = self.layout.text(field)?.suggest else {
            return Err(Error::field(field, "the schema does not mark it for suggestions"));
        };
        let typed = Text::new(prefix);
        let limit = limit.min(MOST);
        let searcher = self.searcher();
        let visible = Visibility::new(&searcher, &self.layout, visibility)?;
        let public = Visibility::new(&searcher, &self.layout, &[PUBLIC.to_owned()])?;
        if typed.words.is_empty() || limit == 0 || visible.is_nothing() {
            return Ok(Vec::new());
        }
        let compiler = Compiler { layout: &self.layout, searcher: &searcher, visibility: &visible, relaxed: false };
        let query = Query::Text { text: prefix.to_owned(), fields: vec![field.to_owned()], r#match: Match::Prefix };
        let mut plan = compiler.plan(&query, &BTreeMap::new())?;
        plan.filter = match plan.filter {
            Some(filter) => Some(public.restrict(filter)),
            None if public.is_everything() => None,
            None => Some(public.restrict(Box::new(AllQuery))),
        };
        // Editions share a title, so more hits are read than values wanted.
        let hits = top::by_score(&searcher, &self.layout, &plan, Page { offset: 0, limit: limit * 4 })?;
        let candidates = [Some(&typed), typed.converted().as_ref()].map(|text| text.cloned());
        let mut seen: HashSet<String> = HashSet::new();
        let mut out = Vec::new();
        for (_, address) in hits {
            let document: TantivyDocument = searcher.doc(address)?;
            for value in document.get_all(values).filter_map(|value| value.as_str()) {
                let fits = candidates.iter().flatten().any(|text| has_words(value, text));
                if fits && out.len() < limit && seen.insert(fold(value)) {
                    out.push(value.to_owned());
                }
            }
        }
        Ok(out)
    }
}

/// Whether this value, of several in the field, is the one with the words.
fn has_words(value: &str, typed: &Text) -> bool {
    let folded: Vec<String> = words(value).map(|word| fold(word.text)).collect();
    let Some((last, before)) = typed.words.split_last() else {
        return false;
    };
    before.iter().all(|word| folded.contains(&word.folded)) && folded.iter().any(|word| word.starts_with(&last.folded))
}

//! How rare a word is, asked of all fields together.
//!
//! BM25 takes the rarity of a word from the field it is found in. Over several
//! fields that turns the weights upside down: a word that every title has and
//! one note has would be worth most in the note. So a word is as rare as it is
//! in the documents, wherever it stands; how heavy a field is, its boost says.
//! The usual length of a field is likewise that of the documents that have it:
//! where few have notes, BM25 would find every note far too long.

use std::collections::HashMap;

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::analyse::{BEGIN, END};
use crate::layout::{Kind, Layout};

/// Statistics of a snapshot for the engine's scoring.
pub(crate) struct Rarity<'a> {
    searcher: &'a Searcher,
    /// For a field of words the one that has the words of all default fields.
    together: HashMap<Field, Field>,
    /// For a field of words the one that bounds its values.
    bounded: HashMap<Field, Field>,
}

impl<'a> Rarity<'a> {
    /// The statistics of a snapshot.
    pub(crate) fn new(searcher: &'a Searcher, layout: &Layout) -> Self {
        let mut together = HashMap::new();
        let mut bounded = HashMap::new();
        for entry in layout.fields.values() {
            let Kind::Text(field) = &entry.kind else {
                continue;
            };
            bounded.insert(field.folded, field.folded);
            bounded.insert(field.exact, field.folded);
            if field.default {
                together.insert(field.folded, layout.any);
                together.insert(field.exact, layout.any_exact);
            }
        }
        Rarity { searcher, together, bounded }
    }
}

impl Bm25StatisticsProvider for Rarity<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let tokens = Bm25StatisticsProvider::total_num_tokens(self.searcher, field)?;
        let Some(bounded) = self.bounded.get(&field) else {
            return Ok(tokens);
        };
        let with = self.searcher.doc_freq(&Term::from_field_text(*bounded, BEGIN))?;
        // The engine divides by the number of all documents.
        Ok(tokens.saturating_mul(self.total_num_docs()?).checked_div(with).unwrap_or(tokens))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Bm25StatisticsProvider::total_num_docs(self.searcher)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let Some(together) = self.together.get(&term.field()) else {
            return self.searcher.doc_freq(term);
        };
        match term.value().as_str() {
            // The bounds of a value say nothing about it.
            Some(BEGIN | END) => Bm25StatisticsProvider::total_num_docs(self.searcher),
            Some(word) => self.searcher.doc_freq(&Term::from_field_text(*together, word)),
            None => self.searcher.doc_freq(term),
        }
    }
}

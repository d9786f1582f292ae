//! How rare a word is, asked of all fields together.
//!
//! BM25 takes the rarity of a word from the field it is found in. Over several
//! fields that turns the weights upside down: a word that every title has and
//! one note has would be worth most in the note. So a word is as rare as it is
//! in the documents, wherever it stands; how heavy a field is, its boost says.
//! The usual length of a field is likewise that of the documents that have it:
//! where few have notes, BM25 would find every note far too long.

use std::cell::RefCell;
use std::collections::HashMap;

use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use crate::analyse::{BEGIN, is_sign};
use crate::layout::{Kind, Layout};

/// Statistics of a snapshot for the engine's scoring.
pub(crate) struct Rarity<'a> {
    searcher: &'a Searcher,
    /// For a field of words the one that has the words of all default fields.
    together: HashMap<Field, Field>,
    /// For a field of words the one that bounds its values.
    bounded: HashMap<Field, Field>,
    /// What was looked up already: each part of a query asks again.
    tokens: RefCell<HashMap<Field, u64>>,
    documents: RefCell<HashMap<Term, u64>>,
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
        Rarity { searcher, together, bounded, tokens: RefCell::default(), documents: RefCell::default() }
    }
}

impl Rarity<'_> {
    /// How many documents have a word of the engine.
    fn documents(&self, term: Term) -> tantivy::Result<u64> {
        if let Some(known) = self.documents.borrow().get(&term) {
            return Ok(*known);
        }
        let found = self.searcher.doc_freq(&term)?;
        self.documents.borrow_mut().insert(term, found);
        Ok(found)
    }
}

impl Bm25StatisticsProvider for Rarity<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        if let Some(known) = self.tokens.borrow().get(&field) {
            return Ok(*known);
        }
        let mut tokens = Bm25StatisticsProvider::total_num_tokens(self.searcher, field)?;
        if let Some(bounded) = self.bounded.get(&field) {
            let with = self.searcher.doc_freq(&Term::from_field_text(*bounded, BEGIN))?;
            // The engine divides by the number of all documents.
            tokens = tokens.saturating_mul(self.total_num_docs()?).checked_div(with).unwrap_or(tokens);
        }
        self.tokens.borrow_mut().insert(field, tokens);
        Ok(tokens)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Bm25StatisticsProvider::total_num_docs(self.searcher)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let together = self.together.get(&term.field());
        match (together, term.value().as_str()) {
            (Some(together), Some(word)) if !is_sign(word) => self.documents(Term::from_field_text(*together, word)),
            _ => self.documents(term.clone()),
        }
    }
}

//! What a reader may find, and asking whether and how often something is there.

use tantivy::query::{
    BooleanQuery, ConstScoreQuery, EmptyQuery, EnableScoring, Occur, Query as EngineQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Searcher, TERMINATED, Term};

use crate::compile::{Compiled, all_of};
use crate::error::Error;
use crate::layout::Layout;

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
    pub(crate) fn new(searcher: &Searcher, layout: &Layout, tokens: &[String]) -> Result<Self, Error> {
        let documents: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let mut all = false;
        for token in tokens {
            let term = Term::from_field_text(layout.visibility, token);
            all |= searcher.doc_freq(&term)? == documents;
        }
        Ok(Visibility { field: layout.visibility, tokens: tokens.to_vec(), all })
    }

    /// Whether there is nothing that could be found.
    pub(crate) fn is_nothing(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether every document can be found.
    pub(crate) fn is_everything(&self) -> bool {
        self.all
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
            (Occur::Should, Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Compiled)
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
pub(crate) fn count_up_to(searcher: &Searcher, query: &dyn EngineQuery, most: u64) -> Result<u64, Error> {
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

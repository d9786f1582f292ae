//! CQL, the query language of SRU: versions 1.1 and 1.2 of the Library of
//! Congress specification.
//!
//! [`parse`] reads the whole grammar, [`compile`] turns what this catalogue can
//! answer into a search. What it cannot is refused with the number that the SRU
//! diagnostics list has for it, never answered wrongly.

mod compile;
mod lexer;
mod parser;

pub(crate) use compile::isbn_term;
pub use compile::{Scanned, SortKey, compile, explained_indexes, scanned, term};
pub use parser::{Boolean, Clause, Modifier, Parsed, Relation, Tree, parse};

/// What is wrong with a query: number of `info:srw/diagnostic/1/` and its detail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("diagnostic {number}: {detail}")]
pub struct Fault {
    /// Number in the SRU diagnostics list.
    pub number: u32,
    /// The part of the query that is meant.
    pub detail: String,
}

impl Fault {
    /// A fault with its detail.
    pub fn new(number: u32, detail: impl Into<String>) -> Self {
        Self { number, detail: detail.into() }
    }
}

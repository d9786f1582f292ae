//! The search service of Trạm, on Tantivy.
//!
//! An [`Index`] holds the documents of one plugin's search schema. Every text
//! field is indexed with and without marks, so that a reader who types none
//! finds everything and one who types them finds his own spelling first. Every
//! document carries visibility tokens, and nothing of a document that the
//! reader may not see comes out: no hit, count, facet, passage, suggestion or
//! spelling.
//!
//! The way of a search: `text` reads what was typed, `compile` makes engine
//! queries of it (one that says which documents match, one that says how
//! well; `typed` is the part for words), `count` counts hits and facets up to [`COUNT_LIMIT`], `top` finds the
//! page of hits, `snippet` their passages; `spell` proposes another spelling
//! when there is little to show.

mod analyse;
mod collation;
mod compile;
mod count;
mod document;
mod error;
mod index;
mod key;
mod layout;
mod merge;
mod scan;
mod search;
mod snippet;
mod spell;
mod suggest;
mod text;
mod top;
mod typed;
mod visibility;
mod weigh;
mod words;

pub use error::Error;
pub use index::{Batch, Index, Stats};
pub use snippet::highlight;
pub use tram_contract::search as contract;

/// The visibility token of documents that anybody may find. Suggestions and
/// spelling draw on these alone.
pub const PUBLIC: &str = "public";

/// Hits are counted up to this many; beyond, totals and facets say "more than".
pub const COUNT_LIMIT: u64 = 10_000;

/// Hits on one page at most.
pub const PAGE_LIMIT: usize = 200;

//! The search service over this plugin's own documents, which its
//! [`Indexer`](crate::Indexer) makes of stored rows. The host adds the caller's
//! visibility to every search.

use tram_contract::search::{SearchReply, SearchRequest};

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::search::TermCount;

/// Searches.
///
/// # Errors
/// `not-granted`; `bad-request` when a field is not in the schema; `bad-request`.
pub fn search(request: &SearchRequest) -> Result<SearchReply> {
    let reply = backend::search::search(&serde_json::to_vec(request)?)?;
    Ok(serde_json::from_slice(&reply)?)
}

/// Completions of a prefix, from public documents only.
///
/// # Errors
/// `not-granted`; `bad-request` when the field is not marked `suggest`.
pub fn suggest(field: &str, prefix: &str, limit: u32) -> Result<Vec<String>> {
    backend::search::suggest(field, prefix, limit)
}

/// Terms of a field from `start` on, in order, with the number of documents.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn terms(field: &str, start: &str, limit: u32) -> Result<Vec<TermCount>> {
    backend::search::terms(field, start, limit)
}

/// Terms of a field before `start` (not itself), the nearest first, with the number of
/// documents.
///
/// # Errors
/// `not-granted`, `bad-request`.
pub fn terms_before(field: &str, start: &str, limit: u32) -> Result<Vec<TermCount>> {
    backend::search::terms_before(field, start, limit)
}

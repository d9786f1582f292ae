//! The search service over this plugin's own documents, which its
//! [`Indexer`](crate::Indexer) makes of stored rows. The host adds the caller's
//! visibility to every search.

use tram_contract::search::{Match, Query, SearchReply, SearchRequest};

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::search::TermCount;

/// What somebody typed into a search box, as parts that must all be found: phrases in
/// quotation marks, then the words.
#[must_use]
pub fn typed(text: &str) -> Vec<Query> {
    let part = |text: &str, r#match| Query::Text { text: text.to_owned(), fields: Vec::new(), r#match };
    let mut parts = Vec::new();
    let mut words = Vec::new();
    for (at, piece) in text.split(['"', '“', '”']).enumerate() {
        match piece.trim() {
            "" => {}
            phrase if at % 2 == 1 => parts.push(part(phrase, Match::Phrase)),
            piece => words.push(piece),
        }
    }
    if !words.is_empty() {
        parts.push(part(&words.join(" "), Match::All));
    }
    parts
}

/// Parts that must all be found, as one query; none: everything.
#[must_use]
pub fn all_of(mut parts: Vec<Query>) -> Query {
    match parts.len() {
        0 => Query::Everything,
        1 => parts.remove(0),
        _ => Query::And(parts),
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_and_words_are_told_apart() {
        let part = |text: &str, r#match| Query::Text { text: text.into(), fields: Vec::new(), r#match };
        assert_eq!(all_of(typed("quang hợp")), part("quang hợp", Match::All));
        assert_eq!(
            all_of(typed("lá  “quang hợp” cây")),
            Query::And(vec![part("quang hợp", Match::Phrase), part("lá cây", Match::All)])
        );
        assert_eq!(all_of(typed(" \" ")), Query::Everything);
    }
}

//! What the tests share: a schema as the catalogue has it, and short ways to
//! make documents and requests.

#![allow(dead_code, reason = "each test file uses its part")]

use tempfile::TempDir;
use tram_contract::search::{Document, Field, FieldKind, Match, Query, Schema, SearchReply, SearchRequest};
use tram_search::{Batch, Index, PUBLIC};

pub(crate) fn field(name: &str, kind: FieldKind, boost: f32) -> Field {
    Field {
        name: name.to_owned(),
        kind,
        boost,
        default: true,
        facet: false,
        sort: false,
        suggest: false,
        stored: false,
    }
}

/// Title, author, subject and notes to search; type, subject and year to count.
pub(crate) fn schema() -> Schema {
    Schema {
        collections: vec!["records".to_owned()],
        fields: vec![
            Field { sort: true, suggest: true, ..field("title", FieldKind::Text, 4.0) },
            Field { sort: true, suggest: true, ..field("author", FieldKind::Text, 2.0) },
            field("subject", FieldKind::Text, 1.5),
            Field { stored: true, ..field("notes", FieldKind::Text, 1.0) },
            Field { default: false, ..field("publisher", FieldKind::Text, 1.0) },
            Field { facet: true, sort: true, ..field("type", FieldKind::Keyword, 1.0) },
            Field { facet: true, ..field("topic", FieldKind::Keyword, 1.0) },
            Field { facet: true, sort: true, ..field("year", FieldKind::Number, 1.0) },
        ],
    }
}

pub(crate) fn open() -> (TempDir, Index) {
    let folder = TempDir::new().unwrap();
    let index = Index::open(folder.path(), &schema(), "test").unwrap();
    (folder, index)
}

pub(crate) fn document(visibility: &[&str], texts: &[(&str, &str)], numbers: &[(&str, i64)]) -> Document {
    Document {
        visibility: visibility.iter().map(|token| (*token).to_owned()).collect(),
        texts: texts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        numbers: numbers.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
    }
}

/// A public document with a title.
pub(crate) fn titled(title: &str) -> Document {
    document(&[PUBLIC], &[("title", title)], &[])
}

/// Adds documents under the keys 0, 1, 2 and so on.
pub(crate) fn fill(index: &Index, documents: Vec<Document>) {
    let add = (0..).zip(documents).map(|(key, document): (u32, _)| (key.to_string(), document)).collect();
    index.apply(&Batch { sequence: 1, remove: Vec::new(), add }).unwrap();
    index.commit(1).unwrap();
}

pub(crate) fn typed(text: &str) -> Query {
    Query::Text { text: text.to_owned(), fields: Vec::new(), r#match: Match::All }
}

pub(crate) fn typed_in(field: &str, text: &str, r#match: Match) -> Query {
    Query::Text { text: text.to_owned(), fields: vec![field.to_owned()], r#match }
}

pub(crate) fn public() -> Vec<String> {
    vec![PUBLIC.to_owned()]
}

pub(crate) fn search(index: &Index, query: Query) -> SearchReply {
    index.search(&SearchRequest::new(query, 20), &public()).unwrap()
}

pub(crate) fn keys(reply: &SearchReply) -> Vec<&str> {
    reply.hits.iter().map(|hit| hit.key.as_str()).collect()
}

//! Search: what a plugin asks, what the service answers, and the schema in the
//! manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a field of the search schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Words: indexed exact and folded, with positions.
    Text,
    /// A whole value: matched as it is, counted in facets.
    Keyword,
    /// A whole number: ranges, sorting, facets.
    Number,
}

/// One field of a search schema (`[[search.field]]` in `plugin.toml`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Field {
    /// Name that documents and queries use.
    pub name: String,
    /// Words, whole value or number.
    pub kind: FieldKind,
    /// Weight of a hit in this field; 1.0 when left out.
    #[serde(default = "one")]
    pub boost: f32,
    /// Whether a query that names no field searches it (text fields only).
    #[serde(default = "yes")]
    pub default: bool,
    /// Whether its values are counted for facets (keyword and number).
    #[serde(default)]
    pub facet: bool,
    /// Whether hits can be sorted by it (text: by Vietnamese collation).
    #[serde(default)]
    pub sort: bool,
    /// Whether prefix suggestions and spelling draw on it (text only).
    #[serde(default)]
    pub suggest: bool,
    /// Whether its text is kept for snippets.
    #[serde(default)]
    pub stored: bool,
}

fn one() -> f32 {
    1.0
}
fn yes() -> bool {
    true
}

/// A search schema: the fields, and the collections whose rows are indexed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// Collections whose rows go through the plugin's `indexer`.
    #[serde(default)]
    pub collections: Vec<String>,
    /// The fields.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

/// One search document, as the service takes it (the WIT `indexer.document`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// Visibility tokens: who may find it.
    pub visibility: Vec<String>,
    /// Field and value; a field may repeat.
    pub texts: Vec<(String, String)>,
    /// Field and value; a field may repeat.
    pub numbers: Vec<(String, i64)>,
}

/// How the words of a text query hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// Every word, anywhere, in any order.
    #[default]
    All,
    /// At least one word.
    Any,
    /// The words side by side.
    Phrase,
    /// Every word, the last one as a beginning.
    Prefix,
    /// The whole field equals the text (after folding).
    Whole,
}

/// What to look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// Every document.
    Everything,
    /// Words in the named fields (none named: the default fields).
    Text {
        /// As typed: the service normalises and folds.
        text: String,
        /// Fields; empty for the default ones.
        #[serde(default)]
        fields: Vec<String>,
        /// How the words hang together.
        #[serde(default)]
        r#match: Match,
    },
    /// A keyword field equals the value.
    Term {
        /// Keyword field.
        field: String,
        /// Whole value.
        value: String,
    },
    /// A number field lies between, both ends inclusive.
    Range {
        /// Number field.
        field: String,
        /// Lower end.
        #[serde(default)]
        from: Option<i64>,
        /// Upper end.
        #[serde(default)]
        to: Option<i64>,
    },
    /// All of them.
    And(Vec<Query>),
    /// At least one of them.
    Or(Vec<Query>),
    /// The first, but not the second.
    Not(Box<Query>, Box<Query>),
}

/// Order of the hits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// Best first.
    #[default]
    Relevance,
    /// By a field that the schema marks `sort`, ascending or descending.
    Field {
        /// Field of the schema.
        name: String,
        /// Largest first.
        #[serde(default)]
        descending: bool,
    },
    /// Latest written first.
    Newest,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// What to look for.
    pub query: Query,
    /// Facet choices: within a field any of the values, across fields all.
    #[serde(default)]
    pub filters: BTreeMap<String, Vec<String>>,
    /// Order.
    #[serde(default)]
    pub sort: Sort,
    /// Hits to skip; `offset + limit` is at most 10,000.
    #[serde(default)]
    pub offset: usize,
    /// Hits to return, at most 200. 0: only count.
    #[serde(default)]
    pub limit: usize,
    /// Fields to count values of, with how many values each.
    #[serde(default)]
    pub facets: BTreeMap<String, usize>,
    /// Whether to find passages to highlight in stored fields.
    #[serde(default)]
    pub snippets: bool,
    /// Whether to propose another spelling when there is little to show.
    #[serde(default)]
    pub spelling: bool,
    /// Whether a search that finds nothing with all words is tried with any.
    #[serde(default)]
    pub relax: bool,
}

impl SearchRequest {
    /// The first `limit` hits of `query`, by relevance.
    pub fn new(query: Query, limit: usize) -> Self {
        Self {
            query,
            filters: BTreeMap::new(),
            sort: Sort::Relevance,
            offset: 0,
            limit,
            facets: BTreeMap::new(),
            snippets: false,
            spelling: false,
            relax: false,
        }
    }
}

/// A passage with the words that were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snippet {
    /// Stored field.
    pub field: String,
    /// In which of the field's values, from 0, in the order of the document: a text
    /// that is given page by page tells its page so.
    #[serde(default)]
    pub place: u32,
    /// The passage.
    pub text: String,
    /// Byte ranges in `text` to mark.
    pub marks: Vec<(usize, usize)>,
}

/// One hit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Key of the stored row, lower-case hex.
    pub key: String,
    /// Score; 0 when sorted by a field.
    #[serde(default)]
    pub score: f32,
    /// Passages, when asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snippets: Vec<Snippet>,
}

/// A value of a facet and its count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacetCount {
    /// Value.
    pub value: String,
    /// Hits that carry it.
    pub count: u64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SearchReply {
    /// Hits in all.
    pub total: u64,
    /// False when `total` and the facet counts stopped at 10,000 hits: "more than".
    #[serde(default = "yes")]
    pub exact: bool,
    /// The page of hits asked for.
    pub hits: Vec<Hit>,
    /// Counts by field.
    #[serde(default)]
    pub facets: BTreeMap<String, Vec<FacetCount>>,
    /// "Did you mean": another spelling that finds something.
    #[serde(default)]
    pub spelling: Option<String>,
    /// True when nothing had all the words and hits with some are shown.
    #[serde(default)]
    pub relaxed: bool,
    /// True when the reader's own last save is not in the index yet.
    #[serde(default)]
    pub lagging: bool,
}

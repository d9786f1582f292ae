//! From the search schema of a manifest to the fields of the engine, and from a
//! document of a plugin to one of the engine.

use std::collections::{BTreeMap, BTreeSet};

use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, FAST, Field as EngineField, INDEXED, IndexRecordOption, NumericOptions, STORED,
    Schema as EngineSchema, TextFieldIndexing, TextOptions,
};
use tram_contract::search::{Document, FieldKind, Schema};

use crate::PUBLIC;
use crate::analyse::Form;
use crate::collation::Collation;
use crate::error::Error;

/// The engine's fields for one text field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextField {
    /// Words with marks.
    pub exact: EngineField,
    /// Words without marks, and the bounds of each value.
    pub folded: EngineField,
    /// Weight of a hit.
    pub boost: f32,
    /// Searched when a query names no field.
    pub default: bool,
    /// Kept for snippets.
    pub stored: Option<EngineField>,
    /// Where suggestions read whole values: the stored text, or else a text kept
    /// of public documents only.
    pub suggest: Option<EngineField>,
}

/// What a field is to the engine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text(TextField),
    /// The whole value; whether it is counted.
    Keyword {
        raw: EngineField,
        facet: bool,
    },
    /// The number; whether it is counted.
    Number {
        number: EngineField,
        facet: bool,
    },
}

/// One field of the manifest's schema.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub kind: Kind,
    /// The name of the column that hits are sorted by.
    pub sort: Option<String>,
    /// The name of the column that facets are counted in.
    pub column: String,
}

/// The fields of one index.
#[derive(Debug)]
pub(crate) struct Layout {
    pub schema: EngineSchema,
    pub fields: BTreeMap<String, Entry>,
    /// Root key of the row that a document stands for.
    pub key: EngineField,
    /// Visibility tokens.
    pub visibility: EngineField,
    /// When it was written, as a rising number.
    pub written: EngineField,
    /// Words without marks of all default fields: which documents match is
    /// asked here, how well in the fields themselves.
    pub any: EngineField,
    /// The same with marks.
    pub any_exact: EngineField,
}

/// The column of [`Layout::written`].
pub(crate) const WRITTEN: &str = "written";

fn words(form: Form, record: IndexRecordOption) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default().set_tokenizer(form.name()).set_index_option(record).set_fieldnorms(true),
    )
}

fn raw() -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    )
}

impl Layout {
    /// Lays the fields out. The engine's names are numbers by the place in the
    /// schema, so that a name of the manifest may be anything.
    pub(crate) fn new(schema: &Schema) -> Result<Self, Error> {
        let mut builder = EngineSchema::builder();
        let key = builder.add_text_field("key", raw() | STORED);
        let visibility = builder.add_text_field("visibility", raw());
        let written = builder.add_u64_field(WRITTEN, FAST);
        let any = builder.add_text_field("any", words(Form::Bare, IndexRecordOption::WithFreqs));
        let any_exact = builder.add_text_field("any-exact", words(Form::Exact, IndexRecordOption::WithFreqs));
        let mut fields = BTreeMap::new();
        for (place, field) in schema.fields.iter().enumerate() {
            if field.facet && field.kind == FieldKind::Text {
                return Err(Error::Schema(format!(
                    "{:?}: facets are counted on keyword and number fields",
                    field.name
                )));
            }
            if (field.suggest || field.stored) && field.kind != FieldKind::Text {
                return Err(Error::Schema(format!("{:?}: suggest and stored are for text fields", field.name)));
            }
            let column = format!("f{place}");
            let sort = (field.sort).then(|| match field.kind {
                FieldKind::Number => column.clone(),
                FieldKind::Text | FieldKind::Keyword => format!("f{place}-sort"),
            });
            let kind = match field.kind {
                FieldKind::Text => {
                    let stored = field.stored.then(|| builder.add_text_field(&format!("f{place}-stored"), STORED));
                    Kind::Text(TextField {
                        exact: builder.add_text_field(
                            &format!("f{place}-exact"),
                            words(Form::Exact, IndexRecordOption::WithFreqsAndPositions),
                        ),
                        folded: builder.add_text_field(
                            &format!("f{place}-folded"),
                            words(Form::Folded, IndexRecordOption::WithFreqsAndPositions),
                        ),
                        boost: field.boost.clamp(0.01, 100.0),
                        default: field.default,
                        stored,
                        suggest: (field.suggest).then(|| {
                            stored.unwrap_or_else(|| builder.add_text_field(&format!("f{place}-suggest"), STORED))
                        }),
                    })
                }
                FieldKind::Keyword => {
                    let options = if field.facet { raw().set_fast("raw") } else { raw() };
                    Kind::Keyword { raw: builder.add_text_field(&column, options), facet: field.facet }
                }
                FieldKind::Number => Kind::Number {
                    number: builder.add_i64_field(&column, NumericOptions::default() | INDEXED | FAST),
                    facet: field.facet,
                },
            };
            if let Some(sort) = sort.as_ref().filter(|sort| **sort != column) {
                builder.add_bytes_field(sort, BytesOptions::default().set_fast());
            }
            let entry = Entry { kind, sort, column };
            if fields.insert(field.name.clone(), entry).is_some() {
                return Err(Error::Schema(format!("field {:?} is there twice", field.name)));
            }
        }
        Ok(Layout { schema: builder.build(), fields, key, visibility, written, any, any_exact })
    }

    /// The entry of a field that a query names.
    pub(crate) fn entry(&self, name: &str) -> Result<&Entry, Error> {
        self.fields.get(name).ok_or_else(|| Error::field(name, "the schema has no such field"))
    }

    /// A text field that a query names.
    pub(crate) fn text(&self, name: &str) -> Result<&TextField, Error> {
        match &self.entry(name)?.kind {
            Kind::Text(field) => Ok(field),
            _ => Err(Error::field(name, "not a text field")),
        }
    }

    /// The text fields that a query without fields searches.
    pub(crate) fn default_fields(&self) -> impl Iterator<Item = &TextField> {
        self.fields.values().filter_map(|entry| match &entry.kind {
            Kind::Text(field) if field.default => Some(field),
            _ => None,
        })
    }

    /// The fields that suggestions and spelling draw on.
    pub(crate) fn suggest_fields(&self) -> impl Iterator<Item = &TextField> {
        self.fields.values().filter_map(|entry| match &entry.kind {
            Kind::Text(field) if field.suggest.is_some() => Some(field),
            _ => None,
        })
    }

    /// The engine's document for one of a plugin. Values of fields that the
    /// schema does not have, or has as another kind, are left out and named.
    pub(crate) fn document(
        &self,
        key: &str,
        document: &Document,
        written: u64,
        collation: &Collation,
    ) -> (TantivyDocument, BTreeSet<String>) {
        let mut out = TantivyDocument::default();
        let mut unknown = BTreeSet::new();
        out.add_text(self.key, key);
        out.add_u64(self.written, written);
        for token in &document.visibility {
            out.add_text(self.visibility, token);
        }
        let public = document.visibility.iter().any(|token| token == PUBLIC);
        // The first value of a field is the one it is sorted by.
        let mut sorted: BTreeSet<&str> = BTreeSet::new();
        for (name, value) in &document.texts {
            let value = tram_vietnamese::nfc(value);
            let Some(entry) = self.fields.get(name) else {
                unknown.insert(name.clone());
                continue;
            };
            match entry.kind {
                Kind::Text(field) => {
                    out.add_text(field.exact, &value);
                    out.add_text(field.folded, &value);
                    if field.default {
                        out.add_text(self.any, &value);
                        out.add_text(self.any_exact, &value);
                    }
                    if let Some(stored) = field.stored {
                        out.add_text(stored, &value);
                    }
                    if let Some(suggest) = field.suggest.filter(|_| public && field.suggest != field.stored) {
                        out.add_text(suggest, &value);
                    }
                }
                Kind::Keyword { raw, .. } => out.add_text(raw, &value),
                Kind::Number { .. } => {
                    unknown.insert(name.clone());
                    continue;
                }
            }
            if let Some(sort) = &entry.sort
                && sorted.insert(name)
                && let Ok(column) = self.schema.get_field(sort)
            {
                out.add_bytes(column, &collation.key(&value));
            }
        }
        for (name, value) in &document.numbers {
            match self.fields.get(name).map(|entry| entry.kind) {
                Some(Kind::Number { number, .. }) => out.add_i64(number, *value),
                _ => {
                    unknown.insert(name.clone());
                }
            }
        }
        (out, unknown)
    }
}

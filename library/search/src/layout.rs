//! From the search schema of a manifest to the fields of the engine.

use std::collections::BTreeMap;

use tantivy::schema::{
    BytesOptions, FAST, Field as EngineField, INDEXED, IndexRecordOption, NumericOptions, STORED,
    Schema as EngineSchema, TextFieldIndexing, TextOptions,
};
use tram_contract::search::{FieldKind, Schema};

use crate::analyse::Form;
use crate::error::Error;

/// The engine's fields for one text field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextField {
    /// Words with marks, where marks make a difference.
    pub exact: EngineField,
    /// Words without marks, where each value begins, and each short value whole.
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
    /// That column, where it holds collation keys and not the field's own numbers.
    pub sort_field: Option<EngineField>,
    /// The name of the column that facets are counted in.
    pub column: String,
}

/// The fields of one index.
#[derive(Debug)]
pub(crate) struct Layout {
    pub schema: EngineSchema,
    pub fields: BTreeMap<String, Entry>,
    /// Root key of the row that a document stands for, to be looked up.
    pub key: EngineField,
    /// The first half of a key that is an id, as a number in a column.
    pub key_high: EngineField,
    /// The second half.
    pub key_low: EngineField,
    /// A key that is no id.
    pub key_stored: EngineField,
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
/// The column of [`Layout::key_high`].
pub(crate) const KEY_HIGH: &str = "key-high";
/// The column of [`Layout::key_low`].
pub(crate) const KEY_LOW: &str = "key-low";

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
        let key = builder.add_bytes_field("key", INDEXED);
        let key_high = builder.add_u64_field(KEY_HIGH, FAST);
        let key_low = builder.add_u64_field(KEY_LOW, FAST);
        let key_stored = builder.add_text_field("key-stored", STORED);
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
            let sort_field = sort
                .as_ref()
                .filter(|sort| **sort != column)
                .map(|sort| builder.add_bytes_field(sort, BytesOptions::default().set_fast()));
            let entry = Entry { kind, sort, sort_field, column };
            if fields.insert(field.name.clone(), entry).is_some() {
                return Err(Error::Schema(format!("field {:?} is there twice", field.name)));
            }
        }
        let schema = builder.build();
        Ok(Layout { schema, fields, key, key_high, key_low, key_stored, visibility, written, any, any_exact })
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
}

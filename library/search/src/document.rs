//! A document on its way into the engine.
//!
//! Its texts are kept once, however many fields of the engine read them, and only so
//! many documents are on their way at a time: the engine's own queue takes thousands,
//! whatever they weigh.

use std::collections::BTreeSet;
use std::iter;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::Document as EngineDocument;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf};
use tantivy::schema::{Field, Value};
use tram_contract::search::Document;

use crate::PUBLIC;
use crate::collation::Collation;
use crate::layout::{Kind, Layout};

/// Documents between whoever brings them and the thread that indexes them.
const MOST_IN_FLIGHT: usize = 200;
/// So long is waited for a place; then the engine's own bound has to do. It is only
/// reached when the engine's thread has ended with an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// Counts the documents that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    count: Mutex<usize>,
    landed: Condvar,
}

impl Flight {
    /// Waits for a place.
    pub(crate) fn board(self: &Arc<Self>) -> Seat {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut count, _) = self
            .landed
            .wait_timeout_while(count, PATIENCE, |count| *count >= MOST_IN_FLIGHT)
            .unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        Seat(Arc::clone(self))
    }
}

/// A place among the documents on their way, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Flight>);

impl Drop for Seat {
    fn drop(&mut self) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_sub(1);
        // Waking for each one would hand the turn over two hundred times.
        if *count == MOST_IN_FLIGHT / 2 {
            self.0.landed.notify_all();
        }
    }
}

/// A document for the engine.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Texts in normal form C, and sort keys.
    texts: Vec<String>,
    keys: Vec<Vec<u8>>,
    values: Vec<(Field, Held)>,
    _seat: Seat,
}

/// A value, or where it is kept.
#[derive(Clone, Copy, Debug)]
enum Held {
    Text(usize),
    Bytes(usize),
    Unsigned(u64),
    Signed(i64),
}

/// A value as the engine reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Unsigned(u64),
    Signed(i64),
}

impl<'a> Value<'a> for Shown<'a> {
    type ArrayIter = iter::Empty<Self>;
    type ObjectIter = iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Shown::Text(text) => ReferenceValueLeaf::Str(text),
            Shown::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
            Shown::Unsigned(number) => ReferenceValueLeaf::U64(number),
            Shown::Signed(number) => ReferenceValueLeaf::I64(number),
        })
    }
}

/// Walks through the values of a document.
pub(crate) struct Values<'a> {
    document: &'a Prepared,
    rest: std::slice::Iter<'a, (Field, Held)>,
}

impl<'a> Iterator for Values<'a> {
    type Item = (Field, Shown<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (field, held) = self.rest.next()?;
        let shown = match *held {
            Held::Text(place) => Shown::Text(self.document.texts.get(place).map_or("", String::as_str)),
            Held::Bytes(place) => Shown::Bytes(self.document.keys.get(place).map_or(&[], Vec::as_slice)),
            Held::Unsigned(number) => Shown::Unsigned(number),
            Held::Signed(number) => Shown::Signed(number),
        };
        Some((*field, shown))
    }
}

impl EngineDocument for Prepared {
    type Value<'a> = Shown<'a>;
    type FieldsValuesIter<'a> = Values<'a>;

    fn iter_fields_and_values(&self) -> Values<'_> {
        Values { document: self, rest: self.values.iter() }
    }
}

impl Prepared {
    /// The engine's document for one of a plugin. Values of fields that the schema does
    /// not have, or has as another kind, are left out and named.
    pub(crate) fn new(
        layout: &Layout,
        key: &str,
        document: &Document,
        written: u64,
        collation: &Collation,
        seat: Seat,
    ) -> (Self, BTreeSet<String>) {
        let mut out = Prepared {
            texts: Vec::with_capacity(document.texts.len() + document.visibility.len() + 1),
            keys: Vec::new(),
            values: Vec::with_capacity(document.texts.len() * 4 + 8),
            _seat: seat,
        };
        let mut unknown = BTreeSet::new();
        out.add_key(layout, key);
        out.values.push((layout.written, Held::Unsigned(written)));
        for token in &document.visibility {
            out.text(token.clone(), &[layout.visibility]);
        }
        let public = document.visibility.iter().any(|token| token == PUBLIC);
        // The first value of a field is the one it is sorted by.
        let mut sorted: BTreeSet<&str> = BTreeSet::new();
        for (name, value) in &document.texts {
            let Some(entry) = layout.fields.get(name) else {
                unknown.insert(name.clone());
                continue;
            };
            let value = tram_vietnamese::nfc(value).into_owned();
            if let Some(column) = entry.sort_field.filter(|_| sorted.insert(name)) {
                out.bytes(collation.key(&value), column);
            }
            match entry.kind {
                Kind::Text(field) => {
                    let together = (field.default).then_some([layout.any, layout.any_exact]);
                    let suggest = field.suggest.filter(|_| public && field.suggest != field.stored);
                    let fields: Vec<Field> = [field.exact, field.folded]
                        .into_iter()
                        .chain(together.into_iter().flatten())
                        .chain(field.stored)
                        .chain(suggest)
                        .collect();
                    out.text(value, &fields);
                }
                Kind::Keyword { raw, .. } => out.text(value, &[raw]),
                Kind::Number { .. } => {
                    unknown.insert(name.clone());
                }
            }
        }
        for (name, value) in &document.numbers {
            match layout.fields.get(name).map(|entry| entry.kind) {
                Some(Kind::Number { number, .. }) => out.values.push((number, Held::Signed(*value))),
                _ => {
                    unknown.insert(name.clone());
                }
            }
        }
        (out, unknown)
    }

    /// The key, to be looked up by and to be read back.
    fn add_key(&mut self, layout: &Layout, key: &str) {
        let term = crate::key::term(key);
        match crate::key::halves(key) {
            Some((high, low)) => {
                self.values.push((layout.key_high, Held::Unsigned(high)));
                self.values.push((layout.key_low, Held::Unsigned(low)));
            }
            None => self.text(key.to_owned(), &[layout.key_stored]),
        }
        self.bytes(term, layout.key);
    }

    fn text(&mut self, text: String, fields: &[Field]) {
        let place = self.texts.len();
        self.texts.push(text);
        self.values.extend(fields.iter().map(|field| (*field, Held::Text(place))));
    }

    fn bytes(&mut self, bytes: Vec<u8>, field: Field) {
        self.values.push((field, Held::Bytes(self.keys.len())));
        self.keys.push(bytes);
    }
}

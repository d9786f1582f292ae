//! The record: a leader and its fields.

use std::borrow::Cow;

use crate::{Field, Leader, Spec};

/// A MARC 21 record, its texts in Unicode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The 24 characters at the head.
    pub leader: Leader,
    /// The fields in the order of the file.
    pub fields: Vec<Field>,
}

impl Record {
    /// The fields with this tag, in their order.
    pub fn fields<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields.iter().filter(move |f| f.tag().as_str() == tag)
    }

    /// The first field with this tag.
    #[must_use]
    pub fn field(&self, tag: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.tag().as_str() == tag)
    }

    /// The text of the first control field with this tag.
    #[must_use]
    pub fn control(&self, tag: &str) -> Option<&str> {
        self.fields.iter().filter(|f| f.tag().as_str() == tag).find_map(Field::value)
    }

    /// The texts that `spec` names: field by field in the order of the record.
    pub fn texts<'a>(&'a self, spec: &'a Spec) -> impl Iterator<Item = Cow<'a, str>> {
        spec.texts(self)
    }

    /// The first text of a specification such as `245ab`; `None` when there is
    /// none, or when the specification cannot be read.
    #[must_use]
    pub fn first_text(&self, spec: &str) -> Option<String> {
        let spec = Spec::parse(spec).ok()?;
        spec.texts(self).next().map(Cow::into_owned)
    }

    /// The fields `880` that give the field at `index` in another script,
    /// paired by the occurrence number in `$6`.
    pub fn alternates(&self, index: usize) -> impl Iterator<Item = &Field> {
        let of = self.fields.get(index);
        let occurrence = of.and_then(Field::link_occurrence);
        let tag = of.map(Field::tag);
        self.fields.iter().filter(move |f| {
            occurrence.is_some()
                && f.tag() == "880"
                && f.linked_tag() == tag.as_ref().map(|t| t.as_str())
                && f.link_occurrence() == occurrence
        })
    }
}

//! Fields and subfields.

use crate::Tag;

/// The code that a subfield without a readable one is kept under. MARC 21 gives
/// it no meaning, so nothing is asserted about the text.
pub(crate) const UNKNOWN_CODE: char = '?';

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// A field without indicators and subfields: `001` to `009`, and the
    /// alphabetic ones of other systems that are plain text (`FMT`).
    Control {
        /// The name of the field.
        tag: Tag,
        /// Its text; positions count from 0, as in the MARC 21 format.
        value: String,
    },
    /// A field with two indicators and subfields.
    Data {
        /// The name of the field.
        tag: Tag,
        /// The first indicator, a blank where it is undefined.
        ind1: char,
        /// The second indicator, a blank where it is undefined.
        ind2: char,
        /// The subfields in their order, which carries meaning.
        subfields: Vec<Subfield>,
    },
}

/// One subfield of a data field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subfield {
    /// The code behind the delimiter, as `a`.
    pub code: char,
    /// The text, in NFC when it was read by this crate.
    pub value: String,
}

impl Subfield {
    /// A subfield of this code and text.
    pub fn new(code: char, value: impl Into<String>) -> Self {
        Self { code, value: value.into() }
    }
}

impl Field {
    /// A control field.
    pub fn control(tag: Tag, value: impl Into<String>) -> Self {
        Self::Control { tag, value: value.into() }
    }

    /// A data field.
    pub fn data(tag: Tag, ind1: char, ind2: char, subfields: Vec<Subfield>) -> Self {
        Self::Data { tag, ind1, ind2, subfields }
    }

    /// The name of the field.
    #[must_use]
    pub fn tag(&self) -> Tag {
        match self {
            Self::Control { tag, .. } | Self::Data { tag, .. } => *tag,
        }
    }

    /// The two indicators; blanks for a control field.
    #[must_use]
    pub fn indicators(&self) -> (char, char) {
        match self {
            Self::Control { .. } => (' ', ' '),
            Self::Data { ind1, ind2, .. } => (*ind1, *ind2),
        }
    }

    /// The text of a control field.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Control { value, .. } => Some(value),
            Self::Data { .. } => None,
        }
    }

    /// The subfields; none for a control field.
    #[must_use]
    pub fn subfields(&self) -> &[Subfield] {
        match self {
            Self::Control { .. } => &[],
            Self::Data { subfields, .. } => subfields,
        }
    }

    /// The text of the first subfield with this code.
    #[must_use]
    pub fn subfield(&self, code: char) -> Option<&str> {
        self.all(code).next()
    }

    /// The texts of every subfield with this code.
    pub fn all(&self, code: char) -> impl Iterator<Item = &str> {
        self.subfields().iter().filter(move |s| s.code == code).map(|s| s.value.as_str())
    }

    /// The texts of the subfields whose code is in `codes`, in the order of the
    /// record, with a space between them.
    #[must_use]
    pub fn join(&self, codes: &str) -> String {
        let mut out = String::new();
        for subfield in self.subfields().iter().filter(|s| codes.contains(s.code)) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&subfield.value);
        }
        out
    }

    /// The tag that an `880` stands for in another script, from its `$6`
    /// (MARC 21 Bibliographic, Appendix A: `$6 245-01/$1`).
    #[must_use]
    pub fn linked_tag(&self) -> Option<&str> {
        self.subfield('6')?.get(..3)
    }

    /// The occurrence number in `$6` that pairs a field with its `880`; `None`
    /// when there is no `$6` or the number is `00`, which pairs with nothing.
    #[must_use]
    pub fn link_occurrence(&self) -> Option<&str> {
        let occurrence = self.subfield('6')?.get(4..6)?;
        (occurrence != "00").then_some(occurrence)
    }
}

//! What reading gives: records, and what is wrong with the others.

use crate::{Encoding, Record, Tag};

/// A record that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The record, its texts in NFC.
    pub record: Record,
    /// Its number in the input, from 0; bad records count as well.
    pub index: u64,
    /// Where its first byte is in the input, from 0.
    pub offset: u64,
    /// How many bytes of the input it takes.
    pub length: u64,
    /// How its texts were coded.
    pub encoding: Encoding,
    /// What was wrong and has been put right.
    pub warnings: Vec<Warning>,
}

/// A record that was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {} at byte {offset}: {reason}", .index + 1)]
pub struct Bad {
    /// Its number in the input, from 0; good records count as well.
    pub index: u64,
    /// Where its first byte is in the input, from 0.
    pub offset: u64,
    /// How many bytes are passed over.
    pub length: u64,
    /// What is wrong.
    pub reason: Reason,
    /// The text of its field `001`, where one could be found all the same.
    pub control_number: Option<String>,
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No leader stands at its beginning: this is no MARC.
    #[error("no MARC leader stands here")]
    NotMarc,
    /// It ends before its directory does, or the input does.
    #[error("the record is cut off")]
    Truncated,
    /// The directory cannot be read, and its entries cannot be matched with the
    /// fields behind it.
    #[error("the directory ({entries} entries that can be read) does not fit the record ({fields} fields)")]
    Directory {
        /// Entries whose tag can be read.
        entries: usize,
        /// Fields that end with a field terminator.
        fields: usize,
    },
    /// The record holds no field.
    #[error("the record has no fields")]
    Empty,
    /// Nothing ends the record within [`MAX_RECORD`] bytes.
    #[error("no end of the record within {MAX_RECORD} bytes")]
    Endless,
    /// The XML of the record is not well formed.
    #[error("the XML is broken: {0}")]
    Xml(String),
    /// An element lacks an attribute without which its text has no place.
    #[error("the element {element} has no attribute {attribute}")]
    Attribute {
        /// `controlfield`, `datafield` or `subfield`.
        element: &'static str,
        /// `tag` or `code`.
        attribute: &'static str,
    },
    /// A tag that cannot be kept: empty, longer than fifteen characters, or not
    /// ASCII.
    #[error("the tag {0:?} is none")]
    Tag(String),
    /// Text coded in UTF-16 or UTF-32, which no MARC format allows.
    #[error("the file is coded in UTF-16 or UTF-32")]
    WideText,
}

/// The longest record that is looked at, in bytes. ISO 2709 allows 99,999;
/// broken exporters write longer ones with a length that has overflowed.
pub const MAX_RECORD: usize = 8 << 20;

/// What was wrong with a record that was read all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The leader states another length than the record has.
    #[error("the leader states a length of {declared:?}, the record has {actual} bytes")]
    Length {
        /// As stated; `None` when it is no number.
        declared: Option<u32>,
        /// As found.
        actual: u64,
    },
    /// The record terminator is missing.
    #[error("the record terminator is missing")]
    Terminator,
    /// A record terminator stands inside a field.
    #[error("a record terminator stands inside a field")]
    EmbeddedTerminator,
    /// The leader holds characters it cannot hold, or another structure than
    /// MARC 21 has.
    #[error("the leader is not one of MARC 21: {0:?}")]
    Leader(String),
    /// The directory was wrong and could be put right in one way only.
    #[error("the directory was wrong and has been put right")]
    Directory,
    /// A tag of one or two digits lacked its zeros.
    #[error("the tag {0:?} lacks its zeros")]
    Tag(String),
    /// A data field has not two indicators, or they are not ASCII.
    #[error("field {0}: wrong indicators")]
    Indicators(Tag),
    /// A subfield had no code that can be kept; its text is kept under `?`.
    #[error("field {0}: a subfield without a code")]
    Code(Tag),
    /// A data field has no subfields: its text is kept under `a`, and a field
    /// without any text is left out.
    #[error("field {0}: no subfields")]
    NoSubfields(Tag),
    /// A control field with subfields, or a data field written as a control
    /// field.
    #[error("field {0}: a control field where a data field belongs, or the reverse")]
    Kind(Tag),
    /// Control characters that no MARC text can hold became blanks.
    #[error("{0} control characters became blanks")]
    ControlCharacters(u32),
    /// The texts are not coded as the record says.
    #[error("the record says {declared}, its texts are {used}")]
    Encoding {
        /// What the leader, or the XML declaration, says.
        declared: Encoding,
        /// What the bytes are.
        used: Encoding,
    },
    /// Bytes that mean nothing in the coding became U+FFFD.
    #[error("{0} bytes could not be decoded")]
    Undecodable(u32),
    /// The record says MARC-8 and was read as that, but its bytes are UTF-8.
    #[error("the record says MARC-8, but looks like UTF-8")]
    LooksLikeUtf8,
    /// An element or a text that MARCXML does not have was passed over.
    #[error("passed over what MARCXML does not have: {0}")]
    Unknown(String),
    /// The record has no leader; a blank one was put in.
    #[error("the record has no leader")]
    NoLeader,
}

//! Writing a record in UTF-8.

use super::{DELIMITER, FIELD_TERMINATOR, RECORD_TERMINATOR};
use crate::{Field, Leader, Record, Tag};

/// The longest record: its length has five digits.
const MAX_LENGTH: usize = 99_999;
/// The longest field with its terminator: its length has four digits.
const MAX_FIELD: usize = 9_999;

/// Why a record cannot be written in ISO 2709. Nothing is written then: a file
/// that other systems stop at is worse than one record less. MARCXML has none
/// of these limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A tag that is not three characters long.
    #[error("the tag {0} is not three characters long")]
    TagLength(Tag),
    /// An indicator that is not an ASCII character.
    #[error("field {tag}: {indicator:?} is no indicator")]
    Indicator {
        /// The field.
        tag: Tag,
        /// The character.
        indicator: char,
    },
    /// A subfield code that is not an ASCII letter, digit or sign.
    #[error("field {tag}: {code:?} is no subfield code")]
    Code {
        /// The field.
        tag: Tag,
        /// The character.
        code: char,
    },
    /// A text with one of the characters that separate fields and records.
    #[error("field {0}: the text holds a character that separates fields")]
    Delimiter(Tag),
    /// A control field under the tag of a data field, or the reverse: a reader
    /// tells them apart by the tag.
    #[error("field {0}: a control field where a data field belongs, or the reverse")]
    Kind(Tag),
    /// A data field without subfields.
    #[error("field {0}: no subfields")]
    NoSubfields(Tag),
    /// A field of more than 9,998 bytes.
    #[error("field {tag}: {length} bytes, and no field has more than 9998")]
    FieldTooLong {
        /// The field.
        tag: Tag,
        /// Its length in bytes.
        length: usize,
    },
    /// A record of more than 99,999 bytes.
    #[error("the record has {0} bytes, and none has more than 99999")]
    RecordTooLong(usize),
    /// A record without fields, which no reader takes.
    #[error("the record has no fields")]
    Empty,
}

/// Appends `record` to `out` in UTF-8.
///
/// # Errors
/// [`WriteError`] says what ISO 2709 cannot hold; `out` is as it was before.
pub fn write(record: &Record, out: &mut Vec<u8>) -> Result<(), WriteError> {
    let before = out.len();
    let result = append(record, out);
    if result.is_err() {
        out.truncate(before);
    }
    result
}

fn append(record: &Record, out: &mut Vec<u8>) -> Result<(), WriteError> {
    if record.fields.is_empty() {
        return Err(WriteError::Empty);
    }
    let begin = out.len();
    let base = Leader::LENGTH + record.fields.len() * 12 + 1;
    if base >= MAX_LENGTH {
        return Err(WriteError::RecordTooLong(base));
    }
    out.extend_from_slice(record.leader.as_bytes());
    // The directory is filled in as its fields are written behind it.
    out.resize(begin + base - 1, b'0');
    out.push(FIELD_TERMINATOR);

    let mut entry = begin + Leader::LENGTH;
    for field in &record.fields {
        let start = out.len() - begin - base;
        write_field(field, out)?;
        let length = out.len() - begin - base - start;
        if length > MAX_FIELD {
            return Err(WriteError::FieldTooLong { tag: field.tag(), length: length - 1 });
        }
        if start > MAX_LENGTH {
            return Err(WriteError::RecordTooLong(out.len() - begin + 1));
        }
        put(out, entry, field.tag().as_bytes());
        put(out, entry + 3, &digits::<4>(length));
        put(out, entry + 7, &digits::<5>(start));
        entry += 12;
    }
    out.push(RECORD_TERMINATOR);
    let length = out.len() - begin;
    if length > MAX_LENGTH {
        return Err(WriteError::RecordTooLong(length));
    }
    put(out, begin, &digits::<5>(length));
    put(out, begin + 12, &digits::<5>(base));
    Ok(())
}

fn write_field(field: &Field, out: &mut Vec<u8>) -> Result<(), WriteError> {
    let tag = field.tag();
    if tag.as_bytes().len() != 3 {
        return Err(WriteError::TagLength(tag));
    }
    match field {
        Field::Control { value, .. } => {
            if !tag.is_control() && tag.is_numeric() {
                return Err(WriteError::Kind(tag));
            }
            write_text(tag, value, out)?;
        }
        Field::Data { ind1, ind2, subfields, .. } => {
            if tag.is_control() {
                return Err(WriteError::Kind(tag));
            }
            if subfields.is_empty() {
                return Err(WriteError::NoSubfields(tag));
            }
            for indicator in [*ind1, *ind2] {
                let byte = u8::try_from(indicator).ok().filter(|b| b.is_ascii_graphic() || *b == b' ');
                out.push(byte.ok_or(WriteError::Indicator { tag, indicator })?);
            }
            for subfield in subfields {
                let byte = u8::try_from(subfield.code).ok().filter(u8::is_ascii_graphic);
                out.push(DELIMITER);
                out.push(byte.ok_or(WriteError::Code { tag, code: subfield.code })?);
                write_text(tag, &subfield.value, out)?;
            }
        }
    }
    out.push(FIELD_TERMINATOR);
    Ok(())
}

fn write_text(tag: Tag, text: &str, out: &mut Vec<u8>) -> Result<(), WriteError> {
    if text.bytes().any(|b| matches!(b, RECORD_TERMINATOR | FIELD_TERMINATOR | DELIMITER)) {
        return Err(WriteError::Delimiter(tag));
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(target) = out.get_mut(at..at + bytes.len()) {
        target.copy_from_slice(bytes);
    }
}

/// The last `N` decimal digits of a number, with zeros in front.
fn digits<const N: usize>(mut number: usize) -> [u8; N] {
    let mut out = [b'0'; N];
    for slot in out.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out
}

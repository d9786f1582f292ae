//! MARC 21 in its exchange form: leader, directory, fields (ISO 2709, as the
//! MARC 21 Specifications for Record Structure narrow it).
//!
//! # What is taken, and what is refused
//!
//! A record is taken as it stands when its directory accounts for every byte.
//! With a [`Warning`](crate::Warning) are taken: a wrong length in the leader;
//! a missing record terminator, when the directory still fits; a record
//! terminator inside a field, when length and directory agree about it; a
//! directory that can be put right in one way only: it counts characters for
//! bytes, its numbers have outgrown their digits, its first digit is lost, or
//! it has as many readable tags as the record has fields and at least half of
//! the lengths are right. Everything else is refused as [`Bad`](crate::Bad):
//! a guess would put texts under wrong tags, and nobody would see it.
//!
//! A reader goes on behind the next record terminator (0x1D). Where a broken
//! record without terminator has swallowed a good one, the good one is found by
//! its leader and read.

mod decoder;
mod directory;
mod field;
mod frame;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use decoder::{Decoder, Records};
pub use write::{WriteError, write};

/// Ends a record.
const RECORD_TERMINATOR: u8 = 0x1D;
/// Ends the directory and each field.
const FIELD_TERMINATOR: u8 = 0x1E;
/// Stands before each subfield code.
const DELIMITER: u8 = 0x1F;

/// The number that ASCII digits write; `None` when there is another byte.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0usize, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + usize::from(digit - b'0')))
}

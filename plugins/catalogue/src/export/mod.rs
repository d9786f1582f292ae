//! Giving records away: which fields others get, and in which forms.

pub mod job;
pub mod xlsx;

use tram_marc::Record;

use crate::compact::{self, Compact, FieldRef};
use crate::holdings;
use crate::shelf::{Copy, CopyEntry};
use crate::sru::xml;

/// Whether a field goes into answers for the public (SRU, the JSON interface,
/// downloads by readers): the fields that MARC 21 defines for everybody. Left out
/// are local notes (59X), fields of the library's own systems (9XX, and tags that
/// are no numbers), acquisition (541), and notes on custody and care that their
/// first indicator calls private (561, 583).
#[must_use]
pub fn is_public(field: FieldRef<'_>) -> bool {
    match field.tag.as_bytes() {
        [b'5', b'9', _] | [b'9', ..] => false,
        [a, b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit() => match field.tag {
            "541" => false,
            "561" | "583" => field.indicators().0 != '0',
            _ => true,
        },
        _ => false,
    }
}

/// The record as it is given away: with its copies, and for the public without what
/// concerns this library alone.
#[must_use]
pub fn whole(record: Compact<'_>, copies: &[CopyEntry], public: bool) -> Record {
    let mut whole = record.record();
    if public {
        let mut kept = record.fields().map(is_public).collect::<Vec<_>>().into_iter();
        whole.fields.retain(|_| kept.next().unwrap_or(false));
    }
    if copies.is_empty() {
        return whole;
    }
    let copies: Vec<Copy> = copies.iter().map(|copy| copy.value.clone()).collect();
    holdings::add(&whole, &copies, public)
}

/// Appends the same as an element of MARCXML.
pub fn marcxml(out: &mut String, record: Compact<'_>, copies: &[CopyEntry], public: bool) {
    if copies.is_empty() {
        return xml::marcxml(out, record, public);
    }
    let bytes = compact::encode(&whole(record, copies, public));
    if let Some(record) = Compact::new(&bytes) {
        xml::marcxml(out, record, false);
    }
}

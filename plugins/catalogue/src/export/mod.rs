//! Giving records away: which fields others get, and in which forms.

pub mod job;
pub mod xlsx;

use crate::compact::FieldRef;

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

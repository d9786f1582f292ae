//! The directory: which bytes of a record are which field.

use super::{FIELD_TERMINATOR, number};
use crate::{Leader, Reason, Tag};

/// The bytes of a directory entry: tag, length of the field, its start.
const ENTRY: usize = 12;

/// A field: its tag and its bytes without the terminator.
type Raw<'a> = (Tag, &'a [u8]);

/// The fields by the directory, when it accounts for every byte of the record.
/// `after` is what stands behind the leader.
pub(super) fn read<'a>(leader: &[u8; Leader::LENGTH], after: &'a [u8]) -> Option<Vec<Raw<'a>>> {
    let base = number(&leader[12..17])?.checked_sub(Leader::LENGTH)?;
    let (directory, data) = after.split_at_checked(base)?;
    let directory = directory.strip_suffix(&[FIELD_TERMINATOR])?;
    let (entries, []) = directory.as_chunks::<ENTRY>() else {
        return None;
    };
    cover(entries, data, data.len(), Some)
}

/// The fields that `entries` cut out of `data`, when they take all of it. The
/// entries count in units, of which there are `units`, and `byte` is the place
/// of each in `data`.
fn cover<'a>(
    entries: &[[u8; ENTRY]],
    data: &'a [u8],
    units: usize,
    byte: impl Fn(usize) -> Option<usize>,
) -> Option<Vec<Raw<'a>>> {
    let mut fields = Vec::with_capacity(entries.len());
    let mut covered = 0;
    for entry in entries {
        let tag = Tag::from_bytes(&entry[..3])?;
        let length = number(&entry[3..7])?;
        let start = number(&entry[7..])?;
        let from = byte(start)?;
        let field = data.get(from..byte(start.checked_add(length)?)?)?.strip_suffix(&[FIELD_TERMINATOR])?;
        if from > 0 && data.get(from - 1) != Some(&FIELD_TERMINATOR) {
            return None;
        }
        covered += length;
        fields.push((tag, field));
    }
    (covered == units).then_some(fields)
}

/// The fields of a record whose directory does not fit, when there is one way
/// only to put it right.
pub(super) fn repair(after: &[u8]) -> Result<Vec<Raw<'_>>, Reason> {
    let end = after.iter().position(|b| *b == FIELD_TERMINATOR).ok_or(Reason::Truncated)?;
    let (directory, data) = after.split_at(end);
    let data = data.get(1..).unwrap_or_default();
    if directory.is_empty() && data.is_empty() {
        return Err(Reason::Empty);
    }
    if let Some(fields) = characters(directory, data).or_else(|| outgrown(directory, data)) {
        return Ok(fields);
    }
    // A missing last terminator is no reason to lose the last field.
    let data = data.strip_suffix(&[FIELD_TERMINATOR]).unwrap_or(data);
    let fields: Vec<&[u8]> = data.split(|b| *b == FIELD_TERMINATOR).collect();
    if let Some(matched) = matched(directory, &fields) {
        return Ok(matched);
    }
    if directory.len() % ENTRY == ENTRY - 1 {
        // The first digit, the 0 of 001, went missing.
        let whole: Vec<u8> = [b"0", directory].concat();
        if let Some(matched) = matched(&whole, &fields) {
            return Ok(matched);
        }
    }
    Err(Reason::Directory { entries: readable(directory), fields: fields.len() })
}

/// A directory that counts characters of UTF-8 where it should count bytes.
fn characters<'a>(directory: &[u8], data: &'a [u8]) -> Option<Vec<Raw<'a>>> {
    let (entries, []) = directory.as_chunks::<ENTRY>() else {
        return None;
    };
    let text = std::str::from_utf8(data).ok()?;
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    cover(entries, data, places.len() - 1, |at| places.get(at).copied())
}

/// A directory whose numbers have more digits than the four and five they are
/// allowed: the fields tell how many each has.
fn outgrown<'a>(directory: &[u8], data: &'a [u8]) -> Option<Vec<Raw<'a>>> {
    let mut rest = directory;
    let mut start = 0;
    let mut fields = Vec::new();
    for field in data.strip_suffix(&[FIELD_TERMINATOR])?.split(|b| *b == FIELD_TERMINATOR) {
        let length = field.len() + 1;
        let (tag, numbers) = rest.split_at_checked(3)?;
        rest = numbers.strip_prefix(format!("{length:04}{start:05}").as_bytes())?;
        fields.push((Tag::from_bytes(tag)?, field));
        start += length;
    }
    rest.is_empty().then_some(fields)
}

/// As many entries as fields, in the order of their starts: they belong
/// together when at least half of the lengths say so. Fewer would fit by
/// chance, as in a directory that has shifted by a byte.
fn matched<'a>(directory: &[u8], fields: &[&'a [u8]]) -> Option<Vec<Raw<'a>>> {
    let (entries, []) = directory.as_chunks::<ENTRY>() else {
        return None;
    };
    if entries.len() != fields.len() || readable(directory) != entries.len() {
        return None;
    }
    let mut entries: Vec<&[u8; ENTRY]> = entries.iter().collect();
    let start = |entry: &&[u8; ENTRY]| number(&entry[7..]);
    let mut starts: Vec<_> = entries.iter().map(start).collect();
    starts.sort_unstable();
    // Starts that are no numbers, or repeat, say nothing about the order.
    if starts.windows(2).all(|pair| matches!(pair, [Some(a), Some(b)] if a != b)) {
        entries.sort_by_key(start);
    }
    let right = entries.iter().zip(fields).filter(|(e, f)| number(&e[3..7]) == Some(f.len() + 1)).count();
    if right * 2 < fields.len() {
        return None;
    }
    entries.iter().zip(fields).map(|(entry, field)| Some((Tag::from_bytes(&entry[..3])?, *field))).collect()
}

/// How many entries have a tag that can be read.
fn readable(directory: &[u8]) -> usize {
    let (entries, _) = directory.as_chunks::<ENTRY>();
    entries.iter().filter(|entry| entry[..3].iter().all(u8::is_ascii_alphanumeric)).count()
}

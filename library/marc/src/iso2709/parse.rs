//! One record, from its bytes.

use super::{DELIMITER, FIELD_TERMINATOR, RECORD_TERMINATOR, field, number};
use crate::charset::{Choice, Texts, choose};
use crate::{Charset, Encoding, Leader, Reason, Record, Tag, Warning};

/// The bytes of a directory entry: tag, length of the field, its start.
const ENTRY: usize = 12;

/// A record and what was wrong with it.
pub(super) struct Parsed {
    pub(super) record: Record,
    pub(super) encoding: Encoding,
    pub(super) warnings: Vec<Warning>,
}

/// How far a record's directory is believed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It must account for every byte.
    Directory,
    /// Where it does not, the field terminators say where fields are.
    Terminators,
}

/// A field: its tag and its bytes without the terminator.
type Raw<'a> = (Tag, &'a [u8]);

/// Reads the record that `bytes` are, with or without the record terminator.
pub(super) fn parse(bytes: &[u8], charset: Charset, trust: Trust) -> Result<Parsed, Reason> {
    let body = bytes.strip_suffix(&[RECORD_TERMINATOR]).unwrap_or(bytes);
    let (raw_leader, after) = body.split_first_chunk::<{ Leader::LENGTH }>().ok_or(Reason::Truncated)?;
    let mut warnings = Vec::new();
    let fields = match by_directory(raw_leader, after) {
        Some(fields) => fields,
        None if trust == Trust::Directory => return Err(Reason::Truncated),
        None => {
            warnings.push(Warning::Directory);
            by_terminators(after)?
        }
    };
    if fields.is_empty() {
        return Err(Reason::Empty);
    }
    check_leader(raw_leader, &mut warnings);

    let declared = if raw_leader[9] == b'a' { Encoding::Utf8 } else { Encoding::Marc8 };
    let Choice { encoding, warning } = choose(after, charset, declared);
    warnings.extend(warning);
    let mut texts = Texts::new(encoding);
    let mut record = Record { leader: Leader::new(raw_leader), fields: Vec::with_capacity(fields.len()) };
    for (tag, data) in fields {
        record.fields.push(field::parse(tag, data, &mut texts, &mut warnings));
    }
    if texts.undecodable > 0 {
        warnings.push(Warning::Undecodable(texts.undecodable));
    }
    if texts.controls > 0 {
        warnings.push(Warning::ControlCharacters(texts.controls));
    }
    Ok(Parsed { record, encoding, warnings })
}

/// The fields by the directory, when it accounts for every byte of the record.
/// `after` is what stands behind the leader.
fn by_directory<'a>(leader: &[u8; Leader::LENGTH], after: &'a [u8]) -> Option<Vec<Raw<'a>>> {
    let base = number(&leader[12..17])?.checked_sub(Leader::LENGTH)?;
    let (directory, data) = after.split_at_checked(base)?;
    let directory = directory.strip_suffix(&[FIELD_TERMINATOR])?;
    let (entries, []) = directory.as_chunks::<ENTRY>() else { return None };
    let mut fields = Vec::with_capacity(entries.len());
    let mut covered = 0;
    for entry in entries {
        let tag = Tag::from_bytes(&entry[..3])?;
        let length = number(&entry[3..7])?;
        let start = number(&entry[7..])?;
        let field = data.get(start..start.checked_add(length)?)?.strip_suffix(&[FIELD_TERMINATOR])?;
        if start > 0 && data.get(start - 1) != Some(&FIELD_TERMINATOR) {
            return None;
        }
        covered += length;
        fields.push((tag, field));
    }
    (covered == data.len()).then_some(fields)
}

/// The fields by their terminators, with the tags of the directory in the order
/// of its starts: the one way to put them together when there are as many of
/// one as of the other.
fn by_terminators(after: &[u8]) -> Result<Vec<Raw<'_>>, Reason> {
    let end = after.iter().position(|b| *b == FIELD_TERMINATOR).ok_or(Reason::Truncated)?;
    let (directory, data) = after.split_at(end);
    let data = data.get(1..).unwrap_or_default();
    // A missing last terminator is no reason to lose the last field.
    let data = data.strip_suffix(&[FIELD_TERMINATOR]).unwrap_or(data);
    let (entries, rest) = directory.as_chunks::<ENTRY>();
    let mut tags: Vec<(Option<usize>, Tag)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let tag = Tag::from_bytes(&entry[..3]).filter(|tag| tag.as_bytes().iter().all(u8::is_ascii_alphanumeric));
        tags.extend(tag.map(|tag| (number(&entry[7..]), tag)));
    }
    let readable = if rest.is_empty() { tags.len() } else { 0 };
    let fields = data.split(|b| *b == FIELD_TERMINATOR).count();
    if data.is_empty() || readable != fields || readable != entries.len() {
        return Err(Reason::Directory { entries: readable, fields });
    }
    // Starts that do not rise are the order only when each is a number of its own.
    let distinct = {
        let mut starts: Vec<_> = tags.iter().map(|(start, _)| *start).collect();
        starts.sort_unstable();
        starts.windows(2).all(|pair| pair.first() != pair.last()) && starts.first().is_some_and(Option::is_some)
    };
    if distinct {
        tags.sort_by_key(|(start, _)| *start);
    }
    Ok(tags.into_iter().map(|(_, tag)| tag).zip(data.split(|b| *b == FIELD_TERMINATOR)).collect())
}

/// Says where the leader is not one of MARC 21. Its lengths are judged apart.
fn check_leader(leader: &[u8; Leader::LENGTH], warnings: &mut Vec<Warning>) {
    let printable = leader.iter().all(|b| (0x20..0x7F).contains(b));
    if !printable || leader[10..12] != *b"22" || leader[20..22] != *b"45" {
        warnings.push(Warning::Leader(String::from_utf8_lossy(leader).into_owned()));
    }
}

/// The text of field `001` in a record that cannot be read, by the shape of
/// its first field: what can be said in a report without risk.
pub(super) fn control_number(bytes: &[u8]) -> Option<String> {
    let after = bytes.get(Leader::LENGTH..)?;
    if !after.starts_with(b"001") {
        return None;
    }
    let mut parts = after.split(|b| *b == FIELD_TERMINATOR);
    let first = parts.nth(1)?;
    let plain = !first.is_empty()
        && first.len() <= 64
        && first.iter().all(|b| (0x20..0x7F).contains(b) && *b != DELIMITER);
    plain.then(|| String::from_utf8_lossy(first).trim().to_owned())
}

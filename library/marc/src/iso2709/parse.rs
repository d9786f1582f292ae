//! One record, from its bytes.

use super::{DELIMITER, FIELD_TERMINATOR, RECORD_TERMINATOR, directory, field};
use crate::charset::{Choice, Texts, choose};
use crate::{Charset, Encoding, Leader, Reason, Record, Warning};

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
    /// Where it does not, it is repaired if there is one way only to do so.
    Repair,
}

/// Reads the record that `bytes` are, with or without the record terminator.
pub(super) fn parse(bytes: &[u8], charset: Charset, trust: Trust) -> Result<Parsed, Reason> {
    let body = bytes.strip_suffix(&[RECORD_TERMINATOR]).unwrap_or(bytes);
    let (raw_leader, after) = body.split_first_chunk::<{ Leader::LENGTH }>().ok_or(Reason::Truncated)?;
    let mut warnings = Vec::new();
    let fields = match directory::read(raw_leader, after) {
        Some(fields) => fields,
        None if trust == Trust::Directory => return Err(Reason::Truncated),
        None => {
            warnings.push(Warning::Directory);
            directory::repair(after)?
        }
    };
    check_leader(raw_leader, &mut warnings);

    let declared = if raw_leader[9] == b'a' { Encoding::Utf8 } else { Encoding::Marc8 };
    let Choice { encoding, warning } = choose(after, charset, declared);
    warnings.extend(warning);
    let mut texts = Texts::new(encoding);
    let mut record = Record { leader: Leader::new(raw_leader), fields: Vec::with_capacity(fields.len()) };
    for (tag, data) in fields {
        record.fields.extend(field::parse(tag, data, &mut texts, &mut warnings));
    }
    if record.fields.is_empty() {
        return Err(Reason::Empty);
    }
    if texts.undecodable > 0 {
        warnings.push(Warning::Undecodable(texts.undecodable));
    }
    if texts.controls > 0 {
        warnings.push(Warning::ControlCharacters(texts.controls));
    }
    Ok(Parsed { record, encoding, warnings })
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
    let plain =
        !first.is_empty() && first.len() <= 64 && first.iter().all(|b| (0x20..0x7F).contains(b) && *b != DELIMITER);
    plain.then(|| String::from_utf8_lossy(first).trim().to_owned())
}

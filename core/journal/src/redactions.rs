//! The list of what was erased, which every restore applies first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use redb::{ReadableTable, TableError};

use crate::Error;
use crate::codec::Input;
use crate::core::Core;
use crate::disk;
use crate::item::Target;
use crate::tables;

/// Name of the list's file.
pub(crate) const REDACTIONS: &str = "redactions";

/// Text of a redaction list: sequence, item and commitment, a line each. No personal data.
pub(crate) fn write_targets(targets: &BTreeSet<Target>) -> String {
    let mut text = String::new();
    for t in targets {
        let hash = blake3::Hash::from(t.commitment).to_hex();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {hash}", t.sequence, t.item);
    }
    text
}

/// Reads a redaction list.
pub(crate) fn read_targets(text: &str) -> Result<BTreeSet<Target>, Error> {
    const BAD: Error = Error::Malformed("redaction list");
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let mut word = || words.next().ok_or(BAD);
            Ok(Target {
                sequence: word()?.parse().map_err(|_| BAD)?,
                item: word()?.parse().map_err(|_| BAD)?,
                commitment: *blake3::Hash::from_hex(word()?).map_err(|_| BAD)?.as_bytes(),
            })
        })
        .collect()
}

/// Writes the list beside the journal, where a restore into this folder will find it.
pub(crate) fn write_list(core: &Core) -> Result<(), Error> {
    let txn = core.main.begin_read()?;
    let mut targets = BTreeSet::new();
    match txn.open_table(tables::REDACTIONS) {
        Err(TableError::TableDoesNotExist(_)) => {}
        other => {
            for entry in other.map_err(Error::tables)?.iter().map_err(Error::tables)? {
                let (key, _) = entry.map_err(Error::tables)?;
                let mut input = Input::new(key.value());
                targets.insert(Target {
                    sequence: u64::from_be_bytes(input.array()?),
                    item: u32::from_be_bytes(input.array()?),
                    commitment: input.array()?,
                });
            }
        }
    }
    disk::replace(&*core.disk, "", REDACTIONS, write_targets(&targets).as_bytes()).map_err(Error::io)
}

//! The restore drill: a backup that was never restored is a hope. The newest one is restored
//! into a scratch folder, checked, and compared with the station.

use std::path::Path;
use std::time::Instant;

use tram_journal::Journal;

use super::age::Identity;
use super::depot::{Depot, Entry};
use super::{Error, restore};

/// Folder within the station's own that is made for the drill and removed.
const SCRATCH: &str = "drill";

/// What a drill found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drilled {
    /// Which backup.
    pub entry: Entry,
    /// Entries of the journal that were restored and read.
    pub entries: u64,
    /// How long it took, seconds.
    pub seconds: u64,
}

/// Restores the newest backup of a depot into a scratch folder and compares it with the
/// station: every entry checks, the tables equal a rebuild, and the chain ends in the same
/// hash as the station's own does there, which it can only when every entry before is the
/// same. Blobs, where the backup has them, are read and hashed, not copied.
///
/// # Errors
/// Says what does not check. A backup that does not is put aside as `….bad`.
pub fn drill(journal: &Journal, data: &Path, depot: &Depot, identity: &Identity) -> Result<Drilled, Error> {
    let began = Instant::now();
    let entry = depot.entries()?.into_iter().next();
    let entry = entry.ok_or_else(|| Error::Nothing(depot.root().display().to_string()))?;
    let scratch = data.join(SCRATCH);
    let _ = std::fs::remove_dir_all(&scratch);
    let found = compare(journal, &scratch, depot, &entry, identity);
    let _ = std::fs::remove_dir_all(&scratch);
    match found {
        Ok(entries) => Ok(Drilled { entry, entries, seconds: began.elapsed().as_secs() }),
        Err(error) => {
            if error.is_damage() {
                depot.reject(&entry)?;
            }
            Err(error)
        }
    }
}

fn compare(journal: &Journal, scratch: &Path, depot: &Depot, entry: &Entry, identity: &Identity) -> Result<u64, Error> {
    let mut list = depot.list(entry, identity)?;
    tram_journal::check_backup(&depot.source(&list, identity))?;
    // Materials can be larger than the room that is left; they have been read above.
    list.manifest = tram_journal::without_blobs(&list.manifest)?;
    let restored = restore::into(depot, entry, &list, identity, scratch)?;
    let head = restored.report.restored;
    let same = journal.changes(head.sequence, 1)?;
    // An entry of no sequence has no hash to compare: an empty station.
    if head.sequence > 0 && same.first().map(|entry| entry.hash) != Some(head.hash) {
        return Err(Error::Differs(format!("entry {} is another", head.sequence)));
    }
    let verified = tram_journal::verify(scratch, None)?;
    if let Some(problem) = verified.problems.first() {
        return Err(Error::Differs(format!("entry {}: {}", problem.sequence, problem.reason)));
    }
    if verified.entries < head.sequence {
        return Err(Error::Differs(format!("{} of {} entries", verified.entries, head.sequence)));
    }
    Ok(verified.entries)
}

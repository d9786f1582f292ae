//! Labels in the partition table, by sfdisk.

use std::path::Path;

use super::Slot;
use crate::{Error, Place, program};

/// Label of a slot that nothing starts from.
pub const EMPTY: &str = "_empty";

/// The label of the slot that holds a version.
pub fn label_of(version: &crate::Version) -> String {
    format!("tram_{version}")
}

/// Labels a slot. The kernel is not told: only the next start reads it.
///
/// # Errors
/// sfdisk refuses.
pub fn set_label(place: &Place, slot: Slot, label: &str) -> Result<(), Error> {
    set(&place.disk.join("disk"), slot.number(), label)
}

/// The label of a slot.
///
/// # Errors
/// sfdisk refuses, as when there is no such partition.
pub fn label(place: &Place, slot: Slot) -> Result<String, Error> {
    let disk = place.disk.join("disk");
    let number = slot.number().to_string();
    Ok(program::run("sfdisk", &["--part-label", &disk.to_string_lossy(), &number], None)?.trim().to_owned())
}

fn set(disk: &Path, number: u32, label: &str) -> Result<(), Error> {
    let number = number.to_string();
    let disk = disk.to_string_lossy();
    program::run("sfdisk", &["--no-reread", "--no-tell-kernel", "--part-label", &disk, &number, label], None)?;
    Ok(())
}

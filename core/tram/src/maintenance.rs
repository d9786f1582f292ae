//! `tram verify`, `backup`, `restore`.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::control;

/// Checks everything and says what it found.
///
/// # Errors
/// Something does not check; each finding is printed.
pub(crate) fn verify(data: &Path, witness: Option<&str>) -> Result<()> {
    let witness = witness.map(str::parse).transpose().context("a witness is SEQUENCE:HASH, as a backup or `tram verify` prints it")?;
    let report = tram_journal::verify(data, witness.as_ref())?;
    println!("{report}");
    if report.findings.is_empty() {
        return Ok(());
    }
    bail!("{} findings; restore a backup, or ask for help with this list", report.findings.len())
}

/// Copies the station while it serves, or closed.
///
/// # Errors
/// The target cannot be written.
pub(crate) fn backup(data: &Path, to: &Path) -> Result<()> {
    if let Some(mut connection) = control::connect(data)? {
        return connection.backup(to);
    }
    let journal = crate::station::open_journal(data)?;
    let report = journal.backup(to).context("the backup failed; what is there already stays valid")?;
    println!("{report}");
    journal.close()?;
    Ok(())
}

/// Makes a data folder from a backup.
///
/// # Errors
/// The backup does not check, or the folder holds something.
pub(crate) fn restore(data: &Path, from: &Path) -> Result<()> {
    if data.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; restore into a new folder", data.display());
    }
    let report = tram_journal::restore(from, data).context("the backup was not restored")?;
    println!("{report}");
    Ok(())
}

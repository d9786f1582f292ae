//! Files of keys and certificates: written aside, synced, renamed; readable by the
//! station alone.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Keeps `bytes` at `path`, mode 0600, in a folder of mode 0700. A pulled plug leaves
/// the old file or the new one.
///
/// # Errors
/// The disk refused.
#[allow(clippy::disallowed_methods, reason = "keys are not journal data: a backup may not carry them")]
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let aside = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    fs::File::open(folder)?.sync_all()
}

/// The text of a file; none when there is none.
///
/// # Errors
/// The disk refused, or the file is no text.
pub(crate) fn text(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

//! Files of the box, outside the station's folder: written aside, synced, renamed.
//!
//! The one place of this crate that opens files for writing by path.
#![allow(clippy::disallowed_methods, reason = "this is the crate's one place for files")]

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes a whole file so that a pulled plug leaves the old one or the new one.
///
/// # Errors
/// The folder is not there, or is full.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = aside(path);
    let mut file = File::create(&aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| std::fs::rename(&aside, path)) {
        let _ = std::fs::remove_file(&aside);
        return Err(error);
    }
    sync_folder_of(path)
}

/// The name a file has until it is whole. Short, and of letters that FAT knows.
fn aside(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Makes names in the folder of `path` last.
///
/// # Errors
/// The folder cannot be opened or synced.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

/// A new file to write, which must not be there yet.
///
/// # Errors
/// It is there, or cannot be made.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// As [`create_new`], for the owner's eyes alone.
///
/// # Errors
/// It is there, or cannot be made.
pub fn create_new_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A file or a block device, to be written in place.
///
/// # Errors
/// It is not there, or may not be written.
pub fn open_in_place(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

//! The narrow waist to the file system, so that a power cut and a full disk can be simulated.
#![allow(clippy::disallowed_methods, reason = "this is a storage crate")]

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For reading only.
    Read,
    /// For reading and writing; it must exist.
    Write,
    /// For reading and writing, made when absent.
    Create,
    /// For reading and writing, made anew and empty.
    Truncate,
}

/// A folder of files. Names are relative and use `/`.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// As the file system says.
    fn open(&self, name: &str, mode: Mode) -> io::Result<Arc<dyn DiskFile>>;
    /// Renames a file over another; durable after [`Disk::sync_folder`].
    ///
    /// # Errors
    /// As the file system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file; it is no error when there is none.
    ///
    /// # Errors
    /// As the file system says.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Names of the files in a folder, without the folder.
    ///
    /// # Errors
    /// As the file system says.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Makes creations and renames within a folder durable.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_folder(&self, folder: &str) -> io::Result<()>;
    /// Bytes that can still be written.
    ///
    /// # Errors
    /// As the file system says.
    fn free(&self) -> io::Result<u64>;
}

/// An open file.
pub trait DiskFile: Debug + Send + Sync {
    /// Reads exactly `buffer`.
    ///
    /// # Errors
    /// As the file system says; the end of the file is `UnexpectedEof`.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// As the file system says.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Returns when all that was written is on disk.
    ///
    /// # Errors
    /// As the file system says. What was written since the last success may be lost.
    fn sync(&self) -> io::Result<()>;
    /// Length in bytes.
    ///
    /// # Errors
    /// As the file system says.
    fn size(&self) -> io::Result<u64>;
    /// Cuts or extends with zeros.
    ///
    /// # Errors
    /// As the file system says.
    fn resize(&self, size: u64) -> io::Result<()>;
}

/// A folder of the real file system.
#[derive(Debug)]
pub struct RealDisk {
    root: PathBuf,
}

impl RealDisk {
    /// The folder `root`, which must exist.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }
}

impl Disk for RealDisk {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(mode != Mode::Read)
            .create(matches!(mode, Mode::Create | Mode::Truncate))
            .truncate(mode == Mode::Truncate)
            // Pupils' data: nobody but the service reads it.
            .mode(0o600)
            .open(self.root.join(name))?;
        Ok(Arc::new(RealFile(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.root.join(name)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        fs::read_dir(self.root.join(folder))?
            .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        File::open(self.root.join(folder))?.sync_all()
    }

    fn free(&self) -> io::Result<u64> {
        let s = nix::sys::statvfs::statvfs(&self.root)?;
        Ok(s.blocks_available().saturating_mul(s.fragment_size()))
    }
}

#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn size(&self) -> io::Result<u64> {
        self.0.metadata().map(|m| m.len())
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }
}

/// Writes `bytes` as the whole file `name`, so that after a crash it is either old or new.
pub(crate) fn replace(disk: &dyn Disk, folder: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let aside = format!("{name}.new");
    let file = disk.open(&aside, Mode::Truncate)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    disk.rename(&aside, name)?;
    disk.sync_folder(folder)
}

/// As [`wipe`], for a file outside a [`Disk`].
pub(crate) fn wipe_file(file: &File) -> io::Result<()> {
    wipe(&RealFile(file.try_clone()?))
}

/// Overwrites a file's bytes with zeros, on disk, so that its freed blocks hold nothing.
pub(crate) fn wipe(file: &dyn DiskFile) -> io::Result<()> {
    const STEP: usize = 1 << 20;
    let zeros = vec![0u8; STEP];
    let size = file.size()?;
    let mut at = 0;
    while at < size {
        let n = usize::try_from(size - at).unwrap_or(STEP).min(STEP);
        file.write_at(zeros.get(..n).unwrap_or_default(), at)?;
        at += n as u64;
    }
    file.sync()
}

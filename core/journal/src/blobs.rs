//! Large immutable contents, addressed by their BLAKE3 hash.
//!
//! `blobs/ab/ab…` holds them, `blobs/tmp/` those being written, `blobs/bin/` those given up
//! in the last seven days, `blobs/leases/` until when an unheld one is kept.
#![allow(clippy::disallowed_methods, reason = "this is a storage crate")]

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use nix::sys::stat::futimens;
use nix::sys::time::TimeSpec;

use crate::Error;
use crate::disk::{self, Disk as _, RealDisk};
use crate::id::random;
use crate::partial::Partials;

/// Milliseconds that an unheld blob without a lease is kept: long enough for any form.
const GRACE_MS: i64 = 24 * 3600 * 1000;
/// Milliseconds in the bin.
const BIN_MS: i64 = 7 * GRACE_MS;
/// An upload is written out every so many bytes, so that no saver waits for all of it.
const SYNC_EVERY: u64 = 64 << 20;

/// Hash of a blob's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 32]);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for BlobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        blake3::Hash::from_hex(text)
            .map(|h| Self(*h.as_bytes()))
            .map_err(|_| Error::Malformed("a blob id is 64 hexadecimal digits"))
    }
}

/// What is known of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobStat {
    /// Its id.
    pub id: BlobId,
    /// Length in bytes.
    pub length: u64,
}

/// What [`crate::Journal::collect_blobs`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Blobs moved to the bin.
    pub binned: u64,
    /// Blobs removed for good.
    pub purged: u64,
}

/// The blob store of a station.
#[derive(Debug)]
pub struct Blobs {
    root: Option<PathBuf>,
    reserve: u64,
}

pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A file of the store's, readable by the service alone.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).read(true).create_new(true).mode(0o600).open(path)
}

impl Blobs {
    /// The store in a station's folder; without one nothing can be kept.
    pub(crate) fn new(root: Option<&Path>, reserve: u64) -> Result<Self, Error> {
        if let Some(root) = root {
            for folder in ["tmp", "bin", "leases"] {
                fs::create_dir_all(root.join("blobs").join(folder)).map_err(Error::io)?;
            }
            // What was not finished when the process ended never will be.
            for entry in fs::read_dir(root.join("blobs/tmp")).map_err(Error::io)? {
                fs::remove_file(entry.map_err(Error::io)?.path()).map_err(Error::io)?;
            }
        }
        Ok(Self { root: root.map(Path::to_path_buf), reserve })
    }

    fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let root = self.root.as_ref().ok_or_else(|| Error::Folder("this journal keeps no blobs".into()))?;
        Ok(root.join("blobs").join(name))
    }

    fn path(&self, id: &BlobId) -> Result<PathBuf, Error> {
        let name = id.to_string();
        Ok(self.folder(name.get(..2).unwrap_or_default())?.join(name))
    }

    /// Begins a new blob.
    ///
    /// # Errors
    /// The file could not be made.
    pub fn writer(&self) -> Result<BlobWriter, Error> {
        let name = u128::from_le_bytes(random()?);
        let path = self.folder("tmp")?.join(format!("{name:032x}"));
        let file = create(&path).map_err(Error::io)?;
        let store = self.folder("")?;
        Ok(BlobWriter { file, path, store, hasher: blake3::Hasher::new(), length: 0, unsynced: 0 })
    }

    /// Bytes that are free where blobs lie.
    ///
    /// # Errors
    /// The file system cannot say.
    pub fn free(&self) -> Result<u64, Error> {
        RealDisk::new(&self.folder("")?).free().map_err(Error::io)
    }

    /// Blobs that come in pieces.
    ///
    /// # Errors
    /// Their folder cannot be made, or this journal keeps no blobs.
    pub fn partials(&self) -> Result<Partials, Error> {
        Partials::open(self.folder("")?)
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn open(&self, id: &BlobId) -> Result<BlobReader, Error> {
        match File::open(self.path(id)?) {
            Ok(file) => {
                let length = file.metadata().map_err(Error::io)?.len();
                Ok(BlobReader { file, length })
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(Error::NotFound(format!("blob {id}"))),
            Err(e) => Err(Error::io(e)),
        }
    }

    /// What is known of a blob, `None` when there is none of this id.
    ///
    /// # Errors
    /// The file system failed.
    pub fn stat(&self, id: &BlobId) -> Result<Option<BlobStat>, Error> {
        match fs::metadata(self.path(id)?) {
            Ok(m) => Ok(Some(BlobStat { id: *id, length: m.len() })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(e)),
        }
    }

    /// Reads at most `length` bytes from `offset`.
    ///
    /// # Errors
    /// There is none of this id, or reading failed.
    pub fn range(&self, id: &BlobId, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let reader = self.open(id)?;
        let left = usize::try_from(reader.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0u8; length.min(left)];
        reader.file.read_exact_at(&mut bytes, offset).map_err(Error::io)?;
        Ok(bytes)
    }

    /// Keeps a blob that nobody holds until `unix_ms` (an upload, something derived).
    ///
    /// # Errors
    /// There is none of this id, or writing failed.
    pub fn lease(&self, id: &BlobId, unix_ms: i64) -> Result<(), Error> {
        self.stat(id)?.ok_or_else(|| Error::NotFound(format!("blob {id}")))?;
        // The same content may be waited for twice; the longer wait counts.
        let unix_ms = unix_ms.max(self.leased_until(id)?);
        let leases = RealDisk::new(&self.folder("leases")?);
        disk::replace(&leases, "", &id.to_string(), unix_ms.to_string().as_bytes()).map_err(Error::io)
    }

    fn leased_until(&self, id: &BlobId) -> Result<i64, Error> {
        match fs::read_to_string(self.folder("leases")?.join(id.to_string())) {
            Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(Error::io(e)),
        }
    }

    /// Puts a blob that nobody holds into the bin now, and out of it where space is short;
    /// whether there was one. [`Blobs::claim`] fetches it from the bin.
    pub(crate) fn give_up(&self, id: &BlobId, low: bool) -> Result<bool, Error> {
        let binned = self.folder("bin")?.join(id.to_string());
        match fs::rename(self.path(id)?, &binned) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(Error::io)?,
        }
        let _ = fs::remove_file(self.folder("leases")?.join(id.to_string()));
        if low {
            fs::remove_file(&binned).map_err(Error::io)?;
        } else {
            let file = File::open(&binned).map_err(Error::io)?;
            futimens(&file, &TimeSpec::UTIME_NOW, &TimeSpec::UTIME_NOW).map_err(|e| Error::io(e.into()))?;
        }
        Ok(true)
    }

    /// Makes sure that a blob will be there for the commit that holds it: fetches it from the
    /// bin and renews its grace.
    pub(crate) fn claim(&self, id: &BlobId) -> Result<Option<BlobStat>, Error> {
        let path = self.path(id)?;
        let binned = self.folder("bin")?.join(id.to_string());
        if !path.exists() && binned.exists() {
            fs::rename(&binned, &path).map_err(Error::io)?;
        }
        let Some(stat) = self.stat(id)? else {
            return Ok(None);
        };
        let file = File::open(&path).map_err(Error::io)?;
        futimens(&file, &TimeSpec::UTIME_NOW, &TimeSpec::UTIME_NOW).map_err(|e| Error::io(e.into()))?;
        Ok(Some(stat))
    }

    /// Every blob that is not in the bin.
    pub(crate) fn list(&self) -> Result<Vec<BlobId>, Error> {
        let mut ids = Vec::new();
        if self.root.is_none() {
            return Ok(ids);
        }
        for folder in fs::read_dir(self.folder("")?).map_err(Error::io)? {
            let folder = folder.map_err(Error::io)?;
            if folder.file_name().len() != 2 {
                continue;
            }
            for entry in fs::read_dir(folder.path()).map_err(Error::io)? {
                if let Ok(id) = entry.map_err(Error::io)?.file_name().to_string_lossy().parse() {
                    ids.push(id);
                }
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    /// Whether neither a lease nor its grace keeps a blob.
    fn is_idle(&self, id: &BlobId, now_ms: i64) -> Result<bool, Error> {
        Ok(self.leased_until(id)? <= now_ms && modified(&self.path(id)?)? + GRACE_MS <= now_ms)
    }

    /// Blobs that might go: what the whole store is walked for before anybody has to wait.
    pub(crate) fn idle(&self, now_ms: i64) -> Result<Vec<BlobId>, Error> {
        let mut idle = Vec::new();
        for id in self.list()? {
            if self.is_idle(&id, now_ms)? {
                idle.push(id);
            }
        }
        Ok(idle)
    }

    /// Bins those of `idle` that nobody holds, and takes out of the bin what is old, or all
    /// when space is short. What left the bin is to be unlinked by the caller, once nobody
    /// waits for it: that takes long for large files.
    pub(crate) fn collect(
        &self,
        now_ms: i64,
        low: bool,
        idle: &[BlobId],
        mut is_held: impl FnMut(&BlobId) -> Result<bool, Error>,
    ) -> Result<(Collected, Vec<PathBuf>), Error> {
        let mut done = Collected::default();
        let bin = self.folder("bin")?;
        for id in idle {
            // Claimed, leased or given up since?
            if self.stat(id)?.is_none() || is_held(id)? || !self.is_idle(id, now_ms)? {
                continue;
            }
            let binned = bin.join(id.to_string());
            fs::rename(self.path(id)?, &binned).map_err(Error::io)?;
            let file = File::open(&binned).map_err(Error::io)?;
            let since = TimeSpec::new(now_ms / 1000, now_ms % 1000 * 1_000_000);
            futimens(&file, &since, &since).map_err(|e| Error::io(e.into()))?;
            let _ = fs::remove_file(self.folder("leases")?.join(id.to_string()));
            done.binned += 1;
        }
        let mut gone = Vec::new();
        for entry in fs::read_dir(&bin).map_err(Error::io)? {
            let entry = entry.map_err(Error::io)?;
            let path = entry.path();
            if low || modified(&path)? + BIN_MS <= now_ms {
                let aside = self.folder("tmp")?.join(entry.file_name()).with_extension("gone");
                fs::rename(&path, &aside).map_err(Error::io)?;
                gone.push(aside);
                done.purged += 1;
            }
        }
        Ok((done, gone))
    }

    /// Removes a blob at once, overwritten, whether it is in the bin or not.
    pub(crate) fn purge(&self, id: &BlobId) -> Result<bool, Error> {
        let mut found = false;
        for path in [self.path(id)?, self.folder("bin")?.join(id.to_string())] {
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(Error::io)?,
            };
            disk::wipe_file(&file).and_then(|()| fs::remove_file(&path)).map_err(Error::io)?;
            found = true;
        }
        let _ = fs::remove_file(self.folder("leases")?.join(id.to_string()));
        Ok(found)
    }

    /// Blobs whose content is no longer what their id says. Reads every byte of the store.
    ///
    /// # Errors
    /// The file system failed.
    pub fn verify(&self) -> Result<Vec<BlobId>, Error> {
        let mut damaged = Vec::new();
        for id in self.list()? {
            let mut hasher = blake3::Hasher::new();
            io::copy(&mut self.open(&id)?, &mut hasher).map_err(Error::io)?;
            if hasher.finalize().as_bytes() != &id.0 {
                damaged.push(id);
            }
        }
        Ok(damaged)
    }

    /// Gives up the reserve, so that deletion works on a full disk.
    pub(crate) fn give_up_reserve(&self) {
        if let Some(root) = &self.root
            && fs::remove_file(root.join("reserve")).is_ok()
        {
            log::warn!("journal: the disk is full; the reserve was given up for deletion");
        }
    }

    /// Sets the reserve aside (again), once there is room for it twice over.
    pub(crate) fn keep_reserve(&self, free: u64, min_free: u64) {
        let Some(root) = self.root.as_ref().filter(|_| self.reserve > 0) else {
            return;
        };
        let path = root.join("reserve");
        if path.exists() || free < self.reserve.saturating_mul(2).saturating_add(min_free) {
            return;
        }
        let made = create(&path).and_then(|file| {
            let length = i64::try_from(self.reserve).unwrap_or(i64::MAX);
            nix::fcntl::fallocate(&file, nix::fcntl::FallocateFlags::empty(), 0, length).map_err(io::Error::from)
        });
        if let Err(e) = made {
            log::warn!("journal: no reserve could be set aside: {e}");
            let _ = fs::remove_file(&path);
        }
    }
}

fn modified(path: &Path) -> Result<i64, Error> {
    let time = fs::metadata(path).and_then(|m| m.modified()).map_err(Error::io)?;
    Ok(time.duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
}

/// A blob being written; dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    file: File,
    path: PathBuf,
    store: PathBuf,
    hasher: blake3::Hasher,
    length: u64,
    unsynced: u64,
}

impl Write for BlobWriter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buf)?;
        self.hasher.update(buf.get(..n).unwrap_or_default());
        self.length += n as u64;
        self.unsynced += n as u64;
        if self.unsynced >= SYNC_EVERY {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl BlobWriter {
    /// Bytes written so far.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Syncs and names the blob. It is kept for a day, or its lease, until somebody holds it.
    ///
    /// # Errors
    /// The disk is full or failed.
    pub fn finish(self) -> Result<BlobStat, Error> {
        let id = BlobId(*self.hasher.finalize().as_bytes());
        let name = id.to_string();
        let folder = self.store.join(name.get(..2).unwrap_or_default());
        let place = || -> io::Result<()> {
            self.file.sync_all()?;
            if !folder.exists() {
                fs::create_dir_all(&folder)?;
                sync_folder(&self.store)?;
            }
            // The same content may be there already: then this replaces equal by equal.
            fs::rename(&self.path, folder.join(&name))?;
            sync_folder(&folder)
        };
        place().map_err(Error::io)?;
        Ok(BlobStat { id, length: self.length })
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        // After `finish` there is nothing of this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// A blob being read.
#[derive(Debug)]
pub struct BlobReader {
    file: File,
    length: u64,
}

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read(buf)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, pos: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(pos)
    }
}

impl BlobReader {
    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The open file, for a server that sends ranges of it.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }
}

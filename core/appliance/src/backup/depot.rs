//! A folder of backups, on the data partition or on a stick (docs/formats/backup.md):
//! `NAME-000012.tram` are the backups, each a sealed list of its files; `pieces/` holds the
//! files, sealed too, shared by all backups of the station. A backup is there when its list
//! is: that comes last, renamed into place.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tram_journal::{BackupFrom, Disk, DiskFile, Mode, RealDisk};

use super::Error;
use super::age::{Identity, OpenReader, Recipient, SealWriter};

const PIECES: &str = "pieces";
/// Bytes of a file that go into one piece: FAT takes files up to 4 GB.
const PIECE: u64 = 1 << 30;
/// Bytes that are left free on a disk.
const MARGIN: u64 = 64 << 20;
const END: &str = ".tram";

/// The list of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List {
    /// Version of this format; 1.
    pub format: u32,
    /// When it was made, milliseconds since 1970 by the station's clock.
    pub made_ms: i64,
    /// How that clock was set: `ntp`, `browser`, `unset`.
    pub clock: String,
    /// The station's lasting name, `tram-00ff.local`.
    pub station: String,
    /// Name of the school.
    pub school: String,
    /// Version of tram that made it.
    pub version: String,
    /// Whether the blobs are there, or the journal alone.
    pub whole: bool,
    /// The journal's manifest.
    pub manifest: String,
    /// Whom it is sealed for beside the box: `age1…` of the key sheet.
    pub sheet: String,
    /// Files beside the journal (certificates) by their names in the station's folder, in
    /// Base64.
    pub extras: BTreeMap<String, String>,
    /// Names of the pieces of each of the manifest's files, in order.
    pub pieces: BTreeMap<String, Vec<String>>,
}

/// A folder of backups.
#[derive(Debug, Clone)]
pub struct Depot {
    root: PathBuf,
    disk: Arc<dyn Disk>,
}

/// A backup as the folder shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its number; a later backup has a higher one, whatever the clock says.
    pub number: u64,
    /// Name of its list's file.
    pub file: String,
}

impl Depot {
    /// The folder, made when it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(root: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(root.join(PIECES))?;
        Ok(Self::on(root, Arc::new(RealDisk::new(root))))
    }

    /// The folder, which must be there.
    #[must_use]
    pub fn open(root: &Path) -> Self {
        Self::on(root, Arc::new(RealDisk::new(root)))
    }

    pub(super) fn on(root: &Path, disk: Arc<dyn Disk>) -> Self {
        Self { root: root.to_owned(), disk }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The backups, the newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries: Vec<Entry> = self
            .disk
            .list("")?
            .into_iter()
            .filter_map(|file| {
                let number = file.strip_suffix(END)?.rsplit_once('-')?.1.parse().ok()?;
                Some(Entry { number, file })
            })
            .collect();
        entries.sort_by(|a, b| b.cmp(a));
        Ok(entries)
    }

    /// Opens the list of a backup.
    ///
    /// # Errors
    /// The key is another, or the file is damaged or cut.
    pub fn list(&self, entry: &Entry, identity: &Identity) -> Result<List, Error> {
        let bytes = self.disk.open(&entry.file, Mode::Read)?;
        let mut text = Vec::new();
        OpenReader::new(Reading::whole(bytes)?, identity)
            .and_then(|mut reader| reader.read_to_end(&mut text))
            .map_err(|error| Error::file(&entry.file, error))?;
        let list: List = serde_json::from_slice(&text).map_err(|_| Error::Format(entry.file.clone()))?;
        if list.format != 1 {
            return Err(Error::Newer(entry.file.clone()));
        }
        Ok(list)
    }

    /// A backup to restore or to check.
    #[must_use]
    pub fn source<'a>(&'a self, list: &'a List, identity: &'a Identity) -> Source<'a> {
        Source { depot: self, list, identity }
    }

    /// Puts the list in its place: from now on the backup is there.
    pub(super) fn publish(&self, name: &str, list: &List, recipients: &[Recipient]) -> Result<Entry, Error> {
        let number = self.entries()?.first().map_or(1, |entry| entry.number + 1);
        let file = format!("{name}-{number:06}{END}");
        let bytes = serde_json::to_vec(list).map_err(|_| Error::Format(file.clone()))?;
        self.write(&file, recipients, &mut bytes.as_slice())?;
        Ok(Entry { number, file })
    }

    /// Writes a sealed file, synced and renamed into place.
    fn write(&self, name: &str, recipients: &[Recipient], from: &mut dyn Read) -> Result<(), Error> {
        let aside = format!("{name}.new");
        let written = (|| {
            let file = self.disk.open(&aside, Mode::Truncate)?;
            let mut writer = SealWriter::new(Writing { file: Arc::clone(&file), at: 0 }, recipients)?;
            io::copy(from, &mut writer)?;
            writer.finish()?;
            file.sync()?;
            self.disk.rename(&aside, name)?;
            self.disk.sync_folder(name.rsplit_once('/').map_or("", |(folder, _)| folder))
        })();
        if let Err(error) = written {
            let _ = self.disk.remove(&aside);
            return Err(Error::file(name, error));
        }
        Ok(())
    }

    /// Seals the next `length` bytes as pieces; returns their names and the hash of what was
    /// read.
    pub(super) fn keep(
        &self,
        length: u64,
        recipients: &[Recipient],
        from: &mut dyn Read,
    ) -> Result<(Vec<String>, String), Error> {
        let free = self.disk.free()?;
        if free < length.saturating_add(MARGIN) {
            return Err(Error::Full { needed: length, free });
        }
        let mut hashing = Hashing { from, hasher: blake3::Hasher::new() };
        let (mut names, mut left) = (Vec::new(), length);
        loop {
            let part = left.min(PIECE);
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|_| super::age::Error::Crypto)?;
            let name = random.map(|byte| format!("{byte:02x}")).concat();
            self.write(&format!("{PIECES}/{name}"), recipients, &mut (&mut hashing).take(part))?;
            names.push(name);
            left -= part;
            if left == 0 {
                return Ok((names, hashing.hasher.finalize().to_hex().to_string()));
            }
        }
    }

    /// Drops the system's copies of a piece, so that reading it reads the disk.
    pub(super) fn forget_cached(&self, piece: &str) {
        use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
        if let Ok(file) = std::fs::File::open(self.root.join(PIECES).join(piece)) {
            let _ = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
        }
    }

    /// Names of all pieces.
    pub(super) fn pieces(&self) -> Result<BTreeSet<String>, Error> {
        Ok(self.disk.list(PIECES)?.into_iter().collect())
    }

    /// Removes all but the newest `keep` backups, and the pieces that no backup needs. Pieces
    /// of lists that the key does not open are unknown; nothing is removed then.
    pub(super) fn tidy(&self, keep: usize, identity: &Identity) -> Result<(), Error> {
        let entries = self.entries()?;
        for old in entries.iter().skip(keep.max(1)) {
            self.disk.remove(&old.file)?;
        }
        let mut needed = BTreeSet::new();
        for entry in entries.iter().take(keep.max(1)) {
            match self.list(entry, identity) {
                Ok(list) => needed.extend(list.pieces.into_values().flatten()),
                Err(error) => {
                    log::info!("old parts of backups are kept, for one list does not open: {error}");
                    return Ok(());
                }
            }
        }
        for piece in self.pieces()?.difference(&needed) {
            self.disk.remove(&format!("{PIECES}/{piece}"))?;
        }
        self.disk.sync_folder(PIECES)?;
        Ok(())
    }

    /// Removes a list that does not check, so that it takes no good one's place.
    pub(super) fn reject(&self, entry: &Entry) -> Result<(), Error> {
        self.disk.rename(&entry.file, &format!("{}.bad", entry.file))?;
        Ok(())
    }
}

/// A backup being read.
#[derive(Debug)]
pub struct Source<'a> {
    depot: &'a Depot,
    list: &'a List,
    identity: &'a Identity,
}

impl BackupFrom for Source<'_> {
    fn manifest(&self) -> Result<String, tram_journal::Error> {
        Ok(self.list.manifest.clone())
    }

    fn open<'a>(&'a self, name: &str) -> Result<Box<dyn Read + 'a>, tram_journal::Error> {
        let pieces = self.list.pieces.get(name).cloned().unwrap_or_default();
        Ok(Box::new(Chain { source: self, left: pieces.into_iter(), now: None }))
    }
}

/// The pieces of a file, one after the other.
struct Chain<'a> {
    source: &'a Source<'a>,
    left: std::vec::IntoIter<String>,
    now: Option<OpenReader<Reading>>,
}

impl Read for Chain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(reader) = &mut self.now {
                let n = reader.read(buffer)?;
                if n > 0 || buffer.is_empty() {
                    return Ok(n);
                }
            }
            let Some(piece) = self.left.next() else { return Ok(0) };
            let file = self.source.depot.disk.open(&format!("{PIECES}/{piece}"), Mode::Read)?;
            self.now = Some(OpenReader::new(Reading::whole(file)?, self.source.identity)?);
        }
    }
}

/// Hashes what passes.
struct Hashing<'a> {
    from: &'a mut dyn Read,
    hasher: blake3::Hasher,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}

struct Writing {
    file: Arc<dyn DiskFile>,
    at: u64,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file read from its beginning.
struct Reading {
    file: Arc<dyn DiskFile>,
    at: u64,
    size: u64,
}

impl Reading {
    fn whole(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let size = file.size()?;
        Ok(Self { file, at: 0, size })
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.size - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let part = buffer.get_mut(..most).unwrap_or_default();
        self.file.read_at(part, self.at)?;
        self.at += part.len() as u64;
        Ok(part.len())
    }
}

//! Blobs that come in pieces, over hours and over restarts.
//!
//! `blobs/partial/NAME` holds the bytes so far: its length is how far it is.
//! `NAME.note` says what it is for, in its owner's words; `NAME.state` is one line of a
//! fixed length, written over in place so that it needs no room on a full disk: the blob
//! that it became, and where a piece begins whose checksum is not known yet. None of it is
//! in the journal: it is as passing as a scratch row, and goes with a restore.
#![allow(clippy::disallowed_methods, reason = "this is a storage crate")]

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, fallocate};

use crate::Error;
use crate::blobs::{BlobId, BlobStat, sync_folder};
use crate::disk::{self, RealDisk};

/// Bytes after which the disk is set to write, so that the last sync finds little left
/// and no saver waits for all of it.
const FLUSH_EVERY: u64 = 8 << 20;
/// Bytes that are read at once where a file must be read again.
const PIECE: usize = 1 << 20;

/// The line of `NAME.state`: so many letters for the blob, then for the mark.
const BLOB: usize = 64;
const MARK: usize = 20;
const LINE: usize = BLOB + MARK;
/// A letter of it that says nothing.
const NOTHING: u8 = b'-';

/// Room of the file system that partial blobs lie on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Its size, bytes.
    pub total: u64,
    /// What can still be written, bytes.
    pub free: u64,
}

/// What was found of a partial blob after a restart.
#[derive(Debug)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What its owner noted.
    pub note: Vec<u8>,
    /// How far it is: bytes that are there, or the blob that it became.
    pub state: FoundState,
}

/// How far a partial blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundState {
    /// So many bytes are there.
    Open(u64),
    /// It is complete.
    Sealed(BlobStat),
}

/// The partial blobs of a station.
#[derive(Debug, Clone)]
pub struct Partials {
    folder: PathBuf,
    store: PathBuf,
}

/// A partial blob that is being written. Dropping it keeps what was written.
#[derive(Debug)]
pub struct Partial {
    file: File,
    state: File,
    path: PathBuf,
    store: PathBuf,
    length: u64,
    at: u64,
    synced: u64,
    flushed: u64,
    /// Covers everything before `at`; none when the file was opened with bytes in it.
    hasher: Option<blake3::Hasher>,
    /// Where a piece that is still to be checked begins, and the hasher as it was then.
    mark: Option<(u64, Option<blake3::Hasher>)>,
    reserved: bool,
}

impl Partials {
    /// Those below a blob store, whose folder is made when it is not there.
    pub(crate) fn open(store: PathBuf) -> Result<Self, Error> {
        let folder = store.join("partial");
        fs::create_dir_all(&folder).map_err(Error::io)?;
        Ok(Self { folder, store })
    }

    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let fits = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(self.folder.join(name)) } else { Err(Error::Limit("a partial blob's name is letters and digits")) }
    }

    /// Room on the disk.
    ///
    /// # Errors
    /// The file system does not say.
    pub fn room(&self) -> Result<Room, Error> {
        let stat = nix::sys::statvfs::statvfs(&self.folder).map_err(|error| Error::io(error.into()))?;
        Ok(Room {
            total: stat.blocks().saturating_mul(stat.fragment_size()),
            free: stat.blocks_available().saturating_mul(stat.fragment_size()),
        })
    }

    /// Begins one of `length` bytes. Where the file system can, the room for all of them
    /// is taken now.
    ///
    /// # Errors
    /// [`Error::Full`], or the file could not be made; nothing is left then.
    pub fn begin(&self, name: &str, note: &[u8], length: u64) -> Result<Partial, Error> {
        let path = self.path(name)?;
        let made = create(&path).and_then(|file| {
            let reserved = reserve(&file, 0, length)?;
            let state = create(&path.with_extension("state"))?;
            state.write_all_at(&[NOTHING; LINE], 0)?;
            state.sync_all()?;
            // The note goes last, and its folder is synced with it: what has one is whole.
            disk::replace(&RealDisk::new(&self.folder), "", &format!("{name}.note"), note)?;
            Ok((file, state, reserved))
        });
        match made {
            Ok((file, state, reserved)) => Ok(Partial {
                file,
                state,
                path,
                store: self.store.clone(),
                length,
                at: 0,
                synced: 0,
                flushed: 0,
                hasher: Some(blake3::Hasher::new()),
                mark: None,
                reserved,
            }),
            Err(error) => {
                let _ = self.remove(name);
                Err(Error::io(error))
            }
        }
    }

    /// Goes on with one of `length` bytes where it was left.
    ///
    /// # Errors
    /// There is none of this name, or it cannot be opened.
    pub fn resume(&self, name: &str, length: u64) -> Result<Partial, Error> {
        let path = self.path(name)?;
        let open = |path: &Path| match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound(format!("partial blob {name}")))
            }
            other => other.map_err(Error::io),
        };
        let (file, state) = (open(&path)?, open(&path.with_extension("state"))?);
        let at = file.metadata().map_err(Error::io)?.len();
        let hasher = (at == 0).then(blake3::Hasher::new);
        // The room was taken when it was begun; where that is not known, it is counted.
        let reserved = reserve(&file, at, length.saturating_sub(at)).unwrap_or(false);
        let store = self.store.clone();
        Ok(Partial { file, state, path, store, length, at, synced: 0, flushed: at, hasher, mark: None, reserved })
    }

    /// What is there after a restart. What is not whole in itself is removed: bytes
    /// without a note, a piece that was not checked, the note of something that is gone.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn recover(&self) -> Result<Vec<Found>, Error> {
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(Error::io)? {
            let name = entry.map_err(Error::io)?.file_name().to_string_lossy().into_owned();
            let stem = name.split('.').next().unwrap_or_default().to_owned();
            if self.path(&stem).is_ok() && !names.contains(&stem) {
                names.push(stem);
            }
        }
        let mut found = Vec::new();
        for name in names {
            match self.look(&name) {
                Ok(Some((note, state))) => found.push(Found { name, note, state }),
                Ok(None) => self.remove(&name)?,
                // One that cannot be read is no reason not to start.
                Err(error) => log::error!("a partial blob is left alone: {error}"),
            }
        }
        Ok(found)
    }

    fn look(&self, name: &str) -> Result<Option<(Vec<u8>, FoundState)>, Error> {
        let path = self.path(name)?;
        let Some(note) = read(&path.with_extension("note"))? else { return Ok(None) };
        let Some(line) = read(&path.with_extension("state"))? else { return Ok(None) };
        if let Some(id) = word(&line, 0, BLOB).and_then(|id| id.parse::<BlobId>().ok()) {
            if path.exists() {
                place(&path, &self.store, &id).map_err(Error::io)?;
            }
            let blob = blob_path(&self.store, &id);
            return match fs::metadata(blob) {
                Ok(meta) => Ok(Some((note, FoundState::Sealed(BlobStat { id, length: meta.len() })))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Error::io(error)),
            };
        }
        if !path.exists() {
            return Ok(None);
        }
        if let Some(mark) = word(&line, BLOB, LINE).and_then(|mark| mark.parse::<u64>().ok()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(Error::io)?;
            if file.metadata().map_err(Error::io)?.len() > mark {
                file.set_len(mark).and_then(|()| file.sync_all()).map_err(Error::io)?;
            }
            let state = OpenOptions::new().write(true).open(path.with_extension("state")).map_err(Error::io)?;
            write_word(&state, BLOB, MARK, "").map_err(Error::io)?;
        }
        Ok(Some((note, FoundState::Open(fs::metadata(&path).map_err(Error::io)?.len()))))
    }

    /// Forgets one, its bytes included; the blob that it became stays. Needs no room.
    ///
    /// # Errors
    /// The file system failed.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        // The note goes last: without it the rest is removed by the next start.
        for path in [path.clone(), path.with_extension("state"), path.with_extension("note")] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Partial {
    /// Bytes that are there, synced or not.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether the room for the rest is taken on the disk already.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.reserved
    }

    /// Adds bytes at the end. After an error [`Partial::at`] says how many of them came.
    ///
    /// # Errors
    /// The disk failed, or it would be longer than it was to be.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() as u64 > self.length.saturating_sub(self.at) {
            return Err(Error::Limit("more bytes than the partial blob was to have"));
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.file.write_at(rest, self.at).map_err(Error::io)?;
            let (done, left) =
                rest.split_at_checked(written).filter(|(done, _)| !done.is_empty()).ok_or(Error::Full)?;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(done);
            }
            self.at += written as u64;
            rest = left;
        }
        if self.at - self.flushed >= FLUSH_EVERY {
            self.start_writing();
        }
        Ok(())
    }

    /// Lets the disk begin to write what it has not yet, and waits for nothing.
    fn start_writing(&mut self) {
        let offset = i64::try_from(self.flushed).unwrap_or(i64::MAX);
        let length = i64::try_from(self.at - self.flushed).unwrap_or(i64::MAX);
        // SAFETY: the descriptor is this open file's, and the call takes plain numbers and
        // touches no memory. It is a hint: what it answers changes nothing.
        unsafe {
            nix::libc::sync_file_range(self.file.as_raw_fd(), offset, length, nix::libc::SYNC_FILE_RANGE_WRITE);
        }
        self.flushed = self.at;
    }

    /// Makes what was written durable, and answers how much that is.
    ///
    /// # Errors
    /// The disk failed.
    pub fn sync(&mut self) -> Result<u64, Error> {
        if self.synced != self.at {
            self.file.sync_data().map_err(Error::io)?;
            (self.synced, self.flushed) = (self.at, self.at);
        }
        Ok(self.at)
    }

    /// What follows counts only once [`Partial::keep`] is called: its checksum is not
    /// known yet.
    ///
    /// # Errors
    /// The disk failed.
    pub fn mark(&mut self) -> Result<(), Error> {
        write_word(&self.state, BLOB, MARK, &self.at.to_string()).map_err(Error::io)?;
        self.mark = Some((self.at, self.hasher.clone()));
        Ok(())
    }

    /// What was written since the mark counts.
    ///
    /// # Errors
    /// The disk failed.
    pub fn keep(&mut self) -> Result<(), Error> {
        if self.mark.is_some() {
            self.sync()?;
            write_word(&self.state, BLOB, MARK, "").map_err(Error::io)?;
            self.mark = None;
        }
        Ok(())
    }

    /// Discards what was written since the mark.
    ///
    /// # Errors
    /// The disk failed.
    pub fn discard(&mut self) -> Result<(), Error> {
        let Some((at, hasher)) = self.mark.take() else { return Ok(()) };
        self.file.set_len(at).map_err(Error::io)?;
        (self.at, self.synced, self.flushed, self.hasher) = (at, 0, at, hasher);
        self.sync()?;
        // Cutting it off gave up the room behind it as well.
        self.reserved = reserve(&self.file, at, self.length.saturating_sub(at)).unwrap_or(false);
        write_word(&self.state, BLOB, MARK, "").map_err(Error::io)
    }

    /// Makes the blob of it, once all its bytes are there. It is kept as any new blob
    /// until somebody holds it.
    ///
    /// # Errors
    /// Bytes are missing, or the disk failed; it can be asked again.
    pub fn seal(&mut self) -> Result<BlobStat, Error> {
        if self.at != self.length {
            return Err(Error::Limit("bytes of the partial blob are missing"));
        }
        self.keep()?;
        let hash = match &self.hasher {
            Some(hasher) => hasher.finalize(),
            None => self.read_again()?,
        };
        let id = BlobId(*hash.as_bytes());
        self.file.sync_all().map_err(Error::io)?;
        write_word(&self.state, 0, BLOB, &id.to_string()).map_err(Error::io)?;
        place(&self.path, &self.store, &id).map_err(Error::io)?;
        Ok(BlobStat { id, length: self.length })
    }

    /// The hash of the file's bytes: those from before a restart were not hashed as they
    /// came.
    fn read_again(&self) -> Result<blake3::Hash, Error> {
        let mut hasher = blake3::Hasher::new();
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        while at < self.at {
            let read = self.file.read_at(&mut piece, at).map_err(Error::io)?;
            let bytes = piece.get(..read).filter(|bytes| !bytes.is_empty());
            hasher.update(bytes.ok_or_else(|| Error::io(io::ErrorKind::UnexpectedEof.into()))?);
            at += read as u64;
        }
        Ok(hasher.finalize())
    }
}

/// Takes the room for `length` bytes from `at` on without making the file longer;
/// whether the file system can.
fn reserve(file: &File, at: u64, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let (at, length) = (i64::try_from(at).unwrap_or(i64::MAX), i64::try_from(length).unwrap_or(i64::MAX));
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, at, length) {
        Ok(()) => Ok(true),
        Err(nix::Error::EOPNOTSUPP | nix::Error::ENOSYS | nix::Error::EINVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A file of the partial blobs', readable by the service alone.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// A word of a state's line.
fn word(line: &[u8], from: usize, to: usize) -> Option<&str> {
    Some(std::str::from_utf8(line.get(from..to)?).ok()?.trim_start_matches(char::from(NOTHING)))
}

/// Writes a word of a state's line over the one before.
fn write_word(state: &File, from: usize, length: usize, word: &str) -> io::Result<()> {
    let padding = length.saturating_sub(word.len());
    let mut whole = vec![NOTHING; padding];
    whole.extend_from_slice(word.as_bytes());
    state.write_all_at(&whole, from as u64)?;
    state.sync_data()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(error)),
    }
}

fn blob_path(store: &Path, id: &BlobId) -> PathBuf {
    let name = id.to_string();
    store.join(name.get(..2).unwrap_or_default()).join(name)
}

/// Moves a whole file to where the blob of its content lies. The same content may be
/// there already: then this replaces equal by equal.
fn place(path: &Path, store: &Path, id: &BlobId) -> io::Result<()> {
    let to = blob_path(store, id);
    let folder = to.parent().unwrap_or(store);
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        sync_folder(store)?;
    }
    fs::rename(path, &to)?;
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn partials() -> (tempfile::TempDir, Partials) {
        let folder = tempfile::tempdir().unwrap();
        let partials = Partials::open(folder.path().join("blobs")).unwrap();
        (folder, partials)
    }

    fn hash(bytes: &[u8]) -> BlobId {
        BlobId(*blake3::hash(bytes).as_bytes())
    }

    #[test]
    fn what_came_before_a_restart_is_gone_on_with_and_the_blob_is_that_of_the_whole() {
        let (_folder, partials) = partials();
        let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let mut first = partials.begin("one", b"what for", 3_000_000).unwrap();
        first.append(&bytes[..1_234_567]).unwrap();
        drop(first);
        let found = partials.recover().unwrap();
        assert_eq!((found[0].name.as_str(), found[0].note.as_slice()), ("one", b"what for".as_slice()));
        assert_eq!(found[0].state, FoundState::Open(1_234_567));
        let mut second = partials.resume("one", 3_000_000).unwrap();
        assert!(second.seal().is_err(), "bytes are missing");
        second.append(&bytes[1_234_567..]).unwrap();
        assert!(second.append(b"x").is_err(), "longer than it was to be");
        let stat = second.seal().unwrap();
        assert_eq!(stat, BlobStat { id: hash(&bytes), length: 3_000_000 });
        assert_eq!(fs::read(blob_path(&partials.store, &stat.id)).unwrap(), bytes);
        assert_eq!(partials.recover().unwrap()[0].state, FoundState::Sealed(stat));
        partials.remove("one").unwrap();
        assert!(partials.recover().unwrap().is_empty() && blob_path(&partials.store, &stat.id).exists());
    }

    #[test]
    fn a_kill_between_naming_and_moving_is_made_good() {
        let (_folder, partials) = partials();
        let mut partial = partials.begin("two", b"", 5).unwrap();
        partial.append(b"bytes").unwrap();
        partial.sync().unwrap();
        write_word(&partial.state, 0, BLOB, &hash(b"bytes").to_string()).unwrap();
        let found = partials.recover().unwrap();
        assert_eq!(found[0].state, FoundState::Sealed(BlobStat { id: hash(b"bytes"), length: 5 }));
        fs::remove_file(blob_path(&partials.store, &hash(b"bytes"))).unwrap();
        assert!(partials.recover().unwrap().is_empty(), "a blob that was collected is not promised");
        assert_eq!(fs::read_dir(&partials.folder).unwrap().count(), 0);
    }

    #[test]
    fn a_piece_that_was_not_checked_counts_for_nothing() {
        let (_folder, partials) = partials();
        let mut partial = partials.begin("three", b"", 10).unwrap();
        partial.append(b"good ").unwrap();
        partial.mark().unwrap();
        partial.append(b"bad").unwrap();
        // Killed here: the next start finds the mark.
        assert_eq!(partials.recover().unwrap()[0].state, FoundState::Open(5));
        let mut partial = partials.resume("three", 10).unwrap();
        partial.mark().unwrap();
        partial.append(b"worse").unwrap();
        partial.discard().unwrap();
        assert_eq!((partial.at(), partial.sync().unwrap()), (5, 5));
        partial.mark().unwrap();
        partial.append(b"right").unwrap();
        partial.keep().unwrap();
        assert_eq!(partial.seal().unwrap().id, hash(b"good right"));
    }

    #[test]
    fn what_is_not_whole_in_itself_is_removed() {
        let (_folder, partials) = partials();
        fs::write(partials.folder.join("bytes"), b"no note").unwrap();
        fs::write(partials.folder.join("note.note"), b"no bytes").unwrap();
        assert!(partials.recover().unwrap().is_empty());
        assert_eq!(fs::read_dir(&partials.folder).unwrap().count(), 0);
        for wrong in ["", "../x", "a.b", "ă"] {
            assert!(partials.begin(wrong, b"", 1).is_err(), "{wrong}");
        }
        assert!(partials.resume("none", 1).is_err());
    }
}

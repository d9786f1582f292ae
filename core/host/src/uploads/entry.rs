//! One upload: its bytes so far, and whose turn it is to add to them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Instant;

use tram_journal::{BlobId, Journal, Partial, Partials, clock};

use super::{UploadError, UploadNote};
use crate::permits::lock;

const HOUR_MS: i64 = 3_600_000;
/// How long an unfinished upload waits for its next piece: over a weekend and more.
const UNFINISHED_MS: i64 = 7 * 24 * HOUR_MS;
/// How long a finished one waits for a form that takes it.
const FINISHED_MS: i64 = 48 * HOUR_MS;
/// What no restart prolongs.
const LONGEST_MS: i64 = 30 * 24 * HOUR_MS;

/// An upload.
#[derive(Debug)]
pub struct UploadEntry {
    id: String,
    note: UploadNote,
    /// Counts those who began to write: only the last of them does.
    turn: AtomicU64,
    at: AtomicU64,
    /// When the last piece came, and when this process first knew of it, after how long a
    /// life: by a clock that nobody sets right, which would cost somebody a file. After a
    /// restart the first begins anew.
    touched: Mutex<Instant>,
    known: Instant,
    age_ms: i64,
    bytes: Mutex<Bytes>,
}

/// The bytes of an upload.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "at most a thousand entries a person, and few of them at rest")]
enum Bytes {
    /// On disk; not opened since the restart.
    Resting,
    /// Being written.
    Open(Partial),
    /// All there.
    Sealed(BlobId),
    /// Removed.
    Gone,
}

/// Somebody's turn to add bytes. Dropped without [`Piece::end`] it leaves what came, as
/// if the connection had broken there.
#[derive(Debug)]
pub struct Piece {
    entry: Arc<UploadEntry>,
    journal: Journal,
    turn: u64,
    checked: bool,
}

impl UploadEntry {
    pub(super) fn new(id: String, note: UploadNote, partial: Partial) -> Self {
        Self::with(id, note, 0, Bytes::Open(partial))
    }

    pub(super) fn found(id: String, note: UploadNote, at: u64, sealed: Option<BlobId>) -> Self {
        Self::with(id, note, at, sealed.map_or(Bytes::Resting, Bytes::Sealed))
    }

    fn with(id: String, note: UploadNote, at: u64, bytes: Bytes) -> Self {
        let age_ms = clock::now().unix_ms.saturating_sub(note.began_ms).max(0);
        Self {
            id,
            note,
            turn: AtomicU64::new(0),
            at: AtomicU64::new(at),
            touched: Mutex::new(Instant::now()),
            known: Instant::now(),
            age_ms,
            bytes: Mutex::new(bytes),
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What it is for.
    pub fn note(&self) -> &UploadNote {
        &self.note
    }

    /// Bytes that came, as far as is known without asking the disk.
    pub fn at(&self) -> u64 {
        self.at.load(Ordering::Acquire)
    }

    /// Whether all of it is there.
    pub fn is_finished(&self) -> bool {
        self.blob().is_some()
    }

    /// When it is swept, milliseconds since 1970.
    pub fn expires_ms(&self) -> i64 {
        let life = if self.at() == self.note.size { FINISHED_MS } else { UNFINISHED_MS };
        let since = |moment: Instant| i64::try_from(moment.elapsed().as_millis()).unwrap_or(i64::MAX);
        let left = life.saturating_sub(since(*lock(&self.touched)));
        let longest = LONGEST_MS.saturating_sub(self.age_ms).saturating_sub(since(self.known));
        clock::now().unix_ms.saturating_add(left.min(longest))
    }

    /// Lets it look as if nothing had come for so long.
    #[cfg(test)]
    pub(super) fn rested(&self, time: std::time::Duration) {
        *lock(&self.touched) = Instant::now().checked_sub(time).unwrap();
    }

    /// The blob that it became.
    pub(super) fn blob(&self) -> Option<BlobId> {
        match &*lock(&self.bytes) {
            Bytes::Sealed(blob) => Some(*blob),
            _ => None,
        }
    }

    /// Bytes that it was promised and that are not taken on the disk yet.
    pub(super) fn promised(&self) -> u64 {
        let unwritten = self.note.size.saturating_sub(self.at());
        let bytes = match self.bytes.try_lock() {
            Ok(bytes) => bytes,
            Err(TryLockError::Poisoned(bytes)) => bytes.into_inner(),
            // Somebody writes or syncs; what is counted twice is given back in a moment.
            Err(TryLockError::WouldBlock) => return unwritten,
        };
        match &*bytes {
            Bytes::Open(partial) if partial.is_reserved() => 0,
            // Where the room was taken, it still is; where not, this counts it twice at worst.
            Bytes::Open(_) | Bytes::Resting => unwritten,
            Bytes::Sealed(_) | Bytes::Gone => 0,
        }
    }

    /// Ends it for whoever still writes; the blob that it became.
    pub(super) fn end(&self) -> Option<BlobId> {
        self.turn.fetch_add(1, Ordering::AcqRel);
        match std::mem::replace(&mut *lock(&self.bytes), Bytes::Gone) {
            Bytes::Sealed(blob) => Some(blob),
            _ => None,
        }
    }

    /// Works on the open file in the newest turn; a piece of an older one that was not
    /// checked is discarded.
    fn take<T>(
        &self,
        partials: &Partials,
        work: impl FnOnce(&mut Bytes) -> Result<T, UploadError>,
    ) -> Result<(T, u64), UploadError> {
        let turn = self.turn.fetch_add(1, Ordering::AcqRel) + 1;
        let mut bytes = lock(&self.bytes);
        if matches!(*bytes, Bytes::Resting) {
            *bytes = Bytes::Open(partials.resume(&self.id, self.note.size)?);
        }
        match &mut *bytes {
            Bytes::Gone => return Err(UploadError::Gone),
            Bytes::Open(partial) => {
                partial.discard()?;
                self.at.store(partial.at(), Ordering::Release);
            }
            Bytes::Resting | Bytes::Sealed(_) => {}
        }
        Ok((work(&mut bytes)?, turn))
    }

    pub(super) fn piece(
        self: &Arc<Self>,
        partials: &Partials,
        journal: &Journal,
        offset: u64,
        checked: bool,
    ) -> Result<Piece, UploadError> {
        let ((), turn) = self.take(partials, |bytes| {
            let at = self.at();
            if at != offset {
                return Err(UploadError::Offset(at));
            }
            if checked && let Bytes::Open(partial) = bytes {
                partial.mark()?;
            }
            Ok(())
        })?;
        Ok(Piece { entry: Arc::clone(self), journal: journal.clone(), turn, checked })
    }

    pub(super) fn offset(&self, partials: &Partials, journal: &Journal) -> Result<u64, UploadError> {
        let (at, _) = self.take(partials, |bytes| self.settle(bytes, journal))?;
        Ok(at)
    }

    /// Makes what came durable, and the blob once all of it did; how far it is.
    fn settle(&self, bytes: &mut Bytes, journal: &Journal) -> Result<u64, UploadError> {
        let Bytes::Open(partial) = bytes else { return Ok(self.at()) };
        let at = partial.sync()?;
        if at == self.note.size {
            let stat = partial.seal()?;
            *bytes = Bytes::Sealed(stat.id);
            if let Err(error) = journal.blobs().lease(&stat.id, self.expires_ms()) {
                // It is kept for a day all the same.
                log::warn!("a finished upload has no lease: {error}");
            }
        }
        Ok(at)
    }
}

impl Piece {
    fn with<T>(&self, work: impl FnOnce(&mut Bytes) -> Result<T, UploadError>) -> Result<T, UploadError> {
        let mut bytes = lock(&self.entry.bytes);
        match &*bytes {
            Bytes::Gone => Err(UploadError::Gone),
            _ if self.entry.turn.load(Ordering::Acquire) != self.turn => Err(UploadError::Superseded),
            _ => work(&mut bytes),
        }
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// It is somebody else's turn, there are more than were announced, or the disk failed.
    pub fn append(&mut self, more: &[u8]) -> Result<(), UploadError> {
        let entry = &self.entry;
        self.with(|bytes| {
            let Bytes::Open(partial) = bytes else {
                return if more.is_empty() { Ok(()) } else { Err(UploadError::TooLong) };
            };
            if more.len() as u64 > entry.note.size.saturating_sub(partial.at()) {
                return Err(UploadError::TooLong);
            }
            let done = partial.append(more);
            entry.at.store(partial.at(), Ordering::Release);
            *lock(&entry.touched) = Instant::now();
            Ok(done?)
        })
    }

    /// Ends the piece. `good` says that its checksum is right, or that it has none;
    /// otherwise what came is discarded. Answers how far the upload is, on disk.
    ///
    /// # Errors
    /// It is somebody else's turn, or the disk failed.
    pub fn end(self, good: bool) -> Result<u64, UploadError> {
        let entry = &self.entry;
        self.with(|bytes| {
            if let Bytes::Open(partial) = bytes {
                if good || !self.checked {
                    partial.keep()?
                } else {
                    partial.discard()?
                }
                entry.at.store(partial.at(), Ordering::Release);
            }
            entry.settle(bytes, &self.journal)
        })
    }
}

//! Files of this plugin. What a request writes is kept only if it commits; a page
//! answers a file with [`Response::blob`](crate::Response::blob) and never carries
//! its bytes.

use std::io;

use crate::{Error, Result, backend};

pub use crate::bindings::tram::plugin::blobs::Info;

/// Bytes of one [`read`] or one append at most: 1 MiB.
pub const MAX_PIECE: u32 = 1 << 20;

/// Bytes that the station moves in one call at most: 256 MiB.
pub const MAX_STRETCH: u64 = 256 << 20;

/// Size, media type and name.
///
/// # Errors
/// `not-granted`.
pub fn stat(id: &str) -> Result<Option<Info>> {
    backend::blobs::stat(id)
}

/// Bytes from `offset` on, at most [`MAX_PIECE`]; fewer only at the end.
///
/// # Errors
/// `not-found`, `not-granted`, `bad-request`.
pub fn read(id: &str, offset: u64, length: u32) -> Result<Vec<u8>> {
    backend::blobs::read(id, offset, length)
}

/// The BLAKE3 hash of a blob. It is known to the station and costs nothing.
///
/// # Errors
/// `not-found`, `not-granted`.
pub fn digest(id: &str) -> Result<[u8; 32]> {
    let bytes = backend::blobs::digest(id)?;
    bytes.try_into().map_err(|_| Error::new(crate::code::BAD_REQUEST, "a hash has 32 bytes"))
}

/// Deletes a blob.
///
/// # Errors
/// `not-found`, `not-granted`, `read-only`.
pub fn delete(id: &str) -> Result<()> {
    backend::blobs::delete(id)
}

/// Begins a blob.
///
/// # Errors
/// `not-granted`, `read-only`; `over-quota` when the plugin's storage is full.
pub fn create(name: &str, media_type: &str) -> Result<Writer> {
    Ok(Writer { id: backend::blobs::create(name, media_type)?, pending: Vec::new() })
}

/// Writes a blob whole and answers its id.
///
/// # Errors
/// As [`create`].
pub fn write(name: &str, media_type: &str, bytes: &[u8]) -> Result<String> {
    let mut writer = create(name, media_type)?;
    writer.append(bytes)?;
    writer.finish()
}

/// A blob that is being written. Without [`Writer::finish`] nothing is kept.
#[derive(Debug)]
pub struct Writer {
    id: String,
    pending: Vec<u8>,
}

impl Writer {
    /// Id under which the unfinished blob goes on in the next step of a job, with
    /// [`Writer::resume`]. What was appended stays with the step's commit.
    ///
    /// # Errors
    /// As [`create`].
    pub fn suspend(mut self) -> Result<String> {
        self.send()?;
        Ok(self.id)
    }

    /// Goes on where [`Writer::suspend`] stopped.
    pub fn resume(id: impl Into<String>) -> Self {
        Self { id: id.into(), pending: Vec::new() }
    }

    /// Adds bytes; small ones are gathered.
    ///
    /// # Errors
    /// As [`create`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.chunks(MAX_PIECE as usize) {
            if self.pending.len() + piece.len() > MAX_PIECE as usize {
                self.send()?;
            }
            self.pending.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Adds a stretch of another blob of this plugin's, at most [`MAX_STRETCH`]; the
    /// station moves the bytes, and its time is not the step's.
    ///
    /// # Errors
    /// As [`create`]; `bad-request` when the blob is shorter.
    pub fn append_blob(&mut self, blob: &str, offset: u64, length: u64) -> Result<()> {
        self.send()?;
        backend::blobs::append_blob(&self.id, blob, offset, length)
    }

    fn send(&mut self) -> Result<()> {
        if !self.pending.is_empty() {
            backend::blobs::append(&self.id, &self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Seals the blob and answers its final id.
    ///
    /// # Errors
    /// As [`create`].
    pub fn finish(mut self) -> Result<String> {
        self.send()?;
        backend::blobs::finish(&self.id)
    }
}

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(self.send()?)
    }
}

/// Reads a blob piece by piece, from anywhere.
#[derive(Debug)]
pub struct Reader {
    id: String,
    size: u64,
    at: u64,
    /// Bytes fetched last, and where they begin.
    window: (u64, Vec<u8>),
}

impl Reader {
    /// Opens a blob.
    ///
    /// # Errors
    /// `not-found`, `not-granted`.
    pub fn open(id: &str) -> Result<Self> {
        let info = stat(id)?.ok_or_else(|| {
            Error::not_found(crate::Text::vi_en("Tệp này không còn nữa.", "This file is no longer there."))
        })?;
        Ok(Self { id: id.into(), size: info.size, at: 0, window: (0, Vec::new()) })
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        let inside = |at: u64, (start, bytes): &(u64, Vec<u8>)| {
            let skip = usize::try_from(at.checked_sub(*start)?).ok()?;
            (skip < bytes.len()).then_some(skip)
        };
        if inside(self.at, &self.window).is_none() {
            self.window = (self.at, read(&self.id, self.at, MAX_PIECE)?);
        }
        let Some(skip) = inside(self.at, &self.window) else { return Ok(0) };
        let available = self.window.1.get(skip..).unwrap_or_default();
        let count = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), available.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl io::Seek for Reader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let at = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.size.checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

//! Large immutable contents, addressed by their BLAKE3 hash.

use std::fmt;
use std::io::{self, Read, Seek, Write};

use crate::Error;

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

/// The blob store of a station.
#[derive(Debug)]
pub struct Blobs {}

/// A blob being written; dropped unfinished, it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {}

/// A blob being read.
#[derive(Debug)]
pub struct BlobReader {}

impl Blobs {
    /// Begins a new blob.
    ///
    /// # Errors
    /// The file could not be made.
    pub fn writer(&self) -> Result<BlobWriter, Error> {
        Err(Error::Closed)
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn open(&self, id: &BlobId) -> Result<BlobReader, Error> {
        Err(Error::NotFound(id.to_string()))
    }

    /// What is known of a blob, `None` when there is none of this id.
    ///
    /// # Errors
    /// The file system failed.
    pub fn stat(&self, _id: &BlobId) -> Result<Option<BlobStat>, Error> {
        Err(Error::Closed)
    }

    /// Reads at most `length` bytes from `offset`.
    ///
    /// # Errors
    /// There is none of this id, or reading failed.
    pub fn range(&self, _id: &BlobId, _offset: u64, _length: usize) -> Result<Vec<u8>, Error> {
        Err(Error::Closed)
    }
}

impl Write for BlobWriter {
    fn write(&mut self, _buf: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWriter {
    /// Syncs and names the blob. It is a lease until an owner holds it.
    ///
    /// # Errors
    /// The disk is full or failed.
    pub fn finish(self) -> Result<BlobStat, Error> {
        Err(Error::Closed)
    }
}

impl Read for BlobReader {
    fn read(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, _pos: io::SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl BlobReader {
    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        0
    }
}

//! Writing packages.

use std::io::{Read, Write};

use crate::{
    Blob, Chunk, Error, FORMAT, Hash, LEAF, Limits, MAGIC, Manifest, PublicKey, Record, RecordList, statement,
};

/// Cuts records into chunks. Who has little memory takes each finished chunk away and
/// keeps the list of them ([`RecordList`]), which is small.
#[derive(Debug, Default)]
pub struct Records {
    list: RecordList,
    open: Vec<u8>,
    count: u32,
}

impl Records {
    /// Goes on with a list whose chunks are written already.
    pub const fn after(list: RecordList) -> Self {
        Self { list, open: Vec::new(), count: 0 }
    }

    /// Adds a record; answers a chunk that is full now, to be written.
    ///
    /// # Errors
    /// The record breaks a rule of the format.
    pub fn add(&mut self, record: &Record) -> Result<Option<Vec<u8>>, Error> {
        let line = record.line()?;
        let full = (self.open.len() + line.len()) as u64 > LEAF;
        let chunk = if full { self.close() } else { None };
        self.open.extend(line);
        self.count += 1;
        Ok(chunk)
    }

    /// Closes the open chunk and answers it, to be written; none when it is empty.
    pub fn close(&mut self) -> Option<Vec<u8>> {
        let bytes = std::mem::take(&mut self.open);
        if bytes.is_empty() {
            return None;
        }
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.list.count += u64::from(self.count);
        self.list.chunks.push(Chunk { count: self.count, size, hash: Hash::of(&bytes) });
        self.count = 0;
        Some(bytes)
    }

    /// The list of the chunks that were closed.
    pub const fn list(&self) -> &RecordList {
        &self.list
    }
}

/// What stands before the signature: its hash is what is signed.
///
/// # Errors
/// The list breaks a rule of the format.
pub fn unsigned_head(manifest: &Manifest) -> Result<Vec<u8>, Error> {
    let limits = Limits::default();
    manifest.check(&limits)?;
    let list = serde_json::to_vec(manifest).map_err(|error| Error::Manifest(error.to_string()))?;
    let length = u32::try_from(list.len()).ok().filter(|length| *length <= limits.manifest);
    let length = length.ok_or(Error::Limit("list"))?;
    let mut head = MAGIC.to_vec();
    head.extend(FORMAT.to_le_bytes());
    head.extend(length.to_le_bytes());
    head.extend(list);
    Ok(head)
}

/// The head with its signature. `sign` gets the statement and answers key and signature.
///
/// # Errors
/// The list breaks a rule of the format, or `sign` does not sign.
pub fn head<E: From<Error>>(
    manifest: &Manifest,
    sign: impl FnOnce(&[u8]) -> Result<(PublicKey, [u8; 64]), E>,
) -> Result<Vec<u8>, E> {
    let mut head = unsigned_head(manifest)?;
    let (key, signature) = sign(&statement(&manifest.application, &Hash::of(&head)))?;
    head.extend(key.as_bytes());
    head.extend(signature);
    Ok(head)
}

/// Writes a whole package: the head, the chunks of `records`, then each blob as `open`
/// gives it. Nothing larger than a piece is held in memory; what does not have the
/// length and the hash that the list says, ends the writing.
///
/// # Errors
/// Reading, writing or signing fails, or the content is not what the list says.
pub fn package<R: Read>(
    out: &mut impl Write,
    manifest: &Manifest,
    records: &mut impl Read,
    mut open: impl FnMut(&Blob) -> std::io::Result<R>,
    sign: impl FnOnce(&[u8]) -> Result<(PublicKey, [u8; 64]), Error>,
) -> Result<(), Error> {
    out.write_all(&head(manifest, sign)?)?;
    for chunk in &manifest.records.chunks {
        copy(records, out, u64::from(chunk.size), &chunk.hash)?;
    }
    for blob in &manifest.blobs {
        copy(&mut open(blob)?, out, blob.size, &blob.hash)?;
    }
    Ok(out.flush()?)
}

fn copy(from: &mut impl Read, to: &mut impl Write, size: u64, hash: &Hash) -> Result<(), Error> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 128 << 10];
    let mut left = size;
    while left > 0 {
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let Some(room) = buffer.get_mut(..most) else { break };
        let got = from.read(room)?;
        let Some(bytes) = room.get(..got).filter(|bytes| !bytes.is_empty()) else {
            return Err(Error::Length { found: size - left, declared: size });
        };
        hasher.update(bytes);
        to.write_all(bytes)?;
        left -= got as u64;
    }
    if hasher.finalize().as_bytes() == hash.as_bytes() { Ok(()) } else { Err(Error::Changed(hash.to_string())) }
}

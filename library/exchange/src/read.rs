//! Reading packages: first who signed, then whether everything is what was signed, and
//! only then what is in it.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::{Blob, Error, FORMAT, Hash, LEAF, Limits, MAGIC, Manifest, PublicKey, Record, Running, statement};

/// Bytes before the list.
pub const FIXED: u32 = 16;
/// Bytes of key and signature behind the list.
const SEAL: u64 = 32 + 64;

/// The head of a package: its list, and who signed it.
#[derive(Debug, Clone)]
pub struct Head {
    /// The list. Not to be believed before [`Head::verify`].
    manifest: Manifest,
    /// Key that signed, as the file says.
    pub key: PublicKey,
    /// The signature.
    pub signature: [u8; 64],
    /// Hash of what is signed.
    pub digest: Hash,
    /// Where the parts begin.
    pub length: u64,
}

/// A list whose signature fits and whose signer is trusted.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The list.
    pub manifest: Manifest,
    /// Key that signed it.
    pub key: PublicKey,
    /// Where the parts begin.
    pub length: u64,
    /// Places of the blobs in the list: records name them by hash, as often as they like.
    places: BTreeMap<Hash, usize>,
}

/// What is known of a trusted signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The station whose key it is, 32 hexadecimal digits; empty when the key speaks for
    /// no station in particular (a publisher of starter packs).
    pub station: String,
    /// What it is called in the receiver's own list.
    pub name: String,
}

impl Head {
    /// How many bytes the head has, told by the first [`FIXED`] bytes of a file.
    ///
    /// # Errors
    /// It is no package, of another version, or its list is too long.
    pub fn length(start: &[u8], limits: &Limits) -> Result<u64, Error> {
        if start.get(..8) != Some(MAGIC.as_slice()) {
            return Err(Error::NotAPackage);
        }
        let number = |at: usize| -> Option<u32> { Some(u32::from_le_bytes(start.get(at..at + 4)?.try_into().ok()?)) };
        let (Some(found), Some(list)) = (number(8), number(12)) else {
            return Err(Error::Length { found: start.len() as u64, declared: u64::from(FIXED) });
        };
        if found != FORMAT {
            return Err(Error::Version { found, known: FORMAT });
        }
        if list > limits.manifest {
            return Err(Error::Limit("list"));
        }
        Ok(u64::from(FIXED) + u64::from(list) + SEAL)
    }

    /// Reads a head from the bytes that [`Head::length`] asked for.
    ///
    /// # Errors
    /// It is cut, or its list breaks a rule.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let length = Self::length(bytes, limits)?;
        let cut = || Error::Length { found: bytes.len() as u64, declared: length };
        let whole = usize::try_from(length).ok().and_then(|length| bytes.get(..length)).ok_or_else(cut)?;
        let (signed, seal) = whole.split_last_chunk::<96>().ok_or_else(cut)?;
        let (key, signature) = seal.split_at(32);
        let list = signed.get(FIXED as usize..).ok_or_else(cut)?;
        Ok(Self {
            manifest: Manifest::parse(list, limits)?,
            key: PublicKey::from_bytes(key.try_into().map_err(|_| cut())?),
            signature: signature.try_into().map_err(|_| cut())?,
            digest: Hash::of(signed),
            length,
        })
    }

    /// What was signed, if the signature fits.
    pub fn statement(&self) -> Vec<u8> {
        statement(&self.manifest.application, &self.digest)
    }

    /// The application that the list names; to be had before verification, since the
    /// statement holds it.
    pub fn application(&self) -> &str {
        &self.manifest.application
    }

    /// Verifies: `trusted` checks signature and key and tells whose it is.
    ///
    /// # Errors
    /// Those of `trusted`; the signer speaks for another station; the file is not as long
    /// as its list says.
    pub fn verify<E: From<Error>>(
        self,
        file: u64,
        trusted: impl FnOnce(&Self) -> Result<Signer, E>,
    ) -> Result<(Verified, Signer), E> {
        let signer = trusted(&self)?;
        if !signer.station.is_empty() && signer.station != self.manifest.station.id {
            return Err(Error::OtherStation.into());
        }
        let declared = self.manifest.body_size().and_then(|body| body.checked_add(self.length));
        let declared = declared.ok_or(Error::Limit("size"))?;
        if declared != file {
            return Err(Error::Length { found: file, declared }.into());
        }
        let places = self.manifest.blobs.iter().enumerate().map(|(at, blob)| (blob.hash, at)).collect();
        Ok((Verified { manifest: self.manifest, key: self.key, length: self.length, places }, signer))
    }
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// A chunk of records, by its place in the list.
    Records(usize),
    /// A blob, by its place in the list.
    Blob(usize),
}

/// A part of the file.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Verified {
    /// The file of this hash.
    pub fn blob(&self, hash: &Hash) -> Option<&Blob> {
        self.places.get(hash).and_then(|&at| self.manifest.blobs.get(at))
    }

    /// The part at this place, which begins at `offset`.
    fn part(&self, at: usize, offset: u64) -> Option<Part> {
        let chunks = &self.manifest.records.chunks;
        if let Some(chunk) = chunks.get(at) {
            return Some(Part { kind: PartKind::Records(at), offset, size: u64::from(chunk.size), hash: chunk.hash });
        }
        let at = at - chunks.len();
        let blob = self.manifest.blobs.get(at)?;
        Some(Part { kind: PartKind::Blob(at), offset, size: blob.size, hash: blob.hash })
    }

    /// The parts in the order of the file.
    pub fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let mut next = (0, self.length);
        std::iter::from_fn(move || {
            let part = self.part(next.0, next.1)?;
            // Checked as a whole before: the sum is the file's length.
            next = (next.0 + 1, part.offset.saturating_add(part.size));
            Some(part)
        })
    }
}

/// Checks the parts piece by piece. It is small and can be kept between two pieces, so a
/// package of any length is checked by a job of many steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checker {
    part: usize,
    offset: u64,
    running: Running,
}

/// What a piece was.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// A whole chunk of records.
    Records(Vec<Record>),
    /// A piece of a blob.
    Piece,
}

impl Checker {
    /// At the beginning of the parts.
    pub fn new(package: &Verified) -> Self {
        Self { part: 0, offset: package.length, running: Running::default() }
    }

    /// The part of the piece to be given next. None when everything was checked.
    ///
    /// # Errors
    /// An empty part does not have the hash of nothing.
    pub fn part(&mut self, package: &Verified) -> Result<Option<Part>, Error> {
        while let Some(part) = package.part(self.part, self.offset) {
            if part.size > 0 {
                return Ok(Some(part));
            }
            // Empty files have a hash too.
            if part.hash != Hash::of(b"") {
                return Err(Error::Changed(part.hash.to_string()));
            }
            self.part += 1;
        }
        Ok(None)
    }

    /// The piece to be given next: where it begins in the file and how long it is. None
    /// when everything was checked.
    ///
    /// # Errors
    /// An empty part does not have the hash of nothing.
    pub fn wants(&mut self, package: &Verified) -> Result<Option<(u64, u32)>, Error> {
        let Some(part) = self.part(package)? else { return Ok(None) };
        let taken = self.running.taken();
        let length = u32::try_from(part.size.saturating_sub(taken).min(LEAF)).unwrap_or(u32::MAX);
        Ok(Some((part.offset.saturating_add(taken), length)))
    }

    /// Takes the piece that was wanted.
    ///
    /// # Errors
    /// It is too short, or ends a part that is not what the list says.
    pub fn take(&mut self, package: &Verified, piece: &[u8]) -> Result<Taken, Error> {
        let wanted = self.wants(package)?;
        let (Some(part), Some((offset, wanted))) = (self.part(package)?, wanted) else {
            return Err(Error::Limit("size"));
        };
        if piece.len() as u64 != u64::from(wanted) || !self.running.take(piece) {
            let found = offset.saturating_add(piece.len() as u64);
            return Err(Error::Length { found, declared: part.offset.saturating_add(part.size) });
        }
        if self.running.taken() < part.size {
            return Ok(Taken::Piece);
        }
        if std::mem::take(&mut self.running).finish() != part.hash {
            return Err(Error::Changed(part.hash.to_string()));
        }
        self.part += 1;
        self.offset = part.offset.saturating_add(part.size);
        match part.kind {
            PartKind::Records(at) => Ok(Taken::Records(records(package, at, piece)?)),
            PartKind::Blob(_) => Ok(Taken::Piece),
        }
    }
}

/// The records of a chunk whose hash was checked.
///
/// # Errors
/// One of them breaks a rule, names a file that is not in the package, or there are more
/// or fewer than the list says.
pub fn records(package: &Verified, chunk: usize, bytes: &[u8]) -> Result<Vec<Record>, Error> {
    let wrong = |what: &str| Err(Error::Record(what.to_owned()));
    let Some(lines) = bytes.strip_suffix(b"\n") else { return wrong("the last line has no end") };
    let records = lines.split(|byte| *byte == b'\n').map(Record::of_line).collect::<Result<Vec<_>, _>>()?;
    let declared = package.manifest.records.chunks.get(chunk).map(|chunk| chunk.count as usize);
    if declared != Some(records.len()) {
        return wrong("a chunk holds more or fewer than the list says");
    }
    if let Some(record) = records.iter().find(|record| record.blobs.iter().any(|blob| package.blob(blob).is_none())) {
        return Err(Error::Record(format!("{}: a file that is not in the package", record.id)));
    }
    Ok(records)
}

/// Reads and checks a whole package from a reader of `file` bytes, giving records and
/// pieces of blobs to `take` as they come. What was given counts only when all is well:
/// who keeps it must be able to forget it.
///
/// # Errors
/// Those of reading, `trusted` and checking.
pub fn package(
    from: &mut impl Read,
    file: u64,
    limits: &Limits,
    trusted: impl FnOnce(&Head) -> Result<Signer, Error>,
    mut take: impl FnMut(Part, Taken, &[u8]) -> Result<(), Error>,
) -> Result<(Verified, Signer), Error> {
    let mut head = Vec::new();
    from.by_ref().take(u64::from(FIXED)).read_to_end(&mut head)?;
    let length = Head::length(&head, limits)?;
    from.by_ref().take(length - head.len() as u64).read_to_end(&mut head)?;
    let (verified, signer) = Head::read(&head, limits)?.verify(file, trusted)?;
    let mut checker = Checker::new(&verified);
    let mut piece = Vec::new();
    while let (Some(part), Some((_, length))) = (checker.part(&verified)?, checker.wants(&verified)?) {
        piece.clear();
        from.by_ref().take(u64::from(length)).read_to_end(&mut piece)?;
        let taken = checker.take(&verified, &piece)?;
        take(part, taken, &piece)?;
    }
    let behind = from.take(1).read_to_end(&mut piece)?;
    if behind > 0 {
        return Err(Error::Length { found: file.saturating_add(1), declared: file });
    }
    Ok((verified, signer))
}

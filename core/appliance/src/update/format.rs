//! Reading an update file as a stream: head, signature, then the two parts with their
//! hashes.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::{Keys, Refusal};
use crate::Version;
use crate::error::Doing;

/// The first bytes of every update file.
pub const MAGIC: [u8; 8] = *b"TRAMUPD1";
/// What a signature is about, so that it fits nothing else.
pub(super) const CONTEXT: &[u8] = b"tram update v1\0";
/// Format that this version reads.
pub(super) const FORMAT: u32 = 1;
/// Machines that this version runs on.
pub(super) const ARCHITECTURE: &str = "x86-64";
/// Largest manifest, bytes.
const MANIFEST: u32 = 64 << 10;
/// Largest part, bytes.
const PART: u64 = 2 << 30;
/// Bytes read at once.
const PIECE: usize = 1 << 20;

/// A part of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Bytes.
    pub size: u64,
    /// BLAKE3, hexadecimal.
    pub blake3: String,
}

/// What an update says of itself. Fields that a reader does not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of what follows; a reader refuses later ones.
    pub format: u32,
    /// Version that it brings.
    pub version: Version,
    /// Version that must run at least.
    pub minimum: Version,
    /// When it was built, seconds since 1970.
    pub built: i64,
    /// Kind of machine.
    pub architecture: String,
    /// The root file system (squashfs).
    pub root: Part,
    /// The file that the firmware starts: kernel, initramfs and command line.
    pub uki: Part,
}

impl Manifest {
    fn check(&self) -> Result<(), Refusal> {
        if self.format != FORMAT {
            return Err(Refusal::NewerFormat);
        }
        if self.architecture != ARCHITECTURE {
            return Err(Refusal::Architecture(self.architecture.chars().take(40).collect()));
        }
        for (name, part) in [("root", &self.root), ("uki", &self.uki)] {
            let hex = part.blake3.len() == 64 && part.blake3.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if part.size == 0 || part.size > PART || !hex {
                return Err(Refusal::Manifest(name.to_owned()));
            }
        }
        Ok(())
    }
}

/// An update file whose head was verified.
#[derive(Debug)]
pub struct Update<R> {
    /// What it says of itself; signed.
    pub manifest: Manifest,
    source: R,
}

impl<R: Read> Update<R> {
    /// Reads the head and verifies its signature.
    ///
    /// # Errors
    /// It is no update, its signature does not fit, or it is for others.
    pub fn open(mut source: R, keys: &Keys) -> Result<Self, Refusal> {
        let mut head = [0; 20];
        let magic: [u8; 8] = take(&mut source).map_err(|refusal| match refusal {
            Refusal::Cut => Refusal::NotAnUpdate,
            other => other,
        })?;
        if magic != MAGIC {
            let later = magic.starts_with(b"TRAMUPD") && magic.last().is_some_and(u8::is_ascii_digit);
            return Err(if later { Refusal::NewerFormat } else { Refusal::NotAnUpdate });
        }
        let length: [u8; 4] = take(&mut source)?;
        let id: [u8; 8] = take(&mut source)?;
        let size = u32::from_le_bytes(length);
        if size == 0 || size > MANIFEST {
            return Err(Refusal::Signature);
        }
        let mut manifest = vec![0; usize::try_from(size).unwrap_or_default()];
        fill(&mut source, &mut manifest)?;
        let signature: [u8; 64] = take(&mut source)?;
        for (to, from) in head.iter_mut().zip(magic.iter().chain(&length).chain(&id)) {
            *to = *from;
        }
        let key = keys.get(id).ok_or(Refusal::UnknownKey)?;
        if !key.verifies(&[CONTEXT, &head, &manifest].concat(), &signature) {
            return Err(Refusal::Signature);
        }
        // Signed by us from here on: what is wrong now was released wrong.
        let manifest: Manifest =
            serde_json::from_slice(&manifest).map_err(|error| Refusal::Manifest(error.to_string()))?;
        manifest.check()?;
        Ok(Self { manifest, source })
    }

    /// Copies the root file system, the first part, into `to`.
    ///
    /// # Errors
    /// Its hash does not fit, the file is cut, or `to` fails.
    pub fn root(&mut self, to: &mut dyn Write) -> Result<(), Refusal> {
        let part = self.manifest.root.clone();
        self.part(&part, to)
    }

    /// Copies the file that the firmware starts, the part behind the root.
    ///
    /// # Errors
    /// As [`Update::root`].
    pub fn uki(&mut self, to: &mut dyn Write) -> Result<(), Refusal> {
        let part = self.manifest.uki.clone();
        self.part(&part, to)
    }

    /// Checks that nothing stands behind the parts.
    ///
    /// # Errors
    /// Something does.
    pub fn end(mut self) -> Result<Manifest, Refusal> {
        let mut one = [0];
        match self.source.read(&mut one).doing("update")? {
            0 => Ok(self.manifest),
            _ => Err(Refusal::Cut),
        }
    }

    fn part(&mut self, part: &Part, to: &mut dyn Write) -> Result<(), Refusal> {
        let mut hasher = blake3::Hasher::new();
        let mut piece = vec![0; PIECE];
        let mut left = part.size;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let bytes = piece.get_mut(..most).unwrap_or_default();
            let read = match self.source.read(bytes) {
                Ok(0) => return Err(Refusal::Cut),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            let bytes = bytes.get(..read).unwrap_or_default();
            hasher.update(bytes);
            to.write_all(bytes).doing("update")?;
            left -= read as u64;
        }
        match hasher.finalize().to_hex().as_str() == part.blake3 {
            true => Ok(()),
            false => Err(Refusal::Damaged),
        }
    }
}

fn fill(source: &mut impl Read, bytes: &mut [u8]) -> Result<(), Refusal> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::Cut,
        _ => failed(error),
    })
}

fn failed(error: io::Error) -> Refusal {
    Refusal::Failed(crate::Error::Io { what: "update".into(), error })
}

fn take<const N: usize>(source: &mut impl Read) -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    fill(source, &mut bytes)?;
    Ok(bytes)
}

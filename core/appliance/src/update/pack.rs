//! Making an update file.

use std::io::{Read, Seek, SeekFrom, Write};

use super::format::{ARCHITECTURE, CONTEXT, FORMAT, MAGIC};
use super::{Manifest, Part, SigningKey};
use crate::error::Doing;
use crate::{Error, Version};

/// What goes into an update file.
#[derive(Debug)]
pub struct Contents<R> {
    /// Version that it brings.
    pub version: Version,
    /// Version that must run at least.
    pub minimum: Version,
    /// When it was built, seconds since 1970.
    pub built: i64,
    /// The root file system (squashfs).
    pub root: R,
    /// The file that the firmware starts.
    pub uki: R,
}

/// Writes an update file.
///
/// # Errors
/// A part cannot be read, or `to` cannot be written.
pub fn pack<R: Read + Seek>(key: &SigningKey, contents: Contents<R>, to: &mut dyn Write) -> Result<Manifest, Error> {
    let Contents { version, minimum, built, mut root, mut uki } = contents;
    let manifest = Manifest {
        format: FORMAT,
        version,
        minimum,
        built,
        architecture: ARCHITECTURE.to_owned(),
        root: measure(&mut root)?,
        uki: measure(&mut uki)?,
    };
    let text = serde_json::to_vec(&manifest).map_err(std::io::Error::other).doing("manifest")?;
    let length = u32::try_from(text.len()).map_err(std::io::Error::other).doing("manifest")?;
    let head = [&MAGIC[..], &length.to_le_bytes(), &key.public().id(), &text].concat();
    let signature = key.sign(&[CONTEXT, &head].concat());
    to.write_all(&head).and_then(|()| to.write_all(&signature)).doing("update")?;
    std::io::copy(&mut root, to).doing("root")?;
    std::io::copy(&mut uki, to).doing("uki")?;
    to.flush().doing("update")?;
    Ok(manifest)
}

fn measure(part: &mut (impl Read + Seek)) -> Result<Part, Error> {
    let mut hasher = blake3::Hasher::new();
    let size = std::io::copy(part, &mut hasher).doing("part")?;
    part.seek(SeekFrom::Start(0)).doing("part")?;
    Ok(Part { size, blake3: hasher.finalize().to_hex().to_string() })
}

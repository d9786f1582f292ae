//! The package: one file that holds a whole plugin. It is a WebAssembly component
//! whose top level carries three custom sections more: the manifest, the assets
//! and the version of the contract. `docs/formats/package.md` draws it byte by
//! byte.
//!
//! Reading needs no WebAssembly library: the sections of a component are a tag, a
//! length and bytes, and everything but custom sections is skipped. Whether the
//! component itself is sound is for the engine to say.

use crate::manifest::Manifest;

/// Custom section with `plugin.toml` as its author wrote it, in UTF-8.
pub const MANIFEST_SECTION: &str = "tram:manifest";
/// Custom section with the archive of assets.
pub const ASSETS_SECTION: &str = "tram:assets";
/// Custom section with the contract's version, so that a component that does not
/// fit can be named as such before anything else of it is read.
pub const API_SECTION: &str = "tram:api-version";

/// Name of the section with the publisher's key and signature; it is the last one.
pub const SIGNATURE_SECTION: &str = "tram:signature";
/// What is signed begins with this, so that a signature for something else that was
/// made with the same key is none for a package. The BLAKE3 hash of all bytes before
/// the section follows.
pub const SIGNED_CONTEXT: &[u8] = b"tram plugin package 1\0";

/// First bytes of the signature's section.
const SIGNATURE_MAGIC: &[u8; 8] = b"tramsig1";
/// First bytes of an archive of assets.
const ASSETS_MAGIC: &[u8; 8] = b"tramast1";
/// First bytes of a component: magic, version 13, layer 1 (component model binary
/// format, "preamble").
const COMPONENT_PREAMBLE: &[u8; 8] = b"\0asm\x0d\0\x01\0";
/// First bytes of a core module, to tell an unpacked module from rubbish.
const MODULE_PREAMBLE: &[u8; 8] = b"\0asm\x01\0\0\0";

/// Why a package cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// The file is not a WebAssembly component.
    #[error("this is not a plugin file: it does not begin like a WebAssembly component")]
    NotAComponent,
    /// The file is a core module that was never packed.
    #[error("this is a bare WebAssembly module; `tram plugin pack` makes a plugin file of it")]
    NotPacked,
    /// The file ends in the middle of a section, or a length is wrong.
    #[error("the plugin file is damaged at byte {at}: {what}")]
    Damaged {
        /// Byte offset in the file.
        at: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// A section that every package has is missing.
    #[error("the plugin file has no section {0}; pack it again with `tram plugin pack`")]
    Missing(&'static str),
    /// A section stands twice: what was checked might not be what is used.
    #[error("the plugin file has the section {0} twice")]
    Twice(&'static str),
    /// The contract's version is another one.
    #[error("the plugin was made for contract {found}; this station speaks {}", crate::manifest::API)]
    Api {
        /// Version in the file.
        found: String,
    },
    /// The manifest is not TOML, or not a manifest.
    #[error("plugin.toml: {0}")]
    Manifest(String),
}

/// One asset: a file that the host serves natively below the plugin's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset<'a> {
    /// Path with `/` between the parts, without a leading one.
    pub path: &'a str,
    /// Media type, as told by the name's ending.
    pub media_type: &'a str,
    /// The file's bytes.
    pub bytes: &'a [u8],
}

/// A publisher's signature, as it stands in the file; whether it is right is for
/// whoever has the algorithm (the station, `tram plugin check`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// Ed25519 public key of the publisher (RFC 8032).
    pub key: [u8; 32],
    /// Ed25519 signature over [`SIGNED_CONTEXT`] and the hash.
    pub signature: [u8; 64],
}

impl Signature {
    /// The section's data.
    pub fn to_bytes(&self) -> Vec<u8> {
        [SIGNATURE_MAGIC.as_slice(), &self.key, &self.signature].concat()
    }

    fn read(data: &[u8], at: usize) -> Result<Self, PackageError> {
        let wrong = || damaged(at, "a signature of version 1: 8 bytes of mark, 32 of key, 64 of signature");
        let mut cursor = Cursor { bytes: data, at: 0 };
        if cursor.take(8, "the signature").ok() != Some(SIGNATURE_MAGIC.as_slice()) || data.len() != 104 {
            return Err(wrong());
        }
        let key = cursor.take(32, "the signature")?.try_into().map_err(|_| wrong())?;
        let signature = cursor.rest().try_into().map_err(|_| wrong())?;
        Ok(Self { key, signature })
    }
}

/// What a package holds, read without running anything of it.
#[derive(Debug, Clone)]
pub struct Package<'a> {
    /// The manifest.
    pub manifest: Manifest,
    /// `plugin.toml` as it was written.
    pub manifest_source: &'a str,
    /// The assets, by path.
    pub assets: Vec<Asset<'a>>,
    /// The publisher's signature, when there is one.
    pub signature: Option<Signature>,
    /// The file without the signature.
    bytes: &'a [u8],
    /// Byte range of the assets' section, its head included.
    assets_at: Option<(usize, usize)>,
}

impl<'a> Package<'a> {
    /// Reads a package. The manifest is parsed but not judged: see
    /// [`Manifest::problems`].
    ///
    /// # Errors
    /// [`PackageError`], with the place for people.
    pub fn read(bytes: &'a [u8]) -> Result<Self, PackageError> {
        let mut manifest = None;
        let mut assets = None;
        let mut assets_at = None;
        let mut api = None;
        let mut signature: Option<(Signature, usize)> = None;
        for section in sections(bytes)? {
            let section = section?;
            // Signed is what stands before the signature, so nothing may stand behind it.
            if signature.is_some() {
                return Err(damaged(section.start, "the end of the file behind the signature"));
            }
            let (slot, name) = match section.name {
                Some(MANIFEST_SECTION) => (&mut manifest, MANIFEST_SECTION),
                Some(ASSETS_SECTION) => {
                    assets_at = Some((section.start, section.end));
                    (&mut assets, ASSETS_SECTION)
                }
                Some(API_SECTION) => (&mut api, API_SECTION),
                Some(SIGNATURE_SECTION) => {
                    signature = Some((Signature::read(section.data, section.start)?, section.start));
                    continue;
                }
                _ => continue,
            };
            if slot.replace(section.data).is_some() {
                return Err(PackageError::Twice(name));
            }
        }
        let api = api.ok_or(PackageError::Missing(API_SECTION))?;
        if api != crate::manifest::API.as_bytes() {
            return Err(PackageError::Api { found: String::from_utf8_lossy(api).chars().take(32).collect() });
        }
        let source = manifest.ok_or(PackageError::Missing(MANIFEST_SECTION))?;
        let source =
            std::str::from_utf8(source).map_err(|_| PackageError::Manifest("is not written in UTF-8".into()))?;
        Ok(Self {
            manifest: Manifest::parse(source).map_err(PackageError::Manifest)?,
            manifest_source: source,
            assets: match assets {
                Some(data) => read_assets(data)?,
                None => Vec::new(),
            },
            bytes: bytes.get(..signature.map_or(bytes.len(), |(_, start)| start)).unwrap_or_default(),
            signature: signature.map(|(signature, _)| signature),
            assets_at,
        })
    }

    /// The bytes that a signature is over: the file without it.
    pub fn signed_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The component without assets and signature: what is compiled, hashed and cached. An
    /// asset that changes does not cost a compilation.
    pub fn component(&self) -> Vec<u8> {
        let Some((start, end)) = self.assets_at else { return self.bytes.to_vec() };
        let before = self.bytes.get(..start).unwrap_or_default();
        let after = self.bytes.get(end..).unwrap_or_default();
        [before, after].concat()
    }

    /// The asset at `path`.
    pub fn asset(&self, path: &str) -> Option<&Asset<'a>> {
        self.assets.iter().find(|asset| asset.path == path)
    }
}

/// One section at the top level of a component.
struct Section<'a> {
    /// Name, when it is a custom section.
    name: Option<&'a str>,
    /// Payload after the name.
    data: &'a [u8],
    start: usize,
    end: usize,
}

fn sections(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Section<'_>, PackageError>>, PackageError> {
    match bytes.get(..8) {
        Some(start) if start == COMPONENT_PREAMBLE => {}
        Some(start) if start == MODULE_PREAMBLE => return Err(PackageError::NotPacked),
        _ => return Err(PackageError::NotAComponent),
    }
    let mut cursor = Cursor { bytes, at: 8 };
    Ok(std::iter::from_fn(move || {
        if cursor.at >= bytes.len() {
            return None;
        }
        let section = read_section(&mut cursor);
        if section.is_err() {
            cursor.at = bytes.len();
        }
        Some(section)
    }))
}

fn read_section<'a>(cursor: &mut Cursor<'a>) -> Result<Section<'a>, PackageError> {
    let start = cursor.at;
    let tag = cursor.byte("the tag of a section")?;
    let size = cursor.leb("the length of a section")?;
    let mut payload = Cursor { bytes: cursor.take(size, "the bytes of a section")?, at: 0 };
    let end = cursor.at;
    let name = if tag == 0 {
        let length = payload.leb("the length of a section's name").map_err(|error| shift(error, end - size))?;
        let name = payload.take(length, "a section's name").map_err(|error| shift(error, end - size))?;
        Some(std::str::from_utf8(name).map_err(|_| damaged(end - size, "a section's name in UTF-8"))?)
    } else {
        None
    };
    Ok(Section { name, data: payload.rest(), start, end })
}

fn read_assets(data: &[u8]) -> Result<Vec<Asset<'_>>, PackageError> {
    let mut cursor = Cursor { bytes: data, at: 0 };
    if cursor.take(8, "the archive of assets")? != ASSETS_MAGIC {
        return Err(damaged(0, "an archive of assets of version 1"));
    }
    let count = cursor.u32("the number of assets")?;
    let mut heads = Vec::new();
    for _ in 0..count {
        let path = cursor.text("an asset's path")?;
        if !is_asset_path(path) {
            return Err(damaged(cursor.at, "an asset's path without dots for parts"));
        }
        let media_type = cursor.text("an asset's media type")?;
        heads.push((path, media_type, cursor.u32("an asset's size")?));
    }
    let mut assets = Vec::with_capacity(heads.len());
    for (path, media_type, size) in heads {
        assets.push(Asset { path, media_type, bytes: cursor.take(size, "an asset's bytes")? });
    }
    if cursor.at == data.len() { Ok(assets) } else { Err(damaged(cursor.at, "the end of the archive")) }
}

/// Whether a path names a file below the assets and nothing else.
pub fn is_asset_path(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 255
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// The archive of assets, in the order given. The caller sorts by path, so that
/// the same files make the same bytes.
///
/// # Errors
/// Names the asset whose path, media type or size the format cannot hold.
pub fn write_assets(assets: &[Asset<'_>]) -> Result<Vec<u8>, String> {
    let too_long = |path: &str| format!("{path}: the file or its name is too long");
    let mut bytes = ASSETS_MAGIC.to_vec();
    bytes.extend(u32::try_from(assets.len()).map_err(|_| "too many assets".to_owned())?.to_le_bytes());
    for asset in assets {
        if !is_asset_path(asset.path) {
            return Err(format!("{}: not a path of an asset", asset.path));
        }
        for text in [asset.path, asset.media_type] {
            bytes.extend(u16::try_from(text.len()).map_err(|_| too_long(asset.path))?.to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(u32::try_from(asset.bytes.len()).map_err(|_| too_long(asset.path))?.to_le_bytes());
    }
    for asset in assets {
        bytes.extend(asset.bytes);
    }
    Ok(bytes)
}

/// A custom section with its head, to be put behind a component.
pub fn custom_section(name: &str, data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(name.len() + data.len() + 5);
    write_leb(&mut payload, name.len());
    payload.extend(name.as_bytes());
    payload.extend(data);
    let mut section = Vec::with_capacity(payload.len() + 6);
    section.push(0);
    write_leb(&mut section, payload.len());
    section.extend(payload);
    section
}

fn write_leb(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn damaged(at: usize, what: &'static str) -> PackageError {
    PackageError::Damaged { at, what }
}

/// Moves the place of an error from a section's payload to the whole file.
fn shift(error: PackageError, by: usize) -> PackageError {
    match error {
        PackageError::Damaged { at, what } => damaged(at + by, what),
        other => other,
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], PackageError> {
        let end = self.at.checked_add(length).ok_or(damaged(self.at, what))?;
        let taken = self.bytes.get(self.at..end).ok_or(damaged(self.at, what))?;
        self.at = end;
        Ok(taken)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, PackageError> {
        self.take(1, what).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    /// An unsigned LEB128 of at most 32 bits, as WebAssembly writes lengths.
    fn leb(&mut self, what: &'static str) -> Result<usize, PackageError> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte(what)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let value = u32::try_from(value).map_err(|_| damaged(self.at, what))?;
                return Ok(value as usize);
            }
        }
        Err(damaged(self.at, what))
    }

    fn u32(&mut self, what: &'static str) -> Result<usize, PackageError> {
        let bytes: [u8; 4] = self.take(4, what)?.try_into().map_err(|_| damaged(self.at, what))?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn text(&mut self, what: &'static str) -> Result<&'a str, PackageError> {
        let bytes: [u8; 2] = self.take(2, what)?.try_into().map_err(|_| damaged(self.at, what))?;
        let text = self.take(usize::from(u16::from_le_bytes(bytes)), what)?;
        std::str::from_utf8(text).map_err(|_| damaged(self.at, what))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    const MANIFEST: &str = "id = \"a.b\"\nversion = \"0.1.0\"\napi = \"0.1\"\nname = \"A\"\ndescription = \"B\"\n";

    fn package() -> Vec<u8> {
        let assets = write_assets(&[
            Asset { path: "cover.svg", media_type: "image/svg+xml", bytes: b"<svg/>" },
            Asset { path: "help/vi.txt", media_type: "text/plain", bytes: "Trợ giúp".as_bytes() },
        ])
        .unwrap();
        [
            COMPONENT_PREAMBLE.to_vec(),
            custom_section("other", b"x"),
            // A section that is no custom one: 200 bytes, so that its length takes two.
            [&[1, 0xc8, 0x01][..], &[0; 200]].concat(),
            custom_section(API_SECTION, b"0.1"),
            custom_section(ASSETS_SECTION, &assets),
            custom_section(MANIFEST_SECTION, MANIFEST.as_bytes()),
        ]
        .concat()
    }

    #[test]
    fn reads_what_was_written() {
        let bytes = package();
        let package = Package::read(&bytes).unwrap();
        assert_eq!(package.manifest.id, "a.b");
        assert_eq!(package.manifest_source, MANIFEST);
        assert_eq!(package.assets.len(), 2);
        assert_eq!(package.asset("help/vi.txt").unwrap().bytes, "Trợ giúp".as_bytes());
        let component = package.component();
        let bare = Package::read(&component).unwrap();
        assert!(bare.assets.is_empty());
        assert_eq!(bare.component(), component);
    }

    #[test]
    fn a_cut_or_changed_file_is_an_error_and_never_a_panic() {
        let bytes = package();
        for length in 0..bytes.len() {
            // Cut between sections the file is short of one; within one it is damaged.
            assert!(Package::read(&bytes[..length]).is_err(), "cut at {length}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let _ = Package::read(&changed);
            }
        }
    }

    #[test]
    fn doubled_sections_and_other_contracts_are_refused() {
        let twice = [package(), custom_section(MANIFEST_SECTION, MANIFEST.as_bytes())].concat();
        assert_eq!(Package::read(&twice).unwrap_err(), PackageError::Twice(MANIFEST_SECTION));
        let newer = [COMPONENT_PREAMBLE.to_vec(), custom_section(API_SECTION, b"7.0")].concat();
        assert_eq!(Package::read(&newer).unwrap_err(), PackageError::Api { found: "7.0".into() });
        assert_eq!(Package::read(MODULE_PREAMBLE).unwrap_err(), PackageError::NotPacked);
        assert_eq!(Package::read(b"PK\x03\x04 a zip").unwrap_err(), PackageError::NotAComponent);
    }

    #[test]
    fn a_signature_is_the_last_section_and_changes_nothing_else() {
        let bytes = package();
        let signature = Signature { key: [7; 32], signature: [9; 64] };
        let section = custom_section(SIGNATURE_SECTION, &signature.to_bytes());
        let signed = [bytes.clone(), section.clone()].concat();
        let read = Package::read(&signed).unwrap();
        assert_eq!((read.signature, read.signed_bytes()), (Some(signature), bytes.as_slice()));
        assert_eq!(read.component(), Package::read(&bytes).unwrap().component());
        for behind in [custom_section("other", b"x"), section] {
            assert!(matches!(Package::read(&[signed.clone(), behind].concat()), Err(PackageError::Damaged { .. })));
        }
        for length in 0..signature.to_bytes().len() {
            let short = custom_section(SIGNATURE_SECTION, &signature.to_bytes()[..length]);
            assert!(Package::read(&[bytes.clone(), short].concat()).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_asset_cannot_climb_out() {
        for path in ["../x", "a/../b", "/etc/passwd", "a//b", "", "a\\b", "."] {
            assert!(!is_asset_path(path), "{path}");
            assert!(write_assets(&[Asset { path, media_type: "", bytes: b"" }]).is_err(), "{path}");
        }
    }
}

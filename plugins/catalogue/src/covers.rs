//! Pictures of covers that the library put up itself; a record without one has a drawn
//! one.

use serde::{Deserialize, Serialize};
use tram_sdk::store::{self, Table};
use tram_sdk::{Result, Upload, blobs};

/// Size of a picture at most: what a telephone's camera takes fits.
pub const MAX_BYTES: u64 = 6 << 20;
/// Its sides in pixels: a smaller one is no picture of a cover, a larger one would
/// weigh on every list that shows it.
const SIDES: std::ops::RangeInclusive<u32> = 40..=6000;
/// Side and dimensions stand within so many bytes of the file's head, thumbnails of a
/// camera in front of them included.
const HEAD: u32 = 256 << 10;

/// The picture of a record's cover.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The file: a blob.
    pub blob: String,
}

/// Pictures, by the id of their record.
pub const COVERS: Table<Picture> = Table::new("covers");

/// What is wrong with a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no file, or an empty one.
    None,
    /// It is larger than [`MAX_BYTES`].
    Large,
    /// It is no JPEG, PNG or WebP, or its head is damaged.
    Kind,
    /// Its sides in pixels are out of bounds.
    Sides(u32, u32),
}

/// The blobs of these records' pictures, in the order of the ids.
///
/// # Errors
/// As [`store::get_many`].
pub fn of(records: &[Vec<u8>]) -> Result<Vec<Option<String>>> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    Ok(COVERS.get_many(records)?.into_iter().map(|entry| entry.map(|entry| entry.value.blob)).collect())
}

/// Takes an uploaded file as the picture of a record's cover. It is kept under the
/// media type that its bytes say, whatever the browser called it.
///
/// # Errors
/// As the store.
pub fn put(record: &[u8], upload: Option<&Upload>) -> Result<Result<(), Problem>> {
    let Some(upload) = upload.filter(|upload| upload.size > 0) else {
        return Ok(Err(Problem::None));
    };
    let kind = match check(upload)? {
        Ok(kind) => kind,
        Err(problem) => {
            blobs::delete(&upload.blob)?;
            return Ok(Err(problem));
        }
    };
    let mut copy = blobs::create("cover", kind)?;
    let mut at = 0;
    loop {
        let piece = blobs::read(&upload.blob, at, blobs::MAX_PIECE)?;
        if piece.is_empty() {
            break;
        }
        at += piece.len() as u64;
        copy.append(&piece)?;
    }
    let blob = copy.finish()?;
    blobs::delete(&upload.blob)?;
    remove(record)?;
    COVERS.put(record, &Picture { blob })?;
    Ok(Ok(()))
}

/// The media type of a picture that can be taken.
fn check(upload: &Upload) -> Result<Result<&'static str, Problem>> {
    if upload.size > MAX_BYTES {
        return Ok(Err(Problem::Large));
    }
    Ok(match recognised(&blobs::read(&upload.blob, 0, HEAD)?) {
        None => Err(Problem::Kind),
        Some((_, (width, height))) if !SIDES.contains(&width) || !SIDES.contains(&height) => {
            Err(Problem::Sides(width, height))
        }
        Some((kind, _)) => Ok(kind),
    })
}

/// Removes the picture of a record's cover; nothing happens when there is none.
///
/// # Errors
/// As the store.
pub fn remove(record: &[u8]) -> Result<()> {
    if let Some(entry) = COVERS.get(record)? {
        blobs::delete(&entry.value.blob)?;
        store::delete(COVERS.name(), record, None)?;
    }
    Ok(())
}

/// Media type, width and height of a picture, from its first bytes.
fn recognised(head: &[u8]) -> Option<(&'static str, (u32, u32))> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(("image/png", png(head)?));
    }
    if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(("image/jpeg", jpeg(head)?));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some(("image/webp", webp(head)?));
    }
    None
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// PNG, section 11.2.2: the chunk IHDR is the first.
fn png(head: &[u8]) -> Option<(u32, u32)> {
    (head.get(12..16)? == b"IHDR").then_some(())?;
    Some((u32::from_be_bytes(number(head, 16)?), u32::from_be_bytes(number(head, 20)?)))
}

/// JPEG, ITU-T T.81 annex B: segments up to the frame header (SOF).
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [mark, kind] = number(head, at)?;
        match (mark, kind) {
            (0xFF, 0xFF) => at += 1,
            (0xFF, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) => {
                let height = u16::from_be_bytes(number(head, at + 5)?);
                let width = u16::from_be_bytes(number(head, at + 7)?);
                return Some((u32::from(width), u32::from(height)));
            }
            // A scan before its frame, or the end.
            (0xFF, 0xD9 | 0xDA) => return None,
            (0xFF, _) => at += 2 + usize::from(u16::from_be_bytes(number(head, at + 2)?)),
            _ => return None,
        }
    }
}

/// WebP, RFC 9649: the first chunk is extended (VP8X), lossless (VP8L) or lossy (VP8).
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8X" => {
            let side = |at| number(head, at).map(|[a, b, c]: [u8; 3]| u32::from_le_bytes([a, b, c, 0]) + 1);
            Some((side(24)?, side(27)?))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(number(head, 21)?);
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => {
            (head.get(23..26)? == [0x9D, 0x01, 0x2A]).then_some(())?;
            let side = |at| number(head, at).map(|bytes| u32::from(u16::from_le_bytes(bytes) & 0x3FFF));
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn pictures_are_known_by_their_bytes() {
        let png = with(&[b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &400u32.to_be_bytes(), &600u32.to_be_bytes(), &[8, 2]]);
        assert_eq!(recognised(&png), Some(("image/png", (400, 600))));
        let jpeg = with(&[
            &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC2, 0, 11, 8],
            &600u16.to_be_bytes(),
            &400u16.to_be_bytes(),
        ]);
        assert_eq!(recognised(&jpeg), Some(("image/jpeg", (400, 600))));
        let webp = |chunk: &[u8], rest: &[u8]| recognised(&with(&[b"RIFF\0\0\0\0WEBP", chunk, &[0; 4], rest]));
        let sides = [0x8F, 1, 0, 0x57, 2, 0];
        assert_eq!(webp(b"VP8X", &with(&[&[0; 4], &sides])), Some(("image/webp", (400, 600))));
        let bits = (399u32 | 599 << 14).to_le_bytes();
        assert_eq!(webp(b"VP8L", &with(&[&[0x2F], &bits])), Some(("image/webp", (400, 600))));
        let lossy = with(&[&[0; 3], &[0x9D, 1, 0x2A], &400u16.to_le_bytes(), &600u16.to_le_bytes()]);
        assert_eq!(webp(b"VP8 ", &lossy), Some(("image/webp", (400, 600))));
    }

    #[test]
    fn what_is_none_is_refused_at_any_length() {
        for bytes in [&b"<svg xmlns=''/>"[..], b"GIF89a", b"%PDF-1.7", b"", &[0xFF, 0xD8, 0xFF, 0xD9]] {
            assert_eq!(recognised(bytes), None);
        }
        let whole = with(&[b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &[0, 0, 1, 0, 0, 0, 1, 0]]);
        for length in 0..whole.len() {
            assert_eq!(whole.get(..length).and_then(recognised), None, "{length}");
        }
        // A JPEG whose segments lead out of the file.
        assert_eq!(recognised(&[0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF, 0]), None);
    }
}

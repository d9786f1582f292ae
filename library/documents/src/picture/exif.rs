//! The two things that are wanted of a camera's notes.

use crate::bytes;

/// Which way up, 1 to 8; 1 where it does not say.
pub(super) fn orientation(exif: &[u8]) -> u16 {
    let of = || {
        let notes = Notes::new(exif)?;
        notes.value(notes.first()?, 0x0112)
    };
    of().and_then(|value| u16::try_from(value).ok()).filter(|value| (1..=8).contains(value)).unwrap_or(1)
}

/// The camera's own small picture.
pub(super) fn thumbnail(exif: &[u8]) -> Option<&[u8]> {
    let notes = Notes::new(exif)?;
    let second = notes.after(notes.first()?)?;
    let at = usize::try_from(notes.value(second, 0x0201)?).ok()?;
    let length = usize::try_from(notes.value(second, 0x0202)?).ok()?;
    notes.bytes.get(at..at.checked_add(length)?).filter(|bytes| bytes.starts_with(&[0xff, 0xd8]))
}

struct Notes<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Notes<'a> {
    fn new(exif: &'a [u8]) -> Option<Self> {
        let bytes = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        match bytes.first_chunk::<4>()? {
            b"II*\0" => Some(Self { bytes, little: true }),
            b"MM\0*" => Some(Self { bytes, little: false }),
            _ => None,
        }
    }

    fn short(&self, at: usize) -> Option<u16> {
        if self.little { bytes::u16_le(self.bytes, at) } else { bytes::u16_be(self.bytes, at) }
    }

    fn long(&self, at: usize) -> Option<u32> {
        if self.little { bytes::u32_le(self.bytes, at) } else { bytes::u32_be(self.bytes, at) }
    }

    fn first(&self) -> Option<usize> {
        usize::try_from(self.long(4)?).ok()
    }

    fn after(&self, directory: usize) -> Option<usize> {
        let count = usize::from(self.short(directory)?);
        usize::try_from(self.long(directory.checked_add(2 + count * 12)?)?).ok().filter(|at| *at != 0)
    }

    fn value(&self, directory: usize, tag: u16) -> Option<u32> {
        let count = usize::from(self.short(directory)?);
        let at =
            (0..count).map(|index| directory.saturating_add(2 + index * 12)).find(|at| self.short(*at) == Some(tag))?;
        match self.short(at + 2)? {
            3 => self.short(at + 8).map(u32::from),
            4 => self.long(at + 8),
            _ => None,
        }
    }
}

//! Numbers out of bytes that may end too early.

use std::io::{Read, SeekFrom};

use crate::{Refusal, Result, Source};

/// `N` bytes from `at`.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

pub(crate) fn u64_le(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

pub(crate) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

pub(crate) fn u64_be(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_be_bytes)
}

/// The first bytes, at most `most`.
pub(crate) fn head(source: &mut dyn Source, most: u64) -> Result<Vec<u8>> {
    part(source, 0, most)
}

/// At most `most` bytes from `at`; fewer at the end.
pub(crate) fn part(source: &mut dyn Source, at: u64, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.seek(SeekFrom::Start(at))?;
    source.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file as a whole, where its form wants that.
pub(crate) fn whole(source: &mut dyn Source, size: u64, most: u64) -> Result<Vec<u8>> {
    if size > most {
        return Err(Refusal::too_much());
    }
    // The size is the source's own and within the bound, so the room is taken once:
    // a vector that grows by doubling would need the file three times over.
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX)).map_err(|_| Refusal::too_much())?;
    source.seek(SeekFrom::Start(0))?;
    source.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether these bytes stand somewhere in those.
pub(crate) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len().max(1)).any(|window| window == wanted)
}

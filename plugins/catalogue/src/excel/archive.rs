//! How large an archive would be when it is unpacked, from its directory alone.

/// Files larger than this are not opened: a page has 64 MiB of memory.
pub(super) const MAX_FILE: usize = 10 << 20;
/// Nor are archives that would unpack to more than this.
pub(super) const MAX_UNPACKED: u64 = 48 << 20;

/// Bytes that the entries of a zip archive unpack to, as its central directory says
/// (APPNOTE 4.3.12); `None` when there is no directory.
pub(super) fn unpacked_size(file: &[u8]) -> Option<u64> {
    let tail = file.len().saturating_sub(66_000);
    let end = tail + file.get(tail..)?.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let entries = u16_at(file, end + 10)?;
    let mut at = usize::try_from(u32_at(file, end + 16)?).ok()?;
    let mut total = 0u64;
    for _ in 0..entries {
        if file.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        total += u64::from(u32_at(file, at + 24)?);
        let name = usize::from(u16_at(file, at + 28)?);
        let extra = usize::from(u16_at(file, at + 30)?);
        let comment = usize::from(u16_at(file, at + 32)?);
        at += 46 + name + extra + comment;
    }
    Some(total)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

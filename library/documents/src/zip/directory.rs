//! The central directory. It must lie exactly where the end record says: archives with
//! something before or between are read differently by different programs, which is
//! how harm is smuggled past a check.

use crate::{Refusal, Result, Source, bytes};

/// Most bytes of a directory: 20,000 entries of 400 bytes.
const MAX_DIRECTORY: u64 = 8 << 20;

/// An entry as the directory has it.
pub(super) struct Raw {
    pub(super) name: String,
    /// Length of the name as stored.
    pub(super) name_length: u64,
    pub(super) method: u16,
    pub(super) encrypted: bool,
    pub(super) link: bool,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) at: u64,
}

pub(super) struct Directory {
    pub(super) files: Vec<Raw>,
    /// Where it begins: no entry reaches beyond.
    pub(super) start: u64,
}

struct End {
    start: u64,
    length: u64,
    count: u64,
    /// Where the directory must end.
    at: u64,
}

fn broken() -> Refusal {
    Refusal::unreadable(
        "Tệp nén hỏng: mục lục bên trong không khớp. Hãy nén lại rồi tải lên lần nữa.",
        "The archive is damaged: its directory does not fit. Pack it anew and upload it again.",
    )
}

/// Finds the end record: the last one whose comment ends with the file.
fn end(source: &mut dyn Source, size: u64) -> Result<End> {
    let from = size.saturating_sub(22 + 65_535);
    let tail = bytes::part(source, from, size - from)?;
    let fits = |at: &usize| {
        bytes::u32_le(&tail, *at) == Some(0x0605_4b50)
            && bytes::u16_le(&tail, at + 20).is_some_and(|comment| at + 22 + usize::from(comment) == tail.len())
    };
    let at = (0..=tail.len().saturating_sub(22)).rev().find(fits).ok_or_else(broken)?;
    let number = |offset| bytes::u16_le(&tail, at + offset).ok_or_else(broken);
    if number(4)? != 0 && number(4)? != u16::MAX {
        return Err(Refusal::unreadable(
            "Tệp nén bị chia thành nhiều phần. Hãy gộp lại thành một tệp rồi tải lên.",
            "The archive is one part of several. Join the parts into one file and upload that.",
        ));
    }
    let mut end = End {
        start: u64::from(bytes::u32_le(&tail, at + 16).ok_or_else(broken)?),
        length: u64::from(bytes::u32_le(&tail, at + 12).ok_or_else(broken)?),
        count: u64::from(number(10)?),
        at: from + at as u64,
    };
    let large =
        end.start == u64::from(u32::MAX) || end.length == u64::from(u32::MAX) || end.count == u64::from(u16::MAX);
    if large && end.at >= 20 {
        let locator = bytes::part(source, end.at - 20, 20)?;
        if bytes::u32_le(&locator, 0) == Some(0x0706_4b50) {
            let place = bytes::u64_le(&locator, 8).ok_or_else(broken)?;
            let record = bytes::part(source, place, 56)?;
            if bytes::u32_le(&record, 0) != Some(0x0606_4b50) {
                return Err(broken());
            }
            let number = |offset| bytes::u64_le(&record, offset).ok_or_else(broken);
            end = End { start: number(48)?, length: number(40)?, count: number(32)?, at: place };
        }
    }
    Ok(end)
}

pub(super) fn read(source: &mut dyn Source, size: u64) -> Result<Directory> {
    let end = end(source, size)?;
    if end.start.checked_add(end.length) != Some(end.at) {
        return Err(broken());
    }
    if end.count > super::MAX_ENTRIES as u64 || end.length > MAX_DIRECTORY {
        return Err(Refusal::too_much());
    }
    let directory = bytes::part(source, end.start, end.length)?;
    let mut files = Vec::new();
    let mut rest = directory.as_slice();
    while !rest.is_empty() {
        let (file, after) = entry(rest).ok_or_else(broken)?;
        files.push(file);
        rest = after;
    }
    if files.len() as u64 != end.count {
        return Err(broken());
    }
    Ok(Directory { files, start: end.start })
}

fn entry(bytes: &[u8]) -> Option<(Raw, &[u8])> {
    if bytes::u32_le(bytes, 0)? != 0x0201_4b50 {
        return None;
    }
    let made_by = bytes::u16_le(bytes, 4)?;
    let flags = bytes::u16_le(bytes, 8)?;
    let name_length = usize::from(bytes::u16_le(bytes, 28)?);
    let extra_length = usize::from(bytes::u16_le(bytes, 30)?);
    let comment_length = usize::from(bytes::u16_le(bytes, 32)?);
    let attributes = bytes::u32_le(bytes, 38)?;
    let name = bytes.get(46..46 + name_length)?;
    let extra = bytes.get(46 + name_length..46 + name_length + extra_length)?;
    let after = bytes.get(46 + name_length + extra_length + comment_length..)?;
    let mut file = Raw {
        name: text(name),
        name_length: name_length as u64,
        method: bytes::u16_le(bytes, 10)?,
        encrypted: flags & 0x2041 != 0,
        // Made on Unix, and the mode says: a symbolic link.
        link: made_by >> 8 == 3 && (attributes >> 16) & 0o170_000 == 0o120_000,
        crc: bytes::u32_le(bytes, 16)?,
        packed: u64::from(bytes::u32_le(bytes, 20)?),
        size: u64::from(bytes::u32_le(bytes, 24)?),
        at: u64::from(bytes::u32_le(bytes, 42)?),
    };
    large(&mut file, extra)?;
    Some((file, after))
}

/// Numbers beyond 32 bits stand in the extra field 1, those alone that need it.
fn large(file: &mut Raw, mut extra: &[u8]) -> Option<()> {
    while extra.len() >= 4 {
        let length = usize::from(bytes::u16_le(extra, 2)?);
        let value = extra.get(4..4 + length)?;
        if bytes::u16_le(extra, 0)? == 1 {
            let mut at = 0;
            for number in [&mut file.size, &mut file.packed, &mut file.at] {
                if *number == u64::from(u32::MAX) {
                    *number = bytes::u64_le(value, at)?;
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + length..)?;
    }
    Some(())
}

/// A name: UTF-8 whether the flag says so or not, else the letters of MS-DOS, of which
/// only ASCII is sure.
fn text(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '_' }).collect(),
    }
}

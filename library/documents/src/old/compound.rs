//! Compound files: a small file system of sectors, chained by tables.

use std::collections::BTreeMap;

use crate::{Refusal, Result, bytes};

const END: u32 = 0xffff_fffe;

/// A compound file with its streams.
#[derive(Debug)]
pub(super) struct Compound {
    file: Vec<u8>,
    sector: usize,
    table: Vec<u32>,
    small_table: Vec<u32>,
    small: Vec<u8>,
    /// First sector and length by name; of equal names the one nearest the top.
    streams: BTreeMap<String, (u32, u64)>,
}

impl Compound {
    /// # Errors
    /// It is damaged.
    pub(super) fn read(file: Vec<u8>) -> Result<Self> {
        Self::open(file).ok_or_else(Refusal::damaged)
    }

    fn open(file: Vec<u8>) -> Option<Self> {
        let sector = 1usize << bytes::u16_le(&file, 30).filter(|shift| matches!(shift, 9 | 12))?;
        let mut this = Self {
            file,
            sector,
            table: Vec::new(),
            small_table: Vec::new(),
            small: Vec::new(),
            streams: BTreeMap::new(),
        };
        let numbers =
            |bytes: &[u8]| bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect::<Vec<u32>>();
        // Where the table lies: 109 places in the header, the rest in a chain.
        let mut places = numbers(this.file.get(76..512)?);
        let mut more = bytes::u32_le(&this.file, 68)?;
        let most = this.file.len() / sector + 1;
        for _ in 0..most {
            let Some(part) = this.sector_at(more) else { break };
            let mut part = numbers(part);
            more = part.pop()?;
            places.extend(part);
        }
        for place in places.into_iter().filter(|place| *place < END - 3) {
            if this.table.len() > most + 1024 {
                break;
            }
            let part = numbers(this.sector_at(place)?);
            this.table.extend(part);
        }
        let directory = this.chain(bytes::u32_le(&this.file, 48)?, usize::MAX)?;
        this.small_table = numbers(&this.chain(bytes::u32_le(&this.file, 60)?, usize::MAX).unwrap_or_default());
        for entry in directory.as_chunks::<128>().0 {
            let length = usize::from(bytes::u16_le(entry, 64)?);
            let name = entry.get(..length.checked_sub(2)?.min(62))?;
            let name: String = char::decode_utf16(name.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)))
                .map(|c| c.unwrap_or('?'))
                .collect();
            let start = bytes::u32_le(entry, 116)?;
            let size = u64::from(bytes::u32_le(entry, 120)?);
            match entry.get(66)? {
                5 => this.small = this.chain(start, usize::try_from(size).ok()?).unwrap_or_default(),
                2 => {
                    this.streams.entry(name).or_insert((start, size));
                }
                _ => {}
            }
        }
        Some(this)
    }

    fn sector_at(&self, number: u32) -> Option<&[u8]> {
        let at = usize::try_from(number).ok()?.checked_add(1)?.checked_mul(self.sector)?;
        let end = at.checked_add(self.sector)?.min(self.file.len());
        self.file.get(at..end).filter(|bytes| !bytes.is_empty())
    }

    /// The bytes of a chain, at most `most`. A chain that runs in a circle ends with
    /// the file's own length.
    fn chain(&self, start: u32, most: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut at = start;
        while at < END - 3 {
            out.extend_from_slice(self.sector_at(at)?);
            if out.len() >= most {
                out.truncate(most);
                break;
            }
            if out.len() > self.file.len() {
                return None;
            }
            at = *self.table.get(usize::try_from(at).ok()?)?;
        }
        Some(out)
    }

    /// Whether it has this stream.
    pub(super) fn has(&self, name: &str) -> bool {
        self.streams.contains_key(name)
    }

    /// A stream as a whole.
    pub(super) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let (start, size) = *self.streams.get(name)?;
        let size = usize::try_from(size).ok()?;
        if size >= 4096 {
            return self.chain(start, size);
        }
        let mut out = Vec::new();
        let mut at = start;
        while at < END - 3 && out.len() < size {
            let from = usize::try_from(at).ok()?.checked_mul(64)?;
            out.extend_from_slice(self.small.get(from..from.checked_add(64)?.min(self.small.len()))?);
            at = *self.small_table.get(usize::try_from(at).ok()?)?;
        }
        out.truncate(size);
        Some(out)
    }
}

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
            // Longer than the file has sectors: some are named twice.
            if this.table.len() > most + 1024 {
                return None;
            }
            let part = numbers(this.sector_at(place)?);
            this.table.extend(part);
        }
        let directory = this.chain(bytes::u32_le(&this.file, 48)?, usize::MAX)?;
        this.small_table = numbers(&this.chain(bytes::u32_le(&this.file, 60)?, usize::MAX).unwrap_or_default());
        for (at, entry) in directory.as_chunks::<128>().0.iter().enumerate() {
            let length = usize::from(bytes::u16_le(entry, 64)?);
            // One that is not in use has no name.
            let Some(length) = length.checked_sub(2) else { continue };
            let name = entry.get(..length.min(62))?;
            let name: String = char::decode_utf16(name.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)))
                .map(|c| c.unwrap_or('?'))
                .collect();
            let start = bytes::u32_le(entry, 116)?;
            let size = u64::from(bytes::u32_le(entry, 120)?);
            match entry.get(66)? {
                // The root is the first entry and no other: each of many roots might name
                // a chain as long as the file.
                5 if at == 0 => this.small = this.chain(start, usize::try_from(size).ok()?).unwrap_or_default(),
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

    /// The bytes that it was read from.
    pub(super) fn into_file(self) -> Vec<u8> {
        self.file
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
            let end = from.checked_add(64)?.min(self.small.len());
            // Nothing where something should be: a chain in a circle there would not end.
            out.extend_from_slice(self.small.get(from..end).filter(|bytes| !bytes.is_empty())?);
            at = *self.small_table.get(usize::try_from(at).ok()?)?;
        }
        out.truncate(size);
        Some(out)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const SECTOR: usize = 512;

    /// A compound file of one table sector, these sectors of directory (first to be
    /// chained) and what comes behind them.
    pub(in crate::old) fn file(directory: &[[u8; 128]], small_table: &[u32], small: &[u8]) -> Vec<u8> {
        let mut sectors: Vec<Vec<u8>> = Vec::new();
        let padded = |bytes: &[u8]| -> Vec<Vec<u8>> {
            bytes
                .chunks(SECTOR)
                .map(|chunk| {
                    let mut chunk = chunk.to_vec();
                    chunk.resize(SECTOR, 0);
                    chunk
                })
                .collect()
        };
        let small_table: Vec<u8> = small_table.iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut table: Vec<u32> = Vec::new();
        let mut starts = Vec::new();
        for bytes in [directory.concat(), small_table, small.to_vec()] {
            starts.push(if bytes.is_empty() { END } else { u32::try_from(sectors.len()).unwrap() });
            let parts = padded(&bytes);
            for at in 0..parts.len() {
                let next = u32::try_from(sectors.len() + at + 1).unwrap();
                table.push(if at + 1 == parts.len() { END } else { next });
            }
            sectors.extend(parts);
        }
        // The root's chain is that of the small sectors.
        if let Some(first) = sectors.first_mut() {
            first[116..120].copy_from_slice(&starts[2].to_le_bytes());
            first[120..124].copy_from_slice(&u32::try_from(small.len()).unwrap().to_le_bytes());
        }
        let first_of_table = sectors.len();
        let table: Vec<u8> = table.iter().flat_map(|number| number.to_le_bytes()).collect();
        let table = padded(&table);
        assert!(table.len() <= 109);
        let mut header = vec![0; SECTOR];
        header[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
        header[30] = 9;
        header[48..52].copy_from_slice(&starts[0].to_le_bytes());
        header[60..64].copy_from_slice(&starts[1].to_le_bytes());
        header[68..72].copy_from_slice(&END.to_le_bytes());
        for place in 0..109 {
            let number = if place < table.len() { u32::try_from(first_of_table + place).unwrap() } else { u32::MAX };
            header[76 + place * 4..80 + place * 4].copy_from_slice(&number.to_le_bytes());
        }
        sectors.extend(table);
        [header, sectors.concat()].concat()
    }

    /// An entry of the directory.
    pub(in crate::old) fn entry(name: &str, kind: u8, start: u32, size: u32) -> [u8; 128] {
        let mut entry = [0; 128];
        for (at, unit) in name.encode_utf16().enumerate() {
            entry[at * 2..at * 2 + 2].copy_from_slice(&unit.to_le_bytes());
        }
        entry[64..66].copy_from_slice(&u16::try_from((name.len() + 1) * 2).unwrap().to_le_bytes());
        entry[66] = kind;
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&size.to_le_bytes());
        entry
    }

    #[test]
    fn small_streams_are_read_and_circles_end() {
        let directory = [entry("Root Entry", 5, 0, 0), entry("a", 2, 0, 70), entry("b", 2, 2, 4_000)];
        // The second small sector ends the first stream; the other goes on where there
        // is nothing, and from there to itself.
        let small: Vec<u8> = (0..128u8).collect();
        let file = Compound::read(file(&directory, &[1, END, 2], &small)).unwrap();
        assert_eq!(file.stream("a").unwrap(), (0..70u8).collect::<Vec<_>>());
        assert_eq!(file.stream("b"), None);
        assert!(file.has("a") && !file.has("c"));
    }

    /// Each of 25,000 roots had its chain read, and a file of 48 MiB has room for 16 times
    /// as many and as long: terabytes.
    #[test]
    fn there_is_one_root() {
        let mut directory = vec![entry("Root Entry", 5, 0, 0)];
        directory.resize(25_000, entry("x", 5, 0, u32::MAX));
        let small = vec![7; 3 << 20];
        let file = Compound::read(file(&directory, &[], &small)).unwrap();
        assert_eq!(file.small.len(), small.len());
    }
}

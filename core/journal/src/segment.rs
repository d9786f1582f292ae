//! Segment files: their header, the list of them, and reading entries in order.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::Error;
use crate::disk::{Disk, DiskFile, Mode};
use crate::frame::{self, Frame};
use crate::id::StationId;
use crate::record::Record;

/// Folder of the segments.
pub(crate) const FOLDER: &str = "journal";
/// Bytes before the first frame.
pub(crate) const HEADER: u64 = 128;
const MAGIC: &[u8; 8] = b"TRAMSEG1";
/// One position of so many entries is remembered.
const EVERY: u64 = 32;
/// Positions remembered at most, about 1 MB.
const POSITIONS: usize = 20_000;
const CHUNK: usize = 128 << 10;

/// First bytes of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: u32,
    /// Raised each time the segment is rewritten by an erasure.
    pub(crate) revision: u32,
    pub(crate) station: StationId,
    /// Sequence of its first entry.
    pub(crate) first: u64,
    /// Where the segment before ends. What stands behind that place was never acknowledged.
    pub(crate) previous_end: u64,
    /// Where this one ends, once it was rewritten; 0 before.
    pub(crate) own_end: u64,
    /// Chain hash before its first entry.
    pub(crate) previous: [u8; 32],
    /// Epoch of its first entry.
    pub(crate) epoch: u32,
    /// Tag of that epoch.
    pub(crate) tag: u16,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.revision.to_le_bytes());
        out.extend_from_slice(&self.station.0);
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.previous_end.to_le_bytes());
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&self.tag.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&self.own_end.to_le_bytes());
        let hash = blake3::hash(&out);
        out.extend_from_slice(hash.as_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8; 128]) -> Result<Self, &'static str> {
        let (fields, hash) = bytes.split_at(96);
        if !fields.starts_with(MAGIC) {
            return Err("not a segment");
        }
        if blake3::hash(fields).as_bytes() != hash {
            return Err("header's hash does not match");
        }
        let mut rest = fields.get(8..).unwrap_or_default();
        Ok(Self {
            number: u32::from_le_bytes(take(&mut rest)),
            revision: u32::from_le_bytes(take(&mut rest)),
            station: StationId(take(&mut rest)),
            first: u64::from_le_bytes(take(&mut rest)),
            previous_end: u64::from_le_bytes(take(&mut rest)),
            previous: take(&mut rest),
            epoch: u32::from_le_bytes(take(&mut rest)),
            tag: u16::from_le_bytes(take(&mut rest)),
            own_end: {
                let _zero: [u8; 2] = take(&mut rest);
                u64::from_le_bytes(take(&mut rest))
            },
        })
    }
}

/// The next `N` bytes; the header's length is fixed, so they are there.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let mut out = [0u8; N];
    if let Some((head, tail)) = rest.split_at_checked(N) {
        out.copy_from_slice(head);
        *rest = tail;
    }
    out
}

/// File name of a segment.
pub(crate) fn name(number: u32) -> String {
    format!("{FOLDER}/{number:08}.seg")
}

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    /// Sequence of the entry that stands or will stand there.
    pub(crate) sequence: u64,
}

/// Reads and checks a segment's header.
pub(crate) fn read_header(file: &dyn DiskFile, number: u32) -> Result<Header, Error> {
    let damaged = |reason: &str| Error::Damaged { segment: number, offset: 0, sequence: 0, reason: reason.to_owned() };
    let mut bytes = [0u8; 128];
    file.read_at(&mut bytes, 0).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => damaged("shorter than its header"),
        _ => Error::Io(e),
    })?;
    let header = Header::decode(&bytes).map_err(damaged)?;
    if header.number != number {
        return Err(damaged("header names another number"));
    }
    Ok(header)
}

/// Segment numbers in a folder, in order.
pub(crate) fn numbers(disk: &dyn Disk) -> Result<Vec<u32>, Error> {
    let mut numbers: Vec<u32> = disk
        .list(FOLDER)
        .map_err(Error::io)?
        .iter()
        .filter_map(|n| n.strip_suffix(".seg").filter(|n| n.len() == 8).and_then(|n| n.parse().ok()))
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// One segment in the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meta {
    pub(crate) header: Header,
    /// Where it ends; `None` while it is being written.
    pub(crate) end: Option<u64>,
}

/// The segments of a journal, shared by writer and readers.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) disk: Arc<dyn Disk>,
    list: RwLock<Vec<Meta>>,
    /// Some places, by sequence, so that reading need not start at a segment's beginning.
    positions: Mutex<Positions>,
}

#[derive(Debug, Default)]
struct Positions {
    /// Raised when a segment is rewritten: who read the old file must not add its places.
    generation: u64,
    places: BTreeMap<u64, Place>,
}

impl Segments {
    /// Reads the headers of all segments and checks that they follow each other.
    pub(crate) fn load(disk: Arc<dyn Disk>) -> Result<Self, Error> {
        let mut list: Vec<Meta> = Vec::new();
        for (index, number) in numbers(&*disk)?.into_iter().enumerate() {
            let file = disk.open(&name(number), Mode::Read).map_err(Error::io)?;
            let header = read_header(&*file, number)?;
            let expected = u32::try_from(index).unwrap_or(u32::MAX);
            let damaged = |reason: &str| Error::Damaged {
                segment: expected,
                offset: 0,
                sequence: header.first,
                reason: reason.to_owned(),
            };
            if number != expected {
                return Err(damaged("segment is missing"));
            }
            if let Some(before) = list.last_mut() {
                if before.header.station != header.station {
                    return Err(damaged("segment belongs to another station"));
                }
                before.end = Some(match before.header.own_end {
                    0 => header.previous_end,
                    end => end,
                });
            }
            list.push(Meta { header, end: None });
        }
        if list.is_empty() {
            return Err(Error::Folder("the folder holds no journal".into()));
        }
        Ok(Self { disk, list: RwLock::new(list), positions: Mutex::new(Positions::default()) })
    }

    pub(crate) fn list(&self) -> Vec<Meta> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn last(&self) -> Result<Meta, Error> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.last().copied().ok_or_else(|| Error::Folder("the folder holds no journal".into()))
    }

    /// Ends the last segment and begins another.
    pub(crate) fn push(&self, header: Header) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = list.last_mut() {
            last.end = Some(header.previous_end);
        }
        list.push(Meta { header, end: None });
    }

    /// Takes note that a segment was rewritten.
    pub(crate) fn replace(&self, header: Header) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        for meta in list.iter_mut().filter(|m| m.header.number == header.number) {
            *meta = Meta { header, end: Some(header.own_end) };
        }
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.generation += 1;
        positions.places.retain(|_, place| place.segment != header.number);
    }

    /// Remembers where an entry stands, now and then.
    pub(crate) fn remember(&self, place: Place, generation: u64) {
        if place.sequence.is_multiple_of(EVERY) {
            let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
            if positions.generation != generation {
                return;
            }
            if positions.places.len() >= POSITIONS {
                positions.places.clear();
            }
            positions.places.insert(place.sequence, place);
        }
    }

    /// How often a segment was rewritten since opening.
    pub(crate) fn generation(&self) -> u64 {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// A place at or before an entry.
    pub(crate) fn locate(&self, sequence: u64) -> Result<Place, Error> {
        let start = {
            let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
            let at = list.partition_point(|m| m.header.first <= sequence).saturating_sub(1);
            list.get(at).map(|m| Place { segment: m.header.number, offset: HEADER, sequence: m.header.first })
        }
        .ok_or_else(|| Error::Folder("the folder holds no journal".into()))?;
        let positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(positions
            .places
            .range(..=sequence)
            .next_back()
            .map(|(_, p)| *p)
            .filter(|p| p.segment == start.segment && p.offset >= start.offset)
            .unwrap_or(start))
    }

    /// Reads entries in order, from a place on.
    pub(crate) fn scan(self: &Arc<Self>, from: Place) -> Scan {
        Scan {
            segments: Arc::clone(self),
            generation: self.generation(),
            at: from,
            file: None,
            end: 0,
            sealed: false,
            buffer: Vec::new(),
            base: 0,
        }
    }

    /// The entry of this sequence.
    pub(crate) fn entry(self: &Arc<Self>, sequence: u64) -> Result<(Record, [u8; 32]), Error> {
        let mut scan = self.scan(self.locate(sequence)?);
        scan.skip_to(sequence)?;
        match scan.next()? {
            Step::Entry { body, .. } => Record::decode(&body),
            Step::End(_) => Err(Error::NotFound(format!("entry {sequence}"))),
        }
    }
}

/// What a [`Scan`] came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// An entry.
    Entry {
        place: Place,
        /// Entries of its group before it.
        back: u32,
        body: Vec<u8>,
    },
    /// The end of what checks: the last entry, or a frame in the last segment that does not.
    End(End),
}

/// Why reading stopped.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) place: Place,
    /// What does not check, if it is not simply the end.
    pub(crate) reason: Option<&'static str>,
}

/// Reads entries from segment to segment.
#[derive(Debug)]
pub(crate) struct Scan {
    segments: Arc<Segments>,
    generation: u64,
    at: Place,
    file: Option<Arc<dyn DiskFile>>,
    end: u64,
    sealed: bool,
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte.
    base: u64,
}

impl Scan {
    /// Makes at least `n` bytes from the present place available, or all there are.
    fn fill(&mut self, n: usize) -> Result<&[u8], Error> {
        if self.file.is_none() {
            let meta = self
                .segments
                .list()
                .into_iter()
                .find(|m| m.header.number == self.at.segment)
                .ok_or_else(|| Error::NotFound(format!("segment {}", self.at.segment)))?;
            let file = self.segments.disk.open(&name(self.at.segment), Mode::Read).map_err(Error::io)?;
            let size = file.size().map_err(Error::io)?;
            self.sealed = meta.end.is_some();
            self.end = meta.end.unwrap_or(size).min(size);
            self.file = Some(file);
            self.buffer.clear();
            self.base = self.at.offset;
        }
        let skip = usize::try_from(self.at.offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let left = usize::try_from(self.end.saturating_sub(self.at.offset)).unwrap_or(usize::MAX);
        let want = n.min(left);
        if self.buffer.len().saturating_sub(skip) < want {
            let size = n.max(CHUNK).min(left);
            self.buffer.clear();
            self.buffer.resize(size, 0);
            self.base = self.at.offset;
            if let Some(file) = &self.file {
                file.read_at(&mut self.buffer, self.base).map_err(Error::io)?;
            }
            return Ok(&self.buffer);
        }
        Ok(self.buffer.get(skip..).unwrap_or_default())
    }

    /// Goes to the next segment if this one is sealed and read to its end.
    fn turn(&mut self) -> bool {
        if self.sealed && self.at.offset >= self.end {
            self.at.segment += 1;
            self.at.offset = HEADER;
            self.file = None;
            return true;
        }
        false
    }

    /// The next entry.
    pub(crate) fn next(&mut self) -> Result<Step, Error> {
        let mut need = frame::HEADER;
        loop {
            let at = self.at;
            let bytes = self.fill(need)?;
            let available = bytes.len();
            let stopped = match frame::read(bytes, at.segment, at.offset) {
                Frame::Whole { body, back, size } => {
                    let body = body.to_vec();
                    self.segments.remember(at, self.generation);
                    self.at.offset += size as u64;
                    self.at.sequence += 1;
                    return Ok(Step::Entry { place: at, back, body });
                }
                Frame::Short(n) if available < n && need < n => {
                    need = n;
                    continue;
                }
                Frame::Short(_) => Some("frame is cut off"),
                Frame::Bad(reason) => Some(reason),
                Frame::End => None,
            };
            if stopped.is_none() && self.turn() {
                need = frame::HEADER;
                continue;
            }
            if !self.sealed {
                return Ok(Step::End(End { place: at, reason: stopped }));
            }
            return Err(Error::Damaged {
                segment: at.segment,
                offset: at.offset,
                sequence: at.sequence,
                reason: stopped.unwrap_or("entries end before the segment does").to_owned(),
            });
        }
    }

    /// Where the next entry stands.
    pub(crate) fn place(&self) -> Place {
        self.at
    }

    /// Steps over entries without checking them.
    pub(crate) fn skip_to(&mut self, sequence: u64) -> Result<(), Error> {
        while self.at.sequence < sequence {
            let bytes = self.fill(frame::HEADER)?;
            match frame::peek_size(bytes) {
                Some(size) => {
                    self.segments.remember(self.at, self.generation);
                    self.at.offset += size as u64;
                    self.at.sequence += 1;
                }
                None if self.turn() => {}
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

//! Appending to the journal: one write and one sync a group, and finding its end after a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::disk::{Disk, DiskFile, Mode};
use crate::frame::{self, Frame};
use crate::id::StationId;
use crate::model::Head;
use crate::record::Record;
use crate::segment::{self, End, FOLDER, HEADER, Header, Place, Segments};

/// A zero-filled file that waits to become a segment.
const SPARE: &str = "journal/spare";
/// It is made under this name.
const SPARE_NEW: &str = "journal/spare.new";
/// The next segment, while its header is written.
const NEXT: &str = "journal/next";
/// Bytes hashed at most when looking for frames behind a bad one.
const SEARCH: usize = 256 << 20;

/// The writing end of the journal.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) segments: Arc<Segments>,
    spare: Arc<AtomicBool>,
    station: StationId,
    segment_size: u64,
    file: Arc<dyn DiskFile>,
    number: u32,
    offset: u64,
    capacity: u64,
    /// The next append begins a new segment: after a failed write or sync nothing that
    /// this one holds behind `offset` can be trusted, whatever the page cache shows.
    must_roll: bool,
}

fn fill_with_zeros(file: &dyn DiskFile, size: u64) -> std::io::Result<()> {
    const STEP: u64 = 256 << 10;
    let zeros = vec![0u8; STEP as usize];
    let mut at = 0;
    while at < size {
        let n = (size - at).min(STEP);
        file.write_at(zeros.get(..n as usize).unwrap_or_default(), at)?;
        at += n;
    }
    file.sync()
}

/// Makes the file that will be the next segment, so that no commit waits for it.
pub(crate) fn prepare_spare(disk: &dyn Disk, size: u64, ready: &AtomicBool) -> Result<(), Error> {
    let make = || {
        let file = disk.open(SPARE_NEW, Mode::Truncate)?;
        fill_with_zeros(&*file, size)?;
        disk.rename(SPARE_NEW, SPARE)
    };
    make().map_err(|e| {
        // A half-made file would only hold space.
        let _ = disk.remove(SPARE_NEW);
        Error::io(e)
    })?;
    ready.store(true, Ordering::Release);
    Ok(())
}

/// Makes the file of a new segment with its header, durably, and opens it.
fn make_segment(disk: &dyn Disk, header: &Header, size: u64, spare: &AtomicBool) -> Result<Arc<dyn DiskFile>, Error> {
    // The spare is taken under another name before the housekeeper may make the next one.
    let taken = spare.load(Ordering::Acquire) && disk.rename(SPARE, NEXT).is_ok();
    spare.store(false, Ordering::Release);
    let make = || {
        let file = disk.open(NEXT, if taken { Mode::Write } else { Mode::Truncate })?;
        if !taken || file.size()? < size {
            fill_with_zeros(&*file, size)?;
        }
        file.write_at(&header.encode(), 0)?;
        file.sync()?;
        // Only a file whose header is on disk gets a segment's name.
        disk.rename(NEXT, &segment::name(header.number))?;
        disk.sync_folder(FOLDER)?;
        Ok(file)
    };
    make().map_err(|e| {
        let _ = disk.remove(NEXT);
        Error::io(e)
    })
}

impl Log {
    /// Makes the first segment of a new station.
    pub(crate) fn create(disk: Arc<dyn Disk>, station: StationId, tag: u16, size: u64) -> Result<Self, Error> {
        let header = Header {
            number: 0,
            revision: 0,
            station,
            first: 1,
            previous_end: 0,
            own_end: 0,
            previous: [0; 32],
            epoch: 0,
            tag,
        };
        let spare = Arc::new(AtomicBool::new(false));
        let file = make_segment(&*disk, &header, size, &spare)?;
        Ok(Self {
            segments: Arc::new(Segments::load(disk)?),
            spare,
            station,
            segment_size: size,
            file,
            number: 0,
            offset: HEADER,
            capacity: size,
            must_roll: false,
        })
    }

    /// Takes up writing at the journal's end, which a replay has found.
    /// Zeroes what a torn write left behind it.
    pub(crate) fn resume(segments: Arc<Segments>, size: u64, end: &End, previous: u64) -> Result<Self, Error> {
        let disk = &segments.disk;
        let last = segments.last()?;
        let file = disk.open(&segment::name(last.header.number), Mode::Write).map_err(Error::io)?;
        let capacity = file.size().map_err(Error::io)?;
        // Whatever was behind the end was never acknowledged. It is gone before the first
        // new frame is written, so that no later reader can take it for one.
        if !tail_is_zero(&*file, end.place.offset, capacity)? {
            log::warn!("journal: cut an unfinished write behind entry {previous}");
            let zeros = capacity.saturating_sub(end.place.offset);
            file.resize(end.place.offset).map_err(Error::io)?;
            file.resize(end.place.offset + zeros).map_err(Error::io)?;
            file.sync().map_err(Error::io)?;
        }
        for leftover in [SPARE, SPARE_NEW, NEXT] {
            disk.remove(leftover).map_err(Error::io)?;
        }
        let must_roll = last.header.own_end != 0 || capacity < HEADER + frame::size_of(1) as u64;
        Ok(Self {
            station: last.header.station,
            number: last.header.number,
            segments: Arc::clone(&segments),
            spare: Arc::new(AtomicBool::new(false)),
            segment_size: size,
            file,
            offset: end.place.offset,
            capacity,
            must_roll,
        })
    }

    /// Where the next entry will stand.
    pub(crate) fn place(&self, head: &Head) -> Place {
        Place { segment: self.number, offset: self.offset, sequence: head.sequence + 1 }
    }

    /// Where the last entry of a group that was just appended stands.
    pub(crate) fn last_place(&self, bodies: &[Vec<u8>], head: &Head) -> Place {
        let size = bodies.last().map_or(0, |b| frame::size_of(b.len()));
        Place { segment: self.number, offset: self.offset - size as u64, sequence: head.sequence }
    }

    /// Tells whether a spare is ready.
    pub(crate) fn spare(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.spare)
    }

    /// Appends a group of entries that follow `head` and returns when they are on disk.
    /// Returns the bytes written.
    pub(crate) fn append(&mut self, bodies: &[Vec<u8>], head: &Head) -> Result<u64, Error> {
        let total: usize = bodies.iter().map(|b| frame::size_of(b.len())).sum();
        if self.must_roll || self.offset + total as u64 > self.capacity {
            self.roll(head, total as u64)?;
        }
        let mut buffer = Vec::with_capacity(total);
        let mut places = Vec::with_capacity(bodies.len());
        for (back, body) in bodies.iter().enumerate() {
            let offset = self.offset + buffer.len() as u64;
            places.push(Place { segment: self.number, offset, sequence: head.sequence + 1 + back as u64 });
            frame::write(&mut buffer, self.number, offset, u32::try_from(back).unwrap_or(u32::MAX), body);
        }
        if let Err(e) = self.file.write_at(&buffer, self.offset).and_then(|()| self.file.sync()) {
            self.must_roll = true;
            return Err(Error::io(e));
        }
        self.offset += total as u64;
        let generation = self.segments.generation();
        for place in places {
            self.segments.remember(place, generation);
        }
        Ok(total as u64)
    }

    /// Begins a new segment, whose header says where this one ends.
    pub(crate) fn roll(&mut self, head: &Head, needed: u64) -> Result<(), Error> {
        self.must_roll = true;
        let header = Header {
            number: self.number + 1,
            revision: 0,
            station: self.station,
            first: head.sequence + 1,
            previous_end: self.offset,
            own_end: 0,
            previous: head.hash,
            epoch: head.epoch,
            tag: head.tag,
        };
        let capacity = self.segment_size.max(HEADER + needed).next_multiple_of(4096);
        let file = make_segment(&*self.segments.disk, &header, capacity, &self.spare)?;
        let old = std::mem::replace(&mut self.file, file);
        // The new header already says where the old one ends, so a failure here costs only space.
        if let Err(e) = old.resize(self.offset).and_then(|()| old.sync()) {
            log::warn!("journal: segment {} could not be cut to its length: {e}", self.number);
        }
        self.segments.push(header);
        self.number = header.number;
        self.offset = HEADER;
        self.capacity = capacity;
        self.must_roll = false;
        Ok(())
    }
}

/// True when nothing but zeros stands from `from` to `size`.
pub(crate) fn tail_is_zero(file: &dyn DiskFile, from: u64, size: u64) -> Result<bool, Error> {
    const STEP: u64 = 256 << 10;
    let mut buffer = vec![0u8; STEP as usize];
    let mut at = from;
    while at < size {
        let n = (size - at).min(STEP) as usize;
        let part = buffer.get_mut(..n).unwrap_or_default();
        file.read_at(part, at).map_err(Error::io)?;
        if part.iter().any(|b| *b != 0) {
            return Ok(false);
        }
        at += n as u64;
    }
    Ok(true)
}

/// Tells a torn last write from damage. A group is written only after the one before it is on
/// disk; so a frame that checks, and whose group began behind the bad place, proves that the
/// bad frame had once been whole.
pub(crate) fn is_torn(file: &dyn DiskFile, end: &End) -> Result<bool, Error> {
    let size = file.size().map_err(Error::io)?;
    let length = usize::try_from(size.saturating_sub(end.place.offset)).unwrap_or(0);
    let mut bytes = vec![0u8; length];
    file.read_at(&mut bytes, end.place.offset).map_err(Error::io)?;
    let mut hashed = 0usize;
    for at in (8..length).step_by(8) {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(needed) = frame::peek_size(rest).filter(|n| *n <= rest.len()) else {
            continue;
        };
        hashed += needed;
        if hashed > SEARCH {
            break;
        }
        if let Frame::Whole { body, back, .. } = frame::read(rest, end.place.segment, end.place.offset + at as u64)
            && let Ok(sequence) = Record::peek_sequence(body)
            && sequence.saturating_sub(u64::from(back)) > end.place.sequence
        {
            return Ok(false);
        }
    }
    Ok(true)
}

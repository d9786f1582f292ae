//! One file of the read log: its header, its frames and what stands in them.
//!
//! ```text
//! header, 96 bytes
//!  0   8   "TRAMRDS1"
//!  8   u32  number of the file
//! 12   16   station
//! 28   u64  sequence of its first reading
//! 36   u64  where the file before ends, 0 for the first
//! 44   32   chain hash before its first frame
//! 76   16   BLAKE3 of the 76 bytes above, first 16 bytes
//! 92   4    zeros
//! ```
//! Then frames as those of the journal, whose segment number has its highest bit set.
//! A body is the chain hash before it (32 bytes), the sequence of its first reading, the
//! number of readings, and the readings; its BLAKE3 hash is the next chain hash.

use crate::Error;
use crate::codec::{Input, put_bytes, put_i64, put_u64};
use crate::disk::DiskFile;
use crate::frame::{self, Frame};
use crate::id::{Id, StationId};
use crate::log::tail_is_zero;
use crate::model::Time;
use crate::record::{quality_code, quality_of};

use super::SensitiveRead;

/// Bytes before the first frame.
pub(super) const HEADER: u64 = 96;
const MAGIC: &[u8; 8] = b"TRAMRDS1";
/// Marks the frames of this log, so that none strayed from the journal checks here.
const MARK: u32 = 0x8000_0000;

/// First bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u32,
    pub(super) station: StationId,
    pub(super) first: u64,
    pub(super) previous_end: u64,
    pub(super) previous: [u8; 32],
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.station.0);
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.previous_end.to_le_bytes());
        out.extend_from_slice(&self.previous);
        let own = blake3::hash(&out);
        out.extend(own.as_bytes().iter().take(16));
        out.resize(96, 0);
        out
    }

    pub(super) fn read(file: &dyn DiskFile) -> Result<Self, &'static str> {
        let mut bytes = [0; 96];
        file.read_at(&mut bytes, 0).map_err(|_| "the file is shorter than its header")?;
        let mut input = Input::new(&bytes);
        let mut read = || -> Result<Self, Error> {
            let magic = input.array::<8>()?;
            let header = Self {
                number: u32::from_le_bytes(input.array()?),
                station: StationId(input.array()?),
                first: u64::from_le_bytes(input.array()?),
                previous_end: u64::from_le_bytes(input.array()?),
                previous: input.array()?,
            };
            if &magic != MAGIC {
                return Err(Error::Malformed("magic"));
            }
            Ok(header)
        };
        let header = read().map_err(|_| "the file is no read log")?;
        if header.encode() != bytes { Err("the header's hash does not match") } else { Ok(header) }
    }
}

/// Appends the frame of a group of readings, which will stand at `offset`; answers the
/// chain hash behind it.
pub(super) fn write(
    out: &mut Vec<u8>,
    number: u32,
    offset: u64,
    previous: &[u8; 32],
    first: u64,
    reads: &[SensitiveRead],
) -> [u8; 32] {
    let mut body = Vec::with_capacity(64 + reads.len() * 80);
    body.extend_from_slice(previous);
    put_u64(&mut body, first);
    put_u64(&mut body, reads.len() as u64);
    for read in reads {
        put_i64(&mut body, read.time.unix_ms);
        body.push(quality_code(read.time.quality));
        put_bytes(&mut body, read.actor.as_bytes());
        put_bytes(&mut body, read.owner.as_bytes());
        put_u64(&mut body, read.fields.len() as u64);
        read.fields.iter().for_each(|field| put_bytes(&mut body, field.as_bytes()));
        put_u64(&mut body, read.persons.len() as u64);
        read.persons.iter().for_each(|person| body.extend_from_slice(&person.0));
    }
    frame::write(out, number | MARK, offset, 0, &body);
    *blake3::hash(&body).as_bytes()
}

/// A group of readings, decoded.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) previous: [u8; 32],
    pub(super) first: u64,
    pub(super) reads: Vec<SensitiveRead>,
}

fn decode(body: &[u8]) -> Result<Group, Error> {
    let mut input = Input::new(body);
    let previous = input.array()?;
    let first = input.u64()?;
    let count = input.u64()?;
    let mut reads = Vec::new();
    for _ in 0..count {
        let time = Time { unix_ms: input.i64()?, quality: quality_of(input.u8()?)? };
        let (actor, owner) = (input.text()?.to_owned(), input.text()?.to_owned());
        let fields = (0..input.u64()?).map(|_| input.text().map(str::to_owned)).collect::<Result<_, _>>()?;
        let persons = (0..input.u64()?).map(|_| input.array().map(Id)).collect::<Result<_, _>>()?;
        reads.push(SensitiveRead { time, actor, owner, fields, persons });
    }
    if !input.is_empty() {
        return Err(Error::Malformed("bytes behind the last reading"));
    }
    Ok(Group { previous, first, reads })
}

/// Where a walk through a file stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) offset: u64,
    /// Sequence of the next reading.
    pub(super) next: u64,
    /// Chain hash so far.
    pub(super) chain: [u8; 32],
    /// What does not check there, when it is not simply the end.
    pub(super) wrong: Option<&'static str>,
}

/// Walks through the frames up to `end`, handing each group over. Stops at the first that
/// does not check.
///
/// # Errors
/// The disk refused.
pub(super) fn walk(file: &dyn DiskFile, header: &Header, end: u64, mut each: impl FnMut(Group)) -> Result<At, Error> {
    let mut at = At { offset: HEADER, next: header.first, chain: header.previous, wrong: None };
    let length = usize::try_from(end.saturating_sub(HEADER)).unwrap_or(0);
    let mut bytes = vec![0; length];
    file.read_at(&mut bytes, HEADER).map_err(Error::io)?;
    let mut rest = bytes.as_slice();
    loop {
        match frame::read(rest, header.number | MARK, at.offset) {
            Frame::End => break,
            Frame::Short(_) => at.wrong = Some("a group of readings is cut off"),
            Frame::Bad(reason) => at.wrong = Some(reason),
            Frame::Whole { body, size, .. } => match decode(body) {
                Ok(group) if group.previous == at.chain && group.first == at.next => {
                    at.offset += size as u64;
                    at.next += group.reads.len() as u64;
                    at.chain = *blake3::hash(body).as_bytes();
                    each(group);
                    rest = rest.get(size..).unwrap_or_default();
                    continue;
                }
                Ok(_) => at.wrong = Some("a group of readings does not follow the one before"),
                Err(_) => at.wrong = Some("a group of readings does not read"),
            },
        }
        break;
    }
    if at.wrong.is_none() && !tail_is_zero(file, at.offset, end)? {
        at.wrong = Some("bytes stand behind the last reading");
    }
    Ok(at)
}

/// Tells a torn last write from damage: groups are synced one after another, so a whole
/// frame behind the bad place proves that the bad one had once been whole.
///
/// # Errors
/// The disk refused.
pub(super) fn is_torn(file: &dyn DiskFile, header: &Header, at: &At, end: u64) -> Result<bool, Error> {
    let length = usize::try_from(end.saturating_sub(at.offset)).unwrap_or(0);
    let mut bytes = vec![0; length];
    file.read_at(&mut bytes, at.offset).map_err(Error::io)?;
    let whole = (8..length).step_by(8).any(|skip| {
        let rest = bytes.get(skip..).unwrap_or_default();
        frame::peek_size(rest).is_some_and(|size| size <= rest.len())
            && matches!(frame::read(rest, header.number | MARK, at.offset + skip as u64), Frame::Whole { .. })
    });
    Ok(!whole)
}

//! Readers: over bytes in memory, and fed piece by piece.

use super::frame::{Step, step};
use super::{RECORD_TERMINATOR, parse};
use crate::{Bad, Charset, Read, Reason};

/// The records of a file that is in memory.
#[derive(Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    place: Place,
}

/// Reads records from pieces of a file, as a plugin gets them.
///
/// As an iterator it gives what is complete so far and then `None`; after the
/// next [`Decoder::push`] it goes on.
///
/// ```
/// # use tram_marc::{Charset, iso2709::Decoder};
/// # let pieces: [&[u8]; 0] = [];
/// let mut decoder = Decoder::new(Charset::Detect);
/// for piece in pieces {
///     decoder.push(piece);
///     for item in &mut decoder { /* … */ }
/// }
/// decoder.finish();
/// for item in &mut decoder { /* … */ }
/// ```
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How much of the buffer has been given out.
    used: usize,
    /// How many bytes behind `used` hold no record terminator.
    clear: usize,
    /// Where a record without end began and how much of it has gone by.
    endless: Option<(u64, u64)>,
    finished: bool,
    place: Place,
}

/// How far a reader is.
#[derive(Clone, Copy, Debug)]
struct Place {
    charset: Charset,
    /// The offset in the input of the first byte not given out.
    offset: u64,
    /// The number of the next record.
    index: u64,
}

impl Place {
    fn new(charset: Charset) -> Self {
        Self { charset, offset: 0, index: 0 }
    }

    /// The item for the record at `start..end` behind the place, which moves on.
    fn item(
        &mut self,
        bytes: &[u8],
        (start, end): (usize, usize),
        outcome: Result<Box<parse::Parsed>, Reason>,
    ) -> Result<Read, Bad> {
        let offset = self.offset + start as u64;
        let length = (end - start) as u64;
        let index = self.index;
        self.offset += end as u64;
        self.index += 1;
        match outcome {
            Ok(parsed) => {
                let parse::Parsed { record, encoding, warnings } = *parsed;
                Ok(Read { record, index, offset, length, encoding, warnings })
            }
            Err(reason) => {
                let control_number = bytes.get(start..end).and_then(parse::control_number);
                Err(Bad { index, offset, length, reason, control_number })
            }
        }
    }

    fn endless(&mut self, offset: u64, length: u64) -> Result<Read, Bad> {
        let index = self.index;
        self.index += 1;
        Err(Bad { index, offset, length, reason: Reason::Endless, control_number: None })
    }
}

impl<'a> Records<'a> {
    /// The records of `file`.
    #[must_use]
    pub fn new(file: &'a [u8], charset: Charset) -> Self {
        Self { rest: file, place: Place::new(charset) }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Read, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        match step(self.rest, true, 0, self.place.charset) {
            Step::More => None,
            Step::Record { start, end, outcome } => {
                let item = self.place.item(self.rest, (start, end), outcome);
                self.rest = self.rest.get(end..).unwrap_or_default();
                Some(item)
            }
            Step::Endless { start } => {
                let tail = self.rest.get(start..).unwrap_or_default();
                let length = memchr::memchr(RECORD_TERMINATOR, tail).map_or(tail.len(), |at| at + 1);
                let item = self.place.endless(self.place.offset + start as u64, length as u64);
                self.place.offset += (start + length) as u64;
                self.rest = tail.get(length..).unwrap_or_default();
                Some(item)
            }
        }
    }
}

impl Decoder {
    /// A decoder at the beginning of a file.
    #[must_use]
    pub fn new(charset: Charset) -> Self {
        Self { buffer: Vec::new(), used: 0, clear: 0, endless: None, finished: false, place: Place::new(charset) }
    }

    /// Adds the next piece of the file.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// Says that the file has ended; the last record is judged then.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The offset in the file of the first byte that has not been given out:
    /// where a later decoder could go on.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.place.offset
    }

    fn advance(&mut self, bytes: usize) {
        self.used += bytes;
        self.clear = self.clear.saturating_sub(bytes);
    }

    /// Passes over the rest of a record without end; the item once it is over.
    fn pass_over(&mut self, began: u64, gone: u64) -> Option<Result<Read, Bad>> {
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        let end = memchr::memchr(RECORD_TERMINATOR, rest).map(|at| at + 1);
        let length = end.unwrap_or(rest.len());
        let gone = gone + length as u64;
        self.place.offset += length as u64;
        self.advance(length);
        if end.is_some() || self.finished {
            self.endless = None;
            return Some(self.place.endless(began, gone));
        }
        self.endless = Some((began, gone));
        None
    }
}

impl Iterator for Decoder {
    type Item = Result<Read, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((began, gone)) = self.endless {
            return self.pass_over(began, gone);
        }
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        match step(rest, self.finished, self.clear, self.place.charset) {
            Step::More => {
                self.clear = 0;
                if memchr::memchr(RECORD_TERMINATOR, rest).is_none() {
                    self.clear = rest.len();
                }
                None
            }
            Step::Record { start, end, outcome } => {
                let item = self.place.item(rest, (start, end), outcome);
                self.advance(end);
                Some(item)
            }
            Step::Endless { start } => {
                self.place.offset += start as u64;
                self.advance(start);
                self.pass_over(self.place.offset, 0)
            }
        }
    }
}

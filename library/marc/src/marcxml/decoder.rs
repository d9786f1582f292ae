//! Readers: over bytes in memory, and fed piece by piece.

use super::parse::{self, parse};
use super::scan::{Found, Scanner};
use crate::{Bad, Charset, Read, Reason};

/// The records of a file that is in memory.
#[derive(Debug)]
pub struct Records<'a> {
    file: &'a [u8],
    state: State,
}

/// Reads records from pieces of a file, as a plugin gets them. It is used like
/// [`iso2709::Decoder`](crate::iso2709::Decoder).
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    finished: bool,
    state: State,
}

#[derive(Debug)]
struct State {
    charset: Charset,
    scanner: Scanner,
    /// The offset in the input of the buffer's first byte.
    offset: u64,
    /// The number of the next record.
    index: u64,
    /// The input was found to be UTF-16, and is passed over.
    wide: bool,
}

impl State {
    fn new(charset: Charset) -> Self {
        Self { charset, scanner: Scanner::new(), offset: 0, index: 0, wide: false }
    }

    /// The next item in `buffer`, or how much of it can be dropped.
    fn next(&mut self, buffer: &[u8], last: bool) -> Result<Result<Read, Bad>, usize> {
        self.wide |= self.offset == 0 && is_wide(buffer);
        if self.wide {
            return if last && self.index == 0 { Ok(self.wide_text(buffer.len())) } else { Err(buffer.len()) };
        }
        Ok(match self.scanner.next(buffer, last) {
            Found::More { keep } => return Err(keep),
            Found::Record { start, end } => self.record(buffer, start, end),
            Found::Unclosed { start, end } => self.bad(buffer, (start, end), Reason::Truncated),
            Found::Empty { start, end } => self.bad(buffer, (start, end), Reason::Empty),
            Found::Endless { start, end } => self.bad(buffer, (start, end), Reason::Endless),
        })
    }

    /// The whole input, of which the last `bytes` are in the buffer, as one item.
    fn wide_text(&mut self, bytes: usize) -> Result<Read, Bad> {
        self.index = 1;
        let length = self.offset + bytes as u64;
        Err(Bad { index: 0, offset: 0, length, reason: Reason::WideText, control_number: None })
    }

    fn record(&mut self, buffer: &[u8], start: usize, end: usize) -> Result<Read, Bad> {
        let bytes = buffer.get(start..end).unwrap_or_default();
        match parse(bytes, self.charset, self.scanner.declared) {
            Ok(parsed) => {
                let index = self.index;
                self.index += 1;
                Ok(Read {
                    record: parsed.record,
                    index,
                    offset: self.offset + start as u64,
                    length: (end - start) as u64,
                    encoding: parsed.encoding,
                    warnings: parsed.warnings,
                })
            }
            Err(reason) => self.bad(buffer, (start, end), reason),
        }
    }

    fn bad(&mut self, buffer: &[u8], (start, end): (usize, usize), reason: Reason) -> Result<Read, Bad> {
        let control_number = buffer.get(start..end).and_then(parse::control_number);
        let index = self.index;
        self.index += 1;
        Err(Bad { index, offset: self.offset + start as u64, length: (end - start) as u64, reason, control_number })
    }
}

/// Whether the text is UTF-16, with or without a byte order mark.
fn is_wide(text: &[u8]) -> bool {
    [&b"\xFF\xFE"[..], b"\xFE\xFF", b"<\0", b"\0<"].iter().any(|head| text.starts_with(head))
}

impl<'a> Records<'a> {
    /// The records of `file`.
    #[must_use]
    pub fn new(file: &'a [u8], charset: Charset) -> Self {
        Self { file, state: State::new(charset) }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Read, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        self.state.next(self.file, true).ok()
    }
}

impl Decoder {
    /// A decoder at the beginning of a file.
    #[must_use]
    pub fn new(charset: Charset) -> Self {
        Self { buffer: Vec::new(), finished: false, state: State::new(charset) }
    }

    /// Adds the next piece of the file.
    pub fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// Says that the file has ended; the last record is judged then.
    pub fn finish(&mut self) {
        self.finished = true;
    }
}

impl Iterator for Decoder {
    type Item = Result<Read, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        // Two bytes tell UTF-16 from the rest.
        if self.buffer.len() < 2 && !self.finished {
            return None;
        }
        match self.state.next(&self.buffer, self.finished) {
            Ok(item) => Some(item),
            Err(keep) => {
                self.buffer.drain(..keep);
                self.state.offset += keep as u64;
                self.state.scanner.dropped(keep);
                None
            }
        }
    }
}

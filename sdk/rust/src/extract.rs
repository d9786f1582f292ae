//! Having files looked into, and looking into them.
//!
//! A plugin that keeps files from strangers does not parse them itself: a step of a
//! job calls [`begin`], the next one gets the [`outcome`]. Between the two an
//! extractor ([`crate::Extractor`]), which has no capability at all, saw the file.

pub use tram_contract::extract::{Extract, Media, Package, Page};

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::extract::Derived;

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Text, kind, length, contents.
    pub extract: Extract,
    /// Files made from it (thumbnails), now among this plugin's blobs.
    pub derived: Vec<Derived>,
}

/// Asks for a blob of this plugin's to be looked into before the job's next step.
///
/// # Errors
/// `no-extractor` when no plugin knows such files, `not-found`; `bad-request`
/// outside of a job.
pub fn begin(blob: &str) -> Result<()> {
    backend::extract::begin(blob)
}

/// In the step after [`begin`]: what came of it; none when nothing was begun.
///
/// # Errors
/// The file's: `unreadable`, `encrypted`, `hostile`, `too-much`, `timeout`, with a
/// sentence for its owner.
pub fn outcome() -> Result<Option<Outcome>> {
    let Some(outcome) = backend::extract::outcome()? else { return Ok(None) };
    Ok(Some(Outcome { extract: serde_json::from_slice(&outcome.document)?, derived: outcome.derived }))
}

/// The file that an [`crate::Extractor`] was called for, in a component.
#[cfg(target_arch = "wasm32")]
#[derive(Debug, Default)]
pub struct SourceFile {
    at: u64,
}

/// A file that an [`crate::Extractor`] makes and that is too large for its answer.
/// One at a time. Compiled natively it goes nowhere: logic that makes such files is
/// tested with a sink of its own.
#[derive(Debug, Default)]
pub struct Sink;

#[cfg(target_arch = "wasm32")]
impl Sink {
    /// Begins a file.
    ///
    /// # Errors
    /// `too-much` when there is no room for it.
    pub fn begin(&mut self, name: &str, media_type: &str) -> Result<()> {
        crate::bindings::with_extractor::tram::plugin::sink::begin(name, media_type)
    }

    /// Adds to it; what is longer than 1 MiB goes in pieces.
    ///
    /// # Errors
    /// `too-much` when there is no room for it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        bytes.chunks(1 << 20).try_for_each(crate::bindings::with_extractor::tram::plugin::sink::write)
    }

    /// The file is whole.
    ///
    /// # Errors
    /// Nothing was begun, or the disk failed.
    pub fn end(&mut self) -> Result<()> {
        crate::bindings::with_extractor::tram::plugin::sink::end()
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[allow(missing_docs, reason = "the same as in a component")]
impl Sink {
    pub fn begin(&mut self, _name: &str, _media_type: &str) -> Result<()> {
        Ok(())
    }

    pub fn write(&mut self, _bytes: &[u8]) -> Result<()> {
        Ok(())
    }

    pub fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(target_arch = "wasm32")]
mod source {
    use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

    use crate::bindings::with_extractor::tram::plugin::source;

    impl Read for super::SourceFile {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let wanted = u32::try_from(buffer.len()).unwrap_or(u32::MAX).min(1 << 20);
            let bytes = source::read(self.at, wanted);
            let length = bytes.len().min(buffer.len());
            buffer[..length].copy_from_slice(&bytes[..length]);
            self.at += length as u64;
            Ok(length)
        }
    }

    impl Seek for super::SourceFile {
        fn seek(&mut self, to: SeekFrom) -> Result<u64> {
            let at = match to {
                SeekFrom::Start(at) => Some(at),
                SeekFrom::End(by) => source::size().checked_add_signed(by),
                SeekFrom::Current(by) => self.at.checked_add_signed(by),
            };
            self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
            Ok(self.at)
        }
    }
}

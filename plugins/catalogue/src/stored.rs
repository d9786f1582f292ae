//! The value of a row of the collection `records`.
//!
//! ```text
//! version(1)  length of the published record (u32, little endian)
//! published record  [ batch(16)  pending record ]
//! ```
//!
//! An import that is all or nothing writes beside what readers see: the pending
//! record and the batch it belongs to. Readers skip it until the batch is
//! published, and a batch that is given up leaves what was there before.

use crate::compact::Compact;

const VERSION: u8 = 1;

/// A value, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'a> {
    /// What readers see, in the form of [`crate::compact`]; none for a record that
    /// an unpublished batch brings.
    pub published: Option<&'a [u8]>,
    /// Batch and record that wait.
    pub pending: Option<([u8; 16], &'a [u8])>,
}

impl<'a> Stored<'a> {
    /// A record that is published and nothing else.
    #[must_use]
    pub fn published(record: &'a [u8]) -> Self {
        Self { published: Some(record), pending: None }
    }

    /// Reads a value; `None` when it is damaged or of a later version.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (version, rest) = value.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (published, rest) = rest.split_at_checked(length)?;
        let pending = match rest.split_first_chunk::<16>() {
            Some((batch, record)) => Some((*batch, record)),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { published: (!published.is_empty()).then_some(published), pending })
    }

    /// The bytes of the value.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let published = self.published.unwrap_or_default();
        let mut out = Vec::with_capacity(5 + published.len());
        out.push(VERSION);
        out.extend_from_slice(&u32::try_from(published.len()).unwrap_or(0).to_le_bytes());
        out.extend_from_slice(published);
        if let Some((batch, record)) = self.pending {
            out.extend_from_slice(&batch);
            out.extend_from_slice(record);
        }
        out
    }

    /// The record that readers see.
    #[must_use]
    pub fn record(self) -> Option<Compact<'a>> {
        Compact::new(self.published?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_shape_is_read_back() {
        for stored in [
            Stored::published(b"now"),
            Stored { published: None, pending: Some(([7; 16], b"later")) },
            Stored { published: Some(b"now"), pending: Some(([7; 16], b"later")) },
        ] {
            assert_eq!(Stored::parse(&stored.to_bytes()).unwrap(), stored);
        }
    }

    #[test]
    fn damage_is_seen() {
        assert!(Stored::parse(b"").is_none());
        assert!(Stored::parse(&[2, 0, 0, 0, 0]).is_none());
        assert!(Stored::parse(&[1, 9, 0, 0, 0, 1]).is_none());
        assert!(Stored::parse(&[1, 0, 0, 0, 0, 1, 2]).is_none());
    }
}

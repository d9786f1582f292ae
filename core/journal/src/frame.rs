//! The envelope of an entry within a segment.
//!
//! ```text
//! 0   u32  length of the body, little-endian; 0 means that nothing follows
//! 4   u32  how many entries of the same group stand before this one
//! 8   16   BLAKE3(segment number ‖ byte offset ‖ length ‖ back ‖ body), first 16 bytes
//! 24       body, then zeros to a multiple of 8
//! ```
//! The hash covers the place, so a frame that strayed from elsewhere does not check.

/// Bytes before the body.
pub(crate) const HEADER: usize = 24;

/// No entry is longer: 4 MB of changes, their terms and commitments, with room.
pub(crate) const MAX_BODY: usize = 32 << 20;

/// What stands at a place in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// A whole frame.
    Whole {
        /// Its body.
        body: &'a [u8],
        /// Entries of its group before it.
        back: u32,
        /// Its length with header and padding.
        size: usize,
    },
    /// A length of zero.
    End,
    /// Something that does not check.
    Bad(&'static str),
    /// The bytes given end before the frame does; it needs so many.
    Short(usize),
}

/// Length of a frame whose body has `body` bytes.
pub(crate) fn size_of(body: usize) -> usize {
    (HEADER + body).next_multiple_of(8)
}

fn check(segment: u32, offset: u64, length: u32, back: u32, body: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&segment.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(&back.to_le_bytes());
    hasher.update(body);
    let mut out = [0u8; 16];
    hasher.finalize_xof().fill(&mut out);
    out
}

/// Appends a frame that will stand at `offset` of `segment`.
pub(crate) fn write(out: &mut Vec<u8>, segment: u32, offset: u64, back: u32, body: &[u8]) {
    // Bodies are bounded by MAX_BODY before they come here.
    let length = body.len() as u32;
    let start = out.len();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&back.to_le_bytes());
    out.extend_from_slice(&check(segment, offset, length, back, body));
    out.extend_from_slice(body);
    out.resize(start + size_of(body.len()), 0);
}

fn le_u32(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0u8; 4];
    if let Some(b) = bytes.get(at..at + 4) {
        four.copy_from_slice(b);
    }
    u32::from_le_bytes(four)
}

/// Length of the frame at the beginning of `bytes`, unchecked; `None` where none begins.
pub(crate) fn peek_size(bytes: &[u8]) -> Option<usize> {
    let length = le_u32(bytes, 0) as usize;
    (bytes.len() >= HEADER && length > 0 && length <= MAX_BODY).then(|| size_of(length))
}

/// Looks at the frame at the beginning of `bytes`, which stand at `offset` of `segment`.
pub(crate) fn read(bytes: &[u8], segment: u32, offset: u64) -> Frame<'_> {
    if bytes.len() < HEADER {
        return if bytes.iter().all(|b| *b == 0) { Frame::End } else { Frame::Short(HEADER) };
    }
    let length = le_u32(bytes, 0);
    if length == 0 {
        return Frame::End;
    }
    let body_length = length as usize;
    if body_length > MAX_BODY {
        return Frame::Bad("impossible length");
    }
    let size = size_of(body_length);
    let Some(whole) = bytes.get(..size) else {
        return Frame::Short(size);
    };
    let back = le_u32(bytes, 4);
    let (Some(stored), Some(body), Some(padding)) =
        (whole.get(8..HEADER), whole.get(HEADER..HEADER + body_length), whole.get(HEADER + body_length..))
    else {
        return Frame::Short(size);
    };
    if check(segment, offset, length, back, body) != stored {
        return Frame::Bad("hash does not match");
    }
    if padding.iter().any(|b| *b != 0) {
        return Frame::Bad("padding is not zero");
    }
    Frame::Whole { body, back, size }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips_and_every_flip_is_seen(
            body in proptest::collection::vec(any::<u8>(), 1..200),
            segment in any::<u32>(), offset in any::<u64>(), back in any::<u32>(), bit in any::<usize>(),
        ) {
            let mut out = Vec::new();
            write(&mut out, segment, offset, back, &body);
            prop_assert_eq!(read(&out, segment, offset), Frame::Whole { body: &body, back, size: out.len() });
            prop_assert_eq!(out.len() % 8, 0);
            let bit = bit % (out.len() * 8);
            out[bit / 8] ^= 1 << (bit % 8);
            let same = matches!(read(&out, segment, offset), Frame::Whole { .. });
            prop_assert!(!same);
        }

        #[test]
        fn a_strayed_frame_does_not_check(body in proptest::collection::vec(any::<u8>(), 1..50)) {
            let mut out = Vec::new();
            write(&mut out, 1, 64, 0, &body);
            prop_assert!(matches!(read(&out, 1, 72), Frame::Bad(_)));
            prop_assert!(matches!(read(&out, 2, 64), Frame::Bad(_)));
        }
    }
}

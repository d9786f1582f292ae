//! What the fuzzer reaches (tests/fuzz): decoding of frames and entries. Behind a feature
//! that no other build has.

use crate::frame::{self, Frame};
use crate::record::Record;
use crate::value::Dictionaries;

/// Walks the bytes of a segment as reading does, from `offset` on, and each body that
/// checks as an entry. Answers how many frames checked.
///
/// # Panics
/// A frame is longer than what is there, an entry that reads does not come out as it went
/// in, or taking an item out of it changes the chain.
pub fn frames(bytes: &[u8], segment: u32, offset: u64) -> usize {
    let (mut at, mut whole) = (0_usize, 0);
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        match frame::read(rest, segment, offset + at as u64) {
            Frame::Whole { body, size, .. } => {
                assert!(size <= rest.len() && size == frame::size_of(body.len()));
                assert_eq!(frame::peek_size(rest), Some(size));
                entry(body);
                at += size;
                whole += 1;
            }
            Frame::Short(needed) => {
                assert!(needed > rest.len());
                return whole;
            }
            Frame::End | Frame::Bad(_) => return whole,
        }
    }
}

/// The body of a frame as an entry: what lies behind the hash, which a fuzzer does not
/// guess.
///
/// # Panics
/// As [`frames`].
pub fn entry(body: &[u8]) {
    let Ok((mut record, hash)) = Record::decode(body) else { return };
    let (again, same) = record.encode();
    // One entry has one form: rewriting a segment after an erasure changes nothing else.
    assert!(again == body && same == hash, "an entry came out otherwise than it went in");
    assert_eq!(Record::peek_sequence(body).ok(), Some(record.sequence));
    let none = Dictionaries::new();
    let sound = record.check_items(&none).is_ok();
    if !record.items.is_empty() && record.erase(&[0], &none).is_ok() {
        let (bytes, chain) = record.encode();
        assert_eq!(chain, hash);
        let Ok((erased, _)) = Record::decode(&bytes) else { panic!("an erased entry does not read") };
        assert!(!sound || erased.check_items(&none).is_ok(), "an erased entry does not check");
    }
}

/// Puts bodies into frames one after the other, as the writer does.
pub fn written(bodies: &[&[u8]], segment: u32, offset: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (back, body) in bodies.iter().enumerate() {
        let at = offset + out.len() as u64;
        frame::write(&mut out, segment, at, back as u32, body);
    }
    out
}

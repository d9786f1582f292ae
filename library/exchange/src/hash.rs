//! BLAKE3, whole and in pieces.

use std::fmt;
use std::str::FromStr;

use blake3::hazmat::{self, HasherExt, Mode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Length of the pieces in which a [`Running`] hash takes its bytes: a power of two, so
/// that each is a whole subtree of BLAKE3's tree, and what a plugin reads at once.
pub const LEAF: u64 = 1 << 20;

/// A BLAKE3 hash; 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// A hash that somebody else took.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Lower-case hexadecimal digits as bytes: one text for one value.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (place, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *place = digit(high)? << 4 | digit(low)?;
    }
    Some(out)
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or("a hash is 64 lower-case hexadecimal digits")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A hash on its way, which can be put down between two pieces and taken up again by
/// another process: a job of a plugin hashes a film over many steps. It holds the open
/// edge of the tree, one value a level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    taken: u64,
    edge: Vec<Hash>,
    /// The hash if the first piece was all.
    alone: Option<Hash>,
}

impl Running {
    /// Bytes taken so far.
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes the next piece. False when it does not fit: every piece but the last has
    /// [`LEAF`] bytes, and none is empty.
    #[must_use]
    pub fn take(&mut self, piece: &[u8]) -> bool {
        let length = piece.len() as u64;
        let Some(taken) = self.taken.checked_add(length) else { return false };
        if length == 0 || length > LEAF || !self.taken.is_multiple_of(LEAF) {
            return false;
        }
        let before = self.taken / LEAF;
        // Lazily, since the last merge of all is the root's and of another kind.
        while self.edge.len() > before.count_ones() as usize {
            let (Some(right), Some(left)) = (self.edge.pop(), self.edge.pop()) else { return false };
            self.edge.push(Hash(hazmat::merge_subtrees_non_root(&left.0, &right.0, Mode::Hash)));
        }
        self.alone = (before == 0).then(|| Hash::of(piece));
        let value = blake3::Hasher::new().set_input_offset(self.taken).update(piece).finalize_non_root();
        self.edge.push(Hash(value));
        self.taken = taken;
        true
    }

    /// The hash of everything taken.
    pub fn finish(&self) -> Hash {
        if let Some(alone) = self.alone {
            return alone;
        }
        let mut edge = self.edge.iter().rev();
        let Some(&last) = edge.next() else { return Hash::of(b"") };
        let mut right = last;
        let rest: Vec<&Hash> = edge.collect();
        let Some((root, inner)) = rest.split_last() else { return right };
        for left in inner {
            right = Hash(hazmat::merge_subtrees_non_root(&left.0, &right.0, Mode::Hash));
        }
        Hash(*hazmat::merge_subtrees_root(&root.0, &right.0, Mode::Hash).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_pieces_it_is_the_same_hash() {
        let leaf = usize::try_from(LEAF).unwrap();
        for length in
            [0, 1, 1023, leaf - 1, leaf, leaf + 1, 2 * leaf, 3 * leaf, 5 * leaf + 7, 8 * leaf, 11 * leaf + 1024]
        {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
            let mut running = Running::default();
            for piece in bytes.chunks(leaf) {
                assert!(running.take(piece));
                // Put down and taken up again.
                running = serde_json::from_str(&serde_json::to_string(&running).unwrap()).unwrap();
            }
            assert_eq!(running.finish(), Hash::of(&bytes), "{length}");
        }
    }

    #[test]
    fn a_piece_that_does_not_fit_is_refused() {
        let mut running = Running::default();
        assert!(!running.take(b""));
        assert!(running.take(b"short, so the last"));
        assert!(!running.take(b"one more"));
    }
}

//! Optimistic validation: what a transaction read against what was lately written.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::apply::{RING_ROW, RING_TERM, ring_key};
use crate::view::is_empty_range;

/// Keys remembered at most, about 5 MB. A transaction that is older than the ring conflicts.
const MAX_KEYS: usize = 50_000;

/// A stretch of keys.
type Stretch = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// What a transaction read.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    keys: Vec<Vec<u8>>,
    ranges: Vec<Stretch>,
}

fn tagged(kind: u8, bound: Bound<Vec<u8>>) -> Bound<Vec<u8>> {
    bound.map(|key| ring_key(kind, &key))
}

impl ReadSet {
    /// One row, by its key in the rows table.
    pub(crate) fn row(&mut self, key: Vec<u8>) {
        self.keys.push(ring_key(RING_ROW, &key));
    }

    /// A stretch of the rows table.
    pub(crate) fn rows(&mut self, low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) {
        self.ranges.push((tagged(RING_ROW, low), tagged(RING_ROW, high)));
    }

    /// A stretch of the terms table.
    pub(crate) fn terms(&mut self, low: Bound<Vec<u8>>, high: Bound<Vec<u8>>) {
        let high = match high {
            Bound::Unbounded => Bound::Excluded(vec![RING_TERM + 1]),
            high => tagged(RING_TERM, high),
        };
        self.ranges.push((tagged(RING_TERM, low), high));
    }
}

/// The keys that recent commits wrote.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    written: BTreeMap<Vec<u8>, u64>,
    order: VecDeque<(u64, Vec<u8>)>,
    /// Commits up to this one may have been forgotten.
    floor: u64,
}

impl Ring {
    /// Takes note of a commit's keys.
    pub(crate) fn add(&mut self, tick: u64, keys: Vec<Vec<u8>>) {
        for key in keys {
            self.written.insert(key.clone(), tick);
            self.order.push_back((tick, key));
        }
        while self.order.len() > MAX_KEYS
            && let Some((tick, key)) = self.order.pop_front()
        {
            self.floor = self.floor.max(tick);
            if self.written.get(&key) == Some(&tick) {
                self.written.remove(&key);
            }
        }
    }

    /// True when nothing that was read has been written after `tick`.
    pub(crate) fn is_current(&self, tick: u64, reads: &ReadSet) -> bool {
        if reads.keys.is_empty() && reads.ranges.is_empty() {
            return true;
        }
        if tick < self.floor {
            return false;
        }
        reads.keys.iter().all(|key| self.written.get(key).is_none_or(|written| *written <= tick))
            && reads.ranges.iter().filter(|(low, high)| !is_empty_range(low, high)).all(|range| {
                self.written.range::<Vec<u8>, _>((range.0.as_ref(), range.1.as_ref())).all(|(_, w)| *w <= tick)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &[u8]) -> ReadSet {
        let mut r = ReadSet::default();
        r.row(key.to_vec());
        r
    }

    #[test]
    fn sees_points_and_ranges() {
        let mut ring = Ring::default();
        ring.add(5, vec![ring_key(RING_ROW, b"m")]);
        assert!(!ring.is_current(4, &read(b"m")));
        assert!(ring.is_current(5, &read(b"m")));
        assert!(ring.is_current(4, &read(b"n")));
        let mut range = ReadSet::default();
        range.rows(Bound::Included(b"a".to_vec()), Bound::Excluded(b"m".to_vec()));
        assert!(ring.is_current(4, &range));
        range.rows(Bound::Included(b"a".to_vec()), Bound::Included(b"m".to_vec()));
        assert!(!ring.is_current(4, &range));
        let mut terms = ReadSet::default();
        terms.terms(Bound::Included(b"a".to_vec()), Bound::Unbounded);
        assert!(ring.is_current(0, &terms), "rows are not terms");
    }

    #[test]
    fn what_is_forgotten_conflicts() {
        let mut ring = Ring::default();
        for tick in 1..=(MAX_KEYS as u64 + 10) {
            ring.add(tick, vec![tick.to_be_bytes().to_vec()]);
        }
        assert!(!ring.is_current(9, &read(b"anything")));
        assert!(ring.is_current(10, &read(b"anything")));
        assert!(ring.is_current(0, &ReadSet::default()), "a blind write reads nothing");
    }
}

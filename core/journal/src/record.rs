//! An entry as bytes: a permanent part that the chain covers, and an erasable part
//! that the permanent part only commits to.

use crate::Error;
use crate::codec::{Input, put_bytes, put_i64, put_u64};
use crate::item::{Body, Item, commitment, digest, salt_of};
use crate::model::{Time, TimeQuality};
use crate::value::{self, Dictionaries};

const VERSION: u8 = 1;
/// Salts are derived from one seed.
const SEEDED: u8 = 0;
/// Each item carries its own salt: what a seed becomes when one item is erased.
const LISTED: u8 = 1;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) sequence: u64,
    pub(crate) epoch: u32,
    pub(crate) tag: u16,
    /// Chain hash of the entry before.
    pub(crate) previous: [u8; 32],
    pub(crate) time: Time,
    pub(crate) actor: String,
    pub(crate) owner: String,
    /// Sequence of the causing entry; 0 for none.
    pub(crate) cause: u64,
    /// Commitments to the private items, in order.
    pub(crate) private: Vec<[u8; 32]>,
    /// Commitment to all public items together.
    pub(crate) public: Option<[u8; 32]>,
    /// `None` when the items carry their salts.
    pub(crate) seed: Option<[u8; 16]>,
    pub(crate) items: Vec<Item>,
}

/// The quality that a byte stands for.
pub(crate) fn quality_of(code: u8) -> Result<TimeQuality, Error> {
    Ok(match code {
        0 => TimeQuality::Unset,
        1 => TimeQuality::Browser,
        2 => TimeQuality::Ntp,
        _ => return Err(Error::Malformed("unknown quality of time")),
    })
}

/// The byte that stands for a quality of time.
pub(crate) fn quality_code(q: TimeQuality) -> u8 {
    match q {
        TimeQuality::Unset => 0,
        TimeQuality::Browser => 1,
        TimeQuality::Ntp => 2,
    }
}

/// The one commitment of the public items.
fn root(commitments: &[[u8; 32]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"tram public 1");
    for c in commitments {
        hasher.update(c);
    }
    *hasher.finalize().as_bytes()
}

impl Record {
    fn permanent(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160 + 32 * self.private.len());
        out.push(VERSION);
        put_u64(&mut out, self.sequence);
        put_u64(&mut out, u64::from(self.epoch));
        put_u64(&mut out, u64::from(self.tag));
        out.extend_from_slice(&self.previous);
        put_i64(&mut out, self.time.unix_ms);
        out.push(quality_code(self.time.quality));
        put_bytes(&mut out, self.actor.as_bytes());
        put_bytes(&mut out, self.owner.as_bytes());
        put_u64(&mut out, self.cause);
        put_u64(&mut out, self.private.len() as u64);
        for c in &self.private {
            out.extend_from_slice(c);
        }
        match &self.public {
            None => out.push(0),
            Some(c) => {
                out.push(1);
                out.extend_from_slice(c);
            }
        }
        out
    }

    /// Computes the commitments from the items.
    pub(crate) fn commit_to_items(&mut self, dictionaries: &Dictionaries) -> Result<(), Error> {
        let (private, public) = self.commitments(dictionaries)?;
        self.private = private;
        self.public = public;
        Ok(())
    }

    #[allow(clippy::type_complexity, reason = "the two kinds of commitment, used only here")]
    fn commitments(&self, dictionaries: &Dictionaries) -> Result<(Vec<[u8; 32]>, Option<[u8; 32]>), Error> {
        let mut private = Vec::new();
        let mut public = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let c = self.item_commitment(index, item, dictionaries)?;
            if item.public { public.push(c) } else { private.push(c) }
        }
        let public = (!public.is_empty()).then(|| root(&public));
        Ok((private, public))
    }

    pub(crate) fn item_commitment(
        &self,
        index: usize,
        item: &Item,
        dictionaries: &Dictionaries,
    ) -> Result<[u8; 32], Error> {
        if let Body::Erased { commitment, .. } = &item.body {
            return Ok(*commitment);
        }
        let salt = match (self.seed, item.salt) {
            (Some(seed), _) => salt_of(&seed, index),
            (None, Some(salt)) => salt,
            (None, None) => return Err(Error::Malformed("item without a salt")),
        };
        let digest = match (item.digest, &item.body) {
            (Some(known), _) => known,
            (None, Body::Put { value, .. }) => digest(&item.body, Some(&value::unpack(value, dictionaries)?)),
            (None, body) => digest(body, None),
        };
        Ok(commitment(&salt, &digest, item.prior()))
    }

    /// Checks every commitment against the items; expensive, for `verify`.
    pub(crate) fn check_items(&self, dictionaries: &Dictionaries) -> Result<(), Error> {
        let (private, public) = self.commitments(dictionaries)?;
        if private != self.private || public != self.public {
            return Err(Error::Malformed("an item does not match its commitment"));
        }
        Ok(())
    }

    /// Encodes the entry; returns its bytes and its chain hash.
    pub(crate) fn encode(&self) -> (Vec<u8>, [u8; 32]) {
        let permanent = self.permanent();
        let hash = chain(&permanent);
        let mut out = Vec::with_capacity(permanent.len() + 64 + self.items.iter().map(Item::weight).sum::<usize>());
        put_bytes(&mut out, &permanent);
        match &self.seed {
            Some(seed) => {
                out.push(SEEDED);
                out.extend_from_slice(seed);
            }
            None => out.push(LISTED),
        }
        put_u64(&mut out, self.items.len() as u64);
        for item in &self.items {
            if self.seed.is_none()
                && let Some(salt) = item.salt.filter(|_| !item.is_erased())
            {
                item.encode(&mut out, Some(&salt));
            } else {
                item.encode(&mut out, None);
            }
        }
        (out, hash)
    }

    /// Decodes an entry; returns it with its chain hash. Commitments are not recomputed.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, [u8; 32]), Error> {
        let mut input = Input::new(bytes);
        let permanent = input.bytes()?;
        let hash = chain(permanent);
        let mut record = Self::decode_permanent(permanent)?;
        record.seed = match input.u8()? {
            SEEDED => Some(input.array()?),
            LISTED => None,
            _ => return Err(Error::Malformed("unknown form of salts")),
        };
        let listed = record.seed.is_none();
        let n = input.u64()?;
        for _ in 0..n {
            record.items.push(Item::decode(&mut input, listed)?);
        }
        if !input.is_empty() {
            return Err(Error::Malformed("bytes after the last item"));
        }
        let private = record.items.iter().filter(|i| !i.public).count();
        let public = record.items.len() > private;
        if private != record.private.len() || public != record.public.is_some() {
            return Err(Error::Malformed("items and commitments differ in number"));
        }
        Ok((record, hash))
    }

    /// Sequence of an entry, without decoding the rest.
    pub(crate) fn peek_sequence(bytes: &[u8]) -> Result<u64, Error> {
        let mut input = Input::new(bytes);
        let mut permanent = Input::new(input.bytes()?);
        permanent.u8()?;
        permanent.u64()
    }

    fn decode_permanent(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Input::new(bytes);
        let version = input.u8()?;
        if version != VERSION {
            return Err(Error::NewerFormat(u32::from(version)));
        }
        let sequence = input.u64()?;
        let epoch = input.u32()?;
        let tag = input.u16()?;
        let previous = input.array()?;
        let unix_ms = input.i64()?;
        let quality = quality_of(input.u8()?)?;
        let actor = input.text()?.to_owned();
        let owner = input.text()?.to_owned();
        let cause = input.u64()?;
        let n = input.u64()?;
        let mut private = Vec::new();
        for _ in 0..n {
            private.push(input.array()?);
        }
        let public = match input.u8()? {
            0 => None,
            1 => Some(input.array()?),
            _ => return Err(Error::Malformed("unknown form of the public commitment")),
        };
        if !input.is_empty() {
            return Err(Error::Malformed("bytes after the permanent part"));
        }
        Ok(Self {
            sequence,
            epoch,
            tag,
            previous,
            time: Time { unix_ms, quality },
            actor,
            owner,
            cause,
            private,
            public,
            seed: None,
            items: Vec::new(),
        })
    }

    /// Takes items out, keeping their commitments. Returns how many were still there.
    pub(crate) fn erase(&mut self, indexes: &[usize], dictionaries: &Dictionaries) -> Result<u64, Error> {
        let mut commitments = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            commitments.push(self.item_commitment(index, item, dictionaries)?);
        }
        let mut taken = 0;
        if let Some(seed) = self.seed.take() {
            for (index, item) in self.items.iter_mut().enumerate() {
                item.salt = Some(salt_of(&seed, index));
            }
        }
        for (index, (item, commitment)) in self.items.iter_mut().zip(commitments).enumerate() {
            if indexes.contains(&index) && !item.is_erased() {
                item.body = Body::Erased { prior: item.prior(), commitment };
                item.salt = None;
                taken += 1;
            }
        }
        Ok(taken)
    }
}

/// Chain hash of an entry: its permanent part holds the hash of the entry before.
fn chain(permanent: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"tram chain 1");
    hasher.update(permanent);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn put(key: Vec<u8>, value: &[u8], public: bool) -> Item {
        Item::new(
            public,
            Body::Put {
                collection: 3,
                key,
                schema: 1,
                value: value::pack(value, None).unwrap(),
                terms: vec![(0, b"term".to_vec())],
                prior: 9,
            },
        )
    }

    fn record(items: Vec<Item>) -> Record {
        let mut r = Record {
            sequence: 12,
            epoch: 1,
            tag: 77,
            previous: [5; 32],
            time: Time { unix_ms: -3, quality: TimeQuality::Browser },
            actor: "a1".into(),
            owner: "core".into(),
            cause: 4,
            private: vec![],
            public: None,
            seed: Some([8; 16]),
            items,
        };
        r.commit_to_items(&Dictionaries::new()).unwrap();
        r
    }

    proptest! {
        #[test]
        fn round_trips(values in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>(), any::<bool>()), 1..20)) {
            let r = record(values.into_iter().map(|(k, v, p)| put(k, &v, p)).collect());
            let (bytes, hash) = r.encode();
            let (back, again) = Record::decode(&bytes).unwrap();
            prop_assert_eq!(hash, again);
            prop_assert_eq!(&back, &r);
            back.check_items(&Dictionaries::new()).unwrap();
            prop_assert_eq!(Record::peek_sequence(&bytes).unwrap(), 12);
        }

        #[test]
        fn any_flip_is_refused_or_changes_chain_or_commitment(bit in any::<usize>(), public in any::<bool>()) {
            let r = record(vec![put(b"k".to_vec(), b"value", public), put(b"l".to_vec(), b"other", !public)]);
            let (mut bytes, hash) = r.encode();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok((back, again)) = Record::decode(&bytes) {
                prop_assert!(again != hash || back.check_items(&Dictionaries::new()).is_err());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::decode(&bytes);
        }

        #[test]
        fn erasing_keeps_chain_and_commitments(n in 2usize..12, gone in any::<usize>()) {
            let items = (0..n).map(|i| put(vec![i as u8], &[i as u8; 60], i % 3 == 0)).collect();
            let mut r = record(items);
            let (_, before) = r.encode();
            let gone = gone % n;
            prop_assert_eq!(r.erase(&[gone], &Dictionaries::new()).unwrap(), 1);
            prop_assert_eq!(r.erase(&[gone], &Dictionaries::new()).unwrap(), 0);
            let (bytes, after) = r.encode();
            prop_assert_eq!(before, after);
            let (back, _) = Record::decode(&bytes).unwrap();
            back.check_items(&Dictionaries::new()).unwrap();
            prop_assert!(back.items[gone].is_erased());
            let unsalted = back.seed.is_none();
            prop_assert!(unsalted);
        }
    }
}

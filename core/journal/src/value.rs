//! Values as they are stored: each compressed by itself, the same bytes in journal and table.
//!
//! `0 ‖ bytes`, `1 ‖ length ‖ zstd`, or `2 ‖ dictionary ‖ length ‖ zstd`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CCtx, DCtx};

use crate::Error;
use crate::codec::{Input, put_u64};

const LEVEL: i32 = 3;
/// Shorter values gain nothing.
const MIN: usize = 48;
/// No value is longer, so a damaged length cannot make us allocate without bound.
pub(crate) const MAX_VALUE: usize = 4 << 20;
/// Size of a trained dictionary; 64 KB was the measured optimum on MARC records.
const DICTIONARY: usize = 64 << 10;

/// A compression dictionary of a public collection.
pub(crate) struct Dictionary {
    id: u32,
    encoder: EncoderDictionary<'static>,
    decoder: DecoderDictionary<'static>,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictionary({})", self.id)
    }
}

impl Dictionary {
    pub(crate) fn new(id: u32, bytes: &[u8]) -> Self {
        Self { id, encoder: EncoderDictionary::copy(bytes, LEVEL), decoder: DecoderDictionary::copy(bytes) }
    }

    /// Trains one from sample values.
    pub(crate) fn train(samples: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
        zstd::dict::from_samples(samples, DICTIONARY).map_err(Error::Io)
    }
}

/// The dictionaries that stored values may name.
pub(crate) type Dictionaries = HashMap<u32, Arc<Dictionary>>;

thread_local! {
    static COMPRESS: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static DECOMPRESS: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

fn zstd_error(code: usize) -> Error {
    Error::Io(std::io::Error::other(zstd::zstd_safe::get_error_name(code)))
}

/// Packs a value.
pub(crate) fn pack(value: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>, Error> {
    if value.len() >= MIN {
        let mut out = Vec::with_capacity(zstd::zstd_safe::compress_bound(value.len()));
        COMPRESS
            .with_borrow_mut(|c| match dictionary {
                Some(d) => c.compress_using_cdict(&mut out, value, d.encoder.as_cdict()),
                None => c.compress(&mut out, value, LEVEL),
            })
            .map_err(zstd_error)?;
        if out.len() + 8 < value.len() {
            let mut packed = Vec::with_capacity(out.len() + 12);
            match dictionary {
                Some(d) => {
                    packed.push(2);
                    put_u64(&mut packed, u64::from(d.id));
                }
                None => packed.push(1),
            }
            put_u64(&mut packed, value.len() as u64);
            packed.extend_from_slice(&out);
            return Ok(packed);
        }
    }
    let mut packed = Vec::with_capacity(value.len() + 1);
    packed.push(0);
    packed.extend_from_slice(value);
    Ok(packed)
}

/// Unpacks a value.
pub(crate) fn unpack(packed: &[u8], dictionaries: &Dictionaries) -> Result<Vec<u8>, Error> {
    let mut input = Input::new(packed);
    let dictionary = match input.u8()? {
        0 => return Ok(input.rest().to_vec()),
        1 => None,
        2 => {
            let id = input.u32()?;
            Some(dictionaries.get(&id).ok_or(Error::Malformed("value names an unknown dictionary"))?)
        }
        _ => return Err(Error::Malformed("unknown packing of a value")),
    };
    let length = usize::try_from(input.u64()?).unwrap_or(usize::MAX);
    if length > MAX_VALUE {
        return Err(Error::Malformed("value longer than 4 MB"));
    }
    let mut out = Vec::with_capacity(length);
    DECOMPRESS
        .with_borrow_mut(|d| match dictionary {
            Some(dictionary) => d.decompress_using_ddict(&mut out, input.rest(), dictionary.decoder.as_ddict()),
            None => d.decompress(&mut out, input.rest()),
        })
        .map_err(|_| Error::Malformed("value does not decompress"))?;
    if out.len() != length {
        return Err(Error::Malformed("value decompresses to another length"));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn sample(i: usize) -> Vec<u8> {
        format!(
            "{{\"title\":\"Dế mèn phiêu lưu ký, tập {i}\",\"author\":\"Tô Hoài\",\"place\":\"Hà Nội\",\"year\":{}}}",
            1941 + i % 80
        )
        .into_bytes()
    }

    #[test]
    fn dictionary_helps_and_round_trips() {
        let samples: Vec<_> = (0..2000).map(sample).collect();
        let d = Arc::new(Dictionary::new(7, &Dictionary::train(&samples).unwrap()));
        let all = Dictionaries::from([(7, Arc::clone(&d))]);
        let value = sample(5000);
        let with = pack(&value, Some(&d)).unwrap();
        assert_eq!(with[0], 2);
        assert!(with.len() * 2 < pack(&value, None).unwrap().len());
        assert_eq!(unpack(&with, &all).unwrap(), value);
        assert!(unpack(&with, &Dictionaries::new()).is_err());
    }

    proptest! {
        #[test]
        fn packs_and_unpacks(value in proptest::collection::vec(0u8..4, 0..2000)) {
            let none = Dictionaries::new();
            prop_assert_eq!(unpack(&pack(&value, None).unwrap(), &none).unwrap(), value);
        }

        #[test]
        fn damaged_values_are_errors(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes, &Dictionaries::new());
        }
    }
}

//! Identifiers: 128 bits, written as 26 lower-case base32 characters.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Crockford's alphabet in lower case: no i, l, o, u to misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Fills a buffer from the operating system's random source.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Io(std::io::Error::other(e.to_string())))?;
    Ok(bytes)
}

fn encode(bytes: [u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let n = u128::from_be_bytes(bytes);
    for i in (0..26u32).rev() {
        let five = (n >> (5 * i)) & 31;
        let c = usize::try_from(five).ok().and_then(|i| ALPHABET.get(i)).copied().unwrap_or(b'0');
        write!(f, "{}", char::from(c))?;
    }
    Ok(())
}

fn decode(text: &str) -> Result<[u8; 16], Error> {
    const BAD: Error = Error::Malformed("an id is 26 characters of lower-case base32");
    if text.len() != 26 {
        return Err(BAD);
    }
    let mut n: u128 = 0;
    for (i, c) in text.bytes().enumerate() {
        let five = ALPHABET.iter().position(|a| *a == c).ok_or(BAD)?;
        // 26 × 5 = 130 bits: the first character carries only three.
        if i == 0 && five > 7 {
            return Err(BAD);
        }
        n = (n << 5) | u128::try_from(five).map_err(|_| BAD)?;
    }
    Ok(n.to_be_bytes())
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The 16 bytes, most significant first, so that byte order is id order.
            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0
            }

            /// From its 16 bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                decode(text).map(Self)
            }
        }
    };
}

id_type! {
    /// A host-minted id: 48 bits of sequence, 16 bits of epoch tag, 64 random
    /// bits. The tag keeps a restored station and its twin from minting the same.
    Id
}

id_type! {
    /// A station: 128 random bits, made once when its folder is created.
    StationId
}

impl Id {
    /// Mints an id near the given sequence.
    pub(crate) fn mint(sequence: u64, tag: u16) -> Result<Self, Error> {
        let mut id = [0u8; 16];
        let (head, tail) = id.split_at_mut(8);
        head.copy_from_slice(&((sequence << 16) | u64::from(tag)).to_be_bytes());
        tail.copy_from_slice(&random::<8>()?);
        Ok(Self(id))
    }
}

impl StationId {
    pub(crate) fn mint() -> Result<Self, Error> {
        random().map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn text_form_round_trips_and_keeps_order() {
        let a = Id::mint(7, 3).unwrap();
        let b = Id::mint(8, 3).unwrap();
        assert!(a < b && a.to_string() < b.to_string());
        assert_eq!(a.to_string().len(), 26);
        assert_eq!(a.to_string().parse::<Id>().unwrap(), a);
        assert!("8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<Id>().is_err());
        assert!("0000000000000000000000000u".parse::<Id>().is_err());
        assert!("00".parse::<Id>().is_err());
    }
}

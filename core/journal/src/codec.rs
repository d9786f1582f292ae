//! Bytes in and out: little-endian LEB128 integers and length-prefixed strings.

use crate::Error;

/// Appends an unsigned LEB128 integer.
pub(crate) fn put_u64(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        // The mask leaves seven bits, so the cast loses nothing.
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Appends a signed integer, zigzag then LEB128.
pub(crate) fn put_i64(out: &mut Vec<u8>, n: i64) {
    put_u64(out, ((n << 1) ^ (n >> 63)).cast_unsigned());
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the `put_` functions wrote; every error is [`Error::Malformed`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.rest.split_at_checked(n).ok_or(Error::Malformed("record ends too early"))?;
        self.rest = tail;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut a = [0u8; N];
        a.copy_from_slice(self.take(N)?);
        Ok(a)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(|[b]| b)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.u8()?;
            let seven = u64::from(b & 0x7f);
            // One number has one form: no bits lost above 64, no trailing zero groups.
            if (shift == 63 && seven > 1) || (b == 0 && shift > 0) {
                return Err(Error::Malformed("integer in more than its shortest form"));
            }
            n |= seven << shift;
            if b & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(Error::Malformed("integer of more than 64 bits"))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        u32::try_from(self.u64()?).map_err(|_| Error::Malformed("integer of more than 32 bits"))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        u16::try_from(self.u64()?).map_err(|_| Error::Malformed("integer of more than 16 bits"))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Error> {
        let n = self.u64()?;
        Ok((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let n = usize::try_from(self.u64()?).map_err(|_| Error::Malformed("length beyond memory"))?;
        self.take(n)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Error::Malformed("text that is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_bytes_round_trip(u in any::<u64>(), i in any::<i64>(), b in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut out = Vec::new();
            put_u64(&mut out, u);
            put_i64(&mut out, i);
            put_bytes(&mut out, &b);
            let mut input = Input::new(&out);
            prop_assert_eq!(input.u64().unwrap(), u);
            prop_assert_eq!(input.i64().unwrap(), i);
            prop_assert_eq!(input.bytes().unwrap(), &b[..]);
            prop_assert!(input.is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic(b in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut input = Input::new(&b);
            while !input.is_empty() && input.u64().is_ok() && input.bytes().is_ok() {}
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        assert!(Input::new(&[0x80, 0x00]).u64().is_err());
        assert!(Input::new(&[0xff; 11]).u64().is_err());
    }
}

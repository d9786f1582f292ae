//! `random`: a stream that a call run again sees again.

use crate::CallError;
use crate::bindings::random::Host;
use crate::capabilities::clock::end;
use crate::state::State;

/// Most bytes of one question.
const MAX: u32 = 64 << 10;

impl Host for State {
    fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        self.count().map_err(end)?;
        if count > MAX {
            return Err(wasmtime::Error::new(CallError::TooMuch { what: "data" }));
        }
        let seed = self.fixed.seed;
        let stream = self.random.get_or_insert_with(|| blake3::Hasher::new_keyed(&seed).finalize_xof());
        let mut bytes = vec![0; count as usize];
        stream.fill(&mut bytes);
        Ok(bytes)
    }
}

//! An exchange package from a stranger. Its signature passes, so that what lies behind
//! is reached: a partner's station may be broken, or worse.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_exchange::{Card, Limits, Signer, read};

fuzz_target!(|bytes: &[u8]| {
    let trusted = |_: &tram_exchange::Head| Ok(Signer { station: String::new(), name: String::new() });
    let mut from = bytes;
    let _ = read::package(&mut from, bytes.len() as u64, &Limits::default(), trusted, |_, _, _| Ok(()));
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(card) = Card::parse(text)
    {
        assert_eq!(Card::parse(&card.to_string()), Ok(card));
    }
});

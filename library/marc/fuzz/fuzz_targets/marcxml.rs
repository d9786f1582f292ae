//! Any bytes as MARCXML: no panic, and pieces give what the whole gives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_marc::{Charset, marcxml};

fuzz_target!(|data: &[u8]| {
    let Some((size, file)) = data.split_first() else { return };
    let whole: Vec<_> = marcxml::Records::new(file, Charset::Detect).collect();
    let mut decoder = marcxml::Decoder::new(Charset::Detect);
    let mut items = Vec::new();
    for piece in file.chunks(usize::from(*size) + 1) {
        decoder.push(piece);
        items.extend(&mut decoder);
    }
    decoder.finish();
    items.extend(&mut decoder);
    assert_eq!(items, whole);
});

//! Any bytes as a file of ISO 2709: no panic, pieces give what the whole gives,
//! and what was read can be written in both forms.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_marc::{Charset, iso2709, marcxml};

fuzz_target!(|data: &[u8]| {
    let Some((size, file)) = data.split_first() else { return };
    let whole: Vec<_> = iso2709::Records::new(file, Charset::Detect).collect();
    let mut decoder = iso2709::Decoder::new(Charset::Detect);
    let mut items = Vec::new();
    for piece in file.chunks(usize::from(*size) + 1) {
        decoder.push(piece);
        items.extend(&mut decoder);
    }
    decoder.finish();
    items.extend(&mut decoder);
    assert_eq!(items, whole);
    for read in whole.into_iter().flatten() {
        let mut xml = String::new();
        assert_eq!(marcxml::write_record(&read.record, &mut xml).characters, 0);
        let again = marcxml::Records::new(xml.as_bytes(), Charset::Declared).next();
        assert!(again.is_some_and(|item| item.is_ok_and(|again| again.record == read.record)));
        let mut out = Vec::new();
        if iso2709::write(&read.record, &mut out).is_ok() {
            let again = iso2709::Records::new(&out, Charset::Declared).next();
            assert!(again.is_some_and(|item| item.is_ok_and(|again| again.record == read.record)));
        }
    }
});

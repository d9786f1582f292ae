//! Any bytes as one text of MARC-8, in a record that is otherwise whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_marc::{Charset, Encoding, iso2709};

fuzz_target!(|data: &[u8]| {
    let text: Vec<u8> = data.iter().copied().filter(|b| !matches!(b, 0x1D..=0x1F)).take(9_000).collect();
    let field = [b"  \x1fa", text.as_slice(), b"\x1e"].concat();
    let head = format!("{:05}nam  2200037   4500245{:04}00000\x1e", 37 + field.len() + 1, field.len());
    let file = [head.as_bytes(), &field, b"\x1d"].concat();
    let read = iso2709::Records::new(&file, Charset::Force(Encoding::Marc8)).next();
    let read = read.expect("one record").expect("a whole record");
    let text = read.record.field("245").and_then(|field| field.subfield('a').map(str::to_owned));
    assert!(text.is_some_and(|text| text.chars().count() <= data.len() + 1));
});

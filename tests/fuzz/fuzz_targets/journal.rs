//! The bytes of a journal's segment: no panic, no frame beyond what is there, and what
//! was written is what is read, wherever it stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_journal::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    // As they are: a torn or foreign tail. Then as bodies of frames that check.
    fuzzing::frames(bytes, 3, 128);
    fuzzing::entry(bytes);
    let cut = bytes.first().map_or(0, |first| usize::from(*first)).min(bytes.len());
    let bodies: Vec<&[u8]> = <[&[u8]; 2]>::from(bytes.split_at(cut)).into_iter().filter(|body| !body.is_empty()).collect();
    let mut written = fuzzing::written(&bodies, 3, 128);
    assert_eq!(fuzzing::frames(&written, 3, 128), bodies.len());
    written.truncate(written.len().saturating_sub(1 + cut % 8));
    assert!(fuzzing::frames(&written, 3, 128) < bodies.len().max(1));
});

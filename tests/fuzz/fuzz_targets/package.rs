//! Any bytes as a plugin file: no panic, and what reads is the same component without
//! its assets and signature.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_contract::package::Package;

fn read(file: &[u8]) {
    let Ok(package) = Package::read(file) else { return };
    let _ = (package.manifest.problems(), package.manifest.sentences(), package.manifest.rights());
    assert!(package.signed_bytes().len() <= file.len());
    let component = package.component();
    let bare = Package::read(&component).expect("the component reads by itself");
    assert!(bare.assets.is_empty() && bare.signature.is_none());
    assert_eq!(bare.component(), component);
}

fuzz_target!(|data: &[u8]| {
    read(data);
    // Most bytes are no component; behind a component's first eight they get further.
    read(&[b"\0asm\x0d\0\x01\0", data].concat());
});

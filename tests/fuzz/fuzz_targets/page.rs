//! Any bytes as a page document, cards, a manifest and a search request: no panic, and
//! a page that reads says the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_contract::manifest::Manifest;
use tram_contract::page::{Card, Page};
use tram_contract::search::SearchRequest;

fuzz_target!(|data: &[u8]| {
    if let Ok(page) = serde_json::from_slice::<Page>(data) {
        let written = serde_json::to_vec(&page).expect("a page is written");
        let again: Page = serde_json::from_slice(&written).expect("what was written reads");
        assert_eq!(again, page);
    }
    let _ = serde_json::from_slice::<Vec<Card>>(data);
    let _ = serde_json::from_slice::<SearchRequest>(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = tram_contract::Text::decode(text);
        if let Ok(manifest) = Manifest::parse(text) {
            let _ = (manifest.problems(), manifest.sentences());
        }
    }
});

//! Any bytes as a school's list of people, CSV or Excel: no panic, and every row that is
//! no person is named as such.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use tram_people::import::columns::Header;
use tram_people::import::rows::{self, Kind};
use tram_people::import::sheet::Sheet;

fuzz_target!(|data: &[u8]| {
    let Ok(sheet) = Sheet::read(data) else { return };
    let Ok(header) = Header::find(&sheet, &BTreeMap::new()) else { return };
    for kind in [Kind::Pupils, Kind::Staff] {
        let (drafts, bad) = rows::read(&sheet, &header, kind, "2026-11-24");
        assert!(drafts.len() + bad.len() <= sheet.rows.len().saturating_sub(header.first_row));
    }
});

//! Lists as schools have them, against what an import must take and refuse
//! (`tests/data/expected.json`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use tram_people::import::ImportError;
use tram_people::import::columns::Header;
use tram_people::import::plan::Options;
use tram_people::import::rows::{self, BadRow, Draft, Kind};
use tram_people::import::sheet::Sheet;
use tram_people::{People, Principal};

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data").join(name)
}

fn expected(name: &str) -> Value {
    let all: Value = serde_json::from_slice(&std::fs::read(data("expected.json")).unwrap()).unwrap();
    all[name].clone()
}

fn read(name: &str, kind: Kind) -> (Header, Vec<Draft>, Vec<BadRow>) {
    let sheet = Sheet::read(&std::fs::read(data(name)).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let header = Header::find(&sheet, &BTreeMap::new()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (drafts, bad) = rows::read(&sheet, &header, kind, "2026-11-24");
    (header, drafts, bad)
}

#[test]
fn every_good_row_is_taken_and_every_bad_one_named() {
    for (name, kind) in [
        ("vnedu-38.xlsx", Kind::Pupils),
        ("vnedu-38-lan-2.xlsx", Kind::Pupils),
        ("vnedu-38-loi.xlsx", Kind::Pupils),
        ("pupils-utf8-bom.csv", Kind::Pupils),
        ("pupils-tcvn3.csv", Kind::Pupils),
        ("staff.xlsx", Kind::Staff),
    ] {
        let expected = expected(name);
        let (header, drafts, bad) = read(name, kind);
        let found: Vec<(u64, &str)> = bad.iter().map(|row| (row.row as u64, row.code)).collect();
        let wanted: Vec<(u64, &str)> = expected["bad"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["row"].as_u64().unwrap(), row["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(found, wanted, "{name}");
        assert_eq!(drafts.len() as u64, expected["good_count"].as_u64().unwrap(), "{name}");
        if let Some(columns) = expected["columns"].as_u64() {
            assert_eq!(header.columns.len() as u64, columns, "{name}");
        }
        if let Some(names) = expected["names"].as_array() {
            let found: Vec<String> = drafts.iter().map(|draft| tram_vietnamese::fold(&draft.person.name)).collect();
            let wanted: Vec<String> = names.iter().map(|name| tram_vietnamese::fold(name.as_str().unwrap())).collect();
            assert_eq!(found, wanted, "{name}");
        }
    }
}

#[test]
fn broken_files_are_refused_with_a_reason() {
    let error = |name: &str| {
        let bytes = std::fs::read(data("broken").join(name)).unwrap();
        match Sheet::read(&bytes) {
            Err(error) => error,
            Ok(sheet) => Header::find(&sheet, &BTreeMap::new()).err().unwrap_or_else(|| panic!("{name} was taken")),
        }
    };
    assert_eq!(error("password.xlsx"), ImportError::Protected);
    assert_eq!(error("bomb-80mb.xlsx"), ImportError::TooLarge);
    assert_eq!(error("far-cell.xlsx"), ImportError::TooManyCells);
    assert_eq!(error("xls-renamed.xlsx"), ImportError::WrongKind);
    assert_eq!(error("html-as-excel.xls"), ImportError::WrongKind);
    for name in [
        "header-only.xlsx",
        "bad-xml.xlsx",
        "empty-sheet.xlsx",
        "entities.xlsx",
        "not-a-workbook.xlsx",
        "truncated.xlsx",
        "zero-bytes.xlsx",
        "broken.csv",
    ] {
        assert!(
            matches!(
                error(name),
                ImportError::Unreadable(_)
                    | ImportError::NoRows
                    | ImportError::WrongKind
                    | ImportError::NoHeader
                    | ImportError::TooLarge
            ),
            "{name}"
        );
    }
}

/// A workbook whose list of texts says it has more than any computer has room for.
#[test]
fn a_list_of_texts_that_boasts_is_refused_before_room_is_made_for_it() {
    use std::io::{Cursor, Read as _, Write as _};
    let bytes = std::fs::read(data("vnedu-38.xlsx")).unwrap();
    let mut from = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut changed = false;
    for at in 0..from.len() {
        let mut entry = from.by_index(at).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if entry.name_raw().ends_with(b"sharedStrings.xml") {
            let text = String::from_utf8(content).unwrap();
            let (head, rest) = text.split_once("uniqueCount=\"").unwrap();
            let (_, rest) = rest.split_once('"').unwrap();
            content = format!("{head}uniqueCount=\"1152921504606846976\"{rest}").into_bytes();
            changed = true;
        }
        to.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&content).unwrap();
    }
    assert!(changed);
    let boasting = to.finish().unwrap().into_inner();
    assert!(matches!(Sheet::read(&boasting), Err(ImportError::Unreadable(_))));
    assert!(Sheet::read(&bytes).is_ok());
}

#[test]
fn importing_again_updates_and_doubles_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let journal =
        tram_journal::Journal::create(&folder.path().join("school"), tram_journal::Options::default()).unwrap();
    let people = People::open(journal).unwrap();
    let console = Principal::console("vi");
    let options =
        Options { kind: Kind::Pupils, year: "2026-2027".into(), from: "2026-09-05".into(), absent_leave: true };

    let (_, drafts, _) = read("vnedu-38.xlsx", Kind::Pupils);
    let plan = people.plan_import(&drafts, &options).unwrap();
    assert_eq!((plan.new.len(), plan.changed.len(), plan.groups.len()), (90, 0, 3));
    assert_eq!(people.apply_import(&console, &plan, &options).unwrap().new, 90);
    let again = people.plan_import(&drafts, &options).unwrap();
    assert_eq!(
        (again.new.len(), again.changed.len(), again.moved.len(), again.unchanged, again.absent.len()),
        (0, 0, 0, 90, 0)
    );

    // The second list: three changed (one of them a move), two new, one left.
    let (_, second, _) = read("vnedu-38-lan-2.xlsx", Kind::Pupils);
    let plan = people.plan_import(&second, &options).unwrap();
    assert_eq!((plan.new.len(), plan.moved.len(), plan.unchanged, plan.absent.len()), (2, 1, 86, 1));
    assert_eq!(plan.changed.len(), 2);
    people.apply_import(&console, &plan, &options).unwrap();
    let once_more = people.plan_import(&second, &options).unwrap();
    assert_eq!(
        (once_more.new.len(), once_more.changed.len(), once_more.moved.len(), once_more.absent.len()),
        (0, 0, 0, 0)
    );

    let class = people.groups("class").unwrap().into_iter().find(|group| group.name == "6A1").unwrap();
    let pupils = people.members(&class.id, "member").unwrap();
    assert_eq!(pupils.len(), 30, "one came, one moved to 6A2");
    let given: Vec<Vec<u8>> = pupils.iter().map(|p| tram_vietnamese::name_sort_key(&p.name)).collect();
    assert!(given.is_sorted(), "class lists are sorted by given name");

    // The year's promotion in one go.
    let (classes, moved) =
        people.promote(&console, "2026-2027", "2027-2028", "2027-09-05", &std::collections::BTreeSet::new()).unwrap();
    assert_eq!((classes, moved), (2, 91));
    let names: Vec<(String, String)> = people.groups("class").unwrap().into_iter().map(|g| (g.year, g.name)).collect();
    assert!(
        names.contains(&("2027-2028".into(), "7A1".into())) && names.contains(&("2027-2028".into(), "7A2".into())),
        "{names:?}"
    );
}

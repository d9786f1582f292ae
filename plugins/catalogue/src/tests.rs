//! The plugin as the station sees it: requests and jobs against a station in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use serde_json::json;
use tram_contract::page::{Page, Widget};
use tram_contract::search::{FacetCount, Hit, SearchReply};
use tram_marc::{Record, iso2709};
use tram_sdk::{Api as _, Body, Indexer as _, Pages as _, Principal, Response, blobs, mock, store};

use crate::Catalogue;
use crate::import::{Outcome, report};
use crate::shelf::{self, RECORDS};
use crate::testing::record;

fn fresh() {
    mock::reset();
    mock::install(include_str!("../plugin.toml")).unwrap();
}

fn librarian() -> Principal {
    mock::person("thuthu", &["catalogue.edit", "catalogue.import", "catalogue.delete"])
}

fn import(files: &[(&str, &[u8])], options: serde_json::Value) -> Outcome {
    let files: Vec<_> = files
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "size": bytes.len(), "blob": mock::add_blob(name, "", bytes) }))
        .collect();
    let arguments = serde_json::to_vec(&json!({ "files": files, "options": options })).unwrap();
    mock::run_job::<Catalogue>("import", &arguments, &librarian()).unwrap().outcome().unwrap()
}

fn lines(outcome: &Outcome) -> Vec<report::Line> {
    report::first_lines(&store::from_hex(&outcome.import).unwrap(), 10_000).unwrap()
}

fn book(number: &str, title: &str) -> Record {
    record(&[
        ("001", number),
        ("008", "150101s2015    vm            000 1 vie d"),
        ("100", "0 $aTô Hoài"),
        ("245", &format!("10$a{title}")),
    ])
}

fn file(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        iso2709::write(record, &mut out).unwrap();
    }
    out
}

fn titles() -> Vec<String> {
    let (rows, _) = shelf::page(None, 1000).unwrap();
    rows.iter().map(|row| crate::bib::full_title(row.record().unwrap())).collect()
}

fn page_of(response: &Response) -> Page {
    match &response.body {
        Body::Page(bytes) => serde_json::from_slice(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn text_of(response: &Response) -> String {
    match &response.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn location(response: &Response) -> &str {
    &response.headers.iter().find(|h| h.name == "location").unwrap().value
}

fn find_all() {
    mock::on_search(|request| {
        let mut keys: Vec<String> =
            mock::documents::<Catalogue>(RECORDS).into_iter().map(|(key, _)| store::to_hex(&key)).collect();
        let total = keys.len() as u64;
        keys = keys.into_iter().skip(request.offset).take(request.limit).collect();
        let hits = keys.into_iter().map(|key| Hit { key, score: 1.0, snippets: Vec::new() }).collect();
        SearchReply { total, exact: true, hits, ..SearchReply::default() }
    });
}

#[test]
fn no_good_record_is_lost_behind_a_broken_one() {
    fresh();
    let mut bytes = file(&[book("1", "Một")]);
    let broken = bytes.len() as u64;
    bytes.extend_from_slice(b"00100cam a2200049 a 4500nothing that could be a directory\x1d");
    bytes.extend(file(&[book("2", "Hai"), book("3", "Ba")]));
    let outcome = import(&[("sach.mrc", &bytes)], json!({}));
    assert_eq!((outcome.counts.read, outcome.counts.added, outcome.counts.refused), (4, 3, 1));
    assert_eq!(titles(), ["Một", "Hai", "Ba"]);
    let named = lines(&outcome);
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].number, named[0].offset, named[0].file.as_str()), (2, Some(broken), "sach.mrc"));
    assert!(!named[0].reason.is_empty());
    let blob = outcome.report.unwrap();
    let csv = String::from_utf8(blobs::read(&blob, 0, 1 << 20).unwrap()).unwrap();
    assert!(csv.starts_with('\u{feff}') && csv.contains(&format!("sach.mrc,2,{broken},Không nhập")), "{csv}");
}

#[test]
fn a_file_packed_by_gzip_is_unpacked() {
    use std::io::Write as _;
    fresh();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&file(&[book("1", "Một"), book("2", "Hai")])).unwrap();
    let packed = packer.finish().unwrap();
    let outcome = import(&[("sach.mrc.gz", &packed)], json!({}));
    assert_eq!((outcome.counts.read, outcome.counts.added), (2, 2));
    // Cut off, it is named, and the file behind it is still read.
    let other = file(&[book("3", "Ba")]);
    let outcome = import(&[("sach.mrc.gz", &packed[..packed.len() / 2]), ("ba.mrc", &other)], json!({}));
    assert_eq!((outcome.counts.refused, outcome.counts.added), (1, 1));
    assert_eq!(lines(&outcome)[0].file, "sach.mrc.gz");
}

#[test]
fn duplicates_are_recognised_and_treated_as_chosen() {
    fresh();
    let first = file(&[book("1", "Dế Mèn phiêu lưu ký"), book("2", "O chuột")]);
    assert_eq!(import(&[("a.mrc", &first)], json!({})).counts.added, 2);
    let mut changed = book("1", "Dế Mèn phiêu lưu ký");
    changed.fields.push(record(&[("500", "  $aMới")]).fields.remove(0));
    let mut other_number = book("x9", "DẾ MÈN PHIÊU LƯU KÝ");
    other_number.fields.remove(0);
    let again = file(&[changed, other_number]);

    let skipped = import(&[("b.mrc", &again)], json!({ "duplicates": "skip" }));
    assert_eq!((skipped.counts.skipped, skipped.counts.added), (2, 0));
    assert_eq!(lines(&skipped).len(), 2);
    let overlaid = import(&[("b.mrc", &again)], json!({ "duplicates": "overlay" }));
    assert_eq!((overlaid.counts.overlaid, store::count(RECORDS).unwrap()), (2, 2));
    let added = import(&[("b.mrc", &again)], json!({ "duplicates": "add" }));
    assert_eq!((added.counts.added, store::count(RECORDS).unwrap()), (2, 4));
}

#[test]
fn all_or_nothing_takes_nothing_when_something_is_refused() {
    fresh();
    import(&[("a.mrc", &file(&[book("1", "Một")]))], json!({}));
    let mut bytes = file(&[book("1", "Một, sửa lại"), book("2", "Hai")]);
    bytes.extend_from_slice(b"00100cam a2200049 a 4500nothing\x1d");
    let outcome = import(&[("b.mrc", &bytes)], json!({ "atomic": "yes", "duplicates": "overlay" }));
    assert!(outcome.given_up);
    assert_eq!((outcome.counts.added, outcome.counts.refused), (0, 1));
    assert_eq!(titles(), ["Một"]);

    let good = file(&[book("1", "Một, sửa lại"), book("2", "Hai")]);
    let outcome = import(&[("b.mrc", &good)], json!({ "atomic": "yes", "duplicates": "overlay" }));
    assert!(!outcome.given_up);
    assert_eq!((outcome.counts.added, outcome.counts.overlaid), (1, 1));
    assert_eq!(titles(), ["Một, sửa lại", "Hai"]);
    assert_eq!(mock::documents::<Catalogue>(RECORDS).len(), 2);
    assert_eq!(shelf::BATCHES.count().unwrap(), 0);
}

#[test]
fn an_unpublished_batch_is_seen_by_nobody() {
    fresh();
    let batch = [7u8; 16];
    shelf::BATCHES.insert_at(batch, &shelf::Batch::default()).unwrap();
    let bytes = crate::compact::encode(&book("1", "Một"));
    let key = store::new_id().unwrap();
    shelf::put(&key, crate::stored::Stored { published: None, pending: Some((batch, &bytes)) }, Some(0)).unwrap();
    assert!(shelf::load(&key).unwrap().is_none());
    assert_eq!(shelf::figures().unwrap(), (1, 0));
    shelf::BATCHES.put(batch, &shelf::Batch { published: false, records: 1, copies: 0 }).unwrap();
    assert_eq!(shelf::figures().unwrap(), (0, 0));
    // Its document is in the index already, and every search leaves it out.
    let (_, document) = mock::documents::<Catalogue>(RECORDS).remove(0);
    assert!(document.texts.contains(&("batch".into(), store::to_hex(&batch))));
    let asked = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = std::rc::Rc::clone(&asked);
    mock::on_search(move |request| {
        seen.borrow_mut().push(request.query.clone());
        SearchReply { exact: true, ..SearchReply::default() }
    });
    let search = || mock::call(Catalogue::page, mock::get("search", "/?q=một")).unwrap();
    search();
    assert!(matches!(asked.borrow_mut().remove(0), tram_contract::search::Query::Not(..)));
    shelf::BATCHES.put(batch, &shelf::Batch { published: true, ..Default::default() }).unwrap();
    assert!(shelf::load(&key).unwrap().is_some());
    search();
    assert!(matches!(asked.borrow_mut().remove(0), tram_contract::search::Query::Text { .. }));
}

fn test_file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_librarians_list_comes_in_as_expected() {
    let expected: serde_json::Value = serde_json::from_slice(&test_file("expected.json")).unwrap();
    for name in ["books-danh-muc.xlsx", "books-so-dkcb-tcvn3.xlsx", "books-phan-mem-cu-vni.xlsx"] {
        fresh();
        let bytes = test_file(name);
        let outcome = import(&[(name, &bytes)], json!({}));
        let wanted = &expected[name];
        let good = wanted["good"].as_array().unwrap();
        let bad = wanted["bad"].as_array().unwrap();
        assert_eq!(outcome.counts.refused, bad.len() as u64, "{name} {:?}", lines(&outcome));
        let rows: Vec<u64> = lines(&outcome).iter().map(|line| line.number).collect();
        let wanted_rows: Vec<u64> = bad.iter().map(|b| b["row"].as_u64().unwrap()).collect();
        assert_eq!(rows, wanted_rows, "{name}");
        let (loaded, _) = shelf::page(None, 1000).unwrap();
        assert_eq!(loaded.len(), good.len(), "{name}");
        for (row, want) in loaded.iter().zip(good) {
            let record = row.record().unwrap();
            let title = want["title"].as_str().unwrap();
            assert_eq!(crate::bib::full_title(record), title, "{name}");
            let copies = shelf::copies(&row.key).unwrap();
            if let Some(numbers) = want["accessions"].as_array() {
                let numbers: Vec<&str> = numbers.iter().map(|n| n.as_str().unwrap()).collect();
                let have: Vec<&str> = copies.iter().map(|c| c.value.accession.as_str()).collect();
                assert_eq!(have, numbers, "{name} {title}");
            }
            if let Some(count) = want["copies"].as_u64() {
                assert_eq!(copies.len() as u64, count, "{name} {title}");
            }
        }
        // The same list again brings nothing new.
        let (records, copies) = (store::count(RECORDS).unwrap(), shelf::COPIES.count().unwrap());
        let again = import(&[(name, &bytes)], json!({}));
        assert_eq!((again.counts.added, again.counts.copies), (0, 0), "{name}");
        assert_eq!((store::count(RECORDS).unwrap(), shelf::COPIES.count().unwrap()), (records, copies), "{name}");
    }
}

#[test]
fn broken_lists_are_refused_with_a_reason_and_change_nothing() {
    let folder = format!("{}/../../tests/data/broken", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name == "xls-renamed.xlsx" {
            continue;
        }
        fresh();
        let bytes = std::fs::read(&path).unwrap();
        let outcome = import(&[(name.as_str(), &bytes)], json!({}));
        assert_eq!((outcome.counts.added, outcome.counts.refused), (0, 1), "{name}");
        assert!(lines(&outcome)[0].reason.chars().count() > 15, "{name}");
        assert_eq!(store::count(RECORDS).unwrap(), 0, "{name}");
    }
}

/// The folder of real files, where it is at hand.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("TRAM_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    folder.join("marc/raw").is_dir().then_some(folder)
}

#[test]
fn every_record_of_real_files_is_taken_or_named() {
    let Some(corpus) = corpus() else { return };
    let mut seen = 0;
    for repository in std::fs::read_dir(corpus.join("marc/raw")).unwrap() {
        for entry in std::fs::read_dir(repository.unwrap().path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            // The large well-formed files are the command line's to test.
            if bytes.len() > 400_000 || bytes.is_empty() {
                continue;
            }
            fresh();
            let outcome = import(&[("f.mrc", &bytes)], json!({ "duplicates": "add" }));
            let counts = outcome.counts;
            assert_eq!(counts.read, counts.added + counts.refused, "{}", path.display());
            assert!(counts.read > 0, "{}", path.display());
            let named = lines(&outcome).iter().filter(|l| l.fate == Some(report::Fate::Refused)).count() as u64;
            assert_eq!(named, counts.refused, "{}", path.display());
            assert_eq!(store::count(RECORDS).unwrap(), counts.added);
            seen += counts.read;
        }
    }
    assert!(seen > 2_000, "{seen}");
}

fn filled(builder: mock::RequestBuilder, fields: &[(&str, &str)]) -> mock::RequestBuilder {
    fields.iter().fold(builder.by(librarian()), |builder, (name, value)| builder.form(name, value))
}

fn only_key() -> Vec<u8> {
    shelf::page(None, 10).unwrap().0[0].key.clone()
}

#[test]
fn the_form_catalogues_edits_deletes_and_brings_back() {
    fresh();
    let bad = filled(mock::post("create", "/new"), &[("title", "Mắt biếc"), ("isbn", "9780306406158")]);
    let reply = mock::call(Catalogue::page, bad).unwrap();
    assert_eq!(reply.status, 422);
    let shown = serde_json::to_string(&page_of(&reply)).unwrap();
    assert!(shown.contains("chữ số cuối lẽ ra là 7"), "{shown}");

    let fields = [
        ("title", "Mắt biếc"),
        ("author", "Nguyễn Nhật Ánh"),
        ("year", "1990"),
        ("language", "vie"),
        ("accession", "TK.00001 - TK.00003"),
        ("shelf", "Kệ A1"),
    ];
    let reply = mock::call(Catalogue::page, filled(mock::post("create", "/new"), &fields)).unwrap();
    assert_eq!(reply.status, 303);
    let key = only_key();
    let id = store::to_hex(&key);
    assert_eq!(location(&reply), format!("records/{id}?said=created"));
    assert_eq!(shelf::copies(&key).unwrap().len(), 3);

    // Entered twice, it asks.
    let reply = mock::call(Catalogue::page, filled(mock::post("create", "/new"), &fields[..4])).unwrap();
    assert_eq!((reply.status, store::count(RECORDS).unwrap()), (422, 1));

    // A form that went stale saves nothing and shows both versions.
    let version = shelf::load(&key).unwrap().unwrap().version;
    let edit = |version: u64, summary: &str| {
        let version = version.to_string();
        let fields = [("title", "Mắt biếc"), ("summary", summary), ("version", version.as_str())];
        mock::call(Catalogue::page, filled(mock::post("update", "/"), &fields).param("record", &id)).unwrap()
    };
    assert_eq!(edit(version, "Ngạn yêu Hà Lan.").status, 303);
    let stale = edit(version, "Khác.");
    assert_eq!(stale.status, 409);
    let shown = serde_json::to_string(&page_of(&stale)).unwrap();
    assert!(shown.contains("Ngạn yêu Hà Lan.") && shown.contains("Khác."));
    let record = shelf::load(&key).unwrap().unwrap();
    assert_eq!(record.record().unwrap().text("520", 'a'), Some("Ngạn yêu Hà Lan."));
    // What the form did not send stays.
    assert_eq!(crate::bib::author(record.record().unwrap()), "Nguyễn Nhật Ánh");

    let history = mock::call(Catalogue::page, mock::get("history", "/").by(librarian()).param("record", &id)).unwrap();
    assert!(serde_json::to_string(&page_of(&history)).unwrap().contains("+ 520"));

    let version = record.version.to_string();
    let delete = filled(mock::post("delete", "/"), &[("version", version.as_str())]).param("record", &id);
    let reply = mock::call(Catalogue::page, delete).unwrap();
    assert_eq!(location(&reply), format!("deleted?undo={id}"));
    assert_eq!((store::count(RECORDS).unwrap(), shelf::COPIES.count().unwrap()), (0, 0));
    let list = mock::call(Catalogue::page, mock::get("deleted", "/deleted").by(librarian())).unwrap();
    assert!(serde_json::to_string(&page_of(&list)).unwrap().contains("Mắt biếc"));
    let undo = filled(mock::post("undelete", "/"), &[]).param("record", &id);
    assert_eq!(location(&mock::call(Catalogue::page, undo).unwrap()), format!("records/{id}?said=restored"));
    assert_eq!(shelf::copies(&key).unwrap().len(), 3);
}

#[test]
fn copies_keep_their_numbers_apart() {
    fresh();
    let key = shelf::insert(&crate::compact::encode(&book("1", "Một"))).unwrap();
    let id = store::to_hex(&key);
    let add = |number: &str| {
        let request = filled(mock::post("copy-add", "/"), &[("accession", number), ("shelf", "Kệ A1")]);
        mock::call(Catalogue::page, request.param("record", &id)).unwrap().status
    };
    assert_eq!(add("TK.00001-2"), 303);
    assert_eq!(add("tk 00002"), 422);
    assert_eq!(add(""), 422);
    assert_eq!(add("TK.5-TK.1"), 422);
    let copies = shelf::copies(&key).unwrap();
    assert_eq!(copies.len(), 2);
    let copy = copies[0].id()[32..].to_owned();
    let version = copies[0].version.to_string();
    let update = |number: &str, version: &str| {
        let fields = [("accession", number), ("state", "lost"), ("version", version)];
        let request = filled(mock::post("copy-update", "/"), &fields).param("record", &id).param("copy", &copy);
        mock::call(Catalogue::page, request).unwrap().status
    };
    assert_eq!(update("TK.00002", &version), 422);
    assert_eq!(update("TK.00009", "1"), 409);
    assert_eq!(update("TK.00009", &version), 303);
    // The list is in the order of the numbers.
    let states: Vec<(String, String)> =
        shelf::copies(&key).unwrap().into_iter().map(|c| (c.value.accession, c.value.state)).collect();
    assert_eq!(states[0], ("TK.00002".into(), "available".into()));
    assert_eq!(states[1], ("TK.00009".into(), "lost".into()));
    let page = mock::call(Catalogue::page, mock::get("record", "/").param("record", &id)).unwrap();
    let shown = serde_json::to_string(&page_of(&page)).unwrap();
    assert!(shown.contains("TK.00009") && shown.contains("Kệ A1") && !shown.contains("/copies/"));
}

#[test]
fn the_register_lists_copies_by_number_and_changes_many() {
    fresh();
    for title in 0..3 {
        let key = shelf::insert(&crate::compact::encode(&book(&title.to_string(), &format!("Sách {title}")))).unwrap();
        for copy in 0..3 {
            let accession = format!("TK.{:05}", copy * 3 + title + 1);
            shelf::add_copy(&key, &shelf::Copy { accession, shelf: "Kho".into(), ..Default::default() }).unwrap();
        }
    }
    let register = |query: &str| {
        let request = mock::get("register", &format!("/register?{query}")).by(librarian());
        let page = page_of(&mock::call(Catalogue::page, request).unwrap());
        let Some(Widget::Table(table)) = page.widgets.into_iter().find(|w| matches!(w, Widget::Table(_))) else {
            return Vec::new();
        };
        table.rows.into_iter().map(|row| row.iter().map(|c| c.text.get("vi").to_owned()).collect::<Vec<_>>()).collect()
    };
    let numbers = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    let all = register("");
    assert_eq!(numbers(&all), (1..=9).map(|n| format!("TK.{n:05}")).collect::<Vec<_>>());
    assert!(all[1][1].ends_with("Sách 1"), "{:?}", all[1]);
    assert_eq!(numbers(&register("from=tk 00003&to=TK00005")), ["TK.00003", "TK.00004", "TK.00005"]);
    assert_eq!(numbers(&register("from=TK.00008")), ["TK.00008", "TK.00009"]);
    assert!(register("from=ZZ").is_empty());

    let change = |numbers: &str, shelf: &str, state: &str| {
        let fields = [("accession", numbers), ("shelf", shelf), ("state", state)];
        mock::call(Catalogue::page, filled(mock::post("copies-change", "/copies"), &fields)).unwrap()
    };
    for (numbers, shelf, state) in [("", "Kệ 1", ""), ("TK.00001", "", ""), ("TK.00001\nTK.77777", "Kệ 1", "lost")]
    {
        assert_eq!(change(numbers, shelf, state).status, 422, "{numbers}");
    }
    assert!(register("").iter().all(|row| row[6] == "Kho" && row[7].is_empty()), "all or none");
    let done = change("TK.00002 - TK.00004", "Kệ 1", "lost");
    assert_eq!(location(&done), "register?from=TK.00002&to=TK.00004&said=copies");
    assert_eq!(change("TK.00004", "", "repair").status, 303);
    let rows = register("from=TK.00001&to=TK.00005");
    let told: Vec<(&str, &str, &str)> = rows.iter().map(|r| (r[6].as_str(), r[7].as_str(), r[8].as_str())).collect();
    assert_eq!(
        told,
        [("Kho", "", ""), ("Kệ 1", "M", ""), ("Kệ 1", "M", ""), ("Kệ 1", "", "Đang sửa chữa"), ("Kho", "", "")]
    );
}

#[test]
fn the_search_page_shows_where_the_book_stands() {
    fresh();
    find_all();
    let key = shelf::insert(&crate::compact::encode(&book("1", "Dế Mèn phiêu lưu ký"))).unwrap();
    let copy = shelf::Copy {
        accession: "TK.00012".into(),
        shelf: "Kệ B2".into(),
        state: "available".into(),
        ..Default::default()
    };
    shelf::add_copy(&key, &copy).unwrap();
    let page = page_of(&mock::call(Catalogue::page, mock::get("search", "/?q=dế mèn")).unwrap());
    let Some(Widget::Cards(cards)) = page.widgets.iter().find(|w| matches!(w, Widget::Cards(_))) else { panic!() };
    assert_eq!(cards.cards[0].href, format!("records/{}", store::to_hex(&key)));
    assert!(serde_json::to_string(&cards.cards[0]).unwrap().contains("Kệ B2"));
    let scanned = page_of(&mock::call(Catalogue::page, mock::get("search", "/?q=tk00012")).unwrap());
    assert!(serde_json::to_string(&scanned).unwrap().contains("Số ĐKCB TK.00012"));
    // Nothing found: what to do next.
    mock::on_search(|_| SearchReply { exact: true, ..SearchReply::default() });
    let nothing = page_of(&mock::call(Catalogue::page, mock::get("search", "/?q=zzz")).unwrap());
    assert!(nothing.widgets.iter().any(|w| matches!(w, Widget::Empty { links, .. } if !links.is_empty())));
}

fn sru(query: &str) -> String {
    text_of(&mock::call(Catalogue::answer, mock::get("sru", &format!("/sru?{query}"))).unwrap())
}

#[test]
fn sru_answers_records_and_diagnostics() {
    fresh();
    find_all();
    for n in 1..=12 {
        let mut record = book(&n.to_string(), &format!("Sách <{n}>"));
        record.fields.push(crate::testing::record(&[("990", "  $ariêng")]).fields.remove(0));
        shelf::insert(&crate::compact::encode(&record)).unwrap();
    }
    let reply = sru("version=1.1&operation=searchRetrieve&query=dc.title=a&maximumRecords=10&recordSchema=marcxml");
    assert!(reply.contains("<zs:version>1.1</zs:version><zs:numberOfRecords>12</zs:numberOfRecords>"));
    assert_eq!(reply.matches("<zs:record>").count(), 10);
    assert!(reply.contains("Sách &lt;1&gt;") && !reply.contains("riêng"));
    assert!(reply.contains("<zs:nextRecordPosition>11</zs:nextRecordPosition>"));
    let rest = sru("version=1.2&operation=searchRetrieve&query=a&startRecord=11");
    assert_eq!(rest.matches("<zs:record>").count(), 2);
    assert!(!rest.contains("nextRecordPosition") && rest.contains("<zs:recordPosition>12<"));
    assert!(sru("operation=searchRetrieve&query=a&recordSchema=dc").contains("<title>Sách &lt;1&gt;</title>"));
    assert!(sru("operation=searchRetrieve&query=a&recordPacking=string").contains("&lt;record xmlns=&quot;"));
    assert!(sru("").contains("explainResponse") && sru("").contains("<name set=\"dc\">title</name>"));
    for (query, number) in [
        ("operation=searchRetrieve", 7),
        ("operation=searchRetrieve&query=foo.bar=a", 15),
        ("operation=searchRetrieve&query=a&recordSchema=mods", 66),
        ("operation=searchRetrieve&query=a&startRecord=99", 61),
        ("operation=searchRetrieve&query=a&startRecord=0", 6),
        ("operation=searchRetrieve&query=a&recordPacking=x", 71),
        ("operation=searchRetrieve&query=a&version=3", 5),
        ("operation=searchRetrieve&query=a&foo=1", 8),
        ("operation=searchRetrieve&query=a&stylesheet=x", 110),
        ("operation=nothing", 4),
        ("operation=scan", 7),
        ("operation=scan&scanClause=dc.title=a&responsePosition=22", 120),
        ("operation=scan&scanClause=dc.date=abc", 36),
        ("operation=scan&scanClause=cql.allRecords=1", 16),
        ("operation=searchRetrieve&query=a&recordXPath=/x", 72),
    ] {
        assert!(sru(query).contains(&format!("info:srw/diagnostic/1/{number}<")), "{query}: {}", sru(query));
    }
    let form =
        mock::post("sru-post", "/sru").body("version=1.1&operation=searchRetrieve&query=dc.title%3Da&maximumRecords=2");
    let posted = text_of(&mock::call(Catalogue::answer, form).unwrap());
    assert_eq!(posted, sru("version=1.1&operation=searchRetrieve&query=dc.title=a&maximumRecords=2"));
    // Every answer is XML.
    for query in
        ["", "operation=searchRetrieve&query=a", "operation=searchRetrieve&query=%22", "operation=scan&scanClause=a"]
    {
        let text = sru(query);
        assert!(text.starts_with("<?xml") && text.trim_end().ends_with('>'), "{text}");
    }
}

#[test]
fn the_json_interface_lists_and_refuses() {
    fresh();
    find_all();
    let key = shelf::insert(&crate::compact::encode(&book("1", "Một"))).unwrap();
    let call = |route: &str, path: &str| mock::call(Catalogue::answer, mock::get(route, path));
    let list: serde_json::Value =
        serde_json::from_str(&text_of(&call("v1-search", "/v1/search?q=a&per_page=5").unwrap())).unwrap();
    assert_eq!((list["total"].as_u64(), list["items"][0]["title"].as_str()), (Some(1), Some("Một")));
    assert!(call("v1-search", "/v1/search?page=0").is_err());
    assert!(call("v1-search", "/v1/search?facet=nothing").is_err());
    assert!(call("v1-search", &format!("/v1/search?q={}", "a".repeat(301))).is_err());
    mock::on_search(|request| {
        assert_eq!(request.filters["author-facet"], ["Tô Hoài"]);
        let counts = request
            .facets
            .keys()
            .map(|field| (field.clone(), vec![FacetCount { value: "comic".into(), count: 3 }]))
            .collect();
        SearchReply {
            total: 3, exact: true, facets: counts, spelling: Some("dế mèn".into()), ..SearchReply::default()
        }
    });
    let faceted = call("v1-search", "/v1/search?q=de&facet=kind&author=Tô Hoài").unwrap();
    let faceted: serde_json::Value = serde_json::from_str(&text_of(&faceted)).unwrap();
    assert_eq!(faceted["spelling"], "dế mèn");
    assert_eq!(faceted["facets"], json!({ "kind": [{ "value": "comic", "label": "Truyện tranh", "count": 3 }] }));
    assert!(call("v1-search", "/v1/search?per_page=1000").is_err());
    let one = mock::get("v1-record", "/").param("record", &store::to_hex(&key));
    let one: serde_json::Value = serde_json::from_str(&text_of(&mock::call(Catalogue::answer, one).unwrap())).unwrap();
    assert_eq!(one["marc"]["fields"][0]["tag"], "001");
    let openapi: serde_json::Value =
        serde_json::from_str(&text_of(&call("v1-openapi", "/v1/openapi.json").unwrap())).unwrap();
    assert!(openapi["paths"]["/v1/search"].is_object());
}

#[test]
fn an_export_comes_back_identical() {
    fresh();
    let records: Vec<Record> = (0..450)
        .map(|n| {
            let copy = shelf::Copy {
                accession: format!("TK.{n:05}"),
                shelf: "Kệ A1".into(),
                call: "895.9223 T1".into(),
                state: if n % 3 == 0 { "repair" } else { "available" }.into(),
                ..Default::default()
            };
            let copies = if n % 2 == 0 { vec![copy] } else { Vec::new() };
            crate::holdings::add(&book(&format!("n{n}"), &format!("Truyện {n}")), &copies, false)
        })
        .collect();
    let outcome = import(&[("a.mrc", &file(&records))], json!({}));
    assert_eq!((outcome.counts.added, outcome.counts.copies), (450, 225));
    // The record itself is kept without what its copies say.
    let (rows, _) = shelf::page(None, 1).unwrap();
    assert!(rows[0].record().unwrap().fields().all(|field| field.tag != "852"));
    let export = |format: &str| -> Vec<u8> {
        let arguments = serde_json::to_vec(&json!({ "options": { "format": format } })).unwrap();
        let outcome: crate::export::job::Outcome =
            mock::run_job::<Catalogue>("export", &arguments, &librarian()).unwrap().outcome().unwrap();
        assert_eq!((outcome.records, outcome.left_out), (450, 0));
        let size = blobs::stat(&outcome.blob).unwrap().unwrap().size;
        blobs::read(&outcome.blob, 0, u32::try_from(size).unwrap()).unwrap()
    };
    for format in ["marc", "marcxml"] {
        let bytes = export(format);
        let mut decoder =
            tram_marc::Decoder::new(tram_marc::Format::sniff(&bytes), tram_marc::Charset::Declared).unwrap();
        decoder.push(&bytes);
        decoder.finish();
        let back: Vec<Record> = decoder.map(|read| read.unwrap().record).collect();
        assert_eq!(back, records, "{format}");
    }
    use calamine::Reader as _;
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(export("xlsx"))).unwrap();
    assert_eq!(book.worksheet_range_at(0).unwrap().unwrap().height(), 451);
}

#[test]
fn a_document_is_the_same_each_time() {
    fresh();
    let key = shelf::insert(&crate::compact::encode(&book("1", "Một"))).unwrap();
    let row = store::get(RECORDS, &key).unwrap().unwrap();
    let one = Catalogue::index(RECORDS, &row).unwrap();
    assert_eq!(Some(&one), Catalogue::index(RECORDS, &row).as_ref());
    assert_eq!(one.visibility, ["public"]);
    assert!(Catalogue::index("copies", &row).is_none());
}

#[test]
fn a_title_points_to_its_digital_form_once_there_is_one() {
    use tram_sdk::{Event, Queryable as _, Subscriber as _};
    fresh();
    import(&[("a.mrc", &file(&[book("1", "Một"), book("2", "Hai")]))], json!({}));
    let (rows, _) = shelf::page(None, 10).unwrap();
    let ids: Vec<String> = rows.iter().map(|row| store::to_hex(&row.key)).collect();
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&asked);
    mock::on_query("materials/of-record", move |_| {
        count.set(count.get() + 1);
        Ok(r#"[{"title":"Bản số của Một","href":"/materials/items/7"}]"#.as_bytes().to_vec())
    });
    let page = |id: &str| {
        let reply = mock::call(Catalogue::page, mock::get("record", "/").param("record", id)).unwrap();
        let Body::Page(bytes) = reply.body else { panic!("no page") };
        String::from_utf8(bytes).unwrap()
    };
    assert!(!page(&ids[0]).contains("/materials/items/7") && asked.get() == 0, "nobody is asked for nothing");
    let payload = json!({ "item": "7", "records": [ids[0], "00", "không"] });
    let payload = serde_json::to_vec(&payload).unwrap();
    let event = Event { sequence: 1, plugin: "materials".into(), topic: "published".into(), payload };
    mock::transaction(false, || Catalogue::on_event(event)).unwrap();
    assert!(page(&ids[0]).contains("/materials/items/7"));
    assert!(!page(&ids[1]).contains("/materials/items/7"));
    let known = |id: &str| {
        String::from_utf8(Catalogue::query("record", format!("\"{id}\"").as_bytes(), &mock::public()).unwrap()).unwrap()
    };
    assert!(known(&ids[1]).contains("Hai") && known(&ids[1]).contains(&ids[1]));
    assert_eq!(known("00"), "null");
}

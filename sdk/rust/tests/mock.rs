//! The station in memory behaves as the contract says, so that a plugin's own tests
//! mean something.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{Read, Seek, SeekFrom, Write};

use tram_sdk::prelude::*;
use tram_sdk::store::{self, Find};
use tram_sdk::{blobs, clock, code, directory, events, jobs, log, mock, random, settings};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Book {
    title: String,
    number: String,
}

const BOOKS: Table<Book> = Table::new("books").with_terms(|book, terms| {
    terms.add("number", &book.number);
    terms.add("title", book.title.to_lowercase());
});

const MANIFEST: &str = r#"
id = "shelf.test"
version = "0.1.0"
api = "0.1"
name = "Shelf"
description = "A shelf"
topics = ["lent"]
capability = [
    { name = "store", purpose = "x" },
    { name = "events", purpose = "x" },
    { name = "jobs", purpose = "x" },
    { name = "blobs", purpose = "x" },
    { name = "directory", purpose = "x", fields = ["name"] },
    { name = "print", purpose = "x" },
]
template = [{ id = "list", name = "List", file = "list.typ", sample = "list.json" }]
job = [{ name = "count", label = "Count" }]

[[collection]]
name = "books"
history = "full"
index = [{ name = "number", unique = true }, { name = "title" }]
"#;

fn book(title: &str, number: &str) -> Book {
    Book { title: title.into(), number: number.into() }
}

fn installed() {
    mock::reset();
    mock::install(MANIFEST).unwrap();
}

#[test]
fn a_failed_call_leaves_nothing() {
    installed();
    let key = BOOKS.insert(&book("Dế mèn", "1")).unwrap();
    let outcome = mock::transaction(false, || -> Result<()> {
        BOOKS.change(&key, |book| book.title = "x".into())?;
        BOOKS.insert(&book("Kiều", "2"))?;
        store::add("seen", 1)?;
        events::emit("lent", &1)?;
        jobs::start("count", &())?;
        blobs::write("a", "text/plain", b"a")?;
        log::info("tried");
        Err(Error::invalid("on purpose"))
    });
    assert_eq!(outcome.unwrap_err().code, code::BAD_REQUEST);
    assert_eq!(BOOKS.get(&key).unwrap().unwrap().value.title, "Dế mèn");
    assert_eq!(BOOKS.count().unwrap(), 1);
    assert_eq!(store::counter("seen").unwrap(), 0);
    assert_eq!(mock::events(), []);
    assert_eq!(jobs::recent("count", 10).unwrap(), []);
    assert_eq!(mock::logged().len(), 1, "log lines stay, so that the failure is explained");
}

#[test]
fn get_calls_cannot_write() {
    installed();
    let handler = |_: Request| BOOKS.insert(&book("x", "1")).map(|_| Response::empty(204));
    assert_eq!(mock::call(handler, mock::get("r", "/")).unwrap_err().code, code::READ_ONLY);
    assert_eq!(mock::call(handler, mock::post("r", "/")).unwrap().status, 204);
}

#[test]
fn versions_tell_a_form_that_went_stale() {
    installed();
    let key = BOOKS.insert(&book("Dế mèn", "1")).unwrap();
    let seen = BOOKS.get(&key).unwrap().unwrap();
    BOOKS.replace(&key, &book("Dế Mèn", "1"), seen.version).unwrap();
    assert!(BOOKS.replace(&key, &book("DẾ MÈN", "1"), seen.version).unwrap_err().is_stale());
    assert!(BOOKS.insert_at(&key, &book("x", "2")).unwrap_err().is_stale());
    assert!(BOOKS.delete(&key, Some(seen.version)).unwrap_err().is_stale());
    let titles: Vec<_> = BOOKS.history(&key, 10).unwrap().into_iter().map(|(_, book)| book.unwrap().title).collect();
    assert_eq!(titles, ["Dế Mèn", "Dế mèn"]);
}

#[test]
fn unique_indexes_are_kept() {
    installed();
    let key = BOOKS.insert(&book("Dế mèn", "1")).unwrap();
    assert_eq!(BOOKS.insert(&book("Kiều", "1")).unwrap_err().code, code::UNIQUE);
    BOOKS.replace(&key, &book("Dế Mèn", "1"), BOOKS.get(&key).unwrap().unwrap().version).unwrap();
    assert_eq!(BOOKS.find_one("number", "1").unwrap().unwrap().value.title, "Dế Mèn");
    BOOKS.delete(&key, None).unwrap();
    assert_eq!(BOOKS.find_one("number", "1").unwrap(), None);
    BOOKS.insert(&book("Kiều", "1")).unwrap();
}

#[test]
fn numbers_without_gaps_are_filled_in_at_the_commit() {
    installed();
    let call = |fails: bool| {
        mock::transaction(false, || {
            let number = store::at_commit("accession")?;
            BOOKS.insert(&book("Kiều", &format!("TK.{number}")))?;
            if fails { Err(Error::invalid("on purpose")) } else { Ok(()) }
        })
    };
    call(false).unwrap();
    call(true).unwrap_err();
    call(false).unwrap();
    let (books, _) = BOOKS.scan(&Scan::all()).unwrap();
    assert_eq!(books.iter().map(|book| book.value.number.as_str()).collect::<Vec<_>>(), ["TK.1", "TK.2"]);
    assert!(BOOKS.find_one("number", "TK.2").unwrap().is_some(), "in terms as well");
}

#[test]
fn scans_and_finds_go_on_where_they_stopped() {
    installed();
    for at in 0..25_u8 {
        BOOKS.insert_at([b'k', at], &book(if at % 2 == 0 { "Chẵn" } else { "Lẻ" }, &at.to_string())).unwrap();
    }
    let (first, more) = BOOKS.scan(&Scan::prefix("k").limit(10)).unwrap();
    assert!(more);
    let (rest, more) = BOOKS.scan(&Scan::prefix("k").after(&first[9].key)).unwrap();
    assert_eq!((rest.len(), more), (15, false));
    let (last, _) = BOOKS.scan(&Scan::all().reverse().limit(1)).unwrap();
    assert_eq!(last[0].key, [b'k', 24]);

    let (even, more) = BOOKS.find("title", Find::Exact("chẵn".as_bytes()), None, 10).unwrap();
    assert!(more);
    let (rest, _) = BOOKS.find("title", Find::Exact("chẵn".as_bytes()), Some(&even[9].key), 10).unwrap();
    assert_eq!(rest.len(), 3);
    let numbers: Vec<_> = BOOKS.iter("k").map(|book| book.unwrap().value.number).collect();
    assert_eq!((numbers.len(), numbers[24].as_str()), (25, "24"));
}

#[test]
fn what_the_manifest_does_not_say_is_refused() {
    installed();
    assert_eq!(store::get("nowhere", b"x").unwrap_err().code, code::BAD_REQUEST);
    assert_eq!(BOOKS.find("nothing", Find::Exact(b""), None, 1).unwrap_err().code, code::BAD_REQUEST);
    assert_eq!(events::emit("nothing", &()).unwrap_err().code, code::BAD_REQUEST);
    assert_eq!(settings::get("x").unwrap_err().code, code::NOT_GRANTED);
    mock::add_person("an", &[("name", "An"), ("birth", "2014-03-02")]);
    assert_eq!(directory::person("an", &["name"]).unwrap().unwrap().field("name"), Some("An"));
    assert_eq!(directory::person("an", &["name", "birth"]).unwrap_err().code, code::NOT_GRANTED);
}

#[test]
fn blobs_are_streams() {
    mock::reset();
    let mut writer = blobs::create("số.txt", "text/plain").unwrap();
    for at in 0..300_000 {
        writeln!(writer, "{at:06}").unwrap();
    }
    let id = writer.finish().unwrap();
    assert_eq!(blobs::stat(&id).unwrap().unwrap().size, 2_100_000);
    let mut reader = blobs::Reader::open(&id).unwrap();
    reader.seek(SeekFrom::Start(7 * 299_999)).unwrap();
    let mut end = String::new();
    reader.read_to_string(&mut end).unwrap();
    assert_eq!(end, "299999\n");
    reader.rewind().unwrap();
    let mut whole = Vec::new();
    reader.read_to_end(&mut whole).unwrap();
    assert_eq!(whole.len(), 2_100_000);

    // A job writes on in its next step.
    let half = blobs::create("x", "text/plain").unwrap();
    let id = half.suspend().unwrap();
    let mut second = blobs::Writer::resume(id);
    second.append(b"whole").unwrap();
    assert_eq!(blobs::read(&second.finish().unwrap(), 0, 10).unwrap(), b"whole");
}

struct Counter;

impl Job for Counter {
    fn run(_job: &str, state: &[u8], first: bool, _by: &Principal) -> Result<Step> {
        let at: u64 = if first { 0 } else { serde_json::from_slice(state)? };
        BOOKS.insert(&book("Sách", &at.to_string()))?;
        let progress = Progress::new(at + 1, 3, Text::vi_en("Đang đếm", "Counting"));
        if at == 2 { Step::done(progress, &"counted") } else { Step::again(progress, &(at + 1)) }
    }
}

use tram_sdk::serde_json;

#[test]
fn started_jobs_run_after_the_commit() {
    installed();
    let id = mock::transaction(false, || jobs::start("count", &())).unwrap();
    assert!(jobs::status(&id).unwrap().unwrap().is_alive());
    mock::run_started_jobs::<Counter>(&mock::public()).unwrap();
    let status = jobs::status(&id).unwrap().unwrap();
    assert_eq!((status.state.as_str(), status.done, status.total), ("done", 3, 3));
    assert_eq!(status.outcome::<String>().unwrap(), "counted");
    assert_eq!(BOOKS.count().unwrap(), 3);

    // A second run meets the numbers of the first, and says so.
    let id = jobs::start("count", &()).unwrap();
    assert!(mock::run_started_jobs::<Counter>(&mock::public()).is_err());
    assert_eq!(jobs::status(&id).unwrap().unwrap().state, "failed");
}

#[test]
fn the_clock_stands_and_can_be_set() {
    mock::reset();
    assert_eq!(clock::today(), "2026-11-24");
    for (unix_ms, today) in [
        (0, "1970-01-01"),
        (951_782_399_000 - 7 * 3_600_000, "2000-02-28"),
        (951_782_400_000 - 7 * 3_600_000, "2000-02-29"),
        (1_798_736_400_000, "2027-01-01"),
    ] {
        mock::set_time(unix_ms);
        assert_eq!(clock::today(), today);
    }
}

#[test]
fn maps_are_seeded() {
    mock::reset();
    let mut map = random::HashMap::default();
    map.insert("một", 1);
    assert_eq!(map.get("một"), Some(&1));
    assert_eq!(random::bytes(100_000).len(), 100_000);
    assert_ne!(random::bytes(16), random::bytes(16));
}

#[test]
fn downloads_have_names_with_marks() {
    let reply = Response::blob("x").download("Sổ \"đăng ký\".csv");
    assert_eq!(
        reply.headers[0].value,
        "attachment; filename=\"S_ ___ng k__.csv\"; filename*=UTF-8''S%E1%BB%95%20%22%C4%91%C4%83ng%20k%C3%BD%22.csv"
    );
}

struct Printing;

impl Job for Printing {
    fn run(_job: &str, _state: &[u8], first: bool, _by: &Principal) -> Result<Step> {
        let progress = Progress::new(0, 0, "");
        if first {
            tram_sdk::print::begin("list", &book("Kiều", "1"), "sach.pdf")?;
            return Step::again(progress, &());
        }
        let printed = tram_sdk::print::outcome()?.ok_or_else(|| Error::not_found("nothing was printed"))?;
        assert_eq!(tram_sdk::print::outcome()?, None, "an outcome is given once");
        Step::done(progress, &printed.blob)
    }
}

#[test]
fn a_document_is_asked_for_and_had_in_the_next_step() {
    installed();
    let done = mock::run_job::<Printing>("count", b"null", &mock::person("p", &[])).unwrap();
    let blob: String = serde_json::from_slice(&done.outcome).unwrap();
    assert_eq!(blobs::stat(&blob).unwrap().unwrap().name, "sach.pdf");
    assert_eq!(mock::printed()[0].template, "list");
    assert_eq!(mock::printed()[0].data["title"], "Kiều");
    let unknown = tram_sdk::print::begin("poster", &(), "x.pdf").unwrap_err();
    assert_eq!(unknown.code, code::NOT_FOUND);
}

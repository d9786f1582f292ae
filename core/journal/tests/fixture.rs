//! A data folder that version 0.1 made is opened by every later one.
//!
//! `cargo test -p tram-journal --test fixture -- --ignored` made it; it is never made again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};

use common::{ctx, index, options, person, spec};
use tram_journal::{
    Context, EraseTarget, Event, Head, History, Journal, Options, Reader, TermMatch, VersionState, restore, verify,
};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture-0.1")
}

fn small() -> Options {
    Options { segment_size: 8192, dictionary_after: 150, ..options() }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn title(i: u32) -> String {
    format!(
        "{{\"title\":\"Góc sân và khoảng trời, bản {i}\",\"author\":\"Trần Đăng Khoa\",\"year\":{}}}",
        1968 + i % 50
    )
}

#[test]
#[ignore = "makes the fixture, once"]
fn make() {
    assert!(!fixture().exists(), "the fixture of a released version is never made again");
    let work = tempfile::tempdir().unwrap();
    let dir = work.path().join("station");
    let journal = Journal::create(&dir, small()).unwrap();
    journal
        .declare(
            "lib",
            &[
                spec("book", History::Full, true),
                spec("loan", History::Latest { days: 30 }, false),
                spec("session", History::Scratch, false),
                person(),
            ],
        )
        .unwrap();
    for step in 0..4u32 {
        let mut txn = journal.begin(ctx()).unwrap();
        for i in step * 50..step * 50 + 50 {
            let tag = [b'0' + (i % 10) as u8];
            txn.put("lib", "book", &i.to_be_bytes(), title(i).as_bytes(), 1, &[("tag", &tag)], None).unwrap();
        }
        journal.commit(txn).unwrap();
    }
    let head = journal.head().sequence;
    assert!(journal.wait_for(head + 1, std::time::Duration::from_secs(10)) > head, "the dictionary");
    let mut blob = journal.blobs().writer().unwrap();
    blob.write_all(b"a cover").unwrap();
    let blob = blob.finish().unwrap();
    let mut txn = journal.begin(Context { note: "nhập tay".into(), cause: Some(2), ..ctx() }).unwrap();
    txn.put("lib", "book", b"late", title(999).as_bytes(), 1, &[("only", b"late")], None).unwrap();
    let p = txn.at_commit("lib", "accession").unwrap();
    txn.put("lib", "loan", b"numbered", &p.decimal(6), 1, &[], None).unwrap();
    txn.next("lib", "ticket", 3).unwrap();
    txn.add("lib", "views", 41).unwrap();
    txn.emit("lib.added.1", b"late").unwrap();
    txn.hold_blob(&blob.id).unwrap();
    journal.commit(txn).unwrap();
    for name in ["An", "Bình"] {
        let mut txn = journal.begin(ctx()).unwrap();
        txn.put("lib", "person", name.as_bytes(), b"lop 6A1", 1, &[("number", name.as_bytes())], None).unwrap();
        txn.put("lib", "session", name.as_bytes(), b"signed in", 1, &[], None).unwrap();
        journal.commit(txn).unwrap();
    }
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "person", "An".as_bytes(), b"lop 7A1", 2, &[("number", "An".as_bytes())], None).unwrap();
    txn.delete("lib", "book", &7u32.to_be_bytes(), None).unwrap();
    journal.commit(txn).unwrap();
    let gone = EraseTarget::Row { owner: "lib".into(), collection: "person".into(), key: "Bình".into() };
    journal.erase(ctx(), &[gone], "hiệu trưởng", "yêu cầu của phụ huynh").unwrap();
    journal.set_quota("lib", Some(1 << 20)).unwrap();
    let backup = work.path().join("backup");
    journal.backup(&backup).unwrap();
    journal.close().unwrap();
    // Restored, so that an entry of a restore and a second epoch are in it.
    restore(&backup, &fixture(), &[], ctx(), small()).unwrap();
    let journal = Journal::open(&fixture(), small()).unwrap();
    journal
        .declare(
            "lib",
            &[{
                let mut wider = spec("book", History::Full, true);
                wider.indexes.push(index("year", false, false));
                wider
            }],
        )
        .unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"last", b"the last entry", 1, &[("year", b"2026")], None).unwrap();
    journal.commit(txn).unwrap();
    let Head { sequence, epoch, tag, hash } = journal.head();
    let text = format!("{sequence} {epoch} {tag} {}", blake3::Hash::from(hash).to_hex());
    journal.close().unwrap();
    // Built in one go the table file is small.
    std::fs::remove_file(fixture().join("tables.redb")).unwrap();
    let journal = Journal::open(&fixture(), small()).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "session", b"s", b"kept", 1, &[], None).unwrap();
    journal.commit(txn).unwrap();
    journal.close().unwrap();
    std::fs::write(fixture().join("witness"), text).unwrap();
    std::fs::remove_file(fixture().join("journal/spare")).unwrap();
    std::fs::remove_file(fixture().join("lock")).unwrap();
}

fn check(dir: &Path, witness: &Head) {
    let report = verify(dir, Some(witness)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let journal = Journal::open(dir, small()).unwrap();
    assert_eq!(journal.head(), *witness);
    let read = journal.read().unwrap();
    for i in (0..200u32).filter(|i| *i != 7) {
        assert_eq!(read.get("lib", "book", &i.to_be_bytes()).unwrap().unwrap().value, title(i).as_bytes());
    }
    assert_eq!(read.count("lib", "book").unwrap(), 201);
    assert!(read.get("lib", "book", &7u32.to_be_bytes()).unwrap().is_none());
    assert_eq!(read.get("lib", "book", b"late").unwrap().unwrap().value, title(999).as_bytes());
    assert_eq!(read.get("lib", "loan", b"numbered").unwrap().unwrap().value, b"000001");
    let an = read.find("lib", "person", "number", b"An", TermMatch::Exact, None, 2).unwrap();
    assert_eq!((an.rows[0].schema, &*an.rows[0].value), (2, &b"lop 7A1"[..]));
    assert!(read.get("lib", "person", "Bình".as_bytes()).unwrap().is_none());
    let tagged = read.find("lib", "book", "tag", b"3", TermMatch::Exact, None, 100).unwrap();
    assert_eq!(tagged.rows.len(), 20);
    assert_eq!(read.find("lib", "book", "year", b"20", TermMatch::Prefix, None, 9).unwrap().rows[0].key, b"last");
    assert_eq!(read.counter("lib", "views").unwrap(), 41);
    drop(read);
    let states: Vec<_> =
        journal.history("lib", "person", b"An", 9).unwrap().into_iter().map(|v| (v.time, v.actor, v.state)).collect();
    let held = |value: &[u8], schema| VersionState::Value { value: value.to_vec(), schema };
    assert_eq!(states[0], (ctx().time, "tester".to_owned(), held(b"lop 7A1", 2)));
    assert_eq!(states[1].2, held(b"lop 6A1", 1));
    let entries = journal.changes(1, 1000).unwrap();
    let noted = entries.iter().find(|e| e.note == "nhập tay").unwrap();
    assert_eq!((noted.cause, noted.epoch), (Some(2), 0));
    assert_eq!(noted.events, [Event { topic: "lib.added.1".into(), payload: b"late".to_vec() }]);
    assert_eq!(entries.last().unwrap().epoch, 1);
    assert_eq!(journal.usage("lib").quota, Some(1 << 20));
    assert_eq!(journal.usage("lib").blobs, 7);
    let cover = tram_journal::BlobId(*blake3::hash(b"a cover").as_bytes());
    assert_eq!(journal.blobs().range(&cover, 0, 100).unwrap(), b"a cover");
    let mut txn = journal.begin(ctx()).unwrap();
    assert_eq!(txn.next("lib", "ticket", 1).unwrap(), 4);
    let p = txn.at_commit("lib", "accession").unwrap();
    txn.put("lib", "book", b"new", title(1000).as_bytes(), 1, &[], None).unwrap();
    assert_eq!(journal.commit(txn).unwrap().value_of(&p), Some(2));
    journal.close().unwrap();
    assert!(verify(dir, Some(witness)).unwrap().is_sound());
}

#[test]
fn opens_what_0_1_wrote() {
    let text = std::fs::read_to_string(fixture().join("witness")).unwrap();
    let words: Vec<&str> = text.split(' ').collect();
    let witness = Head {
        sequence: words[0].parse().unwrap(),
        epoch: words[1].parse().unwrap(),
        tag: words[2].parse().unwrap(),
        hash: *blake3::Hash::from_hex(words[3]).unwrap().as_bytes(),
    };
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&fixture(), copy.path());
    let journal = Journal::open(copy.path(), small()).unwrap();
    let session = journal.read().unwrap().get("lib", "session", b"s").unwrap().unwrap();
    assert_eq!(session.value, b"kept");
    journal.close().unwrap();
    check(copy.path(), &witness);
    // And from the segments alone, as after the loss of everything that follows from them.
    let bare = tempfile::tempdir().unwrap();
    copy_folder(&fixture(), bare.path());
    std::fs::remove_file(bare.path().join("tables.redb")).unwrap();
    std::fs::remove_file(bare.path().join("scratch.redb")).unwrap();
    check(bare.path(), &witness);
}

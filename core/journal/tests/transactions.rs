//! Transactions as a caller sees them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::{ctx, index, new, options, spec};
use proptest::prelude::*;
use tram_journal::{
    Change, CollectionSpec, CommitError, Context, Error, History, Journal, Reader, RunError, ScanRange, TermMatch,
    VersionState, verify,
};

fn put(journal: &Journal, collection: &str, key: &str, value: &str) -> u64 {
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", collection, key.as_bytes(), value.as_bytes(), 1, &[], None).unwrap();
    journal.commit(txn).unwrap().sequence
}

fn value(journal: &Journal, collection: &str, key: &str) -> Option<String> {
    let row = journal.read().unwrap().get("lib", collection, key.as_bytes()).unwrap();
    row.map(|r| String::from_utf8(r.value).unwrap())
}

#[test]
fn what_is_written_is_read_and_survives() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let station = journal.station();
    let sequence = put(&journal, "book", "b1", "Dế mèn phiêu lưu ký");
    assert_eq!(journal.head().sequence, sequence);
    let row = journal.read().unwrap().get("lib", "book", b"b1").unwrap().unwrap();
    assert_eq!((row.version, row.schema), (sequence, 1));
    assert!(matches!(Journal::open(dir.path(), options()), Err(Error::Locked)));
    let head = journal.head();
    journal.clone().close().unwrap();
    assert!(matches!(journal.read(), Err(Error::Closed)));
    drop(journal);
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!((journal.station(), journal.head()), (station, head));
    assert_eq!(value(&journal, "book", "b1").unwrap(), "Dế mèn phiêu lưu ký");
    assert_eq!(journal.read().unwrap().count("lib", "book").unwrap(), 1);
}

#[test]
fn a_lost_table_file_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    for i in 0..50 {
        put(&journal, "book", &format!("b{i}"), &format!("value {i}").repeat(20));
    }
    let head = journal.head();
    journal.close().unwrap();
    std::fs::remove_file(dir.path().join("tables.redb")).unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.head(), head);
    assert_eq!(journal.read().unwrap().count("lib", "book").unwrap(), 50);
    journal.close().unwrap();
    std::fs::write(dir.path().join("tables.redb"), b"not a database").unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(value(&journal, "book", "b7").unwrap(), "value 7".repeat(20));
}

#[test]
fn versions_guard_against_stale_forms() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let first = put(&journal, "book", "b", "one");
    let second = put(&journal, "book", "b", "two");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"b", b"three", 1, &[], Some(first)).unwrap();
    match journal.commit(txn) {
        Err(CommitError::Stale { expected, found, .. }) => assert_eq!((expected, found), (first, second)),
        other => panic!("{other:?}"),
    }
    assert_eq!(value(&journal, "book", "b").unwrap(), "two");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"b", b"new", 1, &[], Some(0)).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::Stale { .. })));
    let mut txn = journal.begin(ctx()).unwrap();
    txn.delete("lib", "book", b"b", Some(second)).unwrap();
    journal.commit(txn).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"b", b"new", 1, &[], Some(0)).unwrap();
    journal.commit(txn).unwrap();
}

#[test]
fn a_lost_race_conflicts_and_run_tries_again() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    put(&journal, "book", "b", "0");
    let mut one = journal.begin(ctx()).unwrap();
    let mut two = journal.begin(ctx()).unwrap();
    for txn in [&mut one, &mut two] {
        txn.get("lib", "book", b"b").unwrap();
        txn.put("lib", "book", b"b", b"1", 1, &[], None).unwrap();
    }
    journal.commit(one).unwrap();
    assert!(matches!(journal.commit(two), Err(CommitError::Conflict)));
    // A range that was empty when it was read.
    let mut one = journal.begin(ctx()).unwrap();
    assert!(one.scan("lib", "book", &ScanRange::prefix(b"x", 10)).unwrap().rows.is_empty());
    one.put("lib", "book", b"y", b"none", 1, &[], None).unwrap();
    put(&journal, "book", "x1", "here");
    assert!(matches!(journal.commit(one), Err(CommitError::Conflict)));
    // An index lookup that found nothing.
    let mut one = journal.begin(ctx()).unwrap();
    assert!(one.find("lib", "book", "tag", b"red", TermMatch::Exact, None, 5).unwrap().rows.is_empty());
    one.put("lib", "book", b"z", b"none", 1, &[], None).unwrap();
    let mut two = journal.begin(ctx()).unwrap();
    two.put("lib", "book", b"r", b"red one", 1, &[("tag", b"red")], None).unwrap();
    journal.commit(two).unwrap();
    assert!(matches!(journal.commit(one), Err(CommitError::Conflict)));

    let rounds = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..25 {
                    journal
                        .run(ctx(), |txn| -> Result<(), Error> {
                            rounds.fetch_add(1, Ordering::Relaxed);
                            let row = txn.get("lib", "book", b"n")?;
                            let n = row.map_or(0, |r| String::from_utf8(r.value).unwrap().parse::<u64>().unwrap());
                            txn.put("lib", "book", b"n", (n + 1).to_string().as_bytes(), 1, &[], None)
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(value(&journal, "book", "n").unwrap(), "200");
    assert!(rounds.load(Ordering::Relaxed) <= 600, "three tries at most");
    // In the third try the closure has the writer's turn: a commit of its own would wait for ever.
    let mut tries = 0;
    journal
        .run(ctx(), |txn| -> Result<(), Error> {
            tries += 1;
            txn.get("lib", "book", b"contended")?;
            let mut rival = journal.begin(ctx())?;
            rival.put("lib", "book", b"contended", &[tries], 1, &[], None)?;
            match (tries, journal.commit(rival)) {
                (1 | 2, Ok(_)) | (3, Err(_)) => {}
                other => panic!("{other:?}"),
            }
            txn.put("lib", "book", b"contended", b"won", 1, &[], None)
        })
        .unwrap();
    assert_eq!((tries, value(&journal, "book", "contended").unwrap()), (3, "won".to_owned()));
    let refused: Result<((), _), RunError<&str>> = journal.run(ctx(), |_| Err("no"));
    assert!(matches!(refused, Err(RunError::Body("no"))));
}

#[test]
fn unique_terms_are_kept_unique() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let write = |key: &[u8], term: &[u8]| {
        let mut txn = journal.begin(ctx()).unwrap();
        txn.put("lib", "book", key, b"v", 1, &[("only", term)], None).unwrap();
        journal.commit(txn)
    };
    write(b"a", b"one").unwrap();
    write(b"a", b"one").unwrap();
    match write(b"b", b"one") {
        Err(CommitError::Unique { index, holder, .. }) => {
            assert_eq!((&*index, &*holder), ("only", &b"a"[..]))
        }
        other => panic!("{other:?}"),
    }
    // Two rows may swap within one transaction.
    write(b"b", b"two").unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"a", b"v", 1, &[("only", b"two")], None).unwrap();
    txn.put("lib", "book", b"b", b"v", 1, &[("only", b"one")], None).unwrap();
    journal.commit(txn).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"c", b"v", 1, &[("only", b"three")], None).unwrap();
    txn.put("lib", "book", b"d", b"v", 1, &[("only", b"three")], None).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::Unique { .. })));
    assert!(value(&journal, "book", "c").is_none());
    // Personal terms are found but do not stand in any file.
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "person", b"p", b"v", 1, &[("number", b"079203004512")], None).unwrap();
    assert_eq!(txn.find("lib", "person", "number", b"079203004512", TermMatch::Exact, None, 5).unwrap().rows.len(), 1);
    journal.commit(txn).unwrap();
    let snapshot = journal.read().unwrap();
    let find = |how| snapshot.find("lib", "person", "number", b"079203004512", how, None, 5);
    assert_eq!(find(TermMatch::Exact).unwrap().rows[0].key, b"p");
    assert!(find(TermMatch::Prefix).is_err());
    drop(snapshot);
    journal.close().unwrap();
    assert!(common::found_in_files(dir.path(), b"079203004512").is_empty());
}

#[test]
fn counters_and_sequences() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let mut txn = journal.begin(ctx()).unwrap();
                    txn.add("lib", "views", 2).unwrap();
                    let p = txn.at_commit("lib", "accession").unwrap();
                    let n = txn.next("lib", "ticket", 3).unwrap();
                    let key = txn.new_id().unwrap();
                    let text = format!("{{\"no\":\"{}\",\"ticket\":{n}}}", std::str::from_utf8(&p.decimal(5)).unwrap());
                    let term = [&b"no:"[..], &p.binary()].concat();
                    txn.put("lib", "book", &key.to_bytes(), text.as_bytes(), 1, &[("only", &term)], None).unwrap();
                    txn.emit("lib.added.1", &p.decimal(0)).unwrap();
                    let done = journal.commit(txn).unwrap();
                    let number = done.value_of(&p).unwrap();
                    let row = journal.read().unwrap().get("lib", "book", &key.to_bytes()).unwrap().unwrap();
                    assert!(String::from_utf8(row.value).unwrap().starts_with(&format!("{{\"no\":\"{number:05}\"")));
                    let term = [&b"no:"[..], &number.to_be_bytes()].concat();
                    let hit =
                        journal.read().unwrap().find("lib", "book", "only", &term, TermMatch::Exact, None, 2).unwrap();
                    assert_eq!(hit.rows.len(), 1);
                    let entry = &journal.changes(done.sequence, 1).unwrap()[0];
                    assert_eq!(entry.events[0].payload, number.to_string().as_bytes());
                }
            });
        }
    });
    assert_eq!(journal.read().unwrap().counter("lib", "views").unwrap(), 320);
    // Gapless: 160 commits took 1 to 160.
    let page = journal.read().unwrap().find("lib", "book", "only", b"no:", TermMatch::Prefix, None, 1000).unwrap();
    assert_eq!(page.rows.len(), 160);
    let mut txn = journal.begin(ctx()).unwrap();
    assert_eq!(txn.next("lib", "ticket", 1).unwrap(), 481);
    let p = txn.at_commit("lib", "accession").unwrap();
    assert_eq!(journal.commit(txn).unwrap().value_of(&p), Some(161));
    journal.close().unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.begin(ctx()).unwrap().next("lib", "ticket", 1).unwrap(), 482);
}

#[test]
fn limits_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let mut txn = journal.begin(ctx()).unwrap();
    assert!(matches!(txn.put("lib", "book", b"k", &vec![0; 5 << 20], 1, &[], None), Err(Error::TooBig)));
    for i in 0..10_000u32 {
        txn.put("lib", "book", &i.to_be_bytes(), b"v", 1, &[], None).unwrap();
    }
    assert!(matches!(txn.put("lib", "book", b"one more", b"v", 1, &[], None), Err(Error::TooBig)));
    journal.commit(txn).unwrap();
    assert_eq!(journal.read().unwrap().count("lib", "book").unwrap(), 10_000);
    let mut txn = journal.begin(ctx()).unwrap();
    assert!(txn.put("lib", "book", b"", b"v", 1, &[], None).is_err());
    assert!(matches!(txn.put("lib", "nothing", b"k", b"v", 1, &[], None), Err(Error::NoCollection { .. })));
    assert!(matches!(txn.put("lib", "book", b"k", b"v", 1, &[("none", b"t")], None), Err(Error::NoIndex { .. })));
    assert!(journal.begin(Context::new(&"x".repeat(65), "lib")).is_err());
    // A whole 4 MB value is larger than a segment here.
    let value: Vec<u8> = (0..4_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"big", &value, 1, &[], None).unwrap();
    journal.commit(txn).unwrap();
    put(&journal, "book", "after", "it");
    journal.close().unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound());
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.read().unwrap().get("lib", "book", b"big").unwrap().unwrap().value, value);
}

#[test]
fn snapshots_expire() {
    let dir = tempfile::tempdir().unwrap();
    let quick = tram_journal::Options { snapshot_limit: Duration::from_millis(50), ..options() };
    let journal = Journal::create(dir.path(), quick).unwrap();
    journal.declare("lib", &[spec("book", History::Full, true)]).unwrap();
    let snapshot = journal.read().unwrap();
    assert!(snapshot.get("lib", "book", b"k").unwrap().is_none());
    std::thread::sleep(Duration::from_millis(60));
    assert!(matches!(snapshot.get("lib", "book", b"k"), Err(Error::Expired)));
}

#[test]
fn the_feed_and_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let one = put(&journal, "book", "b", "one");
    let two = put(&journal, "book", "b", "two");
    let mut txn = journal.begin(Context { cause: Some(one), note: "sửa lỗi".into(), ..ctx() }).unwrap();
    txn.delete("lib", "book", b"b", None).unwrap();
    txn.add("lib", "deleted", 1).unwrap();
    txn.emit("lib.gone.1", b"b").unwrap();
    let three = journal.commit(txn).unwrap().sequence;
    let four = put(&journal, "book", "b", "four");
    let history = journal.history("lib", "book", b"b", 10).unwrap();
    let states: Vec<_> = history.iter().map(|v| (v.sequence, v.state.clone())).collect();
    let held = |s: &str| VersionState::Value { value: s.into(), schema: 1 };
    assert_eq!(states, [(four, held("four")), (three, VersionState::Deleted), (two, held("two")), (one, held("one"))]);
    assert_eq!(journal.history("lib", "book", b"b", 2).unwrap().len(), 2);
    assert!(journal.history("lib", "book", b"never", 2).unwrap().is_empty());
    let entry = &journal.changes(three, 1).unwrap()[0];
    assert_eq!((entry.cause, &*entry.note, &*entry.actor, &*entry.owner), (Some(one), "sửa lỗi", "tester", "lib"));
    assert_eq!(entry.events[0].topic, "lib.gone.1");
    assert!(entry.changes.contains(&Change::Counter { owner: "lib".into(), name: "deleted".into(), value: 1 }));
    for i in 0..300 {
        put(&journal, "loan", &format!("k{i}"), &"x".repeat(i));
    }
    let all = journal.changes(1, 10_000).unwrap();
    assert_eq!(all.len() as u64, journal.head().sequence);
    assert!(all.iter().zip(1..).all(|(e, n)| e.sequence == n));
    assert_eq!(journal.changes(four + 100, 3).unwrap()[0].sequence, four + 100);
    assert!(journal.changes(journal.head().sequence + 1, 5).unwrap().is_empty());
    assert_eq!(journal.wait_for(four, Duration::ZERO), journal.head().sequence);
    let next = journal.head().sequence + 1;
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| journal.wait_for(next, Duration::from_secs(5)));
        put(&journal, "book", "w", "w");
        assert_eq!(waiter.join().unwrap(), next);
    });
}

#[test]
fn declarations_are_idempotent_and_kept_from_contradicting() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let head = journal.head().sequence;
    let book = spec("book", History::Full, true);
    journal.declare("lib", std::slice::from_ref(&book)).unwrap();
    assert_eq!(journal.head().sequence, head);
    let refuse = |change: fn(&mut CollectionSpec)| {
        let mut other = book.clone();
        change(&mut other);
        assert!(matches!(journal.declare("lib", &[other]), Err(Error::Declaration(_))));
    };
    refuse(|s| s.history = History::Scratch);
    refuse(|s| s.public = false);
    refuse(|s| s.schema = 0);
    refuse(|s| s.indexes.reverse());
    let mut wider = book.clone();
    wider.indexes.push(index("year", false, false));
    wider.schema = 2;
    journal.declare("lib", &[wider]).unwrap();
    assert_eq!(journal.head().sequence, head + 1);
    journal.close().unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"k", b"v", 2, &[("year", b"2024")], None).unwrap();
    journal.commit(txn).unwrap();
}

#[test]
fn scratch_rows_stay_out_of_the_journal_and_are_durable_within_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let head = journal.head();
    put(&journal, "session", "s1", "somebody");
    put(&journal, "session", "s1", "somebody else");
    assert_eq!(journal.head(), head);
    let row = journal.read().unwrap().get("lib", "session", b"s1").unwrap().unwrap();
    assert_eq!(row.version, 2);
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "session", b"s1", b"x", 1, &[], Some(1)).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::Stale { .. })));
    assert!(journal.usage("lib").scratch > 0);
    std::thread::sleep(Duration::from_millis(1300));
    // As after a crash: nothing is closed.
    let copy = tempfile::tempdir().unwrap();
    for name in ["scratch.redb", "tables.redb", "index.key"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name)).unwrap();
    }
    std::fs::create_dir(copy.path().join("journal")).unwrap();
    for entry in std::fs::read_dir(dir.path().join("journal")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join("journal").join(entry.file_name())).unwrap();
    }
    let other = Journal::open(copy.path(), options()).unwrap();
    assert_eq!(value(&other, "session", "s1").unwrap(), "somebody else");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.delete("lib", "session", b"s1", None).unwrap();
    journal.commit(txn).unwrap();
    assert!(value(&journal, "session", "s1").is_none());
    assert_eq!(journal.usage("lib").scratch, 0);
}

#[test]
fn accounting_and_quota() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    put(&journal, "book", "k", "0123456789");
    // A key of 1 and a value of 10, stored with one byte of packing.
    assert_eq!(journal.usage("lib").values, 12);
    put(&journal, "book", "k", "01234");
    let usage = journal.usage("lib");
    assert_eq!((usage.values, usage.history), (7, 12));
    journal.set_quota("lib", Some(100)).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"l", &(0u8..40).map(|n| n * 5).collect::<Vec<_>>(), 1, &[], None).unwrap();
    journal.commit(txn).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"m", &(0u8..47).map(|n| n * 5).collect::<Vec<_>>(), 1, &[], None).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::OverQuota { quota: 100, .. })));
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "session", b"s", &[7; 47], 1, &[], None).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::OverQuota { .. })), "scratch counts too");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.delete("lib", "book", b"l", None).unwrap();
    journal.commit(txn).unwrap();
    journal.set_quota("lib", None).unwrap();
    assert_eq!(journal.usage("lib").quota, None);
    put(&journal, "book", "m", "again");
    let removed = journal.remove_owner_data(ctx(), "lib").unwrap();
    assert_eq!(removed, 2);
    assert_eq!(journal.usage("lib").values, 0);
    journal.close().unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.tables_compared, "{report:?}");
}

#[test]
fn dictionaries_are_trained_for_public_collections_only() {
    let dir = tempfile::tempdir().unwrap();
    let early = tram_journal::Options { dictionary_after: 300, ..options() };
    let journal = Journal::create(dir.path(), early.clone()).unwrap();
    journal.declare("lib", &[spec("book", History::Full, true), spec("loan", History::Full, false)]).unwrap();
    let text = |i: u32| {
        format!("{{\"title\":\"Truyện Kiều, bản {i}\",\"author\":\"Nguyễn Du\",\"publisher\":\"NXB Văn học\"}}")
    };
    for collection in ["book", "loan"] {
        let mut txn = journal.begin(ctx()).unwrap();
        for i in 0..400u32 {
            txn.put("lib", collection, &i.to_be_bytes(), text(i).as_bytes(), 1, &[], None).unwrap();
        }
        journal.commit(txn).unwrap();
    }
    let before = journal.head().sequence;
    assert_eq!(journal.wait_for(before + 1, Duration::from_secs(10)), before + 1, "one dictionary");
    let size = |collection: &str| {
        let before = journal.usage("lib").values;
        put(&journal, collection, "new", &text(9999));
        journal.usage("lib").values - before
    };
    let (book, loan) = (size("book"), size("loan"));
    assert!(book * 2 < loan, "{book} {loan}");
    journal.close().unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let journal = Journal::open(dir.path(), early).unwrap();
    assert_eq!(value(&journal, "book", "new").unwrap(), text(9999));
}

#[derive(Debug, Clone)]
enum Op {
    Put(u8, u8, Option<u8>),
    Delete(u8),
    Get(u8),
    Scan(u8, u8, bool, usize),
    Find(u8, usize),
    Commit,
    Abort,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0u8..16, any::<u8>(), proptest::option::of(0u8..3)).prop_map(|(k, v, t)| Op::Put(k, v, t)),
        2 => (0u8..16).prop_map(Op::Delete),
        2 => (0u8..16).prop_map(Op::Get),
        2 => (0u8..16, 0u8..16, any::<bool>(), 0usize..6).prop_map(|(a, b, r, n)| Op::Scan(a, b, r, n)),
        2 => (0u8..3, 1usize..5).prop_map(|(t, n)| Op::Find(t, n)),
        1 => Just(Op::Commit),
        1 => Just(Op::Abort),
    ];
    proptest::collection::vec(op, 1..60)
}

type Model = BTreeMap<u8, (u8, Option<u8>)>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// A transaction against a map: reads see its own writes, aborts leave nothing.
    #[test]
    fn behaves_like_a_map(ops in ops(), scratch in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Arc::new(new(dir.path()));
        let c = if scratch { "session" } else { "loan" };
        let mut kept = Model::new();
        let mut model = kept.clone();
        let mut txn = journal.begin(ctx()).unwrap();
        for op in ops {
            match op {
                Op::Put(k, v, t) => {
                    let term = [t.unwrap_or(0)];
                    let terms: Vec<(&str, &[u8])> = t.iter().map(|_| ("tag", &term[..])).collect();
                    txn.put("lib", c, &[k], &[v; 3], 1, &terms, None).unwrap();
                    model.insert(k, (v, t));
                }
                Op::Delete(k) => {
                    txn.delete("lib", c, &[k], None).unwrap();
                    model.remove(&k);
                }
                Op::Get(k) => {
                    let got = txn.get("lib", c, &[k]).unwrap().map(|r| r.value);
                    prop_assert_eq!(got, model.get(&k).map(|(v, _)| vec![*v; 3]));
                    prop_assert_eq!(txn.count("lib", c).unwrap(), model.len() as u64);
                }
                Op::Scan(a, b, reverse, limit) => {
                    use std::ops::Bound::{Excluded, Included};
                    let range = ScanRange { start: Included(vec![a]), end: Excluded(vec![b]), reverse, limit };
                    let page = txn.scan("lib", c, &range).unwrap();
                    let mut want: Vec<u8> = if a < b { model.range(a..b).map(|(k, _)| *k).collect() } else { vec![] };
                    if reverse { want.reverse(); }
                    prop_assert_eq!(page.more, want.len() > limit);
                    want.truncate(limit);
                    prop_assert_eq!(page.rows.iter().map(|r| r.key[0]).collect::<Vec<_>>(), want);
                }
                Op::Find(t, limit) => {
                    let want: Vec<u8> = model.iter().filter(|(_, (_, x))| *x == Some(t)).map(|(k, _)| *k).collect();
                    let mut got = Vec::new();
                    let mut after: Option<Vec<u8>> = None;
                    loop {
                        let page = txn.find("lib", c, "tag", &[t], TermMatch::Exact, after.as_deref(), limit).unwrap();
                        got.extend(page.rows.iter().map(|r| r.key[0]));
                        prop_assert_eq!(page.more, page.next.is_some());
                        after = page.next;
                        if after.is_none() { break; }
                    }
                    prop_assert_eq!(got, want);
                }
                Op::Commit => {
                    journal.commit(txn).unwrap();
                    kept = model.clone();
                    txn = journal.begin(ctx()).unwrap();
                }
                Op::Abort => {
                    model = kept.clone();
                    txn = journal.begin(ctx()).unwrap();
                }
            }
        }
        drop(txn);
        let snapshot = journal.read().unwrap();
        let rows = snapshot.scan("lib", c, &ScanRange::all(100)).unwrap().rows;
        prop_assert_eq!(rows.iter().map(|r| r.key[0]).collect::<Vec<_>>(), kept.keys().copied().collect::<Vec<_>>());
        drop(snapshot);
        Arc::into_inner(journal).unwrap().close().unwrap();
        let report = verify(dir.path(), None).unwrap();
        prop_assert!(report.is_sound(), "{:?}", report);
    }
}

/// What an owner's data was, and whether it still is: never "unchanged" after a change
/// that was acknowledged, whoever writes and however often it is asked meanwhile.
#[test]
fn what_was_acknowledged_is_a_change_to_everybody_who_asks_next() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    journal.declare("other", &[spec("book", History::Full, true)]).unwrap();
    let (acknowledged, over) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=400u64 {
                // Rows of the journal, scratch rows and counters in turn.
                let mut txn = journal.begin(ctx()).unwrap();
                match n % 3 {
                    0 => txn.put("lib", "book", b"n", &n.to_be_bytes(), 1, &[], None).unwrap(),
                    1 => txn.put("lib", "session", b"n", &n.to_be_bytes(), 1, &[], None).unwrap(),
                    _ => txn.add("lib", "n", 1).unwrap(),
                }
                journal.commit(txn).unwrap();
                acknowledged.store(n, Ordering::SeqCst);
            }
            over.store(1, Ordering::SeqCst);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut kept = None;
                let (mut given, mut made) = (0u32, 0u32);
                while over.load(Ordering::SeqCst) == 0 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    match &kept {
                        Some((tick, seen)) if !journal.changed_since("lib", *tick) => {
                            given += 1;
                            assert!(*seen >= before, "an answer of {seen} was given after {before} was saved");
                        }
                        _ => {
                            let snapshot = journal.read().unwrap();
                            let row = |collection: &str| {
                                let row = snapshot.get("lib", collection, b"n").unwrap();
                                row.map_or(0, |row| u64::from_be_bytes(row.value.try_into().unwrap()))
                            };
                            let counted = u64::try_from(snapshot.counter("lib", "n").unwrap()).unwrap();
                            // The last of the three that was written.
                            let seen = row("book").max(row("session")).max((counted * 3).saturating_sub(1));
                            made += 1;
                            kept = Some((snapshot.tick(), seen));
                        }
                    }
                }
                assert!(given > 0 && made > 0, "{given} given, {made} made");
            });
        }
    });
    let tick = journal.read().unwrap().tick();
    assert!(!journal.changed_since("lib", tick));
    let mut txn = journal.begin(Context { owner: "other".into(), ..ctx() }).unwrap();
    txn.put("other", "book", b"n", b"x", 1, &[], None).unwrap();
    journal.commit(txn).unwrap();
    assert!(!journal.changed_since("lib", tick) && journal.changed_since("other", tick));
}

//! Verify, erasure, backup, restore, blobs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use common::{ctx, found_in_files, new, new_with, options};
use tram_journal::{
    CommitError, Context, EraseTarget, Error, Journal, Options, Reader, ScanRange, TermMatch, Time, TimeQuality,
    VersionState, restore, verify,
};

fn put(journal: &Journal, collection: &str, key: &[u8], value: &[u8]) -> u64 {
    let mut txn = journal.begin(Context { note: format!("về {}", value.len()), ..ctx() }).unwrap();
    txn.put("lib", collection, key, value, 1, &[], None).unwrap();
    txn.emit("lib.saved.1", key).unwrap();
    journal.commit(txn).unwrap().sequence
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

/// All rows of the collections that tests write.
fn dump(journal: &Journal) -> Vec<(String, Vec<u8>, Vec<u8>, u64)> {
    let snapshot = journal.read().unwrap();
    let mut all = Vec::new();
    for c in ["book", "loan", "person"] {
        for row in snapshot.scan("lib", c, &ScanRange::all(100_000)).unwrap().rows {
            all.push((c.to_owned(), row.key, row.value, row.version));
        }
    }
    all
}

fn filled(dir: &Path, options: Options) -> Journal {
    let journal = new_with(dir, options);
    for i in 0..120u32 {
        let c = ["book", "loan", "person"][i as usize % 3];
        put(&journal, c, &(i % 40).to_be_bytes(), format!("{c} {i} ").repeat(30).as_bytes());
    }
    journal
}

#[test]
fn every_flipped_byte_of_the_journal_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), Options { segment_size: 4096, ..options() });
    journal.close().unwrap();
    let clean = verify(dir.path(), None).unwrap();
    assert!(clean.is_sound() && clean.tables_compared && !clean.unfinished_write, "{clean:?}");
    assert_eq!(clean.entries, 121);
    let mut segments: Vec<_> =
        std::fs::read_dir(dir.path().join("journal")).unwrap().map(|e| e.unwrap().path()).collect();
    segments.retain(|p| p.extension().is_some_and(|e| e == "seg"));
    segments.sort();
    let mut random = 88_172_645_463_325_252u64;
    let mut tried = 0;
    for path in &segments {
        let size = std::fs::metadata(path).unwrap().len();
        let end = std::fs::read(path).unwrap().iter().rposition(|b| *b != 0).unwrap() as u64;
        // Each of the header's bytes, and many others.
        let mut places: Vec<u64> = (0..128).collect();
        for _ in 0..25 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            places.push(random % size);
        }
        for place in places {
            let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
            let mut byte = [0u8];
            file.seek(SeekFrom::Start(place)).unwrap();
            file.read_exact(&mut byte).unwrap();
            file.seek(SeekFrom::Start(place)).unwrap();
            file.write_all(&[byte[0] ^ (1 << (place % 8))]).unwrap();
            let report = verify(dir.path(), None).unwrap();
            // Where no entry ever stood, a stray bit may look like a write that was never finished;
            // that is reported too, and costs nothing.
            let behind = Some(path) == segments.last() && place > end;
            assert!(!report.is_sound() || (behind && report.unfinished_write), "{place}: {report:?}");
            assert!(
                report
                    .problems
                    .iter()
                    .all(|p| matches!(p.part, tram_journal::Part::Segment(_)) && !p.reason.is_empty())
            );
            file.seek(SeekFrom::Start(place)).unwrap();
            file.write_all(&byte).unwrap();
            tried += 1;
        }
    }
    assert!(segments.len() >= 4 && tried > 500, "{} segments", segments.len());
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn damage_in_the_middle_is_refused_at_opening_without_a_change() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    for i in 0..20u8 {
        put(&journal, "book", &[i + 1], &[i; 40]);
    }
    journal.close().unwrap();
    std::fs::remove_file(dir.path().join("tables.redb")).unwrap();
    let path = dir.path().join("journal/00000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[900] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    match Journal::open(dir.path(), options()) {
        Err(Error::Damaged { segment: 0, offset, .. }) => assert!(offset <= 900),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn changed_tables_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), options());
    journal.close().unwrap();
    let path = dir.path().join("tables.redb");
    let clean = std::fs::read(&path).unwrap();
    // Somewhere within a stored value.
    let at = clean.windows(8).position(|w| w == b"person 1").or_else(|| clean.iter().rposition(|b| *b != 0)).unwrap();
    let mut bytes = clean.clone();
    bytes[at] ^= 4;
    std::fs::write(&path, &bytes).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.problems.iter().any(|p| p.part == tram_journal::Part::Tables), "{report:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "verify changes nothing");
    std::fs::write(&path, clean).unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn a_witness_finds_a_rewritten_chain_and_a_cut_tail() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    for i in 1..=10u8 {
        put(&journal, "book", &[i], &[i; 20]);
    }
    let middle = journal.head();
    journal.clone().close().unwrap();
    drop(journal);
    let before = tempfile::tempdir().unwrap();
    copy_folder(dir.path(), before.path());
    let journal = Journal::open(dir.path(), options()).unwrap();
    for i in 11..=20u8 {
        put(&journal, "book", &[i], &[i; 20]);
    }
    let witness = journal.head();
    journal.close().unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    let live = journal.verify(Some(&middle)).unwrap();
    assert!(live.is_sound() && !live.tables_compared && live.entries == 21, "{live:?}");
    let mut other = middle;
    other.hash[5] ^= 1;
    assert!(!journal.verify(Some(&other)).unwrap().is_sound());
    journal.close().unwrap();
    assert!(verify(dir.path(), Some(&witness)).unwrap().is_sound());
    assert!(verify(dir.path(), Some(&middle)).unwrap().is_sound());
    // Tail cut: an older state of the whole folder, which by itself is perfectly sound.
    assert!(verify(before.path(), None).unwrap().is_sound());
    let report = verify(before.path(), Some(&witness)).unwrap();
    assert!(report.problems.iter().any(|p| p.reason.contains("ends before")), "{report:?}");
    // History rewritten: the same program writes other entries onto the older state, so all
    // hashes and the tables are right; only the witness can tell.
    let other = Journal::open(before.path(), options()).unwrap();
    for i in 11..=20u8 {
        put(&other, "book", &[i], &[i + 1; 20]);
    }
    other.close().unwrap();
    assert!(verify(before.path(), None).unwrap().is_sound());
    assert!(verify(before.path(), Some(&middle)).unwrap().is_sound());
    let report = verify(before.path(), Some(&witness)).unwrap();
    assert!(report.problems.iter().any(|p| p.sequence == witness.sequence), "{report:?}");
}

#[test]
fn tables_ahead_of_a_cut_journal_are_found_and_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    for i in 1..=5u8 {
        put(&journal, "book", &[i], &[i; 20]);
    }
    journal.close().unwrap();
    let path = dir.path().join("journal/00000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.iter().rposition(|b| *b != 0).unwrap();
    bytes[end] ^= 0x55;
    std::fs::write(&path, &bytes).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.problems.iter().any(|p| p.reason.contains("tables hold")), "{report:?}");
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert_eq!(journal.read().unwrap().count("lib", "book").unwrap(), 4);
    journal.close().unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn erased_data_is_gone_from_every_file_and_from_an_older_backup() {
    let secret = b"Tran Thi Bi Mat 0912345678";
    let dir = tempfile::tempdir().unwrap();
    let backup = tempfile::tempdir().unwrap();
    let restored = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    put(&journal, "person", b"other", b"someone who stays");
    // Several rows in one entry: the others must outlive the erasure.
    let mut txn = journal.begin(Context { note: "nhap Tran Thi Bi Mat 0912345678".into(), ..ctx() }).unwrap();
    txn.put("lib", "person", b"p1", secret, 1, &[("number", b"0792")], None).unwrap();
    txn.put("lib", "person", b"p2", b"a neighbour", 1, &[("number", b"0793")], None).unwrap();
    txn.emit("lib.person.1", secret).unwrap();
    journal.commit(txn).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "person", b"p1", &[&secret[..], b" moved"].concat(), 1, &[("number", b"0792")], None).unwrap();
    journal.commit(txn).unwrap();
    journal.backup(backup.path()).unwrap();
    let witness = journal.head();
    assert!(!found_in_files(dir.path(), secret).is_empty());
    let target = EraseTarget::Row { owner: "lib".into(), collection: "person".into(), key: b"p1".to_vec() };
    let erased = journal.erase(ctx(), std::slice::from_ref(&target), "hiệu trưởng", "Luật 91/2025").unwrap();
    // Two puts, an event and a note.
    assert_eq!((erased.items, erased.segments), (4, 1));
    assert!(matches!(journal.erase(ctx(), &[target], "a", "b"), Err(Error::NotFound(_))));
    assert!(journal.read().unwrap().get("lib", "person", b"p1").unwrap().is_none());
    let hits = journal.read().unwrap().find("lib", "person", "number", b"0792", TermMatch::Exact, None, 3).unwrap();
    assert!(hits.rows.is_empty());
    assert_eq!(journal.read().unwrap().count("lib", "person").unwrap(), 2);
    assert_eq!(journal.read().unwrap().get("lib", "person", b"p2").unwrap().unwrap().value, b"a neighbour");
    put(&journal, "person", b"p3", b"written after");
    assert!(journal.changes(1, 100).unwrap().iter().any(|e| e.sequence == erased.sequence));
    journal.close().unwrap();
    assert_eq!(found_in_files(dir.path(), secret), Vec::<String>::new());
    let report = verify(dir.path(), Some(&witness)).unwrap();
    assert!(report.is_sound() && report.tables_compared, "{report:?}");
    // The chain is untouched, so the old witness still holds; and a later erasure works too.
    let journal = Journal::open(dir.path(), options()).unwrap();
    let target = EraseTarget::Row { owner: "lib".into(), collection: "person".into(), key: b"p2".to_vec() };
    journal.erase(ctx(), &[target], "hiệu trưởng", "Luật 91/2025").unwrap();
    journal.close().unwrap();
    let report = verify(dir.path(), Some(&witness)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    // The older backup still has her; its restore must not.
    assert!(!found_in_files(backup.path(), secret).is_empty());
    let list = dir.path().join("redactions");
    let report = restore(backup.path(), restored.path(), &[list], ctx(), options()).unwrap();
    assert_eq!(report.redacted, 5);
    assert_eq!(found_in_files(restored.path(), secret), Vec::<String>::new());
    let journal = Journal::open(restored.path(), options()).unwrap();
    assert!(journal.read().unwrap().get("lib", "person", b"p1").unwrap().is_none());
    assert!(journal.read().unwrap().get("lib", "person", b"other").unwrap().is_some());
    journal.close().unwrap();
    let report = verify(restored.path(), Some(&witness)).unwrap();
    assert!(report.is_sound() && report.tables_compared, "{report:?}");
}

#[test]
fn a_superseded_version_can_be_erased_alone() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let one = put(&journal, "person", b"p", b"wrong secret");
    let two = put(&journal, "person", b"p", b"right");
    let version = |sequence| EraseTarget::Version {
        owner: "lib".into(),
        collection: "person".into(),
        key: b"p".to_vec(),
        sequence,
    };
    assert!(matches!(journal.erase(ctx(), &[version(two)], "a", "g"), Err(Error::Erasure(_))));
    assert_eq!(journal.erase(ctx(), &[version(one)], "a", "g").unwrap().items, 1);
    assert_eq!(journal.read().unwrap().get("lib", "person", b"p").unwrap().unwrap().value, b"right");
    let states: Vec<_> = journal.history("lib", "person", b"p", 9).unwrap().into_iter().map(|v| v.state).collect();
    assert_eq!(states[1], VersionState::Erased);
    assert_eq!(journal.usage("lib").history, 0);
    journal.close().unwrap();
    assert!(found_in_files(dir.path(), b"wrong secret").is_empty());
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn an_erasure_cut_short_is_completed_at_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    put(&journal, "person", b"p", b"the secret word");
    put(&journal, "person", b"q", b"stays");
    journal.clone().close().unwrap();
    drop(journal);
    let before = tempfile::tempdir().unwrap();
    copy_folder(dir.path(), before.path());
    let journal = Journal::open(dir.path(), options()).unwrap();
    let target = EraseTarget::Row { owner: "lib".into(), collection: "person".into(), key: b"p".to_vec() };
    journal.erase(ctx(), &[target], "a", "g").unwrap();
    journal.close().unwrap();
    // As if the power had gone after the decision was on disk: the first segment and the
    // tables are still the old ones.
    for name in ["journal/00000000.seg", "tables.redb"] {
        std::fs::copy(before.path().join(name), dir.path().join(name)).unwrap();
    }
    let journal = Journal::open(dir.path(), options()).unwrap();
    assert!(journal.read().unwrap().get("lib", "person", b"p").unwrap().is_none());
    journal.close().unwrap();
    assert!(found_in_files(dir.path(), b"the secret word").is_empty());
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.tables_compared, "{report:?}");
}

#[test]
fn superseded_values_of_latest_collections_are_shed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    for i in 0..5u8 {
        put(&journal, "loan", b"k", &[b"old loan ", &[b'0' + i][..]].concat());
        put(&journal, "book", b"k", &[b"old book ", &[b'0' + i][..]].concat());
    }
    let day = 24 * 3600 * 1000;
    let at = |days: i64| Time { unix_ms: ctx().time.unix_ms + days * day, quality: TimeQuality::Ntp };
    assert_eq!(journal.shed(at(29), 100).unwrap().items, 0);
    assert_eq!(journal.shed(Time { quality: TimeQuality::Unset, ..at(31) }, 100).unwrap().items, 0);
    assert_eq!(journal.shed(at(31), 100).unwrap().items, 4);
    assert_eq!(journal.shed(at(31), 100).unwrap().items, 0);
    assert_eq!(journal.read().unwrap().get("lib", "loan", b"k").unwrap().unwrap().value, b"old loan 4");
    assert_eq!(journal.history("lib", "book", b"k", 9).unwrap().len(), 5);
    journal.close().unwrap();
    assert!(found_in_files(dir.path(), b"old loan 3").is_empty());
    assert!(!found_in_files(dir.path(), b"old loan 4").is_empty());
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.tables_compared, "{report:?}");
}

#[test]
fn a_backup_taken_while_serving_restores_whole_and_raises_the_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), options());
    let mut blob = journal.blobs().writer().unwrap();
    blob.write_all(&[7; 3000]).unwrap();
    let blob = blob.finish().unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&blob.id).unwrap();
    journal.commit(txn).unwrap();
    let first = journal.backup(to.path()).unwrap();
    assert_eq!(first.kept, 0);
    // Writers go on during the second one.
    let stop = std::sync::atomic::AtomicBool::new(false);
    let second = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut i = 0u32;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                i += 1;
                put(&journal, "loan", &i.to_be_bytes(), &[1; 200]);
            }
        });
        std::thread::sleep(std::time::Duration::from_millis(200));
        let report = journal.backup(to.path()).unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        report
    });
    assert!(second.kept > 0 && second.copied > 0 && second.head.sequence > first.head.sequence);
    journal.close().unwrap();
    let back = tempfile::tempdir().unwrap();
    let report = restore(to.path(), back.path(), &[], ctx(), options()).unwrap();
    assert_eq!(report.restored, second.head);
    assert_eq!((report.head.epoch, report.head.sequence), (1, second.head.sequence + 1));
    assert_ne!(report.head.tag, second.head.tag);
    let sound = verify(back.path(), Some(&second.head)).unwrap();
    assert!(sound.is_sound() && sound.tables_compared, "{sound:?}");
    let restored = Journal::open(back.path(), options()).unwrap();
    assert_eq!(restored.blobs().range(&blob.id, 2990, 100).unwrap(), [7; 10]);
    let journal = Journal::open(dir.path(), options()).unwrap();
    let old: Vec<_> = dump(&journal).into_iter().filter(|(_, _, _, v)| *v <= second.head.sequence).collect();
    let mut new = dump(&restored);
    // Rows that were overwritten after the backup are newer in the original.
    new.retain(|row| old.contains(row));
    assert_eq!(old, new);
    assert_eq!(journal.station(), restored.station());
    put(&restored, "book", b"life goes on", b"yes");
    restored.close().unwrap();
    // One that was cut short is not opened, but may be begun again.
    let cut = tempfile::tempdir().unwrap();
    std::fs::create_dir(cut.path().join("journal")).unwrap();
    let segment = Path::new("journal/00000000.seg");
    std::fs::copy(back.path().join(segment), cut.path().join(segment)).unwrap();
    std::fs::write(cut.path().join("restoring"), b"").unwrap();
    assert!(matches!(Journal::open(cut.path(), options()), Err(Error::Folder(_))));
    let again = restore(to.path(), cut.path(), &[], ctx(), options()).unwrap();
    assert_eq!(again.restored, second.head);
    assert!(verify(cut.path(), Some(&second.head)).unwrap().is_sound());
    assert!(verify(back.path(), None).unwrap().is_sound());
    assert!(matches!(restore(to.path(), back.path(), &[], ctx(), options()), Err(Error::Folder(_))));
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let to = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), options());
    journal.backup(to.path()).unwrap();
    journal.close().unwrap();
    let mut files = vec![to.path().join("manifest"), to.path().join("index.key")];
    files.extend(std::fs::read_dir(to.path().join("journal")).unwrap().map(|e| e.unwrap().path()));
    for file in files {
        let clean = std::fs::read(&file).unwrap();
        let mut bytes = clean.clone();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let back = tempfile::tempdir().unwrap();
        let result = restore(to.path(), back.path(), &[], ctx(), options());
        assert!(matches!(result, Err(Error::Backup(_))), "{}: {result:?}", file.display());
        assert_eq!(std::fs::read_dir(back.path()).unwrap().count(), 0);
        std::fs::write(&file, clean).unwrap();
    }
    let back = tempfile::tempdir().unwrap();
    restore(to.path(), back.path(), &[], ctx(), options()).unwrap();
}

#[test]
fn blobs_are_kept_while_held_and_collected_after() {
    let dir = tempfile::tempdir().unwrap();
    let journal = new(dir.path());
    let content: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
    let mut writer = journal.blobs().writer().unwrap();
    writer.write_all(&content).unwrap();
    let stat = writer.finish().unwrap();
    assert_eq!(stat.id.0, *blake3::hash(&content).as_bytes());
    let mut reader = journal.blobs().open(&stat.id).unwrap();
    reader.seek(SeekFrom::Start(99_990)).unwrap();
    let mut tail = Vec::new();
    reader.read_to_end(&mut tail).unwrap();
    assert_eq!(tail, content[99_990..]);
    drop(journal.blobs().writer().unwrap());
    assert_eq!(std::fs::read_dir(dir.path().join("blobs/tmp")).unwrap().count(), 0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    let at = |days: i64| Time { unix_ms: now + days * 86_400_000 + 5_000, quality: TimeQuality::Ntp };
    assert_eq!(journal.collect_blobs(at(0)).unwrap().binned, 0, "a day of grace");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&stat.id).unwrap();
    journal.commit(txn).unwrap();
    assert_eq!(journal.usage("lib").blobs, 100_000);
    assert_eq!(journal.collect_blobs(at(400)).unwrap().binned, 0, "held");
    let mut txn = journal.begin(ctx()).unwrap();
    txn.release_blob(&stat.id).unwrap();
    journal.commit(txn).unwrap();
    assert_eq!(journal.usage("lib").blobs, 0);
    journal.blobs().lease(&stat.id, at(30).unix_ms).unwrap();
    assert_eq!(journal.collect_blobs(at(20)).unwrap().binned, 0, "leased");
    assert_eq!(journal.collect_blobs(at(31)).unwrap().binned, 1);
    assert!(journal.blobs().stat(&stat.id).unwrap().is_none());
    // Held again: it comes back from the bin.
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&stat.id).unwrap();
    journal.commit(txn).unwrap();
    assert_eq!(journal.blobs().range(&stat.id, 0, 4).unwrap(), content[..4]);
    let mut txn = journal.begin(ctx()).unwrap();
    txn.release_blob(&stat.id).unwrap();
    journal.commit(txn).unwrap();
    assert_eq!(journal.collect_blobs(at(2)).unwrap().binned, 1);
    // Given up between the call that holds it and the commit: the commit fetches it back,
    // or, where it is gone for good, does not say "saved".
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&stat.id).unwrap();
    assert!(journal.give_up_blob(&stat.id).unwrap());
    journal.commit(txn).unwrap();
    assert_eq!(journal.blobs().range(&stat.id, 0, 4).unwrap(), content[..4]);
    let mut txn = journal.begin(ctx()).unwrap();
    txn.release_blob(&stat.id).unwrap();
    journal.commit(txn).unwrap();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&stat.id).unwrap();
    assert!(journal.purge_blob(&stat.id).unwrap());
    assert!(matches!(journal.commit(txn), Err(tram_journal::CommitError::Conflict)));
    let mut writer = journal.blobs().writer().unwrap();
    writer.write_all(&content).unwrap();
    writer.finish().unwrap();
    assert_eq!(journal.collect_blobs(at(2)).unwrap().binned, 1);
    assert_eq!(journal.collect_blobs(at(6)).unwrap().purged, 0);
    assert_eq!(journal.collect_blobs(at(10)).unwrap().purged, 1);
    assert!(journal.begin(ctx()).unwrap().hold_blob(&stat.id).is_err());
    let mut writer = journal.blobs().writer().unwrap();
    writer.write_all(b"a photograph").unwrap();
    let photo = writer.finish().unwrap().id;
    let mut txn = journal.begin(ctx()).unwrap();
    txn.hold_blob(&photo).unwrap();
    journal.commit(txn).unwrap();
    assert!(matches!(journal.purge_blob(&photo), Err(Error::Erasure(_))));
    let mut txn = journal.begin(ctx()).unwrap();
    txn.release_blob(&photo).unwrap();
    journal.commit(txn).unwrap();
    assert!(journal.blobs().verify().unwrap().is_empty());
    let name = photo.to_string();
    std::fs::write(dir.path().join("blobs").join(&name[..2]).join(&name), b"a photogrbph").unwrap();
    assert_eq!(journal.blobs().verify().unwrap(), [photo]);
    assert!(journal.purge_blob(&photo).unwrap());
    assert!(!journal.purge_blob(&photo).unwrap());
}

#[test]
fn on_a_full_disk_reading_and_deleting_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let roomy = Options { reserve: 1 << 20, ..options() };
    let journal = new_with(dir.path(), roomy.clone());
    put(&journal, "book", b"old", &[1; 300]);
    let reserve = dir.path().join("reserve");
    let waited = std::time::Instant::now();
    let is_made = || std::fs::metadata(&reserve).is_ok_and(|reserve| reserve.len() == 1 << 20);
    while !is_made() && waited.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(std::fs::metadata(&reserve).unwrap().len(), 1 << 20);
    journal.close().unwrap();
    // As if less were free than must be.
    let journal = Journal::open(dir.path(), Options { min_free: u64::MAX, ..roomy.clone() }).unwrap();
    let head = journal.head();
    let mut txn = journal.begin(ctx()).unwrap();
    txn.put("lib", "book", b"new", b"no room", 1, &[], None).unwrap();
    assert!(matches!(journal.commit(txn), Err(CommitError::Full)));
    assert_eq!(journal.head(), head);
    assert!(reserve.exists());
    assert!(journal.read().unwrap().get("lib", "book", b"old").unwrap().is_some());
    let mut txn = journal.begin(ctx()).unwrap();
    txn.delete("lib", "book", b"old", None).unwrap();
    journal.commit(txn).unwrap();
    assert!(!reserve.exists(), "it was given up for the deletion");
    journal.close().unwrap();
    let journal = Journal::open(dir.path(), roomy).unwrap();
    put(&journal, "book", b"new", b"room again");
    journal.close().unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound());
}

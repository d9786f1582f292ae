//! The read log: noted, found again, chained over files, kept by backups, and every flipped
//! byte found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use tram_journal::{Context, Id, Journal, Options, Part, SensitiveRead, Time, TimeQuality, restore, verify};

fn read_of(actor: &str, at: i64, persons: &[u8]) -> SensitiveRead {
    SensitiveRead {
        time: Time { unix_ms: at, quality: TimeQuality::Ntp },
        actor: actor.to_owned(),
        owner: "core".to_owned(),
        fields: vec!["birth".to_owned()],
        persons: persons.iter().map(|n| Id::from_bytes([*n; 16])).collect(),
    }
}

fn logs(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .collect();
    files.sort();
    files
}

fn options() -> Options {
    Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() }
}

#[test]
fn readings_are_found_newest_first_and_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), options()).unwrap();
    for at in 0..5 {
        journal.note_read(read_of("lan", at, &[1, 2])).unwrap();
        // The same by the same within the second is one reading, whatever its time.
        journal.note_read(read_of("lan", at + 100, &[1, 2])).unwrap();
        journal.note_read(read_of("bay", at, &[3])).unwrap();
        journal.sensitive_reads(None, 1, |_| true).unwrap();
    }
    journal.note_read(read_of("lan", 9, &[])).unwrap();
    journal.close().unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    journal.note_read(read_of("lan", 77, &[1])).unwrap();
    let all = journal.sensitive_reads(None, 100, |_| true).unwrap();
    assert_eq!(all.iter().map(|(at, _)| *at).collect::<Vec<_>>(), (1..=11).rev().collect::<Vec<u64>>());
    assert_eq!(all[0].1, read_of("lan", 77, &[1]));
    let second = Id::from_bytes([2; 16]);
    let of_second = journal.sensitive_reads(None, 2, |read| read.persons.contains(&second)).unwrap();
    assert_eq!(of_second.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [9, 7]);
    let older = journal.sensitive_reads(Some(7), 2, |read| read.persons.contains(&second)).unwrap();
    assert_eq!(older.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [5, 3]);
    assert_eq!(journal.verify(None).unwrap().readings, 11);
    journal.close().unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.readings, 11);
}

#[test]
fn a_reading_is_on_disk_within_seconds_without_closing() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), options()).unwrap();
    journal.note_read(read_of("lan", 1, &[1])).unwrap();
    let began = std::time::Instant::now();
    while logs(dir.path()).is_empty() {
        assert!(began.elapsed() < std::time::Duration::from_secs(5));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A log of several files: a reading of 4,000 persons fills 64 kB.
fn long_log(dir: &Path) -> u64 {
    let journal = Journal::create(dir, options()).unwrap();
    for at in 0..80 {
        let mut read = read_of(&format!("teacher {at}"), at, &[]);
        read.persons = (0..4_000u32).map(|n| Id::from_bytes(u128::from(n).to_be_bytes())).collect();
        journal.note_read(read).unwrap();
    }
    journal.close().unwrap();
    80
}

#[test]
fn every_flip_and_every_missing_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let count = long_log(dir.path());
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.readings == count, "{report:?}");
    let files = logs(dir.path());
    assert_eq!(files.len(), 2);
    for file in &files {
        let good = fs::read(file).unwrap();
        for at in (0..good.len() - 64).step_by(good.len() / 23).chain([0, 9, 15, 30, 40, 50, 80, 93, 100]) {
            let mut bad = good.clone();
            bad[at] ^= 4;
            fs::write(file, &bad).unwrap();
            let report = verify(dir.path(), None).unwrap();
            // The last group of the last file may be a torn write; no flip stands there.
            let named = report.problems.iter().any(|p| matches!(&p.part, Part::ReadLog(name) if file.ends_with(name)));
            let last_group = Some(file) == files.last() && at > good.len() - 70_000;
            assert!(named || last_group, "byte {at} of {}: {report:?}", file.display());
        }
        fs::write(file, &good).unwrap();
    }
    fs::remove_file(&files[0]).unwrap();
    assert!(!verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn a_torn_write_is_cut_and_damage_is_left_for_whoever_asks() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::create(dir.path(), options()).unwrap();
    for at in 0..3 {
        journal.note_read(read_of("lan", at, &[1])).unwrap();
        journal.sensitive_reads(None, 1, |_| true).unwrap();
    }
    journal.close().unwrap();
    let file = logs(dir.path()).pop().unwrap();
    let good = fs::read(&file).unwrap();
    fs::write(&file, &good[..good.len() - 11]).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.readings == 2, "{report:?}");
    let journal = Journal::open(dir.path(), options()).unwrap();
    journal.note_read(read_of("bay", 9, &[1])).unwrap();
    let all = journal.sensitive_reads(None, 9, |_| true).unwrap();
    assert_eq!(all.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [3, 2, 1]);
    journal.close().unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound());
    // Damage in the middle: it stays to be seen, and noting goes on.
    let mut bad = fs::read(&file).unwrap();
    bad[130] ^= 1;
    fs::write(&file, &bad).unwrap();
    let journal = Journal::open(dir.path(), options()).unwrap();
    journal.note_read(read_of("bay", 10, &[1])).unwrap();
    assert_eq!(journal.sensitive_reads(None, 1, |_| true).unwrap()[0].1.time.unix_ms, 10);
    journal.close().unwrap();
    assert_eq!(fs::read(&file).unwrap(), bad);
    assert_eq!(verify(dir.path(), None).unwrap().problems.len(), 1);
}

#[test]
fn a_backup_carries_the_log_and_the_restored_station_goes_on_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy, back) = (dir.path().join("data"), dir.path().join("copy"), dir.path().join("back"));
    let journal = Journal::create(&data, options()).unwrap();
    journal.note_read(read_of("lan", 1, &[1])).unwrap();
    journal.backup(&copy).unwrap();
    journal.note_read(read_of("lan", 2, &[1])).unwrap();
    journal.backup(&copy).unwrap();
    journal.close().unwrap();
    restore(&copy, &back, &[], Context::new("console", "core"), options()).unwrap();
    let journal = Journal::open(&back, options()).unwrap();
    journal.note_read(read_of("lan", 3, &[1])).unwrap();
    assert_eq!(journal.sensitive_reads(None, 9, |_| true).unwrap().len(), 3);
    journal.close().unwrap();
    assert!(verify(&back, None).unwrap().is_sound());
}

//! Backups of a real journal, restored and compared whole; broken ones refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests break files")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tram_journal::{
    CollectionSpec, Context, Disk, DiskFile, History, Journal, Mode, Options, Reader, RealDisk, ScanRange,
};

use super::age::Identity;
use super::*;

struct School {
    data: tempfile::TempDir,
    journal: Journal,
    keys: KeyFile,
    identity: Identity,
}

fn school() -> School {
    let data = tempfile::tempdir().unwrap();
    let options = Options { reserve: 0, segment_size: 256 << 10, ..Options::default() };
    let journal = Journal::create(data.path(), options).unwrap();
    let spec =
        CollectionSpec { name: "rows".into(), history: History::Full, public: true, schema: 1, indexes: Vec::new() };
    journal.declare("books", &[spec]).unwrap();
    std::fs::create_dir(data.path().join("tls")).unwrap();
    std::fs::write(data.path().join("tls/root.pem"), "certificate").unwrap();
    std::fs::create_dir(data.path().join("exchange")).unwrap();
    std::fs::write(data.path().join("exchange/key.pk8"), "exchange key").unwrap();
    let keys = KeyFile::of(data.path());
    let sheet = keys.new_sheet(1).unwrap();
    let identity = identity_of(&sheet.words.join(" ")).unwrap();
    let school = School { data, journal, keys, identity };
    school.write(0..300);
    school
}

impl School {
    fn write(&self, rows: std::ops::Range<u32>) {
        for row in rows {
            let run = self.journal.run(Context::new("console", "books"), |txn| {
                let value = format!("{row}: {}", "sách ".repeat(200 + row as usize % 50));
                txn.put("books", "rows", &row.to_be_bytes(), value.as_bytes(), 1, &[], None)
            });
            run.unwrap();
        }
    }

    fn blob(&self, bytes: &[u8]) -> tram_journal::BlobId {
        let mut writer = self.journal.blobs().writer().unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().id
    }

    fn back_up(&self, depot: &Depot, whole: bool, keep: usize) -> Result<Made, Error> {
        let about = About { station: "tram-00ff.local".into(), school: "THCS".into(), version: "1".into() };
        Making { journal: &self.journal, data: self.data.path(), about: &about, whole, keep }.run(depot, &self.keys)
    }

    fn depot(&self) -> Depot {
        Depot::make(&self.data.path().join(LOCAL_FOLDER)).unwrap()
    }
}

fn rows(journal: &Journal) -> Vec<(Vec<u8>, Vec<u8>)> {
    let snapshot = journal.read().unwrap();
    let page = snapshot.scan("books", "rows", &ScanRange::all(100_000)).unwrap();
    page.rows.into_iter().map(|row| (row.key, row.value)).collect()
}

fn restore_newest(path: &Path, identity: &Identity, to: &Path) -> Result<restore::Restored, Error> {
    let (depot, entry, list) = restore::newest(path, identity)?;
    restore::into(&depot, &entry, &list, identity, to)
}

fn pieces(depot: &Depot) -> Vec<PathBuf> {
    std::fs::read_dir(depot.root().join("pieces")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_restored_station_is_the_same_whole() {
    let school = school();
    let blob = school.blob(&vec![42; 3_000_000]);
    let stick = tempfile::tempdir().unwrap();
    let depot = Depot::make(&stick.path().join(STICK_FOLDER).join("tram-00ff")).unwrap();
    let first = school.back_up(&depot, true, 5).unwrap();
    assert_eq!(first.kept, 0);
    school.write(300..400);
    let second = school.back_up(&depot, true, 5).unwrap();
    assert!(second.kept >= 1 && second.bytes < first.bytes, "{second:?} after {first:?}");
    let to = tempfile::tempdir().unwrap();
    let restored = restore_newest(stick.path(), &school.identity, to.path()).unwrap();
    assert_eq!((restored.school.as_str(), restored.report.restored), ("THCS", school.journal.head()));
    assert_eq!(std::fs::read_to_string(to.path().join("tls/root.pem")).unwrap(), "certificate");
    assert_eq!(std::fs::read_to_string(to.path().join("exchange/key.pk8")).unwrap(), "exchange key");
    let copy = Journal::open(to.path(), Options { reserve: 0, ..Options::default() }).unwrap();
    assert_eq!(rows(&copy), rows(&school.journal));
    assert_eq!(copy.blobs().stat(&blob).unwrap().unwrap().length, 3_000_000);
    assert_eq!(copy.station(), school.journal.station());
    copy.close().unwrap();
    assert!(tram_journal::verify(to.path(), None).unwrap().is_sound());
    // The sheet goes on to be the key; the drill's key is the new box's own.
    let kept = KeyFile::of(to.path());
    assert_eq!(kept.read().unwrap().sheet, school.keys.read().unwrap().sheet);
    assert_ne!(kept.drill().unwrap().secret_text(), school.keys.drill().unwrap().secret_text());
    // A folder with a station in it is left alone.
    assert!(restore_newest(stick.path(), &school.identity, to.path()).is_err());
}

#[test]
fn the_last_ones_stay_and_nothing_else() {
    let school = school();
    let depot = school.depot();
    for round in 0..5 {
        school.write(1000 + round * 10..1010 + round * 10);
        school.back_up(&depot, false, 3).unwrap();
    }
    let numbers: Vec<u64> = depot.entries().unwrap().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [5, 4, 3]);
    let drill = school.keys.drill().unwrap();
    let needed: std::collections::BTreeSet<String> = depot
        .entries()
        .unwrap()
        .iter()
        .flat_map(|entry| depot.list(entry, &drill).unwrap().pieces.into_values().flatten())
        .collect();
    assert_eq!(pieces(&depot).len(), needed.len());
    // Each of them restores, not only the newest.
    for entry in depot.entries().unwrap() {
        let to = tempfile::tempdir().unwrap();
        let list = depot.list(&entry, &school.identity).unwrap();
        restore::into(&depot, &entry, &list, &school.identity, to.path()).unwrap();
    }
}

#[test]
fn a_wrong_key_a_cut_and_a_flipped_byte_each_say_so() {
    let school = school();
    let depot = school.depot();
    let made = school.back_up(&depot, false, 3).unwrap();
    let to = tempfile::tempdir().unwrap();
    let target = to.path().join("new");
    let tried = |identity: &Identity| restore_newest(depot.root(), identity, &target).unwrap_err();
    let wrong = tried(&Identity::generate().unwrap());
    assert!(matches!(wrong, Error::WrongKey(_)), "{wrong:?}");
    for text in [wrong.text().get("vi").to_owned(), wrong.text().get("en").to_owned()] {
        assert!(text.contains(&made.entry.file), "{text}");
    }
    let list = depot.root().join(&made.entry.file);
    let good = std::fs::read(&list).unwrap();
    std::fs::write(&list, &good[..good.len() - 40]).unwrap();
    let cut = tried(&school.identity);
    assert!(matches!(cut, Error::Cut(_) | Error::Damaged(_)), "{cut:?}");
    let mut flipped = good.clone();
    let middle = good.len() - 500;
    flipped[middle] ^= 4;
    std::fs::write(&list, &flipped).unwrap();
    assert!(matches!(tried(&school.identity), Error::Damaged(_)));
    std::fs::write(&list, &good).unwrap();
    for piece in pieces(&depot) {
        let good = std::fs::read(&piece).unwrap();
        let mut flipped = good.clone();
        let at = good.len() / 2;
        flipped[at] ^= 1;
        std::fs::write(&piece, &flipped).unwrap();
        let error = tried(&school.identity);
        assert!(error.is_damage(), "{error:?}");
        assert!(
            !target.join("journal").exists() || std::fs::read_dir(target.join("journal")).unwrap().next().is_none()
        );
        std::fs::write(&piece, &good[..good.len() - 1]).unwrap();
        assert!(tried(&school.identity).is_damage());
        std::fs::write(&piece, &good).unwrap();
    }
    restore_newest(depot.root(), &school.identity, &target).unwrap();
    assert!(matches!(restore_newest(to.path(), &school.identity, &target), Err(Error::Nothing(_))));
}

/// A disk that is full after some bytes.
#[derive(Debug)]
struct Small {
    disk: RealDisk,
    left: Arc<AtomicU64>,
}

#[derive(Debug)]
struct SmallFile {
    file: Arc<dyn DiskFile>,
    left: Arc<AtomicU64>,
}

impl Disk for Small {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SmallFile { file: self.disk.open(name, mode)?, left: Arc::clone(&self.left) }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn sync_folder(&self, folder: &str) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn free(&self) -> io::Result<u64> {
        // A file system that promises more than it has.
        Ok(u64::MAX)
    }
}

impl DiskFile for SmallFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let length = bytes.len() as u64;
        let room = self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(length));
        if room.is_err() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        self.file.resize(size)
    }
}

#[test]
fn a_full_disk_leaves_the_last_good_one() {
    let school = school();
    let root = school.depot().root().to_owned();
    school.back_up(&Depot::open(&root), false, 3).unwrap();
    let before = pieces(&Depot::open(&root)).len();
    school.write(500..900);
    for room in [0, 5_000, 60_000] {
        let left = Arc::new(AtomicU64::new(room));
        let depot = Depot::on(&root, Arc::new(Small { disk: RealDisk::new(&root), left }));
        let error = school.back_up(&depot, false, 3).unwrap_err();
        let full = matches!(error, Error::Full { .. } | Error::Journal(tram_journal::Error::Full));
        assert!(full, "{error:?}");
        assert!(error.text().get("vi").contains("đầy"), "{:?}", error.text());
    }
    let depot = Depot::open(&root);
    assert_eq!(depot.entries().unwrap().len(), 1);
    assert_eq!(pieces(&depot).len(), before, "what was written in vain is gone");
    let to = tempfile::tempdir().unwrap();
    restore_newest(&root, &school.identity, to.path()).unwrap();
    school.back_up(&depot, false, 3).unwrap();
}

#[test]
fn the_drill_compares_and_finds_what_is_wrong() {
    let school = school();
    let depot = school.depot();
    let drill_key = school.keys.drill().unwrap();
    school.back_up(&depot, true, 3).unwrap();
    school.write(300..320);
    let drilled = drill(&school.journal, school.data.path(), &depot, &drill_key).unwrap();
    assert!(drilled.entries >= 300);
    assert!(!school.data.path().join("drill").exists());
    // A backup of another history, under this station's keys.
    let other = School { keys: school.keys.clone(), identity: school.identity.clone(), ..self::school() };
    other.back_up(&depot, false, 3).unwrap();
    let error = drill(&school.journal, school.data.path(), &depot, &drill_key).unwrap_err();
    assert!(matches!(error, Error::Differs(_)), "{error:?}");
    // It was put aside, and the good one before it counts again.
    assert_eq!(drill(&school.journal, school.data.path(), &depot, &drill_key).unwrap().entry, drilled.entry);
    for piece in pieces(&depot) {
        let mut bytes = std::fs::read(&piece).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&piece, bytes).unwrap();
    }
    assert!(drill(&school.journal, school.data.path(), &depot, &drill_key).unwrap_err().is_damage());
}

#[test]
fn a_restored_station_takes_the_old_ones_place_at_the_next_start() {
    let school = school();
    let depot = school.depot();
    school.back_up(&depot, true, 3).unwrap();
    let wanted = rows(&school.journal);
    let fresh = tempfile::tempdir().unwrap();
    let station = Journal::create(fresh.path(), Options { reserve: 0, ..Options::default() }).unwrap();
    let (depot, entry, list) = restore::newest(depot.root(), &school.identity).unwrap();
    restore::beside(&depot, &entry, &list, &school.identity, fresh.path()).unwrap();
    assert_ne!(station.station(), school.journal.station());
    station.close().unwrap();
    assert!(restore::take_up(fresh.path()).unwrap());
    assert!(!restore::take_up(fresh.path()).unwrap());
    let journal = Journal::open(fresh.path(), Options { reserve: 0, ..Options::default() }).unwrap();
    assert_eq!((journal.station(), rows(&journal)), (school.journal.station(), wanted));
    assert!(fresh.path().join("before-restore/journal").is_dir());
}

#[test]
fn taking_up_goes_on_after_a_pulled_plug() {
    // As it is when the plug is pulled between any two moves.
    for moved in 0..2 {
        let data = tempfile::tempdir().unwrap();
        let at = |name: &str| data.path().join(name);
        std::fs::create_dir_all(at("restored/journal")).unwrap();
        std::fs::write(at("restored/journal/a"), "new").unwrap();
        std::fs::write(at("restored/index.key"), "new").unwrap();
        std::fs::create_dir_all(at("before-restore/journal")).unwrap();
        std::fs::write(at("before-restore/journal/a"), "old").unwrap();
        std::fs::create_dir(at("backups")).unwrap();
        if moved == 0 {
            std::fs::write(at("tables.redb"), "old").unwrap();
        } else {
            std::fs::write(at("restored/.cleared"), "").unwrap();
            std::fs::rename(at("restored/index.key"), at("index.key")).unwrap();
        }
        assert!(restore::take_up(data.path()).unwrap());
        assert_eq!(std::fs::read_to_string(at("journal/a")).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(at("index.key")).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(at("before-restore/journal/a")).unwrap(), "old");
        assert!(!at("tables.redb").exists() && at("backups").is_dir() && !at("restored").exists());
    }
}

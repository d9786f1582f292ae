#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests")]
use tram_journal::Options;

use super::*;

struct Place {
    folder: tempfile::TempDir,
    journal: Option<Journal>,
    uploads: Option<Uploads>,
}

fn options() -> Options {
    Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(folder.path(), options()).unwrap();
        let uploads = Uploads::open(&journal).unwrap();
        Self { folder, journal: Some(journal), uploads: Some(uploads) }
    }

    fn uploads(&self) -> &Uploads {
        self.uploads.as_ref().unwrap()
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().unwrap()
    }

    fn on(folder: tempfile::TempDir) -> Self {
        let options = Options { reserve: 16 << 20, min_free: 8 << 20, ..options() };
        let journal = Journal::create(&folder.path().join("station"), options).unwrap();
        let uploads = Uploads::open(&journal).unwrap();
        Self { folder, journal: Some(journal), uploads: Some(uploads) }
    }

    fn restart(&mut self) {
        self.uploads = None;
        self.journal.take().unwrap().close().unwrap();
        let journal = Journal::open(self.folder.path(), options()).unwrap();
        self.uploads = Some(Uploads::open(&journal).unwrap());
        self.journal = Some(journal);
    }

    fn begin(&self, person: &str, size: u64) -> Result<Arc<UploadEntry>, UploadError> {
        self.uploads().begin(note(person, size))
    }
}

fn note(person: &str, size: u64) -> UploadNote {
    UploadNote {
        person: person.into(),
        plugin: "demo".into(),
        upload: "lesson".into(),
        name: "Bài 5/Bài giảng.mp4".into(),
        stamp: "1".into(),
        media_type: "video/mp4".into(),
        size,
        began_ms: clock::now().unix_ms,
    }
}

#[test]
fn an_upload_goes_on_after_a_restart_and_is_ready_for_its_sender_alone() {
    let mut place = Place::new();
    let entry = place.begin("lan", 10).unwrap();
    let mut piece = place.uploads().piece(&entry, 0, false).unwrap();
    piece.append(b"hello").unwrap();
    assert_eq!(piece.end(true).unwrap(), 5);
    let id = entry.id().to_owned();
    drop(entry);
    place.restart();
    let uploads = place.uploads();
    let entry = uploads.get(&id, "lan").unwrap();
    assert_eq!(uploads.offset(&entry).unwrap(), 5);
    assert!(matches!(uploads.ready(&id, "lan", "demo"), Err(UploadError::Offset(5))));
    assert!(matches!(uploads.piece(&entry, 4, false), Err(UploadError::Offset(5))));
    let mut piece = uploads.piece(&entry, 5, false).unwrap();
    assert!(matches!(piece.append(b"world!"), Err(UploadError::TooLong)));
    piece.append(b"world").unwrap();
    assert_eq!(piece.end(true).unwrap(), 10);
    let upload = uploads.ready(&id, "lan", "demo").unwrap();
    assert_eq!((upload.size, upload.name.as_str()), (10, "Bài 5/Bài giảng.mp4"));
    assert_eq!(upload.content.unwrap().0, *blake3::hash(b"helloworld").as_bytes());
    assert!(matches!(uploads.ready(&id, "minh", "demo"), Err(UploadError::Gone)));
    assert!(matches!(uploads.ready(&id, "lan", "other"), Err(UploadError::Gone)));
    place.restart();
    assert!(place.uploads().ready(&id, "lan", "demo").is_ok(), "it waits over a restart");
}

#[test]
fn the_newest_connection_writes_and_the_older_ones_no_more() {
    let place = Place::new();
    let uploads = place.uploads();
    let entry = place.begin("lan", 6).unwrap();
    let mut old = uploads.piece(&entry, 0, false).unwrap();
    old.append(b"ab").unwrap();
    assert_eq!(uploads.offset(&entry).unwrap(), 2, "asking is enough");
    assert!(matches!(old.append(b"xx"), Err(UploadError::Superseded)));
    let mut new = uploads.piece(&entry, 2, false).unwrap();
    assert!(matches!(old.end(true), Err(UploadError::Superseded)));
    new.append(b"cdef").unwrap();
    assert_eq!(new.end(true).unwrap(), 6);
    let mut piece = uploads.piece(&entry, 6, false).unwrap();
    assert!(piece.append(b"").is_ok() && matches!(piece.append(b"more"), Err(UploadError::TooLong)));
    let last = place.begin("lan", 3).unwrap();
    let mut late = uploads.piece(&last, 0, false).unwrap();
    uploads.remove(&last).unwrap();
    assert!(matches!(late.append(b"x"), Err(UploadError::Gone)));
}

#[test]
fn a_piece_with_a_wrong_checksum_and_one_that_broke_off_unchecked_count_for_nothing() {
    let place = Place::new();
    let uploads = place.uploads();
    let entry = place.begin("lan", 4).unwrap();
    let mut piece = uploads.piece(&entry, 0, true).unwrap();
    piece.append(b"ab").unwrap();
    assert_eq!(piece.end(false).unwrap(), 0);
    let mut piece = uploads.piece(&entry, 0, true).unwrap();
    piece.append(b"abc").unwrap();
    drop(piece);
    assert_eq!(uploads.offset(&entry).unwrap(), 0);
    let mut piece = uploads.piece(&entry, 0, true).unwrap();
    piece.append(b"good").unwrap();
    assert_eq!(piece.end(true).unwrap(), 4);
    assert_eq!(entry.blob().unwrap().0, *blake3::hash(b"good").as_bytes());
}

#[test]
fn the_same_content_is_kept_once_and_goes_with_the_last_that_wants_it() {
    let place = Place::new();
    let uploads = place.uploads();
    let send = |person: &str| {
        let entry = place.begin(person, 5).unwrap();
        let mut piece = uploads.piece(&entry, 0, false).unwrap();
        piece.append(b"video").unwrap();
        piece.end(true).unwrap();
        entry
    };
    let (first, second) = (send("lan"), send("minh"));
    let blob = first.blob().unwrap();
    assert_eq!(second.blob(), Some(blob));
    uploads.remove(&first).unwrap();
    assert!(place.journal().blobs().stat(&blob).unwrap().is_some());
    uploads.remove(&second).unwrap();
    assert!(place.journal().blobs().stat(&blob).unwrap().is_none());
    let kept = std::fs::read_dir(place.folder.path().join("blobs/partial")).unwrap().count();
    assert_eq!((kept, uploads.outstanding()), (0, (0, 0)));
}

#[test]
fn a_person_may_have_so_much_on_the_way_and_the_disk_has_its_end() {
    let place = Place::new();
    let room = place.uploads().partials.room().unwrap();
    let beyond = room.total;
    assert!(beyond > PERSON_BYTES || matches!(place.begin("lan", beyond), Err(UploadError::NoRoom { .. })));
    assert!(matches!(place.begin("lan", PERSON_BYTES + 1), Err(UploadError::TooMuch)));
    let first = place.begin("lan", 0).unwrap();
    assert_eq!(place.uploads().offset(&first).unwrap(), 0);
    assert!(first.is_finished(), "nothing is whole at once");
    for _ in 1..PERSON_FILES {
        place.begin("lan", 0).unwrap();
    }
    assert!(matches!(place.begin("lan", 1), Err(UploadError::TooMuch)));
    assert!(place.begin("minh", 1).is_ok());
    assert!(place.uploads().get(first.id(), "minh").is_err());
}

#[test]
fn what_waited_too_long_is_swept() {
    const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
    let place = Place::new();
    let (old, young) = (place.begin("lan", 9).unwrap(), place.begin("lan", 9).unwrap());
    old.rested(8 * DAY);
    young.rested(6 * DAY);
    assert_eq!(place.uploads().sweep(), 1);
    assert!(place.uploads().get(old.id(), "lan").is_err() && place.uploads().get(young.id(), "lan").is_ok());
}

#[test]
fn names_keep_their_folders_and_nothing_else() {
    assert_eq!(clean_name("Bài 5/Bài giảng.mp4"), "Bài 5/Bài giảng.mp4");
    assert_eq!(clean_name("../../etc/passwd"), "etc/passwd");
    assert_eq!(clean_name("C:\\Lan\\.\\sách\r\n.xlsx"), "C:/Lan/sách.xlsx");
    assert_eq!(clean_name("//"), "");
}

/// A small file system, taken off again at the end.
struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_at_the_beginning_breaks_nothing_off_and_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=256m", "tmpfs"];
    let mounted = std::process::Command::new("mount").args(mount).arg(folder.path()).output();
    if !mounted.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: nothing can be mounted here");
        return;
    }
    let _mounted = Mounted(folder.path().to_owned());
    let place = Place::on(folder);
    let uploads = place.uploads();
    let first = place.begin("lan", 60 << 20).unwrap();
    let second = place.begin("minh", 40 << 20).unwrap();
    let Err(UploadError::NoRoom { wanted, free }) = place.begin("lan", 100 << 20) else {
        unreachable!("there is no room for a third")
    };
    assert!(wanted == 100 << 20 && free < 100 << 20, "{free} bytes are left to give");
    // Somebody else fills the disk to its last page.
    let ballast = place.folder.path().join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while std::io::Write::write(&mut file, &[1; 65536]).is_ok() {}
    assert_eq!(uploads.partials.room().unwrap().free, 0);
    let send = |entry: &Arc<UploadEntry>| {
        let mut piece = uploads.piece(entry, 0, false).unwrap();
        for _ in 0..entry.note().size >> 20 {
            piece.append(&[7; 1 << 20]).unwrap();
        }
        piece.end(true).unwrap()
    };
    assert_eq!(send(&first), 60 << 20, "what was begun has its room");
    assert!(matches!(place.begin("lan", 1), Err(UploadError::NoRoom { .. })));
    uploads.remove(&second).unwrap();
    let room = uploads.partials.room().unwrap().free;
    assert!(room >= 40 << 20, "an unfinished one gives its room back at once: {room}");
    while std::io::Write::write(&mut file, &[1; 65536]).is_ok() {}
    uploads.remove(&first).unwrap();
    let room = uploads.partials.room().unwrap().free;
    assert!(room >= 60 << 20, "and so does a finished one: {room}");
    drop(file);
    std::fs::remove_file(ballast).unwrap();
    assert!(place.begin("lan", 60 << 20).is_ok());
}

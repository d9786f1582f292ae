//! Whole packages: written, read, and broken in every way.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::io::Read;

use proptest::prelude::*;
use serde_json::json;
use tram_contract::Text;
use tram_exchange::{
    Blob, Checker, Error, Event, FORMAT, Hash, Head, LEAF, Limits, Manifest, Mark, Moment, Newness, PartKind,
    PublicKey, Record, Records, Scope, Signer, Station, Taken, Verified, read, write,
};

const STATION: &str = "00112233445566778899aabbccddeeff";

/// Signs as far as this crate can tell: the real thing is the host's, and tested there.
fn sign(secret: u8, statement: &[u8]) -> (PublicKey, [u8; 64]) {
    let mut signature = [0; 64];
    blake3::Hasher::new_keyed(&[secret; 32]).update(statement).finalize_xof().fill(&mut signature);
    (PublicKey::from_bytes([secret; 32]), signature)
}

/// Trusts one key and no other.
fn trust(secret: u8) -> impl FnOnce(&Head) -> Result<Signer, Error> {
    move |head| {
        let (key, signature) = sign(secret, &head.statement());
        if head.key != key {
            return Err(Error::Foreign);
        }
        if head.signature != signature {
            return Err(Error::Signature);
        }
        Ok(Signer { station: STATION.into(), name: "Trường bạn".into() })
    }
}

fn moment() -> Moment {
    Moment { unix_ms: 1_795_478_400_000, clock: "ntp".into() }
}

fn record(id: &str, version: u64, text: &str, blobs: Vec<Hash>) -> Record {
    let payload = json!({ "title": text }).as_object().unwrap().clone();
    Record {
        id: id.into(),
        kind: "item".into(),
        event: Event::Created,
        version,
        time: moment(),
        licence: "CC-BY-4.0".into(),
        blobs,
        payload,
    }
}

fn manifest(records: &Records, blobs: Vec<Blob>) -> Manifest {
    Manifest {
        format: FORMAT,
        application: "materials".into(),
        stream: "items".into(),
        schema: 1,
        station: Station { id: STATION.into(), name: "THCS Nguyễn Du".into(), epoch: 1 },
        sequence: 7,
        made: moment(),
        scope: Scope::Selection,
        title: Text::vi_en("Học liệu Toán 8", "Maths 8"),
        records: records.list().clone(),
        blobs,
    }
}

/// A package of these texts and files.
fn package(texts: &[String], files: &[Vec<u8>]) -> Vec<u8> {
    let mut records = Records::default();
    let mut chunks = Vec::new();
    let mut named: Vec<&Vec<u8>> = Vec::new();
    for file in files {
        if !named.contains(&file) {
            named.push(file);
        }
    }
    let hashes: Vec<Hash> = named.iter().map(|file| Hash::of(file)).collect();
    for (at, text) in texts.iter().enumerate() {
        let blobs = hashes.get(at).copied().into_iter().collect();
        chunks.extend(records.add(&record(&format!("r{at}"), at as u64 + 1, text, blobs)).unwrap().unwrap_or_default());
    }
    chunks.extend(records.close().unwrap_or_default());
    let blobs = named
        .iter()
        .zip(&hashes)
        .map(|(file, hash)| Blob::new(*hash, file.len() as u64, "bài.pdf", "application/pdf", "CC-BY-4.0"));
    let list = manifest(&records, blobs.collect());
    let mut out = Vec::new();
    let open = |blob: &Blob| Ok(named[hashes.iter().position(|hash| *hash == blob.hash).unwrap()].as_slice());
    write::package(&mut out, &list, &mut chunks.as_slice(), open, |statement| Ok(sign(1, statement))).unwrap();
    out
}

/// Records and files of a package.
type Read2 = (Verified, Vec<Record>, Vec<Vec<u8>>);

fn unpack(bytes: &[u8], secret: u8) -> Result<Read2, Error> {
    let (mut records, mut files) = (Vec::new(), Vec::<Vec<u8>>::new());
    let mut from = bytes;
    let (verified, _) =
        read::package(&mut from, bytes.len() as u64, &Limits::default(), trust(secret), |part, taken, piece| {
            match (taken, part.kind) {
                (Taken::Records(more), _) => records.extend(more),
                (Taken::Piece, PartKind::Blob(at)) => {
                    files.resize(files.len().max(at + 1), Vec::new());
                    files[at].extend(piece);
                }
                (Taken::Piece, PartKind::Records(_)) => unreachable!("a chunk is one piece"),
            }
            Ok(())
        })?;
    files.resize(verified.manifest.blobs.len(), Vec::new());
    Ok((verified, records, files))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read(texts in prop::collection::vec(".{0,40}", 0..8), files in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6)) {
        let (_, records, read) = unpack(&package(&texts, &files), 1).unwrap();
        let titles: Vec<&str> = records.iter().map(|record| record.payload["title"].as_str().unwrap()).collect();
        prop_assert_eq!(titles, texts.iter().map(String::as_str).collect::<Vec<_>>());
        for file in &files {
            prop_assert!(read.contains(file));
        }
    }

    #[test]
    fn whatever_the_bytes_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), seed in any::<u16>()) {
        let _ = unpack(&bytes, 1);
        // The beginning of a real one, gone astray.
        let mut started = package(&["một".into()], &[b"tep".to_vec()]);
        started.truncate(usize::from(seed) % started.len());
        started.extend(bytes);
        prop_assert!(unpack(&started, 1).is_err());
    }
}

#[test]
fn every_flipped_bit_is_found_and_nothing_before_is_given() {
    let good = package(&["một".into(), "hai".into()], &[b"bai giang".to_vec(), vec![9; 70]]);
    assert!(unpack(&good, 1).is_ok());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            assert!(unpack(&bad, 1).is_err(), "byte {at}, bit {bit}");
        }
    }
}

/// The bytes of format 1 stay what they are.
#[test]
fn a_package_of_format_1_is_read_and_written_as_ever() {
    let kept = include_bytes!("../../../tests/data/exchange/format-1.goi");
    let (verified, records, files) = unpack(kept, 1).unwrap();
    assert_eq!((verified.manifest.sequence, records.len(), files.len()), (7, 2, 2));
    assert_eq!(kept.as_slice(), package(&["một".into(), "hai".into()], &[b"bai giang".to_vec(), vec![9; 70]]));
}

#[test]
fn every_cut_and_every_tail_is_found() {
    let good = package(&["một".into()], &[b"bai giang".to_vec()]);
    for length in 0..good.len() {
        assert!(unpack(&good[..length], 1).is_err(), "{length}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(unpack(&longer, 1).unwrap_err().code(), "cut");
    // Also when the length that is told is the right one.
    let mut from = longer.as_slice();
    let read = read::package(&mut from, good.len() as u64, &Limits::default(), trust(1), |_, _, _| Ok(()));
    assert_eq!(read.unwrap_err().code(), "cut");
}

#[test]
fn a_foreign_key_and_another_stations_name_are_refused() {
    let bytes = package(&["một".into()], &[]);
    assert_eq!(unpack(&bytes, 2).unwrap_err().code(), "unknown-key");
    let head = Head::read(&bytes, &Limits::default()).unwrap();
    let other =
        head.verify(bytes.len() as u64, |_| Ok::<_, Error>(Signer { station: "0".repeat(32), name: String::new() }));
    assert_eq!(other.unwrap_err().code(), "other-station");
    // The key of a publisher speaks for no station.
    let head = Head::read(&bytes, &Limits::default()).unwrap();
    assert!(
        head.verify(bytes.len() as u64, |_| Ok::<_, Error>(Signer { station: String::new(), name: String::new() }))
            .is_ok()
    );
}

#[test]
fn another_version_of_the_format_is_named() {
    let mut bytes = package(&[], &[]);
    bytes[8] = 2;
    let error = unpack(&bytes, 1).unwrap_err();
    assert_eq!(error.code(), "wrong-version");
    assert!(error.text().get("vi").contains("phiên bản 2"));
    assert_eq!(unpack(b"PK\x03\x04 a zip file, not a package", 1).unwrap_err().code(), "not-a-package");
}

/// A signed head over a list that a careful writer would not write.
fn forged(change: impl FnOnce(&mut serde_json::Value), body: &[u8]) -> Result<Read2, Error> {
    let mut list = serde_json::to_value(manifest(&Records::default(), Vec::new())).unwrap();
    change(&mut list);
    let list = serde_json::to_vec(&list).unwrap();
    let mut bytes = tram_exchange::MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(&list);
    let (key, signature) = sign(1, &tram_exchange::statement("materials", &Hash::of(&bytes)));
    bytes.extend(key.as_bytes());
    bytes.extend(signature);
    bytes.extend(body);
    unpack(&bytes, 1)
}

#[test]
fn what_a_list_must_not_say_even_when_it_is_signed() {
    assert!(forged(|_| (), b"").is_ok());
    let blob = |name: &str, size: u64| json!({ "hash": Hash::of(b"").to_string(), "size": size, "name": name, "media_type": "a/b", "licence": "unstated" });
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x",
        "a/b",
        ".hidden",
        "..",
        "",
        "a\0b",
        "\u{202e}fdp.exe",
        "a ",
        &"a".repeat(256),
    ] {
        let error = forged(|list| list["blobs"] = json!([blob(name, 0)]), b"").unwrap_err();
        assert_eq!(error.code(), "malformed", "{name:?}");
    }
    // Declared sizes: more than there is, more than can be counted, more than is taken.
    assert_eq!(forged(|list| list["blobs"] = json!([blob("a", 1 << 39)]), b"").unwrap_err().code(), "cut");
    assert_eq!(forged(|list| list["blobs"] = json!([blob("a", u64::MAX)]), b"").unwrap_err().code(), "too-much");
    let two = json!([blob("a", 0), blob("b", 0)]);
    assert_eq!(forged(|list| list["blobs"] = two, b"").unwrap_err().code(), "malformed");
    let chunk = |count: u64, size: u64| json!({ "count": count, "chunks": [{ "count": count, "size": size, "hash": Hash::of(b"{}\n").to_string() }] });
    assert_eq!(forged(|list| list["records"] = chunk(1, LEAF + 1), b"").unwrap_err().code(), "malformed");
    assert_eq!(forged(|list| list["records"] = chunk(4_000_000, 3), b"").unwrap_err().code(), "too-much");
    assert_eq!(forged(|list| list["records"] = chunk(1, 3), b"{}\n").unwrap_err().code(), "malformed");
    assert_eq!(forged(|list| list["sequence"] = json!(0), b"").unwrap_err().code(), "malformed");
    assert_eq!(forged(|list| list["station"]["id"] = json!("../x"), b"").unwrap_err().code(), "malformed");
    assert_eq!(
        forged(|list| list["scope"] = json!({ "of": "changes", "since": 7 }), b"").unwrap_err().code(),
        "malformed"
    );
    // A statement for one application does not pass for another's.
    assert_eq!(forged(|list| list["application"] = json!("records"), b"").unwrap_err().code(), "bad-signature");
}

#[test]
fn a_list_of_four_gigabytes_is_not_read() {
    let mut bytes = tram_exchange::MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(u32::MAX.to_le_bytes());
    assert_eq!(unpack(&bytes, 1).unwrap_err().code(), "too-much");
}

#[test]
fn records_that_break_a_rule_are_not_written() {
    let mut records = Records::default();
    let mut bad = record("r", 1, "x", Vec::new());
    bad.version = 0;
    assert!(records.add(&bad).is_err());
    let mut bad = record("r", 1, "x", Vec::new());
    bad.event = Event::Withdrawn;
    assert!(records.add(&bad).is_err());
    bad.payload.clear();
    assert!(records.add(&bad).is_ok());
    assert!(records.add(&record("có dấu cách", 1, "x", Vec::new())).is_err());
}

#[test]
fn a_record_may_not_name_a_file_that_is_not_there() {
    let mut records = Records::default();
    records.add(&record("r", 1, "x", vec![Hash::of(b"elsewhere")])).unwrap();
    let chunk = records.close().unwrap();
    let mut out = Vec::new();
    let list = manifest(&records, Vec::new());
    let open = |_: &Blob| Ok(std::io::empty());
    write::package(&mut out, &list, &mut chunk.as_slice(), open, |statement| Ok(sign(1, statement))).unwrap();
    assert_eq!(unpack(&out, 1).unwrap_err().code(), "malformed");
}

#[test]
fn many_records_are_many_chunks_and_a_writer_may_rest_between_them() {
    let long = "chữ ".repeat(2_000);
    let (mut list, mut bytes) = (tram_exchange::RecordList::default(), Vec::new());
    for step in 0..50 {
        let mut records = Records::after(list);
        for at in 0..10 {
            bytes.extend(
                records.add(&record(&format!("r{step}-{at}"), 1, &long, Vec::new())).unwrap().unwrap_or_default(),
            );
        }
        bytes.extend(records.close().unwrap());
        list = records.list().clone();
    }
    assert_eq!((list.count, list.chunks.len()), (500, 50));
    let list = manifest(&Records::after(list), Vec::new());
    let mut out = Vec::new();
    write::package(
        &mut out,
        &list,
        &mut bytes.as_slice(),
        |_: &Blob| Ok(std::io::empty()),
        |statement| Ok(sign(1, statement)),
    )
    .unwrap();
    assert_eq!(unpack(&out, 1).unwrap().1.len(), 500);
}

/// A film that is never in memory: bytes by their place.
struct Film {
    at: u64,
    end: u64,
}

impl Read for Film {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let most = to.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        for byte in &mut to[..most] {
            *byte = (self.at >> 7) as u8 ^ self.at as u8;
            self.at += 1;
        }
        Ok(most)
    }
}

/// The head in memory, then the film behind it.
#[test]
fn a_film_passes_in_pieces_and_the_check_can_be_put_down() {
    let size = 9 * LEAF + 12_345;
    let mut whole = blake3::Hasher::new();
    std::io::copy(&mut Film { at: 0, end: size }, &mut whole).unwrap();
    let hash = Hash::from_bytes(*whole.finalize().as_bytes());
    let list = manifest(&Records::default(), vec![Blob::new(hash, size, "phim.mp4", "video/mp4", "unstated")]);
    let head = write::head(&list, |statement| Ok::<_, Error>(sign(1, statement))).unwrap();
    let file = head.len() as u64 + size;
    let (verified, _) = Head::read(&head, &Limits::default()).unwrap().verify(file, trust(1)).unwrap();
    let run = |spoil: Option<u64>| -> Result<u32, Error> {
        let mut checker = Checker::new(&verified);
        let mut pieces = 0;
        while let Some((offset, length)) = checker.wants(&verified)? {
            let at = offset - head.len() as u64;
            let mut piece = Vec::new();
            Film { at, end: at + u64::from(length) }.read_to_end(&mut piece).unwrap();
            if let Some(place) = spoil.filter(|place| (at..at + u64::from(length)).contains(place)) {
                piece[(place - at) as usize] ^= 1;
            }
            checker.take(&verified, &piece)?;
            let kept = serde_json::to_string(&checker).unwrap();
            assert!(kept.len() < 2_000);
            checker = serde_json::from_str(&kept).unwrap();
            pieces += 1;
        }
        Ok(pieces)
    };
    assert_eq!(run(None).unwrap(), 10);
    for place in [0, LEAF - 1, LEAF, 5 * LEAF + 3, size - 1] {
        assert_eq!(run(Some(place)).unwrap_err().code(), "changed", "{place}");
    }
}

#[test]
fn newer_same_older() {
    let mark = |epoch, number| Mark { epoch, number };
    assert_eq!(mark(1, 5).against(None), Newness::New);
    assert_eq!(mark(1, 6).against(Some(mark(1, 5))), Newness::Newer);
    assert_eq!(mark(1, 5).against(Some(mark(1, 5))), Newness::Same);
    assert_eq!(mark(1, 4).against(Some(mark(1, 5))), Newness::Older);
    // Restored from a backup: it counts on from an older number, in a later epoch.
    assert_eq!(mark(2, 3).against(Some(mark(1, 5))), Newness::Newer);
    assert_eq!(mark(1, 9).against(Some(mark(2, 3))), Newness::Older);
}

proptest! {
    /// Any order and any repetition of changes leaves the same state.
    #[test]
    fn order_and_repetition_do_not_matter(order in prop::collection::vec(0usize..6, 6..40)) {
        let marks = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)].map(|(epoch, number)| Mark { epoch, number });
        let mut taken: Option<Mark> = None;
        let all = order.iter().copied().chain(0..6);
        for at in all {
            if marks[at].against(taken).is_taken() {
                taken = Some(marks[at]);
            }
        }
        prop_assert_eq!(taken, Some(marks[5]));
    }
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    let all = [
        Error::NotAPackage,
        Error::Version { found: 2, known: 1 },
        Error::Length { found: 1, declared: 2 },
        Error::Length { found: 2, declared: 1 },
        Error::Manifest(String::new()),
        Error::Record(String::new()),
        Error::Limit("size"),
        Error::Changed(String::new()),
        Error::Signature,
        Error::Foreign,
        Error::OtherStation,
        Error::Io(std::io::Error::other("x")),
    ];
    for error in all {
        let text = error.text();
        for language in ["vi", "en"] {
            assert!(text.get(language).split(['.', ';', ':']).count() > 1, "{error}");
        }
    }
}

//! The bundled extractor as the host runs it: real files, hostile ones, how long they
//! take and what they leave. It lies in `$TRAM_BUNDLE`, the files in `$TRAM_CORPUS`;
//! without either the tests say that they are skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests, which say what they skip and how long files took"
)]

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use support::{Station, console, package};
use tram_host::JobState;

fn station() -> Option<Station> {
    let bundle = std::env::var_os("TRAM_BUNDLE").map(PathBuf::from)?.join("extract.tram");
    if !bundle.is_file() {
        eprintln!("skipped: no bundled extractor (TRAM_BUNDLE)");
        return None;
    }
    let station = Station::with_embedded_file(&bundle);
    station.host.install(package("exerciser"), &console()).unwrap();
    Some(station)
}

/// Has a file looked into; the outcome, or the sentence in Vietnamese.
fn look(station: &Station, path: &Path) -> Result<Value, String> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut writer = station.host.upload("exerciser.test", name, "application/octet-stream").unwrap();
    writer.write_all(&std::fs::read(path).unwrap()).unwrap();
    let blob = writer.finish().unwrap().blob;
    let began = Instant::now();
    let id = station.host.start_job("exerciser.test", "look", &serde_json::to_vec(&blob).unwrap(), &console()).unwrap();
    let done = station.host.wait_job(&id, &mut |_| {}).unwrap();
    eprintln!("{:>6} ms  {name}", began.elapsed().as_millis());
    match done.state {
        JobState::Done => Ok(serde_json::from_slice(&done.outcome).unwrap()),
        _ => Err(tram_contract::Text::decode(&done.message).get("vi").to_owned()),
    }
}

/// Resident memory of this process, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn files_of_schools_are_read_and_hostile_ones_refused() {
    let Some(station) = station() else { return };
    let bomb = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/broken/bomb-80mb.xlsx");
    let before = resident();
    let refused = look(&station, &bomb).unwrap_err();
    assert!(refused.contains("bom nén"), "{refused}");
    assert!(resident() < before + (64 << 10), "{before} KiB, then {}", resident());

    let Some(corpus) = std::env::var_os("TRAM_CORPUS").map(|folder| PathBuf::from(folder).join("materials")) else {
        eprintln!("skipped: no corpus (TRAM_CORPUS)");
        return;
    };
    for (name, word) in [
        ("vi/cong-van-sgddt.pdf", "học liệu số"),
        ("vi/cong-van-sgddt.docx", "học liệu số"),
        ("vi/bai-trinh-chieu.pptx", ""),
        ("vi/de-excel.xlsx", ""),
        ("vi/de-olm-style.docx", "Câu"),
        ("vi/de-azota-style.docx", "Câu"),
        ("vi/de-k12online-style.docx", ""),
        ("h5p/H5P.DragText.h5p", ""),
        ("scorm/singlescobasic.zip", ""),
        ("epub/valid.epub", ""),
    ] {
        let found = look(&station, &corpus.join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
        let text = found["pages"].to_string();
        assert!(text.contains(word), "{name}: {text}");
        // Packages are larger than an answer may be: they come through the sink.
        if !name.starts_with("vi/") {
            let flat = found["derived"].as_array().unwrap().iter().find(|file| file[0] == "package.flat").unwrap();
            assert!(flat[1].as_u64().unwrap() > 1000, "{name}");
        }
    }
    for (name, word) in [
        ("h5p/negative/h5p-with-virus.h5p", "EICAR"),
        ("h5p/negative/missing-preloaded-js.h5p", "greetingcard.js"),
        ("qti21/negative/ZipSlip.zip", "thoát ra ngoài"),
        ("scorm/negative-corrupt/singlescobasic.zip", "mục lục"),
    ] {
        let refused = look(&station, &corpus.join(name)).unwrap_err();
        assert!(refused.contains(word), "{name}: {refused}");
    }
}

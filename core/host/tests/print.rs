//! Documents: asked for by a job, set from a template that the school may change.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod support;

use std::io::Read;

use serde_json::{Value, json};
use support::{Station, console, package, person};
use tram_host::{Consent, Error, JobState, JobStatus};

const PLUGIN: &str = "exerciser.test";

fn printed(station: &Station, template: &str, data: &Value, name: &str) -> JobStatus {
    let arguments = json!([template, data, name]).to_string();
    let id = station.host.start_job(PLUGIN, "print", arguments.as_bytes(), &console()).unwrap();
    station.host.wait_job(&id, &mut |_| {}).unwrap()
}

fn list() -> Value {
    json!({ "title": "Lớp 8A1", "names": ["Đặng Thế Vữ", "Lê Ngọc Yến"] })
}

/// The document of a job that ended well.
fn document(station: &Station, done: &JobStatus) -> (Value, Vec<u8>) {
    assert_eq!(done.state, JobState::Done, "{}", done.message);
    let outcome: Value = serde_json::from_slice(&done.outcome).unwrap();
    let blob = station.host.blob(PLUGIN, outcome["blob"].as_str().unwrap(), &console()).unwrap();
    assert_eq!(blob.media_type, "application/pdf");
    let mut bytes = Vec::new();
    blob.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(outcome["size"], bytes.len());
    (outcome, bytes)
}

#[test]
fn a_job_has_a_document_set_between_two_steps() {
    let station = Station::with(&["exerciser"]);
    let done = printed(&station, "list", &list(), "lop/8a1.pdf");
    let (outcome, bytes) = document(&station, &done);
    assert!(bytes.starts_with(b"%PDF-1.7"));
    assert_eq!((&outcome["pages"], &outcome["warnings"]), (&json!(1), &json!([])));
    let blob = station.host.blob(PLUGIN, outcome["blob"].as_str().unwrap(), &console()).unwrap();
    assert_eq!(blob.name, "lop8a1.pdf", "a name is no path");
    // A longer list has more pages; a letter that no font has is told.
    let many: Vec<String> = (0..200).map(|at| format!("Người thứ {at}")).collect();
    let (outcome, _) =
        document(&station, &printed(&station, "list", &json!({ "title": "漢", "names": many }), "x.pdf"));
    assert!(outcome["pages"].as_u64().unwrap() > 3);
    assert!(outcome["warnings"][0].as_str().unwrap().contains('漢'));
}

#[test]
fn what_is_wrong_with_a_document_ends_its_job_with_words() {
    let station = Station::with(&["exerciser"]);
    for (template, data, name, words) in [
        ("poster", list(), "x.pdf", "Không có mẫu in “poster”"),
        ("list", json!({ "title": "Lớp 8A1" }), "x.pdf", "không có mục"),
        ("list", list(), " ", "a file's name"),
        ("list", json!(1 << 20), "x.pdf", "1 MiB"),
    ] {
        let failed = printed(&station, template, &data, name);
        assert_eq!(failed.state, JobState::Failed, "{words}");
        let text = tram_contract::Text::decode(&failed.message);
        assert!(text.get("vi").contains(words), "{words}: {}", text.get("vi"));
    }
}

#[test]
fn documents_that_failed_are_in_nobodys_way() {
    let station = Station::with(&["exerciser"]);
    // More than are looked at in one go.
    for _ in 0..23 {
        let failed = printed(&station, "list", &json!({ "title": "Lớp 8A1" }), "x.pdf");
        assert_eq!(failed.state, JobState::Failed);
    }
    document(&station, &printed(&station, "list", &list(), "x.pdf"));
}

#[test]
fn a_document_survives_a_restart() {
    let station = Station::with(&["exerciser"]);
    let arguments = json!(["list", list(), "x.pdf"]).to_string();
    let id = station.host.start_job(PLUGIN, "print", arguments.as_bytes(), &console()).unwrap();
    let station = station.restart();
    let done = station.host.wait_job(&id, &mut |_| {}).unwrap();
    document(&station, &done);
}

#[test]
fn a_plugin_that_was_refused_printing_is_told_so() {
    let station = Station::new();
    let bytes = package("exerciser");
    let manifest = station.host.inspect(&bytes).unwrap().manifest;
    let consent = Consent::chosen(&manifest, |key| key != "capability:print");
    station.host.install_with(&bytes, &consent, &console()).unwrap();
    let failed = printed(&station, "list", &list(), "x.pdf");
    assert_eq!(failed.state, JobState::Failed);
    let text = tram_contract::Text::decode(&failed.message);
    assert!(text.get("vi").contains("“print”") && text.get("vi").contains("chưa cho"), "{}", text.get("vi"));
}

#[test]
fn a_school_changes_a_template_and_goes_back() {
    let station = Station::with(&["exerciser"]);
    let host = &station.host;
    let all = host.templates().unwrap();
    assert_eq!((all.len(), all[0].id.as_str(), all[0].own.is_none()), (1, "list", true));
    let original = host.template(PLUGIN, "list", true, &console()).unwrap();
    assert!(host.test_print(PLUGIN, "list", &console()).unwrap().pdf.starts_with(b"%PDF"));
    // Whoever may not change plugins may not change what they print.
    let pupil = person("p", &[]);
    assert!(matches!(host.set_template(PLUGIN, "list", b"x", &pupil), Err(Error::NotAllowed(_))));
    assert!(matches!(host.template(PLUGIN, "list", true, &pupil), Err(Error::NotAllowed(_))));
    // What does not print is not taken, and the line is told.
    let broken = format!("{original}\n#oops\n");
    let error = host.set_template(PLUGIN, "list", broken.as_bytes(), &console()).unwrap_err();
    let line = broken.lines().count();
    assert!(error.text().get("vi").contains(&format!("dòng {line}")), "{}", error.text().get("vi"));
    assert!(host.set_template(PLUGIN, "list", &[0xff, 0xfe, 0], &console()).is_err(), "not UTF-8");
    assert!(host.templates().unwrap()[0].own.is_none());
    // The school's own is used from then on, after a restart too; Notepad's mark is no letter.
    let own = format!("\u{feff}{original}\n#pagebreak()\nThêm một trang.\n");
    assert_eq!(host.set_template(PLUGIN, "list", own.as_bytes(), &console()).unwrap().pages, 2);
    let station = station.restart();
    station.wait("it runs", |station| station.host.templates().unwrap().len() == 1);
    let status = station.host.templates().unwrap().remove(0).own.unwrap();
    assert_eq!((status.by.as_str(), status.is_behind), ("console", false));
    station.wait("the job runs", |station| station.host.plugins()[0].state == tram_host::PluginState::Running);
    let (outcome, _) = document(&station, &printed(&station, "list", &list(), "x.pdf"));
    assert_eq!(outcome["pages"], 2);
    station.host.reset_template(PLUGIN, "list", &console()).unwrap();
    assert!(station.host.templates().unwrap()[0].own.is_none());
    let (outcome, _) = document(&station, &printed(&station, "list", &list(), "x.pdf"));
    assert_eq!(outcome["pages"], 1);
    assert!(station.host.test_print(PLUGIN, "poster", &console()).is_err());
}

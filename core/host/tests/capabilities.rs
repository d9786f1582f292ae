//! Each capability used by a component, and tried by one without the grant.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod support;

use std::io::{Read, Write};

use serde_json::json;
use support::{Station, console, package, person, public};
use tram_host::{CallError, Error, Found, PluginState, ReplyBody, Request, Upload};
use tram_journal::{Context, EraseTarget};
use tram_people::Principal;
use tram_people::directory::{Group, Membership, Person, Writer};

const TRY: &str = "/api/exerciser.test/try";

#[test]
fn a_page_is_served_and_a_form_is_kept() {
    let station = Station::with(&["greeter"]);
    let pupil = person("p1", &["greeter.test.write"]);
    let reply = station.send("GET", "/x/greeter.test/hello/An", &[], &public()).unwrap();
    let ReplyBody::Page(page) = reply.body else { panic!("a page") };
    assert_eq!(page.title.get("vi"), "Xin chào An!");
    let reply = station.send("POST", "/x/greeter.test/", &[("text", "chào cô")], &pupil).unwrap();
    assert_eq!((reply.status, reply.committed.is_some()), (303, true));
    assert_eq!(station.get("/api/greeter.test/count", &public()), json!({ "greetings": 1 }));
    // What the plugin refuses after it has written leaves nothing behind.
    let refused = station.send("POST", "/x/greeter.test/refuse", &[("text", "tạm biệt")], &pupil).unwrap_err();
    assert!(matches!(refused, CallError::Plugin { .. }), "{refused}");
    assert_eq!(station.get("/api/greeter.test/count", &public()), json!({ "greetings": 1 }));
}

#[test]
fn permissions_are_asked_before_the_plugin_runs() {
    let station = Station::with(&["greeter"]);
    let send = |by: &Principal| station.send("POST", "/x/greeter.test/", &[("text", "x")], by).unwrap_err();
    assert_eq!(send(&public()).status(), 401);
    assert_eq!(send(&person("p1", &["other.right"])).status(), 403);
    let Found::Method { allow } = station.host.find("DELETE", "/x/greeter.test/") else { panic!("a path") };
    assert_eq!(allow, ["GET", "POST", "HEAD"]);
    assert!(matches!(station.host.find("GET", "/greeter.test/"), Found::None));
}

#[test]
fn the_store_reads_what_it_wrote_and_keeps_it() {
    let station = Station::with(&["exerciser"]);
    let seen = station.post(&format!("{TRY}/store"), &[], &console());
    assert_eq!(seen["text"], "bốn mùa xuân");
    assert_eq!(seen["count"], 2);
    assert_eq!(seen["taken"], "stale");
    assert_eq!((&seen["by_author"], &seen["by_prefix"]), (&json!(1), &json!(2)));
    assert_eq!(seen["one"], "bình");
    // Ids of one call share their sequence, so their order among themselves is open.
    assert_eq!(seen["several"], json!([true, false, true]));
    assert_eq!(seen["id_bytes"], 16);
    let station = station.restart();
    let seen = station.get(&format!("{TRY}/store"), &public());
    assert_eq!((&seen["count"], &seen["counter"], &seen["more"]), (&json!(2), &json!(2), &json!(false)));
    assert_eq!(seen["history"][0]["actor"], "console");
    assert!(seen["versions"][0].as_u64().unwrap() > 0);
}

#[test]
fn a_get_may_count_and_its_counts_are_written_together() {
    let station = Station::with(&["exerciser"]);
    let head = station.journal.head().sequence;
    for _ in 0..30 {
        assert_eq!(station.get(&format!("{TRY}/count-in-get"), &public()), json!({ "before": 0 }));
    }
    let reply = station.send("GET", &format!("{TRY}/count-in-get"), &[], &public()).unwrap();
    assert!(reply.basis.is_none(), "what counts is not given again");
    assert!(station.journal.head().sequence <= head + 1, "no entry for each");
    // A station that is closed keeps what it counted.
    let station = station.restart();
    assert_eq!(station.get(&format!("{TRY}/count-in-get"), &public()), json!({ "before": 31 }));
}

#[test]
fn a_get_writes_nothing_and_an_error_leaves_nothing() {
    let station = Station::with(&["exerciser"]);
    assert_eq!(station.get(&format!("{TRY}/write-in-get"), &public()), json!({ "code": "read-only" }));
    let head = station.journal.head().sequence;
    let failed = station.send("POST", &format!("{TRY}/half"), &[], &console()).unwrap_err();
    assert_eq!(failed.status(), 400);
    assert_eq!(station.journal.head().sequence, head, "nothing was journalled");
    assert_eq!(station.get(&format!("{TRY}/store"), &public())["count"], 0);
    assert_ne!(station.post(&format!("{TRY}/undeclared"), &[], &console())["code"], json!(null));
}

#[test]
fn a_stale_form_and_a_taken_code_are_conflicts() {
    let station = Station::with(&["exerciser"]);
    let id = station.post(&format!("{TRY}/note"), &[("author", "an"), ("text", "một"), ("code", "A")], &console());
    let id = id["id"].as_str().unwrap().to_owned();
    let version = station.get(&format!("{TRY}/store"), &public())["versions"][0].to_string();
    let form = [("id", id.as_str()), ("version", version.as_str()), ("text", "hai")];
    station.post(&format!("{TRY}/replace"), &form, &console());
    let stale = station.send("POST", &format!("{TRY}/replace"), &form, &console()).unwrap_err();
    assert_eq!(stale, CallError::Stale);
    station.post(&format!("{TRY}/note"), &[("author", "b"), ("text", "x"), ("code", "B")], &console());
    let taken = station
        .send("POST", &format!("{TRY}/note"), &[("author", "c"), ("text", "x"), ("code", "B")], &console())
        .unwrap_err();
    assert_eq!(taken.status(), 409, "{taken}");
}

#[test]
fn a_number_is_gapless_and_put_in_at_the_commit() {
    let station = Station::with(&["exerciser"]);
    for _ in 0..3 {
        station.post(&format!("{TRY}/number"), &[], &console());
    }
    let mut codes: Vec<String> = station.get(&format!("{TRY}/store"), &public())["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    codes.sort();
    assert_eq!(codes, ["1", "2", "3"]);
}

#[test]
fn many_writers_lose_no_count() {
    let station = Station::with(&["exerciser"]);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let station = &station;
            scope.spawn(move || {
                for at in 0..10 {
                    let code = format!("{writer}-{at}");
                    let form = [("author", "a"), ("text", "x"), ("code", code.as_str())];
                    station.post(&format!("{TRY}/note"), &form, &console());
                }
            });
        }
    });
    let seen = station.get(&format!("{TRY}/store"), &public());
    assert_eq!((&seen["count"], &seen["counter"]), (&json!(80), &json!(80)));
}

#[test]
fn search_finds_the_own_save_and_hides_what_is_not_for_the_reader() {
    let station = Station::with(&["exerciser"]);
    let note = |author: &str, text: &str, code: &str| {
        let form = [("author", author), ("text", text), ("code", code)];
        station.send("POST", &format!("{TRY}/note"), &form, &console()).unwrap().committed
    };
    note("an", "Dế Mèn phiêu lưu ký", "1");
    let last = note("binh", "secret Dế Mèn", "2");
    let search = |by: &Principal| {
        let reply = station.send_after("GET", &format!("{TRY}/search?q=de men"), &[], by, last).unwrap();
        support::json(reply)
    };
    // The first search may come before the first index; then it says so.
    station.wait("the index", |station| station.send("GET", &format!("{TRY}/search?q=x"), &[], &public()).is_ok());
    let seen = search(&public());
    assert_eq!((&seen["total"], &seen["lagging"]), (&json!(1), &json!(false)), "{seen}");
    assert_eq!(seen["authors"], json!([["an", 1]]));
    let own = search(&person("binh", &[]));
    assert_eq!(own["total"], 2);
    let id = own["keys"][0].as_str().unwrap().to_owned();
    let gone = station.send("POST", &format!("{TRY}/delete"), &[("id", &id)], &console()).unwrap().committed;
    let reply = station.send_after("GET", &format!("{TRY}/search?q=de men"), &[], &person("binh", &[]), gone);
    assert_eq!(support::json(reply.unwrap())["total"], 1);
    // A lost index is built again from the tables.
    let station = station.restart();
    station.wait("the index", |station| {
        station
            .send("GET", &format!("{TRY}/search?q=de men"), &[], &person("binh", &[]))
            .is_ok_and(|reply| support::json(reply)["total"] == 1)
    });
}

/// How many files of the plugin's search index hold these bytes.
fn index_files_with(station: &Station, wanted: &str) -> usize {
    fn count(folder: &std::path::Path, wanted: &[u8]) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let holds = |path: &std::path::Path| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
        };
        entries.map(|path| if path.is_dir() { count(&path, wanted) } else { usize::from(holds(&path)) }).sum()
    }
    count(&station.folder.path().join("data/index"), wanted.as_bytes())
}

#[test]
fn what_is_erased_leaves_the_search_index_by_itself() {
    let station = Station::with(&["exerciser"]);
    for (text, code) in [("xylophon quế chi", "1"), ("Dế Mèn phiêu lưu ký", "2")] {
        let form = [("author", "an"), ("text", text), ("code", code)];
        station.send("POST", &format!("{TRY}/note"), &form, &console()).unwrap();
    }
    let total = |station: &Station, word: &str| {
        let reply = station.send("GET", &format!("{TRY}/search?q={word}"), &[], &public());
        reply.ok().map(|reply| support::json(reply)["total"].as_u64().unwrap())
    };
    station.wait("the index", |station| total(station, "xylophon") == Some(1));
    assert!(index_files_with(&station, "xylophon") > 0, "the test looks where there is something to find");
    let found = support::json(station.send("GET", &format!("{TRY}/search?q=xylophon"), &[], &public()).unwrap());
    let key = hex_bytes(found["keys"][0].as_str().unwrap());
    let target = EraseTarget::Row { owner: "exerciser.test".into(), collection: "notes".into(), key };
    let erased = station.journal.erase(Context::new("host", "test"), &[target], "approver", "a test").unwrap();
    assert!(erased.items > 0);
    station.wait("the index", |station| total(station, "xylophon") == Some(0));
    assert_eq!(total(&station, "men"), Some(1));
    station.wait("the files", |station| index_files_with(station, "xylophon") == 0);
    let station = station.restart();
    station.wait("the index", |station| total(station, "men") == Some(1));
    assert_eq!(total(&station, "xylophon"), Some(0));
}

fn hex_bytes(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn blobs_are_written_read_served_and_dropped() {
    let station = Station::with(&["exerciser"]);
    let seen = station.post(&format!("{TRY}/blobs"), &[], &console());
    assert_eq!((&seen["lines"], &seen["whole"], &seen["deleted"]), (&json!(50_000), &json!(true), &json!(true)));
    assert_eq!((&seen["tail"], &seen["name"]), (&json!("49999\n"), &json!("thơ.txt")));
    // Bytes 6 and 7, then 0 to 4, of “dòng thứ 0”, which the host copied.
    assert_eq!((&seen["stretches"], &seen["digests"]), (&json!("<thdòng>"), &json!(true)));
    assert_eq!(seen["beyond"], json!("bad-request"));
    let id = seen["id"].as_str().unwrap();
    let reply = station.send("GET", &format!("/x/exerciser.test/blob/{id}"), &[], &public()).unwrap();
    let ReplyBody::Blob(blob) = reply.body else { panic!("a blob") };
    let mut text = String::new();
    blob.open().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!((text.len() as u64, text.lines().count()), (blob.size, 50_000));
    assert!(station.host.blob("exerciser.test", id, &public()).is_some());
    assert!(station.host.blob("exerciser.test", "00000000000000000000000000", &public()).is_none());
}

#[test]
fn an_upload_reaches_the_plugin_by_its_id() {
    let station = Station::with(&["exerciser"]);
    let mut writer = station.host.upload("exerciser.test", "ảnh.png", "image/png").unwrap();
    writer.write_all(&[7; 100_000]).unwrap();
    let upload = writer.finish().unwrap();
    assert_eq!(upload.size, 100_000);
    let seen = station.get(&format!("{TRY}/blobs?id={}", upload.blob), &public());
    assert_eq!(seen, json!({ "size": 100_000 }));
}

#[test]
fn a_forms_file_is_kept_when_its_id_is_and_only_then() {
    let station = Station::with(&["greeter", "exerciser"]);
    let by = person("p1", &["greeter.test.write"]);
    let send = |path: &str, name: &str| {
        let Found::Route { plugin, route, params, below } = station.host.find("POST", path) else { panic!("{path}") };
        let mut writer = station.host.upload(&plugin, name, "video/mp4").unwrap();
        writer.write_all(name.as_bytes()).unwrap();
        let uploads = vec![Upload { field: "file".into(), ..writer.seal().unwrap() }];
        let form = vec![("text".to_owned(), "chào".to_owned())];
        let request = Request { method: "POST".into(), path: below, params, form, uploads, ..Request::default() };
        let replied = station.host.call(&plugin, &route, request, &by);
        (replied, station.journal.usage(&plugin).blobs)
    };
    // Written, but not of the file; refused; answered with its id.
    let (replied, held) = send("/x/greeter.test/", "bỏ qua.mp4");
    assert_eq!((replied.unwrap().status, held), (303, 0));
    let (replied, held) = send("/x/greeter.test/refuse", "từ chối.mp4");
    assert!(replied.is_err() && held == 0);
    let (replied, held) = send("/x/exerciser.test/widgets", "Bài 5/giữ lại.mp4");
    assert_eq!((replied.unwrap().status, held), (200, "Bài 5/giữ lại.mp4".len() as u64));
}

/// A class with two pupils; the ids of class and first pupil.
fn school(station: &Station) -> (String, String) {
    let (ids, _) = station
        .people
        .change(&console(), "test", |txn| {
            let mut writer = Writer::new(txn);
            let class = writer.group(Group { kind: "class".into(), name: "6A".into(), ..Group::default() })?;
            let mut first = String::new();
            for (name, birth) in [("Nguyễn Thị An", "2014-03-02"), ("Trần Văn Bình", "2014-05-06")] {
                let person = Person {
                    kinds: vec!["pupil".into()],
                    name: name.into(),
                    code: name.into(),
                    birth: birth.into(),
                    ..Person::default()
                };
                let person = writer.person(person)?;
                let membership = Membership {
                    group: class.clone(),
                    person: person.clone(),
                    role: "member".into(),
                    ..Membership::default()
                };
                writer.membership(&membership)?;
                first = if first.is_empty() { person } else { first };
            }
            Ok((class, first))
        })
        .unwrap();
    ids
}

#[test]
fn the_directory_answers_granted_fields_only() {
    let station = Station::with(&["exerciser"]);
    let (_, an) = school(&station);
    let office = person(&an, &["people.read"]);
    let seen = station.get(&format!("{TRY}/directory?field=name&field=classes"), &office);
    assert_eq!(seen["groups"], json!(["6A"]));
    assert_eq!(seen["members"][0], json!([["name", "Nguyễn Thị An"], ["classes", "6A"]]));
    assert_eq!(seen["me"], json!([["name", "Nguyễn Thị An"], ["classes", "6A"]]));
    for field in ["birth", "gender", "code", "nonsense"] {
        let refused = station.send("GET", &format!("{TRY}/directory?field={field}"), &[], &office).unwrap_err();
        assert_eq!(refused.status(), 403, "{field}: {refused}");
    }
    let refused = station.send("GET", &format!("{TRY}/directory?field=name"), &[], &public()).unwrap_err();
    assert_eq!(refused.status(), 403, "nobody signed in: {refused}");
}

#[test]
fn the_example_is_refused_the_birth_date() {
    let station = Station::with(&["class-list"]);
    let (class, _) = school(&station);
    let teacher = person("t1", &["class-list.example.see", "people.read"]);
    let path = format!("/x/class-list.example/classes/{class}");
    let list = format!("{:?}", station.send("GET", &path, &[], &teacher).unwrap());
    assert!(list.contains("Nguyễn Thị An") && list.contains("6A"));
    let reply = station.send("GET", &format!("{path}/birthdays"), &[], &teacher).unwrap();
    assert_eq!(reply.status, 403);
    assert!(!format!("{reply:?}").contains("2014"));
}

#[test]
fn events_are_delivered_once_in_order_and_a_poisonous_one_is_parked() {
    let station = Station::with(&["exerciser"]);
    for payload in ["một", "fail", "hai"] {
        station.post(&format!("{TRY}/events"), &[("payload", payload)], &console());
    }
    let heard = |station: &Station| station.get(&format!("{TRY}/events"), &public());
    station.wait("both events", |station| heard(station).as_array().unwrap().len() == 2);
    let all = heard(&station);
    assert_eq!((&all[0]["payload"], &all[1]["payload"]), (&json!("một"), &json!("hai")));
    assert_eq!(all[0]["topic"], "written");
    assert_ne!(station.post(&format!("{TRY}/topic"), &[], &console())["code"], json!(null));
    let station = station.restart();
    station.post(&format!("{TRY}/events"), &[("payload", "ba")], &console());
    station.wait("the third", |station| heard(station).as_array().unwrap().len() == 3);
}

#[test]
fn a_job_runs_step_by_step_and_a_failed_step_leaves_nothing() {
    let station = Station::with(&["exerciser"]);
    let id = station.post(&format!("{TRY}/jobs"), &[("job", "count"), ("to", "4")], &console())["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut told = Vec::new();
    let done = station.host.wait_job(&id, &mut |status| told.push(status.done)).unwrap();
    assert_eq!((done.state, done.done, done.total), (tram_host::JobState::Done, 4, 4));
    assert!(told.is_sorted());
    let seen = station.get(&format!("{TRY}/jobs?id={id}"), &public());
    assert_eq!((&seen["status"]["outcome"], &seen["steps"]), (&json!({ "counted": 4 }), &json!(4)));
    let id = station.host.start_job("exerciser.test", "fail", br#"{"to":5}"#, &console()).unwrap();
    let failed = station.host.wait_job(&id, &mut |_| {}).unwrap();
    assert_eq!(failed.state, tram_host::JobState::Failed);
    assert!(failed.message.contains("Cố ý hỏng"), "{}", failed.message);
    let seen = station.get(&format!("{TRY}/jobs?id={id}"), &public());
    assert_eq!(seen["half"], false);
    let refused = station.host.start_job("exerciser.test", "count", b"{}", &person("p", &[])).unwrap_err();
    assert_eq!(refused.status(), 401);
}

#[test]
fn a_job_goes_on_after_a_restart_and_can_be_stopped() {
    let station = Station::with(&["exerciser"]);
    let id = station.host.start_job("exerciser.test", "count", br#"{"to":100000}"#, &console()).unwrap();
    station.wait("some steps", |station| station.host.job(&id).unwrap().unwrap().done > 3);
    let station = station.restart();
    let before = station.host.job(&id).unwrap().unwrap().done;
    station.wait("further steps", |station| station.host.job(&id).unwrap().unwrap().done > before);
    assert!(station.host.cancel_job(&id));
    let stopped = station.host.wait_job(&id, &mut |_| {}).unwrap();
    assert_eq!(stopped.state, tram_host::JobState::Cancelled);
    assert!(!station.host.cancel_job(&id));
}

/// A file of the exerciser's.
fn uploaded(station: &Station, name: &str, bytes: &[u8]) -> String {
    let mut writer = station.host.upload("exerciser.test", name, "application/octet-stream").unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().blob
}

fn looked_into(station: &Station, blob: &str) -> tram_host::JobStatus {
    let arguments = serde_json::to_vec(&blob).unwrap();
    let id = station.host.start_job("exerciser.test", "look", &arguments, &console()).unwrap();
    station.host.wait_job(&id, &mut |_| {}).unwrap()
}

#[test]
fn a_file_is_looked_into_between_two_steps_by_a_component_without_rights() {
    let station = Station::with(&["exerciser", "reader"]);
    let blob = uploaded(&station, "bài.txt", "Dế Mèn\u{c}phiêu lưu ký".as_bytes());
    let done = looked_into(&station, &blob);
    assert_eq!(done.state, tram_host::JobState::Done, "{}", done.message);
    let outcome: serde_json::Value = serde_json::from_slice(&done.outcome).unwrap();
    assert_eq!(outcome, json!({ "pages": ["Dế Mèn", "phiêu lưu ký"], "derived": [["thumbnail.txt", 8]] }));
    // What the file is wrong with is told in words; the station goes on.
    for (name, bytes, words) in [
        ("hỏng.txt", &[0xff_u8, 0xfe, 0x00][..], "UTF-8"),
        ("panic.txt", b"x", "hỏng"),
        ("loop.txt", b"x", "quá lâu"),
        ("memory.txt", b"x", "quá lớn"),
        ("large.txt", b"x", "quá lớn"),
        ("flood.txt", b"x", "không còn đủ chỗ"),
        ("order.txt", b"x", "sai thứ tự"),
        ("phim.mkv", b"x", "loại tệp này"),
    ] {
        let failed = looked_into(&station, &uploaded(&station, name, bytes));
        assert_eq!(failed.state, tram_host::JobState::Failed, "{name}");
        let text = tram_contract::Text::decode(&failed.message);
        assert!(text.get("vi").contains(words), "{name}: {}", text.get("vi"));
    }
    assert!(station.host.plugins().iter().all(|plugin| plugin.state == tram_host::PluginState::Running));
}

#[test]
fn files_whose_jobs_failed_are_in_nobodys_way() {
    let station = Station::with(&["exerciser", "reader"]);
    let broken = uploaded(&station, "hỏng.txt", &[0xff]);
    // More than are looked at in one go.
    for _ in 0..103 {
        assert_eq!(looked_into(&station, &broken).state, tram_host::JobState::Failed);
    }
    let done = looked_into(&station, &uploaded(&station, "bài.txt", b"De Men"));
    assert_eq!(done.state, tram_host::JobState::Done, "{}", done.message);
}

/// A package signed by the exerciser of this station: the seal as the query of `try/sign`.
fn sealed(station: &Station) -> (serde_json::Value, String) {
    let blob = uploaded(station, "gói.goi", b"xin chao");
    let arguments = serde_json::to_vec(&blob).unwrap();
    let id = station.host.start_job("exerciser.test", "seal", &arguments, &console()).unwrap();
    let done = station.host.wait_job(&id, &mut |_| {}).unwrap();
    assert_eq!(done.state, tram_host::JobState::Done, "{}", done.message);
    let seal: serde_json::Value = serde_json::from_slice(&done.outcome).unwrap();
    let word = |name: &str| seal[name].as_str().unwrap();
    let query = format!("digest={}&key={}&signature={}", word("digest"), word("key"), word("signature"));
    (seal, query)
}

#[test]
fn a_package_is_signed_between_two_steps_and_known_by_its_signer() {
    let (ours, theirs) = (Station::with(&["exerciser"]), Station::with(&["exerciser"]));
    theirs.people.change_station(&console(), |station| station.school = "THCS Kim Đồng".into()).unwrap();
    let (seal, query) = sealed(&theirs);
    let card = theirs.host.card().unwrap();
    assert_eq!((&seal["key"], &seal["station"]), (&json!(card.key.to_string()), &json!(card.station)));
    assert_eq!((&seal["name"], &seal["epoch"]), (&json!("THCS Kim Đồng"), &json!(0)));
    let asked = |station: &Station, query: &str| station.get(&format!("{TRY}/sign?{query}"), &public());
    // Its own, a stranger's, a partner's, and a former partner's.
    assert_eq!(asked(&theirs, &query)["own"], json!(true));
    // A page may not sign, whatever it is granted.
    assert_eq!(asked(&ours, &query), json!({ "code": "unknown-key", "begin": false }));
    ours.people.add_partner(&console(), &card, "Trường Kim Đồng").unwrap();
    let known = json!({ "station": card.station, "name": "Trường Kim Đồng", "own": false });
    assert_eq!(asked(&ours, &query), known);
    for (name, length) in [("digest", 64), ("key", 64), ("signature", 128)] {
        let at = query.find(&format!("{name}=")).unwrap() + name.len() + 1;
        for place in [at, at + length / 2, at + length - 1] {
            let mut changed = query.clone();
            let other = if &changed[place..=place] == "0" { "1" } else { "0" };
            changed.replace_range(place..=place, other);
            assert_eq!(asked(&ours, &changed)["code"], json!("bad-signature"), "{name}");
        }
    }
    // The key outlives a restart; what it signed for one plugin is nothing for another.
    let theirs = theirs.restart();
    assert_eq!(theirs.host.card().unwrap(), card);
    let path = theirs.folder.path().join("data/exchange/key.pk8");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let bytes = |name: &str| hex_bytes(seal[name].as_str().unwrap());
    let digest = tram_exchange::Hash::from_bytes(bytes("digest").try_into().unwrap());
    for (application, fits) in [("exerciser.test", true), ("exerciser.tes", false), ("other.test", false)] {
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, bytes("key"));
        let statement = tram_exchange::statement(application, &digest);
        assert_eq!(key.verify(&statement, &bytes("signature")).is_ok(), fits, "{application}");
    }
    ours.people.remove_partner(&console(), &card.key).unwrap();
    assert_eq!(asked(&ours, &query)["code"], json!("unknown-key"));
}

#[test]
fn an_extractor_makes_files_larger_than_its_answer() {
    let station = Station::with(&["exerciser", "reader"]);
    let done = looked_into(&station, &uploaded(&station, "made.txt", b"x"));
    assert_eq!(done.state, tram_host::JobState::Done, "{}", done.message);
    let outcome: serde_json::Value = serde_json::from_slice(&done.outcome).unwrap();
    assert_eq!(outcome["derived"], json!([["made.bin", 6 << 20], ["thumbnail.txt", 8]]));
    // One that was begun and not ended is not handed on.
    let done = looked_into(&station, &uploaded(&station, "begun.txt", b"x"));
    let outcome: serde_json::Value = serde_json::from_slice(&done.outcome).unwrap();
    assert_eq!(outcome["derived"], json!([["thumbnail.txt", 9]]));
}

#[test]
fn an_extractor_may_have_no_capability() {
    let station = Station::new();
    let mut manifest = tram_contract::package::Package::read(&package("reader")).unwrap().manifest;
    assert!(manifest.problems().is_empty());
    manifest.capability.push(tram_contract::manifest::Capability {
        name: "store".into(),
        purpose: "keeps what it read".into(),
        permission: None,
        fields: vec![],
        queries: vec![],
    });
    assert_eq!(manifest.problems().len(), 1);
    // Alone it serves nothing and disturbs nothing.
    station.host.install(package("reader"), &console()).unwrap();
    assert!(matches!(station.host.find("GET", "/x/reader.test/"), tram_host::Found::None));
}

#[test]
fn settings_clock_random_and_log() {
    let station = Station::with(&["exerciser"]);
    station.post(&format!("{TRY}/settings"), &[("colour", "xanh")], &console());
    assert_eq!(station.get(&format!("{TRY}/settings"), &public()), json!({ "colour": "xanh" }));
    let clock = station.get(&format!("{TRY}/clock"), &public());
    assert_eq!((&clock["fixed"], clock["today"].as_str().unwrap().len()), (&json!(true), 10));
    let random = station.get(&format!("{TRY}/random"), &public());
    assert_ne!(random["first"], random["second"]);
    assert_ne!(random["first"], station.get(&format!("{TRY}/random"), &public())["first"]);
    station.post(&format!("{TRY}/log"), &[], &console());
}

#[test]
fn a_query_goes_through_the_host_by_grant() {
    let station = Station::with(&["exerciser", "greeter"]);
    assert_eq!(station.get(&format!("{TRY}/brokered"), &public()), json!({ "greetings": 0 }));
    let refused = station.send("GET", &format!("{TRY}/brokered-ungranted"), &[], &public()).unwrap_err();
    assert_eq!(refused.status(), 403, "{refused}");
}

#[test]
fn slots_are_filled_by_whoever_has_something() {
    let station = Station::with(&["exerciser", "greeter"]);
    let context = [("q".to_owned(), "sách".to_owned())];
    let filled = station.host.fill("search", &context, &public());
    assert_eq!(filled.len(), 1);
    assert_eq!(filled[0].1[0].title.get("vi"), "Ô search: sách");
    assert!(station.host.fill("nowhere", &[], &public()).is_empty());
}

#[test]
fn what_is_not_granted_does_not_link() {
    let station = Station::new();
    for capability in [
        "store",
        "search",
        "blobs",
        "directory",
        "events",
        "jobs",
        "settings",
        "clock",
        "random",
        "log",
        "brokered",
        "extract",
        "print",
        "sign",
    ] {
        let package = package(&format!("ungranted-{capability}"));
        let inspection = station.host.inspect(&package).unwrap();
        assert!(inspection.imports.iter().any(|import| import == capability), "{capability} is used");
        let refused = station.host.install(package, &console()).unwrap_err();
        let Error::Package(text) = refused else { panic!("{capability}: {refused}") };
        assert!(text.get("vi").contains(&format!("“{capability}”")), "{}", text.get("vi"));
        assert!(station.host.plugins().is_empty());
    }
}

#[test]
fn a_plugin_is_shown_switched_off_and_removed() {
    let station = Station::with(&["greeter"]);
    let inspection = station.host.inspect(&package("greeter")).unwrap();
    assert!(inspection.problems.is_empty(), "{:?}", inspection.problems);
    assert!(inspection.publisher.is_none() && inspection.installed.as_deref() == Some("0.1.0"));
    assert!(inspection.sentences.iter().any(|text| text.get("vi").contains("lưu và đọc dữ liệu của riêng nó")));
    let denied = station.host.install(package("greeter"), &person("p", &[])).unwrap_err();
    assert!(matches!(denied, Error::NotAllowed(_)));
    station.host.set_enabled("greeter.test", false, &console()).unwrap();
    let off = station.send("GET", "/x/greeter.test/", &[], &public()).unwrap_err();
    assert_eq!(off.status(), 503);
    let station = station.restart();
    assert!(matches!(station.host.plugins()[0].state, PluginState::Off { .. }));
    station.host.set_enabled("greeter.test", true, &console()).unwrap();
    station.wait("it runs", |station| station.host.plugins()[0].state == PluginState::Running);
    station.send("POST", "/x/greeter.test/", &[("text", "x")], &person("p", &["greeter.test.write"])).unwrap();
    // Without its data it comes back as it was; with them, empty.
    station.host.remove("greeter.test", false, &console()).unwrap();
    assert!(matches!(station.host.find("GET", "/x/greeter.test/"), Found::None));
    station.host.install(package("greeter"), &console()).unwrap();
    assert_eq!(station.get("/api/greeter.test/count", &public()), json!({ "greetings": 1 }));
    station.host.remove("greeter.test", true, &console()).unwrap();
    station.host.install(package("greeter"), &console()).unwrap();
    assert_eq!(station.get("/api/greeter.test/count", &public()), json!({ "greetings": 0 }));
}

#[test]
fn a_component_is_compiled_in_a_child_and_found_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().join("data");
    let journal = tram_journal::Journal::create(&data, tram_journal::Options::default()).unwrap();
    let people = tram_people::People::open(journal.clone()).unwrap();
    let options = tram_host::HostOptions {
        data: data.clone(),
        compiler: vec![env!("CARGO_BIN_EXE_tram-precompile").into(), "--limited".into()],
        ..tram_host::HostOptions::default()
    };
    let start = || tram_host::Host::start(options.clone(), journal.clone(), people.clone(), &[]).unwrap();
    let host = start();
    host.install(package("greeter"), &console()).unwrap();
    let cache = data.join("cache/plugins");
    let compiled: Vec<_> = std::fs::read_dir(&cache)
        .unwrap()
        .flatten()
        .map(|found| found.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "cwasm"))
        .collect();
    assert_eq!(compiled.len(), 1, "one compiled component and nothing left over");
    // A compiled file that somebody touched is not loaded: it is native code.
    let mut bytes = std::fs::read(&compiled[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&compiled[0], &bytes).unwrap();
    host.close();
    let host = start();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while host.plugins()[0].state != PluginState::Running {
        assert!(std::time::Instant::now() < until, "{:?}", host.plugins()[0].state);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_ne!(std::fs::read(&compiled[0]).unwrap(), bytes, "it was compiled anew");
    host.close();
}

/// Prints what a call costs; run it alone on a quiet machine.
#[test]
#[allow(clippy::print_stdout, reason = "a measurement")]
fn a_call_costs_little() {
    let station = Station::with_embedded("greeter");
    let mut spent = Vec::new();
    for _ in 0..5_000 {
        let began = std::time::Instant::now();
        station.send("GET", "/x/greeter.test/hello/An", &[], &public()).unwrap();
        spent.push(began.elapsed());
    }
    spent.sort();
    let (p50, p99) = (spent[spent.len() / 2], spent[spent.len() * 99 / 100]);
    println!("a call of a page, embedded: p50 {} µs, p99 {} µs", p50.as_micros(), p99.as_micros());
    assert!(p50 < std::time::Duration::from_millis(2), "{p50:?}");
}

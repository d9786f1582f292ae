//! What an administrator decides: each right by itself, limits, publishers, parked
//! events, the list of jobs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use serde_json::json;
use support::{Station, console, edited, package, person, public};
use tram_host::{CallError, Ceilings, Consent, Error, JobFilter, JobState, PluginState};

const TRY: &str = "/api/exerciser.test/try";

/// Everything that the exerciser asks for but these rights.
fn all_but(station: &Station, refused: &[&str]) -> Consent {
    let manifest = station.host.inspect(&package("exerciser")).unwrap().manifest;
    Consent::chosen(&manifest, |key| !refused.contains(&key))
}

#[test]
fn each_right_is_refused_by_itself_and_given_back() {
    let station = Station::new();
    let consent = all_but(&station, &["capability:settings", "field:classes"]);
    station.host.install_with(&package("exerciser"), &consent, &console()).unwrap();
    // It runs without: what was refused is an error that it sees.
    let refused = station.send("GET", &format!("{TRY}/settings"), &[], &public()).unwrap_err();
    let CallError::Plugin { code, message } = &refused else { panic!("{refused}") };
    assert_eq!((code.as_str(), refused.status()), ("not-granted", 403));
    assert!(message.get("vi").contains("giữ thiết đặt của riêng nó"), "{message:?}");
    assert_eq!(station.post(&format!("{TRY}/store"), &[], &console())["count"], 2, "the rest works");
    let staff = person("x", &["people.read"]);
    let refused = station.send("GET", &format!("{TRY}/directory?field=classes"), &[], &staff).unwrap_err();
    assert_eq!(refused.status(), 403);
    let status = &station.host.plugins()[0];
    let refused: Vec<String> = status.rights.iter().filter(|d| !d.granted).map(|d| d.right.key()).collect();
    assert_eq!(refused, ["field:classes", "capability:settings"]);
    // Neither a restart nor an update brings it back.
    let station = station.restart();
    assert!(station.send("GET", &format!("{TRY}/settings"), &[], &public()).is_err());
    let newer = edited(&package("exerciser"), |toml| toml.replace("version = \"0.1.0\"", "version = \"0.2.0\""));
    let found = station.host.inspect(&newer).unwrap();
    assert!(found.rights.iter().any(|d| d.right.key() == "capability:settings" && !d.granted));
    // The administrator does, and what it kept is there.
    station.host.decide("exerciser.test", &all_but(&station, &[]), &console()).unwrap();
    assert_eq!(station.host.plugins()[0].state, PluginState::Running);
    station.post(&format!("{TRY}/settings"), &[("colour", "xanh")], &console());
    assert_eq!(station.get(&format!("{TRY}/store"), &public())["count"], 2);
    let stranger = station.host.decide("exerciser.test", &Consent::default(), &person("p", &[])).unwrap_err();
    assert!(matches!(stranger, Error::NotAllowed(_)));
}

#[test]
fn every_capability_answers_not_granted_when_it_is_refused() {
    let station = Station::new();
    let reads = [
        ("store", "store"),
        ("search", "search?q=x"),
        ("blobs", "blobs?id=x"),
        ("directory", "directory?field=name"),
        ("jobs", "jobs?id=x"),
        ("settings", "settings"),
        ("clock", "clock"),
        ("random", "random"),
        ("brokered", "brokered"),
    ];
    station.host.install(package("exerciser"), &console()).unwrap();
    for (capability, path) in reads {
        let consent = all_but(&station, &[&format!("capability:{capability}")]);
        station.host.decide("exerciser.test", &consent, &console()).unwrap();
        let refused = station.send("GET", &format!("{TRY}/{path}"), &[], &person("p", &["people.read"])).unwrap_err();
        assert!(matches!(&refused, CallError::Plugin { code, .. } if code == "not-granted"), "{capability}: {refused}");
    }
    for (capability, path) in [("events", "events"), ("jobs", "jobs"), ("blobs", "blobs"), ("store", "number")] {
        let consent = all_but(&station, &[&format!("capability:{capability}")]);
        station.host.decide("exerciser.test", &consent, &console()).unwrap();
        let head = station.journal.head().sequence;
        let refused = station.send("POST", &format!("{TRY}/{path}"), &[], &console()).unwrap_err();
        assert_eq!(refused.status(), 403, "{capability}: {refused}");
        assert_eq!(station.journal.head().sequence, head, "{capability}: nothing was kept");
    }
    // A line of the log has nothing to answer: it is dropped.
    station.host.decide("exerciser.test", &all_but(&station, &["capability:log"]), &console()).unwrap();
    station.post(&format!("{TRY}/log"), &[], &console());
    // A refusal is no fault of the plugin's: it is still on.
    assert_eq!(station.host.plugins()[0].failures, 0);
}

#[test]
fn limits_are_set_and_hold() {
    let station = Station::with(&["exerciser"]);
    let ceilings = Ceilings { memory: None, time: None, storage: Some(1) };
    let consent = Consent { ceilings, ..all_but(&station, &[]) };
    station.host.decide("exerciser.test", &consent, &console()).unwrap();
    assert_eq!(station.host.plugins()[0].usage.quota, Some(1 << 20));
    let mut refused = None;
    for at in 0..40 {
        let code = at.to_string();
        // Nothing that packs well: a generator of its own, so that no run repeats.
        let mut seed = at as u64 + 1;
        let text: String = (0..60_000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'a' + (seed >> 33) as u8 % 26)
            })
            .collect();
        let form = [("author", "a"), ("text", text.as_str()), ("code", code.as_str())];
        if let Err(error) = station.send("POST", &format!("{TRY}/note"), &form, &console()) {
            refused = Some(error);
            break;
        }
    }
    assert_eq!(refused, Some(CallError::OverQuota));
    assert!(station.get(&format!("{TRY}/store"), &public())["count"].as_u64().unwrap() > 0, "it may still read");
    let station = station.restart();
    let status = &station.host.plugins()[0];
    assert_eq!((status.ceilings, status.usage.quota), (ceilings, Some(1 << 20)));
    // A ceiling above the station's own changes nothing.
    let ceilings = Ceilings { memory: Some(100_000), time: Some(600_000), storage: None };
    station.host.decide("exerciser.test", &Consent { ceilings, ..all_but(&station, &[]) }, &console()).unwrap();
    let (memory, time) = station.host.plugins()[0].limits;
    assert_eq!((memory >> 20, time.as_millis()), (u64::from(Ceilings::MOST_MEMORY), u128::from(Ceilings::MOST_TIME)));
}

#[test]
fn an_id_belongs_to_the_publisher_who_signed_it_first() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|name| folder.path().join(name));
    let key = tram_plugin_build::keygen(&ours).unwrap();
    let other_key = tram_plugin_build::keygen(&theirs).unwrap();
    let first = package("greeter");
    let newer = edited(&first, |toml| toml.replace("version = \"0.1.0\"", "version = \"0.2.0\""));
    let sign = |package: &[u8], key| tram_plugin_build::sign(package, key).unwrap();
    let station = Station::new();

    // Unsigned first, then the id is bound to who signs.
    assert_eq!(station.host.install(first.clone(), &console()).unwrap().publisher, None);
    let status = station.host.install(sign(&first, &ours), &console()).unwrap();
    assert_eq!(status.publisher.as_deref(), Some(key.as_str()));
    station.send("POST", "/x/greeter.test/", &[("text", "bí mật")], &person("p", &["greeter.test.write"])).unwrap();

    // Another key, and no key, are refused with words; the same key is an update.
    for stranger in [sign(&newer, &theirs), newer.clone()] {
        let found = station.host.inspect(&stranger).unwrap();
        assert!(found.publisher_changes && found.problems.is_empty());
        let Error::Package(text) = station.host.install(stranger, &console()).unwrap_err() else { panic!() };
        assert!(text.get("vi").contains("greeter.test") && text.get("vi").contains("nhà cung cấp"), "{text:?}");
    }
    assert_eq!(station.host.install(sign(&newer, &ours), &console()).unwrap().manifest.version, "0.2.0");

    // A byte that was changed after signing is noticed, whoever's key it is.
    let mut changed = sign(&newer, &ours);
    let at = changed.windows(5).position(|bytes| bytes == b"0.2.0").unwrap();
    changed[at] = b'9';
    let found = station.host.inspect(&changed).unwrap();
    assert!(found.problems.iter().any(|text| text.get("vi").contains("Chữ ký")), "{:?}", found.problems);
    assert!(station.host.install(changed, &console()).is_err());

    // Removed with its data kept, the id stays bound, over a restart too.
    station.host.remove("greeter.test", false, &console()).unwrap();
    let station = station.restart();
    assert!(station.host.install(sign(&newer, &theirs), &console()).is_err());

    // An administrator may let another publisher in; the journal says so.
    let manifest = station.host.inspect(&newer).unwrap().manifest;
    let consent = Consent { replace_publisher: true, ..Consent::all(&manifest) };
    let from = station.journal.head().sequence + 1;
    let status = station.host.install_with(&sign(&newer, &theirs), &consent, &console()).unwrap();
    assert_eq!(status.publisher.as_deref(), Some(other_key.as_str()));
    let notes: Vec<String> = station.journal.changes(from, 100).unwrap().into_iter().map(|entry| entry.note).collect();
    assert!(notes.iter().any(|note| note == "a plugin was replaced by another publisher's"), "{notes:?}");
    assert!(station.host.install(sign(&newer, &ours), &console()).is_err(), "now the first one is the stranger");

    // With the data goes the binding.
    station.host.remove("greeter.test", true, &console()).unwrap();
    station.host.install(sign(&newer, &ours), &console()).unwrap();
    assert_eq!(station.get("/api/greeter.test/count", &public()), json!({ "greetings": 0 }));
}

#[test]
fn a_parked_event_is_tried_again_or_dropped() {
    let station = Station::with(&["exerciser"]);
    let id = "exerciser.test";
    let parked = |station: &Station| station.host.parked_events(id).unwrap();
    for payload in ["fail", "một"] {
        station.post(&format!("{TRY}/events"), &[("payload", payload)], &console());
    }
    station.wait("the poisonous one is parked", |station| parked(station).len() == 1);
    let event = parked(&station).remove(0);
    assert_eq!((event.topic.as_str(), event.payload.as_slice()), ("exerciser.test/written", br#""fail""#.as_slice()));
    assert!(event.reason.contains("never taken"), "{}", event.reason);
    let again = station.host.retry_event(id, &event.place, &console()).unwrap_err();
    assert!(matches!(again, CallError::Plugin { .. }), "{again}");
    assert!(station.host.retry_event(id, &event.place, &person("p", &[])).is_err());
    assert_eq!(parked(&station).len(), 1, "it stays");
    // What was wrong is mended: now it is handled, once.
    station.post(&format!("{TRY}/settings"), &[("colour", "mended")], &console());
    let heard = |station: &Station| station.get(&format!("{TRY}/events"), &public()).as_array().unwrap().len();
    station.wait("the other one", |station| heard(station) == 1);
    station.host.retry_event(id, &event.place, &console()).unwrap();
    assert_eq!((parked(&station).len(), heard(&station)), (0, 2));
    station.host.retry_event(id, &event.place, &console()).unwrap();
    assert_eq!(heard(&station), 2, "handled once");
    // Another one is given up.
    station.post(&format!("{TRY}/settings"), &[("colour", "broken")], &console());
    station.post(&format!("{TRY}/events"), &[("payload", "fail")], &console());
    station.wait("the next is parked", |station| parked(station).len() == 1);
    let place = parked(&station).remove(0).place;
    assert!(station.host.drop_event(id, &place, &person("p", &[])).is_err());
    station.host.drop_event(id, &place, &console()).unwrap();
    assert_eq!((parked(&station).len(), heard(&station)), (0, 2));
}

#[test]
fn jobs_are_listed_newest_first_and_filtered() {
    let station = Station::with(&["exerciser"]);
    let start = |job: &str| station.host.start_job("exerciser.test", job, br#"{"to":2}"#, &console()).unwrap();
    let ids = [start("count"), start("fail"), start("count")];
    for id in &ids {
        station.host.wait_job(id, &mut |_| {}).unwrap();
    }
    let list = |filter: JobFilter| -> Vec<String> {
        station.host.jobs(&filter, 10).unwrap().into_iter().map(|job| job.id).collect()
    };
    assert_eq!(list(JobFilter::default()), [ids[2].as_str(), &ids[1], &ids[0]]);
    let failed = JobFilter { state: Some(JobState::Failed), ..JobFilter::default() };
    assert_eq!(list(failed), [ids[1].as_str()]);
    assert!(list(JobFilter { plugin: Some("greeter.test".into()), ..JobFilter::default() }).is_empty());
    assert!(list(JobFilter { by: Some("p".into()), ..JobFilter::default() }).is_empty());
    assert_eq!(station.host.jobs(&JobFilter::default(), 2).unwrap().len(), 2);
}

#[test]
fn a_list_goes_on_behind_a_row_without_walking_to_it() {
    let station = Station::with(&["exerciser"]);
    for (author, code) in [("an", "1"), ("anh", "2"), ("an", "3"), ("bình", "4"), ("an", "5"), ("anh", "6")] {
        let form = [("author", author), ("text", "x"), ("code", code)];
        station.post(&format!("{TRY}/note"), &form, &console());
    }
    assert_eq!(station.get(&format!("{TRY}/find?term=an"), &public()), json!([["1", "3"], ["5"]]));
    let prefix = station.get(&format!("{TRY}/find?term=an&prefix=1"), &public());
    assert_eq!(prefix, json!([["1", "3"], ["5", "2"], ["6"]]), "by term, then key");
}

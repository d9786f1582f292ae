//! Answers that may be given again: while everything they rest on stands, and not a
//! moment longer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::time::Duration;

use support::{Station, console, package, person, public};
use tram_host::Basis;
use tram_people::Principal;

const TRY: &str = "/api/exerciser.test/try";

fn basis(station: &Station, path: &str, by: &Principal) -> Option<Basis> {
    station.send("GET", path, &[], by).unwrap_or_else(|error| panic!("{path}: {error}")).basis
}

#[test]
fn an_answer_holds_until_its_plugin_writes() {
    let station = Station::with(&["greeter", "exerciser"]);
    let pupil = person("p1", &["greeter.test.write"]);
    let count = "/api/greeter.test/count";
    let before = basis(&station, count, &public()).expect("it reads its own rows only");
    assert!(station.host.confirm(&before));
    // Another plugin's save is nothing to it, nor is what a failed call wrote.
    station.post(&format!("{TRY}/settings"), &[], &console());
    let refused = station.send("POST", "/x/greeter.test/refuse", &[("text", "x")], &pupil);
    assert!(refused.is_err() && station.host.confirm(&before));
    for round in 1..=50 {
        let kept = basis(&station, count, &public()).unwrap();
        assert!(station.host.confirm(&kept));
        station.send("POST", "/x/greeter.test/", &[("text", "chào")], &pupil).unwrap();
        assert!(!station.host.confirm(&kept), "round {round}: the very next reader sees the save");
        assert_eq!(station.get(count, &public())["greetings"], round);
    }
}

#[test]
fn what_a_reader_was_told_while_others_wrote_is_never_older_than_what_was_saved() {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    let station = Station::with(&["greeter"]);
    let pupil = person("p1", &["greeter.test.write"]);
    let (saved, over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..=100 {
                station.send("POST", "/x/greeter.test/", &[("text", "chào")], &pupil).unwrap();
                saved.store(n, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
            }
            over.store(true, Ordering::SeqCst);
        });
        let mut kept: Option<(Basis, u64)> = None;
        let mut given = 0;
        while !over.load(Ordering::SeqCst) {
            let before = saved.load(Ordering::SeqCst);
            match &kept {
                Some((basis, seen)) if station.host.confirm(basis) => {
                    given += 1;
                    assert!(*seen >= before, "{seen} was given again after {before}");
                }
                _ => {
                    let mut reply = station.send("GET", "/api/greeter.test/count", &[], &public()).unwrap();
                    let basis = reply.basis.take().unwrap();
                    kept = Some((basis, support::json(reply)["greetings"].as_u64().unwrap()));
                }
            }
        }
        assert!(given > 0);
    });
}

#[test]
fn time_chance_persons_and_other_plugins_make_an_answer_a_fleeting_one() {
    let station = Station::with(&["exerciser", "greeter"]);
    for what in ["clock", "random", "brokered"] {
        assert!(basis(&station, &format!("{TRY}/{what}"), &public()).is_none(), "{what}");
    }
    assert!(basis(&station, &format!("{TRY}/directory"), &console()).is_none());
    // History can be shed and erased behind the tables' back.
    station.post(&format!("{TRY}/store"), &[], &console());
    assert!(basis(&station, &format!("{TRY}/store"), &public()).is_none());
    // Who waits for his own save is told something of the moment.
    let reply = station.send_after("GET", "/api/greeter.test/count", &[], &public(), Some(1)).unwrap();
    assert!(reply.basis.is_none());
}

#[test]
fn a_search_holds_until_the_index_moves() {
    let station = Station::with(&["exerciser"]);
    station.post(&format!("{TRY}/store"), &[], &console());
    assert!(station.host.wait_for_index("exerciser.test", Duration::from_secs(30)));
    let path = format!("{TRY}/search?q=xuân");
    let found = basis(&station, &path, &public()).expect("a search can be checked");
    assert!(station.host.confirm(&found));
    // The index built anew is another index, whatever it holds.
    station.host.rebuild_index("exerciser.test").unwrap();
    assert!(station.host.wait_for_index("exerciser.test", Duration::from_secs(30)));
    assert!(!station.host.confirm(&found));
}

#[test]
fn settings_and_the_plugin_itself_are_part_of_an_answer() {
    let station = Station::with(&["exerciser", "greeter"]);
    let path = format!("{TRY}/settings");
    let settings = basis(&station, &path, &public()).expect("settings can be checked");
    assert!(station.host.confirm(&settings));
    station.post(&path, &[], &console());
    assert!(!station.host.confirm(&settings));
    let greeting = basis(&station, "/x/greeter.test/hello/An", &public()).expect("a page of its request alone");
    assert!(station.host.confirm(&greeting));
    station.host.set_enabled("greeter.test", false, &console()).unwrap();
    assert!(!station.host.confirm(&greeting), "one that is switched off answers nothing");
    station.host.set_enabled("greeter.test", true, &console()).unwrap();
    station.wait("it runs again", |station| station.send("GET", "/x/greeter.test/hello/An", &[], &public()).is_ok());
    assert!(!station.host.confirm(&greeting), "nor does what ran before answer for what runs now");
    station.host.install(package("greeter"), &console()).unwrap();
    let calls = |station: &Station| {
        station.host.plugins().into_iter().find(|plugin| plugin.id == "greeter.test").unwrap().calls
    };
    let fresh = basis(&station, "/x/greeter.test/hello/An", &public()).unwrap();
    let before = calls(&station);
    assert!(station.host.confirm(&fresh));
    assert_eq!(calls(&station), before + 1, "given again it counts as a call");
    assert!(station.host.metrics().contains("tram_plugin_recalled_total{plugin=\"greeter.test\"} 1"));
}

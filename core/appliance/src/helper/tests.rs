#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]
use std::path::PathBuf;

use super::*;
use crate::Error;
use crate::fake::{Fake, root_of};

fn started(fake: &Fake) -> Client {
    let helper = Helper::new(fake.place.clone(), None, None);
    let (sender, ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || helper.run(|| sender.send(()).unwrap()));
    ready.recv().unwrap();
    Client::new(&fake.place.socket())
}

#[test]
fn an_update_by_asking() {
    let fake = Fake::new("0.1.0");
    let client = started(&fake);
    assert_eq!(client.status().unwrap().running.version.to_string(), "0.1.0");
    let path = fake.update("0.2.0", "0.1.0", &root_of(2, 50), b"uki");
    let mut told = Vec::new();
    let reply = client.ask(&Ask::WriteUpdate { path }, &mut |step, _, _| told.push(step.get("en").to_owned())).unwrap();
    let Reply::Update { manifest } = reply else { panic!("{reply:?}") };
    assert_eq!(manifest.version.to_string(), "0.2.0");
    assert!(told.contains(&"Writing the new version".to_owned()));
    assert!(client.status().unwrap().staged.is_some());
    let later = tram_journal::clock::now().unix_ms + 3_600_000;
    let Reply::Next { version } = client.quick(&Ask::ArmUpdate { restart_at: Some(later) }).unwrap() else { panic!() };
    assert_eq!(version.to_string(), "0.2.0");
    let status = client.status().unwrap();
    assert_eq!(status.restart_at, Some(later));
    assert_eq!(status.pending.unwrap().version.to_string(), "0.2.0");
}

#[test]
fn other_files_are_not_read_for_anybody() {
    let fake = Fake::new("0.1.0");
    let client = started(&fake);
    let outside = fake.folder.path().join("elsewhere.tram-update");
    std::fs::copy(fake.update("0.2.0", "0.1.0", b"r", b"u"), &outside).unwrap();
    let link = fake.place.data.join("update/link.tram-update");
    std::os::unix::fs::symlink(&outside, &link).unwrap();
    for path in [outside, link, PathBuf::from("/etc/shadow"), fake.place.data.join("update/../secret")] {
        assert!(client.quick(&Ask::CheckUpdate { path }).is_err());
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    use std::io::{Read, Write};
    let fake = Fake::new("0.1.0");
    let _ = started(&fake);
    for line in ["{\"ask\":\"run-shell\",\"command\":\"id\"}\n", "\n", "not json\n", "{\"ask\":\"install\"}\n"] {
        let mut stream = std::os::unix::net::UnixStream::connect(fake.place.socket()).unwrap();
        stream.write_all(line.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.contains("\"refused\""), "{reply}");
    }
}

#[test]
fn a_factory_reset_wants_its_word() {
    let fake = Fake::new("0.1.0");
    let client = started(&fake);
    let refused = client.quick(&Ask::FactoryReset { typed: "xoa".into() });
    assert!(matches!(refused, Err(Error::Refused(_))));
    assert!(!fake.place.esp.join("tram/factory-reset").exists());
}

#[test]
fn a_time_before_the_build_is_refused() {
    let fake = Fake::new("0.1.0");
    let client = started(&fake);
    assert!(client.quick(&Ask::SetTime { unix_ms: 978_307_200_000 }).is_err());
}

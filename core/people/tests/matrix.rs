//! Role × channel × strength × right: who signs in how, and what is left of the rights.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use tram_contract::manifest::Manifest;
use tram_journal::{Journal, Options};
use tram_people::accounts::Strength;
use tram_people::directory::{Group, Guardian, Membership, Person, Writer};
use tram_people::{Channel, Error, People, Principal};

const CHANNELS: [Channel; 3] = [Channel::Https, Channel::Loopback, Channel::Http];

/// A plugin with one right of low risk and one that is none, for every role.
const PLUGIN: &str = r#"
id = "vn.test"
version = "1.0.0"
api = "0.1"
name = { vi = "Thử", en = "Test" }
description = { vi = "Thử", en = "Test" }
vendor = "Test"
languages = ["vi", "en"]
[[permission]]
id = "vn.test.borrow"
name = { vi = "Mượn", en = "Borrow" }
low-risk = true
default-roles = ["administrator", "leadership", "office", "teacher", "pupil", "guardian"]
[[permission]]
id = "vn.test.marks"
name = { vi = "Điểm", en = "Marks" }
default-roles = ["administrator", "leadership", "office", "teacher", "pupil", "guardian"]
"#;

/// Rights of each role when nothing is cut away.
const RIGHTS: &[(&str, &[&str])] = &[
    (
        "administrator",
        &[
            "people.read",
            "people.manage",
            "people.cards",
            "reads.see",
            "roles.manage",
            "plugins.manage",
            "station.manage",
        ],
    ),
    ("leadership", &["people.read", "reads.see", "roles.manage"]),
    ("office", &["people.read", "people.manage", "people.cards"]),
    ("teacher", &["people.read", "people.cards"]),
    ("pupil", &[]),
    ("guardian", &[]),
];
/// What everybody has, and of it what is of low risk.
const EVERYBODY: [&str; 3] = ["me.read", "vn.test.borrow", "vn.test.marks"];
const LOW: [&str; 2] = ["me.read", "vn.test.borrow"];

fn school(dir: &std::path::Path) -> (People, Vec<String>) {
    let options = Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() };
    let people = People::open(Journal::create(dir, options).unwrap()).unwrap();
    people.declare_plugin_roles(&Manifest::parse(PLUGIN).unwrap()).unwrap();
    let console = Principal::console("vi");
    let (ids, _) = people
        .change(&console, "test", |txn| {
            let mut writer = Writer::new(txn);
            let mut ids = Vec::new();
            for (role, _) in RIGHTS {
                let kind = if matches!(*role, "pupil" | "guardian") { *role } else { "staff" };
                let person = Person { kinds: vec![kind.into()], name: (*role).into(), ..Person::default() };
                ids.push(writer.person(person)?);
            }
            let class = writer.group(Group { kind: "class".into(), name: "8A1".into(), ..Group::default() })?;
            for (at, role) in [(3, "homeroom"), (4, "member")] {
                let membership = Membership {
                    group: class.clone(),
                    person: ids[at].clone(),
                    role: role.into(),
                    ..Membership::default()
                };
                writer.membership(&membership)?;
            }
            writer.guardian(&Guardian { guardian: ids[5].clone(), child: ids[4].clone(), relation: "mẹ".into() })?;
            Ok::<_, Error>(ids)
        })
        .unwrap();
    for ((role, _), id) in RIGHTS.iter().zip(&ids) {
        people.set_password(&console, id, role, "dua xanh ben tre", false).unwrap();
        people.set_pin(&console, id, "", "273849").unwrap();
        if matches!(*role, "administrator" | "leadership" | "office") {
            people.set_roles(&console, id, &[(*role).to_owned()]).unwrap();
        }
    }
    (people, ids)
}

#[test]
fn every_role_channel_and_strength() {
    let dir = tempfile::tempdir().unwrap();
    let (people, ids) = school(dir.path());
    let console = Principal::console("vi");
    let cards = people.reissue_cards(&console, &ids).unwrap();
    for (at, (role, rights)) in RIGHTS.iter().enumerate() {
        let is_staff = !matches!(*role, "pupil" | "guardian");
        for channel in CHANNELS {
            for strength in [Strength::Password, Strength::Pin, Strength::Card] {
                let what = format!("{role} over {channel:?} by {strength:?}");
                let entered = match strength {
                    Strength::Password => people.check_secret(role, "dua xanh ben tre", "desk", channel),
                    Strength::Pin => people.check_secret(role, "273849", "desk", channel),
                    Strength::Card => people.check_card(&cards[at], "desk", channel).map(|id| (id, Strength::Card)),
                };
                if is_staff && channel == Channel::Http {
                    assert!(matches!(entered, Err(Error::NeedsHttps)), "{what}: {entered:?}");
                    continue;
                }
                assert_eq!(entered.unwrap(), (ids[at].clone(), strength), "{what}");
                let token = people.begin_session(&ids[at], strength, channel, false).unwrap();
                let session = people.session(&token, channel, "vi").unwrap().unwrap();
                let held: BTreeSet<&str> =
                    session.principal.grants.iter().map(|grant| grant.permission.as_str()).collect();
                let cut =
                    channel == Channel::Http || strength == Strength::Card || (is_staff && strength == Strength::Pin);
                let expected: BTreeSet<&str> = match cut {
                    true => LOW.into_iter().collect(),
                    false => EVERYBODY.iter().chain(rights.iter()).copied().collect(),
                };
                assert_eq!(held, expected, "{what}");
                assert_eq!(session.principal.holds("vn.test.marks"), !cut, "{what}: marks");
                // A cookie of one channel is no key to a less secure one.
                for other in CHANNELS {
                    let found = people.session(&token, other, "vi").unwrap();
                    let carried = channel.is_secure() && !other.is_secure();
                    assert_eq!(found.is_none(), carried, "{what}, shown over {other:?}");
                    if let Some(session) = found.filter(|_| !other.is_secure()) {
                        assert!(!session.principal.holds("vn.test.marks"), "{what}, shown over {other:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_role_holds_me_read() {
    let dir = tempfile::tempdir().unwrap();
    let (people, ids) = school(dir.path());
    for ((role, _), id) in RIGHTS.iter().zip(&ids) {
        assert!(people.principal_of(id, "vi").unwrap().holds("me.read"), "{role}");
    }
}

#[test]
fn leavers_and_accounts_that_are_off_do_not_enter() {
    let dir = tempfile::tempdir().unwrap();
    let (people, ids) = school(dir.path());
    let console = Principal::console("vi");
    let card = people.reissue_cards(&console, &ids[4..5]).unwrap().remove(0);
    let mut pupil = people.person(&ids[4]).unwrap().unwrap();
    pupil.left = true;
    let entry = tram_people::clerk::Entry { person: pupil, from: "2026-11-24".into(), ..Default::default() };
    let token = people.begin_session(&ids[4], Strength::Pin, Channel::Https, false).unwrap();
    people.save_entry(&console, &entry).unwrap();
    assert!(people.session(&token, Channel::Https, "vi").unwrap().is_none(), "the session ends at once");
    for channel in CHANNELS {
        assert!(matches!(people.check_secret("pupil", "273849", "desk", channel), Err(Error::Refused)));
        assert!(matches!(people.check_card(&card, "desk", channel), Err(Error::Refused)));
    }
}

#[test]
fn the_one_click_of_a_demonstration_needs_a_demonstration() {
    let dir = tempfile::tempdir().unwrap();
    let (people, ids) = school(dir.path());
    assert!(matches!(people.enter_demonstration("pupil", Channel::Https), Err(Error::Refused)));
    let console = Principal::console("vi");
    people.change_station(&console, |station| station.demonstration = true).unwrap();
    people.reissue_pins(&console, &ids[4..5]).unwrap();
    assert_eq!(people.enter_demonstration("pupil", Channel::Http).unwrap().0, ids[4]);
    assert!(matches!(people.enter_demonstration("office", Channel::Http), Err(Error::NeedsHttps)));
    assert!(matches!(people.enter_demonstration("nobody", Channel::Https), Err(Error::Refused)));
}

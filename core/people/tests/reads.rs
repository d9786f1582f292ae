//! Who is noted for reading what, and who may ask.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use tram_journal::{Journal, Options};
use tram_people::directory::{Person, Writer};
use tram_people::{Channel, Error, Grant, Kind, People, Principal, Relation};

fn principal(person: &str, grants: &[(&str, Relation)]) -> Principal {
    Principal {
        kind: Kind::Person,
        person: Some(person.to_owned()),
        grants: grants.iter().map(|(p, relation)| Grant { permission: (*p).into(), relation: *relation }).collect(),
        groups: Arc::from([]),
        led: Arc::from([]),
        channel: Channel::Https,
        language: "vi".into(),
    }
}

#[test]
fn sensitive_fields_of_others_are_noted_and_shown_to_whom_they_concern() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() };
    let people = People::open(Journal::create(dir.path(), options).unwrap()).unwrap();
    let console = Principal::console("vi");
    let (ids, _) = people
        .change(&console, "test", |txn| {
            let mut writer = Writer::new(txn);
            ["Nguyễn Thị Lan", "Trần Văn Bảy", "Lê Minh"]
                .iter()
                .map(|name| writer.person(Person { name: (*name).into(), ..Person::default() }))
                .collect::<Result<Vec<_>, Error>>()
        })
        .unwrap();
    let [lan, bay, minh] = ids.as_slice() else { unreachable!() };
    let teacher = principal(lan, &[("people.read", Relation::ClassTaught)]);
    people.note_own_read(&teacher, &["name", "code"], &[bay]).unwrap();
    people.note_own_read(&teacher, &["birth"], &[lan]).unwrap();
    people.note_own_read(&teacher, &["name", "birth", "phone", "birth"], &[bay, lan, minh]).unwrap();
    people.note_read(&teacher, "vn.canteen", &["guardians"], &[minh]).unwrap();
    assert!(people.note_own_read(&teacher, &["birth"], &["somebody"]).is_err());

    let head = principal(bay, &[("reads.see", Relation::All)]);
    let all = people.seen(&head, None, None, 10).unwrap();
    assert_eq!(all.len(), 2, "plain fields and one's own are not noted: {all:?}");
    assert_eq!((all[0].owner.as_str(), all[0].fields.as_slice()), ("vn.canteen", &["guardians".to_owned()][..]));
    assert_eq!(all[1].fields, ["birth", "phone"]);
    assert_eq!(all[1].persons, [bay.clone(), minh.clone()]);
    assert_eq!(people.seen(&head, Some(bay), None, 10).unwrap().len(), 1);
    // Everybody may ask who has seen himself, nobody else who has seen another.
    assert_eq!(people.seen(&principal(minh, &[]), Some(minh), None, 10).unwrap().len(), 2);
    for (who, of) in [(minh, Some(bay.as_str())), (minh, None), (lan, Some(minh.as_str()))] {
        let asked = people.seen(&principal(who, &[("reads.see", Relation::ClassTaught)]), of, None, 10);
        assert!(matches!(asked, Err(Error::Forbidden)));
    }
    assert!(matches!(people.seen(&Principal::public(Channel::Https, "vi"), None, None, 1), Err(Error::Forbidden)));
}

#[test]
fn a_permission_that_was_taken_from_every_role_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() };
    let journal = Journal::create(dir.path(), options()).unwrap();
    let people = People::open(journal.clone()).unwrap();
    let holders = |people: &People| {
        let roles = people.roles().unwrap();
        roles.iter().filter(|role| role.grants.iter().any(|(p, _)| p == "people.cards")).count()
    };
    assert_eq!(holders(&people), 3);
    for role in people.roles().unwrap() {
        for (permission, relation) in role.grants.iter().filter(|(p, _)| p == "people.cards") {
            let relation = Relation::of(relation).unwrap();
            people.take_grant(&Principal::console("vi"), &role.id, permission, relation).unwrap();
        }
    }
    assert_eq!(holders(&people), 0);
    drop(people);
    journal.close().unwrap();
    let people = People::open(Journal::open(dir.path(), options()).unwrap()).unwrap();
    assert_eq!(holders(&people), 0);
}

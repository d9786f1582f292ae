//! One person by hand: dates of classes, guardians, what is refused, who is told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use tram_contract::Text;
use tram_journal::{Journal, Options};
use tram_people::clerk::{Entry, GuardianEntry, PHONE};
use tram_people::directory::{Group, Membership, Person, Writer};
use tram_people::{Error, People, Principal, Relation};

struct School {
    people: People,
    console: Principal,
    first: String,
    second: String,
    _dir: tempfile::TempDir,
}

fn school() -> School {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() };
    let people = People::open(Journal::create(dir.path(), options).unwrap()).unwrap();
    let console = Principal::console("vi");
    people.change_station(&console, |station| station.ready = true).unwrap();
    let class = |name: &str| Group {
        kind: "class".into(),
        name: name.into(),
        year: "2026-2027".into(),
        grade: Some(6),
        ..Group::default()
    };
    let ((first, second), _) = people
        .change(&console, "test", |txn| {
            let mut writer = Writer::new(txn);
            Ok::<_, Error>((writer.group(class("6A1"))?, writer.group(class("6A2"))?))
        })
        .unwrap();
    School { people, console, first, second, _dir: dir }
}

fn pupil(name: &str, birth: &str) -> Person {
    Person { kinds: vec!["pupil".into()], name: name.into(), birth: birth.into(), ..Person::default() }
}

fn refused(result: Result<String, Error>) -> (&'static str, Text) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pupil_is_added_moved_and_corrected() {
    let School { people, console, first, second, .. } = &school();
    let mut entry = Entry {
        person: Person { code: "HS01".into(), ..pupil("  Nguyễn Văn An ", "2014-03-04") },
        class: first.clone(),
        from: "2026-09-05".into(),
        guardians: vec![GuardianEntry {
            name: "Nguyễn Văn Bình".into(),
            relation: "cha".into(),
            phone: "0912 345 678".into(),
            ..GuardianEntry::default()
        }],
    };
    let id = people.save_entry(console, &entry).unwrap();
    let known = people.person(&id).unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.code.as_str()), ("Nguyễn Văn An", "HS01"));
    assert_eq!(people.members(first, "member").unwrap().len(), 1);
    let guardians = people.guardians_of(&id).unwrap();
    assert_eq!((guardians[0].name.as_str(), guardians[0].phone.as_str()), ("Nguyễn Văn Bình", "0912 345 678"));

    // Saved again as it is: no second membership, no second guardian.
    entry.person = known.clone();
    entry.guardians = guardians.clone();
    people.save_entry(console, &entry).unwrap();
    assert_eq!(people.memberships_of(&id).unwrap().len(), 1);
    assert_eq!(people.persons("guardian").unwrap().len(), 1);

    // To the other class in November: the first one ended the day before.
    entry.class = second.clone();
    entry.from = "2026-11-02".into();
    entry.guardians[0].name = "Nguyễn Văn Bính".into();
    people.save_entry(console, &entry).unwrap();
    let mut all = people.memberships_of(&id).unwrap();
    all.sort_by(|a, b| a.from.cmp(&b.from));
    assert_eq!((all[0].to.as_str(), all[1].from.as_str()), ("2026-11-01", "2026-11-02"));
    assert_eq!(people.class_of(&id).unwrap().unwrap().group, *second);
    assert_eq!(people.guardians_of(&id).unwrap()[0].name, "Nguyễn Văn Bính", "renamed, not doubled");
    assert_eq!(people.persons("guardian").unwrap().len(), 1);

    // The wrong class from its first day on leaves no trace in the lists.
    entry.class = first.clone();
    people.save_entry(console, &entry).unwrap();
    assert!(people.members(second, "member").unwrap().is_empty());
    assert_eq!(people.class_of(&id).unwrap().unwrap().group, *first);

    // A guardian whose name was emptied no longer is one; further fields of a list stay.
    people
        .change(console, "list", |txn| {
            let mut known = known.clone();
            known.more.insert("dân tộc".into(), "Kinh".into());
            Writer::new(txn).person(known).map(|_| ())
        })
        .unwrap();
    entry.guardians[0].name.clear();
    entry.person.more.insert(PHONE.into(), "0900".into());
    people.save_entry(console, &entry).unwrap();
    assert!(people.guardians_of(&id).unwrap().is_empty());
    let more = people.person(&id).unwrap().unwrap().more;
    assert_eq!((more["dân tộc"].as_str(), more[PHONE].as_str()), ("Kinh", "0900"));
}

#[test]
fn what_is_wrong_is_said_at_its_field_and_nothing_is_kept() {
    let School { people, console, first, .. } = &school();
    let save = |person: Person, class: &str, from: &str| {
        let entry = Entry { person, class: class.into(), from: from.into(), ..Entry::default() };
        people.save_entry(console, &entry)
    };
    assert_eq!(refused(save(pupil(" ", ""), "", "")).0, "name");
    assert_eq!(refused(save(pupil("An", "2014-02-30"), "", "")).0, "birth");
    assert_eq!(refused(save(pupil("An", "2999-01-01"), "", "")).0, "birth");
    assert_eq!(refused(save(pupil("An", "0214-01-01"), "", "")).0, "birth");
    assert_eq!(refused(save(pupil("An", ""), first, "hôm nay")).0, "from");
    assert_eq!(refused(save(Person { name: "An".into(), ..Person::default() }, "", "")).0, "kind");
    assert_eq!(people.person_count().unwrap(), 0, "a class that was refused leaves no person");
    save(Person { code: "HS01".into(), ..pupil("An", "") }, "", "").unwrap();
    let taken = save(Person { code: "HS01".into(), ..pupil("Bình", "") }, "", "");
    assert!(matches!(taken, Err(Error::Commit(tram_journal::CommitError::Unique { .. }))), "{taken:?}");
}

#[test]
fn somebody_who_is_there_already_is_noticed() {
    let School { people, console, .. } = &school();
    let save = |person: Person| people.save_entry(console, &Entry { person, ..Entry::default() }).unwrap();
    let an = save(pupil("Nguyễn Thuý Hoà", "2014-03-04"));
    save(pupil("Nguyễn Thuý Hoà", "2013-03-04"));
    save(Person { kinds: vec!["staff".into()], ..pupil("Nguyễn Thuý Hoà", "") });
    save(Person { code: "HS77".into(), ..pupil("Lê Minh", "2014-01-01") });
    let similar = |person: &Person| people.similar(person).unwrap().into_iter().map(|p| p.name).collect::<Vec<_>>();
    // The other way of placing marks is the same name.
    assert_eq!(similar(&pupil("nguyễn thúy hòa", "2014-03-04")).len(), 1);
    assert_eq!(similar(&pupil("Nguyễn Thuý Hoà", "")).len(), 2, "a date that is not known could be either");
    assert!(similar(&pupil("Nguyễn Thuý Hoà", "2012-03-04")).is_empty());
    assert_eq!(similar(&Person { code: "HS77".into(), ..pupil("Lê Minh Anh", "2014-09-09") }), ["Lê Minh"]);
    let known = people.person(&an).unwrap().unwrap();
    assert!(similar(&known).is_empty(), "nobody is his own double");
}

#[test]
fn duties_begin_and_end() {
    let School { people, console, first, .. } = &school();
    let staff = Person { kinds: vec!["staff".into()], ..pupil("Trần Minh", "") };
    let id = people.save_entry(console, &Entry { person: staff, ..Entry::default() }).unwrap();
    let duty = |role: &str, subject: &str, from: &str, to: &str| Membership {
        group: first.clone(),
        person: id.clone(),
        role: role.into(),
        subject: subject.into(),
        from: from.into(),
        to: to.into(),
    };
    for wrong in [
        duty("teacher", "", "2026-09-05", ""),
        duty("homeroom", "", "", ""),
        duty("homeroom", "", "2026-09-05", "2026-09-04"),
        duty("king", "", "2026-09-05", ""),
    ] {
        assert!(people.add_membership(console, &wrong).is_err(), "{wrong:?}");
    }
    let homeroom = duty("homeroom", "", "2020-09-05", "");
    people.add_membership(console, &homeroom).unwrap();
    people.add_membership(console, &duty("teacher", "Toán", "2020-09-05", "")).unwrap();
    assert_eq!(people.relations(&id).unwrap().taught.len(), 1);
    people.end_membership(console, &homeroom, "2020-12-31").unwrap();
    people.end_membership(console, &duty("teacher", "Toán", "2020-09-05", ""), "2020-01-01").unwrap();
    assert!(people.relations(&id).unwrap().taught.is_empty());
    assert_eq!(people.memberships_of(&id).unwrap().len(), 1, "what never was is gone, what was has ended");
}

#[test]
fn changes_of_rights_are_told_to_whom_they_concern() {
    let School { people, console, .. } = &school();
    let person = |name: &str| {
        let person = Person { kinds: vec!["staff".into()], ..pupil(name, "") };
        people.save_entry(console, &Entry { person, ..Entry::default() }).unwrap()
    };
    let (head, lan, bay) = (person("Hiệu trưởng"), person("Lan"), person("Bảy"));
    people.set_roles(console, &head, &["leadership".into()]).unwrap();
    people.notices_seen(console, &head).unwrap();
    let unseen = |id: &str| {
        people
            .notices(id)
            .unwrap()
            .into_iter()
            .filter(|n| !n.seen)
            .map(|n| n.text.get("vi").to_owned())
            .collect::<Vec<_>>()
    };
    people.set_roles(console, &lan, &["administrator".into()]).unwrap();
    assert_eq!(unseen(&lan), ["Bạn được giao vai trò “Quản trị máy chủ”."]);
    assert_eq!(unseen(&head), ["Lan được giao vai trò “Quản trị máy chủ”."], "a protected role is told");
    people.set_roles(console, &bay, &["office".into()]).unwrap();
    assert_eq!((unseen(&bay).len(), unseen(&head).len()), (1, 1), "an ordinary one is not");
    people.set_password(console, &bay, "bay.tran", "ghe xuong ba la", true).unwrap();
    people.give_grant(console, "office", "reads.see", Relation::All).unwrap();
    assert_eq!(unseen(&bay).len(), 3);
    people.give_grant(console, "office", "reads.see", Relation::All).unwrap();
    assert_eq!(unseen(&bay).len(), 3, "what changes nothing is not told");
    assert!(people.principal_of(&bay, "vi").unwrap().holds_all("reads.see"));
    people.take_grant(console, "office", "reads.see", Relation::All).unwrap();
    assert!(!people.principal_of(&bay, "vi").unwrap().holds("reads.see"));
    people.notices_seen(console, &bay).unwrap();
    assert!(unseen(&bay).is_empty());
    assert_eq!(people.notices(&bay).unwrap().len(), 4);

    // The first set-up is no news to anybody.
    people.change_station(console, |station| station.ready = false).unwrap();
    people.set_roles(console, &lan, &[]).unwrap();
    people.change_station(console, |station| station.ready = true).unwrap();
    assert_eq!(unseen(&lan).len(), 1);

    // What administrators need to undo a mistake stays theirs.
    assert!(people.take_grant(console, "administrator", "roles.manage", Relation::All).is_err());
    let own = people.make_role(console, "Y tế học đường", "").unwrap();
    assert!(matches!(people.make_role(console, "y tế học đường", "Nurse"), Err(Error::Invalid { .. })));
    people.give_grant(console, &own, "people.read", Relation::All).unwrap();
    people.set_roles(console, &bay, std::slice::from_ref(&own)).unwrap();
    assert!(people.principal_of(&bay, "vi").unwrap().holds_all("people.read"));
}

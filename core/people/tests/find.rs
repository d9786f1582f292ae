//! Who finds whom: by name, code and sign-in name, within what a permission reaches;
//! and classes that are made and renamed by hand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use tram_journal::{Journal, Options};
use tram_people::directory::{Group, Guardian, Membership, Person, Writer};
use tram_people::{Channel, Error, Grant, Kind, People, Principal, Relation};

struct School {
    people: People,
    console: Principal,
    class: String,
    _dir: tempfile::TempDir,
}

fn school() -> School {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_size: 1 << 22, reserve: 0, min_free: 0, ..Options::default() };
    let people = People::open(Journal::create(dir.path(), options).unwrap()).unwrap();
    let console = Principal::console("vi");
    let class = Group { kind: "class".into(), name: "6A1".into(), year: "2026-2027".into(), ..Group::default() };
    let class = people.save_group(&console, &class).unwrap();
    School { people, console, class, _dir: dir }
}

fn person(kind: &str, name: &str, code: &str) -> Person {
    Person { kinds: vec![kind.into()], name: name.into(), code: code.into(), ..Person::default() }
}

impl School {
    fn add(&self, person: Person, role: Option<&str>) -> String {
        let (id, _) = self
            .people
            .change(&self.console, "test", |txn| {
                let mut writer = Writer::new(txn);
                let id = writer.person(person.clone())?;
                if let Some(role) = role {
                    let membership = Membership {
                        group: self.class.clone(),
                        person: id.clone(),
                        role: role.into(),
                        from: "2020-01-01".into(),
                        ..Membership::default()
                    };
                    writer.membership(&membership)?;
                }
                Ok::<_, Error>(id)
            })
            .unwrap();
        id
    }

    fn names(&self, by: &Principal, typed: &str) -> Vec<String> {
        let found = self.people.find_persons(by, typed, 0, 100).unwrap();
        assert_eq!(found.total, found.hits.len());
        found.hits.into_iter().map(|hit| hit.person.name).collect()
    }
}

fn holds(person: &str, permission: &str, relation: Relation) -> Principal {
    let mut principal = Principal::public(Channel::Https, "vi");
    principal.kind = Kind::Person;
    principal.person = Some(person.to_owned());
    principal.grants = [Grant { permission: permission.into(), relation }].into();
    principal
}

#[test]
fn the_best_first_then_by_given_name_and_who_left_last() {
    let school = school();
    for (name, code) in [("Lê Văn Hoá", "HS3"), ("Trần Hòa", "HS1"), ("Nguyễn Hoa", "HS2"), ("Đỗ Hoàng", "")]
    {
        school.add(person("pupil", name, code), Some("member"));
    }
    school.add(Person { left: true, ..person("pupil", "Bùi Hòa", "HS9") }, None);
    assert_eq!(school.names(&school.console, "hòa"), ["Trần Hòa", "Bùi Hòa", "Đỗ Hoàng", "Nguyễn Hoa", "Lê Văn Hoá"]);
    let found = school.people.find_persons(&school.console, "hoa", 1, 2).unwrap();
    assert_eq!((found.total, found.hits.len()), (5, 2));
    let found = school.people.find_persons(&school.console, "hs1", 0, 10).unwrap();
    assert_eq!(
        (found.hits[0].person.name.as_str(), found.hits[0].classes.as_slice()),
        ("Trần Hòa", &["6A1".to_owned()][..])
    );
    assert_eq!(school.people.find_persons(&school.console, "hoa", 50, 10).unwrap().hits.len(), 0);
    assert_eq!(school.people.find_persons(&school.console, " ", 0, 10).unwrap().total, 0);
}

#[test]
fn sign_in_names_are_for_those_who_give_them() {
    let school = school();
    let id = school.add(person("staff", "Phạm Bảy", ""), Some("homeroom"));
    school.people.set_password(&school.console, &id, "bay.pham", "ghe xuong ba la", false).unwrap();
    let found = school.people.find_persons(&school.console, "BAY.PH", 0, 10).unwrap();
    assert_eq!((found.total, found.hits[0].username.as_str()), (1, "bay.pham"));
    let teacher = holds(&id, "people.read", Relation::All);
    let found = school.people.find_persons(&teacher, "phạm bảy", 0, 10).unwrap();
    assert_eq!((found.total, found.hits[0].username.as_str()), (1, ""));
    assert_eq!(school.people.find_persons(&teacher, "bay.ph", 0, 10).unwrap().total, 1, "as words of the name");
    school.people.set_password(&school.console, &id, "hieu.pho", "ghe xuong ba la", false).unwrap();
    assert_eq!(school.people.find_persons(&teacher, "hieu.pho", 0, 10).unwrap().total, 0);
    assert_eq!(school.people.find_persons(&school.console, "hieu.pho", 0, 10).unwrap().total, 1);
}

#[test]
fn a_search_finds_whom_the_permission_reaches_and_nobody_else() {
    let school = school();
    let teacher = school.add(person("staff", "Người Dạy", ""), Some("homeroom"));
    let head = school.add(person("staff", "Người Phụ Trách", ""), Some("head"));
    let pupil = school.add(person("pupil", "Người Học", ""), Some("member"));
    let stranger = school.add(person("pupil", "Người Lạ", ""), None);
    let guardian = school.add(person("guardian", "Người Cha", ""), None);
    let past = school.add(person("pupil", "Người Cũ", ""), None);
    school
        .people
        .change(&school.console, "test", |txn| {
            let mut writer = Writer::new(txn);
            writer.guardian(&Guardian {
                guardian: guardian.clone(),
                child: stranger.clone(),
                relation: "cha".into(),
            })?;
            writer.membership(&Membership {
                group: school.class.clone(),
                person: past.clone(),
                role: "member".into(),
                from: "2020-01-01".into(),
                to: "2020-02-01".into(),
                ..Membership::default()
            })
        })
        .unwrap();
    let everybody = [&teacher, &head, &pupil, &stranger, &guardian, &past];
    let relations = [
        Relation::All,
        Relation::Own,
        Relation::MyChild,
        Relation::GroupLed,
        Relation::ClassTaught,
        Relation::ClassSubjectTaught,
    ];
    for me in everybody {
        for relation in relations {
            let by = holds(me, "people.read", relation);
            let mut found: Vec<String> = school
                .people
                .find_persons(&by, "nguoi", 0, 100)
                .unwrap()
                .hits
                .into_iter()
                .map(|hit| hit.person.id)
                .collect();
            found.sort();
            let mut reached: Vec<String> = everybody
                .into_iter()
                .filter(|other| school.people.reaches_person(&by, "people.read", other).unwrap())
                .cloned()
                .collect();
            reached.sort();
            assert_eq!(found, reached, "{me} {relation:?}");
        }
    }
    assert!(school.names(&holds(&teacher, "people.cards", Relation::All), "nguoi").is_empty(), "another permission");
    assert!(school.names(&Principal::public(Channel::Https, "vi"), "nguoi").is_empty());
}

#[test]
fn two_thousand_persons_are_searched_at_once() {
    let school = school();
    let family = ["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Đặng", "Bùi", "Đỗ"];
    let given = ["An", "Bình", "Hoà", "Đức", "Ngọc", "Thảo", "Vy", "Khánh", "Phúc", "Ân"];
    school
        .people
        .change(&school.console, "test", |txn| {
            for at in 0..2_000_usize {
                let name = format!("{} Thị {} {}", family[at % 8], given[at / 8 % 10], given[at % 10]);
                Writer::new(txn).person(person("pupil", &name, &format!("HS{at:05}")))?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    let begun = std::time::Instant::now();
    let found = school.people.find_persons(&school.console, "nguyen thi", 0, 50).unwrap();
    let took = begun.elapsed();
    assert_eq!((found.total, found.hits.len()), (250, 50));
    // Some 10 ms on a quiet machine; the bound is for one that does much else.
    assert!(took.as_millis() < 1_000, "{took:?}");
}

fn refused(result: Result<String, Error>) -> (&'static str, String) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason.get("en").to_owned()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_class_is_made_and_renamed_and_no_two_have_one_name_in_a_year() {
    let School { people, console, class, .. } = &school();
    let group = |name: &str, year: &str| Group {
        kind: "class".into(),
        name: name.into(),
        year: year.into(),
        ..Group::default()
    };
    let second = people.save_group(console, &group("  6A2 ", "2026-2027")).unwrap();
    let known = people.group(&second).unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.grade), ("6A2", Some(6)));
    for name in ["6a2", " 6A2", "6A2\u{a0}"] {
        let (field, words) = refused(people.save_group(console, &group(name, "2026-2027")));
        assert!(field == "name" && words.contains("2026-2027"), "{name}: {words}");
    }
    people.save_group(console, &group("6A2", "2027-2028")).unwrap();
    let staff = Group { kind: "subject-group".into(), name: "6A2".into(), year: "what".into(), ..Group::default() };
    let staff = people.save_group(console, &staff).unwrap();
    assert_eq!(people.group(&staff).unwrap().unwrap().year, "", "outlasts the year");
    assert_eq!(refused(people.save_group(console, &group("6A3", "2026"))).0, "year");
    assert_eq!(refused(people.save_group(console, &group(" ", "2026-2027"))).0, "name");
    let household = Group { kind: "household".into(), ..group("6A3", "2026-2027") };
    assert_eq!(refused(people.save_group(console, &household)).0, "kind");

    // Renaming: kind and year stay whatever the form says.
    let renamed = |id: &str, name: &str| Group { id: id.into(), name: name.into(), ..Group::default() };
    assert_eq!(refused(people.save_group(console, &renamed(class, "6A2"))).0, "name");
    assert_eq!(people.save_group(console, &renamed(class, "Chuyên Toán")).unwrap(), *class);
    let known = people.group(class).unwrap().unwrap();
    assert_eq!((known.kind.as_str(), known.year.as_str(), known.grade), ("class", "2026-2027", Some(6)));
    people.save_group(console, &renamed(class, "CHUYÊN TOÁN")).unwrap();
    let head = people.journal().head();
    people.save_group(console, &renamed(class, "CHUYÊN TOÁN")).unwrap();
    assert_eq!(people.journal().head(), head, "what changes nothing is not written");
    assert!(matches!(people.save_group(console, &renamed("01ARZ3NDEKTSV4RRFFQ69G5FAV", "x")), Err(Error::Missing(_))));
}

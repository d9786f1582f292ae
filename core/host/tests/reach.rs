//! Personal data goes only where it is granted: every role × relation × person ×
//! route × field, against a table that is written down here and not computed by the
//! code under test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{Station, console, edited, package, public};
use tram_people::Principal;
use tram_people::directory::{Group, Guardian, Membership, Person, Writer};

const FIELDS: [&str; 9] =
    ["name", "code", "birth", "gender", "title", "kinds", "classes", "subject-groups", "groups-led"];
/// Known to everybody who has signed in, of staff.
const OF_STAFF: [&str; 5] = ["name", "title", "kinds", "subject-groups", "groups-led"];
/// What the read log notes.
const SENSITIVE: [&str; 2] = ["birth", "gender"];

/// The people of the little school, by short names.
struct School {
    ids: BTreeMap<&'static str, String>,
    groups: BTreeMap<&'static str, String>,
}

fn school(station: &Station) -> School {
    let (school, _) = station
        .people
        .change(&console(), "test", |txn| {
            let mut writer = Writer::new(txn);
            let mut ids = BTreeMap::new();
            let mut groups = BTreeMap::new();
            for (short, kind) in [("6A", "class"), ("6B", "class"), ("toan", "subject-group")] {
                let group = Group { kind: kind.into(), name: short.into(), ..Group::default() };
                groups.insert(short, writer.group(group)?);
            }
            for (short, kind) in [
                ("an", "pupil"),
                ("binh", "pupil"),
                ("co-6a", "staff"),
                ("thay-6b", "staff"),
                ("to-truong", "staff"),
                ("van-phong", "staff"),
                ("hieu-truong", "staff"),
                ("thu-vien", "staff"),
                ("quan-tri", "staff"),
                ("me-an", "guardian"),
            ] {
                let person = Person {
                    kinds: vec![kind.into()],
                    name: format!("tên {short}"),
                    code: format!("mã {short}"),
                    birth: "2014-03-02".into(),
                    gender: "nữ".into(),
                    title: "chức vụ".into(),
                    ..Person::default()
                };
                ids.insert(short, writer.person(person)?);
            }
            for (group, person, role) in [
                ("6A", "an", "member"),
                ("6B", "binh", "member"),
                ("6A", "co-6a", "homeroom"),
                ("6B", "thay-6b", "homeroom"),
                ("toan", "co-6a", "member"),
                ("toan", "to-truong", "head"),
            ] {
                writer.membership(&Membership {
                    group: groups[group].clone(),
                    person: ids[person].clone(),
                    role: role.into(),
                    ..Membership::default()
                })?;
            }
            writer.guardian(&Guardian {
                guardian: ids["me-an"].clone(),
                child: ids["an"].clone(),
                relation: "mẹ".into(),
            })?;
            Ok(School { ids, groups })
        })
        .unwrap();
    for (person, role) in [
        ("co-6a", "teacher"),
        ("thay-6b", "teacher"),
        ("to-truong", "head-of-group"),
        ("van-phong", "office"),
        ("hieu-truong", "leadership"),
        ("thu-vien", "lender"),
        ("quan-tri", "administrator"),
        ("an", "pupil"),
        ("me-an", "guardian"),
    ] {
        station.people.set_roles(&console(), &school.ids[person], &[role.to_owned()]).unwrap();
    }
    school
}

/// Whom each may see beyond oneself and the staff's public fields: persons, and
/// whether sensitive fields too.
fn reach(who: &str) -> (&'static [&'static str], bool) {
    const EVERYBODY: &[&str] =
        &["an", "binh", "co-6a", "thay-6b", "to-truong", "van-phong", "hieu-truong", "thu-vien", "quan-tri", "me-an"];
    match who {
        // A class that one teaches: its pupils, and who else belongs to it.
        "co-6a" => (&["an", "co-6a"], true),
        "thay-6b" => (&["binh", "thay-6b"], true),
        // The subject group that one leads, through a role of the plugin's: plain only.
        "to-truong" => (&["co-6a", "to-truong"], false),
        "van-phong" | "hieu-truong" | "quan-tri" => (EVERYBODY, true),
        // The plugin's own permission for everybody: no birth date, no sex.
        "thu-vien" => (EVERYBODY, false),
        "me-an" => (&["an"], true),
        _ => (&[], false),
    }
}

fn may(who: &str, whom: &str, kind: &str, field: &str) -> bool {
    let sensitive = SENSITIVE.contains(&field);
    let (persons, all) = reach(who);
    who == whom || (persons.contains(&whom) && (all || !sensitive)) || (kind == "staff" && OF_STAFF.contains(&field))
}

/// The exerciser, asking for every field and with a permission of its own for lists.
fn station() -> Station {
    let all = edited(&package("exerciser"), |toml| {
        toml.replace(
            "fields = [\"name\", \"classes\"]",
            &format!("fields = {}\npermission = \"exerciser.test.lend\"", json!(FIELDS)),
        ) + r#"
[[permission]]
id = "exerciser.test.lend"
name = { vi = "Cho mượn", en = "Lend" }

[[permission]]
id = "exerciser.test.lead"
name = { vi = "Phụ trách tổ", en = "Lead" }

[[role]]
id = "lender"
name = { vi = "Thủ thư", en = "Lender" }
grants = ["exerciser.test.lend"]
"#
    });
    let station = Station::new();
    station.host.install(all, &console()).unwrap();
    station
}

fn ask(station: &Station, who: &Principal, route: &str, id: &str, field: &str) -> Value {
    station.get(&format!("/api/exerciser.test/try/directory-{route}?id={id}&field={field}"), who)
}

#[test]
fn every_role_relation_person_route_and_field() {
    let station = station();
    let school = school(&station);
    let mut checked = 0;
    let mut wrong = Vec::new();
    let kind_of = |short: &str| match short {
        "an" | "binh" => "pupil",
        "me-an" => "guardian",
        _ => "staff",
    };
    for (who, id) in &school.ids {
        let mut principal = station.people.principal_of(id, "vi").unwrap();
        if *who == "to-truong" {
            // A relation that no shipped role has: the group led.
            principal.grants = [tram_people::Grant {
                permission: "exerciser.test.lend".into(),
                relation: tram_people::Relation::GroupLed,
            }]
            .into();
        }
        for field in FIELDS {
            for (whom, target) in &school.ids {
                let allowed = may(who, whom, kind_of(whom), field);
                let seen = ask(&station, &principal, "person", target, field);
                let got = seen["values"][0][0].is_string();
                if got != allowed || (!got && seen["code"] != "forbidden") {
                    wrong.push(format!("{who} → {whom}, {field}: allowed {allowed}, answered {seen}"));
                }
                checked += 1;
            }
            for (class, members) in [("6A", ["an"]), ("6B", ["binh"])] {
                let allowed = members.iter().all(|whom| may(who, whom, "pupil", field));
                let seen = ask(&station, &principal, "members", &school.groups[class], field);
                if seen["values"].is_array() != allowed {
                    wrong.push(format!("{who} → {class}, {field}: allowed {allowed}, answered {seen}"));
                }
                checked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(checked, 10 * 9 * 12);
    let nobody = station.send("GET", "/api/exerciser.test/try/directory?field=name", &[], &public());
    assert_eq!(nobody.unwrap_err().status(), 403);
}

#[test]
fn reading_what_is_sensitive_is_noted_and_only_that() {
    let station = station();
    let school = school(&station);
    let teacher = station.people.principal_of(&school.ids["co-6a"], "vi").unwrap();
    let an = &school.ids["an"];
    ask(&station, &teacher, "person", an, "name");
    ask(&station, &teacher, "members", &school.groups["6A"], "classes");
    ask(&station, &teacher, "members", &school.groups["6B"], "birth");
    let seen = || station.people.seen(&console(), None, None, 10).unwrap();
    assert!(seen().is_empty(), "names are on every list, and a refused reading showed nothing: {:?}", seen());
    ask(&station, &teacher, "members", &school.groups["6A"], "birth");
    let all = seen();
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].actor, &all[0].owner), (&school.ids["co-6a"], &"exerciser.test".to_owned()));
    assert_eq!((&all[0].fields, &all[0].persons), (&vec!["birth".to_owned()], &vec![an.clone()]));
    // One's own is nobody's business.
    let own = station.people.principal_of(an, "vi").unwrap();
    assert!(ask(&station, &own, "person", an, "birth")["values"][0][0].is_string());
    assert_eq!(seen().len(), 1);
}

#[test]
fn who_leads_a_group_is_known_and_finds_what_waits_for_them() {
    let station = station();
    let school = school(&station);
    let (head, group) = (&school.ids["to-truong"], &school.groups["toan"]);
    let principal = station.people.principal_of(head, "vi").unwrap();
    assert!(principal.visibility().contains(&format!("led:{group}")));
    let other = station.people.principal_of(&school.ids["co-6a"], "vi").unwrap();
    assert!(!other.visibility().iter().any(|token| token.starts_with("led:")));
    for field in ["subject-groups", "groups-led"] {
        assert_eq!(ask(&station, &other, "person", head, field)["values"][0][0], json!(group), "{field}");
    }
    assert_eq!(ask(&station, &principal, "person", &school.ids["co-6a"], "groups-led")["values"][0][0], json!(""));
    // The head is one of the group, and stands first.
    let members = ask(&station, &other, "members", group, "name");
    assert_eq!(members["values"][0][0], json!("tên to-truong"), "{members}");
}

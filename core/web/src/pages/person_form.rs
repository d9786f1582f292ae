//! One person by hand: adding, changing, and the memberships beside the class.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_people::Error;
use tram_people::clerk::{Entry, GUARDIANS_OF_A_CHILD, GuardianEntry, PHONE};
use tram_people::directory::{self, Group, Membership, Person};

use super::{ShellForm, me, people, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// What is wrong: the field, and what to write instead.
type Wrong = (&'static str, Text);

/// Fields of one guardian in the form.
const GUARDIAN_FIELDS: [[&str; 4]; GUARDIANS_OF_A_CHILD] = [
    ["g1-id", "g1-name", "g1-relation", "g1-phone"],
    ["g2-id", "g2-name", "g2-relation", "g2-phone"],
    ["g3-id", "g3-name", "g3-relation", "g3-phone"],
];

/// `/people/new` and `/people/person/ID/edit`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let id = segment(&visit.path, 2);
    let known = match before(site, visit, &id) {
        Ok(known) => known,
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(form) = form else {
        let mut entry = known;
        if id.is_empty() {
            entry.person.kinds = vec!["pupil".into()];
            entry.class = visit.asked("class").unwrap_or_default().to_owned();
            entry.from = directory::today();
        }
        return show(site, visit, &entry, None, &[]);
    };
    let entry = read(&known, &form);
    if id.is_empty() && form.get("other") != "1" {
        match site.people.similar(&entry.person) {
            Ok(similar) if !similar.is_empty() => return show(site, visit, &entry, None, &similar),
            Ok(_) => {}
            Err(error) => return people::failed(site, visit, &error),
        }
    }
    match site.people.save_entry(&visit.principal, &entry) {
        Ok(id) => reply::see_other(&format!("/people/person/{id}?said=saved")),
        Err(Error::Invalid { field, reason }) => show(site, visit, &entry, Some((field, reason)), &[]),
        Err(error @ Error::Commit(tram_journal::CommitError::Unique { .. })) => {
            show(site, visit, &entry, Some(("code", error.text())), &[])
        }
        Err(error) => people::failed(site, visit, &error),
    }
}

fn permitted(site: &Site, visit: &mut Visit) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds_all("people.manage") {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

/// What is known of the person before the form; the reading is noted.
fn before(site: &Site, visit: &Visit, id: &str) -> Result<Entry, Error> {
    if id.is_empty() {
        return Ok(Entry::default());
    }
    let person = site.people.person(id)?.ok_or(Error::Missing("person"))?;
    let class = site.people.class_of(id)?.unwrap_or_default();
    let guardians = site.people.guardians_of(id)?;
    site.people.note_own_read(&visit.principal, &["birth", "gender", "guardians", PHONE], &[id])?;
    Ok(Entry { person, class: class.group, from: directory::today(), guardians })
}

fn read(known: &Entry, form: &ShellForm) -> Entry {
    let mut person = Person {
        id: known.person.id.clone(),
        name: form.get("name").to_owned(),
        code: form.get("code").to_owned(),
        birth: form.get("birth").to_owned(),
        gender: form.get("gender").to_owned(),
        title: form.get("title").to_owned(),
        left: form.get("left") == "1",
        ..Person::default()
    };
    let kinds = [("pupil", "kind-pupil"), ("staff", "kind-staff"), ("guardian", "kind-guardian")];
    person.kinds = match known.person.id.is_empty() {
        true => vec![form.get("kind").to_owned()].into_iter().filter(|kind| !kind.is_empty()).collect(),
        false => kinds.iter().filter(|(_, field)| form.get(field) == "1").map(|(kind, _)| (*kind).to_owned()).collect(),
    };
    person.more.insert(PHONE.into(), form.get(PHONE).to_owned());
    let guardians = GUARDIAN_FIELDS
        .iter()
        .enumerate()
        .map(|(at, [_, name, relation, phone])| GuardianEntry {
            // Whose entry it is stands here, not in the form: a form must not rename others.
            id: known.guardians.get(at).map(|known| known.id.clone()).unwrap_or_default(),
            name: form.get(name).to_owned(),
            relation: form.get(relation).to_owned(),
            phone: form.get(phone).to_owned(),
        })
        .collect();
    Entry { person, class: form.get("class").to_owned(), from: form.get("from").to_owned(), guardians }
}

/// Classes to choose from: those of the newest year, and the one that is chosen.
fn classes(site: &Site, chosen: &str) -> Vec<Choice> {
    let groups = site.people.groups("class").unwrap_or_default();
    let newest = groups.iter().map(|group| group.year.clone()).max().unwrap_or_default();
    let none = Choice { value: String::new(), label: messages::text("person.no-class") };
    let shown = groups.into_iter().filter(|group| group.year == newest || group.id == chosen);
    std::iter::once(none).chain(shown.map(|group| Choice { label: group_name(&group), value: group.id })).collect()
}

fn group_name(group: &Group) -> Text {
    match group.year.is_empty() {
        true => group.name.clone().into(),
        false => format!("{} ({})", group.name, group.year).into(),
    }
}

fn choice(value: &str, label: Text) -> Choice {
    Choice { value: value.into(), label }
}

fn field(name: &str, kind: &str, label: Text, value: &str) -> FormField {
    FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        value: value.to_owned(),
        autocomplete: "off".into(),
        ..FormField::default()
    }
}

fn kind_fields(person: &Person) -> Vec<FormField> {
    let kinds = [
        ("pupil", messages::text("person.pupil")),
        ("staff", messages::text("person.staff")),
        ("guardian", messages::text("person.guardian")),
    ];
    if person.id.is_empty() {
        let value = person.kinds.first().map_or("", String::as_str);
        return vec![FormField {
            choices: kinds.into_iter().map(|(kind, label)| choice(kind, label)).collect(),
            required: true,
            ..field("kind", "radio", messages::text("person.kind"), value)
        }];
    }
    kinds
        .into_iter()
        .map(|(kind, label)| {
            let held = person.kinds.iter().any(|known| known == kind);
            field(&format!("kind-{kind}"), "checkbox", label, if held { "1" } else { "" })
        })
        .collect()
}

fn fields(site: &Site, entry: &Entry) -> Vec<FormField> {
    let person = &entry.person;
    let mut fields = kind_fields(person);
    fields.extend([
        FormField { required: true, ..field("name", "text", messages::text("people.name"), &person.name) },
        field("birth", "date", messages::text("people.birth"), &person.birth),
        FormField {
            choices: vec![
                choice("", messages::text("person.gender-unknown")),
                choice("nam", messages::text("person.male")),
                choice("nữ", messages::text("person.female")),
            ],
            ..field("gender", "select", messages::text("import.m-gender"), &person.gender)
        },
        FormField {
            help: messages::text("person.code-help"),
            ..field("code", "text", messages::text("people.code"), &person.code)
        },
        field("title", "text", messages::text("account.title"), &person.title),
        field(PHONE, "text", messages::text("person.phone"), person.more.get(PHONE).map_or("", String::as_str)),
        FormField {
            group: messages::text("people.class"),
            choices: classes(site, &entry.class),
            help: messages::text("person.class-help"),
            ..field("class", "select", messages::text("people.class"), &entry.class)
        },
        field("from", "date", messages::text("person.from"), &entry.from),
    ]);
    for (at, [_, name, relation, phone]) in GUARDIAN_FIELDS.iter().enumerate() {
        let known = entry.guardians.get(at).cloned().unwrap_or_default();
        fields.push(FormField {
            group: messages::text_with("person.guardian-number", &[("number", &(at + 1).to_string())]),
            help: if known.id.is_empty() { Text::default() } else { messages::text("person.guardian-help") },
            ..field(name, "text", messages::text("people.name"), &known.name)
        });
        let words = [
            choice("", messages::text("person.relation-none")),
            choice("cha", messages::text("person.father")),
            choice("mẹ", messages::text("person.mother")),
            choice("người giám hộ", messages::text("import.m-guardian")),
        ];
        fields.push(FormField {
            choices: words.to_vec(),
            ..field(relation, "select", messages::text("person.relation"), &known.relation)
        });
        fields.push(field(phone, "text", messages::text("person.phone"), &known.phone));
    }
    if !person.id.is_empty() {
        fields.push(FormField {
            group: messages::text("person.leaving"),
            help: messages::text("person.left-help"),
            ..field("left", "checkbox", messages::text("person.left"), if person.left { "1" } else { "" })
        });
    }
    fields
}

fn show(site: &Site, visit: &mut Visit, entry: &Entry, wrong: Option<Wrong>, similar: &[Person]) -> Response<Body> {
    let mut fields = fields(site, entry);
    if let Some((at, text)) = &wrong {
        let at = if fields.iter().any(|field| field.name == *at) { *at } else { "kind-pupil" };
        for field in fields.iter_mut().filter(|field| field.name == at) {
            field.error = Some(text.clone());
        }
    }
    let mut widgets = Vec::new();
    if !similar.is_empty() {
        let links = similar.iter().map(|person| known_link(site, person)).collect();
        widgets.push(Widget::Notice { tone: Tone::Warning, text: messages::text("person.similar"), links });
        fields.push(FormField { required: true, ..field("other", "checkbox", messages::text("person.other"), "") });
    }
    let new = entry.person.id.is_empty();
    let (action, title) = match new {
        true => ("/people/new".to_owned(), messages::text("person.new")),
        false => (
            format!("/people/person/{}/edit", entry.person.id),
            messages::text_with("person.edit-title", &[("name", &entry.person.name)]),
        ),
    };
    let refused = wrong.is_some() || !similar.is_empty();
    widgets.push(Widget::Form(Form {
        action,
        fields,
        submit: messages::text("person.save"),
        tone: Tone::Primary,
        error: wrong.map(|(_, text)| text),
        ..Form::default()
    }));
    let mut page = Page::new(title, widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    if !new {
        page.breadcrumbs.push(Link::new(entry.person.name.clone(), format!("/people/person/{}", entry.person.id)));
    }
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    reply::shell(site, visit, status, &page)
}

/// Somebody who is there already: name, class, date of birth.
fn known_link(site: &Site, person: &Person) -> Link {
    let class = site.people.class_of(&person.id).ok().flatten();
    let class = class.and_then(|membership| site.people.group(&membership.group).ok().flatten());
    let mut words = vec![person.name.clone()];
    words.extend(class.map(|group| group.name));
    words.extend(Some(people::written(&person.birth)).filter(|birth| !birth.is_empty()));
    Link::new(words.join(", "), format!("/people/person/{}", person.id))
}

/// The form of a further membership on a person's page.
pub(super) fn membership_form(site: &Site, person: &str) -> Widget {
    let mut groups = Vec::new();
    let all = ["subject-group", "class", "campus"].map(|kind| site.people.groups(kind).unwrap_or_default());
    let newest = all.iter().flatten().map(|group| group.year.clone()).max().unwrap_or_default();
    for group in all.into_iter().flatten().filter(|group| group.year.is_empty() || group.year == newest) {
        groups.push(Choice { label: group_name(&group), value: group.id });
    }
    let roles = ["homeroom", "teacher", "head", "member"].map(|role| choice(role, role_name(role)));
    let fields = vec![
        FormField { choices: groups, required: true, ..field("group", "select", messages::text("person.group"), "") },
        FormField {
            choices: roles.to_vec(),
            required: true,
            ..field("role", "select", messages::text("person.as"), "homeroom")
        },
        FormField {
            help: messages::text("person.subject-help"),
            ..field("subject", "text", messages::text("person.subject"), "")
        },
        FormField { required: true, ..field("from", "date", messages::text("person.from"), &directory::today()) },
        field("to", "date", messages::text("person.to"), ""),
    ];
    Widget::Disclosure {
        summary: messages::text("person.add-membership"),
        open: false,
        widgets: vec![Widget::Form(Form {
            action: format!("/people/person/{person}/membership"),
            fields,
            submit: messages::text("person.add"),
            ..Form::default()
        })],
    }
}

/// Words of a membership's role.
pub(super) fn role_name(role: &str) -> Text {
    match role {
        "homeroom" => messages::text("person.homeroom"),
        "teacher" => messages::text("person.teaches"),
        "head" => messages::text("person.head"),
        _ => messages::text("person.member"),
    }
}

/// `/people/person/ID/membership` and `/people/person/ID/end`.
pub(super) fn membership(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let (id, ends) = (segment(&visit.path, 2), segment(&visit.path, 3) == "end");
    let back = format!("/people/person/{id}");
    let Some(form) = form else { return reply::see_other(&back) };
    let membership = Membership {
        group: form.get("group").to_owned(),
        person: id,
        role: form.get("role").to_owned(),
        subject: form.get("subject").to_owned(),
        from: form.get("from").to_owned(),
        to: form.get("to").to_owned(),
    };
    let done = match ends {
        true => {
            let open = Membership { to: String::new(), ..membership.clone() };
            site.people.end_membership(&visit.principal, &open, &directory::today())
        }
        false => site.people.add_membership(&visit.principal, &membership),
    };
    match done {
        Ok(()) => reply::see_other(&format!("{back}?said=saved")),
        Err(error) => people::failed(site, visit, &error),
    }
}

//! Roles and grants as data: who holds which role, what it allows and for whom.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Badge, Card, Cards, Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_people::roles::{ADMINISTRATOR, Role};
use tram_people::{Error, People, Relation};

use super::{ShellForm, me, people, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Roles that follow from what a person is; nobody is appointed to them.
const FOLLOWING: [&str; 3] = ["teacher", "pupil", "guardian"];

const RELATIONS: [Relation; 6] = [
    Relation::All,
    Relation::GroupLed,
    Relation::ClassTaught,
    Relation::ClassSubjectTaught,
    Relation::Own,
    Relation::MyChild,
];

/// For whom a grant holds, in words.
pub(super) fn relation_name(relation: Relation) -> Text {
    match relation {
        Relation::All => messages::text("relation.all"),
        Relation::GroupLed => messages::text("relation.group-led"),
        Relation::ClassTaught => messages::text("relation.class-taught"),
        Relation::ClassSubjectTaught => messages::text("relation.class-subject-taught"),
        Relation::Own => messages::text("relation.self"),
        Relation::MyChild => messages::text("relation.my-child"),
    }
}

/// Every permission that can be given, with its words: those of the station and those
/// of its plugins.
pub(super) fn permissions(site: &Site) -> Vec<(String, Text)> {
    let core = People::core_permissions().into_iter().map(|(id, words)| (id.to_owned(), words));
    let plugins = site.plugins.plugins().into_iter().flat_map(|status| {
        let plugin = status.manifest.name.clone();
        status
            .manifest
            .permission
            .clone()
            .into_iter()
            .map(move |permission| (permission.id, of_plugin(&plugin, &permission.name)))
    });
    core.chain(plugins).collect()
}

fn of_plugin(plugin: &Text, words: &Text) -> Text {
    let join = |language: &str| format!("{}: {}", plugin.get(language), words.get(language));
    Text::vi_en(join("vi"), join("en"))
}

/// A grant in words: what, and for whom.
pub(super) fn grant_words(known: &[(String, Text)], permission: &str, relation: Relation) -> Text {
    let words = known
        .iter()
        .find(|(id, _)| id == permission)
        .map_or_else(|| Text::from(permission), |(_, words)| words.clone());
    let whom = relation_name(relation);
    let join = |language: &str| format!("{} ({})", words.get(language), whom.get(language));
    Text::vi_en(join("vi"), join("en"))
}

fn permitted(site: &Site, visit: &mut Visit) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds_all("roles.manage") {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

fn crumbs() -> Vec<Link> {
    vec![Link::new(messages::text("menu.people"), "/people"), Link::new(messages::text("roles.title"), "/people/roles")]
}

/// `/people/roles`: every role; a POST makes one.
pub(super) fn list(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let mut wrong = None;
    if let Some(form) = &form {
        match site.people.make_role(&visit.principal, form.get("name"), form.get("english")) {
            Ok(id) => return reply::see_other(&format!("/people/roles/{id}")),
            Err(Error::Invalid { reason, .. }) => wrong = Some(reason),
            Err(error) => return people::failed(site, visit, &error),
        }
    }
    let cards = site.people.roles().and_then(|roles| roles.iter().map(|role| card(site, role)).collect());
    let cards: Vec<Card> = match cards {
        Ok(cards) => cards,
        Err(error) => return people::failed(site, visit, &error),
    };
    let typed = |name: &str| form.as_ref().map(|form| form.get(name).to_owned()).unwrap_or_default();
    let field = |name: &str, label: Text| FormField {
        name: name.into(),
        kind: "text".into(),
        label,
        value: typed(name),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let make = Form {
        action: "/people/roles".into(),
        fields: vec![
            FormField { required: true, error: wrong.clone(), ..field("name", messages::text("roles.name")) },
            field("english", messages::text("roles.english")),
        ],
        submit: messages::text("roles.make"),
        error: wrong,
        ..Form::default()
    };
    let widgets = vec![
        Widget::Paragraph { text: messages::text("roles.about"), quiet: false },
        Widget::Cards(Cards { label: messages::text("roles.title"), cards, first: 0 }),
        Widget::Heading { level: 2, text: messages::text("roles.new") },
        Widget::Form(make),
    ];
    let mut page = Page::new(messages::text("roles.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, status, &page)
}

fn card(site: &Site, role: &Role) -> Result<Card, Error> {
    let holders = match FOLLOWING.contains(&role.id.as_str()) {
        true => following(&role.id),
        false => {
            let count = site.people.holders(&role.id)?.len();
            messages::text_with("roles.holders-count", &[("count", &count.to_string())])
        }
    };
    let grants = messages::text_with("roles.grants-count", &[("count", &role.grants.len().to_string())]);
    let badge = Badge { text: messages::text("roles.protected"), tone: Tone::Warning };
    Ok(Card {
        title: role.name.clone(),
        href: format!("/people/roles/{}", role.id),
        facts: vec![holders, grants],
        badges: if role.protected { vec![badge] } else { Vec::new() },
        ..Card::default()
    })
}

/// Who holds a role that nobody is appointed to.
fn following(role: &str) -> Text {
    match role {
        "teacher" => messages::text("roles.of-teachers"),
        "pupil" => messages::text("roles.of-pupils"),
        _ => messages::text("roles.of-guardians"),
    }
}

/// `/people/roles/ID`, and below it `give`, `take` (grants), `hold`, `drop` (holders).
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let (id, what) = (segment(&visit.path, 2), segment(&visit.path, 3));
    let role = match site.people.roles() {
        Ok(roles) => roles.into_iter().find(|role| role.id == id),
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(role) = role else { return people::failed(site, visit, &Error::Missing("role")) };
    let back = format!("/people/roles/{id}");
    let Some(form) = form else {
        return if what.is_empty() { show(site, visit, &role, None) } else { reply::see_other(&back) };
    };
    match change(site, visit, &role, &what, &form) {
        Ok(()) => reply::see_other(&format!("{back}?said=saved")),
        Err(Error::Invalid { reason, .. }) => show(site, visit, &role, Some(reason)),
        Err(error) => people::failed(site, visit, &error),
    }
}

fn change(site: &Site, visit: &Visit, role: &Role, what: &str, form: &ShellForm) -> Result<(), Error> {
    let by = &visit.principal;
    match what {
        "give" | "take" => {
            let relation = Relation::of(form.get("relation")).ok_or(Error::Missing("relation"))?;
            let permission = form.get("permission");
            if what == "take" {
                return site.people.take_grant(by, &role.id, permission, relation);
            }
            if !permissions(site).iter().any(|(id, _)| id == permission) {
                return Err(Error::Missing("permission"));
            }
            site.people.give_grant(by, &role.id, permission, relation)
        }
        "hold" | "drop" if !FOLLOWING.contains(&role.id.as_str()) => {
            let person = form.get("person");
            site.people.person(person)?.ok_or(Error::Missing("person"))?;
            if what == "drop" && role.id == ADMINISTRATOR && by.person.as_deref() == Some(person) {
                return Err(Error::Invalid { field: "person", reason: messages::text("account.own") });
            }
            let mut roles = site.people.account(person)?.unwrap_or_default().roles;
            roles.retain(|held| *held != role.id);
            if what == "hold" {
                roles.push(role.id.clone());
            }
            site.people.set_roles(by, person, &roles)
        }
        _ => Err(Error::Missing("role")),
    }
}

fn show(site: &Site, visit: &mut Visit, role: &Role, wrong: Option<Text>) -> Response<Body> {
    let mut widgets = Vec::new();
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    if let Some(text) = wrong {
        widgets.push(Widget::Notice { tone: Tone::Bad, text, links: Vec::new() });
    } else if visit.asked("said") == Some("saved") {
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("roles.saved"), links: Vec::new() });
    }
    match holders(site, role) {
        Ok(found) => widgets.extend(found),
        Err(error) => return people::failed(site, visit, &error),
    }
    widgets.extend(grants(site, role));
    let mut page = Page::new(role.name.clone(), widgets);
    page.breadcrumbs = crumbs();
    reply::shell(site, visit, status, &page)
}

fn holders(site: &Site, role: &Role) -> Result<Vec<Widget>, Error> {
    let mut widgets = vec![Widget::Heading { level: 2, text: messages::text("roles.holders") }];
    if FOLLOWING.contains(&role.id.as_str()) {
        widgets.push(Widget::Paragraph { text: following(&role.id), quiet: false });
        return Ok(widgets);
    }
    let held = site.people.holders(&role.id)?;
    let mut cards = Vec::new();
    let mut drops = Vec::new();
    for id in &held {
        let Some(person) = site.people.person(id)? else { continue };
        cards.push(Card {
            title: person.name.clone().into(),
            href: format!("/people/person/{id}"),
            subtitle: person.title.clone().into(),
            ..Card::default()
        });
        let with = [("name", person.name.as_str())];
        drops.push(Action {
            label: messages::text_with("roles.drop", &with),
            href: format!("/people/roles/{}/drop", role.id),
            post: true,
            confirm: Some(messages::text_with("roles.drop-question", &with)),
            values: vec![("person".into(), id.clone())],
            ..Action::default()
        });
    }
    widgets.push(match cards.is_empty() {
        true => Widget::Empty { text: messages::text("roles.nobody"), links: Vec::new() },
        false => Widget::Cards(Cards { label: messages::text("roles.holders"), cards, first: 0 }),
    });
    if !drops.is_empty() {
        widgets.push(Widget::Actions { actions: drops });
    }
    let staff = site.people.persons("staff")?;
    let free = staff.into_iter().filter(|person| !person.left && !held.contains(&person.id));
    let choices: Vec<Choice> = free
        .map(|person| {
            let label = match person.title.is_empty() {
                true => person.name,
                false => format!("{}, {}", person.name, person.title),
            };
            Choice { value: person.id, label: label.into() }
        })
        .collect();
    if !choices.is_empty() {
        widgets.push(Widget::Form(Form {
            action: format!("/people/roles/{}/hold", role.id),
            fields: vec![FormField {
                name: "person".into(),
                kind: "select".into(),
                label: messages::text("roles.person"),
                choices,
                required: true,
                ..FormField::default()
            }],
            submit: messages::text("roles.hold"),
            inline: true,
            ..Form::default()
        }));
    }
    Ok(widgets)
}

fn grants(site: &Site, role: &Role) -> Vec<Widget> {
    let known = permissions(site);
    let mut actions = Vec::new();
    let mut steps = Vec::new();
    for (permission, word) in &role.grants {
        let Some(relation) = Relation::of(word) else { continue };
        let words = grant_words(&known, permission, relation);
        steps.push(words.clone());
        let label = Text::vi_en(
            messages::text_with("roles.take", &[("grant", words.get("vi"))]).get("vi"),
            messages::text_with("roles.take", &[("grant", words.get("en"))]).get("en"),
        );
        actions.push(Action {
            label,
            href: format!("/people/roles/{}/take", role.id),
            post: true,
            confirm: Some(messages::text("roles.take-question")),
            values: vec![("permission".into(), permission.clone()), ("relation".into(), word.clone())],
            ..Action::default()
        });
    }
    let mut widgets = vec![Widget::Heading { level: 2, text: messages::text("roles.grants") }];
    widgets.push(match steps.is_empty() {
        true => Widget::Empty { text: messages::text("roles.no-grants"), links: Vec::new() },
        false => Widget::Steps { steps },
    });
    if !actions.is_empty() {
        let taking = vec![Widget::Actions { actions }];
        widgets.push(Widget::Disclosure { summary: messages::text("roles.taking"), open: false, widgets: taking });
    }
    let select = |name: &str, label: Text, choices: Vec<Choice>| FormField {
        name: name.into(),
        kind: "select".into(),
        label,
        choices,
        required: true,
        ..FormField::default()
    };
    let all = known.into_iter().map(|(id, words)| Choice { value: id, label: words }).collect();
    let whom = RELATIONS.map(|relation| Choice { value: relation.word().into(), label: relation_name(relation) });
    widgets.push(Widget::Form(Form {
        action: format!("/people/roles/{}/give", role.id),
        fields: vec![
            select("permission", messages::text("roles.permission"), all),
            select("relation", messages::text("roles.relation"), whom.to_vec()),
        ],
        submit: messages::text("roles.give"),
        ..Form::default()
    }));
    widgets
}

//! Classes and groups: lists, cards, PINs, letting a class in.

use hyper::{Response, StatusCode};
use maud::html;
use tram_contract::Text;
use tram_contract::page::{
    Action, Card, Cards, Cell, Choice, Column, Form, FormField, Link, Page, Table, Tone, Widget,
};
use tram_people::Error;
use tram_people::directory::{Group, Person};
use tram_people::station::TlsMode;

use super::{ShellForm, group_form, me, people_search, segment, tls};
use crate::messages::{self, say};
use crate::render::tickets::{self, Ticket};
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Kinds of groups that the page lists, in order.
const KINDS: [&str; 3] = ["class", "subject-group", "campus"];

/// `/people`: the search for a person, and the groups that this reader may see.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    if !visit.principal.holds("people.read") {
        return reply::problem(site, visit, StatusCode::FORBIDDEN, messages::text("error.forbidden-text"));
    }
    if let Some(typed) = people_search::asked(visit) {
        return people_search::page(site, visit, &typed);
    }
    let mut widgets = Vec::new();
    for kind in KINDS {
        let groups = match seen(site, visit, kind) {
            Ok(groups) => groups,
            Err(error) => return failed(site, visit, &error),
        };
        if groups.is_empty() {
            continue;
        }
        let label = kind_name(kind);
        widgets.push(Widget::Heading { level: 2, text: label.clone() });
        let cards = groups.into_iter().map(group_card).collect();
        widgets.push(Widget::Cards(Cards { label, cards, first: 0 }));
    }
    let manages = visit.principal.holds("people.manage");
    let import = Link::new(messages::text("import.title"), "/people/import");
    if widgets.is_empty() {
        let new = Link::new(messages::text("person.new"), "/people/new");
        let group = Link::new(messages::text("group.new"), group_form::NEW);
        let links = if manages { vec![import.clone(), group, new] } else { Vec::new() };
        widgets.push(Widget::Empty { text: messages::text("people.none"), links });
    } else if manages {
        let promote =
            Action { label: messages::text("promote.title"), href: "/people/promote".into(), ..Action::default() };
        let import = Action { label: import.text, href: import.href, ..Action::default() };
        let new = Action { label: messages::text("person.new"), href: "/people/new".into(), ..Action::default() };
        let group = Action { label: messages::text("group.new"), href: group_form::NEW.into(), ..Action::default() };
        widgets.insert(0, Widget::Actions { actions: vec![new, group, import, promote] });
    }
    let link = |label: Text, href: &str| Action { label, href: href.into(), ..Action::default() };
    let mut actions = Vec::new();
    if visit.principal.holds_all("roles.manage") {
        actions.push(link(messages::text("account.staff"), "/people/staff"));
        actions.push(link(messages::text("roles.title"), "/people/roles"));
    }
    if visit.principal.holds_all("reads.see") {
        actions.push(link(messages::text("reads.title"), "/people/reads"));
    }
    if !actions.is_empty() {
        widgets.insert(0, Widget::Actions { actions });
    }
    widgets.insert(0, people_search::search_box(""));
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("menu.people"), widgets))
}

fn seen(site: &Site, visit: &Visit, kind: &str) -> Result<Vec<Group>, Error> {
    let mut groups = Vec::new();
    for group in site.people.groups(kind)? {
        if site.people.reaches_group(&visit.principal, "people.read", &group.id)? {
            groups.push(group);
        }
    }
    Ok(groups)
}

fn group_card(group: Group) -> Card {
    Card {
        href: format!("/people/group/{}", group.id),
        title: group.name.into(),
        subtitle: group.year.into(),
        ..Card::default()
    }
}

/// Words of a kind of groups, as a heading.
fn kind_name(kind: &str) -> Text {
    match kind {
        "class" => messages::text("people.classes"),
        "subject-group" => messages::text("people.subject-groups"),
        _ => messages::text("people.campuses"),
    }
}

/// `/people/group/ID`: pupils by given name, and what a teacher does for them.
pub(super) fn group(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let (group, members) = match open(site, visit, "people.read") {
        Ok(found) => found,
        Err(reply) => return *reply,
    };
    let manages = matches!(site.people.reaches_group(&visit.principal, "people.cards", &group.id), Ok(true))
        && group.kind == "class";
    let ids: Vec<&str> = members.iter().filter(|person| !person.birth.is_empty()).map(|p| p.id.as_str()).collect();
    if let Err(error) = site.people.note_own_read(&visit.principal, &["birth"], &ids) {
        return failed(site, visit, &error);
    }
    let column = |label: Text| Column { label, numeric: false };
    let cell = |text: &str| Cell { text: text.into(), ..Cell::default() };
    let rows = members
        .iter()
        .enumerate()
        .map(|(at, person)| {
            vec![
                cell(&(at + 1).to_string()),
                Cell { href: Some(format!("/people/person/{}", person.id)), ..cell(&person.name) },
                cell(&person.code),
                cell(&written(&person.birth)),
            ]
        })
        .collect();
    let caption =
        messages::text_with("people.members", &[("group", &group.name), ("count", &members.len().to_string())]);
    let columns = vec![
        Column { label: messages::text("people.number"), numeric: true },
        column(messages::text("people.name")),
        column(messages::text("people.code")),
        column(messages::text("people.birth")),
    ];
    let mut widgets = Vec::new();
    if visit.asked("said") == Some("saved") {
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("group.saved"), links: Vec::new() });
    }
    if manages {
        widgets.extend(class_actions(&group));
    }
    widgets.push(if members.is_empty() {
        Widget::Empty { text: messages::text("people.no-members"), links: Vec::new() }
    } else {
        Widget::Table(Table { caption, columns, rows })
    });
    let mut actions = vec![Action { label: messages::text("people.print"), print: true, ..Action::default() }];
    if visit.principal.holds_all("people.manage") {
        if group.kind == "class" {
            let href = format!("/people/new?class={}", group.id);
            actions.push(Action { label: messages::text("person.new"), href, ..Action::default() });
        }
        let href = format!("/people/group/{}/edit", group.id);
        actions.push(Action { label: messages::text("group.rename"), href, ..Action::default() });
    }
    widgets.push(Widget::Actions { actions });
    let mut page = Page::new(Text::from(group.name), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

fn class_actions(group: &Group) -> Vec<Widget> {
    let minutes = FormField {
        name: "minutes".into(),
        kind: "select".into(),
        label: messages::text("people.let-in-minutes"),
        value: "45".into(),
        choices: ["15", "45", "90"].map(|value| Choice { value: value.into(), label: value.into() }).to_vec(),
        ..FormField::default()
    };
    let base = format!("/people/group/{}", group.id);
    let action = |label: Text, end: &str, question: Text| Action {
        label,
        href: format!("{base}/{end}"),
        post: true,
        confirm: Some(question),
        ..Action::default()
    };
    vec![
        Widget::Form(Form {
            action: format!("{base}/let-in"),
            fields: vec![minutes],
            submit: messages::text("people.let-in"),
            tone: Tone::Primary,
            inline: true,
            ..Form::default()
        }),
        Widget::Actions {
            actions: vec![
                action(messages::text("people.cards"), "cards", messages::text("people.cards-question")),
                action(messages::text("people.pins"), "pins", messages::text("people.pins-question")),
            ],
        },
    ]
}

/// `/people/group/ID/let-in`: the code that goes on the board.
pub(super) fn let_in(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let (group, _) = match open(site, visit, "people.cards") {
        Ok(found) => found,
        Err(reply) => return *reply,
    };
    let Some(form) = form else { return reply::see_other(&format!("/people/group/{}", group.id)) };
    let minutes = form.get("minutes").parse().unwrap_or(45);
    match site.people.let_class_in(&visit.principal, &group.id, minutes) {
        Ok(lesson) => {
            let text = messages::text_with(
                "people.let-in-done",
                &[("group", &group.name), ("address", &format!("{}/lesson", address(site, visit)))],
            );
            let page = Page::new(
                Text::from(lesson.code),
                vec![Widget::Notice {
                    tone: Tone::Good,
                    text,
                    links: vec![Link::new(group.name, format!("/people/group/{}", group.id))],
                }],
            );
            reply::shell(site, visit, StatusCode::OK, &page)
        }
        Err(error) => failed(site, visit, &error),
    }
}

/// `/people/group/ID/cards`: new cards of the class, on sheets to print and cut.
pub(super) fn cards(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let (group, members) = match open(site, visit, "people.cards") {
        Ok(found) => found,
        Err(reply) => return *reply,
    };
    if form.is_none() {
        return reply::see_other(&format!("/people/group/{}", group.id));
    }
    let ids: Vec<String> = members.iter().map(|person| person.id.clone()).collect();
    let made = site.people.reissue_cards(&visit.principal, &ids);
    let address = address(site, visit);
    print(
        site,
        visit,
        &group,
        &members,
        made,
        |token| (Some(format!("{address}/card#{token}")), None),
        messages::text("people.cards-printed"),
    )
}

/// `/people/group/ID/pins`: new PINs of the class, once, on paper.
pub(super) fn pins(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let (group, members) = match open(site, visit, "people.cards") {
        Ok(found) => found,
        Err(reply) => return *reply,
    };
    if form.is_none() {
        return reply::see_other(&format!("/people/group/{}", group.id));
    }
    let ids: Vec<String> = members.iter().map(|person| person.id.clone()).collect();
    let made = site.people.reissue_pins(&visit.principal, &ids);
    print(site, visit, &group, &members, made, |pin| (None, Some(pin)), messages::text("people.pins-printed"))
}

fn print(
    site: &Site,
    visit: &mut Visit,
    group: &Group,
    members: &[Person],
    made: Result<Vec<String>, Error>,
    show: impl Fn(String) -> (Option<String>, Option<String>),
    text: Text,
) -> Response<Body> {
    let secrets = match made {
        Ok(secrets) => secrets,
        Err(error) => return failed(site, visit, &error),
    };
    let tickets: Vec<Ticket> = members
        .iter()
        .zip(secrets)
        .map(|(person, secret)| {
            let (code, pin) = show(secret);
            let line = match pin {
                // A PIN is good for nothing without the name it goes with.
                Some(_) => {
                    let account = site.people.account(&person.id).ok().flatten().unwrap_or_default();
                    format!("{} · {}: {}", group.name, say(visit.language, "sign-in.name"), account.username)
                }
                None => format!("{} {}", group.name, person.code),
            };
            Ticket { name: person.name.clone(), line, code, pin }
        })
        .collect();
    let widgets = vec![
        Widget::Notice {
            tone: Tone::Warning,
            text,
            links: vec![Link::new(group.name.clone(), format!("/people/group/{}", group.id))],
        },
        Widget::Actions {
            actions: vec![Action {
                label: messages::text("people.print"),
                print: true,
                tone: Tone::Primary,
                ..Action::default()
            }],
        },
    ];
    let extra = html! { (tickets::sheet(&tickets)) };
    let page = Page::new(Text::from(format!("{} {}", say(visit.language, "people.class"), group.name)), widgets);
    reply::shell_with(site, visit, &page, extra, "")
}

/// The address that stands on cards: the station's own name, because its number
/// changes after a power cut and a name does not.
fn address(site: &Site, visit: &Visit) -> String {
    let secure = site.facts().tls != TlsMode::StaffStrict || site.http_port.is_none();
    if secure {
        return tls::secure_address(site).trim_end_matches('/').to_owned();
    }
    if site.demo && visit.channel == tram_people::Channel::Loopback {
        return visit.origin();
    }
    let port = site.http_port.filter(|port| *port != 80).map(|port| format!(":{port}")).unwrap_or_default();
    format!("http://{}{port}", site.own_name())
}

/// The group of the path and its members, when the reader's permission reaches it.
fn open(site: &Site, visit: &mut Visit, permission: &str) -> Result<(Group, Vec<Person>), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    let id = segment(&visit.path, 2);
    let found = site.people.group(&id).and_then(|group| {
        let group = group.ok_or(Error::Missing("group"))?;
        if !site.people.reaches_group(&visit.principal, permission, &id)? {
            return Err(Error::Forbidden);
        }
        let role = if group.kind == "class" { &["member"][..] } else { &["head", "member", "teacher"][..] };
        let mut members = Vec::new();
        for role in role {
            for person in site.people.members(&id, role)? {
                if !members.iter().any(|known: &Person| known.id == person.id) {
                    members.push(person);
                }
            }
        }
        Ok((group, members))
    });
    found.map_err(|error| Box::new(failed(site, visit, &error)))
}

/// A failure of the directory, as a page.
pub(super) fn failed(site: &Site, visit: &mut Visit, error: &Error) -> Response<Body> {
    let status = match error {
        Error::Missing(_) => StatusCode::NOT_FOUND,
        Error::Forbidden => StatusCode::FORBIDDEN,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        other => {
            log::error!("people: {other}");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    reply::problem(site, visit, status, error.text())
}

/// `2012-03-04` as people write it.
pub(super) fn written(date: &str) -> String {
    match date.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => format!("{day}/{month}/{year}"),
        _ => date.to_owned(),
    }
}

//! A person's page: who it is, in which groups, and for the staff the account with its
//! sign-in name, password and roles.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{
    Action, Cell, Column, DetailRow, DetailValue, Form, FormField, Link, Page, Table, Tone, Widget,
};
use tram_people::Error;
use tram_people::accounts::Account;
use tram_people::clerk::{GuardianEntry, PHONE};
use tram_people::directory::Person;
use tram_people::roles::Role;

use super::{ShellForm, me, people, person_form, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Roles that follow from what a person is; nobody gives them.
const FOLLOWING: [&str; 3] = ["teacher", "pupil", "guardian"];

/// The role whose holder can do everything, so that nobody gives it up for himself.
const ADMINISTRATOR: &str = "administrator";

/// What is wrong: the field, and what to write instead.
type Wrong = (String, Text);

/// `/people/staff`: everybody who works at the school, with account and roles.
pub(super) fn staff(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let found = site.people.persons("staff").and_then(|persons| {
        let roles = site.people.roles()?;
        let rows = persons
            .iter()
            .filter(|person| !person.left)
            .map(|person| Ok(row(person, &site.people.account(&person.id)?.unwrap_or_default(), &roles)));
        rows.collect::<Result<Vec<_>, Error>>()
    });
    let rows = match found {
        Ok(rows) => rows,
        Err(error) => return people::failed(site, visit, &error),
    };
    let widget = if rows.is_empty() {
        let links = vec![Link::new(messages::text("import.title"), "/people/import")];
        Widget::Empty { text: messages::text("people.no-members"), links }
    } else {
        let columns = ["people.name", "account.title", "sign-in.name", "account.roles"]
            .map(|label| Column { label: messages::text(label), numeric: false })
            .to_vec();
        Widget::Table(Table { caption: messages::text("account.staff"), columns, rows })
    };
    let about = Widget::Paragraph { text: messages::text("account.about"), quiet: false };
    let mut page = Page::new(messages::text("account.staff"), vec![about, widget]);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

fn row(person: &Person, account: &Account, roles: &[Role]) -> Vec<Cell> {
    let held = roles.iter().filter(|role| account.roles.contains(&role.id));
    let in_language = |language: &str| held.clone().map(|role| role.name.get(language)).collect::<Vec<_>>().join(", ");
    let cell = |text: Text| Cell { text, ..Cell::default() };
    vec![
        Cell { href: Some(format!("/people/person/{}", person.id)), ..cell(person.name.clone().into()) },
        cell(person.title.clone().into()),
        cell(account.username.clone().into()),
        cell(Text::vi_en(in_language("vi"), in_language("en"))),
    ]
}

/// `/people/person/ID`: what is known of a person whom the reader's permission reaches;
/// for the staff, sign-in name, a first password, roles.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    let id = segment(&visit.path, 2);
    let found = site.people.person(&id).and_then(|person| {
        let person = person.ok_or(Error::Missing("person"))?;
        let is_staff = person.kinds.iter().any(|kind| kind == "staff");
        let accounts = is_staff && visit.principal.holds_all("roles.manage");
        if !accounts && !site.people.reaches_person(&visit.principal, "people.read", &id)? {
            return Err(Error::Forbidden);
        }
        let account = site.people.account(&id)?.unwrap_or_default();
        let mut roles = if accounts { site.people.roles()? } else { Vec::new() };
        roles.retain(|role| !FOLLOWING.contains(&role.id.as_str()));
        Ok((person, account, roles))
    });
    let (person, account, roles) = match found {
        Ok(found) => found,
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(form) = form else { return show(site, visit, &person, &account, &roles, None) };
    if roles.is_empty() {
        return people::failed(site, visit, &Error::Forbidden);
    }
    match write(site, visit, &person, &account, &roles, &form) {
        Ok(()) => reply::see_other(&format!("/people/person/{id}?said=saved")),
        Err(wrong) => {
            let sent = Account { username: form.get("username").to_owned(), roles: chosen(&roles, &form), ..account };
            show(site, visit, &person, &sent, &roles, Some(wrong))
        }
    }
}

/// What is known of the person, as rows. Noted in the read log before it is shown.
fn facts(site: &Site, visit: &Visit, person: &Person) -> Result<Vec<DetailRow>, Error> {
    let guardians = site.people.guardians_of(&person.id)?;
    let more: Vec<&str> = person.more.keys().map(String::as_str).collect();
    let mut read = vec!["birth", "gender"];
    if !guardians.is_empty() {
        read.push("guardians");
    }
    read.extend(&more);
    site.people.note_own_read(&visit.principal, &read, &[&person.id])?;
    let mut rows = Vec::new();
    let mut row = |label: Text, values: Vec<DetailValue>| {
        if !values.is_empty() {
            rows.push(DetailRow { label, values });
        }
    };
    let plain = |value: &str| match value.is_empty() {
        true => Vec::new(),
        false => vec![DetailValue { text: value.into(), href: None }],
    };
    row(messages::text("people.code"), plain(&person.code));
    row(messages::text("account.title"), plain(&person.title));
    row(messages::text("people.birth"), plain(&people::written(&person.birth)));
    row(messages::text("import.m-gender"), plain(&person.gender));
    for (name, value) in &person.more {
        let label = if name == PHONE { messages::text("person.phone") } else { Text::from(name.as_str()) };
        row(label, plain(value));
    }
    let guardian = |known: &GuardianEntry| {
        let words = [known.name.as_str(), known.relation.as_str(), known.phone.as_str()];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        DetailValue { text: words.join(", ").into(), href: Some(format!("/people/person/{}", known.id)) }
    };
    row(messages::text("person.guardians"), guardians.iter().map(guardian).collect());
    if person.left {
        row(messages::text("person.left"), vec![DetailValue { text: messages::text("person.left-yes"), href: None }]);
    }
    Ok(rows)
}

/// Memberships, the present ones first; who manages people ends them here.
fn memberships(site: &Site, person: &Person, manages: bool) -> Result<Vec<Widget>, Error> {
    let mut all = site.people.memberships_of(&person.id)?;
    all.sort_by(|a, b| (!a.to.is_empty(), &b.from).cmp(&(!b.to.is_empty(), &a.from)));
    let mut rows = Vec::new();
    let mut ends = Vec::new();
    for membership in &all {
        let Some(group) = site.people.group(&membership.group)? else { continue };
        let role = person_form::role_name(&membership.role);
        let role = match membership.subject.is_empty() {
            true => role,
            false => Text::vi_en(
                format!("{}: {}", role.get("vi"), membership.subject),
                format!("{}: {}", role.get("en"), membership.subject),
            ),
        };
        let cell = |text: Text| Cell { text, ..Cell::default() };
        let name = format!("{} {}", group.name, group.year);
        rows.push(vec![
            Cell { href: Some(format!("/people/group/{}", group.id)), ..cell(name.trim().into()) },
            cell(role.clone()),
            cell(people::written(&membership.from).into()),
            cell(people::written(&membership.to).into()),
        ]);
        if manages && membership.to.is_empty() {
            let with = [("group", group.name.as_str()), ("role", "")];
            let value = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            ends.push(Action {
                label: messages::text_with("person.end", &with),
                href: format!("/people/person/{}/end", person.id),
                post: true,
                confirm: Some(messages::text_with("person.end-question", &with)),
                values: vec![
                    value("group", &membership.group),
                    value("role", &membership.role),
                    value("subject", &membership.subject),
                    value("from", &membership.from),
                ],
                ..Action::default()
            });
        }
    }
    let mut widgets = Vec::new();
    if !rows.is_empty() {
        let columns = ["person.group", "person.as", "person.from", "person.to"]
            .map(|label| Column { label: messages::text(label), numeric: false })
            .to_vec();
        widgets.push(Widget::Table(Table { caption: messages::text("person.memberships"), columns, rows }));
    }
    if !ends.is_empty() {
        widgets.push(Widget::Actions { actions: ends });
    }
    if manages {
        widgets.push(person_form::membership_form(site, &person.id));
    }
    Ok(widgets)
}

fn permitted(site: &Site, visit: &mut Visit) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds("roles.manage") {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

fn chosen(roles: &[Role], form: &ShellForm) -> Vec<String> {
    roles.iter().filter(|role| form.get(&format!("role-{}", role.id)) == "1").map(|role| role.id.clone()).collect()
}

fn write(
    site: &Site,
    visit: &Visit,
    person: &Person,
    account: &Account,
    roles: &[Role],
    form: &ShellForm,
) -> Result<(), Wrong> {
    let wanted = chosen(roles, form);
    let own = visit.principal.person.as_ref() == Some(&person.id);
    let gives_up =
        account.roles.iter().any(|role| role == ADMINISTRATOR) && !wanted.iter().any(|role| role == ADMINISTRATOR);
    if own && gives_up {
        return Err((format!("role-{ADMINISTRATOR}"), messages::text("account.own")));
    }
    let (username, password) = (form.get("username"), form.exact("password"));
    let renamed = !username.is_empty() && !username.eq_ignore_ascii_case(&account.username);
    if password.is_empty() && renamed {
        return Err(("password".into(), messages::text("account.password-missing")));
    }
    if !password.is_empty() {
        if username.is_empty() {
            return Err(("username".into(), messages::text("account.name-missing")));
        }
        site.people.set_password(&visit.principal, &person.id, username, password, !own).map_err(
            |error| match &error {
                Error::Invalid { field, .. } => ((*field).to_owned(), error.text()),
                other => ("username".to_owned(), other.text()),
            },
        )?;
    }
    let mut before = account.roles.clone();
    before.retain(|role| roles.iter().any(|known| known.id == *role));
    if before != wanted {
        // Roles of a plugin that is not here now are kept for its return.
        let absent = account.roles.iter().filter(|role| !roles.iter().any(|known| known.id == **role));
        let all: Vec<String> = wanted.iter().chain(absent).cloned().collect();
        site.people.set_roles(&visit.principal, &person.id, &all).map_err(|error| (String::new(), error.text()))?;
    }
    Ok(())
}

fn show(
    site: &Site,
    visit: &mut Visit,
    person: &Person,
    account: &Account,
    roles: &[Role],
    wrong: Option<Wrong>,
) -> Response<Body> {
    let error = |name: &str| wrong.as_ref().filter(|(at, _)| at == name).map(|(_, text)| text.clone());
    let mut fields = vec![
        FormField {
            name: "username".into(),
            kind: "text".into(),
            label: messages::text("sign-in.name"),
            help: messages::text("setup.username-help"),
            value: account.username.clone(),
            error: error("username"),
            autocomplete: "off".into(),
            ..FormField::default()
        },
        FormField {
            name: "password".into(),
            kind: "password".into(),
            label: messages::text("account.password"),
            help: messages::text("account.password-help"),
            error: error("password"),
            autocomplete: "new-password".into(),
            ..FormField::default()
        },
    ];
    for (at, role) in roles.iter().enumerate() {
        let name = format!("role-{}", role.id);
        fields.push(FormField {
            group: if at == 0 { messages::text("account.roles") } else { Text::default() },
            kind: "checkbox".into(),
            label: role.name.clone(),
            value: if account.roles.contains(&role.id) { "1".into() } else { String::new() },
            error: error(&name),
            name,
            ..FormField::default()
        });
    }
    let mut widgets = Vec::new();
    if visit.asked("said") == Some("saved") && wrong.is_none() {
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("account.saved"), links: Vec::new() });
    }
    let manages = visit.principal.holds_all("people.manage");
    let shown = facts(site, visit, person).and_then(|rows| Ok((rows, memberships(site, person, manages)?)));
    let (rows, groups) = match shown {
        Ok(shown) => shown,
        Err(error) => return people::failed(site, visit, &error),
    };
    if !rows.is_empty() {
        widgets.push(Widget::Details { rows });
    }
    let mut actions = Vec::new();
    if manages {
        let edit = format!("/people/person/{}/edit", person.id);
        actions.push(Action { label: messages::text("person.edit"), href: edit, ..Action::default() });
    }
    if visit.principal.holds_all("reads.see") {
        let reads = format!("/people/reads?person={}", person.id);
        actions.push(Action { label: messages::text("reads.title"), href: reads, ..Action::default() });
    }
    if !actions.is_empty() {
        widgets.push(Widget::Actions { actions });
    }
    widgets.extend(groups);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    if !roles.is_empty() {
        widgets.push(Widget::Heading { level: 2, text: messages::text("account.heading") });
        widgets.push(Widget::Form(Form {
            action: format!("/people/person/{}", person.id),
            fields,
            submit: messages::text("account.save"),
            tone: Tone::Primary,
            error: wrong.map(|(_, text)| text),
            ..Form::default()
        }));
    }
    let mut page = Page::new(Text::from(person.name.clone()), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    if !roles.is_empty() {
        page.breadcrumbs.push(Link::new(messages::text("account.staff"), "/people/staff"));
    }
    reply::shell(site, visit, status, &page)
}

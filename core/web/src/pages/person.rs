//! Accounts of the staff: who works here, with which sign-in name, password and roles.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Cell, Column, DetailRow, DetailValue, Form, FormField, Link, Page, Table, Tone, Widget};
use tram_people::Error;
use tram_people::accounts::Account;
use tram_people::directory::Person;
use tram_people::roles::Role;

use super::{ShellForm, me, people, segment};
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

/// `/people/person/ID`: sign-in name, a first password, roles.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let id = segment(&visit.path, 2);
    let found = site.people.person(&id).and_then(|person| {
        let person =
            person.filter(|person| person.kinds.iter().any(|kind| kind == "staff")).ok_or(Error::Missing("person"))?;
        let account = site.people.account(&id)?.unwrap_or_default();
        let mut roles = site.people.roles()?;
        roles.retain(|role| !FOLLOWING.contains(&role.id.as_str()));
        Ok((person, account, roles))
    });
    let (person, account, roles) = match found {
        Ok(found) => found,
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(form) = form else { return show(site, visit, &person, &account, &roles, None) };
    match write(site, visit, &person, &account, &roles, &form) {
        Ok(()) => reply::see_other(&format!("/people/person/{id}?said=saved")),
        Err(wrong) => {
            let sent = Account { username: form.get("username").to_owned(), roles: chosen(&roles, &form), ..account };
            show(site, visit, &person, &sent, &roles, Some(wrong))
        }
    }
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
    let row =
        |label: Text, value: &str| DetailRow { label, values: vec![DetailValue { text: value.into(), href: None }] };
    let rows: Vec<DetailRow> =
        [(messages::text("people.code"), &person.code), (messages::text("account.title"), &person.title)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| row(label, value))
            .collect();
    if !rows.is_empty() {
        widgets.push(Widget::Details { rows });
    }
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: format!("/people/person/{}", person.id),
        fields,
        submit: messages::text("account.save"),
        tone: Tone::Primary,
        error: wrong.map(|(_, text)| text),
        ..Form::default()
    }));
    let mut page = Page::new(Text::from(person.name.clone()), widgets);
    page.breadcrumbs = vec![
        Link::new(messages::text("menu.people"), "/people"),
        Link::new(messages::text("account.staff"), "/people/staff"),
    ];
    reply::shell(site, visit, status, &page)
}

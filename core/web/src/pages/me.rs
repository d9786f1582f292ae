//! The reader's own page: who I am here, and my password.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Card, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget};
use tram_people::accounts::Strength;
use tram_people::notices::Notice;
use tram_people::{Channel, Relation};

use super::{ShellForm, roles};
use crate::messages;
use crate::query;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::cookies::Cookie;

/// `/me`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let Some((_, session)) = visit.session.clone() else { return to_sign_in(visit) };
    let found =
        site.people.person(&session.person).and_then(|person| Ok((person, site.people.account(&session.person)?)));
    let (person, account) = match found {
        Ok((person, account)) => (person.unwrap_or_default(), account.unwrap_or_default()),
        Err(error) => return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    };
    let row = |label: Text, value: Text| DetailRow { label, values: vec![DetailValue { text: value, href: None }] };
    let strength = match session.strength {
        Strength::Card => messages::text("me.by-card"),
        Strength::Pin => messages::text("me.by-pin"),
        Strength::Password => messages::text("me.by-password"),
    };
    let channel = match visit.channel {
        Channel::Http => messages::text("me.over-http"),
        Channel::Https | Channel::Loopback => messages::text("me.over-https"),
    };
    let mut rows = vec![row(messages::text("people.name"), person.name.into())];
    if !person.code.is_empty() {
        rows.push(row(messages::text("people.code"), person.code.into()));
    }
    if !account.username.is_empty() {
        rows.push(row(messages::text("sign-in.name"), account.username.into()));
    }
    rows.push(row(messages::text("me.signed-in"), strength));
    rows.push(row(messages::text("me.connection"), channel));
    let mut widgets = vec![Widget::Details { rows }];
    let mut actions = Vec::new();
    if session.strength == Strength::Password {
        actions.push(Action {
            label: messages::text("me.change-password"),
            href: "/me/password".into(),
            ..Action::default()
        });
    }
    actions.push(Action {
        label: messages::text("sign-out.button"),
        href: "/sign-out".into(),
        post: true,
        ..Action::default()
    });
    let reads = format!("/people/reads?person={}", session.person);
    actions.push(Action { label: messages::text("reads.own"), href: reads, ..Action::default() });
    widgets.push(Widget::Actions { actions });
    match rights(site, &session.person) {
        Ok(found) => widgets.extend(found),
        Err(error) => return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("me.title"), widgets))
}

/// The roles of a person, what each allows, and what was done to the account.
fn rights(site: &Site, person: &str) -> Result<Vec<Widget>, tram_people::Error> {
    let mut widgets = Vec::new();
    let notices = site.people.notices(person)?;
    if !notices.is_empty() {
        widgets.push(Widget::Heading { level: 2, text: messages::text("me.notices") });
        let mut steps = Vec::new();
        for notice in &notices {
            steps.push(told(site, notice)?);
        }
        widgets.push(Widget::Steps { steps });
        if notices.iter().any(|notice| !notice.seen) {
            widgets.push(Widget::Actions {
                actions: vec![Action {
                    label: messages::text("me.notices-seen"),
                    href: "/me/notices".into(),
                    post: true,
                    tone: Tone::Primary,
                    ..Action::default()
                }],
            });
        }
    }
    let known = roles::permissions(site);
    widgets.push(Widget::Heading { level: 2, text: messages::text("me.roles") });
    for role in site.people.roles_of(person)? {
        let grants = role
            .grants
            .iter()
            .filter_map(|(permission, relation)| Some(roles::grant_words(&known, permission, Relation::of(relation)?)));
        let steps = vec![Widget::Steps { steps: grants.collect() }];
        widgets.push(Widget::Disclosure { summary: role.name.clone(), open: false, widgets: steps });
    }
    Ok(widgets)
}

/// A notice with when and by whom.
fn told(site: &Site, notice: &Notice) -> Result<Text, tram_people::Error> {
    let by = match notice.by.len() {
        26 => site.people.person(&notice.by)?.map(|person| person.name),
        _ => None,
    };
    let by = by.map_or_else(|| messages::text("me.by-console"), Text::from);
    let when = super::moment(notice.at);
    let join = |language: &str| format!("{when}: {} ({})", notice.text.get(language), by.get(language));
    Ok(Text::vi_en(join("vi"), join("en")))
}

/// Cards of notices that the reader has not seen, for the start page.
pub(super) fn unseen(site: &Site, visit: &Visit) -> Vec<Card> {
    let Some((_, session)) = &visit.session else { return Vec::new() };
    let notices = site.people.notices(&session.person).unwrap_or_else(|error| {
        log::error!("notices were not read: {error}");
        Vec::new()
    });
    let unseen = notices.into_iter().filter(|notice| !notice.seen);
    unseen
        .map(|notice| Card {
            title: notice.text,
            href: "/me".into(),
            subtitle: super::moment(notice.at).into(),
            ..Card::default()
        })
        .collect()
}

/// `/me/notices`: the reader has seen them.
pub(super) fn notices(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some((_, session)) = visit.session.clone() else { return to_sign_in(visit) };
    if form.is_some()
        && let Err(error) = site.people.notices_seen(&visit.principal, &session.person)
    {
        return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text());
    }
    reply::see_other("/me")
}

/// `/me/password`: the old one, the new one twice. Every other session of the person
/// ends.
pub(super) fn password(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some((_, session)) = visit.session.clone() else { return to_sign_in(visit) };
    let Some(form) = form else { return show(site, visit, None) };
    if form.exact("new") != form.exact("again") {
        return show(site, visit, Some(("again", messages::text("me.password-differs"))));
    }
    let changed = visit
        .device_name()
        .map_err(|error| tram_people::Error::Crypto(error.to_string()))
        .and_then(|device| {
            let username = site.people.account(&session.person)?.unwrap_or_default().username;
            site.people.check_secret(&username, form.exact("old"), &device, visit.channel)
        })
        .map_err(|error| ("old", error))
        .and_then(|_| {
            site.people
                .set_password(&visit.principal, &session.person, "", form.exact("new"), false)
                .and_then(|()| site.people.end_sessions_of(&session.person))
                .and_then(|()| {
                    site.people.begin_session(&session.person, Strength::Password, visit.channel, session.shared)
                })
                .map_err(|error| ("new", error))
        });
    match changed {
        Ok(token) => {
            visit.set.push(Cookie::Session.set(&token, visit.peer.tls));
            reply::see_other("/me")
        }
        Err((field, error)) => show(site, visit, Some((field, error.text()))),
    }
}

fn show(site: &Site, visit: &mut Visit, wrong: Option<(&str, Text)>) -> Response<Body> {
    let field = |name: &str, label: Text, autocomplete: &str, help: Text| FormField {
        name: name.into(),
        kind: "password".into(),
        label,
        help,
        autocomplete: autocomplete.into(),
        required: true,
        error: wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, text)| text.clone()),
        ..FormField::default()
    };
    let form = Form {
        action: "/me/password".into(),
        fields: vec![
            field("old", messages::text("me.password-old"), "current-password", Text::default()),
            field("new", messages::text("me.password-new"), "new-password", messages::text("setup.password-help")),
            field("again", messages::text("me.password-again"), "new-password", Text::default()),
        ],
        submit: messages::text("me.change-password"),
        tone: Tone::Primary,
        ..Form::default()
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::new(messages::text("me.change-password"), vec![Widget::Form(form)]);
    page.breadcrumbs = vec![Link::new(messages::text("me.title"), "/me")];
    reply::shell(site, visit, status, &page)
}

/// Signing in, and back here.
pub(super) fn to_sign_in(visit: &Visit) -> Response<Body> {
    reply::see_other(&format!("/sign-in?back={}", query::encode(&visit.address)))
}

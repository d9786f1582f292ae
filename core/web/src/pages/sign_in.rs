//! Signing in: by name and password or PIN, by card, by a lesson's code; signing out.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_people::Error;
use tram_people::accounts::Strength;

use super::{ShellForm, start};
use crate::messages;
use crate::render::links;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::cookies::Cookie;

/// `/sign-in`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(form) = form else { return show(site, visit, "", None, StatusCode::OK) };
    if start::wants_https(site, visit) {
        return show(site, visit, form.get("name"), Some(Error::NeedsHttps.text()), StatusCode::FORBIDDEN);
    }
    let checked = device(visit)
        .and_then(|device| site.people.check_secret(form.get("name"), form.exact("secret"), &device, visit.channel));
    match checked {
        Ok((person, strength)) => enter(site, visit, &person, strength, &form),
        Err(error) => refused(site, visit, form.get("name"), &error),
    }
}

/// One click in the demonstration school, never elsewhere.
pub(super) fn demo(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(form) = form.filter(|_| site.demo) else {
        return reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    };
    let Some(account) = site.demo_accounts.iter().find(|account| account.username == form.get("name")) else {
        return refused(site, visit, "", &Error::Refused);
    };
    let checked = site.people.enter_demonstration(&account.username, visit.channel);
    match checked {
        Ok((person, strength)) => enter(site, visit, &person, strength, &form),
        Err(error) => refused(site, visit, &account.username, &error),
    }
}

/// `/card`: the token stands behind `#`, so the browser keeps it to itself until the
/// script puts it into this form; without script it is typed.
pub(super) fn card(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(form) = form else { return show_card(site, visit, None, StatusCode::OK) };
    if start::wants_https(site, visit) {
        return show_card(site, visit, Some(Error::NeedsHttps.text()), StatusCode::FORBIDDEN);
    }
    let checked = device(visit).and_then(|device| {
        // A scanner types the whole address that the code holds, sometimes in capitals.
        let token = form.get("card").rsplit('#').next().unwrap_or_default().to_ascii_lowercase();
        let person = site.people.check_card(&token, &device, visit.channel)?;
        if form.get("pin").is_empty() {
            return Ok((person, Strength::Card));
        }
        site.people.check_pin(&person, form.get("pin"), &device)?;
        Ok((person, Strength::Pin))
    });
    match checked {
        Ok((person, strength)) => enter(site, visit, &person, strength, &form),
        Err(error) => show_card(site, visit, Some(error.text()), status(&error)),
    }
}

/// `/lesson`: the code that a teacher wrote on the board, then one's name. What it
/// opens is what a card opens.
pub(super) fn lesson(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(form) = form else { return show_lesson(site, visit, None, StatusCode::OK) };
    if start::wants_https(site, visit) {
        return show_lesson(site, visit, Some(Error::NeedsHttps.text()), StatusCode::FORBIDDEN);
    }
    let code = form.get("code").to_owned();
    let found = device(visit).and_then(|device| {
        let class = site.people.lesson(&code, &device)?;
        site.people.members(&class, "member")
    });
    let members = match found {
        Ok(members) => members,
        Err(error) => return show_lesson(site, visit, Some(error.text()), status(&error)),
    };
    if let Some(person) = members.iter().find(|person| person.id == form.get("person")) {
        return enter(site, visit, &person.id, Strength::Card, &form);
    }
    let choices =
        members.iter().map(|person| Choice { value: person.id.clone(), label: person.name.clone().into() }).collect();
    let fields = vec![
        FormField { name: "code".into(), kind: "hidden".into(), value: code, ..FormField::default() },
        FormField {
            name: "person".into(),
            kind: "radio".into(),
            label: messages::text("lesson.who"),
            choices,
            required: true,
            ..FormField::default()
        },
        shared(true),
    ];
    let ask = Form {
        action: "/lesson".into(),
        fields,
        submit: messages::text("sign-in.button"),
        tone: Tone::Primary,
        ..Form::default()
    };
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("lesson.title"), vec![Widget::Form(ask)]))
}

/// `/sign-out`: one click, and nothing of the session is left in this browser.
pub(super) fn out(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if form.is_none() {
        let action = Action {
            label: messages::text("sign-out.button"),
            href: "/sign-out".into(),
            post: true,
            tone: Tone::Primary,
            ..Action::default()
        };
        let page = Page::new(messages::text("sign-out.button"), vec![Widget::Actions { actions: vec![action] }]);
        return reply::shell(site, visit, StatusCode::OK, &page);
    }
    if let Some((token, _)) = visit.session.take()
        && let Err(error) = site.people.end_session(&token)
    {
        return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text());
    }
    visit.set.push(Cookie::Session.clear(visit.peer.tls));
    let mut reply = reply::see_other("/");
    // Pages that "back" would still show go too, where the browser knows how.
    let clear = hyper::header::HeaderValue::from_static("\"cache\"");
    reply.headers_mut().insert(hyper::header::HeaderName::from_static("clear-site-data"), clear);
    reply
}

fn device(visit: &mut Visit) -> Result<String, Error> {
    visit.device_name().map_err(|error| Error::Crypto(error.to_string()))
}

/// Begins the session and goes back to where the reader wanted to be.
fn enter(site: &Site, visit: &mut Visit, person: &str, strength: Strength, form: &ShellForm) -> Response<Body> {
    // A session that was there before ends: nobody goes on under another's name.
    if let Some((token, _)) = visit.session.take() {
        let _ = site.people.end_session(&token);
    }
    match site.people.begin_session(person, strength, visit.channel, form.get("shared") == "1") {
        Ok(token) => visit.set.push(Cookie::Session.set(&token, visit.peer.tls)),
        Err(error) => return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
    let must_change = strength == Strength::Password
        && site.people.account(person).ok().flatten().is_some_and(|account| account.must_change);
    if must_change {
        return reply::see_other("/me/password");
    }
    let back = form.get("back");
    let back = links::resolve("", back)
        .filter(|back| back.starts_with('/') && !back.starts_with("/sign-"))
        .unwrap_or_else(|| "/".into());
    reply::see_other(&back)
}

fn refused(site: &Site, visit: &mut Visit, name: &str, error: &Error) -> Response<Body> {
    show(site, visit, name, Some(error.text()), status(error))
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Refused | Error::Invalid { .. } | Error::Missing(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Slow { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::NeedsHttps | Error::Forbidden => StatusCode::FORBIDDEN,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The choice "this computer is shared". Nothing tells, so it is asked; the computer
/// room is the usual case.
fn shared(chosen: bool) -> FormField {
    FormField {
        name: "shared".into(),
        kind: "checkbox".into(),
        label: messages::text("sign-in.shared"),
        value: if chosen { "1".into() } else { String::new() },
        help: messages::text("sign-in.shared-help"),
        ..FormField::default()
    }
}

fn show(site: &Site, visit: &mut Visit, name: &str, error: Option<Text>, status: StatusCode) -> Response<Body> {
    let back = visit.asked("back").unwrap_or_default().to_owned();
    let field = |name: &str, kind: &str, label: Text| FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        required: true,
        ..FormField::default()
    };
    let fields = vec![
        FormField { name: "back".into(), kind: "hidden".into(), value: back, ..FormField::default() },
        FormField {
            value: name.to_owned(),
            autocomplete: "username".into(),
            ..field("name", "text", messages::text("sign-in.name"))
        },
        FormField {
            autocomplete: "current-password".into(),
            help: messages::text("sign-in.secret-help"),
            ..field("secret", "password", messages::text("sign-in.secret"))
        },
        shared(true),
    ];
    let mut widgets = Vec::new();
    if !visit.channel.is_secure() {
        widgets.push(Widget::Notice {
            tone: Tone::Warning,
            text: messages::text("sign-in.plain"),
            links: vec![Link::new(messages::text("shell.plain-link"), "/tls")],
        });
    }
    if site.demo && !site.demo_accounts.is_empty() {
        widgets.extend(demo_widgets(site));
    }
    widgets.push(Widget::Form(Form {
        action: "/sign-in".into(),
        fields,
        submit: messages::text("sign-in.button"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    }));
    widgets.push(Widget::Actions {
        actions: [(messages::text("sign-in.by-card"), "/card"), (messages::text("sign-in.by-lesson"), "/lesson")]
            .map(|(label, href)| Action { label, href: href.into(), ..Action::default() })
            .to_vec(),
    });
    widgets.push(Widget::Paragraph { text: messages::text("sign-in.forgotten"), quiet: true });
    reply::shell(site, visit, status, &Page::new(messages::text("sign-in.title"), widgets))
}

fn demo_widgets(site: &Site) -> Vec<Widget> {
    let actions = site
        .demo_accounts
        .iter()
        .map(|account| Action {
            label: account.label.clone(),
            href: "/sign-in/demo".into(),
            post: true,
            values: vec![("name".into(), account.username.clone())],
            ..Action::default()
        })
        .collect();
    vec![Widget::Paragraph { text: messages::text("sign-in.demo"), quiet: false }, Widget::Actions { actions }]
}

fn show_card(site: &Site, visit: &mut Visit, error: Option<Text>, status: StatusCode) -> Response<Body> {
    let fields = vec![
        FormField {
            name: "card".into(),
            kind: "scan".into(),
            label: messages::text("card.code"),
            help: messages::text("card.code-help"),
            required: true,
            ..FormField::default()
        },
        FormField {
            name: "pin".into(),
            kind: "pin".into(),
            label: messages::text("card.pin"),
            help: messages::text("card.pin-help"),
            ..FormField::default()
        },
        shared(true),
    ];
    let form = Form {
        action: "/card".into(),
        fields,
        submit: messages::text("sign-in.button"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    };
    reply::shell(site, visit, status, &Page::new(messages::text("card.title"), vec![Widget::Form(form)]))
}

fn show_lesson(site: &Site, visit: &mut Visit, error: Option<Text>, status: StatusCode) -> Response<Body> {
    let code = FormField {
        name: "code".into(),
        kind: "text".into(),
        label: messages::text("lesson.code"),
        help: messages::text("lesson.code-help"),
        required: true,
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let form = Form {
        action: "/lesson".into(),
        fields: vec![code],
        submit: messages::text("lesson.next"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    };
    reply::shell(site, visit, status, &Page::new(messages::text("lesson.title"), vec![Widget::Form(form)]))
}

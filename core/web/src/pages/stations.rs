//! "Partner schools": whose packages this station takes, and what it gives others so
//! that they take its own. A school is added in two steps, with a telephone call in
//! between: paste its card, compare the code.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use maud::{Markup, html};
use tram_contract::Text;
use tram_contract::page::{Action, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget};
use tram_exchange::{Card, CardError, PublicKey};
use tram_people::Error;
use tram_people::partners::Partner;

use super::{ShellForm, admin, moment, people};
use crate::language::Language;
use crate::messages::{self, say};
use crate::render::tickets;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// The page.
const PATH: &str = "/admin/stations";
/// The right that it asks for: who decides about the whole station.
const PERMISSION: &str = "station.manage";

/// `/admin/stations`: the list, and a card to be added.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, PERMISSION) {
        return *reply;
    }
    let Some(mut form) = form else { return show(site, visit, None) };
    let file = form.take_file("file").filter(|(_, bytes)| !bytes.is_empty());
    let pasted = match file {
        Some((_, bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        None => form.get("card").to_owned(),
    };
    let card = match read(site, &pasted) {
        Ok(card) => card,
        Err(text) => return show(site, visit, Some((pasted, text))),
    };
    if form.get("compared") != "1" {
        let asked_before = form.get("step") == "compare";
        return compare(
            site,
            visit,
            &card,
            form.get("name"),
            asked_before.then(|| messages::text("stations.not-compared")),
        );
    }
    match site.people.add_partner(&visit.principal, &card, form.get("name")) {
        Ok(()) => reply::see_other("/admin/stations?said=added"),
        Err(Error::Invalid { reason, .. }) => compare(site, visit, &card, form.get("name"), Some(reason)),
        Err(error) => people::failed(site, visit, &error),
    }
}

/// `/admin/stations/remove`.
pub(super) fn remove(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, PERMISSION) {
        return *reply;
    }
    let key = form.as_ref().and_then(|form| form.get("key").parse::<PublicKey>().ok());
    let removed =
        key.ok_or(Error::Missing("partner")).and_then(|key| site.people.remove_partner(&visit.principal, &key));
    match removed {
        Ok(()) => reply::see_other("/admin/stations?said=removed"),
        Err(error) => people::failed(site, visit, &error),
    }
}

/// `/admin/stations/card.txt`: this school's card as a file.
pub(super) fn card(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, PERMISSION) {
        return *reply;
    }
    let Some(card) = own(site) else { return unavailable(site, visit) };
    let mut reply = reply::bytes(StatusCode::OK, "text/plain; charset=utf-8", format!("{card}\n").into_bytes());
    let head = reply.headers_mut();
    head.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"ma-truong-ban.txt\""));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// This school's card; none when its key cannot be had, which the log says.
fn own(site: &Site) -> Option<Card> {
    site.plugins.host()?.card().inspect_err(|error| log::error!("the exchange key: {error}")).ok()
}

fn unavailable(site: &Site, visit: &mut Visit) -> Response<Body> {
    reply::problem(site, visit, StatusCode::SERVICE_UNAVAILABLE, messages::text("stations.no-key"))
}

/// The card in what was pasted.
fn read(site: &Site, pasted: &str) -> Result<Card, Text> {
    if pasted.trim().is_empty() {
        return Err(messages::text("stations.card-missing"));
    }
    let card = Card::parse(pasted).map_err(|error| match error {
        CardError::NotACard => messages::text("stations.card-wrong"),
        CardError::Damaged => messages::text("stations.card-damaged"),
    })?;
    if own(site).is_some_and(|own| own.key == card.key) {
        return Err(messages::text("stations.card-own"));
    }
    Ok(card)
}

fn card_fields(wrong: Option<(String, Text)>) -> Vec<FormField> {
    let (value, error) = wrong.unzip();
    vec![
        FormField {
            name: "card".into(),
            kind: "textarea".into(),
            label: messages::text("stations.card"),
            help: messages::text("stations.card-help"),
            value: value.unwrap_or_default().chars().take(2_000).collect(),
            error,
            autocomplete: "off".into(),
            ..FormField::default()
        },
        FormField {
            name: "file".into(),
            kind: "file".into(),
            label: messages::text("stations.card-file"),
            accept: ".txt".into(),
            ..FormField::default()
        },
    ]
}

fn show(site: &Site, visit: &mut Visit, wrong: Option<(String, Text)>) -> Response<Body> {
    let partners = match site.people.partners() {
        Ok(partners) => partners,
        Err(error) => return people::failed(site, visit, &error),
    };
    let failed = wrong.is_some();
    let mut widgets = Vec::new();
    let said = match visit.asked("said") {
        Some("added") if !failed => Some(messages::text("stations.added")),
        Some("removed") if !failed => Some(messages::text("stations.removed")),
        _ => None,
    };
    widgets.extend(said.map(|text| Widget::Notice { tone: Tone::Good, text, links: Vec::new() }));
    widgets.push(Widget::Paragraph { text: messages::text("stations.about"), quiet: false });
    if partners.is_empty() {
        widgets.push(Widget::Empty { text: messages::text("stations.none"), links: Vec::new() });
    }
    for partner in &partners {
        widgets.extend(entry(partner));
    }
    let error = wrong.as_ref().map(|(_, text)| text.clone());
    widgets.push(Widget::Heading { level: 2, text: messages::text("stations.add") });
    widgets.push(Widget::Form(Form {
        action: PATH.into(),
        fields: card_fields(wrong),
        submit: messages::text("stations.look"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    }));
    let language = visit.language;
    let extra = own(site).map(|card| own_card(language, &card));
    let page = titled(messages::text("stations.title"), widgets, false);
    match extra {
        Some(extra) if !failed => reply::shell_with(site, visit, &page, extra, ""),
        _ => {
            let status = if failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            reply::shell(site, visit, status, &page)
        }
    }
}

/// A partner: its name, since when, its code, and the way out of the list.
fn entry(partner: &Partner) -> [Widget; 3] {
    let row = |label, text: String| DetailRow {
        label: messages::text(label),
        values: vec![DetailValue { text: text.into(), href: None }],
    };
    let text = messages::text_with("stations.remove-sure", &[("name", &partner.name)]);
    [
        Widget::Heading { level: 2, text: partner.name.as_str().into() },
        Widget::Details {
            rows: vec![
                row("stations.code", partner.key.fingerprint()),
                row("stations.since", moment::moment(partner.added_ms)),
            ],
        },
        Widget::Actions {
            actions: vec![Action {
                label: messages::text("stations.remove"),
                href: format!("{PATH}/remove"),
                post: true,
                tone: Tone::Bad,
                confirm: Some(text),
                values: vec![("key".into(), partner.key.to_string())],
                print: false,
            }],
        },
    ]
}

/// What to compare before a school is taken among the partners.
fn compare(site: &Site, visit: &mut Visit, card: &Card, name: &str, error: Option<Text>) -> Response<Body> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let hidden = |name: &str, value: String| FormField {
        name: name.into(),
        kind: "hidden".into(),
        value,
        ..FormField::default()
    };
    let widgets = vec![
        Widget::Paragraph { text: messages::text("stations.compare"), quiet: false },
        Widget::Code { text: card.key.fingerprint() },
        Widget::Form(Form {
            action: PATH.into(),
            fields: vec![
                hidden("step", "compare".into()),
                hidden("card", card.to_string()),
                FormField {
                    name: "name".into(),
                    kind: "text".into(),
                    label: messages::text("stations.name"),
                    help: messages::text("stations.name-help"),
                    value: if name.is_empty() { card.name.clone() } else { name.to_owned() },
                    required: true,
                    autocomplete: "off".into(),
                    ..FormField::default()
                },
                FormField {
                    name: "compared".into(),
                    kind: "checkbox".into(),
                    label: messages::text("stations.compared"),
                    required: true,
                    ..FormField::default()
                },
            ],
            submit: messages::text("stations.take"),
            tone: Tone::Primary,
            error,
            ..Form::default()
        }),
        Widget::Actions {
            actions: vec![Action { label: messages::text("stations.cancel"), href: PATH.into(), ..Action::default() }],
        },
    ];
    reply::shell(site, visit, status, &titled(messages::text("stations.compare-title"), widgets, true))
}

fn titled(title: Text, widgets: Vec<Widget>, below: bool) -> Page {
    let mut page = Page::new(title, widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    if below {
        page.breadcrumbs.push(Link::new(messages::text("stations.title"), PATH));
    }
    page
}

/// What this school gives others.
fn own_card(language: Language, card: &Card) -> Markup {
    html! {
        section.own-card {
            h2 { (say(language, "stations.own")) }
            p { (say(language, "stations.own-about")) }
            p.fingerprint { (card.key.fingerprint()) }
            (tickets::qr(&card.to_string(), say(language, "stations.own")))
            p.code { (card) }
            p { a.button href={ (PATH) "/card.txt" } { (say(language, "stations.own-file")) } }
        }
    }
}

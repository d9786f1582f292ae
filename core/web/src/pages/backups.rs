//! Backups: the key sheet, what became of the last ones, a stick, the words asked for twice
//! a year; and restoring one on a station that is not set up yet.

use hyper::header::HeaderValue;
use hyper::{Response, StatusCode};
use maud::html;
use tram_appliance::backup::{Backups, Doing, Record, Sheet, identity_of, words};
use tram_appliance::care::Care;
use tram_contract::Text;
use tram_contract::page::{Action, Choice, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget};

use super::station_status::{backup_warning, permitted};
use super::{ShellForm, moment};
use crate::messages::{self, say, say_with};
use crate::render::tickets;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Seconds after which a page that waits looks again.
const AGAIN: &str = "5";

fn row(label: Text, text: Text) -> DetailRow {
    DetailRow { label, values: vec![DetailValue { text, href: None }] }
}

/// What became of the last backups and drills.
pub(super) fn rows(care: &Care) -> Vec<DetailRow> {
    let state = care.backups.state();
    let told = |record: &Record, good: &'static str| -> Text {
        match &record.failure {
            Some(why) if record.has_failed() => {
                let at = moment(record.failed_ms);
                Text::vi_en(
                    messages::text_with("backups.failed-at", &[("when", &at), ("why", why.get("vi"))]).get("vi"),
                    messages::text_with("backups.failed-at", &[("when", &at), ("why", why.get("en"))]).get("en"),
                )
            }
            _ if record.good_ms == 0 => messages::text("backups.never"),
            _ => messages::text_with(
                good,
                &[
                    ("when", &moment(record.good_ms)),
                    ("backup", &record.backup),
                    ("amount", &amount(record, good)),
                    ("seconds", &record.seconds.to_string()),
                ],
            ),
        }
    };
    vec![
        row(messages::text("backups.local"), told(&state.local, "backups.local-good")),
        row(messages::text("backups.stick"), told(&state.stick, "backups.stick-good")),
        row(messages::text("backups.drill"), told(&state.drill, "backups.drill-good")),
    ]
}

fn amount(record: &Record, good: &str) -> String {
    if good == "backups.drill-good" {
        return record.amount.to_string();
    }
    format!("{:.1} MB", record.amount as f64 / 1e6)
}

fn care_of(site: &Site, visit: &mut Visit) -> Result<std::sync::Arc<Care>, Box<Response<Body>>> {
    permitted(site, visit)?;
    site.care.clone().ok_or_else(|| {
        Box::new(reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text")))
    })
}

/// `/admin/backups`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let care = match care_of(site, visit) {
        Ok(care) => care,
        Err(reply) => return *reply,
    };
    show(site, visit, &care, None)
}

fn show(site: &Site, visit: &mut Visit, care: &Care, wrong: Option<Text>) -> Response<Body> {
    let keys = care.backups.keys().read().unwrap_or_default();
    let now = tram_journal::clock::now().unix_ms;
    let mut widgets = Vec::new();
    if let Some((tone, text)) = backup_warning(care) {
        widgets.push(Widget::Notice { tone, text, links: Vec::new() });
    }
    if let Some(doing) = care.backups.doing() {
        let text = match doing {
            Doing::Local | Doing::Stick => messages::text("backups.doing"),
            Doing::Drill => messages::text("backups.doing-drill"),
            Doing::Restore => messages::text("backups.doing-restore"),
        };
        widgets.push(Widget::Notice { tone: Tone::Neutral, text, links: Vec::new() });
    } else if visit.asked("said") == Some("asked") {
        let text = messages::text("backups.asked");
        widgets.push(Widget::Notice { tone: Tone::Good, text, links: Vec::new() });
    }
    widgets.push(Widget::Paragraph { text: messages::text("backups.about"), quiet: false });
    widgets.push(Widget::Details { rows: rows(care) });
    let has_sheet = !keys.sheet.is_empty();
    if has_sheet {
        widgets.push(Widget::Actions { actions: vec![post(messages::text("backups.now"), "/admin/backups/now")] });
        let sticks = care.backups.sticks();
        let text = match sticks.first() {
            Some(stick) => messages::text_with("backups.stick-there", &[("label", &stick.label)]),
            None => messages::text("backups.no-stick"),
        };
        widgets.push(Widget::Paragraph { text, quiet: true });
    }
    widgets.push(Widget::Heading { level: 2, text: messages::text("backups.sheet") });
    widgets.push(Widget::Paragraph { text: messages::text("backups.sheet-about"), quiet: false });
    if has_sheet {
        let text = messages::text_with(
            "backups.sheet-made",
            &[("when", &moment(keys.made_ms)), ("asked", &moment(keys.asked_ms))],
        );
        widgets.push(Widget::Paragraph { text, quiet: true });
        if keys.due(now).is_some() || wrong.is_some() {
            widgets.push(Widget::Form(confirm_form(keys.next_group(), wrong.clone())));
        }
    }
    let confirm = has_sheet.then(|| messages::text("backups.new-sheet-question"));
    let label = messages::text(if has_sheet { "backups.new-sheet" } else { "backups.first-sheet" });
    let tone = if has_sheet { Tone::Neutral } else { Tone::Primary };
    let make = Action { confirm, tone, ..post(label, "/admin/backups/sheet") };
    widgets.push(Widget::Actions { actions: vec![make] });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::new(messages::text("backups.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    let mut reply = reply::shell(site, visit, status, &page);
    if care.backups.doing().is_some() {
        reply.headers_mut().insert("refresh", HeaderValue::from_static(AGAIN));
    }
    reply
}

fn post(label: Text, href: &str) -> Action {
    Action { label, href: href.to_owned(), post: true, ..Action::default() }
}

/// Asks for one line of the sheet.
fn confirm_form(group: usize, wrong: Option<Text>) -> Form {
    let line = (group + 1).to_string();
    Form {
        action: "/admin/backups/words".into(),
        fields: vec![
            FormField { name: "group".into(), kind: "hidden".into(), value: group.to_string(), ..FormField::default() },
            FormField {
                name: "words".into(),
                kind: "text".into(),
                label: messages::text_with("backups.words", &[("line", &line)]),
                help: messages::text("backups.words-help"),
                required: true,
                autocomplete: "off".into(),
                error: wrong,
                ..FormField::default()
            },
        ],
        submit: messages::text("backups.words-check"),
        ..Form::default()
    }
}

/// `/admin/backups/now`.
pub(super) fn now(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let care = match care_of(site, visit) {
        Ok(care) => care,
        Err(reply) => return *reply,
    };
    if form.is_none() {
        return reply::see_other("/admin/backups");
    }
    match care.backups.ask() {
        Ok(()) => reply::see_other("/admin/backups?said=asked"),
        Err(error) => reply::problem(site, visit, StatusCode::CONFLICT, error.text()),
    }
}

/// `/admin/backups/words`.
pub(super) fn check_words(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let care = match care_of(site, visit) {
        Ok(care) => care,
        Err(reply) => return *reply,
    };
    let Some(form) = form else { return reply::see_other("/admin/backups") };
    let group = form.get("group").parse().unwrap_or(usize::MAX);
    match care.backups.keys().confirm(group, form.get("words"), tram_journal::clock::now().unix_ms) {
        Ok(true) => reply::see_other("/admin/backups"),
        Ok(false) => show(site, visit, &care, Some(messages::text("backups.words-wrong"))),
        Err(error) => reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
}

/// `/admin/backups/sheet`: makes a key and shows it, this once.
pub(super) fn sheet(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let care = match care_of(site, visit) {
        Ok(care) => care,
        Err(reply) => return *reply,
    };
    if form.is_none() {
        return reply::see_other("/admin/backups");
    }
    let made = care.backups.keys().new_sheet(tram_journal::clock::now().unix_ms);
    match made {
        Ok(sheet) => {
            log::info!("a new key sheet for backups was made by {:?}", visit.principal.person);
            show_sheet(site, visit, &care.backups, &sheet)
        }
        Err(error) => reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
}

fn show_sheet(site: &Site, visit: &mut Visit, backups: &Backups, sheet: &Sheet) -> Response<Body> {
    let language = visit.language;
    let widgets = vec![
        Widget::Notice { tone: Tone::Warning, text: messages::text("backups.sheet-once"), links: Vec::new() },
        Widget::Actions {
            actions: vec![Action {
                label: messages::text("people.print"),
                print: true,
                tone: Tone::Primary,
                ..Action::default()
            }],
        },
        Widget::Form(confirm_form(backups.keys().read().map_or(0, |keys| keys.next_group()), None)),
    ];
    let made = say_with(
        language,
        "backups.sheet-of",
        &[("name", &site.own_name()), ("when", &moment(tram_journal::clock::now().unix_ms))],
    );
    let extra = html! {
        section.key-sheet {
            h2 { (say(language, "backups.sheet")) " · " (site.facts().school) }
            p { (made) }
            ol {
                @for group in sheet.words.chunks(words::GROUP) { li { (group.join("  ")) } }
            }
            (tickets::qr(&sheet.secret, say(language, "backups.sheet")))
            p.code { (sheet.secret) }
            p { (say(language, "backups.sheet-keep")) }
        }
    };
    let mut page = Page::new(messages::text("backups.sheet"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("backups.title"), "/admin/backups")];
    reply::shell_with(site, visit, &page, extra, "")
}

/// `/setup/restore`: on a station that is not set up, a backup from a stick in the place of
/// the wizard. The set-up code says that whoever asks may.
pub(super) fn restore(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(care) = site.care.clone().filter(|_| !site.facts().ready) else { return reply::see_other("/") };
    if care.is_restart_asked() {
        return waiting(site, visit, messages::text("restore.restarting"), "10; url=/");
    }
    if care.backups.doing() == Some(Doing::Restore) {
        return waiting(site, visit, messages::text("backups.doing-restore"), AGAIN);
    }
    let Some(form) = form else {
        let failed = care.backups.restore_failure();
        return restore_form(site, visit, &care, None, failed);
    };
    match site.people.is_setup_code(form.get("code")) {
        Ok(true) => {}
        Ok(false) => {
            std::thread::sleep(super::setup::PENALTY);
            let wrong = ("code", messages::text("setup.code-wrong"));
            return restore_form(site, visit, &care, Some((&form, wrong)), None);
        }
        Err(error) => return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
    let identity = match identity_of(form.get("key")) {
        Ok(identity) => identity,
        Err(error) => return restore_form(site, visit, &care, Some((&form, ("key", error.text()))), None),
    };
    let Some(stick) = care.backups.sticks().into_iter().find(|stick| stick.id == form.get("stick")) else {
        let wrong = ("stick", messages::text("restore.no-stick"));
        return restore_form(site, visit, &care, Some((&form, wrong)), None);
    };
    let done = std::sync::Arc::clone(&care);
    let begun = care.backups.restore_aside(stick.id, identity, move || done.ask_restart());
    match begun {
        Ok(()) => waiting(site, visit, messages::text("backups.doing-restore"), AGAIN),
        Err(error) => restore_form(site, visit, &care, Some((&form, ("stick", error.text()))), None),
    }
}

fn waiting(site: &Site, visit: &mut Visit, text: Text, refresh: &'static str) -> Response<Body> {
    let widgets = vec![Widget::Notice { tone: Tone::Neutral, text, links: Vec::new() }];
    let page = Page::new(messages::text("restore.title"), widgets);
    let mut reply = reply::shell(site, visit, StatusCode::OK, &page);
    reply.headers_mut().insert("refresh", HeaderValue::from_static(refresh));
    reply
}

fn restore_form(
    site: &Site,
    visit: &mut Visit,
    care: &Care,
    wrong: Option<(&ShellForm, (&str, Text))>,
    failed: Option<Text>,
) -> Response<Body> {
    let mut widgets = vec![Widget::Paragraph { text: messages::text("restore.about"), quiet: false }];
    if let Some(text) = failed {
        widgets.push(Widget::Notice { tone: Tone::Bad, text, links: Vec::new() });
    }
    let sticks = care.backups.sticks();
    if sticks.is_empty() {
        widgets.push(Widget::Notice {
            tone: Tone::Warning,
            text: messages::text("restore.no-stick"),
            links: vec![Link::new(messages::text("restore.again"), "/setup/restore")],
        });
    } else {
        let error = |name: &str| wrong.as_ref().filter(|(_, (at, _))| *at == name).map(|(_, (_, text))| text.clone());
        let value = |name: &str| wrong.as_ref().map(|(form, _)| form.get(name).to_owned()).unwrap_or_default();
        let field = |name: &str, kind: &str, label: Text, help: Text| FormField {
            name: name.into(),
            kind: kind.into(),
            label,
            help,
            value: value(name),
            error: error(name),
            required: true,
            autocomplete: "off".into(),
            ..FormField::default()
        };
        let choices: Vec<Choice> = sticks
            .iter()
            .map(|stick| Choice { value: stick.id.clone(), label: Text::from(stick.label.as_str()) })
            .collect();
        let first = choices.first().map(|choice| choice.value.clone()).unwrap_or_default();
        let chosen = Some(value("stick")).filter(|value| !value.is_empty()).unwrap_or(first);
        widgets.push(Widget::Form(Form {
            action: "/setup/restore".into(),
            fields: vec![
                field("code", "scan", messages::text("setup.code"), messages::text("setup.code-help")),
                FormField {
                    choices,
                    value: chosen,
                    ..field("stick", "radio", messages::text("restore.stick"), Text::default())
                },
                field("key", "textarea", messages::text("restore.key"), messages::text("restore.key-help")),
            ],
            submit: messages::text("restore.submit"),
            tone: Tone::Primary,
            error: wrong.as_ref().map(|(_, (_, text))| text.clone()),
            ..Form::default()
        }));
    }
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::new(messages::text("restore.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("setup.title"), "/setup")];
    reply::shell(site, visit, status, &page)
}

//! How the station is: disk, machine, clock, network, backups; and whether a slow page is
//! the box's fault or the Wi-Fi's.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use maud::{Markup, html};
use tram_appliance::care::Care;
use tram_appliance::space::{Forecast, Level};
use tram_appliance::status::{System, network};
use tram_contract::Text;
use tram_contract::page::{Action, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget};
use tram_journal::TimeQuality;
use tram_people::Error;

use super::{ShellForm, me, moment, people};
use crate::language::Language;
use crate::messages::{self, say, say_with};
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// What the page's script asks for again and again, to see how long the way is.
pub(crate) const PING: &str = "/admin/status/ping";
/// Days without a good backup that are told of.
const BACKUP_DAYS: i64 = 3;
const DAY: i64 = 86_400_000;

/// Whether the reader manages the station; else what to answer.
pub(super) fn permitted(site: &Site, visit: &mut Visit) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds("station.manage") {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn notice(tone: Tone, text: Text, link: Option<(Text, &str)>) -> Widget {
    Widget::Notice { tone, text, links: link.map(|(text, href)| Link::new(text, href)).into_iter().collect() }
}

/// What an administrator should see without asking: on the start page and above the
/// status. Nothing for others.
pub(super) fn warnings(site: &Site, visit: &Visit) -> Vec<Widget> {
    // The demonstration school needs no backups, and its clock is whoever's.
    let Some(care) = site.care.as_ref().filter(|_| !site.demo && visit.principal.holds("station.manage")) else {
        return Vec::new();
    };
    let mut widgets = Vec::new();
    if let Ok(forecast) = care.space.forecast() {
        widgets.extend(space_warning(&forecast));
    }
    if let Some(moved) = care.address.moved() {
        let text =
            messages::text_with("status.moved", &[("from", &moved.from), ("to", &moved.to), ("mac", &moved.mac)]);
        widgets.push(notice(Tone::Warning, text, Some((messages::text("status.title"), "/admin/status"))));
    }
    if care.clock.status().quality == TimeQuality::Unset {
        let text = messages::text("status.clock-warning");
        widgets.push(notice(Tone::Warning, text, Some((messages::text("status.title"), "/admin/status"))));
    }
    widgets.extend(
        backup_warning(care)
            .map(|(tone, text)| notice(tone, text, Some((messages::text("backups.title"), "/admin/backups")))),
    );
    widgets
}

fn space_warning(forecast: &Forecast) -> Option<Widget> {
    let free = size(forecast.disk.free);
    let text = match (forecast.level, forecast.days) {
        (Level::Good, _) => return None,
        (_, Some(days)) => {
            messages::text_with("status.full-in", &[("free", &free), ("days", &days.max(0).to_string())])
        }
        (_, None) => messages::text_with("status.little-room", &[("free", &free)]),
    };
    let tone = if forecast.level == Level::Now { Tone::Bad } else { Tone::Warning };
    Some(notice(tone, text, None))
}

/// What is wrong with the backups, the worst first.
pub(super) fn backup_warning(care: &Care) -> Option<(Tone, Text)> {
    let keys = care.backups.keys().read().unwrap_or_default();
    let (state, now) = (care.backups.state(), tram_journal::clock::now().unix_ms);
    if keys.sheet.is_empty() {
        return Some((Tone::Warning, messages::text("backups.no-sheet")));
    }
    if state.drill.has_failed() {
        return Some((Tone::Bad, messages::text("backups.drill-failed")));
    }
    if state.local.has_failed() || state.stick.has_failed() {
        return Some((Tone::Bad, messages::text("backups.failed")));
    }
    let since = now.saturating_sub(state.local.good_ms.max(keys.made_ms)) / DAY;
    if since >= BACKUP_DAYS {
        return Some((Tone::Warning, messages::text_with("backups.old", &[("days", &since.to_string())])));
    }
    keys.due(now).map(|_| (Tone::Warning, messages::text("backups.ask-words")))
}

fn row(label: Text, text: impl Into<Text>) -> DetailRow {
    DetailRow { label, values: vec![DetailValue { text: text.into(), href: None }] }
}

/// `/admin/status`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let heading = |text: Text| Widget::Heading { level: 2, text };
    let mut widgets = warnings(site, visit);
    if let Some(care) = site.care.clone() {
        if care.address.moved().is_some() {
            widgets.push(Widget::Steps {
                steps: vec![messages::text("status.fixed-router"), messages::text("status.fixed-cards")],
            });
            widgets.push(Widget::Actions {
                actions: vec![Action {
                    label: messages::text("status.address-seen"),
                    href: "/admin/status/address".into(),
                    post: true,
                    ..Action::default()
                }],
            });
        }
        widgets.push(heading(messages::text("status.disk")));
        widgets.push(Widget::Details { rows: disk(&care) });
        widgets.push(heading(messages::text("status.clock")));
        widgets.extend(clock(&care));
        widgets.push(heading(messages::text("backups.title")));
        widgets.push(Widget::Details { rows: super::backups::rows(&care) });
        widgets.push(Widget::Actions {
            actions: vec![Action {
                label: messages::text("backups.title"),
                href: "/admin/backups".into(),
                ..Action::default()
            }],
        });
    }
    widgets.push(heading(messages::text("status.machine")));
    widgets.push(Widget::Details { rows: machine() });
    widgets.push(heading(messages::text("status.network")));
    widgets.push(Widget::Details { rows: network_rows(site) });
    widgets.push(Widget::Actions {
        actions: vec![Action { label: messages::text("find.title"), href: "/find".into(), ..Action::default() }],
    });
    let mut page = Page::new(messages::text("status.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    let speed = speed(site, visit.language);
    reply::shell_with(site, visit, &page, speed, "")
}

fn disk(care: &Care) -> Vec<DetailRow> {
    let Ok(Forecast { disk, days, .. }) = care.space.forecast() else {
        return vec![row(messages::text("status.free"), "?")];
    };
    let days = match days {
        Some(days) => messages::text_with("status.days", &[("days", &days.max(0).to_string())]),
        None => messages::text("status.no-forecast"),
    };
    let free = messages::text_with("status.of", &[("part", &size(disk.free)), ("whole", &size(disk.total))]);
    vec![row(messages::text("status.free"), free), row(messages::text("status.forecast"), days)]
}

fn clock(care: &Care) -> Vec<Widget> {
    let status = care.clock.status();
    let quality = match status.quality {
        TimeQuality::Ntp => messages::text("status.clock-ntp"),
        TimeQuality::Browser => messages::text("status.clock-browser"),
        TimeQuality::Unset => messages::text("status.clock-unset"),
    };
    let mut rows = vec![
        row(messages::text("status.now"), moment(status.unix_ms)),
        row(messages::text("status.clock-by"), quality),
    ];
    if status.behind {
        rows.push(row(messages::text("status.clock-behind"), moment(status.built_ms)));
    }
    let mut widgets = vec![Widget::Details { rows }];
    if status.quality != TimeQuality::Ntp {
        widgets.push(Widget::Form(Form {
            action: "/admin/status/clock".into(),
            fields: vec![FormField {
                name: "browser-time".into(),
                kind: "clock".into(),
                label: messages::text("status.browser-time"),
                value: status.unix_ms.to_string(),
                ..FormField::default()
            }],
            submit: messages::text("status.take-time"),
            ..Form::default()
        }));
    }
    widgets
}

fn machine() -> Vec<DetailRow> {
    let system = System::read();
    let memory =
        messages::text_with("status.of", &[("part", &size(system.memory_available)), ("whole", &size(system.memory))]);
    let mut rows = vec![
        row(messages::text("admin.version"), env!("CARGO_PKG_VERSION")),
        row(messages::text("status.memory"), memory),
        row(messages::text("status.own-memory"), size(system.own_memory)),
    ];
    if let Some([one, five, fifteen]) = system.load {
        let text = format!("{one:.2} · {five:.2} · {fifteen:.2}");
        let label = messages::text_with("status.load", &[("processors", &system.processors.to_string())]);
        rows.push(row(label, text));
    }
    if let Some(heat) = system.temperature {
        rows.push(row(messages::text("status.temperature"), format!("{:.0} °C ({})", heat.celsius, heat.place)));
    }
    if let Some(uptime) = system.uptime {
        let hours = uptime.as_secs() / 3600;
        let text = messages::text_with(
            "status.hours",
            &[("days", &(hours / 24).to_string()), ("hours", &(hours % 24).to_string())],
        );
        rows.push(row(messages::text("status.uptime"), text));
    }
    rows
}

fn network_rows(site: &Site) -> Vec<DetailRow> {
    let held = site.care.as_ref().and_then(|care| care.names());
    let names = held.map(|names| names.get().join(", "));
    let names = names.map_or_else(|| messages::text_with("status.no-names", &[("name", &site.own_name())]), Text::from);
    let mut rows = vec![row(messages::text("status.names"), names)];
    for interface in network::interfaces().into_iter().filter(|interface| !interface.addresses.is_empty()) {
        let mut values: Vec<DetailValue> = interface
            .addresses
            .iter()
            .map(|address| DetailValue { text: address.to_string().into(), href: None })
            .collect();
        if !interface.mac.is_empty() {
            values.push(DetailValue { text: format!("MAC {}", interface.mac).into(), href: None });
        }
        rows.push(DetailRow { label: interface.name.into(), values });
    }
    rows
}

/// The box's own times, and the place where the script tells of the way to it.
fn speed(site: &Site, language: Language) -> Markup {
    let ms = |time: std::time::Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
    let own = match site.timing.taken() {
        Some(taken) => say_with(
            language,
            "status.replies",
            &[("half", &ms(taken.half)), ("most", &ms(taken.most)), ("count", &taken.count.to_string())],
        ),
        None => say(language, "status.no-replies").to_owned(),
    };
    html! {
        section {
            h2 { (say(language, "status.speed")) }
            p { (own) }
            p role="status" data-round-trip=(PING)
                data-good=(say(language, "status.speed-good"))
                data-network=(say(language, "status.speed-network"))
                data-box=(say(language, "status.speed-box"))
                data-failed=(say(language, "status.speed-failed")) { (say(language, "status.speed-wait")) }
            noscript { p { (say(language, "status.speed-no-script")) } }
        }
    }
}

/// `/admin/status/ping`: nothing, with the time that it took in `Server-Timing`, which
/// the router writes.
pub(super) fn ping(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    // As much work as a small page has: a reading of the journal.
    let well = site.journal.read().is_ok();
    let status = if well { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE };
    reply::bytes(status, "text/plain; charset=utf-8", "")
}

/// The header that tells the script what the box took.
pub(crate) fn server_timing(took: std::time::Duration) -> Option<(HeaderName, HeaderValue)> {
    let text = format!("box;dur={:.3}", took.as_secs_f64() * 1000.0);
    Some((HeaderName::from_static("server-timing"), HeaderValue::from_str(&text).ok()?))
}

/// `/admin/status/clock`: takes the time of the administrator's browser.
pub(super) fn take_time(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let (Some(form), Some(care)) = (form, site.care.clone()) else { return reply::see_other("/admin/status") };
    let taken = form.get("browser-time").parse::<i64>().ok().map(|time| care.clock.take_browser(time));
    match taken {
        Some(Ok(_)) | None => reply::see_other("/admin/status"),
        Some(Err(error)) => reply::problem(site, visit, StatusCode::UNPROCESSABLE_ENTITY, error.text()),
    }
}

/// `/admin/status/address`: the change of address was read.
pub(super) fn address_seen(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    if let (Some(_), Some(care)) = (form, &site.care) {
        care.address.dismiss();
    }
    reply::see_other("/admin/status")
}

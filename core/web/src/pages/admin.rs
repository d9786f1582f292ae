//! The administrator's page: the plugins with their state, the devices and the
//! certificate.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Badge, Card, Cards, Form, FormField, Page, Tone, Widget};
use tram_host::{PluginState, PluginStatus};
use tram_people::Error;

use super::{ShellForm, me, people, update};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/admin`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let plugins = site.plugins.plugins();
    let outcome = site.updates.as_ref().and_then(|updates| update::outcome(&updates.status().ok()?));
    let mut widgets: Vec<Widget> = outcome.into_iter().collect();
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.plugins") });
    widgets.push(if plugins.is_empty() {
        Widget::Empty { text: messages::text("admin.no-plugins"), links: Vec::new() }
    } else {
        Widget::Cards(Cards {
            label: messages::text("admin.plugins"),
            cards: plugins.iter().map(|status| plugin_card(site, status)).collect(),
            first: 0,
        })
    });
    widgets.push(Widget::Form(Form {
        action: "/admin/install".into(),
        fields: vec![FormField {
            name: "package".into(),
            kind: "file".into(),
            label: messages::text("admin.package"),
            help: messages::text("admin.package-help"),
            accept: ".wasm,.tram".into(),
            required: true,
            ..FormField::default()
        }],
        submit: messages::text("admin.look"),
        ..Form::default()
    }));
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.station") });
    if let Ok((ready, seen)) = site.people.devices() {
        let text = messages::text_with("tls.devices", &[("ready", &ready.to_string()), ("seen", &seen.to_string())]);
        widgets.push(Widget::Paragraph { text, quiet: false });
    }
    let link = |label: Text, href: &str| Action { label, href: href.into(), ..Action::default() };
    let mut actions = vec![
        link(messages::text("jobs.list"), "/jobs"),
        link(messages::text("station.title"), "/admin/station"),
        link(messages::text("stations.title"), "/admin/stations"),
        link(messages::text("status.title"), "/admin/status"),
        link(messages::text("backups.title"), "/admin/backups"),
        link(messages::text("templates.title"), "/admin/templates"),
        link(messages::text("tls.title"), "/tls"),
        link(messages::text("certificate.title"), "/admin/certificate"),
    ];
    if site.updates.is_some() {
        actions.push(link(messages::text("update.title"), "/admin/update"));
    }
    widgets.push(Widget::Actions { actions });
    let mut reply = reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("menu.admin"), widgets));
    if plugins.iter().any(|status| status.state == PluginState::Preparing) {
        reply.headers_mut().insert(header::REFRESH, HeaderValue::from_static("3"));
    }
    reply
}

pub(super) fn permitted(site: &Site, visit: &mut Visit, permission: &str) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds(permission) {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

pub(super) fn state(state: &PluginState) -> (Text, Tone, Option<Text>) {
    match state {
        PluginState::Running => (messages::text("admin.running"), Tone::Good, None),
        PluginState::Preparing => (messages::text("admin.preparing"), Tone::Warning, None),
        PluginState::Off { reason } => (messages::text("admin.off"), Tone::Neutral, Some(reason.clone())),
        PluginState::Failed { reason } => (messages::text("admin.failed"), Tone::Bad, Some(reason.clone())),
    }
}

fn plugin_card(site: &Site, status: &PluginStatus) -> Card {
    let (text, tone, _) = state(&status.state);
    let mut badges = vec![Badge { text, tone }];
    let parked = site.plugins.host().and_then(|host| host.parked_events(&status.id).ok()).map_or(0, |all| all.len());
    if parked > 0 {
        let text = messages::text_with("events.count", &[("count", &parked.to_string())]);
        badges.push(Badge { text, tone: Tone::Warning });
    }
    Card {
        title: status.manifest.name.clone(),
        href: format!("/admin/plugin/{}", status.id),
        subtitle: status.manifest.description.clone(),
        facts: vec![
            Text::from(status.manifest.version.as_str()),
            messages::text_with("admin.uses", &[("size", &size(used(status)))]),
        ],
        badges,
        ..Card::default()
    }
}

pub(super) fn used(status: &PluginStatus) -> u64 {
    let usage = &status.usage;
    usage.values + usage.history + usage.blobs + usage.index + usage.scratch
}

/// Bytes as people read them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

pub(super) fn failed(site: &Site, visit: &mut Visit, error: &tram_host::Error) -> Response<Body> {
    let status = match error {
        tram_host::Error::Package(_) => StatusCode::UNPROCESSABLE_ENTITY,
        tram_host::Error::NoPlugin(_) => StatusCode::NOT_FOUND,
        tram_host::Error::NotAllowed(_) => StatusCode::FORBIDDEN,
        other => {
            log::error!("plugins: {other}");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    reply::problem(site, visit, status, error.text())
}

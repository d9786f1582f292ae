//! The administrator's page: plugins, what each may do and uses, the devices and the
//! certificate.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{
    Action, Badge, Card, Cards, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget,
};
use tram_host::{Host, PluginState, PluginStatus};
use tram_people::Error;

use super::{ShellForm, me, people, segment};
use crate::drafts::Purpose;
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
    let mut widgets = vec![Widget::Heading { level: 2, text: messages::text("admin.plugins") }];
    widgets.push(if plugins.is_empty() {
        Widget::Empty { text: messages::text("admin.no-plugins"), links: Vec::new() }
    } else {
        Widget::Cards(Cards {
            label: messages::text("admin.plugins"),
            cards: plugins.iter().map(plugin_card).collect(),
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
    widgets.push(Widget::Actions {
        actions: vec![
            link(messages::text("tls.title"), "/tls"),
            link(messages::text("certificate.title"), "/admin/certificate"),
        ],
    });
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("menu.admin"), widgets))
}

fn permitted(site: &Site, visit: &mut Visit, permission: &str) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds(permission) {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

fn state(state: &PluginState) -> (Text, Tone, Option<Text>) {
    match state {
        PluginState::Running => (messages::text("admin.running"), Tone::Good, None),
        PluginState::Preparing => (messages::text("admin.preparing"), Tone::Warning, None),
        PluginState::Off { reason } => (messages::text("admin.off"), Tone::Neutral, Some(reason.clone())),
        PluginState::Failed { reason } => (messages::text("admin.failed"), Tone::Bad, Some(reason.clone())),
    }
}

fn plugin_card(status: &PluginStatus) -> Card {
    let (text, tone, _) = state(&status.state);
    Card {
        title: status.manifest.name.clone(),
        href: format!("/admin/plugin/{}", status.id),
        subtitle: status.manifest.description.clone(),
        facts: vec![
            Text::from(status.manifest.version.as_str()),
            messages::text_with("admin.uses", &[("size", &size(used(status)))]),
        ],
        badges: vec![Badge { text, tone }],
        ..Card::default()
    }
}

fn used(status: &PluginStatus) -> u64 {
    let usage = &status.usage;
    usage.values + usage.history + usage.blobs + usage.index + usage.scratch
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// `/admin/plugin/ID`: what it may do and why, what it uses, switching it.
pub(super) fn plugin(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let id = segment(&visit.path, 2);
    let Some(status) = site.plugins.plugins().into_iter().find(|status| status.id == id) else {
        return people::failed(site, visit, &Error::Missing("plugin"));
    };
    let (text, tone, reason) = state(&status.state);
    let mut widgets = vec![Widget::Notice { tone, text: reason.unwrap_or(text), links: Vec::new() }];
    widgets.push(Widget::Paragraph { text: status.manifest.description.clone(), quiet: false });
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.may") });
    widgets.push(Widget::Steps { steps: status.sentences.clone() });
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.use") });
    let row =
        |label: Text, value: String| DetailRow { label, values: vec![DetailValue { text: value.into(), href: None }] };
    let limits = &status.manifest.limits;
    let or_usual = |value: Option<u32>, unit: &str| {
        value.map_or_else(|| messages::text("admin.usual"), |value| Text::from(format!("{value} {unit}")))
    };
    let limit = |label: Text, value: Text| DetailRow { label, values: vec![DetailValue { text: value, href: None }] };
    widgets.push(Widget::Details {
        rows: vec![
            row(messages::text("admin.version"), format!("{} · {}", status.manifest.version, status.manifest.vendor)),
            row(messages::text("admin.stored"), size(used(&status))),
            row(messages::text("admin.calls"), status.calls.to_string()),
            row(messages::text("admin.failures"), status.failures.to_string()),
            limit(messages::text("admin.limit-storage"), or_usual(limits.storage, "MB")),
            limit(messages::text("admin.limit-memory"), or_usual(limits.memory, "MB")),
            limit(messages::text("admin.limit-time"), or_usual(limits.time, "ms")),
            row(messages::text("admin.hash"), status.hash.clone()),
        ],
    });
    let off = matches!(status.state, PluginState::Off { .. });
    let action = |label: Text, end: &str, tone: Tone, confirm: Option<Text>, values: Vec<(String, String)>| Action {
        label,
        href: format!("/admin/plugin/{id}/{end}"),
        post: true,
        tone,
        confirm,
        values,
        ..Action::default()
    };
    let mut actions = vec![match off {
        true => {
            action(messages::text("admin.switch-on"), "switch", Tone::Primary, None, vec![("on".into(), "1".into())])
        }
        false => action(
            messages::text("admin.switch-off"),
            "switch",
            Tone::Warning,
            Some(messages::text("admin.switch-off-question")),
            Vec::new(),
        ),
    }];
    if !status.embedded {
        let with_data = vec![("data".to_owned(), "1".to_owned())];
        actions.push(action(
            messages::text("admin.remove"),
            "remove",
            Tone::Bad,
            Some(messages::text("admin.remove-question")),
            Vec::new(),
        ));
        actions.push(action(
            messages::text("admin.remove-data"),
            "remove",
            Tone::Bad,
            Some(messages::text("admin.remove-data-question")),
            with_data,
        ));
    }
    widgets.push(Widget::Actions { actions });
    let mut page = Page::new(status.manifest.name.clone(), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// `/admin/plugin/ID/switch` and `/admin/plugin/ID/remove`.
pub(super) fn change(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let (id, what) = (segment(&visit.path, 2), segment(&visit.path, 3));
    let (Some(form), Some(host)) = (form, site.plugins.host()) else {
        return reply::see_other(&format!("/admin/plugin/{id}"));
    };
    let removes = what == "remove";
    let done = match removes {
        true => host.remove(&id, form.get("data") == "1", &visit.principal),
        false => host.set_enabled(&id, form.get("on") == "1", &visit.principal),
    };
    site.forget_facts();
    match done {
        Ok(()) if removes => reply::see_other("/admin"),
        Ok(()) => reply::see_other(&format!("/admin/plugin/{id}")),
        Err(error) => failed(site, visit, &error),
    }
}

/// `/admin/install`: the package is looked at, its sentences are read, then it is
/// installed or not.
pub(super) fn install(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let person = visit.principal.person.clone().unwrap_or_default();
    let (Some(mut form), Some(host)) = (form, site.plugins.host()) else { return reply::see_other("/admin") };
    if form.get("step") == "install" {
        let Some(package) = site.drafts.get(&person, Purpose::Package) else { return reply::see_other("/admin") };
        let installed = host.install(package.to_vec(), &visit.principal);
        site.drafts.drop(&person, Purpose::Package);
        site.forget_facts();
        return match installed {
            Ok(status) => reply::see_other(&format!("/admin/plugin/{}", status.id)),
            Err(error) => failed(site, visit, &error),
        };
    }
    let Some((_, package)) = form.take_file("package") else { return reply::see_other("/admin") };
    look(site, visit, host, &person, package)
}

fn look(site: &Site, visit: &mut Visit, host: &Host, person: &str, package: Vec<u8>) -> Response<Body> {
    let found = match host.inspect(&package) {
        Ok(found) => found,
        Err(error) => return failed(site, visit, &error),
    };
    let manifest = &found.manifest;
    let mut widgets = vec![Widget::Paragraph { text: manifest.description.clone(), quiet: false }];
    let row =
        |label: Text, value: &str| DetailRow { label, values: vec![DetailValue { text: value.into(), href: None }] };
    widgets.push(Widget::Details {
        rows: vec![
            row(messages::text("admin.vendor"), &manifest.vendor),
            row(messages::text("admin.version"), &manifest.version),
            row(messages::text("admin.hash"), &found.hash),
        ],
    });
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.may") });
    widgets.push(Widget::Steps { steps: found.sentences.clone() });
    if found.problems.is_empty() {
        site.drafts.keep(person, Purpose::Package, package);
        widgets.push(Widget::Notice { tone: Tone::Warning, text: messages::text("admin.trust"), links: Vec::new() });
        widgets.push(Widget::Actions {
            actions: vec![
                Action {
                    label: messages::text("admin.install"),
                    href: "/admin/install".into(),
                    post: true,
                    tone: Tone::Primary,
                    values: vec![("step".into(), "install".into())],
                    ..Action::default()
                },
                Action { label: messages::text("admin.not"), href: "/admin".into(), ..Action::default() },
            ],
        });
    } else {
        for problem in &found.problems {
            widgets.push(Widget::Notice { tone: Tone::Bad, text: problem.clone(), links: Vec::new() });
        }
    }
    let mut page = Page::new(manifest.name.clone(), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// `/admin/certificate`: the school's own certificate and key, as PEM.
pub(super) fn certificate(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit, "station.manage") {
        return *reply;
    }
    let taken = form.map(|form| site.tls.take_own(form.get("chain").to_owned(), form.get("key").to_owned()));
    let error = match taken {
        Some(Ok(())) => return reply::see_other("/admin/certificate"),
        Some(Err(error)) => Some(messages::text_with("certificate.wrong", &[("reason", &error.to_string())])),
        None => None,
    };
    let mut widgets = Vec::new();
    if site.tls.has_own() {
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("certificate.used"), links: Vec::new() });
    }
    widgets.push(Widget::Paragraph { text: messages::text("certificate.about"), quiet: false });
    let field = |name: &str, label: Text| FormField {
        name: name.into(),
        kind: "textarea".into(),
        label,
        required: true,
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: "/admin/certificate".into(),
        fields: vec![
            field("chain", messages::text("certificate.chain")),
            field("key", messages::text("certificate.key")),
        ],
        submit: messages::text("certificate.take"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    }));
    let mut page = Page::new(messages::text("certificate.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, status, &page)
}

fn failed(site: &Site, visit: &mut Visit, error: &tram_host::Error) -> Response<Body> {
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

//! The page of one plugin: what it may do, decided right by right, its limits and
//! what it uses, its jobs, events that it could not handle, switching and removing.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, DetailRow, DetailValue, Form, Link, Page, Tone, Widget};
use tram_host::{Host, ParkedEvent, PluginState, PluginStatus};
use tram_people::Error;

use super::moment::moment;
use super::{ShellForm, admin, jobs, people, rights, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Jobs that the page of a plugin shows.
const JOBS: usize = 5;
/// Parked events that it shows at once.
const EVENTS: usize = 20;

/// `/admin/plugin/ID`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let id = segment(&visit.path, 2);
    let Some(status) = site.plugins.plugins().into_iter().find(|status| status.id == id) else {
        return people::failed(site, visit, &Error::Missing("plugin"));
    };
    let mut wrong = None;
    if let (Some(form), Some(host)) = (form, site.plugins.host()) {
        match rights::decided(&form, &status.manifest) {
            Ok(consent) => {
                let done = host.decide(&id, &consent, &visit.principal);
                site.forget_facts();
                return match done {
                    Ok(()) => reply::see_other(&format!("/admin/plugin/{id}")),
                    Err(error) => admin::failed(site, visit, &error),
                };
            }
            Err(text) => wrong = Some(text),
        }
    }
    let code = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let preparing = status.state == PluginState::Preparing;
    let (text, tone, reason) = admin::state(&status.state);
    let mut widgets = vec![
        Widget::Notice { tone, text: reason.unwrap_or(text), links: Vec::new() },
        Widget::Paragraph { text: status.manifest.description.clone(), quiet: false },
        uses(site, &status),
    ];
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.may") });
    widgets.extend(status.manifest.openness().map(|text| Widget::Paragraph { text, quiet: false }));
    let mut fields = rights::fields(&status.rights);
    fields.extend(rights::limit_fields(status.ceilings, &status.manifest));
    widgets.push(Widget::Form(Form {
        action: format!("/admin/plugin/{id}"),
        fields,
        submit: messages::text("admin.decide"),
        error: wrong,
        ..Form::default()
    }));
    if let Some(host) = site.plugins.host() {
        widgets.extend(work(host, &status, visit));
    }
    widgets.push(Widget::Heading { level: 2, text: messages::text("admin.switching") });
    widgets.push(Widget::Actions { actions: actions(&status) });
    let mut page = Page::new(status.manifest.name.clone(), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    let mut reply = reply::shell(site, visit, code, &page);
    if preparing {
        // It is ready in seconds; the page that says so comes by itself, without script.
        reply.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    reply
}

/// A hexadecimal key in groups that eyes and narrow screens can take.
pub(super) fn grouped(key: &str) -> String {
    let digits: Vec<char> = key.chars().collect();
    digits.chunks(8).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Who published it, as the pages say it.
pub(super) fn publisher(key: Option<&str>) -> Text {
    key.map_or_else(|| messages::text("admin.unsigned"), |key| Text::from(grouped(key)))
}

/// A row of details with one text.
pub(super) fn row(label: Text, value: impl Into<Text>) -> DetailRow {
    DetailRow { label, values: vec![DetailValue { text: value.into(), href: None }] }
}

/// The name of an actor, for administrators.
pub(super) fn who(site: &Site, actor: &str) -> Text {
    match actor {
        "system" | "console" => messages::text("admin.by-station"),
        person => match site.people.person(person) {
            Ok(Some(person)) => Text::from(person.name),
            _ => Text::from(person),
        },
    }
}

fn uses(site: &Site, status: &PluginStatus) -> Widget {
    let (memory, time) = status.limits;
    let of = |used: u64, most: Option<u64>| {
        let used = admin::size(used);
        most.map_or_else(
            || Text::from(used.clone()),
            |most| messages::text_with("admin.of", &[("used", &used), ("most", &admin::size(most))]),
        )
    };
    let (by, at) = &status.decided;
    let by = who(site, by);
    let decided = |language: &str| format!("{} · {}", by.get(language), moment(*at));
    let mut rows = vec![
        row(messages::text("admin.version"), format!("{} · {}", status.manifest.version, status.manifest.vendor)),
        row(messages::text("admin.stored"), of(admin::used(status), status.usage.quota)),
        row(messages::text("admin.limit-memory"), format!("{} MB", memory >> 20)),
        row(messages::text("admin.limit-time"), format!("{} ms", time.as_millis())),
        row(messages::text("admin.calls"), status.calls.to_string()),
        row(messages::text("admin.failures"), status.failures.to_string()),
        row(messages::text("admin.decided"), Text::vi_en(decided("vi"), decided("en"))),
    ];
    if !status.embedded {
        rows.push(row(messages::text("admin.publisher"), publisher(status.publisher.as_deref())));
    }
    rows.push(row(messages::text("admin.hash"), grouped(&status.hash)));
    Widget::Details { rows }
}

/// Its latest jobs and parked events.
fn work(host: &Host, status: &PluginStatus, visit: &Visit) -> Vec<Widget> {
    let mut widgets = Vec::new();
    let filter = tram_host::JobFilter { plugin: Some(status.id.clone()), ..Default::default() };
    match host.jobs(&filter, JOBS) {
        Ok(found) if found.is_empty() => {}
        Ok(found) => {
            widgets.push(Widget::Heading { level: 2, text: messages::text("jobs.list") });
            widgets.push(jobs::table(&found, std::slice::from_ref(status), visit));
            let all = Action {
                label: messages::text("jobs.all"),
                href: format!("/jobs?plugin={}", crate::query::encode(&status.id)),
                ..Action::default()
            };
            widgets.push(Widget::Actions { actions: vec![all] });
        }
        Err(error) => log::error!("the jobs of {} were not read: {error}", status.id),
    }
    match host.parked_events(&status.id) {
        Ok(parked) if parked.is_empty() => {}
        Ok(parked) => {
            widgets.push(Widget::Heading { level: 2, text: messages::text("events.parked") });
            widgets.push(Widget::Paragraph { text: messages::text("events.about"), quiet: true });
            for event in parked.iter().take(EVENTS) {
                widgets.extend(parked_event(event));
            }
            if let Some(more) = parked.len().checked_sub(EVENTS).filter(|more| *more > 0) {
                let text = messages::text_with("events.more", &[("count", &more.to_string())]);
                widgets.push(Widget::Paragraph { text, quiet: true });
            }
        }
        Err(error) => log::error!("the parked events of {} were not read: {error}", status.id),
    }
    widgets
}

fn parked_event(event: &ParkedEvent) -> [Widget; 2] {
    let act = |label: Text, end: &str, tone: Tone, confirm: Option<Text>| Action {
        label,
        href: format!("/admin/plugin/{}/{end}", event.plugin),
        post: true,
        tone,
        confirm,
        values: vec![("place".into(), event.place.clone())],
        ..Action::default()
    };
    let sequence = event.sequence.to_string();
    let text = messages::text_with(
        "events.one",
        &[("topic", &event.topic), ("sequence", &sequence), ("reason", &event.reason)],
    );
    [
        Widget::Notice { tone: Tone::Warning, text, links: Vec::new() },
        Widget::Actions {
            actions: vec![
                act(messages::text("events.retry"), "retry", Tone::Neutral, None),
                act(messages::text("events.drop"), "drop", Tone::Bad, Some(messages::text("events.drop-question"))),
            ],
        },
    ]
}

fn actions(status: &PluginStatus) -> Vec<Action> {
    let id = &status.id;
    let off = matches!(status.state, PluginState::Off { .. } | PluginState::Failed { .. });
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
    actions
}

/// `/admin/plugin/ID/…`: switched, removed; a parked event tried again or given up.
pub(super) fn change(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let (id, what) = (segment(&visit.path, 2), segment(&visit.path, 3));
    let back = format!("/admin/plugin/{id}");
    let (Some(form), Some(host)) = (form, site.plugins.host()) else { return reply::see_other(&back) };
    let by = &visit.principal;
    let done = match what.as_str() {
        "remove" => host.remove(&id, form.get("data") == "1", by),
        "drop" => host.drop_event(&id, form.get("place"), by),
        "retry" => match host.retry_event(&id, form.get("place"), by) {
            Ok(()) => Ok(()),
            Err(error) => {
                let text = error.text();
                let why = |language: &str| {
                    messages::text_with("events.again", &[("reason", text.get(language))]).get(language).to_owned()
                };
                let text = Text::vi_en(why("vi"), why("en"));
                return reply::problem(site, visit, StatusCode::CONFLICT, text);
            }
        },
        _ => host.set_enabled(&id, form.get("on") == "1", by),
    };
    site.forget_facts();
    match done {
        Ok(()) if what == "remove" => reply::see_other("/admin"),
        Ok(()) => reply::see_other(&back),
        Err(error) => admin::failed(site, visit, &error),
    }
}

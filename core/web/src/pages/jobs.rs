//! Jobs: the list with their reports, and how far one is, as JSON for the page that
//! waits and as a page for people.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;
use tram_contract::Text;
use tram_contract::page::{Action, Cell, Choice, Column, Form, FormField, Link, Page, Progress, Table, Tone, Widget};
use tram_host::{JobFilter, JobState, JobStatus, PluginStatus};

use super::moment::moment;
use super::{ShellForm, me, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Jobs of one page of the list.
const MOST: usize = 100;

/// The states, in the order of the filter.
const STATES: [JobState; 5] =
    [JobState::Running, JobState::Waiting, JobState::Failed, JobState::Done, JobState::Cancelled];

/// The state of a job in words, and how it is meant.
fn state_words(state: JobState) -> (Text, Tone) {
    match state {
        JobState::Waiting => (messages::text("jobs.is-waiting"), Tone::Neutral),
        JobState::Running => (messages::text("jobs.is-running"), Tone::Primary),
        JobState::Done => (messages::text("jobs.is-done"), Tone::Good),
        JobState::Failed => (messages::text("jobs.is-failed"), Tone::Bad),
        JobState::Cancelled => (messages::text("jobs.is-cancelled"), Tone::Warning),
    }
}

/// `/jobs`: an administrator sees all, everybody else what they started.
pub(super) fn list(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    let Some(host) = site.plugins.host() else {
        return reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    };
    let filter = JobFilter {
        plugin: visit.asked("plugin").filter(|plugin| !plugin.is_empty()).map(str::to_owned),
        state: STATES.into_iter().find(|state| visit.asked("state") == Some(state.word())),
        by: if visit.principal.holds("plugins.manage") { None } else { visit.principal.person.clone() },
    };
    let jobs = match host.jobs(&filter, MOST) {
        Ok(jobs) => jobs,
        Err(error) => {
            log::error!("the jobs were not read: {error}");
            let text = messages::text("error.server-text");
            return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, text);
        }
    };
    let plugins = site.plugins.plugins();
    let every = |label: Text| Choice { value: String::new(), label };
    let mut states = vec![every(messages::text("jobs.any-state"))];
    states.extend(STATES.iter().map(|state| Choice { value: state.word().into(), label: state_words(*state).0 }));
    let mut parts = vec![every(messages::text("jobs.any-plugin"))];
    parts.extend(
        plugins
            .iter()
            .filter(|status| !status.manifest.job.is_empty())
            .map(|status| Choice { value: status.id.clone(), label: status.manifest.name.clone() }),
    );
    let select = |name: &str, label: Text, value: String, choices: Vec<Choice>| FormField {
        name: name.into(),
        kind: "select".into(),
        label,
        value,
        choices,
        ..FormField::default()
    };
    let state = filter.state.map(|state| state.word().to_owned()).unwrap_or_default();
    let mut widgets = vec![Widget::Form(Form {
        action: "/jobs".into(),
        method: "get".into(),
        inline: true,
        fields: vec![
            select("state", messages::text("jobs.state"), state, states),
            select("plugin", messages::text("jobs.plugin"), filter.plugin.clone().unwrap_or_default(), parts),
        ],
        submit: messages::text("jobs.show"),
        ..Form::default()
    })];
    widgets.push(if jobs.is_empty() {
        Widget::Empty { text: messages::text("jobs.none"), links: Vec::new() }
    } else {
        table(&jobs, &plugins, visit)
    });
    if jobs.len() == MOST {
        let text = messages::text_with("jobs.latest", &[("count", &MOST.to_string())]);
        widgets.push(Widget::Paragraph { text, quiet: true });
    }
    let mut page = Page::new(messages::text("jobs.list"), widgets);
    if visit.principal.holds("plugins.manage") {
        page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    }
    let mut reply = reply::shell(site, visit, StatusCode::OK, &page);
    if jobs.iter().any(|job| !job.state.is_over()) {
        // What moves is shown moving, without script too.
        reply.headers_mut().insert(header::REFRESH, HeaderValue::from_static("5"));
    }
    reply
}

/// The name of a job in its plugin's words; its id where the plugin is gone.
fn name(job: &JobStatus, plugins: &[PluginStatus]) -> Text {
    plugins
        .iter()
        .find(|status| status.id == job.plugin)
        .and_then(|status| status.manifest.job.iter().find(|declared| declared.name == job.job))
        .map_or_else(|| Text::from(format!("{} {}", job.plugin, job.job)), |declared| declared.label.clone())
}

/// The file that a job's outcome names as its report, as a link.
fn report(job: &JobStatus, plugins: &[PluginStatus]) -> Option<String> {
    let outcome: serde_json::Value = serde_json::from_slice(&job.outcome).ok()?;
    let blob = outcome.get("report")?.as_str()?;
    let base = plugins.iter().find(|status| status.id == job.plugin)?.manifest.base();
    let plain = !blob.is_empty() && blob.len() <= 128 && blob.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then(|| format!("{base}/blob/{blob}"))
}

/// What a job says; with its report it is the link to it, so that the table keeps to a
/// narrow screen.
fn said(job: &JobStatus, has_report: bool) -> Text {
    let says = words(job);
    if !has_report {
        return says;
    }
    let report = messages::text("jobs.report");
    let both = |language: &str| format!("{} · {}", says.get(language), report.get(language));
    Text::vi_en(both("vi"), both("en"))
}

/// A table of jobs with their state, what they say, and their reports.
pub(super) fn table(jobs: &[JobStatus], plugins: &[PluginStatus], visit: &Visit) -> Widget {
    let column = |label: Text| Column { label, numeric: false };
    let cell = |text: Text, href: Option<String>| Cell { text, href, tone: None };
    let rows = jobs
        .iter()
        .map(|job| {
            let (state, tone) = state_words(job.state);
            let far = match (job.total, job.state.is_over()) {
                (0, _) | (_, true) => String::new(),
                (total, false) => format!(" {} %", job.done.saturating_mul(100) / total),
            };
            let state = Text::from(format!("{}{far}", visit.language.of_text(&state)));
            let report = report(job, plugins);
            vec![
                cell(name(job, plugins), Some(format!("/jobs/{}", job.id))),
                Cell { text: state, href: None, tone: Some(tone) },
                cell(moment(job.started_ms).into(), None),
                cell(said(job, report.is_some()), report),
            ]
        })
        .collect();
    Widget::Table(Table {
        caption: messages::text("jobs.list"),
        columns: vec![
            column(messages::text("jobs.job")),
            column(messages::text("jobs.state")),
            column(messages::text("jobs.started")),
            column(messages::text("jobs.says")),
        ],
        rows,
    })
}

/// `/jobs/ID`: for whoever started the job, and for administrators.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let Some(job) = job(site, visit) else {
        return reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    };
    let running = matches!(job.state, JobState::Waiting | JobState::Running);
    let message = words(&job);
    if visit.wants_json() {
        let document = json!({
            "id": job.id, "state": job.state.word(), "running": running, "done": job.done, "total": job.total,
            "message": visit.language.of_text(&message),
        });
        return reply::bytes(StatusCode::OK, "application/json", document.to_string());
    }
    let mut widgets = vec![Widget::Progress(Progress {
        job: job.id.clone(),
        done: job.done,
        total: job.total,
        message,
        running,
        then: None,
    })];
    if running {
        widgets.push(Widget::Actions {
            actions: vec![Action {
                label: messages::text("jobs.cancel"),
                href: format!("/jobs/{}/cancel", job.id),
                post: true,
                tone: Tone::Bad,
                confirm: Some(messages::text("jobs.cancel-question")),
                ..Action::default()
            }],
        });
    }
    let plugins = site.plugins.plugins();
    if let Some(href) = report(&job, &plugins) {
        let action = Action { label: messages::text("jobs.report"), href, ..Action::default() };
        widgets.push(Widget::Actions { actions: vec![action] });
    }
    let mut page = Page::new(name(&job, &plugins), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("jobs.list"), "/jobs")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// Stops a job. What its finished steps wrote stays, as the job's own plugin says.
pub(super) fn cancel(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(job) = job(site, visit) else {
        return reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    };
    if form.is_some() {
        site.plugins.cancel_job(&job.id);
    }
    reply::see_other(&format!("/jobs/{}", job.id))
}

fn job(site: &Site, visit: &Visit) -> Option<JobStatus> {
    let job = site.plugins.job(&segment(&visit.path, 1)).ok().flatten()?;
    let own = job.by.is_some() && job.by == visit.principal.person;
    (own || visit.principal.holds("plugins.manage")).then_some(job)
}

fn words(job: &JobStatus) -> Text {
    // A job's message may be a map of languages in JSON, or plain.
    let said = serde_json::from_str(&job.message).unwrap_or_else(|_| Text::from(job.message.as_str()));
    match job.state {
        _ if !said.is_empty() => said,
        JobState::Waiting => messages::text("jobs.waiting"),
        JobState::Running => messages::text("jobs.running"),
        JobState::Done => messages::text("jobs.done"),
        JobState::Failed => messages::text("jobs.failed"),
        JobState::Cancelled => messages::text("jobs.cancelled"),
    }
}

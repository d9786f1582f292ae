//! How far a job is: JSON for the page that waits, a page for people.

use hyper::{Response, StatusCode};
use serde_json::json;
use tram_contract::Text;
use tram_contract::page::{Action, Page, Progress, Tone, Widget};
use tram_host::{JobState, JobStatus};

use super::{ShellForm, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/jobs/ID`: for whoever started the job, and for administrators.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let Some(job) = job(site, visit) else {
        return reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    };
    let running = matches!(job.state, JobState::Waiting | JobState::Running);
    let message = words(&job);
    if visit.wants_json() {
        let state = match job.state {
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        };
        let document = json!({
            "id": job.id, "state": state, "running": running, "done": job.done, "total": job.total,
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
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("jobs.title"), widgets))
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

//! Taking everything out.

use tram_contract::Text;
use tram_contract::page::{Action, DetailRow, DetailValue, Form, Tone, Widget};
use tram_sdk::{Error, Request, Response, Result, blobs, jobs};

use super::say;
use crate::access::Who;
use crate::messages as m;
use crate::takeout::Outcome;

/// The page: start it, see how far it is, fetch what came of it.
///
/// # Errors
/// As the jobs.
pub fn page(request: &Request, _who: &Who) -> Result<Response> {
    let say = say(request);
    let mut page = say.page(&m::EXPORT, vec![Widget::Paragraph { text: say.t(&m::EXPORT_INTRO), quiet: false }]);
    let runs = jobs::recent("export", 5)?;
    let alive = runs.iter().find(|run| run.is_alive());
    if let Some(run) = alive {
        page.widgets.push(run.widget(Some("export".into())));
    } else {
        page.widgets.push(Widget::Form(Form {
            action: "export".into(),
            method: "post".into(),
            submit: say.t(&m::EXPORT_START),
            tone: Tone::Primary,
            ..Form::default()
        }));
    }
    for run in runs.iter().filter(|run| run.state == "done") {
        let outcome: Outcome = run.outcome()?;
        let text = say.with(&m::EXPORT_DONE, &[&outcome.items.to_string(), &outcome.files.to_string()]);
        page.widgets.push(Widget::Notice { tone: Tone::Good, text, links: Vec::new() });
        let mut actions = Vec::new();
        for (at, (blob, name)) in outcome.archives.iter().enumerate() {
            if blobs::stat(blob)?.is_some() {
                actions.push(Action {
                    label: Text::from(name.as_str()),
                    href: format!("exports/{}/{at}", run.id),
                    ..Action::default()
                });
            }
        }
        if actions.is_empty() {
            page.widgets.push(Widget::Paragraph { text: say.t(&m::NO_FILE_THERE), quiet: true });
        }
        page.widgets.push(Widget::Actions { actions });
        if outcome.left > 0 {
            let text = say.with(&m::LEFT_OUT_COUNT, &[&outcome.left.to_string()]);
            page.widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
        }
        if !outcome.left_out.is_empty() {
            let values =
                outcome.left_out.iter().map(|name| DetailValue { text: Text::from(name.as_str()), href: None });
            let rows = vec![DetailRow { label: say.t(&m::LEFT_OUT), values: values.collect() }];
            page.widgets.push(Widget::Details { rows });
        }
    }
    for run in runs.iter().filter(|run| run.state == "failed").take(1) {
        page.widgets.push(Widget::Notice { tone: Tone::Bad, text: run.text(), links: Vec::new() });
    }
    Ok(Response::page(&page))
}

/// Starts it.
///
/// # Errors
/// As the jobs.
pub fn start(_request: &Request, _who: &Who) -> Result<Response> {
    if !jobs::recent("export", 3)?.iter().any(jobs::JobStatus::is_alive) {
        jobs::start("export", &())?;
    }
    Ok(Response::redirect("export"))
}

/// An archive that came of it.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn file(request: &Request) -> Result<Response> {
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    let run =
        jobs::status(request.param("job").unwrap_or_default())?.filter(|run| run.job == "export").ok_or_else(gone)?;
    let outcome: Outcome = run.outcome().map_err(|_| gone())?;
    let at: usize = request.param("part").and_then(|text| text.parse().ok()).ok_or_else(gone)?;
    let (blob, name) = outcome.archives.get(at).ok_or_else(gone)?;
    if blobs::stat(blob)?.is_none() {
        return Err(gone());
    }
    Ok(Response::blob(blob.clone()).download(name))
}

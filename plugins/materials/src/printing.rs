//! The monthly proof document as a PDF, in the form that the school gave it: one step
//! gathers the lines and asks for the document, the next has it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tram_contract::Text;
use tram_contract::page::{Action, Link, Tone, Widget};
use tram_sdk::{Error, Principal, Progress, Request, Response, Result, Step, code, jobs, print};

use crate::access::Who;
use crate::messages as m;
use crate::pages::{Say, proof, say};

/// What is asked for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Asked {
    month: String,
    group: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The document.
    pub blob: String,
    /// Its file's name.
    pub name: String,
    /// Whose it is: it holds what that person may see.
    pub person: String,
    /// What the printer says of it.
    pub warnings: Vec<Text>,
}

/// One step.
///
/// # Errors
/// As the store; the document's, when its template is wrong.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    let asked: Asked = serde_json::from_slice(state)?;
    let name = format!("minh-chung-{}.pdf", asked.month);
    let progress = |done| Progress::new(done, 2, m::PROOF_PRINTING.text());
    if !first {
        let printed = print::outcome()?.ok_or_else(|| Error::not_found(m::NO_FILE_THERE.text()))?;
        let person = by.person.clone().unwrap_or_default();
        return Step::done(progress(2), &Outcome { blob: printed.blob, name, person, warnings: printed.warnings });
    }
    // An official form is in Vietnamese, whoever prints it.
    let say = Say("vi", &m::MATERIALS);
    let who = Who::of(by)?;
    let groups = crate::authors::groups()?;
    let group = groups.iter().find(|(id, _)| *id == asked.group).map(|(_, name)| name.clone());
    let rows: Vec<_> = proof::lines(&who, &asked.month, &asked.group, &say)?
        .into_iter()
        .map(|line| {
            json!({
                "teacher": line.teacher, "item": line.title, "kind": line.kind, "submitted": line.submitted,
                "group": line.group, "leadership": line.leadership, "reviewer": line.reviewers,
            })
        })
        .collect();
    let data = json!({
        "month": proof::shown(&asked.month),
        "group": group.unwrap_or_else(|| m::ALL_GROUPS.get(say.0).to_owned()),
        "rows": rows,
    });
    print::begin("proof", &data, &name)?;
    Step::again(progress(1), &asked)
}

/// Starts it.
///
/// # Errors
/// As the jobs.
pub fn start(request: &Request, _who: &Who) -> Result<Response> {
    let month = proof::as_month(request.form("month").unwrap_or_default())
        .ok_or_else(|| Error::new(code::BAD_REQUEST, m::NO_PAGE.text()))?;
    let asked = Asked { month: month.to_owned(), group: request.form("group").unwrap_or_default().to_owned() };
    let job = jobs::start("proof", &asked)?;
    Ok(Response::redirect(format!("proof/{job}")))
}

fn job(request: &Request) -> Result<jobs::JobStatus> {
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    jobs::status(request.param("job").unwrap_or_default())?.filter(|run| run.job == "proof").ok_or_else(gone)
}

/// The document of a job, for whom it was made.
fn outcome(run: &jobs::JobStatus, who: &Who) -> Result<Outcome> {
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    run.outcome::<Outcome>().ok().filter(|outcome| outcome.person == who.person).ok_or_else(gone)
}

/// How far it is, then where it is.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let run = job(request)?;
    let mut page = say.page(&m::PROOF, Vec::new());
    page.breadcrumbs.push(say.link(&m::PROOF, "proof"));
    if run.is_alive() {
        page.widgets.push(run.widget(Some(format!("proof/{}", run.id))));
        return Ok(Response::page(&page));
    }
    if run.state != "done" {
        let links = vec![Link::new(say.t(&m::PROOF), "proof")];
        page.widgets.push(Widget::Notice { tone: Tone::Bad, text: run.text(), links });
        return Ok(Response::page(&page));
    }
    let outcome = outcome(&run, who)?;
    page.widgets.push(Widget::Notice { tone: Tone::Good, text: say.t(&m::PROOF_DONE), links: Vec::new() });
    for text in outcome.warnings {
        page.widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    }
    let fetch = Action {
        label: Text::from(outcome.name.as_str()),
        href: format!("proof/{}/file", run.id),
        tone: Tone::Primary,
        ..Action::default()
    };
    page.widgets.push(Widget::Actions { actions: vec![fetch] });
    Ok(Response::page(&page))
}

/// The document.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn file(request: &Request, who: &Who) -> Result<Response> {
    let outcome = outcome(&job(request)?, who)?;
    Ok(Response::blob(outcome.blob).download(&outcome.name))
}

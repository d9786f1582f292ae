//! Taking the catalogue out again.

use tram_contract::Text;
use tram_contract::page::{Action, Choice, Form, FormField, Tone, Widget};
use tram_sdk::{Request, Response, Result, jobs, store};

use super::say;
use crate::export::job::{Arguments, Format, Outcome};
use crate::messages as m;
use crate::shelf;

/// The form, the export that runs, and the files that are there.
///
/// # Errors
/// As the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let mut widgets = Vec::new();
    for status in jobs::recent("export", 5)? {
        if status.is_alive() {
            widgets.push(status.widget(Some("export".into())));
            continue;
        }
        if status.state == "failed" {
            let text = say.with(&m::EXPORT_FAILED, &[status.text().get(say.0)]);
            widgets.push(Widget::Notice { tone: Tone::Bad, text, links: Vec::new() });
            continue;
        }
        let Ok(outcome) = status.outcome::<Outcome>() else {
            continue;
        };
        widgets.push(Widget::Notice {
            tone: if outcome.left_out > 0 { Tone::Warning } else { Tone::Good },
            text: Text::from(outcome.message),
            links: Vec::new(),
        });
        widgets.push(Widget::Actions {
            actions: vec![Action {
                label: say.with(&m::EXPORT_DOWNLOAD, &[&outcome.name]),
                href: format!("exports/{}/file", status.id),
                tone: Tone::Primary,
                ..Action::default()
            }],
        });
    }
    let choice = |format: Format, label: &m::Message| Choice { value: format.name().into(), label: say.t(label) };
    let form = Form {
        action: "export".into(),
        method: "post".into(),
        fields: vec![
            FormField {
                name: "format".into(),
                label: say.t(&m::EXPORT_FORMAT),
                kind: "radio".into(),
                value: "xlsx".into(),
                choices: vec![
                    choice(Format::Xlsx, &m::EXPORT_XLSX),
                    choice(Format::Marc, &m::EXPORT_MARC),
                    choice(Format::Marcxml, &m::EXPORT_MARCXML),
                ],
                ..FormField::default()
            },
            FormField {
                name: "public".into(),
                label: say.t(&m::EXPORT_PUBLIC),
                kind: "checkbox".into(),
                help: say.t(&m::HELP_EXPORT_PUBLIC),
                ..FormField::default()
            },
        ],
        submit: say.t(&m::EXPORT_START),
        tone: Tone::Primary,
        ..Form::default()
    };
    let count = m::figure(store::count(shelf::RECORDS)?, say.0);
    widgets.push(Widget::Paragraph { text: say.with(&m::EXPORT_INTRO, &[&count]), quiet: false });
    widgets.push(Widget::Form(form));
    Ok(Response::page(&say.page(&m::EXPORT, widgets)))
}

/// Starts an export.
///
/// # Errors
/// As the store.
pub fn start(request: &Request) -> Result<Response> {
    let format = request.form("format").and_then(Format::named).unwrap_or_default();
    let public = request.form("public").is_some_and(|v| !v.is_empty());
    jobs::start("export", &Arguments::new(format, public))?;
    Ok(Response::redirect("export"))
}

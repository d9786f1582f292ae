//! Adding, changing and removing copies.

use tram_contract::Text;
use tram_contract::page::{Action, Choice, Form, FormField, Link, Tone, Widget};
use tram_sdk::{Error, Request, Response, Result, store};

use super::edit::hidden;
use super::{Say, say};
use crate::excel;
use crate::messages as m;
use crate::shelf::{self, COPIES, Copy, CopyEntry, STATES};
use crate::{bib, keys, words};

/// The fields that describe copies.
pub(super) fn fields(say: &Say<'_>, accession: &str, shelf: &str, call: &str, error: Option<Text>) -> Vec<FormField> {
    let field = |name: &str, label: &m::Message, kind: &str, value: &str| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value: value.to_owned(),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    vec![
        FormField { help: say.t(&m::HELP_ACCESSION), error, ..field("accession", &m::ACCESSION, "scan", accession) },
        FormField { help: say.t(&m::HELP_SHELF), ..field("shelf", &m::SHELF, "text", shelf) },
        FormField { help: say.t(&m::HELP_CALL), ..field("call", &m::CALL_NUMBER, "text", call) },
    ]
}

/// The form that adds copies to a title.
pub(super) fn add_form(say: &Say<'_>, id: &str, call: &str, error: Option<Text>, sent: &[&str]) -> Form {
    let value = |at: usize| sent.get(at).copied().unwrap_or_default();
    let call = if sent.is_empty() { call } else { value(2) };
    Form {
        action: format!("records/{id}/copies"),
        method: "post".into(),
        fields: fields(say, value(0), value(1), call, error),
        submit: say.t(&m::ADD_COPIES),
        tone: Tone::Primary,
        ..Form::default()
    }
}

/// Copies with these numbers; a problem when a number is another copy's or twice there.
pub(super) fn numbered(say: &Say<'_>, request: &Request, numbers: &[String]) -> Result<(Vec<Copy>, Option<Text>)> {
    let mut taken = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut copies = Vec::new();
    for number in numbers {
        let key = keys::accession(number);
        if seen.contains(&key) || shelf::copy_numbered(number)?.is_some() {
            taken.push(number.clone());
        }
        seen.push(key);
        copies.push(Copy {
            accession: number.clone(),
            shelf: request.filled("shelf").unwrap_or_default().to_owned(),
            call: request.filled("call").unwrap_or_default().to_owned(),
            state: "available".into(),
            ..Copy::default()
        });
    }
    let problem = (!taken.is_empty()).then(|| say.with(&m::COPIES_TAKEN, &[&taken.join(", ")]));
    Ok((copies, problem))
}

/// Adds copies.
///
/// # Errors
/// `not-found`; as the store.
pub fn add(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let typed = request.form("accession").unwrap_or_default();
    let (copies, problem) = match excel::accessions(typed) {
        Ok(numbers) if numbers.is_empty() => (Vec::new(), Some(say.t(&m::ERROR_ACCESSION))),
        Ok(numbers) => numbered(&say, request, &numbers)?,
        Err(error) => (Vec::new(), Some(Text::from(excel::RowProblem::Accession(error).text(say.0)))),
    };
    if problem.is_some() {
        let value = |name: &str| request.form(name).unwrap_or_default();
        let sent = [typed, value("shelf"), value("call")];
        let form = add_form(&say, &loaded.id(), "", problem, &sent);
        return Ok(Response::page(&say.page(&m::ADD_COPIES, vec![Widget::Form(form)])).status(422));
    }
    for copy in &copies {
        shelf::add_copy(&loaded.key, copy)?;
    }
    Ok(Response::redirect(format!("records/{}?said=copies", loaded.id())))
}

fn linked(request: &Request) -> Result<(String, CopyEntry)> {
    let record = request.param("record").unwrap_or_default();
    let copy = request.param("copy").unwrap_or_default();
    let key = store::from_hex(&format!("{record}{copy}")).filter(|key| key.len() == 32);
    let entry = key.map(|key| COPIES.get(key)).transpose()?.flatten();
    entry.map(|entry| (record.to_owned(), entry)).ok_or_else(|| Error::not_found(m::NO_COPY.text()))
}

/// The form of one copy.
///
/// # Errors
/// `not-found`; as the store.
pub fn page(request: &Request) -> Result<Response> {
    let (record, entry) = linked(request)?;
    show(request, &record, &entry, &entry.value, None, 200)
}

fn show(
    request: &Request,
    record: &str,
    entry: &CopyEntry,
    copy: &Copy,
    error: Option<Text>,
    status: u16,
) -> Result<Response> {
    let say = say(request);
    let id = entry.id().get(32..).unwrap_or_default().to_owned();
    let mut form_fields = fields(&say, &copy.accession, &copy.shelf, &copy.call, error);
    form_fields.push(FormField {
        name: "state".into(),
        label: say.t(&m::STATE),
        kind: "select".into(),
        value: if copy.state.is_empty() { "available".into() } else { copy.state.clone() },
        choices: STATES.iter().map(|s| Choice { value: (*s).into(), label: say.t(words::state(s)) }).collect(),
        ..FormField::default()
    });
    form_fields.push(FormField {
        name: "note".into(),
        label: say.t(&m::NOTE),
        kind: "text".into(),
        value: copy.note.clone(),
        help: say.t(&m::HELP_COPY_NOTE),
        ..FormField::default()
    });
    form_fields.push(hidden("version", entry.version.to_string()));
    let form = Form {
        action: format!("records/{record}/copies/{id}"),
        method: "post".into(),
        fields: form_fields,
        submit: say.t(&m::SAVE),
        tone: Tone::Primary,
        ..Form::default()
    };
    let delete = Action {
        label: say.t(&m::DELETE_COPY),
        href: format!("records/{record}/copies/{id}/delete"),
        post: true,
        tone: Tone::Bad,
        confirm: Some(say.with(&m::CONFIRM_DELETE_COPY, &[&entry.value.accession])),
        values: vec![("version".into(), entry.version.to_string())],
        ..Action::default()
    };
    let mut page = say.page(&m::EDIT_COPY, vec![Widget::Form(form), Widget::Actions { actions: vec![delete] }]);
    let loaded = shelf::load_linked(Some(record))?;
    if let Some(of) = loaded.record() {
        page.breadcrumbs.push(Link::new(Text::from(bib::title_or(of, "…").into_owned()), format!("records/{record}")));
    }
    Ok(Response::page(&page).status(status))
}

/// Takes a changed copy.
///
/// # Errors
/// `not-found`, `stale`; as the store.
pub fn update(request: &Request) -> Result<Response> {
    let say = say(request);
    let (record, entry) = linked(request)?;
    let text = |name: &str| request.filled(name).unwrap_or_default().chars().take(500).collect::<String>();
    let state = request.form("state").filter(|s| STATES.contains(s)).unwrap_or("available").to_owned();
    let copy = Copy {
        accession: text("accession"),
        shelf: text("shelf"),
        call: text("call"),
        state,
        note: text("note"),
        ..entry.value.clone()
    };
    let taken = shelf::copy_numbered(&copy.accession)?.is_some_and(|(_, other)| other.key != entry.key);
    if taken {
        let error = say.with(&m::COPIES_TAKEN, &[&copy.accession]);
        return show(request, &record, &entry, &copy, Some(error), 422);
    }
    let version = request.form("version").and_then(|v| v.parse().ok()).unwrap_or(0);
    if version != entry.version {
        return show(request, &record, &entry, &copy, Some(say.t(&m::STALE_COPY)), 409);
    }
    COPIES.replace(&entry.key, &copy, version)?;
    Ok(Response::redirect(format!("records/{record}?said=copies")))
}

/// Removes a copy.
///
/// # Errors
/// `not-found`, `stale`; as the store.
pub fn delete(request: &Request) -> Result<Response> {
    let (record, entry) = linked(request)?;
    let version = request.form("version").and_then(|v| v.parse().ok()).unwrap_or(entry.version);
    store::delete(COPIES.name(), &entry.key, Some(version))?;
    Ok(Response::redirect(format!("records/{record}?said=copy-deleted")))
}

//! What happened with an item: who, when, what, and what was said.

use tram_contract::Text;
use tram_contract::page::{Cell, Column, Form, FormField, Table, Tone, Widget};
use tram_sdk::store::Scan;
use tram_sdk::{Error, Request, Response, Result, clock};

use super::{item::frame, say};
use crate::access::Who;
use crate::messages as m;
use crate::model::{STEPS, load, missing, note};
use crate::words;

/// The page.
///
/// # Errors
/// `not-found` also for those who may not know of it; as the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = load(request.param("item"))?;
    if !who.sees_work(&entry.value) {
        return Err(missing());
    }
    let edition = entry.value.newest().ok_or_else(missing)?;
    let mut page = frame(request, &say, who, &entry, edition, "history");
    let (steps, _) = STEPS.scan(&Scan::prefix(&entry.key).reverse().limit(200))?;
    let text = |text: String| Cell { text: Text::from(text), ..Cell::default() };
    let rows = steps
        .iter()
        .map(|step| {
            let step = &step.value;
            vec![
                text(clock::moment(step.act.unix_ms)),
                text(step.act.name.clone()),
                text(words::action(&step.action).get(say.0).to_owned()),
                text(step.edition.to_string()),
                text(step.act.comment.clone()),
            ]
        })
        .collect();
    let column = |label| Column { label: say.t(label), ..Column::default() };
    let columns = vec![column(&m::WHEN), column(&m::WHO), column(&m::WHAT), column(&m::EDITION), column(&m::COMMENT)];
    page.widgets.push(Widget::Table(Table { caption: say.t(&m::TAB_HISTORY), columns, rows }));
    page.widgets.push(Widget::Form(Form {
        action: format!("items/{}/comment", entry.id()),
        method: "post".into(),
        fields: vec![FormField {
            name: "comment".into(),
            label: say.t(&m::COMMENT),
            kind: "textarea".into(),
            help: say.t(&m::COMMENT_HELP),
            required: true,
            ..FormField::default()
        }],
        submit: say.t(&m::SEND_COMMENT),
        tone: Tone::Primary,
        ..Form::default()
    }));
    Ok(Response::page(&page))
}

/// Takes a comment.
///
/// # Errors
/// `not-found` also for those who may not know of it; as the store.
pub fn comment(request: &Request, who: &Who) -> Result<Response> {
    let entry = load(request.param("item"))?;
    if !who.sees_work(&entry.value) {
        return Err(missing());
    }
    let Some(comment) = request.filled("comment") else { return Err(Error::invalid(m::SAY_SOMETHING.text())) };
    let edition = entry.value.newest().map_or(0, |edition| edition.number);
    note(&entry.key, "commented", edition, &who.act(comment))?;
    Ok(Response::redirect(format!("items/{}/history?said=commented", entry.id())))
}

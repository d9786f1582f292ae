//! Making an item and working on it.

use tram_contract::Text;
use tram_contract::page::{Cell, Column, Table, Tone, Widget};
use tram_sdk::store::Entry;
use tram_sdk::{Error, Request, Response, Result, code};

use super::form::{self, Errors, Shown, Typed};
use super::{Say, said, say};
use crate::access::Who;
use crate::entries;
use crate::files;
use crate::looking;
use crate::messages::{self as m, Message};
use crate::model::{Edition, ITEMS, Item, Meta, Stage, Work, load, missing, note};

/// The empty form.
///
/// # Errors
/// As the directory.
pub fn blank(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let meta = form::fresh(request, who)?;
    let (errors, action) = (Errors::default(), "new".to_owned());
    let shown = Shown { action, meta: &meta, typed: None, files: &[], errors: &errors, version: None };
    let intro = Widget::Paragraph { text: say.t(&m::NEW_INTRO), quiet: true };
    Ok(Response::page(&say.page(&m::NEW_ITEM, vec![intro, form::widget(&say, &shown)?])))
}

/// Takes a new item.
///
/// # Errors
/// As the store and the directory.
pub fn create(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let (meta, typed, mut errors) = form::sent(request, who, &Meta::default())?;
    let mut item = Item { made: who.act(""), ..Item::default() };
    let mut kept = Vec::new();
    if let Err(reason) = files::add(&mut item, &mut kept, &request.uploads) {
        errors.push("files", reason);
    }
    if !errors.is_empty() {
        // The browser does not send files twice; the notice says so.
        if !request.uploads.is_empty() && kept.iter().any(|file| file.size > 0) {
            errors.push("files", m::CHOOSE_AGAIN.text());
        }
        let action = "new".to_owned();
        let shown = Shown { action, meta: &meta, typed: Some(&typed), files: &[], errors: &errors, version: None };
        return Ok(Response::page(&say.page(&m::NEW_ITEM, vec![form::widget(&say, &shown)?])).status(422));
    }
    let edition = Edition { number: 1, meta, files: kept, ..Edition::default() };
    item.work = Some(Work { edition, stage: Stage::Draft, since_ms: item.made.unix_ms });
    let key = ITEMS.insert(&item)?;
    note(&key, "created", 1, &item.made)?;
    entries::refresh(&key, &item)?;
    looking::start(&key, &item)?;
    Ok(Response::redirect(format!("items/{}?edition=work&said=created", tram_sdk::store::to_hex(&key))))
}

/// The item with its open work, for those who may change it.
fn open(request: &Request, who: &Who) -> Result<(Entry<Item>, Work)> {
    let entry = load(request.param("item"))?;
    if !who.sees_work(&entry.value) {
        return Err(missing());
    }
    if !who.edits(&entry.value) {
        return Err(Error::new(code::FORBIDDEN, m::ONLY_AUTHORS.text()));
    }
    let work = entry.value.work.clone().ok_or_else(|| Error::invalid(m::BEGIN_FIRST.text()))?;
    if !work.stage.is_open() {
        return Err(Error::invalid(m::CALL_BACK_FIRST.text()));
    }
    Ok((entry, work))
}

/// The form with an item in it.
///
/// # Errors
/// `not-found`, `forbidden`; as the store and the directory.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let (entry, work) = open(request, who)?;
    let errors = Errors::default();
    let widget = shown(&say, &entry, &work.edition.meta, None, &work.edition.files, &errors)?;
    let mut widgets: Vec<Widget> = said(request).into_iter().collect();
    widgets.push(widget);
    Ok(Response::page(&framed(&say, &entry, &work, widgets)))
}

fn shown(
    say: &Say<'_>,
    entry: &Entry<Item>,
    meta: &Meta,
    typed: Option<&Typed>,
    files: &[crate::model::FileRef],
    errors: &Errors,
) -> Result<Widget> {
    let action = format!("items/{}/edit", entry.id());
    form::widget(say, &Shown { action, meta, typed, files, errors, version: Some(entry.version) })
}

fn framed(say: &Say<'_>, entry: &Entry<Item>, work: &Work, widgets: Vec<Widget>) -> tram_contract::page::Page {
    let mut page = say.page(&m::EDIT_ITEM, widgets);
    let title = super::title_of(&work.edition, say);
    let href = format!("items/{}?edition=work", entry.id());
    page.breadcrumbs.push(tram_contract::page::Link::new(Text::from(title), href));
    page
}

/// Takes a changed item.
///
/// # Errors
/// `not-found`, `forbidden`; as the store and the directory.
pub fn update(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let (entry, work) = open(request, who)?;
    let version = request.form("version").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (meta, typed, mut errors) = form::sent(request, who, &work.edition.meta)?;
    if version != entry.version {
        return stale(&say, &entry, &work, &meta, &typed);
    }
    let mut item = entry.value.clone();
    let mut kept = files::arranged(&work.edition.files, request);
    if let Err(reason) = files::add(&mut item, &mut kept, &request.uploads) {
        errors.push("files", reason);
    }
    if !errors.is_empty() {
        let widget = shown(&say, &entry, &meta, Some(&typed), &work.edition.files, &errors)?;
        return Ok(Response::page(&framed(&say, &entry, &work, vec![widget])).status(422));
    }
    let mut next = work.clone();
    next.edition.meta = meta;
    next.edition.files = kept;
    if next != work {
        item.work = Some(next);
        ITEMS.replace(&entry.key, &item, version)?;
        note(&entry.key, "changed", work.edition.number, &who.act(""))?;
        entries::refresh(&entry.key, &item)?;
        looking::start(&entry.key, &item)?;
    }
    Ok(Response::redirect(format!("items/{}?edition=work&said=saved", entry.id())))
}

/// Somebody else saved in between: nothing is overwritten, both versions are shown.
fn stale(say: &Say<'_>, entry: &Entry<Item>, work: &Work, mine: &Meta, typed: &Typed) -> Result<Response> {
    let theirs = &work.edition.meta;
    let pairs: [(&Message, String, String); 8] = [
        (&m::TITLE, theirs.title.clone(), mine.title.clone()),
        (&m::DESCRIPTION, theirs.description.clone(), mine.description.clone()),
        (&m::SUBJECT, theirs.subject.clone(), mine.subject.clone()),
        (&m::GRADES, crate::words::grades_text(&theirs.grades), crate::words::grades_text(&mine.grades)),
        (&m::UNIT, theirs.unit.clone(), mine.unit.clone()),
        (&m::LESSON, theirs.lesson.clone(), mine.lesson.clone()),
        (&m::OUTCOMES, theirs.outcomes.join("\n"), mine.outcomes.join("\n")),
        (&m::AUTHORS, crate::authors::typed(&theirs.authors), crate::authors::typed(&mine.authors)),
    ];
    let cell = |text: String| Cell { text: Text::from(text), ..Cell::default() };
    let rows = pairs
        .into_iter()
        .filter(|(_, theirs, mine)| theirs != mine)
        .map(|(label, theirs, mine)| vec![cell(label.get(say.0).to_owned()), cell(theirs), cell(mine)])
        .collect();
    let column = |label: &Message| Column { label: say.t(label), ..Column::default() };
    let columns = vec![column(&m::STALE_PART), column(&m::STALE_THEIRS), column(&m::STALE_MINE)];
    let errors = Errors::default();
    let widgets = vec![
        Widget::Notice { tone: Tone::Warning, text: say.t(&m::STALE_FORM), links: Vec::new() },
        Widget::Table(Table { caption: say.t(&m::STALE_TABLE), columns, rows }),
        shown(say, entry, mine, Some(typed), &work.edition.files, &errors)?,
    ];
    Ok(Response::page(&framed(say, entry, work, widgets)).status(409))
}

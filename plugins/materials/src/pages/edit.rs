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
use crate::{authors, quota, words};

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
    let edition = Edition { number: 1, meta: meta.clone(), files: kept.clone(), ..Edition::default() };
    item.work = Some(Work { edition, stage: Stage::Draft, since_ms: item.made.unix_ms });
    if let Some(reason) = quota::refusal_of(None, &item, request.language())? {
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
    let key = ITEMS.insert(&item)?;
    note(&key, "created", 1, &item.made)?;
    entries::refresh(&key, &item)?;
    looking::start(&key, &item)?;
    Ok(Response::redirect(format!("items/{}?edition=work&said=created", tram_sdk::store::to_hex(&key))))
}

/// The item, for those who may change it.
fn own(request: &Request, who: &Who) -> Result<Entry<Item>> {
    let entry = load(request.param("item"))?;
    if !who.sees_work(&entry.value) {
        return Err(missing());
    }
    if !who.edits(&entry.value) {
        return Err(Error::new(code::FORBIDDEN, m::ONLY_AUTHORS.text()));
    }
    Ok(entry)
}

/// Its open work; where there is none, what to do first.
fn open(item: &Item) -> Result<&Work, &'static Message> {
    let work = item.work.as_ref().ok_or(&m::BEGIN_FIRST)?;
    if work.stage.is_open() { Ok(work) } else { Err(&m::CALL_BACK_FIRST) }
}

/// The form with an item in it.
///
/// # Errors
/// `not-found`, `forbidden`; as the store and the directory.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = own(request, who)?;
    let edition = &open(&entry.value).map_err(|first| Error::invalid(first.text()))?.edition;
    let errors = Errors::default();
    let widget = shown(&say, &entry, &edition.meta, None, &edition.files, &errors)?;
    let mut widgets: Vec<Widget> = said(request).into_iter().collect();
    widgets.push(widget);
    Ok(Response::page(&framed(&say, &entry, edition, widgets)))
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

fn framed(say: &Say<'_>, entry: &Entry<Item>, edition: &Edition, widgets: Vec<Widget>) -> tram_contract::page::Page {
    let mut page = say.page(&m::EDIT_ITEM, widgets);
    let title = super::title_of(edition, say);
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
    let entry = own(request, who)?;
    let newest = entry.value.newest().ok_or_else(missing)?;
    let version = request.form("version").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (meta, typed, mut errors) = form::sent(request, who, &newest.meta)?;
    let work = match open(&entry.value) {
        Ok(work) if version == entry.version => work,
        // Nothing that was typed is lost, also where somebody handed it in meanwhile.
        other => {
            if request.uploads.iter().any(|upload| upload.size > 0) {
                errors.push("files", m::CHOOSE_AGAIN.text());
            }
            let mine = Edition { meta, files: files::arranged(&newest.files, request), ..Edition::default() };
            return stale(&say, &entry, newest, &Mine { edition: mine, typed, errors, first: other.err() });
        }
    };
    let mut item = entry.value.clone();
    let mut kept = files::arranged(&work.edition.files, request);
    if let Err(reason) = files::add(&mut item, &mut kept, &request.uploads) {
        errors.push("files", reason);
    }
    let mut next = work.clone();
    (next.edition.meta, next.edition.files) = (meta.clone(), kept);
    item.work = Some(next.clone());
    if let Some(reason) = quota::refusal_of(Some(&entry.value), &item, request.language())? {
        errors.push("files", reason);
    }
    if !errors.is_empty() {
        let widget = shown(&say, &entry, &meta, Some(&typed), &work.edition.files, &errors)?;
        return Ok(Response::page(&framed(&say, &entry, &work.edition, vec![widget])).status(422));
    }
    if next != *work {
        // Who changes what came from another school had a hand in it, and does not review it.
        if item.taken && !who.person.is_empty() && !item.is_author(&who.person) {
            item.hands.push(who.person.clone());
        }
        ITEMS.replace(&entry.key, &item, version)?;
        note(&entry.key, "changed", work.edition.number, &who.act(""))?;
        entries::refresh(&entry.key, &item)?;
        files::give_back(&entry.value, Some(&item))?;
        looking::start(&entry.key, &item)?;
    }
    Ok(Response::redirect(format!("items/{}?edition=work&said=saved", entry.id())))
}

/// What somebody sent with a form that is out of date.
struct Mine {
    edition: Edition,
    typed: Typed,
    errors: Errors,
    /// What has to be done before it can be saved at all.
    first: Option<&'static Message>,
}

/// An edition as the form has it, part by part.
fn parts(edition: &Edition, say: &Say<'_>) -> [(&'static Message, String); 19] {
    let Edition { meta, files, .. } = edition;
    let word = |choices, value| words::of(choices, value, say.0).to_owned();
    let files: Vec<String> =
        files.iter().map(|file| format!("{} ({})", file.name, words::of(&words::ROLES, &file.role, say.0))).collect();
    [
        (&m::FILES, files.join("\n")),
        (&m::TITLE, meta.title.clone()),
        (&m::KIND, word(&words::KINDS, &meta.kind)),
        (&m::DESCRIPTION, meta.description.clone()),
        (&m::SUBJECT, meta.subject.clone()),
        (&m::GRADES, words::grades_text(&meta.grades)),
        (&m::SERIES, meta.series.clone()),
        (&m::UNIT, meta.unit.clone()),
        (&m::LESSON, meta.lesson.clone()),
        (&m::OUTCOMES, meta.outcomes.join("\n")),
        (&m::AUTHORS, authors::typed(&meta.authors)),
        (&m::GROUP, meta.group_name.clone()),
        (&m::AUDIENCE, word(&words::AUDIENCES, &meta.audience)),
        (&m::LICENCE, word(&words::LICENCES, &meta.licence)),
        (&m::SHARING, if meta.shareable { m::SHAREABLE.get(say.0) } else { "" }.to_owned()),
        (&m::LANGUAGE, word(&words::LANGUAGES, &meta.language)),
        (&m::YEAR, meta.year.clone()),
        (&m::KEYWORDS, meta.keywords.join(", ")),
        (&m::RECORD, meta.record.clone()),
    ]
}

/// Somebody else saved in between, or handed it in: nothing is overwritten, both versions
/// are shown.
fn stale(say: &Say<'_>, entry: &Entry<Item>, theirs: &Edition, mine: &Mine) -> Result<Response> {
    let cell = |text: String| Cell { text: Text::from(text), ..Cell::default() };
    let rows: Vec<Vec<Cell>> = parts(theirs, say)
        .into_iter()
        .zip(parts(&mine.edition, say))
        .filter(|((_, theirs), (_, mine))| theirs != mine)
        .map(|((label, theirs), (_, mine))| vec![cell(label.get(say.0).to_owned()), cell(theirs), cell(mine)])
        .collect();
    let column = |label: &Message| Column { label: say.t(label), ..Column::default() };
    let columns = vec![column(&m::STALE_PART), column(&m::STALE_THEIRS), column(&m::STALE_MINE)];
    let links = vec![say.link(&m::SEE_NOW, format!("items/{}?edition=work", entry.id()))];
    let mut widgets = vec![Widget::Notice { tone: Tone::Warning, text: say.t(&m::STALE_FORM), links }];
    if let Some(first) = mine.first {
        widgets.push(Widget::Notice { tone: Tone::Warning, text: say.t(first), links: Vec::new() });
    }
    if !rows.is_empty() {
        widgets.push(Widget::Table(Table { caption: say.t(&m::STALE_TABLE), columns, rows }));
    }
    widgets.push(shown(say, entry, &mine.edition.meta, Some(&mine.typed), &theirs.files, &mine.errors)?);
    Ok(Response::page(&framed(say, entry, theirs, widgets)).status(409))
}

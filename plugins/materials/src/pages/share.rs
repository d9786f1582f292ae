//! Sharing with other schools: making packages, and taking what comes in them.

use tram_contract::Text;
use tram_contract::page::{Action, Choice, DetailRow, DetailValue, Form, FormField, Page, Tone, Widget};
use tram_sdk::{Error, Request, Response, Result, blobs, clock, jobs};

use super::{Say, say, title_of};
use crate::access::Who;
use crate::messages::{self as m, Message};
use crate::model::{load, missing};
use crate::share::check::{self, Listing, Row, Standing};
use crate::share::pack::{self, MOST_ITEMS};
use crate::share::take::{self, checked};
use crate::share::{INBOX, offers};
use crate::{authors, files, words};

fn kept(who: &Who) -> Result<()> {
    if who.manages { Ok(()) } else { Err(missing()) }
}

fn below(say: &Say<'_>, title: &Message, widgets: Vec<Widget>) -> Page {
    let mut page = say.page(title, widgets);
    page.breadcrumbs.push(say.link(&m::SHARE, "share"));
    page
}

fn heading(say: &Say<'_>, message: &Message) -> Widget {
    Widget::Heading { level: 2, text: say.t(message) }
}

fn paragraph(say: &Say<'_>, message: &Message) -> Widget {
    Widget::Paragraph { text: say.t(message), quiet: false }
}

/// What was sent and what came: the beginning of both.
///
/// # Errors
/// As the jobs.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    Ok(Response::page(&start(&say(request), None)?))
}

fn start(say: &Say<'_>, error: Option<Text>) -> Result<Page> {
    let mut page = say.page(&m::SHARE, vec![heading(say, &m::SEND_TITLE), paragraph(say, &m::SEND_ABOUT)]);
    let runs = jobs::recent("pack", 5)?;
    for run in runs.iter().filter(|run| run.is_alive()) {
        page.widgets.push(run.widget(Some("share".into())));
    }
    for run in runs.iter().filter(|run| run.state == "done") {
        let outcome: pack::Outcome = run.outcome()?;
        let text = say.with(&m::PACK_DONE, &[&outcome.items.to_string(), &outcome.files.to_string()]);
        page.widgets.push(Widget::Notice { tone: Tone::Good, text, links: Vec::new() });
        if !outcome.left_out.is_empty() {
            let text = say.with(&m::PACK_LEFT_OUT, &[&outcome.left_out.join(", ")]);
            page.widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
        }
        if blobs::stat(&outcome.blob)?.is_none() {
            page.widgets.push(Widget::Paragraph { text: say.t(&m::NO_FILE_THERE), quiet: true });
            continue;
        }
        let download = Action {
            label: Text::from(outcome.name.as_str()),
            href: format!("share/packages/{}", run.id),
            ..Action::default()
        };
        page.widgets.push(Widget::Actions { actions: vec![download] });
    }
    for run in runs.iter().filter(|run| run.state == "failed").take(1) {
        page.widgets.push(Widget::Notice { tone: Tone::Bad, text: run.text(), links: Vec::new() });
    }
    let new = Action { label: say.t(&m::PACK_NEW), href: "share/new".into(), tone: Tone::Primary, ..Action::default() };
    page.widgets.push(Widget::Actions { actions: vec![new] });
    page.widgets.push(heading(say, &m::GET_TITLE));
    page.widgets.push(paragraph(say, &m::GET_ABOUT));
    page.widgets.push(Widget::Form(Form {
        action: "share".into(),
        method: "post".into(),
        fields: vec![FormField {
            name: "package".into(),
            label: say.t(&m::GET_FILE),
            kind: "file".into(),
            accept: format!(".{}", tram_exchange::EXTENSION),
            upload: "package".into(),
            required: true,
            error,
            ..FormField::default()
        }],
        submit: say.t(&m::GET_LOOK),
        tone: Tone::Primary,
        ..Form::default()
    }));
    for run in jobs::recent("take", 3)?.iter().filter(|run| run.is_alive()) {
        page.widgets.push(run.widget(Some(format!("share/taken/{}", run.id))));
    }
    Ok(page)
}

/// What may go into a package.
///
/// # Errors
/// As the store.
pub fn choose(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    Ok(Response::page(&chooser(&say(request), request, None)?))
}

fn chooser(say: &Say<'_>, request: &Request, error: Option<Text>) -> Result<Page> {
    let offered = offers(MOST_ITEMS)?;
    if offered.is_empty() {
        let empty = Widget::Empty { text: say.t(&m::PACK_NONE), links: vec![say.link(&m::MATERIALS, ".")] };
        return Ok(below(say, &m::PACK_NEW, vec![empty]));
    }
    let mut fields = vec![FormField {
        name: "title".into(),
        label: say.t(&m::PACK_NAME),
        kind: "text".into(),
        help: say.t(&m::HELP_PACK_NAME),
        value: request.form("title").unwrap_or_default().to_owned(),
        ..FormField::default()
    }];
    for (at, entry) in offered.iter().enumerate() {
        let Some(edition) = entry.value.shown() else { continue };
        let name = format!("item-{}", entry.id());
        let size: u64 = edition.files.iter().map(|file| file.size).sum();
        let parts = [title_of(edition, say), super::place_line(edition, say), files::size(size, say.0)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        fields.push(FormField {
            value: if request.form(&name).is_some() { "1".into() } else { String::new() },
            name,
            label: Text::from(parts.join(" · ")),
            kind: "checkbox".into(),
            group: if at == 0 { say.t(&m::PACK_CHOOSE) } else { Text::default() },
            ..FormField::default()
        });
    }
    let form = Form {
        action: "share/new".into(),
        method: "post".into(),
        fields,
        submit: say.t(&m::PACK_START),
        tone: Tone::Primary,
        error,
        ..Form::default()
    };
    Ok(below(say, &m::PACK_NEW, vec![paragraph(say, &m::SEND_ABOUT), Widget::Form(form)]))
}

/// Starts a package.
///
/// # Errors
/// As the jobs.
pub fn pack(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let chosen = request.form.iter().filter_map(|field| field.name.strip_prefix("item-"));
    let items: Vec<String> = chosen.take(MOST_ITEMS).map(str::to_owned).collect();
    if items.is_empty() {
        let page = chooser(&say(request), request, Some(m::PACK_NOTHING.text()))?;
        return Ok(Response::page(&page).status(422));
    }
    for id in &items {
        load(Some(id))?;
    }
    let title = request.form("title").unwrap_or_default().chars().take(200).collect();
    jobs::start("pack", &pack::Wish { items, title })?;
    Ok(Response::redirect("share"))
}

/// A package that was made.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn file(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    let run = jobs::status(request.param("job").unwrap_or_default())?.filter(|run| run.job == "pack");
    let outcome: pack::Outcome = run.ok_or_else(gone)?.outcome().map_err(|_| gone())?;
    if blobs::stat(&outcome.blob)?.is_none() {
        return Err(gone());
    }
    Ok(Response::blob(outcome.blob).download(&outcome.name))
}

/// Takes a package and has it checked.
///
/// # Errors
/// As the jobs.
pub fn upload(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let Some(upload) = request.upload("package").filter(|upload| upload.size > 0) else {
        return Ok(Response::page(&start(&say(request), Some(m::GET_NO_FILE.text()))?).status(422));
    };
    check::clear()?;
    let job = jobs::start("check", &check::Wish { blob: upload.blob.clone() })?;
    INBOX.put(upload.blob.as_bytes(), &job)?;
    Ok(Response::redirect(format!("share/in/{job}")))
}

fn standing(standing: Standing) -> &'static Message {
    match standing {
        Standing::New => &m::STANDING_NEW,
        Standing::Newer => &m::STANDING_NEWER,
        Standing::NewerThanOurs => &m::STANDING_OURS,
        Standing::Busy => &m::STANDING_BUSY,
        Standing::Same => &m::STANDING_SAME,
        Standing::Older => &m::STANDING_OLDER,
        Standing::Withdrawn => &m::STANDING_WITHDRAWN,
        Standing::Unread => &m::STANDING_UNREAD,
    }
}

fn line(say: &Say<'_>, row: &Row) -> String {
    let title = if row.title.is_empty() { m::UNTITLED.get(say.0) } else { &row.title };
    let standing = standing(row.standing).get(say.0);
    if row.files == 0 {
        return format!("{title}: {standing}");
    }
    m::ITEM_LINE.with(say.0, &[title, &row.place, &row.files.to_string(), &files::size(row.size, say.0), standing])
}

/// What is in a package that was checked.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn list(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let say = say(request);
    let job = request.param("job").unwrap_or_default();
    let run =
        jobs::status(job)?.filter(|run| run.job == "check").ok_or_else(|| Error::not_found(m::NO_FILE_THERE.text()))?;
    if run.is_alive() {
        let widget = run.widget(Some(format!("share/in/{job}")));
        return Ok(Response::page(&below(&say, &m::GET_TITLE, vec![widget])));
    }
    if run.state != "done" {
        let notice = Widget::Notice { tone: Tone::Bad, text: run.text(), links: vec![say.link(&m::SHARE, "share")] };
        return Ok(Response::page(&below(&say, &m::PACKAGE_REFUSED, vec![notice])));
    }
    let listing = checked(job)?;
    if let Some(reason) = listing.refused {
        let links = vec![say.link(&m::SHARE, "share"), say.link(&m::GET_PARTNERS, "/admin/stations")];
        let notice = Widget::Notice { tone: Tone::Bad, text: reason, links };
        return Ok(Response::page(&below(&say, &m::PACKAGE_REFUSED, vec![notice])));
    }
    Ok(Response::page(&listed(&say, request, job, &listing, None)?))
}

fn listed(say: &Say<'_>, request: &Request, job: &str, listing: &Listing, error: Option<Text>) -> Result<Page> {
    let mut page = below(say, &m::GET_TITLE, Vec::new());
    let title = listing.title.get(say.0);
    if !title.trim().is_empty() {
        page.title = Text::from(title.chars().take(200).collect::<String>());
    }
    let text = say.with(&m::PACKAGE_WELL, &[&listing.school]);
    page.widgets.push(Widget::Notice { tone: Tone::Good, text, links: Vec::new() });
    let made = say.with(&m::PACKAGE_MADE, &[&clock::moment(listing.made_ms)]);
    page.widgets.push(Widget::Paragraph { text: made, quiet: true });
    let (fresh, rest): (Vec<_>, Vec<_>) = listing.rows.iter().partition(|row| row.standing.is_taken());
    if fresh.is_empty() {
        page.widgets
            .push(Widget::Empty { text: say.t(&m::PACKAGE_NOTHING), links: vec![say.link(&m::SHARE, "share")] });
    } else {
        page.widgets.push(Widget::Form(form(say, request, job, &fresh, error)?));
    }
    if !rest.is_empty() {
        let values = rest.iter().map(|row| DetailValue {
            text: Text::from(line(say, row)),
            href: (!row.item.is_empty()).then(|| format!("items/{}", row.item)),
        });
        let rows = vec![DetailRow { label: say.t(&m::PACKAGE_REST), values: values.collect() }];
        page.widgets.push(Widget::Details { rows });
    }
    Ok(page)
}

fn form(say: &Say<'_>, request: &Request, job: &str, fresh: &[&Row], error: Option<Text>) -> Result<Form> {
    let mut fields: Vec<FormField> = Vec::new();
    let posted = request.method == "POST";
    for (at, row) in fresh.iter().enumerate() {
        let name = format!("take-{}", row.id);
        let ticked = !posted || request.form(&name).is_some();
        fields.push(FormField {
            value: if ticked { "1".into() } else { String::new() },
            name,
            label: Text::from(line(say, row)),
            kind: "checkbox".into(),
            group: if at == 0 { say.t(&m::TAKE_CHOOSE) } else { Text::default() },
            ..FormField::default()
        });
    }
    let mut choices = vec![Choice { value: String::new(), label: say.t(&m::TAKE_NO_GROUP) }];
    choices.extend(authors::groups()?.into_iter().map(|(value, name)| Choice { value, label: Text::from(name) }));
    fields.push(FormField {
        name: "group".into(),
        label: say.t(&m::TAKE_GROUP),
        kind: "select".into(),
        value: request.form("group").unwrap_or_default().to_owned(),
        choices,
        group: say.t(&m::TAKE_GROUP),
        ..FormField::default()
    });
    Ok(Form {
        action: format!("share/in/{job}"),
        method: "post".into(),
        fields,
        submit: say.t(&m::TAKE_START),
        tone: Tone::Primary,
        error,
        ..Form::default()
    })
}

/// Takes what was chosen.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn take(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let job = request.param("job").unwrap_or_default();
    let listing = checked(job)?;
    let wanted = |row: &&Row| row.standing.is_taken() && request.form(&format!("take-{}", row.id)).is_some();
    let chosen: Vec<(usize, String)> =
        listing.rows.iter().filter(wanted).map(|row| (row.chunk, row.id.clone())).collect();
    if chosen.is_empty() || listing.refused.is_some() {
        let page = listed(&say(request), request, job, &listing, Some(m::TAKE_NOTHING.text()))?;
        return Ok(Response::page(&page).status(422));
    }
    let asked = request.form("group").unwrap_or_default();
    let group = authors::groups()?.into_iter().find(|(id, _)| id == asked).unwrap_or_default();
    let started = jobs::start("take", &take::Wish { blob: listing.blob, chosen, group })?;
    Ok(Response::redirect(format!("share/taken/{started}")))
}

/// What came of taking.
///
/// # Errors
/// `not-found`; as the jobs.
pub fn taken(request: &Request, who: &Who) -> Result<Response> {
    kept(who)?;
    let say = say(request);
    let job = request.param("job").unwrap_or_default();
    let run =
        jobs::status(job)?.filter(|run| run.job == "take").ok_or_else(|| Error::not_found(m::NO_FILE_THERE.text()))?;
    let mut page = below(&say, &m::GET_TITLE, Vec::new());
    if run.is_alive() {
        page.widgets.push(run.widget(Some(format!("share/taken/{job}"))));
        return Ok(Response::page(&page));
    }
    if run.state != "done" {
        page.widgets.push(Widget::Notice {
            tone: Tone::Bad,
            text: run.text(),
            links: vec![say.link(&m::SHARE, "share")],
        });
        return Ok(Response::page(&page));
    }
    let outcome: take::Outcome = run.outcome()?;
    let text = say.with(&m::TAKE_DONE, &[&outcome.items.len().to_string(), &outcome.school]);
    page.widgets.push(Widget::Notice { tone: Tone::Good, text, links: vec![say.link(&m::SHARE, "share")] });
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for id in outcome.items.iter().take(200) {
        let Ok(entry) = load(Some(id)) else { continue };
        let Some(edition) = entry.value.newest() else { continue };
        let kind = words::of(&words::KINDS, &edition.meta.kind, say.0);
        let text = Text::from(format!("{} ({kind})", title_of(edition, &say)));
        // Its page opens to those who work on it or review it.
        let href = who.sees_work(&entry.value).then(|| format!("items/{id}?edition=work"));
        values.push(DetailValue { text, href });
    }
    rows.push(DetailRow { label: say.t(&m::MATERIALS_SHORT), values });
    if !outcome.left.is_empty() {
        let values = outcome.left.iter().map(|title| DetailValue { text: Text::from(title.as_str()), href: None });
        rows.push(DetailRow { label: say.t(&m::TAKE_LEFT), values: values.collect() });
    }
    page.widgets.push(Widget::Details { rows });
    Ok(Response::page(&page))
}

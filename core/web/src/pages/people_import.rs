//! Importing people from Excel or CSV: the file, then what would happen, then done.

use std::collections::BTreeMap;

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Cell, Choice, Column, Figure, Form, FormField, Link, Page, Table, Tone, Widget};
use tram_people::import::columns::{Header, Meaning};
use tram_people::import::plan::{Options, Plan};
use tram_people::import::rows::{self, BadRow, Kind};
use tram_people::import::sheet::Sheet;
use tram_people::{Error, directory};

use super::{ShellForm, group_form, me, people};
use crate::drafts::Purpose;
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Rows of each list that the preview shows.
const SHOWN: usize = 100;

/// A file that was understood.
struct Understood {
    sheet: Sheet,
    header: Header,
    bad: Vec<BadRow>,
    plan: Plan,
    options: Options,
}

/// `/people/import`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let Some(person) = visit.principal.person.clone() else { return me::to_sign_in(visit) };
    if !visit.principal.holds("people.manage") {
        return people::failed(site, visit, &Error::Forbidden);
    }
    let Some(mut form) = form else { return ask(site, visit, None) };
    let bytes = match form.take_file("file") {
        Some((_, bytes)) => Some(site.drafts.keep(&person, Purpose::People, bytes)),
        None => site.drafts.get(&person, Purpose::People),
    };
    let Some(bytes) = bytes else { return ask(site, visit, Some(messages::text("import.no-file"))) };
    let understood = match understand(site, &bytes, &form) {
        Ok(understood) => understood,
        Err(text) => return ask(site, visit, Some(text)),
    };
    if form.get("step") != "apply" {
        return preview(site, visit, &form, &understood);
    }
    let written = remember(site, visit, &form, &understood.header)
        .and_then(|()| site.people.apply_import(&visit.principal, &understood.plan, &understood.options));
    match written {
        Ok(written) => {
            site.drafts.drop(&person, Purpose::People);
            let figure = |value: usize, label: Text| Figure { value: value.to_string(), label, href: None };
            let figures = vec![
                figure(written.new, messages::text("import.new")),
                figure(written.changed, messages::text("import.changed")),
                figure(written.left, messages::text("import.left")),
                figure(understood.bad.len(), messages::text("import.bad")),
            ];
            let links = vec![Link::new(messages::text("menu.people"), "/people")];
            let mut widgets = vec![
                Widget::Notice { tone: Tone::Good, text: messages::text("import.done"), links },
                Widget::Figures { figures },
            ];
            widgets.extend(bad_rows(&understood.bad));
            reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("import.title"), widgets))
        }
        Err(error) => people::failed(site, visit, &error),
    }
}

fn kind(form: &ShellForm) -> Kind {
    if form.get("kind") == "staff" { Kind::Staff } else { Kind::Pupils }
}

fn understand(site: &Site, bytes: &[u8], form: &ShellForm) -> Result<Understood, Text> {
    let kind = kind(form);
    let sheet = Sheet::read(bytes).map_err(|error| error.text())?;
    let remembered =
        site.people.station().map_err(|error| error.text())?.mappings.remove(form.get("kind")).unwrap_or_default();
    let mut header = Header::find(&sheet, &remembered).map_err(|error| error.text())?;
    for column in &mut header.columns {
        if let Some(meaning) = Meaning::of(form.get(&format!("column-{}", column.at))) {
            column.meaning = meaning;
        }
    }
    let (drafts, bad) = rows::read(&sheet, &header, kind, &directory::today());
    let options = Options {
        kind,
        year: form.get("year").to_owned(),
        from: form.get("from").to_owned(),
        absent_leave: form.get("absent") == "1",
    };
    let plan = site.people.plan_import(&drafts, &options).map_err(|error| error.text())?;
    Ok(Understood { sheet, header, bad, plan, options })
}

fn remember(site: &Site, visit: &Visit, form: &ShellForm, header: &Header) -> Result<(), Error> {
    let (name, mapping): (_, BTreeMap<_, _>) = (form.get("kind").to_owned(), header.remember());
    site.people.change_station(&visit.principal, |station| {
        station.mappings.insert(name.clone(), mapping.clone());
    })
}

fn field(name: &str, kind: &str, label: Text, value: &str) -> FormField {
    FormField { name: name.into(), kind: kind.into(), label, value: value.into(), ..FormField::default() }
}

/// The first step: which file, which list, which year.
fn ask(site: &Site, visit: &mut Visit, error: Option<Text>) -> Response<Body> {
    let year = group_form::school_year(&directory::today());
    let first = year.get(..4).unwrap_or_default().to_owned();
    let kinds = vec![
        Choice { value: "pupils".into(), label: messages::text("import.pupils") },
        Choice { value: "staff".into(), label: messages::text("import.staff") },
    ];
    let fields = vec![
        FormField { choices: kinds, required: true, ..field("kind", "radio", messages::text("import.kind"), "pupils") },
        FormField {
            accept: ".xlsx,.csv,.txt".into(),
            help: messages::text("import.file-help"),
            required: true,
            ..field("file", "file", messages::text("import.file"), "")
        },
        FormField { required: true, ..field("year", "text", messages::text("import.year"), &year) },
        FormField {
            required: true,
            help: messages::text("import.from-help"),
            ..field("from", "date", messages::text("import.from"), &format!("{first}-09-05"))
        },
    ];
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = Form {
        action: "/people/import".into(),
        fields,
        submit: messages::text("import.preview"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    };
    let mut page = Page::new(
        messages::text("import.title"),
        vec![Widget::Paragraph { text: messages::text("import.about"), quiet: false }, Widget::Form(form)],
    );
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, status, &page)
}

/// The second step: what was read and what would happen.
fn preview(site: &Site, visit: &mut Visit, form: &ShellForm, understood: &Understood) -> Response<Body> {
    let Understood { sheet, header, bad, plan, .. } = understood;
    let figure = |value: usize, label: Text| Figure { value: value.to_string(), label, href: None };
    let mut widgets = vec![
        Widget::Notice { tone: Tone::Neutral, text: messages::text("import.nothing-yet"), links: Vec::new() },
        Widget::Figures {
            figures: vec![
                figure(plan.new.len(), messages::text("import.new")),
                figure(plan.changed.len(), messages::text("import.changed")),
                figure(plan.moved.len(), messages::text("import.moved")),
                figure(plan.unchanged, messages::text("import.unchanged")),
                figure(bad.len(), messages::text("import.bad")),
            ],
        },
    ];
    if sheet.legacy.is_some() {
        widgets.push(table(
            messages::text("import.legacy"),
            [messages::text("import.before"), messages::text("import.after")],
            sheet.samples.iter().map(|(before, after)| [before.clone(), after.clone()]),
        ));
    }
    widgets.extend(bad_rows(bad));
    if !plan.groups.is_empty() {
        let text = messages::text_with("import.groups", &[("groups", &plan.groups.join(", "))]);
        widgets.push(Widget::Paragraph { text, quiet: false });
    }
    let people =
        plan.new.iter().map(|draft| [draft.person.name.clone(), draft.group.clone(), draft.person.birth.clone()]);
    let changed = plan
        .changed
        .iter()
        .map(|(_, draft)| [draft.person.name.clone(), draft.group.clone(), draft.person.birth.clone()]);
    let heads = || [messages::text("people.name"), messages::text("people.class"), messages::text("people.birth")];
    widgets.push(folded(
        messages::text("import.new"),
        table(messages::text("import.new"), heads(), people),
        plan.new.len(),
    ));
    widgets.push(folded(
        messages::text("import.changed"),
        table(messages::text("import.changed"), heads(), changed),
        plan.changed.len(),
    ));
    let moved = plan.moved.iter().map(|(_, name, from, to)| [name.clone(), from.clone(), to.clone()]);
    let heads = [messages::text("people.name"), messages::text("import.from-class"), messages::text("import.to-class")];
    widgets.push(folded(
        messages::text("import.moved"),
        table(messages::text("import.moved"), heads, moved),
        plan.moved.len(),
    ));
    let absent = plan.absent.iter().map(|(_, name, group)| [name.clone(), group.clone()]);
    let heads = [messages::text("people.name"), messages::text("people.class")];
    widgets.push(folded(
        messages::text("import.absent"),
        table(messages::text("import.absent"), heads, absent),
        plan.absent.len(),
    ));
    let kept = ["kind", "year", "from"].map(|name| field(name, "hidden", Text::default(), form.get(name)));
    let mapping: Vec<FormField> = header
        .columns
        .iter()
        .map(|column| FormField {
            choices: meanings(),
            ..field(&format!("column-{}", column.at), "select", column.head.clone().into(), column.meaning.word())
        })
        .collect();
    let again = Form {
        action: "/people/import".into(),
        fields: kept.iter().cloned().chain(mapping.iter().cloned()).collect(),
        submit: messages::text("import.again"),
        ..Form::default()
    };
    widgets.push(Widget::Disclosure {
        summary: messages::text("import.columns"),
        open: false,
        widgets: vec![Widget::Form(again)],
    });
    let hidden = mapping.into_iter().map(|field| FormField { kind: "hidden".into(), ..field });
    let mut fields: Vec<FormField> = kept.into_iter().chain(hidden).collect();
    fields.push(field("step", "hidden", Text::default(), "apply"));
    if !plan.absent.is_empty() {
        fields.push(FormField {
            help: messages::text("import.absent-help"),
            ..field("absent", "checkbox", messages::text("import.absent-leave"), "")
        });
    }
    widgets.push(Widget::Form(Form {
        action: "/people/import".into(),
        fields,
        submit: messages::text("import.apply"),
        tone: Tone::Primary,
        ..Form::default()
    }));
    let mut page = Page::new(messages::text("import.preview-title"), widgets);
    page.breadcrumbs = vec![
        Link::new(messages::text("menu.people"), "/people"),
        Link::new(messages::text("import.title"), "/people/import"),
    ];
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// The rows that are not taken, each with what is wrong.
fn bad_rows(bad: &[BadRow]) -> Option<Widget> {
    if bad.is_empty() {
        return None;
    }
    let cell = |text: Text| Cell { text, ..Cell::default() };
    let rows = bad
        .iter()
        .map(|row| vec![cell(row.row.to_string().into()), cell(row.name.clone().into()), cell(row.reason.clone())])
        .collect();
    let columns = vec![
        Column { label: messages::text("import.row"), numeric: true },
        Column { label: messages::text("people.name"), numeric: false },
        Column { label: messages::text("import.reason"), numeric: false },
    ];
    Some(Widget::Table(Table { caption: messages::text("import.bad"), columns, rows }))
}

fn table<const N: usize>(caption: Text, heads: [Text; N], rows: impl Iterator<Item = [String; N]>) -> Widget {
    let columns = heads.into_iter().map(|label| Column { label, numeric: false }).collect();
    let rows = rows
        .take(SHOWN)
        .map(|row| row.into_iter().map(|text| Cell { text: text.into(), ..Cell::default() }).collect())
        .collect();
    Widget::Table(Table { caption, columns, rows })
}

/// A list folded under its name and length; nothing when it is empty.
fn folded(name: Text, list: Widget, count: usize) -> Widget {
    if count == 0 {
        return Widget::Unknown;
    }
    let in_language = |language: &str| format!("{} ({count})", name.get(language));
    Widget::Disclosure { summary: Text::vi_en(in_language("vi"), in_language("en")), open: false, widgets: vec![list] }
}

fn meanings() -> Vec<Choice> {
    Meaning::ALL
        .iter()
        .map(|(meaning, word)| Choice {
            value: (*word).into(),
            label: match meaning {
                Meaning::Number => messages::text("import.m-number"),
                Meaning::Class => messages::text("people.class"),
                Meaning::Code => messages::text("people.code"),
                Meaning::Name => messages::text("people.name"),
                Meaning::FamilyName => messages::text("import.m-family"),
                Meaning::GivenName => messages::text("import.m-given"),
                Meaning::Birth => messages::text("people.birth"),
                Meaning::Gender => messages::text("import.m-gender"),
                Meaning::Female => messages::text("import.m-female"),
                Meaning::Title => messages::text("import.m-title"),
                Meaning::SubjectGroup => messages::text("people.subject-group"),
                Meaning::Father => messages::text("import.m-father"),
                Meaning::Mother => messages::text("import.m-mother"),
                Meaning::Guardian => messages::text("import.m-guardian"),
                Meaning::More => messages::text("import.m-more"),
                Meaning::Skip => messages::text("import.m-skip"),
            },
        })
        .collect()
}

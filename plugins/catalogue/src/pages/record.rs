//! A record: readable, and as MARC, with its copies.

use tram_contract::Text;
use tram_contract::page::{Action, Cell, Column, DetailRow, DetailValue, Page, Tab, Table, Tone, Widget};
use tram_sdk::{Request, Response, Result};

use super::{Say, encoded, said, say};
use crate::bib;
use crate::compact::{Compact, FieldRef};
use crate::covers;
use crate::messages::{self as m, Message};
use crate::shelf::{self, CopyEntry, Loaded};
use crate::words;

/// The readable page.
///
/// # Errors
/// `not-found`; as the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let record = loaded.record().ok_or_else(|| tram_sdk::Error::not_found(m::NO_RECORD.text()))?;
    let copies = shelf::copies(&loaded.key)?;
    let mut page = frame(request, &say, &loaded, record, "record");
    let picture = covers::of(std::slice::from_ref(&loaded.key))?.pop().flatten();
    let has_picture = picture.is_some();
    page.widgets.push(Widget::Cover {
        blob: picture,
        title: bib::title_or(record, m::UNTITLED.get(say.0)).into_owned(),
        author: bib::author(record),
    });
    let mut rows = rows(&say, record);
    let forms: Vec<DetailValue> = crate::digital::forms(&loaded.key)?
        .into_iter()
        .map(|known| DetailValue { text: Text::from(known.title), href: Some(known.href) })
        .collect();
    if !forms.is_empty() {
        rows.insert(0, DetailRow { label: say.t(&m::DIGITAL_FORM), values: forms });
    }
    page.widgets.push(Widget::Details { rows });
    page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::COPIES) });
    copies_table(request, &say, &loaded, &copies, &mut page);
    if request.principal.may("catalogue.edit") {
        tools(&say, &loaded, &copies, has_picture, &mut page);
    }
    actions(request, &say, &loaded, &copies, &mut page);
    Ok(Response::page(&page))
}

/// The record as MARC, for those who can read it.
///
/// # Errors
/// `not-found`; as the store.
pub fn marc(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let record = loaded.record().ok_or_else(|| tram_sdk::Error::not_found(m::NO_RECORD.text()))?;
    let mut page = frame(request, &say, &loaded, record, "marc");
    let staff = request.principal.may("catalogue.edit");
    page.widgets.push(Widget::Code { text: marc_text(record, staff) });
    if !staff {
        page.widgets.push(Widget::Paragraph { text: say.t(&m::MARC_PUBLIC_ONLY), quiet: true });
    }
    let file = |format: &str| format!("records/{}/file?format={format}", loaded.id());
    page.widgets.push(Widget::Actions {
        actions: vec![
            Action { label: say.t(&m::DOWNLOAD_MARC), href: file("marc"), ..Action::default() },
            Action { label: say.t(&m::DOWNLOAD_MARCXML), href: file("marcxml"), ..Action::default() },
        ],
    });
    Ok(Response::page(&page))
}

fn frame(request: &Request, say: &Say<'_>, loaded: &Loaded, record: Compact<'_>, current: &str) -> Page {
    let title = bib::title_or(record, m::UNTITLED.get(say.0)).into_owned();
    let mut page = Page::new(Text::from(title), said(request).into_iter().collect());
    page.breadcrumbs = vec![say.link(&m::CATALOGUE, ".")];
    let id = loaded.id();
    let mut tabs = vec![
        Tab { label: say.t(&m::TAB_READABLE), href: format!("records/{id}"), current: current == "record" },
        Tab { label: say.t(&m::TAB_MARC), href: format!("records/{id}/marc"), current: current == "marc" },
    ];
    if request.principal.may("catalogue.edit") {
        tabs.push(Tab { label: say.t(&m::TAB_HISTORY), href: format!("records/{id}/history"), current: false });
    }
    page.widgets.push(Widget::Tabs { tabs });
    page
}

/// The rows of the readable page. A value in another script stands beside its own.
fn rows(say: &Say<'_>, record: Compact<'_>) -> Vec<DetailRow> {
    let mut out: Vec<DetailRow> = Vec::new();
    let mut add = |label: &Message, values: Vec<DetailValue>| {
        let values: Vec<DetailValue> = values.into_iter().filter(|v| !v.text.is_empty()).collect();
        if !values.is_empty() {
            out.push(DetailRow { label: say.t(label), values });
        }
    };
    let plain = |text: String| DetailValue { text: Text::from(text), href: None };
    let search = |text: String, parameter: &str| {
        let href = (!text.is_empty()).then(|| format!("./?{parameter}={}", encoded(&text)));
        DetailValue { text: Text::from(text), href }
    };
    let fields = |tags: &'static [&'static str]| record.fields().filter(move |f| tags.contains(&f.tag));
    let texts = |tags: &'static [&'static str], codes: &str| -> Vec<DetailValue> {
        fields(tags).map(|f| plain(bib::trim_isbd(&both(record, f, codes)).to_owned())).collect()
    };

    add(&m::TITLE, texts(&["245"], "abnp"));
    add(&m::RESPONSIBILITY, texts(&["245"], "c"));
    let name = |field: FieldRef<'_>| {
        let name = bib::name(field);
        let mut shown = name.clone();
        for (code, text) in field.subfields() {
            if matches!(code, 'd' | 'e') {
                shown.push_str(", ");
                shown.push_str(bib::trim_isbd(text));
            }
        }
        let href = format!("./?author={}", encoded(&name));
        DetailValue { text: Text::from(with_other_script(record, field, shown)), href: Some(href) }
    };
    add(&m::AUTHOR, fields(&["100", "110", "111"]).map(name).collect());
    add(&m::CONTRIBUTORS, fields(&["700", "710", "711"]).map(name).collect());
    add(&m::ORIGINAL_TITLE, texts(&["240"], "anp"));
    add(&m::OTHER_TITLES, texts(&["130", "242", "246", "247", "740"], "abnp"));
    add(&m::EDITION, texts(&["250"], "ab"));
    add(&m::PUBLICATION, texts(&["260", "264"], "abc"));
    add(&m::DESCRIPTION, texts(&["300"], "abce"));
    add(
        &m::SERIES,
        fields(&["490", "440"]).map(|f| search(bib::trim_isbd(&f.join("anpv")).to_owned(), "series")).collect(),
    );
    add(&m::ISBN, fields(&["020"]).filter_map(|f| f.subfield('a')).map(|t| plain(t.trim().to_owned())).collect());
    add(&m::ISSN, texts(&["022"], "a"));
    if let Some(code) = bib::language(record) {
        let name = words::language_name(code).map_or(code, |name| name.get(say.0));
        add(&m::LANGUAGE, vec![plain(name.to_owned())]);
    }
    let kind = bib::kind(record);
    add(&m::KIND, vec![plain(words::kind(kind).get(say.0).to_owned())]);
    add(&m::DEWEY, texts(&["082"], "ab"));
    add(&m::LOCAL_CLASS, texts(&["084"], "ab"));
    add(&m::SUBJECTS, bib::subjects(record).into_iter().map(|s| search(s, "subject-facet")).collect());
    add(&m::GENRES, texts(&["655"], "avxyz"));
    add(&m::SUMMARY, texts(&["520"], "ab"));
    add(&m::CONTENTS, texts(&["505"], "agrt"));
    add(&m::AUDIENCE, texts(&["521"], "a"));
    add(&m::NOTES, texts(&["500", "504", "546", "586"], "a"));
    add(
        &m::ONLINE,
        fields(&["856"]).map(|f| plain([f.join("3yz"), f.join("u")].join(" ").trim().to_owned())).collect(),
    );
    add(&m::PRICE, fields(&["020"]).filter_map(|f| f.subfield('c')).map(|t| plain(t.to_owned())).collect());
    out
}

/// A field's subfields, with the same in another script when an `880` has it.
fn both(record: Compact<'_>, field: FieldRef<'_>, codes: &str) -> String {
    with_other_script_of(record, field, field.join(codes), codes)
}

fn with_other_script(record: Compact<'_>, field: FieldRef<'_>, text: String) -> String {
    with_other_script_of(record, field, text, "abcdq")
}

fn with_other_script_of(record: Compact<'_>, field: FieldRef<'_>, text: String, codes: &str) -> String {
    let Some(link) = field.subfield('6').and_then(|l| l.get(4..6)).filter(|l| *l != "00") else {
        return text;
    };
    let other = record.fields().find(|f| {
        f.tag == "880" && f.subfield('6').is_some_and(|l| l.get(..3) == Some(field.tag) && l.get(4..6) == Some(link))
    });
    match other.map(|f| f.join(codes)).filter(|o| !o.is_empty()) {
        Some(other) => format!("{} · {}", bib::trim_isbd(&text), other),
        None => text,
    }
}

/// The record in lines, as cataloguers write MARC.
pub(crate) fn marc_text(record: Compact<'_>, all: bool) -> String {
    let mut out = format!("LDR    {}\n", record.leader().replace(' ', "#"));
    for field in record.fields().filter(|f| all || crate::export::is_public(*f)) {
        out.push_str(field.tag);
        match field.value() {
            Some(value) => {
                out.push_str("    ");
                out.push_str(&value.replace(' ', "#"));
            }
            None => {
                let (ind1, ind2) = field.indicators();
                let shown = |c: char| if c == ' ' { '#' } else { c };
                out.push(' ');
                out.push(shown(ind1));
                out.push(shown(ind2));
                for (code, text) in field.subfields() {
                    out.push_str(" $");
                    out.push(code);
                    out.push(' ');
                    out.push_str(text);
                }
            }
        }
        out.push('\n');
    }
    out
}

fn copies_table(request: &Request, say: &Say<'_>, loaded: &Loaded, copies: &[CopyEntry], page: &mut Page) {
    if copies.is_empty() {
        page.widgets.push(Widget::Paragraph { text: say.t(&m::NO_COPIES), quiet: true });
        return;
    }
    let staff = request.principal.may("catalogue.edit");
    let column = |label: &Message| Column { label: say.t(label), ..Column::default() };
    let mut columns = vec![column(&m::ACCESSION), column(&m::SHELF), column(&m::CALL_NUMBER), column(&m::STATE)];
    if staff {
        columns.push(column(&m::NOTE));
    }
    let rows = copies
        .iter()
        .map(|copy| {
            let value = &copy.value;
            let number =
                if value.accession.is_empty() { m::NO_NUMBER.get(say.0).to_owned() } else { value.accession.clone() };
            let id = copy.id().get(32..).unwrap_or_default().to_owned();
            let text = |text: &str| Cell { text: Text::from(text), ..Cell::default() };
            let tone = match value.state.as_str() {
                "" | "available" => Tone::Good,
                "reading-room" => Tone::Neutral,
                "repair" => Tone::Warning,
                _ => Tone::Bad,
            };
            let mut cells = vec![
                Cell {
                    text: Text::from(number),
                    href: staff.then(|| format!("records/{}/copies/{id}", loaded.id())),
                    tone: None,
                },
                text(&value.shelf),
                text(&value.call),
                Cell { text: say.t(words::state(&value.state)), href: None, tone: Some(tone) },
            ];
            if staff {
                cells.push(text(&value.note));
            }
            cells
        })
        .collect();
    page.widgets.push(Widget::Table(Table { caption: say.t(&m::COPIES), columns, rows }));
}

/// What a cataloguer adds to the record: copies, a picture.
fn tools(say: &Say<'_>, loaded: &Loaded, copies: &[CopyEntry], has_picture: bool, page: &mut Page) {
    let id = loaded.id();
    let proposed = loaded.record().map(bib::call_number).unwrap_or_default();
    page.widgets.push(Widget::Disclosure {
        summary: say.t(&m::ADD_COPIES),
        open: copies.is_empty(),
        widgets: vec![Widget::Form(super::copies::add_form(say, &id, &proposed, None, &[]))],
    });
    page.widgets.push(super::cover::tools(say, &id, has_picture));
}

fn actions(request: &Request, say: &Say<'_>, loaded: &Loaded, copies: &[CopyEntry], page: &mut Page) {
    let id = loaded.id();
    let mut actions = Vec::new();
    if request.principal.may("catalogue.edit") {
        actions.push(Action {
            label: say.t(&m::EDIT),
            href: format!("records/{id}/edit"),
            tone: Tone::Primary,
            ..Action::default()
        });
    }
    if request.principal.may("catalogue.delete") {
        let confirm = if copies.is_empty() {
            say.t(&m::CONFIRM_DELETE)
        } else {
            say.with(&m::CONFIRM_DELETE_COPIES, &[&copies.len().to_string()])
        };
        actions.push(Action {
            label: say.t(&m::DELETE),
            href: format!("records/{id}/delete"),
            post: true,
            tone: Tone::Bad,
            confirm: Some(confirm),
            values: vec![("version".into(), loaded.version.to_string())],
            ..Action::default()
        });
    }
    actions.push(Action { label: say.t(&m::PRINT), href: "#".into(), print: true, ..Action::default() });
    page.widgets.push(Widget::Actions { actions });
}

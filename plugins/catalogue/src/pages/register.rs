//! The accession register (sổ đăng ký cá biệt): a line for each copy in the order of
//! the numbers, to be read, printed, and worked on copy by copy or many at a time.

use tram_contract::Text;
use tram_contract::page::{Action, Cell, Choice, Column, Form, FormField, Page, Pager, Table, Tone, Widget};
use tram_sdk::store::{self, Find};
use tram_sdk::{Request, Response, Result};

use super::{Say, encoded, said, say};
use crate::compact::Compact;
use crate::messages::{self as m, Message};
use crate::shelf::{self, COPIES, Copy, CopyEntry, Loaded, STATES};
use crate::{bib, excel, keys, words};

/// Lines on a page: some ten sheets of paper.
const LINES: usize = 400;
/// Rows of the store that are read at once.
const PIECE: u32 = 500;

/// Copies that one form changes: they are one transaction.
const MOST: usize = 1_000;

/// What part of the register is wanted.
struct Span {
    from: String,
    to: String,
}

impl Span {
    fn of(request: &Request) -> Self {
        let number = |name: &str| request.query(name).unwrap_or_default().trim().chars().take(60).collect();
        Self { from: number("from"), to: number("to") }
    }

    /// What the numbers have in common: the walk need not look elsewhere.
    fn prefix(&self) -> String {
        let (from, to) = (keys::accession(&self.from), keys::accession(&self.to));
        if to.is_empty() {
            return String::new();
        }
        from.chars().zip(to.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    }

    /// Lines behind the row `after`, and whether there are more.
    fn lines(&self, after: Option<Vec<u8>>) -> Result<(Vec<CopyEntry>, bool)> {
        let (from, to) = (keys::accession(&self.from), keys::accession(&self.to));
        let prefix = self.prefix();
        let mut out = Vec::new();
        let mut after = after;
        loop {
            let (entries, more) = COPIES.find("accession", Find::Prefix(prefix.as_bytes()), after.as_deref(), PIECE)?;
            after = entries.last().map(|entry| entry.key.clone());
            for entry in entries {
                let number = keys::accession(&entry.value.accession);
                if !to.is_empty() && number > to {
                    return Ok((out, false));
                }
                if number < from || !shelf::is_visible(&entry.value)? {
                    continue;
                }
                if out.len() == LINES {
                    return Ok((out, true));
                }
                out.push(entry);
            }
            if !more {
                return Ok((out, false));
            }
        }
    }
}

/// The register.
///
/// # Errors
/// As the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let span = Span::of(request);
    let (lines, more) = span.lines(request.query("after").and_then(store::from_hex))?;
    let mut page = say.page(&m::REGISTER, said(request).into_iter().collect());
    page.widgets.push(Widget::Paragraph { text: say.t(&m::REGISTER_INTRO), quiet: true });
    page.widgets.push(Widget::Form(span_form(&say, &span)));
    if lines.is_empty() {
        page.widgets
            .push(Widget::Empty { text: say.t(&m::REGISTER_EMPTY), links: vec![say.link(&m::NEW_TITLE, "new")] });
        return Ok(Response::page(&page));
    }
    page.widgets.push(Widget::Actions {
        actions: vec![
            Action { label: say.t(&m::PRINT), href: "#".into(), print: true, ..Action::default() },
            Action { label: say.t(&m::CHANGE_MANY), href: "copies".into(), ..Action::default() },
        ],
    });
    page.widgets.push(Widget::Table(table(&say, &lines)?));
    let numbers = |entry: Option<&CopyEntry>| entry.map(|e| e.value.accession.clone()).unwrap_or_default();
    let next = lines
        .last()
        .filter(|_| more)
        .map(|last| format!("register?from={}&to={}&after={}", encoded(&span.from), encoded(&span.to), last.id()));
    let position = say.with(
        &m::REGISTER_SPAN,
        &[&numbers(lines.first()), &numbers(lines.last()), &m::figure(lines.len() as u64, say.0)],
    );
    page.widgets.push(Widget::Pager(Pager { previous: None, next, position }));
    Ok(Response::page(&page))
}

fn span_form(say: &Say<'_>, span: &Span) -> Form {
    let field = |name: &str, label: &Message, value: &str| FormField {
        name: name.into(),
        label: say.t(label),
        kind: "scan".into(),
        value: value.to_owned(),
        ..FormField::default()
    };
    Form {
        action: "register".into(),
        method: "get".into(),
        fields: vec![field("from", &m::REGISTER_FROM, &span.from), field("to", &m::REGISTER_TO, &span.to)],
        submit: say.t(&m::REGISTER_SHOW),
        inline: true,
        ..Form::default()
    }
}

fn table(say: &Say<'_>, lines: &[CopyEntry]) -> Result<Table> {
    let mut wanted: Vec<Vec<u8>> = lines.iter().map(|line| record_key(line).to_vec()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let titles = shelf::load_many(&wanted)?;
    let column = |label: &Message| Column { label: say.t(label), ..Column::default() };
    let rows = lines
        .iter()
        .map(|line| {
            let title = wanted.binary_search_by(|key| key.as_slice().cmp(record_key(line))).ok();
            let title = title.and_then(|at| titles.get(at)).and_then(Option::as_ref);
            row(say, line, title)
        })
        .collect();
    Ok(Table {
        caption: say.t(&m::REGISTER),
        columns: vec![
            column(&m::ACCESSION),
            column(&m::REGISTER_TITLE),
            column(&m::REGISTER_IMPRINT),
            Column { numeric: true, ..column(&m::YEAR_SHORT) },
            Column { numeric: true, ..column(&m::PRICE) },
            column(&m::REGISTER_CLASS),
            column(&m::SHELF),
            column(&m::REGISTER_COUNTED),
            column(&m::REGISTER_NOTE),
        ],
        rows,
    })
}

/// The id of a copy's record.
fn record_key(line: &CopyEntry) -> &[u8] {
    line.key.get(..16).unwrap_or_default()
}

fn row(say: &Say<'_>, line: &CopyEntry, title: Option<&Loaded>) -> Vec<Cell> {
    let text = |text: &str| Cell { text: Text::from(text), ..Cell::default() };
    let link = |text: String, href: String| Cell { text: Text::from(text), href: Some(href), tone: None };
    let (record, copy) = (store::to_hex(record_key(line)), line.id().get(32..).unwrap_or_default().to_owned());
    let value = &line.value;
    let mut cells = vec![link(value.accession.clone(), format!("records/{record}/copies/{copy}"))];
    match title.and_then(Loaded::record) {
        Some(of) => {
            cells.push(link(author_and_title(say, of), format!("records/{record}")));
            let imprint: Vec<&str> = [bib::place(of), bib::publisher(of)].into_iter().flatten().collect();
            cells.push(text(&imprint.join(": ")));
            cells.push(text(&bib::year(of).map(|year| year.to_string()).unwrap_or_default()));
            cells.push(text(of.text("020", 'c').map(bib::trim_marks).unwrap_or_default()));
            let class = if value.call.is_empty() { bib::call_number(of) } else { value.call.clone() };
            cells.push(text(&class));
        }
        None => cells.extend((0..5).map(|_| text(""))),
    }
    cells.push(text(&value.shelf));
    // M for a lost copy; the rest of the column is for the pen at the stocktaking.
    cells.push(text(if value.state == "lost" { "M" } else { "" }));
    let state = match value.state.as_str() {
        "" | "available" | "lost" => "",
        state => words::state(state).get(say.0),
    };
    cells.push(text(&[state, &value.note].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("; ")));
    cells
}

fn author_and_title(say: &Say<'_>, record: Compact<'_>) -> String {
    let (author, title) = (bib::author(record), bib::title_or(record, m::UNTITLED.get(say.0)));
    if author.is_empty() { title.into_owned() } else { format!("{author}. {title}") }
}

/// The form that changes several copies in one go.
#[must_use]
pub fn many(request: &Request) -> Response {
    let say = say(request);
    Response::page(&many_page(request, &say, None, None))
}

fn many_page(request: &Request, say: &Say<'_>, error: Option<Text>, form_error: Option<Text>) -> Page {
    let value = |name: &str| request.form(name).unwrap_or_default().to_owned();
    let field = |name: &str, label: &Message, kind: &str| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value: value(name),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let mut states = vec![Choice { value: String::new(), label: say.t(&m::AS_IT_IS) }];
    states.extend(STATES.iter().map(|s| Choice { value: (*s).into(), label: say.t(words::state(s)) }));
    let form = Form {
        action: "copies".into(),
        method: "post".into(),
        fields: vec![
            FormField {
                help: say.t(&m::HELP_MANY),
                required: true,
                error,
                ..field("accession", &m::ACCESSION, "textarea")
            },
            FormField { help: say.t(&m::HELP_AS_IT_IS), ..field("shelf", &m::SHELF, "text") },
            FormField { choices: states, ..field("state", &m::STATE, "select") },
        ],
        submit: say.t(&m::CHANGE_MANY_SAVE),
        tone: Tone::Primary,
        error: form_error,
        ..Form::default()
    };
    let mut page = say.page(&m::CHANGE_MANY, vec![Widget::Form(form)]);
    page.breadcrumbs.push(say.link(&m::REGISTER, "register"));
    page
}

/// Changes shelf or state of the named copies; of all of them or of none.
///
/// # Errors
/// As the store.
pub fn change(request: &Request) -> Result<Response> {
    let say = say(request);
    let shelf_now = request.filled("shelf").map(|text| text.chars().take(500).collect::<String>());
    let state = request.form("state").filter(|state| STATES.contains(state));
    let refuse = |error: Option<Text>, form: Option<Text>| {
        Ok(Response::page(&many_page(request, &say, error, form)).status(422))
    };
    let numbers = match excel::accessions(request.form("accession").unwrap_or_default()) {
        Ok(numbers) if numbers.is_empty() => return refuse(Some(say.t(&m::ERROR_ACCESSION)), None),
        Ok(numbers) if numbers.len() > MOST => {
            return refuse(Some(say.with(&m::MANY_TOO_MANY, &[&m::figure(MOST as u64, say.0)])), None);
        }
        Ok(numbers) => numbers,
        Err(error) => return refuse(Some(Text::from(excel::RowProblem::Accession(error).text(say.0))), None),
    };
    if shelf_now.is_none() && state.is_none() {
        return refuse(None, Some(say.t(&m::MANY_NOTHING)));
    }
    let (mut found, mut missing): (Vec<CopyEntry>, Vec<String>) = (Vec::new(), Vec::new());
    for number in &numbers {
        match shelf::copy_numbered(number)? {
            Some((_, entry)) if found.iter().all(|other| other.key != entry.key) => found.push(entry),
            Some(_) => {}
            None => missing.push(number.clone()),
        }
    }
    if !missing.is_empty() {
        let named = missing.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
        let count = m::figure(missing.len() as u64, say.0);
        return refuse(Some(say.with(&m::MANY_MISSING, &[&count, &named])), None);
    }
    for entry in &found {
        let copy = Copy {
            shelf: shelf_now.clone().unwrap_or_else(|| entry.value.shelf.clone()),
            state: state.map_or_else(|| entry.value.state.clone(), str::to_owned),
            ..entry.value.clone()
        };
        if copy != entry.value {
            COPIES.replace(&entry.key, &copy, entry.version)?;
        }
    }
    let number = |entry: Option<&CopyEntry>| entry.map(|e| encoded(&e.value.accession)).unwrap_or_default();
    found.sort_by_key(|entry| keys::accession(&entry.value.accession));
    Ok(Response::redirect(format!("register?from={}&to={}&said=copies", number(found.first()), number(found.last()))))
}

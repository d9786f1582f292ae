//! Reports: what is used, by whom it was made, what it takes of the disk.

use std::collections::BTreeMap;

use tram_contract::Text;
use tram_contract::page::{Action, Cell, Column, Figure, Table, Tone, Widget};
use tram_sdk::{Request, Response, Result};

use super::{Say, say, title_of};
use crate::access::Who;
use crate::figures::{self, Line};
use crate::files::size;
use crate::messages as m;

/// Lines of the list of items.
const SHOWN: usize = 50;

/// The page.
///
/// # Errors
/// As the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let counted = figures::count(say.0, who)?;
    let mut page = say.page(&m::REPORTS, Vec::new());
    let figure = |value: String, label| Figure { value, label: say.t(label), href: None };
    let number = |value: i64| m::figure(value.unsigned_abs(), say.0);
    page.widgets.push(Widget::Figures {
        figures: vec![
            figure(number(counted.sum.items), &m::MATERIALS_SHORT),
            figure(number(counted.sum.views), &m::VIEWS),
            figure(number(counted.sum.downloads), &m::DOWNLOADS),
            figure(size(counted.sum.bytes, say.0), &m::ON_DISK),
        ],
    });
    let action = |label, href: &str, tone| Action { label: say.t(label), href: href.into(), tone, ..Action::default() };
    page.widgets.push(Widget::Actions {
        actions: vec![
            action(&m::REPORT_EXCEL, "reports/file", Tone::Primary),
            action(&m::PROOF, "proof", Tone::Neutral),
            action(&m::EXPORT, "export", Tone::Neutral),
            action(&m::IMPORT_PLAN, "curriculum/import", Tone::Neutral),
            action(&m::SETTINGS, "settings", Tone::Neutral),
        ],
    });
    if counted.more {
        page.widgets.push(Widget::Paragraph { text: say.t(&m::ONLY_FIRST), quiet: true });
    }
    let rows = counted.items.iter().take(SHOWN).map(|(seen, line)| {
        let edition = &seen.edition;
        let mut row = vec![
            Cell { text: Text::from(title_of(edition, &say)), href: None, tone: None },
            cell(super::authors_line(edition)),
        ];
        row.extend(numbers(&say, line));
        row
    });
    let columns = vec![column(&say, &m::TITLE, false), column(&say, &m::AUTHORS, false)];
    page.widgets.push(table(&say, &m::MOST_VIEWED, columns, rows.collect()));
    page.widgets.push(by(&say, &m::BY_GROUP, &m::GROUP, &counted.groups));
    page.widgets.push(by(&say, &m::BY_TEACHER, &m::AUTHORS, &counted.teachers));
    Ok(Response::page(&page))
}

fn cell(text: String) -> Cell {
    Cell { text: Text::from(text), ..Cell::default() }
}

fn column(say: &Say<'_>, label: &m::Message, numeric: bool) -> Column {
    Column { label: say.t(label), numeric }
}

fn numbers(say: &Say<'_>, line: &Line) -> Vec<Cell> {
    let number = |value: i64| cell(m::figure(value.unsigned_abs(), say.0));
    vec![number(line.views), number(line.downloads), cell(size(line.bytes, say.0))]
}

fn table(say: &Say<'_>, caption: &m::Message, mut columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Widget {
    columns.extend([&m::VIEWS, &m::DOWNLOADS, &m::ON_DISK].map(|label| column(say, label, true)));
    Widget::Table(Table { caption: say.t(caption), columns, rows })
}

fn by(say: &Say<'_>, caption: &m::Message, heading: &m::Message, lines: &BTreeMap<String, Line>) -> Widget {
    let mut sorted: Vec<(&String, &Line)> = lines.iter().collect();
    sorted.sort_by_cached_key(|(name, _)| tram_vietnamese::name_sort_key(name));
    let rows = sorted.into_iter().map(|(name, line)| {
        let mut row = vec![cell(name.clone()), cell(m::figure(line.items.unsigned_abs(), say.0))];
        row.extend(numbers(say, line));
        row
    });
    let columns = vec![column(say, heading, false), column(say, &m::MATERIALS_SHORT, true)];
    table(say, caption, columns, rows.collect())
}

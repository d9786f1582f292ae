//! Who changed a record, when, and what.

use tram_contract::Text;
use tram_contract::page::{Cell, Column, Link, Table, Widget};
use tram_marc::Field;
use tram_sdk::{Request, Response, Result, clock, directory, store};

use super::say;
use crate::bib;
use crate::compact::{self, Compact};
use crate::messages::{self as m};
use crate::shelf;
use crate::stored::Stored;

/// Steps that are shown.
const LIMIT: u32 = 50;

/// The page.
///
/// # Errors
/// `not-found`; as the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let changes = store::history(shelf::RECORDS, &loaded.key, LIMIT)?;
    let fields: Vec<Option<Vec<String>>> =
        changes.iter().map(|change| change.value.as_deref().and_then(lines)).collect();
    let mut rows = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let now = fields.get(at).and_then(Option::as_ref);
        let before = fields.get(at + 1).and_then(Option::as_ref);
        let what = match (now, before) {
            _ if change.deleted => m::HISTORY_DELETED.get(say.0).to_owned(),
            (None, _) => m::HISTORY_SHED.get(say.0).to_owned(),
            (Some(_), None) => m::HISTORY_CREATED.get(say.0).to_owned(),
            (Some(now), Some(before)) => difference(before, now),
        };
        let text = |text: String| Cell { text: Text::from(text), ..Cell::default() };
        rows.push(vec![text(clock::moment(change.unix_ms)), text(who(&change.actor, say.0)), text(what)]);
    }
    let column = |message: &m::Message| Column { label: say.t(message), ..Column::default() };
    let table = Table {
        caption: say.t(&m::TAB_HISTORY),
        columns: vec![column(&m::HISTORY_WHEN), column(&m::HISTORY_WHO), column(&m::HISTORY_WHAT)],
        rows,
    };
    let mut page = say.page(&m::TAB_HISTORY, vec![Widget::Table(table)]);
    if let Some(record) = loaded.record() {
        page.breadcrumbs
            .push(Link::new(Text::from(bib::title_or(record, "…").into_owned()), format!("records/{}", loaded.id())));
    }
    Ok(Response::page(&page))
}

/// The fields of a stored value as lines, to be compared.
fn lines(value: &[u8]) -> Option<Vec<String>> {
    let stored = Stored::parse(value)?;
    let record = stored.record().or_else(|| stored.pending.and_then(|(_, bytes)| Compact::new(bytes)))?.record();
    Some(
        record
            .fields
            .iter()
            .map(|field: &Field| {
                let alone = tram_marc::Record { fields: vec![field.clone()], ..Default::default() };
                let bytes = compact::encode(&alone);
                let text = Compact::new(&bytes).map(|r| super::record::marc_text(r, true)).unwrap_or_default();
                text.lines().nth(1).unwrap_or_default().to_owned()
            })
            .collect(),
    )
}

/// Lines that went and lines that came.
fn difference(before: &[String], now: &[String]) -> String {
    let mut out = Vec::new();
    out.extend(before.iter().filter(|line| !now.contains(line)).map(|line| format!("− {line}")));
    out.extend(now.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}")));
    out.join("\n")
}

/// The name of who did it, where it may be known.
fn who(actor: &str, language: &str) -> String {
    match actor {
        "console" | "system" => return m::HISTORY_STATION.get(language).to_owned(),
        _ => {}
    }
    directory::person(actor, &["name"])
        .ok()
        .flatten()
        .and_then(|person| person.fields.into_iter().find(|f| f.name == "name"))
        .map_or_else(|| actor.to_owned(), |field| field.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_shown_field_by_field() {
        let before = ["245 10 $a X".to_owned(), "500 ## $a cũ".to_owned()];
        let now = ["245 10 $a X".to_owned(), "500 ## $a mới".to_owned()];
        assert_eq!(difference(&before, &now), "− 500 ## $a cũ\n+ 500 ## $a mới");
    }
}

//! Deleting a title, and bringing it back.

use tram_contract::Text;
use tram_contract::page::{Action, Card, Cards, Tone, Widget};
use tram_sdk::store::Scan;
use tram_sdk::{Error, Request, Response, Result, clock, store};

use super::say;
use crate::messages as m;
use crate::shelf::{self, DELETED};

/// Deletes a title with its copies, and offers to undo it at once.
///
/// # Errors
/// `not-found`, `stale`; as the store.
pub fn delete(request: &Request) -> Result<Response> {
    let loaded = shelf::load_linked(request.param("record"))?;
    let version = request.form("version").and_then(|v| v.parse().ok()).unwrap_or(0);
    if version != loaded.version {
        return Err(Error::new(tram_sdk::code::STALE, m::STALE_DELETE.text()));
    }
    shelf::delete(&loaded, version, clock::today())?;
    Ok(Response::redirect(format!("deleted?undo={}", loaded.id())))
}

/// What was deleted, the latest first.
///
/// # Errors
/// As the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let mut widgets = Vec::new();
    let undo = |id: &str| Action {
        label: say.t(&m::RESTORE),
        href: format!("deleted/{id}"),
        post: true,
        tone: Tone::Primary,
        ..Action::default()
    };
    let just = request.query("undo").and_then(store::from_hex);
    if let Some(entry) = just.map(|key| DELETED.get(key)).transpose()?.flatten() {
        widgets.push(Widget::Notice {
            tone: Tone::Good,
            text: say.with(&m::DELETED_NOW, &[&entry.value.title]),
            links: Vec::new(),
        });
        widgets.push(Widget::Actions { actions: vec![undo(&entry.id())] });
    }
    let (entries, _) = DELETED.scan(&Scan::all().reverse().limit(100))?;
    if entries.is_empty() {
        widgets.push(Widget::Empty { text: say.t(&m::NOTHING_DELETED), links: vec![say.link(&m::CATALOGUE, ".")] });
    }
    for entry in entries {
        let card = Card {
            title: Text::from(entry.value.title.as_str()),
            facts: vec![say.with(&m::DELETED_ON, &[&entry.value.day, &entry.value.copies.len().to_string()])],
            ..Card::default()
        };
        widgets.push(Widget::Cards(Cards { cards: vec![card], ..Cards::default() }));
        widgets.push(Widget::Actions { actions: vec![undo(&entry.id())] });
    }
    Ok(Response::page(&say.page(&m::DELETED_TITLES, widgets)))
}

/// Brings a title back.
///
/// # Errors
/// `not-found`; as the store.
pub fn undelete(request: &Request) -> Result<Response> {
    let id = request.param("record").unwrap_or_default();
    let key = store::from_hex(id).ok_or_else(|| Error::not_found(m::NO_RECORD.text()))?;
    let taken = shelf::undelete(&key)?;
    let said = if taken.is_empty() { "restored" } else { "restored-without" };
    Ok(Response::redirect(format!("records/{id}?said={said}")))
}

//! What somebody made, in every state.

use tram_contract::page::{Action, Cards, Tone, Widget};
use tram_sdk::store::Find;
use tram_sdk::{Request, Response, Result};

use super::{card, dress, said, say};
use crate::access::Who;
use crate::files;
use crate::messages as m;
use crate::model::ITEMS;
use crate::quota;

/// The page.
///
/// # Errors
/// As the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let mut page = say.page(&m::MINE, said(request).into_iter().collect());
    let action = Action { label: say.t(&m::NEW_ITEM), href: "new".into(), tone: Tone::Primary, ..Action::default() };
    page.widgets.push(Widget::Actions { actions: vec![action] });
    if let Some((filled, most)) = quota::of_person(&who.person)? {
        let size = |bytes| files::size(bytes, say.0);
        page.widgets
            .push(Widget::Paragraph { text: m::QUOTA_STANDING.text_with(&[&size(filled), &size(most)]), quiet: true });
    }
    let (mut entries, more) = ITEMS.find("author", Find::Exact(who.person.as_bytes()), None, 300)?;
    entries.reverse();
    let mut cards: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let edition = entry.value.newest()?;
            let mut found = card(&say, entry, edition, true);
            if entry.value.work.is_some() {
                found.href = format!("items/{}?edition=work", entry.id());
            }
            Some(found)
        })
        .collect();
    dress(&mut cards, entries.iter().filter_map(|entry| entry.value.newest()))?;
    if cards.is_empty() {
        page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_MADE), links: vec![say.link(&m::NEW_ITEM, "new")] });
    } else {
        page.widgets.push(Widget::Cards(Cards { label: say.t(&m::MINE), cards, first: 0 }));
    }
    if more {
        page.widgets.push(Widget::Paragraph { text: say.t(&m::ONLY_FIRST), quiet: true });
    }
    Ok(Response::page(&page))
}

//! The start page, and the one search over all plugins.

use hyper::{Response, StatusCode};
use tram_contract::page::{Card, Cards, Link, Page, SearchBox, Tone, Widget};
use tram_people::station::TlsMode;

use super::{ShellForm, me};
use crate::messages;
use crate::render::links;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Longest query that is handed on, in characters.
const QUERY: usize = 200;
/// Most suggestions.
const SUGGESTIONS: usize = 8;

/// `/`: the search box, what waits for the reader, what plugins show.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let mut widgets = vec![search_box("")];
    widgets.extend(super::station_status::warnings(site, visit));
    if visit.session.is_some() {
        let mut waiting = me::unseen(site, visit);
        waiting.extend(fill(site, visit, "waiting", &[]));
        widgets.push(Widget::Heading { level: 2, text: messages::text("start.waiting") });
        widgets.push(match waiting.is_empty() {
            true => Widget::Paragraph { text: messages::text("start.nothing-waits"), quiet: true },
            false => Widget::Cards(Cards { label: messages::text("start.waiting"), cards: waiting, first: 0 }),
        });
    }
    let cards = fill(site, visit, "home-card", &[]);
    if cards.is_empty() {
        widgets.push(empty(site, visit));
    } else {
        widgets.push(Widget::Heading { level: 2, text: messages::text("start.services") });
        widgets.push(Widget::Cards(Cards { label: messages::text("start.services"), cards, first: 0 }));
    }
    let facts = site.facts();
    let title = if facts.school.is_empty() { messages::text("shell.nameless") } else { facts.school.clone().into() };
    reply::shell(site, visit, StatusCode::OK, &Page::new(title, widgets))
}

/// A station without plugins is no error: it says what to do next.
fn empty(site: &Site, visit: &Visit) -> Widget {
    let manages = visit.principal.holds("plugins.manage");
    let none = site.plugins.plugins().is_empty();
    let text = match none {
        true => messages::text("start.no-plugins"),
        false => messages::text("start.no-cards"),
    };
    let links = if manages { vec![Link::new(messages::text("menu.admin"), "/admin")] } else { Vec::new() };
    Widget::Empty { text, links }
}

/// `/search?q=`: every plugin's best hits, each under the plugin's name.
pub(super) fn search(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let query: String = visit.asked("q").unwrap_or_default().trim().chars().take(QUERY).collect();
    if query.is_empty() {
        return reply::see_other("/");
    }
    let mut widgets = vec![search_box(&query)];
    let filled = site.plugins.fill("search", &[("q".to_owned(), query.clone())], &visit.principal);
    let plugins = site.plugins.plugins();
    let mut any = false;
    for (plugin, cards) in filled {
        let Some(status) = plugins.iter().find(|status| status.id == plugin) else { continue };
        let base = status.manifest.base();
        let cards: Vec<Card> = cards.into_iter().map(|card| place(card, &base)).collect();
        if cards.is_empty() {
            continue;
        }
        any = true;
        widgets.push(Widget::Heading { level: 2, text: status.manifest.name.clone() });
        widgets.push(Widget::Cards(Cards { label: status.manifest.name.clone(), cards, first: 0 }));
    }
    if !any {
        let text = messages::text_with("search.nothing", &[("query", &query)]);
        widgets.push(Widget::Notice { tone: Tone::Neutral, text, links: Vec::new() });
        widgets.push(Widget::Steps {
            steps: vec![
                messages::text("search.tip-fewer"),
                messages::text("search.tip-spelling"),
                messages::text("search.tip-marks"),
            ],
        });
    }
    let mut page = Page::new(messages::text_with("search.title", &[("query", &query)]), widgets);
    page.bare = true;
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// `/search/suggest?q=`: completions of what is typed, from every plugin that has some,
/// as a JSON list of strings.
pub(super) fn suggest(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let typed: String = visit.asked("q").unwrap_or_default().trim().chars().take(QUERY).collect();
    let mut words: Vec<String> = Vec::new();
    if typed.chars().count() >= 2 {
        let filled = site.plugins.fill("suggest", &[("q".to_owned(), typed)], &visit.principal);
        for card in filled.into_iter().flat_map(|(_, cards)| cards) {
            let word = visit.language.of_text(&card.title).to_owned();
            if !words.contains(&word) && words.len() < SUGGESTIONS {
                words.push(word);
            }
        }
    }
    reply::bytes(StatusCode::OK, "application/json", serde_json::json!(words).to_string())
}

fn search_box(value: &str) -> Widget {
    Widget::SearchBox(SearchBox {
        action: "/search".into(),
        name: "q".into(),
        value: value.to_owned(),
        label: messages::text("search.label"),
        suggest: Some("/search/suggest".into()),
        keep: Vec::new(),
    })
}

/// Cards of a slot, with links below their plugin's path.
fn fill(site: &Site, visit: &Visit, slot: &str, context: &[(String, String)]) -> Vec<Card> {
    let filled = site.plugins.fill(slot, context, &visit.principal);
    filled
        .into_iter()
        .flat_map(|(plugin, cards)| {
            let base = if plugin.contains('.') { format!("/x/{plugin}") } else { format!("/{plugin}") };
            cards.into_iter().map(move |card| place(card, &base))
        })
        .collect()
}

/// A plugin's card on a page of the shell: its link is made the station's, its cover
/// is drawn (blobs belong to the plugin's own pages).
fn place(mut card: Card, base: &str) -> Card {
    card.href = links::resolve(base, &card.href).unwrap_or_default();
    if card.href.starts_with(['?', '#']) {
        card.href = format!("{base}{}", card.href);
    }
    if let Some(cover) = &mut card.cover {
        cover.blob = None;
    }
    card
}

/// What the sign-in page and others say of the channel.
pub(super) fn wants_https(site: &Site, visit: &Visit) -> bool {
    site.facts().tls == TlsMode::AllStrict && !visit.channel.is_secure()
}

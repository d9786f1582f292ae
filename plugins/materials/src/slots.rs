//! What the repository puts into the shell: hits of the one search box, completions, a
//! card on the start page, and what waits for the reader.

use tram_contract::Text;
use tram_contract::page::Card;
use tram_contract::search::{Query, SearchRequest, Sort};
use tram_sdk::{Field, Principal, Result, search, value};

use crate::access::Who;
use crate::briefs;
use crate::messages as m;
use crate::model::Stage;
use crate::pages::search::cards;
use crate::pages::{Say, encoded};

/// Cards for a slot.
///
/// # Errors
/// As the search service and the store.
pub fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<Card>> {
    let who = Who::of(by)?;
    if !who.enters() {
        return Ok(Vec::new());
    }
    let say = Say(&by.language, &m::MATERIALS);
    let typed = value(context, "q").unwrap_or_default().trim();
    match slot {
        "search" => hits(typed, &who, &say),
        "suggest" => {
            Ok(completions(typed)?.into_iter().map(|title| Card { title: title.into(), ..Card::default() }).collect())
        }
        "home-card" => home(&who, &say),
        "waiting" => waiting(&who, &say),
        _ => Ok(Vec::new()),
    }
}

/// Titles that go on from what is typed.
///
/// # Errors
/// As the search service.
pub fn completions(typed: &str) -> Result<Vec<String>> {
    if typed.chars().count() < 2 {
        return Ok(Vec::new());
    }
    search::suggest("title", typed, 8)
}

fn published(query: Query, limit: usize) -> SearchRequest {
    let mut request = SearchRequest::new(query, limit);
    request.filters.insert("stage".into(), vec!["published".into()]);
    request
}

fn hits(typed: &str, who: &Who, say: &Say<'_>) -> Result<Vec<Card>> {
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let reply =
        search::search(&SearchRequest { snippets: true, ..published(search::all_of(search::typed(typed)), 5) })?;
    let mut out = cards(say, who, &reply, typed)?;
    if reply.total > out.len() as u64 {
        out.push(Card {
            title: say.with(&m::ALL_HITS, &[&m::figure(reply.total, say.0)]),
            href: format!("./?q={}", encoded(typed)),
            count: Some(reply.total),
            ..Card::default()
        });
    }
    Ok(out)
}

fn home(who: &Who, say: &Say<'_>) -> Result<Vec<Card>> {
    let mut newest = published(Query::Everything, 1);
    newest.sort = Sort::Field { name: "since".into(), descending: true };
    let reply = search::search(&newest)?;
    let mut card = Card { title: say.t(&m::MATERIALS), href: ".".into(), ..Card::default() };
    if reply.total == 0 {
        card.subtitle = say.t(&m::NOTHING_YET);
        return Ok(vec![card]);
    }
    card.facts.push(say.with(&m::HOME_FIGURES, &[&m::figure(reply.total, say.0)]));
    if let Some(newest) = cards(say, who, &reply, "")?.into_iter().next() {
        card.facts.push(say.with(&m::HOME_NEWEST, &[newest.title.get(say.0)]));
    }
    Ok(vec![card])
}

/// What waits, one card for each kind of waiting.
fn waiting(who: &Who, say: &Say<'_>) -> Result<Vec<Card>> {
    let waiting = briefs::waiting(who)?;
    let mut out = Vec::new();
    for (stages, words) in [
        (&[Stage::Submitted, Stage::GroupApproved][..], &m::WAITING_REVIEWS),
        (&[Stage::Draft, Stage::ChangesAsked][..], &m::WAITING_CHANGES),
        (&[Stage::Approved][..], &m::WAITING_PUBLISHING),
    ] {
        let titles: Vec<&str> = waiting
            .iter()
            .filter(|entry| entry.value.stage.is_some_and(|stage| stages.contains(&stage)))
            .map(|entry| entry.value.title.as_str())
            .collect();
        if titles.is_empty() {
            continue;
        }
        let shown: Vec<&str> = titles.iter().take(3).copied().collect();
        out.push(Card {
            title: say.t(words),
            href: "review".into(),
            subtitle: Text::from(shown.join(" · ")),
            count: Some(titles.len() as u64),
            ..Card::default()
        });
    }
    Ok(out)
}

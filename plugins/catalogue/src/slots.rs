//! What the catalogue puts into the shell: hits of the one search box, a card on the
//! start page, and what waits for the librarian.

use tram_contract::Text;
use tram_contract::page::{Card, Cover};
use tram_contract::search::{Query, SearchRequest, Sort};
use tram_sdk::store::Scan;
use tram_sdk::{Field, Principal, Result, value};

use crate::api::completions;
use crate::import::IMPORTS;
use crate::messages as m;
use crate::pages::Say;
use crate::pages::search::{cards, simple};
use crate::shelf;

/// Cards for a slot.
///
/// # Errors
/// As the search service and the store.
pub fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<Card>> {
    let say = Say(&by.language, &m::CATALOGUE);
    match slot {
        "search" => hits(value(context, "q").unwrap_or_default(), &say),
        "suggest" => Ok(completions(value(context, "q").unwrap_or_default())?
            .into_iter()
            .map(|title| Card { title: title.into(), ..Card::default() })
            .collect()),
        "home-card" => home(&say),
        "waiting" if by.may("catalogue.import") => waiting(&say),
        _ => Ok(Vec::new()),
    }
}

fn hits(typed: &str, say: &Say<'_>) -> Result<Vec<Card>> {
    let typed = typed.trim();
    let mut parts = simple(typed);
    let query = match parts.len() {
        0 => return Ok(Vec::new()),
        1 => parts.remove(0),
        _ => Query::And(parts),
    };
    let reply = shelf::search(&SearchRequest { relax: true, snippets: true, ..SearchRequest::new(query, 5) })?;
    let mut out = cards(say, &reply)?;
    if reply.total > out.len() as u64 {
        out.push(Card {
            title: say.with(&m::ALL_HITS, &[&m::figure(reply.total, say.0)]),
            href: format!("./?q={}", crate::pages::encoded(typed)),
            count: Some(reply.total),
            ..Card::default()
        });
    }
    Ok(out)
}

fn home(say: &Say<'_>) -> Result<Vec<Card>> {
    let (titles, copies) = shelf::figures()?;
    if titles == 0 {
        return Ok(vec![Card {
            title: say.t(&m::CATALOGUE),
            href: ".".into(),
            subtitle: say.t(&m::EMPTY_CATALOGUE),
            ..Card::default()
        }]);
    }
    let newest = shelf::search(&SearchRequest { sort: Sort::Newest, ..SearchRequest::new(Query::Everything, 1) })?;
    let newest = cards(say, &newest)?.into_iter().next();
    let mut facts = vec![say.with(&m::HOME_FIGURES, &[&m::figure(titles, say.0), &m::figure(copies, say.0)])];
    let mut cover = None;
    if let Some(card) = newest {
        facts.push(say.with(&m::HOME_NEWEST, &[card.title.get(say.0)]));
        cover = card.cover.map(|c| Cover { blob: c.blob, ..c });
    }
    Ok(vec![Card { title: say.t(&m::CATALOGUE), href: ".".into(), facts, cover, ..Card::default() }])
}

/// Imports that are uploaded and not started, or that refused something.
fn waiting(say: &Say<'_>) -> Result<Vec<Card>> {
    let (entries, _) = IMPORTS.scan(&Scan::all().reverse().limit(10))?;
    Ok(entries
        .iter()
        .filter(|entry| entry.value.job.is_none() && entry.value.outcome.is_none())
        .map(|entry| {
            let names: Vec<&str> = entry.value.files.iter().map(|f| f.name.as_str()).collect();
            Card {
                title: say.t(&m::IMPORT_NOT_STARTED),
                href: format!("imports/{}", entry.id()),
                subtitle: Text::from(names.join(", ")),
                ..Card::default()
            }
        })
        .collect())
}

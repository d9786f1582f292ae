//! The repository of learning materials of Trạm, a plugin.
//!
//! What it does is in small modules of one subject each:
//!
//! - an item and its editions: [`model`]; who sees and does what: [`access`]; its life:
//!   [`workflow`]; its files: [`files`], [`looking`]; its authors: [`authors`]; in brief:
//!   [`briefs`];
//! - what is searched: [`entries`]; the curriculum: [`curriculum`]; collections:
//!   [`collected`]; the same on paper: [`paper`];
//! - what readers came to: [`results`]; figures: [`figures`]; taking all out:
//!   [`takeout`], with [`archive`] and [`workbook`]; the proof document: [`printing`];
//! - with other schools: [`share`]; what waits to be fetched: [`shelf`];
//! - for people: [`pages`], [`slots`], [`messages`], [`words`]; for programs: [`api`].
//!
//! It reaches the station through the contract only, as a vendor's plugin does.

pub mod access;
pub mod api;
pub mod archive;
pub mod authors;
pub mod briefs;
pub mod collected;
pub mod curriculum;
pub mod demo;
pub mod entries;
pub mod figures;
pub mod files;
pub mod looking;
pub mod made;
pub mod messages;
pub mod model;
pub mod pages;
pub mod paper;
pub mod printing;
pub mod quota;
pub mod results;
pub mod share;
pub mod shelf;
pub mod slots;
pub mod takeout;
#[cfg(test)]
mod tests;
pub mod words;
pub mod workbook;
pub mod workflow;

use serde::Serialize;
use tram_contract::page::Card;
use tram_contract::search::Document;
use tram_sdk::store::{Find, Row};
use tram_sdk::{Api, Error, Field, Indexer, Job, Pages, Principal, Queryable, Request, Response, Result, Slots, Step};

/// The plugin.
pub struct Materials;

impl Pages for Materials {
    fn page(request: Request) -> Result<Response> {
        pages::answer(&request)
    }
}

impl Api for Materials {
    fn answer(request: Request) -> Result<Response> {
        api::answer(&request)
    }
}

impl Indexer for Materials {
    fn index(collection: &str, row: &Row) -> Option<Document> {
        if collection == entries::SEARCHED.name() { entries::document(row) } else { None }
    }
}

impl Job for Materials {
    fn run(job: &str, state: &[u8], first: bool, by: &Principal) -> Result<Step> {
        match job {
            "look" => looking::run(state, first, by),
            "proof" => printing::run(state, first, by),
            "export" => takeout::run(state, first, by),
            "look-taken" => looking::run(state, first, by),
            "pack" => share::pack::run(state, first, by),
            "check" => share::check::run(state, first, by),
            "take" => share::take::run(state, first, by),
            "import-demo" => demo::run(state, first, by),
            _ => Err(Error::not_found(messages::NO_PAGE.text())),
        }
    }
}

impl Slots for Materials {
    fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<Card>> {
        slots::fill(slot, context, by)
    }
}

/// An item as others are told of it.
#[derive(Debug, Serialize)]
struct Known {
    title: String,
    href: String,
}

impl Queryable for Materials {
    /// `of-record`: the published items that are the same as a record of the catalogue,
    /// given its id; those that the asker's reader sees.
    fn query(name: &str, arguments: &[u8], by: &Principal) -> Result<Vec<u8>> {
        if name != "of-record" {
            return Err(Error::not_found(messages::NO_PAGE.text()));
        }
        let record: String = serde_json::from_slice(arguments)?;
        let who = access::Who::of(by)?;
        let (found, _) = model::ITEMS.find("record", Find::Exact(record.as_bytes()), None, 20)?;
        let known: Vec<Known> = found
            .iter()
            .filter(|entry| who.sees_live(&entry.value))
            .filter_map(|entry| {
                let edition = entry.value.shown()?;
                Some(Known { title: edition.meta.title.clone(), href: format!("/materials/items/{}", entry.id()) })
            })
            .collect();
        Ok(serde_json::to_vec(&known)?)
    }
}

tram_sdk::export!(Materials: pages, api, indexer, job, slots, queryable);

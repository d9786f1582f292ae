//! The library catalogue of Trạm, a plugin.
//!
//! What it does is in small modules of one subject each:
//!
//! - a record in the store: [`compact`], [`stored`], [`shelf`], [`covers`]; its copies
//!   within it: [`holdings`]; what it says: [`bib`],
//!   [`plain`]; by what it is found: [`index`], [`keys`];
//! - the same title in digital form: [`digital`];
//! - records in: [`import`], [`excel`]; records out: [`export`];
//! - for people: [`pages`], [`slots`], [`messages`], [`words`]; for programs: [`api`],
//!   [`sru`], [`cql`].
//!
//! It reaches the station through the contract only, as a vendor's plugin does.

pub mod api;
pub mod bib;
pub mod compact;
pub mod covers;
pub mod cql;
pub mod demo;
pub mod digital;
pub mod excel;
pub mod export;
pub mod holdings;
pub mod import;
pub mod index;
pub mod keys;
pub mod messages;
pub mod pages;
pub mod plain;
pub mod shelf;
pub mod slots;
pub mod sru;
pub mod stored;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod words;

use tram_contract::page::Card;
use tram_contract::search::Document;
use tram_sdk::store::Row;
use tram_sdk::{
    Api, Error, Event, Field, Indexer, Job, Pages, Principal, Queryable, Request, Response, Result, Slots, Step,
    Subscriber,
};

/// The plugin.
pub struct Catalogue;

impl Pages for Catalogue {
    fn page(request: Request) -> Result<Response> {
        pages::answer(&request)
    }
}

impl Api for Catalogue {
    fn answer(request: Request) -> Result<Response> {
        api::answer(&request)
    }
}

impl Indexer for Catalogue {
    fn index(collection: &str, row: &Row) -> Option<Document> {
        if collection != shelf::RECORDS {
            return None;
        }
        let entry = index::stored(stored::Stored::parse(&row.value)?)?;
        Some(Document {
            visibility: vec![index::PUBLIC.to_owned()],
            texts: entry.texts.into_iter().map(|(field, text)| (field.to_owned(), text)).collect(),
            numbers: entry.numbers.into_iter().map(|(field, number)| (field.to_owned(), number)).collect(),
        })
    }
}

impl Job for Catalogue {
    fn run(job: &str, state: &[u8], first: bool, by: &Principal) -> Result<Step> {
        match job {
            "import" => import::job::run(state, first, by),
            "export" => export::job::run(state, first, by),
            "import-demo" => demo::run(state, first, by),
            _ => Err(Error::not_found(messages::NO_PAGE.text())),
        }
    }
}

impl Slots for Catalogue {
    fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<Card>> {
        slots::fill(slot, context, by)
    }
}

impl Subscriber for Catalogue {
    fn on_event(event: Event) -> Result<()> {
        digital::heard(&event)
    }
}

impl Queryable for Catalogue {
    fn query(name: &str, arguments: &[u8], by: &Principal) -> Result<Vec<u8>> {
        match name {
            "record" => digital::record(arguments, by),
            _ => Err(Error::not_found(messages::NO_PAGE.text())),
        }
    }
}

tram_sdk::export!(Catalogue: pages, api, indexer, job, slots, subscriber, queryable);

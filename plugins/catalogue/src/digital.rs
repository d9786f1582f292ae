//! The same title in digital form, among the learning materials: which records have one
//! is heard of by event, what it is asked for when a record is read, in the reader's name.

use serde::{Deserialize, Serialize};
use tram_sdk::store::{self, Table};
use tram_sdk::{Event, Principal, Result, brokered};

use crate::bib;
use crate::shelf;

/// Records that have, or had, a digital form: by the record's key.
pub const DIGITAL: Table<bool> = Table::new("digital");

/// A thing as another plugin is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Title.
    pub title: String,
    /// Where it is shown.
    pub href: String,
}

#[derive(Debug, Default, Deserialize)]
struct Published {
    #[serde(default)]
    records: Vec<String>,
}

/// Notes the records of an event.
///
/// # Errors
/// As the store.
pub fn heard(event: &Event) -> Result<()> {
    let published: Published = serde_json::from_slice(&event.payload)?;
    for key in published.records.iter().filter_map(|record| store::from_hex(record)) {
        if shelf::load(&key)?.is_some() && DIGITAL.get(&key)?.is_none() {
            DIGITAL.put(&key, &true)?;
        }
    }
    Ok(())
}

/// The digital forms of a record that the reader may see. Only records that have one ask
/// for it, so that the page of every other title may be given again as it is.
///
/// # Errors
/// As the store.
pub fn forms(key: &[u8]) -> Result<Vec<Known>> {
    if DIGITAL.get(key)?.is_none() {
        return Ok(Vec::new());
    }
    // The other plugin may be switched off: the title is shown all the same.
    Ok(brokered::query("materials", "of-record", &store::to_hex(key)).unwrap_or_default())
}

/// Answers the query `record`: the title of this id, and where it is shown.
///
/// # Errors
/// As the store.
pub fn record(arguments: &[u8], _by: &Principal) -> Result<Vec<u8>> {
    let id: String = serde_json::from_slice(arguments)?;
    let loaded = store::from_hex(&id).map(|key| shelf::load(&key)).transpose()?.flatten();
    let known = loaded.and_then(|loaded| {
        let title = bib::title_or(loaded.record()?, "…").into_owned();
        Some(Known { title, href: format!("/catalogue/records/{}", loaded.id()) })
    });
    Ok(serde_json::to_vec(&known)?)
}

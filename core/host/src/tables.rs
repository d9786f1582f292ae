//! The host's own collections in the journal.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tram_contract::manifest::Manifest;
use tram_journal::{CollectionSpec, History, IndexSpec};

use crate::Error;

/// Owner of the host's collections; no plugin may have this id.
pub(crate) const OWNER: &str = "host";

/// Installed plugins with their grants: by plugin id.
pub(crate) const PLUGINS: &str = "plugins";
/// Publishers' keys to which the ids of plugins are bound: by plugin id. Outlives the
/// plugin while its data stay.
pub(crate) const PUBLISHERS: &str = "publishers";
/// Settings: plugin and name.
pub(crate) const SETTINGS: &str = "settings";
/// Jobs: by id.
pub(crate) const JOBS: &str = "jobs";
/// Index of [`JOBS`] by plugin and name.
pub(crate) const JOBS_BY_NAME: &str = "name";
/// Index of [`JOBS`] with those that are not over.
pub(crate) const JOBS_OPEN: &str = "open";
/// Files of plugins: plugin and id.
pub(crate) const FILES: &str = "files";
/// Files being written: plugin and id.
pub(crate) const DRAFTS: &str = "drafts";
/// How far each subscriber has read: by plugin.
pub(crate) const CURSORS: &str = "cursors";
/// Events whose handler failed: subscriber, sequence, place in the entry.
pub(crate) const PARKED: &str = "parked-events";

/// Files that an extractor is to look into, or has: by the job's id.
pub(crate) const EXTRACTS: &str = "extracts";

/// Statements that a job wants signed before its next step: by the job's id.
pub(crate) const SIGNINGS: &str = "signings";

/// Documents that are to be printed, or were: by the job's id.
pub(crate) const PRINTS: &str = "prints";
/// Templates that a school changed: plugin and id.
pub(crate) const TEMPLATES: &str = "templates";

/// The collections, as the journal is told of them.
pub(crate) fn collections() -> Vec<CollectionSpec> {
    let collection = |name: &str, history: History, indexes: &[&str]| CollectionSpec {
        name: name.to_owned(),
        history,
        public: false,
        schema: 1,
        indexes: indexes
            .iter()
            .map(|name| IndexSpec { name: (*name).to_owned(), unique: false, personal: false })
            .collect(),
    };
    vec![
        collection(PLUGINS, History::Full, &[]),
        collection(PUBLISHERS, History::Full, &[]),
        collection(SETTINGS, History::Latest { days: 90 }, &[]),
        collection(JOBS, History::Latest { days: 1 }, &[JOBS_BY_NAME, JOBS_OPEN]),
        collection(FILES, History::Latest { days: 30 }, &[]),
        collection(DRAFTS, History::Latest { days: 1 }, &[]),
        collection(CURSORS, History::Latest { days: 1 }, &[]),
        collection(EXTRACTS, History::Latest { days: 1 }, &[]),
        // Kept whole: what was signed in the station's name is part of its history.
        collection(SIGNINGS, History::Full, &[]),
        collection(PRINTS, History::Latest { days: 1 }, &[]),
        collection(TEMPLATES, History::Full, &[]),
        collection(PARKED, History::Latest { days: 90 }, &[]),
    ]
}

/// A plugin's declared collections, as the journal is told of them.
pub(crate) fn declared(manifest: &Manifest) -> Vec<CollectionSpec> {
    manifest
        .collection
        .iter()
        .map(|collection| CollectionSpec {
            name: collection.name.clone(),
            history: match collection.history.as_str() {
                "scratch" => History::Scratch,
                "latest" => {
                    let days = collection.days.unwrap_or(30);
                    History::Latest { days: u16::try_from(days).unwrap_or(u16::MAX) }
                }
                _ => History::Full,
            },
            public: collection.public,
            schema: collection.schema,
            indexes: collection
                .index
                .iter()
                .map(|index| IndexSpec { name: index.name.clone(), unique: index.unique, personal: index.personal })
                .collect(),
        })
        .collect()
}

/// A key below a plugin: its id, a zero byte (no id has one), and the rest.
pub(crate) fn joined(plugin: &str, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(plugin.len() + 1 + rest.len());
    key.extend_from_slice(plugin.as_bytes());
    key.push(0);
    key.extend_from_slice(rest);
    key
}

/// A record of the host's as JSON.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Serialising plain records with string keys cannot fail.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Reads a record of the host's.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::malformed(what, error))
}

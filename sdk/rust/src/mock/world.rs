//! State of the station in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tram_contract::manifest::Manifest;
use tram_contract::search::{SearchReply, SearchRequest};

use super::{Emitted, denied};
use crate::jobs::JobStatus;
use crate::store::{Change, Row, Term};
use crate::{Error, Result, Text, code};

/// Noon of 24 November 2026 in Việt Nam.
const START_MS: i64 = 1_795_496_400_000;

type Search = Rc<dyn Fn(&SearchRequest) -> SearchReply>;
type Looking = Rc<dyn Fn(&str) -> Result<tram_contract::extract::Extract>>;
type Deriving = Rc<dyn Fn(&str) -> Vec<(String, String, Vec<u8>)>>;
type Answer = Rc<dyn Fn(&[u8]) -> Result<Vec<u8>>>;

/// A row, with the terms of its indexes.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) value: Vec<u8>,
    pub(super) version: u64,
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Default)]
pub(super) struct Blob {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
    pub(super) sealed: bool,
}

/// The whole station. It is cloned at the beginning of a transaction, which is how
/// one is undone.
#[derive(Clone)]
pub(super) struct World {
    pub(super) manifest: Option<Rc<Manifest>>,
    pub(super) collections: BTreeMap<String, BTreeMap<Vec<u8>, Stored>>,
    history: BTreeMap<(String, Vec<u8>), Vec<Change>>,
    pub(super) counters: BTreeMap<String, i64>,
    pub(super) sequences: BTreeMap<String, u64>,
    /// Tokens of [`crate::store::at_commit`] that wait, with their sequence.
    pub(super) tokens: Vec<(String, String)>,
    dirty: BTreeSet<(String, Vec<u8>)>,
    /// Journal sequence of the last commit.
    sequence: u64,
    pub(super) minted: u64,
    pub(super) drawn: u64,
    pub(super) in_transaction: bool,
    read_only: bool,
    pub(super) blobs: BTreeMap<String, Blob>,
    pub(super) persons: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) groups: Vec<(String, String, String, Vec<String>)>,
    pub(super) jobs: Vec<(JobStatus, Vec<u8>)>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) unix_ms: i64,
    pub(super) events: Vec<Emitted>,
    pub(super) log: Vec<(String, String)>,
    pub(super) search: Option<Search>,
    pub(super) queries: BTreeMap<String, Answer>,
    pub(super) extract: Option<Looking>,
    pub(super) derive: Option<Deriving>,
    /// Blob that a step asked to have looked into.
    pub(super) begun: Option<String>,
    /// Document that a step asked for.
    pub(super) printing: Option<Asked>,
    pub(super) printed: Vec<Asked>,
    /// Hash that a step asked to have signed.
    pub(super) to_sign: Option<Vec<u8>>,
    /// Keys of partner stations: station and name.
    pub(super) partners: BTreeMap<Vec<u8>, (String, String)>,
}

/// A document that a plugin asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Id of the template in the manifest.
    pub template: String,
    /// What it is filled with.
    pub data: serde_json::Value,
    /// Name of the file.
    pub name: String,
}

impl Default for World {
    fn default() -> Self {
        Self {
            manifest: None,
            collections: BTreeMap::new(),
            history: BTreeMap::new(),
            counters: BTreeMap::new(),
            sequences: BTreeMap::new(),
            tokens: Vec::new(),
            dirty: BTreeSet::new(),
            sequence: 0,
            minted: 0,
            drawn: 0,
            in_transaction: false,
            read_only: false,
            blobs: BTreeMap::new(),
            persons: BTreeMap::new(),
            groups: Vec::new(),
            jobs: Vec::new(),
            settings: BTreeMap::new(),
            unix_ms: START_MS,
            events: Vec::new(),
            log: Vec::new(),
            search: None,
            queries: BTreeMap::new(),
            extract: None,
            derive: None,
            begun: None,
            printing: None,
            printed: Vec::new(),
            to_sign: None,
            partners: BTreeMap::new(),
        }
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Reaches this thread's station. Nothing of the plugin runs inside.
pub(super) fn with<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with(|world| act(&mut world.borrow_mut()))
}

impl World {
    pub(super) fn begin(&mut self, read_only: bool) -> World {
        let before = self.clone();
        self.in_transaction = true;
        self.read_only = read_only;
        before
    }

    /// Undoes a transaction. Numbers, random bytes and log lines are not taken back.
    pub(super) fn roll_back(&mut self, before: World) {
        let (sequences, minted, drawn) = (std::mem::take(&mut self.sequences), self.minted, self.drawn);
        let log = std::mem::take(&mut self.log);
        *self = World { sequences, minted, drawn, log, ..before };
    }

    pub(super) fn commit(&mut self) {
        self.in_transaction = false;
        self.read_only = false;
        for (token, sequence) in std::mem::take(&mut self.tokens) {
            let number = self.sequences.entry(sequence).or_default();
            *number += 1;
            let number = number.to_string();
            for (collection, key) in &self.dirty {
                if let Some(row) = self.collections.get_mut(collection).and_then(|rows| rows.get_mut(key)) {
                    row.value = replace(&row.value, token.as_bytes(), number.as_bytes());
                    for term in &mut row.terms {
                        term.value = replace(&term.value, token.as_bytes(), number.as_bytes());
                    }
                }
            }
        }
        let dirty = std::mem::take(&mut self.dirty);
        if dirty.is_empty() {
            return;
        }
        self.sequence += 1;
        for (collection, key) in dirty {
            let row = self.collections.get_mut(&collection).and_then(|rows| rows.get_mut(&key));
            let value = row.map(|row| {
                row.version = self.sequence;
                row.value.clone()
            });
            self.history.entry((collection, key)).or_default().push(Change {
                version: self.sequence,
                unix_ms: self.unix_ms,
                actor: "mock".into(),
                deleted: value.is_none(),
                value,
            });
        }
    }

    /// Commits a write that stands outside a transaction.
    pub(super) fn settle(&mut self) {
        if !self.in_transaction {
            self.commit();
        }
    }

    /// Whether the manifest asks for a capability.
    pub(super) fn check(&self, capability: &str) -> Result<()> {
        match &self.manifest {
            Some(manifest) if !manifest.capability.iter().any(|c| c.name == capability) => Err(denied(capability)),
            _ => Ok(()),
        }
    }

    pub(super) fn check_write(&self, capability: &str) -> Result<()> {
        self.check(capability)?;
        if self.read_only {
            return Err(Error::new(code::READ_ONLY, "a GET call cannot write"));
        }
        Ok(())
    }

    pub(super) fn check_collection(&self, collection: &str) -> Result<()> {
        match &self.manifest {
            Some(manifest) if !manifest.collection.iter().any(|c| c.name == collection) => {
                Err(undeclared("collection", collection))
            }
            _ => Ok(()),
        }
    }

    /// Whether an index is declared; answers whether it is unique.
    pub(super) fn check_index(&self, collection: &str, index: &str) -> Result<bool> {
        let Some(manifest) = &self.manifest else { return Ok(false) };
        manifest
            .collection
            .iter()
            .filter(|declared| declared.name == collection)
            .flat_map(|declared| &declared.index)
            .find(|declared| declared.name == index)
            .map(|declared| declared.unique)
            .ok_or_else(|| undeclared("index", index))
    }

    pub(super) fn rows(&self, collection: &str) -> Vec<Row> {
        self.collections.get(collection).into_iter().flatten().map(|(key, stored)| row(key, stored)).collect()
    }

    pub(super) fn touch(&mut self, collection: &str, key: &[u8]) {
        self.dirty.insert((collection.into(), key.into()));
    }

    pub(super) fn history(&self, collection: &str, key: &[u8], limit: u32) -> Vec<Change> {
        let steps = self.history.get(&(collection.to_owned(), key.to_vec()));
        steps.into_iter().flatten().rev().take(limit as usize).cloned().collect()
    }

    pub(super) fn add_blob(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> String {
        self.minted += 1;
        let id = format!("blob-{}", self.minted);
        let blob = Blob { name: name.into(), media_type: media_type.into(), bytes: bytes.into(), sealed: true };
        self.blobs.insert(id.clone(), blob);
        id
    }

    pub(super) fn take_job(&mut self) -> Option<(String, String, Vec<u8>)> {
        let (status, arguments) = self.jobs.iter_mut().find(|(status, _)| status.state == "waiting")?;
        status.state = "running".into();
        Some((status.id.clone(), status.job.clone(), arguments.clone()))
    }

    pub(super) fn end_job(&mut self, id: &str, outcome: &Result<JobStatus>) {
        let Some((status, _)) = self.jobs.iter_mut().find(|(status, _)| status.id == id) else { return };
        match outcome {
            Ok(done) => *status = JobStatus { id: id.into(), ..done.clone() },
            Err(error) => {
                status.state = "failed".into();
                status.message = error.message.clone();
            }
        }
    }
}

pub(super) fn row(key: &[u8], stored: &Stored) -> Row {
    Row { key: key.to_vec(), value: stored.value.clone(), version: stored.version }
}

pub(super) fn undeclared(what: &str, name: &str) -> Error {
    Error::new(code::BAD_REQUEST, Text::from(format!("{what} {name} is not in the manifest")))
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&head, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend(to);
            rest = after;
        } else {
            out.push(head);
            rest = tail;
        }
    }
    out
}

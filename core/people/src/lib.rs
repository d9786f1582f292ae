//! Persons, groups and dated memberships; accounts, roles, relations, sign-in.
//!
//! The only store of persons: plugins read it field by field, as granted. Everything
//! lies in the journal under the owner `core`; sign-in sessions are scratch.
//!
//! * [`People`] opens it; [`directory`] is who there is, [`find`] finds one of them,
//!   [`clerk`] changes one by hand and [`groups`] a class, [`roles`] what they may do,
//!   [`accounts`] how they prove who they are, [`sessions`] that they did.
//! * [`reads`] is who read what is sensitive of whom.
//! * [`Principal`] is the result: who asks, with what it may do.

pub mod accounts;
pub mod clerk;
pub mod directory;
mod error;
pub mod find;
pub mod groups;
pub mod import;
pub mod notices;
pub mod partners;
mod principal;
pub mod reads;
pub mod roles;
pub mod sessions;
pub mod station;
mod table;

use std::sync::{Arc, Mutex, RwLock};

use tram_journal::{CollectionSpec, Committed, Context, History, IndexSpec, Journal, RunError, Txn};

pub use error::Error;
pub use principal::{Channel, Grant, Kind, Principal, Relation};

/// Owner of the collections of core in the journal.
pub const OWNER: &str = "core";

/// The people of a school. Cheap to clone.
#[derive(Clone)]
pub struct People {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Journal,
    /// Permissions usable over plain HTTP and with a card alone.
    low_risk: RwLock<std::collections::HashSet<String>>,
    sessions: sessions::Cache,
    slow: Mutex<accounts::Slowness>,
    lessons: Mutex<Vec<accounts::Lesson>>,
    hashing: accounts::HashSlots,
}

impl People {
    /// Opens the people in a journal and declares their collections.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub fn open(journal: Journal) -> Result<Self, Error> {
        journal.declare(OWNER, &collections())?;
        let people = Self {
            inner: Arc::new(Inner {
                journal,
                low_risk: RwLock::new(roles::core_low_risk()),
                sessions: sessions::Cache::default(),
                slow: Mutex::default(),
                lessons: Mutex::default(),
                hashing: accounts::HashSlots::default(),
            }),
        };
        people.ship_roles()?;
        Ok(people)
    }

    /// The journal below.
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// Runs a change of people as one transaction, and forgets what was cached of
    /// them.
    ///
    /// # Errors
    /// The body's own error, or the journal's.
    pub fn change<T>(
        &self,
        by: &Principal,
        note: &str,
        body: impl FnMut(&mut Txn) -> Result<T, Error>,
    ) -> Result<(T, Committed), Error> {
        let context = Context {
            actor: by.actor().to_owned(),
            owner: OWNER.to_owned(),
            cause: None,
            time: tram_journal::clock::now(),
            note: note.to_owned(),
        };
        let done = self.inner.journal.run(context, body).map_err(|error| match error {
            RunError::Body(error) => error,
            RunError::Begin(error) => error.into(),
            RunError::Commit(error) => error.into(),
        })?;
        self.inner.sessions.forget_principals();
        Ok(done)
    }
}

fn collections() -> Vec<CollectionSpec> {
    let collection = |name: &str, history: History, indexes: &[(&str, bool)]| CollectionSpec {
        name: name.to_owned(),
        history,
        public: false,
        schema: 1,
        indexes: indexes
            .iter()
            .map(|(name, unique)| IndexSpec { name: (*name).to_owned(), unique: *unique, personal: false })
            .collect(),
    };
    vec![
        collection("persons", History::Full, &[("code", true)]),
        collection("groups", History::Full, &[("kind", false)]),
        collection("memberships", History::Full, &[("person", false)]),
        collection("guardians", History::Full, &[("guardian", false)]),
        // A superseded password hash is of no use to anybody but a thief.
        collection("accounts", History::Latest { days: 1 }, &[("username", true)]),
        collection("cards", History::Latest { days: 1 }, &[("person", false)]),
        collection("roles", History::Full, &[]),
        collection("notices", History::Latest { days: 365 }, &[]),
        collection("station", History::Full, &[]),
        collection("partners", History::Full, &[]),
        collection("devices", History::Latest { days: 30 }, &[]),
        collection("sessions", History::Scratch, &[("person", false)]),
    ]
}

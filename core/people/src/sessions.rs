//! Sign-in sessions: a random token in a cookie, its hash here.
//!
//! A session ends when idle (sooner on a shared computer), after twelve hours, at
//! sign-out, or when the password changes. Within a boot time is monotonic; a clock
//! that jumps ends nobody's session.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tram_journal::Reader;

use crate::accounts::{ACCOUNTS, Strength, random};
use crate::directory::{key_of, person_in, relations_in};
use crate::table::Table;
use crate::{Channel, Error, Grant, Kind, People, Principal, Relation};

const SESSIONS: Table<Stored> = Table::new("sessions");

/// Idle time on a person's own device.
const IDLE: Duration = Duration::from_secs(2 * 3600);
/// Idle time on a shared computer.
const IDLE_SHARED: Duration = Duration::from_secs(10 * 60);
/// Longest life.
const LIFE: Duration = Duration::from_secs(12 * 3600);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    person: String,
    strength: Strength,
    secure: bool,
    shared: bool,
}

/// A session as the web layer sees it.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who signed in.
    pub person: String,
    /// Name for the head of the page.
    pub name: String,
    /// How strong the sign-in was.
    pub strength: Strength,
    /// Whether the computer is shared.
    pub shared: bool,
    /// What it may do.
    pub principal: Principal,
    /// Binds the host's form tokens to this session.
    pub secret: [u8; 32],
}

/// What a person may do now, and where they belong.
#[derive(Debug, Clone)]
struct Standing {
    grants: Arc<[Grant]>,
    groups: Arc<[String]>,
    led: Arc<[String]>,
    name: String,
}

struct Live {
    stored: Stored,
    began: Instant,
    seen: Instant,
    principal: Option<Standing>,
    /// Sequence of the person's own last write: a search waits for it.
    last: u64,
}

/// Sessions of this run, by the hash of their token.
#[derive(Default)]
pub(crate) struct Cache {
    live: RwLock<HashMap<[u8; 32], Live>>,
}

impl Cache {
    /// People changed: what sessions may do is computed anew.
    pub(crate) fn forget_principals(&self) {
        for live in self.live.write().unwrap_or_else(PoisonError::into_inner).values_mut() {
            live.principal = None;
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

impl People {
    /// Begins a session; answers the token for the cookie.
    ///
    /// # Errors
    /// The journal failed.
    pub fn begin_session(
        &self,
        person: &str,
        strength: Strength,
        channel: Channel,
        shared: bool,
    ) -> Result<String, Error> {
        let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let stored = Stored { person: person.to_owned(), strength, secure: channel.is_secure(), shared };
        let key = hash(&token);
        let owner = key_of(person)?;
        self.inner
            .journal
            .run(tram_journal::Context::new(person, crate::OWNER), |txn| {
                SESSIONS.put(txn, &key, &stored, &[("person", &owner)])
            })
            .map_err(|e| match e {
                tram_journal::RunError::Body(e) => e,
                tram_journal::RunError::Begin(e) => e.into(),
                tram_journal::RunError::Commit(e) => e.into(),
            })?;
        let now = Instant::now();
        let live = Live { stored, began: now, seen: now, principal: None, last: 0 };
        self.inner.sessions.live.write().unwrap_or_else(PoisonError::into_inner).insert(key, live);
        Ok(token)
    }

    /// The session of a token, when it lives and the channel fits; counts as activity.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn session(&self, token: &str, channel: Channel, language: &str) -> Result<Option<Session>, Error> {
        let key = hash(token);
        let now = Instant::now();
        let mut cache = self.inner.sessions.live.write().unwrap_or_else(PoisonError::into_inner);
        let live = match cache.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                // The station restarted: the session goes on from its row.
                let Some(stored) = SESSIONS.get(&self.inner.journal.read()?, &key)? else { return Ok(None) };
                place.insert(Live { stored, began: now, seen: now, principal: None, last: 0 })
            }
        };
        let idle = if live.stored.shared { IDLE_SHARED } else { IDLE };
        if now.duration_since(live.seen) > idle || now.duration_since(live.began) > LIFE {
            cache.remove(&key);
            drop(cache);
            self.end_session(token)?;
            return Ok(None);
        }
        // A cookie from the secure address must not work on the plain one.
        if live.stored.secure && !channel.is_secure() {
            return Ok(None);
        }
        live.seen = now;
        if live.principal.is_none() {
            live.principal = Some(self.compute(&live.stored)?);
        }
        let Some(Standing { grants, groups, led, name }) = live.principal.clone() else { return Ok(None) };
        let grants = if channel.is_secure() {
            grants
        } else {
            grants.iter().filter(|grant| self.is_low_risk(&grant.permission)).cloned().collect()
        };
        Ok(Some(Session {
            person: live.stored.person.clone(),
            name,
            strength: live.stored.strength,
            shared: live.stored.shared,
            principal: Principal {
                kind: Kind::Person,
                person: Some(live.stored.person.clone()),
                grants,
                groups,
                led,
                channel,
                language: language.to_owned(),
            },
            secret: blake3::derive_key("tram form token 2026-11", token.as_bytes()),
        }))
    }

    fn compute(&self, stored: &Stored) -> Result<Standing, Error> {
        let snapshot = self.inner.journal.read()?;
        let person = person_in(&snapshot, &stored.person)?.ok_or(Error::Missing("person"))?;
        let relations = relations_in(&snapshot, &stored.person)?;
        let roles = self.roles_held(&snapshot, &stored.person)?;
        let mut grants = self.grants_of(&snapshot, &roles)?;
        // A card opens reading and borrowing; the rest asks the PIN, and of the staff the
        // password: six digits are too few for other people's data.
        let is_staff = person.kinds.iter().any(|kind| kind == "staff")
            || ACCOUNTS.get(&snapshot, &key_of(&stored.person)?)?.is_some_and(|account| !account.roles.is_empty());
        if stored.strength == Strength::Card || (is_staff && stored.strength == Strength::Pin) {
            grants.retain(|grant| self.is_low_risk(&grant.permission));
        }
        Ok(Standing {
            grants: Arc::from(grants),
            groups: relations.groups.into_iter().collect(),
            led: relations.led.into_iter().collect(),
            name: person.name,
        })
    }

    /// Roles that a person holds: given ones, and those that follow from being a pupil,
    /// a guardian, a member of staff who teaches.
    pub(crate) fn roles_held(&self, from: &impl Reader, person: &str) -> Result<Vec<String>, Error> {
        let who = person_in(from, person)?.ok_or(Error::Missing("person"))?;
        let mut roles = ACCOUNTS.get(from, &key_of(person)?)?.unwrap_or_default().roles;
        for kind in &who.kinds {
            match kind.as_str() {
                "pupil" => roles.push("pupil".to_owned()),
                "guardian" => roles.push("guardian".to_owned()),
                _ => {}
            }
        }
        if !relations_in(from, person)?.taught.is_empty() {
            roles.push("teacher".to_owned());
        }
        roles.sort();
        roles.dedup();
        Ok(roles)
    }

    /// What a person may do when signed in with a password over a secure channel: for
    /// jobs that go on in the person's name.
    ///
    /// # Errors
    /// There is no such person, or the journal cannot be read.
    pub fn principal_of(&self, person: &str, language: &str) -> Result<Principal, Error> {
        let stored = Stored { person: person.to_owned(), strength: Strength::Password, secure: true, shared: false };
        let Standing { grants, groups, led, .. } = self.compute(&stored)?;
        Ok(Principal {
            kind: Kind::Job,
            person: Some(person.to_owned()),
            grants,
            groups,
            led,
            channel: Channel::Loopback,
            language: language.to_owned(),
        })
    }

    /// Remembers the sequence of a session's own last write.
    pub fn note_own_write(&self, token: &str, sequence: u64) {
        if let Some(live) =
            self.inner.sessions.live.write().unwrap_or_else(PoisonError::into_inner).get_mut(&hash(token))
        {
            live.last = live.last.max(sequence);
        }
    }

    /// The sequence of a session's own last write, 0 when it wrote nothing.
    pub fn own_write(&self, token: &str) -> u64 {
        self.inner
            .sessions
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash(token))
            .map_or(0, |live| live.last)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The journal failed.
    pub fn end_session(&self, token: &str) -> Result<(), Error> {
        let key = hash(token);
        self.inner.sessions.live.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
        self.drop_rows(&[key.to_vec()])
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// The journal failed.
    pub fn end_sessions_of(&self, person: &str) -> Result<(), Error> {
        let snapshot = self.inner.journal.read()?;
        let rows: Vec<Vec<u8>> =
            SESSIONS.find(&snapshot, "person", &key_of(person)?)?.into_iter().map(|typed| typed.key).collect();
        drop(snapshot);
        self.inner
            .sessions
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, live| live.stored.person != person);
        self.drop_rows(&rows)
    }

    fn drop_rows(&self, keys: &[Vec<u8>]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        self.inner
            .journal
            .run(tram_journal::Context::new("system", crate::OWNER), |txn| {
                for key in keys {
                    SESSIONS.delete(txn, key)?;
                }
                Ok::<(), Error>(())
            })
            .map_err(|e| match e {
                tram_journal::RunError::Body(e) => e,
                tram_journal::RunError::Begin(e) => e.into(),
                tram_journal::RunError::Commit(e) => e.into(),
            })?;
        Ok(())
    }

    /// Whether a grant with this relation is held (for pages of the shell).
    pub fn holds_with(principal: &Principal, permission: &str, relation: Relation) -> bool {
        principal.grants.iter().any(|grant| grant.permission == permission && grant.relation == relation)
    }
}

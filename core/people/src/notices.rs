//! What was done to somebody's account and rights, shown to that person and, for
//! protected roles, to the leadership: the administrator of the box can do what he can,
//! visibly.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{Id, Reader, Txn};

use crate::accounts::ACCOUNTS;
use crate::directory::key_of;
use crate::table::Table;
use crate::{Error, People, Principal, station};

const NOTICES: Table<Notice> = Table::new("notices");
/// Notices of a person that are shown; older ones stay in the journal.
const SHOWN: usize = 50;
const LEADERSHIP: &str = "leadership";

/// A notice to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What happened, with names.
    pub text: Text,
    /// Who did it: the id of a person, or `console`.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at: i64,
    /// Whether the person has said that he has seen it.
    #[serde(default)]
    pub seen: bool,
}

/// Writes a notice to a person within a transaction. What the person did himself and
/// what the first set-up does is no news.
pub(crate) fn tell(txn: &mut Txn, to: &str, by: &Principal, text: &Text) -> Result<(), Error> {
    if by.person.as_deref() == Some(to) || !station::is_ready(txn)? {
        return Ok(());
    }
    let mut key = key_of(to)?.to_vec();
    key.extend(txn.new_id()?.to_bytes());
    let notice =
        Notice { text: text.clone(), by: by.actor().to_owned(), at: tram_journal::clock::now().unix_ms, seen: false };
    NOTICES.put(txn, &key, &notice, &[])
}

/// Writes a notice to everybody who holds a role by appointment.
pub(crate) fn tell_holders(txn: &mut Txn, role: &str, by: &Principal, text: &Text) -> Result<(), Error> {
    for person in holders_in(txn, role)? {
        tell(txn, &person, by, text)?;
    }
    Ok(())
}

/// Writes a notice to the leadership.
pub(crate) fn tell_leadership(txn: &mut Txn, by: &Principal, text: &Text) -> Result<(), Error> {
    tell_holders(txn, LEADERSHIP, by, text)
}

/// Persons who hold a role by appointment.
pub(crate) fn holders_in(from: &impl Reader, role: &str) -> Result<Vec<String>, Error> {
    let rows = ACCOUNTS.with_prefix(from, b"")?;
    let holds = rows.into_iter().filter(|row| row.value.roles.iter().any(|held| held == role));
    let id = |key: Vec<u8>| <[u8; 16]>::try_from(key.as_slice()).map(|bytes| Id::from_bytes(bytes).to_string());
    holds.map(|row| id(row.key).map_err(|_| Error::Stored("accounts"))).collect()
}

impl People {
    /// Notices to a person, newest first.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn notices(&self, person: &str) -> Result<Vec<Notice>, Error> {
        let rows = NOTICES.with_prefix(&self.inner.journal.read()?, &key_of(person)?)?;
        Ok(rows.into_iter().rev().take(SHOWN).map(|row| row.value).collect())
    }

    /// The person has seen all notices so far.
    ///
    /// # Errors
    /// The id is malformed, or the journal failed.
    pub fn notices_seen(&self, by: &Principal, person: &str) -> Result<(), Error> {
        let key = key_of(person)?;
        self.change(by, "notices seen", |txn| {
            for row in NOTICES.with_prefix(txn, &key)? {
                if !row.value.seen {
                    NOTICES.put(txn, &row.key, &Notice { seen: true, ..row.value }, &[])?;
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Ids of the persons who hold a role by appointment.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn holders(&self, role: &str) -> Result<Vec<String>, Error> {
        holders_in(&self.inner.journal.read()?, role)
    }
}

//! Who read sensitive fields of whom: what is sensitive, noting a reading, and the
//! answer to "who has seen this".
//!
//! The log itself is the journal's ([`tram_journal::SensitiveRead`]): chained, flushed
//! each second. What cannot be noted must not be shown, so callers note first.

use tram_journal::{Id, SensitiveRead, Time};

use crate::{Error, Kind, OWNER, People, Principal};

/// Fields that anybody who may see a list of names sees with it. Everything else that
/// is known of a person is sensitive: date of birth, sex, guardians, phone, address,
/// and whatever further columns a school's list has.
const PLAIN: &[&str] = &["name", "code", "kinds", "title", "classes", "subject-groups", "groups-led"];

/// Whether a reading of this field of a person is noted.
pub fn is_sensitive(field: &str) -> bool {
    !PLAIN.contains(&field)
}

/// One line of "who has seen this".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Number of the reading; a later page begins below it.
    pub number: u64,
    /// When.
    pub time: Time,
    /// Who: the id of a person, or `console`.
    pub actor: String,
    /// Plugin through which, `core` for the station's own pages.
    pub owner: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Ids of the persons.
    pub persons: Vec<String>,
}

impl People {
    /// Notes that the principal is about to be shown `fields` of `persons` through a
    /// plugin (`owner`; [`OWNER`] for the station's own pages). Only sensitive fields
    /// count, and nobody is noted for reading what is his own. Call it before anything
    /// is shown.
    ///
    /// # Errors
    /// An id is malformed, or the reading cannot be noted (the disk is full): nothing
    /// may be shown then.
    pub fn note_read(&self, by: &Principal, owner: &str, fields: &[&str], persons: &[&str]) -> Result<(), Error> {
        let mut sensitive: Vec<String> =
            fields.iter().filter(|field| is_sensitive(field)).map(|field| (*field).to_owned()).collect();
        sensitive.sort();
        sensitive.dedup();
        let persons = persons
            .iter()
            .filter(|person| by.person.as_deref() != Some(**person))
            .map(|person| person.parse::<Id>().map_err(|_| Error::Missing("id")))
            .collect::<Result<Vec<_>, _>>()?;
        self.inner.journal.note_read(SensitiveRead {
            time: tram_journal::clock::now(),
            actor: by.actor().to_owned(),
            owner: owner.to_owned(),
            fields: sensitive,
            persons,
        })?;
        Ok(())
    }

    /// Readings, newest first, at most `limit`, below number `before` when given: all,
    /// or those of one person.
    ///
    /// # Errors
    /// The principal may not ask (that needs `reads.see`, and one's own is open to
    /// everybody who has signed in), the id is malformed, or the log cannot be read.
    pub fn seen(
        &self,
        by: &Principal,
        person: Option<&str>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Seen>, Error> {
        let own = by.kind == Kind::Person && person.is_some() && by.person.as_deref() == person;
        if !own && !by.holds_all("reads.see") {
            return Err(Error::Forbidden);
        }
        let person = person.map(|person| person.parse::<Id>().map_err(|_| Error::Missing("id"))).transpose()?;
        let found = self
            .inner
            .journal
            .sensitive_reads(before, limit, |read| person.is_none_or(|person| read.persons.contains(&person)))?;
        Ok(found
            .into_iter()
            .map(|(number, read)| Seen {
                number,
                time: read.time,
                actor: read.actor,
                owner: read.owner,
                fields: read.fields,
                persons: read.persons.iter().map(ToString::to_string).collect(),
            })
            .collect())
    }

    /// [`People::note_read`] for a page of the station itself.
    ///
    /// # Errors
    /// As there.
    pub fn note_own_read(&self, by: &Principal, fields: &[&str], persons: &[&str]) -> Result<(), Error> {
        self.note_read(by, OWNER, fields, persons)
    }
}

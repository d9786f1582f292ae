//! Persons and groups, field by field, as granted. A field that was not granted
//! is answered by the error `not-granted`, never by an empty value.

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::directory::{Group, Profile};

impl Profile {
    /// A field that was asked for; `None` when the person has none.
    pub fn field(&self, name: &str) -> Option<&str> {
        crate::value(&self.fields, name)
    }
}

fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

/// Fields of a person; `None` when nobody has this id.
///
/// # Errors
/// `not-granted` when one of the fields is not in the grant.
pub fn person(id: &str, fields: &[&str]) -> Result<Option<Profile>> {
    backend::directory::person(id, &owned(fields))
}

/// The members of a group today, with fields of each.
///
/// # Errors
/// As [`person`].
pub fn members(group: &str, fields: &[&str]) -> Result<Vec<Profile>> {
    backend::directory::members(group, &owned(fields))
}

/// The groups of a kind (`class`, `subject-group`…).
///
/// # Errors
/// `not-granted`.
pub fn groups(kind: &str) -> Result<Vec<Group>> {
    backend::directory::groups(kind)
}

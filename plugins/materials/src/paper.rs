//! The same thing on paper: a record of the library's catalogue, known by its id and
//! asked for through the catalogue's own query.

use serde::{Deserialize, Serialize};
use tram_sdk::brokered;

/// What the catalogue says of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Title.
    pub title: String,
    /// Where it is shown.
    pub href: String,
}

/// The record of this id; none when it is not there, or nobody can be asked.
#[must_use]
pub fn of(record: &str) -> Option<Paper> {
    if record.is_empty() {
        return None;
    }
    brokered::query::<Option<Paper>>("catalogue", "record", &record).ok().flatten()
}

/// The id of a record in what somebody typed: the id itself, or the address of its page.
#[must_use]
pub fn id_in(typed: &str) -> Option<String> {
    let last = typed.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.split(['?', '#']).next().unwrap_or_default();
    (last.len() == 32 && last.bytes().all(|b| b.is_ascii_hexdigit())).then(|| last.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_its_id_or_its_address() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(id_in(id).as_deref(), Some(id));
        assert_eq!(id_in(&format!("https://tram.local/catalogue/records/{id}?said=saved")).as_deref(), Some(id));
        assert_eq!(id_in("Dế Mèn"), None);
    }
}

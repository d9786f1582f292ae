//! Collections: items put together for a purpose, by one of the staff.

use serde::{Deserialize, Serialize};
use tram_sdk::store::{Rest, Table};

use crate::access::Who;

/// Most items of a collection.
pub const MAX_ITEMS: usize = 500;

/// A collection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Collection {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who made it: id and name.
    pub owner: String,
    /// Name of who made it.
    pub owner_name: String,
    /// Whether everybody sees it who sees its items.
    pub open: bool,
    /// Items, in hex, in order.
    pub items: Vec<String>,
    /// What a later version knows.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Collection {
    /// Whether somebody sees that it is there.
    #[must_use]
    pub fn is_seen_by(&self, who: &Who) -> bool {
        self.open || self.is_changed_by(who)
    }

    /// Whether somebody may change it.
    #[must_use]
    pub fn is_changed_by(&self, who: &Who) -> bool {
        who.console || (who.makes && !who.person.is_empty() && self.owner == who.person)
    }
}

/// The collections, by id.
pub const COLLECTIONS: Table<Collection> = Table::new("collections");

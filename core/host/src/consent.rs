//! What an administrator decides about a plugin: each right by itself, and its
//! limits. The decision is part of the plugin's record in the journal.

use serde::{Deserialize, Serialize};
use tram_contract::manifest::Manifest;
use tram_contract::rights::Right;

use crate::grants::Grants;

/// Limits that an administrator set; where none is set the manifest's hold, and the
/// station's own ceilings hold in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ceilings {
    /// Linear memory of a call, MiB.
    #[serde(default)]
    pub memory: Option<u32>,
    /// Time of a call, milliseconds.
    #[serde(default)]
    pub time: Option<u32>,
    /// Stored bytes, MiB.
    #[serde(default)]
    pub storage: Option<u32>,
}

impl Ceilings {
    /// Most memory of a call that can be set, MiB.
    pub const MOST_MEMORY: u32 = (crate::engine::MEMORY_MAX >> 20) as u32;
    /// Longest time of a call that can be set, milliseconds.
    pub const MOST_TIME: u32 = crate::plugin::PAGE_TIME.as_millis() as u32;
    /// Most storage that can be set, MiB.
    pub const MOST_STORAGE: u32 = 1 << 20;
}

/// A right with the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The right.
    pub right: Right,
    /// Whether it is granted.
    pub granted: bool,
}

/// What an administrator agrees to when installing or changing a plugin.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// What is granted; what the manifest does not ask for is left out by the host.
    pub grants: Grants,
    /// Limits.
    pub ceilings: Ceilings,
    /// Agrees that the plugin comes from another publisher than before, or from
    /// nobody who signs.
    pub replace_publisher: bool,
}

impl Consent {
    /// Everything that a manifest asks for.
    pub fn all(manifest: &Manifest) -> Self {
        Self { grants: Grants::asked(manifest), ..Self::default() }
    }

    /// The rights whose key ([`Right::key`]) is chosen. A field without `directory`
    /// and a query without `brokered` come to nothing by themselves.
    pub fn chosen(manifest: &Manifest, chosen: impl Fn(&str) -> bool) -> Self {
        let mut grants = Grants::default();
        for right in manifest.rights() {
            if chosen(&right.key()) {
                grants.add(&right);
            }
        }
        Self { grants, ..Self::default() }
    }
}

/// The rights of a manifest with the decision about each.
pub(crate) fn decided(manifest: &Manifest, grants: &Grants) -> Vec<Decided> {
    manifest.rights().into_iter().map(|right| Decided { granted: grants.gives(&right), right }).collect()
}

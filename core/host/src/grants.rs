//! What a plugin may do: what its manifest asks for, cut down to what an
//! administrator granted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tram_contract::manifest::Manifest;
use tram_contract::rights::{Right, RightKind};

/// Grants of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Grants {
    /// Capabilities (interfaces of the WIT package).
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
    /// Fields of persons.
    #[serde(default)]
    pub fields: BTreeSet<String>,
    /// `plugin/query` that it may ask.
    #[serde(default)]
    pub queries: BTreeSet<String>,
    /// `plugin/topic` that it hears.
    #[serde(default)]
    pub topics: BTreeSet<String>,
}

impl Grants {
    /// Everything that a manifest asks for: what the administrator is shown, and
    /// grants by installing.
    pub fn asked(manifest: &Manifest) -> Self {
        let of = |name: &'static str| manifest.capability.iter().filter(move |capability| capability.name == name);
        Self {
            capabilities: manifest.capability.iter().map(|capability| capability.name.clone()).collect(),
            fields: of("directory").flat_map(|capability| capability.fields.iter().cloned()).collect(),
            queries: of("brokered").flat_map(|capability| capability.queries.iter().cloned()).collect(),
            topics: manifest.subscribe.iter().map(|subscription| subscription.topic.clone()).collect(),
        }
    }

    /// What is in both: a grant outlives an update only where the new manifest still
    /// asks for it.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let both = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.intersection(b).cloned().collect();
        Self {
            capabilities: both(&self.capabilities, &other.capabilities),
            fields: both(&self.fields, &other.fields),
            queries: both(&self.queries, &other.queries),
            topics: both(&self.topics, &other.topics),
        }
    }

    /// What is in this and not in the other: what was asked for and refused.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let rest = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect();
        Self {
            capabilities: rest(&self.capabilities, &other.capabilities),
            fields: rest(&self.fields, &other.fields),
            queries: rest(&self.queries, &other.queries),
            topics: rest(&self.topics, &other.topics),
        }
    }

    fn set(&self, kind: RightKind) -> &BTreeSet<String> {
        match kind {
            RightKind::Capability => &self.capabilities,
            RightKind::Field => &self.fields,
            RightKind::Query => &self.queries,
            RightKind::Topic => &self.topics,
        }
    }

    /// Whether the right is among them.
    pub fn gives(&self, right: &Right) -> bool {
        self.set(right.kind).contains(&right.name)
    }

    /// Adds a right.
    pub fn add(&mut self, right: &Right) {
        let set = match right.kind {
            RightKind::Capability => &mut self.capabilities,
            RightKind::Field => &mut self.fields,
            RightKind::Query => &mut self.queries,
            RightKind::Topic => &mut self.topics,
        };
        set.insert(right.name.clone());
    }

    /// Whether the capability is granted.
    pub fn allows(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Whether the field of persons may be read.
    pub fn reads_field(&self, field: &str) -> bool {
        self.fields.contains(field)
    }

    /// Whether the `plugin/query` may be asked.
    pub fn asks(&self, query: &str) -> bool {
        self.queries.contains(query)
    }

    /// Whether the `plugin/topic` is heard.
    pub fn hears(&self, topic: &str) -> bool {
        self.topics.contains(topic)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const MANIFEST: &str = r#"
        id = "a.b"
        version = "1.0.0"
        api = "0.1"
        name = "A"
        description = "B"
        [[capability]]
        name = "directory"
        purpose = "Lists"
        fields = ["name", "classes"]
        [[capability]]
        name = "brokered"
        purpose = "Loans"
        queries = ["catalogue/loans"]
        [[subscribe]]
        topic = "catalogue/returned"
        purpose = "Mail"
    "#;

    #[test]
    fn a_grant_never_reaches_beyond_the_manifest() {
        let asked = Grants::asked(&Manifest::parse(MANIFEST).unwrap());
        assert!(asked.allows("directory") && !asked.allows("store"));
        assert!(asked.reads_field("name") && !asked.reads_field("birth"));
        assert!(asked.asks("catalogue/loans") && asked.hears("catalogue/returned"));
        let mut granted = asked.clone();
        granted.fields.insert("birth".into());
        granted.capabilities.remove("brokered");
        let both = granted.and(&asked);
        assert!(!both.reads_field("birth") && !both.allows("brokered"));
        let refused = asked.without(&both);
        assert!(refused.allows("brokered") && !refused.allows("directory") && refused.fields.is_empty());
    }
}

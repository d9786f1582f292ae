//! Roles are data with shipped defaults; plugins bring permissions and roles of
//! their own. A grant is permission × relation.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_journal::Reader;

use crate::table::Table;
use crate::{Error, Grant, People, Principal, Relation};

const ROLES: Table<Role> = Table::new("roles");

/// A role: a name for people and what it grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// `teacher`, `librarian`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// Permission and relation word.
    pub grants: Vec<(String, String)>,
    /// Whether a change of who holds it is shown to the leadership.
    #[serde(default)]
    pub protected: bool,
    /// Plugin that brought it.
    #[serde(default)]
    pub plugin: Option<String>,
}

/// A permission of core.
struct CorePermission {
    id: &'static str,
    low_risk: bool,
    /// Role and relation that hold it from the start.
    roles: &'static [(&'static str, Relation)],
}

/// Permissions of core with the roles that hold them in a new station.
const PERMISSIONS: &[CorePermission] = &[
    CorePermission {
        id: "people.read",
        low_risk: false,
        roles: &[
            ("administrator", Relation::All),
            ("leadership", Relation::All),
            ("office", Relation::All),
            ("teacher", Relation::ClassTaught),
        ],
    },
    CorePermission {
        id: "people.manage",
        low_risk: false,
        roles: &[("administrator", Relation::All), ("office", Relation::All)],
    },
    CorePermission {
        id: "people.cards",
        low_risk: false,
        roles: &[("administrator", Relation::All), ("office", Relation::All), ("teacher", Relation::ClassTaught)],
    },
    CorePermission {
        id: "roles.manage",
        low_risk: false,
        roles: &[("administrator", Relation::All), ("leadership", Relation::All)],
    },
    CorePermission { id: "plugins.manage", low_risk: false, roles: &[("administrator", Relation::All)] },
    CorePermission { id: "station.manage", low_risk: false, roles: &[("administrator", Relation::All)] },
    CorePermission {
        id: "me.read",
        low_risk: true,
        roles: &[
            ("administrator", Relation::Own),
            ("leadership", Relation::Own),
            ("office", Relation::Own),
            ("teacher", Relation::Own),
            ("pupil", Relation::Own),
            ("guardian", Relation::MyChild),
        ],
    },
];

/// Roles of a new station: id, Vietnamese, English, protected.
const SHIPPED: &[(&str, &str, &str, bool)] = &[
    ("administrator", "Quản trị máy chủ", "Administrator", true),
    ("leadership", "Lãnh đạo nhà trường", "Leadership", true),
    ("office", "Văn phòng", "Office", false),
    ("teacher", "Giáo viên", "Teacher", false),
    ("pupil", "Học sinh", "Pupil", false),
    ("guardian", "Phụ huynh", "Guardian", false),
];

pub(crate) fn core_low_risk() -> HashSet<String> {
    PERMISSIONS.iter().filter(|p| p.low_risk).map(|p| p.id.to_owned()).collect()
}

impl People {
    /// Writes the shipped roles of a new station; leaves changed ones alone.
    pub(crate) fn ship_roles(&self) -> Result<(), Error> {
        let snapshot = self.inner.journal.read()?;
        let mut missing = Vec::new();
        for (id, vi, en, protected) in SHIPPED {
            if ROLES.get(&snapshot, id.as_bytes())?.is_none() {
                let grants = PERMISSIONS
                    .iter()
                    .flat_map(|p| {
                        p.roles
                            .iter()
                            .filter(|(role, _)| role == id)
                            .map(|(_, relation)| (p.id.to_owned(), relation.word().to_owned()))
                    })
                    .collect();
                missing.push(Role {
                    id: (*id).to_owned(),
                    name: Text::vi_en(*vi, *en),
                    grants,
                    protected: *protected,
                    plugin: None,
                });
            }
        }
        drop(snapshot);
        self.write_roles(&missing, "shipped roles")
    }

    fn write_roles(&self, roles: &[Role], note: &str) -> Result<(), Error> {
        if roles.is_empty() {
            return Ok(());
        }
        self.change(&Principal::console("vi"), note, |txn| {
            for role in roles {
                ROLES.put(txn, role.id.as_bytes(), role, &[])?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Takes in the permissions and roles of a plugin when it is installed or started:
    /// default roles gain its permissions, its own roles are made. What an
    /// administrator took away since stays away, because a permission is added only
    /// when no role has ever had it.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub fn declare_plugin_roles(&self, manifest: &Manifest) -> Result<(), Error> {
        if let Ok(mut low_risk) = self.inner.low_risk.write() {
            low_risk.extend(manifest.permission.iter().filter(|p| p.low_risk).map(|p| p.id.clone()));
        }
        let known = self.roles()?;
        let had: HashSet<String> =
            known.iter().flat_map(|role| role.grants.iter().map(|(permission, _)| permission.clone())).collect();
        let mut changed: Vec<Role> = Vec::new();
        for role in &known {
            let mut role = role.clone();
            let before = role.grants.len();
            for permission in &manifest.permission {
                if permission.default_roles.contains(&role.id) && !had.contains(&permission.id) {
                    let relation =
                        permission.default_relation.clone().unwrap_or_else(|| Relation::All.word().to_owned());
                    role.grants.push((permission.id.clone(), relation));
                }
            }
            if role.grants.len() != before {
                changed.push(role);
            }
        }
        for role in &manifest.role {
            if !known.iter().any(|known| known.id == role.id) {
                let mut grants: Vec<(String, String)> =
                    role.grants.iter().map(|p| (p.clone(), Relation::All.word().to_owned())).collect();
                grants.push(("me.read".to_owned(), Relation::Own.word().to_owned()));
                changed.push(Role {
                    id: role.id.clone(),
                    name: role.name.clone(),
                    grants,
                    protected: false,
                    plugin: Some(manifest.id.clone()),
                });
            }
        }
        self.write_roles(&changed, "roles of a plugin")
    }

    /// Every role, by id.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn roles(&self) -> Result<Vec<Role>, Error> {
        let snapshot = self.inner.journal.read()?;
        Ok(ROLES.with_prefix(&snapshot, b"")?.into_iter().map(|typed| typed.value).collect())
    }

    /// The grants of a set of roles.
    pub(crate) fn grants_of(&self, from: &impl Reader, roles: &[String]) -> Result<Vec<Grant>, Error> {
        let mut grants = Vec::new();
        for role in roles {
            let Some(role) = ROLES.get(from, role.as_bytes())? else { continue };
            for (permission, relation) in role.grants {
                if let Some(relation) = Relation::of(&relation) {
                    grants.push(Grant { permission, relation });
                }
            }
        }
        grants.sort();
        grants.dedup();
        Ok(grants)
    }

    /// Whether a permission may be used over plain HTTP and with a card alone.
    pub fn is_low_risk(&self, permission: &str) -> bool {
        self.inner.low_risk.read().is_ok_and(|set| set.contains(permission))
    }
}

//! Roles are data with shipped defaults; plugins bring permissions and roles of
//! their own. A grant is permission × relation.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_journal::Reader;

use crate::table::Table;
use crate::{Error, Grant, People, Principal, Relation, notices};

const ROLES: Table<Role> = Table::new("roles");
const MET: Table<Met> = Table::new("station");
const MET_KEY: &[u8] = b"permissions";

/// The role that can give everything back.
pub const ADMINISTRATOR: &str = "administrator";

const LEADERSHIP: &str = "leadership";

/// Permissions without which the administrators could not undo a mistake.
const KEPT: &[&str] = &["roles.manage", "plugins.manage", "station.manage"];

/// Every permission that was ever given to a role here.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Met {
    permissions: BTreeSet<String>,
}

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
    /// What it allows, in Vietnamese and English.
    words: (&'static str, &'static str),
    low_risk: bool,
    /// Role and relation that hold it from the start.
    roles: &'static [(&'static str, Relation)],
}

/// Permissions of core with the roles that hold them in a new station.
const PERMISSIONS: &[CorePermission] = &[
    CorePermission {
        id: "people.read",
        words: ("Xem danh sách người và lớp", "See people and classes"),
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
        words: ("Thêm, sửa người và lớp", "Add and change people and classes"),
        low_risk: false,
        roles: &[("administrator", Relation::All), ("office", Relation::All)],
    },
    CorePermission {
        id: "people.cards",
        words: ("Cấp thẻ, mã PIN và cho lớp vào", "Issue cards and PINs, let a class in"),
        low_risk: false,
        roles: &[("administrator", Relation::All), ("office", Relation::All), ("teacher", Relation::ClassTaught)],
    },
    CorePermission {
        id: "reads.see",
        words: ("Xem ai đã xem thông tin riêng tư", "See who has read sensitive fields"),
        low_risk: false,
        roles: &[("administrator", Relation::All), ("leadership", Relation::All)],
    },
    CorePermission {
        id: "roles.manage",
        words: ("Cấp tài khoản, vai trò và quyền", "Give accounts, roles and rights"),
        low_risk: false,
        roles: &[("administrator", Relation::All), ("leadership", Relation::All)],
    },
    CorePermission {
        id: "plugins.manage",
        words: ("Cài đặt và quản lý các phần", "Install and manage plugins"),
        low_risk: false,
        roles: &[("administrator", Relation::All)],
    },
    CorePermission {
        id: "station.manage",
        words: ("Đổi tên, kết nối và chứng chỉ của trạm", "Change the station's names, connections and certificate"),
        low_risk: false,
        roles: &[("administrator", Relation::All)],
    },
    CorePermission {
        id: "me.read",
        words: ("Xem thông tin của chính mình", "See what concerns oneself"),
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

/// A role by id; one that is not here now has its id for a name.
pub(crate) fn role_in(from: &impl Reader, id: &str) -> Result<Role, Error> {
    Ok(ROLES.get(from, id.as_bytes())?.unwrap_or_else(|| Role {
        id: id.to_owned(),
        name: Text::from(id),
        grants: Vec::new(),
        protected: false,
        plugin: None,
    }))
}

pub(crate) fn core_low_risk() -> HashSet<String> {
    PERMISSIONS.iter().filter(|p| p.low_risk).map(|p| p.id.to_owned()).collect()
}

impl People {
    /// Writes the shipped roles of a new station, and gives the roles of an older one
    /// the permissions that it has never met; changed ones are left alone.
    pub(crate) fn ship_roles(&self) -> Result<(), Error> {
        let mut met = self.met_permissions()?;
        let new: Vec<&CorePermission> = PERMISSIONS.iter().filter(|p| !met.contains(p.id)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let known = self.roles()?;
        let mut changed = Vec::new();
        for (id, vi, en, protected) in SHIPPED {
            let mut role = known.iter().find(|role| role.id == *id).cloned().unwrap_or_else(|| Role {
                id: (*id).to_owned(),
                name: Text::vi_en(*vi, *en),
                grants: Vec::new(),
                protected: *protected,
                plugin: None,
            });
            for permission in &new {
                let shipped = permission.roles.iter().filter(|(role, _)| role == id);
                role.grants.extend(shipped.map(|(_, relation)| (permission.id.to_owned(), relation.word().to_owned())));
            }
            changed.push(role);
        }
        met.extend(new.iter().map(|p| p.id.to_owned()));
        self.write_roles(&changed, met, "shipped roles")
    }

    /// Permissions that this station has ever met. One that an administrator took from
    /// every role is among them, so it does not come back with the next start.
    fn met_permissions(&self) -> Result<BTreeSet<String>, Error> {
        if let Some(met) = MET.get(&self.inner.journal.read()?, MET_KEY)? {
            return Ok(met.permissions);
        }
        // A station from before this list: what its roles hold.
        Ok(self.roles()?.into_iter().flat_map(|role| role.grants).map(|(permission, _)| permission).collect())
    }

    fn write_roles(&self, roles: &[Role], met: BTreeSet<String>, note: &str) -> Result<(), Error> {
        let met = Met { permissions: met };
        if roles.is_empty() && MET.get(&self.inner.journal.read()?, MET_KEY)?.as_ref() == Some(&met) {
            return Ok(());
        }
        self.change(&Principal::console("vi"), note, |txn| {
            for role in roles {
                ROLES.put(txn, role.id.as_bytes(), role, &[])?;
            }
            MET.put(txn, MET_KEY, &met, &[])
        })?;
        Ok(())
    }

    /// Takes in the permissions and roles of a plugin when it is installed or started:
    /// default roles gain its permissions, its own roles are made. What an
    /// administrator took away since stays away, because only a permission that the
    /// station has never met is given.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub fn declare_plugin_roles(&self, manifest: &Manifest) -> Result<(), Error> {
        if let Ok(mut low_risk) = self.inner.low_risk.write() {
            low_risk.extend(manifest.permission.iter().filter(|p| p.low_risk).map(|p| p.id.clone()));
        }
        let known = self.roles()?;
        let mut met = self.met_permissions()?;
        let mut changed: Vec<Role> = Vec::new();
        for role in &known {
            let mut role = role.clone();
            let before = role.grants.len();
            for permission in &manifest.permission {
                if permission.default_roles.contains(&role.id) && !met.contains(&permission.id) {
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
        met.extend(manifest.permission.iter().map(|p| p.id.clone()));
        self.write_roles(&changed, met, "roles of a plugin")
    }

    /// Every role, by id.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn roles(&self) -> Result<Vec<Role>, Error> {
        let snapshot = self.inner.journal.read()?;
        Ok(ROLES.with_prefix(&snapshot, b"")?.into_iter().map(|typed| typed.value).collect())
    }

    /// Makes a role of the school's own, without any grant; answers its id.
    ///
    /// # Errors
    /// The name is empty or taken, or the journal failed.
    pub fn make_role(&self, by: &Principal, vi: &str, en: &str) -> Result<String, Error> {
        let invalid = |vi: &str, en: &str| Error::Invalid { field: "name", reason: Text::vi_en(vi, en) };
        let name = vi.trim();
        if name.is_empty() {
            return Err(invalid("Thiếu tên vai trò.", "The role's name is missing."));
        }
        if name.chars().count() > 60 {
            return Err(invalid("Tên vai trò quá dài (tối đa 60 chữ).", "The name is too long (60 letters at most)."));
        }
        let english = if en.trim().is_empty() { name } else { en.trim() };
        let (id, _) = self.change(by, "role made", |txn| {
            let same = |row: &crate::table::Typed<Role>| {
                tram_vietnamese::exact(row.value.name.get("vi")) == tram_vietnamese::exact(name)
            };
            if ROLES.with_prefix(txn, b"")?.iter().any(same) {
                return Err(invalid("Đã có vai trò mang tên này.", "There is a role of this name already."));
            }
            let id = format!("own-{}", txn.new_id()?);
            let role = Role {
                id: id.clone(),
                name: Text::vi_en(name, english),
                grants: vec![("me.read".to_owned(), Relation::Own.word().to_owned())],
                protected: false,
                plugin: None,
            };
            ROLES.put(txn, id.as_bytes(), &role, &[])?;
            Ok(id)
        })?;
        Ok(id)
    }

    /// Roles that a person holds, those too that follow from what the person is.
    ///
    /// # Errors
    /// There is no such person, or the journal cannot be read.
    pub fn roles_of(&self, person: &str) -> Result<Vec<Role>, Error> {
        let snapshot = self.inner.journal.read()?;
        let held = self.roles_held(&snapshot, person)?;
        let mut roles = Vec::new();
        for role in held {
            roles.extend(ROLES.get(&snapshot, role.as_bytes())?);
        }
        Ok(roles)
    }

    /// Permissions of core, each with its words for people.
    pub fn core_permissions() -> Vec<(&'static str, Text)> {
        PERMISSIONS.iter().map(|p| (p.id, Text::vi_en(p.words.0, p.words.1))).collect()
    }

    /// Gives a role a permission with a relation.
    ///
    /// # Errors
    /// There is no such role, or the journal failed.
    pub fn give_grant(&self, by: &Principal, role: &str, permission: &str, relation: Relation) -> Result<(), Error> {
        let grant = (permission.to_owned(), relation.word().to_owned());
        self.change_role(by, role, "grant given", |role| {
            if !role.grants.contains(&grant) {
                role.grants.push(grant.clone());
                role.grants.sort();
            }
            Ok(())
        })
    }

    /// Takes a permission with a relation from a role.
    ///
    /// # Errors
    /// There is no such role, or the administrators would lose what they need to give
    /// it back; or the journal failed.
    pub fn take_grant(&self, by: &Principal, role: &str, permission: &str, relation: Relation) -> Result<(), Error> {
        let grant = (permission.to_owned(), relation.word().to_owned());
        if role == ADMINISTRATOR && KEPT.contains(&permission) && relation == Relation::All {
            return Err(Error::Invalid {
                field: "permission",
                reason: Text::vi_en(
                    "Quản trị máy chủ luôn giữ quyền này; bỏ đi thì không ai cấp lại được.",
                    "The administrators always keep this permission; without it nobody could give it back.",
                ),
            });
        }
        self.change_role(by, role, "grant taken", |role| {
            role.grants.retain(|known| *known != grant);
            Ok(())
        })
    }

    fn change_role(
        &self,
        by: &Principal,
        role: &str,
        note: &str,
        mut change: impl FnMut(&mut Role) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.change(by, note, |txn| {
            let before = ROLES.get(txn, role.as_bytes())?.ok_or(Error::Missing("role"))?;
            let mut now = before.clone();
            change(&mut now)?;
            if now == before {
                return Ok(());
            }
            ROLES.put(txn, role.as_bytes(), &now, &[])?;
            let (vi, en) = (now.name.get("vi"), now.name.get("en"));
            let text = Text::vi_en(
                format!("Quyền của vai trò “{vi}” đã thay đổi. Xem ở trang Tài khoản của tôi."),
                format!("What the role “{en}” may do has changed. See the page My account."),
            );
            notices::tell_holders(txn, role, by, &text)?;
            if role != LEADERSHIP {
                notices::tell_leadership(txn, by, &text)?;
            }
            Ok(())
        })?;
        Ok(())
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

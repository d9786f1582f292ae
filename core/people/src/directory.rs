//! Who there is: persons, groups, dated memberships, guardians.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{Id, Reader, Txn};

use crate::table::Table;
use crate::{Error, People, Principal, Relation};

pub(crate) const PERSONS: Table<Person> = Table::new("persons");
pub(crate) const GROUPS: Table<Group> = Table::new("groups");
pub(crate) const MEMBERSHIPS: Table<Membership> = Table::new("memberships");
pub(crate) const GUARDIANS: Table<Guardian> = Table::new("guardians");

/// A person. Fields that were not given are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Host-minted id, text form.
    #[serde(default)]
    pub id: String,
    /// `pupil`, `staff`, `guardian`; a person may be several.
    pub kinds: Vec<String>,
    /// Full name in natural order, NFC.
    pub name: String,
    /// Code in the school's own lists (Mã học sinh, Mã cán bộ); unique. Imports find
    /// persons again by it.
    #[serde(default)]
    pub code: String,
    /// Date of birth, `2012-03-04`.
    #[serde(default)]
    pub birth: String,
    /// `nam`, `nữ`, or empty.
    #[serde(default)]
    pub gender: String,
    /// What the person does at the school (Phó Hiệu trưởng).
    #[serde(default)]
    pub title: String,
    /// Further fields of imports, by name.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub more: std::collections::BTreeMap<String, String>,
    /// Whether the person has left.
    #[serde(default)]
    pub left: bool,
}

impl Person {
    /// The value of a field by its name in the contract; none when there is no such
    /// field.
    pub fn field(&self, name: &str) -> Option<String> {
        Some(match name {
            "name" => self.name.clone(),
            "code" => self.code.clone(),
            "birth" => self.birth.clone(),
            "gender" => self.gender.clone(),
            "title" => self.title.clone(),
            "kinds" => self.kinds.join(","),
            other => self.more.get(other)?.clone(),
        })
    }

    fn check(&self) -> Result<(), Error> {
        if self.name.trim().is_empty() {
            return Err(Error::Invalid {
                field: "name",
                reason: Text::vi_en("Thiếu họ và tên.", "The full name is missing."),
            });
        }
        if self.name.chars().count() > 120 {
            return Err(Error::Invalid {
                field: "name",
                reason: Text::vi_en(
                    "Họ và tên quá dài (tối đa 120 chữ).",
                    "The name is too long (120 letters at most).",
                ),
            });
        }
        if !self.birth.is_empty() && self.birth.parse::<jiff::civil::Date>().is_err() {
            return Err(Error::Invalid {
                field: "birth",
                reason: Text::vi_en(
                    "Ngày sinh không đọc được; hãy ghi như 04/03/2012.",
                    "The date of birth does not read; write 2012-03-04.",
                ),
            });
        }
        Ok(())
    }
}

/// A group: class, subject group (tổ chuyên môn), campus, household…
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Host-minted id, text form.
    #[serde(default)]
    pub id: String,
    /// `class`, `subject-group`, `campus`, `household`.
    pub kind: String,
    /// Name (8A1).
    pub name: String,
    /// School year (2026-2027), for classes.
    #[serde(default)]
    pub year: String,
    /// Grade 1 to 12, for classes.
    #[serde(default)]
    pub grade: Option<u8>,
}

/// A dated membership. `to` is the last day, empty while it lasts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Id of the group.
    pub group: String,
    /// Id of the person.
    pub person: String,
    /// `member`, `head`, `homeroom`, `teacher`.
    pub role: String,
    /// Subject, for `teacher`.
    #[serde(default)]
    pub subject: String,
    /// First day, `2026-09-05`.
    #[serde(default)]
    pub from: String,
    /// Last day; empty: it lasts.
    #[serde(default)]
    pub to: String,
}

impl Membership {
    /// Whether it holds on a day (`2026-11-24`); ISO dates compare as text.
    pub fn holds_on(&self, day: &str) -> bool {
        (self.from.is_empty() || self.from.as_str() <= day) && (self.to.is_empty() || day <= self.to.as_str())
    }
}

/// Who is guardian of whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardian {
    /// Id of the guardian.
    pub guardian: String,
    /// Id of the child.
    pub child: String,
    /// cha, mẹ, người giám hộ.
    #[serde(default)]
    pub relation: String,
}

/// The text form of an id as key bytes.
pub(crate) fn key_of(id: &str) -> Result<[u8; 16], Error> {
    id.parse::<Id>().map(Id::to_bytes).map_err(|_| Error::Missing("id"))
}

fn membership_key(membership: &Membership) -> Result<Vec<u8>, Error> {
    let mut key = key_of(&membership.group)?.to_vec();
    key.extend(key_of(&membership.person)?);
    let rest = format!("{}\0{}\0{}", membership.role, membership.subject, membership.from);
    key.extend(blake3::hash(rest.as_bytes()).as_bytes().iter().take(8));
    Ok(key)
}

/// Writes within one transaction; what importing and the wizard are made of.
pub struct Writer<'t> {
    txn: &'t mut Txn,
}

impl<'t> Writer<'t> {
    /// A writer in a transaction of [`People::change`].
    pub fn new(txn: &'t mut Txn) -> Self {
        Self { txn }
    }

    /// Adds or changes a person; answers the id.
    ///
    /// # Errors
    /// The name is missing, the date does not read, or the journal failed.
    pub fn person(&mut self, mut person: Person) -> Result<String, Error> {
        person.check()?;
        person.name = tram_vietnamese::nfc(person.name.trim()).into_owned();
        if person.id.is_empty() {
            person.id = self.txn.new_id()?.to_string();
        }
        let key = key_of(&person.id)?;
        let code = person.code.clone();
        let terms: &[(&str, &[u8])] = if code.is_empty() { &[] } else { &[("code", code.as_bytes())] };
        PERSONS.put(self.txn, &key, &person, terms)?;
        Ok(person.id)
    }

    /// Adds or changes a group; answers the id.
    ///
    /// # Errors
    /// The journal failed.
    pub fn group(&mut self, mut group: Group) -> Result<String, Error> {
        if group.id.is_empty() {
            group.id = self.txn.new_id()?.to_string();
        }
        let key = key_of(&group.id)?;
        GROUPS.put(self.txn, &key, &group, &[("kind", group.kind.as_bytes())])?;
        Ok(group.id)
    }

    /// Adds or changes a membership (same group, person, role, subject and first day).
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn membership(&mut self, membership: &Membership) -> Result<(), Error> {
        let key = membership_key(membership)?;
        MEMBERSHIPS.put(self.txn, &key, membership, &[("person", &key_of(&membership.person)?)])
    }

    /// Records who is guardian of whom.
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn guardian(&mut self, guardian: &Guardian) -> Result<(), Error> {
        let parent = key_of(&guardian.guardian)?;
        let mut key = key_of(&guardian.child)?.to_vec();
        key.extend(parent);
        GUARDIANS.put(self.txn, &key, guardian, &[("guardian", &parent)])
    }

    /// Removes a membership as if it had never been: a mistake, not an end.
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn drop_membership(&mut self, membership: &Membership) -> Result<(), Error> {
        MEMBERSHIPS.delete(self.txn, &membership_key(membership)?)
    }

    /// This person is no longer guardian of that child; both stay.
    ///
    /// # Errors
    /// An id is malformed, or the journal failed.
    pub fn drop_guardian(&mut self, child: &str, guardian: &str) -> Result<(), Error> {
        let mut key = key_of(child)?.to_vec();
        key.extend(key_of(guardian)?);
        GUARDIANS.delete(self.txn, &key)
    }

    /// The transaction, for reading within it.
    pub fn txn(&mut self) -> &mut Txn {
        self.txn
    }
}

/// The civil date at the station today (Asia/Ho_Chi_Minh), `2026-11-24`.
pub fn today() -> String {
    // Vietnam has been at UTC+7 without summer time since 1975.
    let ms = tram_journal::clock::now().unix_ms.saturating_add(7 * 3_600_000);
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| jiff::tz::Offset::UTC.to_datetime(t).date().to_string())
        .unwrap_or_default()
}

/// What the relations of a principal are computed from.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// Groups the person belongs to now, in any role.
    pub groups: BTreeSet<String>,
    /// Groups the person leads.
    pub led: BTreeSet<String>,
    /// Classes the person teaches or is homeroom teacher of.
    pub taught: BTreeSet<String>,
    /// Class and subject pairs.
    pub taught_subjects: BTreeSet<(String, String)>,
    /// Children of a guardian.
    pub children: BTreeSet<String>,
}

pub(crate) fn person_in(from: &impl Reader, id: &str) -> Result<Option<Person>, Error> {
    PERSONS.get(from, &key_of(id)?)
}

pub(crate) fn relations_in(from: &impl Reader, person: &str) -> Result<Relations, Error> {
    let key = key_of(person)?;
    let day = today();
    let mut relations = Relations::default();
    for membership in MEMBERSHIPS.find(from, "person", &key)? {
        let membership = membership.value;
        if !membership.holds_on(&day) {
            continue;
        }
        relations.groups.insert(membership.group.clone());
        match membership.role.as_str() {
            "head" => {
                relations.led.insert(membership.group);
            }
            "homeroom" => {
                relations.taught.insert(membership.group);
            }
            "teacher" => {
                relations.taught.insert(membership.group.clone());
                relations.taught_subjects.insert((membership.group, membership.subject));
            }
            _ => {}
        }
    }
    for guardian in GUARDIANS.find(from, "guardian", &key)? {
        relations.children.insert(guardian.value.child);
    }
    Ok(relations)
}

impl People {
    /// A person by id.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn person(&self, id: &str) -> Result<Option<Person>, Error> {
        person_in(&self.inner.journal.read()?, id)
    }

    /// Named fields of a person, in the order asked; unknown fields are empty.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn person_fields(&self, id: &str, fields: &[&str]) -> Result<Option<Vec<(String, String)>>, Error> {
        Ok(self.person(id)?.map(|person| {
            fields.iter().map(|field| ((*field).to_owned(), person.field(field).unwrap_or_default())).collect()
        }))
    }

    /// A person by the school's own code.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn person_by_code(&self, code: &str) -> Result<Option<Person>, Error> {
        let snapshot = self.inner.journal.read()?;
        Ok(PERSONS.find(&snapshot, "code", code.as_bytes())?.into_iter().next().map(|typed| typed.value))
    }

    /// Every person of a kind, sorted by given name.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn persons(&self, kind: &str) -> Result<Vec<Person>, Error> {
        let snapshot = self.inner.journal.read()?;
        let mut persons: Vec<Person> = PERSONS
            .with_prefix(&snapshot, b"")?
            .into_iter()
            .map(|typed| typed.value)
            .filter(|person| person.kinds.iter().any(|k| k == kind))
            .collect();
        persons.sort_by_cached_key(|person| tram_vietnamese::name_sort_key(&person.name));
        Ok(persons)
    }

    /// A group by id.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn group(&self, id: &str) -> Result<Option<Group>, Error> {
        GROUPS.get(&self.inner.journal.read()?, &key_of(id)?)
    }

    /// Groups of a kind, by name.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn groups(&self, kind: &str) -> Result<Vec<Group>, Error> {
        let snapshot = self.inner.journal.read()?;
        let mut groups: Vec<Group> =
            GROUPS.find(&snapshot, "kind", kind.as_bytes())?.into_iter().map(|typed| typed.value).collect();
        groups.sort_by_cached_key(|group| (group.grade, tram_vietnamese::sort_key(&group.name)));
        Ok(groups)
    }

    /// Members of a group today in a role (`member` for pupils of a class), sorted by
    /// given name as Vietnamese class lists are.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn members(&self, group: &str, role: &str) -> Result<Vec<Person>, Error> {
        let snapshot = self.inner.journal.read()?;
        let day = today();
        let mut persons = Vec::new();
        for membership in MEMBERSHIPS.with_prefix(&snapshot, &key_of(group)?)? {
            let membership = membership.value;
            if membership.role == role && membership.holds_on(&day) {
                persons.extend(person_in(&snapshot, &membership.person)?);
            }
        }
        persons.sort_by_cached_key(|person| tram_vietnamese::name_sort_key(&person.name));
        persons.dedup_by(|a, b| a.id == b.id);
        Ok(persons)
    }

    /// Memberships of a person, past ones too.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn memberships_of(&self, person: &str) -> Result<Vec<Membership>, Error> {
        let snapshot = self.inner.journal.read()?;
        Ok(MEMBERSHIPS.find(&snapshot, "person", &key_of(person)?)?.into_iter().map(|typed| typed.value).collect())
    }

    /// The groups and children that give a person's grants their reach.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn relations(&self, person: &str) -> Result<Relations, Error> {
        relations_in(&self.inner.journal.read()?, person)
    }

    /// Whether the principal's permission reaches a group: all groups, a class taught,
    /// a group led.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn reaches_group(&self, principal: &Principal, permission: &str, group: &str) -> Result<bool, Error> {
        if principal.kind == crate::Kind::Console {
            return Ok(true);
        }
        let relations: Vec<Relation> = principal
            .grants
            .iter()
            .filter(|grant| grant.permission == permission)
            .map(|grant| grant.relation)
            .collect();
        if relations.contains(&Relation::All) {
            return Ok(true);
        }
        let Some(person) = &principal.person else { return Ok(false) };
        let reach = self.relations(person)?;
        Ok(relations.iter().any(|relation| match relation {
            Relation::ClassTaught | Relation::ClassSubjectTaught => reach.taught.contains(group),
            Relation::GroupLed => reach.led.contains(group),
            _ => false,
        }))
    }

    /// Whether the principal's permission reaches a person: through a group, as
    /// oneself, or as guardian.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn reaches_person(&self, principal: &Principal, permission: &str, person: &str) -> Result<bool, Error> {
        for grant in principal.grants.iter().filter(|grant| grant.permission == permission) {
            let reached = match grant.relation {
                Relation::All => true,
                Relation::Own => principal.person.as_deref() == Some(person),
                Relation::MyChild => match &principal.person {
                    Some(me) => self.relations(me)?.children.contains(person),
                    None => false,
                },
                Relation::GroupLed | Relation::ClassTaught | Relation::ClassSubjectTaught => {
                    let mut any = false;
                    for group in self.relations(person)?.groups {
                        any = any || self.reaches_group(principal, permission, &group)?;
                    }
                    any
                }
            };
            if reached {
                return Ok(true);
            }
        }
        Ok(principal.kind == crate::Kind::Console)
    }
}

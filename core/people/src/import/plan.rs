//! Compares a list with who is there, and writes the difference.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tram_journal::Reader;

use super::rows::{Draft, Kind};
use crate::directory::{Group, Guardian, Membership, PERSONS, Person, Writer};
use crate::{Error, People, Principal};

/// What an import would do, and then does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Rows that make a new person.
    pub new: Vec<Draft>,
    /// Rows that change a person: id and what becomes of it.
    pub changed: Vec<(String, Draft)>,
    /// Persons that move to another group: id, name, from, to.
    pub moved: Vec<(String, String, String, String)>,
    /// Rows that say what is known already.
    pub unchanged: usize,
    /// Members of the groups in the list who are not in it: id, name, group. They are
    /// shown; whether they leave is said by the one who imports.
    pub absent: Vec<(String, String, String)>,
    /// Groups that are not there yet.
    pub groups: Vec<String>,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Persons made.
    pub new: usize,
    /// Persons changed or moved.
    pub changed: usize,
    /// Persons who left their group.
    pub left: usize,
}

/// How an import is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which list it is.
    pub kind: Kind,
    /// School year of the classes (2026-2027).
    pub year: String,
    /// First day of the memberships, and the day before which old ones end.
    pub from: String,
    /// Whether absent members leave their group.
    pub absent_leave: bool,
}

/// Changes of one transaction.
const BATCH: usize = 200;

/// How a person is found again: by code; without one by name and date of birth.
fn identity(person: &Person) -> (String, String, String) {
    if person.code.is_empty() {
        (String::new(), tram_vietnamese::exact(&person.name), person.birth.clone())
    } else {
        (person.code.clone(), String::new(), String::new())
    }
}

/// What the list says, laid over what is known: an empty cell erases nothing.
fn merged(known: &Person, listed: &Person) -> Person {
    let mut person = known.clone();
    let take = |to: &mut String, from: &String| {
        if !from.is_empty() {
            to.clone_from(from);
        }
    };
    take(&mut person.name, &listed.name);
    take(&mut person.code, &listed.code);
    take(&mut person.birth, &listed.birth);
    take(&mut person.gender, &listed.gender);
    take(&mut person.title, &listed.title);
    for (name, value) in &listed.more {
        person.more.insert(name.clone(), value.clone());
    }
    for kind in &listed.kinds {
        if !person.kinds.contains(kind) {
            person.kinds.push(kind.clone());
        }
    }
    person.left = false;
    person
}

impl Kind {
    fn group_kind(self) -> &'static str {
        match self {
            Self::Pupils => "class",
            Self::Staff => "subject-group",
        }
    }
}

impl People {
    /// Compares drafts with who is there.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn plan_import(&self, drafts: &[Draft], options: &Options) -> Result<Plan, Error> {
        let snapshot = self.inner.journal.read()?;
        let mut known: HashMap<(String, String, String), Person> = HashMap::new();
        for typed in PERSONS.with_prefix(&snapshot, b"")? {
            // A list without codes finds persons that have one, too.
            let by_name = (String::new(), tram_vietnamese::exact(&typed.value.name), typed.value.birth.clone());
            known.insert(by_name, typed.value.clone());
            known.insert(identity(&typed.value), typed.value);
        }
        drop(snapshot);
        let groups = self.groups_by_name(options)?;
        let mut plan = Plan::default();
        let mut listed: BTreeSet<String> = BTreeSet::new();
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut missing: BTreeSet<String> = BTreeSet::new();
        for draft in drafts {
            if !draft.group.is_empty() {
                named.insert(draft.group.clone());
                if !groups.contains_key(&draft.group) {
                    missing.insert(draft.group.clone());
                }
            }
            let Some(person) = known.get(&identity(&draft.person)) else {
                plan.new.push(draft.clone());
                continue;
            };
            listed.insert(person.id.clone());
            let now = self.group_of(&person.id, options)?;
            let moves = !draft.group.is_empty() && now.as_deref() != Some(draft.group.as_str());
            if moves {
                plan.moved.push((person.id.clone(), person.name.clone(), now.unwrap_or_default(), draft.group.clone()));
            }
            if merged(person, &draft.person) != *person {
                plan.changed.push((person.id.clone(), draft.clone()));
            } else if !moves {
                plan.unchanged += 1;
            }
        }
        for name in &named {
            let Some(group) = groups.get(name) else { continue };
            for person in self.members(group, "member")? {
                if !listed.contains(&person.id) {
                    plan.absent.push((person.id, person.name, name.clone()));
                }
            }
        }
        plan.groups = missing.into_iter().collect();
        Ok(plan)
    }

    fn groups_by_name(&self, options: &Options) -> Result<BTreeMap<String, String>, Error> {
        Ok(self
            .groups(options.kind.group_kind())?
            .into_iter()
            .filter(|group| options.kind == Kind::Staff || group.year == options.year)
            .map(|group| (group.name, group.id))
            .collect())
    }

    /// Name of the person's group of this kind and year today.
    fn group_of(&self, person: &str, options: &Options) -> Result<Option<String>, Error> {
        for membership in self.memberships_of(person)? {
            if membership.role == "member"
                && membership.to.is_empty()
                && let Some(group) = self.group(&membership.group)?
                && group.kind == options.kind.group_kind()
                && (options.kind == Kind::Staff || group.year == options.year)
            {
                return Ok(Some(group.name));
            }
        }
        Ok(None)
    }

    /// Writes a plan, in transactions of 200 rows: importing again after a break goes
    /// on where it stopped, because what was written is then unchanged.
    ///
    /// # Errors
    /// A code is taken, or the journal failed; rows of earlier transactions stay.
    pub fn apply_import(&self, by: &Principal, plan: &Plan, options: &Options) -> Result<Written, Error> {
        let mut groups = self.groups_by_name(options)?;
        let wanted: Vec<&String> = plan.groups.iter().filter(|name| !groups.contains_key(*name)).collect();
        let (made, _) = self.change(by, "import: groups", |txn| {
            let mut writer = Writer::new(txn);
            wanted
                .iter()
                .map(|name| {
                    let id = writer.group(Group {
                        id: String::new(),
                        kind: options.kind.group_kind().to_owned(),
                        name: (*name).clone(),
                        year: if options.kind == Kind::Pupils { options.year.clone() } else { String::new() },
                        grade: if options.kind == Kind::Pupils { crate::groups::grade_of(name) } else { None },
                    })?;
                    Ok(((*name).clone(), id))
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        groups.extend(made);
        let mut written = Written::default();
        for batch in plan.new.chunks(BATCH) {
            self.change(by, "import: new", |txn| {
                let mut writer = Writer::new(txn);
                for draft in batch {
                    let id = writer.person(draft.person.clone())?;
                    if let Some(group) = groups.get(&draft.group) {
                        writer.membership(&member(group, &id, &options.from))?;
                    }
                    for (name, relation) in &draft.guardians {
                        let guardian = writer.person(Person {
                            kinds: vec!["guardian".to_owned()],
                            name: name.clone(),
                            ..Person::default()
                        })?;
                        writer.guardian(&Guardian { guardian, child: id.clone(), relation: relation.clone() })?;
                    }
                }
                Ok(())
            })?;
            written.new += batch.len();
        }
        for batch in plan.changed.chunks(BATCH) {
            self.change(by, "import: changed", |txn| {
                for (id, draft) in batch {
                    let known = crate::directory::person_in(txn, id)?.ok_or(Error::Missing("person"))?;
                    Writer::new(txn).person(merged(&known, &draft.person))?;
                }
                Ok(())
            })?;
            written.changed += batch.len();
        }
        let moves: Vec<(&str, Option<&String>)> =
            plan.moved.iter().map(|(id, _, _, to)| (id.as_str(), groups.get(to))).collect();
        written.changed += self.move_members(by, &moves, options)?;
        if options.absent_leave {
            let leaving: Vec<(&str, Option<&String>)> =
                plan.absent.iter().map(|(id, _, _)| (id.as_str(), None)).collect();
            written.left = self.move_members(by, &leaving, options)?;
        }
        Ok(written)
    }

    /// Ends the membership in the group of this kind and begins another, if any.
    fn move_members(
        &self,
        by: &Principal,
        moves: &[(&str, Option<&String>)],
        options: &Options,
    ) -> Result<usize, Error> {
        let last = day_before(&options.from);
        for batch in moves.chunks(BATCH) {
            let mut ending = Vec::new();
            for (person, _) in batch {
                for membership in self.memberships_of(person)? {
                    if membership.role == "member"
                        && membership.to.is_empty()
                        && self.group(&membership.group)?.is_some_and(|group| group.kind == options.kind.group_kind())
                    {
                        ending.push(Membership { to: last.clone(), ..membership });
                    }
                }
            }
            self.change(by, "import: moved", |txn| {
                let mut writer = Writer::new(txn);
                for membership in &ending {
                    writer.membership(membership)?;
                }
                for (person, group) in batch {
                    if let Some(group) = group {
                        writer.membership(&member(group, person, &options.from))?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(moves.len())
    }

    /// The year's promotion in one go: for each class of `from_year` a class of
    /// `to_year` one grade up (6A1 → 7A1), with its pupils; those of the last grade
    /// finish. `staying`: persons who repeat; they go to the class of their old name in
    /// the new year. Answers classes made and pupils moved.
    ///
    /// # Errors
    /// The journal failed; importing or promoting again goes on where it stopped.
    pub fn promote(
        &self,
        by: &Principal,
        from_year: &str,
        to_year: &str,
        first_day: &str,
        staying: &BTreeSet<String>,
    ) -> Result<(usize, usize), Error> {
        let options =
            Options { kind: Kind::Pupils, year: to_year.to_owned(), from: first_day.to_owned(), absent_leave: false };
        let old: Vec<Group> = self.groups("class")?.into_iter().filter(|group| group.year == from_year).collect();
        let last_grade = old.iter().filter_map(|group| group.grade).max().unwrap_or(12);
        let mut moves: Vec<(String, Option<String>)> = Vec::new();
        let mut wanted: BTreeMap<String, u8> = BTreeMap::new();
        for class in &old {
            let Some(grade) = class.grade else { continue };
            let rest = class.name.trim_start_matches(|c: char| c.is_ascii_digit());
            for pupil in self.members(&class.id, "member")? {
                let to = if staying.contains(&pupil.id) {
                    Some((class.name.clone(), grade))
                } else if grade < last_grade {
                    Some((format!("{}{rest}", grade + 1), grade + 1))
                } else {
                    None
                };
                if let Some((name, grade)) = &to {
                    wanted.insert(name.clone(), *grade);
                }
                moves.push((pupil.id, to.map(|(name, _)| name)));
            }
        }
        let known = self.groups_by_name(&options)?;
        let (made, _) = self.change(by, "promotion: classes", |txn| {
            let mut writer = Writer::new(txn);
            wanted
                .iter()
                .filter(|(name, _)| !known.contains_key(*name))
                .map(|(name, grade)| {
                    let id = writer.group(Group {
                        id: String::new(),
                        kind: "class".into(),
                        name: name.clone(),
                        year: to_year.to_owned(),
                        grade: Some(*grade),
                    })?;
                    Ok((name.clone(), id))
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        let count = made.len();
        let groups: BTreeMap<String, String> = known.into_iter().chain(made).collect();
        let by_id: Vec<(&str, Option<&String>)> =
            moves.iter().map(|(id, to)| (id.as_str(), to.as_ref().and_then(|name| groups.get(name)))).collect();
        let moved = self.move_members(by, &by_id, &options)?;
        Ok((count, moved))
    }

    /// How many persons there are.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn person_count(&self) -> Result<u64, Error> {
        Ok(self.inner.journal.read()?.count(crate::OWNER, "persons")?)
    }
}

fn member(group: &str, person: &str, from: &str) -> Membership {
    Membership {
        group: group.to_owned(),
        person: person.to_owned(),
        role: "member".into(),
        subject: String::new(),
        from: from.to_owned(),
        to: String::new(),
    }
}

fn day_before(day: &str) -> String {
    day.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|date| date.yesterday().ok())
        .map_or_else(|| day.to_owned(), |date| date.to_string())
}

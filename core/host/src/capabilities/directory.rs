//! `directory`: persons and groups, field by field and person by person. What was not
//! granted to the plugin, and whom the caller may not see, is an error, never an empty
//! value, so that nobody mistakes one for the other.
//!
//! A field needs the plugin's grant. A person needs the caller's own reach, which the
//! host computes: a grant is permission × relation (all, group led, class taught, self,
//! my child). So a plugin cannot show a teacher another class, whatever it asks for.

use tram_contract::rights::field_words;
use tram_people::Kind;
use tram_people::directory::Person;
use tram_people::reads::is_sensitive;

use crate::bindings::directory::{Group, Host, Profile};
use crate::bindings::types::Field;
use crate::state::{Failure, State};

/// Most fields of one question.
const MAX_FIELDS: usize = 32;

/// What everybody who has signed in may know of the staff: it hangs at the door.
const OF_STAFF: &[&str] = &["name", "title", "kinds", "subject-groups", "groups-led"];

/// The station's own permissions that let one see persons, as far as their relation
/// reaches.
const PERMISSIONS: &[&str] = &["people.read", "me.read"];

fn failed(error: tram_people::Error) -> Failure {
    Failure::argument(error.to_string())
}

fn out_of_reach() -> Failure {
    Failure::answer(
        "forbidden",
        "Bạn không được xem thông tin của người này. Nếu công việc của bạn cần, hãy nhờ văn phòng hoặc quản trị viên.",
        "You may not see this person's data. If your work needs it, ask the office or the administrator.",
    )
}

impl State {
    /// The caller and the plugin may read these fields: somebody has signed in, and
    /// every field stands in the grant.
    fn check(&mut self, fields: &[String]) -> Result<(), Failure> {
        self.gate("directory")?;
        if self.principal.kind == Kind::Public {
            return Err(Failure::not_granted("danh bạ, khi chưa đăng nhập / the directory, without a sign-in"));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Failure::argument("at most 32 fields"));
        }
        match fields.iter().find(|field| !self.plugin.grants.reads_field(field)) {
            Some(field) => {
                let (vi, en) = field_words(field);
                Err(Failure::answer(
                    "not-granted",
                    format!("Phần mở rộng này chưa được phép đọc: {vi}."),
                    format!("This plugin was not granted the field: {en}."),
                ))
            }
            None => Ok(()),
        }
    }

    /// The permissions whose reach decides about these fields: the manifest's own one
    /// opens what stands on a class list, never what is sensitive.
    fn deciding(&self, fields: &[String]) -> Vec<String> {
        let mut permissions: Vec<String> = PERMISSIONS.iter().map(|permission| (*permission).to_owned()).collect();
        if !fields.iter().any(|field| is_sensitive(field)) {
            let asked = self.plugin.manifest.capability.iter().find(|asked| asked.name == "directory");
            permissions.extend(asked.and_then(|asked| asked.permission.clone()));
        }
        permissions
    }

    /// Whether the caller may see these fields of this person.
    fn reaches(&self, person: &str, fields: &[String]) -> Result<bool, Failure> {
        if self.principal.kind == Kind::Console || self.principal.person.as_deref() == Some(person) {
            return Ok(true);
        }
        for permission in self.deciding(fields) {
            if self.core.people.reaches_person(&self.principal, &permission, person).map_err(failed)? {
                return Ok(true);
            }
        }
        if fields.iter().all(|field| OF_STAFF.contains(&field.as_str())) {
            let person = self.core.people.person(person).map_err(failed)?;
            return Ok(person.is_some_and(|person| person.kinds.iter().any(|kind| kind == "staff")));
        }
        Ok(false)
    }

    /// Whether the caller reaches everybody in a group at once.
    fn reaches_all(&self, group: &str, fields: &[String]) -> Result<bool, Failure> {
        for permission in self.deciding(fields) {
            if self.core.people.reaches_group(&self.principal, &permission, group).map_err(failed)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fields of persons whom the caller reaches. What is sensitive is noted in the
    /// read log before it is handed over.
    fn profiles(&self, persons: &[Person], fields: &[String]) -> Result<Vec<Profile>, Failure> {
        if fields.iter().any(|field| is_sensitive(field)) {
            let names: Vec<&str> = fields.iter().map(String::as_str).collect();
            let ids: Vec<&str> = persons.iter().map(|person| person.id.as_str()).collect();
            self.core.people.note_read(&self.principal, self.owner(), &names, &ids).map_err(failed)?;
        }
        persons
            .iter()
            .map(|person| {
                let mut values = Vec::with_capacity(fields.len());
                for name in fields {
                    let value = match name.as_str() {
                        "classes" => self.classes(&person.id)?,
                        "subject-groups" => self.subject_groups(&person.id)?,
                        "groups-led" => {
                            let led = self.core.people.relations(&person.id).map_err(failed)?.led;
                            led.into_iter().collect::<Vec<_>>().join(",")
                        }
                        other => person.field(other).unwrap_or_default(),
                    };
                    values.push(Field { name: name.clone(), value });
                }
                Ok(Profile { id: person.id.clone(), fields: values })
            })
            .collect()
    }

    /// Names of the classes that a person belongs to today.
    fn classes(&self, person: &str) -> Result<String, Failure> {
        let mut names = Vec::new();
        for group in self.core.people.relations(person).map_err(failed)?.groups {
            if let Some(group) = self.core.people.group(&group).map_err(failed)?
                && group.kind == "class"
            {
                names.push(group.name);
            }
        }
        Ok(names.join(", "))
    }
}

impl State {
    /// Ids of the subject groups that a person belongs to today, with commas: names are
    /// for people, and change.
    fn subject_groups(&self, person: &str) -> Result<String, Failure> {
        let mut ids = Vec::new();
        for group in self.core.people.relations(person).map_err(failed)?.groups {
            if self.core.people.group(&group).map_err(failed)?.is_some_and(|group| group.kind == "subject-group") {
                ids.push(group);
            }
        }
        Ok(ids.join(","))
    }
}

impl Host for State {
    fn person(&mut self, id: String, fields: Vec<String>) -> Result<Option<Profile>, Failure> {
        self.check(&fields)?;
        // Reach first: whoever may not see persons does not learn who is there.
        if !self.reaches(&id, &fields)? {
            return Err(out_of_reach());
        }
        let Some(person) = self.core.people.person(&id).map_err(failed)? else { return Ok(None) };
        Ok(self.profiles(std::slice::from_ref(&person), &fields)?.pop())
    }

    fn members(&mut self, group: String, fields: Vec<String>) -> Result<Vec<Profile>, Failure> {
        self.check(&fields)?;
        let mut persons = self.core.people.members(&group, "member").map_err(failed)?;
        // Who leads a group is one of it; a class is led by nobody in this sense.
        let heads = self.core.people.members(&group, "head").map_err(failed)?;
        persons.splice(
            0..0,
            heads.into_iter().filter(|head| !persons.iter().any(|other| other.id == head.id)).collect::<Vec<_>>(),
        );
        if !self.reaches_all(&group, &fields)? {
            // Never a part of a list that looks like the whole.
            for person in &persons {
                if !self.reaches(&person.id, &fields)? {
                    return Err(out_of_reach());
                }
            }
        }
        self.profiles(&persons, &fields)
    }

    fn groups(&mut self, kind: String) -> Result<Vec<Group>, Failure> {
        self.check(&[])?;
        let groups = self.core.people.groups(&kind).map_err(failed)?;
        Ok(groups.into_iter().map(|group| Group { id: group.id, kind: group.kind, name: group.name }).collect())
    }
}

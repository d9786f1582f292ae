//! `directory`: persons and groups, field by field. What was not granted is an
//! error, never an empty value, so that nobody mistakes one for the other.

use crate::bindings::directory::{Group, Host, Profile};
use crate::bindings::types::Field;
use crate::state::{Failure, State};

/// Fields of persons that can be asked for, with their words for the administrator
/// in Vietnamese and English.
pub(crate) const FIELDS: &[(&str, &str, &str)] = &[
    ("name", "họ và tên", "full name"),
    ("code", "mã học sinh, mã cán bộ", "code in the school's lists"),
    ("birth", "ngày sinh", "date of birth"),
    ("gender", "giới tính", "sex"),
    ("title", "chức vụ", "title"),
    ("kinds", "vai trò (học sinh, giáo viên, phụ huynh)", "whether pupil, staff or guardian"),
    ("classes", "lớp", "classes"),
];

/// Most fields of one question.
const MAX_FIELDS: usize = 32;

impl State {
    /// The caller and the plugin may read these fields: somebody has signed in, and
    /// every field stands in the grant.
    fn check(&mut self, fields: &[String]) -> Result<(), Failure> {
        self.gate("directory")?;
        if self.principal.kind == tram_people::Kind::Public {
            return Err(Failure::not_granted("danh bạ, khi chưa đăng nhập / the directory, without a sign-in"));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Failure::argument("at most 32 fields"));
        }
        match fields.iter().find(|field| !self.plugin.grants.reads_field(field)) {
            Some(field) => {
                let (vi, en) = FIELDS
                    .iter()
                    .find(|(name, ..)| name == field)
                    .map_or((field.as_str(), field.as_str()), |(_, vi, en)| (*vi, *en));
                Err(Failure::answer(
                    "not-granted",
                    format!("Phần mở rộng này chưa được phép đọc: {vi}."),
                    format!("This plugin was not granted the field: {en}."),
                ))
            }
            None => Ok(()),
        }
    }

    fn profile(&self, person: &tram_people::directory::Person, fields: &[String]) -> Result<Profile, Failure> {
        let mut values = Vec::with_capacity(fields.len());
        for name in fields {
            let value = match name.as_str() {
                "classes" => self.classes(&person.id)?,
                other => person.field(other).unwrap_or_default(),
            };
            values.push(Field { name: name.clone(), value });
        }
        Ok(Profile { id: person.id.clone(), fields: values })
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

fn failed(error: tram_people::Error) -> Failure {
    Failure::argument(error.to_string())
}

impl Host for State {
    fn person(&mut self, id: String, fields: Vec<String>) -> Result<Option<Profile>, Failure> {
        self.check(&fields)?;
        let Some(person) = self.core.people.person(&id).map_err(failed)? else { return Ok(None) };
        self.profile(&person, &fields).map(Some)
    }

    fn members(&mut self, group: String, fields: Vec<String>) -> Result<Vec<Profile>, Failure> {
        self.check(&fields)?;
        let persons = self.core.people.members(&group, "member").map_err(failed)?;
        persons.iter().map(|person| self.profile(person, &fields)).collect()
    }

    fn groups(&mut self, kind: String) -> Result<Vec<Group>, Failure> {
        self.check(&[])?;
        let groups = self.core.people.groups(&kind).map_err(failed)?;
        Ok(groups.into_iter().map(|group| Group { id: group.id, kind: group.kind, name: group.name }).collect())
    }
}

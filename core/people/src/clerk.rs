//! What a school's clerk does by hand: adding and changing one person, with class and
//! guardians; memberships of other groups; noticing that somebody is there already.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{Reader, Txn};

use crate::directory::{
    GROUPS, GUARDIANS, Guardian, MEMBERSHIPS, Membership, PERSONS, Person, Writer, key_of, person_in, today,
};
use crate::{Error, People, Principal};

/// Name of the further field that holds a telephone number.
pub const PHONE: &str = "phone";
/// Guardians of one child that the form takes.
pub const GUARDIANS_OF_A_CHILD: usize = 3;

/// A guardian as the form has him.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardianEntry {
    /// Id of a known guardian; empty for a new one.
    pub id: String,
    /// Full name; empty: this guardian no longer is one.
    pub name: String,
    /// cha, mẹ, người giám hộ.
    pub relation: String,
    /// Telephone.
    pub phone: String,
}

/// A person as the form has him.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The person; with an id, the fields below replace those of the known one.
    pub person: Person,
    /// Id of the class to be in; empty: in none.
    pub class: String,
    /// First day in that class, when it is another than before.
    pub from: String,
    /// Guardians; those of the known person that are not named stay.
    pub guardians: Vec<GuardianEntry>,
}

fn invalid(field: &'static str, vi: &str, en: &str) -> Error {
    Error::Invalid { field, reason: Text::vi_en(vi, en) }
}

fn day(field: &'static str, text: &str) -> Result<(), Error> {
    text.parse::<jiff::civil::Date>().map(|_| ()).map_err(|_| {
        invalid(field, "Ngày không đọc được; hãy chọn lại ngày.", "The date does not read; choose it again.")
    })
}

fn check(person: &Person) -> Result<(), Error> {
    if person.kinds.is_empty() {
        return Err(invalid(
            "kind",
            "Hãy chọn người này là học sinh, cán bộ hay phụ huynh.",
            "Say whether this is a pupil, a member of staff or a guardian.",
        ));
    }
    if !person.birth.is_empty() {
        day("birth", &person.birth)?;
        if person.birth > today() {
            return Err(invalid("birth", "Ngày sinh còn ở tương lai.", "The date of birth is still to come."));
        }
        if person.birth.as_str() < "1900" {
            return Err(invalid("birth", "Năm sinh trước 1900; hãy xem lại.", "Born before 1900? Check the year."));
        }
    }
    Ok(())
}

/// Memberships as a pupil (or member) of a class that have not ended.
fn open_classes(from: &impl Reader, person: &str) -> Result<Vec<Membership>, Error> {
    let mut open = Vec::new();
    for row in MEMBERSHIPS.find(from, "person", &key_of(person)?)? {
        let membership = row.value;
        if membership.role == "member"
            && membership.to.is_empty()
            && GROUPS.get(from, &key_of(&membership.group)?)?.is_some_and(|group| group.kind == "class")
        {
            open.push(membership);
        }
    }
    Ok(open)
}

fn day_before(day: &str) -> String {
    let date = day.parse::<jiff::civil::Date>().ok().and_then(|date| date.yesterday().ok());
    date.map_or_else(|| day.to_owned(), |date| date.to_string())
}

fn move_to_class(txn: &mut Txn, person: &str, class: &str, from: &str) -> Result<(), Error> {
    let open = open_classes(txn, person)?;
    if open.iter().any(|membership| membership.group == class) || (class.is_empty() && open.is_empty()) {
        return Ok(());
    }
    day("from", from)?;
    for old in open {
        let mut writer = Writer::new(txn);
        // A class that was wrong from its first day on was never the class.
        if old.from.as_str() >= from {
            writer.drop_membership(&old)?;
        } else {
            writer.membership(&Membership { to: day_before(from), ..old })?;
        }
    }
    if class.is_empty() {
        return Ok(());
    }
    if GROUPS.get(txn, &key_of(class)?)?.is_none_or(|group| group.kind != "class") {
        return Err(Error::Missing("group"));
    }
    let membership = Membership {
        group: class.to_owned(),
        person: person.to_owned(),
        role: "member".into(),
        subject: String::new(),
        from: from.to_owned(),
        to: String::new(),
    };
    Writer::new(txn).membership(&membership)
}

fn write_guardian(txn: &mut Txn, child: &str, entry: &GuardianEntry) -> Result<(), Error> {
    if entry.id.is_empty() && entry.name.is_empty() {
        return Ok(());
    }
    if entry.name.is_empty() {
        return Writer::new(txn).drop_guardian(child, &entry.id);
    }
    let mut person = match entry.id.is_empty() {
        true => Person { kinds: vec!["guardian".into()], ..Person::default() },
        false => person_in(txn, &entry.id)?.ok_or(Error::Missing("person"))?,
    };
    person.name.clone_from(&entry.name);
    match entry.phone.is_empty() {
        true => person.more.remove(PHONE),
        false => person.more.insert(PHONE.into(), entry.phone.clone()),
    };
    let mut writer = Writer::new(txn);
    let guardian = writer.person(person)?;
    writer.guardian(&Guardian { guardian, child: child.to_owned(), relation: entry.relation.clone() })
}

impl People {
    /// Persons who may be the same as this one: same code, or same name with the same
    /// date of birth, or the same name where one of the dates is not known. The person
    /// itself is not among them.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn similar(&self, person: &Person) -> Result<Vec<Person>, Error> {
        let name = tram_vietnamese::exact(person.name.trim());
        let snapshot = self.inner.journal.read()?;
        let mut found: Vec<Person> = PERSONS
            .with_prefix(&snapshot, b"")?
            .into_iter()
            .map(|row| row.value)
            .filter(|known| known.id != person.id)
            .filter(|known| {
                let same_day = known.birth == person.birth || known.birth.is_empty() || person.birth.is_empty();
                let same_kind = known.kinds.iter().any(|kind| person.kinds.contains(kind));
                let same_code = !person.code.is_empty() && known.code == person.code;
                same_code || (same_day && same_kind && tram_vietnamese::exact(&known.name) == name)
            })
            .collect();
        found.truncate(20);
        Ok(found)
    }

    /// Adds or changes a person with class and guardians, in one transaction; answers
    /// the id. What the entry does not have (further fields of imports) stays.
    ///
    /// # Errors
    /// A field is not acceptable, the code is taken, or the journal failed; nothing was
    /// changed then.
    pub fn save_entry(&self, by: &Principal, entry: &Entry) -> Result<String, Error> {
        check(&entry.person)?;
        let (id, _) = self.change(by, "person edited", |txn| {
            let mut person = match entry.person.id.is_empty() {
                true => Person::default(),
                false => person_in(txn, &entry.person.id)?.ok_or(Error::Missing("person"))?,
            };
            let new = entry.person.clone();
            let more = std::mem::take(&mut person.more);
            person = Person { more, ..new };
            if let Some(phone) = entry.person.more.get(PHONE) {
                match phone.is_empty() {
                    true => person.more.remove(PHONE),
                    false => person.more.insert(PHONE.into(), phone.clone()),
                };
            }
            let id = Writer::new(txn).person(person)?;
            move_to_class(txn, &id, &entry.class, &entry.from)?;
            for guardian in &entry.guardians {
                write_guardian(txn, &id, guardian)?;
            }
            Ok(id)
        })?;
        if entry.person.left {
            self.end_sessions_of(&id)?;
        }
        Ok(id)
    }

    /// The class that a person is in, with its first day: the one whose membership has
    /// not ended.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn class_of(&self, person: &str) -> Result<Option<Membership>, Error> {
        Ok(open_classes(&self.inner.journal.read()?, person)?.into_iter().next())
    }

    /// Guardians of a child.
    ///
    /// # Errors
    /// The id is malformed, or the journal cannot be read.
    pub fn guardians_of(&self, child: &str) -> Result<Vec<GuardianEntry>, Error> {
        let snapshot = self.inner.journal.read()?;
        let mut entries = Vec::new();
        for row in GUARDIANS.with_prefix(&snapshot, &key_of(child)?)? {
            let Guardian { guardian, relation, .. } = row.value;
            if let Some(person) = person_in(&snapshot, &guardian)? {
                let phone = person.more.get(PHONE).cloned().unwrap_or_default();
                entries.push(GuardianEntry { id: guardian, name: person.name, relation, phone });
            }
        }
        Ok(entries)
    }

    /// Adds a membership of a group: head, homeroom teacher, teacher of a subject,
    /// member.
    ///
    /// # Errors
    /// There is no such group or person, a day does not read or the last one is before
    /// the first; or the journal failed.
    pub fn add_membership(&self, by: &Principal, membership: &Membership) -> Result<(), Error> {
        day("from", &membership.from)?;
        if !membership.to.is_empty() {
            day("to", &membership.to)?;
            if membership.to < membership.from {
                return Err(invalid(
                    "to",
                    "Ngày kết thúc phải từ ngày bắt đầu trở đi.",
                    "The last day must not be before the first.",
                ));
            }
        }
        if !["member", "head", "homeroom", "teacher"].contains(&membership.role.as_str()) {
            return Err(Error::Missing("role"));
        }
        if membership.role == "teacher" && membership.subject.is_empty() {
            return Err(invalid("subject", "Hãy ghi môn dạy.", "Write the subject that is taught."));
        }
        self.change(by, "membership", |txn| {
            GROUPS.get(txn, &key_of(&membership.group)?)?.ok_or(Error::Missing("group"))?;
            person_in(txn, &membership.person)?.ok_or(Error::Missing("person"))?;
            Writer::new(txn).membership(membership)
        })?;
        Ok(())
    }

    /// Ends a membership with a last day; one that ends before it began is removed.
    ///
    /// # Errors
    /// The day does not read, or the journal failed.
    pub fn end_membership(&self, by: &Principal, membership: &Membership, last: &str) -> Result<(), Error> {
        day("to", last)?;
        self.change(by, "membership ended", |txn| {
            let mut writer = Writer::new(txn);
            if last < membership.from.as_str() {
                return writer.drop_membership(membership);
            }
            writer.membership(&Membership { to: last.to_owned(), ..membership.clone() })
        })?;
        Ok(())
    }
}

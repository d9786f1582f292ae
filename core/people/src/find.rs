//! Finding a person: by name as Vietnamese is typed, by the school's code, by sign-in
//! name.
//!
//! A school has a few thousand persons, so each search walks them all; an index would
//! be one thing more that can be wrong, and would save no time that anybody notices.

use std::collections::{BTreeMap, BTreeSet};

use tram_journal::{Id, TermMatch};
use tram_vietnamese::{exact, fold, has_marks, name_sort_key};

use crate::accounts::ACCOUNTS;
use crate::directory::{GROUPS, MEMBERSHIPS, PERSONS, Person, key_of, today};
use crate::{Error, People, Principal, Relation};

/// Words of a query that count; nobody's name has more.
const WORDS: usize = 8;
/// Letters of a query that count.
const LETTERS: usize = 120;
/// From so many letters on the beginning of a code finds it, not only the whole.
const CODE_BEGINS: usize = 3;

/// One person of a list of results, with what tells namesakes apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The person.
    pub person: Person,
    /// Names of the classes that a pupil is in today.
    pub classes: Vec<String>,
    /// Sign-in name; empty when there is none, or the asker is not shown it.
    pub username: String,
}

/// A part of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many there are in all.
    pub total: usize,
    /// Those of the part that was asked for, the best first.
    pub hits: Vec<Hit>,
}

/// How well a person fits, the best first. The two numbers of a name are what was
/// typed otherwise (marks) and what was not typed to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Code,
    Name(bool, bool),
    CodeBegins,
}

/// A word as it is compared: with marks and without.
struct Word {
    exact: String,
    folded: String,
}

fn words(text: &str) -> Vec<Word> {
    tram_vietnamese::nfc(text)
        .split(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || "‘’–—".contains(c))
        .map(|word| Word { exact: exact(word), folded: fold(word) })
        .filter(|word| !word.folded.is_empty())
        .collect()
}

/// What was typed.
struct Query {
    words: Vec<Word>,
    /// All of it, to compare with codes.
    whole: String,
    marked: bool,
}

impl Query {
    fn new(typed: &str) -> Self {
        let typed: String = typed.trim().chars().take(LETTERS).collect();
        let mut words = words(&typed);
        words.truncate(WORDS);
        // The longest first: "an anh" must not give away the only "Anh" to "an".
        words.sort_by_key(|word| std::cmp::Reverse(word.folded.len()));
        Self { words, whole: fold(&typed), marked: has_marks(&typed) }
    }

    fn code(&self, code: &str) -> Option<Rank> {
        let code = fold(code);
        if code.is_empty() || self.whole.is_empty() {
            return None;
        }
        if code == self.whole {
            return Some(Rank::Code);
        }
        (self.whole.chars().count() >= CODE_BEGINS && code.starts_with(&self.whole)).then_some(Rank::CodeBegins)
    }

    /// Each word of the query is, or begins, another word of the name, in any order.
    fn name(&self, name: &str) -> Option<Rank> {
        if self.words.is_empty() {
            return None;
        }
        let mut left = words(name);
        let (mut otherwise, mut begun) = (false, false);
        for typed in &self.words {
            let fits = |word: &Word| {
                let with_marks = word.exact.starts_with(&typed.exact);
                let whole = word.folded == typed.folded;
                word.folded.starts_with(&typed.folded).then_some((!with_marks, !whole))
            };
            let best = left
                .iter()
                .enumerate()
                .filter_map(|(at, word)| fits(word).map(|(marks, end)| (self.order(marks, end), marks, end, at)))
                .min();
            let (_, marks, end, at) = best?;
            left.swap_remove(at);
            otherwise |= marks;
            begun |= end;
        }
        let (first, second) = self.order(otherwise, begun);
        Some(Rank::Name(first, second))
    }

    /// Who typed marks meant them; who typed none meant whole words first: "an" is An,
    /// then Ân, then Anh.
    fn order(&self, marks: bool, end: bool) -> (bool, bool) {
        if self.marked { (marks, end) } else { (end, marks) }
    }
}

/// Whom a permission reaches.
enum Reach {
    Everybody,
    These(BTreeSet<String>),
}

impl Reach {
    fn has(&self, person: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::These(persons) => persons.contains(person),
        }
    }
}

impl People {
    /// Whom [`People::reaches_person`] says yes to, in one go.
    fn reach(&self, principal: &Principal, permission: &str) -> Result<Reach, Error> {
        if principal.holds_all(permission) {
            return Ok(Reach::Everybody);
        }
        let mut persons = BTreeSet::new();
        let Some(me) = &principal.person else { return Ok(Reach::These(persons)) };
        let relations = self.relations(me)?;
        let mut groups = BTreeSet::new();
        for grant in principal.grants.iter().filter(|grant| grant.permission == permission) {
            match grant.relation {
                Relation::All => {}
                Relation::Own => {
                    persons.insert(me.clone());
                }
                Relation::MyChild => persons.extend(relations.children.iter().cloned()),
                Relation::GroupLed => groups.extend(&relations.led),
                Relation::ClassTaught | Relation::ClassSubjectTaught => groups.extend(&relations.taught),
            }
        }
        let (snapshot, day) = (self.inner.journal.read()?, today());
        for group in groups {
            let members = MEMBERSHIPS.with_prefix(&snapshot, &key_of(group)?)?.into_iter().map(|row| row.value);
            persons.extend(members.filter(|membership| membership.holds_on(&day)).map(|membership| membership.person));
        }
        Ok(Reach::These(persons))
    }

    /// Searches among those whom `people.read` reaches: `limit` of them from `skip` on,
    /// and how many there are. Exact marks come first, then lists are by given name;
    /// who has left comes after those who are there. Sign-in names are found by and
    /// shown to whoever gives them out (`roles.manage` or `people.manage`, of all).
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find_persons(&self, by: &Principal, typed: &str, skip: usize, limit: usize) -> Result<Found, Error> {
        let query = Query::new(typed);
        let reach = self.reach(by, "people.read")?;
        let accounts = by.holds_all("roles.manage") || by.holds_all("people.manage");
        let snapshot = self.inner.journal.read()?;
        let mut signing: BTreeMap<String, Rank> = BTreeMap::new();
        if accounts && !query.whole.is_empty() {
            for row in ACCOUNTS.matching(&snapshot, "username", query.whole.as_bytes(), TermMatch::Prefix)? {
                let id = <[u8; 16]>::try_from(row.key.as_slice()).map(|bytes| Id::from_bytes(bytes).to_string());
                signing.extend(id.ok().zip(query.code(&row.value.username)));
            }
        }
        let mut found = Vec::new();
        for row in PERSONS.with_prefix(&snapshot, b"")? {
            let person = row.value;
            let account = signing.get(&person.id).copied();
            let ranks = [query.name(&person.name), query.code(&person.code), account];
            if let Some(rank) = ranks.into_iter().flatten().min()
                && reach.has(&person.id)
            {
                found.push((rank, person));
            }
        }
        found.sort_by_cached_key(|(rank, person)| (*rank, person.left, name_sort_key(&person.name), person.id.clone()));
        let total = found.len();
        let day = today();
        let mut hits = Vec::new();
        for (_, person) in found.into_iter().skip(skip).take(limit) {
            let key = key_of(&person.id)?;
            let mut classes = Vec::new();
            for row in MEMBERSHIPS.find(&snapshot, "person", &key)? {
                let membership = row.value;
                if membership.role == "member" && membership.holds_on(&day) {
                    let group = GROUPS.get(&snapshot, &key_of(&membership.group)?)?;
                    classes.extend(group.filter(|group| group.kind == "class").map(|group| group.name));
                }
            }
            let account = if accounts { ACCOUNTS.get(&snapshot, &key)? } else { None };
            hits.push(Hit { person, classes, username: account.unwrap_or_default().username });
        }
        Ok(Found { total, hits })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    /// Names that a query finds, the best first.
    fn found<'n>(typed: &str, names: &[&'n str]) -> Vec<&'n str> {
        let query = Query::new(typed);
        let mut ranked: Vec<_> = names.iter().filter_map(|name| query.name(name).map(|rank| (rank, *name))).collect();
        ranked.sort_by_cached_key(|(rank, name)| (*rank, name_sort_key(name)));
        ranked.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn names_are_found_as_they_are_typed() {
        let names = ["Đặng Thị Hoà", "Nguyễn Văn Hòa", "Dang Hoa", "Trần Ái Hoá"];
        for typed in ["dang hoa", "HOA DANG", "Hoà Đặng", "đặng hòa", "  hoa,  dang ", "ðặng hoà"] {
            assert_eq!(found(typed, &names).len(), 2, "{typed}");
        }
        // Letters and marks apart, as macOS types them.
        assert_eq!(found("\u{111}a\u{323}\u{306}ng hoa\u{300}", &names), ["Đặng Thị Hoà", "Dang Hoa"]);
        assert_eq!(found("hoà", &names), ["Đặng Thị Hoà", "Nguyễn Văn Hòa", "Dang Hoa", "Trần Ái Hoá"]);
        assert_eq!(found("dang", &names), ["Dang Hoa", "Đặng Thị Hoà"], "as typed first, then with marks");
        assert!(found("hoa hoa", &names).is_empty(), "a word of the name answers one word");
        assert!(found("", &names).is_empty() && found(" - ", &names).is_empty());
    }

    #[test]
    fn whole_words_before_begun_ones_unless_marks_say_more() {
        let names = ["Lê Anh", "Lê Ân", "Lê An", "Lê Ánh"];
        assert_eq!(found("an", &names), ["Lê An", "Lê Ân", "Lê Anh", "Lê Ánh"]);
        assert_eq!(found("án", &names), ["Lê Ánh", "Lê An", "Lê Ân", "Lê Anh"]);
        assert_eq!(found("an anh", &["Anh An", "Anh Ba"]), ["Anh An"]);
        assert_eq!(found("h'hen", &["H’Hen Niê"]), ["H’Hen Niê"]);
    }

    #[test]
    fn codes_whole_or_begun() {
        let rank = |typed: &str| Query::new(typed).code("HS0123");
        assert_eq!(rank(" hs0123 "), Some(Rank::Code));
        assert_eq!(rank("hs01"), Some(Rank::CodeBegins));
        assert_eq!((rank("hs"), rank("123"), Query::new("").code("")), (None, None, None));
        assert!(Rank::Code < Rank::Name(false, false) && Rank::Name(true, true) < Rank::CodeBegins);
    }

    #[test]
    fn a_very_long_query_is_cut() {
        assert!(Query::new(&"nguyễn ".repeat(10_000)).words.len() <= WORDS);
    }
}

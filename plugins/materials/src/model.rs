//! What is kept of an item of learning material.
//!
//! An item has one edition that readers see ([`Item::live`]) and at most one that is
//! being worked on or reviewed ([`Item::work`]); so there is at most one open review,
//! and what is published stays until the next edition takes its place.

use serde::{Deserialize, Serialize};
use tram_sdk::store::{Entry, Rest, Table, Terms};
use tram_sdk::{Error, Result};

use crate::messages as m;

/// A person who did something, with the name as it was then: documents of proof name
/// people who may have left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Act {
    /// The person's id; empty for the station itself.
    pub person: String,
    /// Name then.
    pub name: String,
    /// When, milliseconds since 1970.
    pub unix_ms: i64,
    /// What was said with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// An author: one of the school's staff, or a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Author {
    /// The person's id; empty: a name alone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// Name.
    pub name: String,
}

/// What is said about an item: Dublin Core, and the parts of LOM that a school uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Title.
    pub title: String,
    /// What it is about and how to use it.
    pub description: String,
    /// Subject, by its name (Toán).
    pub subject: String,
    /// Grades 1 to 12.
    pub grades: Vec<u8>,
    /// Textbook series.
    pub series: String,
    /// Unit of the plan of teaching (chủ đề, chương).
    pub unit: String,
    /// Lesson.
    pub lesson: String,
    /// Outcomes (yêu cầu cần đạt), one each.
    pub outcomes: Vec<String>,
    /// What kind of thing it is, see [`crate::words::KINDS`].
    pub kind: String,
    /// Language of its content (BCP 47).
    pub language: String,
    /// Licence, see [`crate::words::LICENCES`].
    pub licence: String,
    /// Authors; the first one is who made it.
    pub authors: Vec<Author>,
    /// Year it was made.
    pub year: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Subject group (tổ chuyên môn): id of the directory.
    pub group: String,
    /// Its name, for those who may not ask the directory.
    pub group_name: String,
    /// Who may see it once published: `all`, `school`, `staff`.
    pub audience: String,
    /// Whether other schools may have it.
    pub shareable: bool,
    /// Id of the catalogue record of the same thing on paper.
    pub record: String,
    /// What a later version knows.
    #[serde(flatten)]
    pub rest: Rest,
}

/// A file of an edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileRef {
    /// Number within the item, the same in every edition that has the file.
    pub number: u32,
    /// Blob.
    pub blob: String,
    /// Name, with the path below the folder that was sent.
    pub name: String,
    /// Media type as sent.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// `main`, `pdf` (the slides as PDF), `subtitles`.
    pub role: String,
}

/// Who reviewed an edition and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Review {
    /// Submitted by.
    pub submitted: Option<Act>,
    /// Approved for the subject group by.
    pub group: Option<Act>,
    /// Approved for the leadership by.
    pub leadership: Option<Act>,
    /// Published by.
    pub published: Option<Act>,
    /// Whether it was approved after the item had been withdrawn: only then do its
    /// authors bring back what the leadership took from its readers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub since_withdrawal: bool,
}

/// An edition of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edition {
    /// From 1.
    pub number: u32,
    /// What is said about it.
    pub meta: Meta,
    /// Its files, in order.
    pub files: Vec<FileRef>,
    /// Its review.
    pub review: Review,
}

/// Where an edition that is worked on stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its authors work on it.
    #[default]
    Draft,
    /// The subject group is to read it.
    Submitted,
    /// Its authors are to change something.
    ChangesAsked,
    /// The leadership is to read it.
    GroupApproved,
    /// It may be published.
    Approved,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Submitted, Self::ChangesAsked, Self::GroupApproved, Self::Approved];

    /// The word in stored values and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::ChangesAsked => "changes-asked",
            Self::GroupApproved => "group-approved",
            Self::Approved => "approved",
        }
    }

    /// Whether its authors may change it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::ChangesAsked)
    }
}

/// An edition that is worked on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Work {
    /// The edition.
    pub edition: Edition,
    /// Where it stands.
    pub stage: Stage,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
}

/// An item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Who made it.
    pub made: Act,
    /// What readers see.
    pub live: Option<Edition>,
    /// What is worked on.
    pub work: Option<Work>,
    /// What readers saw before, oldest first: it is not shown any more, but what was
    /// handed in and approved in a month stays provable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Edition>,
    /// Taken back by; what was published is kept, and not shown.
    pub withdrawn: Option<Act>,
    /// Whether it came from another school: who took it did not make it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub taken: bool,
    /// Persons who changed what came from another school; they count as authors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hands: Vec<String>,
    /// Number of the next file.
    pub next_file: u32,
    /// What a later version knows.
    #[serde(flatten)]
    pub rest: Rest,
}

impl Item {
    /// What readers see now.
    #[must_use]
    pub fn shown(&self) -> Option<&Edition> {
        self.live.as_ref().filter(|_| self.withdrawn.is_none())
    }

    /// The newest edition, published or not.
    #[must_use]
    pub fn newest(&self) -> Option<&Edition> {
        self.work.as_ref().map(|work| &work.edition).or(self.live.as_ref())
    }

    /// What readers see or saw last, and what is worked on.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.live.iter().chain(self.work.as_ref().map(|work| &work.edition))
    }

    /// Every file that it holds, those of past editions too; one may come several times.
    pub fn all_files(&self) -> impl Iterator<Item = &FileRef> {
        self.past.iter().chain(self.editions()).flat_map(|edition| &edition.files)
    }

    /// Whether a person made it or is among its authors, in any of its editions. Who only
    /// took it from another school is not.
    #[must_use]
    pub fn is_author(&self, person: &str) -> bool {
        !person.is_empty() && self.persons().contains(&person)
    }

    /// All persons among its authors.
    #[must_use]
    pub fn persons(&self) -> Vec<&str> {
        let mut persons: Vec<&str> = self.hands.iter().map(String::as_str).collect();
        if !self.taken {
            persons.push(&self.made.person);
        }
        for edition in self.editions() {
            persons.extend(edition.meta.authors.iter().map(|author| author.person.as_str()));
        }
        persons.retain(|person| !person.is_empty());
        persons.sort_unstable();
        persons.dedup();
        persons
    }

    /// Subject group whose head reviews it; empty when it has none.
    #[must_use]
    pub fn group(&self) -> &str {
        self.newest().map_or("", |edition| edition.meta.group.as_str())
    }
}

/// The items, by id.
pub const ITEMS: Table<Item> = Table::new("items").with_terms(terms);

fn terms(item: &Item, terms: &mut Terms) {
    for person in item.persons() {
        terms.add("author", person);
    }
    if let Some(edition) = item.shown().filter(|edition| !edition.meta.record.is_empty()) {
        terms.add("record", &edition.meta.record);
    }
    let mut blobs: Vec<&str> = item.editions().flat_map(|edition| &edition.files).map(|f| f.blob.as_str()).collect();
    blobs.sort_unstable();
    blobs.dedup();
    blobs.into_iter().for_each(|blob| terms.add("blob", blob));
}

/// A step in the life of an item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepNote {
    /// What was done: `created`, `changed`, `submitted`, `changes-asked`,
    /// `group-approved`, `approved`, `published`, `withdrawn`, `restored`,
    /// `called-back`, `commented`, `dropped`.
    pub action: String,
    /// Who and when, and what was said.
    pub act: Act,
    /// Edition that it was about.
    pub edition: u32,
}

/// The steps of all items: the item's id, then an id of its own.
pub const STEPS: Table<StepNote> = Table::new("steps");

/// Notes a step.
///
/// # Errors
/// As the store.
pub fn note(item: &[u8], action: &str, edition: u32, act: &Act) -> Result<()> {
    let key = [item, &tram_sdk::store::new_id()?].concat();
    STEPS.put(key, &StepNote { action: action.into(), act: act.clone(), edition })
}

/// An item by the text of its id.
///
/// # Errors
/// `not-found` when there is none; as the store.
pub fn load(id: Option<&str>) -> Result<Entry<Item>> {
    id.and_then(tram_sdk::store::from_hex)
        .filter(|key| key.len() == 16)
        .map(|key| ITEMS.get(key))
        .transpose()?
        .flatten()
        .ok_or_else(missing)
}

/// There is no such item, or none that the reader may know of: the two are answered
/// alike.
#[must_use]
pub fn missing() -> Error {
    Error::not_found(m::NO_ITEM.text())
}

/// What was found in a file, by its blob.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looked {
    /// `done`, `none` (nobody knows files of this kind), or the code of what is wrong.
    pub state: String,
    /// What is wrong, for people.
    pub problem: tram_contract::Text,
    /// What was found; its pages are in [`TEXTS`].
    pub extract: tram_contract::extract::Extract,
    /// A small picture of it: a blob.
    pub thumbnail: String,
    /// The flat form of a package or a book: a blob.
    pub flat: String,
    /// The cleaned copy of a drawing, which is shown in its place: a blob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub picture: String,
    /// Pictures on the slides: number of the slide and a blob.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<(u32, String)>,
}

impl Looked {
    /// Whether it is a file that is never handed on.
    #[must_use]
    pub fn is_hostile(&self) -> bool {
        self.state == "hostile"
    }

    /// The blobs that were made of the file.
    pub fn derived(&self) -> impl Iterator<Item = &str> {
        let one = [&self.thumbnail, &self.flat, &self.picture].into_iter();
        one.chain(self.pictures.iter().map(|(_, blob)| blob)).map(String::as_str).filter(|blob| !blob.is_empty())
    }
}

/// What was found, by blob.
pub const LOOKED: Table<Looked> = Table::new("looked").with_terms(|looked, terms| {
    looked.derived().for_each(|blob| terms.add("derived", blob));
});
/// The text of files, by blob.
pub const TEXTS: Table<Vec<tram_contract::extract::Page>> = Table::new("texts");

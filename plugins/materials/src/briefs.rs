//! One small row an item: enough to know who sees it, where in the curriculum it belongs
//! and for whom it waits, so that the start page and the curriculum read neither what is
//! said about it nor its files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tram_sdk::Result;
use tram_sdk::store::{Entry, Find, Table, Terms};

use crate::access::{self, Who};
use crate::model::{Item, Stage};

/// Rows of one list at most.
const LISTED: u32 = 200;
/// Pages of rows that are counted for a plan.
const COUNTED: usize = 5;

/// An item in brief.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// Title of what is worked on.
    pub title: String,
    /// Where what is worked on stands.
    pub stage: Option<Stage>,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// Subject group that reviews it.
    pub group: String,
    /// Its authors.
    pub persons: Vec<String>,
    /// Whether it came from another school.
    pub taken: bool,
    /// Who sees what is published; none when nothing is.
    pub audience: Option<String>,
    /// Its places in the curriculum, see [`place`].
    pub places: Vec<String>,
}

/// The items in brief.
pub const BRIEFS: Table<Brief> = Table::new("briefs").with_terms(terms);

/// The word under which stand those from other schools that have to be gone on with:
/// their authors are not here.
const TAKEN: &str = "taken";

fn terms(brief: &Brief, terms: &mut Terms) {
    brief.places.iter().for_each(|place| terms.add("place", place));
    let Some(stage) = brief.stage else { return };
    let word = stage.word();
    if matches!(stage, Stage::Submitted | Stage::GroupApproved | Stage::Approved) {
        terms.add("stage", word);
        terms.add("queue", format!("{word}/{}", brief.group));
    }
    if matches!(stage, Stage::ChangesAsked | Stage::Approved) {
        brief.persons.iter().for_each(|person| terms.add("author", format!("{word}/{person}")));
    }
    if brief.taken && matches!(stage, Stage::Draft | Stage::ChangesAsked | Stage::Approved) {
        terms.add("stage", TAKEN);
        terms.add("queue", format!("{TAKEN}/{}", brief.group));
    }
}

/// What all places of a subject and grade begin with.
fn place_start(subject: &str, grade: u8) -> String {
    format!("{}\u{1f}{grade}\u{1f}", tram_vietnamese::fold(subject))
}

/// Where in the curriculum an item belongs, as an index term.
#[must_use]
pub fn place(subject: &str, grade: u8, unit: &str, lesson: &str) -> String {
    let fold = tram_vietnamese::fold;
    format!("{}{}\u{1f}{}", place_start(subject, grade), fold(unit), fold(lesson))
}

impl Brief {
    fn of(item: &Item) -> Self {
        let work = item.work.as_ref();
        let shown = item.shown().map(|edition| &edition.meta);
        let places = shown.map(|meta| {
            meta.grades.iter().map(|grade| place(&meta.subject, *grade, &meta.unit, &meta.lesson)).collect()
        });
        Self {
            title: work.map(|work| work.edition.meta.title.clone()).unwrap_or_default(),
            stage: work.map(|work| work.stage),
            since_ms: work.map_or(0, |work| work.since_ms),
            group: item.group().to_owned(),
            persons: item.persons().into_iter().map(str::to_owned).collect(),
            taken: item.taken,
            audience: shown.map(|meta| meta.audience.clone()),
            places: places.unwrap_or_default(),
        }
    }

    fn is_author(&self, person: &str) -> bool {
        !person.is_empty() && self.persons.iter().any(|author| author == person)
    }

    fn is_live_for(&self, who: &Who) -> bool {
        self.audience.as_ref().is_some_and(|audience| {
            who.is_audience(audience) || who.is_insider(self.is_author(&who.person), &self.group, self.taken)
        })
    }
}

/// Keeps the row of an item as it stands now; none: the item is gone.
///
/// # Errors
/// As the store.
pub fn follow(key: &[u8], item: Option<&Item>) -> Result<()> {
    let before = BRIEFS.get(key)?.map(|entry| entry.value);
    let now = item.map(Brief::of);
    match now {
        Some(now) if before.as_ref() != Some(&now) => BRIEFS.put(key, &now),
        None if before.is_some() => BRIEFS.delete(key, None),
        _ => Ok(()),
    }
}

/// How many items each place of a subject and grade has that somebody sees.
///
/// # Errors
/// As the store.
pub fn counts(subject: &str, grade: u8, who: &Who) -> Result<BTreeMap<String, u64>> {
    let start = place_start(subject, grade);
    let mut out = BTreeMap::new();
    let mut after: Option<Vec<u8>> = None;
    for _ in 0..COUNTED {
        let (rows, more) = BRIEFS.find("place", Find::Prefix(start.as_bytes()), after.as_deref(), 1_000)?;
        for row in rows.iter().filter(|row| row.value.is_live_for(who)) {
            for place in row.value.places.iter().filter(|place| place.starts_with(&start)) {
                *out.entry(place.clone()).or_default() += 1;
            }
        }
        after = rows.last().filter(|_| more).map(|row| row.key.clone());
        if after.is_none() {
            break;
        }
    }
    Ok(out)
}

/// Keys of the items at a place, as many as a page shows.
///
/// # Errors
/// As the store.
pub fn at(place: &str) -> Result<Vec<Vec<u8>>> {
    let (rows, _) = BRIEFS.find("place", Find::Exact(place.as_bytes()), None, LISTED)?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}

/// What waits for somebody, oldest first.
///
/// # Errors
/// As the store and the directory.
pub fn waiting(who: &Who) -> Result<Vec<Entry<Brief>>> {
    let mut out: Vec<Entry<Brief>> = Vec::new();
    let mut find = |index: &str, term: String| -> Result<()> {
        out.extend(BRIEFS.find(index, Find::Exact(term.as_bytes()), None, LISTED)?.0);
        Ok(())
    };
    if !who.person.is_empty() {
        for stage in [Stage::ChangesAsked, Stage::Approved] {
            find("author", format!("{}/{}", stage.word(), who.person))?;
        }
    }
    let all: &[&str] = match (who.approves, who.manages && who.makes) {
        (true, _) => &[Stage::Submitted.word(), Stage::GroupApproved.word(), Stage::Approved.word(), TAKEN],
        (false, true) => &[TAKEN],
        (false, false) => &[],
    };
    all.iter().try_for_each(|word| find("stage", (*word).to_owned()))?;
    for group in &who.led {
        for word in [Stage::Submitted.word(), TAKEN] {
            find("queue", format!("{word}/{group}"))?;
        }
    }
    out.sort_by(|a, b| (a.value.since_ms, &a.key).cmp(&(b.value.since_ms, &b.key)));
    out.dedup_by(|a, b| a.key == b.key);
    let mut heads: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut awaited = Vec::new();
    for entry in out {
        let brief = &entry.value;
        let own = brief.is_author(&who.person);
        // Only those wait for something who may do it.
        let goes_on = who.makes && who.goes_on(own, &brief.group, brief.taken);
        let waits = match brief.stage {
            // The leadership reads for the group where no head of it can.
            Some(Stage::Submitted) if !own && who.approves && !who.leads_group(&brief.group) => {
                if !heads.contains_key(&brief.group) {
                    heads.insert(brief.group.clone(), access::heads(&brief.group)?);
                }
                !heads.get(&brief.group).is_some_and(|heads| heads.iter().any(|head| !brief.is_author(head)))
            }
            Some(Stage::Submitted) => !own && who.leads_group(&brief.group),
            Some(Stage::GroupApproved) => !own && who.approves,
            Some(Stage::Approved) => goes_on || who.approves,
            Some(Stage::Draft | Stage::ChangesAsked) => goes_on,
            None => false,
        };
        if waits {
            awaited.push(entry);
        }
    }
    Ok(awaited)
}

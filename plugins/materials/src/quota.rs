//! How much of the disk one person and one subject group may fill.
//!
//! What an item takes is charged to who made it and to the group that reviews it, all its
//! editions together, a file of several editions once. What came from another school is
//! charged to the group alone. The sums are counters, changed in the transaction that
//! changes the item, by the difference to what stands charged for it; so they follow also
//! what was there before there were quotas, as soon as it is touched, and a count over all
//! items ([`recount`]) sets them right for those that are not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_sdk::store::Table;
use tram_sdk::{Result, settings, store};

use crate::access::Who;
use crate::authors;
use crate::files;
use crate::messages as m;
use crate::model::{ITEMS, Item};

/// Setting: gigabytes (10^9 bytes) that a person may fill; absent: as much as the disk has.
pub const PERSON: &str = "quota-person";
/// Setting: gigabytes that a subject group may fill.
pub const GROUP: &str = "quota-group";

const GB: u64 = 1_000_000_000;
/// More than any station's disk, gigabytes.
const MOST: u64 = 1_000_000;

/// What stands charged for an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Charged {
    person: String,
    group: String,
    bytes: u64,
}

/// What stands charged, by item.
const CHARGED: Table<Charged> = Table::new("charged");

impl Charged {
    fn of(item: &Item) -> Self {
        let person = if item.taken { String::new() } else { item.made.person.clone() };
        Self { person, group: item.group().to_owned(), bytes: bytes(item) }
    }

    /// Its counters: of the person, of the group.
    fn counters(&self) -> impl Iterator<Item = String> {
        let of = |kind: &str, id: &str| (!id.is_empty()).then(|| format!("kept-{kind}/{id}"));
        [of("person", &self.person), of("group", &self.group)].into_iter().flatten()
    }

    fn add(&self, sums: &mut BTreeMap<String, i64>, sign: i64) {
        let bytes = i64::try_from(self.bytes).unwrap_or(i64::MAX);
        for counter in self.counters() {
            let sum = sums.entry(counter).or_default();
            *sum = sum.saturating_add(bytes.saturating_mul(sign));
        }
    }
}

/// Bytes of an item's files, in all its editions, each file once.
fn bytes(item: &Item) -> u64 {
    let sizes: BTreeMap<&str, u64> = item.all_files().map(|file| (file.blob.as_str(), file.size)).collect();
    sizes.values().fold(0, |sum, size| sum.saturating_add(*size))
}

/// Charges for an item as it stands now, or takes back what was charged where it is gone.
///
/// # Errors
/// As the store.
pub fn follow(key: &[u8], item: Option<&Item>) -> Result<()> {
    let before = CHARGED.get(key)?.map(|entry| entry.value);
    let now = item.map(Charged::of);
    if before == now {
        return Ok(());
    }
    let mut sums = BTreeMap::new();
    before.iter().for_each(|charged| charged.add(&mut sums, -1));
    now.iter().for_each(|charged| charged.add(&mut sums, 1));
    for (counter, delta) in sums.iter().filter(|(_, delta)| **delta != 0) {
        store::add(counter, *delta)?;
    }
    match &now {
        Some(now) => CHARGED.put(key, now),
        None => CHARGED.delete(key, None),
    }
}

/// Charges for every item that nothing was charged for yet.
///
/// # Errors
/// As the store.
pub fn recount() -> Result<()> {
    for entry in ITEMS.iter([]) {
        let entry = entry?;
        follow(&entry.key, Some(&entry.value))?;
    }
    Ok(())
}

/// What a quota is set to, gigabytes; none where it is not.
///
/// # Errors
/// As the settings.
pub fn set_to(quota: &str) -> Result<Option<u64>> {
    Ok(settings::get(quota)?.and_then(|text| text.parse().ok()))
}

/// Gigabytes as somebody typed them: none for an empty field.
///
/// # Errors
/// What is wrong with them, for people.
pub fn typed(text: &str) -> Result<Option<u64>, Text> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<u64>() {
        Ok(gigabytes) if (1..=MOST).contains(&gigabytes) => Ok(Some(gigabytes)),
        _ => Err(m::ERROR_QUOTA.text_with(&[text])),
    }
}

/// What a person has filled, bytes, and what they may; none where nothing was set.
///
/// # Errors
/// As the store and the settings.
pub fn of_person(person: &str) -> Result<Option<(u64, u64)>> {
    standing(PERSON, &format!("kept-person/{person}"))
}

fn standing(quota: &str, counter: &str) -> Result<Option<(u64, u64)>> {
    let Some(gigabytes) = set_to(quota)? else { return Ok(None) };
    Ok(Some((u64::try_from(store::counter(counter)?).unwrap_or(0), gigabytes.saturating_mul(GB))))
}

/// A group whose part is to be looked at, with its name, and bytes that would come to it.
pub struct ForGroup<'a> {
    /// Id.
    pub id: &'a str,
    /// Name.
    pub name: &'a str,
    /// Bytes.
    pub more: u64,
}

/// Why so many bytes more are not taken; none when they are. Nothing new is never refused:
/// who is over a quota that was lowered can still work on what is there.
///
/// # Errors
/// As the store and the settings.
pub fn refusal(person: &str, more: u64, group: &ForGroup<'_>, language: &str) -> Result<Option<Text>> {
    let size = |bytes| files::size(bytes, language);
    if more > 0
        && !person.is_empty()
        && let Some((filled, most)) = of_person(person)?
        && filled.saturating_add(more) > most
    {
        return Ok(Some(m::REFUSED_QUOTA_PERSON.text_with(&[&size(filled), &size(most), &size(more)])));
    }
    if group.more > 0
        && !group.id.is_empty()
        && let Some((filled, most)) = standing(GROUP, &format!("kept-group/{}", group.id))?
        && filled.saturating_add(group.more) > most
    {
        let values = [group.name, &size(filled), &size(most), &size(group.more)];
        return Ok(Some(m::REFUSED_QUOTA_GROUP.text_with(&values)));
    }
    Ok(None)
}

/// The same of an item that is to be saved as `now`.
///
/// # Errors
/// As the store and the settings.
pub fn refusal_of(before: Option<&Item>, now: &Item, language: &str) -> Result<Option<Text>> {
    let (old, new) = (before.map(Charged::of).unwrap_or_default(), Charged::of(now));
    let more = new.bytes.saturating_sub(old.bytes);
    let name = now.newest().map_or("", |edition| edition.meta.group_name.as_str());
    let for_group = if new.group == old.group { more } else { new.bytes };
    refusal(&new.person, more, &ForGroup { id: &new.group, name, more: for_group }, language)
}

/// Whether an upload may begin that would add so much. For which group it will be is not
/// known yet; one of the person's own must have room.
///
/// # Errors
/// As the store, the settings and the directory.
pub fn refusal_of_upload(who: &Who, more: u64, language: &str) -> Result<Option<Text>> {
    let of = |id: &str, name: &str| refusal(&who.person, more, &ForGroup { id, name, more }, language);
    if set_to(GROUP)?.is_none() || who.groups.is_empty() {
        return of("", "");
    }
    let names = authors::groups()?;
    let mut refused = None;
    for group in &who.groups {
        let name = names.iter().find(|(id, _)| id == group).map_or("", |(_, name)| name.as_str());
        match of(group, name)? {
            None => return Ok(None),
            why => refused = why,
        }
    }
    Ok(refused)
}

//! The collections of the catalogue: records, their copies, and what was deleted.

use serde::{Deserialize, Serialize};
use tram_contract::search::{Query, SearchReply, SearchRequest};
use tram_sdk::store::{self, Find, Rest, Row, Scan, Table, Term, Terms};
use tram_sdk::{Error, Result};

use crate::compact::Compact;
use crate::covers::{COVERS, Picture};
use crate::messages as m;
use crate::stored::Stored;
use crate::{bib, keys};

/// Records, by id.
pub const RECORDS: &str = "records";

/// A record with key and version.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its id.
    pub key: Vec<u8>,
    /// The version to hand back when it is replaced.
    pub version: u64,
    value: Vec<u8>,
    /// Whether a batch that is published brings another record in its place.
    pending: bool,
}

impl Loaded {
    fn new(row: Row) -> Result<Option<Self>> {
        let stored = Stored::parse(&row.value).ok_or_else(damaged)?;
        let pending = match stored.pending {
            Some((batch, _)) => is_published(&batch)?,
            None => false,
        };
        if stored.published.is_none() && !pending {
            return Ok(None);
        }
        Ok(Some(Self { key: row.key, version: row.version, value: row.value, pending }))
    }

    /// The record that readers see.
    #[must_use]
    pub fn record(&self) -> Option<Compact<'_>> {
        let stored = Stored::parse(&self.value)?;
        match stored.pending {
            Some((_, record)) if self.pending => Compact::new(record),
            _ => stored.record(),
        }
    }

    /// The id as it stands in links.
    #[must_use]
    pub fn id(&self) -> String {
        store::to_hex(&self.key)
    }
}

fn damaged() -> Error {
    Error::new(tram_sdk::code::BAD_VALUE, m::RECORD_DAMAGED.text())
}

/// The record with this id, when readers may see it.
///
/// # Errors
/// As the store; `bad-value` when the row is damaged.
pub fn load(key: &[u8]) -> Result<Option<Loaded>> {
    store::get(RECORDS, key)?.map(Loaded::new).transpose().map(Option::flatten)
}

/// Several, in the order of the ids.
///
/// # Errors
/// As [`load`].
pub fn load_many(keys: &[Vec<u8>]) -> Result<Vec<Option<Loaded>>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    store::get_many(RECORDS, keys)?
        .into_iter()
        .map(|row| row.map(Loaded::new).transpose().map(Option::flatten))
        .collect()
}

/// The record that a link names.
///
/// # Errors
/// `not-found` when there is none; as [`load`].
pub fn load_linked(id: Option<&str>) -> Result<Loaded> {
    let key = id.and_then(store::from_hex).ok_or_else(no_record)?;
    load(&key)?.ok_or_else(no_record)
}

fn no_record() -> Error {
    Error::not_found(m::NO_RECORD.text())
}

/// A page of records in the order of their ids, behind the id `after`.
///
/// # Errors
/// As [`load`].
pub fn page(after: Option<&[u8]>, limit: u32) -> Result<(Vec<Loaded>, Option<Vec<u8>>)> {
    let scan = Scan::all().limit(limit);
    let page = store::scan(
        RECORDS,
        &match after {
            Some(key) => scan.after(key),
            None => scan,
        },
    )?;
    let next = page.rows.last().filter(|_| page.more).map(|row| row.key.clone());
    let rows = page.rows.into_iter().filter_map(|row| Loaded::new(row).transpose()).collect::<Result<_>>()?;
    Ok((rows, next))
}

/// Writes a row of the records with the terms of its indexes.
///
/// # Errors
/// As [`store::put`].
pub fn put(key: &[u8], stored: Stored<'_>, expected: Option<u64>) -> Result<()> {
    store::put(RECORDS, key, &stored.to_bytes(), &terms(stored), expected)
}

/// Writes a new record and answers its id.
///
/// # Errors
/// As [`store::put`].
pub fn insert(record: &[u8]) -> Result<Vec<u8>> {
    let key = store::new_id()?;
    put(&key, Stored::published(record), Some(0))?;
    Ok(key)
}

fn terms(stored: Stored<'_>) -> Vec<Term> {
    let mut out: Vec<Term> = Vec::new();
    let mut add = |index: &str, value: Vec<u8>| {
        let term = Term { index: index.into(), value };
        if !out.contains(&term) {
            out.push(term);
        }
    };
    let pending = stored.pending.and_then(|(_, record)| Compact::new(record));
    for record in stored.record().into_iter().chain(pending) {
        if let Some(number) = keys::control(record) {
            add("control", number.into_bytes());
        }
        for isbn in bib::isbns(record) {
            add("isbn", isbn.into_bytes());
        }
        if let Some(key) = keys::title_author_year(record) {
            add("match", key.to_vec());
        }
    }
    if let Some((batch, _)) = stored.pending {
        add("batch", batch.to_vec());
    }
    out
}

/// By what a record was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recognised {
    /// The same control number.
    Control,
    /// An ISBN in common.
    Isbn,
    /// Title, author and year are the same.
    Title,
}

/// A row of the records as it lies in the store, pending parts included.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Its id.
    pub key: Vec<u8>,
    /// Its version.
    pub version: u64,
    /// Its value.
    pub value: Vec<u8>,
}

/// The record that this one would double, if there is one.
///
/// # Errors
/// As [`store::find`].
pub fn find_same(record: Compact<'_>) -> Result<Option<(Raw, Recognised)>> {
    let raw = |row: Row| Raw { key: row.key, version: row.version, value: row.value };
    if let Some(number) = keys::control(record)
        && let Some(row) = find_first("control", number.as_bytes())?
    {
        return Ok(Some((raw(row), Recognised::Control)));
    }
    for isbn in bib::isbns(record) {
        if let Some(row) = find_first("isbn", isbn.as_bytes())? {
            return Ok(Some((raw(row), Recognised::Isbn)));
        }
    }
    let Some(text) = keys::title_author_year_text(record) else {
        return Ok(None);
    };
    let key = keys::fnv1a(text.as_bytes()).to_be_bytes();
    if let Some(row) = find_first("match", &key)? {
        let same = Stored::parse(&row.value).is_some_and(|stored| {
            let pending = stored.pending.and_then(|(_, record)| Compact::new(record));
            stored
                .record()
                .into_iter()
                .chain(pending)
                .any(|other| keys::title_author_year_text(other).as_deref() == Some(text.as_str()))
        });
        if same {
            return Ok(Some((raw(row), Recognised::Title)));
        }
    }
    Ok(None)
}

/// Whether a record has this control number.
///
/// # Errors
/// As [`store::find`].
pub fn is_controlled(number: &str) -> Result<bool> {
    Ok(find_first("control", number.as_bytes())?.is_some())
}

fn find_first(index: &str, term: &[u8]) -> Result<Option<Row>> {
    Ok(store::find(RECORDS, index, Find::Exact(term), None, 1)?.rows.into_iter().next())
}

// ---- copies -----------------------------------------------------------------

/// One copy of a title.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// Accession number (số đăng ký cá biệt), as written on the copy.
    #[serde(default)]
    pub accession: String,
    /// Where it stands.
    #[serde(default)]
    pub shelf: String,
    /// Call number (ký hiệu xếp giá).
    #[serde(default)]
    pub call: String,
    /// `available`, `reading-room`, `repair`, `lost`, `withdrawn`.
    #[serde(default)]
    pub state: String,
    /// A note for staff.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The unpublished batch that brings it, as hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// What a later version keeps here.
    #[serde(flatten)]
    pub rest: Rest,
}

/// The states of a copy, the usual one first.
pub const STATES: [&str; 5] = ["available", "reading-room", "repair", "lost", "withdrawn"];

/// Copies, by the id of their record and their own.
pub const COPIES: Table<Copy> = Table::new("copies").with_terms(copy_terms);

fn copy_terms(copy: &Copy, terms: &mut Terms) {
    let number = keys::accession(&copy.accession);
    if !number.is_empty() {
        terms.add("accession", number);
    }
    if let Some(batch) = copy.batch.as_deref().and_then(store::from_hex) {
        terms.add("batch", batch);
    }
}

/// A copy with key and version.
pub type CopyEntry = store::Entry<Copy>;

/// The copies of a record that readers may see, in the order of their accession
/// numbers.
///
/// # Errors
/// As [`Table::scan`].
pub fn copies(record: &[u8]) -> Result<Vec<CopyEntry>> {
    let (entries, _) = COPIES.scan(&Scan::prefix(record))?;
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        if is_visible(&entry.value)? {
            out.push(entry);
        }
    }
    // Numbers of one pattern sort as text; those without one come last.
    out.sort_by(|one, other| {
        let key = |entry: &CopyEntry| (entry.value.accession.is_empty(), entry.value.accession.clone());
        key(one).cmp(&key(other))
    });
    Ok(out)
}

/// Whether readers may see a copy: it belongs to no batch, or to one that is published.
///
/// # Errors
/// As [`Table::get`].
pub fn is_visible(copy: &Copy) -> Result<bool> {
    match copy.batch.as_deref().and_then(store::from_hex) {
        Some(batch) => is_published(&batch),
        None => Ok(true),
    }
}

/// Adds a copy to a record.
///
/// # Errors
/// As [`store::put`].
pub fn add_copy(record: &[u8], copy: &Copy) -> Result<()> {
    let id = store::new_id()?;
    COPIES.insert_at([record, &id].concat(), copy)
}

/// The copy with this accession number, and the id of its record.
///
/// # Errors
/// As [`Table::find`].
pub fn copy_numbered(accession: &str) -> Result<Option<(Vec<u8>, CopyEntry)>> {
    let number = keys::accession(accession);
    if number.is_empty() {
        return Ok(None);
    }
    let Some(entry) = COPIES.find_one("accession", number)? else {
        return Ok(None);
    };
    let record = entry.key.get(..16).unwrap_or_default().to_vec();
    Ok(Some((record, entry)))
}

// ---- batches ----------------------------------------------------------------

/// An import that is all or nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// Whether readers see it.
    pub published: bool,
    /// New records that it has brought so far.
    #[serde(default)]
    pub records: u64,
    /// Copies that it has brought so far.
    #[serde(default)]
    pub copies: u64,
}

/// Batches, by id.
pub const BATCHES: Table<Batch> = Table::new("batches");

/// Whether readers see what this batch brings.
///
/// # Errors
/// As [`Table::get`].
pub fn is_published(batch: &[u8]) -> Result<bool> {
    Ok(BATCHES.get(batch)?.is_some_and(|entry| entry.value.published))
}

/// Batches that readers do not see, with their ids.
///
/// # Errors
/// As [`Table::scan`].
pub fn waiting() -> Result<Vec<store::Entry<Batch>>> {
    let (entries, _) = BATCHES.scan(&Scan::all().limit(200))?;
    Ok(entries.into_iter().filter(|entry| !entry.value.published).collect())
}

/// How many records and copies readers can see.
///
/// # Errors
/// As [`store::count`].
pub fn figures() -> Result<(u64, u64)> {
    let (mut records, mut copies) = (store::count(RECORDS)?, COPIES.count()?);
    for batch in waiting()? {
        records = records.saturating_sub(batch.value.records);
        copies = copies.saturating_sub(batch.value.copies);
    }
    Ok((records, copies))
}

/// Searches, without what waits for its batch to be published.
///
/// # Errors
/// As the search service and the store.
pub fn search(request: &SearchRequest) -> Result<SearchReply> {
    let waiting = waiting()?;
    if waiting.is_empty() {
        return tram_sdk::search::search(request);
    }
    let hidden = waiting.iter().map(|batch| Query::Term { field: "batch".into(), value: batch.id() }).collect();
    let mut request = request.clone();
    request.query = Query::Not(Box::new(request.query), Box::new(Query::Or(hidden)));
    tram_sdk::search::search(&request)
}

// ---- deleted ----------------------------------------------------------------

/// What was deleted and can be brought back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    /// Its title, for the list.
    pub title: String,
    /// Civil date of the deletion.
    pub day: String,
    /// The record in stored form, as hex.
    pub record: String,
    /// Its copies with their keys.
    pub copies: Vec<(String, Copy)>,
    /// The picture of its cover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Picture>,
}

/// Deleted records, by the id that they had.
pub const DELETED: Table<Deleted> = Table::new("deleted");

/// Deletes a record with its copies, so that it can be brought back.
///
/// # Errors
/// `stale` when it was changed since `version`; as [`store::delete`].
pub fn delete(loaded: &Loaded, version: u64, day: String) -> Result<()> {
    let record = loaded.record().ok_or_else(damaged)?;
    let copies = copies(&loaded.key)?;
    DELETED.put(
        &loaded.key,
        &Deleted {
            title: bib::title_or(record, "[…]").into_owned(),
            day,
            record: store::to_hex(&crate::compact::encode(&record.record())),
            copies: copies.iter().map(|copy| (copy.id(), copy.value.clone())).collect(),
            cover: COVERS.get(&loaded.key)?.map(|entry| entry.value),
        },
    )?;
    COVERS.delete(&loaded.key, None)?;
    for copy in &copies {
        store::delete(COPIES.name(), &copy.key, None)?;
    }
    store::delete(RECORDS, &loaded.key, Some(version))
}

/// Brings a deleted record back with those copies whose numbers are still free;
/// answers the numbers that are not.
///
/// # Errors
/// `not-found` when it is not among the deleted; as [`store::put`].
pub fn undelete(key: &[u8]) -> Result<Vec<String>> {
    let entry = DELETED.get(key)?.ok_or_else(no_record)?;
    let record = store::from_hex(&entry.value.record).ok_or_else(damaged)?;
    put(key, Stored::published(&record), Some(0))?;
    let mut taken = Vec::new();
    for (id, copy) in entry.value.copies {
        if copy_numbered(&copy.accession)?.is_some() {
            taken.push(copy.accession);
        } else if let Some(id) = store::from_hex(&id) {
            COPIES.put(&id, &copy)?;
        }
    }
    if let Some(picture) = &entry.value.cover {
        COVERS.put(key, picture)?;
    }
    store::delete(DELETED.name(), key, None)?;
    Ok(taken)
}

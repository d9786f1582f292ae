//! The job `check`: a package that was sent is verified whole, signature first, before
//! anything of it is listed. What is wrong with it is the outcome, not a failure: the
//! package is thrown away then and there.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_exchange::{Checker, Event, Mark, Newness, Record, Taken, Verified};
use tram_sdk::{Error, Principal, Progress, Result, Step, blobs, jobs, store};

use super::{INBOX, KIND, ORIGINS, Origin, Payload, open, refusal};
use crate::access::Who;
use crate::messages as m;
use crate::model::{ITEMS, missing};

/// Pieces that a step checks, of 1 MiB each.
const A_STEP: usize = 48;
/// Most items of a package that are listed.
const MOST: usize = 1_000;

/// What the job is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The package.
    pub blob: String,
}

/// How an item of a package stands to what is here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Not here yet.
    #[default]
    New,
    /// Newer than what was taken.
    Newer,
    /// Newer than what was taken, and this school has made its own edition since.
    NewerThanOurs,
    /// Newer, but an edition of it is being worked on or reviewed here.
    Busy,
    /// It was taken already.
    Same,
    /// Older than what was taken.
    Older,
    /// The school took it back.
    Withdrawn,
    /// It does not read.
    Unread,
}

impl Standing {
    /// Whether it may be taken.
    #[must_use]
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::New | Self::Newer | Self::NewerThanOurs)
    }
}

/// An item of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Id at the school that sent it.
    pub id: String,
    /// Chunk of records that it is in.
    pub chunk: usize,
    /// Title.
    pub title: String,
    /// Subject and grades.
    pub place: String,
    /// Files.
    pub files: usize,
    /// Their bytes.
    pub size: u64,
    /// How it stands.
    pub standing: Standing,
    /// The item here, in hex.
    pub item: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listing {
    /// Why it was refused; none when it is well.
    pub refused: Option<Text>,
    /// The package.
    pub blob: String,
    /// The school, as it is called here.
    pub school: String,
    /// What its maker calls it.
    pub title: Text,
    /// When it was made, milliseconds since 1970.
    pub made_ms: i64,
    /// What is in it.
    pub rows: Vec<Row>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    checker: Option<Checker>,
    chunk: usize,
    listing: Listing,
}

/// Throws away packages that nobody is looking at any more.
///
/// # Errors
/// As the store.
pub fn clear() -> Result<()> {
    crate::shelf::clear()?;
    for entry in INBOX.iter(b"").collect::<Result<Vec<_>>>()? {
        let alive = jobs::status(&entry.value)?.is_some_and(|job| job.is_alive());
        let taking = jobs::recent("take", 3)?.iter().any(jobs::JobStatus::is_alive);
        if !alive && !taking {
            forget(&String::from_utf8_lossy(&entry.key))?;
        }
    }
    Ok(())
}

/// Throws a package away.
///
/// # Errors
/// As the store.
pub fn forget(blob: &str) -> Result<()> {
    INBOX.delete(blob.as_bytes(), None)?;
    crate::files::delete(blob)
}

/// One step.
///
/// # Errors
/// As the store and the blobs; what is wrong with the package is no error.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    if !Who::of(by)?.manages {
        return Err(missing());
    }
    let mut state: State = if first {
        let wish: Wish = serde_json::from_slice(state)?;
        State { listing: Listing { blob: wish.blob, ..Listing::default() }, ..State::default() }
    } else {
        serde_json::from_slice(state)?
    };
    match go_on(&mut state) {
        Ok((done, total)) if done < total => Step::again(progress(done, total), &state),
        Ok((_, total)) => Step::done(progress(total, total), &state.listing),
        // The station's own troubles are failures; what is wrong with the file is told.
        Err(error) if error.code == tram_sdk::code::NOT_GRANTED => Err(error),
        Err(error) => {
            forget(&state.listing.blob)?;
            Step::done(progress(0, 0), &Listing { refused: Some(error.text()), ..Listing::default() })
        }
    }
}

fn progress(done: u64, total: u64) -> Progress {
    Progress::new(done, total, m::CHECKING.text())
}

/// Checks some pieces; how far it is, of how much.
fn go_on(state: &mut State) -> Result<(u64, u64)> {
    let (package, signer) = open(&state.listing.blob)?;
    let total = package.manifest.body_size().unwrap_or(0);
    state.listing.school.clone_from(&signer.name);
    state.listing.title.clone_from(&package.manifest.title);
    state.listing.made_ms = package.manifest.made.unix_ms;
    let mut checker = state.checker.take().unwrap_or_else(|| Checker::new(&package));
    let mut at = total;
    for _ in 0..A_STEP {
        let Some((offset, length)) = checker.wants(&package).map_err(|error| refusal(&error))? else {
            return Ok((total, total));
        };
        let piece = blobs::read(&state.listing.blob, offset, length)?;
        if let Taken::Records(records) = checker.take(&package, &piece).map_err(|error| refusal(&error))? {
            for record in records.iter().filter(|record| record.kind == KIND) {
                if state.listing.rows.len() >= MOST {
                    return Err(refusal(&tram_exchange::Error::Limit("record count")));
                }
                state.listing.rows.extend(row(&package, record, state.chunk)?);
            }
            state.chunk += 1;
        }
        at = (offset + u64::from(length)).saturating_sub(package.length);
    }
    let rests = checker.wants(&package).map_err(|error| refusal(&error))?.is_some();
    state.checker = Some(checker);
    Ok(if rests { (at.min(total.saturating_sub(1)), total) } else { (total, total) })
}

/// The document of a record, if it reads.
pub(super) fn payload(record: &Record) -> Option<Payload> {
    serde_json::from_value(serde_json::Value::Object(record.payload.clone())).ok()
}

/// How a record stands to what is here, and the item here.
pub(super) fn standing(package: &Verified, record: &Record) -> Result<(Standing, String)> {
    let station = &package.manifest.station;
    let origin = ORIGINS.get(Origin::key(&station.id, &record.id))?.map(|entry| entry.value);
    // What was taken and thrown away since, is new again.
    let here = match &origin {
        Some(origin) => store::from_hex(&origin.item).map(|key| ITEMS.get(key)).transpose()?.flatten(),
        None => None,
    };
    let Some((origin, item)) = origin.zip(here.map(|entry| entry.value)) else {
        let standing = if record.event == Event::Withdrawn { Standing::Withdrawn } else { Standing::New };
        return Ok((standing, String::new()));
    };
    let standing = match Mark::of_record(record, station.epoch).against(Some(origin.mark())) {
        Newness::Older => Standing::Older,
        Newness::Same => Standing::Same,
        _ if record.event == Event::Withdrawn => Standing::Withdrawn,
        _ if item.work.is_some() => Standing::Busy,
        _ if item.live.as_ref().is_some_and(|live| live.number > origin.edition) => Standing::NewerThanOurs,
        _ => Standing::Newer,
    };
    Ok((standing, origin.item))
}

/// A line of the listing; none for what was taken back and never was here.
fn row(package: &Verified, record: &Record, chunk: usize) -> Result<Option<Row>> {
    let (mut standing, item) = standing(package, record)?;
    if record.event == Event::Withdrawn {
        if item.is_empty() {
            return Ok(None);
        }
        let title = store::from_hex(&item).map(|key| ITEMS.get(key)).transpose()?.flatten();
        let title = title.and_then(|entry| Some(entry.value.newest()?.meta.title.clone())).unwrap_or_default();
        return Ok(Some(Row { id: record.id.clone(), chunk, title, standing, item, ..Row::default() }));
    }
    let payload = payload(record);
    if payload.is_none() {
        standing = Standing::Unread;
    }
    let payload = payload.unwrap_or_default();
    let sizes = record.blobs.iter().filter_map(|hash| package.blob(hash)).map(|blob| blob.size);
    let grades = crate::words::grades_text(&payload.meta.grades);
    let mut place = payload.meta.subject.chars().take(60).collect::<String>();
    if !grades.is_empty() {
        place = [place, m::GRADE.with("vi", &[&grades])].join(" · ");
    }
    Ok(Some(Row {
        id: record.id.clone(),
        chunk,
        title: payload.meta.title.chars().take(200).collect(),
        place,
        files: payload.files.len(),
        size: sizes.sum(),
        standing,
        item,
    }))
}

/// The record of a row, read and checked anew.
///
/// # Errors
/// It is not what was checked before; as the blobs.
pub(super) fn record_of(blob: &str, package: &Verified, chunk: usize, id: &str) -> Result<Record> {
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    let part = package.parts().nth(chunk).ok_or_else(gone)?;
    let bytes = blobs::read(blob, part.offset, u32::try_from(part.size).unwrap_or(blobs::MAX_PIECE))?;
    if tram_exchange::Hash::of(&bytes) != part.hash {
        return Err(refusal(&tram_exchange::Error::Changed(part.hash.to_string())));
    }
    let records = tram_exchange::read::records(package, chunk, &bytes).map_err(|error| refusal(&error))?;
    records.into_iter().find(|record| record.id == id).ok_or_else(gone)
}

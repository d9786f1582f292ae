//! The job `pack`: chosen items as a signed package. One step gathers what is to be in
//! it, the station signs between two steps, the next ones put the file together; the
//! station moves the bytes of the files.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_exchange::{Blob, Event, FORMAT, Hash, Manifest, Moment, Record, Records, Scope, Station, write};
use tram_sdk::blobs::{self, Writer};
use tram_sdk::store::Entry;
use tram_sdk::{Error, Principal, Progress, Result, Step, clock, sign, store};

use super::{APPLICATION, KIND, Packed, Payload, SCHEMA, SHARED, STREAM, offered, refusal};
use crate::access::Who;
use crate::files;
use crate::messages as m;
use crate::model::{Author, Item, Meta, load, missing};
use crate::shelf;

/// Most items of a package.
pub const MOST_ITEMS: usize = 500;
/// Most files of a package.
const MOST_FILES: usize = 2_000;
/// Most items of which a package says that they were taken back.
const MOST_GONE: usize = 1_000;
/// Bytes that the station moves in one step.
const A_STEP: u64 = 256 << 20;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// Items, in hex.
    pub items: Vec<String>,
    /// What the package is called.
    pub title: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The package.
    pub blob: String,
    /// Its name.
    pub name: String,
    /// Items in it.
    pub items: u64,
    /// Files in it.
    pub files: u64,
    /// Files that are not in it, because they were found to be dangerous.
    pub left_out: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// The list, until it is signed.
    manifest: Option<Manifest>,
    /// What follows the head, in order: blob and size; records first.
    parts: Vec<(String, u64)>,
    /// The package on its way.
    draft: String,
    part: usize,
    offset: u64,
    outcome: Outcome,
}

/// One step.
///
/// # Errors
/// `forbidden` for those who do not keep the repository; as the store and the blobs.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    if !Who::of(by)?.manages {
        return Err(missing());
    }
    if first {
        return gather(&serde_json::from_slice(state)?);
    }
    let mut state: State = serde_json::from_slice(state)?;
    let total: u64 = state.parts.iter().map(|(_, size)| size).sum();
    if let Some(manifest) = state.manifest.take() {
        let Some(seal) = sign::outcome()? else { return Err(Error::new("unsigned", m::PACK_UNSIGNED.text())) };
        let unsigned = write::unsigned_head(&manifest).map_err(|error| refusal(&error))?;
        let mut draft = blobs::create(&state.outcome.name, tram_exchange::MEDIA_TYPE)?;
        draft.append(&unsigned)?;
        draft.append(&seal.key)?;
        draft.append(&seal.signature)?;
        state.draft = draft.suspend()?;
        return Step::again(progress(0, total), &state);
    }
    let mut draft = Writer::resume(std::mem::take(&mut state.draft));
    let mut room = A_STEP;
    while let Some((blob, size)) = state.parts.get(state.part) {
        let stretch = (size - state.offset).min(room).min(blobs::MAX_STRETCH);
        if stretch > 0 {
            draft.append_blob(blob, state.offset, stretch)?;
        }
        state.offset += stretch;
        room -= stretch;
        if state.offset < *size {
            break;
        }
        state.part += 1;
        state.offset = 0;
    }
    let moved = state.parts.iter().take(state.part).map(|(_, size)| size).sum::<u64>() + state.offset;
    if state.part < state.parts.len() {
        state.draft = draft.suspend()?;
        return Step::again(progress(moved, total), &state);
    }
    state.outcome.blob = draft.finish()?;
    shelf::put(&state.outcome.blob)?;
    if let Some((records, _)) = state.parts.first() {
        shelf::throw(records)?;
    }
    Step::done(progress(total, total), &state.outcome)
}

fn progress(done: u64, total: u64) -> Progress {
    Progress::new(done, total, m::PACKING.text())
}

fn moment() -> Moment {
    let now = clock::now();
    Moment { unix_ms: now.unix_ms, clock: now.quality }
}

/// The first step: records, list, the wish to have it signed.
fn gather(wish: &Wish) -> Result<Step> {
    shelf::clear()?;
    let mut records = Records::default();
    let mut lines = blobs::create("records", "application/x-ndjson")?;
    let mut listed: Vec<(Blob, String)> = Vec::new();
    let mut state = State::default();
    for id in wish.items.iter().take(MOST_ITEMS) {
        let entry = load(Some(id))?;
        let Some(shared) = SHARED.get(&entry.key)?.filter(|row| !row.value.gone) else { continue };
        let Some(record) = record(&entry, shared.value.version, &mut listed, &mut state.outcome.left_out)? else {
            continue;
        };
        if listed.len() > MOST_FILES {
            return Err(Error::invalid(m::PACK_TOO_MANY.text_with(&[&MOST_FILES.to_string()])));
        }
        lines.append(&records.add(&record).map_err(|error| refusal(&error))?.unwrap_or_default())?;
        state.outcome.items += 1;
    }
    if state.outcome.items == 0 {
        return Err(Error::invalid(m::PACK_NOTHING.text()));
    }
    let gone = SHARED.iter(b"").filter(|row| row.as_ref().map_or(true, |row| row.value.gone)).take(MOST_GONE);
    for row in gone {
        let row = row?;
        let record = Record {
            id: store::to_hex(&row.key),
            kind: KIND.into(),
            event: Event::Withdrawn,
            version: row.value.version,
            time: Moment { unix_ms: row.value.stamp.saturating_mul(1_000), ..moment() },
            licence: String::new(),
            blobs: Vec::new(),
            payload: serde_json::Map::new(),
        };
        lines.append(&records.add(&record).map_err(|error| refusal(&error))?.unwrap_or_default())?;
    }
    lines.append(&records.close().unwrap_or_default())?;
    let lines = lines.finish()?;
    // Thrown away with the last step; should that never come, with the rest of the shelf.
    shelf::put(&lines)?;
    let station = sign::this_station()?;
    let size = records.list().chunks.iter().map(|chunk| u64::from(chunk.size)).sum();
    state.parts =
        std::iter::once((lines, size)).chain(listed.iter().map(|(blob, id)| (id.clone(), blob.size))).collect();
    state.outcome.files = listed.len() as u64;
    let title = if wish.title.trim().is_empty() {
        m::PACK_TITLE.text_with(&[&station.name])
    } else {
        Text::from(wish.title.trim())
    };
    let school = tram_vietnamese::fold(&station.name).split_whitespace().collect::<Vec<_>>().join("-");
    state.outcome.name = format!("hoc-lieu-{school}-{}.{}", clock::today(), tram_exchange::EXTENSION);
    let manifest = Manifest {
        format: FORMAT,
        application: APPLICATION.into(),
        stream: STREAM.into(),
        schema: SCHEMA,
        station: Station { id: station.id, name: station.name, epoch: station.epoch.into() },
        sequence: store::next("packages", 1)?,
        made: moment(),
        scope: Scope::Selection,
        title,
        records: records.list().clone(),
        blobs: listed.into_iter().map(|(blob, _)| blob).collect(),
    };
    let unsigned = write::unsigned_head(&manifest).map_err(|error| refusal(&error))?;
    sign::begin(Hash::of(&unsigned).as_bytes())?;
    state.manifest = Some(manifest);
    Step::again(progress(0, 0), &state)
}

/// An item as a record; its files are added to `listed`. None when it is not offered, or
/// none of its files may be handed on.
fn record(
    entry: &Entry<Item>,
    version: u64,
    listed: &mut Vec<(Blob, String)>,
    left_out: &mut Vec<String>,
) -> Result<Option<Record>> {
    let Some(edition) = offered(&entry.value) else { return Ok(None) };
    let (fine, hostile) = files::told_apart(&edition.files)?;
    left_out.extend(hostile.iter().map(|file| files::bare(&file.name).to_owned()));
    if fine.is_empty() {
        return Ok(None);
    }
    let licence = licence(&edition.meta.licence);
    let mut packed = Vec::new();
    for file in fine.into_iter().take(files::MAX_FILES) {
        if !files::is_there(file)? {
            return Err(Error::not_found(m::FILE_GONE.text_with(&[&file.name])));
        }
        let hash = Hash::from_bytes(blobs::digest(&file.blob)?);
        if !listed.iter().any(|(known, _)| known.hash == hash) {
            let blob = Blob::new(hash, file.size, files::bare(&file.name), &file.media_type, &licence);
            listed.push((blob, file.blob.clone()));
        }
        packed.push(Packed { hash, name: file.name.clone(), role: file.role.clone() });
    }
    let mut blobs: Vec<Hash> = packed.iter().map(|file| file.hash).collect();
    blobs.sort_unstable();
    blobs.dedup();
    let payload = Payload { edition: edition.number, meta: outward(&edition.meta), files: packed };
    let serde_json::Value::Object(payload) = serde_json::to_value(&payload)? else { return Ok(None) };
    Ok(Some(Record {
        id: entry.id(),
        kind: KIND.into(),
        event: if version == 1 { Event::Created } else { Event::Updated },
        version,
        time: moment(),
        licence,
        blobs,
        payload,
    }))
}

/// What other schools are told: names, no ids of persons, groups or records.
fn outward(meta: &Meta) -> Meta {
    let authors = meta.authors.iter().map(|author| Author { person: String::new(), name: author.name.clone() });
    Meta {
        authors: authors.collect(),
        group: String::new(),
        record: String::new(),
        rest: Default::default(),
        ..meta.clone()
    }
}

/// A licence as packages say it.
fn licence(code: &str) -> String {
    match code {
        "" => "unstated".to_owned(),
        "school" => "all-rights-reserved".to_owned(),
        other => other.to_owned(),
    }
}

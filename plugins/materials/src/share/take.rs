//! The job `take`: chosen items of a checked package become items here, handed in for
//! review as if a colleague had brought them, with the school that they came from. What
//! is here already gets a further edition to be reviewed; what readers see stays.

use serde::{Deserialize, Serialize};
use tram_exchange::{PartKind, Record, Verified};
use tram_sdk::blobs::{self, Writer};
use tram_sdk::{Error, Principal, Progress, Result, Step, jobs, store};

use super::check::{self, payload, record_of, standing};
use super::{ORIGINS, Origin, Payload, open, refusal};
use crate::access::{CREATE, Who};
use crate::messages as m;
use crate::model::{Author, Edition, FileRef, ITEMS, Item, Meta, Review, Stage, Work, missing, note};
use crate::{entries, files, looking, words, workflow};

/// Bytes that the station moves in one step.
const A_STEP: u64 = 256 << 20;
/// Items that a step takes.
const ITEMS_A_STEP: usize = 20;

/// What is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The package.
    pub blob: String,
    /// Chunk and id of each chosen record.
    pub chosen: Vec<(usize, String)>,
    /// The subject group that reviews them: id and name.
    pub group: (String, String),
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The school.
    pub school: String,
    /// Items, in hex.
    pub items: Vec<String>,
    /// Titles of those that stand otherwise by now, and were left as they are.
    pub left: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    wish: Wish,
    at: usize,
    /// Files of the item at hand that are here.
    done: Vec<FileRef>,
    /// The one on its way, and its bytes so far.
    draft: String,
    offset: u64,
    outcome: Outcome,
}

/// One step.
///
/// # Errors
/// What is wrong with the package; as the store and the blobs.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    let who = Who::of(by)?;
    if !who.manages {
        return Err(missing());
    }
    let mut state: State = if first {
        State { wish: serde_json::from_slice(state)?, ..State::default() }
    } else {
        serde_json::from_slice(state)?
    };
    let (package, signer) = open(&state.wish.blob)?;
    state.outcome.school.clone_from(&signer.name);
    let mut room = A_STEP;
    let end = state.at + ITEMS_A_STEP;
    while let Some((chunk, id)) = state.wish.chosen.get(state.at).cloned() {
        if state.at >= end || room == 0 {
            break;
        }
        let record = record_of(&state.wish.blob, &package, chunk, &id)?;
        let Some(payload) = payload(&record) else {
            state.outcome.left.push(id);
            state.at += 1;
            continue;
        };
        // Asked anew: somebody may have begun an edition since the package was listed.
        if !standing(&package, &record)?.0.is_taken() {
            state.outcome.left.push(title(&payload));
            state.at += 1;
            // What an earlier step copied of it is none of the next one's.
            for file in std::mem::take(&mut state.done) {
                crate::files::delete(&file.blob)?;
            }
            (state.draft, state.offset) = Default::default();
            continue;
        }
        if !copy(&mut state, &package, &payload, &mut room)? {
            break;
        }
        let files = std::mem::take(&mut state.done);
        let item = make(&who, by, &state, &package, &record, payload, files)?;
        state.outcome.items.push(item);
        state.at += 1;
    }
    let progress = Progress::new(state.at as u64, state.wish.chosen.len() as u64, m::TAKING.text());
    if state.at < state.wish.chosen.len() {
        return Step::again(progress, &state);
    }
    check::forget(&state.wish.blob)?;
    Step::done(progress, &state.outcome)
}

fn title(payload: &Payload) -> String {
    payload.meta.title.chars().take(200).collect()
}

/// Copies the files of an item out of the package; false when the step's room is used up.
fn copy(state: &mut State, package: &Verified, payload: &Payload, room: &mut u64) -> Result<bool> {
    let wanted: Vec<_> =
        payload.files.iter().filter(|file| files::refusal(&file.name).is_none()).take(files::MAX_FILES).collect();
    while let Some(file) = wanted.get(state.done.len()) {
        let part = package.parts().find(|part| matches!(part.kind, PartKind::Blob(_)) && part.hash == file.hash);
        let (Some(part), Some(listed)) = (part, package.blob(&file.hash)) else {
            return Err(refusal(&tram_exchange::Error::Record(String::new())));
        };
        let name = plain(&file.name).unwrap_or_else(|| listed.name.clone());
        let mut writer = if state.draft.is_empty() {
            blobs::create(files::bare(&name), &listed.media_type)?
        } else {
            Writer::resume(std::mem::take(&mut state.draft))
        };
        let stretch = (part.size - state.offset).min(*room);
        if stretch > 0 {
            writer.append_blob(&state.wish.blob, part.offset + state.offset, stretch)?;
        }
        *room -= stretch;
        state.offset += stretch;
        if state.offset < part.size {
            state.draft = writer.suspend()?;
            return Ok(false);
        }
        state.offset = 0;
        let blob = writer.finish()?;
        if blobs::digest(&blob)? != *file.hash.as_bytes() {
            return Err(refusal(&tram_exchange::Error::Changed(file.hash.to_string())));
        }
        let known = words::ROLES.iter().any(|(role, _)| *role == file.role);
        state.done.push(FileRef {
            number: 0,
            blob,
            name,
            media_type: listed.media_type.clone(),
            size: part.size,
            role: if known { file.role.clone() } else { "main".to_owned() },
        });
    }
    Ok(true)
}

/// A name with folders, if all of it is plain.
fn plain(name: &str) -> Option<String> {
    let fits = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']) && !part.chars().any(char::is_control)
    };
    (name.len() <= 500 && name.split('/').all(fits)).then(|| tram_vietnamese::nfc(name).into_owned())
}

/// What a stranger says about an item, within what this school knows.
fn inward(meta: Meta, group: &(String, String)) -> Meta {
    let short = |text: String, most: usize| -> String {
        text.chars().filter(|c| !c.is_control() || *c == '\n').take(most).collect()
    };
    let many = |texts: Vec<String>, count: usize, most: usize| -> Vec<String> {
        texts.into_iter().take(count).map(|text| short(text, most)).collect()
    };
    let known = |choices: &[(&str, &m::Message)], value: String, other: &str| {
        if choices.iter().any(|(code, _)| *code == value) { value } else { other.to_owned() }
    };
    Meta {
        title: short(meta.title, 300),
        description: short(meta.description, 5_000),
        subject: short(meta.subject, 100),
        grades: meta.grades.into_iter().filter(|grade| (1..=12).contains(grade)).take(12).collect(),
        series: short(meta.series, 200),
        unit: short(meta.unit, 300),
        lesson: short(meta.lesson, 300),
        outcomes: many(meta.outcomes, 50, 1_000),
        kind: known(&words::KINDS, meta.kind, "other"),
        language: known(&words::LANGUAGES, meta.language, "vi"),
        licence: known(&words::LICENCES, meta.licence, "school"),
        authors: meta
            .authors
            .into_iter()
            .take(30)
            .map(|author| Author { person: String::new(), name: short(author.name, 200) })
            .collect(),
        year: short(meta.year, 20),
        keywords: many(meta.keywords, 50, 100),
        group: group.0.clone(),
        group_name: group.1.clone(),
        audience: known(&words::AUDIENCES, meta.audience, "school"),
        // Whether to hand it on is this school's to decide, and not by a tick of others.
        shareable: false,
        record: String::new(),
        rest: Default::default(),
    }
}

/// Makes an item, or a further edition of one that came before.
fn make(
    who: &Who,
    by: &Principal,
    state: &State,
    package: &Verified,
    record: &Record,
    payload: Payload,
    mut files: Vec<FileRef>,
) -> Result<String> {
    let station = &package.manifest.station;
    let origin_key = Origin::key(&station.id, &record.id);
    let school = &state.outcome.school;
    let act = who.act(&m::CAME_FROM.with("vi", &[school]));
    let here = ORIGINS.get(&origin_key)?.and_then(|origin| store::from_hex(&origin.value.item));
    let here = here.map(|key| ITEMS.get(key)).transpose()?.flatten();
    let (key, mut item, version) = match here {
        Some(entry) => (entry.key, entry.value, Some(entry.version)),
        None => (store::new_id()?, Item { made: act.clone(), taken: true, ..Item::default() }, None),
    };
    for file in &mut files {
        item.next_file = item.next_file.saturating_add(1);
        file.number = item.next_file;
    }
    let number = item.live.as_ref().map_or(0, |live| live.number).saturating_add(1);
    let mut edition =
        Edition { number, meta: inward(payload.meta, &state.wish.group), files, review: Review::default() };
    // What lacks something is a draft, for those who answer for it here to complete.
    let whole = workflow::gaps(&edition).is_empty();
    if whole {
        edition.review.submitted = Some(act.clone());
    }
    let stage = if whole { Stage::Submitted } else { Stage::Draft };
    item.work = Some(Work { edition, stage, since_ms: act.unix_ms });
    match version {
        Some(version) => ITEMS.replace(&key, &item, version)?,
        None => ITEMS.insert_at(&key, &item)?,
    }
    note(&key, if version.is_some() { "begun" } else { "created" }, number, &act)?;
    if whole {
        note(&key, "submitted", number, &act)?;
    }
    let origin = Origin {
        item: store::to_hex(&key),
        school: school.clone(),
        epoch: station.epoch,
        version: record.version,
        edition: number,
        unix_ms: act.unix_ms,
    };
    ORIGINS.put(&origin_key, &origin)?;
    entries::refresh(&key, &item)?;
    if by.may(CREATE) {
        looking::start(&key, &item)?;
    } else if !looking::unseen(&item)?.is_empty() {
        jobs::start("look-taken", &serde_json::json!({ "item": origin.item }))?;
    }
    Ok(origin.item)
}

/// The package of a listing that was checked.
///
/// # Errors
/// `not-found` when it is no longer there.
pub fn checked(job: &str) -> Result<check::Listing> {
    let gone = || Error::not_found(m::NO_FILE_THERE.text());
    let run = jobs::status(job)?.filter(|run| run.job == "check" && run.state == "done").ok_or_else(gone)?;
    let listing: check::Listing = run.outcome()?;
    if listing.refused.is_none() && blobs::stat(&listing.blob)?.is_none() {
        return Err(gone());
    }
    Ok(listing)
}

//! The job `look`: has the files of an item looked into, one after the other, and keeps
//! what was found.

use serde::{Deserialize, Serialize};
use tram_contract::extract::{Extract, Page};
use tram_sdk::{Error, Principal, Progress, Result, Step, blobs, extract, jobs, store};

use crate::entries;
use crate::files;
use crate::messages as m;
use crate::model::{FileRef, ITEMS, Item, LOOKED, Looked, TEXTS};

/// Bytes of the text of one file that are kept.
const MAX_TEXT: usize = 2 << 20;
/// Bytes of plain text that are read where nobody looks into files.
const MAX_PLAIN: u32 = 512 << 10;
/// Characters of a page of plain text, about what a printed one has.
const A_PAGE: usize = 3_000;

/// Arguments, and what is carried from step to step.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// Item, in hex.
    item: String,
    /// Blob that is being looked into.
    open: String,
    done: u64,
}

/// Files of an item that nobody has looked into.
///
/// # Errors
/// As the store.
pub fn unseen(item: &Item) -> Result<Vec<FileRef>> {
    let mut out: Vec<FileRef> = Vec::new();
    for edition in item.editions() {
        for file in &edition.files {
            if !out.iter().any(|other| other.blob == file.blob) && LOOKED.get(file.blob.as_bytes())?.is_none() {
                out.push(file.clone());
            }
        }
    }
    Ok(out)
}

/// Starts the job for an item that has files nobody has looked into.
///
/// # Errors
/// As the store and the jobs.
pub fn start(key: &[u8], item: &Item) -> Result<()> {
    if !unseen(item)?.is_empty() {
        jobs::start("look", &State { item: store::to_hex(key), ..State::default() })?;
    }
    Ok(())
}

/// One step.
///
/// # Errors
/// As the store.
pub fn run(state: &[u8], _first: bool, _by: &Principal) -> Result<Step> {
    let mut state: State = serde_json::from_slice(state)?;
    let key = store::from_hex(&state.item).unwrap_or_default();
    let found = ITEMS.get(&key)?;
    if !state.open.is_empty() {
        let blob = std::mem::take(&mut state.open);
        keep_outcome(&blob)?;
        // Somebody took the file out meanwhile: what was made of it goes with it.
        let held = found.as_ref().is_some_and(|entry| entry.value.all_files().any(|file| file.blob == blob));
        if !held {
            files::forget(&blob)?;
        }
        state.done += 1;
    }
    let Some(entry) = found else {
        return Step::done(Progress::new(state.done, state.done, m::LOOKED_AT.text()), &state.done);
    };
    let unseen = unseen(&entry.value)?;
    let total = state.done + unseen.len() as u64;
    let Some(file) = unseen.first() else {
        entries::refresh(&key, &entry.value)?;
        return Step::done(Progress::new(state.done, total, m::LOOKED_AT.text()), &state.done);
    };
    let progress = Progress::new(state.done, total, m::LOOKING_AT.text_with(&[&file.name]));
    match extract::begin(&file.blob) {
        Ok(()) => state.open.clone_from(&file.blob),
        Err(error) if error.code == "no-extractor" => {
            keep_plain(file)?;
            state.done += 1;
        }
        Err(error) => {
            keep_problem(&file.blob, &error)?;
            state.done += 1;
        }
    }
    Step::again(progress, &state)
}

fn keep_outcome(blob: &str) -> Result<()> {
    match extract::outcome() {
        Ok(Some(found)) => {
            let mut looked = Looked { state: "done".into(), extract: found.extract, ..Looked::default() };
            for derived in found.derived {
                keep_derived(&mut looked, &derived.name, derived.blob)?;
            }
            // The list of a package's files may be long, and nobody is shown it.
            if let Some(package) = &mut looked.extract.package {
                package.files.clear();
            }
            keep_text(blob, std::mem::take(&mut looked.extract.pages))?;
            LOOKED.put(blob.as_bytes(), &looked)
        }
        Ok(None) => LOOKED.put(blob.as_bytes(), &Looked { state: "none".into(), ..Looked::default() }),
        Err(error) => keep_problem(blob, &error),
    }
}

/// Takes a file that an extractor made, by its name (docs/formats/files.md); what has no
/// use here does not stay.
fn keep_derived(looked: &mut Looked, name: &str, blob: String) -> Result<()> {
    let place = match name {
        "package.flat" => &mut looked.flat,
        "picture.svg" => &mut looked.picture,
        _ if name.starts_with("thumbnail.") => &mut looked.thumbnail,
        _ => {
            // `slide-003-1.jpg`
            let slide = name.strip_prefix("slide-").and_then(|rest| rest.split('-').next()?.parse().ok());
            return match slide {
                Some(number) => {
                    looked.pictures.push((number, blob));
                    Ok(())
                }
                None => blobs::delete(&blob),
            };
        }
    };
    if place.is_empty() {
        *place = blob;
        return Ok(());
    }
    blobs::delete(&blob)
}

fn keep_problem(blob: &str, error: &Error) -> Result<()> {
    let looked = Looked { state: error.code.clone(), problem: error.text(), ..Looked::default() };
    LOOKED.put(blob.as_bytes(), &looked)
}

fn keep_text(blob: &str, mut pages: Vec<Page>) -> Result<()> {
    let mut bytes = 0;
    pages.retain(|page| {
        bytes += page.text.len() + page.label.len();
        bytes <= MAX_TEXT && !(page.text.trim().is_empty() && page.label.trim().is_empty())
    });
    if pages.is_empty() {
        return Ok(());
    }
    TEXTS.put(blob.as_bytes(), &pages)
}

/// Where nobody looks into files, plain text is read here: it needs no parser, and this
/// is a walled-off place too.
fn keep_plain(file: &FileRef) -> Result<()> {
    let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let mut looked = Looked { state: "none".into(), ..Looked::default() };
    let plain = matches!(ending.as_str(), "txt" | "md" | "vtt" | "srt");
    if plain && let Ok(text) = String::from_utf8(blobs::read(&file.blob, 0, MAX_PLAIN)?) {
        let text = tram_vietnamese::nfc(text.trim_start_matches('\u{feff}')).into_owned();
        let pages = pages_of(&text);
        looked.extract = Extract {
            kind: if matches!(ending.as_str(), "vtt" | "srt") { "subtitles" } else { "document" }.into(),
            media_type: "text/plain".into(),
            page_count: u32::try_from(pages.len()).unwrap_or(u32::MAX),
            ..Extract::default()
        };
        looked.state = "done".into();
        keep_text(&file.blob, pages)?;
    }
    LOOKED.put(file.blob.as_bytes(), &looked)
}

/// Plain text in pages of whole paragraphs.
fn pages_of(text: &str) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let mut current = String::new();
    let mut close = |current: &mut String| {
        if !current.trim().is_empty() {
            let number = u32::try_from(pages.len()).unwrap_or(u32::MAX).saturating_add(1);
            pages.push(Page { number, label: String::new(), text: current.trim().to_owned() });
        }
        current.clear();
    };
    for line in text.lines() {
        if current.chars().count() + line.chars().count() > A_PAGE {
            close(&mut current);
        }
        current.push_str(line);
        current.push('\n');
    }
    close(&mut current);
    pages
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn plain_text_is_parted_between_lines() {
        let line = "Một câu văn dài vừa phải để đếm chữ.\n";
        let pages = pages_of(&line.repeat(200));
        assert!(pages.len() > 1);
        assert!(pages.iter().all(|page| page.text.chars().count() <= A_PAGE && page.text.ends_with('.')));
        assert_eq!(
            pages.iter().map(|page| page.number).collect::<Vec<_>>(),
            (1..=pages.len() as u32).collect::<Vec<_>>()
        );
        assert!(pages_of(" \n\n").is_empty());
    }
}

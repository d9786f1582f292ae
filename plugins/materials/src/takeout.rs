//! The job `export`: everything that is published as files in folders, with a workbook
//! that says what each is. Archives of about two gibibytes each, so that a stick with an
//! old file system takes them; an item that is larger goes on in the next one. A file that
//! is larger than an archive can hold is left out, and named.

use serde::{Deserialize, Serialize};
use tram_sdk::blobs::{self, Writer};
use tram_sdk::store::Scan;
use tram_sdk::{Principal, Progress, Result, Step, clock};

use crate::access::Who;
use crate::archive::Archive;
use crate::files;
use crate::messages as m;
use crate::model::{FileRef, ITEMS};
use crate::shelf;
use crate::words;
use crate::workbook::{self, Cell, Sheet};

/// Bytes of an archive; what is larger goes into the next one.
const MOST: u64 = 2 << 30;
/// Largest file: offsets and sizes of an archive have 32 bits, and its workbook, names and
/// directory need room too.
const LARGEST: u64 = (4 << 30) - (64 << 20);
/// Names of what was left out that are kept; the others are counted.
const MOST_LEFT: usize = 500;
/// Files of an archive, and bytes of what the workbook says: both are carried from step
/// to step.
const MOST_FILES: usize = 2_500;
const MOST_NOTED: usize = 300 << 10;
/// Bytes that a step copies.
const A_STEP: u64 = 3 << 20;

/// How it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The archives: blob and name.
    pub archives: Vec<(String, String)>,
    /// Files in them.
    pub files: u64,
    /// Items.
    pub items: u64,
    /// Files that are not in them.
    pub left: u64,
    /// The first of these, each with the reason.
    pub left_out: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    archive: Archive,
    /// The unfinished blob.
    blob: String,
    /// Item after which to go on, in hex.
    after: Option<String>,
    /// Files of the item at hand that are still to be written, with their names there.
    waiting: Vec<(FileRef, String)>,
    /// Bytes of the first of them that are written.
    written: u64,
    rows: Vec<Vec<String>>,
    outcome: Outcome,
}

/// A name for a folder or file on any system.
fn plain(name: &str) -> String {
    let clean: String =
        name.chars().map(|c| if c.is_control() || "<>:\"/\\|?*".contains(c) { '_' } else { c }).take(80).collect();
    let clean = clean.trim().trim_end_matches('.').to_owned();
    if clean.is_empty() { "_".to_owned() } else { clean }
}

impl State {
    /// Notes a file that is not taken out, and why.
    fn leave(&mut self, file: &FileRef, why: &m::Message, language: &str) {
        self.outcome.left += 1;
        if self.outcome.left_out.len() < MOST_LEFT {
            self.outcome.left_out.push(format!("{} ({})", file.name, why.get(language)));
        }
    }

    fn writer(&mut self) -> Result<Writer> {
        if self.blob.is_empty() {
            return blobs::create(&self.name(), "application/zip");
        }
        Ok(Writer::resume(std::mem::take(&mut self.blob)))
    }

    fn name(&self) -> String {
        format!("hoc-lieu-{}-{}.zip", clock::today(), self.outcome.archives.len() + 1)
    }

    fn sheet(&self, language: &str) -> Vec<u8> {
        let t = |message: &m::Message| message.get(language).to_owned();
        let columns = [
            &m::TITLE,
            &m::KIND,
            &m::SUBJECT,
            &m::GRADES,
            &m::SERIES,
            &m::UNIT,
            &m::LESSON,
            &m::OUTCOMES,
            &m::DESCRIPTION,
            &m::AUTHORS,
            &m::GROUP,
            &m::LICENCE,
            &m::YEAR,
            &m::KEYWORDS,
            &m::PUBLISHED_ON,
            &m::FILES,
        ]
        .map(t)
        .to_vec();
        let rows = self.rows.iter().map(|row| row.iter().map(|text| Cell::from(text.as_str())).collect()).collect();
        workbook::write(&[Sheet { name: t(&m::MATERIALS_SHORT), columns, rows }])
    }

    fn close(&mut self, mut writer: Writer, language: &str) -> Result<()> {
        let sheet = self.sheet(language);
        let bytes = self.archive.file("hoc-lieu.xlsx", &sheet);
        writer.append(&bytes)?;
        writer.append(&self.archive.finish())?;
        let name = self.name();
        let blob = writer.finish()?;
        shelf::put(&blob)?;
        self.outcome.archives.push((blob, name));
        self.archive = Archive::default();
        self.rows.clear();
        Ok(())
    }
}

/// One step.
///
/// # Errors
/// As the store and the blobs.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    let mut state: State = if first { State::default() } else { serde_json::from_slice(state)? };
    if first {
        shelf::clear()?;
    }
    let who = Who::of(by)?;
    let language = by.language.as_str();
    let mut writer = state.writer()?;
    let end = state.archive.at + A_STEP;
    let mut over = false;
    while state.archive.at < end {
        if let Some((file, name)) = state.waiting.first().cloned() {
            // Between two files the archive may be full, also within an item.
            if state.written == 0 && !state.archive.is_empty() && state.archive.at + file.size > MOST {
                state.close(writer, language)?;
                writer = state.writer()?;
                break;
            }
            if copy(&mut state, &mut writer, &file, &name)? {
                state.waiting.remove(0);
            }
            continue;
        }
        match next(&mut state, language, &who)? {
            Found::Item => {}
            Found::Full => {
                state.close(writer, language)?;
                writer = state.writer()?;
                break;
            }
            Found::End => {
                over = true;
                break;
            }
        }
    }
    let progress = |state: &State| {
        let done = state.outcome.items;
        Progress::new(done, ITEMS.count().unwrap_or(done).max(done), m::EXPORTING.text_with(&[&done.to_string()]))
    };
    if over {
        state.close(writer, language)?;
        return Step::done(progress(&state), &state.outcome);
    }
    state.blob = writer.suspend()?;
    Step::again(progress(&state), &state)
}

enum Found {
    Item,
    Full,
    End,
}

/// Takes the next published item in hand, where the archive has room for it.
fn next(state: &mut State, language: &str, who: &Who) -> Result<Found> {
    loop {
        let mut scan = Scan::all().limit(1);
        if let Some(after) = state.after.as_ref().and_then(|id| tram_sdk::store::from_hex(id)) {
            scan = scan.after(&after);
        }
        let (found, _) = ITEMS.scan(&scan)?;
        let Some(entry) = found.into_iter().next() else { return Ok(Found::End) };
        let Some(edition) = entry.value.shown().filter(|_| who.sees_live(&entry.value)) else {
            state.after = Some(entry.id());
            continue;
        };
        let size: u64 = edition.files.iter().map(|file| file.size).sum();
        let noted: usize = state.rows.iter().flatten().map(String::len).sum();
        let full = state.archive.at + size > MOST || state.archive.len() > MOST_FILES || noted > MOST_NOTED;
        if !state.archive.is_empty() && full {
            return Ok(Found::Full);
        }
        state.after = Some(entry.id());
        let meta = &edition.meta;
        let subject = if meta.subject.is_empty() { m::OTHER_SUBJECT.get(language) } else { &meta.subject };
        let place = meta.grades.first().map_or(String::new(), |grade| format!(" {grade}"));
        // The id's end tells items of the same title apart.
        let tail = entry.id().chars().rev().take(6).collect::<String>();
        let folder = format!("{}/{} [{tail}]", plain(&format!("{subject}{place}")), plain(&meta.title));
        let mut names: Vec<String> = Vec::new();
        let (fine, hostile) = files::told_apart(&edition.files)?;
        hostile.iter().for_each(|file| state.leave(file, &m::LEFT_OUT_HOSTILE, language));
        for file in fine {
            if file.size > LARGEST {
                state.leave(file, &m::LEFT_OUT_LARGE, language);
                continue;
            }
            if !files::is_there(file)? {
                state.leave(file, &m::LEFT_OUT_GONE, language);
                continue;
            }
            let parts: Vec<String> = file.name.split(['/', '\\']).filter(|part| !part.is_empty()).map(plain).collect();
            let mut name = format!("{folder}/{}", parts.join("/"));
            if names.contains(&name) {
                name = format!("{folder}/{} {}", file.number, parts.join("/"));
            }
            names.push(name.clone());
            state.waiting.push((file.clone(), name));
        }
        let authors: Vec<&str> = meta.authors.iter().map(|author| author.name.as_str()).collect();
        let published = edition.review.published.as_ref().map(|act| clock::moment(act.unix_ms)).unwrap_or_default();
        state.rows.push(vec![
            meta.title.clone(),
            words::of(&words::KINDS, &meta.kind, language).to_owned(),
            meta.subject.clone(),
            words::grades_text(&meta.grades),
            meta.series.clone(),
            meta.unit.clone(),
            meta.lesson.clone(),
            meta.outcomes.join("\n"),
            meta.description.clone(),
            authors.join(", "),
            meta.group_name.clone(),
            meta.licence.clone(),
            meta.year.clone(),
            meta.keywords.join(", "),
            published,
            names.join("\n"),
        ]);
        state.outcome.items += 1;
        return Ok(Found::Item);
    }
}

/// Copies a piece of a file; true when it is done.
fn copy(state: &mut State, writer: &mut Writer, file: &FileRef, name: &str) -> Result<bool> {
    if state.written == 0 {
        writer.append(&state.archive.begin(name, file.size))?;
    }
    if state.written < file.size {
        let piece = blobs::read(&file.blob, state.written, blobs::MAX_PIECE)?;
        if piece.is_empty() {
            return Err(tram_sdk::Error::new(tram_sdk::code::BAD_VALUE, m::FILE_GONE.text_with(&[&file.name])));
        }
        state.archive.piece(&piece);
        writer.append(&piece)?;
        state.written += piece.len() as u64;
    }
    if state.written < file.size {
        return Ok(false);
    }
    writer.append(&state.archive.end())?;
    state.written = 0;
    state.outcome.files += 1;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::Materials;
    use crate::model::{Edition, Item, Meta};
    use tram_sdk::mock;

    /// A published item of files that say to be so large.
    fn item(sizes: &[u64]) -> Item {
        let file = |(at, size): (usize, &u64)| FileRef {
            number: at as u32 + 1,
            blob: mock::add_blob("a", "", b"abcd"),
            name: format!("t\u{1ec7}p {at}.bin"),
            size: *size,
            ..FileRef::default()
        };
        let meta = Meta { title: "To".into(), audience: "all".into(), ..Meta::default() };
        let live =
            Edition { number: 1, meta, files: sizes.iter().enumerate().map(file).collect(), ..Edition::default() };
        Item { live: Some(live), ..Item::default() }
    }

    fn keeper() -> Principal {
        mock::person("x", &[crate::access::MANAGE])
    }

    #[test]
    fn what_no_archive_can_hold_is_counted_and_named() {
        mock::reset();
        let mut large = item(&[4, LARGEST + 1, 4]);
        large.live.as_mut().unwrap().files[2].blob = "gone".into();
        ITEMS.insert(&large).unwrap();
        let outcome: Outcome = mock::run_job::<Materials>("export", b"null", &keeper()).unwrap().outcome().unwrap();
        assert_eq!((outcome.items, outcome.files, outcome.left), (1, 1, 2));
        assert!(
            outcome.left_out[0].starts_with("t\u{1ec7}p 1.bin (l\u{1edb}n h\u{1a1}n 4 GB"),
            "{:?}",
            outcome.left_out
        );
        assert!(outcome.left_out[1].starts_with("t\u{1ec7}p 2.bin (kh\u{f4}ng c\u{f2}n"), "{:?}", outcome.left_out);
    }

    #[test]
    fn an_item_that_fills_an_archive_goes_on_in_the_next_one() {
        mock::reset();
        // The archive stands just before its end, in the middle of an item.
        let live = item(&[4, 4, 4]).live.unwrap();
        let mut state = State { after: Some("ff".repeat(16)), ..State::default() };
        let _ = state.archive.file("before", b"x");
        state.archive.at = MOST - 5;
        state.blob = mock_draft();
        state.waiting = live.files.into_iter().map(|file| (file.clone(), file.name)).collect();
        let mut state = serde_json::to_vec(&state).unwrap();
        let outcome: Outcome = loop {
            let step = mock::transaction(false, || run(&state, false, &keeper())).unwrap();
            match step.next {
                tram_sdk::Next::Continue(next) => state = next,
                tram_sdk::Next::Done(outcome) => break serde_json::from_slice(&outcome).unwrap(),
            }
        };
        assert_eq!((outcome.files, outcome.archives.len(), outcome.left), (3, 2, 0));
        assert_ne!(outcome.archives[0].1, outcome.archives[1].1);
    }

    /// An unfinished blob.
    fn mock_draft() -> String {
        blobs::create("a.zip", "application/zip").unwrap().suspend().unwrap()
    }

    #[test]
    fn names_fit_any_file_system() {
        assert_eq!(plain("Bài 5: Phép \"cộng\"?"), "Bài 5_ Phép _cộng__");
        assert_eq!(plain("..."), "_");
        assert_eq!(plain("a\u{7}b/c"), "a_b_c");
    }
}

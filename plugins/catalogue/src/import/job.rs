//! The job `import`, a step function.
//!
//! The phases: look at each file whole without writing (when the import is all or
//! nothing), write, publish or take back the batch, write the report. The state
//! between steps says how far it is; a station that was switched off goes on there.

use serde::{Deserialize, Serialize};
use tram_sdk::contract::Text;
use tram_sdk::contract::search::{Query, SearchRequest};
use tram_sdk::{Error, Principal, Progress, Result, Step, clock};
use tram_sdk::{search, store};

use super::report::{self, Counts, Fate, Line};
use super::{Arguments, FileArgument, IMPORTS, Import, Options, Outcome, Policy, marc, place, sheet};
use crate::messages as m;
use crate::shelf::{BATCHES, Batch};

/// Records that a step looks at.
pub(super) const RECORDS_A_STEP: usize = 500;
/// Bytes of records that a step writes at most: a transaction holds four megabytes.
pub(super) const BYTES_A_STEP: usize = 1_500_000;

/// Times that the index is waited for, a third of a second each; a station that is
/// busier than that shows the batch as the index gets to it.
const MAX_WAITS: u32 = 400;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    /// Reading without writing.
    #[default]
    Check,
    Write,
    /// All is written; the index still reads it.
    Settle,
    Publish,
    TakeBack,
    Report,
}

/// What is kept between steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    import: String,
    files: Vec<FileArgument>,
    options: Options,
    phase: Phase,
    /// The batch of an import that is all or nothing, as hex.
    batch: Option<String>,
    /// The file that is being read.
    file: usize,
    /// How far it is read.
    place: Place,
    counts: Counts,
    /// Bytes of the files before this one.
    before: u64,
    step: u64,
    given_up: bool,
    /// How often the index was waited for.
    #[serde(default)]
    waited: u32,
}

/// How far a file is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    /// Bytes of the file, or of the sheet made of it, that are done.
    pub(super) offset: u64,
    /// Records that are done.
    pub(super) index: u64,
    /// The blob that a file packed by gzip was unpacked into.
    pub(super) unpacked: Option<String>,
    /// What is known of a spreadsheet.
    pub(super) sheet: Option<sheet::Sheet>,
}

/// What a step on a file needs and gathers.
pub(super) struct Work<'a> {
    pub(super) file: &'a FileArgument,
    pub(super) options: &'a Options,
    pub(super) language: &'a str,
    /// False while the file is only looked at.
    pub(super) write: bool,
    pub(super) batch: Option<[u8; 16]>,
    pub(super) counts: Counts,
    pub(super) lines: Vec<Line>,
    /// Bytes of records written in this step.
    pub(super) written: usize,
}

impl Work<'_> {
    pub(super) fn line(&mut self, line: Line) {
        self.lines.push(Line { file: self.file.name.clone(), ..line });
    }

    pub(super) fn refuse(&mut self, line: Line, reason: String) {
        self.counts.refused += 1;
        self.line(Line { fate: Some(Fate::Refused), reason, ..line });
    }

    pub(super) fn is_full(&self, records: usize) -> bool {
        records >= RECORDS_A_STEP || self.written >= BYTES_A_STEP
    }

    pub(super) fn policy(&self) -> Policy {
        self.options.duplicates
    }
}

/// One step of an import.
///
/// # Errors
/// `invalid` when there is no file; as the store.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    let mut state: State = if first { begin(serde_json::from_slice(state)?)? } else { serde_json::from_slice(state)? };
    state.step += 1;
    match state.phase {
        Phase::Check | Phase::Write => read(&mut state, by)?,
        Phase::Settle => publish(&mut state)?,
        Phase::Publish | Phase::TakeBack => settle(&mut state)?,
        Phase::Report => return finish(&state, by),
    }
    Step::again(progress(&state), &state)
}

fn begin(arguments: Arguments) -> Result<State> {
    if arguments.files.is_empty() {
        return Err(Error::invalid(m::IMPORT_NO_FILE.text()));
    }
    let import = match arguments.import.as_deref().and_then(store::from_hex) {
        Some(key) => key,
        None => IMPORTS.insert(&Import {
            files: arguments.files.clone(),
            options: arguments.options.clone(),
            uploaded: clock::now().unix_ms,
            ..Import::default()
        })?,
    };
    let atomic = arguments.options.is_atomic();
    Ok(State {
        import: store::to_hex(&import),
        files: arguments.files,
        options: arguments.options,
        phase: if atomic { Phase::Check } else { Phase::Write },
        ..State::default()
    })
}

/// A step on the file whose turn it is.
fn read(state: &mut State, by: &Principal) -> Result<()> {
    let Some(file) = state.files.get(state.file).cloned() else {
        return next_phase(state);
    };
    let batch = state.batch.as_deref().and_then(store::from_hex).and_then(|b| b.try_into().ok());
    let mut work = Work {
        file: &file,
        options: &state.options,
        language: &by.language,
        write: state.phase == Phase::Write,
        batch,
        counts: state.counts,
        lines: Vec::new(),
        written: 0,
    };
    let done = if sheet::is_sheet(&file)? {
        sheet::step(&mut work, &mut state.place)?
    } else {
        marc::step(&mut work, &mut state.place)?
    };
    let (counts, lines) = (work.counts, work.lines);
    state.counts = counts;
    // What was only looked at is read again, and reported then, unless it is refused.
    if state.phase == Phase::Write || counts.refused > 0 {
        report::keep(&key(state)?, state.step, &lines)?;
    }
    if done {
        state.before += file.size;
        state.file += 1;
        state.place = Place::default();
    }
    // What waits is no part of the figures that readers are told.
    if state.phase == Phase::Write
        && let Some(batch) = &batch
    {
        let (records, copies) = (state.counts.added, state.counts.copies);
        BATCHES.put(batch, &Batch { published: false, records, copies })?;
    }
    // All or nothing: a refusal while writing (two rows with one number, say) takes
    // back what was written.
    if state.phase == Phase::Write && state.batch.is_some() && state.counts.refused > 0 {
        state.given_up = true;
        state.phase = Phase::TakeBack;
    }
    Ok(())
}

/// All files are through.
fn next_phase(state: &mut State) -> Result<()> {
    match state.phase {
        Phase::Check if state.counts.refused > 0 => {
            state.given_up = true;
            state.phase = Phase::Report;
        }
        Phase::Check => {
            let batch = store::new_id()?;
            BATCHES.insert_at(&batch, &Batch::default())?;
            state.batch = Some(store::to_hex(&batch));
            state.phase = Phase::Write;
            state.file = 0;
            state.before = 0;
            state.counts = Counts::default();
        }
        _ if state.batch.is_some() => state.phase = Phase::Settle,
        _ => state.phase = Phase::Report,
    }
    Ok(())
}

/// Lets readers see the batch, once the index has read all of it: it appears in
/// searches in one moment. The steps that follow only tidy up.
fn publish(state: &mut State) -> Result<()> {
    // Each search waits a moment for what this job wrote.
    let lags = search::search(&SearchRequest::new(Query::Everything, 0)).is_ok_and(|reply| reply.lagging);
    if lags && state.waited < MAX_WAITS {
        state.waited += 1;
        return Ok(());
    }
    if let Some(batch) = state.batch.as_deref().and_then(store::from_hex) {
        BATCHES.put(&batch, &Batch { published: true, ..Batch::default() })?;
    }
    state.phase = Phase::Publish;
    Ok(())
}

fn settle(state: &mut State) -> Result<()> {
    let batch = state.batch.as_deref().and_then(store::from_hex).and_then(|b| <[u8; 16]>::try_from(b).ok());
    let Some(batch) = batch else {
        state.phase = Phase::Report;
        return Ok(());
    };
    if place::settle(batch, state.phase == Phase::Publish)? {
        store::delete(BATCHES.name(), &batch, None)?;
        state.batch = None;
        state.phase = Phase::Report;
    }
    Ok(())
}

fn key(state: &State) -> Result<Vec<u8>> {
    store::from_hex(&state.import).ok_or_else(|| Error::new(tram_sdk::code::BAD_VALUE, "import id"))
}

fn finish(state: &State, by: &Principal) -> Result<Step> {
    let key = key(state)?;
    let language = by.language.as_str();
    let name = m::REPORT_NAME.with(language, &[&clock::today()]);
    let report = report::write(&key, &name, language)?;
    report::forget(&key, 40)?;
    let mut counts = state.counts;
    if state.given_up {
        counts = Counts { read: counts.read, refused: counts.refused, ..Counts::default() };
    }
    let outcome = Outcome {
        import: state.import.clone(),
        counts,
        given_up: state.given_up,
        report: Some(report),
        message: summary(&counts, state.given_up, language),
    };
    if let Some(entry) = IMPORTS.get(&key)? {
        IMPORTS.put(&key, &Import { outcome: Some(outcome.clone()), ..entry.value })?;
    }
    let total = total(state);
    Step::done(Progress::new(total, total, Text::from(outcome.message.as_str())), &outcome)
}

/// The figures in a sentence.
pub(crate) fn summary(counts: &Counts, given_up: bool, language: &str) -> String {
    let figure = |n: u64| crate::messages::figure(n, language);
    if given_up {
        return m::IMPORT_GIVEN_UP.with(language, &[&figure(counts.read), &figure(counts.refused)]);
    }
    m::IMPORT_SUMMARY.with(
        language,
        &[
            &figure(counts.read),
            &figure(counts.added),
            &figure(counts.overlaid),
            &figure(counts.skipped),
            &figure(counts.refused),
            &figure(counts.copies),
        ],
    )
}

fn total(state: &State) -> u64 {
    state.files.iter().map(|file| file.size).sum::<u64>().max(1)
}

fn progress(state: &State) -> Progress {
    let total = total(state);
    let size = state.files.get(state.file).map_or(0, |file| file.size);
    let inside = state.place.sheet.as_ref().map_or(state.place.offset, |sheet| sheet.scaled(state.place.offset, size));
    let done = (state.before + inside).min(total);
    let message = match state.phase {
        Phase::Check => &m::PROGRESS_CHECK,
        Phase::Write | Phase::Settle => &m::PROGRESS_WRITE,
        Phase::Publish => &m::PROGRESS_PUBLISH,
        Phase::TakeBack => &m::PROGRESS_TAKE_BACK,
        Phase::Report => &m::PROGRESS_REPORT,
    };
    Progress::new(done, total, message.text_with(&[&state.counts.read.to_string()]))
}

//! Jobs are step functions: each step is one transaction that also stores the
//! job's state, so a job goes on after a kill where its last step ended.

use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{Context, Id, Reader, ScanRange, TermMatch, Time, Txn};
use tram_people::{Channel, Grant, Kind, Principal, Relation};
use wasmtime::Store;

use crate::bindings::job::exports::tram::plugin::job as wire;
use crate::call::{self, Frame, STEP};
use crate::inner::Core;
use crate::state::State;
use crate::tables::{self, JOBS, JOBS_BY_NAME, JOBS_OPEN};
use crate::{CallError, Error, errands, extract, print};

/// Deadline of a step.
const STEP_TIME: Duration = Duration::from_secs(5);
/// What a step may take under the writer's gate; longer than a request, since a
/// step is a batch, and it is reached only after two lost races.
const GATE_TIME: Duration = Duration::from_millis(500);
/// Largest state between steps, bytes.
const MAX_STATE: usize = 1 << 20;
/// Times that a step may fail by itself before its job does.
const MAX_TRIES: u32 = 3;
/// Times that a step may find the station busy.
const MAX_BUSY: u32 = 100;

/// Pieces of 500 jobs that a list looks through.
const MAX_PIECES: usize = 20;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// No step was run yet.
    Waiting,
    /// Some steps were run.
    Running,
    /// It ended well.
    Done,
    /// It ended badly; the message says why.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether no further step follows.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A job as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// Id.
    pub id: String,
    /// Plugin that runs it.
    pub plugin: String,
    /// Name in the plugin's manifest.
    pub job: String,
    /// Where it stands.
    pub state: JobState,
    /// Done so far.
    pub done: u64,
    /// In all; 0: not known yet.
    pub total: u64,
    /// What it does now, or why it ended badly: a language map as JSON, or plain text
    /// (`Text::decode`).
    pub message: String,
    /// JSON of the job's own making, once done.
    pub outcome: Vec<u8>,
    /// Who started it.
    pub by: Option<String>,
    /// When it was started, milliseconds since 1970.
    pub started_ms: i64,
}

/// A job as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) plugin: String,
    pub(crate) job: String,
    pub(crate) state: JobState,
    #[serde(default)]
    pub(crate) done: u64,
    #[serde(default)]
    pub(crate) total: u64,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) outcome: Vec<u8>,
    /// Arguments, then the state between steps.
    #[serde(default, with = "base64_text")]
    carried: Vec<u8>,
    by: By,
    pub(crate) started_ms: i64,
}

/// Who started a job, as it stood then.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct By {
    kind: String,
    person: Option<String>,
    grants: Vec<(String, String)>,
    groups: Vec<String>,
    #[serde(default)]
    led: Vec<String>,
    channel: String,
    language: String,
}

/// Bytes as base64 text: JSON lists of numbers are four times as long.
mod base64_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        to.serialize_str(&base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        use base64::Engine;
        let text = String::deserialize(from)?;
        base64::engine::general_purpose::STANDARD.decode(text).map_err(D::Error::custom)
    }
}

impl By {
    fn of(principal: &Principal) -> Self {
        Self {
            kind: principal.kind.word().to_owned(),
            person: principal.person.clone(),
            grants: principal
                .grants
                .iter()
                .map(|grant| (grant.permission.clone(), grant.relation.word().to_owned()))
                .collect(),
            groups: principal.groups.to_vec(),
            led: principal.led.to_vec(),
            channel: principal.channel.word().to_owned(),
            language: principal.language.clone(),
        }
    }

    /// The principal of a step: what its starter could do, and no more.
    fn principal(&self) -> Principal {
        let kinds = [Kind::Public, Kind::Person, Kind::Job, Kind::Console, Kind::Client];
        let channels = [Channel::Https, Channel::Http, Channel::Loopback];
        let kind = kinds.into_iter().find(|kind| kind.word() == self.kind).unwrap_or(Kind::Job);
        Principal {
            // Nobody sits before a step; the person in whose name it runs stays.
            kind: if kind == Kind::Person { Kind::Job } else { kind },
            person: self.person.clone(),
            grants: self
                .grants
                .iter()
                .filter_map(|(permission, relation)| {
                    Some(Grant { permission: permission.clone(), relation: Relation::of(relation)? })
                })
                .collect(),
            groups: self.groups.iter().cloned().collect(),
            led: self.led.iter().cloned().collect(),
            channel: channels.into_iter().find(|channel| channel.word() == self.channel).unwrap_or(Channel::Http),
            language: self.language.clone(),
        }
    }
}

impl Record {
    /// The person who started it.
    pub(crate) fn starter(&self) -> Option<&String> {
        self.by.person.as_ref()
    }

    pub(crate) fn status(&self) -> JobStatus {
        JobStatus {
            id: self.id.clone(),
            plugin: self.plugin.clone(),
            job: self.job.clone(),
            state: self.state,
            done: self.done,
            total: self.total,
            message: self.message.clone(),
            outcome: self.outcome.clone(),
            by: self.by.person.clone(),
            started_ms: self.started_ms,
        }
    }

    fn write(&self, txn: &mut Txn) -> Result<(), tram_journal::Error> {
        let id: Id = self.id.parse()?;
        let name = tables::joined(&self.plugin, self.job.as_bytes());
        let mut terms: Vec<(&str, &[u8])> = vec![(JOBS_BY_NAME, &name)];
        if !self.state.is_over() {
            terms.push((JOBS_OPEN, b"open"));
        }
        txn.put(tables::OWNER, JOBS, &id.to_bytes(), &tables::encode(self), 1, &terms, None)
    }
}

/// Enters a job in a transaction; its first step follows the commit.
pub(crate) fn enqueue(
    txn: &mut Txn,
    plugin: &str,
    job: &str,
    arguments: &[u8],
    by: &Principal,
    time: Time,
) -> Result<String, tram_journal::Error> {
    if arguments.len() > MAX_STATE {
        return Err(tram_journal::Error::Limit("a job's arguments are at most 1 MiB"));
    }
    let id = txn.new_id()?.to_string();
    let record = Record {
        id: id.clone(),
        plugin: plugin.to_owned(),
        job: job.to_owned(),
        state: JobState::Waiting,
        done: 0,
        total: 0,
        message: String::new(),
        outcome: Vec::new(),
        carried: arguments.to_vec(),
        by: By::of(by),
        started_ms: time.unix_ms,
    };
    record.write(txn)?;
    Ok(id)
}

/// The job of this id.
pub(crate) fn read(reader: &dyn Reader, id: &str) -> Result<Option<Record>, tram_journal::Error> {
    let Ok(id) = id.parse::<Id>() else { return Ok(None) };
    let row = reader.get(tables::OWNER, JOBS, &id.to_bytes())?;
    Ok(row.and_then(|row| serde_json::from_slice(&row.value).ok()))
}

/// Jobs of this name, newest first.
pub(crate) fn recent(
    reader: &dyn Reader,
    plugin: &str,
    job: &str,
    limit: usize,
) -> Result<Vec<Record>, tram_journal::Error> {
    let term = tables::joined(plugin, job.as_bytes());
    let mut records: Vec<Record> = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = reader.find(tables::OWNER, JOBS, JOBS_BY_NAME, &term, TermMatch::Exact, after.as_deref(), 200)?;
        records.extend(page.rows.iter().filter_map(|row| serde_json::from_slice::<Record>(&row.value).ok()));
        after = page.next;
        if !page.more || after.is_none() {
            break;
        }
    }
    // Ids begin with the journal's sequence, so their order is that of starting.
    records.sort_by(|a, b| b.id.cmp(&a.id));
    records.truncate(limit);
    Ok(records)
}

/// Jobs of all plugins that `fits` lets through, newest first.
pub(crate) fn list(
    reader: &dyn Reader,
    fits: &dyn Fn(&Record) -> bool,
    limit: usize,
) -> Result<Vec<Record>, tram_journal::Error> {
    let mut found = Vec::new();
    let mut end: Option<Vec<u8>> = None;
    // Ids begin with the journal's sequence, so their order is that of starting.
    for _ in 0..MAX_PIECES {
        let range = ScanRange {
            start: Bound::Unbounded,
            end: end.map_or(Bound::Unbounded, Bound::Excluded),
            reverse: true,
            limit: 500,
        };
        let page = reader.scan(tables::OWNER, JOBS, &range)?;
        end = page.rows.last().map(|row| row.key.clone());
        let records = page.rows.iter().filter_map(|row| serde_json::from_slice::<Record>(&row.value).ok());
        found.extend(records.filter(|record| fits(record)).take(limit - found.len()));
        if !page.more || found.len() >= limit || end.is_none() {
            break;
        }
    }
    Ok(found)
}

fn open_jobs(core: &Core) -> Result<Vec<String>, Error> {
    let snapshot = core.journal.read()?;
    let page = snapshot.find(tables::OWNER, JOBS, JOBS_OPEN, b"open", TermMatch::Exact, None, 100)?;
    Ok(page
        .rows
        .iter()
        .filter_map(|row| serde_json::from_slice::<Record>(&row.value).ok())
        .map(|record| record.id)
        .collect())
}

/// How a step ended.
enum Stepped {
    Further,
    Over,
    /// The plugin does not run at the moment: later.
    Waits,
}

/// The thread of the jobs.
pub(crate) fn work(core: &Arc<Core>) {
    crate::vendors::give_way();
    let mut seen = 0;
    let mut tries: std::collections::HashMap<String, (u32, u32)> = std::collections::HashMap::new();
    while !core.is_stopping() {
        let jobs = open_jobs(core).unwrap_or_else(|error| {
            log::error!("the jobs cannot be read: {error}");
            Vec::new()
        });
        let mut moved = false;
        // In turn, a step each: a long job does not hold up a short one.
        for id in jobs {
            if core.is_stopping() {
                return;
            }
            let counts = tries.entry(id.clone()).or_default();
            match step(core, &id) {
                Ok(Stepped::Further) => {
                    *counts = (0, 0);
                    moved = true;
                }
                Ok(Stepped::Over) => {
                    tries.remove(&id);
                    moved = true;
                }
                Ok(Stepped::Waits) => {}
                Err(CallError::Busy | CallError::Preparing) if counts.1 < MAX_BUSY => {
                    counts.1 += 1;
                    moved = true;
                    std::thread::sleep(Duration::from_millis(u64::from(counts.1.min(20)) * 5));
                }
                Err(CallError::DiskFull) => {}
                Err(CallError::Timeout | CallError::Trapped { .. } | CallError::Station { .. })
                    if counts.0 + 1 < MAX_TRIES =>
                {
                    counts.0 += 1;
                    moved = true;
                }
                Err(error) => {
                    tries.remove(&id);
                    moved = true;
                    end(core, &id, JobState::Failed, &error.text().encode());
                }
            }
        }
        core.progress.raise();
        if !moved {
            seen = core.jobs.wait(seen, Duration::from_secs(1));
        }
    }
}

/// Runs one step of a job.
fn step(core: &Arc<Core>, id: &str) -> Result<Stepped, CallError> {
    let snapshot = core.journal.read()?;
    let Some(record) = read(&snapshot, id)?.filter(|record| !record.state.is_over()) else {
        return Ok(Stepped::Over);
    };
    // A file is being looked into, or a document set; the outcome wakes the job.
    if errands::is_open::<extract::Request>(&snapshot, id)? || errands::is_open::<print::Request>(&snapshot, id)? {
        core.progress.raise();
        return Ok(Stepped::Waits);
    }
    drop(snapshot);
    let Some(entry) = core.entry(&record.plugin) else {
        let gone = Text::vi_en("Phần mở rộng đã bị gỡ.", "The plugin was removed.");
        end(core, id, JobState::Failed, &gone.encode());
        return Ok(Stepped::Over);
    };
    let Some(plugin) = entry.running() else { return Ok(Stepped::Waits) };
    let principal = record.by.principal();
    let mut frame = Frame::new(core, &plugin, &principal)?;
    frame.job = Some(id.to_owned());
    frame.time = STEP_TIME;
    frame.gate_time = GATE_TIME;
    frame.budget = STEP;
    frame.budget.memory = plugin.limits.memory;
    // A step that searches finds what the steps before it wrote, or is told that the
    // index lags.
    frame.after = Some(core.journal.head().sequence);
    let by = crate::request::principal(&principal);
    let first = record.state == JobState::Waiting;
    let began = Instant::now();
    let ran = frame.write(
        &mut |store: &mut Store<State>| {
            let Some(point) = &plugin.points.job else {
                return Err(wasmtime::Error::msg("the component exports no job"));
            };
            let instance = point.instantiate(&mut *store)?;
            instance.tram_plugin_job().call_run(store, &record.job, &record.carried, first, &by)
        },
        &mut |step, txn| {
            let step = step.map_err(call::plugin_error)?;
            // Somebody may have stopped it while the step ran; the step is dropped then.
            let Some(mut now) = read(txn, id)?.filter(|now| !now.state.is_over()) else {
                return Err(CallError::Stale);
            };
            now.done = step.progress.done;
            now.total = step.progress.total;
            now.message = step.progress.message.chars().take(500).collect();
            match step.next {
                wire::Next::Continue(state) if state.len() > MAX_STATE => {
                    return Err(CallError::TooMuch { what: "state" });
                }
                wire::Next::Continue(state) => {
                    now.state = JobState::Running;
                    now.carried = state;
                }
                wire::Next::Done(outcome) => {
                    now.state = JobState::Done;
                    now.carried = Vec::new();
                    now.outcome = outcome;
                }
            }
            errands::taken::<extract::Request>(txn, id)?;
            errands::taken::<print::Request>(txn, id)?;
            crate::signing::taken(txn, id)?;
            now.write(txn)?;
            Ok(now.state)
        },
    );
    call::settle(core, &entry, began.elapsed(), ran.as_ref().err());
    match ran {
        Ok((JobState::Running, _)) => Ok(Stepped::Further),
        Ok(_) => Ok(Stepped::Over),
        Err(CallError::Stale) => {
            // Cancelled, or a row was changed under the step's eyes: see which.
            let snapshot = core.journal.read()?;
            match read(&snapshot, id)? {
                Some(now) if !now.state.is_over() => Err(CallError::Stale),
                _ => Ok(Stepped::Over),
            }
        }
        Err(error) => Err(error),
    }
}

/// Ends a job from outside; false when it was over, or is none.
pub(crate) fn end(core: &Core, id: &str, state: JobState, message: &str) -> bool {
    let mut context = Context::new("system", tables::OWNER);
    context.time = tram_journal::clock::now();
    let ended = core.journal.run(context, |txn| {
        let Some(mut record) = read(txn, id)?.filter(|record| !record.state.is_over()) else {
            return Ok::<_, tram_journal::Error>(false);
        };
        record.state = state;
        record.message = message.to_owned();
        record.carried = Vec::new();
        record.write(txn)?;
        Ok(true)
    });
    core.progress.raise();
    ended.map(|(ended, _)| ended).unwrap_or_else(|error| {
        log::error!("the job {id} could not be ended: {error}");
        false
    })
}

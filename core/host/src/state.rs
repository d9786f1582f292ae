//! What one call carries: its transaction, its grants, its budgets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tram_contract::Text;
use tram_journal::{Placeholder, Reader, Snapshot, Time, Txn};
use tram_people::Principal;
use wasmtime::{ResourceLimiter, UpdateDeadline};

use crate::CallError;
use crate::basis::Traces;
use crate::bindings::types;
use crate::engine::ticks;
use crate::inner::Core;
use crate::plugin::Plugin;

/// What a host function answers when it does not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error that the plugin sees and may handle.
    Answer(types::Error),
    /// The end of the call, whatever the plugin does.
    End(CallError),
}

impl Failure {
    /// An error for the plugin: a code for programs, two sentences for people.
    pub(crate) fn answer(code: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        let message = serde_json::to_string(&Text::vi_en(vi, en)).unwrap_or_default();
        Self::Answer(types::Error { code: code.to_owned(), message })
    }

    /// The call may not do this without a grant.
    pub(crate) fn not_granted(what: &str) -> Self {
        Self::answer(
            "not-granted",
            format!("Phần mở rộng này chưa được cấp quyền: {what}."),
            format!("This plugin was not granted: {what}."),
        )
    }

    /// An argument that is not what the contract asks for.
    pub(crate) fn argument(en: impl Into<String>) -> Self {
        let en = en.into();
        Self::answer("bad-request", format!("Lời gọi không hợp lệ: {en}."), en)
    }
}

impl From<tram_journal::Error> for Failure {
    fn from(error: tram_journal::Error) -> Self {
        use tram_journal::Error as E;
        match error {
            E::NoCollection { collection, .. } => {
                Self::argument(format!("the manifest declares no collection {collection}"))
            }
            E::NoIndex { collection, index } => {
                Self::argument(format!("the manifest declares no index {index} for {collection}"))
            }
            E::Limit(text) => Self::argument(text),
            E::NotFound(what) => {
                Self::answer("not-found", format!("Không tìm thấy {what}."), format!("{what} was not found."))
            }
            other => Self::End(other.into()),
        }
    }
}

impl types::Host for State {
    fn convert_error(&mut self, failure: Failure) -> wasmtime::Result<types::Error> {
        match failure {
            Failure::Answer(error) => Ok(error),
            Failure::End(error) => Err(wasmtime::Error::new(error)),
        }
    }
}

/// How a call may touch the journal.
pub(crate) enum Access {
    /// It may not (the pure `indexer`).
    None,
    /// It reads one state.
    Read(Box<Snapshot>),
    /// It reads and writes within a transaction.
    Write(Box<Txn>),
}

/// Bounds of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Host calls.
    pub(crate) host_calls: u32,
    /// Bytes of linear memory and tables.
    pub(crate) memory: usize,
    /// Log lines.
    pub(crate) log_lines: u32,
    /// Bytes read from blobs and rows, so that a call cannot make the host copy for ever.
    pub(crate) bytes: u64,
}

/// What is the same when a call is run again after a lost race.
#[derive(Debug, Clone)]
pub(crate) struct Fixed {
    /// Wall time of the call.
    pub(crate) time: Time,
    /// Seed of its random bytes.
    pub(crate) seed: [u8; 32],
}

impl Fixed {
    /// The present, and a fresh seed.
    pub(crate) fn now() -> Result<Self, CallError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| CallError::Station { reason: error.to_string() })?;
        Ok(Self { time: tram_journal::clock::now(), seed })
    }
}

/// Effects that happen once, after the commit.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Lines of the log: level and text.
    pub(crate) log: Vec<(log::Level, String)>,
    /// Whether a job was started, so that the worker is woken.
    pub(crate) jobs: bool,
    /// Drafts of blobs that the commit made superfluous.
    pub(crate) drop_drafts: Vec<[u8; 16]>,
    /// What a call that only reads counted: counter and number.
    pub(crate) tallies: Vec<(String, i64)>,
    /// Numbers to be had at the commit, for substitution in the reply.
    pub(crate) placeholders: Vec<Placeholder>,
}

/// One call's state, the data of its wasmtime store.
pub(crate) struct State {
    pub(crate) core: Arc<Core>,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) principal: Principal,
    pub(crate) access: Access,
    pub(crate) fixed: Fixed,
    pub(crate) budget: Budget,
    pub(crate) effects: Effects,
    /// Sequence that a search waits for.
    pub(crate) after: Option<u64>,
    /// Length of the chain of brokered queries that led here.
    pub(crate) depth: u32,
    /// Drafts that were written in this call and want syncing before the commit.
    pub(crate) dirty_drafts: Vec<[u8; 16]>,
    pub(crate) random: Option<blake3::OutputReader>,
    /// The clock's end of the call, for host functions that wait.
    pub(crate) deadline: Instant,
    pub(crate) memory_refused: bool,
    /// Time in which the host moved bytes for the plugin, not yet given back to it.
    pub(crate) moved: Duration,
    /// What may still be given back.
    pub(crate) grace: Duration,
    /// Id of the job whose step this is.
    pub(crate) job: Option<String>,
    /// What an answer of this call would rest on.
    pub(crate) traces: Traces,
}

impl State {
    /// What is left of the call's time.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Notes time in which the host moved bytes for the plugin.
    pub(crate) fn moving(&mut self, since: Instant) {
        self.moved += since.elapsed();
    }

    /// At the deadline: what the host took of the guest's time is given back, within
    /// bounds; else the guest ends.
    pub(crate) fn give_back(&mut self) -> UpdateDeadline {
        let back = std::mem::take(&mut self.moved).min(self.grace);
        if back.is_zero() {
            return UpdateDeadline::Interrupt;
        }
        self.grace -= back;
        self.deadline += back;
        UpdateDeadline::Continue(ticks(back))
    }

    /// Counts a host call; the end of the call when there were too many.
    pub(crate) fn count(&mut self) -> Result<(), Failure> {
        self.traces.asked();
        match self.budget.host_calls.checked_sub(1) {
            Some(left) => {
                self.budget.host_calls = left;
                Ok(())
            }
            None => Err(Failure::End(CallError::TooMuch { what: "host-calls" })),
        }
    }

    /// Counts bytes handed to the plugin.
    pub(crate) fn count_bytes(&mut self, bytes: usize) -> Result<(), Failure> {
        match self.budget.bytes.checked_sub(bytes as u64) {
            Some(left) => {
                self.budget.bytes = left;
                Ok(())
            }
            None => Err(Failure::End(CallError::TooMuch { what: "data" })),
        }
    }

    /// Checks at each host call that the capability was granted. It is not linked
    /// otherwise; this is the second wall.
    pub(crate) fn gate(&mut self, capability: &'static str) -> Result<(), Failure> {
        self.count()?;
        if self.plugin.grants.allows(capability) { Ok(()) } else { Err(Failure::not_granted(capability)) }
    }

    /// The state that the call reads.
    pub(crate) fn reader(&self) -> Result<&dyn Reader, Failure> {
        match &self.access {
            Access::Read(snapshot) => Ok(snapshot.as_ref()),
            Access::Write(txn) => Ok(txn.as_ref()),
            Access::None => Err(no_data()),
        }
    }

    /// The transaction that the call writes to.
    pub(crate) fn writer(&mut self) -> Result<&mut Txn, Failure> {
        match &mut self.access {
            Access::Write(txn) => Ok(txn.as_mut()),
            Access::Read(_) => Err(Failure::answer(
                "read-only",
                "Trang xem (GET) không được thay đổi dữ liệu.",
                "A call that only reads (GET) may not change anything.",
            )),
            Access::None => Err(no_data()),
        }
    }

    /// Id of the plugin, as the owner of its rows.
    pub(crate) fn owner(&self) -> &str {
        &self.plugin.manifest.id
    }
}

fn no_data() -> Failure {
    Failure::argument("indexing is pure: it sees its arguments and nothing else")
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= self.budget.memory {
            return Ok(true);
        }
        self.memory_refused = true;
        // An error ends the call; answering "no" would let the guest abort with a
        // trap that says nothing of memory.
        Err(wasmtime::Error::new(CallError::TooMuch { what: "memory" }))
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 20_000)
    }
}

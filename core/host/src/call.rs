//! One call: a fresh instance with its state, a transaction round it, and what
//! follows the commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tram_contract::Text;
use tram_contract::manifest::{Route, RouteKind};
use tram_contract::page::Card;
use tram_journal::{Committed, Context, RunError};
use tram_people::{Kind, Principal};
use wasmtime::{Store, Trap};

use crate::CallError;
use crate::basis::{Basis, Traces};
use crate::bindings::types;
use crate::capabilities::file_of;
use crate::engine::ticks;
use crate::inner::Core;
use crate::plugin::{Entry, Plugin, Status};
use crate::request::{Reply, ReplyBody, Request, head, principal as wire_principal};
use crate::state::{Access, Budget, Effects, Fixed, State};
use crate::uploads::taking::{self, Offered};

/// Largest page document, bytes.
const MAX_PAGE: usize = 1 << 20;
/// Largest body of an `api` reply, bytes.
const MAX_BYTES: usize = 8 << 20;
/// Largest list of cards of a slot, bytes.
const MAX_CARDS: usize = 64 << 10;
/// Deadline of a slot, and of a brokered query.
const SLOT_TIME: Duration = Duration::from_millis(500);
/// What a run under the writer's gate may take: everybody else's saving waits.
const GATE_TIME: Duration = Duration::from_millis(20);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest chain of brokered queries.
const MAX_DEPTH: u32 = 4;
/// What the host may spend on moving bytes for one step of a job, beside the step's own
/// time: a film is copied and hashed in one go.
const MOVING_TIME: Duration = Duration::from_secs(120);
/// Bytes that one host call may take from the guest.
const HOSTCALL_FUEL: usize = 24 << 20;

/// Budget of a request.
const REQUEST: Budget =
    Budget { host_calls: 10_000, memory: crate::engine::MEMORY_MAX, log_lines: 50, bytes: 64 << 20 };
/// Budget of a step of a job, an event's handler, a piece of indexing.
pub(crate) const STEP: Budget =
    Budget { host_calls: 200_000, memory: crate::engine::MEMORY_MAX, log_lines: 100, bytes: 256 << 20 };

/// What a plugin's handler answers.
type Answered = Result<types::Response, types::Error>;

/// What runs in the guest.
pub(crate) type Guest<'a, R> = dyn FnMut(&mut Store<State>) -> wasmtime::Result<R> + 'a;

/// Everything about a call but the guest's function.
pub(crate) struct Frame {
    pub(crate) core: Arc<Core>,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) principal: Principal,
    pub(crate) fixed: Fixed,
    pub(crate) budget: Budget,
    pub(crate) time: Duration,
    /// Deadline under the writer's gate.
    pub(crate) gate_time: Duration,
    pub(crate) after: Option<u64>,
    pub(crate) depth: u32,
    pub(crate) cause: Option<u64>,
    pub(crate) note: String,
    /// The job whose step it is.
    pub(crate) job: Option<String>,
}

/// What is left of a run once the instance is gone.
struct Ran<R> {
    result: Result<R, CallError>,
    access: Access,
    effects: Effects,
    dirty_drafts: Vec<[u8; 16]>,
    traces: Traces,
}

impl Frame {
    /// The frame of a request or a step by `principal`.
    pub(crate) fn new(core: &Arc<Core>, plugin: &Arc<Plugin>, principal: &Principal) -> Result<Self, CallError> {
        let mut budget = REQUEST;
        budget.memory = plugin.limits.memory;
        Ok(Self {
            core: Arc::clone(core),
            plugin: Arc::clone(plugin),
            principal: principal.clone(),
            fixed: Fixed::now()?,
            budget,
            time: plugin.limits.time,
            gate_time: GATE_TIME,
            after: None,
            depth: 0,
            cause: None,
            note: String::new(),
            job: None,
        })
    }

    fn run<R>(&self, access: Access, time: Duration, guest: &mut Guest<'_, R>) -> Ran<R> {
        self.run_within(access, time, Duration::ZERO, guest)
    }

    /// Runs the guest. `grace`: how much of the time that the host spends moving bytes
    /// is not counted as the guest's.
    fn run_within<R>(&self, access: Access, time: Duration, grace: Duration, guest: &mut Guest<'_, R>) -> Ran<R> {
        let state = State {
            core: Arc::clone(&self.core),
            plugin: Arc::clone(&self.plugin),
            principal: self.principal.clone(),
            access,
            fixed: self.fixed.clone(),
            budget: self.budget,
            effects: Effects::default(),
            after: self.after,
            depth: self.depth,
            dirty_drafts: Vec::new(),
            random: None,
            deadline: Instant::now() + time,
            memory_refused: false,
            moved: Duration::ZERO,
            grace,
            job: self.job.clone(),
            traces: Traces::default(),
        };
        let mut store = Store::new(&self.core.engine, state);
        store.limiter(|state| state);
        store.set_epoch_deadline(ticks(time));
        if grace.is_zero() {
            store.epoch_deadline_trap();
        } else {
            store.epoch_deadline_callback(|mut store| Ok(store.data_mut().give_back()));
        }
        store.set_hostcall_fuel(HOSTCALL_FUEL);
        let result = guest(&mut store);
        let state = store.into_data();
        Ran {
            result: result.map_err(|error| end_of(&error, state.memory_refused)),
            access: state.access,
            effects: state.effects,
            dirty_drafts: state.dirty_drafts,
            traces: state.traces,
        }
    }

    /// Runs on a read-only state.
    pub(crate) fn read<R>(&self, guest: &mut Guest<'_, R>) -> Result<R, CallError> {
        self.read_noting(guest).map(|(result, _)| result)
    }

    /// Runs on a read-only state, and notes what the answer rests on.
    fn read_noting<R>(&self, guest: &mut Guest<'_, R>) -> Result<(R, Option<Basis>), CallError> {
        let snapshot = self.core.journal.read()?;
        let tick = snapshot.tick();
        let mut ran = self.run(Access::Read(Box::new(snapshot)), self.time, guest);
        self.after_all(&ran.effects);
        if self.after.is_some() {
            // It may have waited for a save, or say that it did not wait long enough.
            ran.traces.asked();
        }
        if ran.result.is_ok() {
            self.core.tallies.add(&self.plugin.manifest.id, &ran.effects.tallies);
        }
        Ok((ran.result?, Basis::new(&self.plugin, tick, ran.traces)))
    }

    /// Runs without any data (indexing).
    pub(crate) fn pure<R>(&self, guest: &mut Guest<'_, R>) -> Result<R, CallError> {
        let ran = self.run(Access::None, self.time, guest);
        self.after_all(&ran.effects);
        ran.result
    }

    /// Runs in a transaction: twice freely, then once in the writer's turn. `also`
    /// adds the host's own rows to the transaction once the guest has answered.
    pub(crate) fn write<R, T>(
        &self,
        guest: &mut Guest<'_, R>,
        also: &mut dyn FnMut(R, &mut tram_journal::Txn) -> Result<T, CallError>,
    ) -> Result<(T, Committed), CallError> {
        let context = Context {
            actor: self.principal.actor().to_owned(),
            owner: self.plugin.manifest.id.clone(),
            cause: self.cause,
            time: self.fixed.time,
            note: self.note.clone(),
        };
        // The guest's state must own its transaction, the journal lends one: they
        // change places with an empty one for the length of the run.
        let mut empty = Some(Box::new(self.core.journal.begin(context.clone())?));
        let mut attempts = 0u32;
        let mut effects = Effects::default();
        let ran = self.core.journal.run(context, |lent| {
            attempts += 1;
            let gated = attempts > 2;
            let time = if gated { self.gate_time } else { self.time };
            // Not in the writer's turn, where everybody else waits.
            let grace = if self.job.is_some() && !gated { MOVING_TIME } else { Duration::ZERO };
            let Some(mut own) = empty.take() else {
                return Err(CallError::Station { reason: "a transaction was lost".into() });
            };
            std::mem::swap(own.as_mut(), lent);
            let ran = self.run_within(Access::Write(own), time, grace, guest);
            if let Access::Write(mut own) = ran.access {
                std::mem::swap(own.as_mut(), lent);
                empty = Some(own);
            }
            for draft in &ran.dirty_drafts {
                self.core.drafts.sync(draft).map_err(|error| CallError::Station { reason: error.to_string() })?;
            }
            effects = ran.effects;
            also(ran.result?, lent)
        });
        let ran = ran.map_err(|error| match error {
            RunError::Body(CallError::Timeout) if attempts > 2 => CallError::Busy,
            RunError::Body(error) => error,
            RunError::Begin(error) => error.into(),
            RunError::Commit(error) => error.into(),
        });
        if ran.is_ok() {
            for draft in &effects.drop_drafts {
                self.core.drafts.remove(draft);
            }
            if effects.jobs {
                self.core.jobs.raise();
            }
        }
        // Lines of a call that failed are what its author looks for.
        self.after_all(&effects);
        ran
    }

    fn after_all(&self, effects: &Effects) {
        for (level, line) in &effects.log {
            log::log!(target: "plugin", *level, "{}: {line}", self.plugin.manifest.id);
        }
    }
}

/// Why a guest's run ended.
fn end_of(error: &wasmtime::Error, memory_refused: bool) -> CallError {
    if memory_refused {
        return CallError::TooMuch { what: "memory" };
    }
    if let Some(known) = error.downcast_ref::<CallError>() {
        return known.clone();
    }
    if error.downcast_ref::<wasmtime::PoolConcurrencyLimitError>().is_some() {
        return CallError::Busy;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::Timeout,
        Some(trap) => CallError::Trapped { reason: trap.to_string() },
        None => {
            let reason = format!("{error:#}");
            // The engine has no type for it: too many bytes in one host call.
            if reason.contains("fuel") { CallError::TooMuch { what: "data" } } else { CallError::Trapped { reason } }
        }
    }
}

/// A plugin's own error as a caller sees it.
pub(crate) fn plugin_error(error: types::Error) -> CallError {
    let message = Text::decode(&error.message);
    match error.code.as_str() {
        "stale" => CallError::Stale,
        "read-only" => CallError::ReadOnly,
        _ => CallError::Plugin { code: error.code, message },
    }
}

/// Whether an error is the plugin's fault and counts for the breaker.
fn is_failure(error: &CallError) -> bool {
    matches!(error, CallError::Timeout | CallError::Trapped { .. } | CallError::TooMuch { .. })
}

/// Runs something of a plugin with its walls: turn, share, breaker, figures.
pub(crate) fn guarded<R: Send + 'static>(
    core: &Arc<Core>,
    entry: &Arc<Entry>,
    patience: Duration,
    work: impl FnOnce(&Arc<Core>, &Arc<Plugin>) -> Result<R, CallError> + Send + 'static,
) -> Result<R, CallError> {
    let plugin = running(entry)?;
    let began = Instant::now();
    let result = if entry.embedded {
        work(core, &plugin)
    } else {
        let turn = entry.turn.take(patience).ok_or(CallError::Busy)?;
        if !entry.allowance.is_left() {
            return Err(CallError::Busy);
        }
        let (core, on) = (Arc::clone(core), Arc::clone(entry));
        let most = patience + plugin.limits.time * 4;
        let done = core.clone().vendors.run(most, move || {
            let began = processor_time();
            let result = work(&core, &plugin);
            on.allowance.spend(processor_time().saturating_sub(began));
            result
        });
        drop(turn);
        done
    };
    settle(core, entry, began.elapsed(), result.as_ref().err());
    result
}

/// Counts a call, and opens the breaker at the last failure that is borne.
pub(crate) fn settle(core: &Arc<Core>, entry: &Arc<Entry>, spent: Duration, error: Option<&CallError>) {
    let failed = error.is_some_and(is_failure);
    entry.counts.add(spent, failed);
    let Some(error) = error.filter(|_| failed) else { return };
    log::warn!("{}: a call failed: {error}", entry.id());
    if entry.breaker.fail() && matches!(entry.status(), Status::Running(_)) {
        crate::lifecycle::trip(core, entry);
    }
}

/// The processor time of this thread.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the kernel to write one timespec to.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) } != 0 {
        return Duration::ZERO;
    }
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn running(entry: &Arc<Entry>) -> Result<Arc<Plugin>, CallError> {
    match entry.status() {
        Status::Running(plugin) => Ok(plugin),
        Status::Preparing => Err(CallError::Preparing),
        Status::Off { reason, .. } => Err(CallError::Off { reason }),
        Status::Failed { reason } => Err(CallError::Off { reason: reason.get("vi").to_owned() }),
    }
}

/// Whether the principal may take the route.
fn permit(route: &Route, principal: &Principal) -> Result<(), CallError> {
    match &route.permission {
        _ if route.public && route.permission.is_none() => Ok(()),
        Some(permission) if principal.holds(permission) => Ok(()),
        Some(permission) => Err(CallError::Refused {
            // Signing in is the first thing to try for somebody who has not.
            permission: if principal.kind == Kind::Public { String::new() } else { permission.clone() },
        }),
        None => Err(CallError::Refused { permission: String::new() }),
    }
}

/// A request to a route.
pub(crate) fn request(
    core: &Arc<Core>,
    entry: &Arc<Entry>,
    route: &Route,
    request: Request,
    principal: &Principal,
) -> Result<Reply, CallError> {
    permit(route, principal)?;
    let public = if principal.kind == Kind::Public {
        Some(core.public_requests.take(PATIENCE).ok_or(CallError::Busy)?)
    } else {
        None
    };
    let _turn = core.requests.take(PATIENCE).ok_or(CallError::Busy)?;
    let (kind, principal, route) = (route.kind, principal.clone(), route.id.clone());
    let reply =
        guarded(core, entry, PATIENCE, move |core, plugin| respond(core, plugin, kind, &route, request, &principal));
    drop(public);
    reply
}

fn respond(
    core: &Arc<Core>,
    plugin: &Arc<Plugin>,
    kind: RouteKind,
    route: &str,
    mut request: Request,
    principal: &Principal,
) -> Result<Reply, CallError> {
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    let mut frame = Frame::new(core, plugin, principal)?;
    frame.after = request.after.take();
    let uploads = std::mem::take(&mut request.uploads);
    request.uploads.clone_from(&uploads);
    let mut request = request.into_contract(route, principal);
    let no_export = || CallError::Trapped { reason: "the component does not export what the route needs".into() };
    let mut guest = |store: &mut Store<State>| -> wasmtime::Result<(Answered, Vec<Offered>)> {
        // Entered anew in each run's own transaction.
        let offered = taking::offer(store.data_mut(), &uploads, &mut request).map_err(wasmtime::Error::new)?;
        let answered = if kind == RouteKind::Page {
            let point = plugin.points.pages.as_ref().ok_or_else(|| wasmtime::Error::new(no_export()))?;
            let instance = point.instantiate(&mut *store)?;
            instance.tram_plugin_pages().call_handle(store, &request)?
        } else {
            let point = plugin.points.api.as_ref().ok_or_else(|| wasmtime::Error::new(no_export()))?;
            let instance = point.instantiate(&mut *store)?;
            instance.tram_plugin_api().call_handle(store, &request)?
        };
        Ok((answered, offered))
    };
    if reads {
        let ((response, _), basis) = frame.read_noting(&mut guest)?;
        let reply = reply(core, plugin, response.map_err(plugin_error)?, None)?;
        return Ok(Reply { basis, ..reply });
    }
    let mut keep = |(answered, offered): (Answered, Vec<Offered>), txn: &mut tram_journal::Txn| {
        let response = answered.map_err(plugin_error)?;
        let taken = taking::settle(txn, &plugin.manifest.id, &response, &offered)?;
        Ok((response, taken))
    };
    let ((response, taken), committed) = frame.write(&mut guest, &mut keep)?;
    for ticket in &taken {
        core.uploads.taken(ticket);
    }
    reply(core, plugin, response, Some(&committed))
}

/// Turns a plugin's response into the station's reply.
fn reply(
    core: &Arc<Core>,
    plugin: &Arc<Plugin>,
    response: types::Response,
    committed: Option<&Committed>,
) -> Result<Reply, CallError> {
    let (status, mut headers) = head(&response)?;
    let numbers: Vec<(String, String)> = committed
        .map(|committed| {
            committed
                .assigned
                .iter()
                .map(|(place, number)| (String::from_utf8_lossy(&place.decimal(0)).into_owned(), number.to_string()))
                .collect()
        })
        .unwrap_or_default();
    for (_, value) in &mut headers {
        for (token, number) in &numbers {
            if value.contains(token) {
                *value = value.replace(token, number);
            }
        }
    }
    let body =
        match response.body {
            types::Body::Page(bytes) => {
                if bytes.len() > MAX_PAGE {
                    return Err(CallError::TooMuch { what: "reply" });
                }
                let bytes = with_numbers(bytes, &numbers);
                ReplyBody::Page(serde_json::from_slice(&bytes).map_err(|error| CallError::Trapped {
                    reason: format!("the page document does not read: {error}"),
                })?)
            }
            types::Body::Bytes(bytes) => {
                if bytes.len() > MAX_BYTES {
                    return Err(CallError::TooMuch { what: "reply" });
                }
                ReplyBody::Bytes(with_numbers(bytes, &numbers))
            }
            types::Body::Blob(id) => {
                let snapshot = core.journal.read()?;
                let blob =
                    file_of(&core.journal, &snapshot, &plugin.manifest.id, &id).ok_or_else(|| CallError::Plugin {
                        code: "not-found".into(),
                        message: Text::vi_en("Không có tệp này.", "There is no such file."),
                    })?;
                ReplyBody::Blob(blob)
            }
            types::Body::Empty => ReplyBody::Empty,
        };
    Ok(Reply { status, headers, body, committed: committed.map(|committed| committed.sequence), basis: None })
}

/// Puts the numbers that were had at the commit in their tokens' places.
fn with_numbers(bytes: Vec<u8>, numbers: &[(String, String)]) -> Vec<u8> {
    if numbers.is_empty() {
        return bytes;
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            for (token, number) in numbers {
                text = text.replace(token, number);
            }
            text.into_bytes()
        }
        Err(error) => error.into_bytes(),
    }
}

/// Fills a slot of the shell by every plugin that has something for it.
pub(crate) fn fill(
    core: &Arc<Core>,
    slot: &str,
    context: &[(String, String)],
    principal: &Principal,
    after: Option<u64>,
) -> Vec<(String, Vec<Card>)> {
    let mut filled = Vec::new();
    for entry in core.registry.load().values() {
        if !entry.manifest.slots.iter().any(|declared| declared == slot) || entry.running().is_none() {
            continue;
        }
        let (slot, by) = (slot.to_owned(), principal.clone());
        let context: Vec<types::Field> =
            context.iter().map(|(name, value)| types::Field { name: name.clone(), value: value.clone() }).collect();
        let cards = guarded(core, entry, SLOT_TIME, move |core, plugin| {
            let mut frame = Frame::new(core, plugin, &by)?;
            frame.time = SLOT_TIME.min(plugin.limits.time);
            frame.after = after;
            let wire = wire_principal(&by);
            let bytes = frame
                .read(&mut |store: &mut Store<State>| {
                    let Some(point) = &plugin.points.slots else { return Ok(Ok(b"[]".to_vec())) };
                    let instance = point.instantiate(&mut *store)?;
                    instance.tram_plugin_slots().call_fill(store, &slot, &context, &wire)
                })?
                .map_err(plugin_error)?;
            if bytes.len() > MAX_CARDS {
                return Err(CallError::TooMuch { what: "reply" });
            }
            serde_json::from_slice::<Vec<Card>>(&bytes)
                .map_err(|error| CallError::Trapped { reason: format!("the cards do not read: {error}") })
        });
        match cards {
            Ok(cards) if cards.is_empty() => {}
            Ok(cards) => filled.push((entry.id().to_owned(), cards)),
            Err(error) => log::info!("{}: its part of a page is left out: {error}", entry.id()),
        }
    }
    filled
}

/// A brokered query of another plugin's.
pub(crate) fn query(
    core: &Arc<Core>,
    plugin: &str,
    name: &str,
    arguments: Vec<u8>,
    principal: &Principal,
    depth: u32,
    deadline: Instant,
) -> Result<Vec<u8>, CallError> {
    let missing = || CallError::Plugin {
        code: "not-found".into(),
        message: Text::vi_en("Không có phần nào trả lời câu hỏi này.", "No plugin answers this query."),
    };
    if depth > MAX_DEPTH {
        return Err(CallError::TooMuch { what: "depth" });
    }
    let entry = core.entry(plugin).ok_or_else(missing)?;
    let declared = entry.manifest.query.iter().find(|declared| declared.name == name).ok_or_else(missing)?;
    if let Some(permission) = &declared.permission
        && !principal.holds(permission)
    {
        return Err(CallError::Refused { permission: permission.clone() });
    }
    let loaded = running(&entry)?;
    let mut frame = Frame::new(core, &loaded, principal)?;
    frame.depth = depth;
    frame.time = SLOT_TIME.min(deadline.saturating_duration_since(Instant::now()));
    let wire = wire_principal(principal);
    let began = Instant::now();
    // On the asker's own thread, within its deadline: it is the asker's call.
    let answer = frame.read(&mut |store: &mut Store<State>| {
        let point = loaded.points.queryable.as_ref().ok_or_else(|| wasmtime::Error::new(missing()))?;
        let instance = point.instantiate(&mut *store)?;
        instance.tram_plugin_queryable().call_query(store, name, &arguments, &wire)
    });
    settle(core, &entry, began.elapsed(), answer.as_ref().err());
    answer?.map_err(plugin_error)
}

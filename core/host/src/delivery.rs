//! Delivering events: after the commit, in the journal's order, each handler in a
//! transaction of its own that also moves the subscriber's cursor. So a handler's
//! effect happens once, whatever is killed in between.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tram_journal::{Context, Entry as JournalEntry, Reader};
use tram_people::{Channel, Kind, Principal};
use wasmtime::Store;

use crate::bindings::subscriber::exports::tram::plugin::subscriber as wire;
use crate::call::{self, Frame, STEP};
use crate::inner::Core;
use crate::plugin::Entry;
use crate::state::State;
use crate::tables::{self, CURSORS, PARKED};
use crate::{CallError, Error};

/// An event on its way to a subscriber, and what is written with its effect.
struct Delivery {
    sequence: u64,
    /// Plugin that emitted it.
    owner: String,
    topic: String,
    payload: Vec<u8>,
    /// Length of the chain of events that led to it.
    depth: u32,
    then: Then,
}

/// What follows a handled event, in the same transaction.
enum Then {
    /// The subscriber goes on behind it.
    Advance(Cursor),
    /// It is no longer parked, under this key.
    Unpark(Vec<u8>),
}

/// Failures after which an event is parked.
const MAX_TRIES: u32 = 5;
/// Longest chain of events causing events.
const MAX_DEPTH: u32 = 8;
/// Entries read at once; each is at most 4 MB.
const PIECE: usize = 16;
/// Entries without anything for a subscriber after which its cursor is kept anyhow.
const KEEP_AFTER: u64 = 2_000;

/// How far a subscriber has read: everything before this event of this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    sequence: u64,
    /// Events of that entry that are done.
    done: u32,
}

/// An event that nobody could handle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Parked {
    pub(crate) sequence: u64,
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) reason: String,
}

/// Begins a new subscriber at the present: the past is not its business.
pub(crate) fn begin(txn: &mut tram_journal::Txn, plugin: &str, head: u64) -> Result<(), tram_journal::Error> {
    if txn.get(tables::OWNER, CURSORS, plugin.as_bytes())?.is_none() {
        let cursor = Cursor { sequence: head + 1, done: 0 };
        txn.put(tables::OWNER, CURSORS, plugin.as_bytes(), &tables::encode(&cursor), 1, &[], None)?;
    }
    Ok(())
}

struct Subscriber {
    cursor: Cursor,
    kept: u64,
    tries: u32,
    again: Instant,
}

/// The thread of the events.
pub(crate) fn work(core: &Arc<Core>) {
    crate::vendors::give_way();
    let mut subscribers: HashMap<String, Subscriber> = HashMap::new();
    let mut seen = 0;
    while !core.is_stopping() {
        let mut behind = false;
        let registry = core.registry.load_full();
        for (id, entry) in registry.iter() {
            if entry.grants.topics.is_empty() || entry.running().is_none() {
                continue;
            }
            match advance(core, entry, &mut subscribers) {
                Ok(further) => behind |= further,
                Err(error) => log::error!("events for {id}: {error}"),
            }
        }
        subscribers.retain(|id, _| registry.contains_key(id));
        if !behind {
            seen = core.journal.wait_for(seen + 1, Duration::from_millis(500));
        }
    }
}

/// Takes a subscriber one piece further; true when more is waiting.
fn advance(core: &Arc<Core>, entry: &Arc<Entry>, all: &mut HashMap<String, Subscriber>) -> Result<bool, Error> {
    let id = entry.id();
    if !all.contains_key(id) {
        let stored = core.journal.read()?.get(tables::OWNER, CURSORS, id.as_bytes())?;
        let cursor = match stored {
            Some(row) => tables::decode("a subscriber's cursor", &row.value)?,
            None => Cursor { sequence: core.journal.head().sequence + 1, done: 0 },
        };
        let subscriber = Subscriber { cursor, kept: cursor.sequence, tries: 0, again: Instant::now() };
        all.insert(id.to_owned(), subscriber);
    }
    let Some(subscriber) = all.get_mut(id) else { return Ok(false) };
    if subscriber.again > Instant::now() || core.journal.head().sequence < subscriber.cursor.sequence {
        return Ok(false);
    }
    let entries = core.journal.changes(subscriber.cursor.sequence, PIECE)?;
    for journalled in &entries {
        // Erased or shed events leave gaps; places in the entry stay what they were.
        for (place, event) in journalled.events.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            if journalled.sequence == subscriber.cursor.sequence && place < subscriber.cursor.done {
                continue;
            }
            let topic = format!("{}/{}", journalled.owner, event.topic);
            if !entry.grants.hears(&topic) {
                continue;
            }
            let next = Cursor { sequence: journalled.sequence, done: place + 1 };
            let delivery = Delivery {
                sequence: journalled.sequence,
                owner: journalled.owner.clone(),
                topic: event.topic.clone(),
                payload: event.payload.clone(),
                depth: depth(core, journalled)?,
                then: Then::Advance(next),
            };
            match deliver(core, entry, delivery) {
                Ok(()) => {
                    subscriber.tries = 0;
                    subscriber.cursor = next;
                    subscriber.kept = next.sequence;
                }
                Err(error) => {
                    subscriber.tries += 1;
                    if subscriber.tries < MAX_TRIES {
                        let pause = Duration::from_millis(100 << subscriber.tries.min(6));
                        subscriber.again = Instant::now() + pause;
                        return Ok(false);
                    }
                    log::warn!("{id}: an event of {topic} is parked: {error}");
                    park(core, id, journalled, event, next, &error)?;
                    subscriber.tries = 0;
                    subscriber.cursor = next;
                }
            }
        }
        subscriber.cursor = Cursor { sequence: journalled.sequence + 1, done: 0 };
    }
    if subscriber.cursor.sequence > subscriber.kept + KEEP_AFTER {
        keep(core, id, subscriber.cursor)?;
        subscriber.kept = subscriber.cursor.sequence;
    }
    Ok(!entries.is_empty())
}

/// The principal of a handler: nobody's, so what needs a person is not reached.
fn principal() -> Principal {
    Principal { kind: Kind::Job, ..Principal::public(Channel::Loopback, "vi") }
}

/// How many events led to this entry.
fn depth(core: &Core, entry: &JournalEntry) -> Result<u32, tram_journal::Error> {
    let mut depth = 0;
    let mut cause = entry.cause;
    while let Some(sequence) = cause {
        depth += 1;
        if depth >= MAX_DEPTH {
            break;
        }
        cause = core
            .journal
            .changes(sequence, 1)?
            .first()
            .filter(|found| found.sequence == sequence)
            .and_then(|found| found.cause);
    }
    Ok(depth)
}

fn deliver(core: &Arc<Core>, entry: &Arc<Entry>, delivery: Delivery) -> Result<(), CallError> {
    if delivery.depth >= MAX_DEPTH {
        return Err(CallError::TooMuch { what: "depth" });
    }
    let Delivery { sequence, owner, topic, payload, then, .. } = delivery;
    let wire = wire::Event { sequence, plugin: owner, topic, payload };
    let on = Arc::clone(entry);
    call::guarded(core, entry, Duration::from_secs(2), move |core, plugin| {
        let mut frame = Frame::new(core, plugin, &principal())?;
        frame.budget = STEP;
        frame.budget.memory = plugin.limits.memory;
        frame.cause = Some(sequence);
        frame.write(
            &mut |store: &mut Store<State>| {
                let Some(point) = &plugin.points.subscriber else { return Ok(Ok(())) };
                let instance = point.instantiate(&mut *store)?;
                instance.tram_plugin_subscriber().call_on_event(store, &wire)
            },
            &mut |handled, txn| {
                handled.map_err(call::plugin_error)?;
                match &then {
                    Then::Advance(next) => {
                        txn.put(tables::OWNER, CURSORS, on.id().as_bytes(), &tables::encode(next), 1, &[], None)?;
                    }
                    Then::Unpark(key) => txn.delete(tables::OWNER, PARKED, key, None)?,
                }
                Ok(())
            },
        )?;
        Ok(())
    })
}

/// Hands a parked event to its subscriber once more; its place among the others is
/// lost, and when it is handled it is no longer parked.
pub(crate) fn retry(core: &Arc<Core>, entry: &Arc<Entry>, key: Vec<u8>, parked: Parked) -> Result<(), CallError> {
    let (owner, topic) = parked.topic.split_once('/').unwrap_or_default();
    let from = core.journal.changes(parked.sequence, 1)?;
    let depth = match from.first().filter(|found| found.sequence == parked.sequence) {
        Some(from) => depth(core, from)?,
        None => 0,
    };
    let delivery = Delivery {
        sequence: parked.sequence,
        owner: owner.to_owned(),
        topic: topic.to_owned(),
        payload: parked.payload,
        depth,
        then: Then::Unpark(key),
    };
    deliver(core, entry, delivery)
}

fn park(
    core: &Core,
    plugin: &str,
    from: &JournalEntry,
    event: &tram_journal::Event,
    next: Cursor,
    error: &CallError,
) -> Result<(), Error> {
    let parked = Parked {
        sequence: from.sequence,
        topic: format!("{}/{}", from.owner, event.topic),
        payload: event.payload.clone(),
        reason: error.to_string(),
    };
    let mut place = from.sequence.to_be_bytes().to_vec();
    place.extend(next.done.to_be_bytes());
    commit(core, |txn| {
        txn.put(tables::OWNER, PARKED, &tables::joined(plugin, &place), &tables::encode(&parked), 1, &[], None)?;
        txn.put(tables::OWNER, CURSORS, plugin.as_bytes(), &tables::encode(&next), 1, &[], None)
    })
}

fn keep(core: &Core, plugin: &str, cursor: Cursor) -> Result<(), Error> {
    commit(core, |txn| txn.put(tables::OWNER, CURSORS, plugin.as_bytes(), &tables::encode(&cursor), 1, &[], None))
}

/// Runs a transaction of the host's own.
pub(crate) fn commit(
    core: &Core,
    mut body: impl FnMut(&mut tram_journal::Txn) -> Result<(), tram_journal::Error>,
) -> Result<(), Error> {
    let mut context = Context::new("system", tables::OWNER);
    context.time = tram_journal::clock::now();
    core.journal.run(context, |txn| body(txn)).map(|_| ()).map_err(|error| match error {
        tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => Error::Journal(error),
        tram_journal::RunError::Commit(error) => Error::Commit(error),
    })
}

//! The commit: whoever finds no leader leads, writes one group for all who wait, hands over.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

use redb::{Durability, WriteTransaction};

use crate::admit::{Admitted, Group};
use crate::apply::Apply;
use crate::core::{Core, Writer, lock};
use crate::model::Committed;
use crate::prepare::Prepared;
use crate::tables;
use crate::{CommitError, Error};

/// Transactions in a group at most.
const GROUP: usize = 256;
/// Their bytes at most, so that the buffers are bounded.
const GROUP_BYTES: usize = 4 << 20;

type Outcome = Result<Committed, CommitError>;

const WAITING: u8 = 0;
const LEADS: u8 = 1;
const DONE: u8 = 2;

/// A transaction that waits for the writer.
#[derive(Debug)]
struct Pending {
    prepared: Mutex<Option<Prepared>>,
    outcome: Mutex<Option<Outcome>>,
    state: AtomicU8,
    thread: Thread,
}

impl Pending {
    fn take(&self) -> Option<Prepared> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn tell(&self, state: u8) {
        self.state.store(state, Ordering::Release);
        self.thread.unpark();
    }

    fn outcome(&self) -> Outcome {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome.unwrap_or_else(|| Err(Error::Closed.into()))
    }
}

/// Those who wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Arc<Pending>>,
    bytes: usize,
    leading: bool,
}

impl Queue {
    fn push(&mut self, pending: Arc<Pending>) {
        self.waiting.push_back(pending);
    }
}

/// If the leader panics the next one must still be called, or every writer hangs.
struct HandOver<'a>(&'a Core);

impl Drop for HandOver<'_> {
    fn drop(&mut self) {
        let mut queue = lock(&self.0.queue);
        match queue.waiting.pop_front() {
            Some(next) => next.tell(LEADS),
            None => queue.leading = false,
        }
    }
}

thread_local! {
    /// This thread runs a transaction in the writer's turn.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// While it lives this thread may not commit: it would wait for itself.
pub(crate) struct Alone(());

impl Alone {
    pub(crate) fn enter() -> Self {
        ALONE.set(true);
        Self(())
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        ALONE.set(false);
    }
}

/// Refuses a commit from within a transaction that has the writer's turn.
pub(crate) fn refuse_alone() -> Result<(), Error> {
    if ALONE.get() {
        return Err(Error::Limit("a transaction's closure must not commit another"));
    }
    Ok(())
}

/// Wakes a group, also when the leader panics: those without an outcome get an error.
struct Told<'a>(&'a [Arc<Pending>]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        for pending in self.0 {
            pending.tell(DONE);
        }
    }
}

/// Commits with others, or as their leader.
pub(crate) fn commit(core: &Core, prepared: Prepared) -> Outcome {
    core.check_open()?;
    if prepared.is_empty() {
        return Ok(Committed { sequence: core.head().sequence, assigned: Vec::new() });
    }
    let own = Arc::new(Pending {
        prepared: Mutex::new(Some(prepared)),
        outcome: Mutex::new(None),
        state: AtomicU8::new(WAITING),
        thread: thread::current(),
    });
    let leads = {
        let mut queue = lock(&core.queue);
        if queue.leading {
            queue.push(Arc::clone(&own));
            false
        } else {
            queue.leading = true;
            true
        }
    };
    if !leads {
        loop {
            match own.state.load(Ordering::Acquire) {
                WAITING => thread::park(),
                DONE => return own.outcome(),
                _ => break,
            }
        }
    }
    let _hand_over = HandOver(core);
    lead(core, &own);
    own.outcome()
}

fn lead(core: &Core, own: &Arc<Pending>) {
    let mut writer = lock(&core.writer);
    let mut group = vec![Arc::clone(own)];
    {
        let mut queue = lock(&core.queue);
        queue.bytes = 0;
        while group.len() < GROUP && queue.bytes < GROUP_BYTES {
            let Some(next) = queue.waiting.pop_front() else {
                break;
            };
            queue.bytes += lock(&next.prepared).as_ref().map_or(0, |p| p.bytes);
            group.push(next);
        }
    }
    let told = Told(&group);
    let prepared = group.iter().filter_map(|p| p.take()).collect();
    let outcomes = run_group(core, &mut writer, prepared);
    for (pending, outcome) in group.iter().zip(outcomes) {
        *lock(&pending.outcome) = Some(outcome);
    }
    // Acknowledged before the checkpoint, which nobody need wait for.
    drop(told);
    checkpoint_if_due(core, &mut writer);
}

/// Makes the tables durable when enough has been written since the last time.
pub(crate) fn checkpoint_if_due(core: &Core, writer: &mut Writer) {
    if (writer.entries >= core.options.checkpoint_entries || writer.bytes >= core.options.checkpoint_bytes)
        && let Err(e) = core.checkpoint(writer)
    {
        log::error!("journal: no checkpoint: {e}");
    }
}

/// Validates and writes a group. Each outcome is for the transaction at its place.
pub(crate) fn run_group(core: &Core, writer: &mut Writer, group: Vec<Prepared>) -> Vec<Outcome> {
    let n = group.len();
    if let Err(e) = core.check_open().and_then(|()| core.catch_up(writer)) {
        return fail(n, &e);
    }
    let mut group = group;
    let mut refused: Vec<bool> = vec![false; n];
    if core.is_low() {
        // Deleting must work on a full disk: the reserve is there for it.
        if group.iter().any(|p| p.only_deletes) {
            core.blobs.give_up_reserve();
            core.forget_free();
        }
        for (p, refused) in group.iter().zip(&mut refused) {
            *refused = !p.only_deletes;
        }
    }
    match write_group(core, writer, &mut group, &refused) {
        Ok(outcomes) => outcomes,
        Err(e) => {
            if matches!(e, Error::Full) {
                core.forget_free();
            }
            if writer.tables_behind
                && let Err(e) = core.catch_up(writer)
            {
                log::error!("journal: the tables could not be opened again: {e}");
            }
            fail(n, &e)
        }
    }
}

/// The same failure for all.
fn fail(n: usize, e: &Error) -> Vec<Outcome> {
    (0..n)
        .map(|_| {
            Err(match e {
                Error::Full => CommitError::Full,
                Error::Closed => Error::Closed.into(),
                e => CommitError::Io(Box::new(Error::Io(std::io::Error::other(e.to_string())))),
            })
        })
        .collect()
}

fn write_group(
    core: &Core,
    writer: &mut Writer,
    group: &mut Vec<Prepared>,
    refused: &[bool],
) -> Result<Vec<Outcome>, Error> {
    let tick = core.tick() + 1;
    // Also for what is only asked of the journal's tables: versions and quotas.
    let uses_main = group.iter().any(|p| p.writes_journal() || !p.expected.is_empty() || !p.adds.is_empty());
    let uses_scratch = group.iter().any(|p| !p.scratch.is_empty());
    let start = writer.head;
    let catalog = core.catalog();
    let outcome = core.main.with(|db| {
        core.scratch.with(|scratch_db| {
            let begin = |db: &redb::Database| -> Result<WriteTransaction, Error> {
                let mut txn = db.begin_write().map_err(Error::tables)?;
                txn.set_durability(Durability::None).map_err(Error::tables)?;
                Ok(txn)
            };
            let main = if uses_main { Some(begin(db)?) } else { None };
            let scratch = if uses_scratch { Some(begin(scratch_db)?) } else { None };
            let (results, bodies, head, scratch_version, changed) = {
                let mut tables = Group {
                    core,
                    main: main
                        .as_ref()
                        .map(|t| Apply::new(t, Arc::clone(&catalog), Some(Arc::clone(&core.segments))))
                        .transpose()?,
                    scratch: scratch.as_ref().map(|t| Apply::new(t, Arc::clone(&catalog), None)).transpose()?,
                    head: start,
                    scratch_version: writer.scratch_version,
                };
                let mut results: Vec<Result<Admitted, CommitError>> = Vec::with_capacity(group.len());
                for (prepared, refused) in group.drain(..).zip(refused) {
                    if *refused {
                        results.push(Err(CommitError::Full));
                        continue;
                    }
                    if !writer.ring.is_current(prepared.tick, &prepared.reads) {
                        results.push(Err(CommitError::Conflict));
                        continue;
                    }
                    core.changed.note(&prepared, &catalog, tick);
                    match tables.admit(prepared) {
                        Ok(Ok((admitted, touched))) => {
                            // Should the group fail, these keys only cause conflicts that need not be.
                            writer.ring.add(tick, touched);
                            results.push(Ok(admitted));
                        }
                        Ok(Err(refusal)) => results.push(Err(refusal)),
                        Err(e) => {
                            writer.tables_behind |= matches!(e, Error::Tables(_) | Error::Full);
                            return Err(e);
                        }
                    }
                }
                let bodies: Vec<Vec<u8>> =
                    results.iter_mut().filter_map(|r| r.as_mut().ok().and_then(|a| a.body.take())).collect();
                let Group { main: main_apply, scratch: scratch_apply, head, scratch_version, .. } = tables;
                let changed = main_apply.map(Apply::finish).transpose()?.map(|(catalog, _)| catalog);
                scratch_apply.map(Apply::finish).transpose()?;
                (results, bodies, head, scratch_version, changed)
            };
            if bodies.is_empty() {
                // Only refusals, or only scratch rows.
                if let Some(txn) = main {
                    txn.abort().map_err(Error::tables)?;
                }
            } else if let Some(txn) = main {
                let bytes = writer.log.append(&bodies, &start)?;
                // From here on the entries are on disk, and acknowledged whatever the tables say.
                writer.head = head;
                writer.last = writer.log.last_place(&bodies, &head);
                writer.entries += bodies.len() as u64;
                writer.bytes += bytes;
                if let Err(e) = finish_tables(txn, writer) {
                    log::error!("journal: the tables failed and are replayed: {e}");
                    writer.tables_behind = true;
                } else if let Some(changed) = changed.filter(|c| !Arc::ptr_eq(c, &catalog)) {
                    core.set_catalog(changed);
                }
            }
            if let Some(txn) = scratch {
                txn.commit().map_err(Error::tables)?;
                writer.scratch_version = scratch_version;
                core.scratch_dirty.store(true, Ordering::Release);
            }
            Ok(results)
        })
    })?;
    // What is on disk is acknowledged, also where there is no room to open the tables anew:
    // the next who reads or writes tries again.
    if writer.tables_behind
        && let Err(e) = core.catch_up(writer)
    {
        log::error!("journal: the tables could not be opened again: {e}");
    }
    core.set_tick(tick);
    if writer.head.sequence != start.sequence {
        core.publish_head(writer.head);
        *lock(&core.last_commit) = Instant::now();
    }
    Ok(outcome.into_iter().map(|r| r.map(|a| a.committed)).collect())
}

fn finish_tables(txn: WriteTransaction, writer: &Writer) -> Result<(), Error> {
    txn.open_table(tables::META)
        .map_err(Error::tables)?
        .insert(tables::AT, writer.at().encode().as_slice())
        .map_err(Error::tables)?;
    txn.commit().map_err(Error::tables)
}

//! The commit: whoever finds no leader leads, writes one group for all who wait, hands over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

use redb::{Durability, WriteTransaction};

use crate::apply::Apply;
use crate::catalog::Catalog;
use crate::core::{Core, Writer, lock};
use crate::item::{Body, Item};
use crate::model::{Committed, Head, Placeholder};
use crate::prepare::{self, Prepared};
use crate::record::Record;
use crate::tables;
use crate::txn::CounterChange;
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
        self.prepared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn tell(&self, state: u8) {
        self.state.store(state, Ordering::Release);
        self.thread.unpark();
    }

    fn outcome(&self) -> Outcome {
        let outcome = self
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
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
        return Ok(Committed {
            sequence: core.head().sequence,
            assigned: Vec::new(),
        });
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
    if (writer.entries >= core.options.checkpoint_entries
        || writer.bytes >= core.options.checkpoint_bytes)
        && let Err(e) = core.checkpoint(writer)
    {
        log::error!("journal: no checkpoint: {e}");
    }
}

/// One transaction's part of a group that has passed all checks.
struct Admitted {
    committed: Committed,
    body: Option<Vec<u8>>,
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
    let uses_main =
        group.iter().any(Prepared::writes_journal) || group.iter().any(|p| !p.expected.is_empty());
    let uses_scratch = group.iter().any(|p| !p.scratch.is_empty());
    let start = writer.head;
    let catalog = core.catalog();
    let outcome = core.main.with(|db| {
        core.scratch.with(|scratch_db| {
            let begin = |db: &redb::Database| -> Result<WriteTransaction, Error> {
                let mut txn = db.begin_write().map_err(Error::tables)?;
                txn.set_durability(Durability::None)
                    .map_err(Error::tables)?;
                Ok(txn)
            };
            let main = if uses_main { Some(begin(db)?) } else { None };
            let scratch = if uses_scratch {
                Some(begin(scratch_db)?)
            } else {
                None
            };
            let (results, bodies, head, scratch_version, changed) = {
                let mut tables = Group {
                    core,
                    main: main
                        .as_ref()
                        .map(|t| {
                            Apply::new(t, Arc::clone(&catalog), Some(Arc::clone(&core.segments)))
                        })
                        .transpose()?,
                    scratch: scratch
                        .as_ref()
                        .map(|t| Apply::new(t, Arc::clone(&catalog), None))
                        .transpose()?,
                    head: start,
                    scratch_version: writer.scratch_version,
                };
                let mut results: Vec<Result<Admitted, CommitError>> =
                    Vec::with_capacity(group.len());
                for (prepared, refused) in group.drain(..).zip(refused) {
                    if *refused {
                        results.push(Err(CommitError::Full));
                        continue;
                    }
                    if !writer.ring.is_current(prepared.tick, &prepared.reads) {
                        results.push(Err(CommitError::Conflict));
                        continue;
                    }
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
                let bodies: Vec<Vec<u8>> = results
                    .iter_mut()
                    .filter_map(|r| r.as_mut().ok().and_then(|a| a.body.take()))
                    .collect();
                let Group {
                    main: main_apply,
                    scratch: scratch_apply,
                    head,
                    scratch_version,
                    ..
                } = tables;
                let changed = main_apply
                    .map(Apply::finish)
                    .transpose()?
                    .map(|(catalog, _)| catalog);
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
    if writer.tables_behind {
        core.catch_up(writer)?;
    }
    core.set_tick(tick);
    if writer.head.sequence != start.sequence {
        core.publish_head(writer.head);
        *lock(&core.last_commit) = Instant::now();
    }
    Ok(outcome
        .into_iter()
        .map(|r| r.map(|a| a.committed))
        .collect())
}

fn finish_tables(txn: WriteTransaction, writer: &Writer) -> Result<(), Error> {
    txn.open_table(tables::META)
        .map_err(Error::tables)?
        .insert(tables::AT, writer.at().encode().as_slice())
        .map_err(Error::tables)?;
    txn.commit().map_err(Error::tables)
}

/// The tables while a group is written.
struct Group<'c, 't> {
    core: &'c Core,
    main: Option<Apply<'t>>,
    scratch: Option<Apply<'t>>,
    head: Head,
    scratch_version: u64,
}

type Admission = Result<(Admitted, Vec<Vec<u8>>), CommitError>;

impl Group<'_, '_> {
    /// Checks a transaction against the newest state and applies it. The outer error is the
    /// storage's, and ends the group; the inner one is this transaction's alone.
    fn admit(&mut self, mut prepared: Prepared) -> Result<Admission, Error> {
        for e in &prepared.expected {
            let side = if e.collection.is_scratch() {
                &self.scratch
            } else {
                &self.main
            };
            let found = side
                .as_ref()
                .map_or(Ok(0), |apply| apply.version(e.collection.id, &e.key))?;
            if found != e.version {
                return Ok(Err(CommitError::Stale {
                    owner: e.collection.owner.to_string(),
                    collection: e.collection.spec.name.clone(),
                    key: e.key.clone(),
                    expected: e.version,
                    found,
                }));
            }
        }
        for (owner, added) in &prepared.adds {
            if let Some(main) = &mut self.main {
                let usage = main.usage(owner)?;
                if let Some(quota) = usage
                    .quota
                    .filter(|q| usage.total().saturating_add(*added) > *q)
                {
                    return Ok(Err(CommitError::OverQuota {
                        owner: owner.to_string(),
                        quota,
                    }));
                }
            }
        }
        let (counters, assigned) = self.count(&prepared.counters)?;
        let catalog = self
            .main
            .as_ref()
            .map_or_else(|| self.core.catalog(), |m| Arc::clone(&m.catalog));
        let key = &self.core.index_key;
        let mut items = prepare::items(prepared.main, &assigned, &catalog, key)?;
        let mut scratch = prepare::items(prepared.scratch, &assigned, &catalog, key)?;
        if let Some(refusal) = self
            .unique(&items, &catalog, false)?
            .or(self.unique(&scratch, &catalog, true)?)
        {
            return Ok(Err(refusal));
        }
        items.extend(counters);
        items.extend(prepare::items(
            std::mem::take(&mut prepared.words),
            &assigned,
            &catalog,
            key,
        )?);
        let mut touched = Vec::new();
        if !scratch.is_empty()
            && let Some(apply) = &mut self.scratch
        {
            self.scratch_version += 1;
            for item in &mut scratch {
                apply.item(item, self.scratch_version)?;
            }
            touched.append(&mut apply.touched);
        }
        let mut sequence = self.head.sequence;
        let mut body = None;
        if let Some(apply) = self.main.as_mut().filter(|_| !items.is_empty()) {
            sequence += 1;
            let restored = items.iter().find_map(|i| match &i.body {
                Body::Restore { epoch, tag, .. } => Some((*epoch, *tag)),
                _ => None,
            });
            let (epoch, tag) = restored.unwrap_or((self.head.epoch, self.head.tag));
            let mut record = Record {
                sequence,
                epoch,
                tag,
                previous: self.head.hash,
                time: prepared.context.time,
                actor: prepared.context.actor,
                owner: prepared.context.owner,
                cause: prepared.context.cause.unwrap_or(0),
                private: Vec::new(),
                public: None,
                seed: Some(prepared.seed),
                items,
            };
            apply.record(&mut record)?;
            record.commit_to_items(&apply.catalog.dictionaries)?;
            touched.append(&mut apply.touched);
            let (bytes, hash) = record.encode();
            self.head = Head {
                sequence,
                epoch,
                tag,
                hash,
            };
            body = Some(bytes);
        }
        Ok(Ok((
            Admitted {
                committed: Committed { sequence, assigned },
                body,
            },
            touched,
        )))
    }

    /// Carries out the counter changes: merged, so that each counter is written once.
    #[allow(
        clippy::type_complexity,
        reason = "items and the numbers given, used only by admit"
    )]
    fn count(
        &mut self,
        changes: &[(String, String, CounterChange)],
    ) -> Result<(Vec<Item>, Vec<(Placeholder, u64)>), Error> {
        let mut values: Vec<(&str, &str, i64)> = Vec::new();
        let mut assigned = Vec::new();
        for (owner, name, change) in changes {
            let at = match values.iter().position(|(o, n, _)| o == owner && n == name) {
                Some(at) => at,
                None => {
                    let now = match &self.main {
                        Some(main) => main.counter(&tables::counter_key(owner, name))?,
                        None => 0,
                    };
                    values.push((owner, name, now));
                    values.len() - 1
                }
            };
            let Some((_, _, value)) = values.get_mut(at) else {
                continue;
            };
            match change {
                CounterChange::Add(n) => *value = value.saturating_add(*n),
                CounterChange::AtLeast(n) => *value = (*value).max(*n),
                CounterChange::Take(placeholder) => {
                    *value = value.saturating_add(1);
                    assigned.push((*placeholder, value.unsigned_abs()));
                }
            }
        }
        let items = values
            .into_iter()
            .map(|(owner, name, value)| {
                Item::new(
                    true,
                    Body::Counter {
                        owner: owner.to_owned(),
                        name: name.to_owned(),
                        value,
                    },
                )
            })
            .collect();
        Ok((items, assigned))
    }

    /// Looks for a unique term that another row has, or would have.
    fn unique(
        &self,
        items: &[Item],
        catalog: &Catalog,
        scratch: bool,
    ) -> Result<Option<CommitError>, Error> {
        let side = if scratch { &self.scratch } else { &self.main };
        let Some(apply) = side else { return Ok(None) };
        let mut claims: Vec<(u32, u16, &[u8], &[u8])> = Vec::new();
        for item in items {
            let Body::Put {
                collection,
                key,
                terms,
                ..
            } = &item.body
            else {
                continue;
            };
            let info = catalog.by_number(*collection)?;
            for (index, term) in terms {
                let Some(spec) = info
                    .spec
                    .indexes
                    .get(usize::from(*index))
                    .filter(|i| i.unique)
                else {
                    continue;
                };
                let mut holder = apply
                    .holders(*collection, *index, term)?
                    .into_iter()
                    .find(|k| k != key);
                // The holder may give the term up in this very transaction.
                if holder
                    .as_ref()
                    .is_some_and(|h| gives_up(items, *collection, *index, term, h))
                {
                    holder = None;
                }
                let rival = claims
                    .iter()
                    .find(|(c, i, t, k)| {
                        (*c, *i, *t) == (*collection, *index, term.as_slice()) && *k != key
                    })
                    .map(|(_, _, _, k)| k.to_vec());
                if let Some(holder) = holder.or(rival) {
                    return Ok(Some(CommitError::Unique {
                        owner: info.owner.to_string(),
                        collection: info.spec.name.clone(),
                        index: spec.name.clone(),
                        holder,
                    }));
                }
                claims.push((*collection, *index, term, key));
            }
        }
        Ok(None)
    }
}

/// True when one of the items writes row `holder` without the term, or deletes it.
fn gives_up(items: &[Item], collection: u32, index: u16, term: &[u8], holder: &[u8]) -> bool {
    items.iter().any(|item| match &item.body {
        Body::Put {
            collection: c,
            key,
            terms,
            ..
        } => {
            *c == collection
                && key == holder
                && !terms.iter().any(|(i, t)| *i == index && t == term)
        }
        Body::Delete {
            collection: c, key, ..
        } => *c == collection && key == holder,
        _ => false,
    })
}

//! Shedding what `latest` collections no longer keep, and deleting all of an owner's.

use std::collections::BTreeSet;
use std::ops::Bound;

use redb::{Durability, ReadableDatabase, ReadableTable, TableError};

use crate::Error;
use crate::blobs::BlobId;
use crate::codec::{Input, put_u64};
use crate::core::lock;
use crate::erase::{add, decide_and_carry_out};
use crate::item::Body;
use crate::journal::Journal;
use crate::model::{Context, Erased, History, Time, TimeQuality};
use crate::record::Record;
use crate::segment::Step;
use crate::tables;
use crate::txn::MAX_CHANGES;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// See [`Journal::shed`].
pub(crate) fn shed(journal: &Journal, now: Time, limit: usize) -> Result<Erased, Error> {
    let core = &journal.core;
    core.check_open()?;
    if now.quality == TimeQuality::Unset {
        return Ok(Erased::default());
    }
    let _maintenance = lock(&core.maintenance);
    let mut writer = lock(&core.writer);
    core.catch_up(&mut writer)?;
    let catalog = core.catalog();
    let start = core.main.with(|db| {
        let txn = db.begin_read().map_err(Error::tables)?;
        match txn.open_table(tables::META) {
            Err(TableError::TableDoesNotExist(_)) => Ok(1),
            other => {
                let table = other.map_err(Error::tables)?;
                let found = table.get(tables::SHED).map_err(Error::tables)?;
                found.map_or(Ok(1), |v| Input::new(v.value()).u64())
            }
        }
    })?;
    let mut found = BTreeSet::new();
    let mut next = start;
    let mut known = i64::MIN;
    let mut scan = core.segments.scan(core.segments.locate(start)?);
    scan.skip_to(start)?;
    'entries: while found.len() < limit.min(MAX_CHANGES) && next <= writer.head.sequence {
        let Step::Entry { body, .. } = scan.next()? else {
            break;
        };
        let (record, _) = Record::decode(&body)?;
        if record.time.quality != TimeQuality::Unset {
            known = known.max(record.time.unix_ms);
        }
        for item in record.items.iter().filter(|i| i.prior() != 0) {
            let (Body::Put { collection, key, .. } | Body::Delete { collection, key, .. }) = &item.body else {
                continue;
            };
            let History::Latest { days } = catalog.by_number(*collection)?.spec.history else {
                continue;
            };
            // A value is superseded when this entry was written; where its clock was not set,
            // it is at least as old as the last entry whose clock was.
            if known == i64::MIN || known + i64::from(days) * DAY_MS > now.unix_ms {
                break 'entries;
            }
            let (prior, _) = core.segments.entry(item.prior())?;
            let at = prior.items.iter().position(|i| match &i.body {
                Body::Put { collection: c, key: k, .. } | Body::Delete { collection: c, key: k, .. } => {
                    c == collection && k == key
                }
                _ => false,
            });
            if let Some(index) = at {
                add(&mut found, &prior, index, &catalog.dictionaries)?;
            }
        }
        next = record.sequence + 1;
    }
    if next != start {
        let mut bytes = Vec::new();
        put_u64(&mut bytes, next);
        // Should it be lost, the same stretch is looked through again.
        core.main.with(|db| {
            let mut txn = db.begin_write().map_err(Error::tables)?;
            txn.set_durability(Durability::None).map_err(Error::tables)?;
            txn.open_table(tables::META)
                .map_err(Error::tables)?
                .insert(tables::SHED, bytes.as_slice())
                .map_err(Error::tables)?;
            txn.commit().map_err(Error::tables)
        })?;
    }
    if found.is_empty() {
        return Ok(Erased { sequence: writer.head.sequence, ..Erased::default() });
    }
    let context = Context { time: now, ..Context::new("system", "core") };
    decide_and_carry_out(journal, &mut writer, context, found.into_iter().collect(), "", "history")
}

/// See [`Journal::remove_owner_data`].
pub(crate) fn remove_owner(journal: &Journal, context: &Context, owner: &str) -> Result<u64, Error> {
    /// Rows deleted in one step.
    const STEP: usize = 5_000;
    let core = &journal.core;
    let mut removed = 0;
    for info in core.catalog().of_owner(owner) {
        loop {
            let mut txn = journal.begin(context.clone())?;
            let rows = txn.view.rows(&info, &Bound::Unbounded, &Bound::Unbounded, false, STEP)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                txn.delete(owner, &info.spec.name, &row.key, None)?;
            }
            removed += rows.len() as u64;
            journal.commit(txn)?;
        }
    }
    let held = core.main.with(|db| {
        let txn = db.begin_read().map_err(Error::tables)?;
        let mut held = Vec::new();
        match txn.open_table(tables::BLOBS) {
            Err(TableError::TableDoesNotExist(_)) => {}
            other => {
                for entry in other.map_err(Error::tables)?.iter().map_err(Error::tables)? {
                    let (key, value) = entry.map_err(Error::tables)?;
                    let mut input = Input::new(key.value());
                    let id = BlobId(input.array()?);
                    if input.rest() == owner.as_bytes() {
                        let (times, length) = value.value();
                        held.extend((0..times).map(|_| (id, length, false)));
                    }
                }
            }
        }
        Ok(held)
    })?;
    for step in held.chunks(STEP) {
        let mut txn = journal.begin(Context { owner: owner.to_owned(), ..context.clone() })?;
        txn.blobs = step.to_vec();
        journal.commit(txn)?;
    }
    Ok(removed)
}

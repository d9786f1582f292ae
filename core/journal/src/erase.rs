//! Erasing and shedding: one mechanism. The decision is an entry; the tables follow at once;
//! then the segments are rewritten without the items, and the table file without free pages
//! that might still hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Bound;
use std::sync::Arc;

use redb::{
    Durability, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError,
};

use crate::Error;
use crate::blobs::BlobId;
use crate::core::{Core, Writer, lock};
use crate::disk::{self, Mode};
use crate::frame;
use crate::history;
use crate::item::{Body, Item, Target};
use crate::journal::Journal;
use crate::model::{Context, EraseTarget, Erased, History, Time, TimeQuality};
use crate::record::Record;
use crate::replay::{self, TABLES};
use crate::segment::{self, FOLDER, HEADER, Header, Place, Segments, Step};
use crate::tables::{self, Backend};
use crate::txn::MAX_CHANGES;
use crate::value::Dictionaries;
use crate::view::View;

/// List of what was erased, for the restore of an older backup.
pub(crate) const REDACTIONS: &str = "redactions";
const REWRITE: &str = "journal/rewrite";
const NEW_TABLES: &str = "tables.new";
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The items that erase targets come to.
fn resolve(core: &Arc<Core>, targets: &[EraseTarget]) -> Result<BTreeSet<Target>, Error> {
    let view = View::new(core)?;
    let dictionaries = Arc::clone(&view.catalog.dictionaries);
    let mut found = BTreeSet::new();
    for target in targets {
        match target {
            EraseTarget::Row {
                owner,
                collection,
                key,
            } => {
                let info = view.collection(owner, collection)?;
                let newest = view.version(info, key)?;
                if newest == 0 || info.is_scratch() {
                    return Err(Error::NotFound(format!("the row in {owner}/{collection}")));
                }
                history::walk(core, info.id, key, newest, |record, item| {
                    if let Some((index, _)) = item {
                        add(&mut found, record, index, &dictionaries)?;
                    }
                    add_words(&mut found, record, &dictionaries)?;
                    Ok(true)
                })?;
            }
            EraseTarget::Version {
                owner,
                collection,
                key,
                sequence,
            } => {
                let info = view.collection(owner, collection)?;
                if view.version(info, key)? == *sequence {
                    return Err(Error::Erasure(
                        "this version is the current one: erase the row, or write it anew".into(),
                    ));
                }
                let mut hit = false;
                history::walk(
                    core,
                    info.id,
                    key,
                    view.version(info, key)?,
                    |record, item| {
                        if record.sequence == *sequence
                            && let Some((index, _)) = item
                        {
                            hit = true;
                            add(&mut found, record, index, &dictionaries)?;
                        }
                        Ok(record.sequence > *sequence)
                    },
                )?;
                if !hit {
                    return Err(Error::NotFound(format!("version {sequence}")));
                }
            }
            EraseTarget::Words { sequence } => {
                let (record, _) = core.segments.entry(*sequence)?;
                add_words(&mut found, &record, &dictionaries)?;
            }
        }
    }
    Ok(found)
}

fn add(
    found: &mut BTreeSet<Target>,
    record: &Record,
    index: usize,
    d: &Dictionaries,
) -> Result<(), Error> {
    let Some(item) = record.items.get(index).filter(|i| !i.is_erased()) else {
        return Ok(());
    };
    let number = u32::try_from(index).map_err(|_| Error::TooBig)?;
    let commitment = record.item_commitment(index, item, d)?;
    found.insert(Target {
        sequence: record.sequence,
        item: number,
        commitment,
    });
    Ok(())
}

fn add_words(found: &mut BTreeSet<Target>, record: &Record, d: &Dictionaries) -> Result<(), Error> {
    for (index, item) in record.items.iter().enumerate() {
        if matches!(item.body, Body::Event { .. } | Body::Note(_)) {
            add(found, record, index, d)?;
        }
    }
    Ok(())
}

/// See [`Journal::erase`].
pub(crate) fn erase(
    journal: &Journal,
    context: Context,
    targets: &[EraseTarget],
    approver: &str,
    ground: &str,
) -> Result<Erased, Error> {
    let core = &journal.core;
    core.check_open()?;
    let _maintenance = lock(&core.maintenance);
    let mut writer = lock(&core.writer);
    core.catch_up(&mut writer)?;
    let found = resolve(core, targets)?;
    if found.is_empty() {
        return Ok(Erased {
            sequence: writer.head.sequence,
            ..Erased::default()
        });
    }
    decide_and_carry_out(
        journal,
        &mut writer,
        context,
        found.into_iter().collect(),
        approver,
        ground,
    )
}

fn decide_and_carry_out(
    journal: &Journal,
    writer: &mut Writer,
    context: Context,
    targets: Vec<Target>,
    approver: &str,
    ground: &str,
) -> Result<Erased, Error> {
    let core = &journal.core;
    // The entries to be erased must stand in sealed segments, before the decision's own.
    let head = writer.head;
    writer.log.roll(&head, 0)?;
    let body = Body::Erasure {
        approver: approver.to_owned(),
        ground: ground.to_owned(),
        targets: targets.clone(),
    };
    let sequence = journal.write_items(writer, context, vec![Item::new(false, body)])?;
    core.checkpoint(writer)?;
    let mut erased = carry_out(core, writer, &targets)?;
    erased.sequence = sequence;
    Ok(erased)
}

/// Completes erasures that were decided before a crash.
pub(crate) fn finish_pending(journal: &Journal) -> Result<(), Error> {
    let core = &journal.core;
    let pending = {
        let txn = core.main.begin_read()?;
        match txn.open_table(tables::META) {
            Err(TableError::TableDoesNotExist(_)) => Vec::new(),
            other => {
                let table = other.map_err(Error::tables)?;
                table
                    .get(tables::ERASING)
                    .map_err(Error::tables)?
                    .map_or_else(Vec::new, |v| v.value().to_vec())
            }
        }
    };
    if pending.is_empty() {
        return Ok(());
    }
    let _maintenance = lock(&core.maintenance);
    let mut writer = lock(&core.writer);
    let mut targets = Vec::new();
    for eight in pending.as_chunks::<8>().0 {
        let (record, _) = core.segments.entry(u64::from_le_bytes(*eight))?;
        for item in record.items {
            if let Body::Erasure { targets: more, .. } = item.body {
                targets.extend(more);
            }
        }
    }
    carry_out(core, &mut writer, &targets).map(|_| ())
}

fn carry_out(core: &Arc<Core>, writer: &mut Writer, targets: &[Target]) -> Result<Erased, Error> {
    let dictionaries = Arc::clone(&core.catalog().dictionaries);
    let (items, segments) = rewrite(&core.segments, targets, &dictionaries)?;
    if items > 0 {
        purge_tables(core)?;
    }
    core.main.with(|db| {
        let txn = db.begin_write().map_err(Error::tables)?;
        txn.open_table(tables::META)
            .map_err(Error::tables)?
            .remove(tables::ERASING)
            .map_err(Error::tables)?;
        txn.commit().map_err(Error::tables)
    })?;
    core.checkpoint(writer)?;
    write_list(core)?;
    Ok(Erased {
        sequence: 0,
        items,
        segments,
    })
}

/// Rewrites the segments that hold the targets. Targets that are not there, or are other
/// items than the list means, are passed over. Returns items taken and segments rewritten.
pub(crate) fn rewrite(
    segments: &Arc<Segments>,
    targets: &[Target],
    dictionaries: &Dictionaries,
) -> Result<(u64, u64), Error> {
    let list = segments.list();
    let mut by_segment: BTreeMap<u32, BTreeMap<u64, Vec<Target>>> = BTreeMap::new();
    for target in targets {
        let at = list.partition_point(|m| m.header.first <= target.sequence);
        if let Some(meta) = at.checked_sub(1).and_then(|at| list.get(at)) {
            by_segment
                .entry(meta.header.number)
                .or_default()
                .entry(target.sequence)
                .or_default()
                .push(*target);
        }
    }
    let mut done = (0, 0);
    for (number, entries) in by_segment {
        let items = rewrite_one(segments, number, &entries, dictionaries)?;
        if items > 0 {
            done = (done.0 + items, done.1 + 1);
        }
    }
    Ok(done)
}

fn rewrite_one(
    segments: &Arc<Segments>,
    number: u32,
    entries: &BTreeMap<u64, Vec<Target>>,
    dictionaries: &Dictionaries,
) -> Result<u64, Error> {
    let name = segment::name(number);
    let old = segments.disk.open(&name, Mode::Write).map_err(Error::io)?;
    let header = segment::read_header(&*old, number)?;
    let mut out = vec![0u8; 128];
    let mut items = 0;
    let mut scan = segments.scan(Place {
        segment: number,
        offset: HEADER,
        sequence: header.first,
    });
    while let Step::Entry {
        place,
        back,
        mut body,
    } = scan.next()?
    {
        if place.segment != number {
            break;
        }
        if let Some(targets) = entries.get(&place.sequence) {
            let (mut record, _) = Record::decode(&body)?;
            let mut indexes = Vec::new();
            for target in targets {
                let index = target.item as usize;
                if let Some(item) = record.items.get(index)
                    && record.item_commitment(index, item, dictionaries)? == target.commitment
                {
                    indexes.push(index);
                }
            }
            let taken = record.erase(&indexes, dictionaries)?;
            if taken > 0 {
                items += taken;
                body = record.encode().0;
            }
        }
        let offset = out.len() as u64;
        frame::write(&mut out, number, offset, back, &body);
    }
    if items == 0 {
        return Ok(0);
    }
    let header = Header {
        revision: header.revision + 1,
        own_end: out.len() as u64,
        ..header
    };
    out.splice(..128, header.encode());
    let disk = &*segments.disk;
    let new = disk.open(REWRITE, Mode::Truncate).map_err(Error::io)?;
    new.write_at(&out, 0)
        .and_then(|()| new.sync())
        .map_err(Error::io)?;
    disk.rename(REWRITE, &name)
        .and_then(|()| disk.sync_folder(FOLDER))
        .map_err(Error::io)?;
    segments.replace(header);
    // Not in place: a crash halfway would leave a segment that does not check. The old file's
    // blocks are overwritten now that nobody needs them.
    disk::wipe(&*old).map_err(Error::io)?;
    Ok(items)
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    from: &ReadTransaction,
    to: &redb::WriteTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<(), Error> {
    let source = match from.open_table(table) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        other => other.map_err(Error::tables)?,
    };
    let mut target = to.open_table(table).map_err(Error::tables)?;
    for entry in source.iter().map_err(Error::tables)? {
        let (key, value) = entry.map_err(Error::tables)?;
        target
            .insert(key.value(), value.value())
            .map_err(Error::tables)?;
    }
    Ok(())
}

/// Copies the tables to a new file and overwrites the old one: freed pages keep what was in
/// them, and compaction would only move the others.
fn purge_tables(core: &Core) -> Result<(), Error> {
    let disk = &*core.disk;
    let file = disk.open(NEW_TABLES, Mode::Truncate).map_err(Error::io)?;
    let db = tables::open(Backend(file), core.options.redb_cache, false)?;
    let from = core.main.begin_read()?;
    let mut to = db.begin_write().map_err(Error::tables)?;
    to.set_quick_repair(true);
    to.set_durability(Durability::Immediate)
        .map_err(Error::tables)?;
    copy_table(&from, &to, tables::ROWS)?;
    copy_table(&from, &to, tables::TERMS)?;
    copy_table(&from, &to, tables::COUNTERS)?;
    copy_table(&from, &to, tables::USAGE)?;
    copy_table(&from, &to, tables::COUNTS)?;
    copy_table(&from, &to, tables::COLLECTIONS)?;
    copy_table(&from, &to, tables::DICTIONARIES)?;
    copy_table(&from, &to, tables::REDACTIONS)?;
    copy_table(&from, &to, tables::BLOBS)?;
    copy_table(&from, &to, tables::META)?;
    to.commit().map_err(Error::tables)?;
    drop(from);
    core.main.replace(|| {
        let old = disk.open(TABLES, Mode::Write).map_err(Error::io)?;
        disk.rename(NEW_TABLES, TABLES)
            .and_then(|()| disk.sync_folder(""))
            .map_err(Error::io)?;
        disk::wipe(&*old).map_err(Error::io)?;
        Ok(db)
    })
}

/// Text of a redaction list: sequence, item and commitment, a line each. No personal data.
pub(crate) fn write_targets(targets: &BTreeSet<Target>) -> String {
    let mut text = String::new();
    for t in targets {
        let hash = blake3::Hash::from(t.commitment).to_hex();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {hash}", t.sequence, t.item);
    }
    text
}

/// Reads a redaction list.
pub(crate) fn read_targets(text: &str) -> Result<BTreeSet<Target>, Error> {
    const BAD: Error = Error::Malformed("redaction list");
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let mut word = || words.next().ok_or(BAD);
            Ok(Target {
                sequence: word()?.parse().map_err(|_| BAD)?,
                item: word()?.parse().map_err(|_| BAD)?,
                commitment: *blake3::Hash::from_hex(word()?).map_err(|_| BAD)?.as_bytes(),
            })
        })
        .collect()
}

/// Writes the list beside the journal, where a restore into this folder will find it.
pub(crate) fn write_list(core: &Core) -> Result<(), Error> {
    let txn = core.main.begin_read()?;
    let mut targets = BTreeSet::new();
    match txn.open_table(tables::REDACTIONS) {
        Err(TableError::TableDoesNotExist(_)) => {}
        other => {
            for entry in other
                .map_err(Error::tables)?
                .iter()
                .map_err(Error::tables)?
            {
                let (key, _) = entry.map_err(Error::tables)?;
                let mut input = crate::codec::Input::new(key.value());
                targets.insert(Target {
                    sequence: u64::from_be_bytes(input.array()?),
                    item: u32::from_be_bytes(input.array()?),
                    commitment: input.array()?,
                });
            }
        }
    }
    disk::replace(
        &*core.disk,
        "",
        REDACTIONS,
        write_targets(&targets).as_bytes(),
    )
    .map_err(Error::io)
}

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
                found.map_or(Ok(1), |v| crate::codec::Input::new(v.value()).u64())
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
            let (Body::Put {
                collection, key, ..
            }
            | Body::Delete {
                collection, key, ..
            }) = &item.body
            else {
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
                Body::Put {
                    collection: c,
                    key: k,
                    ..
                }
                | Body::Delete {
                    collection: c,
                    key: k,
                    ..
                } => c == collection && k == key,
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
        crate::codec::put_u64(&mut bytes, next);
        // Should it be lost, the same stretch is looked through again.
        core.main.with(|db| {
            let mut txn = db.begin_write().map_err(Error::tables)?;
            txn.set_durability(Durability::None)
                .map_err(Error::tables)?;
            txn.open_table(tables::META)
                .map_err(Error::tables)?
                .insert(tables::SHED, bytes.as_slice())
                .map_err(Error::tables)?;
            txn.commit().map_err(Error::tables)
        })?;
    }
    if found.is_empty() {
        return Ok(Erased {
            sequence: writer.head.sequence,
            ..Erased::default()
        });
    }
    let context = Context {
        time: now,
        ..Context::new("system", "core")
    };
    decide_and_carry_out(
        journal,
        &mut writer,
        context,
        found.into_iter().collect(),
        "",
        "history",
    )
}

/// See [`Journal::remove_owner_data`].
pub(crate) fn remove_owner(
    journal: &Journal,
    context: &Context,
    owner: &str,
) -> Result<u64, Error> {
    /// Rows deleted in one step.
    const STEP: usize = 5_000;
    let core = &journal.core;
    let mut removed = 0;
    for info in core.catalog().of_owner(owner) {
        loop {
            let mut txn = journal.begin(context.clone())?;
            let rows = txn
                .view
                .rows(&info, &Bound::Unbounded, &Bound::Unbounded, false, STEP)?;
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
                for entry in other
                    .map_err(Error::tables)?
                    .iter()
                    .map_err(Error::tables)?
                {
                    let (key, value) = entry.map_err(Error::tables)?;
                    let mut input = crate::codec::Input::new(key.value());
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
        let mut txn = journal.begin(Context {
            owner: owner.to_owned(),
            ..context.clone()
        })?;
        txn.blobs = step.to_vec();
        journal.commit(txn)?;
    }
    Ok(removed)
}

/// Dictionaries that a journal defines, for work on segments that are not opened.
pub(crate) fn dictionaries(segments: &Arc<Segments>) -> Result<Dictionaries, Error> {
    let mut found = Dictionaries::new();
    let mut scan = segments.scan(replay::beginning(segments)?.next);
    while let Step::Entry { body, .. } = scan.next()? {
        for item in Record::decode(&body)?.0.items {
            if let Body::Dictionary { id, bytes, .. } = item.body {
                found.insert(id, Arc::new(crate::value::Dictionary::new(id, &bytes)));
            }
        }
    }
    Ok(found)
}

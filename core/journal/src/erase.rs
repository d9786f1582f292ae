//! Erasing and shedding: one mechanism. The decision is an entry; the tables follow at once;
//! then the segments are rewritten without the items, and the table file without free pages
//! that might still hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::TableError;

use crate::core::{Core, Writer, lock};
use crate::disk::{self, Mode};
use crate::item::{Body, Item, Target};
use crate::journal::Journal;
use crate::model::{Context, EraseTarget, Erased};
use crate::record::Record;
use crate::segment::{self, FOLDER, HEADER, Header, Place, Segments, Step};
use crate::value::Dictionaries;
use crate::view::View;
use crate::{Error, frame, history, purge, redactions, replay, tables};

const REWRITE: &str = "journal/rewrite";

/// The items that erase targets come to.
fn resolve(core: &Arc<Core>, targets: &[EraseTarget]) -> Result<BTreeSet<Target>, Error> {
    let view = View::new(core)?;
    let dictionaries = Arc::clone(&view.catalog.dictionaries);
    let mut found = BTreeSet::new();
    for target in targets {
        match target {
            EraseTarget::Row { owner, collection, key } => {
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
            EraseTarget::Version { owner, collection, key, sequence } => {
                let info = view.collection(owner, collection)?;
                if view.version(info, key)? == *sequence {
                    return Err(Error::Erasure(
                        "this version is the current one: erase the row, or write it anew".into(),
                    ));
                }
                let mut hit = false;
                history::walk(core, info.id, key, view.version(info, key)?, |record, item| {
                    if record.sequence == *sequence
                        && let Some((index, _)) = item
                    {
                        hit = true;
                        add(&mut found, record, index, &dictionaries)?;
                    }
                    Ok(record.sequence > *sequence)
                })?;
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

pub(crate) fn add(found: &mut BTreeSet<Target>, record: &Record, index: usize, d: &Dictionaries) -> Result<(), Error> {
    let Some(item) = record.items.get(index).filter(|i| !i.is_erased()) else {
        return Ok(());
    };
    let number = u32::try_from(index).map_err(|_| Error::TooBig)?;
    let commitment = record.item_commitment(index, item, d)?;
    found.insert(Target { sequence: record.sequence, item: number, commitment });
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
        return Ok(Erased { sequence: writer.head.sequence, ..Erased::default() });
    }
    decide_and_carry_out(journal, &mut writer, context, found.into_iter().collect(), approver, ground)
}

pub(crate) fn decide_and_carry_out(
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
    let body = Body::Erasure { approver: approver.to_owned(), ground: ground.to_owned(), targets: targets.clone() };
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
                table.get(tables::ERASING).map_err(Error::tables)?.map_or_else(Vec::new, |v| v.value().to_vec())
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
        purge::purge_tables(core)?;
    }
    core.main.with(|db| {
        let txn = db.begin_write().map_err(Error::tables)?;
        txn.open_table(tables::META).map_err(Error::tables)?.remove(tables::ERASING).map_err(Error::tables)?;
        txn.commit().map_err(Error::tables)
    })?;
    core.checkpoint(writer)?;
    redactions::write_list(core)?;
    Ok(Erased { sequence: 0, items, segments })
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
            by_segment.entry(meta.header.number).or_default().entry(target.sequence).or_default().push(*target);
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
    let mut scan = segments.scan(Place { segment: number, offset: HEADER, sequence: header.first });
    while let Step::Entry { place, back, mut body } = scan.next()? {
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
    let header = Header { revision: header.revision + 1, own_end: out.len() as u64, ..header };
    out.splice(..128, header.encode());
    let disk = &*segments.disk;
    let new = disk.open(REWRITE, Mode::Truncate).map_err(Error::io)?;
    new.write_at(&out, 0).and_then(|()| new.sync()).map_err(Error::io)?;
    disk.rename(REWRITE, &name).and_then(|()| disk.sync_folder(FOLDER)).map_err(Error::io)?;
    segments.replace(header);
    // Not in place: a crash halfway would leave a segment that does not check. The old file's
    // blocks are overwritten now that nobody needs them.
    disk::wipe(&*old).map_err(Error::io)?;
    Ok(items)
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

//! Bringing tables up to the journal: at opening, after a failure, and for `verify`.

use std::sync::Arc;

use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableError};

use crate::Error;
use crate::apply::Apply;
use crate::catalog::Catalog;
use crate::codec::Input;
use crate::disk::{Disk, Mode};
use crate::item::spec;
use crate::model::Head;
use crate::record::Record;
use crate::segment::{End, HEADER, Place, Segments, Step};
use crate::tables::{self, At, Backend};

/// Name of the table file.
pub(crate) const TABLES: &str = "tables.redb";
/// Entries replayed in one redb transaction.
const BATCH: usize = 2_000;
/// Journal bytes replayed in one redb transaction.
const BATCH_BYTES: usize = 8 << 20;

/// Tables that have been brought up to the journal.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) at: At,
    pub(crate) catalog: Arc<Catalog>,
    /// How the journal ends.
    pub(crate) end: End,
    /// Entries that were replayed.
    pub(crate) entries: u64,
}

/// The state before the first entry.
pub(crate) fn beginning(segments: &Segments) -> Result<At, Error> {
    let first = segments.list().first().copied().ok_or_else(|| Error::Folder("the folder holds no journal".into()))?;
    let place = Place { segment: first.header.number, offset: HEADER, sequence: first.header.first };
    let head = Head {
        sequence: first.header.first.saturating_sub(1),
        epoch: first.header.epoch,
        tag: first.header.tag,
        hash: first.header.previous,
    };
    Ok(At { head, last: place, next: place })
}

/// Reads the declared collections from tables.
pub(crate) fn load_catalog(db: &Database) -> Result<Arc<Catalog>, Error> {
    let txn = db.begin_read().map_err(Error::tables)?;
    let mut catalog = Catalog::default();
    match txn.open_table(tables::COLLECTIONS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Arc::new(catalog)),
        Err(e) => return Err(Error::tables(e)),
        Ok(table) => {
            for entry in table.iter().map_err(Error::tables)? {
                let (id, bytes) = entry.map_err(Error::tables)?;
                let mut input = Input::new(bytes.value());
                let owner = input.text()?.to_owned();
                catalog.insert(&owner, id.value(), spec(&mut input)?);
            }
        }
    }
    match txn.open_table(tables::DICTIONARIES) {
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(e) => return Err(Error::tables(e)),
        Ok(table) => {
            for entry in table.iter().map_err(Error::tables)? {
                let (id, bytes) = entry.map_err(Error::tables)?;
                let mut input = Input::new(bytes.value());
                let collection = u32::from_be_bytes(input.array()?);
                catalog.insert_dictionary(id.value(), collection, input.rest());
            }
        }
    }
    Ok(Arc::new(catalog))
}

pub(crate) fn load_at(db: &Database) -> Result<Option<At>, Error> {
    let txn = db.begin_read().map_err(Error::tables)?;
    let table = match txn.open_table(tables::META) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        other => other.map_err(Error::tables)?,
    };
    table.get(tables::AT).map_err(Error::tables)?.map(|v| At::decode(v.value())).transpose()
}

/// Makes what was written so far durable, so that opening after a crash needs no repair.
pub(crate) fn checkpoint(db: &Database, at: &At) -> Result<(), Error> {
    let mut txn = db.begin_write().map_err(Error::tables)?;
    txn.set_quick_repair(true);
    txn.set_durability(Durability::Immediate).map_err(Error::tables)?;
    txn.open_table(tables::META)
        .map_err(Error::tables)?
        .insert(tables::AT, at.encode().as_slice())
        .map_err(Error::tables)?;
    txn.commit().map_err(Error::tables)
}

/// Checks an entry against the one before it.
pub(crate) fn follows(record: &Record, head: &Head) -> Result<(), &'static str> {
    if record.sequence != head.sequence + 1 {
        return Err("entry is out of order");
    }
    if record.previous != head.hash {
        return Err("chain is broken");
    }
    if record.epoch < head.epoch || (record.epoch == head.epoch && record.tag != head.tag) {
        return Err("epoch is wrong");
    }
    if record.items.iter().any(|i| i.prior() >= record.sequence) {
        return Err("item replaces a later version");
    }
    Ok(())
}

/// Applies the entries behind `at`, at most up to sequence `to`.
pub(crate) fn replay(
    db: &Database,
    segments: &Arc<Segments>,
    mut at: At,
    mut catalog: Arc<Catalog>,
    to: u64,
) -> Result<Replayed, Error> {
    let mut scan = segments.scan(at.next);
    let mut entries = 0;
    let mut end = None;
    while end.is_none() {
        let mut txn = db.begin_write().map_err(Error::tables)?;
        txn.set_durability(Durability::None).map_err(Error::tables)?;
        let mut apply = Apply::new(&txn, Arc::clone(&catalog), Some(Arc::clone(segments)))?;
        let mut bytes = 0;
        let mut n = 0;
        while n < BATCH && bytes < BATCH_BYTES {
            if at.head.sequence >= to {
                end = Some(End { place: at.next, reason: None });
                break;
            }
            match scan.next()? {
                Step::End(found) => {
                    end = Some(found);
                    break;
                }
                Step::Entry { place, body, .. } => {
                    let damaged = |reason: String| Error::Damaged {
                        segment: place.segment,
                        offset: place.offset,
                        sequence: place.sequence,
                        reason,
                    };
                    let (mut record, hash) = Record::decode(&body).map_err(|e| damaged(e.to_string()))?;
                    follows(&record, &at.head).map_err(|e| damaged(e.to_owned()))?;
                    apply.record(&mut record).map_err(|e| match e {
                        Error::Malformed(reason) => damaged(reason.to_owned()),
                        e => e,
                    })?;
                    bytes += body.len();
                    n += 1;
                    at.head = Head { sequence: record.sequence, epoch: record.epoch, tag: record.tag, hash };
                    at.last = place;
                    at.next = scan.place();
                }
            }
        }
        entries += n as u64;
        let (changed, _) = apply.finish()?;
        catalog = changed;
        if n == 0 {
            txn.abort().map_err(Error::tables)?;
            continue;
        }
        txn.open_table(tables::META)
            .map_err(Error::tables)?
            .insert(tables::AT, at.encode().as_slice())
            .map_err(Error::tables)?;
        txn.commit().map_err(Error::tables)?;
    }
    let end = end.unwrap_or(End { place: at.next, reason: None });
    Ok(Replayed { at, catalog, end, entries })
}

/// True when the entry that the tables end with is still where they saw it.
fn agrees(segments: &Arc<Segments>, at: &At) -> Result<bool, Error> {
    let beginning = beginning(segments)?;
    if at.head.sequence == beginning.head.sequence {
        return Ok(at.head == beginning.head && at.next == beginning.next);
    }
    match segments.scan(at.last).next() {
        Ok(Step::Entry { body, .. }) => {
            Ok(Record::decode(&body).is_ok_and(|(r, hash)| r.sequence == at.head.sequence && hash == at.head.hash))
        }
        Ok(Step::End(_)) | Err(Error::Damaged { .. } | Error::NotFound(_)) => Ok(false),
        Err(Error::Io(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// Opens the tables and brings them up to the journal; rebuilds them when they are
/// missing, broken, or not of this journal.
pub(crate) fn open_tables(
    disk: &Arc<dyn Disk>,
    segments: &Arc<Segments>,
    cache: usize,
) -> Result<(Database, Replayed), Error> {
    let existing = || -> Result<Option<(Database, At, Arc<Catalog>)>, Error> {
        let file = match disk.open(TABLES, Mode::Write) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::io)?,
        };
        let db = tables::open(Backend(file), cache, false)?;
        let Some(at) = load_at(&db)? else {
            return Ok(None);
        };
        if !agrees(segments, &at)? {
            log::error!("journal: the tables are not of this journal (entry {}); rebuilding them", at.head.sequence);
            return Ok(None);
        }
        let catalog = load_catalog(&db)?;
        Ok(Some((db, at, catalog)))
    };
    let found = match existing() {
        Ok(found) => found,
        Err(Error::Full) => return Err(Error::Full),
        Err(e @ (Error::Tables(_) | Error::Malformed(_))) => {
            log::error!("journal: {e}; rebuilding the tables");
            None
        }
        Err(e) => return Err(e),
    };
    let (db, at, catalog) = match found {
        Some(found) => found,
        None => {
            let file = disk.open(TABLES, Mode::Truncate).map_err(Error::io)?;
            let db = tables::open(Backend(file), cache, false)?;
            (db, beginning(segments)?, Arc::new(Catalog::default()))
        }
    };
    let replayed = replay(&db, segments, at, catalog, u64::MAX)?;
    Ok((db, replayed))
}

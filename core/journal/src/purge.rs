//! A table file without free pages that might still hold what was erased.

use redb::{Durability, ReadTransaction, ReadableTable, TableDefinition, TableError};

use crate::Error;
use crate::core::Core;
use crate::disk::{self, Mode};
use crate::replay::TABLES;
use crate::tables::{self, Backend};

const NEW_TABLES: &str = "tables.new";

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
        target.insert(key.value(), value.value()).map_err(Error::tables)?;
    }
    Ok(())
}

/// Copies the tables to a new file and overwrites the old one: freed pages keep what was in
/// them, and compaction would only move the others.
pub(crate) fn purge_tables(core: &Core) -> Result<(), Error> {
    let disk = &*core.disk;
    let file = disk.open(NEW_TABLES, Mode::Truncate).map_err(Error::io)?;
    let db = tables::open(Backend(file), core.options.redb_cache, false)?;
    let from = core.main.begin_read()?;
    let mut to = db.begin_write().map_err(Error::tables)?;
    to.set_quick_repair(true);
    to.set_durability(Durability::Immediate).map_err(Error::tables)?;
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
        disk.rename(NEW_TABLES, TABLES).and_then(|()| disk.sync_folder("")).map_err(Error::io)?;
        disk::wipe(&*old).map_err(Error::io)?;
        Ok(db)
    })
}

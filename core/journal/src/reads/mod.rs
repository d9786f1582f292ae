//! The read log: who read which sensitive fields of whom. A second chained log beside the
//! journal, flushed each second: a pulled plug loses the last second of readings and nothing
//! before it. It holds opaque ids and names of fields, no values, so nothing in it needs to be
//! erased.

mod check;
mod file;

use std::sync::{Arc, Mutex};

use crate::Error;
use crate::core::lock;
use crate::disk::{Disk, DiskFile, Mode};
use crate::id::{Id, StationId};
use crate::journal::Journal;
use crate::model::Time;
use crate::segment::FOLDER;

use file::{HEADER, Header};

pub(crate) use check::check;

/// A new file, until its header is on disk.
const NEXT: &str = "journal/reads.new";
/// A file is closed when it has so many bytes.
const FILE_BYTES: u64 = 4 << 20;
/// Persons that wait in memory at most. A reading that cannot be noted is refused.
const WAITING: usize = 20_000;
/// Persons of one group on disk, so that a frame stays small.
const GROUP: usize = 4_000;

/// Somebody read sensitive fields of persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensitiveRead {
    /// When.
    pub time: Time,
    /// Who: the id of a person, or `console`, `public`.
    pub actor: String,
    /// Through what: a plugin's id, or `core` for the station's own pages.
    pub owner: String,
    /// Names of the fields (`birth`).
    pub fields: Vec<String>,
    /// Of whom.
    pub persons: Vec<Id>,
}

/// The read log of an open station. It opens its files at the first reading.
#[derive(Debug, Default)]
pub(crate) struct ReadLog {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<SensitiveRead>,
    /// Persons in `waiting`.
    persons: usize,
    tail: Option<Tail>,
}

/// Where the log goes on.
#[derive(Debug)]
struct Tail {
    /// Its last file; none before the first reading, and after damage, which stays as it is.
    open: Option<(u32, Arc<dyn DiskFile>)>,
    /// Number of the next file.
    next_number: u32,
    offset: u64,
    next: u64,
    chain: [u8; 32],
}

fn name(number: u32) -> String {
    format!("{FOLDER}/{}", base(number))
}

fn base(number: u32) -> String {
    format!("reads-{number:08}.log")
}

/// Numbers of the files, ascending.
fn numbers(disk: &dyn Disk) -> Result<Vec<u32>, Error> {
    let number = |name: &String| name.strip_prefix("reads-")?.strip_suffix(".log")?.parse().ok();
    let mut numbers: Vec<u32> = disk.list(FOLDER).map_err(Error::io)?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

impl Tail {
    /// Finds the end of the log, and cuts a write that was never finished.
    fn find(disk: &dyn Disk) -> Result<Self, Error> {
        let Some(number) = numbers(disk)?.pop() else {
            return Ok(Self { open: None, next_number: 0, offset: 0, next: 1, chain: [0; 32] });
        };
        let file = disk.open(&name(number), Mode::Write).map_err(Error::io)?;
        let end = file.size().map_err(Error::io)?;
        let next_number = number.saturating_add(1);
        let header = match Header::read(&*file) {
            Ok(header) => header,
            Err(reason) => {
                log::error!("read log: {}: {reason}; going on in a new file", base(number));
                return Ok(Self { open: None, next_number, offset: end, next: 1, chain: [0; 32] });
            }
        };
        let at = file::walk(&*file, &header, end, |_| {})?;
        let mut open = Some((number, Arc::clone(&file)));
        if let Some(reason) = at.wrong {
            if file::is_torn(&*file, &header, &at, end)? {
                file.resize(at.offset).and_then(|()| file.sync()).map_err(Error::io)?;
            } else {
                log::error!("read log: {}, byte {}: {reason}; going on in a new file", base(number), at.offset);
                open = None;
            }
        }
        let offset = if open.is_some() { at.offset } else { end };
        Ok(Self { open, next_number, offset, next: at.next, chain: at.chain })
    }

    /// Writes one group, durably.
    fn append(&mut self, disk: &dyn Disk, station: StationId, reads: &[SensitiveRead]) -> Result<(), Error> {
        let (number, file) = match &self.open {
            Some((number, file)) if self.offset < FILE_BYTES => (*number, Arc::clone(file)),
            _ => {
                let header = Header {
                    number: self.next_number,
                    station,
                    first: self.next,
                    previous_end: self.offset,
                    previous: self.chain,
                };
                // Only a file whose header is on disk gets a name of the log.
                let file = disk.open(NEXT, Mode::Truncate).map_err(Error::io)?;
                file.write_at(&header.encode(), 0)
                    .and_then(|()| file.sync())
                    .and_then(|()| disk.rename(NEXT, &name(header.number)))
                    .and_then(|()| disk.sync_folder(FOLDER))
                    .map_err(Error::io)?;
                self.open = Some((header.number, Arc::clone(&file)));
                self.next_number = header.number.saturating_add(1);
                self.offset = HEADER;
                (header.number, file)
            }
        };
        let mut out = Vec::new();
        let chain = file::write(&mut out, number, self.offset, &self.chain, self.next, reads);
        // After a failure the next try writes over the same place.
        file.write_at(&out, self.offset).and_then(|()| file.sync()).map_err(Error::io)?;
        self.offset += out.len() as u64;
        self.next += reads.len() as u64;
        self.chain = chain;
        Ok(())
    }
}

impl State {
    fn flush(&mut self, disk: &dyn Disk, station: StationId) -> Result<(), Error> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut tail = match self.tail.take() {
            Some(tail) => tail,
            None => Tail::find(disk)?,
        };
        let mut written = 0;
        let mut result = Ok(());
        while let Some(rest) = self.waiting.get(written..).filter(|rest| !rest.is_empty()) {
            let mut persons = 0;
            let fits = |read: &&SensitiveRead| {
                persons += read.persons.len();
                persons <= GROUP
            };
            let count = rest.iter().take_while(fits).count().max(1);
            result = tail.append(disk, station, rest.get(..count).unwrap_or_default());
            if result.is_err() {
                break;
            }
            written += count;
        }
        self.tail = Some(tail);
        self.waiting.drain(..written);
        self.persons = self.waiting.iter().map(|read| read.persons.len()).sum();
        result
    }
}

impl ReadLog {
    /// Writes what waits.
    pub(crate) fn flush(&self, disk: &dyn Disk, station: StationId) -> Result<(), Error> {
        lock(&self.state).flush(disk, station)
    }

    /// Files with their lengths: what was noted so far. They only grow.
    pub(crate) fn files(&self, disk: &dyn Disk, station: StationId) -> Result<Vec<(String, u64)>, Error> {
        self.frozen(disk, station, || {
            numbers(disk)?
                .into_iter()
                .map(|number| {
                    let file = disk.open(&name(number), Mode::Read).map_err(Error::io)?;
                    Ok((base(number), file.size().map_err(Error::io)?))
                })
                .collect()
        })
    }

    /// Runs while nothing is written to the log.
    pub(crate) fn frozen<T>(
        &self,
        disk: &dyn Disk,
        station: StationId,
        run: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut state = lock(&self.state);
        if let Err(e) = state.flush(disk, station) {
            // A full disk can still be read, and backed up to another.
            log::error!("read log: not written: {e}");
        }
        run()
    }
}

impl Journal {
    /// Notes that somebody read sensitive fields; on disk within a second. A reading of the
    /// same by the same within that second is noted once.
    ///
    /// # Errors
    /// The log cannot be written and too much waits already: what was to be shown must then
    /// not be shown.
    pub fn note_read(&self, read: SensitiveRead) -> Result<(), Error> {
        self.core.check_open()?;
        if read.fields.is_empty() || read.persons.is_empty() {
            return Ok(());
        }
        let mut state = lock(&self.core.reads.state);
        let same = |known: &SensitiveRead| {
            known.actor == read.actor
                && known.owner == read.owner
                && known.fields == read.fields
                && known.persons == read.persons
        };
        if state.waiting.iter().rev().take(16).any(same) {
            return Ok(());
        }
        if state.persons.saturating_add(read.persons.len()) > WAITING {
            state.flush(&*self.core.disk, self.core.station)?;
        }
        state.persons += read.persons.len();
        state.waiting.push(read);
        Ok(())
    }

    /// Readings that `wanted` accepts, newest first, at most `limit`, each with its sequence;
    /// those below `before`, when given.
    ///
    /// # Errors
    /// The disk refused. Files that do not check give what they hold up to that place.
    pub fn sensitive_reads(
        &self,
        before: Option<u64>,
        limit: usize,
        wanted: impl Fn(&SensitiveRead) -> bool,
    ) -> Result<Vec<(u64, SensitiveRead)>, Error> {
        self.core.check_open()?;
        let core = &self.core;
        let mut found = Vec::new();
        let files = core.reads.files(&*core.disk, core.station)?;
        for (base, end) in files.iter().rev() {
            let file = core.disk.open(&format!("{FOLDER}/{base}"), Mode::Read).map_err(Error::io)?;
            let Ok(header) = Header::read(&*file) else { continue };
            let mut here = Vec::new();
            file::walk(&*file, &header, *end, |group| {
                let numbered = (group.first..).zip(group.reads);
                here.extend(numbered.filter(|(at, read)| before.is_none_or(|before| *at < before) && wanted(read)));
            })?;
            found.extend(here.into_iter().rev());
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

//! Checking a whole station: every byte of the journal, and the tables against a rebuild.

use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, Durability, ReadableDatabase};

use crate::apply::Apply;
use crate::catalog::Catalog;
use crate::compare::compare_all;
use crate::disk::{Disk, Mode, RealDisk};
use crate::log as segment_log;
use crate::model::Head;
use crate::overlay::Overlay;
use crate::record::Record;
use crate::replay::{self, TABLES};
use crate::segment::{self, End, HEADER, Header, Place, Segments, Step};
use crate::tables::{self, Backend};
use crate::{Error, open, reads};

/// Table file that a verification builds beside the station's own.
const REBUILT: &str = "verify.redb";
/// Page cache of each of the two table files, bytes.
const CACHE: usize = 4 << 20;
/// Entries applied in one redb transaction.
const BATCH: u64 = 2_000;
/// Their bytes, about.
const BATCH_BYTES: usize = 8 << 20;

/// What a problem was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The journal's segment of this number.
    Segment(u32),
    /// The tables.
    Tables,
    /// A file of the read log.
    ReadLog(String),
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Segment(number) => write!(f, "segment {number:08}"),
            Self::Tables => f.write_str("tables"),
            Self::ReadLog(name) => write!(f, "read log {name}"),
        }
    }
}

/// Something that does not check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub part: Part,
    /// Byte offset in the file.
    pub offset: u64,
    /// Sequence of the entry or reading.
    pub sequence: u64,
    /// What is wrong.
    pub reason: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Segments read.
    pub segments: u64,
    /// Entries read.
    pub entries: u64,
    /// Bytes of the journal read.
    pub bytes: u64,
    /// Head that was reached.
    pub head: Option<Head>,
    /// The tables were compared whole with a rebuild from the journal alone.
    pub tables_compared: bool,
    /// Bytes of a write that was never finished stand behind the last entry. After a power cut
    /// this is usual and is cut off at the next opening.
    pub unfinished_write: bool,
    /// Readings in the read log.
    pub readings: u64,
    /// All that is wrong.
    pub problems: Vec<Problem>,
}

impl VerifyReport {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Verifies a station's folder, which nobody may have open. It changes nothing but for a
/// table file that it makes and removes. `witness` is a head known from elsewhere: a backup,
/// a printed document, the hub.
///
/// # Errors
/// The folder is in use or could not be read; what does not check is in the report instead.
pub fn verify(dir: &Path, witness: Option<&Head>) -> Result<VerifyReport, Error> {
    let _lock = open::lock_only(dir)?;
    verify_on(Arc::new(RealDisk::new(dir)), witness)
}

/// As [`verify`], on another kind of disk.
///
/// # Errors
/// As [`verify`].
pub fn verify_on(disk: Arc<dyn Disk>, witness: Option<&Head>) -> Result<VerifyReport, Error> {
    let mut report = look(Arc::clone(&disk), witness, None)?;
    reads::check(&*disk, &mut report)?;
    Ok(report)
}

/// Reads everything; of a journal that is being written, up to `live`, its head.
pub(crate) fn look(disk: Arc<dyn Disk>, witness: Option<&Head>, live: Option<Head>) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let segments = match Segments::load(Arc::clone(&disk)) {
        Ok(segments) => Arc::new(segments),
        Err(e) => {
            report.damaged(e)?;
            return Ok(report);
        }
    };
    let file = disk.open(REBUILT, Mode::Truncate).map_err(Error::io)?;
    let rebuilt = tables::open(Backend(file), CACHE, false)?;
    let result = Verification { segments: &segments, witness, live, rebuilt: &rebuilt, report: &mut report }.run();
    drop(rebuilt);
    disk.remove(REBUILT).map_err(Error::io)?;
    if let Err(e) = result {
        report.damaged(e)?;
    }
    Ok(report)
}

impl VerifyReport {
    fn problem(&mut self, place: Place, reason: impl Into<String>) {
        let Place { segment, offset, sequence } = place;
        self.problems.push(Problem { part: Part::Segment(segment), offset, sequence, reason: reason.into() });
    }

    fn tables(&mut self, reason: String) {
        self.problems.push(Problem { part: Part::Tables, offset: 0, sequence: 0, reason });
    }

    /// Damage is a finding; other errors are not.
    fn damaged(&mut self, e: Error) -> Result<(), Error> {
        match e {
            Error::Damaged { segment, offset, sequence, reason } => {
                self.problems.push(Problem { part: Part::Segment(segment), offset, sequence, reason });
                Ok(())
            }
            Error::Folder(reason) => {
                self.problems.push(Problem { part: Part::Segment(0), offset: 0, sequence: 0, reason });
                Ok(())
            }
            e => Err(e),
        }
    }
}

struct Verification<'a> {
    segments: &'a Arc<Segments>,
    witness: Option<&'a Head>,
    /// Head of the journal, if it is being written meanwhile.
    live: Option<Head>,
    rebuilt: &'a Database,
    report: &'a mut VerifyReport,
}

impl Verification<'_> {
    fn run(mut self) -> Result<(), Error> {
        // Those of a journal that is being written change under our eyes.
        let theirs = match self.live.map_or_else(|| self.open_tables(), |_| Ok(None)) {
            Ok(found) => found,
            Err(Error::Tables(reason)) => {
                self.report.tables(format!("the table file is damaged: {reason}"));
                None
            }
            Err(e) => return Err(e),
        };
        let start = replay::beginning(self.segments)?;
        let mut at = start;
        let mut catalog = Arc::new(Catalog::default());
        self.check_headers()?;
        if theirs.as_ref().is_some_and(|(_, t)| t.head.sequence == start.head.sequence) {
            self.compare(theirs.as_ref(), &at.head)?;
        }
        let mut scan = self.segments.scan(at.next);
        let mut end = None;
        while end.is_none() {
            let mut txn = self.rebuilt.begin_write().map_err(Error::tables)?;
            txn.set_durability(Durability::None).map_err(Error::tables)?;
            let mut apply = Apply::new(&txn, Arc::clone(&catalog), Some(Arc::clone(self.segments)))?;
            let mut compare_now = false;
            let mut bytes = 0;
            for _ in 0..BATCH {
                if bytes > BATCH_BYTES {
                    break;
                }
                if self.live.is_some_and(|live| at.head.sequence >= live.sequence) {
                    end = Some(End { place: at.next, reason: None });
                    break;
                }
                let (place, body) = match scan.next()? {
                    Step::End(found) => {
                        end = Some(found);
                        break;
                    }
                    Step::Entry { place, body, .. } => (place, body),
                };
                let damaged = |reason: String| Error::Damaged {
                    segment: place.segment,
                    offset: place.offset,
                    sequence: place.sequence,
                    reason,
                };
                bytes += body.len();
                let (mut record, hash) = Record::decode(&body).map_err(|e| damaged(e.to_string()))?;
                replay::follows(&record, &at.head).map_err(|e| damaged(e.to_owned()))?;
                record.check_items(&apply.catalog.dictionaries).map_err(|e| damaged(e.to_string()))?;
                let restored = record.items.iter().any(|i| matches!(i.body, crate::item::Body::Restore { .. }));
                if record.epoch != at.head.epoch && !restored {
                    return Err(damaged("epoch changes without a restore".into()));
                }
                apply.record(&mut record).map_err(|e| damaged(e.to_string()))?;
                at.head = Head { sequence: record.sequence, epoch: record.epoch, tag: record.tag, hash };
                at.last = place;
                at.next = scan.place();
                self.report.entries += 1;
                self.report.head = Some(at.head);
                self.look_at_witness(place, &at.head);
                if theirs.as_ref().is_some_and(|(_, t)| t.head.sequence == at.head.sequence) {
                    compare_now = true;
                    break;
                }
            }
            catalog = apply.finish()?.0;
            txn.commit().map_err(Error::tables)?;
            if compare_now {
                self.compare(theirs.as_ref(), &at.head)?;
            }
        }
        let end = end.unwrap_or(End { place: at.next, reason: None });
        if let Some(live) = self.live {
            if at.head != live {
                self.report.problem(at.last, "the last entry is not the one that was written");
            }
            return Ok(());
        }
        let ahead = theirs.as_ref().is_some_and(|(_, t)| t.head.sequence > at.head.sequence);
        self.look_at_end(&end, &at.head, ahead)?;
        if theirs.is_none() && self.report.problems.is_empty() {
            // No table file at all: it will be built at the next opening.
            log::info!("verify: there is no table file to compare");
        }
        Ok(())
    }

    /// The station's tables, as they would be opened, without a byte of them being changed.
    fn open_tables(&self) -> Result<Option<(Database, tables::At)>, Error> {
        let file = match self.segments.disk.open(TABLES, Mode::Read) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(Error::io)?,
        };
        let size = file.size().map_err(Error::io)?;
        if size == 0 {
            return Ok(None);
        }
        let overlay = Overlay::new(file).map_err(Error::io)?;
        let db = tables::open(overlay, CACHE, true)?;
        let at = replay::load_at(&db)?;
        at.map_or_else(|| Err(Error::Tables("it does not say where it stands".into())), |at| Ok(Some((db, at))))
    }

    fn check_headers(&mut self) -> Result<(), Error> {
        let list = self.segments.list();
        let mut before: Option<Header> = None;
        for meta in &list {
            let header = meta.header;
            let place = Place { segment: header.number, offset: 0, sequence: header.first };
            let file = self.segments.disk.open(&segment::name(header.number), Mode::Read).map_err(Error::io)?;
            let size = file.size().map_err(Error::io)?;
            self.report.segments += 1;
            self.report.bytes += size;
            if let Some(before) = before
                && (header.first < before.first || header.epoch < before.epoch)
            {
                self.report.problem(place, "header does not follow the one before");
            }
            if let Some(end) = meta.end {
                let at = Place { offset: end, ..place };
                if size < end {
                    self.report.problem(at, "segment is shorter than it was");
                } else if !segment_log::tail_is_zero(&*file, end, size)? {
                    self.report.problem(at, "bytes stand behind the end of a sealed segment");
                }
                if size < HEADER {
                    self.report.problem(at, "segment is shorter than its header");
                }
            }
            before = Some(header);
        }
        // Where each segment takes up the chain.
        for pair in list.windows(2) {
            if let [one, two] = pair
                && two.header.first > one.header.first
                && two.header.first > 1
            {
                let place = Place { segment: two.header.number, offset: 0, sequence: two.header.first };
                match self.segments.entry(two.header.first - 1) {
                    Ok((record, hash)) => {
                        if hash != two.header.previous
                            || record.epoch != two.header.epoch
                            || record.tag != two.header.tag
                        {
                            self.report.problem(place, "header's chain hash is not that of the entry before");
                        }
                    }
                    Err(Error::Io(e)) if e.kind() != io::ErrorKind::UnexpectedEof => {
                        return Err(Error::Io(e));
                    }
                    // The pass over the entries names what is wrong there.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn look_at_witness(&mut self, place: Place, head: &Head) {
        let Some(witness) = self.witness.filter(|w| w.sequence == head.sequence) else {
            return;
        };
        if witness.hash != head.hash {
            let reason = if head.epoch > witness.epoch {
                "entry is not the one that the witness saw: the journal was restored to before it"
            } else {
                "entry is not the one that the witness saw: the journal was rewritten"
            };
            self.report.problem(place, reason);
        }
    }

    fn look_at_end(&mut self, end: &End, head: &Head, tables_ahead: bool) -> Result<(), Error> {
        let file = self.segments.disk.open(&segment::name(end.place.segment), Mode::Read).map_err(Error::io)?;
        let size = file.size().map_err(Error::io)?;
        let dirty = !segment_log::tail_is_zero(&*file, end.place.offset, size)?;
        let witnessed = self.witness.is_some_and(|w| w.sequence > head.sequence);
        if witnessed {
            self.report.problem(end.place, "the journal ends before the entry that the witness saw");
        }
        if tables_ahead {
            self.report.problem(end.place, "the journal ends before an entry that the tables hold");
        }
        if dirty {
            let torn = segment_log::is_torn(&*file, end)?;
            if !torn || witnessed || tables_ahead {
                let reason = end.reason.unwrap_or("bytes stand behind the last entry");
                self.report.problem(end.place, reason);
            } else {
                self.report.unfinished_write = true;
            }
        }
        Ok(())
    }

    fn compare(&mut self, theirs: Option<&(Database, tables::At)>, head: &Head) -> Result<(), Error> {
        let Some((db, at)) = theirs else {
            return Ok(());
        };
        if at.head != *head {
            self.report.tables(format!("the tables are of another journal: entry {} has another hash", head.sequence));
        }
        let a = db.begin_read().map_err(Error::tables)?;
        let b = self.rebuilt.begin_read().map_err(Error::tables)?;
        let compared = compare_all(&a, &b);
        match compared {
            Ok(differences) => {
                for difference in differences {
                    self.report.tables(difference);
                }
                self.report.tables_compared = true;
            }
            Err(Error::Tables(reason)) => self.report.tables(format!("the table file is damaged: {reason}")),
            Err(e) => return Err(e),
        }
        Ok(())
    }
}

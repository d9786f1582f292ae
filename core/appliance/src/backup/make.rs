//! Making a backup: what is new is sealed and read back, then the list is put in place.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tram_journal::{BackupTo, Head, Journal, TimeQuality};

use super::age::Recipient;
use super::depot::{Depot, Entry, List};
use super::keys::{self, KeyFile};
use super::{About, Error};

/// Folder of the station whose files a backup carries beside the journal: without them each
/// device would have to trust a new certificate.
const CERTIFICATES: &str = "tls";
/// The key that packages for other stations are signed with.
const EXCHANGE: &str = "exchange";

/// A backup that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Which one.
    pub entry: Entry,
    /// Where the journal stood: a witness.
    pub head: Head,
    /// Files that were sealed now.
    pub copied: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that an earlier backup had left.
    pub kept: u64,
    /// How long it took, seconds.
    pub seconds: u64,
}

/// What to back up, and how.
#[derive(Debug)]
pub struct Making<'a> {
    /// The station's journal.
    pub journal: &'a Journal,
    /// The station's folder.
    pub data: &'a Path,
    /// What is written into the list.
    pub about: &'a About,
    /// Blobs too.
    pub whole: bool,
    /// How many backups stay.
    pub keep: usize,
}

impl Making<'_> {
    /// Makes it. Every file that was written is read back before the backup counts.
    ///
    /// # Errors
    /// The place is full or gone, or what was read back differs; earlier backups stay.
    pub fn run(&self, depot: &Depot, keys: &KeyFile) -> Result<Made, Error> {
        let made = self.try_run(depot, keys);
        if made.is_err() {
            // What was written in vain goes, so that the next try finds the room.
            if let Err(error) = keys.drill().and_then(|drill| depot.tidy(self.keep, &drill)) {
                log::info!("parts of an unfinished backup were not removed: {error}");
            }
        }
        made
    }

    fn try_run(&self, depot: &Depot, keys: &KeyFile) -> Result<Made, Error> {
        let began = Instant::now();
        let (recipients, drill) = (keys.recipients()?, keys.drill()?);
        let sheet = recipients.first().map(ToString::to_string).unwrap_or_default();
        let before = depot.entries()?.iter().find_map(|entry| depot.list(entry, &drill).ok());
        // Names tell files apart within one history only: after a restore another history can
        // have a segment of the same number and length.
        let before = before.filter(|list| list.sheet == sheet && self.has_been_at(list));
        let mut taking = Taking::new(depot, &recipients, before)?;
        let (manifest, report) = self.journal.backup_to(&mut taking, self.whole)?;
        let now = tram_journal::clock::now();
        let list = List {
            format: 1,
            made_ms: now.unix_ms,
            clock: match now.quality {
                TimeQuality::Ntp => "ntp",
                TimeQuality::Browser => "browser",
                TimeQuality::Unset => "unset",
            }
            .to_owned(),
            station: self.about.station.clone(),
            school: self.about.school.clone(),
            version: self.about.version.clone(),
            whole: self.whole,
            manifest,
            sheet,
            extras: self.extras(keys)?,
            pieces: taking.pieces,
        };
        let contents = tram_journal::contents(&list.manifest)?;
        let source = depot.source(&list, &drill);
        for name in &taking.fresh {
            list.pieces.get(name).into_iter().flatten().for_each(|piece| depot.forget_cached(piece));
            tram_journal::check_backup_file(&source, &contents, name)?;
        }
        let own = self.about.station.trim_end_matches(".local");
        let entry = depot.publish(own, &list, &recipients)?;
        depot.list(&entry, &drill)?;
        depot.tidy(self.keep, &drill)?;
        Ok(Made {
            entry,
            head: report.head,
            copied: report.copied,
            bytes: report.bytes,
            kept: report.kept,
            seconds: began.elapsed().as_secs(),
        })
    }

    /// Whether the journal passed through the head of an earlier backup.
    fn has_been_at(&self, list: &List) -> bool {
        let Ok(contents) = tram_journal::contents(&list.manifest) else { return false };
        let own = self.journal.changes(contents.head.sequence, 1);
        contents.station == self.journal.station()
            && own.is_ok_and(|own| own.first().is_some_and(|entry| entry.hash == contents.head.hash))
    }

    fn extras(&self, keys: &KeyFile) -> Result<BTreeMap<String, String>, Error> {
        let mut extras = BTreeMap::new();
        for place in [CERTIFICATES, EXCHANGE] {
            let Ok(folder) = std::fs::read_dir(self.data.join(place)) else { continue };
            for file in folder.flatten().filter(|file| file.path().is_file()) {
                let name = format!("{place}/{}", file.file_name().to_string_lossy());
                extras.insert(name, STANDARD.encode(std::fs::read(file.path())?));
            }
        }
        extras.insert(format!("{}/{}", keys::FOLDER, keys::FILE), STANDARD.encode(keys.for_backup()?));
        Ok(extras)
    }
}

/// Takes the journal's files.
struct Taking<'a> {
    depot: &'a Depot,
    recipients: &'a [Recipient],
    /// Hash and length of the files of the backup before, and their pieces.
    before: BTreeMap<String, (String, u64)>,
    before_pieces: BTreeMap<String, Vec<String>>,
    there: BTreeSet<String>,
    pieces: BTreeMap<String, Vec<String>>,
    /// Files that were sealed now.
    fresh: Vec<String>,
}

impl<'a> Taking<'a> {
    fn new(depot: &'a Depot, recipients: &'a [Recipient], before: Option<List>) -> Result<Self, Error> {
        let (files, pieces) = match before {
            Some(list) => (tram_journal::contents(&list.manifest)?.files, list.pieces),
            None => Default::default(),
        };
        Ok(Self {
            depot,
            recipients,
            before: files,
            before_pieces: pieces,
            there: depot.pieces()?,
            pieces: BTreeMap::new(),
            fresh: Vec::new(),
        })
    }
}

impl BackupTo for Taking<'_> {
    fn has(&mut self, name: &str, length: u64) -> Result<Option<String>, tram_journal::Error> {
        let Some((hash, _)) = self.before.get(name).filter(|(_, known)| *known == length) else { return Ok(None) };
        let pieces = self
            .before_pieces
            .get(name)
            .filter(|pieces| !pieces.is_empty() && pieces.iter().all(|piece| self.there.contains(piece)));
        let Some(pieces) = pieces else { return Ok(None) };
        self.pieces.insert(name.to_owned(), pieces.clone());
        Ok(Some(hash.clone()))
    }

    fn take(&mut self, name: &str, length: u64, from: &mut dyn Read) -> Result<String, tram_journal::Error> {
        let (pieces, hash) = self.depot.keep(length, self.recipients, from).map_err(|error| match error {
            Error::Full { .. } => tram_journal::Error::Full,
            Error::Journal(error) => error,
            Error::Io(error) => tram_journal::Error::Io(error),
            other => tram_journal::Error::Backup(other.to_string()),
        })?;
        self.pieces.insert(name.to_owned(), pieces);
        self.fresh.push(name.to_owned());
        Ok(hash)
    }
}

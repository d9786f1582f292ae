//! Backup while serving, and restore. A backup is a folder: segments, blobs, the index key,
//! the redaction list, and a manifest that names each with its hash.
#![allow(clippy::disallowed_methods, reason = "this is a storage crate")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::core::lock;
use crate::disk::{self, Disk, DiskFile, Mode, RealDisk};
use crate::erase;
use crate::id::random;
use crate::item::{Body, Item, Target};
use crate::journal::Journal;
use crate::model::{Context, Head, Options};
use crate::open::{self, INDEX_KEY, RESTORING, SCRATCH};
use crate::redactions::{self, REDACTIONS};
use crate::replay::TABLES;
use crate::segment::{self, FOLDER, Segments};
use crate::{Error, StationId};

const MANIFEST: &str = "manifest";
/// Folder of the read log within a backup; a file's name ends with its length.
const READS: &str = "reads/";
const FIRST_LINE: &str = "tram backup 1";

/// What a backup did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupReport {
    /// The head that it goes to: a witness.
    pub head: Head,
    /// Files copied.
    pub copied: u64,
    /// Files that an earlier backup had already.
    pub kept: u64,
    /// Bytes copied.
    pub bytes: u64,
}

/// What a restore did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoreReport {
    /// The station.
    pub station: StationId,
    /// Head of the backup.
    pub restored: Head,
    /// Head after the restore's own entry, in the new epoch.
    pub head: Head,
    /// Items taken out because they had been erased since the backup.
    pub redacted: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    hash: String,
    length: u64,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Manifest {
    station: StationId,
    head: Head,
    files: BTreeMap<String, Listed>,
}

impl Manifest {
    fn encode(&self) -> String {
        let mut text = format!(
            "{FIRST_LINE}\nstation {}\nsequence {}\nepoch {}\ntag {}\nhash {}\n",
            self.station,
            self.head.sequence,
            self.head.epoch,
            self.head.tag,
            blake3::Hash::from(self.head.hash).to_hex()
        );
        for (name, file) in &self.files {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "file {} {} {name}", file.hash, file.length);
        }
        let own = blake3::hash(text.as_bytes()).to_hex();
        let _ = writeln!(text, "end {own}");
        text
    }

    fn decode(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| Error::Backup(format!("manifest: {why}"));
        let (body, end) = text.trim_end().rsplit_once('\n').ok_or_else(|| bad("too short"))?;
        let own = blake3::hash(format!("{body}\n").as_bytes()).to_hex();
        if end != format!("end {own}") {
            return Err(bad("its hash does not match"));
        }
        let mut lines = body.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(bad("not a backup of this format"));
        }
        let mut field = |name: &str| -> Result<String, Error> {
            let line = lines.next().and_then(|l| l.strip_prefix(name)).and_then(|l| l.strip_prefix(' '));
            line.map(str::to_owned).ok_or_else(|| bad(name))
        };
        let station = field("station")?.parse()?;
        let sequence = field("sequence")?.parse().map_err(|_| bad("sequence"))?;
        let epoch = field("epoch")?.parse().map_err(|_| bad("epoch"))?;
        let tag = field("tag")?.parse().map_err(|_| bad("tag"))?;
        let hash = *blake3::Hash::from_hex(field("hash")?).map_err(|_| bad("hash"))?.as_bytes();
        let mut files = BTreeMap::new();
        for line in lines {
            let mut words = line.splitn(4, ' ');
            let (Some("file"), Some(hash), Some(length), Some(name)) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(bad("file"));
            };
            // A name leads nowhere but into the folder.
            if name.starts_with('/') || name.split('/').any(|part| part.is_empty() || part == "..") {
                return Err(bad("name of a file"));
            }
            let length = length.parse().map_err(|_| bad("length"))?;
            files.insert(name.to_owned(), Listed { hash: hash.to_owned(), length });
        }
        Ok(Self { station, head: Head { sequence, epoch, tag, hash }, files })
    }
}

/// Where the files of a backup go.
pub trait BackupTo {
    /// The hash (hexadecimal BLAKE3) of a file that an earlier backup left there with this name
    /// and length, so that it need not be copied again.
    ///
    /// # Errors
    /// The place could not be read.
    fn has(&mut self, name: &str, length: u64) -> Result<Option<String>, Error>;

    /// Keeps a file: exactly `length` bytes of `from`. Returns the hash of what was read.
    ///
    /// # Errors
    /// The place is full or gone, or `from` could not be read.
    fn take(&mut self, name: &str, length: u64, from: &mut dyn Read) -> Result<String, Error>;
}

/// Where the files of a backup come from.
pub trait BackupFrom {
    /// The manifest, as [`Journal::backup_to`] gave it.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn manifest(&self) -> Result<String, Error>;

    /// Opens a file of the backup.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn open<'a>(&'a self, name: &str) -> Result<Box<dyn Read + 'a>, Error>;
}

/// A stretch of a file of the station, from its beginning.
struct Through {
    file: Arc<dyn DiskFile>,
    at: u64,
    end: u64,
}

impl Read for Through {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let part = buffer.get_mut(..most).unwrap_or_default();
        self.file.read_at(part, self.at)?;
        self.at += part.len() as u64;
        Ok(part.len())
    }
}

/// Reads exactly `length` bytes, hands them on piece by piece, and returns their hash.
///
/// # Errors
/// There are fewer bytes, or either side failed.
fn pass(from: &mut dyn Read, length: u64, mut on: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<String> {
    const STEP: u64 = 256 << 10;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; STEP as usize];
    let mut left = length;
    while left > 0 {
        let part = buffer.get_mut(..left.min(STEP) as usize).unwrap_or_default();
        from.read_exact(part)?;
        hasher.update(part);
        on(part)?;
        left -= part.len() as u64;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Copies `length` bytes into `to`, synced and renamed into place; returns their hash.
fn copy(from: &mut dyn Read, length: u64, to: &Path) -> Result<String, Error> {
    let folder = to.parent().ok_or_else(|| Error::Backup("no folder".into()))?;
    fs::create_dir_all(folder).map_err(Error::io)?;
    let aside = to.with_extension("new");
    let mut out = File::create(&aside).map_err(Error::io)?;
    let hash = pass(from, length, |part| out.write_all(part)).map_err(Error::io)?;
    out.sync_all().map_err(Error::io)?;
    fs::rename(&aside, to).map_err(Error::io)?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io)?;
    Ok(hash)
}

/// A folder that holds one backup, as [`Journal::backup`] makes it.
struct Folder<'a> {
    path: &'a Path,
    known: BTreeMap<String, Listed>,
}

impl BackupTo for Folder<'_> {
    fn has(&mut self, name: &str, length: u64) -> Result<Option<String>, Error> {
        let there = fs::metadata(self.path.join(name)).is_ok_and(|m| m.len() == length);
        let listed = self.known.get(name).filter(|f| there && f.length == length);
        Ok(listed.map(|listed| listed.hash.clone()))
    }

    fn take(&mut self, name: &str, length: u64, from: &mut dyn Read) -> Result<String, Error> {
        copy(from, length, &self.path.join(name))
    }
}

impl BackupFrom for Folder<'_> {
    fn manifest(&self) -> Result<String, Error> {
        fs::read_to_string(self.path.join(MANIFEST)).map_err(|e| Error::Backup(format!("manifest: {e}")))
    }

    fn open<'a>(&'a self, name: &str) -> Result<Box<dyn Read + 'a>, Error> {
        let path = self.path.join(name);
        let file = File::open(&path).map_err(|e| Error::Backup(format!("{}: {e}", path.display())))?;
        Ok(Box::new(file))
    }
}

/// See [`Journal::backup`].
pub(crate) fn backup(journal: &Journal, to: &Path) -> Result<BackupReport, Error> {
    fs::create_dir_all(to).map_err(Error::io)?;
    let before = match fs::read_to_string(to.join(MANIFEST)) {
        Ok(text) => Some(Manifest::decode(&text)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(Error::io(e)),
    };
    if before.as_ref().is_some_and(|b| b.station != journal.station()) {
        return Err(Error::Backup("the folder holds a backup of another station".into()));
    }
    let mut folder = Folder { path: to, known: before.map(|b| b.files).unwrap_or_default() };
    let (text, report) = backup_to(journal, &mut folder, true)?;
    disk::replace(&RealDisk::new(to), "", MANIFEST, text.as_bytes()).map_err(Error::io)?;
    // Only now is nothing of the earlier backup needed.
    let manifest = Manifest::decode(&text)?;
    for name in folder.known.keys().filter(|name| !manifest.files.contains_key(*name)) {
        let _ = fs::remove_file(to.join(name));
    }
    Ok(report)
}

/// See [`Journal::backup_to`].
pub(crate) fn backup_to(
    journal: &Journal,
    to: &mut dyn BackupTo,
    blobs: bool,
) -> Result<(String, BackupReport), Error> {
    let core = &journal.core;
    core.check_open()?;
    // No segment is rewritten and no blob removed meanwhile; commits go on.
    let _maintenance = lock(&core.maintenance);
    let (head, segments) = {
        let writer = lock(&core.writer);
        let place = writer.log.place(&writer.head);
        let mut list = core.segments.list();
        if let Some(last) = list.last_mut() {
            last.end = Some(place.offset);
        }
        (writer.head, list)
    };
    let mut report = BackupReport { head, copied: 0, kept: 0, bytes: 0 };
    let mut manifest = Manifest { station: core.station, head, files: BTreeMap::new() };
    let mut take = |name: String, file: &str, length: u64, grows: bool| -> Result<(), Error> {
        let earlier = if grows { None } else { to.has(&name, length)? };
        let hash = match earlier {
            Some(hash) => {
                report.kept += 1;
                hash
            }
            None => {
                report.copied += 1;
                report.bytes += length;
                let file = core.disk.open(file, Mode::Read).map_err(Error::io)?;
                to.take(&name, length, &mut Through { file, at: 0, end: length })?
            }
        };
        manifest.files.insert(name, Listed { hash, length });
        Ok(())
    };
    for meta in segments {
        let header = meta.header;
        let length = meta.end.unwrap_or(0);
        // Number, revision and length together name the content: a segment only grows, or is
        // rewritten as a new revision. So an earlier backup's files stay as they were.
        let name = format!("{FOLDER}/{:08}-{}-{length}.seg", header.number, header.revision);
        take(name, &segment::name(header.number), length, false)?;
    }
    for (base, length) in core.reads.files(&*core.disk, core.station)? {
        // A file of the read log only grows, so number and length name its content.
        let name = format!("{READS}{}-{length}.log", base.trim_end_matches(".log"));
        take(name, &format!("{FOLDER}/{base}"), length, false)?;
    }
    if blobs {
        for id in core.blobs.list()? {
            if let Some(stat) = core.blobs.stat(&id)? {
                let text = id.to_string();
                let name = format!("blobs/{}/{text}", text.get(..2).unwrap_or_default());
                take(name.clone(), &name, stat.length, false)?;
            }
        }
    }
    redactions::write_list(core)?;
    for name in [INDEX_KEY, REDACTIONS] {
        let length = core.disk.open(name, Mode::Read).and_then(|file| file.size()).map_err(Error::io)?;
        take(name.to_owned(), name, length, true)?;
    }
    Ok((manifest.encode(), report))
}

fn check_file(from: &dyn BackupFrom, name: &str, listed: &Listed) -> Result<(), Error> {
    let bad = |why: &str| Error::Backup(format!("{name}: {why}"));
    let mut file = from.open(name)?;
    let hash = pass(&mut file, listed.length, |_| Ok(())).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => bad("its length is another"),
        _ => bad(&e.to_string()),
    })?;
    if file.read(&mut [0]).map_err(|e| bad(&e.to_string()))? > 0 {
        return Err(bad("its length is another"));
    }
    if hash != listed.hash {
        return Err(bad("its hash is another"));
    }
    Ok(())
}

fn read_list(path: &Path) -> Result<BTreeSet<Target>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => redactions::read_targets(&text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(e) => Err(Error::io(e)),
    }
}

/// What a manifest says, for those who keep backups elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The station.
    pub station: StationId,
    /// The head that the backup goes to.
    pub head: Head,
    /// Hash (hexadecimal BLAKE3) and length of each file, by its name.
    pub files: BTreeMap<String, (String, u64)>,
}

/// Reads a manifest.
///
/// # Errors
/// It does not check.
pub fn contents(manifest: &str) -> Result<Contents, Error> {
    let Manifest { station, head, files } = Manifest::decode(manifest)?;
    let files = files.into_iter().map(|(name, file)| (name, (file.hash, file.length))).collect();
    Ok(Contents { station, head, files })
}

/// The manifest of the same backup without its blobs.
///
/// # Errors
/// It does not check.
pub fn without_blobs(manifest: &str) -> Result<String, Error> {
    let mut manifest = Manifest::decode(manifest)?;
    manifest.files.retain(|name, _| !name.starts_with("blobs/"));
    Ok(manifest.encode())
}

/// Checks one file of a backup against its manifest.
///
/// # Errors
/// It does not check, or cannot be read.
pub fn check_backup_file(from: &dyn BackupFrom, contents: &Contents, name: &str) -> Result<(), Error> {
    let (hash, length) = contents.files.get(name).ok_or_else(|| Error::NotFound(name.to_owned()))?;
    check_file(from, name, &Listed { hash: hash.clone(), length: *length })
}

/// The redaction list that a backup carries: what was erased before it was made. It is given
/// to [`restore_from`] when an older backup of the same station is restored.
///
/// # Errors
/// The backup cannot be read.
pub fn redactions_of(from: &dyn BackupFrom) -> Result<String, Error> {
    let manifest = Manifest::decode(&from.manifest()?)?;
    let mut text = String::new();
    if let Some(listed) = manifest.files.get(REDACTIONS) {
        check_file(from, REDACTIONS, listed)?;
        let mut file = from.open(REDACTIONS)?;
        file.read_to_string(&mut text).map_err(Error::io)?;
    }
    Ok(text)
}

/// Checks every file of a backup against its manifest.
///
/// # Errors
/// Names the first file that does not check.
pub fn check_backup(from: &dyn BackupFrom) -> Result<(), Error> {
    let manifest = Manifest::decode(&from.manifest()?)?;
    manifest.files.iter().try_for_each(|(name, listed)| check_file(from, name, listed))
}

/// Restores a backup into a folder that holds no station. Every hash is checked before anything
/// is written. What was erased since is taken out before anything else: as the lists say that
/// stand in the backup, in `dir` (from the station that was there) and in `lists`. The epoch
/// is raised with a new random tag.
///
/// # Errors
/// The backup does not check, or `dir` holds a station.
pub fn restore(
    from: &Path,
    dir: &Path,
    lists: &[PathBuf],
    context: Context,
    options: Options,
) -> Result<RestoreReport, Error> {
    let lists = lists.iter().map(|list| fs::read_to_string(list).map_err(Error::io)).collect::<Result<Vec<_>, _>>()?;
    restore_from(&Folder { path: from, known: BTreeMap::new() }, dir, &lists, context, options)
}

/// As [`restore`], from any place; `lists` are the texts of further redaction lists.
///
/// # Errors
/// As [`restore`].
pub fn restore_from(
    from: &dyn BackupFrom,
    dir: &Path,
    lists: &[String],
    context: Context,
    options: Options,
) -> Result<RestoreReport, Error> {
    let manifest = Manifest::decode(&from.manifest()?)?;
    check_backup(from)?;
    fs::create_dir_all(dir).map_err(Error::io)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(dir));
    let again = dir.join(RESTORING).exists();
    if !again && dir.join(FOLDER).is_dir() && !segment::numbers(&*disk)?.is_empty() {
        return Err(Error::Folder("the folder holds a station already".into()));
    }
    let mut erased = read_list(&dir.join(REDACTIONS))?;
    erased.extend(redactions::read_targets(&redactions_of(from)?)?);
    for list in lists {
        erased.extend(redactions::read_targets(list)?);
    }
    let result = (|| {
        disk::replace(&*disk, "", RESTORING, b"").map_err(Error::io)?;
        // From a restore that was cut short, or of rows that belong to another journal.
        remove_station(dir);
        fs::create_dir_all(dir.join(FOLDER)).map_err(Error::io)?;
        for (name, listed) in &manifest.files {
            let reads = name.strip_prefix(READS).and_then(|name| name.rsplit_once('-'));
            let target = match name.strip_prefix("journal/").and_then(|n| n.split('-').next()) {
                Some(number) => format!("{FOLDER}/{number}.seg"),
                None if name == REDACTIONS => continue,
                None => reads.map_or_else(|| name.clone(), |(base, _)| format!("{FOLDER}/{base}.log")),
            };
            let hash = copy(&mut *from.open(name)?, listed.length, &dir.join(target))?;
            if hash != listed.hash {
                return Err(Error::Backup(format!("{name} changed while it was copied")));
            }
        }
        let targets: Vec<Target> = erased.iter().copied().collect();
        let segments = Arc::new(Segments::load(Arc::clone(&disk))?);
        let (redacted, _) = if targets.is_empty() {
            (0, 0)
        } else {
            erase::rewrite(&segments, &targets, &erase::dictionaries(&segments)?)?
        };
        let journal = open::open_restored(dir, options)?;
        if journal.head() != manifest.head {
            return Err(Error::Backup("the journal does not end as the manifest says".into()));
        }
        let tag = loop {
            let tag = u16::from_le_bytes(random()?);
            if tag != manifest.head.tag {
                break tag;
            }
        };
        let Head { sequence, hash, epoch, .. } = manifest.head;
        let body = Body::Restore { epoch: epoch + 1, tag, sequence, hash, targets };
        {
            let mut writer = lock(&journal.core.writer);
            journal.write_items(&mut writer, context, vec![Item::new(false, body)])?;
        }
        redactions::write_list(&journal.core)?;
        let head = journal.head();
        journal.close()?;
        disk.remove(RESTORING).and_then(|()| disk.sync_folder("")).map_err(Error::io)?;
        Ok(RestoreReport { station: manifest.station, restored: manifest.head, head, redacted })
    })();
    if result.is_err() {
        remove_station(dir);
        let _ = fs::remove_file(dir.join(RESTORING));
    }
    result
}

/// Removes what a restore makes; the redaction list stays.
fn remove_station(dir: &Path) {
    let _ = fs::remove_dir_all(dir.join(FOLDER));
    let _ = fs::remove_file(dir.join(TABLES));
    let _ = fs::remove_file(dir.join(SCRATCH));
}

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

/// Copies `length` bytes of a file into `to`, synced and renamed into place; returns their hash.
fn copy(from: &dyn DiskFile, length: u64, to: &Path) -> Result<String, Error> {
    const STEP: u64 = 256 << 10;
    let folder = to.parent().ok_or_else(|| Error::Backup("no folder".into()))?;
    fs::create_dir_all(folder).map_err(Error::io)?;
    let aside = to.with_extension("new");
    let mut out = File::create(&aside).map_err(Error::io)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; STEP as usize];
    let mut at = 0;
    while at < length {
        let part = buffer.get_mut(..(length - at).min(STEP) as usize).unwrap_or_default();
        from.read_at(part, at).map_err(Error::io)?;
        hasher.update(part);
        out.write_all(part).map_err(Error::io)?;
        at += part.len() as u64;
    }
    out.sync_all().map_err(Error::io)?;
    fs::rename(&aside, to).map_err(Error::io)?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(Error::io)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// See [`Journal::backup`].
pub(crate) fn backup(journal: &Journal, to: &Path) -> Result<BackupReport, Error> {
    let core = &journal.core;
    core.check_open()?;
    // No segment is rewritten and no blob removed meanwhile; commits go on.
    let _maintenance = lock(&core.maintenance);
    fs::create_dir_all(to).map_err(Error::io)?;
    let before = match fs::read_to_string(to.join(MANIFEST)) {
        Ok(text) => Some(Manifest::decode(&text)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(Error::io(e)),
    };
    if before.as_ref().is_some_and(|b| b.station != core.station) {
        return Err(Error::Backup("the folder holds a backup of another station".into()));
    }
    let known = before.map(|b| b.files).unwrap_or_default();
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
    let mut take =
        |name: String, from: &dyn Fn() -> Result<Arc<dyn DiskFile>, Error>, length: u64| -> Result<(), Error> {
            let there = fs::metadata(to.join(&name)).is_ok_and(|m| m.len() == length);
            let listed = match known.get(&name).filter(|f| there && f.length == length) {
                Some(listed) => {
                    report.kept += 1;
                    listed.clone()
                }
                None => {
                    report.copied += 1;
                    report.bytes += length;
                    Listed { hash: copy(&*from()?, length, &to.join(&name))?, length }
                }
            };
            manifest.files.insert(name, listed);
            Ok(())
        };
    for meta in segments {
        let header = meta.header;
        let length = meta.end.unwrap_or(0);
        // Number, revision and length together name the content: a segment only grows, or is
        // rewritten as a new revision. So an earlier backup's files stay as they were.
        let name = format!("{FOLDER}/{:08}-{}-{length}.seg", header.number, header.revision);
        take(name, &|| core.disk.open(&segment::name(header.number), Mode::Read).map_err(Error::io), length)?;
    }
    for id in core.blobs.list()? {
        if let Some(stat) = core.blobs.stat(&id)? {
            let text = id.to_string();
            let name = format!("blobs/{}/{text}", text.get(..2).unwrap_or_default());
            take(name.clone(), &|| core.disk.open(&name, Mode::Read).map_err(Error::io), stat.length)?;
        }
    }
    for (base, length) in core.reads.files(&*core.disk, core.station)? {
        let from = format!("{FOLDER}/{base}");
        let name = format!("{READS}{}-{length}.log", base.trim_end_matches(".log"));
        take(name, &|| core.disk.open(&from, Mode::Read).map_err(Error::io), length)?;
    }
    redactions::write_list(core)?;
    for name in [INDEX_KEY, REDACTIONS] {
        let file = core.disk.open(name, Mode::Read).map_err(Error::io)?;
        let length = file.size().map_err(Error::io)?;
        let hash = copy(&*file, length, &to.join(name))?;
        manifest.files.insert(name.to_owned(), Listed { hash, length });
    }
    disk::replace(&RealDisk::new(to), "", MANIFEST, manifest.encode().as_bytes()).map_err(Error::io)?;
    // Only now is nothing of the earlier backup needed.
    for name in known.keys().filter(|name| !manifest.files.contains_key(*name)) {
        let _ = fs::remove_file(to.join(name));
    }
    Ok(report)
}

fn check_file(path: &Path, listed: &Listed) -> Result<(), Error> {
    let bad = |why: &str| Error::Backup(format!("{}: {why}", path.display()));
    let mut file = File::open(path).map_err(|e| bad(&e.to_string()))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; 256 << 10];
    let mut length = 0;
    loop {
        let n = file.read(&mut buffer).map_err(|e| bad(&e.to_string()))?;
        if n == 0 {
            break;
        }
        length += n as u64;
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
    if length != listed.length {
        return Err(bad("its length is another"));
    }
    if hasher.finalize().to_hex().as_str() != listed.hash {
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
    let text = fs::read_to_string(from.join(MANIFEST)).map_err(|e| Error::Backup(format!("manifest: {e}")))?;
    let manifest = Manifest::decode(&text)?;
    for (name, listed) in &manifest.files {
        check_file(&from.join(name), listed)?;
    }
    fs::create_dir_all(dir).map_err(Error::io)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(dir));
    let again = dir.join(RESTORING).exists();
    if !again && dir.join(FOLDER).is_dir() && !segment::numbers(&*disk)?.is_empty() {
        return Err(Error::Folder("the folder holds a station already".into()));
    }
    let mut erased = read_list(&dir.join(REDACTIONS))?;
    erased.extend(read_list(&from.join(REDACTIONS))?);
    for list in lists {
        erased.extend(read_list(list)?);
    }
    let result = (|| {
        let source = RealDisk::new(from);
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
            let file = source.open(name, Mode::Read).map_err(Error::io)?;
            let hash = copy(&*file, listed.length, &dir.join(target))?;
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

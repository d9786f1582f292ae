//! Restoring: into a new folder, or beside a station that takes it at its next start.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tram_journal::{Context, Disk as _, Mode, Options, RealDisk, RestoreReport};

use super::age::Identity;
use super::depot::{Depot, Entry, List};
use super::{Error, STICK_FOLDER};

/// What was restored.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Which backup.
    pub entry: Entry,
    /// What the journal says of it.
    pub report: RestoreReport,
    /// Name of the school.
    pub school: String,
    /// When the backup was made, milliseconds since 1970.
    pub made_ms: i64,
    /// Whether covers and materials were in it.
    pub whole: bool,
}

/// The depots that a path leads to: a depot itself, a stick or its folder of backups, or
/// the one that a list's file is in (then with that entry).
///
/// # Errors
/// There is no backup.
pub fn find(path: &Path) -> Result<Vec<(Depot, Vec<Entry>)>, Error> {
    let nothing = || Error::Nothing(path.display().to_string());
    if path.is_file() {
        let (folder, name) = path.parent().zip(path.file_name()).ok_or_else(nothing)?;
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let depot = Depot::open(folder);
        let entries = depot.entries()?.into_iter().filter(|entry| Some(entry.file.as_str()) == name.to_str());
        let entries: Vec<Entry> = entries.collect();
        return if entries.is_empty() { Err(nothing()) } else { Ok(vec![(depot, entries)]) };
    }
    let stick = path.join(STICK_FOLDER);
    let below = |folder: &Path| -> Vec<PathBuf> {
        let found = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
        let mut found: Vec<PathBuf> = found.unwrap_or_default();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    };
    let candidates = [vec![path.to_owned()], below(&stick), below(path)].concat();
    let found: Vec<(Depot, Vec<Entry>)> = candidates
        .into_iter()
        .filter_map(|folder| {
            let depot = Depot::open(&folder);
            let entries = depot.entries().ok().filter(|entries| !entries.is_empty())?;
            Some((depot, entries))
        })
        .collect();
    if found.is_empty() { Err(nothing()) } else { Ok(found) }
}

/// The newest backup that the key opens, among those that a path leads to.
///
/// # Errors
/// There is none, or the key opens none of them.
pub fn newest(path: &Path, identity: &Identity) -> Result<(Depot, Entry, List), Error> {
    let mut first = None;
    let mut best: Option<(Depot, Entry, List)> = None;
    for (depot, entries) in find(path)? {
        for entry in entries {
            match depot.list(&entry, identity) {
                Ok(list) => {
                    if best.as_ref().is_none_or(|(_, _, known)| list.made_ms > known.made_ms) {
                        best = Some((depot.clone(), entry, list));
                    }
                    break;
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
    }
    best.ok_or_else(|| first.unwrap_or_else(|| Error::Nothing(path.display().to_string())))
}

/// Restores into a folder that holds no station.
///
/// # Errors
/// The backup does not check, the disk has no room, or the folder holds a station. What was
/// begun is removed.
pub fn into(depot: &Depot, entry: &Entry, list: &List, identity: &Identity, dir: &Path) -> Result<Restored, Error> {
    let contents = tram_journal::contents(&list.manifest)?;
    let bytes = contents.files.values().fold(0, |sum: u64, (_, length)| sum.saturating_add(*length));
    std::fs::create_dir_all(dir)?;
    let free = crate::space::disk(dir)?.free;
    // Tables and index come to about as much as the journal.
    let needed = bytes.saturating_add(bytes / 2).saturating_add(64 << 20);
    if free < needed {
        return Err(Error::Full { needed, free });
    }
    // What was erased since stays erased: newer backups of the same depot know of it.
    let mut lists = Vec::new();
    for newer in depot.entries()?.iter().filter(|other| other.number > entry.number) {
        if let Ok(newer) = depot.list(newer, identity)
            && tram_journal::contents(&newer.manifest)?.station == contents.station
        {
            lists.push(tram_journal::redactions_of(&depot.source(&newer, identity))?);
            break;
        }
    }
    let context = Context { time: tram_journal::clock::now(), ..Context::new("console", "core") };
    let source = depot.source(list, identity);
    let report = tram_journal::restore_from(&source, dir, &lists, context, Options::default())?;
    if let Err(error) = extras(list, dir) {
        log::warn!("certificates were not restored, devices will have to trust new ones: {error}");
    }
    Ok(Restored { entry: entry.clone(), report, school: list.school.clone(), made_ms: list.made_ms, whole: list.whole })
}

fn extras(list: &List, dir: &Path) -> Result<(), Error> {
    let disk = RealDisk::new(dir);
    for (name, text) in &list.extras {
        let wrong = || Error::Format(name.clone());
        // A name leads to a file of a folder of the station, and nowhere else.
        let (folder, file) = name.split_once('/').ok_or_else(wrong)?;
        let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\0']);
        if !plain(folder) || !plain(file) {
            return Err(wrong());
        }
        std::fs::create_dir_all(dir.join(folder))?;
        let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
        let file = disk.open(name, Mode::Truncate)?;
        file.write_at(&bytes, 0)?;
        file.sync()?;
        disk.sync_folder(folder)?;
    }
    Ok(())
}

/// Folder within a station's own that a restored one waits in for the next start.
const WAITING: &str = "restored";
/// Where it is made.
const MAKING: &str = "restored.new";
/// Where the station that was there before goes.
const BEFORE: &str = "before-restore";
/// Within `restored`: what was there before has been put aside.
const CLEARED: &str = ".cleared";
/// What of a station's folder belongs to the box and stays.
const STAYS: [&str; 6] = [WAITING, MAKING, BEFORE, super::LOCAL_FOLDER, "clock.json", "address.json"];

/// Restores beside the station in `data`, which goes on meanwhile and takes what was
/// restored at its next start ([`take_up`]).
///
/// # Errors
/// As [`into`]; the station stays as it is.
pub fn beside(depot: &Depot, entry: &Entry, list: &List, identity: &Identity, data: &Path) -> Result<Restored, Error> {
    let making = data.join(MAKING);
    let _ = std::fs::remove_dir_all(&making);
    let restored = into(depot, entry, list, identity, &making);
    match &restored {
        Ok(_) => {
            let _ = std::fs::remove_dir_all(data.join(WAITING));
            std::fs::rename(&making, data.join(WAITING))?;
            crate::files::sync_folder_of(&data.join(WAITING))?;
        }
        Err(_) => {
            let _ = std::fs::remove_dir_all(&making);
        }
    }
    restored
}

/// Puts a restored station that waits in the place of the one in `data`; before anything of
/// it is opened. A pulled plug at any moment is made up for at the next start. Returns
/// whether there was one.
///
/// # Errors
/// A folder could not be moved.
pub fn take_up(data: &Path) -> Result<bool, Error> {
    let _ = std::fs::remove_dir_all(data.join(MAKING));
    let waiting = data.join(WAITING);
    if !waiting.is_dir() {
        return Ok(false);
    }
    let names = |folder: &Path| -> Result<Vec<std::ffi::OsString>, Error> {
        Ok(std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()?)
    };
    if !waiting.join(CLEARED).exists() {
        let before = data.join(BEFORE);
        // What is there from an earlier restore has had its time, unless this one was cut
        // short while it moved things there.
        if data.join("journal").is_dir() {
            let _ = std::fs::remove_dir_all(&before);
        }
        std::fs::create_dir_all(&before)?;
        let mut moving = names(data)?;
        moving.retain(|name| !STAYS.iter().any(|stays| name == stays));
        moving.sort_by_key(|name| name != "journal");
        for name in moving {
            std::fs::rename(data.join(&name), before.join(&name))?;
        }
        crate::files::replace(&waiting.join(CLEARED), b"")?;
    }
    for name in names(&waiting)?.into_iter().filter(|name| name != CLEARED) {
        std::fs::rename(waiting.join(&name), data.join(&name))?;
    }
    std::fs::remove_dir_all(&waiting)?;
    crate::files::sync_folder_of(&waiting)?;
    Ok(true)
}

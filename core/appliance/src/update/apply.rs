//! From a file to the next start.
//!
//! Nothing that the running version needs is touched, and the other version stops
//! being startable before its slot is overwritten: a plug pulled at any moment leaves
//! the running version, or both.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::PosixFadviseAdvice;
use nix::sys::statvfs::statvfs;
use tram_contract::Text;

use super::{Keys, Manifest, Part, Refusal, Update};
use crate::error::Doing;
use crate::slots::entries::{self, TRIES};
use crate::slots::{Running, table};
use crate::state::{Failure, Outcome, Pending, Staged, State};
use crate::{Error, Place, files};

/// Room that stays free on the ESP.
const ESP_SPARE: u64 = 2 << 20;

/// What is being done, with how much of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The file is read and verified.
    Check,
    /// The slot is written.
    Write,
    /// The slot is read back.
    ReadBack,
}

/// Told of progress: step, bytes done, bytes in all.
pub type Told<'a> = &'a mut dyn FnMut(Step, u64, u64);

/// A file's name on the ESP until the update is armed: nothing starts it.
const STAGED: &str = "tram-next.new";

fn staged(place: &Place) -> PathBuf {
    entries::folder(place).join(STAGED)
}

/// Reads the whole file and says whether it could be installed now. Changes nothing.
///
/// # Errors
/// Why not.
pub fn check(place: &Place, file: &Path, told: Told<'_>) -> Result<Manifest, Refusal> {
    let keys = Keys::read(&place.keys)?;
    let mut update = open(file, &keys)?;
    let running = Running::read(place)?;
    fits(place, &running, &update.manifest)?;
    let total = update.manifest.root.size + update.manifest.uki.size;
    let mut counted = Counted { to: io::sink(), done: 0, total, step: Step::Check, told };
    update.root(&mut counted)?;
    update.uki(&mut counted)?;
    update.end()
}

fn open(file: &Path, keys: &Keys) -> Result<Update<BufReader<File>>, Refusal> {
    let source = File::open(file).doing(file.display().to_string())?;
    Update::open(BufReader::new(source), keys)
}

/// Versions and room, of a manifest whose signature was verified.
fn fits(place: &Place, running: &Running, manifest: &Manifest) -> Result<(), Refusal> {
    let offered = manifest.version.clone();
    match offered.cmp(&running.version) {
        std::cmp::Ordering::Less => return Err(Refusal::Older { offered, running: running.version.clone() }),
        std::cmp::Ordering::Equal => return Err(Refusal::Same(offered)),
        std::cmp::Ordering::Greater => {}
    }
    if running.version < manifest.minimum {
        return Err(Refusal::Between { offered, minimum: manifest.minimum.clone() });
    }
    if running.on_trial {
        return Err(Refusal::OnTrial);
    }
    let has = running.slot.other().size(place).unwrap_or(0);
    if has < manifest.root.size {
        return Err(Refusal::Slot { has, needs: manifest.root.size });
    }
    let free = esp_free(place, running)?;
    let needs = manifest.uki.size + ESP_SPARE;
    if free < needs {
        return Err(Refusal::Esp { free, needs });
    }
    Ok(())
}

/// Free bytes of the ESP, once what this update removes is gone.
fn esp_free(place: &Place, running: &Running) -> Result<u64, Error> {
    let space = statvfs(&place.esp).doing("ESP")?;
    let mut free = space.blocks_available() * space.fragment_size();
    let size = |path: PathBuf| path.metadata().map_or(0, |meta| meta.len());
    for entry in entries::list(place)?.iter().filter(|entry| entry.version != running.version) {
        free += size(entries::folder(place).join(&entry.name));
    }
    Ok(free + size(staged(place)))
}

/// Writes the update into the other slot and beside the entries, verified anew while
/// it is written and read back after. Nothing starts it before [`arm`].
///
/// # Errors
/// As [`check`]; when the disk fails half-way, the other slot is left empty and the
/// running version as it was.
pub fn apply(place: &Place, file: &Path, told: Told<'_>) -> Result<Manifest, Refusal> {
    let manifest = check(place, file, told)?;
    let running = Running::read(place)?;
    drop_staged(place)?;
    entries::remove_others(place, &running.version)?;
    let slot = running.slot.other();
    table::set_label(place, slot, table::EMPTY)?;
    let keys = Keys::read(&place.keys)?;
    // The file may have changed since it was checked: what counts is what is verified
    // while it is written.
    let mut update = open(file, &keys)?;
    if update.manifest != manifest {
        return Err(Refusal::Damaged);
    }
    let device = slot.device(place);
    let mut to = files::open_in_place(&device).doing(device.display().to_string())?;
    let total = manifest.root.size;
    update.root(&mut Counted { to: &mut to, done: 0, total, step: Step::Write, told })?;
    to.sync_all().doing(device.display().to_string())?;
    read_back(to, &manifest.root, told)?;
    let name = staged(place);
    let written = (|| {
        let mut to = files::create_new(&name).doing("ESP")?;
        update.uki(&mut to)?;
        to.sync_all().doing("ESP")?;
        drop(to);
        read_back(File::open(&name).doing("ESP")?, &manifest.uki, &mut |_, _, _| {})?;
        update.end()
    })();
    if let Err(refusal) = written {
        let _ = std::fs::remove_file(&name);
        return Err(refusal);
    }
    table::set_label(place, slot, &table::label_of(&manifest.version))?;
    let mut state = State::read(place);
    state.staged = Some(Staged { version: manifest.version.clone(), built: manifest.built });
    state.pending = None;
    state.keep(place)?;
    Ok(manifest)
}

/// Reads what was written from the disk, not from memory, and compares.
fn read_back(mut file: File, part: &Part, told: Told<'_>) -> Result<(), Refusal> {
    // The pages are clean after the sync; dropping them makes the disk answer.
    let _ = nix::fcntl::posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    file.seek(SeekFrom::Start(0)).doing("read back")?;
    let mut hasher = blake3::Hasher::new();
    let mut counted = Counted { to: &mut hasher, done: 0, total: part.size, step: Step::ReadBack, told };
    let copied = io::copy(&mut file.take(part.size), &mut counted).doing("read back")?;
    if copied != part.size || hasher.finalize().to_hex().as_str() != part.blake3 {
        return Err(Refusal::Failed(Error::refused(
            "Ghi xong đọc lại không khớp: đĩa của máy có thể sắp hỏng. Bản đang chạy không bị ảnh hưởng. Hãy sao lưu và thay đĩa.",
            "What was written does not read back: the station's disk may be failing. The running version is untouched. Make a backup and replace the disk.",
        )));
    }
    Ok(())
}

/// Forgets an update that was written and not armed.
///
/// # Errors
/// The ESP or the data partition cannot be written.
pub fn drop_staged(place: &Place) -> Result<(), Error> {
    match std::fs::remove_file(staged(place)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).doing("ESP"),
        _ => {}
    }
    let mut state = State::read(place);
    state.staged = None;
    state.pending = None;
    state.keep(place)
}

/// Makes the next start try what was written.
///
/// # Errors
/// Nothing was written, or the ESP cannot be written.
pub fn arm(place: &Place) -> Result<Pending, Error> {
    let running = Running::read(place)?;
    let mut state = State::read(place);
    let Some(staged_update) = state.staged.take().filter(|_| staged(place).is_file()) else {
        return Err(Error::refused(
            "Chưa có bản mới nào được ghi sẵn. Hãy gửi tệp cập nhật trước.",
            "No new version has been written yet. Send the update file first.",
        ));
    };
    let pending = Pending { version: staged_update.version, from: running.version };
    Failure::forget(place);
    state.pending = Some(pending.clone());
    state.outcome = None;
    state.keep(place)?;
    let name = format!("tram_{}+{TRIES}.efi", pending.version);
    std::fs::rename(staged(place), entries::folder(place).join(&name)).doing(name)?;
    crate::slots::sync(place)?;
    Ok(pending)
}

/// After a start: says how the update that was pending ended, once that is known.
///
/// # Errors
/// The ESP or the data partition cannot be read or written.
pub fn settle(place: &Place) -> Result<State, Error> {
    let mut state = State::read(place);
    let Some(pending) = state.pending.clone() else { return Ok(state) };
    let running = Running::read(place)?;
    let entry = entries::list(place)?.into_iter().find(|entry| entry.version == pending.version);
    let good = running.version == pending.version;
    // On trial still, or not even tried yet.
    if (good && running.on_trial) || (!good && entry.is_some_and(|entry| !entry.is_spent())) {
        return Ok(state);
    }
    let reason = (!good).then(|| {
        Failure::read(place).filter(|failure| failure.version == pending.version).map_or_else(
            || {
                Text::vi_en(
                    "Bản mới không khởi động được sau ba lần thử.",
                    "The new version did not start in three tries.",
                )
            },
            |failure| failure.reason,
        )
    });
    let at = tram_journal::clock::now().unix_ms;
    state.pending = None;
    // The start that it was meant for has come, by whatever way.
    state.restart_at = None;
    state.outcome = Some(Outcome { version: pending.version, from: pending.from, good, reason, at });
    state.keep(place)?;
    Failure::forget(place);
    Ok(state)
}

/// Counts what passes.
struct Counted<'a, W> {
    to: W,
    done: u64,
    total: u64,
    step: Step,
    told: Told<'a>,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.done += written as u64;
        (self.told)(self.step, self.done, self.total);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

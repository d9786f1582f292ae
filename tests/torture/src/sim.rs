//! A disk in memory that behaves as badly as real ones may: at a power cut it loses what was
//! not synced, in any order and in parts; it can be full; and a sync can fail and take the
//! unsynced writes with it while reading still shows them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tram_journal::{Disk, DiskFile, Mode};

use crate::random::Random;

/// What a device writes at once.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Pending {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// One file's bytes: as they are read, and as they are on the platter.
#[derive(Debug, Default, Clone)]
struct Content {
    seen: Vec<u8>,
    safe: Vec<u8>,
    pending: Vec<Pending>,
}

fn apply(bytes: &mut Vec<u8>, offset: usize, part: &[u8]) {
    let end = offset + part.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(target) = bytes.get_mut(offset..end) {
        target.copy_from_slice(part);
    }
}

#[derive(Debug, Clone)]
enum Naming {
    Create(String, usize),
    Rename(String, String),
    Remove(String),
}

fn name_apply(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming {
        Naming::Create(name, file) => {
            names.insert(name.clone(), *file);
        }
        Naming::Rename(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
        Naming::Remove(name) => {
            names.remove(name);
        }
    }
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    safe_names: BTreeMap<String, usize>,
    pending_names: Vec<Naming>,
    operations: u64,
    /// The power goes at this operation.
    cut_at: u64,
    is_cut: bool,
    capacity: usize,
    /// The sync after so many more fails.
    fail_sync_in: Option<u64>,
}

/// The disk.
#[derive(Debug, Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

fn gone() -> io::Error {
    io::Error::other("the power is cut")
}

impl SimDisk {
    /// An empty disk without faults so far.
    #[must_use]
    pub fn new() -> Self {
        let state = State { cut_at: u64::MAX, capacity: usize::MAX, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power at the `operations`-th operation from now.
    pub fn cut_after(&self, operations: u64) {
        let mut state = self.state();
        state.cut_at = state.operations + operations;
    }

    /// True once the power was cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.state().is_cut
    }

    /// Bounds the bytes of all files together.
    pub fn set_capacity(&self, bytes: usize) {
        self.state().capacity = bytes;
    }

    /// Bytes of all files together.
    #[must_use]
    pub fn used(&self) -> usize {
        self.state().used()
    }

    /// Makes one sync fail, after `others` more.
    pub fn fail_sync_after(&self, others: u64) {
        self.state().fail_sync_in = Some(others);
    }

    /// The disk as it is found when the power is back: what was synced, and of the rest
    /// whatever happened to have been written.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let state = self.state();
        let mut names = state.safe_names.clone();
        let kept = random.below(state.pending_names.len() as u64 + 1);
        for naming in state.pending_names.iter().take(usize::try_from(kept).unwrap_or(0)) {
            name_apply(&mut names, naming);
        }
        // All, none, or some of the unsynced sectors.
        let chance = [0, 100, 50, 90, 10].get(usize::try_from(random.below(5)).unwrap_or(0)).copied().unwrap_or(0);
        let files = state
            .files
            .iter()
            .map(|content| {
                let mut safe = content.safe.clone();
                for pending in &content.pending {
                    match pending {
                        Pending::Resize(size) if random.below(100) < chance => safe.resize(*size, 0),
                        Pending::Resize(_) => {}
                        Pending::Write { offset, bytes } => {
                            let mut at = *offset;
                            let end = offset + bytes.len();
                            while at < end {
                                let next = ((at / SECTOR + 1) * SECTOR).min(end);
                                if random.below(100) < chance
                                    && let Some(part) = bytes.get(at - offset..next - offset)
                                {
                                    apply(&mut safe, at, part);
                                }
                                at = next;
                            }
                        }
                    }
                }
                Content { seen: safe.clone(), safe, pending: Vec::new() }
            })
            .collect();
        let state = State {
            files,
            names: names.clone(),
            safe_names: names,
            cut_at: u64::MAX,
            capacity: state.capacity,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }
}

impl State {
    fn used(&self) -> usize {
        self.names.values().filter_map(|f| self.files.get(*f)).map(|c| c.seen.len()).sum()
    }

    fn operation(&mut self) -> io::Result<()> {
        self.operations += 1;
        if self.operations >= self.cut_at {
            self.is_cut = true;
        }
        if self.is_cut { Err(gone()) } else { Ok(()) }
    }

    fn file(&mut self, file: usize) -> io::Result<&mut Content> {
        self.files.get_mut(file).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: usize,
}

impl Disk for SimDisk {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.operation()?;
        let known = state.names.get(name).copied();
        let file = match (known, mode) {
            (None, Mode::Read | Mode::Write) => return Err(io::ErrorKind::NotFound.into()),
            (Some(file), Mode::Truncate) => {
                let content = state.file(file)?;
                content.seen.clear();
                content.pending.push(Pending::Resize(0));
                file
            }
            (Some(file), _) => file,
            (None, _) => {
                state.files.push(Content::default());
                let file = state.files.len() - 1;
                let naming = Naming::Create(name.to_owned(), file);
                name_apply(&mut state.names, &naming);
                state.pending_names.push(naming);
                file
            }
        };
        drop(state);
        Ok(Arc::new(SimFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operation()?;
        if !state.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let naming = Naming::Rename(from.to_owned(), to.to_owned());
        name_apply(&mut state.names, &naming);
        state.pending_names.push(naming);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operation()?;
        let naming = Naming::Remove(name.to_owned());
        name_apply(&mut state.names, &naming);
        state.pending_names.push(naming);
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.operation()?;
        let prefix = format!("{folder}/");
        Ok(state.names.keys().filter_map(|n| n.strip_prefix(&prefix).map(str::to_owned)).collect())
    }

    fn sync_folder(&self, _folder: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operation()?;
        let pending = std::mem::take(&mut state.pending_names);
        for naming in pending {
            name_apply(&mut state.safe_names, &naming);
        }
        Ok(())
    }

    fn free(&self) -> io::Result<u64> {
        let state = self.state();
        Ok(state.capacity.saturating_sub(state.used()) as u64)
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        if state.is_cut {
            return Err(gone());
        }
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = state.file(self.file)?;
        let end = offset.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        let part = bytes.seen.get(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(part);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let cut = state.operation();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let room = state.capacity.saturating_sub(state.used());
        let content = state.file(self.file)?;
        let grows = (offset + bytes.len()).saturating_sub(content.seen.len());
        if grows > room {
            // As a real disk does: what still fits is written, then the error comes.
            let fits = bytes.len() - (grows - room).min(bytes.len());
            let part = bytes.get(..fits).unwrap_or_default().to_vec();
            apply(&mut content.seen, offset, &part);
            content.pending.push(Pending::Write { offset, bytes: part });
            return Err(io::ErrorKind::StorageFull.into());
        }
        // The write during which the power goes may reach the platter in part.
        content.pending.push(Pending::Write { offset, bytes: bytes.to_vec() });
        cut?;
        apply(&mut content.seen, offset, bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation()?;
        let fails = match &mut state.fail_sync_in {
            Some(0) => {
                state.fail_sync_in = None;
                true
            }
            Some(n) => {
                *n -= 1;
                false
            }
            None => false,
        };
        let content = state.file(self.file)?;
        if fails {
            // The kernel gives the pages up as clean: they are read, but never written.
            content.pending.clear();
            return Err(io::Error::other("sync failed"));
        }
        for pending in std::mem::take(&mut content.pending) {
            match pending {
                Pending::Write { offset, bytes } => apply(&mut content.safe, offset, &bytes),
                Pending::Resize(size) => content.safe.resize(size, 0),
            }
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        Ok(state.file(self.file)?.seen.len() as u64)
    }

    fn resize(&self, size: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation()?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let room = state.capacity.saturating_sub(state.used());
        let content = state.file(self.file)?;
        if size.saturating_sub(content.seen.len()) > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.seen.resize(size, 0);
        content.pending.push(Pending::Resize(size));
        Ok(())
    }
}

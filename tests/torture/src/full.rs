//! The full disk and the failing sync: nothing half, reading goes on, writing resumes without
//! a restart when there is room again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tram_journal::{CommitError, Disk, Error, Journal, Options, Reader, verify, verify_on};

use crate::load;
use crate::random::Random;
use crate::sim::SimDisk;

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Writes acknowledged.
    pub written: u64,
    /// Writes refused.
    pub refused: u64,
}

fn bad(why: impl std::fmt::Display) -> Error {
    Error::Io(std::io::Error::other(why.to_string()))
}

/// Writes until the disk is full, checks that reading goes on, frees space and writes on.
fn fill_and_free(journal: &Journal, from: u64, free: impl FnOnce() -> Result<(), Error>) -> Result<(Seen, u64), Error> {
    let mut n = from;
    let mut seen = Seen::default();
    loop {
        match load::write(journal, 0, n + 1) {
            Ok(()) => {
                n += 1;
                seen.written += 1;
            }
            Err(CommitError::Full) => {
                seen.refused += 1;
                break;
            }
            Err(e) => return Err(bad(format!("not said to be full: {e}"))),
        }
        if seen.written > 200_000 {
            return Err(bad("the disk never filled"));
        }
    }
    for _ in 0..5 {
        // One that needs no new segment or table page may still fit.
        match load::write(journal, 0, n + 1) {
            Ok(()) => {
                n += 1;
                seen.written += 1;
            }
            Err(CommitError::Full) => seen.refused += 1,
            Err(e) => return Err(bad(format!("not said to be full: {e}"))),
        }
        // Without a reserve, as here, not even the room to open the tables anew may be left;
        // it is said to be that, and what counts is that nothing is missing afterwards.
        let kept = match journal.read().and_then(|state| state.get("load", "loan", b"0/last")) {
            Err(Error::Full) => continue,
            kept => kept?,
        };
        if kept.map(|r| r.value) != Some(n.to_string().into_bytes()) {
            return Err(bad("a refused write left something behind, or an acknowledged one is gone"));
        }
    }
    free()?;
    // The look at the free space is believed for a moment.
    std::thread::sleep(std::time::Duration::from_millis(250));
    for _ in 0..50 {
        load::write(journal, 0, n + 1).map_err(|e| bad(format!("no writing after space was freed: {e}")))?;
        n += 1;
        seen.written += 1;
    }
    Ok((seen, n))
}

fn check(journal: &Journal, n: u64) -> Result<(), Error> {
    let checked = load::check(journal, &BTreeMap::from([(0, n)]))?;
    if checked.lost == 0 && checked.half == 0 { Ok(()) } else { Err(bad(format!("{checked:?}"))) }
}

/// On the simulated disk: it fills at places that a seed chooses, in the midst of writes.
///
/// # Errors
/// Something that was promised does not hold.
pub fn simulated(rounds: u64, seed: u64, min_free: u64) -> Result<Seen, Error> {
    let mut random = Random::new(seed);
    let mut all = Seen::default();
    for _ in 0..rounds {
        let disk = SimDisk::new();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let options = Options { min_free, ..load::options() };
        let journal = Journal::create_on(Arc::clone(&shared), options.clone())?;
        load::declare(&journal)?;
        let mut n = 0;
        for _ in 0..3 {
            let room = usize::try_from(random.below(900_000) + min_free).unwrap_or(0);
            disk.set_capacity(disk.used() + room);
            let (seen, now) = fill_and_free(&journal, n, || {
                disk.set_capacity(usize::MAX);
                Ok(())
            })?;
            n = now;
            all.written += seen.written;
            all.refused += seen.refused;
            check(&journal, n)?;
        }
        journal.close()?;
        let report = verify_on(Arc::clone(&shared), None)?;
        if !report.is_sound() || !report.tables_compared {
            return Err(bad(format!("{report:?}")));
        }
        let journal = Journal::open_on(shared, options)?;
        check(&journal, n)?;
        journal.close()?;
    }
    Ok(all)
}

/// A sync fails, then the power goes: what was acknowledged is there, though the page cache lied.
///
/// # Errors
/// Something that was promised does not hold.
pub fn failed_syncs(rounds: u64, seed: u64) -> Result<Seen, Error> {
    let mut random = Random::new(seed);
    let mut all = Seen::default();
    for _ in 0..rounds {
        let disk = SimDisk::new();
        let journal = Journal::create_on(Arc::new(disk.clone()), load::options())?;
        load::declare(&journal)?;
        let mut n = 0;
        for _ in 0..6 {
            disk.fail_sync_after(random.below(40));
            for _ in 0..60 {
                match load::write(&journal, 0, n + 1) {
                    Ok(()) => {
                        n += 1;
                        all.written += 1;
                    }
                    Err(_) => {
                        all.refused += 1;
                        // It may be on disk nonetheless; then it is there from now on.
                        n = load::last(&journal, 0)?;
                    }
                }
            }
        }
        drop(journal);
        let disk = disk.after_power_cut(random.draw());
        let shared: Arc<dyn Disk> = Arc::new(disk);
        let journal = Journal::open_on(Arc::clone(&shared), load::options())?;
        check(&journal, n)?;
        journal.close()?;
        let report = verify_on(shared, None)?;
        if !report.is_sound() || !report.tables_compared {
            return Err(bad(format!("{report:?}")));
        }
    }
    Ok(all)
}

/// Takes a small file system off again.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

/// On a real file system of 24 MB, where one can be mounted; `None` where not.
///
/// # Errors
/// Something that was promised does not hold.
pub fn mounted(min_free: u64) -> Result<Option<Seen>, Error> {
    let folder = tempfile::tempdir()?;
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
        .arg(folder.path())
        .stderr(std::process::Stdio::null())
        .status();
    if !done.is_ok_and(|s| s.success()) {
        return Ok(None);
    }
    let _mounted = Mounted(folder.path());
    let dir = folder.path().join("station");
    let ballast = folder.path().join("ballast");
    #[allow(clippy::disallowed_methods, reason = "it is only there to take space")]
    std::fs::write(&ballast, vec![1u8; 14 << 20])?;
    let options = Options { min_free, ..load::options() };
    let journal = Journal::create(&dir, options.clone())?;
    load::declare(&journal)?;
    let (seen, n) = fill_and_free(&journal, 0, || Ok(std::fs::remove_file(&ballast)?))?;
    check(&journal, n)?;
    journal.close()?;
    let report = verify(&dir, None)?;
    if !report.is_sound() || !report.tables_compared {
        return Err(bad(format!("{report:?}")));
    }
    Ok(Some(seen))
}

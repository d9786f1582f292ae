//! `kill -9` during a backup and during a restore. After a kill a backup folder holds the
//! backup before or the one that was being made, whole, and restores; a folder that was
//! being restored into holds a whole station or says that it holds none.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use tram_journal::{Context, Error, Journal, restore, verify};

use crate::random::Random;
use crate::{Sum, load};

/// Threads that write while a backup is made.
const THREADS: u64 = 3;
/// Rounds on one folder and backup.
const ROUNDS_PER_FOLDER: u64 = 8;

/// The child: writes and makes one incremental backup after the other until it is
/// killed, and says which head each went to.
///
/// # Errors
/// The folder does not open.
pub fn backup_child(dir: &Path, to: &Path) -> Result<(), Error> {
    let journal = Journal::open(dir, load::options())?;
    let never = AtomicBool::new(false);
    thread::scope(|scope| {
        for t in 0..THREADS {
            let (journal, never) = (&journal, &never);
            scope.spawn(move || load::run(journal, t, never, |_| {}));
        }
        let mut out = io::stdout().lock();
        loop {
            let done = journal.backup(to)?;
            writeln!(out, "{}", done.head.sequence).and_then(|()| out.flush())?;
        }
    })
}

/// The child: restores until it is killed or done.
///
/// # Errors
/// As the journal says.
pub fn restore_child(from: &Path, dir: &Path) -> Result<(), Error> {
    restore(from, dir, &[], Context::new("torture", "core"), load::options()).map(|_| ())
}

fn kill_after(child: &mut Child, wait: Duration) -> Result<(), Error> {
    thread::sleep(wait);
    // One that is done already cannot be killed, and need not be.
    let _ = child.kill();
    child.wait()?;
    Ok(())
}

/// Whether a folder holds a whole station that goes to `least` at least.
fn check(dir: &Path, least: u64, round: u64, when: &str, sum: &mut Sum) -> Result<(), Error> {
    let journal = Journal::open(dir, load::options())?;
    let nothing: BTreeMap<u64, u64> = (0..THREADS).map(|t| (t, 0)).collect();
    let checked = load::check(&journal, &nothing)?;
    sum.half += checked.half;
    // The restore's own entry stands behind the backup's head.
    sum.lost += least.saturating_sub(journal.head().sequence.saturating_sub(1));
    journal.close()?;
    let report = verify(dir, None)?;
    if !report.is_sound() || !report.tables_compared {
        sum.found_unsound(round, when, &report);
    }
    Ok(())
}

/// Runs rounds with `program backup-child` and `program restore-child`.
///
/// # Errors
/// A folder or a process could not be made; a backup that was acknowledged does not
/// restore.
pub fn rounds(program: &Path, rounds: u64, seed: u64) -> Result<Sum, Error> {
    let mut random = Random::new(seed);
    let mut sum = Sum::default();
    let mut work = tempfile::tempdir()?;
    let mut acknowledged = 0;
    for round in 0..rounds {
        let fresh = round % ROUNDS_PER_FOLDER == 0;
        if fresh {
            work = tempfile::tempdir()?;
        }
        let (data, to) = (work.path().join("data"), work.path().join("backup"));
        if fresh {
            let journal = Journal::create(&data, load::options())?;
            load::declare(&journal)?;
            // The first one whole, so that there is an old state in every round.
            acknowledged = journal.backup(&to)?.head.sequence;
            journal.close()?;
        }
        let mut child = Command::new(program).arg("backup-child").arg(&data).arg(&to).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let told = thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).last());
        kill_after(&mut child, Duration::from_micros(5_000 + random.below(250_000)))?;
        let told = told.join().map_err(|_| io::Error::other("the listener failed"))?;
        if let Some(sequence) = told.and_then(|line| line.parse::<u64>().ok()) {
            acknowledged = sequence;
            sum.acknowledged += 1;
        }
        // Restored into a new folder, killed at a random moment, once or twice.
        let restored = work.path().join(format!("restored-{round}"));
        for _ in 0..=random.below(2) {
            let mut child =
                Command::new(program).arg("restore-child").arg(&to).arg(&restored).stderr(Stdio::null()).spawn()?;
            kill_after(&mut child, Duration::from_micros(random.below(60_000)))?;
        }
        let opens = Journal::open(&restored, load::options()).map(|journal| journal.close().is_ok()).is_ok();
        if opens {
            check(&restored, acknowledged, round, "after a killed restore that was done", &mut sum)?;
        } else {
            // It says so, and the same restore again makes it whole.
            sum.torn += 1;
            restore_child(&to, &restored)?;
            check(&restored, acknowledged, round, "restored again after a kill", &mut sum)?;
        }
        std::fs::remove_dir_all(&restored)?;
        sum.rounds += 1;
    }
    Ok(sum)
}

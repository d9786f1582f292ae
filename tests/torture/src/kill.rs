//! `kill -9`: a child writes with several threads and reports each acknowledgement through a
//! pipe; it is killed at a random moment; its folder is opened and compared.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use tram_journal::{Error, Journal, verify};

use crate::random::Random;
use crate::{Sum, load};

/// Threads of the child.
const THREADS: u64 = 6;
/// Rounds on one folder, so that rebuilding it stays quick.
const ROUNDS_PER_FOLDER: u64 = 12;

/// The child: opens the folder and writes until it is killed.
///
/// # Errors
/// The folder does not open.
pub fn child(dir: &Path) -> Result<(), Error> {
    let journal = Journal::open(dir, load::options())?;
    let never = AtomicBool::new(false);
    // A line is written whole: it is far shorter than what a pipe takes at once.
    let say = |line: String| {
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    };
    say("open\n".into());
    thread::scope(|scope| {
        for t in 0..THREADS {
            let (journal, never) = (&journal, &never);
            scope.spawn(move || load::run(journal, t, never, |n| say(format!("{t} {n}\n"))));
        }
        // In a third of the rounds, checkpoints, compaction and erasures at odd moments.
        let mut random = Random::new(journal.head().sequence);
        if random.below(3) != 0 {
            return;
        }
        scope.spawn(|| {
            loop {
                thread::sleep(Duration::from_millis(37));
                if journal.checkpoint().is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(23));
                let _ = journal.compact();
            }
        });
        load::erase(&journal, &never, &mut random, Duration::from_millis(61));
    });
    Ok(())
}

/// Runs rounds with `program child DIR` as the child; `seed` fixes the moments.
///
/// # Errors
/// A folder or a process could not be made.
pub fn rounds(program: &Path, rounds: u64, seed: u64) -> Result<Sum, Error> {
    let mut random = Random::new(seed);
    let mut sum = Sum::default();
    let mut folder = tempfile::tempdir()?;
    let mut acknowledged: BTreeMap<u64, u64> = (0..THREADS).map(|t| (t, 0)).collect();
    for round in 0..rounds {
        if round % ROUNDS_PER_FOLDER == 0 {
            folder = tempfile::tempdir()?;
            acknowledged.values_mut().for_each(|n| *n = 0);
            let journal = Journal::create(folder.path(), load::options())?;
            load::declare(&journal)?;
            journal.close()?;
        }
        let mut child = Command::new(program).arg("child").arg(folder.path()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?).lines();
        // In some rounds it dies while it is still opening.
        if random.below(10) != 0 {
            lines.next().transpose()?;
        }
        let wait = Duration::from_micros(random.below(250_000));
        let killer = thread::spawn(move || {
            thread::sleep(wait);
            let killed = child.kill();
            let _ = child.wait();
            killed
        });
        for line in lines.map_while(Result::ok) {
            let mut words = line.split(' ').map(|w| w.parse::<u64>().ok());
            if let (Some(Some(thread)), Some(Some(n))) = (words.next(), words.next()) {
                acknowledged.insert(thread, n);
                sum.acknowledged += 1;
            }
        }
        killer.join().map_err(|_| io::Error::other("the killer failed"))??;
        sum.rounds += 1;
        let begun = Instant::now();
        let journal = Journal::open(folder.path(), load::options())?;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        sum.slowest_open_ms = sum.slowest_open_ms.max(took);
        let checked = load::check(&journal, &acknowledged)?;
        sum.lost += checked.lost;
        sum.half += checked.half;
        journal.close()?;
        // Rebuilds the tables from the journal alone and compares them whole.
        let report = verify(folder.path(), None)?;
        let list = std::fs::read_to_string(folder.path().join("redactions")).unwrap_or_default();
        sum.erased = sum.erased.max(list.lines().count() as u64);
        if !report.is_sound() || !report.tables_compared {
            sum.found_unsound(round, "after a kill", &report);
        }
    }
    Ok(sum)
}

//! The pulled plug, on a simulated disk: cut at any operation, unsynced writes lost or torn.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tram_journal::{Disk, Error, Journal, Mode, verify_on};

use crate::random::Random;
use crate::sim::SimDisk;
use crate::{Sum, load};

const THREADS: u64 = 3;
/// Rounds on one disk.
const ROUNDS_PER_DISK: u64 = 8;

/// Runs rounds; `seed` fixes the disk's misdeeds (but not how the threads take turns).
///
/// # Errors
/// The journal failed while the power was on.
pub fn rounds(rounds: u64, seed: u64) -> Result<Sum, Error> {
    let mut random = Random::new(seed);
    let mut sum = Sum::default();
    let mut disk = SimDisk::new();
    let mut acknowledged: BTreeMap<u64, u64> = BTreeMap::new();
    for round in 0..rounds {
        if round % ROUNDS_PER_DISK == 0 {
            disk = SimDisk::new();
            acknowledged = (0..THREADS).map(|t| (t, 0)).collect();
            let journal = Journal::create_on(Arc::new(disk.clone()), load::options())?;
            load::declare(&journal)?;
            journal.close()?;
        }
        // Some cuts fall into the opening itself.
        let operations = if random.below(6) == 0 { random.below(60) } else { random.below(3_000) };
        disk.cut_after(operations + 1);
        let acks = Mutex::new(&mut acknowledged);
        let total = Mutex::new(&mut sum.acknowledged);
        if let Ok(journal) = Journal::open_on(Arc::new(disk.clone()), load::options()) {
            let stop = AtomicBool::new(false);
            let mut eraser = Random::new(random.draw());
            thread::scope(|scope| {
                if round % 2 == 0 {
                    scope.spawn(|| load::erase(&journal, &stop, &mut eraser, Duration::from_millis(2)));
                }
                for t in 0..THREADS {
                    let (journal, stop, acks, total) = (&journal, &stop, &acks, &total);
                    scope.spawn(move || {
                        load::run(journal, t, stop, |n| {
                            acks.lock().unwrap_or_else(PoisonError::into_inner).insert(t, n);
                            **total.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                        });
                        stop.store(true, Ordering::Relaxed);
                    });
                }
            });
            // Its last words reach no disk; its threads end.
            let _ = journal.close();
        }
        sum.rounds += 1;
        disk = disk.after_power_cut(random.draw());
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        // Before anything repairs it: a torn write is all that may be wrong.
        let found = verify_on(Arc::clone(&shared), None)?;
        sum.torn += u64::from(found.unfinished_write);
        let journal_problems = found.problems.iter().filter(|p| p.part != tram_journal::Part::Tables).count();
        if journal_problems > 0 {
            sum.found_unsound(round, "before opening", &found);
        }
        let begun = Instant::now();
        let journal = Journal::open_on(Arc::clone(&shared), load::options())?;
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        sum.slowest_open_ms = sum.slowest_open_ms.max(took);
        let checked = load::check(&journal, &acknowledged)?;
        sum.lost += checked.lost;
        sum.half += checked.half;
        journal.close()?;
        if let Ok(file) = disk.open("redactions", Mode::Read) {
            let mut list = vec![0u8; usize::try_from(file.size()?).unwrap_or(0)];
            file.read_at(&mut list, 0)?;
            let lines = list.iter().filter(|b| **b == b'\n').count();
            sum.erased = sum.erased.max(lines as u64);
        }
        let report = verify_on(shared, None)?;
        if !report.is_sound() || !report.tables_compared {
            sum.found_unsound(round, "after opening", &report);
        }
    }
    Ok(sum)
}

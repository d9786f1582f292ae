//! Durable commits a second: `writers [FOLDER] [SECONDS]`. One writer, then forty; each commit
//! writes three keys of about 200 bytes. It stands beside the same three tables in SQLite.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a measuring tool")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tram_journal::{CollectionSpec, Context, History, Journal, Options};

fn value(seed: u64) -> Vec<u8> {
    let mut x = seed | 1;
    (0..200u32)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            // Half text, half noise: as a mark or a loan with its ids.
            if x & 1 == 0 { b'a' } else { (x >> 20) as u8 }
        })
        .collect()
}

fn measure(journal: &Journal, writers: u64, time: Duration) {
    let stop = AtomicBool::new(false);
    let numbers = AtomicU64::new(writers << 32);
    let begun = Instant::now();
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let handles: Vec<_> = (0..writers)
            .map(|_| {
                scope.spawn(|| {
                    let mut times = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let n = numbers.fetch_add(1, Ordering::Relaxed);
                        let start = Instant::now();
                        let mut txn = journal.begin(Context::new("bench", "bench")).expect("begin");
                        for table in ["one", "two", "three"] {
                            txn.put("bench", table, &n.to_be_bytes(), &value(n), 1, &[], None).expect("put");
                        }
                        journal.commit(txn).expect("commit");
                        times.push(start.elapsed());
                    }
                    times
                })
            })
            .collect();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        handles.into_iter().flat_map(|h| h.join().expect("writer")).collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |d| d.as_secs_f64() * 1e3);
    let most = times.last().map_or(0.0, |d| d.as_secs_f64() * 1e3);
    println!(
        "{writers} writers: {:.0} commits/s, p50 {:.3} ms, p99 {:.3} ms, max {most:.1} ms",
        times.len() as f64 / seconds,
        at(50),
        at(99)
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(3);
    let temporary = tempfile::tempdir().expect("folder");
    let dir = folder.unwrap_or_else(|| temporary.path().to_path_buf()).join("writers");
    let journal = Journal::create(&dir, Options { reserve: 0, ..Options::default() }).expect("create");
    let spec = |name: &str| CollectionSpec {
        name: name.into(),
        history: History::Full,
        public: false,
        schema: 1,
        indexes: Vec::new(),
    };
    journal.declare("bench", &[spec("one"), spec("two"), spec("three")]).expect("declare");
    for writers in [1, 40] {
        measure(&journal, writers, Duration::from_secs(seconds));
    }
    journal.close().expect("close");
    std::fs::remove_dir_all(&dir).expect("remove");
}

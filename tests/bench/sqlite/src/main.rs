//! Durable commits a second in SQLite (WAL, `synchronous=FULL`): `tram-bench-sqlite FOLDER
//! SECONDS WRITERS each|shared`. Each commit writes three rows of about 200 bytes, one in
//! each of three tables, as the journal's example `writers` does with three collections.
//!
//! `each` gives every thread its own connection; `shared` has one connection behind a lock.
//! Tables have an integer primary key and statements are prepared once: SQLite's fast way.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// About 200 bytes, half text and half noise, as the journal's example makes them.
fn value(seed: u64) -> Vec<u8> {
    let mut x = seed | 1;
    (0..200u32)
        .map(|_| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            if x & 1 == 0 { b'a' } else { (x >> 20) as u8 }
        })
        .collect()
}

fn open(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(connection)
}

fn commit(connection: &Connection, number: u64) -> Outcome<()> {
    let key = i64::try_from(number)?;
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for insert in [
        "INSERT INTO one VALUES(?,?)",
        "INSERT INTO two VALUES(?,?)",
        "INSERT INTO three VALUES(?,?)",
    ] {
        connection
            .prepare_cached(insert)?
            .execute(params![key, value(number)])?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, seconds, writers, mode] = arguments.as_slice() else {
        return Err("usage: tram-bench-sqlite FOLDER SECONDS WRITERS each|shared".into());
    };
    let (time, writers) = (
        Duration::from_secs(seconds.parse()?),
        writers.parse::<u64>()?,
    );
    let shared = match mode.as_str() {
        "each" => false,
        "shared" => true,
        other => return Err(format!("{other} is neither each nor shared").into()),
    };
    let folder = tempfile::tempdir_in(PathBuf::from(folder))?;
    let path = folder.path().join("writers.db");
    let first = open(&path)?;
    for table in ["one", "two", "three"] {
        first.execute_batch(&format!(
            "CREATE TABLE {table}(k INTEGER PRIMARY KEY, v BLOB NOT NULL)"
        ))?;
    }
    let one = Mutex::new(first);
    let stop = AtomicBool::new(false);
    let numbers = AtomicU64::new(1);
    let work = || -> Outcome<Vec<Duration>> {
        let own = if shared { None } else { Some(open(&path)?) };
        let mut times = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let number = numbers.fetch_add(1, Ordering::Relaxed);
            let begun = Instant::now();
            match &own {
                Some(connection) => commit(connection, number)?,
                None => commit(&one.lock().unwrap_or_else(PoisonError::into_inner), number)?,
            }
            times.push(begun.elapsed());
        }
        Ok(times)
    };
    let begun = Instant::now();
    let mut times = thread::scope(|scope| -> Outcome<Vec<Duration>> {
        let handles: Vec<_> = (0..writers).map(|_| scope.spawn(work)).collect();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for handle in handles {
            all.extend(handle.join().map_err(|_| "a writer panicked")??);
        }
        Ok(all)
    })?;
    let took = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get(times.len() * part / 100)
            .map_or(0.0, |d| d.as_secs_f64() * 1e3)
    };
    let most = times.last().map_or(0.0, |d| d.as_secs_f64() * 1e3);
    println!(
        "{writers} writers: {:.0} commits/s, p50 {:.3} ms, p99 {:.3} ms, max {most:.1} ms, SQLite {}",
        times.len() as f64 / took,
        at(50),
        at(99),
        rusqlite::version()
    );
    Ok(())
}

//! The load, and what must be true after it: the state that a thread leaves after `n`
//! transactions is a function of `n`, so one row tells what all the others must hold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tram_journal::{
    CollectionSpec, CommitError, Context, EraseTarget, Error, History, IndexSpec, Journal, Options, Reader, RunError,
    ScanRange, TermMatch, Txn,
};

use crate::random::Random;

/// Keys that a thread turns round in.
const SLOTS: u64 = 40;

/// Small segments and frequent checkpoints, so that a short run meets every border.
#[must_use]
pub fn options() -> Options {
    Options {
        segment_size: 64 << 10,
        reserve: 0,
        min_free: 0,
        checkpoint_entries: 300,
        checkpoint_bytes: 64 << 10,
        ..Options::default()
    }
}

/// Declares what the load writes.
///
/// # Errors
/// As the journal says.
pub fn declare(journal: &Journal) -> Result<(), Error> {
    let index = |name: &str, unique, personal| IndexSpec { name: name.into(), unique, personal };
    let spec = |name: &str, history, public, indexes| CollectionSpec {
        name: name.into(),
        history,
        public,
        schema: 1,
        indexes,
    };
    journal.declare(
        "load",
        &[
            spec("book", History::Full, true, vec![index("tag", false, false), index("slot", true, false)]),
            spec("loan", History::Latest { days: 1 }, false, vec![index("who", true, true)]),
        ],
    )
}

fn value(thread: u64, n: u64) -> Vec<u8> {
    let mut text = format!("{thread}:{n}:").into_bytes();
    let length = (n.wrapping_mul(2_654_435_761) >> 7) % 700;
    text.extend((0..length).map(|i| b'a' + u8::try_from((i * (n + 3)) % 23).unwrap_or(0)));
    text
}

/// True for the transactions that also count up the row that all threads fight for.
fn is_hot(n: u64) -> bool {
    n.is_multiple_of(5)
}

fn deleted(n: u64) -> Option<u64> {
    (n % 7 == 3).then_some((n * 5) % SLOTS)
}

fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).ok().and_then(|t| t.parse().ok()).unwrap_or(0)
}

fn body(txn: &mut Txn, thread: u64, n: u64) -> Result<(), Error> {
    let key = format!("{thread}/{:02}", n % SLOTS);
    let tag = [u8::try_from(n % 3).unwrap_or(0)];
    txn.put("load", "book", key.as_bytes(), &value(thread, n), 1, &[("tag", &tag), ("slot", key.as_bytes())], None)?;
    txn.put("load", "loan", key.as_bytes(), &value(thread, n + 1), 1, &[("who", key.as_bytes())], None)?;
    if let Some(slot) = deleted(n) {
        txn.delete("load", "book", format!("{thread}/{slot:02}").as_bytes(), None)?;
    }
    txn.put("load", "loan", format!("{thread}/last").as_bytes(), n.to_string().as_bytes(), 1, &[], None)?;
    txn.add("load", "total", 1)?;
    txn.emit("load.done.1", key.as_bytes())?;
    if is_hot(n) {
        let hot = txn.get("load", "loan", b"hot")?.map_or(0, |r| number(&r.value));
        txn.put("load", "loan", b"hot", (hot + 1).to_string().as_bytes(), 1, &[], None)?;
    }
    Ok(())
}

/// Writes transaction `n` of a thread; returns when it is acknowledged.
///
/// # Errors
/// As the journal says.
pub fn write(journal: &Journal, thread: u64, n: u64) -> Result<(), CommitError> {
    let context = Context { note: format!("{thread} {n}"), ..Context::new("torture", "load") };
    match journal.run(context, |txn| body(txn, thread, n)) {
        Ok(_) => Ok(()),
        Err(RunError::Commit(e)) => Err(e),
        Err(RunError::Body(e) | RunError::Begin(e)) => Err(e.into()),
    }
}

/// The last transaction that the journal holds of a thread.
///
/// # Errors
/// As the journal says.
pub fn last(journal: &Journal, thread: u64) -> Result<u64, Error> {
    let row = journal.read()?.get("load", "loan", format!("{thread}/last").as_bytes())?;
    Ok(row.map_or(0, |r| number(&r.value)))
}

/// Writes without pause until told to stop or refused for good; calls `acknowledge` after each.
pub fn run(journal: &Journal, thread: u64, stop: &AtomicBool, mut acknowledge: impl FnMut(u64)) {
    let Ok(mut n) = last(journal, thread) else {
        return;
    };
    let mut failures = 0;
    while !stop.load(Ordering::Relaxed) && failures < 20 {
        if write(journal, thread, n + 1).is_ok() {
            n += 1;
            failures = 0;
            acknowledge(n);
        } else {
            // An erasure puts another table file in place, and who reads just then is refused.
            failures += 1;
            if let Ok(there) = last(journal, thread) {
                n = there;
            }
        }
    }
}

/// Erases events and notes of earlier entries now and then: segments and tables are rewritten
/// while others write, and it may be cut short anywhere.
pub fn erase(journal: &Journal, stop: &AtomicBool, random: &mut Random, pause: Duration) {
    let mut failures = 0;
    while !stop.load(Ordering::Relaxed) && failures < 20 {
        std::thread::sleep(pause);
        let sequence = 2 + random.below(journal.head().sequence.saturating_sub(2));
        let target = EraseTarget::Words { sequence };
        match journal.erase(Context::new("torture", "load"), &[target], "torture", "a test") {
            Ok(_) => failures = 0,
            Err(_) => failures += 1,
        }
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn expected(thread: u64, n: u64) -> (Rows, Rows) {
    let (mut books, mut loans) = (Rows::new(), Rows::new());
    // Only the last turns can still be seen, and a deletion within them.
    for i in n.saturating_sub(SLOTS * 8).max(1)..=n {
        let key = format!("{thread}/{:02}", i % SLOTS).into_bytes();
        books.insert(key.clone(), value(thread, i));
        loans.insert(key, value(thread, i + 1));
        if let Some(slot) = deleted(i) {
            books.remove(format!("{thread}/{slot:02}").as_bytes());
        }
    }
    if n > 0 {
        loans.insert(format!("{thread}/last").into_bytes(), n.to_string().into_bytes());
    }
    (books, loans)
}

fn rows(journal: &Journal, collection: &str, prefix: &[u8]) -> Result<Rows, Error> {
    let page = journal.read()?.scan("load", collection, &ScanRange::prefix(prefix, 100_000))?;
    Ok(page.rows.into_iter().map(|r| (r.key, r.value)).collect())
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// Acknowledged transactions that are not there.
    pub lost: u64,
    /// Threads whose rows are not those of a whole number of transactions.
    pub half: u64,
    /// Transactions that are there.
    pub kept: u64,
}

/// Compares what is there with what was acknowledged, thread by thread.
///
/// # Errors
/// As the journal says.
pub fn check(journal: &Journal, acknowledged: &BTreeMap<u64, u64>) -> Result<Checked, Error> {
    let mut checked = Checked::default();
    let mut hot = 0;
    let mut all = 0;
    for (thread, acknowledged) in acknowledged {
        let n = last(journal, *thread)?;
        checked.kept += n;
        checked.lost += acknowledged.saturating_sub(n);
        hot += n / 5;
        all += n;
        let (books, loans) = expected(*thread, n);
        let prefix = format!("{thread}/").into_bytes();
        let mut whole = rows(journal, "book", &prefix)? == books && rows(journal, "loan", &prefix)? == loans;
        // The indexes say the same as the rows.
        for key in books.keys() {
            let hit = journal.read()?.find("load", "book", "slot", key, TermMatch::Exact, None, 2)?;
            whole &= hit.rows.len() == 1 && hit.rows.iter().all(|r| r.key == *key);
        }
        checked.half += u64::from(!whole);
    }
    let total = journal.read()?.counter("load", "total")?;
    let counted = journal.read()?.get("load", "loan", b"hot")?.map_or(0, |r| number(&r.value));
    if total.unsigned_abs() != all || counted != hot {
        checked.half += 1;
    }
    Ok(checked)
}

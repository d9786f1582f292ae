//! Storing many records: `bulk FOLDER FILE...` puts each record of the files (split at 0x1D, as
//! MARC is) into one public collection, 500 a commit, and prints times, sizes and memory.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a measuring tool")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tram_journal::{CollectionSpec, Context, History, IndexSpec, Journal, Options, Reader, ScanRange, verify};

fn blocks(path: &Path) -> u64 {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("folder");
        return entries.map(|e| blocks(&e.expect("entry").path())).sum();
    }
    std::fs::metadata(path).map_or(0, |m| m.blocks() * 512)
}

fn memory() -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        text.lines()
            .find(|l| l.starts_with(name))
            .map_or(String::new(), |l| l.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
    };
    format!("resident {}, anonymous {}, peak {}", field("VmRSS"), field("RssAnon"), field("VmHWM"))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().expect("usage: bulk FOLDER FILE...")).join("bulk");
    let options = Options { reserve: 0, ..Options::default() };
    let journal = Journal::create(&dir, options.clone()).expect("create");
    let spec = CollectionSpec {
        name: "record".into(),
        history: History::Full,
        public: true,
        schema: 1,
        indexes: vec![IndexSpec { name: "control".into(), unique: false, personal: false }],
    };
    journal.declare("bench", &[spec]).expect("declare");
    let begun = Instant::now();
    let (mut records, mut bytes) = (0u64, 0u64);
    let mut txn = journal.begin(Context::new("bench", "bench")).expect("begin");
    for file in arguments {
        let mut reader = BufReader::new(std::fs::File::open(file).expect("file"));
        loop {
            let mut record = Vec::new();
            if reader.read_until(0x1d, &mut record).expect("read") == 0 {
                break;
            }
            if record.len() < 24 || record.len() > 1_000_000 {
                continue;
            }
            let key = txn.new_id().expect("id").to_bytes();
            let control = records.to_string();
            let terms: [(&str, &[u8]); 1] = [("control", control.as_bytes())];
            txn.put("bench", "record", &key, &record, 1, &terms, None).expect("put");
            records += 1;
            bytes += record.len() as u64;
            if records.is_multiple_of(500) {
                let next = journal.begin(Context::new("bench", "bench")).expect("begin");
                journal.commit(std::mem::replace(&mut txn, next)).expect("commit");
            }
        }
    }
    journal.commit(txn).expect("commit");
    let seconds = begun.elapsed().as_secs_f64();
    println!("{records} records, {:.1} MB in {seconds:.2} s; {}", bytes as f64 / 1e6, memory());
    let mb = |name: &str| blocks(&dir.join(name)) as f64 / 1e6;
    println!("journal {:.1} MB, tables {:.1} MB", mb("journal"), mb("tables.redb"));
    let begun = Instant::now();
    assert!(journal.compact().expect("compact"), "nobody reads");
    println!("after {:.2} s of compaction: tables {:.1} MB", begun.elapsed().as_secs_f64(), mb("tables.redb"));
    let page = journal.read().and_then(|s| s.scan("bench", "record", &ScanRange::all(10_000))).expect("scan");
    let begun = Instant::now();
    for row in &page.rows {
        journal.read().and_then(|s| s.get("bench", "record", &row.key)).expect("get").expect("row");
    }
    println!("a snapshot and a get: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / page.rows.len() as f64);
    // The folder as a kill would leave it.
    let copy = dir.with_file_name("bulk-killed");
    let status = std::process::Command::new("cp").arg("-a").arg(&dir).arg(&copy).status();
    assert!(status.is_ok_and(|s| s.success()), "cp");
    let begun = Instant::now();
    let killed = Journal::open(&copy, options.clone()).expect("open");
    println!("opening after a kill: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    drop(killed);
    journal.close().expect("close");
    let begun = Instant::now();
    Journal::open(&dir, options).expect("open").close().expect("close");
    println!("opening and closing after a close: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let begun = Instant::now();
    let report = verify(&dir, None).expect("verify");
    println!("verify: {:.2} s, sound: {}", begun.elapsed().as_secs_f64(), report.is_sound());
    std::fs::remove_dir_all(&dir).expect("remove");
    std::fs::remove_dir_all(&copy).expect("remove");
}

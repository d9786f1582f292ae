//! How long a document takes in its child process, and how much memory.
//!   cargo run --release -p tram-print --features engine --example measure -- CHILD [ARGUMENT…]
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use tram_print::Printer;

/// Prints of each document.
const TIMES: usize = 7;

fn main() {
    let command: Vec<_> = std::env::args_os().skip(1).collect();
    assert!(!command.is_empty(), "the command of the child, as `tram print-child`");
    let printer = Printer::new(command);
    println!("| document | median | peak resident memory of the child | file |\n| --- | --- | --- | --- |");
    // The larger ones last: the kernel tells the largest child so far.
    for rows in [12, 780, 1_500] {
        let job = support::proof(rows);
        let mut took = Vec::new();
        let mut printed = None;
        for _ in 0..TIMES {
            let began = Instant::now();
            printed = Some(printer.print(&job).unwrap());
            took.push(began.elapsed());
        }
        took.sort();
        let printed = printed.unwrap();
        let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
        let (median, size) = (took[TIMES / 2].as_millis(), printed.pdf.len() >> 10);
        println!("| {} pages, {rows} rows | {median} ms | {peak} MiB | {size} KiB |", printed.pages);
    }
}

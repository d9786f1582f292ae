//! A short course of each torture; the binary runs hundreds and thousands of rounds.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use tram_torture::{backup, full, kill, power};

#[test]
fn survives_kills() {
    let sum = kill::rounds(Path::new(env!("CARGO_BIN_EXE_torture")), 24, 1).unwrap();
    assert!(sum.is_good() && sum.acknowledged > 500, "{sum}");
}

#[test]
fn survives_kills_in_backup_and_restore() {
    let sum = backup::rounds(Path::new(env!("CARGO_BIN_EXE_torture")), 10, 6).unwrap();
    assert!(sum.is_good() && sum.rounds == 10, "{sum}");
}

#[test]
fn survives_power_cuts() {
    let sum = power::rounds(48, 2).unwrap();
    assert!(sum.is_good() && sum.acknowledged > 500 && sum.torn > 0, "{sum}");
}

#[test]
fn survives_a_full_disk() {
    let seen = full::simulated(2, 3, 0).unwrap();
    assert!(seen.written > 100 && seen.refused > 0);
    full::simulated(1, 4, 300_000).unwrap();
}

#[test]
fn survives_failed_syncs() {
    let seen = full::failed_syncs(2, 5).unwrap();
    assert!(seen.refused > 0);
}

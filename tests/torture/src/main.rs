//! `torture kill|power|backup ROUNDS [SEED]`, `torture full [SEED]`: prints what came of it, and
//! fails when anything acknowledged was lost or anything is half there.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

use std::path::Path;
use std::process::ExitCode;

use tram_journal::Error;
use tram_torture::{backup, full, kill, power};

fn number(arguments: &[String], at: usize, otherwise: u64) -> u64 {
    arguments.get(at).and_then(|a| a.parse().ok()).unwrap_or(otherwise)
}

fn run(arguments: &[String]) -> Result<bool, Error> {
    let seed = number(arguments, 2, u64::from(std::process::id()));
    match arguments.first().map(String::as_str) {
        Some("child") => {
            kill::child(Path::new(arguments.get(1).map_or("", String::as_str)))?;
            Ok(true)
        }
        Some("kill") => {
            let sum = kill::rounds(&std::env::current_exe()?, number(arguments, 1, 300), seed)?;
            println!("kill -9: {sum} (seed {seed})");
            Ok(sum.is_good())
        }
        Some("backup-child") => {
            let at = |n: usize| Path::new(arguments.get(n).map_or("", String::as_str));
            backup::backup_child(at(1), at(2))?;
            Ok(true)
        }
        Some("restore-child") => {
            let at = |n: usize| Path::new(arguments.get(n).map_or("", String::as_str));
            backup::restore_child(at(1), at(2))?;
            Ok(true)
        }
        Some("backup") => {
            let sum = backup::rounds(&std::env::current_exe()?, number(arguments, 1, 40), seed)?;
            println!(
                "kill -9 in backup and restore: {sum} (seed {seed}); torn counts restores cut short and done again"
            );
            Ok(sum.is_good())
        }
        Some("power") => {
            let sum = power::rounds(number(arguments, 1, 300), seed)?;
            println!("power cut: {sum} (seed {seed})");
            Ok(sum.is_good())
        }
        Some("full") => {
            let seed = number(arguments, 1, u64::from(std::process::id()));
            let seen = full::simulated(6, seed, 0)?;
            println!(
                "full disk, simulated: {} written, {} refused, nothing half (seed {seed})",
                seen.written, seen.refused
            );
            let seen = full::failed_syncs(6, seed)?;
            println!("failed syncs: {} written, {} refused, none lost (seed {seed})", seen.written, seen.refused);
            for min_free in [0, 4 << 20] {
                match full::mounted(min_free)? {
                    Some(seen) => println!(
                        "full disk, mounted, refusing below {min_free} bytes: {} written, {} refused, nothing half",
                        seen.written, seen.refused
                    ),
                    None => println!("full disk, mounted: not run, nothing can be mounted here"),
                }
            }
            Ok(true)
        }
        _ => {
            eprintln!("usage: torture kill|power|backup ROUNDS [SEED] | torture full [SEED]");
            Ok(false)
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("torture: {e}");
            ExitCode::FAILURE
        }
    }
}

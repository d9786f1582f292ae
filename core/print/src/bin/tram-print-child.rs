//! A child process of the printer, for tests and measurements.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    match tram_print::child(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

//! `tram-precompile IN OUT`: compiles a component or package for the baseline
//! processor; the build embeds the result.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(input), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        complain("usage: tram-precompile IN OUT");
        return ExitCode::FAILURE;
    };
    match tram_host::compile_baseline(&input, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{}: {error}", input.display()));
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stderr, reason = "a tool of the build speaks on its standard error")]
fn complain(text: &str) {
    eprintln!("{text}");
}

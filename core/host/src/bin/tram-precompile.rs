//! `tram-precompile IN OUT`: compiles a component or package for the baseline
//! processor; the build embeds the result. With `--limited` first it limits itself as
//! the station's child compiler does.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from).peekable();
    let limited = arguments.next_if(|first| first.as_os_str() == "--limited").is_some();
    let (Some(input), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        complain("usage: tram-precompile [--limited] IN OUT");
        return ExitCode::FAILURE;
    };
    let compile = if limited { tram_host::compile_component } else { tram_host::compile_baseline };
    match compile(&input, &output) {
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

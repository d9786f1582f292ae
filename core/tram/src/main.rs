//! `tram`: Trạm, the school server. Command line and start-up; wires the parts,
//! decides nothing.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the command line")]

mod arguments;
mod box_arguments;
mod box_commands;
mod box_door;
mod box_helper;
mod budget;
mod control;
mod demo;
mod jobs;
mod logging;
mod maintenance;
mod plugin;
mod pulse;
mod serve;
mod station;

use std::process::ExitCode;

use arguments::{Command, parse};

/// Keeps the allocator small: glibc makes an arena a thread, up to eight a core, and on a
/// small box each holds on to what an import or a burst of requests once needed; and it
/// learns from each large block to take the next one from an arena too, where a small
/// neighbour keeps it from being given back.
fn small_allocator() {
    const LARGE: libc::c_int = 256 << 10;
    // SAFETY: mallopt only sets numbers of the allocator, and no other thread runs yet.
    unsafe {
        let _ = libc::mallopt(libc::M_ARENA_MAX, 2);
        let _ = libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

fn main() -> ExitCode {
    small_allocator();
    let command = match parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("tram: {problem}\n\n{}", arguments::HELP);
            return ExitCode::from(2);
        }
    };
    let done = match command {
        Command::Help => {
            println!("{}", arguments::HELP);
            Ok(())
        }
        Command::Version => {
            println!("tram {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        Command::Init { data } => station::init(&data),
        Command::Serve(options) => serve::serve(&options),
        Command::Demo(options) => demo::demo(&options),
        Command::Verify { data, witness } => maintenance::verify(&data, witness.as_deref()),
        Command::Backup { data, to } => maintenance::backup(&data, &to),
        Command::Restore { data, from, key } => maintenance::restore(&data, &from, key.as_deref()),
        Command::SetupCode { data } => station::new_code(&data),
        Command::Job { data, plugin, job, files, options } => jobs::run(&data, &plugin, &job, &files, &options),
        Command::CompileComponent { input, output } => {
            tram_host::compile_component(&input, &output).map_err(Into::into)
        }
        Command::PrintChild => {
            tram_print::child(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()).map_err(Into::into)
        }
        Command::Precompile { data, folder } => station::precompile(&data, &folder),
        Command::Box(command) => box_commands::run(command),
        Command::Plugin(command) => plugin::run(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tram: {error:#}");
            ExitCode::FAILURE
        }
    }
}

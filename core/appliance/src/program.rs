//! Programs of the system, run with fixed arguments and never through a shell.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::Error;
use crate::error::Doing;

/// Runs a program and answers what it printed; `input` is what it reads.
///
/// # Errors
/// It is not there, or says that it failed.
pub fn run(program: &str, arguments: &[&str], input: Option<&[u8]>) -> Result<String, Error> {
    let mut child = Command::new(program)
        .args(arguments)
        // Tables and sizes are read in one language.
        .env("LC_ALL", "C.UTF-8")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(program)?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // A program that ends without reading says why in its own words below.
        let _ = stdin.write_all(input);
    }
    let done = child.wait_with_output().doing(program)?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    let said = if said.is_empty() { done.status.to_string() } else { said.chars().take(300).collect() };
    Err(Error::Program { program: program.to_owned(), said })
}

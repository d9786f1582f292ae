//! The child process: so much memory, so much time, nothing that it could open.

use std::io::{self, Read, Write};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::job::{Job, write_outcome};
use crate::{CHILD_MEMORY, CHILD_SECONDS, PrintError, render};

/// The address space: code, fonts and what is mapped and not touched come on top.
const CHILD_SPACE: u64 = CHILD_MEMORY + (256 << 20);
/// Stack: the typesetter bounds its own depth, by calls and not by bytes.
const STACK: usize = 32 << 20;

/// Reads a job, sets it, writes what came of it: the whole life of a child process of
/// [`crate::Printer`]. Its limits hold for the rest of the process.
///
/// # Errors
/// The job does not read, or nobody takes the outcome.
pub fn child(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<()> {
    limit()?;
    let job = Job::read(from)?;
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || render(&job))?;
    let outcome =
        thread.join().unwrap_or_else(|_| Err(PrintError::Station { reason: "the typesetter broke off".to_owned() }));
    write_outcome(to, &outcome)
}

fn limit() -> io::Result<()> {
    // When memory is short on the box, it is the document that goes, not the server.
    #[allow(clippy::disallowed_methods, reason = "a switch of the kernel's, not a file that is kept")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "800");
    let limit = |resource, value| setrlimit(resource, value, value).map_err(io::Error::from);
    limit(Resource::RLIMIT_DATA, CHILD_MEMORY)?;
    limit(Resource::RLIMIT_AS, CHILD_SPACE)?;
    // The first bound ends it with a signal that says so; nobody else sends that one.
    setrlimit(Resource::RLIMIT_CPU, CHILD_SECONDS, CHILD_SECONDS + 1)?;
    limit(Resource::RLIMIT_CORE, 0)?;
    // The three streams are there; no file and no socket can follow.
    limit(Resource::RLIMIT_NOFILE, 3)?;
    limit(Resource::RLIMIT_FSIZE, 0)?;
    // When the server goes, nobody waits for the document.
    set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from)
}

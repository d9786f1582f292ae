//! Having a child process set a document, and telling its deaths apart.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::job::{Job, MAX_PDF, Printed, read_outcome};
use crate::{CHILD_SECONDS, PrintError};

/// Longest answer: the document and its head.
const MAX_ANSWER: u64 = (MAX_PDF as u64) + (8 << 20);
/// What is read of what a dying child says.
const MAX_SAID: u64 = 8 << 10;

/// How a process says that it was given no more memory: Rust's allocator, the system, and
/// zlib-rs, which asks by itself when the document's parts are packed.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of", "Cannot allocate memory", "MemError"];

const XCPU: i32 = Signal::SIGXCPU as i32;
const KILL: i32 = Signal::SIGKILL as i32;

/// Sets documents in child processes.
#[derive(Debug, Clone, Default)]
pub struct Printer {
    command: Vec<OsString>,
}

impl Printer {
    /// A printer with the command of its child, which runs `child` of this crate. Empty:
    /// documents are set in this process, without limits (tests), where it has the
    /// typesetter.
    pub fn new(command: Vec<OsString>) -> Self {
        Self { command }
    }

    /// Sets a document and waits for it.
    ///
    /// # Errors
    /// See [`PrintError`].
    pub fn print(&self, job: &Job) -> Result<Printed, PrintError> {
        job.check()?;
        let Some((program, arguments)) = self.command.split_first() else { return here(job) };
        let mut command = Command::new(program);
        // Nothing of the server's surroundings. One thread: a second one's arenas would
        // count as memory, and the other core is for pages.
        command.args(arguments).env_clear().envs([("RAYON_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "1")]);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| station(&error))?;
        let answer = talk(&mut child, job);
        // Whatever happened, none is left behind.
        let _ = child.kill();
        let _ = child.wait();
        answer
    }
}

#[cfg(feature = "engine")]
fn here(job: &Job) -> Result<Printed, PrintError> {
    crate::render(job)
}

#[cfg(not(feature = "engine"))]
fn here(_: &Job) -> Result<Printed, PrintError> {
    Err(station(&"this program has no typesetter, and no child that has"))
}

fn station(error: &dyn std::fmt::Display) -> PrintError {
    PrintError::Station { reason: error.to_string() }
}

fn talk(child: &mut Child, job: &Job) -> Result<Printed, PrintError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(station(&"a child without streams"));
    };
    std::thread::scope(|scope| {
        // The child reads all before it answers, and may die meanwhile: its end says why.
        scope.spawn(move || {
            let _ = job.write(&mut stdin);
        });
        let answer = scope.spawn(move || {
            let mut bytes = Vec::new();
            stdout.take(MAX_ANSWER).read_to_end(&mut bytes).map(|_| bytes)
        });
        let said = scope.spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.take(MAX_SAID).read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let status = wait(child)?;
        let answer = answer.join().map_err(|_| station(&"reading broke off"))?.map_err(|error| station(&error))?;
        let said = said.join().unwrap_or_default();
        if !status.success() {
            return Err(death(status, &said));
        }
        read_outcome(&mut answer.as_slice()).map_err(|error| station(&error))?
    })
}

/// Waits for the end, and brings it about when the child sleeps beyond its time.
fn wait(child: &mut Child) -> Result<ExitStatus, PrintError> {
    let until = Instant::now() + Duration::from_secs(CHILD_SECONDS * 3);
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().map_err(|error| station(&error))? {
            return Ok(status);
        }
        if Instant::now() > until {
            let _ = child.kill();
            let _ = child.wait();
            return Err(PrintError::Timeout);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn death(status: ExitStatus, said: &str) -> PrintError {
    match status.signal() {
        // From setrlimit(2), for the processor's time.
        Some(XCPU) => PrintError::Timeout,
        // From the kernel, which is short of memory: the child offers itself.
        Some(KILL) => PrintError::Memory,
        _ if OUT_OF_MEMORY.iter().any(|words| said.contains(words)) => PrintError::Memory,
        _ => PrintError::Station { reason: said.lines().last().map_or_else(|| status.to_string(), str::to_owned) },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Moment;

    /// What is said of a child that ends as the script does.
    fn told(script: &str) -> PrintError {
        let moment = Moment { year: 2026, month: 12, day: 1, hour: 7, minute: 30, second: 0, offset: 420 };
        let (data, station) = (Vec::new(), Vec::new());
        let job = Job { template: "x".into(), data, station, pictures: BTreeMap::new(), moment };
        let command = ["/bin/sh", "-c", script].map(OsString::from);
        Printer::new(command.to_vec()).print(&job).unwrap_err()
    }

    #[test]
    fn deaths_are_told_apart() {
        for said in ["memory allocation of 67108864 bytes failed", "  left: MemError\n right: Ok"] {
            assert_eq!(told(&format!("echo '{said}' >&2; kill -ABRT $$")), PrintError::Memory, "{said}");
        }
        assert_eq!(told("kill -KILL $$"), PrintError::Memory);
        assert_eq!(told("kill -XCPU $$"), PrintError::Timeout);
        assert_eq!(told("echo 'a bug' >&2; kill -ABRT $$"), PrintError::Station { reason: "a bug".into() });
        assert_eq!(told("exit 0").code(), "station", "nothing was answered");
    }
}

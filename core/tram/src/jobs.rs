//! `tram job PLUGIN JOB [FILE...]`: runs a plugin's job over files, with a progress
//! bar, whether or not a server runs on the folder.
//!
//! A job that is started here gets `{"files": [{"name", "media-type", "size",
//! "blob"}], "options": {…}}` as its arguments.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_host::{Host, JobState, Upload};
use tram_people::Principal;

use crate::control;
use crate::station::Station;

/// How long the index may lag behind a finished job; it goes on by itself afterwards.
const INDEXED_WITHIN: Duration = Duration::from_secs(120);

/// A file on its way to a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileToSend {
    name: String,
    size: u64,
}

impl FileToSend {
    /// What is said of a file before its bytes.
    ///
    /// # Errors
    /// There is no such file.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let meta = path.metadata().with_context(|| format!("{} does not open", path.display()))?;
        if !meta.is_file() {
            bail!("{} is not a file", path.display());
        }
        let name = path.file_name().map_or_else(|| "file".to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, size: meta.len() })
    }

    fn media_type(&self) -> &'static str {
        match Path::new(&self.name).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("mrc" | "marc" | "dat") => "application/marc",
            Some("xml") => "application/marcxml+xml",
            Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Some("csv" | "tsv") => "text/csv",
            _ => "application/octet-stream",
        }
    }
}

/// How far a job is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) message: String,
}

/// Runs a job on an open host; `bytes` yields the files one behind the other. Answers
/// the outcome as text.
///
/// # Errors
/// The files do not fit their sizes, the job does not start, or it failed.
pub(crate) fn run_on(
    host: &Host,
    plugin: &str,
    job: &str,
    files: &[FileToSend],
    bytes: &mut dyn Read,
    options: &[(String, String)],
    progress: &mut dyn FnMut(&Report),
) -> Result<String> {
    let mut uploads = Vec::new();
    for file in files {
        let mut writer = host.upload(plugin, &file.name, file.media_type())?;
        let copied = std::io::copy(&mut bytes.take(file.size), &mut writer)
            .with_context(|| format!("{} cannot be stored", file.name))?;
        if copied != file.size {
            bail!("{} ended after {copied} of {} bytes", file.name, file.size);
        }
        uploads.push(writer.finish()?);
    }
    let arguments = serde_json::json!({
        "files": uploads.iter().map(|upload: &Upload| serde_json::json!({
            "name": upload.name, "media-type": upload.media_type, "size": upload.size, "blob": upload.blob,
        })).collect::<Vec<_>>(),
        "options": options.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    });
    let id = host.start_job(plugin, job, &serde_json::to_vec(&arguments)?, &Principal::console("vi"))?;
    let mut last = None;
    host.wait_job(&id, &mut |status| {
        last = Some(status.clone());
        progress(&Report { done: status.done, total: status.total, message: in_words(&status.message) });
    })?;
    let status = host.job(&id)?.or(last).context("the job is gone")?;
    let outcome = String::from_utf8_lossy(&status.outcome).into_owned();
    match status.state {
        JobState::Done => {
            // Whoever is told "done" searches next. A plugin without an index is not waited for.
            let _ = host.wait_for_index(plugin, INDEXED_WITHIN);
            Ok(outcome)
        }
        _ => bail!("{plugin} {job}: {} {outcome}", in_words(&status.message)),
    }
}

/// A message of a job in the language of the terminal.
fn in_words(message: &str) -> String {
    let english = std::env::var("LANG").is_ok_and(|language| language.starts_with("en"));
    Text::decode(message).get(if english { "en" } else { "vi" }).to_owned()
}

/// A bar on a terminal, a line every few seconds elsewhere.
struct Bar {
    began: Instant,
    drawn: Option<Instant>,
    terminal: bool,
}

impl Bar {
    fn new() -> Self {
        Self { began: Instant::now(), drawn: None, terminal: std::io::stderr().is_terminal() }
    }

    fn draw(&mut self, report: &Report) {
        let every = if self.terminal { Duration::from_millis(100) } else { Duration::from_secs(5) };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < every) {
            return;
        }
        self.drawn = Some(Instant::now());
        let width = 30u64;
        let filled = (report.done.min(report.total) * width).checked_div(report.total).unwrap_or(0);
        let bar: String = (0..width).map(|at| if at < filled { '█' } else { '░' }).collect();
        let line =
            format!("{bar} {}/{} {} {} s", report.done, report.total, report.message, self.began.elapsed().as_secs());
        if self.terminal {
            eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }

    fn end(&self) {
        if self.terminal && self.drawn.is_some() {
            eprintln!();
        }
    }
}

/// The command.
///
/// # Errors
/// A file does not open, or the job failed.
pub(crate) fn run(data: &Path, plugin: &str, job: &str, files: &[PathBuf], options: &[(String, String)]) -> Result<()> {
    let mut bar = Bar::new();
    if let Some(mut connection) = control::connect(data)? {
        let text = connection.job(plugin, job, files, options, &mut |report| bar.draw(report))?;
        bar.end();
        println!("{text}");
        return Ok(());
    }
    crate::logging::begin();
    let station = Station::open(data, true)?;
    let sent = files.iter().map(|path| FileToSend::of(path)).collect::<Result<Vec<_>>>()?;
    let mut bytes: Box<dyn Read> = Box::new(std::io::empty());
    for path in files {
        bytes = Box::new(bytes.chain(File::open(path)?));
    }
    let text = run_on(&station.host, plugin, job, &sent, &mut bytes, options, &mut |report| bar.draw(report));
    bar.end();
    let closed = station.close();
    println!("{}", text?);
    closed
}

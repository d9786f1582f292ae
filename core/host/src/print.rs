//! Documents as PDF: what a job asked for between two of its steps, the thread that
//! has it set, one at a time, and keeps what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tram_contract::manifest::Template;
use tram_journal::{Context, Id, Reader, ScanRange, Txn};
use tram_print::{Job, Moment, PrintError, Printed};

use crate::capabilities::{ZONE, register, unregister};
use crate::inner::Core;
use crate::plugin::Entry;
use crate::tables::{self, PRINTS};
use crate::{CallError, Error, jobs, templates};

/// Largest data of one document, bytes.
pub(crate) const MAX_DATA: usize = 1 << 20;
/// Documents that are looked at in one go: each holds its data.
const PAGE: usize = 20;
/// How long a document waits for the one before it: longer than any takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A document that is to be set, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Plugin that asked.
    pub(crate) plugin: String,
    /// Id of the template in its manifest.
    pub(crate) template: String,
    /// JSON.
    pub(crate) data: String,
    /// Name of the file.
    pub(crate) name: String,
    /// None: not set yet.
    #[serde(default)]
    pub(crate) outcome: Option<Result<Done, Failed>>,
}

/// A document that was set: a file of the plugin's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) blob: String,
    pub(crate) size: u64,
    pub(crate) pages: u32,
    /// Language maps as JSON.
    pub(crate) warnings: Vec<String>,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) vi: String,
    pub(crate) en: String,
}

impl Failed {
    fn new(code: &str, text: &tram_contract::Text) -> Self {
        Self { code: code.to_owned(), vi: text.get("vi").to_owned(), en: text.get("en").to_owned() }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Print(error) => error.code(),
            _ => "station",
        };
        Self::new(code, &error.text())
    }
}

fn key(job: &str) -> Result<[u8; 16], tram_journal::Error> {
    Ok(job.parse::<Id>()?.to_bytes())
}

/// Enters a request of a job's in its transaction.
pub(crate) fn enter(txn: &mut Txn, job: &str, request: &Request) -> Result<(), tram_journal::Error> {
    txn.put(tables::OWNER, PRINTS, &key(job)?, &tables::encode(request), 1, &[], None)
}

/// The request of a job.
pub(crate) fn read(reader: &dyn Reader, job: &str) -> Result<Option<Request>, tram_journal::Error> {
    let row = reader.get(tables::OWNER, PRINTS, &key(job)?)?;
    Ok(row.and_then(|row| serde_json::from_slice(&row.value).ok()))
}

/// Whether the job waits for a document.
pub(crate) fn is_open(reader: &dyn Reader, job: &str) -> Result<bool, tram_journal::Error> {
    Ok(read(reader, job)?.is_some_and(|request| request.outcome.is_none()))
}

/// Forgets what a step has had, in the step's own transaction; a request that the
/// step entered anew stays.
pub(crate) fn taken(txn: &mut Txn, job: &str) -> Result<(), tram_journal::Error> {
    if read(txn, job)?.is_none_or(|request| request.outcome.is_none()) {
        return Ok(());
    }
    txn.delete(tables::OWNER, PRINTS, &key(job)?, None)
}

/// The thread of the documents.
pub(crate) fn work(core: &Arc<Core>) {
    crate::vendors::give_way();
    let mut seen = 0;
    while !core.is_stopping() {
        let mut moved = false;
        match waiting(core) {
            Ok(requests) => {
                for (job, request) in requests {
                    if core.is_stopping() {
                        return;
                    }
                    match print(core, &job, &request) {
                        Ok(()) => moved = true,
                        Err(error) => log::error!("{}: a document could not be kept: {error}", request.plugin),
                    }
                }
            }
            Err(error) => log::error!("documents to print cannot be listed: {error}"),
        }
        if !moved {
            seen = core.progress.wait(seen, Duration::from_secs(1));
        }
    }
}

/// The next documents to set. On the way, what nobody will take any more is let go:
/// the outcome of a job that failed over it, or that was stopped.
fn waiting(core: &Core) -> Result<Vec<(String, Request)>, Error> {
    let snapshot = core.journal.read()?;
    let mut range = ScanRange::all(PAGE);
    loop {
        let page = snapshot.scan(tables::OWNER, PRINTS, &range)?;
        let mut open = Vec::new();
        for row in &page.rows {
            let Ok(key) = row.key.as_slice().try_into() else { continue };
            let job = Id::from_bytes(key).to_string();
            let Ok(request) = serde_json::from_slice::<Request>(&row.value) else { continue };
            if request.outcome.is_none() {
                open.push((job, request));
            } else if jobs::read(&snapshot, &job)?.is_none_or(|record| record.state.is_over()) {
                forget(core, &job, &request.plugin)?;
            }
        }
        match page.rows.last() {
            Some(last) if open.is_empty() && page.rows.len() == PAGE => range = ScanRange::after(&last.key, PAGE),
            _ => return Ok(open),
        }
    }
}

/// Removes a job's document and what is noted of it.
fn forget(core: &Core, job: &str, plugin: &str) -> Result<(), Error> {
    let mut context = Context::new("system", plugin);
    context.time = tram_journal::clock::now();
    let written = core.journal.run(context, |txn| {
        let Some(request) = read(txn, job)? else { return Ok(()) };
        if let Some(Ok(done)) = request.outcome {
            unregister(txn, plugin, &done.blob)?;
        }
        txn.delete(tables::OWNER, PRINTS, &key(job)?, None)
    });
    settled(written)
}

/// What a transaction came to.
pub(crate) fn settled<T, S>(written: Result<(T, S), tram_journal::RunError<tram_journal::Error>>) -> Result<T, Error> {
    written.map(|(value, _)| value).map_err(|error| match error {
        tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => Error::Journal(error),
        tram_journal::RunError::Commit(error) => Error::Commit(error),
    })
}

/// Has one document set and keeps what came of it.
fn print(core: &Arc<Core>, job: &str, request: &Request) -> Result<(), Error> {
    let over = jobs::read(&core.journal.read()?, job)?.is_none_or(|record| record.state.is_over());
    let printed = if over { Err(Error::Closed.into()) } else { ask(core, request).map_err(Failed::from) };
    let content = match &printed {
        Ok(printed) => Some(blob(core, &printed.pdf)?),
        Err(_) => None,
    };
    // In the plugin's name: the document is its own, and counted as such.
    let mut context = Context::new("system", &request.plugin);
    context.time = tram_journal::clock::now();
    let written = core.journal.run(context, |txn| {
        // Stopped meanwhile, or asked for something else: nobody waits for this.
        let open = jobs::read(txn, job)?.is_some_and(|record| !record.state.is_over());
        let Some(mut now) = read(txn, job)?.filter(|now| now.outcome.is_none()) else { return Ok(()) };
        if !open {
            return txn.delete(tables::OWNER, PRINTS, &key(job)?, None);
        }
        now.outcome = Some(match (&printed, content) {
            (Ok(printed), Some(content)) => {
                let size = printed.pdf.len() as u64;
                Ok(Done {
                    blob: register(txn, &request.plugin, &request.name, "application/pdf", size, content)?,
                    size,
                    pages: printed.pages,
                    warnings: printed.warnings.iter().map(tram_contract::Text::encode).collect(),
                })
            }
            (Err(why), _) => Err(why.clone()),
            (Ok(_), None) => return Ok(()),
        });
        now.data = String::new();
        enter(txn, job, &now)
    });
    settled(written)?;
    core.jobs.raise();
    Ok(())
}

fn blob(core: &Core, bytes: &[u8]) -> Result<tram_journal::BlobId, Error> {
    let mut writer = core.journal.blobs().writer()?;
    std::io::Write::write_all(&mut writer, bytes)?;
    Ok(writer.finish()?.id)
}

fn ask(core: &Core, request: &Request) -> Result<Printed, Error> {
    let gone = || Error::NoPlugin(request.plugin.clone());
    let entry = core.entry(&request.plugin).ok_or_else(gone)?;
    let template = templates::declared(&entry, &request.template)?;
    let source = templates::source(core, &entry, template)?;
    let began = std::time::Instant::now();
    let printed = set(core, &entry, template, source, request.data.clone().into_bytes())?;
    let usage = core.journal.usage(&request.plugin);
    if usage.quota.is_some_and(|quota| usage.total().saturating_add(printed.pdf.len() as u64) > quota) {
        return Err(Error::Package(CallError::OverQuota.text()));
    }
    log::info!(
        "{}: {} pages of “{}” were set in {} ms",
        request.plugin,
        printed.pages,
        request.template,
        began.elapsed().as_millis()
    );
    Ok(printed)
}

/// Sets a document of a plugin's, when nobody else's is being set.
pub(crate) fn set(
    core: &Core,
    entry: &Entry,
    template: &Template,
    source: String,
    data: Vec<u8>,
) -> Result<Printed, Error> {
    let pictures: BTreeMap<String, Vec<u8>> = template
        .pictures
        .iter()
        .filter_map(|path| {
            let name = path.rsplit('/').next().unwrap_or(path);
            Some((name.to_owned(), entry.assets.get(path)?.bytes.to_vec()))
        })
        .collect();
    let job = Job { template: source, data, station: station(core)?, pictures, moment: moment()? };
    let _one = core.printing.take(PATIENCE).ok_or(PrintError::Busy)?;
    Ok(core.printer.print(&job)?)
}

/// What every document may say of the station: whose it is, and the journal's head,
/// by which a later change of the past is found.
fn station(core: &Core) -> Result<Vec<u8>, Error> {
    let known = core.people.station()?;
    let head = core.journal.head();
    let hash: String = head.hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(tables::encode(&json!({
        "school": known.school,
        "authority": known.authority,
        "place": known.place,
        "witness": { "sequence": head.sequence, "hash": hash },
    })))
}

/// The present, where schools are.
fn moment() -> Result<Moment, Error> {
    let now = jiff::Timestamp::from_millisecond(tram_journal::clock::now().unix_ms)
        .map_err(|error| Error::malformed("the time", error))?;
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let offset = zone.to_offset(now).seconds() / 60;
    let now = zone.to_datetime(now);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    Ok(Moment {
        year: i32::from(now.year()),
        month: small(now.month()),
        day: small(now.day()),
        hour: small(now.hour()),
        minute: small(now.minute()),
        second: small(now.second()),
        offset,
    })
}

//! Documents as PDF: what a job asked for between two of its steps, the thread that
//! has it set, one at a time, and keeps what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tram_contract::manifest::Template;
use tram_journal::Txn;
use tram_print::{Job, Moment, PrintError, Printed};

use crate::capabilities::{ZONE, register, unregister};
use crate::errands::{self, Errand};
use crate::inner::Core;
use crate::plugin::Entry;
use crate::tables::{self, PRINTS};
use crate::{CallError, Error, templates};

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

impl Errand for Request {
    const ROWS: &'static str = PRINTS;
    const PAGE: usize = PAGE;
    const NAME: &'static str = "a document";

    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    fn see_to(&self, core: &Arc<Core>, job: &str) -> Result<(), Error> {
        print(core, job, self)
    }

    fn had(&self, _txn: &mut Txn) -> Result<(), tram_journal::Error> {
        Ok(())
    }

    fn let_go(&self, txn: &mut Txn) -> Result<(), tram_journal::Error> {
        match &self.outcome {
            Some(Ok(done)) => unregister(txn, &self.plugin, &done.blob),
            _ => Ok(()),
        }
    }
}

/// Has one document set and keeps what came of it.
fn print(core: &Arc<Core>, job: &str, request: &Request) -> Result<(), Error> {
    let printed =
        if errands::is_over(core, job)? { Err(Error::Closed.into()) } else { ask(core, request).map_err(Failed::from) };
    let content = match &printed {
        Ok(printed) => Some(errands::blob(core, &printed.pdf)?),
        Err(_) => None,
    };
    let kept = errands::keep(core, job, &request.plugin, |txn, now: &mut Request| {
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
        Ok(())
    });
    errands::settled(kept)?;
    core.jobs.raise();
    Ok(())
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

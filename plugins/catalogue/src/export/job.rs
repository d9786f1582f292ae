//! The job `export`: the catalogue as one file.

use serde::{Deserialize, Serialize};
use tram_marc::iso2709;
use tram_sdk::{Error, Principal, Progress, Result, Step, blobs, clock, store};

use super::xlsx;
use crate::bib;
use crate::messages as m;
use crate::shelf::{self, Loaded};

/// Records that a step writes.
const A_STEP: u32 = 400;
/// Titles that are named when they could not be written.
const NAMED: usize = 20;

/// The form of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// MARC 21 in its exchange form.
    #[default]
    Marc,
    /// MARC 21 in XML.
    Marcxml,
    /// A workbook with a row a copy.
    Xlsx,
}

impl Format {
    /// The name in forms and arguments.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Marc => "marc",
            Self::Marcxml => "marcxml",
            Self::Xlsx => "xlsx",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Marc, Self::Marcxml, Self::Xlsx].into_iter().find(|format| format.name() == name)
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Marc => "mrc",
            Self::Marcxml => "xml",
            Self::Xlsx => "xlsx",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Marc => "application/marc",
            Self::Marcxml => "application/marcxml+xml",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Arguments of the job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    /// What is chosen; texts, so that the command line can hand them over.
    #[serde(default)]
    pub options: Chosen,
}

/// What is chosen for an export.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// See [`Format`].
    pub format: Format,
    /// `yes`: without what concerns this library alone.
    pub public: String,
}

impl Arguments {
    /// Arguments from a form.
    #[must_use]
    pub fn new(format: Format, public: bool) -> Self {
        Self { options: Chosen { format, public: if public { "yes".into() } else { String::new() } } }
    }
}

/// How an export ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The file: a blob.
    pub blob: String,
    /// Its name.
    pub name: String,
    /// Records in it.
    pub records: u64,
    /// Records that ISO 2709 cannot hold.
    pub left_out: u64,
    /// In words.
    pub message: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    chosen: Chosen,
    /// The unfinished blob.
    blob: String,
    after: Option<String>,
    records: u64,
    left_out: u64,
    named: Vec<String>,
    /// What the writer of the workbook carries from step to step.
    sheet: xlsx::Sheet,
}

impl State {
    fn public(&self) -> bool {
        matches!(self.chosen.public.as_str(), "yes" | "true" | "1" | "on")
    }
}

/// One step of an export.
///
/// # Errors
/// As the store.
pub fn run(state: &[u8], first: bool, by: &Principal) -> Result<Step> {
    let language = by.language.as_str();
    let mut state: State = if first {
        let arguments: Arguments = serde_json::from_slice(state)?;
        State { chosen: arguments.options, ..State::default() }
    } else {
        serde_json::from_slice(state)?
    };
    let format = state.chosen.format;
    let name = format!("{}.{}", m::EXPORT_NAME.with(language, &[&clock::today()]), format.ending());
    let mut blob = if first {
        let mut blob = blobs::create(&name, format.media_type())?;
        match format {
            Format::Marc => {}
            Format::Marcxml => blob.append(tram_marc::marcxml::HEADER.as_bytes())?,
            Format::Xlsx => blob.append(&state.sheet.begin(language))?,
        }
        blob
    } else {
        blobs::Writer::resume(state.blob.clone())
    };

    let after = state.after.as_deref().and_then(store::from_hex);
    let (rows, next) = shelf::page(after.as_deref(), A_STEP)?;
    let mut out = Vec::new();
    for row in &rows {
        write(&mut state, row, language, &mut out)?;
    }
    if format == Format::Xlsx {
        out = state.sheet.pack(&out);
    }
    blob.append(&out)?;
    let total = store::count(shelf::RECORDS)?;
    let done = state.records + state.left_out;
    let progress = Progress::new(done.min(total), total, m::PROGRESS_EXPORT.text_with(&[&done.to_string()]));
    if let Some(next) = next {
        state.after = Some(store::to_hex(&next));
        state.blob = blob.suspend()?;
        return Step::again(progress, &state);
    }
    match format {
        Format::Marc => {}
        Format::Marcxml => blob.append(tram_marc::marcxml::FOOTER.as_bytes())?,
        Format::Xlsx => blob.append(&state.sheet.end())?,
    }
    let count = m::figure(state.records, language);
    let message = if state.left_out == 0 {
        m::EXPORT_DONE.with(language, &[&count])
    } else {
        m::EXPORT_LEFT_OUT.with(language, &[&count, &m::figure(state.left_out, language), &state.named.join("; ")])
    };
    let outcome = Outcome {
        blob: blob.finish()?,
        name,
        records: state.records,
        left_out: state.left_out,
        message: message.clone(),
    };
    Step::done(Progress::new(total, total, message.as_str()), &outcome)
}

fn write(state: &mut State, row: &Loaded, language: &str, out: &mut Vec<u8>) -> Result<()> {
    let Some(record) = row.record() else {
        return Ok(());
    };
    let public = state.public();
    let copies = shelf::copies(&row.key)?;
    match state.chosen.format {
        Format::Marc => {
            let whole = super::whole(record, &copies, public);
            if iso2709::write(&whole, out).is_err() {
                state.left_out += 1;
                if state.named.len() < NAMED {
                    state.named.push(bib::title_or(record, &row.id()).into_owned());
                }
                return Ok(());
            }
        }
        Format::Marcxml => {
            let mut text = String::with_capacity(4096);
            super::marcxml(&mut text, record, &copies, public);
            text.push('\n');
            out.extend_from_slice(text.as_bytes());
        }
        Format::Xlsx => {
            state.sheet.rows(record, &copies, language, out);
        }
    }
    state.records += 1;
    Ok(())
}

/// The file of an export that is done.
///
/// # Errors
/// `not-found` when there is none.
pub fn file(job: Option<&str>) -> Result<Outcome> {
    let none = || Error::not_found(m::NO_EXPORT.text());
    let status = tram_sdk::jobs::status(job.ok_or_else(none)?)?.ok_or_else(none)?;
    if status.job != "export" {
        return Err(none());
    }
    status.outcome().map_err(|_| none())
}

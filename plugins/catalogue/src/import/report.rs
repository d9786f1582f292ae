//! The report: every record that was not simply taken, with its place and reason.

use serde::{Deserialize, Serialize};
use tram_sdk::store::{self, Scan, Table};
use tram_sdk::{Result, blobs};

use crate::messages::{self as m, Message};

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Not taken: it cannot be read, or is no description of a title.
    Refused,
    /// Not taken: there already.
    Skipped,
    /// Taken in place of the one that was there.
    Overlaid,
    /// Taken, with something put right.
    Warned,
    /// Something about a copy, not the record.
    Copy,
}

impl Fate {
    fn message(self) -> &'static Message {
        match self {
            Self::Refused => &m::FATE_REFUSED,
            Self::Skipped => &m::FATE_SKIPPED,
            Self::Overlaid => &m::FATE_OVERLAID,
            Self::Warned => &m::FATE_WARNED,
            Self::Copy => &m::FATE_COPY,
        }
    }
}

/// A line of the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The file.
    pub file: String,
    /// Number of the record in the file, from 1; or the row as Excel shows it.
    pub number: u64,
    /// Offset of its first byte; none in a spreadsheet.
    pub offset: Option<u64>,
    /// What became of it.
    pub fate: Option<Fate>,
    /// Its control number, when known.
    #[serde(default)]
    pub control: String,
    /// Its title, when known.
    #[serde(default)]
    pub title: String,
    /// Why, in the reader's language.
    #[serde(default)]
    pub reason: String,
}

/// What became of the records, in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Records, or rows of a spreadsheet that describe something.
    pub read: u64,
    /// New ones.
    pub added: u64,
    /// Taken in place of one that was there.
    pub overlaid: u64,
    /// There already.
    pub skipped: u64,
    /// Not taken.
    pub refused: u64,
    /// Taken with something put right.
    pub warned: u64,
    /// Copies added.
    pub copies: u64,
}

/// The lines of an import, a row for each step of the job.
const LINES: Table<Vec<Line>> = Table::new("report-lines");

/// Keeps the lines of a step.
///
/// # Errors
/// As [`Table::put`].
pub fn keep(import: &[u8], step: u64, lines: &Vec<Line>) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    LINES.put([import, &step.to_be_bytes()].concat(), lines)
}

/// The first lines of an import that say what was not taken.
///
/// # Errors
/// As [`Table::scan`].
pub fn first_lines(import: &[u8], limit: usize) -> Result<Vec<Line>> {
    let mut out = Vec::new();
    for entry in LINES.iter(import) {
        out.extend(entry?.value.into_iter().filter(|line| line.fate != Some(Fate::Warned)));
        if out.len() >= limit {
            out.truncate(limit);
            break;
        }
    }
    Ok(out)
}

/// Writes the report as a CSV file that Excel opens with its marks: UTF-8 with a
/// byte order mark.
///
/// # Errors
/// As [`blobs::create`].
pub fn write(import: &[u8], name: &str, language: &str) -> Result<String> {
    let mut blob = blobs::create(name, "text/csv; charset=utf-8")?;
    blob.append("\u{feff}".as_bytes())?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let heads = [
        &m::REPORT_FILE,
        &m::REPORT_NUMBER,
        &m::REPORT_OFFSET,
        &m::REPORT_FATE,
        &m::REPORT_CONTROL,
        &m::REPORT_TITLE,
        &m::REPORT_REASON,
    ];
    row(&mut csv, heads.map(|head| head.get(language).to_owned()))?;
    for entry in LINES.iter(import) {
        for line in entry?.value {
            let offset = line.offset.map(|o| o.to_string()).unwrap_or_default();
            let fate = line.fate.map(|f| f.message().get(language)).unwrap_or_default();
            row(
                &mut csv,
                [line.file, line.number.to_string(), offset, fate.to_owned(), line.control, line.title, line.reason],
            )?;
        }
        let bytes = csv.into_inner().map_err(|error| csv_error(&error.to_string()))?;
        blob.append(&bytes)?;
        csv = csv::Writer::from_writer(Vec::new());
    }
    blob.append(&csv.into_inner().map_err(|error| csv_error(&error.to_string()))?)?;
    blob.finish()
}

fn row(csv: &mut csv::Writer<Vec<u8>>, fields: [String; 7]) -> Result<()> {
    csv.write_record(fields.map(|field| guarded(&field))).map_err(|error| csv_error(&error.to_string()))
}

/// A spreadsheet takes a text that begins like this for a formula; what came from a
/// stranger's file must not run.
fn guarded(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() }
}

fn csv_error(text: &str) -> tram_sdk::Error {
    tram_sdk::Error::new(tram_sdk::code::BAD_VALUE, text)
}

/// Forgets the lines of an import once the report is written, except the first
/// step's, which the page shows.
///
/// # Errors
/// As [`store::delete`].
pub fn forget(import: &[u8], keep: usize) -> Result<()> {
    let page = store::scan(LINES.name(), &Scan::prefix(import))?;
    for row in page.rows.iter().skip(keep) {
        store::delete(LINES.name(), &row.key, None)?;
    }
    Ok(())
}

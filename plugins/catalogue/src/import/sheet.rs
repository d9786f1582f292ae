//! A step on a spreadsheet: first its rows become lines of a blob, then they are read
//! from there like any other file.

use serde::{Deserialize, Serialize};
use tram_marc::Record;
use tram_sdk::{Error, Result, blobs, clock, settings, store};

use super::FileArgument;
use super::job::{Place, Work};
use super::place::{self, Placed};
use super::report::{Fate, Line};
use crate::compact::{self, Compact};
use crate::excel::{self, Columns, Grid, Row, SheetError};
use crate::messages as m;
use crate::shelf::{self, Copy};
use crate::{keys, plain};

/// What is kept of a spreadsheet between steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sheet {
    /// The blob with a row a line.
    rows: String,
    /// Its size.
    size: u64,
    /// Title, author and year of the row before, and its record: the next row may be
    /// another copy of it.
    last: Option<(String, String)>,
}

impl Sheet {
    /// How much of the file itself is done, when so much of the rows is.
    pub(super) fn scaled(&self, offset: u64, size: u64) -> u64 {
        offset.saturating_mul(size) / self.size.max(1)
    }
}

/// Whether a file is to be read as a spreadsheet: by its first bytes, else its name.
///
/// # Errors
/// As [`blobs::read`].
pub(crate) fn is_sheet(file: &FileArgument) -> Result<bool> {
    let head = blobs::read(&file.blob, 0, 8)?;
    if head.starts_with(b"PK") || head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(true);
    }
    let name = file.name.to_ascii_lowercase();
    Ok([".xlsx", ".xls", ".xlsm", ".csv", ".tsv"].iter().any(|ending| name.ends_with(ending)))
}

/// The sheets of a file that are lists of books, with their columns: found by their
/// headings, corrected by what was chosen for a list like this before, and by
/// `columns`.
///
/// # Errors
/// `invalid` with what is wrong with the file and what to do.
pub(crate) fn lists(
    file: &FileArgument,
    corrections: &std::collections::BTreeMap<String, String>,
) -> Result<Vec<(Grid, Columns)>> {
    let size = blobs::stat(&file.blob)?.map_or(0, |info| info.size);
    // One byte more than is read tells that the file is too large.
    let limit = 10 * 1024 * 1024 + 1;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < size.min(limit) {
        let piece = blobs::read(&file.blob, bytes.len() as u64, blobs::MAX_PIECE)?;
        if piece.is_empty() {
            break;
        }
        bytes.extend_from_slice(&piece);
    }
    let grids = excel::grids(&bytes).map_err(|error| refused(&error, &file.name))?;
    drop(bytes);
    let mut out = Vec::new();
    for grid in grids {
        let Some(mut columns) = Columns::find(&grid) else {
            continue;
        };
        if let Some(remembered) = settings::get_json(&setting(&columns))? {
            columns.correct(&remembered);
        }
        columns.correct(corrections);
        out.push((grid, columns));
    }
    if out.is_empty() {
        return Err(Error::invalid(m::SHEET_NO_HEADER.text_with(&[&file.name])));
    }
    Ok(out)
}

/// Under which name the columns of a list like this are remembered.
pub(crate) fn setting(columns: &Columns) -> String {
    format!("columns-{}", columns.signature())
}

fn refused(error: &SheetError, name: &str) -> Error {
    let message = match error {
        SheetError::TooLarge => &m::SHEET_TOO_LARGE,
        SheetError::Bomb => &m::SHEET_BOMB,
        SheetError::Password => &m::SHEET_PASSWORD,
        SheetError::WebPage => &m::SHEET_WEB_PAGE,
        SheetError::Damaged(_) => &m::SHEET_DAMAGED,
    };
    Error::invalid(message.text_with(&[name]))
}

/// Reads on; answers whether the file is done.
///
/// # Errors
/// `invalid` when the file is no list of books; as the store.
pub(super) fn step(work: &mut Work<'_>, place: &mut Place) -> Result<bool> {
    let Some(mut sheet) = place.sheet.clone() else {
        match unroll(work) {
            Ok(sheet) => place.sheet = Some(sheet),
            Err(error) if error.code == tram_sdk::code::BAD_REQUEST => {
                // One bad file among several must not undo the others.
                work.counts.read += 1;
                work.refuse(Line { number: 0, ..Line::default() }, error.text().get(work.language).to_owned());
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
        return Ok(false);
    };
    let piece = blobs::read(&sheet.rows, place.offset, blobs::MAX_PIECE)?;
    let (mut used, mut records) = (0, 0);
    while let Some(line) = piece.get(used..).and_then(|rest| rest.split_inclusive(|b| *b == b'\n').next()) {
        if line.last() != Some(&b'\n') || work.is_full(records) {
            break;
        }
        let row: Row = serde_json::from_slice(line)?;
        used += line.len();
        records += 1;
        place.index += 1;
        work.counts.read += 1;
        take(work, &mut sheet, &row)?;
    }
    place.offset += used as u64;
    let done = place.offset >= sheet.size || used == 0;
    if done {
        blobs::delete(&sheet.rows)?;
    }
    place.sheet = Some(sheet);
    Ok(done)
}

/// Writes the rows of all lists in the file into a blob, one a line.
fn unroll(work: &Work<'_>) -> Result<Sheet> {
    let lists = lists(work.file, &work.options.columns)?;
    let several = lists.len() > 1;
    let mut blob = blobs::create("rows", "application/x-ndjson")?;
    let mut size = 0;
    for (grid, columns) in &lists {
        if work.write {
            let chosen: std::collections::BTreeMap<String, String> =
                columns.columns.iter().map(|c| (c.letter(), c.field.clone())).collect();
            settings::set_json(&setting(columns), &chosen)?;
        }
        for row in excel::read(grid, columns, if several { &grid.name } else { "" }) {
            let mut line = serde_json::to_vec(&row)?;
            line.push(b'\n');
            size += line.len() as u64;
            blob.append(&line)?;
        }
    }
    if size == 0 {
        return Err(Error::invalid(m::SHEET_NO_ROWS.text_with(&[&work.file.name])));
    }
    Ok(Sheet { rows: blob.finish()?, size, last: None })
}

fn take(work: &mut Work<'_>, sheet: &mut Sheet, row: &Row) -> Result<()> {
    let title = row.fields.get("title").cloned().unwrap_or_default();
    let shown = if row.sheet.is_empty() { title } else { format!("{}: {title}", row.sheet) };
    let line = Line { number: u64::from(row.row), title: shown, ..Line::default() };
    let (plain, copies) = match row.title(&work.options.kind) {
        Ok(title) => title,
        Err(problem) => {
            work.refuse(line, problem.text(work.language));
            return Ok(());
        }
    };
    let mut record = Record::default();
    plain::write(&mut record, &plain, &clock::today());
    let bytes = compact::encode(&record);
    let Some(text) = Compact::new(&bytes).and_then(keys::title_author_year_text) else {
        work.refuse(line, m::ROW_NO_TITLE.get(work.language).into());
        return Ok(());
    };
    if !work.write {
        return Ok(());
    }

    let before = sheet.last.as_ref().filter(|(last, _)| *last == text).and_then(|(_, key)| store::from_hex(key));
    let same = match &before {
        Some(key) => Some(key.clone()),
        None => Compact::new(&bytes).map(shelf::find_same).transpose()?.flatten().map(|(found, _)| found.key),
    };
    // A number that another title's copy has is a slip; one that this title's copy has
    // means that the row was imported before.
    let (mut taken, mut fresh): (Vec<String>, Vec<Copy>) = (Vec::new(), Vec::new());
    let mut own = 0;
    for copy in copies {
        match shelf::copy_numbered(&copy.accession)? {
            None if fresh.iter().any(|c: &Copy| !c.accession.is_empty() && c.accession == copy.accession) => {
                taken.push(copy.accession)
            }
            None => fresh.push(copy),
            Some((record, _)) if Some(&record) == same.as_ref() => own += 1,
            Some(_) => taken.push(copy.accession),
        }
    }
    if !taken.is_empty() {
        let reason = m::COPIES_TAKEN.with(work.language, &[&taken.join(", ")]);
        work.refuse(line, reason);
        return Ok(());
    }
    if let (None, Some(key), 0) = (&before, &same, own) {
        fresh = place::unnumbered_once(key, fresh)?;
    }
    let key = match before {
        Some(key) => key,
        None => {
            work.written += bytes.len();
            let placed = place::place(&bytes, work.policy(), work.batch)?;
            match &placed {
                // The row brought new copies to a title that is there: that is no loss
                // to report.
                Placed::Skipped(..) if !fresh.is_empty() => {
                    work.counts.skipped += 1;
                    let reason = m::COPIES_ADDED_TO.with(work.language, &[&fresh.len().to_string()]);
                    work.line(Line { fate: Some(Fate::Copy), reason, ..line.clone() });
                }
                placed => super::marc::tell(work, &line, placed),
            }
            placed.key().to_vec()
        }
    };
    work.counts.copies += place::copies(&key, &fresh, work.batch)?.added;
    sheet.last = Some((text, store::to_hex(&key)));
    Ok(())
}

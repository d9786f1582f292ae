//! The cells of a spreadsheet as text, whatever the file's form.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, DataRef, Reader, Xls, Xlsx};
use tram_vietnamese::Legacy;

use super::archive;

/// Rows and columns that are looked at; what lies further out is not a list of books.
const MAX_ROWS: u32 = 100_000;
const MAX_COLUMNS: u32 = 200;
/// Cells of a sheet that are kept.
const MAX_CELLS: usize = 1_000_000;
/// How sure the guess about an old encoding must be.
const SURE: f32 = 0.6;

/// One sheet: rows by their number as Excel shows it, from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Name of the sheet; empty for a CSV file.
    pub name: String,
    /// Cells by row and column; columns from 0. Empty cells are left out.
    pub rows: BTreeMap<u32, BTreeMap<u32, String>>,
    /// Merged regions: first and last row, first and last column.
    pub merged: Vec<(u32, u32, u32, u32)>,
    /// The old encoding that the texts were in.
    pub legacy: Option<Legacy>,
}

/// Why a file cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Larger than can be read.
    #[error("the file is too large")]
    TooLarge,
    /// It unpacks to more than can be read.
    #[error("the file unpacks to more than can be read")]
    Bomb,
    /// Protected by a password.
    #[error("the file is protected by a password")]
    Password,
    /// A web page under the name of a spreadsheet.
    #[error("the file is a web page")]
    WebPage,
    /// Damaged, or something else.
    #[error("the file cannot be read: {0}")]
    Damaged(String),
}

/// The sheets of a file that have cells, texts of old fonts turned into Unicode.
///
/// # Errors
/// [`SheetError`] says what is wrong with the file as a whole.
pub fn grids(file: &[u8]) -> Result<Vec<Grid>, SheetError> {
    if file.len() > archive::MAX_FILE {
        return Err(SheetError::TooLarge);
    }
    let damaged = |error: &dyn std::fmt::Display| SheetError::Damaged(error.to_string());
    let mut grids = if file.starts_with(b"PK") {
        if archive::unpacked_size(file).ok_or_else(|| SheetError::Damaged("zip".into()))? > archive::MAX_UNPACKED {
            return Err(SheetError::Bomb);
        }
        xlsx(file).map_err(|error| damaged(&error))?
    } else if file.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        // An encrypted workbook is such a container with this stream in it.
        let stream: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
        if file.windows(stream.len()).any(|w| w == stream.as_slice()) {
            return Err(SheetError::Password);
        }
        xls(file).map_err(|error| damaged(&error))?
    } else {
        let head = file.get(..file.len().min(2048)).unwrap_or_default().to_ascii_lowercase();
        let has = |word: &[u8]| head.windows(word.len()).any(|w| w == word);
        if has(b"<html") || has(b"<table") || has(b"<!doctype html") {
            return Err(SheetError::WebPage);
        }
        vec![csv(file)?]
    };
    grids.retain(|grid| !grid.rows.is_empty());
    for grid in &mut grids {
        grid.fill_down();
        grid.modernise();
    }
    Ok(grids)
}

fn xlsx(file: &[u8]) -> Result<Vec<Grid>, calamine::XlsxError> {
    let mut book = Xlsx::new(Cursor::new(file))?;
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == calamine::SheetVisible::Visible && sheet.typ == calamine::SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut out = Vec::new();
    for name in names {
        let mut grid = Grid { name: name.clone(), ..Grid::default() };
        if let Ok(merged) = book.merge_cells_by_sheet_name(&name) {
            grid.merged = merged.iter().map(|d| (d.start.0 + 1, d.end.0 + 1, d.start.1, d.end.1)).collect();
        }
        let mut cells = 0;
        let mut reader = book.worksheet_cells_reader(&name)?;
        while let Some(cell) = reader.next_cell()? {
            let (row, column) = cell.get_position();
            let text = match cell.get_value() {
                DataRef::Empty | DataRef::Error(_) => continue,
                DataRef::String(text) => text.clone(),
                DataRef::SharedString(text) => (*text).to_owned(),
                DataRef::Int(number) => number.to_string(),
                DataRef::Float(number) => number_text(*number),
                DataRef::Bool(value) => value.to_string(),
                DataRef::DateTime(date) => date_text(date),
                DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            };
            cells += usize::from(grid.set(row, column, &text));
            if cells >= MAX_CELLS {
                break;
            }
        }
        out.push(grid);
    }
    Ok(out)
}

fn xls(file: &[u8]) -> Result<Vec<Grid>, calamine::XlsError> {
    let mut book = Xls::new(Cursor::new(file))?;
    let mut out = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        let (row0, column0) = range.start().unwrap_or_default();
        let mut grid = Grid { name, ..Grid::default() };
        for (row, column, value) in range.used_cells() {
            let text = match value {
                Data::Empty | Data::Error(_) => continue,
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
                Data::Int(number) => number.to_string(),
                Data::Float(number) => number_text(*number),
                Data::Bool(value) => value.to_string(),
                Data::DateTime(date) => date_text(date),
            };
            let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            grid.set(row0.saturating_add(place(row)), column0.saturating_add(place(column)), &text);
        }
        out.push(grid);
    }
    Ok(out)
}

/// `2015` and not `2015.0`.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn date_text(date: &calamine::ExcelDateTime) -> String {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!("{day}/{month}/{year}")
}

fn csv(file: &[u8]) -> Result<Grid, SheetError> {
    let text = match std::str::from_utf8(file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file)) {
        Ok(text) => text.to_owned(),
        // Bytes of an old encoding: each its own letter; the guess below looks further.
        Err(_) if file.contains(&0) => return Err(SheetError::Damaged("bytes".into())),
        Err(_) => file.iter().map(|b| char::from(*b)).collect(),
    };
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut grid = Grid::default();
    for record in reader.records() {
        let record = record.map_err(|error| SheetError::Damaged(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
        for (column, cell) in record.iter().enumerate() {
            grid.set(row, u32::try_from(column).unwrap_or(u32::MAX), cell);
        }
    }
    Ok(grid)
}

impl Grid {
    /// Keeps a cell (row and column from 0); answers whether it was kept.
    fn set(&mut self, row: u32, column: u32, text: &str) -> bool {
        let text = text.trim();
        if text.is_empty() || row >= MAX_ROWS || column >= MAX_COLUMNS {
            return false;
        }
        self.rows.entry(row + 1).or_default().insert(column, text.to_owned());
        true
    }

    /// A cell's text; empty when there is none.
    #[must_use]
    pub fn cell(&self, row: u32, column: u32) -> &str {
        self.rows.get(&row).and_then(|cells| cells.get(&column)).map_or("", String::as_str)
    }

    /// A cell that is merged over several rows stands for each of them.
    fn fill_down(&mut self) {
        for (first, last, left, right) in self.merged.clone() {
            if left != right || last <= first || last - first > 10_000 {
                continue;
            }
            let text = self.cell(first, left).to_owned();
            if text.is_empty() {
                continue;
            }
            for row in first + 1..=last {
                self.rows.entry(row).or_default().insert(left, text.clone());
            }
        }
    }

    /// The columns of a row that are merged into one cell, as a count; 0 for none.
    #[must_use]
    pub fn merged_across(&self, row: u32) -> u32 {
        self.merged
            .iter()
            .filter(|(first, last, left, right)| *first <= row && row <= *last && right > left)
            .map(|(_, _, left, right)| right - left + 1)
            .max()
            .unwrap_or(0)
    }

    /// Turns texts of old fonts into Unicode.
    fn modernise(&mut self) {
        let mut sample = String::new();
        for text in self.rows.values().flat_map(BTreeMap::values) {
            if !text.is_ascii() {
                sample.push_str(text);
                sample.push('\n');
            }
            if sample.len() > 60_000 {
                break;
            }
        }
        let Some(found) = tram_vietnamese::detect(&sample).filter(|found| found.confidence >= SURE) else {
            return;
        };
        self.legacy = Some(found.legacy);
        for text in self.rows.values_mut().flat_map(BTreeMap::values_mut) {
            if !text.is_ascii() {
                *text = tram_vietnamese::decode(found.legacy, text);
            }
        }
    }
}

//! Spreadsheets: a page for each sheet, a line for each row.

use std::io::Cursor;

use calamine::{Data, Reader, Sheets};

use crate::pages::{Pages, guess};
use crate::zip::Archive;
use crate::{Found, Refusal, Result};

/// Largest workbook that is taken into memory, unpacked.
const MAX_UNPACKED: u64 = 48 << 20;
/// Largest file of a workbook.
pub(crate) const MAX_FILE: u64 = 32 << 20;

/// Reads XLSX, XLSB and ODS: the archive has been checked, the reader wants it whole.
pub(super) fn read(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let unpacked: u64 =
        archive.entries().iter().filter(|entry| entry.path.ends_with(".xml")).map(|entry| entry.size).sum();
    if unpacked > MAX_UNPACKED {
        return Err(Refusal::too_much());
    }
    let file = archive.whole(MAX_FILE)?;
    let book = calamine::open_workbook_auto_from_rs(Cursor::new(file)).map_err(|_| Refusal::damaged())?;
    book_text(book, found)
}

/// Text of a workbook.
pub(crate) fn book_text(mut book: Sheets<Cursor<Vec<u8>>>, found: &mut Found) -> Result<()> {
    let mut pages = Pages::default();
    for name in book.sheet_names() {
        pages.begin(&name);
        let Ok(range) = book.worksheet_range(&name) else { continue };
        for row in range.rows() {
            let mut line = String::new();
            for cell in row {
                let text = text(cell);
                if !text.is_empty() {
                    if !line.is_empty() {
                        line.push_str(" | ");
                    }
                    line.push_str(&text);
                }
            }
            let line = crate::pages::decode(&line, guess(&line));
            pages.paragraph(&line);
            if pages.is_full() {
                break;
            }
        }
    }
    pages.finish(found);
    Ok(())
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.replace(['\n', '\r'], " "),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{day:02}/{month:02}/{year}")
        }
        Data::DateTime(date) => date.as_f64().to_string(),
        #[allow(unreachable_patterns, reason = "the crate may learn more kinds of cells")]
        _ => String::new(),
    }
}

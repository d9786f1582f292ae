//! Spreadsheets of Excel: a page for each sheet, a line for each row. Cells come one by
//! one, as they lie in the file, and count as they come: two cells in the corners of a
//! sheet make a table of 17 thousand million, and one long text may stand in each.

use std::borrow::Cow;
use std::io::{self, BufReader, Cursor, Read};

use calamine::{Cell, Data, DataRef, ExcelDateTime, Reader, Xls, Xlsb, Xlsx};

use super::part;
use crate::pages::{MAX_TEXT, Pages, decode, guess};
use crate::xml::Step;
use crate::zip::Archive;
use crate::{Found, Refusal, Result, names};

/// Largest workbook that is read, unpacked and without its pictures: its texts are held.
const MAX_UNPACKED: u64 = 48 << 20;
/// Largest file of a workbook.
const MAX_FILE: u64 = 32 << 20;
/// Sheets that are read.
const MAX_SHEETS: usize = 500;
/// Bytes that are gone through for the text of a workbook, a cell counting [`A_CELL`].
const MAX_WORK: usize = 64 << 20;
/// What a cell counts beside its text.
const A_CELL: usize = 16;
/// Largest record of a binary workbook: a text of 32,767 letters is far from it.
const MAX_RECORD: u64 = 1 << 20;

/// Reads XLSX and XLSB: the archive has been checked, the reader wants it whole.
pub(super) fn read(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let unpacked: u64 = archive.entries().iter().filter(|entry| !is_picture(&entry.path)).map(|entry| entry.size).sum();
    if unpacked > MAX_UNPACKED {
        return Err(Refusal::too_much());
    }
    // The reader does not hold parts to the size that they say they have.
    crate::package::check(archive)?;
    let binary = !archive.has("xl/workbook.xml");
    if binary {
        records_fit(archive)?
    } else {
        texts_fit(archive)?
    }
    let file = Cursor::new(archive.whole(MAX_FILE)?);
    let mut pages = Pages::default();
    let mut lines = Lines::new(&mut pages);
    if binary {
        let mut book = Xlsb::new(file).map_err(|_| Refusal::damaged())?;
        for name in book.sheet_names().iter().take(MAX_SHEETS) {
            lines.sheet(name);
            // A sheet of diagrams has no cells.
            let Ok(mut cells) = book.worksheet_cells_reader(name) else { continue };
            if !lines.cells(|| cells.next_cell()) {
                break;
            }
        }
    } else {
        let mut book = Xlsx::new(file).map_err(|_| Refusal::damaged())?;
        for name in book.sheet_names().iter().take(MAX_SHEETS) {
            lines.sheet(name);
            let Ok(mut cells) = book.worksheet_cells_reader(name) else { continue };
            if !lines.cells(|| cells.next_cell()) {
                break;
            }
        }
    }
    lines.end();
    pages.finish(found);
    Ok(())
}

/// Text of a workbook before 2007, whose sheets were found to be of a size that can be
/// held.
pub(crate) fn old_text(mut book: Xls<Cursor<Vec<u8>>>, found: &mut Found) {
    let mut pages = Pages::default();
    let mut lines = Lines::new(&mut pages);
    'book: for name in book.sheet_names().iter().take(MAX_SHEETS) {
        lines.sheet(name);
        let Ok(range) = book.worksheet_range(name) else { continue };
        for (row, cells) in (0..).zip(range.rows()) {
            for cell in cells {
                if !lines.cell(row, &old_cell(cell)) {
                    break 'book;
                }
            }
        }
    }
    lines.end();
    pages.finish(found);
}

/// Whether a part is a picture, a film or a sound by its name: these are large in
/// honest workbooks, and are not looked at here.
fn is_picture(path: &str) -> bool {
    let media_type = names::media_type(path);
    ["image/", "audio/", "video/"].iter().any(|kind| media_type.starts_with(kind))
        || matches!(names::ending(path).as_str(), "emf" | "wmf" | "tif" | "tiff")
}

/// Holds the list of texts to its word: the reader makes room for as many as it says.
fn texts_fit(archive: &mut Archive<'_>) -> Result<()> {
    let lists: Vec<(String, u64)> = archive
        .entries()
        .iter()
        .filter(|entry| entry.path.to_ascii_lowercase().ends_with("sharedstrings.xml"))
        .map(|entry| (entry.path.clone(), entry.size))
        .collect();
    for (path, size) in lists {
        let mut walk = part(archive, &path)?;
        while let Some(step) = walk.next()? {
            if let Step::Start(element) = step {
                let told = element.get("uniqueCount").and_then(|count| count.trim().parse::<u64>().ok());
                // None is shorter than `<si/>`.
                if told.is_some_and(|count| count > size / 5) {
                    return Err(Refusal::damaged());
                }
                break;
            }
        }
    }
    Ok(())
}

/// Walks through the records of a binary workbook: the reader makes room for as long a
/// record as each says it is.
fn records_fit(archive: &mut Archive<'_>) -> Result<()> {
    let parts: Vec<String> = archive
        .entries()
        .iter()
        .map(|entry| entry.path.clone())
        .filter(|path| {
            let small = path.to_ascii_lowercase();
            matches!(small.as_str(), "xl/workbook.bin" | "xl/styles.bin" | "xl/sharedstrings.bin")
                || (small.starts_with("xl/worksheets/") && !small.ends_with(".rels"))
        })
        .collect();
    for path in parts {
        let mut stream = BufReader::new(archive.stream(&path)?);
        while number(&mut stream, 2)?.is_some() {
            let length = number(&mut stream, 4)?.filter(|length| *length <= MAX_RECORD).ok_or_else(Refusal::damaged)?;
            if io::copy(&mut stream.by_ref().take(length), &mut io::sink())? != length {
                return Err(Refusal::damaged());
            }
        }
    }
    Ok(())
}

/// A number of at most so many bytes: seven bits in each, the last without the eighth.
/// None at the end.
fn number(stream: &mut impl Read, most: u32) -> Result<Option<u64>> {
    let mut number = 0u64;
    for at in 0..most {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return if at == 0 { Ok(None) } else { Err(Refusal::damaged()) };
        }
        let [byte] = byte;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(Some(number))
}

/// Rows in the making.
struct Lines<'p> {
    pages: &'p mut Pages,
    line: String,
    row: u32,
    /// How much is still gone through.
    left: usize,
}

impl<'p> Lines<'p> {
    fn new(pages: &'p mut Pages) -> Self {
        Self { pages, line: String::new(), row: 0, left: MAX_WORK }
    }

    fn sheet(&mut self, name: &str) {
        self.end();
        self.pages.begin(name);
    }

    /// All cells of a sheet; whether more of the book is wanted. What follows damage in
    /// a sheet is left out.
    fn cells<'a, E>(&mut self, mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, E>) -> bool {
        while let Ok(Some(cell)) = next() {
            if !self.cell(cell.get_position().0, &cell_text(cell.get_value())) {
                return false;
            }
        }
        true
    }

    /// Adds a cell; whether more are wanted.
    fn cell(&mut self, row: u32, text: &str) -> bool {
        if row != self.row {
            self.end();
            self.row = row;
        }
        let Some(left) = self.left.checked_sub(text.len() + A_CELL) else {
            self.pages.stop();
            return false;
        };
        self.left = left;
        if !text.trim().is_empty() {
            if !self.line.is_empty() {
                self.line.push_str(" | ");
            }
            self.line.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
            if self.line.len() > MAX_TEXT {
                self.end();
            }
        }
        !self.pages.is_full()
    }

    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.pages.paragraph(&decode(&line, guess(&line)));
        }
    }
}

fn cell_text<'a>(cell: &'a DataRef<'_>) -> Cow<'a, str> {
    match cell {
        DataRef::SharedString(text) => Cow::Borrowed(text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cow::Borrowed(text),
        DataRef::Int(number) => Cow::Owned(number.to_string()),
        DataRef::Float(number) => Cow::Owned(number.to_string()),
        DataRef::Bool(value) => Cow::Owned(value.to_string()),
        DataRef::DateTime(date) => Cow::Owned(day(date)),
        DataRef::Empty | DataRef::Error(_) => Cow::Borrowed(""),
    }
}

fn old_cell(cell: &Data) -> Cow<'_, str> {
    match cell {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cow::Borrowed(text),
        Data::Int(number) => Cow::Owned(number.to_string()),
        Data::Float(number) => Cow::Owned(number.to_string()),
        Data::Bool(value) => Cow::Owned(value.to_string()),
        Data::DateTime(date) => Cow::Owned(day(date)),
        #[allow(unreachable_patterns, reason = "the crate may learn more kinds of cells")]
        _ => Cow::Borrowed(""),
    }
}

/// A date as Vietnam writes it; a length of time as its number.
fn day(date: &ExcelDateTime) -> String {
    if !date.is_datetime() {
        return date.as_f64().to_string();
    }
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!("{day:02}/{month:02}/{year}")
}

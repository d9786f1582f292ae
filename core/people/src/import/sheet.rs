//! Cells of a list: .xlsx through calamine, CSV in UTF-8 or a legacy encoding.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader, Xlsx};
use tram_vietnamese::Legacy;

use super::ImportError;

/// Largest file, in bytes.
pub const MAX_FILE: usize = 10 << 20;
/// Largest sum of what an archive unpacks to, in bytes.
const MAX_UNPACKED: u64 = 50 << 20;
const MAX_ROWS: usize = 20_000;
const MAX_COLUMNS: usize = 200;

/// A list as rows of text. Dates are written `2015-02-27`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Rows from the sheet's first on; shorter rows end earlier.
    pub rows: Vec<Vec<String>>,
    /// Legacy encoding in which the text was typed, when one was found.
    pub legacy: Option<Legacy>,
    /// A few texts as they stand in the file and as they were read, to show.
    pub samples: Vec<(String, String)>,
}

impl Sheet {
    /// Reads a file by its content, whatever its name.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        if bytes.len() > MAX_FILE {
            return Err(ImportError::TooLarge);
        }
        let rows = match bytes {
            [] => return Err(ImportError::Unreadable("the file is empty".into())),
            [b'P', b'K', 3, 4, ..] => workbook(bytes)?,
            // OLE: an old .xls, or an encrypted .xlsx, which names its stream so.
            [0xD0, 0xCF, 0x11, 0xE0, ..] => {
                let encrypted: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
                let is = bytes.windows(encrypted.len()).any(|window| window == encrypted);
                return Err(if is { ImportError::Protected } else { ImportError::WrongKind });
            }
            [b'<', ..] => return Err(ImportError::WrongKind),
            _ if bytes.contains(&0) => return Err(ImportError::WrongKind),
            _ => separated(bytes)?,
        };
        Ok(Self::from_rows(rows))
    }

    fn from_rows(mut rows: Vec<Vec<String>>) -> Self {
        let all: String = rows
            .iter()
            .flatten()
            .filter(|cell| !cell.is_ascii())
            .take(2_000)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        let legacy = tram_vietnamese::detect(&all).map(|found| found.legacy);
        let mut samples = Vec::new();
        for cell in rows.iter_mut().flatten() {
            if let Some(legacy) = legacy
                && !cell.is_ascii()
            {
                let decoded = tram_vietnamese::decode(legacy, cell);
                if samples.len() < 8 && decoded != *cell {
                    samples.push((cell.clone(), decoded.clone()));
                }
                *cell = decoded;
            }
            let tidy = tram_vietnamese::nfc(cell).split_whitespace().collect::<Vec<_>>().join(" ");
            *cell = tidy;
        }
        Self { rows, legacy, samples }
    }
}

/// Unpacks an archive into nothing before the reader of workbooks is let at it, and holds it
/// to its word: that reader keeps what comes out, and makes room for as many texts as a
/// list says it has (ECMA-376 part 1, 18.4.9, `uniqueCount`).
fn fits(bytes: &[u8]) -> Result<(), ImportError> {
    let damaged = |error: zip::result::ZipError| ImportError::Unreadable(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(damaged)?;
        let is_texts = entry.name_raw().to_ascii_lowercase().ends_with(b"sharedstrings.xml");
        let mut texts = Vec::new();
        let mut limited = entry.by_ref().take(left + 1);
        let read = if is_texts {
            limited.read_to_end(&mut texts).map(|read| u64::try_from(read).unwrap_or(u64::MAX))
        } else {
            std::io::copy(&mut limited, &mut std::io::sink())
        };
        let read = read.map_err(|error| ImportError::Unreadable(error.to_string()))?;
        left = left.checked_sub(read).ok_or(ImportError::TooLarge)?;
        // None is shorter than `<si/>`.
        if told(&texts).is_some_and(|count| count > read / 5) {
            return Err(ImportError::Unreadable("the list of texts is shorter than it says".into()));
        }
    }
    Ok(())
}

/// The largest number that a list of texts says it has.
fn told(texts: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"uniqueCount";
    let numbers = texts.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME).filter_map(|(at, _)| {
        let rest = texts.get(at + NAME.len()..)?;
        let digits =
            rest.iter().skip_while(|byte| b" \t\r\n='\"+".contains(byte)).take_while(|byte| byte.is_ascii_digit());
        Some(digits.fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
    });
    numbers.max()
}

fn workbook(bytes: &[u8]) -> Result<Vec<Vec<String>>, ImportError> {
    fits(bytes)?;
    let unreadable = |error: calamine::XlsxError| match error {
        calamine::XlsxError::Password => ImportError::Protected,
        other => ImportError::Unreadable(other.to_string()),
    };
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| ImportError::Unreadable("no sheet".into()))?;
    // Cell by cell: a sheet with two cells far apart must not become a dense table.
    let mut reader = book.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let text = written(&Data::from(cell.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        let (row, column) = (usize::try_from(row).unwrap_or(usize::MAX), usize::try_from(column).unwrap_or(usize::MAX));
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            return Err(ImportError::TooManyCells);
        }
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        if let Some(cells) = rows.get_mut(row) {
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            if let Some(place) = cells.get_mut(column) {
                *place = text;
            }
        }
    }
    Ok(rows)
}

fn written(data: &Data) -> String {
    match data {
        Data::Int(number) => number.to_string(),
        // A code or a year that Excel made a number of: 1977.0 was never meant.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::Float(number) => number.to_string(),
        Data::String(text) => text.clone(),
        Data::Bool(yes) => if *yes { "x" } else { "" }.to_owned(),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(date) => date.as_f64().to_string(),
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        Data::DurationIso(text) => text.clone(),
        Data::Error(_) | Data::Empty => String::new(),
    }
}

fn separated(bytes: &[u8]) -> Result<Vec<Vec<String>>, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // A legacy file's bytes are letters of its own code page: kept one to one, as
    // Latin-1, so that the table of the encoding can be applied.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let separator = [b';', b'\t', b',']
        .into_iter()
        .max_by_key(|separator| first.bytes().filter(|byte| byte == separator).count())
        .unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ImportError::Unreadable(error.to_string()))?;
        if rows.len() >= MAX_ROWS || record.len() > MAX_COLUMNS {
            return Err(ImportError::TooManyCells);
        }
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok(rows)
}

//! Excel 97 to 2003. The reader makes a full table of each sheet while it opens the
//! book, so what it would have to hold is counted before it is called.

use std::io::Cursor;

use calamine::{Reader, Xls, XlsError};

use super::compound::Compound;
use crate::office::sheet;
use crate::{Found, Refusal, Result, bytes};

/// Places of all tables together, empty ones too: a sheet is as large as the box around
/// its cells.
const MAX_PLACES: u64 = 1_000_000;
/// Records that are walked through, those of a sheet that is named twice too.
const MAX_RECORDS: usize = 4_000_000;

pub(super) fn read(file: Vec<u8>, found: &mut Found) -> Result<()> {
    let file = Compound::read(file)?;
    let stream = file.stream("Workbook").or_else(|| file.stream("Book")).ok_or_else(Refusal::damaged)?;
    check(&stream)?;
    drop(stream);
    let book = Xls::new(Cursor::new(file.into_file())).map_err(|error| match error {
        XlsError::Password => Refusal::encrypted(),
        _ => Refusal::damaged(),
    })?;
    sheet::old_text(book, found);
    Ok(())
}

/// The next record: its kind, its content, and what is behind it.
fn record(stream: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::from(bytes::u16_le(stream, 2)?);
    Some((bytes::u16_le(stream, 0)?, stream.get(4..4 + length)?, stream.get(4 + length..)?))
}

/// The box around the cells of a sheet.
#[derive(Default)]
struct Extent {
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl Extent {
    fn add(&mut self, row: u16, first: u16, last: u16) {
        let widen = |side: &mut Option<(u64, u64)>, from: u16, to: u16| {
            let (from, to) = (u64::from(from), u64::from(to));
            let (low, high) = side.unwrap_or((from, to));
            *side = Some((low.min(from), high.max(to)));
        };
        widen(&mut self.rows, row, row);
        widen(&mut self.columns, first, last);
    }

    fn places(&self) -> u64 {
        let length = |side: Option<(u64, u64)>| side.map_or(0, |(low, high)| high - low + 1);
        length(self.rows) * length(self.columns)
    }
}

/// Counts what the tables of a book would hold.
fn check(stream: &[u8]) -> Result<()> {
    // As often as they are named: so often each is read.
    let mut sheets = Vec::new();
    let mut records = 0usize;
    let mut rest = stream;
    while let Some((kind, content, behind)) = record(rest) {
        match kind {
            0x002f if bytes::u16_le(content, 0) != Some(0) => return Err(Refusal::encrypted()),
            0x0085 => sheets.push(bytes::u32_le(content, 0).ok_or_else(Refusal::damaged)?),
            0x000a => break,
            _ => {}
        }
        records += 1;
        rest = behind;
    }
    let mut places = 0u64;
    for at in sheets {
        let mut rest = usize::try_from(at).ok().and_then(|at| stream.get(at..)).ok_or_else(Refusal::damaged)?;
        let mut extent = Extent::default();
        // Diagrams within a sheet have beginnings and ends of their own.
        let mut depth = 0usize;
        while let Some((kind, content, behind)) = record(rest) {
            records += 1;
            if records > MAX_RECORDS {
                return Err(Refusal::too_much());
            }
            rest = behind;
            let number = |place| bytes::u16_le(content, place).ok_or_else(Refusal::damaged);
            match kind {
                0x0809 => depth += 1,
                0x000a if depth <= 1 => break,
                0x000a => depth -= 1,
                _ if depth > 1 => {}
                // Where the cells lie, as the sheet says; room is made for it.
                0x0200 => {
                    let told = told(content).ok_or_else(Refusal::damaged)?;
                    if told > 2 * MAX_PLACES {
                        return Err(Refusal::too_much());
                    }
                }
                // A row of numbers.
                0x00bd => {
                    let last = number(content.len().checked_sub(2).ok_or_else(Refusal::damaged)?)?;
                    if last < number(2)? {
                        return Err(Refusal::damaged());
                    }
                    extent.add(number(0)?, number(2)?, last);
                }
                0x0006 | 0x0203 | 0x0204 | 0x0205 | 0x00d6 | 0x00fd | 0x027e => {
                    extent.add(number(0)?, number(2)?, number(2)?);
                }
                _ => {}
            }
        }
        places = places.saturating_add(extent.places());
        if places > MAX_PLACES {
            return Err(Refusal::too_much());
        }
    }
    Ok(())
}

/// Places of a sheet by its own word; none where its end lies before its beginning.
fn told(content: &[u8]) -> Option<u64> {
    let short = |place| bytes::u16_le(content, place).map(u64::from);
    let (rows, columns) = if content.len() < 14 {
        ((short(0)?, short(2)?), (short(4)?, short(6)?))
    } else {
        let long = |place| bytes::u32_le(content, place).map(u64::from);
        ((long(0)?, long(4)?), (short(8)?, short(10)?))
    };
    // An empty sheet ends where it begins.
    if rows.1 == 0 || columns.1 == 0 {
        return Some(1);
    }
    let height = rows.1.checked_sub(rows.0).filter(|height| *height > 0)?;
    // The reader takes a beginning behind the end for the first column.
    let from = if columns.0 > 0xff || columns.1 < columns.0 { 0 } else { columns.0 };
    let width = columns.1.checked_sub(from).filter(|width| *width > 0)?;
    height.checked_mul(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, content: &[u8]) -> Vec<u8> {
        let mut out = kind.to_le_bytes().to_vec();
        out.extend(u16::try_from(content.len()).unwrap().to_le_bytes());
        out.extend(content);
        out
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        let mut content = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
        content.extend(1f64.to_le_bytes());
        record(0x0203, &content)
    }

    /// A book with one sheet that is named so often.
    fn book(cells: &[u8], named: usize) -> Vec<u8> {
        let begin = record(0x0809, &[0, 6, 5, 0]);
        let name = |at: u32| record(0x0085, &[at.to_le_bytes().as_slice(), &[0, 0, 1, 0, b'a']].concat());
        let end = record(0x000a, &[]);
        let at = begin.len() + named * name(0).len() + end.len();
        let globals = [begin.clone(), name(u32::try_from(at).unwrap()).repeat(named), end.clone()].concat();
        [globals, begin, cells.to_vec(), end].concat()
    }

    #[test]
    fn tables_that_cannot_be_held_are_not_made() {
        let far = [number(0, 0), number(u16::MAX, u16::MAX)].concat();
        let near = [number(5, 3), number(900, 20)].concat();
        assert_eq!(check(&book(&near, 1)), Ok(()));
        assert_eq!(check(&book(&far, 1)), Err(Refusal::too_much()));
        assert_eq!(check(&book(&near, 2)), Ok(()));
        assert_eq!(check(&book(&near, 100)), Err(Refusal::too_much()), "one sheet under a hundred names");
        let mut told = [0u32.to_le_bytes(), 65_536u32.to_le_bytes()].concat();
        told.extend([0, 0, 0, 1, 0, 0]);
        assert_eq!(check(&book(&record(0x0200, &told), 1)), Err(Refusal::too_much()));
        told[..4].copy_from_slice(&70_000u32.to_le_bytes());
        assert_eq!(check(&book(&record(0x0200, &told), 1)), Err(Refusal::damaged()));
        // Within a diagram, cells are none of the sheet's.
        let diagram = [record(0x0809, &[0, 6, 0x20, 0]), far, record(0x000a, &[]), near].concat();
        assert_eq!(check(&book(&diagram, 1)), Ok(()));
        assert_eq!(check(&book(&record(0x002f, &[0, 0]), 1)), Ok(()));
        let locked = [record(0x0809, &[0, 6, 5, 0]), record(0x002f, &[1, 0])].concat();
        assert_eq!(check(&locked).unwrap_err().code, crate::Code::Encrypted);
    }
}

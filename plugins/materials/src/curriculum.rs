//! The curriculum: subject, grade, unit, lesson with its outcomes, as the plan of
//! teaching (PPCT) has them, and reading it from Excel.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_sdk::store::{self, Scan, Table};
use tram_sdk::{Result, blobs};

use crate::messages as m;
use crate::words;

/// A lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lesson {
    /// Unit (chủ đề, chương).
    pub unit: String,
    /// Lesson.
    pub lesson: String,
    /// Numbers of the periods, as written.
    pub periods: String,
    /// Outcomes.
    pub outcomes: Vec<String>,
}

/// The plan of one subject in one grade and series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Subject.
    pub subject: String,
    /// Grade.
    pub grade: u8,
    /// Textbook series; empty: for all.
    pub series: String,
    /// Lessons in order.
    pub lessons: Vec<Lesson>,
}

/// The plans, by subject, grade and series.
pub const PLANS: Table<Plan> = Table::new("plans");

impl Plan {
    /// Its key: plans of a subject and grade lie together.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        let fold = tram_vietnamese::fold;
        format!("{}\u{1f}{:02}\u{1f}{}", fold(&self.subject), self.grade, fold(&self.series)).into_bytes()
    }
}

/// All plans.
///
/// # Errors
/// As the store.
pub fn all() -> Result<Vec<Plan>> {
    Ok(PLANS.scan(&Scan::all())?.0.into_iter().map(|entry| entry.value).collect())
}

/// Largest workbook that is read, bytes; the packed one and what is in it.
const MAX_FILE: u64 = 8 << 20;
const MAX_CELLS: usize = 400_000;
const MAX_ROWS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Subject,
    Grade,
    Series,
    Unit,
    Lesson,
    Periods,
    Outcomes,
}

/// What a heading means.
fn meaning(heading: &str) -> Option<Column> {
    let folded = tram_vietnamese::fold(heading.trim());
    Some(match folded.trim_end_matches(['*', ':', ' ']) {
        "mon" | "mon hoc" | "subject" => Column::Subject,
        "lop" | "khoi" | "khoi lop" | "grade" => Column::Grade,
        "bo sach" | "sach" | "bo sgk" | "series" => Column::Series,
        "chu de" | "chuong" | "chu de/chuong" | "chuong/chu de" | "mach noi dung" | "unit" => Column::Unit,
        "bai" | "bai hoc" | "ten bai" | "ten bai hoc" | "lesson" => Column::Lesson,
        "tiet" | "so tiet" | "tiet ppct" | "period" | "periods" => Column::Periods,
        "yccd" | "yeu cau can dat" | "outcomes" | "outcome" => Column::Outcomes,
        _ => return None,
    })
}

/// What a file came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The plans in it.
    pub plans: Vec<Plan>,
    /// Rows that were left out: number in the sheet, and why.
    pub left_out: Vec<(u32, Text)>,
}

/// Reads a workbook that was sent.
///
/// # Errors
/// As the blobs; the inner one is for the form.
pub fn read_blob(blob: &str) -> Result<std::result::Result<Read, Text>> {
    let size = blobs::stat(blob)?.map_or(0, |info| info.size);
    if size > MAX_FILE {
        return Ok(Err(m::SHEET_TOO_LARGE.text()));
    }
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < size {
        let piece = blobs::read(blob, bytes.len() as u64, blobs::MAX_PIECE)?;
        if piece.is_empty() {
            break;
        }
        bytes.extend(piece);
    }
    Ok(read(bytes))
}

/// Reads a workbook.
///
/// # Errors
/// What is wrong with it and what to do, for people.
pub fn read(bytes: Vec<u8>) -> std::result::Result<Read, Text> {
    if !bytes.starts_with(b"PK") || unpacked(&bytes) > MAX_FILE * 12 {
        return Err(m::SHEET_NOT_READ.text());
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| m::SHEET_NOT_READ.text())?;
    let mut out = Read::default();
    let mut known = false;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|_| m::SHEET_NOT_READ.text())?;
        if range.get_size().0.saturating_mul(range.get_size().1) > MAX_CELLS {
            return Err(m::SHEET_TOO_LARGE.text());
        }
        known |= sheet(range.rows(), &mut out);
    }
    if !known {
        return Err(m::SHEET_NO_HEADINGS.text());
    }
    Ok(out)
}

/// Bytes that an archive says it unpacks to, summed over its central directory.
fn unpacked(bytes: &[u8]) -> u64 {
    let mut sum = 0u64;
    let mut rest = bytes;
    while let Some(at) = rest.windows(4).position(|four| four == b"PK\x01\x02") {
        let Some(head) = rest.get(at..) else { break };
        let size = head.get(24..28).and_then(|four| <[u8; 4]>::try_from(four).ok()).map_or(0, u32::from_le_bytes);
        sum = sum.saturating_add(u64::from(size));
        rest = head.get(4..).unwrap_or_default();
    }
    sum
}

fn text(cell: Option<&Data>) -> String {
    let text = match cell {
        Some(Data::Float(number)) if number.fract() == 0.0 => format!("{number:.0}"),
        Some(Data::Empty | Data::Error(_)) | None => String::new(),
        Some(other) => other.to_string(),
    };
    tram_vietnamese::nfc(text.trim()).into_owned()
}

fn sheet<'a>(rows: impl Iterator<Item = &'a [Data]>, out: &mut Read) -> bool {
    let mut columns: Vec<(usize, Column)> = Vec::new();
    // Merged cells and "as above" leave cells empty: what stood above them holds.
    let (mut subject, mut grade, mut series, mut unit) = (String::new(), None, String::new(), String::new());
    for (at, row) in rows.enumerate().take(MAX_ROWS) {
        if columns.is_empty() {
            let found: Vec<(usize, Column)> = row
                .iter()
                .enumerate()
                .filter_map(|(place, cell)| meaning(&text(Some(cell))).map(|column| (place, column)))
                .collect();
            let has = |wanted| found.iter().any(|(_, column)| *column == wanted);
            if has(Column::Subject) && has(Column::Grade) && has(Column::Lesson) {
                columns = found;
            }
            continue;
        }
        let cell = |wanted: Column| {
            let place = columns.iter().find(|(_, column)| *column == wanted).map(|(place, _)| *place);
            text(place.and_then(|place| row.get(place)))
        };
        if row.iter().all(|cell| text(Some(cell)).is_empty()) {
            continue;
        }
        let number = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        if !cell(Column::Subject).is_empty() {
            subject = words::subject(&cell(Column::Subject));
            (series, unit) = (String::new(), String::new());
        }
        let written = cell(Column::Grade);
        if !written.is_empty() {
            grade = words::grades(&written).and_then(|grades| grades.first().copied());
            if grade.is_none() {
                out.left_out.push((number, m::ERROR_GRADES.text_with(&[&written])));
                continue;
            }
        }
        for (kept, column) in [(&mut series, Column::Series), (&mut unit, Column::Unit)] {
            let written = cell(column);
            if !written.is_empty() {
                *kept = written;
            }
        }
        let lesson = cell(Column::Lesson);
        let outcomes: Vec<String> = cell(Column::Outcomes)
            .lines()
            .flat_map(|line| line.split(';'))
            .map(|line| line.trim_start_matches(['-', '–', '+', '•', ' ']).trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let (false, Some(grade)) = (subject.is_empty(), grade) else {
            out.left_out.push((number, m::ROW_NO_PLACE.text()));
            continue;
        };
        let known = out.plans.iter().position(|p| p.subject == subject && p.grade == grade && p.series == series);
        let place = known.unwrap_or_else(|| {
            out.plans.push(Plan { subject: subject.clone(), grade, series: series.clone(), lessons: Vec::new() });
            out.plans.len() - 1
        });
        let Some(plan) = out.plans.get_mut(place) else { continue };
        match plan.lessons.last_mut() {
            // A row of outcomes alone goes on with the lesson above it.
            Some(last) if lesson.is_empty() => last.outcomes.extend(outcomes),
            _ if lesson.is_empty() => out.left_out.push((number, m::ROW_NO_LESSON.text())),
            _ => plan.lessons.push(Lesson { unit: unit.clone(), lesson, periods: cell(Column::Periods), outcomes }),
        }
    }
    !columns.is_empty()
}

/// Keeps plans; one of the same subject, grade and series is replaced whole.
///
/// # Errors
/// As the store.
pub fn keep(plans: &[Plan]) -> Result<()> {
    plans.iter().try_for_each(|plan| PLANS.put(plan.key(), plan))
}

/// The place of a lesson, as the items' rows name it.
#[must_use]
pub fn place(plan: &Plan, lesson: &Lesson) -> String {
    crate::briefs::place(&plan.subject, plan.grade, &lesson.unit, &lesson.lesson)
}

/// The items of a lesson, as many as a page shows.
///
/// # Errors
/// As the store.
pub fn items_at(plan: &Plan, lesson: &Lesson) -> Result<Vec<store::Entry<crate::model::Item>>> {
    let keys = crate::briefs::at(&place(plan, lesson))?;
    Ok(crate::model::ITEMS.get_many(&keys)?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn cells(rows: &[&[&str]]) -> Vec<Vec<Data>> {
        rows.iter()
            .map(|row| {
                row.iter()
                    .map(|text| if text.is_empty() { Data::Empty } else { Data::String((*text).to_owned()) })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn a_plan_is_read_with_its_gaps() {
        let rows = cells(&[
            &["KẾ HOẠCH GIÁO DỤC"],
            &["STT", "Môn", "Lớp", "Bộ sách", "Chủ đề", "Bài", "Tiết", "Yêu cầu cần đạt"],
            &["1", "KHTN", "8", "Kết nối tri thức", "Chương I", "Bài 1. Mở đầu", "1-2", "- Nêu được A; nêu được B"],
            &["", "", "", "", "", "", "", "– Vẽ được C"],
            &["2", "", "", "", "Chương II", "Bài 2. Phản ứng", "3", ""],
            &[],
            &["3", "Toán", "mười", "", "", "Bài 1", "", ""],
        ]);
        let mut out = Read::default();
        assert!(sheet(rows.iter().map(Vec::as_slice), &mut out));
        assert_eq!(out.plans.len(), 1);
        let plan = &out.plans[0];
        assert_eq!((plan.subject.as_str(), plan.grade), ("Khoa học tự nhiên", 8));
        assert_eq!(plan.lessons[0].outcomes, ["Nêu được A", "nêu được B", "Vẽ được C"]);
        assert_eq!(plan.lessons[1].unit, "Chương II");
        assert_eq!(out.left_out.len(), 1);
        assert_eq!(out.left_out[0].0, 7);
    }

    #[test]
    fn what_is_no_workbook_is_said_to_be_none() {
        assert!(read(b"Mon,Lop".to_vec()).is_err());
        assert!(read(b"PK\x03\x04 broken".to_vec()).is_err());
    }
}

//! Persons of rows, and what is wrong with the others.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use tram_contract::Text;

use super::columns::{Header, Meaning};
use super::sheet::Sheet;
use crate::directory::Person;

/// Which list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Pupils with their classes.
    Pupils,
    /// Staff with their subject groups.
    Staff,
}

/// A row that reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Row in the sheet, counted from 1 as Excel does.
    pub row: usize,
    /// The person, without an id.
    pub person: Person,
    /// Name of the class or subject group.
    pub group: String,
    /// Guardians: full name and relation.
    pub guardians: Vec<(String, String)>,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Row in the sheet, counted from 1.
    pub row: usize,
    /// Name found there, to know which it is.
    pub name: String,
    /// Word for programs: `name-missing`, `birth-impossible`…
    pub code: &'static str,
    /// What is wrong and what to do.
    pub reason: Text,
}

/// A date as people write it: 27/02/2015, 7-2-2015, 2015-02-27, 27.02.2015.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let &[a, b, c] = parts.as_slice() else { return None };
    let (day, month, year) = if a.len() == 4 { (c, b, a) } else { (a, b, c) };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A further field: its name and value. The person's own telephone goes where the form
/// of a person has it; Excel makes a number of it, and loses its 0.
fn further(head: &str, cell: &str) -> (String, String) {
    let folded = tram_vietnamese::fold(head);
    let is_number = folded.contains("dien thoai") || folded.contains("sdt");
    let cell = match is_number && cell.len() == 9 && cell.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("0{cell}"),
        false => cell.to_owned(),
    };
    let own = ["dien thoai", "so dien thoai", "sdt"].contains(&folded.trim());
    (if own { crate::clerk::PHONE.to_owned() } else { head.to_owned() }, cell)
}

struct Cells<'a> {
    header: &'a Header,
    row: &'a [String],
}

impl<'a> Cells<'a> {
    fn of(&self, meaning: Meaning) -> &'a str {
        self.header.column(meaning).and_then(|column| self.row.get(column.at)).map_or("", String::as_str)
    }
}

/// Reads the rows below a header. `today`: `2026-11-24`; nobody is born later.
pub fn read(sheet: &Sheet, header: &Header, kind: Kind, today: &str) -> (Vec<Draft>, Vec<BadRow>) {
    let mut drafts = Vec::new();
    let mut bad = Vec::new();
    let mut codes: HashMap<String, usize> = HashMap::new();
    for (at, row) in sheet.rows.iter().enumerate().skip(header.first_row) {
        let number = at + 1;
        let cells = Cells { header, row };
        if is_no_person(&cells) {
            continue;
        }
        match draft(&cells, number, kind, today) {
            Ok(draft) => match codes.get(&draft.person.code) {
                Some(first) if !draft.person.code.is_empty() => bad.push(BadRow {
                    row: number,
                    name: draft.person.name,
                    code: "code-duplicate",
                    reason: Text::vi_en(
                        format!(
                            "Mã {} đã có ở dòng {first}. Mỗi người một mã; hãy sửa một trong hai dòng.",
                            draft.person.code
                        ),
                        format!(
                            "Code {} stands in row {first} already. One code a person; correct one of the two rows.",
                            draft.person.code
                        ),
                    ),
                }),
                _ => {
                    codes.insert(draft.person.code.clone(), number);
                    drafts.push(draft);
                }
            },
            Err((code, reason)) => bad.push(BadRow { row: number, name: name_of(&cells), code, reason }),
        }
    }
    (drafts, bad)
}

fn name_of(cells: &Cells<'_>) -> String {
    let whole = cells.of(Meaning::Name);
    if !whole.is_empty() {
        return whole.to_owned();
    }
    format!("{} {}", cells.of(Meaning::FamilyName), cells.of(Meaning::GivenName)).trim().to_owned()
}

/// Empty rows, totals and signatures below the list: no running number, no code, and
/// nothing that a person has.
fn is_no_person(cells: &Cells<'_>) -> bool {
    let has = |meaning| !cells.of(meaning).is_empty();
    let listed = cells.header.column(Meaning::Number).is_none()
        || cells.of(Meaning::Number).bytes().all(|b| b.is_ascii_digit()) && has(Meaning::Number);
    let anything = has(Meaning::Code) || has(Meaning::Birth) || has(Meaning::Gender) || has(Meaning::Class);
    if listed { !anything && name_of(cells).is_empty() } else { !has(Meaning::Code) && !has(Meaning::Birth) }
}

fn draft(cells: &Cells<'_>, row: usize, kind: Kind, today: &str) -> Result<Draft, (&'static str, Text)> {
    let name = name_of(cells);
    if name.is_empty() {
        return Err(("name-missing", Text::vi_en("Thiếu họ và tên.", "The full name is missing.")));
    }
    let mut birth = String::new();
    let written = cells.of(Meaning::Birth);
    if !written.is_empty() {
        let read = date(written).ok_or_else(|| {
            (
                "birth-impossible",
                Text::vi_en(
                    format!("Ngày sinh “{written}” không có trong lịch hoặc không đọc được; hãy ghi như 27/02/2015."),
                    format!("The date of birth “{written}” is not in the calendar or does not read; write 27/02/2015."),
                ),
            )
        })?;
        birth = read.to_string();
        if birth.as_str() > today || read.year() < 1900 {
            return Err((
                "birth-in-the-future",
                Text::vi_en(
                    format!("Ngày sinh {written} không thể đúng; hãy kiểm tra năm."),
                    format!("The date of birth {written} cannot be right; check the year."),
                ),
            ));
        }
    }
    let gender = match tram_vietnamese::fold(cells.of(Meaning::Gender)).trim() {
        "" if !cells.of(Meaning::Female).is_empty() => "nữ",
        "" if cells.header.column(Meaning::Female).is_some() => "nam",
        "" => "",
        "nam" | "m" | "male" | "trai" => "nam",
        "nu" | "f" | "female" | "gai" => "nữ",
        _ => {
            return Err((
                "gender-unknown",
                Text::vi_en(
                    format!("Giới tính “{}” không rõ; hãy ghi Nam hoặc Nữ.", cells.of(Meaning::Gender)),
                    format!("Gender “{}” is not clear; write Nam or Nữ.", cells.of(Meaning::Gender)),
                ),
            ));
        }
    };
    let group = match kind {
        Kind::Pupils => cells.of(Meaning::Class),
        Kind::Staff => cells.of(Meaning::SubjectGroup),
    };
    if kind == Kind::Pupils && group.is_empty() {
        return Err(("class-missing", Text::vi_en("Thiếu lớp.", "The class is missing.")));
    }
    let more: BTreeMap<String, String> = cells
        .header
        .columns
        .iter()
        .filter(|column| column.meaning == Meaning::More)
        .filter_map(|column| {
            cells.row.get(column.at).filter(|cell| !cell.is_empty()).map(|cell| further(&column.head, cell))
        })
        .collect();
    let guardians = [(Meaning::Father, "cha"), (Meaning::Mother, "mẹ"), (Meaning::Guardian, "người giám hộ")]
        .into_iter()
        .filter(|(meaning, _)| !cells.of(*meaning).is_empty())
        .map(|(meaning, relation)| (cells.of(meaning).to_owned(), relation.to_owned()))
        .collect();
    let person = Person {
        kinds: vec![match kind {
            Kind::Pupils => "pupil".to_owned(),
            Kind::Staff => "staff".to_owned(),
        }],
        name,
        code: cells.of(Meaning::Code).to_owned(),
        birth,
        gender: gender.to_owned(),
        title: cells.of(Meaning::Title).to_owned(),
        more,
        ..Person::default()
    };
    Ok(Draft { row, person, group: group.to_owned(), guardians })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_own_telephone_goes_where_the_form_has_it() {
        let own = |head: &str, cell: &str| further(head, cell);
        assert_eq!(own("Số điện thoại", "912345678"), ("phone".into(), "0912345678".into()));
        assert_eq!(own("SĐT", "0912 345 678"), ("phone".into(), "0912 345 678".into()));
        assert_eq!(own("Điện thoại cha", "912345678"), ("Điện thoại cha".into(), "0912345678".into()));
        assert_eq!(own("Dân tộc", "123456789"), ("Dân tộc".into(), "123456789".into()));
    }

    #[test]
    fn dates_as_people_write_them() {
        for text in ["27/02/2015", "27-2-2015", "2015-02-27", "27.02.2015", "27 / 2 / 2015"] {
            assert_eq!(date(text).unwrap().to_string(), "2015-02-27", "{text}");
        }
        assert!(date("31/02/2015").is_none());
        assert!(date("2015").is_none());
    }
}

//! Which column holds what: the header row is found by its words.

use std::collections::BTreeMap;

use super::grid::Grid;
use crate::messages::{self as m, Message};

/// What a column can hold, with the words that headings use for it: folded, letters
/// and digits only. A heading that equals one of them means it; the longer phrases
/// (marked by their length) also count inside a longer heading.
pub const FIELDS: &[(&str, &[&str])] = &[
    ("number", &["stt", "tt", "so tt", "so thu tu", "no", "thu tu"]),
    (
        "accession",
        &[
            "so dkcb",
            "dkcb",
            "so dang ky ca biet",
            "so dang ki ca biet",
            "ma dkcb",
            "ma sach",
            "so ca biet",
            "ma vach",
            "barcode",
            "accession number",
            "accession no",
            "accession",
            "ma ca biet",
            "so dk ca biet",
            "ma an pham",
            "ma tai lieu",
            "ma ban sach",
            "so dk cb",
        ],
    ),
    (
        "title",
        &[
            "ten sach",
            "nhan de",
            "ten tai lieu",
            "ten an pham",
            "nhan de chinh",
            "ten sach va tac gia",
            "title",
            "tua sach",
            "ten sach giao khoa",
            "nhan de tai lieu",
            "book title",
            "tua de",
            "ten",
            "ten sach bao",
            "tai lieu",
            "tieu de",
        ],
    ),
    ("subtitle", &["nhan de phu", "phu de", "subtitle", "thong tin bo sung nhan de", "ten phu"]),
    (
        "author",
        &["tac gia", "ten tac gia", "author", "authors", "ho ten tac gia", "nguoi viet", "tac gia chinh", "chu bien"],
    ),
    ("contributors", &["dich gia", "nguoi dich", "translator", "tac gia khac", "dong tac gia", "nguoi dich hieu dinh"]),
    (
        "publisher-year",
        &[
            "nha xb nam",
            "nxb nam",
            "nxb nam xb",
            "nha xuat ban nam",
            "nha xb nam xb",
            "nha xuat ban nam xuat ban",
            "nxb va nam",
            "xuat ban",
            "nha xuat ban va nam xuat ban",
        ],
    ),
    ("publisher", &["nha xuat ban", "nxb", "nha xb", "publisher"]),
    ("place", &["noi xuat ban", "noi xb", "place", "place of publication"]),
    ("year", &["nam xuat ban", "nam xb", "nam", "year", "nxb nam xuat ban", "publication year"]),
    (
        "copies",
        &[
            "so ban",
            "so luong",
            "sl",
            "so cuon",
            "so quyen",
            "copies",
            "quantity",
            "so luong ban",
            "tong so",
            "so luong cuon",
            "tong so ban",
        ],
    ),
    ("price", &["gia tien", "gia", "don gia", "gia bia", "price", "gia sach"]),
    (
        "class",
        &[
            "mon loai",
            "phan loai",
            "ky hieu phan loai",
            "ki hieu phan loai",
            "classification",
            "so phan loai",
            "loai",
            "ky hieu mon loai",
        ],
    ),
    ("ddc", &["ddc", "dewey", "chi so ddc", "so ddc", "phan loai ddc", "ky hieu ddc"]),
    (
        "subjects",
        &["tu khoa", "chu de", "de muc", "de muc chu de", "subject", "subjects", "keywords", "mon", "mon hoc"],
    ),
    ("pages", &["so trang", "trang", "pages", "so tr"]),
    ("size", &["kho", "kho sach", "kho cm", "size", "kich thuoc"]),
    ("isbn", &["isbn", "so isbn", "ma isbn", "chi so isbn"]),
    ("language", &["ngon ngu", "language", "ngon ngu van ban"]),
    ("series", &["tung thu", "bo sach", "tu sach", "series", "bo"]),
    ("volume", &["tap", "so tap", "volume", "tap so"]),
    ("edition", &["lan xuat ban", "lan xb", "edition", "tai ban", "lan in"]),
    (
        "shelf",
        &["ke", "vi tri", "kho", "gia", "noi de", "shelf", "vi tri ke", "ke sach", "kho ke", "so ke", "location", "tu"],
    ),
    ("call", &["ky hieu xep gia", "ki hieu xep gia", "xep gia", "call number", "ma xep gia", "so xep gia"]),
    ("genres", &["loai sach", "loai tai lieu", "the loai", "kind", "type", "genre", "loai hinh"]),
    ("summary", &["tom tat", "noi dung", "summary", "gioi thieu"]),
    ("audience", &["lop", "doi tuong", "khoi lop", "khoi", "audience", "danh cho", "khoi lop su dung"]),
    ("notes", &["ghi chu", "note", "notes", "remarks", "tinh trang"]),
    ("entered", &["ngay vao so", "ngay nhap", "ngay", "date", "ngay thang", "ngay vao"]),
];

/// The name of a field for people.
#[must_use]
pub fn field_label(field: &str) -> &'static Message {
    match field {
        "accession" => &m::ACCESSION,
        "title" => &m::TITLE,
        "subtitle" => &m::SUBTITLE,
        "author" => &m::AUTHOR,
        "contributors" => &m::CONTRIBUTORS,
        "publisher-year" => &m::PUBLISHER_YEAR,
        "publisher" => &m::PUBLISHER,
        "place" => &m::PLACE,
        "year" => &m::YEAR,
        "copies" => &m::COPIES_NUMBER,
        "price" => &m::PRICE,
        "class" => &m::LOCAL_CLASS,
        "ddc" => &m::DEWEY,
        "subjects" => &m::SUBJECTS,
        "pages" => &m::PAGES,
        "size" => &m::SIZE,
        "isbn" => &m::ISBN,
        "language" => &m::LANGUAGE,
        "series" => &m::SERIES,
        "volume" => &m::VOLUME,
        "edition" => &m::EDITION,
        "shelf" => &m::SHELF,
        "call" => &m::CALL_NUMBER,
        "genres" => &m::GENRES,
        "summary" => &m::SUMMARY,
        "audience" => &m::AUDIENCE,
        "notes" => &m::NOTES,
        _ => &m::COLUMN_IGNORED,
    }
}

/// A column of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Number, from 0.
    pub column: u32,
    /// Its heading.
    pub heading: String,
    /// What it holds; empty when it is left out.
    pub field: String,
}

impl Column {
    /// Its letter, as Excel shows it.
    #[must_use]
    pub fn letter(&self) -> String {
        let mut number = self.column + 1;
        let mut letters = Vec::new();
        while number > 0 {
            let digit = (number - 1) % 26;
            letters.push(char::from(b'A' + u8::try_from(digit).unwrap_or(0)));
            number = (number - 1) / 26;
        }
        letters.iter().rev().collect()
    }
}

/// The header of a sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The last row of the header; the list begins below.
    pub header: u32,
    /// The columns.
    pub columns: Vec<Column>,
}

/// A header this far down is none.
const MAX_HEADER_ROW: usize = 40;

impl Columns {
    /// Finds the header of a sheet: the row, or pair of rows, whose words name the most
    /// columns, a title among them.
    #[must_use]
    pub fn find(grid: &Grid) -> Option<Self> {
        let mut best: Option<(usize, Self)> = None;
        for row in grid.rows.keys().take(MAX_HEADER_ROW).copied() {
            for span in [1, 2] {
                let Some(found) = Self::of(grid, row, span) else {
                    continue;
                };
                let score = found.columns.iter().filter(|c| !c.field.is_empty()).count();
                if score >= 2 && found.has("title") && best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, found));
                }
            }
        }
        best.map(|(_, found)| found)
    }

    fn of(grid: &Grid, row: u32, span: u32) -> Option<Self> {
        let below = row + span - 1;
        if span == 2 && grid.merged_across(row) == 0 {
            return None;
        }
        let mut headings: BTreeMap<u32, String> = BTreeMap::new();
        for at in row..=below {
            for (column, text) in grid.rows.get(&at).into_iter().flatten() {
                headings.insert(*column, text.clone());
            }
        }
        let mut used: Vec<String> = Vec::new();
        let columns = headings
            .into_iter()
            .map(|(column, heading)| {
                let field = guess(&heading).filter(|f| !used.iter().any(|u| u == f)).unwrap_or_default().to_owned();
                if !field.is_empty() {
                    used.push(field.clone());
                }
                Column { column, heading, field }
            })
            .collect();
        Some(Self { header: below, columns })
    }

    /// Whether a column holds this field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.columns.iter().any(|c| c.field == field)
    }

    /// Uses other fields for some columns, by their letters; empty leaves one out.
    pub fn correct(&mut self, by_letter: &BTreeMap<String, String>) {
        for column in &mut self.columns {
            if let Some(field) = by_letter.get(&column.letter()) {
                column.field.clone_from(field);
            }
        }
    }

    /// What identifies a list with these headings, so that a mapping is remembered.
    #[must_use]
    pub fn signature(&self) -> String {
        let all: Vec<String> = self.columns.iter().map(|c| key(&c.heading)).collect();
        format!("{:016x}", crate::keys::fnv1a(all.join("|").as_bytes()))
    }
}

/// Letters and digits of a heading, folded, a blank between words.
fn key(heading: &str) -> String {
    tram_vietnamese::fold(heading)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn guess(heading: &str) -> Option<&'static str> {
    let key = key(heading);
    if key.is_empty() || key.len() > 60 {
        return None;
    }
    // "kho" is a size (khổ) or a place (kho), "gia" a price (giá) or a shelf (giá, kệ):
    // the marks decide where there are any.
    let lower = heading.to_lowercase();
    match key.as_str() {
        "kho" => {
            return Some(if lower.contains("kho") { "shelf" } else { "size" });
        }
        "gia" => return Some("price"),
        _ => {}
    }
    let exact = FIELDS.iter().find(|(_, names)| names.contains(&key.as_str())).map(|(field, _)| *field);
    exact.or_else(|| {
        // Inside a longer heading only phrases of two words and more are trusted, the
        // longest first.
        FIELDS
            .iter()
            .flat_map(|(field, names)| names.iter().map(move |name| (*field, *name)))
            .filter(|(_, name)| name.contains(' ') && format!(" {key} ").contains(&format!(" {name} ")))
            .max_by_key(|(_, name)| name.len())
            .map(|(field, _)| field)
    })
}

//! Where the header is, and what each column means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ImportError;
use super::sheet::Sheet;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Running number: read past.
    Number,
    /// Class (6A1).
    Class,
    /// The school's code of the person.
    Code,
    /// Full name.
    Name,
    /// Family and middle name, where the name stands in two columns.
    FamilyName,
    /// Given name, where the name stands in two columns.
    GivenName,
    /// Date of birth.
    Birth,
    /// Nam or nữ.
    Gender,
    /// A mark when the person is a woman.
    Female,
    /// What a member of staff does.
    Title,
    /// Subject group (tổ).
    SubjectGroup,
    /// Full name of the father.
    Father,
    /// Full name of the mother.
    Mother,
    /// Full name of another guardian.
    Guardian,
    /// Kept under the column's own name.
    More,
    /// Left out.
    Skip,
}

impl Meaning {
    /// Every meaning, with the word used in forms and remembered mappings.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Number, "number"),
        (Self::Class, "class"),
        (Self::Code, "code"),
        (Self::Name, "name"),
        (Self::FamilyName, "family-name"),
        (Self::GivenName, "given-name"),
        (Self::Birth, "birth"),
        (Self::Gender, "gender"),
        (Self::Female, "female"),
        (Self::Title, "title"),
        (Self::SubjectGroup, "subject-group"),
        (Self::Father, "father"),
        (Self::Mother, "mother"),
        (Self::Guardian, "guardian"),
        (Self::More, "more"),
        (Self::Skip, "skip"),
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(meaning, _)| *meaning == self).map_or("skip", |(_, word)| word)
    }

    /// The meaning of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(meaning, _)| *meaning)
    }
}

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Position in the sheet.
    pub at: usize,
    /// Its head; under a merged head "Cha / Họ tên".
    pub head: String,
    /// What it holds.
    pub meaning: Meaning,
}

/// The header of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Columns with a head, in order.
    pub columns: Vec<Column>,
    /// First row below, counted from 0.
    pub first_row: usize,
}

/// Heads as they are written, folded; the first meaning that fits wins.
const HEADS: &[(Meaning, &[&str])] = &[
    (Meaning::Number, &["stt", "tt", "so tt", "so thu tu"]),
    (Meaning::Class, &["lop", "lop hoc", "ten lop", "class"]),
    (
        Meaning::Code,
        &["ma hoc sinh", "ma hs", "ma", "ma cb", "ma can bo", "ma gv", "ma giao vien", "ma nhan vien", "ma so", "code"],
    ),
    (
        Meaning::Name,
        &["ho va ten", "ho ten", "ho va ten hoc sinh", "ho ten hoc sinh", "ten hoc sinh", "full name", "name"],
    ),
    (Meaning::FamilyName, &["ho dem", "ho va dem", "ho va ten dem", "ho va chu dem", "ho lot", "ho"]),
    (Meaning::GivenName, &["ten", "given name"]),
    (Meaning::Birth, &["ngay sinh", "ngay thang nam sinh", "sinh ngay", "nam sinh", "date of birth"]),
    (Meaning::Gender, &["gioi tinh", "phai", "gender"]),
    (Meaning::Female, &["nu"]),
    (Meaning::Title, &["chuc vu", "chuc danh", "vi tri viec lam", "nhiem vu"]),
    (Meaning::SubjectGroup, &["to", "to chuyen mon", "to cm"]),
    (Meaning::Father, &["cha ho ten", "ho ten cha", "ho va ten cha", "cha ho va ten", "ten cha", "bo ho ten"]),
    (Meaning::Mother, &["me ho ten", "ho ten me", "ho va ten me", "me ho va ten", "ten me"]),
    (Meaning::Guardian, &["nguoi giam ho ho ten", "ho ten nguoi giam ho", "nguoi giam ho"]),
    // Identity numbers are not taken before somebody asks for them with a purpose.
    (
        Meaning::Skip,
        &[
            "so dinh danh ca nhan",
            "so cccd",
            "can cuoc cong dan so cccd",
            "can cuoc cong dan ngay cap",
            "can cuoc cong dan noi cap",
            "cccd",
            "cmnd",
        ],
    ),
];

fn plain(head: &str) -> String {
    let folded = tram_vietnamese::fold(head);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn meaning_of(head: &str) -> Option<Meaning> {
    let plain = plain(head);
    HEADS.iter().find(|(_, heads)| heads.contains(&plain.as_str())).map(|(meaning, _)| *meaning)
}

/// Rows searched for a header.
const SEARCHED: usize = 30;

impl Header {
    /// Finds the header: the first row, among titles and merged cells, that names a
    /// name column and one more; a second row of heads below merged ones is taken in.
    /// `remembered` maps heads to the meanings chosen last time.
    ///
    /// # Errors
    /// There is none, or nothing stands below it.
    pub fn find(sheet: &Sheet, remembered: &BTreeMap<String, String>) -> Result<Self, ImportError> {
        let is_header = |row: &Vec<String>| {
            let known: Vec<Meaning> = row.iter().filter_map(|head| meaning_of(head)).collect();
            let named = known.contains(&Meaning::Name)
                || (known.contains(&Meaning::FamilyName) && known.contains(&Meaning::GivenName));
            named && known.len() >= 2
        };
        let at = sheet.rows.iter().take(SEARCHED).position(is_header).ok_or(ImportError::NoHeader)?;
        let top = sheet.rows.get(at).cloned().unwrap_or_default();
        let below = sheet.rows.get(at + 1).cloned().unwrap_or_default();
        // The row below continues the header when it has a head where the top row has a
        // gap, and none where a name would stand.
        let name_column =
            top.iter().position(|head| matches!(meaning_of(head), Some(Meaning::Name | Meaning::FamilyName)));
        let name_below = name_column.and_then(|column| below.get(column)).is_some_and(|cell| !cell.is_empty());
        let two = !name_below
            && below
                .iter()
                .enumerate()
                .any(|(column, head)| !head.is_empty() && top.get(column).is_none_or(String::is_empty));
        let width = if two { top.len().max(below.len()) } else { top.len() };
        let mut group = String::new();
        let mut columns = Vec::new();
        for column in 0..width {
            let upper = top.get(column).map_or("", String::as_str);
            let lower = if two { below.get(column).map_or("", String::as_str) } else { "" };
            if !upper.is_empty() {
                group = upper.to_owned();
            }
            let head = match (upper.is_empty(), lower.is_empty()) {
                (_, false) => format!("{group} / {lower}"),
                (false, true) => upper.to_owned(),
                (true, true) => continue,
            };
            let meaning = remembered
                .get(&plain(&head))
                .and_then(|word| Meaning::of(word))
                .or_else(|| meaning_of(&head))
                .unwrap_or(Meaning::More);
            columns.push(Column { at: column, head, meaning });
        }
        // Two columns of one meaning (a second "Ngày sinh"): the first one counts.
        let mut seen = Vec::new();
        for column in &mut columns {
            if !matches!(column.meaning, Meaning::More | Meaning::Skip) {
                if seen.contains(&column.meaning) {
                    column.meaning = Meaning::More;
                } else {
                    seen.push(column.meaning);
                }
            }
        }
        let first_row = at + if two { 2 } else { 1 };
        if sheet.rows.iter().skip(first_row).all(|row| row.iter().all(String::is_empty)) {
            return Err(ImportError::NoRows);
        }
        Ok(Self { columns, first_row })
    }

    /// The mapping to remember: heads, folded, with the meanings chosen.
    pub fn remember(&self) -> BTreeMap<String, String> {
        self.columns.iter().map(|column| (plain(&column.head), column.meaning.word().to_owned())).collect()
    }

    /// The column of a meaning.
    pub fn column(&self, meaning: Meaning) -> Option<&Column> {
        self.columns.iter().find(|column| column.meaning == meaning)
    }
}

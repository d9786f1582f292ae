//! From a row of a list to a title with its copies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::Columns;
use super::grid::Grid;
use super::numbers::{RangeError, accessions};
use crate::bib;
use crate::messages::{self as m};
use crate::plain::{Part, Plain};
use crate::shelf::Copy;

/// A row that describes something: what its columns hold, by field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The sheet; empty when the file has one only.
    #[serde(default)]
    pub sheet: String,
    /// The row as Excel shows it.
    pub row: u32,
    /// Texts by field.
    pub fields: BTreeMap<String, String>,
}

/// Why a row is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// It names no title.
    NoTitle,
    /// The year is none.
    Year(String),
    /// The accession numbers cannot be read.
    Accession(RangeError),
    /// It states another number of copies than it has accession numbers.
    Copies {
        /// Stated.
        stated: u64,
        /// Accession numbers.
        numbers: usize,
    },
    /// The number of copies is none.
    CopiesNumber(String),
}

impl RowProblem {
    /// What is wrong and what to do, in the reader's language.
    #[must_use]
    pub fn text(&self, language: &str) -> String {
        match self {
            Self::NoTitle => m::ROW_NO_TITLE.get(language).to_owned(),
            Self::Year(text) => m::ROW_YEAR.with(language, &[text]),
            Self::Accession(RangeError::Reversed(text)) => m::ROW_RANGE_REVERSED.with(language, &[text]),
            Self::Accession(RangeError::TooMany(text)) => m::ROW_RANGE_LONG.with(language, &[text]),
            Self::Accession(RangeError::Unclear(text)) => m::ROW_RANGE_UNCLEAR.with(language, &[text]),
            Self::Copies { stated, numbers } => {
                m::ROW_COPIES.with(language, &[&stated.to_string(), &numbers.to_string()])
            }
            Self::CopiesNumber(text) => m::ROW_COPIES_NUMBER.with(language, &[text]),
        }
    }
}

/// The rows below the header that describe something. Left out are empty rows,
/// headings between rows, totals and signatures.
#[must_use]
pub fn read(grid: &Grid, columns: &Columns, sheet: &str) -> Vec<Row> {
    let mapped = columns.columns.iter().filter(|c| !c.field.is_empty()).count();
    grid.rows
        .keys()
        .filter(|row| **row > columns.header)
        .filter_map(|row| {
            if grid.merged_across(*row) as usize > mapped / 2 {
                return None;
            }
            let fields: BTreeMap<String, String> = columns
                .columns
                .iter()
                .filter(|c| !c.field.is_empty())
                .map(|c| (c.field.clone(), grid.cell(*row, c.column).to_owned()))
                .filter(|(_, text)| !text.is_empty())
                .collect();
            let says = |field: &str| fields.contains_key(field);
            // A title, a number or an author makes a row; a total or a signature has none.
            let row_of_a_book = says("title") || says("accession") || (says("author") && fields.len() > 1);
            row_of_a_book.then(|| Row { sheet: sheet.to_owned(), row: *row, fields })
        })
        .collect()
}

impl Row {
    fn text(&self, field: &str) -> String {
        let text = self.fields.get(field).map(String::as_str).unwrap_or_default();
        tram_vietnamese::nfc(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The title and copies that the row describes. `kind` is the kind of all rows
    /// that name none.
    ///
    /// # Errors
    /// [`RowProblem`] says why the row is not taken.
    pub fn title(&self, kind: &str) -> Result<(Plain, Vec<Copy>), RowProblem> {
        let mut plain = Plain::new();
        let mut put = |part: Part, text: String| {
            if !text.is_empty() {
                plain.insert(part, text);
            }
        };
        let title = self.text("title");
        if !title.chars().any(char::is_alphanumeric) {
            return Err(RowProblem::NoTitle);
        }
        let (title, volume) = split_volume(&title, &self.text("volume"));
        put(Part::Title, title);
        put(Part::Volume, volume);
        put(Part::Subtitle, self.text("subtitle"));

        let authors = self.text("author");
        let (author, mut others) = people(&authors);
        others.extend(
            self.text("contributors")
                .split(';')
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(|n| format!("{n} | người dịch")),
        );
        put(Part::Author, author);
        put(Part::Contributors, others.join("\n"));
        put(Part::Responsibility, authors);

        let (publisher, year) = self.imprint()?;
        put(Part::Publisher, publisher);
        put(Part::Year, year);
        put(Part::Place, known(&self.text("place")));
        put(Part::Edition, self.text("edition"));
        put(Part::Pages, pages(&self.text("pages")));
        put(Part::Size, size(&self.text("size")));
        put(
            Part::Isbn,
            self.text("isbn").replace([';', ','], "\n").lines().map(str::trim).collect::<Vec<_>>().join("\n"),
        );
        put(Part::Price, self.text("price"));
        put(Part::Dewey, self.text("ddc"));
        put(Part::LocalClass, self.text("class"));
        put(Part::Series, self.text("series"));
        put(Part::Summary, self.text("summary"));
        put(Part::Audience, self.text("audience"));
        put(Part::Notes, self.text("notes"));
        let subjects: Vec<String> =
            self.text("subjects").split([';', ',']).map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
        let genre = match self.text("genres") {
            genre if !genre.is_empty() => genre,
            _ => kind.to_owned(),
        };
        let genre = match subjects.iter().find(|s| bib::kind_of_genre(s).is_some()) {
            Some(named) if genre.is_empty() => named.clone(),
            _ => genre,
        };
        put(Part::Subjects, subjects.join("\n"));
        put(Part::Genres, genre);
        put(Part::Language, language(&self.text("language"), plain_language_guess(&self.text("title"))));
        Ok((plain, self.copies()?))
    }

    fn copies(&self) -> Result<Vec<Copy>, RowProblem> {
        let numbers = accessions(&self.text("accession")).map_err(RowProblem::Accession)?;
        let stated = self.text("copies");
        let stated = match stated.as_str() {
            "" => None,
            text => {
                let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
                Some(digits.parse::<u64>().ok().filter(|n| *n <= 2_000).ok_or(RowProblem::CopiesNumber(stated))?)
            }
        };
        if let Some(stated) = stated
            && !numbers.is_empty()
            && stated != numbers.len() as u64
        {
            return Err(RowProblem::Copies { stated, numbers: numbers.len() });
        }
        let call = match self.text("call") {
            call if call.is_empty() => {
                [self.text("ddc"), self.text("class")].into_iter().find(|c| !c.is_empty()).unwrap_or_default()
            }
            call => call,
        };
        let copy = |accession: String| Copy {
            accession,
            shelf: self.text("shelf"),
            call: call.clone(),
            state: "available".into(),
            ..Copy::default()
        };
        if numbers.is_empty() {
            let unnumbered = stated.unwrap_or(0).min(200);
            return Ok((0..unnumbered).map(|_| copy(String::new())).collect());
        }
        Ok(numbers.into_iter().map(copy).collect())
    }

    /// Publisher and year, from columns of their own or from one for both.
    fn imprint(&self) -> Result<(String, String), RowProblem> {
        let both = self.text("publisher-year");
        let mut publisher = self.text("publisher");
        let mut year = self.text("year");
        if !both.is_empty() {
            let (before, found) = split_year(&both)?;
            if publisher.is_empty() {
                publisher = before;
            }
            if year.is_empty() {
                year = found;
            }
        } else if !year.is_empty() {
            let found = bib::year_in(&year);
            if found.is_none() && year.chars().any(|c| c.is_ascii_digit()) {
                return Err(RowProblem::Year(year));
            }
            year = found.map(|y| y.to_string()).unwrap_or_default();
        }
        Ok((publisher_name(&publisher), year))
    }
}

/// `NXB Trẻ, 2015` is a publisher and a year.
fn split_year(text: &str) -> Result<(String, String), RowProblem> {
    let Some(year) = bib::year_in(text) else {
        // Four digits or more that are no year are a slip; fewer may be an edition.
        let longest = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        if longest >= 4 {
            return Err(RowProblem::Year(text.to_owned()));
        }
        return Ok((text.to_owned(), String::new()));
    };
    let year = year.to_string();
    let before = text.split_once(&year).map_or("", |(before, _)| before);
    let before = before.trim().trim_end_matches([',', '-', '.', ';', '–', '(']).trim();
    Ok((before.to_owned(), year))
}

/// `[k.n.]` and the like mean that nothing is known.
fn known(text: &str) -> String {
    let bare = text.trim_matches(['[', ']', ' ']);
    if matches!(bare, "k.đ." | "k.n." | "k.đ" | "k.n" | "s.l." | "s.n." | "?" | "-") {
        String::new()
    } else {
        bare.to_owned()
    }
}

fn publisher_name(text: &str) -> String {
    // An edition that stands between publisher and year belongs to neither.
    let name =
        text.split(',').map(str::trim).find(|part| !part.is_empty() && !known(part).is_empty()).unwrap_or_default();
    let name = ["NXB.", "NXB", "Nxb.", "Nxb", "Nhà xuất bản", "Nhà XB"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix).filter(|rest| rest.starts_with(' ')))
        .unwrap_or(name);
    known(name.trim())
}

/// `Kính vạn hoa. Tập 1` is a title and a volume.
fn split_volume(title: &str, stated: &str) -> (String, String) {
    if !stated.is_empty() {
        let number = stated.chars().next().is_some_and(|c| c.is_ascii_digit());
        return (title.to_owned(), if number { format!("Tập {stated}") } else { stated.to_owned() });
    }
    for word in [". Tập ", ", tập ", " - Tập ", ". Quyển ", " (Tập ", ". T."] {
        if let Some((before, after)) = title.split_once(word) {
            let name = if word.contains("Quyển") { "Quyển" } else { "Tập" };
            return (before.trim().to_owned(), format!("{name} {}", after.trim().trim_end_matches(')')));
        }
    }
    (title.to_owned(), String::new())
}

/// The main author and the others with their roles, from how lists write them:
/// `Hector Malot; Huỳnh Lý dịch`, `Nguyễn Du (Đào Duy Anh khảo chứng)`.
fn people(text: &str) -> (String, Vec<String>) {
    const ROLES: &[(&str, &str)] = &[
        ("dịch", "người dịch"),
        ("tổng chủ biên", "tổng chủ biên"),
        ("chủ biên", "chủ biên"),
        ("biên soạn", "biên soạn"),
        ("sưu tầm", "sưu tầm"),
        ("tuyển chọn", "tuyển chọn"),
        ("minh họa", "minh họa"),
        ("minh hoạ", "minh họa"),
        ("khảo chứng", "khảo chứng"),
        ("giới thiệu", "giới thiệu"),
        ("hiệu đính", "hiệu đính"),
    ];
    let folded = tram_vietnamese::fold(text);
    if matches!(
        folded.trim(),
        "" | "nhieu tac gia" | "nhieu tg" | "khuyet danh" | "nhieu nguoi" | "va nhung nguoi khac"
    ) {
        return (String::new(), Vec::new());
    }
    let mut pieces: Vec<String> = Vec::new();
    for piece in text.split([';', '\n']) {
        match piece.split_once('(') {
            Some((name, inside)) => {
                let inside = inside.trim_end().trim_end_matches(')').trim();
                if ROLES.iter().any(|(word, _)| inside == *word) {
                    pieces.push(format!("{} {inside}", name.trim()));
                } else {
                    pieces.push(name.trim().to_owned());
                    pieces.push(inside.to_owned());
                }
            }
            None => pieces.push(piece.trim().to_owned()),
        }
    }
    let mut author = String::new();
    let mut others = Vec::new();
    for piece in pieces.iter().map(|p| p.trim_end_matches(['.', ',']).trim()).filter(|p| !p.is_empty()) {
        let role = ROLES.iter().find_map(|(word, role)| {
            let name = piece.strip_suffix(word)?.trim_end_matches([',', ' ', ':']);
            (!name.is_empty()).then_some((name, *role))
        });
        match role {
            Some((name, role)) if !author.is_empty() || role == "người dịch" => {
                others.push(format!("{name} | {role}"))
            }
            Some((name, _)) => author = name.to_owned(),
            None if author.is_empty() => author = piece.to_owned(),
            None => others.push(piece.to_owned()),
        }
    }
    (author, others)
}

fn pages(text: &str) -> String {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() { text.to_owned() } else { format!("{digits} tr.") }
}

fn size(text: &str) -> String {
    if text.is_empty() || text.to_lowercase().contains("cm") { text.to_owned() } else { format!("{text} cm") }
}

fn language(stated: &str, otherwise: &'static str) -> String {
    let folded = tram_vietnamese::fold(stated);
    match folded.trim() {
        "" => otherwise,
        "tieng viet" | "viet" | "vietnamese" | "vn" | "vi" | "vie" => "vie",
        "tieng anh" | "anh" | "english" | "en" | "eng" => "eng",
        "tieng phap" | "phap" | "french" | "fr" | "fre" => "fre",
        "tieng nga" | "nga" | "russian" | "ru" | "rus" => "rus",
        "tieng trung" | "trung" | "chinese" | "zh" | "chi" => "chi",
        "tieng nhat" | "nhat" | "japanese" | "jpn" => "jpn",
        "tieng han" | "han" | "korean" | "kor" => "kor",
        "tieng duc" | "duc" | "german" | "ger" => "ger",
        _ => otherwise,
    }
    .to_owned()
}

/// A title with Vietnamese marks is Vietnamese; nothing is said of others.
fn plain_language_guess(title: &str) -> &'static str {
    if tram_vietnamese::has_marks(title) { "vie" } else { "" }
}

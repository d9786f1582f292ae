//! Small Excel workbooks: sheets of texts and numbers, headings in bold and frozen.

use crate::archive;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Name, at most 31 characters.
    pub name: String,
    /// Headings.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

/// Text for XML: what XML 1.0 cannot hold is left out.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if u32::from(c) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// `A`, `Z`, `AA`…
fn column(mut at: usize) -> String {
    let mut out = Vec::new();
    loop {
        out.push(char::from(b'A' + u8::try_from(at % 26).unwrap_or(0)));
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    out.iter().rev().collect()
}

fn cell(out: &mut String, at: usize, row: usize, cell: &Cell, style: u8) {
    let place = format!("{}{row}", column(at));
    match cell {
        Cell::Number(number) => out.push_str(&format!("<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>")),
        Cell::Text(text) if text.is_empty() => {}
        // A cell holds 32,767 characters.
        Cell::Text(text) => {
            let text: String = text.chars().take(32_000).collect();
            let text = escape(&text);
            out.push_str(&format!(
                "<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
            ));
        }
    }
}

fn sheet(sheet: &Sheet) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols>",
    );
    for (at, heading) in sheet.columns.iter().enumerate() {
        let longest = sheet.rows.iter().filter_map(|row| row.get(at)).map(|cell| match cell {
            Cell::Text(text) => text.chars().count(),
            Cell::Number(_) => 10,
        });
        let width = longest.chain([heading.chars().count()]).max().unwrap_or(10).clamp(8, 50) + 2;
        out.push_str(&format!("<col min=\"{0}\" max=\"{0}\" width=\"{width}\" customWidth=\"1\"/>", at + 1));
    }
    out.push_str("</cols><sheetData><row r=\"1\">");
    for (at, heading) in sheet.columns.iter().enumerate() {
        cell(&mut out, at, 1, &Cell::from(heading.as_str()), 1);
    }
    out.push_str("</row>");
    for (number, row) in sheet.rows.iter().enumerate() {
        out.push_str(&format!("<row r=\"{}\">", number + 2));
        for (at, value) in row.iter().enumerate() {
            cell(&mut out, at, number + 2, value, 0);
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData></worksheet>");
    out
}

const STYLES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Times New Roman\"/></font><font><b/><sz val=\"11\"/><name val=\"Times New Roman\"/></font></fonts><fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"2\"><xf fontId=\"0\"/><xf fontId=\"1\" applyFont=\"1\"/></cellXfs></styleSheet>";

/// The workbook as a file.
#[must_use]
pub fn write(sheets: &[Sheet]) -> Vec<u8> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    let (mut types, mut relations, mut names) = (String::new(), String::new(), String::new());
    let mut parts: Vec<(String, String)> = Vec::new();
    for (at, one) in sheets.iter().enumerate() {
        let number = at + 1;
        types.push_str(&format!("<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"));
        relations.push_str(&format!("<Relationship Id=\"rId{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"));
        let name: String = one.name.chars().filter(|c| !"[]:*?/\\".contains(*c)).take(31).collect();
        names.push_str(&format!("<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>", escape(&name)));
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet(one)));
    }
    let styles = sheets.len() + 1;
    let mut files = vec![
        (
            "[Content_Types].xml".to_owned(),
            format!(
                "{head}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml\"/>{types}</Types>"
            ),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                "{head}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "{head}<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!(
                "{head}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}<Relationship Id=\"rId{styles}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        ("xl/styles.xml".to_owned(), STYLES.to_owned()),
    ];
    files.extend(parts);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    archive::whole(&files)
}

/// Media type of a workbook.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use calamine::{Reader, Xlsx};

    #[test]
    fn a_workbook_is_read_back() {
        assert_eq!(
            (column(0), column(25), column(26), column(701)),
            ("A".into(), "Z".into(), "AA".into(), "ZZ".into())
        );
        let sheet = Sheet {
            name: "Học liệu [1]".into(),
            columns: vec!["Tên".into(), "Lượt".into()],
            rows: vec![vec![Cell::from("a < b & \u{1}c"), Cell::from(7)]],
        };
        let mut book = Xlsx::new(std::io::Cursor::new(write(&[sheet]))).unwrap();
        assert_eq!(book.sheet_names(), ["Học liệu 1"]);
        let range = book.worksheet_range("Học liệu 1").unwrap();
        assert_eq!(range.get_value((1, 0)).unwrap().to_string(), "a < b & c");
        assert_eq!(range.get_value((1, 1)).unwrap().to_string(), "7");
    }
}

//! A workbook written piece by piece: one sheet, a row a copy (or a title that has
//! none).
//!
//! The usual writers hold the whole workbook in memory, which a plugin does not have
//! for a large catalogue. A workbook is a zip archive (APPNOTE 6.3) of a few XML
//! files; the sheet is the last entry, its size stands behind it in a data descriptor,
//! so it can be as long as it gets.

use flate2::{Compress, Compression, Crc, FlushCompress};
use serde::{Deserialize, Serialize};

use crate::bib;
use crate::compact::Compact;
use crate::messages as m;
use crate::plain::{self, Part};
use crate::shelf::CopyEntry;
use crate::sru::xml::escape;
use crate::words;

/// Where the writer is; carried from step to step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Directory records of the entries that are written, as text.
    directory: Vec<Entry>,
    /// Bytes written so far.
    at: u64,
    /// Bytes of the sheet, unpacked and packed.
    unpacked: u64,
    packed: u64,
    /// CRC-32 of the sheet so far, and the length that it counts.
    crc: u32,
    /// Rows written.
    row: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Entry {
    name: String,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
    /// Whether size and CRC stand behind the data.
    streamed: bool,
}

const SHEET: &str = "xl/worksheets/sheet1.xml";
const CONTENT_TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/></Types>";
const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
const WORKBOOK_RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

impl Sheet {
    /// The beginning of the file, the heading of the sheet included.
    pub fn begin(&mut self, language: &str) -> Vec<u8> {
        let mut name = String::new();
        escape(&mut name, m::CATALOGUE_SHEET.get(language));
        let workbook = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
        );
        let mut out = Vec::new();
        for (name, text) in [
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", RELATIONS),
            ("xl/workbook.xml", workbook.as_str()),
            ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONS),
        ] {
            let mut crc = Crc::new();
            crc.update(text.as_bytes());
            let length = text.len() as u64;
            let entry = Entry {
                name: name.into(),
                crc: crc.sum(),
                packed: length,
                unpacked: length,
                offset: self.at,
                streamed: false,
            };
            let before = out.len();
            local_header(&mut out, &entry);
            out.extend_from_slice(text.as_bytes());
            self.at += (out.len() - before) as u64;
            self.directory.push(entry);
        }
        let entry = Entry { name: SHEET.into(), offset: self.at, streamed: true, ..Entry::default() };
        let before = out.len();
        local_header(&mut out, &entry);
        self.at += (out.len() - before) as u64;
        self.directory.push(entry);

        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
        );
        let heads: Vec<&str> = HEADS.iter().map(|head| head.get(language)).collect();
        self.row(&mut text, &heads);
        let packed = self.pack(text.as_bytes());
        out.extend_from_slice(&packed);
        out
    }

    /// Appends the rows of a title to `out`, not packed yet.
    pub fn rows(&mut self, record: Compact<'_>, copies: &[CopyEntry], language: &str, out: &mut Vec<u8>) {
        let plain = plain::read(&record.record());
        let part = |part: Part| plain.get(&part).map_or("", String::as_str).replace('\n', "; ");
        let language_name = bib::language(record)
            .map(|code| words::language_name(code).map_or(code, |name| name.get(language)).to_owned())
            .unwrap_or_default();
        let title = [
            part(Part::Title),
            part(Part::Volume),
            part(Part::Subtitle),
            part(Part::Author),
            part(Part::Contributors),
            part(Part::Publisher),
            part(Part::Place),
            part(Part::Year),
            part(Part::Edition),
            part(Part::Pages),
            part(Part::Size),
            part(Part::Series),
            part(Part::Isbn),
            part(Part::Price),
            language_name,
            part(Part::Dewey),
            part(Part::LocalClass),
            part(Part::Subjects),
            part(Part::Genres),
            part(Part::Summary),
            part(Part::Audience),
            part(Part::Notes),
        ];
        let mut text = String::new();
        let mut write = |copy: [&str; 4]| {
            let cells: Vec<&str> = copy.into_iter().chain(title.iter().map(String::as_str)).collect();
            self.row(&mut text, &cells);
        };
        if copies.is_empty() {
            write([""; 4]);
        }
        for copy in copies {
            let value = &copy.value;
            write([&value.accession, &value.shelf, &value.call, words::state(&value.state).get(language)]);
        }
        out.extend_from_slice(text.as_bytes());
    }

    fn row(&mut self, out: &mut String, cells: &[&str]) {
        self.row += 1;
        out.push_str("<row r=\"");
        out.push_str(&self.row.to_string());
        out.push_str("\">");
        for text in cells {
            if text.is_empty() {
                out.push_str("<c/>");
                continue;
            }
            out.push_str("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
            // A cell holds 32,767 characters.
            let end = text.char_indices().nth(32_000).map_or(text.len(), |(at, _)| at);
            escape(out, text.get(..end).unwrap_or_default());
            out.push_str("</t></is></c>");
        }
        out.push_str("</row>");
    }

    /// Packs a piece of the sheet. Each piece ends on a byte, so that pieces stand one
    /// behind the other as one stream.
    pub fn pack(&mut self, text: &[u8]) -> Vec<u8> {
        if text.is_empty() {
            return Vec::new();
        }
        let mut piece = Crc::new();
        piece.update(text);
        self.crc = joined_crc(self.crc, piece.sum(), text.len() as u64);
        self.unpacked += text.len() as u64;
        let packed = deflate(text, FlushCompress::Sync);
        self.packed += packed.len() as u64;
        self.at += packed.len() as u64;
        packed
    }

    /// The end of the sheet and of the file.
    pub fn end(&mut self) -> Vec<u8> {
        let mut out = self.pack(b"</sheetData></worksheet>");
        let last = deflate(&[], FlushCompress::Finish);
        self.packed += last.len() as u64;
        self.at += last.len() as u64;
        out.extend_from_slice(&last);
        if let Some(entry) = self.directory.last_mut() {
            entry.crc = self.crc;
            entry.packed = self.packed;
            entry.unpacked = self.unpacked;
        }
        let mut descriptor = Vec::new();
        descriptor.extend_from_slice(b"PK\x07\x08");
        descriptor.extend_from_slice(&self.crc.to_le_bytes());
        descriptor.extend_from_slice(&short(self.packed));
        descriptor.extend_from_slice(&short(self.unpacked));
        self.at += descriptor.len() as u64;
        out.extend_from_slice(&descriptor);

        let directory = self.at;
        let before = out.len();
        for entry in &self.directory {
            out.extend_from_slice(b"PK\x01\x02\x14\x00");
            common(&mut out, entry);
            out.extend_from_slice(&[0; 12]);
            out.extend_from_slice(&short(entry.offset));
            out.extend_from_slice(entry.name.as_bytes());
        }
        let size = (out.len() - before) as u64;
        let count = u16::try_from(self.directory.len()).unwrap_or(u16::MAX).to_le_bytes();
        out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
        out.extend_from_slice(&count);
        out.extend_from_slice(&count);
        out.extend_from_slice(&short(size));
        out.extend_from_slice(&short(directory));
        out.extend_from_slice(&[0, 0]);
        out
    }
}

/// The headings, in the order of the cells.
const HEADS: [&m::Message; 26] = [
    &m::ACCESSION,
    &m::SHELF,
    &m::CALL_NUMBER,
    &m::STATE,
    &m::TITLE,
    &m::VOLUME,
    &m::SUBTITLE,
    &m::AUTHOR,
    &m::CONTRIBUTORS,
    &m::PUBLISHER,
    &m::PLACE,
    &m::YEAR,
    &m::EDITION,
    &m::PAGES,
    &m::SIZE,
    &m::SERIES,
    &m::ISBN,
    &m::PRICE,
    &m::LANGUAGE,
    &m::DEWEY,
    &m::LOCAL_CLASS,
    &m::SUBJECTS,
    &m::GENRES,
    &m::SUMMARY,
    &m::AUDIENCE,
    &m::NOTES,
];

/// The four bytes of a size; a workbook stays far below four gigabytes.
fn short(size: u64) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}

fn local_header(out: &mut Vec<u8>, entry: &Entry) {
    out.extend_from_slice(b"PK\x03\x04");
    common(out, entry);
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(entry.name.as_bytes());
}

/// What local header and directory share, from the version needed to the length of the
/// name; the date is the first of zip's calendar.
fn common(out: &mut Vec<u8>, entry: &Entry) {
    let method: u16 = if entry.streamed { 8 } else { 0 };
    let flags: u16 = if entry.streamed { 1 << 3 } else { 0 };
    out.extend_from_slice(&20u16.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&method.to_le_bytes());
    out.extend_from_slice(&0u16.to_le_bytes());
    out.extend_from_slice(&0x21u16.to_le_bytes());
    out.extend_from_slice(&entry.crc.to_le_bytes());
    out.extend_from_slice(&short(entry.packed));
    out.extend_from_slice(&short(entry.unpacked));
    out.extend_from_slice(&u16::try_from(entry.name.len()).unwrap_or(u16::MAX).to_le_bytes());
}

fn deflate(text: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut packer = Compress::new(Compression::fast(), false);
    let mut out = Vec::with_capacity(text.len() / 3 + 64);
    loop {
        let used = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
        let rest = text.get(used..).unwrap_or_default();
        out.reserve(64 + rest.len() / 4);
        let before = out.len();
        let status = packer.compress_vec(rest, &mut out, flush);
        let done = match flush {
            FlushCompress::Finish => matches!(status, Ok(flate2::Status::StreamEnd) | Err(_)),
            _ => rest.is_empty() && (out.len() < out.capacity() || out.len() == before),
        };
        let all_in = usize::try_from(packer.total_in()).unwrap_or(usize::MAX) >= text.len();
        if done || (flush != FlushCompress::Finish && all_in && out.len() < out.capacity()) || status.is_err() {
            return out;
        }
    }
}

/// CRC-32 of two pieces behind each other, from theirs and the length of the second.
fn joined_crc(first: u32, second: u32, length: u64) -> u32 {
    // Appending zeros multiplies by a power of x; the CRC is linear over GF(2).
    let times = |matrix: &[u32; 32], mut vector: u32| {
        let mut sum = 0;
        for row in matrix {
            if vector & 1 != 0 {
                sum ^= row;
            }
            vector >>= 1;
        }
        sum
    };
    let square = |matrix: &[u32; 32]| {
        let mut out = [0; 32];
        for (slot, row) in out.iter_mut().zip(matrix) {
            *slot = times(matrix, *row);
        }
        out
    };
    if length == 0 {
        return first;
    }
    let mut one_bit = [0u32; 32];
    for (at, slot) in one_bit.iter_mut().enumerate() {
        *slot = if at == 0 { 0xEDB8_8320 } else { 1 << (at - 1) };
    }
    let mut operator = square(&square(&square(&one_bit)));
    let (mut crc, mut rest) = (first, length);
    while rest > 0 {
        if rest & 1 == 1 {
            crc = times(&operator, crc);
        }
        operator = square(&operator);
        rest >>= 1;
    }
    crc ^ second
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::compact::encode;
    use crate::testing::record;

    #[test]
    fn crcs_of_pieces_join() {
        let (a, b) = (b"hello ".as_slice(), b"world, longer than the first".as_slice());
        let of = |bytes: &[u8]| {
            let mut crc = Crc::new();
            crc.update(bytes);
            crc.sum()
        };
        assert_eq!(joined_crc(of(a), of(b), b.len() as u64), of(&[a, b].concat()));
        assert_eq!(joined_crc(0, of(b), b.len() as u64), of(b));
    }

    #[test]
    fn a_reader_of_workbooks_reads_it() {
        use calamine::{Data, Reader};
        let mut sheet = Sheet::default();
        let mut file = sheet.begin("vi");
        for n in 0..300 {
            let bytes = encode(&record(&[("245", &format!("00$aTruyện <số> & {n}"))]));
            let mut rows = Vec::new();
            sheet.rows(Compact::new(&bytes).unwrap(), &[], "vi", &mut rows);
            file.extend(sheet.pack(&rows));
        }
        file.extend(sheet.end());
        let mut book = calamine::Xlsx::new(std::io::Cursor::new(file)).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(range.height(), 301);
        assert_eq!(range.get_value((300, 4)), Some(&Data::String("Truyện <số> & 299".into())));
        assert_eq!(range.get_value((0, 0)), Some(&Data::String(m::ACCESSION.vi.into())));
    }
}

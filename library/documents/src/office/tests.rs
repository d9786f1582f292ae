use std::io::Cursor;

use crate::zip::tests::{Written, archive, file};
use crate::{Found, Refusal, Result, Sink, look};

struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

fn read(name: &str, files: &[Written<'_>]) -> Result<Found, Refusal> {
    look(name, &mut Cursor::new(archive(files)), &mut Nowhere)
}

fn docx(body: &str) -> Vec<Written<'static>> {
    let document = format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>");
    vec![file("[Content_Types].xml", "<Types/>"), file("word/document.xml", document)]
}

fn pages(found: &Found) -> Vec<(&str, &str)> {
    found.document.pages.iter().map(|page| (page.label.as_str(), page.text.as_str())).collect()
}

#[test]
fn word_breaks_pages_where_it_did_last_time() {
    let found = read(
        "a.docx",
        &docx(
            "<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Bài 1</w:t></w:r></w:p>\
             <w:p><w:r><w:t xml:space='preserve'>Đất </w:t></w:r><w:r><w:t>rừng</w:t></w:r><w:del><w:r><w:t>bỏ</w:t></w:r></w:del></w:p>\
             <w:p><w:r><w:t>trang một</w:t><w:lastRenderedPageBreak/><w:t>trang hai &amp; hết</w:t></w:r></w:p>",
        ),
    )
    .unwrap();
    assert_eq!(pages(&found), [("Bài 1", "Bài 1\nĐất rừng\ntrang một"), ("", "trang hai & hết")]);
    // Without such marks, a piece for each heading.
    let heading = |text: &str| {
        format!(
            "<w:p><w:pPr><w:pStyle w:val='Heading2'/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p><w:p><w:r><w:t>chữ</w:t></w:r></w:p>"
        )
    };
    let found = read("a.docx", &docx(&(heading("Một") + &heading("Hai")))).unwrap();
    assert_eq!(pages(&found), [("Một", "Một\nchữ"), ("Hai", "Hai\nchữ")]);
}

#[test]
fn old_fonts_become_unicode() {
    // `.VnTime`: TCVN3 read as Windows-1252.
    let found = read(
        "a.docx",
        &docx("<w:p><w:r><w:rPr><w:rFonts w:ascii='.VnTime'/></w:rPr><w:t>§¹i häc</w:t></w:r><w:r><w:rPr><w:rFonts w:ascii='.VnTimeH'/></w:rPr><w:t> viÖt</w:t></w:r></w:p>"),
    )
    .unwrap();
    assert_eq!(pages(&found), [("", "Đại học VIỆT")]);
    assert!(found.document.warnings.iter().any(|warning| warning.get("vi").contains("phông chữ cũ")));
    // Text of today in a font of today is left alone.
    let found = read("a.docx", &docx("<w:p><w:r><w:t>Café façade, Việt Nam</w:t></w:r></w:p>")).unwrap();
    assert_eq!(pages(&found), [("", "Café façade, Việt Nam")]);
    assert!(found.document.warnings.is_empty());
}

#[test]
fn macros_are_told_of_and_programs_refused() {
    let mut files = docx("<w:p/>");
    files.push(file("word/vbaProject.bin", "x"));
    let found = read("a.docx", &files).unwrap();
    assert!(found.document.warnings.iter().any(|warning| warning.get("vi").contains("macro")));
    files.push(file("word/embeddings/a.exe", "x"));
    assert_eq!(read("a.docx", &files).unwrap_err().code, crate::Code::Hostile);
}

#[test]
fn broken_documents_say_so() {
    for body in ["<w:p>", "</w:p>", "<w:p><"] {
        assert_eq!(read("a.docx", &docx(body)).unwrap_err().code, crate::Code::Unreadable, "{body}");
    }
    // Deeper than anybody writes.
    let deep = "<w:p>".repeat(5_000) + &"</w:p>".repeat(5_000);
    assert_eq!(read("a.docx", &docx(&deep)).unwrap_err().code, crate::Code::TooMuch);
    // Entities that would grow stand for nothing.
    let lol = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]>";
    let mut files = docx("");
    files[1] = file("word/document.xml", format!("{lol}<w:document><w:p><w:t>x&b;y</w:t></w:p></w:document>"));
    assert_eq!(pages(&read("a.docx", &files).unwrap()), [("", "xy")]);
}

#[test]
fn slides_have_titles_and_notes() {
    let relations = |inner: &str| format!("<Relationships>{inner}</Relationships>");
    let shape = |kind: &str, text: &str| {
        format!("<p:sp><p:nvPr><p:ph type='{kind}'/></p:nvPr><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp>")
    };
    let found = read(
        "a.pptx",
        &[
            file("[Content_Types].xml", "<Types/>"),
            file("ppt/presentation.xml", "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='rId9'/></p:sldIdLst></p:presentation>"),
            file("ppt/_rels/presentation.xml.rels", relations("<Relationship Id='rId9' Type='t/slide' Target='slides/slide1.xml'/>")),
            file("ppt/slides/slide1.xml", format!("<p:sld>{}{}{}</p:sld>", shape("title", "Quang hợp"), shape("body", "Lá cây"), shape("sldNum", "7"))),
            file(
                "ppt/slides/_rels/slide1.xml.rels",
                relations("<Relationship Id='a' Type='t/notesSlide' Target='../notesSlides/n1.xml'/><Relationship Id='b' Type='t/image' Target='http://example.org/x.png' TargetMode='External'/>"),
            ),
            file("ppt/notesSlides/n1.xml", format!("<p:notes>{}</p:notes>", shape("body", "Nhắc học sinh"))),
        ],
    )
    .unwrap();
    assert_eq!(pages(&found), [("Quang hợp", "Quang hợp\nLá cây\nNhắc học sinh")]);
    assert_eq!(found.document.page_count, 1);
}

#[test]
fn open_documents_read_and_locked_ones_say_so() {
    let content = "<office:document-content xmlns:text='t'><text:h>Bài<text:s text:c='2'/>2</text:h><text:p>Sóng<text:tab/>nước</text:p></office:document-content>";
    let mut files = vec![file("mimetype", "application/vnd.oasis.opendocument.text"), file("content.xml", content)];
    assert_eq!(pages(&read("a.odt", &files).unwrap()), [("Bài 2", "Bài 2\nSóng nước")]);
    files.push(file("META-INF/manifest.xml", "<m><f><manifest:encryption-data xmlns:manifest='m'/></f></m>"));
    assert_eq!(read("a.odt", &files).unwrap_err().code, crate::Code::Encrypted);
}

fn xlsx(sheet: &str, strings: &str) -> Vec<Written<'static>> {
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id='r1' Type='http://x/relationships/{kind}' Target='{target}'/></Relationships>"
        )
    };
    vec![
        file("[Content_Types].xml", "<Types/>"),
        file("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        file(
            "xl/workbook.xml",
            "<workbook xmlns:r='r'><sheets><sheet name='Điểm' sheetId='1' r:id='r1'/></sheets></workbook>",
        ),
        file("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        file("xl/sharedStrings.xml", strings.to_owned()),
        file("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
    ]
}

#[test]
fn cells_are_read_one_by_one() {
    let strings = "<sst uniqueCount='2'><si><t>Họ tên</t></si><si><t>Lan</t></si></sst>";
    let sheet = "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1'><v>8.5</v></c></row>\
                 <row r='2'><c r='A2' t='s'><v>1</v></c><c r='C2' t='inlineStr'><is><t>dòng\n hai</t></is></c></row>\
                 <row r='1048576'><c r='XFD1048576'><v>7</v></c></row>";
    let found = read("a.xlsx", &xlsx(sheet, strings)).unwrap();
    assert_eq!(pages(&found), [("Điểm", "Họ tên | 8.5\nLan | dòng hai\n7")]);
    assert!(found.document.warnings.is_empty());
}

/// As tables these would have places for 17 thousand million cells, or hold thirty
/// thousand copies of a text.
#[test]
fn hostile_workbooks_stay_small() {
    let long = "chữ ".repeat(8_000);
    let strings = format!("<sst><si><t>{long}</t></si></sst>");
    let cells = "<c t='s'><v>0</v></c>".repeat(30_000);
    for sheet in [format!("<row r='1'>{cells}</row>"), cells.replace("<c ", "<row><c ").replace("</c>", "</c></row>")] {
        let found = read("a.xlsx", &xlsx(&sheet, &strings)).unwrap();
        let text: usize = pages(&found).iter().map(|(_, text)| text.len()).sum();
        assert!(text > 1 << 20 && text <= crate::pages::MAX_TEXT, "{text}");
        assert_eq!(found.document.warnings.len(), 1);
    }
    // Nothing but spaces, over and over.
    let blank = format!("<sst><si><t xml:space='preserve'>{}</t></si></sst>", " ".repeat(1 << 20));
    let found = read("a.xlsx", &xlsx(&cells, &blank)).unwrap();
    assert_eq!((pages(&found), found.document.warnings.len()), (vec![("Điểm", "")], 1));
    // Room for as many texts as it says.
    for told in ["18446744073709551615", "1000000"] {
        let files = xlsx("", &format!("<sst uniqueCount='{told}'><si><t>x</t></si></sst>"));
        assert_eq!(read("a.xlsx", &files).unwrap_err().code, crate::Code::Unreadable, "{told}");
    }
    // A part that is larger than it says, which the archive's own reader passes over.
    let mut files = xlsx("<row/>", "<sst/>");
    files.push(Written { size: Some(100), ..file("xl/styles.xml", " ".repeat(1 << 20)) });
    assert_eq!(read("a.xlsx", &files).unwrap_err().code, crate::Code::Hostile);
}

#[test]
fn binary_workbooks_are_held_to_the_same_bounds() {
    let book = |content: Vec<u8>| vec![file("[Content_Types].xml", "<Types/>"), file("xl/workbook.bin", content)];
    // A record of 256 MiB in a file of ten bytes.
    let long = [0x99, 0x01, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0];
    assert_eq!(read("a.xlsb", &book(long.to_vec())).unwrap_err().code, crate::Code::Unreadable);
    let large = vec![0; 50 << 20];
    assert_eq!(read("a.xlsb", &book(large)).unwrap_err().code, crate::Code::TooMuch);
}

#[test]
fn open_sheets_are_read_and_repeat_nothing() {
    let cell = |inner: &str| format!("<table:table-cell>{inner}</table:table-cell>");
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x'><office:spreadsheet>\
         <table:table table:name='Lớp 8A'><table:table-row>{}{}{}</table:table-row>\
         <table:table-row table:number-rows-repeated='1048570'><table:table-cell table:number-columns-repeated='16384'><text:p>x</text:p></table:table-cell></table:table-row>\
         </table:table><table:table table:name='Trống'/></office:spreadsheet></office:document-content>",
        cell("<text:p>Họ<text:s/>tên</text:p><text:p>học sinh</text:p>"),
        cell(""),
        "<table:table-cell office:value-type='float' office:value='8.5'/>",
    );
    let files = [file("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), file("content.xml", content)];
    let found = read("a.ods", &files).unwrap();
    assert_eq!(pages(&found), [("Lớp 8A", "Họ tên học sinh | 8.5\nx"), ("Trống", "")]);
}

#[test]
fn pictures_of_slides_are_handed_on_once_under_the_slides_number() {
    let mut photo = Vec::new();
    let pixels = vec![90; 64 * 48 * 3];
    jpeg_encoder::Encoder::new(&mut photo, 90).encode(&pixels, 64, 48, jpeg_encoder::ColorType::Rgb).unwrap();
    let relations = |inner: &str| format!("<Relationships>{inner}</Relationships>");
    let relation =
        |id: &str, kind: &str, target: &str| format!("<Relationship Id='{id}' Type='t/{kind}' Target='{target}'/>");
    let list: String = ["r3", "r9", "r1", "r3"].iter().map(|id| format!("<p:sldId r:id='{id}'/>")).collect();
    let deck = format!("<p:presentation><p:sldIdLst>{list}</p:sldIdLst></p:presentation>");
    let targets = relations(
        &[("r1", "slides/one.xml"), ("r3", "slides/three.xml"), ("r9", "slides/missing.xml")]
            .map(|(id, target)| relation(id, "slide", target))
            .concat(),
    );
    let slide = |text: &str| format!("<p:sld><p:sp><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp></p:sld>");
    let found = read(
        "a.pptx",
        &[
            file("[Content_Types].xml", "<Types/>"),
            file("ppt/presentation.xml", deck),
            file("ppt/_rels/presentation.xml.rels", targets),
            file("ppt/slides/one.xml", slide("cuối")),
            file("ppt/slides/three.xml", slide("đầu")),
            file(
                "ppt/slides/_rels/one.xml.rels",
                relations(
                    &[relation("a", "image", "../media/logo.jpg"), relation("b", "image", "../media/own.jpg")].concat(),
                ),
            ),
            file("ppt/slides/_rels/three.xml.rels", relations(&relation("a", "image", "../media/logo.jpg"))),
            file("ppt/media/logo.jpg", photo.clone()),
            file("ppt/media/own.jpg", photo),
        ],
    )
    .unwrap();
    assert_eq!(found.document.page_count, 3);
    let numbers: Vec<_> = found.document.pages.iter().map(|page| (page.number, page.text.as_str())).collect();
    assert_eq!(numbers, [(1, "đầu"), (3, "cuối")]);
    let names: Vec<_> = found.derived.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["slide-001-1.jpg", "slide-003-1.jpg"]);
}

#[test]
fn what_a_document_says_of_itself_is_cut() {
    let mut core = format!("<cp><dc:title xmlns:dc='d'>{}</dc:title>", "tên ".repeat(1_000));
    for number in 0..200_000 {
        core.push_str(&format!("<dc:creator xmlns:dc='d'>{number}</dc:creator>"));
    }
    core.push_str("</cp>");
    let mut files = docx("<w:p/>");
    files.push(file("docProps/core.xml", core));
    let document = read("a.docx", &files).unwrap().document;
    assert_eq!((document.authors.len(), document.title.chars().count()), (20, 500));
}

#[test]
fn the_beginning_of_an_endless_paragraph_is_found() {
    let run = format!("<w:r><w:t>{}</w:t></w:r>", "từ ".repeat(100_000));
    let found = read("a.docx", &docx(&format!("<w:p>{}</w:p>", run.repeat(20)))).unwrap();
    let length = found.document.pages[0].text.len();
    assert!((crate::pages::MAX_TEXT - 8..=crate::pages::MAX_TEXT).contains(&length), "{length}");
    assert_eq!(found.document.warnings.len(), 1);
}

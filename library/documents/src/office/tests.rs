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

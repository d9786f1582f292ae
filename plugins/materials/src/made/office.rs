//! Documents, slides and workbooks (ECMA-376), as small as they may be.

use super::{Piece, pieces};
use crate::archive;
use crate::workbook::{self, Cell, Sheet, escape};

/// Media type of a document.
pub(super) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
/// Media type of slides.
pub(super) const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn relations(of: &[(&str, &str)]) -> String {
    let mut out =
        format!("{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    for (at, (kind, target)) in of.iter().enumerate() {
        out.push_str(&format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>", at + 1));
    }
    out.push_str("</Relationships>");
    out
}

fn types(of: &[(String, &str)]) -> String {
    let mut out = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    for (part, kind) in of {
        out.push_str(&format!(
            "<Override PartName=\"{part}\" ContentType=\"application/vnd.openxmlformats-officedocument.{kind}+xml\"/>"
        ));
    }
    out.push_str("</Types>");
    out
}

fn packed(files: &[(String, String)]) -> Vec<u8> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    archive::whole(&files)
}

/// A document.
pub(super) fn document(text: &str) -> Vec<u8> {
    let mut body = String::new();
    for piece in pieces(text) {
        let (bold, size, before, text) = match &piece {
            Piece::Heading(text) => (true, 32, 240, escape(text)),
            Piece::Subheading(text) => (true, 28, 200, escape(text)),
            Piece::Point(text) => (false, 26, 40, format!("– {}", escape(text))),
            Piece::Paragraph(text) => (false, 26, 80, escape(text)),
        };
        let style = match piece {
            Piece::Heading(_) => "<w:pStyle w:val=\"Heading1\"/>",
            Piece::Subheading(_) => "<w:pStyle w:val=\"Heading2\"/>",
            _ => "",
        };
        let bold = if bold { "<w:b/>" } else { "" };
        body.push_str(&format!("<w:p><w:pPr>{style}<w:spacing w:before=\"{before}\" w:after=\"60\"/></w:pPr><w:r><w:rPr><w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:cs=\"Times New Roman\"/>{bold}<w:sz w:val=\"{size}\"/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"));
    }
    let document = format!(
        "{HEAD}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1701\" w:header=\"708\" w:footer=\"708\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    );
    let style = |id: &str, name: &str, level: u8| {
        format!(
            "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:pPr><w:outlineLvl w:val=\"{level}\"/></w:pPr></w:style>"
        )
    };
    let styles = format!(
        "{HEAD}<w:styles xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">{}{}</w:styles>",
        style("Heading1", "heading 1", 0),
        style("Heading2", "heading 2", 1)
    );
    packed(&[
        (
            "[Content_Types].xml".into(),
            types(&[
                ("/word/document.xml".into(), "wordprocessingml.document.main"),
                ("/word/styles.xml".into(), "wordprocessingml.styles"),
            ]),
        ),
        ("_rels/.rels".into(), relations(&[("officeDocument", "word/document.xml")])),
        ("word/document.xml".into(), document),
        ("word/_rels/document.xml.rels".into(), relations(&[("styles", "styles.xml")])),
        ("word/styles.xml".into(), styles),
    ])
}

const SLIDE_NAMES: &str = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";
const EMPTY_TREE: &str =
    "<p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>";

/// A shape with lines of text.
fn shape(id: u8, kind: &str, place: (u32, u32, u32, u32), size: u32, bold: bool, lines: &[String]) -> String {
    let bold = if bold { " b=\"1\"" } else { "" };
    let mut text = String::new();
    for line in lines {
        text.push_str(&format!(
            "<a:p><a:r><a:rPr lang=\"vi-VN\" sz=\"{size}\"{bold}/><a:t>{}</a:t></a:r></a:p>",
            escape(line)
        ));
    }
    if lines.is_empty() {
        text.push_str("<a:p/>");
    }
    let (x, y, w, h) = place;
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"{kind}\"/><p:cNvSpPr/><p:nvPr><p:ph type=\"{kind}\"{}/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{w}\" cy=\"{h}\"/></a:xfrm></p:spPr><p:txBody><a:bodyPr><a:normAutofit/></a:bodyPr><a:lstStyle/>{text}</p:txBody></p:sp>",
        if kind == "body" { " idx=\"1\"" } else { "" }
    )
}

/// Slides: each heading begins one.
pub(super) fn slides(text: &str) -> Vec<u8> {
    let mut slides: Vec<(String, Vec<String>)> = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Heading(title) => slides.push((title.to_owned(), Vec::new())),
            other => {
                if slides.is_empty() {
                    slides.push((String::new(), Vec::new()));
                }
                let line = match other {
                    Piece::Point(text) => format!("• {text}"),
                    Piece::Heading(text) | Piece::Subheading(text) | Piece::Paragraph(text) => text.to_owned(),
                };
                if let Some((_, lines)) = slides.last_mut() {
                    lines.push(line);
                }
            }
        }
    }
    let mut parts: Vec<(String, &str)> = vec![
        ("/ppt/presentation.xml".into(), "presentationml.presentation.main"),
        ("/ppt/slideMasters/slideMaster1.xml".into(), "presentationml.slideMaster"),
        ("/ppt/slideLayouts/slideLayout1.xml".into(), "presentationml.slideLayout"),
        ("/ppt/theme/theme1.xml".into(), "theme"),
    ];
    let mut list = String::new();
    let mut links: Vec<(&str, String)> = vec![("slideMaster", "slideMasters/slideMaster1.xml".into())];
    let mut files: Vec<(String, String)> = Vec::new();
    for (at, (title, lines)) in slides.iter().enumerate() {
        let number = at + 1;
        parts.push((format!("/ppt/slides/slide{number}.xml"), "presentationml.slide"));
        list.push_str(&format!("<p:sldId id=\"{}\" r:id=\"rId{}\"/>", 255 + number, number + 1));
        links.push(("slide", format!("slides/slide{number}.xml")));
        let head = shape(2, "title", (457_200, 274_638, 8_229_600, 1_000_000), 3200, true, std::slice::from_ref(title));
        let body = shape(3, "body", (457_200, 1_400_000, 8_229_600, 4_900_000), 2200, false, lines);
        files.push((format!("ppt/slides/slide{number}.xml"), format!("{HEAD}<p:sld {SLIDE_NAMES}><p:cSld>{EMPTY_TREE}{head}{body}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>")));
        files.push((
            format!("ppt/slides/_rels/slide{number}.xml.rels"),
            relations(&[("slideLayout", "../slideLayouts/slideLayout1.xml")]),
        ));
    }
    links.push(("theme", "theme/theme1.xml".into()));
    let links: Vec<(&str, &str)> = links.iter().map(|(kind, target)| (*kind, target.as_str())).collect();
    let layout = format!(
        "{HEAD}<p:sldLayout {SLIDE_NAMES} type=\"obj\"><p:cSld name=\"Nội dung\">{EMPTY_TREE}</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sldLayout>"
    );
    let master = format!(
        "{HEAD}<p:sldMaster {SLIDE_NAMES}><p:cSld><p:bg><p:bgRef idx=\"1001\"><a:schemeClr val=\"bg1\"/></p:bgRef></p:bg>{EMPTY_TREE}</p:spTree></p:cSld><p:clrMap bg1=\"lt1\" tx1=\"dk1\" bg2=\"lt2\" tx2=\"dk2\" accent1=\"accent1\" accent2=\"accent2\" accent3=\"accent3\" accent4=\"accent4\" accent5=\"accent5\" accent6=\"accent6\" hlink=\"hlink\" folHlink=\"folHlink\"/><p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst></p:sldMaster>"
    );
    let presentation = format!(
        "{HEAD}<p:presentation {SLIDE_NAMES}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rId1\"/></p:sldMasterIdLst><p:sldIdLst>{list}</p:sldIdLst><p:sldSz cx=\"9144000\" cy=\"6858000\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"
    );
    let mut all = vec![
        ("[Content_Types].xml".to_owned(), types(&parts)),
        ("_rels/.rels".to_owned(), relations(&[("officeDocument", "ppt/presentation.xml")])),
        ("ppt/presentation.xml".to_owned(), presentation),
        ("ppt/_rels/presentation.xml.rels".to_owned(), relations(&links)),
        ("ppt/slideMasters/slideMaster1.xml".to_owned(), master),
        (
            "ppt/slideMasters/_rels/slideMaster1.xml.rels".to_owned(),
            relations(&[("slideLayout", "../slideLayouts/slideLayout1.xml"), ("theme", "../theme/theme1.xml")]),
        ),
        ("ppt/slideLayouts/slideLayout1.xml".to_owned(), layout),
        (
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels".to_owned(),
            relations(&[("slideMaster", "../slideMasters/slideMaster1.xml")]),
        ),
        ("ppt/theme/theme1.xml".to_owned(), theme()),
    ];
    all.extend(files);
    packed(&all)
}

/// A theme: the twelve colours, the fonts and the three of each format that must be there.
fn theme() -> String {
    let colours = [
        ("dk1", "1F2A2E"),
        ("lt1", "FFFFFF"),
        ("dk2", "17494D"),
        ("lt2", "EEF4F3"),
        ("accent1", "1C7C7D"),
        ("accent2", "C8553D"),
        ("accent3", "E3A857"),
        ("accent4", "5C7AEA"),
        ("accent5", "7A9E7E"),
        ("accent6", "8C5E58"),
        ("hlink", "1C7C7D"),
        ("folHlink", "8C5E58"),
    ];
    let mut scheme = String::new();
    for (name, colour) in colours {
        scheme.push_str(&format!("<a:{name}><a:srgbClr val=\"{colour}\"/></a:{name}>"));
    }
    let fill = "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>".repeat(3);
    let line = "<a:ln><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:ln>".repeat(3);
    let effect = "<a:effectStyle><a:effectLst/></a:effectStyle>".repeat(3);
    let font = "<a:latin typeface=\"Arial\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/>";
    format!(
        "{HEAD}<a:theme xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" name=\"Trạm\"><a:themeElements><a:clrScheme name=\"Trạm\">{scheme}</a:clrScheme><a:fontScheme name=\"Trạm\"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name=\"Trạm\"><a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst><a:effectStyleLst>{effect}</a:effectStyleLst><a:bgFillStyleLst>{fill}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
}

/// A workbook: a row a line, cells parted by `|`; the first line is the headings, a
/// heading line begins a sheet of its name.
pub(super) fn table(text: &str) -> Vec<u8> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("# ") {
            sheets.push(Sheet { name: name.to_owned(), ..Sheet::default() });
            continue;
        }
        if sheets.is_empty() {
            sheets.push(Sheet { name: "Trang 1".into(), ..Sheet::default() });
        }
        let Some(sheet) = sheets.last_mut() else { continue };
        let cells = line.split('|').map(str::trim);
        if sheet.columns.is_empty() {
            sheet.columns = cells.map(str::to_owned).collect();
        } else {
            sheet.rows.push(cells.map(|cell| cell.parse().map_or_else(|_| Cell::from(cell), Cell::Number)).collect());
        }
    }
    workbook::write(&sheets)
}

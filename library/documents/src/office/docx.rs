//! Word. Pages are where Word broke them last time, or by sections; without any such
//! mark a new piece begins at each heading.

use tram_vietnamese::Legacy;

use super::part;
use crate::pages::{MAX_TEXT, Pages, decode, font_legacy, guess};
use crate::xml::{Element, Step};
use crate::zip::Archive;
use crate::{Found, Result};

const BODY: &str = "word/document.xml";

/// An old encoding, and whether the font shows small letters as capitals.
type Encoding = Option<(Legacy, bool)>;

pub(super) fn read(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let usual = usual_font(archive);
    let breaks = has_breaks(archive)?;
    let mut text = Body { breaks, usual, ..Body::default() };
    let mut walk = part(archive, BODY)?;
    walk.each(|step| {
        text.step(step);
        Ok(())
    })?;
    drop(walk);
    text.end_paragraph();
    if text.old {
        found.warn(
            "Một phần văn bản dùng phông chữ cũ (.VnTime, VNI-): đã đổi sang Unicode để tìm được, tệp gốc giữ nguyên.",
            "Some of the text is in an old font (.VnTime, VNI-): it was turned into Unicode so that it is found; the file is unchanged.",
        );
    }
    let mut pages = text.pages;
    // Notes at the foot belong to the text, headers do not: they would be on each page.
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if archive.has(notes) {
            let mut foot = Body { usual, pages, ..Body::default() };
            let mut walk = part(archive, notes)?;
            walk.each(|step| {
                foot.step(step);
                Ok(())
            })?;
            foot.end_paragraph();
            pages = foot.pages;
        }
    }
    pages.finish(found);
    Ok(())
}

/// Whether Word left marks of where pages break.
fn has_breaks(archive: &mut Archive<'_>) -> Result<bool> {
    let mut walk = part(archive, BODY)?;
    while let Some(step) = walk.next()? {
        if let Step::Start(element) = step
            && (element.name == "lastRenderedPageBreak" || is_page_break(&element))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_page_break(element: &Element) -> bool {
    element.name == "br" && element.get("type") == Some("page")
}

/// The font of text that names none, from the document's defaults.
fn usual_font(archive: &mut Archive<'_>) -> Encoding {
    if !archive.has("word/styles.xml") {
        return None;
    }
    let mut walk = part(archive, "word/styles.xml").ok()?;
    let mut usual = None;
    let mut within = false;
    while let Ok(Some(step)) = walk.next() {
        match step {
            Step::Start(element) if element.name == "docDefaults" => within = true,
            Step::Start(element) if element.name == "style" => {
                within = element.get("default") == Some("1") && element.get("type") == Some("paragraph");
            }
            Step::Start(element) if element.name == "rFonts" && within => {
                if let Some(font) = element.get("ascii").or_else(|| element.get("hAnsi")) {
                    usual = font_legacy(font);
                }
            }
            _ => {}
        }
    }
    usual
}

#[derive(Default)]
struct Body {
    pages: Pages,
    breaks: bool,
    usual: Encoding,
    /// Text of the paragraph, decoded.
    paragraph: String,
    /// Text of neighbouring runs of one encoding: VNI's marks may stand in the next run.
    pending: String,
    pending_encoding: Encoding,
    run: Encoding,
    heading: bool,
    /// Depth of `<w:t>`: text elsewhere is not text.
    in_text: bool,
    /// Within what was deleted, or the second form of a drawing.
    skipping: usize,
    section: bool,
    old: bool,
}

impl Body {
    fn step(&mut self, step: Step) {
        match step {
            Step::Start(element) => self.start(&element),
            Step::End(name) => self.end(&name),
            Step::Text(text) if self.in_text && self.skipping == 0 => {
                if self.pending_encoding != self.run {
                    self.flush();
                    self.pending_encoding = self.run;
                }
                if self.pending.len() + self.paragraph.len() < MAX_TEXT {
                    self.pending.push_str(&text);
                }
            }
            Step::Text(_) => {}
        }
    }

    fn start(&mut self, element: &Element) {
        if self.skipping > 0 || matches!(element.name.as_str(), "del" | "moveFrom" | "Fallback") {
            self.skipping += 1;
            return;
        }
        match element.name.as_str() {
            "p" => self.heading = false,
            "pStyle" => {
                let style = element.get("val").unwrap_or_default().to_lowercase();
                self.heading = style.starts_with("heading") || style.starts_with("title") || style.starts_with("tiu");
            }
            "outlineLvl" => self.heading = true,
            "r" => self.run = self.usual,
            "rFonts" => {
                if let Some(font) = element.get("ascii").or_else(|| element.get("hAnsi")) {
                    self.run = font_legacy(font);
                }
            }
            "t" => self.in_text = true,
            "tab" => self.pending.push('\t'),
            "noBreakHyphen" => self.pending.push('-'),
            "br" | "cr" if !is_page_break(element) => self.pending.push('\n'),
            "lastRenderedPageBreak" | "br" => self.page(),
            "sectPr" => self.section = !self.breaks,
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipping > 0 {
            self.skipping -= 1;
            return;
        }
        match name {
            "t" => self.in_text = false,
            "p" => {
                self.end_paragraph();
                if std::mem::take(&mut self.section) {
                    self.pages.begin("");
                }
            }
            "tc" => self.pending.push('\t'),
            _ => {}
        }
    }

    /// A page ends here, maybe within a paragraph.
    fn page(&mut self) {
        if self.breaks {
            self.flush();
            let before = std::mem::take(&mut self.paragraph);
            self.pages.paragraph(&before);
            self.pages.begin("");
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        let mut encoding = self.pending_encoding;
        if encoding.is_none() && text.len() > 40 {
            encoding = guess(&text);
        }
        self.old |= encoding.is_some() && !text.is_ascii();
        self.paragraph.push_str(&decode(&text, encoding));
    }

    fn end_paragraph(&mut self) {
        self.flush();
        let text = std::mem::take(&mut self.paragraph);
        if self.heading && !text.trim().is_empty() {
            if self.breaks {
                self.pages.label(&text);
            } else {
                self.pages.begin(&text);
            }
        }
        self.heading = false;
        self.pages.paragraph(&text);
    }
}

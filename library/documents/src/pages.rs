//! Text, gathered page by page within a bound.

use tram_contract::extract::Page;
use tram_vietnamese::Legacy;

use crate::Found;

/// Most bytes of text of a file: a book of 1,500 pages. The document that carries it
/// may have 8 MiB as JSON.
pub(crate) const MAX_TEXT: usize = 3 << 20;
/// Most pages.
pub(crate) const MAX_PAGES: usize = 5_000;

/// Pages in the making.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pages: Vec<Page>,
    open: Page,
    used: usize,
    count: u32,
    cut: bool,
}

impl Pages {
    /// Begins a page; the one before is closed.
    pub(crate) fn begin(&mut self, label: &str) {
        self.close();
        self.count += 1;
        self.open = Page { number: self.count, label: tidy(label).chars().take(200).collect(), text: String::new() };
    }

    /// Names the open page, if it has no name yet.
    pub(crate) fn label(&mut self, label: &str) {
        if self.open.label.is_empty() {
            self.open.label = tidy(label).chars().take(200).collect();
        }
    }

    /// Adds a paragraph to the open page.
    pub(crate) fn paragraph(&mut self, text: &str) {
        let text = tidy(text);
        if text.is_empty() {
            return;
        }
        if self.count == 0 {
            self.begin("");
        }
        if self.used + text.len() > MAX_TEXT || self.pages.len() >= MAX_PAGES {
            self.cut = true;
            return;
        }
        self.used += text.len() + 1;
        if !self.open.text.is_empty() {
            self.open.text.push('\n');
        }
        self.open.text.push_str(&text);
    }

    /// Whether there is no room for more.
    pub(crate) fn is_full(&self) -> bool {
        self.cut
    }

    fn close(&mut self) {
        let page = std::mem::take(&mut self.open);
        if !page.text.is_empty() || !page.label.is_empty() {
            self.pages.push(page);
        }
    }

    /// Hands the pages over.
    pub(crate) fn finish(mut self, found: &mut Found) {
        self.close();
        found.document.page_count = found.document.page_count.max(self.count);
        found.document.pages = self.pages;
        if self.cut {
            found.warn(
                "Tệp rất dài: chỉ phần đầu tìm được theo chữ bên trong.",
                "The file is very long: only its beginning is found by the words inside.",
            );
        }
    }
}

/// One line of text: NFC, no control characters, single spaces.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']) {
        let mut words = line
            .split(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{a0}' | '\u{feff}'))
            .filter(|word| !word.is_empty())
            .peekable();
        if words.peek().is_some() && !out.is_empty() {
            out.push('\n');
        }
        let mut first = true;
        for word in words {
            if !first {
                out.push(' ');
            }
            first = false;
            out.extend(
                word.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{fffe}' | '\u{ffff}')),
            );
        }
    }
    match tram_vietnamese::nfc(&out) {
        std::borrow::Cow::Borrowed(_) => out,
        std::borrow::Cow::Owned(text) => text,
    }
}

/// The encoding that a font stands for: `.VnTime`, `VNI-Times`.
pub(crate) fn font_legacy(font: &str) -> Option<(Legacy, bool)> {
    if font.starts_with(".Vn") || font.starts_with(".VN") {
        return Some((Legacy::Tcvn3, font.ends_with('H')));
    }
    (font.starts_with("VNI-") || font.starts_with("VNI ")).then_some((Legacy::VniWindows, false))
}

/// Text of a font, in Unicode.
pub(crate) fn decode(text: &str, legacy: Option<(Legacy, bool)>) -> String {
    match legacy {
        Some((legacy, capitals)) => {
            let text = tram_vietnamese::decode(legacy, text);
            if capitals { text.to_uppercase() } else { text }
        }
        None => text.to_owned(),
    }
}

/// Text without fonts, in Unicode where it is surely of an old encoding.
pub(crate) fn guess(text: &str) -> Option<(Legacy, bool)> {
    tram_vietnamese::detect(text).filter(|found| found.confidence >= 0.6).map(|found| (found.legacy, false))
}

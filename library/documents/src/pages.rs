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
    /// Begins a page; the one before is closed. Where there is no room for it, it is
    /// counted and nothing more.
    pub(crate) fn begin(&mut self, label: &str) {
        self.close();
        self.count = self.count.saturating_add(1);
        if self.pages.len() >= MAX_PAGES {
            self.cut = true;
        }
        self.open = Page { number: self.count, ..Page::default() };
        self.name(label);
    }

    /// Names the open page, if it has no name yet.
    pub(crate) fn label(&mut self, label: &str) {
        if self.count == 0 {
            self.begin("");
        }
        if self.open.label.is_empty() {
            self.name(label);
        }
    }

    fn name(&mut self, label: &str) {
        if !self.cut {
            // What a name may have of letters, told before the rest is looked at.
            let label: String = label.chars().take(2_000).collect();
            let label: String = tidy(&label).chars().take(200).collect();
            self.open.label = self.room_for(label);
        }
    }

    /// Adds a paragraph to the open page.
    pub(crate) fn paragraph(&mut self, text: &str) {
        if self.cut {
            return;
        }
        let text = tidy(text);
        if text.is_empty() {
            return;
        }
        if self.count == 0 {
            self.begin("");
        }
        let text = self.room_for(text);
        if !self.open.text.is_empty() && !text.is_empty() {
            self.open.text.push('\n');
        }
        self.open.text.push_str(&text);
    }

    /// As much of a text as there is room for; where that is not all of it, nothing more
    /// is taken.
    fn room_for(&mut self, mut text: String) -> String {
        let room = MAX_TEXT.saturating_sub(self.used);
        if text.len() > room {
            self.cut = true;
            text.truncate(text.floor_char_boundary(room));
        }
        self.used += text.len() + 1;
        text
    }

    /// Takes no more; what there is, is said to be only the beginning.
    pub(crate) fn stop(&mut self) {
        self.cut = true;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pages: Pages) -> Found {
        let mut found = Found::default();
        pages.finish(&mut found);
        found
    }

    #[test]
    fn names_alone_do_not_fill_the_memory() {
        let mut pages = Pages::default();
        for _ in 0..MAX_PAGES + 10 {
            pages.begin(&"tên ".repeat(1_000));
        }
        assert!(pages.is_full());
        let found = found(pages);
        let document = &found.document;
        assert!(document.pages.len() <= MAX_PAGES);
        assert!(document.pages.iter().map(|page| page.label.len()).sum::<usize>() <= MAX_TEXT);
        assert_eq!(document.page_count as usize, MAX_PAGES + 10, "how many there are is told all the same");
        assert_eq!(found.document.warnings.len(), 1);
    }

    #[test]
    fn no_page_goes_beyond_the_last() {
        let mut pages = Pages::default();
        for _ in 0..MAX_PAGES {
            pages.begin("a");
        }
        assert!(!pages.is_full());
        pages.begin("b");
        pages.paragraph("c");
        let document = found(pages).document;
        assert_eq!(document.pages.len(), MAX_PAGES);
        assert!(document.pages.iter().all(|page| page.label == "a" && page.text.is_empty()));
    }

    #[test]
    fn the_beginning_of_a_long_paragraph_is_kept() {
        let mut pages = Pages::default();
        pages.paragraph(&"đ".repeat(MAX_TEXT));
        assert!(pages.is_full());
        pages.paragraph("after");
        let document = found(pages).document;
        assert_eq!(document.pages.len(), 1);
        assert!((MAX_TEXT - 8..=MAX_TEXT).contains(&document.pages[0].text.len()));
    }
}

//! Where records begin and end in a stream of XML.
//!
//! This looks at tags only, so that it finds its way behind XML that no parser
//! would go on after.

use memchr::{memchr, memmem};

use crate::{Encoding, MAX_RECORD};

/// What was found in a buffer.
pub(super) enum Found {
    /// Nothing before more bytes come; what is before `keep` can be dropped.
    More { keep: usize },
    /// An element `record` with MARC fields in it.
    Record { start: usize, end: usize },
    /// A record that the next one begins in, or the input ends in.
    Unclosed { start: usize, end: usize },
    /// A record without any element in it.
    Empty { start: usize, end: usize },
    /// A record of more than [`MAX_RECORD`] bytes.
    Endless { start: usize, end: usize },
}

/// Finds records; all positions are in the buffer it is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner {
    /// Where the next tag is looked for.
    at: usize,
    /// The innermost `record` that is open.
    open: Option<Open>,
    /// What the XML declaration says.
    pub(super) declared: Encoding,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    /// It holds fields of MARC.
    marc: bool,
    /// It holds elements of any kind.
    elements: bool,
}

/// A tag in the text.
enum Tag<'a> {
    Start { name: &'a [u8], closed: bool },
    End { name: &'a [u8] },
    Other,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self { at: 0, open: None, declared: Encoding::Utf8 }
    }

    /// Says that the first `bytes` of the buffer are gone.
    pub(super) fn dropped(&mut self, bytes: usize) {
        self.at = self.at.saturating_sub(bytes);
        if let Some(open) = &mut self.open {
            open.start = open.start.saturating_sub(bytes);
        }
    }

    /// Goes on to the next thing in `buffer`; `last` says that nothing follows.
    pub(super) fn next(&mut self, buffer: &[u8], last: bool) -> Found {
        loop {
            if let Some(open) = self.open
                && self.at.saturating_sub(open.start) > MAX_RECORD
            {
                self.open = None;
                return Found::Endless { start: open.start, end: self.at };
            }
            let rest = buffer.get(self.at..).unwrap_or_default();
            let Some(to_tag) = memchr(b'<', rest) else {
                self.at = buffer.len();
                return self.end(buffer.len(), last);
            };
            let start = self.at + to_tag;
            let tail = buffer.get(start..).unwrap_or_default();
            let Some((tag, length)) = read_tag(tail, &mut self.declared) else {
                if !last && tail.len() <= MAX_RECORD {
                    self.at = start;
                    return self.end(start, false);
                }
                // What begins here never ends: it was no markup.
                self.at = start + 1;
                continue;
            };
            self.at = start + length;
            if let Some(found) = self.judge(&tag, start) {
                return found;
            }
        }
    }

    fn judge(&mut self, tag: &Tag<'_>, start: usize) -> Option<Found> {
        match *tag {
            Tag::Start { name: b"record", closed } => {
                let before = self.open.take();
                if closed {
                    // Inside of a record it is a part of it that means nothing.
                    self.open = before.filter(|open| open.marc);
                    return self.open.is_none().then_some(Found::Empty { start, end: self.at });
                }
                self.open = Some(Open { start, marc: false, elements: false });
                before.filter(|b| b.marc).map(|b| Found::Unclosed { start: b.start, end: start })
            }
            Tag::Start { name, .. } => {
                if let Some(open) = &mut self.open {
                    open.elements = true;
                    open.marc |= matches!(name, b"leader" | b"controlfield" | b"datafield");
                }
                None
            }
            Tag::End { name: b"record" } => {
                let open = self.open.take()?;
                let (start, end) = (open.start, self.at);
                // An envelope of OAI-PMH or SRU, whose record has been given out
                // or never was: nothing is missing.
                match open {
                    Open { marc: true, .. } => Some(Found::Record { start, end }),
                    Open { elements: false, .. } => Some(Found::Empty { start, end }),
                    Open { .. } => None,
                }
            }
            Tag::End { .. } | Tag::Other => None,
        }
    }

    /// What is to be said at the end of the buffer.
    fn end(&mut self, keep: usize, last: bool) -> Found {
        match self.open {
            Some(open) if last => {
                self.open = None;
                Found::Unclosed { start: open.start, end: keep }
            }
            Some(open) => Found::More { keep: open.start },
            None => Found::More { keep },
        }
    }
}

/// The tag at the head of `text`, which begins with `<`, and its length; `None`
/// when it does not end in `text`.
fn read_tag<'a>(text: &'a [u8], declared: &mut Encoding) -> Option<(Tag<'a>, usize)> {
    let until =
        |head: usize, end: &[u8]| memmem::find(text.get(head..)?, end).map(|at| (Tag::Other, head + at + end.len()));
    // A piece may end within the first characters of a comment or a section.
    if text.len() < 9 && (b"<!--".starts_with(text) || b"<![CDATA[".starts_with(text)) {
        return None;
    }
    if text.starts_with(b"<!--") {
        return until(4, b"-->");
    }
    if text.starts_with(b"<![CDATA[") {
        return until(9, b"]]>");
    }
    if text.starts_with(b"<?") {
        let found = until(2, b"?>")?;
        if let Some(declaration) = text.get(..found.1).filter(|t| t.starts_with(b"<?xml ")) {
            *declared = declared_in(declaration);
        }
        return Some(found);
    }
    if text.starts_with(b"<!") {
        return until(2, b">");
    }
    let end = memchr(b'>', text)?;
    let inner = text.get(1..end)?;
    let (inner, is_end) = inner.strip_prefix(b"/").map_or((inner, false), |rest| (rest, true));
    let name_end = inner.iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(inner.len());
    let name = inner.get(..name_end)?;
    let name = memchr(b':', name).map_or(name, |colon| name.get(colon + 1..).unwrap_or_default());
    let tag = if is_end { Tag::End { name } } else { Tag::Start { name, closed: inner.ends_with(b"/") } };
    Some((tag, end + 1))
}

/// The coding that an XML declaration names.
fn declared_in(declaration: &[u8]) -> Encoding {
    let text = declaration.to_ascii_lowercase();
    let named = |name: &[u8]| memmem::find(&text, name).is_some();
    if named(b"windows-1258") {
        Encoding::Windows1258
    } else if named(b"windows-1252") || named(b"iso-8859-1") || named(b"latin1") {
        Encoding::Windows1252
    } else {
        Encoding::Utf8
    }
}

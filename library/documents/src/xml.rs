//! XML of strangers as a flat walk: local names, attributes, text. Entities are the
//! five of XML and numbers; a document type may stand there and defines nothing.

use std::io::{self, BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use crate::{Refusal, Result};

/// Elements that may stand within each other.
const MAX_DEPTH: usize = 256;
/// Bytes of a tag, or of text between two tags: it is held whole.
const MAX_STEP: usize = 16 << 20;
/// Attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 2_000;

/// A step of the walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// An element begins.
    Start(Element),
    /// It ends; an empty one too. The local name.
    End(String),
    /// Text between.
    Text(String),
}

/// An element: local name and attributes, by local name, the prefix left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A reader that gives so many bytes and then says that it was too much.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.left;
        let bytes = self.inner.fill_buf()?;
        if left == 0 && !bytes.is_empty() {
            return Err(Refusal::too_much().into());
        }
        Ok(bytes.get(..bytes.len().min(left)).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}

/// The walk.
pub(crate) struct Walk<R> {
    reader: quick_xml::Reader<Bounded<R>>,
    buffer: Vec<u8>,
    ended: Option<String>,
    depth: usize,
}

fn broken() -> Refusal {
    Refusal::damaged()
}

impl<R: BufRead> Walk<R> {
    pub(crate) fn new(input: R) -> Self {
        let mut reader = quick_xml::Reader::from_reader(Bounded { inner: input, left: MAX_STEP });
        reader.config_mut().check_end_names = true;
        reader.config_mut().allow_dangling_amp = true;
        Self { reader, buffer: Vec::new(), ended: None, depth: 0 }
    }

    /// The next step; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Step>> {
        if let Some(name) = self.ended.take() {
            return Ok(Some(Step::End(name)));
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().left = MAX_STEP;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                // What the archive says of a damaged entry is worth more.
                Err(quick_xml::Error::Io(error)) => {
                    let kind = error.kind();
                    let inner = std::sync::Arc::into_inner(error).unwrap_or_else(|| kind.into());
                    return Err(inner.into());
                }
                Err(_) => return Err(broken()),
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(Refusal::too_much());
                    }
                    return Ok(Some(Step::Start(element(&start))));
                }
                Event::Empty(start) => {
                    let element = element(&start);
                    self.ended = Some(element.name.clone());
                    return Ok(Some(Step::Start(element)));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Step::End(end.local_name().as_ref().to_owned())));
                }
                Event::Text(text) => return Ok(Some(Step::Text(text.to_string()))),
                Event::CData(text) => return Ok(Some(Step::Text(text.to_string()))),
                Event::GeneralRef(name) => {
                    let text = match name.resolve_char_ref() {
                        Ok(Some(c)) => c.to_string(),
                        _ => resolve_xml_entity(&name)
                            .map(str::to_owned)
                            .or_else(|| crate::html::entity(&name).map(String::from))
                            .unwrap_or_default(),
                    };
                    return Ok(Some(Step::Text(text)));
                }
                Event::Eof => {
                    return if self.depth == 0 { Ok(None) } else { Err(broken()) };
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// All steps, in order.
    ///
    /// # Errors
    /// The document is damaged, or what `each` says.
    pub(crate) fn each(&mut self, mut each: impl FnMut(Step) -> Result<()>) -> Result<()> {
        while let Some(step) = self.next()? {
            each(step)?;
        }
        Ok(())
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start
        .attributes()
        .with_checks(false)
        .take(MAX_ATTRIBUTES)
        .filter_map(|attribute| {
            let attribute = attribute.ok()?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_or_else(|_| attribute.value.to_string(), std::borrow::Cow::into_owned);
            Some((attribute.key.local_name().as_ref().to_owned(), value))
        })
        .collect();
    Element { name: start.local_name().as_ref().to_owned(), attributes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_held_whole_has_a_bound() {
        let walk = |xml: &[u8]| Walk::new(io::Cursor::new(xml.to_vec())).each(|_| Ok(()));
        let filled = |before: &str, after: &str, most: usize| {
            let mut xml = before.as_bytes().to_vec();
            xml.resize(before.len() + most, b'x');
            xml.extend(after.as_bytes());
            xml
        };
        for (before, after) in [("<a>", "</a>"), ("<a b='", "'/>"), ("<a><!--", "--></a>")] {
            assert_eq!(walk(&filled(before, after, MAX_STEP / 2)), Ok(()), "{before}");
            let refused = walk(&filled(before, after, MAX_STEP)).unwrap_err();
            assert_eq!(refused.code, crate::Code::TooMuch, "{before}");
        }
        // Many steps are no large one.
        assert_eq!(walk(format!("<a>{}</a>", "<b>x</b>".repeat(MAX_STEP / 4)).as_bytes()), Ok(()));
    }
}

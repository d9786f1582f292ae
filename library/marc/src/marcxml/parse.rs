//! One record, from its element.

use std::borrow::Cow;

use memchr::memmem;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::charset::{Texts, detect};
use crate::field::UNKNOWN_CODE;
use crate::{Charset, Encoding, Field, Leader, Reason, Record, Subfield, Tag, Warning};

/// A record and what was wrong with it.
pub(super) struct Parsed {
    pub(super) record: Record,
    pub(super) encoding: Encoding,
    pub(super) warnings: Vec<Warning>,
}

/// Reads the element `record` that `bytes` are.
pub(super) fn parse(bytes: &[u8], charset: Charset, declared: Encoding) -> Result<Parsed, Reason> {
    let encoding = match charset {
        Charset::Force(encoding) => encoding,
        _ if std::str::from_utf8(bytes).is_ok() => Encoding::Utf8,
        _ if declared != Encoding::Utf8 => declared,
        _ => detect(bytes, declared),
    };
    let mut warnings = Vec::new();
    if encoding != declared && !bytes.is_ascii() && !matches!(charset, Charset::Force(_)) {
        warnings.push(Warning::Encoding { declared, used: encoding });
    }
    let mut texts = Texts::new(encoding);
    let xml = texts.unicode(bytes);
    let mut builder = Builder { texts, warnings, leader: None, fields: Vec::new(), place: Place::Record };
    builder.read(&xml)?;
    builder.finish(encoding)
}

/// Where in the element the reader is.
enum Place {
    Record,
    Leader(String),
    Control(Tag, String),
    Data { tag: Tag, ind1: char, ind2: char, subfields: Vec<Subfield> },
    Subfield { tag: Tag, ind1: char, ind2: char, subfields: Vec<Subfield>, code: char, text: String },
}

struct Builder {
    texts: Texts,
    warnings: Vec<Warning>,
    leader: Option<Leader>,
    fields: Vec<Field>,
    place: Place,
}

impl Builder {
    fn read(&mut self, xml: &str) -> Result<(), Reason> {
        let broken = |error: &dyn std::fmt::Display| Reason::Xml(error.to_string());
        let mut reader = quick_xml::Reader::from_str(xml);
        reader.config_mut().allow_dangling_amp = true;
        reader.config_mut().expand_empty_elements = true;
        let mut depth = 0usize;
        loop {
            match reader.read_event().map_err(|e| broken(&e))? {
                // The element `record` itself.
                Event::Start(_) if depth == 0 => depth += 1,
                Event::Start(element) => {
                    if self.open(&element)? {
                        depth += 1;
                    } else {
                        reader.read_to_end(element.name()).map_err(|e| broken(&e))?;
                    }
                }
                Event::End(_) => {
                    self.close();
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => self.reference(&reference),
                Event::Eof => return Err(Reason::Truncated),
                _ => {}
            }
        }
    }

    /// Goes into an element; `false` when it is passed over.
    fn open(&mut self, element: &BytesStart<'_>) -> Result<bool, Reason> {
        let place = std::mem::replace(&mut self.place, Place::Record);
        let (next, known) = match (place, element.local_name().as_ref()) {
            (Place::Record, "leader") => (Place::Leader(String::new()), true),
            (Place::Record, "controlfield") => {
                (Place::Control(self.tag(element, "controlfield")?, String::new()), true)
            }
            (Place::Record, "datafield") => {
                let tag = self.tag(element, "datafield")?;
                let ind1 = self.indicator(element, "ind1", tag)?;
                let ind2 = self.indicator(element, "ind2", tag)?;
                (Place::Data { tag, ind1, ind2, subfields: Vec::with_capacity(4) }, true)
            }
            (Place::Data { tag, ind1, ind2, subfields }, "subfield") => {
                let code = self.code(element, tag)?;
                (Place::Subfield { tag, ind1, ind2, subfields, code, text: String::new() }, true)
            }
            (place, name) => {
                self.unknown(name);
                (place, false)
            }
        };
        self.place = next;
        Ok(known)
    }

    fn close(&mut self) {
        self.place = match std::mem::replace(&mut self.place, Place::Record) {
            Place::Record => Place::Record,
            Place::Leader(text) => {
                let leader = Leader::from_text(&text);
                if text.chars().count() != Leader::LENGTH
                    || text.get(10..12).is_none_or(|counts| counts != "22" && counts != "  ")
                {
                    self.warnings.push(Warning::Leader(text));
                }
                self.leader.get_or_insert(leader);
                Place::Record
            }
            Place::Control(tag, text) => {
                let text = self.texts.keep(Cow::Owned(text));
                // The tag says which kind of field it is, here as in ISO 2709.
                if tag.is_numeric() && !tag.is_control() {
                    self.warnings.push(Warning::Kind(tag));
                    self.fields.push(Field::data(tag, ' ', ' ', vec![Subfield::new('a', text)]));
                } else {
                    self.fields.push(Field::control(tag, text));
                }
                Place::Record
            }
            Place::Data { tag, ind1, ind2, subfields } => {
                if tag.is_control() {
                    self.warnings.push(Warning::Kind(tag));
                    let texts: Vec<String> = subfields.into_iter().map(|s| s.value).collect();
                    self.fields.push(Field::control(tag, texts.join(" ")));
                } else if subfields.is_empty() {
                    self.warnings.push(Warning::NoSubfields(tag));
                } else {
                    self.fields.push(Field::data(tag, ind1, ind2, subfields));
                }
                Place::Record
            }
            Place::Subfield { tag, ind1, ind2, mut subfields, code, text } => {
                subfields.push(Subfield::new(code, self.texts.keep(Cow::Owned(text))));
                Place::Data { tag, ind1, ind2, subfields }
            }
        };
    }

    fn text(&mut self, text: &str) {
        match &mut self.place {
            Place::Leader(into) | Place::Control(_, into) | Place::Subfield { text: into, .. } => into.push_str(text),
            Place::Record | Place::Data { .. } if text.trim().is_empty() => {}
            Place::Record | Place::Data { .. } => self.unknown(text.trim()),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>) {
        let name: &str = reference;
        match reference.resolve_char_ref() {
            Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4])),
            _ => match resolve_xml_entity(name) {
                Some(text) => self.text(text),
                // An entity of HTML or of nobody: the writer meant a text.
                None => {
                    self.unknown(name);
                    self.text(&format!("&{name};"));
                }
            },
        }
    }

    fn unknown(&mut self, what: &str) {
        let what = what.chars().take(40).collect();
        self.warnings.push(Warning::Unknown(what));
    }

    fn tag(&mut self, element: &BytesStart<'_>, name: &'static str) -> Result<Tag, Reason> {
        let value = attribute(element, "tag")?.ok_or(Reason::Attribute { element: name, attribute: "tag" })?;
        let mut name = value.clone();
        // A spreadsheet took the tag for a number: 42 is 042.
        if (1..3).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()) {
            name = Cow::Owned(format!("{value:0>3}"));
            self.warnings.push(Warning::Tag(value.clone().into_owned()));
        }
        Tag::parse(&name).ok_or_else(|| Reason::Tag(value.chars().take(40).collect()))
    }

    fn indicator(&mut self, element: &BytesStart<'_>, name: &'static str, tag: Tag) -> Result<char, Reason> {
        let value = attribute(element, name)?.unwrap_or_default();
        let mut chars = value.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_graphic() || c == ' ' => Ok(c),
            (first, _) => {
                self.warnings.push(Warning::Indicators(tag));
                Ok(first.filter(char::is_ascii_graphic).unwrap_or(' '))
            }
        }
    }

    fn code(&mut self, element: &BytesStart<'_>, tag: Tag) -> Result<char, Reason> {
        let value = attribute(element, "code")?.unwrap_or_default();
        let mut chars = value.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_graphic() => Ok(c),
            _ => {
                self.warnings.push(Warning::Code(tag));
                Ok(UNKNOWN_CODE)
            }
        }
    }

    fn finish(mut self, encoding: Encoding) -> Result<Parsed, Reason> {
        if self.fields.is_empty() {
            return Err(Reason::Empty);
        }
        let leader = match self.leader {
            Some(leader) => leader,
            // PICA and others use the same elements with other tags.
            None if !self.fields.iter().any(|f| f.tag().is_standard()) => {
                return Err(Reason::NotMarc);
            }
            None => {
                self.warnings.push(Warning::NoLeader);
                Leader::from_text("")
            }
        };
        if self.texts.undecodable > 0 {
            self.warnings.push(Warning::Undecodable(self.texts.undecodable));
        }
        if self.texts.controls > 0 {
            self.warnings.push(Warning::ControlCharacters(self.texts.controls));
        }
        Ok(Parsed { record: Record { leader, fields: self.fields }, encoding, warnings: self.warnings })
    }
}

/// The value of an attribute, its references resolved.
fn attribute<'a>(element: &'a BytesStart<'_>, name: &str) -> Result<Option<Cow<'a, str>>, Reason> {
    let broken = |error: &dyn std::fmt::Display| Reason::Xml(error.to_string());
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| broken(&e))?;
        if attribute.key.local_name().as_ref() == name {
            if !attribute.value.contains(['&', '\t', '\r', '\n']) {
                return Ok(Some(attribute.value));
            }
            return attribute.normalized_value(XmlVersion::Implicit1_0).map(Some).map_err(|e| broken(&e));
        }
    }
    Ok(None)
}

/// The text of field `001` in a record that cannot be read.
pub(super) fn control_number(bytes: &[u8]) -> Option<String> {
    let at = memmem::find(bytes, b"tag=\"001\"")?;
    let rest = bytes.get(at..)?;
    let text = rest.get(memchr::memchr(b'>', rest)? + 1..)?;
    let text = text.get(..memchr::memchr(b'<', text)?)?.trim_ascii();
    let plain = !text.is_empty() && text.len() <= 64 && text.iter().all(|b| (0x20..0x7F).contains(b) && *b != b'&');
    plain.then(|| String::from_utf8_lossy(text).into_owned())
}

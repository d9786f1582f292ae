//! Writing MARCXML.

use crate::{Field, Record, Tag};

/// The namespace of MARCXML.
pub const NAMESPACE: &str = "http://www.loc.gov/MARC21/slim";

/// What stands before the records of a file.
pub const HEADER: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<collection xmlns=\"http://www.loc.gov/MARC21/slim\">\n";

/// What stands behind the records of a file.
pub const FOOTER: &str = "</collection>\n";

/// What [`write_record`] could not put into XML as it was: it became U+FFFD.
/// Records that this crate has read hold nothing of the kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Unwritable {
    /// How many characters became U+FFFD.
    pub characters: u32,
}

/// Appends `record` to `out` as an element of the default namespace, as it
/// stands between [`HEADER`] and [`FOOTER`].
pub fn write_record(record: &Record, out: &mut String) -> Unwritable {
    write(record, "<record>\n", out)
}

/// Appends `record` to `out` as an element that names its own namespace, for a
/// document of another kind, as an answer of SRU or OAI-PMH.
pub fn write_record_in(record: &Record, out: &mut String) -> Unwritable {
    write(record, "<record xmlns=\"http://www.loc.gov/MARC21/slim\">\n", out)
}

fn write(record: &Record, open: &str, out: &mut String) -> Unwritable {
    let mut lost = Unwritable::default();
    out.push_str(open);
    out.push_str("<leader>");
    escape(record.leader.as_str(), out, &mut lost);
    out.push_str("</leader>\n");
    for field in &record.fields {
        match field {
            Field::Control { tag, value } => {
                out.push_str("<controlfield tag=\"");
                write_tag(*tag, out, &mut lost);
                out.push_str("\">");
                escape(value, out, &mut lost);
                out.push_str("</controlfield>\n");
            }
            Field::Data { tag, ind1, ind2, subfields } => {
                out.push_str("<datafield tag=\"");
                write_tag(*tag, out, &mut lost);
                out.push_str("\" ind1=\"");
                write_char(*ind1, out, &mut lost);
                out.push_str("\" ind2=\"");
                write_char(*ind2, out, &mut lost);
                out.push_str("\">\n");
                for subfield in subfields {
                    out.push_str("<subfield code=\"");
                    write_char(subfield.code, out, &mut lost);
                    out.push_str("\">");
                    escape(&subfield.value, out, &mut lost);
                    out.push_str("</subfield>\n");
                }
                out.push_str("</datafield>\n");
            }
        }
    }
    out.push_str("</record>\n");
    lost
}

fn write_tag(tag: Tag, out: &mut String, lost: &mut Unwritable) {
    escape(tag.as_str(), out, lost);
}

fn write_char(c: char, out: &mut String, lost: &mut Unwritable) {
    if c.is_ascii_alphanumeric() || c == ' ' {
        out.push(c);
    } else {
        escape(c.encode_utf8(&mut [0; 4]), out, lost);
    }
}

/// Appends `text` as content of an element or of a quoted attribute. Runs that
/// need no escaping, which is nearly everything, are copied whole.
fn escape(text: &str, out: &mut String, lost: &mut Unwritable) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        // U+FFFE and U+FFFF begin with 0xEF; no other byte above ASCII matters.
        let (length, replacement) = match byte {
            b'&' => (1, "&amp;"),
            b'<' => (1, "&lt;"),
            b'>' => (1, "&gt;"),
            b'"' => (1, "&quot;"),
            // XML readers turn a carriage return into a line end unless it is
            // written as a reference.
            b'\r' => (1, "&#13;"),
            0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F => (1, "\u{FFFD}"),
            0xEF if text.get(at..).is_some_and(|t| t.starts_with(['\u{FFFE}', '\u{FFFF}'])) => (3, "\u{FFFD}"),
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(replacement);
        lost.characters += u32::from(replacement == "\u{FFFD}");
        from = at + length;
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> (String, u32) {
        let (mut out, mut lost) = (String::new(), Unwritable::default());
        escape(text, &mut out, &mut lost);
        (out, lost.characters)
    }

    #[test]
    fn escapes_what_xml_reserves() {
        assert_eq!(escaped("a<b>&\"c\"\r\n"), ("a&lt;b&gt;&amp;&quot;c&quot;&#13;\n".to_owned(), 0));
        assert_eq!(escaped("Tiếng Việt"), ("Tiếng Việt".to_owned(), 0));
        assert_eq!(escaped(""), (String::new(), 0));
    }

    #[test]
    fn replaces_what_xml_cannot_carry() {
        assert_eq!(escaped("a\u{1}b\u{FFFE}c\u{FF01}"), ("a\u{FFFD}b\u{FFFD}c\u{FF01}".to_owned(), 2));
    }
}

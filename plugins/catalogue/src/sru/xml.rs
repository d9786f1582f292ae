//! XML as a fast writer: the hot path of SRU. A record goes from its stored bytes
//! into the answer without being unpacked.

use crate::compact::Compact;
use crate::export::is_public;

/// Appends a text as content of an element or of a quoted attribute.
pub(crate) fn escape(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\r' => "&#13;",
            // XML 1.0 has no way to write these.
            0x00..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F => "\u{FFFD}",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(replacement);
        from = at + 1;
    }
    let rest = text.get(from..).unwrap_or_default();
    if rest.contains(['\u{FFFE}', '\u{FFFF}']) {
        out.push_str(&rest.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}"));
    } else {
        out.push_str(rest);
    }
}

/// Appends `<name>text</name>`.
pub(crate) fn element(out: &mut String, name: &str, text: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    escape(out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Appends a record as an element of MARCXML that names its namespace. `public`
/// leaves out what concerns this library alone.
pub(crate) fn marcxml(out: &mut String, record: Compact<'_>, public: bool) {
    out.push_str("<record xmlns=\"http://www.loc.gov/MARC21/slim\"><leader>");
    escape(out, record.leader());
    out.push_str("</leader>");
    let mut code = [0; 4];
    for field in record.fields() {
        if public && !is_public(field) {
            continue;
        }
        if let Some(value) = field.value() {
            out.push_str("<controlfield tag=\"");
            escape(out, field.tag);
            out.push_str("\">");
            escape(out, value);
            out.push_str("</controlfield>");
            continue;
        }
        out.push_str("<datafield tag=\"");
        escape(out, field.tag);
        let (ind1, ind2) = field.indicators();
        out.push_str("\" ind1=\"");
        escape(out, ind1.encode_utf8(&mut code));
        out.push_str("\" ind2=\"");
        escape(out, ind2.encode_utf8(&mut code));
        out.push_str("\">");
        for (subfield, text) in field.subfields() {
            out.push_str("<subfield code=\"");
            escape(out, subfield.encode_utf8(&mut code));
            out.push_str("\">");
            escape(out, text);
            out.push_str("</subfield>");
        }
        out.push_str("</datafield>");
    }
    out.push_str("</record>");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::compact::encode;
    use crate::testing::record;

    #[test]
    fn what_xml_reserves_is_escaped() {
        let mut out = String::new();
        escape(&mut out, "a<b>&\"c\"\r\u{1}\u{FFFF}đ");
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c&quot;&#13;\u{FFFD}\u{FFFD}đ");
    }

    #[test]
    fn the_record_is_the_one_that_the_library_for_marc_writes() {
        let record = record(&[("001", "a&b"), ("245", "10$aMắt <biếc> /$cNguyễn Nhật Ánh."), ("590", "  $ariêng")]);
        let bytes = encode(&record);
        let mut ours = String::new();
        marcxml(&mut ours, Compact::new(&bytes).unwrap(), false);
        let mut theirs = String::new();
        let lost = tram_marc::marcxml::write_record_in(&record, &mut theirs);
        assert_eq!(lost.characters, 0);
        assert_eq!(ours, theirs.replace('\n', ""));
        let mut public = String::new();
        marcxml(&mut public, Compact::new(&bytes).unwrap(), true);
        assert!(!public.contains("riêng") && public.contains("Mắt"));
    }
}

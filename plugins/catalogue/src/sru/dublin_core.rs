//! A record as simple Dublin Core, by the crosswalk of the Library of Congress
//! (MARC to Dublin Core, unqualified).

use super::xml::element;
use crate::bib;
use crate::compact::Compact;

/// Appends the record.
pub(super) fn write(out: &mut String, record: Compact<'_>) {
    out.push_str("<srw_dc:dc xmlns:srw_dc=\"info:srw/schema/1/dc-schema\" xmlns=\"http://purl.org/dc/elements/1.1/\">");
    let mut add = |name: &str, text: &str| {
        if !text.is_empty() {
            element(out, name, text);
        }
    };
    add("title", &bib::full_title(record));
    for (at, author) in bib::authors(record).iter().enumerate() {
        add(if at == 0 { "creator" } else { "contributor" }, author);
    }
    for subject in bib::subjects(record) {
        add("subject", &subject);
    }
    add("description", bib::summary(record).unwrap_or_default());
    add("publisher", bib::publisher(record).unwrap_or_default());
    if let Some(year) = bib::year(record) {
        add("date", &year.to_string());
    }
    add(
        "type",
        match bib::kind(record) {
            "picture" => "still image",
            "map" => "cartographic",
            "score" => "notated music",
            "audio" => "sound recording",
            "video" => "moving image",
            "electronic" => "software, multimedia",
            _ => "text",
        },
    );
    add("format", record.text("300", 'a').map(bib::trim_isbd).unwrap_or_default());
    for isbn in bib::isbns(record) {
        add("identifier", &format!("URN:ISBN:{isbn}"));
    }
    add("language", bib::language(record).unwrap_or_default());
    out.push_str("</srw_dc:dc>");
}

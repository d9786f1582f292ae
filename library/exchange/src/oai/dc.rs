//! Dublin Core.

use super::xml::Xml;
use super::{Description, Format};

/// Writes a description as `oai_dc:dc`.
pub(super) fn write(xml: &mut Xml, about: &Description) {
    let location = format!("{} {}", Format::OaiDc.namespace(), Format::OaiDc.schema());
    let attributes = [
        ("xmlns:oai_dc", Format::OaiDc.namespace()),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", &location),
    ];
    let many = |xml: &mut Xml, name: &str, texts: &[String]| texts.iter().for_each(|text| xml.some(name, text));
    xml.element("oai_dc:dc", &attributes, |xml| {
        xml.some("dc:title", &about.title);
        many(xml, "dc:creator", &about.creators);
        many(xml, "dc:subject", &about.keywords);
        for path in &about.curriculum {
            xml.some("dc:subject", &path.join(" / "));
        }
        xml.some("dc:description", &about.summary);
        xml.some("dc:publisher", &about.publisher);
        many(xml, "dc:contributor", &about.contributors);
        xml.some("dc:date", &about.date);
        xml.some("dc:type", &about.kind);
        many(xml, "dc:format", &about.formats);
        xml.some("dc:identifier", &about.url);
        many(xml, "dc:source", &about.sources);
        xml.some("dc:language", &about.language);
        xml.some("dc:rights", &about.rights);
    });
}

//! IEEE 1484.12.3: Learning Object Metadata as XML.

use super::xml::Xml;
use super::{Description, Format};

/// Writes a description as `lom`.
pub(super) fn write(xml: &mut Xml, about: &Description) {
    let location = format!("{} {}", Format::Lom.namespace(), Format::Lom.schema());
    let attributes = [
        ("xmlns", Format::Lom.namespace()),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("xsi:schemaLocation", &location),
    ];
    xml.element("lom", &attributes, |xml| {
        xml.element("general", &[], |xml| general(xml, about));
        xml.element("lifeCycle", &[], |xml| life_cycle(xml, about));
        xml.element("technical", &[], |xml| technical(xml, about));
        xml.element("educational", &[], |xml| educational(xml, about));
        xml.element("rights", &[], |xml| rights(xml, about));
        classifications(xml, about);
    });
}

fn general(xml: &mut Xml, about: &Description) {
    if !about.url.is_empty() {
        xml.element("identifier", &[], |xml| {
            xml.text("catalog", "URI");
            xml.text("entry", &about.url);
        });
    }
    strings(xml, "title", &about.title, &about.language);
    xml.some("language", &about.language);
    strings(xml, "description", &about.summary, &about.language);
    for word in &about.keywords {
        strings(xml, "keyword", word, &about.language);
    }
    // 2: a collection of single files, as a lesson is.
    vocabulary(xml, "aggregationLevel", if about.formats.len() > 1 { "2" } else { "1" });
}

fn life_cycle(xml: &mut Xml, about: &Description) {
    strings(xml, "version", &about.version, &about.language);
    vocabulary(xml, "status", "final");
    for name in &about.creators {
        contribute(xml, "author", name, &about.date);
    }
    for name in &about.contributors {
        contribute(xml, "content provider", name, &about.date);
    }
    if !about.publisher.is_empty() {
        contribute(xml, "publisher", &about.publisher, &about.date);
    }
}

fn contribute(xml: &mut Xml, role: &str, name: &str, date: &str) {
    xml.element("contribute", &[], |xml| {
        vocabulary(xml, "role", role);
        // LOM wants a vCard; what has a meaning there is marked as text.
        let mut card = String::new();
        for c in name.chars().filter(|c| !c.is_control()) {
            if matches!(c, '\\' | ',' | ';') {
                card.push('\\');
            }
            card.push(c);
        }
        xml.text("entity", &format!("BEGIN:VCARD\nVERSION:3.0\nN:{card};;;;\nFN:{card}\nEND:VCARD"));
        if !date.is_empty() {
            xml.element("date", &[], |xml| xml.text("dateTime", date));
        }
    });
}

fn technical(xml: &mut Xml, about: &Description) {
    for format in &about.formats {
        xml.some("format", format);
    }
    if let Some(size) = about.size {
        xml.text("size", &size.to_string());
    }
    xml.some("location", &about.url);
}

fn educational(xml: &mut Xml, about: &Description) {
    if !about.lom_kind.is_empty() {
        vocabulary(xml, "learningResourceType", &about.lom_kind);
    }
    vocabulary(xml, "intendedEndUserRole", "learner");
    vocabulary(xml, "context", "school");
    strings(xml, "typicalAgeRange", &about.grade, &about.language);
    if about.minutes > 0 {
        xml.element("typicalLearningTime", &[], |xml| xml.text("duration", &format!("PT{}M", about.minutes)));
    }
    xml.some("language", &about.language);
}

fn rights(xml: &mut Xml, about: &Description) {
    vocabulary(xml, "cost", "no");
    vocabulary(xml, "copyrightAndOtherRestrictions", if about.restricted { "yes" } else { "no" });
    strings(xml, "description", &about.rights, &about.language);
}

fn classifications(xml: &mut Xml, about: &Description) {
    for path in about.curriculum.iter().filter(|path| !path.is_empty()) {
        classification(xml, "discipline", "Chương trình giáo dục phổ thông 2018", &about.language, |xml| {
            for entry in path {
                xml.element("taxon", &[], |xml| strings(xml, "entry", entry, &about.language));
            }
        });
    }
    for (code, text) in &about.outcomes {
        classification(xml, "educational objective", "Yêu cầu cần đạt", &about.language, |xml| {
            xml.element("taxon", &[], |xml| {
                xml.some("id", code);
                strings(xml, "entry", text, &about.language);
            });
        });
    }
}

fn classification(xml: &mut Xml, purpose: &str, source: &str, language: &str, taxons: impl FnOnce(&mut Xml)) {
    xml.element("classification", &[], |xml| {
        vocabulary(xml, "purpose", purpose);
        xml.element("taxonPath", &[], |xml| {
            strings(xml, "source", source, language);
            taxons(xml);
        });
    });
}

/// A text in its language.
fn strings(xml: &mut Xml, name: &str, text: &str, language: &str) {
    if !text.trim().is_empty() {
        xml.element(name, &[], |xml| xml.text_with("string", &[("language", language)], text));
    }
}

/// A word of LOM's own vocabulary.
fn vocabulary(xml: &mut Xml, name: &str, value: &str) {
    xml.element(name, &[], |xml| {
        xml.text("source", "LOMv1.0");
        xml.text("value", value);
    });
}

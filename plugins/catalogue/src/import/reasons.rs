//! What is wrong with a record, in the reader's words.

use tram_marc::{Reason, Warning};

use crate::messages as m;

/// Why a record was refused.
pub(super) fn refusal(reason: &Reason, language: &str) -> String {
    let text = |message: &m::Message| message.get(language).to_owned();
    match reason {
        Reason::NotMarc => text(&m::BAD_NOT_MARC),
        Reason::Truncated => text(&m::BAD_TRUNCATED),
        Reason::Directory { entries, fields } => {
            m::BAD_DIRECTORY.with(language, &[&entries.to_string(), &fields.to_string()])
        }
        Reason::Empty => text(&m::BAD_EMPTY),
        Reason::Endless => text(&m::BAD_ENDLESS),
        Reason::Xml(detail) => m::BAD_XML.with(language, &[detail]),
        Reason::Attribute { element, attribute } => m::BAD_ATTRIBUTE.with(language, &[element, attribute]),
        Reason::Tag(tag) => m::BAD_TAG.with(language, &[tag]),
        Reason::WideText => text(&m::BAD_WIDE_TEXT),
    }
}

/// What was put right in a record that was taken.
pub(super) fn warnings(warnings: &[Warning], language: &str) -> String {
    warnings.iter().map(|warning| one(warning, language)).collect::<Vec<_>>().join("; ")
}

fn one(warning: &Warning, language: &str) -> String {
    let text = |message: &m::Message| message.get(language).to_owned();
    match warning {
        Warning::Length { actual, .. } => m::WARN_LENGTH.with(language, &[&actual.to_string()]),
        Warning::Terminator => text(&m::WARN_TERMINATOR),
        Warning::EmbeddedTerminator => text(&m::WARN_EMBEDDED),
        Warning::Leader(leader) => m::WARN_LEADER.with(language, &[leader]),
        Warning::Directory => text(&m::WARN_DIRECTORY),
        Warning::Tag(tag) => m::WARN_TAG.with(language, &[tag]),
        Warning::Indicators(tag) => m::WARN_INDICATORS.with(language, &[tag.as_str()]),
        Warning::Code(tag) => m::WARN_CODE.with(language, &[tag.as_str()]),
        Warning::NoSubfields(tag) => m::WARN_NO_SUBFIELDS.with(language, &[tag.as_str()]),
        Warning::Kind(tag) => m::WARN_KIND.with(language, &[tag.as_str()]),
        Warning::ControlCharacters(count) => m::WARN_CONTROL.with(language, &[&count.to_string()]),
        Warning::Encoding { declared, used } => {
            m::WARN_ENCODING.with(language, &[&declared.to_string(), &used.to_string()])
        }
        Warning::Undecodable(count) => m::WARN_UNDECODABLE.with(language, &[&count.to_string()]),
        Warning::LooksLikeUtf8 => text(&m::WARN_LOOKS_UTF8),
        Warning::Unknown(what) => m::WARN_UNKNOWN.with(language, &[what]),
        Warning::NoLeader => text(&m::WARN_NO_LEADER),
    }
}

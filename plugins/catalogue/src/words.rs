//! Words for the coded values of a catalogue: kinds, languages, classes, states.

use tram_contract::Text;

use crate::messages::{self as m, Message};
use crate::shelf::STATES;

/// Kinds of things, as the index names them.
pub const KINDS: [&str; 14] = [
    "book",
    "textbook",
    "teacher-book",
    "comic",
    "reference",
    "serial",
    "map",
    "score",
    "audio",
    "video",
    "picture",
    "electronic",
    "object",
    "other",
];

/// Languages that the form offers, the usual ones of a school.
pub const LANGUAGES: [&str; 10] = ["vie", "eng", "fre", "rus", "chi", "jpn", "kor", "ger", "spa", "khm"];

/// A value of a facet as it is read.
#[must_use]
pub fn facet(field: &str, value: &str, language: &str) -> Text {
    match field {
        "kind" => Text::from(kind(value).get(language)),
        "language" => language_name(value).map_or_else(|| Text::from(value), |name| Text::from(name.get(language))),
        "class" => {
            class(value).map_or_else(|| Text::from(value), |name| Text::from(format!("{value} {}", name.get(language))))
        }
        _ => Text::from(value),
    }
}

/// The name of a kind.
#[must_use]
pub fn kind(value: &str) -> &'static Message {
    match value {
        "book" => &m::KIND_BOOK,
        "textbook" => &m::KIND_TEXTBOOK,
        "teacher-book" => &m::KIND_TEACHER_BOOK,
        "comic" => &m::KIND_COMIC,
        "reference" => &m::KIND_REFERENCE,
        "serial" => &m::KIND_SERIAL,
        "map" => &m::KIND_MAP,
        "score" => &m::KIND_SCORE,
        "audio" => &m::KIND_AUDIO,
        "video" => &m::KIND_VIDEO,
        "picture" => &m::KIND_PICTURE,
        "electronic" => &m::KIND_ELECTRONIC,
        "object" => &m::KIND_OBJECT,
        _ => &m::KIND_OTHER,
    }
}

/// The name of a language by its MARC code; none for the rare ones.
#[must_use]
pub fn language_name(code: &str) -> Option<&'static Message> {
    Some(match code {
        "vie" => &m::LANGUAGE_VIE,
        "eng" => &m::LANGUAGE_ENG,
        "fre" => &m::LANGUAGE_FRE,
        "rus" => &m::LANGUAGE_RUS,
        "chi" => &m::LANGUAGE_CHI,
        "jpn" => &m::LANGUAGE_JPN,
        "kor" => &m::LANGUAGE_KOR,
        "ger" => &m::LANGUAGE_GER,
        "spa" => &m::LANGUAGE_SPA,
        "ita" => &m::LANGUAGE_ITA,
        "lat" => &m::LANGUAGE_LAT,
        "khm" => &m::LANGUAGE_KHM,
        _ => return None,
    })
}

/// Our own short labels of the ten hundreds, not the text of the Dewey schedules.
fn class(value: &str) -> Option<&'static Message> {
    Some(match value {
        "000" => &m::CLASS_000,
        "100" => &m::CLASS_100,
        "200" => &m::CLASS_200,
        "300" => &m::CLASS_300,
        "400" => &m::CLASS_400,
        "500" => &m::CLASS_500,
        "600" => &m::CLASS_600,
        "700" => &m::CLASS_700,
        "800" => &m::CLASS_800,
        "900" => &m::CLASS_900,
        _ => return None,
    })
}

/// The state that a code or its name in either language means; `available` for what is
/// not understood.
#[must_use]
pub fn state_named(text: &str) -> &'static str {
    let folded = tram_vietnamese::fold(text.trim());
    let is_named = |name: &Message| [name.vi, name.en].iter().any(|n| tram_vietnamese::fold(n) == folded);
    STATES.into_iter().find(|code| *code == folded || is_named(state(code))).unwrap_or("available")
}

/// The name of a copy's state.
#[must_use]
pub fn state(value: &str) -> &'static Message {
    match value {
        "reading-room" => &m::STATE_READING_ROOM,
        "repair" => &m::STATE_REPAIR,
        "lost" => &m::STATE_LOST,
        "withdrawn" => &m::STATE_WITHDRAWN,
        _ => &m::STATE_AVAILABLE,
    }
}

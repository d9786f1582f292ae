//! Words for what is chosen from lists: kinds, licences, subjects, stages.

use tram_contract::page::Tone;

use crate::messages::{self as m, Message};
use crate::model::{Item, Stage};

/// Kinds of material, as the index names them.
pub const KINDS: [(&str, &Message); 13] = [
    ("lesson-plan", &m::KIND_LESSON_PLAN),
    ("slides", &m::KIND_SLIDES),
    ("worksheet", &m::KIND_WORKSHEET),
    ("test", &m::KIND_TEST),
    ("questions", &m::KIND_QUESTIONS),
    ("reading", &m::KIND_READING),
    ("book", &m::KIND_BOOK),
    ("picture", &m::KIND_PICTURE),
    ("video", &m::KIND_VIDEO),
    ("audio", &m::KIND_AUDIO),
    ("experiment", &m::KIND_EXPERIMENT),
    ("interactive", &m::KIND_INTERACTIVE),
    ("other", &m::KIND_OTHER),
];

/// Licences: the code, and what it means in plain words.
pub const LICENCES: [(&str, &Message); 9] = [
    ("school", &m::LICENCE_SCHOOL),
    ("CC-BY-SA-4.0", &m::LICENCE_BY_SA),
    ("CC-BY-4.0", &m::LICENCE_BY),
    ("CC-BY-NC-4.0", &m::LICENCE_BY_NC),
    ("CC-BY-NC-SA-4.0", &m::LICENCE_BY_NC_SA),
    ("CC-BY-ND-4.0", &m::LICENCE_BY_ND),
    ("CC-BY-NC-ND-4.0", &m::LICENCE_BY_NC_ND),
    ("CC0-1.0", &m::LICENCE_CC0),
    ("public-domain", &m::LICENCE_PUBLIC_DOMAIN),
];

/// Who may see an item once it is published.
pub const AUDIENCES: [(&str, &Message); 3] =
    [("all", &m::AUDIENCE_ALL), ("school", &m::AUDIENCE_SCHOOL), ("staff", &m::AUDIENCE_STAFF)];

/// What a file is for.
pub const ROLES: [(&str, &Message); 3] =
    [("main", &m::ROLE_MAIN), ("pdf", &m::ROLE_PDF), ("subtitles", &m::ROLE_SUBTITLES)];

/// Subjects of the general education programme (2018), by the names teachers write.
pub const SUBJECTS: [&str; 22] = [
    "Toán",
    "Ngữ văn",
    "Tiếng Việt",
    "Tiếng Anh",
    "Khoa học tự nhiên",
    "Vật lí",
    "Hoá học",
    "Sinh học",
    "Lịch sử và Địa lí",
    "Lịch sử",
    "Địa lí",
    "Giáo dục công dân",
    "Giáo dục kinh tế và pháp luật",
    "Tin học",
    "Công nghệ",
    "Âm nhạc",
    "Mĩ thuật",
    "Giáo dục thể chất",
    "Giáo dục quốc phòng và an ninh",
    "Hoạt động trải nghiệm, hướng nghiệp",
    "Nội dung giáo dục địa phương",
    "Khác",
];

/// Textbook series.
pub const SERIES: [&str; 3] = ["Kết nối tri thức với cuộc sống", "Chân trời sáng tạo", "Cánh Diều"];

/// Languages that the form offers.
pub const LANGUAGES: [(&str, &Message); 6] = [
    ("vi", &m::LANGUAGE_VI),
    ("en", &m::LANGUAGE_EN),
    ("fr", &m::LANGUAGE_FR),
    ("zh", &m::LANGUAGE_ZH),
    ("km", &m::LANGUAGE_KM),
    ("ja", &m::LANGUAGE_JA),
];

/// The words of a choice; the value itself when it is none of them.
#[must_use]
pub fn of<'a>(choices: &'a [(&'a str, &'a Message)], value: &'a str, language: &str) -> &'a str {
    choices.iter().find(|(code, _)| *code == value).map_or(value, |(_, name)| name.get(language))
}

/// The name of a stage.
#[must_use]
pub fn stage(stage: Stage) -> (&'static Message, Tone) {
    match stage {
        Stage::Draft => (&m::STAGE_DRAFT, Tone::Neutral),
        Stage::Submitted => (&m::STAGE_SUBMITTED, Tone::Primary),
        Stage::ChangesAsked => (&m::STAGE_CHANGES, Tone::Warning),
        Stage::GroupApproved => (&m::STAGE_GROUP, Tone::Primary),
        Stage::Approved => (&m::STAGE_APPROVED, Tone::Good),
    }
}

/// Where an item stands, all of it.
#[must_use]
pub fn standing(item: &Item) -> Vec<(&'static Message, Tone)> {
    let mut out = Vec::new();
    if item.withdrawn.is_some() {
        out.push((&m::STAGE_WITHDRAWN, Tone::Bad));
    } else if item.live.is_some() {
        out.push((&m::STAGE_PUBLISHED, Tone::Good));
    }
    out.extend(item.work.as_ref().map(|work| stage(work.stage)));
    out
}

/// What was done in a step.
#[must_use]
pub fn action(word: &str) -> &'static Message {
    match word {
        "created" => &m::DID_CREATED,
        "changed" => &m::DID_CHANGED,
        "submitted" => &m::DID_SUBMITTED,
        "called-back" => &m::DID_CALLED_BACK,
        "changes-asked" => &m::DID_CHANGES,
        "group-approved" => &m::DID_GROUP,
        "approved" => &m::DID_APPROVED,
        "published" => &m::DID_PUBLISHED,
        "withdrawn" => &m::DID_WITHDRAWN,
        "restored" => &m::DID_RESTORED,
        "dropped" => &m::DID_DROPPED,
        "begun" => &m::DID_BEGUN,
        _ => &m::DID_COMMENTED,
    }
}

/// Grades as people write them: `6, 7`, `6-9`. None when something is no grade.
#[must_use]
pub fn grades(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for piece in text.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()) {
        let number = |text: &str| {
            let digits = text.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
            digits.parse::<u8>().ok().filter(|grade| (1..=12).contains(grade))
        };
        match piece.split_once(['-', '–']) {
            Some((from, to)) => out.extend(number(from)?..=number(to)?),
            None => out.push(number(piece)?),
        }
    }
    out.sort_unstable();
    out.dedup();
    Some(out)
}

/// Grades as they are shown.
#[must_use]
pub fn grades_text(grades: &[u8]) -> String {
    grades.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

/// The subject that a text means, spelled as the list has it; the text when it is none.
#[must_use]
pub fn subject(text: &str) -> String {
    let folded = tram_vietnamese::fold(text.trim());
    let plain = match folded.as_str() {
        "van" | "ngu van" => "ngu van",
        "anh" | "tieng anh" | "ngoai ngu" => "tieng anh",
        "khtn" => "khoa hoc tu nhien",
        "ls-dl" | "ls&dl" | "lich su - dia li" | "lich su & dia li" | "su dia" => "lich su va dia li",
        "ly" | "vat ly" | "li" => "vat li",
        "hoa" => "hoa hoc",
        "sinh" => "sinh hoc",
        "su" => "lich su",
        "dia" | "dia ly" => "dia li",
        "gdcd" => "giao duc cong dan",
        "gdtc" | "the duc" => "giao duc the chat",
        "tin" => "tin hoc",
        "nhac" => "am nhac",
        "my thuat" => "mi thuat",
        other => other,
    };
    SUBJECTS
        .iter()
        .find(|known| tram_vietnamese::fold(known) == plain)
        .map_or_else(|| text.trim().to_owned(), |known| (*known).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_read_as_people_write_them() {
        assert_eq!(grades("8"), Some(vec![8]));
        assert_eq!(grades("6, 7;6"), Some(vec![6, 7]));
        assert_eq!(grades("Lớp 6-9"), Some(vec![6, 7, 8, 9]));
        assert_eq!(grades(""), Some(vec![]));
        assert_eq!(grades("13"), None);
        assert_eq!(grades("tám"), None);
    }

    #[test]
    fn subjects_are_recognised() {
        assert_eq!(subject("KHTN"), "Khoa học tự nhiên");
        assert_eq!(subject(" hoá học"), "Hoá học");
        assert_eq!(subject("Hóa học"), "Hoá học");
        assert_eq!(subject("Thiên văn"), "Thiên văn");
    }
}

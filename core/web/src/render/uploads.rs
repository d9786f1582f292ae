//! The words that the script of a file field says, in the reader's language.

use crate::language::Language;
use crate::messages;

/// Each key of the catalogue that it uses; it knows them by what stands behind the dot.
const WORDS: [&str; 28] = [
    "upload.drop",
    "upload.drop-folder",
    "upload.choose",
    "upload.choose-folder",
    "upload.camera",
    "upload.waiting",
    "upload.progress",
    "upload.offline",
    "upload.paused",
    "upload.done",
    "upload.failed-short",
    "upload.pause",
    "upload.go-on",
    "upload.cancel",
    "upload.retry",
    "upload.earlier",
    "upload.earlier-help",
    "upload.earlier-part",
    "upload.earlier-done",
    "upload.choose-again",
    "upload.use",
    "upload.remove",
    "upload.wait",
    "upload.stuck",
    "upload.other-file",
    "upload.empty-file",
    "upload.required",
    "upload.changed",
];

/// They all, as a JSON object.
pub(super) fn words(language: Language) -> String {
    let pairs = WORDS.map(|key| {
        let short = key.split_once('.').map_or(key, |(_, short)| short);
        (short.to_owned(), messages::say(language, key).into())
    });
    serde_json::Value::Object(pairs.into_iter().collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_says_no_word_that_is_not_there() {
        let script = include_str!("../../assets/uploads.js");
        let words = words(Language::Vi);
        let all: std::collections::BTreeMap<String, String> = serde_json::from_str(&words).unwrap_or_default();
        assert_eq!(all.len(), WORDS.len());
        for part in script.split("words.").skip(1) {
            let word: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
            assert!(
                word.is_empty() || word == "textContent" || word == "className" || all.contains_key(&word),
                "{word}"
            );
        }
        for part in script.split("words['").skip(1) {
            let word: String = part.chars().take_while(|c| *c != '\'').collect();
            assert!(all.contains_key(&word), "{word}");
        }
        for word in all.keys() {
            assert!(
                script.contains(&format!("'{word}'")) || script.contains(&format!("words.{word}")),
                "{word} is not said"
            );
        }
    }
}

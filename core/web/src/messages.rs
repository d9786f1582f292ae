//! The shell's own words, in `messages/vi.toml` and `messages/en.toml`.
//!
//! A key is used in code as a literal, so that the tests below can say which are
//! missing and which nobody uses.

use std::collections::HashMap;
use std::sync::LazyLock;

use tram_contract::Text;

use crate::language::Language;

type Catalogue = HashMap<String, String>;

const VI: &str = include_str!("../messages/vi.toml");
const EN: &str = include_str!("../messages/en.toml");

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| [read(VI), read(EN)]);

/// A file that does not parse leaves its keys visible; the tests refuse it before.
fn read(source: &str) -> Catalogue {
    toml::from_str(source).unwrap_or_default()
}

/// The words of `key` in a language; the key itself when there are none.
pub(crate) fn say(language: Language, key: &'static str) -> &'static str {
    let [vi, en] = &*CATALOGUES;
    let catalogue = match language {
        Language::Vi => vi,
        Language::En => en,
    };
    catalogue.get(key).map_or(key, String::as_str)
}

/// The words of `key` with each `{name}` replaced by its value.
pub(crate) fn say_with(language: Language, key: &'static str, values: &[(&str, &str)]) -> String {
    fill(say(language, key), values)
}

/// The words of `key` in every language, for a page document.
pub(crate) fn text(key: &'static str) -> Text {
    Text::vi_en(say(Language::Vi, key), say(Language::En, key))
}

/// [`text`] with values filled in.
pub(crate) fn text_with(key: &'static str, values: &[(&str, &str)]) -> Text {
    Text::vi_en(say_with(Language::Vi, key, values), say_with(Language::En, key, values))
}

fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn keys(source: &str) -> BTreeSet<String> {
        toml::from_str::<Catalogue>(source).expect("a catalogue of messages").into_keys().collect()
    }

    fn sources(dir: &Path, out: &mut String) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                out.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    fn places(words: &str) -> BTreeSet<String> {
        words.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
    }

    #[test]
    fn every_key_has_words_in_both_languages_and_is_used() {
        assert_eq!(keys(VI), keys(EN));
        let mut code = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
        let unused: Vec<_> = keys(VI).into_iter().filter(|key| !code.contains(&format!("\"{key}\""))).collect();
        assert!(unused.is_empty(), "nobody uses {unused:?}");
    }

    #[test]
    fn every_key_that_the_code_says_exists() {
        let mut code = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
        let known = keys(VI);
        // A key is a literal of lower-case words joined by dots and hyphens, with
        // one dot at least, directly in a call of one of the functions above.
        let mut missing = BTreeSet::new();
        for call in ["say(", "say_with(", "messages::text(", "messages::text_with("] {
            for part in code.split(call).skip(1) {
                let arguments = part.split([')', ';', '{']).next().unwrap_or_default();
                for literal in arguments.split('"').skip(1).step_by(2) {
                    let is_key = literal.contains('.')
                        && literal
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-');
                    if is_key && !known.contains(literal) {
                        missing.insert(literal.to_owned());
                    }
                }
            }
        }
        assert!(missing.is_empty(), "no words for {missing:?}");
    }

    #[test]
    fn both_languages_fill_the_same_places() {
        let vi: Catalogue = toml::from_str(VI).unwrap();
        let en: Catalogue = toml::from_str(EN).unwrap();
        for (key, words) in &vi {
            assert_eq!(places(words), places(&en[key]), "{key}");
            assert!(!words.trim().is_empty() && !en[key].trim().is_empty(), "{key}");
        }
    }

    #[test]
    fn places_are_filled_and_braces_of_values_stay() {
        assert_eq!(fill("a {x} b {y}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2");
        assert_eq!(fill("open {", &[]), "open {");
    }
}

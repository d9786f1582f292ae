//! A text for people, in one language or in several.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A text for people: plain, when it is data or already in the reader's language,
/// or a map from language (`vi`, `en`) to text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// Data, or a text already in the reader's language.
    Plain(String),
    /// One text for each language code.
    Languages(BTreeMap<String, String>),
}

impl Text {
    /// A text in Vietnamese and English.
    pub fn vi_en(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Languages(BTreeMap::from([("vi".into(), vi.into()), ("en".into(), en.into())]))
    }

    /// The text in `language`; falls back to Vietnamese, then to whatever is there.
    pub fn get(&self, language: &str) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Languages(map) => map
                .get(language)
                .or_else(|| map.get("vi"))
                .or_else(|| map.values().next())
                .map_or("", String::as_str),
        }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Plain(text) => text.is_empty(),
            Self::Languages(map) => map.values().all(String::is_empty),
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn falls_back_to_vietnamese() {
        let text = Text::vi_en("Sách", "Books");
        assert_eq!(text.get("en"), "Books");
        assert_eq!(text.get("fr"), "Sách");
        let plain: Text = serde_json::from_str("\"x\"").unwrap();
        assert_eq!(plain, Text::from("x"));
    }
}

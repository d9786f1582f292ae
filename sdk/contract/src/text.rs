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
            Self::Languages(map) => {
                map.get(language).or_else(|| map.get("vi")).or_else(|| map.values().next()).map_or("", String::as_str)
            }
        }
    }

    /// The text as it travels where the contract has a plain string (`error.message`,
    /// `progress.message`): plain, or the language map as JSON.
    pub fn encode(&self) -> String {
        match self {
            // A plain text that looks like a map would be taken for one.
            Self::Plain(text) if !text.starts_with('{') => text.clone(),
            Self::Plain(text) => serde_json::json!({ "vi": text }).to_string(),
            Self::Languages(map) => serde_json::to_string(map).unwrap_or_default(),
        }
    }

    /// Reads what [`Text::encode`] wrote; whatever is no language map is plain text.
    pub fn decode(text: &str) -> Self {
        if text.starts_with('{')
            && let Ok(map) = serde_json::from_str(text)
        {
            return Self::Languages(map);
        }
        Self::Plain(text.to_owned())
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
    fn travels_as_a_string() {
        for text in [Text::from("Hết chỗ"), Text::vi_en("Sách", "Books"), Text::from("")] {
            assert_eq!(Text::decode(&text.encode()), text);
        }
        assert_eq!(Text::decode(&Text::from("{odd").encode()).get("vi"), "{odd");
        assert_eq!(Text::decode("{odd"), Text::from("{odd"));
    }

    #[test]
    fn falls_back_to_vietnamese() {
        let text = Text::vi_en("Sách", "Books");
        assert_eq!(text.get("en"), "Books");
        assert_eq!(text.get("fr"), "Sách");
        let plain: Text = serde_json::from_str("\"x\"").unwrap();
        assert_eq!(plain, Text::from("x"));
    }
}

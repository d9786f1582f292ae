//! The reader's language: Vietnamese first, English beside it.

use tram_contract::Text;

/// A language that the shell speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Language {
    /// Vietnamese, the language of the schools.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// The code in `lang`, in cookies and in the contract.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Vi => "Tiếng Việt",
            Self::En => "English",
        }
    }

    /// The language of a code such as `en` or `en-GB`.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        let primary = code.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(primary.trim()))
    }

    /// What the reader chose (address, then cookie), else what the browser prefers
    /// (RFC 9110 section 12.5.4, by quality), else Vietnamese.
    #[must_use]
    pub fn choose(query: Option<&str>, cookie: Option<&str>, accept: Option<&str>) -> Self {
        query.and_then(Self::of).or_else(|| cookie.and_then(Self::of)).unwrap_or_else(|| {
            let mut best = (0.0_f32, Self::Vi);
            for range in accept.unwrap_or_default().split(',') {
                let mut parts = range.split(';');
                let language = parts.next().and_then(Self::of);
                let quality = parts
                    .find_map(|part| part.trim().strip_prefix("q="))
                    .and_then(|value| value.parse().ok())
                    .unwrap_or(1.0);
                if let Some(language) = language
                    && quality > best.0
                {
                    best = (quality, language);
                }
            }
            best.1
        })
    }

    /// A contract's text in this language.
    #[must_use]
    pub fn of_text(self, text: &Text) -> &str {
        text.get(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_wins_over_the_browser() {
        assert_eq!(Language::choose(None, None, Some("en-US,en;q=0.9,vi;q=0.8")), Language::En);
        assert_eq!(Language::choose(None, None, Some("fr-FR,vi;q=0.7,en;q=0.5")), Language::Vi);
        assert_eq!(Language::choose(None, Some("vi"), Some("en")), Language::Vi);
        assert_eq!(Language::choose(Some("en"), Some("vi"), None), Language::En);
        assert_eq!(Language::choose(Some("xx"), None, Some("en;q=0, vi;q=0.1")), Language::Vi);
        assert_eq!(Language::choose(None, None, None), Language::Vi);
    }
}

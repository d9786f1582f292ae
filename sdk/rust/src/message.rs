//! Texts that people read, in Vietnamese and English. A text that is missing in a
//! language does not compile. Places for values are `{0}`, `{1}`…
//!
//! ```
//! use tram_sdk::message::{Message};
//!
//! tram_sdk::messages! {
//!     GREETING = "Chào {0}!", "Hello {0}!";
//! }
//! assert_eq!(GREETING.with("vi", &["em"]), "Chào em!");
//! ```

use tram_contract::Text;

/// A text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Vietnamese.
    pub vi: &'static str,
    /// English.
    pub en: &'static str,
}

impl Message {
    /// The text in a language; Vietnamese for those that we do not speak.
    #[must_use]
    pub fn get(&self, language: &str) -> &'static str {
        if language == "en" { self.en } else { self.vi }
    }

    /// The text with its places filled.
    #[must_use]
    pub fn with(&self, language: &str, values: &[&str]) -> String {
        fill(self.get(language), values)
    }

    /// The text in both languages, for whoever reads it later.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::vi_en(self.vi, self.en)
    }

    /// The same with its places filled.
    #[must_use]
    pub fn text_with(&self, values: &[&str]) -> Text {
        Text::vi_en(fill(self.vi, values), fill(self.en, values))
    }
}

fn fill(text: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        out.push_str(place.parse::<usize>().ok().and_then(|at| values.get(at)).copied().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A number as it is written: `1.234` in Vietnamese, `1,234` in English.
#[must_use]
pub fn figure(number: u64, language: &str) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(if language == "en" { ',' } else { '.' });
        }
        out.push(digit);
    }
    out
}

/// Declares messages as constants, and `ALL`, the list of them for the plugin's tests.
#[macro_export]
macro_rules! messages {
    ($($name:ident = $vi:literal, $en:literal;)+) => {
        $(
            #[doc = $en]
            pub const $name: $crate::message::Message = $crate::message::Message { vi: $vi, en: $en };
        )+
        /// All messages of this part, with their names.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &$crate::message::Message)] = &[$((stringify!($name), &$name)),+];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled() {
        let message = Message { vi: "{1} của {0}", en: "{1} of {0}" };
        assert_eq!(message.with("vi", &["a", "b"]), "b của a");
        assert_eq!(message.with("en", &["{1}", "b"]), "b of {1}");
        assert_eq!(message.with("fr", &[]), " của ");
    }

    #[test]
    fn figures_are_grouped() {
        assert_eq!(figure(999, "vi"), "999");
        assert_eq!(figure(1_234_567, "vi"), "1.234.567");
        assert_eq!(figure(12_345, "en"), "12,345");
    }
}

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
use tram_contract::page::{Link, Page, Widget};

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

/// What a page says, in its reader's language: the language, and what the plugin's first
/// page is called, to which every other leads back.
#[derive(Debug, Clone, Copy)]
pub struct Say<'a>(pub &'a str, pub &'static Message);

impl Say<'_> {
    /// A message, in the reader's language alone: half the bytes of both.
    #[must_use]
    pub fn t(&self, message: &Message) -> Text {
        Text::from(message.get(self.0))
    }

    /// A message with its places filled.
    #[must_use]
    pub fn with(&self, message: &Message, values: &[&str]) -> Text {
        Text::from(message.with(self.0, values))
    }

    /// A link.
    #[must_use]
    pub fn link(&self, message: &Message, href: impl Into<String>) -> Link {
        Link::new(self.t(message), href)
    }

    /// A page with the way to it.
    #[must_use]
    pub fn page(&self, title: &Message, widgets: Vec<Widget>) -> Page {
        let mut page = Page::new(self.t(title), widgets);
        page.breadcrumbs = vec![self.link(self.1, ".")];
        page
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
    fn a_page_speaks_one_language_and_leads_back() {
        const FIRST: Message = Message { vi: "Bảng tin", en: "Pinboard" };
        const TITLE: Message = Message { vi: "Tin {0}", en: "Note {0}" };
        let say = Say("en", &FIRST);
        assert_eq!(say.with(&TITLE, &["7"]), Text::from("Note 7"));
        let page = say.page(&TITLE, Vec::new());
        assert_eq!(page.title, Text::from("Note {0}"));
        assert_eq!(page.breadcrumbs, [Link::new(Text::from("Pinboard"), ".")]);
    }

    #[test]
    fn figures_are_grouped() {
        assert_eq!(figure(999, "vi"), "999");
        assert_eq!(figure(1_234_567, "vi"), "1.234.567");
        assert_eq!(figure(12_345, "en"), "12,345");
    }
}

//! Every text that people read, in Vietnamese and English.

mod editing;
mod importing;
mod reading;

pub use editing::*;
pub use importing::*;
pub use reading::*;
pub use tram_sdk::message::{Message, figure};
use tram_sdk::messages;

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (&'static str, &'static Message)> {
        reading::ALL.iter().chain(editing::ALL).chain(importing::ALL).copied()
    }

    fn places(text: &str) -> Vec<&str> {
        let mut out: Vec<&str> = text.split('{').skip(1).filter_map(|p| p.split_once('}')).map(|(p, _)| p).collect();
        out.sort_unstable();
        out
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        for (name, message) in all() {
            assert!(!message.vi.trim().is_empty() && !message.en.trim().is_empty(), "{name}");
            assert_eq!(places(message.vi), places(message.en), "{name}");
            assert_eq!(message.vi, tram_vietnamese::nfc(message.vi), "{name}");
            // What is quoted may be Vietnamese.
            let own: String = message.en.split(['“', '”']).step_by(2).collect();
            assert!(!tram_vietnamese::has_marks(&own), "{name} is not English");
        }
    }
}

//! Letters that no font has. A name with a picture sign in it must not stop a document
//! that thirty teachers wait for: the sign is shown as an empty box, and said.

use std::collections::BTreeSet;

use tram_contract::Text;
use unicode_normalization::UnicodeNormalization;

use crate::fonts::FONTS;

/// Stands for a letter that is not there; both kinds of fonts have it.
const BOX: char = '□';

/// Changes to signs before them, and joiners: left out behind a box, and when no font has
/// them.
fn is_silent(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with composed letters, as fonts and searches want it, and boxes for what no
/// font has.
pub(crate) fn legible(text: &str, missing: &mut BTreeSet<char>) -> String {
    let mut after_box = false;
    text.nfc()
        .filter_map(|letter| {
            if is_silent(letter) {
                return Some(letter).filter(|letter| !after_box && FONTS.knows(*letter));
            }
            after_box = false;
            if letter.is_ascii() || letter.is_control() || letter.is_whitespace() || FONTS.knows(letter) {
                return Some(letter);
            }
            after_box = true;
            missing.insert(letter);
            Some(BOX)
        })
        .collect()
}

/// What is said of letters that are missing.
pub(crate) fn warning(missing: &BTreeSet<char>) -> Option<Text> {
    let letters: Vec<String> = missing.iter().take(20).map(char::to_string).collect();
    let letters = letters.join(" ");
    (!missing.is_empty()).then(|| {
        Text::vi_en(
            format!("Bộ chữ để in không có: {letters}. Những chỗ ấy hiện ô vuông □."),
            format!("The printing fonts lack: {letters}. A box □ stands there."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_font_has_becomes_a_box_and_the_rest_stays() {
        let mut missing = BTreeSet::new();
        assert_eq!(legible("Tie\u{302}\u{301}ng Vie\u{323}\u{302}t ✓\n", &mut missing), "Tiếng Việt ✓\n");
        assert!(missing.is_empty() && warning(&missing).is_none());
        // A family of four is one sign of seven code points: four boxes, no joiners.
        assert_eq!(legible("Đố vui 🎉️ 漢", &mut missing), "Đố vui □ □");
        assert_eq!(missing.iter().collect::<String>(), "漢🎉");
        assert!(warning(&missing).is_some_and(|text| text.get("vi").contains("漢 🎉")));
    }
}

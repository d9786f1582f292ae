//! Names of people: capitals, initials, and which word is the given name.

use crate::letter;

/// A full name in two parts: family and middle names, and the given name, which
/// is the last word. One word alone is a given name.
///
/// ```
/// assert_eq!(tram_vietnamese::split_name("Nguyễn Thị Minh Khai"), ("Nguyễn Thị Minh", "Khai"));
/// ```
pub fn split_name(full: &str) -> (&str, &str) {
    let full = full.trim();
    match full.rsplit_once(char::is_whitespace) {
        Some((before, given)) => (before.trim_end(), given),
        None => ("", full),
    }
}

/// The letter of the Vietnamese alphabet under which a text is filed, in
/// capitals and without tone: `Ấn` under `Â`, `đường` under `Đ`, `Égypte` under
/// `E`. Signs before the first letter are passed over; a digit is filed as
/// itself; a text without either has no initial.
pub fn initial(text: &str) -> Option<char> {
    let text = crate::nfc(text);
    let first = text.chars().find(|c| c.is_alphanumeric())?;
    let lower = first.to_lowercase().next()?;
    let (base, _) = letter::split(lower);
    let base = match base {
        'ð' => 'đ',
        'đ' => 'đ',
        shaped if letter::is_shaped(shaped) => shaped,
        other => crate::fold(other.encode_utf8(&mut [0; 4])).chars().next()?,
    };
    base.to_uppercase().next()
}

/// A name with a capital at the start of each word: `NGUYỄN văn an` becomes
/// `Nguyễn Văn An`. A word in mixed case (`McDonald`, `KSor`) is left as its
/// owner writes it; white space becomes single spaces; after a hyphen or an
/// apostrophe a new word begins (`H'Hen Niê`, `Y-Ban`). Roman numerals in
/// capitals are not told apart.
pub fn capitalise_name(name: &str) -> String {
    let name = crate::nfc(name);
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if is_mixed(word) {
            out.push_str(word);
        } else {
            push_capitalised(word, &mut out);
        }
    }
    out
}

/// A capital at the start of the text, the rest as it is.
pub fn capitalise_sentence(text: &str) -> String {
    capitalise_word(&crate::nfc(text))
}

pub(crate) fn capitalise_word(word: &str) -> String {
    let mut chars = word.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// A capital after the first letter together with a small one.
fn is_mixed(word: &str) -> bool {
    let mut letters = word.split(['-', '\'', '’']).flat_map(|part| part.chars().skip(1));
    let upper = letters.clone().any(char::is_uppercase);
    upper && letters.any(char::is_lowercase)
}

fn push_capitalised(word: &str, out: &mut String) {
    let mut start = true;
    for c in word.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = matches!(c, '-' | '\'' | '’');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(split_name("Trần An"), ("Trần", "An"));
        assert_eq!(split_name("  Trần  Thị   An "), ("Trần  Thị", "An"));
        assert_eq!(split_name("An"), ("", "An"));
        assert_eq!(split_name(""), ("", ""));
    }

    #[test]
    fn initials_are_letters_of_the_alphabet() {
        for (text, letter) in [
            ("Ấn Độ", 'Â'),
            ("đường", 'Đ'),
            ("Ðặng", 'Đ'),
            ("Égypte", 'E'),
            ("ứng dụng", 'Ư'),
            ("\"Ăn\"", 'Ă'),
            ("ồn", 'Ô'),
            ("10 vạn", '1'),
            ("o\u{31b}\u{309}", 'Ơ'),
            ("Œuvres", 'O'),
        ] {
            assert_eq!(initial(text), Some(letter), "{text}");
        }
        assert_eq!(initial("..."), None);
    }

    #[test]
    fn names_get_capitals() {
        for (typed, name) in [
            ("NGUYỄN VĂN AN", "Nguyễn Văn An"),
            ("nguyễn  văn an", "Nguyễn Văn An"),
            ("đặng thị ÁNH", "Đặng Thị Ánh"),
            ("h'hen niê", "H'Hen Niê"),
            ("Y-ban", "Y-Ban"),
            ("Ronald McDonald", "Ronald McDonald"),
            ("", ""),
        ] {
            assert_eq!(capitalise_name(typed), name);
        }
        assert_eq!(capitalise_sentence("đất rừng"), "Đất rừng");
    }
}

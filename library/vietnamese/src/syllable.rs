//! Which letter groups are Vietnamese syllables, and where the tone stands.
//!
//! A syllable is an onset, a rhyme and a tone. The rhymes are listed, because
//! not every vowel meets every ending; the onsets are listed with the spelling
//! rules that bind them (`k`, `gh`, `ngh` before `i e ê y`, `c`, `g`, `ng`
//! before the others); a rhyme that ends in a stop takes only sắc and nặng.
//!
//! The table is meant to recognise text, not to teach spelling: names such as
//! `Đắk Lắk` are outside it.

use crate::letter::{self, Tone};

/// Rhymes without tone, sorted by code point for the binary search.
/// Those that follow the onset `qu` are its glide's: `quốc` is qu + ôc.
const RHYMES: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "ec", "em", "en", "eng", "eo",
    "ep", "et", "i", "ia", "ich", "im", "in", "inh", "ip", "it", "iu", "iêc", "iêm", "iên", "iêng", "iêp", "iêt",
    "iêu", "o", "oa", "oac", "oach", "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat", "oay", "oc", "oe",
    "oem", "oen", "oeo", "oet", "oi", "om", "on", "ong", "ooc", "oong", "op", "ot", "oăc", "oăm", "oăn", "oăng", "oăt",
    "u", "ua", "uc", "ui", "um", "un", "ung", "up", "ut", "uy", "uya", "uych", "uynh", "uyp", "uyt", "uyu", "uyên",
    "uyêt", "uân", "uâng", "uât", "uây", "uê", "uêch", "uênh", "uêu", "uôc", "uôi", "uôm", "uôn", "uông", "uôt", "uơ",
    "y", "yêm", "yên", "yêng", "yêt", "yêu", "âc", "âm", "ân", "âng", "âp", "ât", "âu", "ây", "ê", "êch", "êm", "ên",
    "ênh", "êp", "êt", "êu", "ô", "ôc", "ôi", "ôm", "ôn", "ông", "ôp", "ôt", "ăc", "ăm", "ăn", "ăng", "ăp", "ăt", "ơ",
    "ơi", "ơm", "ơn", "ơp", "ơt", "ư", "ưa", "ưc", "ưi", "ưm", "ưn", "ưng", "ưt", "ưu", "ươc", "ươi", "ươm", "ươn",
    "ương", "ươp", "ươt", "ươu",
];

/// What may follow `qu`.
const AFTER_QU: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "e", "en", "eo", "et", "i", "in",
    "it", "y", "ych", "ynh", "yt", "yu", "yên", "yêt", "ân", "âng", "ât", "ây", "ê", "êch", "ên", "ênh", "êt", "êu",
    "ôc", "ăc", "ăm", "ăn", "ăng", "ăp", "ăt", "ơ",
];

/// Onsets, longest first so that the first match is the right one. `gi` and
/// `qu` are treated before this list.
const ONSETS: &[&str] = &[
    "ngh", "ch", "gh", "kh", "ng", "nh", "ph", "th", "tr", "b", "c", "d", "g", "h", "k", "l", "m", "n", "p", "r", "s",
    "t", "v", "x", "đ",
];

/// A syllable taken apart, without case: `chuyện` is `ch`, `uyên`, nặng.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Syllable {
    /// The letters without tone.
    letters: String,
    /// The length of the onset in bytes of `letters`.
    onset: usize,
    /// The one tone.
    tone: Tone,
}

/// Whether the text is one Vietnamese syllable, with or without its marks
/// placed in the modern way, in any case and either normal form.
pub fn is_syllable(text: &str) -> bool {
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_uppercase()) {
        return parse(text).is_some();
    }
    parse(&crate::nfc(text).to_lowercase()).is_some()
}

/// The syllable with its tone mark in the canonical place, or nothing when the
/// word is no syllable. The word is lower case and in normal form C.
pub(crate) fn canonical(word: &str) -> Option<String> {
    parse(word).map(|syllable| syllable.spell())
}

/// Takes a lower-case word in normal form C apart.
pub(crate) fn parse(word: &str) -> Option<Syllable> {
    // The longest syllable, nghiêng, has 7 letters.
    let mut letters = String::with_capacity(12);
    let mut tone = Tone::Ngang;
    for (index, c) in word.chars().enumerate() {
        let (base, mark) = letter::split(c);
        if index >= 7 || (mark != Tone::Ngang && tone != Tone::Ngang) {
            return None;
        }
        tone = tone.max(mark);
        letters.push(base);
    }
    Syllable::of(letters, tone)
}

impl Syllable {
    /// Checks the letters (without tone) against the tables.
    pub(crate) fn of(letters: String, tone: Tone) -> Option<Syllable> {
        let onset = onset_of(&letters)?;
        let rhyme = letters.get(onset..)?;
        let stopped = rhyme.ends_with(['c', 'p', 't']) || rhyme.ends_with("ch");
        if stopped && !matches!(tone, Tone::Sac | Tone::Nang) {
            // A reader who types no marks types no tone either: a bare
            // syllable passes, a wrong tone does not.
            if tone != Tone::Ngang || !letters.is_ascii() {
                return None;
            }
        }
        Some(Syllable { letters, onset, tone })
    }

    /// The syllable written out.
    pub(crate) fn spell(&self) -> String {
        if self.tone == Tone::Ngang {
            return self.letters.clone();
        }
        let place = self.tone_place();
        self.letters
            .chars()
            .enumerate()
            .map(|(index, c)| if index == place { letter::join(c, self.tone) } else { c })
            .collect()
    }

    /// The index of the letter that bears the tone: a letter that has a shape
    /// of its own (the last of two, `ươ`), else the middle one of three, else
    /// the second of two before an ending or in `oa oe uy`, else the first.
    fn tone_place(&self) -> usize {
        let (onset, rhyme) = self.letters.split_at_checked(self.onset).unwrap_or(("", &self.letters));
        let start = onset.chars().count();
        let vowels: Vec<char> = rhyme.chars().take_while(|&c| letter::is_vowel(c)).collect();
        let ended = rhyme.chars().count() > vowels.len();
        let within = match (vowels.iter().rposition(|&c| letter::is_shaped(c)), vowels.as_slice()) {
            (Some(shaped), _) => shaped,
            (None, [_, _, _]) => 1,
            (None, [_, _]) if ended => 1,
            (None, ['o', 'a' | 'e'] | ['u', 'y']) => 1,
            (None, _) => 0,
        };
        start + within
    }

    /// Whether the spelling carries anything that plain typing would not.
    pub(crate) fn is_marked(&self) -> bool {
        self.tone != Tone::Ngang || !self.letters.is_ascii()
    }
}

/// The length of the onset in bytes, if the whole is a syllable.
fn onset_of(letters: &str) -> Option<usize> {
    if let Some(rhyme) = letters.strip_prefix("qu") {
        return AFTER_QU.binary_search(&rhyme).ok().map(|_| 2);
    }
    if let Some(rhyme) = letters.strip_prefix("gi") {
        if !rhyme.starts_with(['i', 'y', 'ê']) && RHYMES.binary_search(&rhyme).is_ok() {
            return Some(2);
        }
        // gì, gìn, giếng: the i is the onset's and the rhyme's at once.
        let rhyme = letters.get(1..)?;
        return RHYMES.binary_search(&rhyme).ok().map(|_| 1);
    }
    let onset = ONSETS.iter().find(|onset| letters.starts_with(**onset)).copied().unwrap_or("");
    let rhyme = letters.get(onset.len()..)?;
    let front = rhyme.starts_with(['i', 'e', 'ê', 'y']);
    let spelled = match onset {
        "gh" | "ngh" => front,
        // k before a, o, u is not of today's spelling, but of titles: Đường kách mệnh,
        // Đắk Lắk.
        "k" => true,
        "c" | "g" | "ng" => !front,
        // yên, yêu stand alone; elsewhere that rhyme is written iê.
        "" => !rhyme.starts_with("iê") || rhyme == "iêc",
        _ => !rhyme.starts_with("yê"),
    };
    (spelled && RHYMES.binary_search(&rhyme).is_ok()).then_some(onset.len())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(RHYMES.is_sorted());
        assert!(AFTER_QU.is_sorted());
    }

    #[test]
    fn syllables_are_known() {
        for word in "nghiêng chuyện quốc quý già giếng gì gìn hoà hòa thuở khuya khuỷu xoong ngoằn \
                     ngoèo yêu ước ương thuyết nguyễn trường đường việt kết nghề quyển sách lịch sử \
                     địa lý toán ngữ văn sinh học hoá vật lí tiếng anh Việt NAM ĐẶNG quả quyền huýt \
                     rượu bưởi loài kách oái ăm oan uyên ghế cụm quynh giặt ươm"
            .split_whitespace()
        {
            assert!(is_syllable(word), "{word}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for word in "school noël café müller tokyo straße cế ghà ngê nghà quồng tát̀ bàc việp̣ \
                     aa strong window đ ng hoaf dduwowngf vie6t"
            .split_whitespace()
        {
            assert!(!is_syllable(word), "{word}");
        }
    }

    #[test]
    fn tones_stand_where_textbooks_put_them() {
        for word in "hoà thuý khoẻ toàn hoàng mùa của nghĩa ngoài khuỷu ngoáo quý già giữa người \
                     nước muối tiếng thuyền quốc gió gìn giếng thuở việc chuối xoáy ngoéo tuý luỹ"
            .split_whitespace()
        {
            assert_eq!(canonical(word).as_deref(), Some(word));
        }
        for (typed, placed) in [("hòa", "hoà"), ("thúy", "thuý"), ("tóan", "toán"), ("nguời", "nguời")] {
            assert_eq!(canonical(typed).as_deref().unwrap_or(typed), placed);
        }
    }
}

//! Key strokes that an input method left behind: `dduowngf` (Telex) and
//! `d9u7o7ng2` (VNI) for `đường`.
//!
//! For suggestions only: `test` is a word and also the Telex of `tét`. A
//! decoder answers for one syllable, only where the strokes are not a syllable
//! themselves and what they make is one. Letters that were already converted
//! may stand among the strokes (`đuowngf`, `viêtj`).

use crate::letter::{self, Tone};
use crate::syllable::{self, Syllable};

/// The syllable that these Telex key strokes make; case follows the strokes.
pub fn telex(strokes: &str) -> Option<String> {
    decode(strokes, 2, telex_key)
}

/// The syllable that these VNI key strokes make; case follows the strokes.
///
/// Strokes of less than three characters are left alone: `A4` is paper.
pub fn vni(strokes: &str) -> Option<String> {
    decode(strokes, 3, vni_key)
}

/// What the strokes have made so far.
#[derive(Default)]
struct Typed {
    letters: Vec<char>,
    tone: Tone,
    /// Some stroke was a command and not a letter.
    changed: bool,
}

fn decode(strokes: &str, least: usize, key: fn(&mut Typed, char) -> Option<()>) -> Option<String> {
    let strokes = crate::nfc(strokes);
    let length = strokes.chars().count();
    // xoong is a word, and the keys of xông: the rhyme is so rare that keys are
    // the likelier reading.
    let meant = syllable::is_syllable(&strokes) && !strokes.to_lowercase().contains("oo");
    if length < least || length > 14 || meant {
        return None;
    }
    let mut typed = Typed::default();
    for c in strokes.to_lowercase().chars() {
        key(&mut typed, c)?;
    }
    if !typed.changed {
        return None;
    }
    typed.finish_uo();
    let made = Syllable::of(typed.letters.iter().collect(), typed.tone)?;
    // Without a mark nothing was decoded (z only takes marks away).
    made.is_marked().then(|| with_case_of(&strokes, &made.spell()))
}

impl Typed {
    fn letter(&mut self, c: char) -> Option<()> {
        let (base, tone) = letter::split(c);
        if !base.is_alphabetic() {
            return None;
        }
        if tone != Tone::Ngang {
            self.tone = tone;
        }
        self.letters.push(base);
        Some(())
    }

    /// Sets the tone. The same one twice is the way to type the letter, and
    /// before the vowel it is no command (`h2o`).
    fn set_tone(&mut self, tone: Tone) -> Option<()> {
        if self.tone == tone || !self.has_vowel() {
            return None;
        }
        self.tone = tone;
        self.changed = true;
        Some(())
    }

    fn has_vowel(&self) -> bool {
        self.letters.iter().any(|&c| letter::is_vowel(c))
    }

    /// Replaces the last letter `from` by `to`.
    fn reshape(&mut self, from: char, to: char) -> bool {
        match self.letters.iter_mut().rfind(|c| **c == from) {
            Some(c) => {
                *c = to;
                self.changed = true;
                true
            }
            None => false,
        }
    }

    /// The stroke of the first `d`.
    fn stroke(&mut self) -> bool {
        match self.letters.first_mut() {
            Some(first) if *first == 'd' => {
                *first = 'đ';
                self.changed = true;
                true
            }
            _ => false,
        }
    }

    /// The horn: both vowels of `uo`; the `u` of `ua` unless it belongs to
    /// `qu`; else the last `o` or `u`.
    fn horn(&mut self) -> bool {
        let glide = self.letters.starts_with(&['q', 'u']);
        let pair = self.letters.windows(2).position(|pair| matches!(pair, ['u', 'o' | 'ơ']));
        match pair {
            Some(place) if !(glide && place == 1) => {
                for (index, c) in self.letters.iter_mut().enumerate() {
                    if index == place {
                        *c = 'ư';
                    } else if index == place + 1 {
                        *c = 'ơ';
                    }
                }
                self.changed = true;
                true
            }
            _ => self.reshape('o', 'ơ') || (!glide && self.reshape('u', 'ư')),
        }
    }

    /// `ưo` and `uơ` inside a syllable are `ươ`; alone at the end it is `uơ`
    /// (`thuở`), which no key says apart.
    fn finish_uo(&mut self) {
        let glide = self.letters.starts_with(&['q', 'u']);
        let count = self.letters.len();
        let Some(place) = self.letters.windows(2).position(|pair| matches!(pair, ['ư', 'o' | 'ơ'] | ['u', 'ơ']))
        else {
            return;
        };
        if glide {
            return;
        }
        let first = if place + 2 == count { 'u' } else { 'ư' };
        for (index, c) in self.letters.iter_mut().enumerate() {
            if index == place {
                *c = first;
            } else if index == place + 1 {
                *c = 'ơ';
            }
        }
    }
}

fn telex_key(typed: &mut Typed, key: char) -> Option<()> {
    let tone = match key {
        's' => Some(Tone::Sac),
        'f' => Some(Tone::Huyen),
        'r' => Some(Tone::Hoi),
        'x' => Some(Tone::Nga),
        'j' => Some(Tone::Nang),
        _ => None,
    };
    match (key, tone) {
        (_, Some(tone)) if typed.has_vowel() => typed.set_tone(tone),
        ('z', _) if typed.has_vowel() => typed.set_tone(Tone::Ngang),
        ('d', _) if typed.stroke() => Some(()),
        ('a', _) if typed.reshape('a', 'â') => Some(()),
        ('e', _) if typed.reshape('e', 'ê') => Some(()),
        ('o', _) if typed.reshape('o', 'ô') => Some(()),
        ('w', _) => {
            // uaw is ưa, but oaw is oă and quaw is quă.
            let ua = matches!(typed.letters.as_slice(), [.., before, 'u', 'a'] if *before != 'q')
                || matches!(typed.letters.as_slice(), ['u', 'a']);
            if (ua && typed.reshape('u', 'ư')) || typed.reshape('a', 'ă') || typed.horn() {
                return Some(());
            }
            typed.changed = true;
            typed.letter('ư')
        }
        _ => typed.letter(key),
    }
}

fn vni_key(typed: &mut Typed, key: char) -> Option<()> {
    let done = match key {
        '1' => return typed.set_tone(Tone::Sac),
        '2' => return typed.set_tone(Tone::Huyen),
        '3' => return typed.set_tone(Tone::Hoi),
        '4' => return typed.set_tone(Tone::Nga),
        '5' => return typed.set_tone(Tone::Nang),
        '0' => return typed.set_tone(Tone::Ngang),
        '6' => typed.reshape('a', 'â') || typed.reshape('e', 'ê') || typed.reshape('o', 'ô'),
        '7' => {
            let ua = matches!(typed.letters.as_slice(), [.., 'u', 'a']);
            (ua && typed.reshape('u', 'ư')) || typed.horn()
        }
        '8' => typed.reshape('a', 'ă'),
        '9' => typed.stroke(),
        _ => return typed.letter(key),
    };
    done.then_some(())
}

/// Capitals as the strokes had them: all, the first, or none. The second stroke
/// of `DDi` belongs to the first letter, so all means all.
fn with_case_of(strokes: &str, made: &str) -> String {
    let mut letters = strokes.chars().filter(|c| c.is_alphabetic());
    if letters.clone().all(char::is_uppercase) {
        made.to_uppercase()
    } else if letters.next().is_some_and(char::is_uppercase) {
        crate::name::capitalise_word(made)
    } else {
        made.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn telex_leftovers() {
        for (strokes, word) in [
            ("hoaf", "hoà"),
            ("dduwowngf", "đường"),
            ("dduowngf", "đường"),
            ("dduwongf", "đường"),
            ("duwowngfd", "đường"),
            ("nguyeenx", "nguyễn"),
            ("Nguyeenx", "Nguyễn"),
            ("NGUYEENX", "NGUYỄN"),
            ("DDaats", "Đất"),
            ("DDI", "ĐI"),
            ("gioong", "giông"),
            ("tieengs", "tiếng"),
            ("tiengse", "tiếng"),
            ("vieejt", "việt"),
            ("Vieetj", "Việt"),
            ("viêtj", "việt"),
            ("đuowngf", "đường"),
            ("quoocs", "quốc"),
            ("quyeenr", "quyển"),
            ("mowr", "mở"),
            ("muwa", "mưa"),
            ("muaw", "mưa"),
            ("hoawcj", "hoặc"),
            ("quawng", "quăng"),
            ("truwowngf", "trường"),
            ("thuowr", "thuở"),
            ("nguwowif", "người"),
            ("nguowif", "người"),
            ("awn", "ăn"),
            ("ddi", "đi"),
            ("giaos", "giáo"),
            ("sachs", "sách"),
            ("trwowngf", "trường"),
        ] {
            if strokes == "trwowngf" {
                // w without a vowel is ư.
                assert_eq!(telex(strokes).as_deref(), Some(word));
                continue;
            }
            assert_eq!(telex(strokes).as_deref(), Some(word), "{strokes}");
        }
    }

    #[test]
    fn telex_leaves_words_alone() {
        for word in ["hoa", "school", "window", "2024", "toán", "press", "science", "đường", "", "s", "a"] {
            assert_eq!(telex(word), None, "{word}");
        }
    }

    #[test]
    fn vni_leftovers() {
        for (strokes, word) in [
            ("d9u7o7ng2", "đường"),
            ("duong972", "đường"),
            ("d9uo72ng", "đường"),
            ("nguye6n4", "nguyễn"),
            ("Nguye64n", "Nguyễn"),
            ("vie6t5", "việt"),
            ("hoa2", "hoà"),
            ("tie61ng", "tiếng"),
            ("truo7ng2", "trường"),
            ("nu7o7c1", "nước"),
            ("quo6c1", "quốc"),
            ("ha81ng", "hắng"),
            ("thuo73", "thuở"),
            ("mua7", "mưa"),
        ] {
            assert_eq!(vni(strokes).as_deref(), Some(word), "{strokes}");
        }
        for code in ["a4", "12", "m2", "tk00003", "h2o", "mp3", "2024", "hoa"] {
            assert_eq!(vni(code), None, "{code}");
        }
    }
}

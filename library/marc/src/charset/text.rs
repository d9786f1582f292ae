//! From bytes of one text to Unicode in NFC, counting what was lost.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::pages::{WINDOWS_1252, WINDOWS_1258};
use super::{Encoding, marc8};

/// Decodes the texts of one record.
pub(crate) struct Texts {
    encoding: Encoding,
    /// Bytes that became U+FFFD.
    pub(crate) undecodable: u32,
    /// Control characters that became blanks.
    pub(crate) controls: u32,
}

impl Texts {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, undecodable: 0, controls: 0 }
    }

    /// The text of `bytes`: in NFC, and of characters that both forms of MARC
    /// can carry.
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> String {
        let (high, control) = traits(bytes);
        // MARC-8 switches sets by escapes, so there even ASCII may be Chinese.
        if !high && !control {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        let text = self.unicode(bytes);
        self.keep(text)
    }

    /// The text of `bytes` as it stands, for a reader that has more to do with
    /// it before [`Texts::keep`].
    pub(crate) fn unicode<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self.encoding {
            Encoding::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => self.lossy(bytes),
            },
            Encoding::Marc8 => {
                let decoded = marc8::decode(bytes);
                self.undecodable = self.undecodable.saturating_add(decoded.unknown);
                Cow::Owned(decoded.text)
            }
            Encoding::Windows1252 => self.page(bytes, &WINDOWS_1252),
            Encoding::Windows1258 => self.page(bytes, &WINDOWS_1258),
        }
    }

    /// The text as a record keeps it.
    pub(crate) fn keep(&mut self, text: Cow<'_, str>) -> String {
        let (high, control) = traits(text.as_bytes());
        if !high && !control {
            return text.into_owned();
        }
        // What cannot be kept is a control, or U+FFFE and U+FFFF.
        if !control && !text.as_bytes().contains(&0xEF) {
            return nfc(text);
        }
        let (text, controls) = clean(text);
        self.controls = self.controls.saturating_add(controls);
        nfc(text)
    }

    fn lossy<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        for chunk in bytes.utf8_chunks() {
            let invalid = u32::try_from(chunk.invalid().len()).unwrap_or(u32::MAX);
            self.undecodable = self.undecodable.saturating_add(invalid);
        }
        String::from_utf8_lossy(bytes)
    }

    fn page<'a>(&mut self, bytes: &[u8], page: &[u16; 128]) -> Cow<'a, str> {
        let mut text = String::with_capacity(bytes.len() + 8);
        for &byte in bytes {
            if byte < 0x80 {
                text.push(char::from(byte));
                continue;
            }
            match page.get(usize::from(byte & 0x7F)).and_then(|&c| char::from_u32(u32::from(c))) {
                Some('\0') | None => {
                    self.undecodable = self.undecodable.saturating_add(1);
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                Some(c) => text.push(c),
            }
        }
        Cow::Owned(text)
    }
}

/// Whether there are bytes above ASCII, and whether there are controls.
fn traits(bytes: &[u8]) -> (bool, bool) {
    // Written without a branch so that it is done sixteen bytes at a time.
    let (high, control) =
        bytes.iter().fold((0u8, 0u8), |(high, control), &b| (high | b, control | u8::from(b < 0x20 || b == 0x7F)));
    (high & 0x80 != 0, control != 0)
}

/// Whether XML 1.0, and so MARCXML, can carry the character. What it cannot
/// carry has no meaning in ISO 2709 either, or is a delimiter there.
fn is_text(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\x7F' | '\u{FFFE}' | '\u{FFFF}')
}

/// The text with a blank for each character that cannot be kept, and how many
/// there were.
fn clean(text: Cow<'_, str>) -> (Cow<'_, str>, u32) {
    let bad = text.chars().filter(|c| !is_text(*c)).count();
    if bad == 0 {
        return (text, 0);
    }
    let cleaned = text.chars().map(|c| if is_text(c) { c } else { ' ' }).collect();
    (Cow::Owned(cleaned), u32::try_from(bad).unwrap_or(u32::MAX))
}

/// The text in NFC.
fn nfc(text: Cow<'_, str>) -> String {
    // Latin with the marks of Vietnamese and of Europe is NFC by its ranges.
    let composed = |c: char| matches!(c, '\0'..='\u{2FF}' | '\u{1E00}'..='\u{1EFF}');
    if text.chars().all(composed) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text.into_owned();
    }
    text.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composes_what_comes_decomposed() {
        let mut texts = Texts::new(Encoding::Utf8);
        assert_eq!(texts.decode("Nguye\u{302}\u{303}n".as_bytes()), "Nguyễn");
        assert_eq!(texts.decode("plain".as_bytes()), "plain");
        assert_eq!((texts.undecodable, texts.controls), (0, 0));
    }

    #[test]
    fn counts_what_is_lost() {
        let mut texts = Texts::new(Encoding::Utf8);
        assert_eq!(texts.decode(b"caf\xE9 \xC3\xA9"), "caf\u{FFFD} é");
        assert_eq!(texts.undecodable, 1);
        assert_eq!(texts.decode(b"a\x00b\x1Ec\td"), "a b c\td");
        assert_eq!(texts.controls, 2);
    }

    #[test]
    fn reads_windows_pages() {
        let mut texts = Texts::new(Encoding::Windows1258);
        // Code page 1258 writes tones as combining characters behind the vowel.
        assert_eq!(texts.decode(b"Nguy\xEA\xDEn \xD0\xECnh"), "Nguyễn Đ\u{301}nh");
        let mut texts = Texts::new(Encoding::Windows1252);
        assert_eq!(texts.decode(b"caf\xE9 \x81"), "café \u{FFFD}");
        assert_eq!(texts.undecodable, 1);
    }
}

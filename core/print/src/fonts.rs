//! The fonts that every station has, whatever is installed on it.
//!
//! Liberation Serif has the widths of Times New Roman, which Nghị định 30/2020/NĐ-CP
//! asks for, and all Vietnamese letters; DejaVu Sans has signs that it lacks (☐, ✓, ⇔).

use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

static FILES: [&[u8]; 5] = [
    include_bytes!("../fonts/LiberationSerif-Regular.ttf"),
    include_bytes!("../fonts/LiberationSerif-Bold.ttf"),
    include_bytes!("../fonts/LiberationSerif-Italic.ttf"),
    include_bytes!("../fonts/LiberationSerif-BoldItalic.ttf"),
    include_bytes!("../fonts/DejaVuSans.ttf"),
];

/// Names that templates may ask for, and what they get: the same widths and look.
const ALIASES: &[(&str, &[&str])] = &[("Liberation Serif", &["Times New Roman", "Libertinus Serif"])];

/// The fonts with their names.
pub(crate) struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) fonts: Vec<Font>,
}

/// Read once in a process.
pub(crate) static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let mut book = FontBook::new();
    let mut fonts = Vec::new();
    for file in FILES {
        for font in Font::iter(Bytes::new(file)) {
            let info = font.info();
            let aliases = ALIASES.iter().find(|(name, _)| *name == info.family).map_or(&[][..], |(_, others)| others);
            for family in std::iter::once(info.family.as_str()).chain(aliases.iter().copied()) {
                let mut named = info.clone();
                family.clone_into(&mut named.family);
                book.push(named);
                fonts.push(font.clone());
            }
        }
    }
    Fonts { book: LazyHash::new(book), fonts }
});

impl Fonts {
    /// Whether some font has the letter.
    pub(crate) fn knows(&self, letter: char) -> bool {
        self.fonts.iter().any(|font| font.info().coverage.contains(u32::from(letter)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vietnamese_letter_is_in_the_serif() {
        let serif: Vec<&Font> = FONTS.book.select_family("times new roman").map(|index| &FONTS.fonts[index]).collect();
        assert_eq!(serif.len(), 4);
        let letters = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ₫–—…“”‘’•×÷±°²³½";
        for font in serif {
            for letter in letters.chars().chain(letters.to_uppercase().chars()) {
                assert!(font.info().coverage.contains(u32::from(letter)), "{letter} in {:?}", font.info().variant);
            }
        }
        assert!("☐☑✓⇔∀≤√△".chars().all(|sign| FONTS.knows(sign)));
        assert!(!FONTS.knows('🎉') && !FONTS.knows('漢'));
    }
}

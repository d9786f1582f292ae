//! By what two records are recognised as the same title.

use crate::bib;
use crate::compact::Compact;

/// The control number as it is compared: without blanks around it.
#[must_use]
pub fn control(record: Compact<'_>) -> Option<String> {
    record.control("001").map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned)
}

/// Title, author and year in one key of eight bytes; none without a title. Marks,
/// case and punctuation do not count, nor does how the author's name is written
/// round (`Tô Hoài`, `Hoài, Tô`).
#[must_use]
pub fn title_author_year(record: Compact<'_>) -> Option<[u8; 8]> {
    let text = title_author_year_text(record)?;
    Some(fnv1a(text.as_bytes()).to_be_bytes())
}

/// The same written out, to make sure that equal keys are equal titles.
#[must_use]
pub fn title_author_year_text(record: Compact<'_>) -> Option<String> {
    let title = words(&bib::full_title(record));
    if title.is_empty() {
        return None;
    }
    // Textbooks name no author; three publishers have a "Ngữ văn 6" of one year.
    let author = bib::author(record);
    let by = if author.is_empty() { bib::publisher(record).unwrap_or_default() } else { &author };
    let mut author = words(by);
    author.sort_unstable();
    let year = bib::year(record).map(|y| y.to_string()).unwrap_or_default();
    Some(format!("{}|{}|{year}", title.join(" "), author.join(" ")))
}

fn words(text: &str) -> Vec<String> {
    tram_vietnamese::fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// An accession number as it is compared: letters and digits, in capitals, without
/// marks. `TK.00012`, `tk 00012` and what a scanner types are one number.
#[must_use]
pub fn accession(text: &str) -> String {
    tram_vietnamese::fold(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// FNV-1a, 64 bits: the same on every machine and in every version, which the
/// hash of the standard library does not promise.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::compact::encode;
    use crate::testing::record;

    fn key(title: &str, author: &str, year: &str) -> [u8; 8] {
        let bytes =
            encode(&record(&[("100", &format!("0 $a{author}")), ("245", title), ("260", &format!("  $c{year}"))]));
        title_author_year(Compact::new(&bytes).unwrap()).unwrap()
    }

    #[test]
    fn how_it_is_written_does_not_matter() {
        let one = key("10$aDế Mèn phiêu lưu ký /$cTô Hoài", "Tô Hoài", "2015.");
        assert_eq!(one, key("00$aDE MEN PHIEU LUU KY.", "Hoài, Tô,", "[2015]"));
        assert_ne!(one, key("10$aDế Mèn phiêu lưu ký", "Tô Hoài", "2016"));
        assert_ne!(one, key("10$aDế Mèn", "Tô Hoài", "2015"));
        assert_ne!(one, key("10$aDế Mèn phiêu lưu ký", "Vũ Bằng", "2015"));
        let textbook = |publisher: &str| {
            let bytes = encode(&record(&[("245", "00$aNgữ văn 6"), ("264", &format!(" 1$b{publisher},$c2021"))]));
            title_author_year(Compact::new(&bytes).unwrap())
        };
        assert_ne!(textbook("Giáo dục Việt Nam"), textbook("Đại học Sư phạm"));
    }

    #[test]
    fn accession_numbers_are_compared_by_letters_and_digits() {
        for written in ["TK.00012", "tk 00012", "TK-00012", " TK00012 "] {
            assert_eq!(accession(written), "TK00012");
        }
        assert_eq!(accession("ĐV.0001"), accession("DV 0001"));
    }
}

//! The title without what does not count in filing.

use crate::{Field, Record};

/// The sign that begins a part which does not count (MARC 21, non-sorting
/// control characters) and the one that ends it.
const NON_SORTING: (char, char) = ('\u{98}', '\u{9C}');

impl Record {
    /// The title proper and its rest (`245 $a $b $n $p`) without the
    /// punctuation that ISBD puts at the end.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let text = self.field("245")?.join("abnp").replace([NON_SORTING.0, NON_SORTING.1], "");
        let trimmed = text.trim_end_matches([' ', '/', ':', ';', '=', ',']).trim_start();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// [`Record::title`] from the first character that counts in filing: the
    /// second indicator of 245 says how many are passed over (`The `, `L'`).
    #[must_use]
    pub fn filing_title(&self) -> Option<String> {
        let field = self.field("245")?;
        let title = self.title()?;
        Some(after_non_filing(field, &title))
    }
}

/// `title` without its non-filing characters. An indicator that would leave
/// nothing, or cut a word in two, is a mistake and is not obeyed.
fn after_non_filing(field: &Field, title: &str) -> String {
    let count = field.indicators().1.to_digit(10).unwrap_or(0) as usize;
    let Some((at, first)) = title.char_indices().nth(count).filter(|_| count > 0) else {
        return title.to_owned();
    };
    let before = title.get(..at).unwrap_or_default();
    let cuts_a_word = before.chars().next_back().is_some_and(char::is_alphanumeric) && first.is_alphanumeric();
    if cuts_a_word { title.to_owned() } else { title.get(at..).unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{Subfield, Tag};

    fn titles(ind2: char, parts: &[(char, &str)]) -> (Option<String>, Option<String>) {
        let subfields = parts.iter().map(|(code, text)| Subfield::new(*code, *text)).collect();
        let field = Field::data(Tag::parse("245").unwrap(), '1', ind2, subfields);
        let record = Record { fields: vec![field], ..Record::default() };
        (record.title(), record.filing_title())
    }

    fn some(title: &str, filing: &str) -> (Option<String>, Option<String>) {
        (Some(title.to_owned()), Some(filing.to_owned()))
    }

    #[test]
    fn passes_over_articles() {
        let parts = [('a', "The pragmatic programmer :"), ('b', "from journeyman to master /"), ('c', "Hunt.")];
        assert_eq!(
            titles('4', &parts),
            some(
                "The pragmatic programmer : from journeyman to master",
                "pragmatic programmer : from journeyman to master"
            )
        );
        assert_eq!(titles('2', &[('a', "L'étranger /")]), some("L'étranger", "étranger"));
        assert_eq!(titles('0', &[('a', "Dế Mèn phiêu lưu ký")]), some("Dế Mèn phiêu lưu ký", "Dế Mèn phiêu lưu ký"));
    }

    #[test]
    fn does_not_obey_a_wrong_indicator() {
        assert_eq!(titles('4', &[('a', "Số đỏ")]), some("Số đỏ", "Số đỏ"));
        assert_eq!(titles('9', &[('a', "Tắt đèn")]), some("Tắt đèn", "Tắt đèn"));
        assert_eq!(titles('2', &[('c', "nobody")]), (None, None));
    }
}

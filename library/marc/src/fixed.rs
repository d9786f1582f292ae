//! Field 008: what a record says in fixed positions.

use crate::Record;

/// The dates of a record (field 008, positions 6 to 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dates {
    /// The type of date: `s` single, `m` several years, `c` goes on, `d` has
    /// ceased, `r` reprint and original, `t` publication and copyright, `q`
    /// somewhere between, `n` unknown, and others.
    pub kind: char,
    /// The first year.
    pub first: Option<Year>,
    /// The second year; `9999` where it goes on.
    pub second: Option<Year>,
}

/// A year, of which the last digits may be unknown (`19uu`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Year {
    /// The earliest year that is meant.
    pub earliest: u16,
    /// The latest year that is meant; equal to the earliest when it is known.
    pub latest: u16,
}

impl Year {
    /// A year of four characters: digits, with `u` for the last unknown ones.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let characters: [u8; 4] = text.as_bytes().try_into().ok()?;
        let (mut earliest, mut latest, mut unknown) = (0u16, 0u16, false);
        for c in characters {
            let (low, high) = match c {
                b'0'..=b'9' if !unknown => (c - b'0', c - b'0'),
                b'u' | b'U' => (0, 9),
                _ => return None,
            };
            unknown = low != high;
            earliest = earliest * 10 + u16::from(low);
            latest = latest * 10 + u16::from(high);
        }
        (earliest != latest || earliest > 0)
            .then_some(Self { earliest, latest })
            .filter(|y| y.latest - y.earliest < 1000)
    }

    /// The year, when all its digits are known.
    #[must_use]
    pub fn exact(self) -> Option<u16> {
        (self.earliest == self.latest).then_some(self.earliest)
    }
}

impl Record {
    /// The characters `first..=last` of field 008, counted from 0; `None` when
    /// the field is shorter.
    #[must_use]
    pub fn fixed(&self, first: usize, last: usize) -> Option<&str> {
        let text = self.control("008")?;
        // Broken fields hold characters above ASCII; positions are characters.
        let mut places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let start = places.nth(first)?;
        let end = places.nth(last.checked_sub(first)?)?;
        text.get(start..end)
    }

    /// The dates in field 008.
    #[must_use]
    pub fn dates(&self) -> Option<Dates> {
        let kind = self.fixed(6, 6)?.chars().next()?;
        let year = |first| self.fixed(first, first + 3).and_then(Year::parse);
        Some(Dates { kind, first: year(7), second: year(11) })
    }

    /// The year of publication: the first of field 008, or else the first four
    /// digits in a row of `264 _1 $c`, `260 $c`.
    ///
    /// Of a reprint (type `r`) that is the year of the reprint, as on the book.
    #[must_use]
    pub fn year(&self) -> Option<u16> {
        let coded = self.dates().filter(|d| d.kind != 'b' && d.kind != 'n').and_then(|d| d.first);
        if let Some(year) = coded.and_then(Year::exact).filter(|y| (1000..=2999).contains(y)) {
            return Some(year);
        }
        let published = self.fields("264").filter(|f| f.indicators().1 == '1').chain(self.fields("260"));
        published.flat_map(|field| field.all('c')).find_map(year_in)
    }

    /// The language code of field 008 (positions 35 to 37), as `vie`; else the
    /// first of `041 $a`.
    #[must_use]
    pub fn language(&self) -> Option<&str> {
        let is_code = |code: &&str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase());
        self.fixed(35, 37)
            .filter(is_code)
            .filter(|code| *code != "und" && *code != "zxx")
            .or_else(|| self.field("041")?.subfield('a')?.get(..3).filter(is_code))
    }
}

/// The first year of four digits in a text such as `c2002.` or `[1998?]`.
fn year_in(text: &str) -> Option<u16> {
    let mut digits = text.split(|c: char| !c.is_ascii_digit());
    digits.find(|run| run.len() == 4)?.parse().ok().filter(|y| (1000..=2999).contains(y))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{Field, Subfield, Tag};

    fn with(fields: Vec<Field>) -> Record {
        Record { fields, ..Record::default() }
    }

    fn fixed(text: &str) -> Record {
        with(vec![Field::control(Tag::parse("008").unwrap(), text)])
    }

    #[test]
    fn reads_dates_and_language() {
        let record = fixed("020805s2002    vm a   j      000 1 vie  ");
        let dates = record.dates().unwrap();
        assert_eq!((dates.kind, dates.first.and_then(Year::exact), dates.second), ('s', Some(2002), None));
        assert_eq!((record.year(), record.language()), (Some(2002), Some("vie")));
        assert_eq!(fixed("850320q19uu1985us").dates().unwrap().first, Some(Year { earliest: 1900, latest: 1999 }));
        assert_eq!(fixed("short").dates(), None);
        assert_eq!(fixed("850320suuuu    ").year(), None);
    }

    #[test]
    fn falls_back_to_the_imprint() {
        let imprint =
            |tag, ind2, text: &str| Field::data(Tag::parse(tag).unwrap(), ' ', ind2, vec![Subfield::new('c', text)]);
        assert_eq!(with(vec![imprint("260", ' ', "[1998?]")]).year(), Some(1998));
        let both = with(vec![imprint("264", '4', "©1990"), imprint("264", '1', "2001.")]);
        assert_eq!(both.year(), Some(2001));
        assert_eq!(with(vec![imprint("260", ' ', "s.a.")]).year(), None);
    }

    #[test]
    fn positions_are_characters() {
        let record = fixed("02080éđ2002");
        assert_eq!(record.fixed(5, 6), Some("éđ"));
        assert_eq!(record.fixed(7, 10), Some("2002"));
        assert_eq!(record.fixed(8, 11), None);
    }
}

//! International standard numbers of books, ISO 2108.

use std::fmt;

/// A valid ISBN, kept as its thirteen digits.
///
/// Ten and thirteen digits are two ways to write one number, so two records of
/// one book are found equal whichever they carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Isbn([u8; 13]);

/// Why a text is no ISBN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IsbnError {
    /// It has neither ten nor thirteen digits.
    #[error("an ISBN has 10 or 13 digits, this has {0}")]
    Length(usize),
    /// It has thirteen digits and begins with neither 978 nor 979.
    #[error("an ISBN of 13 digits begins with 978 or 979")]
    Prefix,
    /// The last digit does not agree with the others: one was mistyped, or two
    /// were exchanged.
    #[error("the check digit should be {expected}")]
    Check {
        /// The digit that would agree, `X` for ten.
        expected: char,
    },
}

impl Isbn {
    /// Reads an ISBN as it stands in field `020`: with hyphens or blanks, with
    /// a qualifier behind it (`0786816155 (pbk.)`), with the word ISBN before it.
    ///
    /// # Errors
    /// [`IsbnError`] says what is wrong with it, and what the check digit
    /// should be.
    pub fn parse(text: &str) -> Result<Self, IsbnError> {
        let text = text.trim_start();
        let text = match text.get(..4) {
            Some(word) if word.eq_ignore_ascii_case("ISBN") => {
                let rest = text.get(4..).unwrap_or_default();
                // "ISBN-13: 978…": the number of digits is not part of it.
                let rest = rest.strip_prefix(['-', ' ']).unwrap_or(rest);
                let labelled = rest.strip_prefix("10").or_else(|| rest.strip_prefix("13"));
                labelled.and_then(|r| r.trim_start().strip_prefix(':')).unwrap_or(rest)
            }
            _ => text,
        };
        let mut digits = Vec::with_capacity(13);
        for c in text.trim_start_matches([' ', ':', '-']).chars() {
            match c {
                '0'..='9' | 'x' | 'X' => digits.push(c.to_ascii_uppercase()),
                '-' | ' ' | '\u{AD}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{A0}' => {}
                _ => break,
            }
        }
        let numbers: Vec<u8> = digits.iter().map(|c| c.to_digit(10).map_or(10, |d| d as u8)).collect();
        if let Some((ten, _)) = numbers.split_first_chunk::<10>()
            && numbers.len() == 10
        {
            return Self::from_ten(*ten);
        }
        match <[u8; 13]>::try_from(numbers.as_slice()) {
            Ok(thirteen) => Self::from_thirteen(thirteen),
            Err(_) => Err(IsbnError::Length(numbers.len())),
        }
    }

    fn from_ten(digits: [u8; 10]) -> Result<Self, IsbnError> {
        let [first @ .., check] = digits;
        if first.contains(&10) {
            return Err(IsbnError::Length(first.iter().position(|d| *d == 10).unwrap_or_default()));
        }
        let expected = check_ten(&first);
        if check != expected {
            return Err(IsbnError::Check { expected: symbol(expected) });
        }
        let mut out = [9, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for (slot, digit) in out.iter_mut().skip(3).zip(first) {
            *slot = digit;
        }
        let [body @ .., _] = out;
        out[12] = check_thirteen(&body);
        Ok(Self(out))
    }

    fn from_thirteen(digits: [u8; 13]) -> Result<Self, IsbnError> {
        if let Some(at) = digits.iter().position(|d| *d == 10) {
            return Err(IsbnError::Length(at));
        }
        if !matches!(digits, [9, 7, 8 | 9, ..]) {
            return Err(IsbnError::Prefix);
        }
        let [body @ .., check] = digits;
        let expected = check_thirteen(&body);
        if check == expected { Ok(Self(digits)) } else { Err(IsbnError::Check { expected: symbol(expected) }) }
    }

    /// The thirteen digits without hyphens.
    #[must_use]
    pub fn to_isbn13(self) -> String {
        self.0.iter().map(|d| symbol(*d)).collect()
    }

    /// The ten digits without hyphens; `None` for numbers that begin with 979,
    /// which have no such form.
    #[must_use]
    pub fn to_isbn10(self) -> Option<String> {
        let [9, 7, 8, body @ .., _] = self.0 else {
            return None;
        };
        Some(body.iter().chain([&check_ten(&body)]).map(|d| symbol(*d)).collect())
    }
}

fn check_ten(body: &[u8; 9]) -> u8 {
    let sum: u32 = body.iter().zip((2..=10).rev()).map(|(d, weight)| u32::from(*d) * weight).sum();
    ((11 - sum % 11) % 11) as u8
}

fn check_thirteen(body: &[u8; 12]) -> u8 {
    let sum: u32 = body.iter().zip([1, 3].into_iter().cycle()).map(|(d, weight)| u32::from(*d) * weight).sum();
    ((10 - sum % 10) % 10) as u8
}

fn symbol(digit: u8) -> char {
    char::from_digit(u32::from(digit), 10).unwrap_or('X')
}

impl fmt::Display for Isbn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_isbn13())
    }
}

impl fmt::Debug for Isbn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Isbn({self})")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn both_forms_are_one_number() {
        let ten = Isbn::parse("0-7868-0877-2 (hbk.)").unwrap();
        let thirteen = Isbn::parse("ISBN 978-0-7868-0877-9").unwrap();
        assert_eq!(ten, thirteen);
        assert_eq!(ten.to_isbn13(), "9780786808779");
        assert_eq!(ten.to_isbn10().unwrap(), "0786808772");
        assert_eq!(Isbn::parse("ISBN-13: 9780786808779").unwrap(), ten);
        assert_eq!(Isbn::parse("080442957x").unwrap().to_isbn10().unwrap(), "080442957X");
        assert_eq!(Isbn::parse("979-10-90636-07-1").unwrap().to_isbn10(), None);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Isbn::parse("0786808773"), Err(IsbnError::Check { expected: '2' }));
        assert_eq!(Isbn::parse("9780786808770"), Err(IsbnError::Check { expected: '9' }));
        assert_eq!(Isbn::parse("0804429570"), Err(IsbnError::Check { expected: 'X' }));
        assert_eq!(Isbn::parse("1234567890128"), Err(IsbnError::Prefix));
        assert_eq!(Isbn::parse("08-X"), Err(IsbnError::Length(3)));
        assert_eq!(Isbn::parse(""), Err(IsbnError::Length(0)));
        assert_eq!(Isbn::parse("0786X08772"), Err(IsbnError::Length(4)));
    }
}

//! Accession numbers as lists write them: one, several, or from-to.

/// Copies of one row at most; more is a slip of the pen.
const MAX_COPIES: u64 = 2_000;

/// Why a text is no list of accession numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// The last number is smaller than the first.
    Reversed(String),
    /// More copies than a row can mean.
    TooMany(String),
    /// A range whose ends have not one pattern.
    Unclear(String),
}

/// The accession numbers in a text: `TK.00001 - TK.00005`, `TK.00024-28`,
/// `TK.00009; TK.00010`, `TK.00011, 12, 13`, `TK 00014 → TK 00016`.
///
/// # Errors
/// [`RangeError`] with the part that cannot be read.
pub fn accessions(text: &str) -> Result<Vec<String>, RangeError> {
    let mut out: Vec<String> = Vec::new();
    for part in text.split([';', ',', '\n', '+']).map(str::trim).filter(|p| !p.is_empty()) {
        match split_range(part) {
            None => out.push(complete(part, out.last())),
            Some((from, to)) => {
                let from = complete(from, out.last());
                let to = complete(to, Some(&from));
                out.extend(range(part, &from, &to)?);
            }
        }
    }
    Ok(out)
}

/// The two ends of a range. A hyphen between a prefix and its number (`TK-00001`) is
/// none.
fn split_range(part: &str) -> Option<(&str, &str)> {
    for sign in ["→", "->", "–", "—", "÷", " đến ", " den ", " to ", ".."] {
        if let Some((from, to)) = part.split_once(sign) {
            return Some((from.trim(), to.trim_start_matches(['-', '>', '.']).trim()));
        }
    }
    part.match_indices('-').find_map(|(at, _)| {
        let (from, to) = (part.get(..at)?.trim(), part.get(at + 1..)?.trim());
        let ends = |t: &str| t.ends_with(|c: char| c.is_ascii_digit());
        (ends(from) && ends(to)).then_some((from, to))
    })
}

/// A number that gives only its last digits takes the rest from the one before:
/// `TK.00011, 12` means `TK.00012`.
fn complete(part: &str, before: Option<&String>) -> String {
    let part = &dotted(part.trim());
    let (Some(before), true) = (before, part.bytes().all(|b| b.is_ascii_digit())) else {
        return part.to_owned();
    };
    let (prefix, digits) = split_digits(before);
    if digits.len() < part.len() || (prefix.is_empty() && digits.len() == part.len()) {
        return part.to_owned();
    }
    let kept = digits.get(..digits.len() - part.len()).unwrap_or_default();
    format!("{prefix}{kept}{part}")
}

/// `TK 00014` is the same number as `TK.00014`, which is how labels have it.
fn dotted(part: &str) -> String {
    match part.split_once(char::is_whitespace) {
        Some((prefix, rest))
            if prefix.chars().all(char::is_alphabetic) && rest.trim_start().bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{prefix}.{}", rest.trim_start())
        }
        _ => part.to_owned(),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let at = text.len() - text.bytes().rev().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(at).unwrap_or((text, ""))
}

fn range(part: &str, from: &str, to: &str) -> Result<Vec<String>, RangeError> {
    let ((prefix, first), (other, last)) = (split_digits(from), split_digits(to));
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| RangeError::Unclear(part.to_owned()));
    if crate::keys::accession(prefix) != crate::keys::accession(other) {
        return Err(RangeError::Unclear(part.to_owned()));
    }
    let (start, end) = (number(first)?, number(last)?);
    if end < start {
        return Err(RangeError::Reversed(part.to_owned()));
    }
    if end - start >= MAX_COPIES {
        return Err(RangeError::TooMany(part.to_owned()));
    }
    Ok((start..=end).map(|n| format!("{prefix}{n:0width$}", width = first.len())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_way_of_writing_is_read() {
        let read = |text: &str| accessions(text).unwrap().join(" ");
        assert_eq!(read("TK.00001 - TK.00003"), "TK.00001 TK.00002 TK.00003");
        assert_eq!(read("TK.00024-26"), "TK.00024 TK.00025 TK.00026");
        assert_eq!(read("TK.00009; TK.00010"), "TK.00009 TK.00010");
        assert_eq!(read("TK.00011, 12, 13"), "TK.00011 TK.00012 TK.00013");
        assert_eq!(read("TK 00014 → TK 00016"), "TK.00014 TK.00015 TK.00016");
        assert_eq!(read("TK.00021 – TK.00023"), "TK.00021 TK.00022 TK.00023");
        assert_eq!(read("TK-00001"), "TK-00001");
        assert_eq!(read("125"), "125");
        assert_eq!(read("125, 126"), "125 126");
        assert_eq!(read("125-127"), "125 126 127");
        assert_eq!(read(""), "");
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        assert_eq!(accessions("TK.00045 - TK.00039"), Err(RangeError::Reversed("TK.00045 - TK.00039".into())));
        assert_eq!(accessions("TK.00001 - TN.00003"), Err(RangeError::Unclear("TK.00001 - TN.00003".into())));
        assert_eq!(accessions("1-99999"), Err(RangeError::TooMany("1-99999".into())));
    }
}

//! Queries of addresses: read as forms are, written back with one name changed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Pairs of a query or of an `application/x-www-form-urlencoded` body, in order.
/// Bytes that are no UTF-8 become replacement characters, never an error page.
pub(crate) fn pairs(encoded: &str) -> Vec<(String, String)> {
    encoded
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(word: &str) -> String {
    let spaced = word.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Decodes a segment of a path, where a plus is a plus.
pub(crate) fn decode_path(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Encodes one component.
pub(crate) fn encode(word: &str) -> String {
    utf8_percent_encode(word, RESERVED).to_string()
}

/// `address` with `name=value`, in place of an earlier value and of other choices
/// of display.
pub(crate) fn with(address: &str, name: &str, value: &str) -> String {
    let bare = without(address, &["lang", "theme"]);
    let joint = if bare.contains('?') { '&' } else { '?' };
    format!("{bare}{joint}{name}={}", encode(value))
}

/// `address` without the named parameters.
pub(crate) fn without(address: &str, names: &[&str]) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|part| !part.is_empty() && !names.contains(&part.split('=').next().unwrap_or_default()))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_as_browsers_write_them() {
        let read = pairs("q=%C4%91%E1%BA%A5t+r%E1%BB%ABng&&a=&b&q=2%");
        let expected = [("q", "đất rừng"), ("a", ""), ("b", ""), ("q", "2%")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn one_choice_of_display_replaces_the_other() {
        assert_eq!(with("/s?q=a&lang=vi", "lang", "en"), "/s?q=a&lang=en");
        assert_eq!(with("/s", "theme", "dark"), "/s?theme=dark");
        assert_eq!(without("/s?theme=a", &["theme"]), "/s");
    }
}

//! Links.

/// A value for a query in a link.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0')));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_signs_are_encoded() {
        assert_eq!(encoded("đất & rừng"), "%C4%91%E1%BA%A5t%20%26%20r%E1%BB%ABng");
        assert_eq!(encoded("a-b_c.d~1"), "a-b_c.d~1");
    }
}

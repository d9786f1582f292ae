//! Parameters in a body, as `application/x-www-form-urlencoded` writes them (WHATWG URL
//! standard, section 5.1).

use tram_sdk::Field;

/// Names and values in order. What is no UTF-8 stands as U+FFFD, and a percent sign
/// that begins no code is itself.
pub(super) fn fields(body: &str) -> impl Iterator<Item = Field> {
    body.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Field { name: decoded(name), value: decoded(value) }
    })
}

fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            (other, _) => out.push(*other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let read = |body: &str| fields(body).map(|f| (f.name, f.value)).collect::<Vec<_>>();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("query=dc.title%3D%22%C4%91%E1%BA%A5t+r%E1%BB%ABng%22&version=1.1&x"),
            [pair("query", "dc.title=\"đất rừng\""), pair("version", "1.1"), pair("x", "")]
        );
        assert_eq!(read("a=100%&b=%zz&c=%E1"), [pair("a", "100%"), pair("b", "%zz"), pair("c", "\u{FFFD}")]);
        assert_eq!(read("&&"), []);
    }
}

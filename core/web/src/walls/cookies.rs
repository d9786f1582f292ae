//! Cookies: read from a request, written for a channel.

use hyper::header::{self, HeaderMap};

/// Purpose of a cookie of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The sign-in session.
    Session,
    /// An opaque name of this browser: slows guessing, binds forms of those who are
    /// not signed in.
    Device,
}

/// A year, in seconds.
const YEAR: u32 = 31_536_000;

impl Cookie {
    /// Name over a channel. Over TLS the prefix `__Host-` (RFC 6265bis section 4.1.3.2)
    /// keeps plain HTTP from setting it; the names over HTTP differ, so that neither
    /// is ever taken for the other.
    pub(crate) const fn name(self, tls: bool) -> &'static str {
        match (self, tls) {
            (Self::Session, true) => "__Host-tram",
            (Self::Session, false) => "tram-http",
            (Self::Device, true) => "__Host-tram-device",
            (Self::Device, false) => "tram-device-http",
        }
    }

    /// The header that sets it: the session until the browser closes, the device for
    /// a year.
    pub(crate) fn set(self, value: &str, tls: bool) -> String {
        let age = if self == Self::Device { format!("; Max-Age={YEAR}") } else { String::new() };
        let secure = if tls { "; Secure" } else { "" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}", self.name(tls))
    }

    /// The header that removes it.
    pub(crate) fn clear(self, tls: bool) -> String {
        let secure = if tls { "; Secure" } else { "" };
        format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}", self.name(tls))
    }
}

/// A choice of display, kept for a year and readable by the script.
pub(crate) fn preference(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; SameSite=Lax; Max-Age={YEAR}")
}

/// All cookies of a request in one line. Over HTTP/2 browsers send each pair as a field of
/// its own (RFC 9113 section 8.2.3).
pub(crate) fn sent(headers: &HeaderMap) -> String {
    let fields: Vec<&str> = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok()).collect();
    fields.join("; ")
}

/// The value of a cookie. When a name comes twice somebody planted one: neither
/// counts.
pub(crate) fn read<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let mut values = header.split(';').filter_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        (known.trim() == name).then(|| value.trim())
    });
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_of_the_plain_channel_is_not_one_of_the_secure_channel() {
        assert_eq!(read("tram-http=a; lang=vi", Cookie::Session.name(true)), None);
        assert_eq!(read("tram-http=a; __Host-tram=b", Cookie::Session.name(true)), Some("b"));
        assert_eq!(read("__Host-tram=a; __Host-tram=b", "__Host-tram"), None);
    }

    #[test]
    fn cookies_in_several_fields_are_those_of_one() {
        let mut headers = HeaderMap::new();
        for field in ["__Host-tram-device=a", "__Host-tram=b", "lang=vi; theme=dark"] {
            headers.append(header::COOKIE, header::HeaderValue::from_static(field));
        }
        let line = sent(&headers);
        assert_eq!((read(&line, "__Host-tram"), read(&line, "theme")), (Some("b"), Some("dark")));
        headers.append(header::COOKIE, header::HeaderValue::from_static("__Host-tram=planted"));
        assert_eq!(read(&sent(&headers), "__Host-tram"), None);
        assert_eq!(sent(&HeaderMap::new()), "");
    }

    #[test]
    fn attributes_follow_the_channel() {
        assert_eq!(Cookie::Session.set("x", true), "__Host-tram=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(Cookie::Session.set("x", false), "tram-http=x; Path=/; HttpOnly; SameSite=Lax");
        assert!(Cookie::Device.set("x", true).contains("Max-Age=31536000"));
        assert!(Cookie::Session.clear(true).contains("Max-Age=0"));
    }
}

//! Where an unsafe request comes from (Fetch Metadata and RFC 6454).

/// What the browser says of a request's origin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claim<'a> {
    /// `Sec-Fetch-Site`; sent only to secure addresses.
    pub(crate) site: Option<&'a str>,
    /// `Origin`.
    pub(crate) origin: Option<&'a str>,
    /// Whether the request carries a sign-in session.
    pub(crate) signed_in: bool,
}

/// Whether an unsafe request may come in. `own` is this station's origin as the
/// request addressed it (`https://tram.local`).
///
/// `same-site` is refused, because ports are no wall between cookies; `null` is
/// refused, because sandboxed content has it. A request that says nothing comes
/// from a program: it may, unless it carries somebody's session.
pub(crate) fn is_own(claim: Claim<'_>, own: &str) -> bool {
    if claim.site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match claim.origin {
        Some(origin) => origin.eq_ignore_ascii_case(own),
        None => !claim.signed_in || claim.site == Some("same-origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix() {
        let own = "http://tram.local:8080";
        let claim = |site, origin, signed_in| is_own(Claim { site, origin, signed_in }, own);
        for signed_in in [true, false] {
            assert!(claim(Some("same-origin"), Some(own), signed_in));
            assert!(claim(None, Some(own), signed_in));
            assert!(claim(Some("same-origin"), None, signed_in));
            for site in ["same-site", "cross-site"] {
                assert!(!claim(Some(site), Some(own), signed_in), "{site}");
                assert!(!claim(Some(site), None, signed_in), "{site}");
            }
            for origin in [
                "null",
                "http://tram.local",
                "http://tram.local:8443",
                "https://tram.local:8080",
                "http://evil.example",
            ] {
                assert!(!claim(None, Some(origin), signed_in), "{origin}");
                assert!(!claim(Some("same-origin"), Some(origin), signed_in), "{origin}");
            }
        }
        assert!(claim(None, None, false));
        assert!(!claim(None, None, true));
        assert!(!claim(Some("none"), None, true));
    }
}

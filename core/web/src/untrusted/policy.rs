//! What content of strangers may do: run, in an origin that is nobody's, and fetch
//! what lies under its own name. Nothing else.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::token::Kind;

/// What every document may do; `allow-same-origin` is never among it. Forms so that
/// their events come (they lead nowhere), modals for the questions of old packages.
const SANDBOX: &str = "sandbox allow-scripts allow-forms allow-modals";

/// The same words for the frame that holds it.
pub(crate) const FRAME: &str = "allow-scripts allow-forms allow-modals";

/// The policy of a document or file under a name. `own` is the address of the name,
/// `players` that of our own players' files; both end with a slash.
pub(super) fn policy(kind: Kind, own: &str, players: &str) -> String {
    let shared = format!("{SANDBOX}; default-src 'none'; form-action 'none'; object-src 'none'");
    match kind {
        // Its own scripts run, as its authors wrote them.
        Kind::Html | Kind::Scorm | Kind::H5p => format!(
            "{shared}; base-uri {own}; script-src {own} {players} 'unsafe-inline' 'unsafe-eval' blob:; \
             style-src {own} {players} 'unsafe-inline' blob:; img-src {own} {players} data: blob:; \
             font-src {own} {players} data:; media-src {own} data: blob:; connect-src {own} data: blob:; \
             frame-src {own} data: blob:; worker-src {own} blob:"
        ),
        // Only ours do.
        Kind::Book => format!(
            "{shared}; base-uri 'none'; script-src {players}; style-src {own} {players} 'unsafe-inline'; \
             img-src {own} data:; font-src {own} data:; media-src {own} data:; connect-src {own}"
        ),
        Kind::Pdf => format!(
            "{shared}; base-uri 'none'; script-src {players}; worker-src blob:; style-src {players}; \
             img-src data: blob:; font-src data: blob:; connect-src {own}"
        ),
    }
}

/// The headers of everything that this listener sends.
///
/// Documents of the sandbox have an opaque origin, so what they fetch comes from
/// elsewhere, also their own files: the name in the address is what keeps others out.
pub(super) fn secure(head: &mut HeaderMap, policy: &str) {
    const ALWAYS: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "accept-ranges, content-length, content-range"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), midi=(), usb=(), serial=(), payment=(), display-capture=()",
        ),
    ];
    head.remove(header::X_FRAME_OPTIONS);
    head.remove(HeaderName::from_static("cross-origin-opener-policy"));
    for (name, value) in ALWAYS {
        head.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_str(policy).unwrap_or(HeaderValue::from_static("sandbox; default-src 'none'"));
    head.insert(header::CONTENT_SECURITY_POLICY, policy);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_document_shares_an_origin_or_reaches_beyond_its_name() {
        let (own, players) = ("http://tram.local:8081/NAME/", "http://tram.local:8081/-/abc/");
        for kind in [Kind::Html, Kind::Scorm, Kind::H5p, Kind::Book, Kind::Pdf] {
            let policy = policy(kind, own, players);
            let directives: Vec<&str> = policy.split("; ").collect();
            assert!(directives.contains(&"default-src 'none'") && directives.contains(&"form-action 'none'"));
            assert!(directives.first().is_some_and(|first| first.starts_with("sandbox")), "{policy}");
            for never in ["allow-same-origin", "allow-top", "allow-popups", "allow-downloads", "'self'", "*", "http: "]
            {
                assert!(!policy.contains(never), "{never}: {policy}");
            }
            for directive in directives {
                for source in directive.split(' ').filter(|word| word.contains("://")) {
                    assert!(source == own || source == players, "{directive}");
                }
            }
        }
        for ours in [Kind::Book, Kind::Pdf] {
            let policy = policy(ours, own, players);
            assert!(policy.contains("script-src http://tram.local:8081/-/abc/;") && !policy.contains("unsafe-eval"));
        }
    }
}

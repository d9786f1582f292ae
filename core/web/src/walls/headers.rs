//! Security headers: what a page of the shell or of a plugin may load and send.

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

/// Whose page it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// Origin of the station as this request addressed it.
    pub(crate) origin: &'a str,
    /// Path of the plugin; empty for the shell's pages.
    pub(crate) base: &'a str,
    /// Path of the shell's style.
    pub(crate) style: &'a str,
    /// Paths of the shell's scripts.
    pub(crate) scripts: &'a [&'a str],
    /// A further origin of pictures, or nothing.
    pub(crate) pictures: &'a str,
    /// Addresses of the untrusted listener that this page shows in frames, or nothing.
    pub(crate) frames: &'a str,
}

/// The policy of a page. Everything is off but the shell's files by their hashed
/// names, and this plugin's own path.
///
/// Addresses are written out because `'self'` takes no path (CSP 3 section 2.3.1).
pub(crate) fn policy(scope: Scope<'_>) -> String {
    let Scope { origin, base, style, scripts, pictures, frames } = scope;
    let scripts = scripts.iter().map(|path| format!("{origin}{path}")).collect::<Vec<_>>().join(" ");
    // A directory ends with a slash, else only the one address matches.
    let own = if base.is_empty() { format!("{origin}/") } else { format!("{origin}{base} {origin}{base}/") };
    let shell = format!("{origin}/-/");
    let forms = if base.is_empty() { own.clone() } else { format!("{own} {origin}/search {origin}/sign-out") };
    format!(
        "default-src 'none'; style-src {origin}{style}; script-src {scripts}; img-src {own} {shell} {pictures}; \
         connect-src {own} {origin}/jobs/ {origin}/upload/; form-action {forms}; frame-src {own} {frames}; media-src {own}; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The policy of bytes and files that a plugin serves: inert, whatever they claim to
/// be.
pub(crate) const INERT: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'";

/// Adds the headers that every reply has; `policy` unless one is there already.
pub(crate) fn secure(headers: &mut HeaderMap, policy: Option<&str>) {
    const ALWAYS: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(policy).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Whether a file may be shown in the browser; others are downloads.
pub(crate) fn is_viewable(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    matches!(
        essence,
        "image/png"
            | "image/jpeg"
            | "image/gif"
            | "image/webp"
            | "image/avif"
            | "application/pdf"
            | "text/plain"
            | "text/csv"
    ) || essence.starts_with("audio/")
        || essence.starts_with("video/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_reaches_its_own_path_and_no_neighbour() {
        let policy = policy(Scope {
            origin: "http://tram.local",
            base: "/catalogue",
            style: "/-/a.css",
            scripts: &["/-/a.js", "/-/b.js"],
            pictures: "",
            frames: "",
        });
        let forms = policy.split("; ").find(|part| part.starts_with("form-action")).unwrap_or_default();
        assert_eq!(
            forms,
            "form-action http://tram.local/catalogue http://tram.local/catalogue/ http://tram.local/search http://tram.local/sign-out"
        );
        assert!(
            policy.contains("script-src http://tram.local/-/a.js http://tram.local/-/b.js;")
                && policy.contains("style-src http://tram.local/-/a.css;")
        );
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    }
}

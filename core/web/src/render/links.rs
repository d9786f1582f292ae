//! Where links of a page document may lead: into the station, nowhere else.

/// A link of a page as the browser gets it; none when it would leave the station.
///
/// `/…` is the station's, `?…` and `#…` belong to the page itself, everything else
/// is below `base`, the plugin's own path.
pub(crate) fn resolve(base: &str, href: &str) -> Option<String> {
    // Browsers read a backslash as a slash and drop tabs and line breaks, so both
    // could turn a path into an address elsewhere.
    if href.is_empty() || href.contains('\\') || href.chars().any(char::is_control) || href.starts_with("//") {
        return None;
    }
    if href.starts_with(['/', '?', '#']) {
        return Some(href.to_owned());
    }
    let head = href.split(['/', '?', '#']).next().unwrap_or_default();
    if head.contains(':') {
        return None;
    }
    Some(format!("{base}/{href}"))
}

/// Id of the plugin whose path this is.
pub(crate) fn plugin_of(base: &str) -> &str {
    base.strip_prefix("/x/").or_else(|| base.strip_prefix('/')).unwrap_or(base)
}

/// Whether `path` (with or without a query) lies at or below `base`.
pub(crate) fn is_below(base: &str, path: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_in_the_station() {
        assert_eq!(resolve("/catalogue", "records/1").as_deref(), Some("/catalogue/records/1"));
        assert_eq!(resolve("/catalogue", "search?q=a:b").as_deref(), Some("/catalogue/search?q=a:b"));
        assert_eq!(resolve("/catalogue", "/search").as_deref(), Some("/search"));
        assert_eq!(resolve("/catalogue", "?page=2").as_deref(), Some("?page=2"));
        for elsewhere in [
            "https://example.org/",
            "//example.org",
            "/\\example.org",
            "javascript:alert(1)",
            "/\t/example.org",
            "",
            "mailto:a@b",
        ] {
            assert_eq!(resolve("/catalogue", elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_neighbour_with_a_longer_name_is_not_below() {
        assert!(is_below("/cat", "/cat?x") && is_below("/cat", "/cat/a") && is_below("/cat", "/cat"));
        assert!(!is_below("/cat", "/catalogue"));
    }
}

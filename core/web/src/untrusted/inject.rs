//! Where a script of ours goes into a page of a package, so that it runs before any of
//! the package's own: byte by byte, whatever the page's encoding, as long as it is a
//! superset of ASCII.

/// How far a page is looked into.
pub(super) const LOOK: usize = 64 * 1024;

/// Where the script goes; none where it cannot (UTF-16, XHTML without a head).
pub(super) fn place(page: &[u8], xhtml: bool) -> Option<usize> {
    if page.starts_with(&[0xff, 0xfe]) || page.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    if xhtml {
        // XML wants it within an element.
        let head = find(page, b"<head", 0)?;
        return Some(find(page, b">", head)? + 1);
    }
    // Behind what decides how the page is read: a mark of byte order, the document
    // type, comments in front of it. HTML's parser then opens head for the script.
    let mut at = if page.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    let first = at;
    loop {
        at += page.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let rest = page.get(at..)?;
        let end: &[u8] = if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"<?") {
            b">"
        } else if rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"<!doctype")) {
            let after = find(page, b">", at)? + 1;
            return Some(after);
        } else {
            return Some(first);
        };
        let Some(found) = find(page, end, at) else { return Some(first) };
        at = found + end.len();
    }
}

/// The first `wanted`, letters of any case, from `from` on.
fn find(page: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let at = page.get(from..)?.windows(wanted.len()).position(|part| part.eq_ignore_ascii_case(wanted))?;
    Some(from + at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn with(page: &str, xhtml: bool) -> String {
        let at = place(page.as_bytes(), xhtml).unwrap();
        format!("{}[S]{}", &page[..at], &page[at..])
    }

    #[test]
    fn the_script_runs_first_and_changes_no_mode() {
        for (page, expected) in [
            ("<!DOCTYPE html><html>", "<!DOCTYPE html>[S]<html>"),
            ("\u{feff}<!doctype html>\n<p>", "\u{feff}<!doctype html>[S]\n<p>"),
            ("<html><script>x", "[S]<html><script>x"),
            ("<!-- > --><!DOCTYPE HTML PUBLIC \"x\" \"y\"><a>", "<!-- > --><!DOCTYPE HTML PUBLIC \"x\" \"y\">[S]<a>"),
            ("<?xml version=\"1.0\"?>\n<!DOCTYPE html><a>", "<?xml version=\"1.0\"?>\n<!DOCTYPE html>[S]<a>"),
            ("<!-- never ends <html>", "[S]<!-- never ends <html>"),
            ("<!-- a --><html>", "[S]<!-- a --><html>"),
            ("", "[S]"),
        ] {
            assert_eq!(with(page, false), expected);
        }
        assert_eq!(with("<html><HEAD lang='a'><title/>", true), "<html><HEAD lang='a'>[S]<title/>");
        assert_eq!(place(b"<html/>", true), None);
        assert_eq!(place(&[0xff, 0xfe, b'<', 0], false), None);
    }
}

//! Names of files in archives: what they may be, and what kind of file they say.

use crate::{Refusal, Result};

/// The ending of a name in small letters, without the dot; empty when it has none.
pub fn ending(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // Windows drops dots and spaces at the end: `x.exe.` is `x.exe` there.
    let last = last.trim_end_matches(['.', ' ']);
    last.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
}

/// A path of an archive in the form that the flat package wants.
///
/// # Errors
/// It leads out of the package, or cannot be a name.
pub fn clean(path: &str) -> Result<String> {
    // Some programs for Windows write `\`.
    let path = tram_vietnamese::nfc(path).replace('\\', "/");
    let outside = path.starts_with('/')
        || path.split('/').any(|part| part == "..")
        || path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if outside {
        let shown = shown(&path);
        return Err(Refusal::hostile(
            format!(
                "Gói có tệp mang đường dẫn thoát ra ngoài gói (“{shown}”), một cách phá hoại quen thuộc. Không nhận gói này; hãy xin lại từ nguồn tin cậy."
            ),
            format!(
                "The package has a file whose path leads out of it (“{shown}”), a well-known attack. It is not taken; get it from a source you trust."
            ),
        ));
    }
    let path: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let path = path.join("/");
    if tram_contract::flat::is_path(&path) {
        Ok(path)
    } else {
        let shown = shown(&path);
        Err(Refusal::hostile(
            format!("Gói có tệp mang tên không hợp lệ (“{shown}”). Hãy đóng gói lại rồi tải lên."),
            format!("The package has a file with a name that cannot be (“{shown}”). Pack it anew and upload it."),
        ))
    }
}

/// A name as it may be shown in a sentence.
pub(crate) fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// A link of a manifest, as the path that it means: without `?` and `#`, with `%20`
/// turned back. None when it leads elsewhere.
pub fn linked(base: &str, link: &str) -> Option<String> {
    let link = link.split(['?', '#']).next().unwrap_or_default();
    if link.starts_with('/') || link.contains("://") || link.starts_with("data:") || link.starts_with("javascript:") {
        return None;
    }
    let decoded = unescape(&link.replace('\\', "/"));
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let path = tram_vietnamese::nfc(&parts.join("/")).into_owned();
    tram_contract::flat::is_path(&path).then_some(path)
}

/// The folder of a path, with its last `/`; empty at the top.
pub fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default()
}

fn unescape(link: &str) -> String {
    let mut out = Vec::with_capacity(link.len());
    let mut rest = link.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if first == b'%' => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| link.to_owned())
}

/// Media type of a file in a package, by its ending; what is not known is only
/// downloaded.
pub fn media_type(path: &str) -> &'static str {
    match ending(path).as_str() {
        "html" | "htm" => "text/html",
        "xhtml" | "xht" => "application/xhtml+xml",
        "js" | "mjs" => "text/javascript",
        "css" => "text/css",
        "json" => "application/json",
        "xml" | "opf" | "ncx" | "xsd" | "dtd" => "application/xml",
        "txt" | "md" => "text/plain",
        "vtt" => "text/vtt",
        "srt" => "application/x-subrip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "ico" => "image/x-icon",
        "bmp" => "image/bmp",
        "avif" => "image/avif",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "ogv" => "video/ogg",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "eot" => "application/vnd.ms-fontobject",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["../etc/passwd", "a/../../b", "/etc/passwd", "C:\\x", "c:/x", "..\\x", "a\\..\\..\\b"] {
            assert!(clean(path).is_err(), "{path}");
        }
        for (path, cleaned) in [("a\\b.html", "a/b.html"), ("./a//b", "a/b"), ("Ba\u{300}i.html", "Bài.html")] {
            assert_eq!(clean(path).as_deref(), Ok(cleaned));
        }
    }

    #[test]
    fn links_are_followed_within_the_package_alone() {
        assert_eq!(linked("OPS/", "a%20b.html#x").as_deref(), Some("OPS/a b.html"));
        assert_eq!(linked("OPS/text/", "../img/1.png").as_deref(), Some("OPS/img/1.png"));
        for link in ["../../x", "http://example.org/", "/x", "javascript:alert(1)", ""] {
            assert_eq!(linked("a/", link).filter(|path| path != "a"), None, "{link}");
        }
    }

    #[test]
    fn endings_are_read_as_windows_does() {
        assert_eq!(ending("Trò chơi.EXE. "), "exe");
        assert_eq!(ending("a.b/c"), "");
    }
}

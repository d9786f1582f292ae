//! The untrusted listener: what it gives, to whom, and what it never does.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use rustls::StreamOwned;
use tram_contract::flat::{File, Index, MEDIA_TYPE};
use tram_host::BlobRef;
use tram_journal::Journal;

use super::Station;
use super::client::{Answer, Browser, raw};
use super::tls::client;

const PAGE: &str = "<!DOCTYPE html><title>Bài</title><script>alert(1)</script>";

/// A package, a PDF, and what a plugin should never have sent as a page.
pub(super) fn shelf(journal: &Journal) -> HashMap<String, BlobRef> {
    let mut flat = Vec::new();
    let mut index = Index::default();
    for (path, media_type, content) in [
        ("bài 1/index.html", "text/html", PAGE),
        ("clip.mp4", "video/mp4", "0123456789"),
        ("page.xhtml", "application/xhtml+xml", "<html><head/></html>"),
        ("wide.html", "text/html", "\u{feff}"),
    ] {
        let (offset, size) = (flat.len() as u64, content.len() as u64);
        index.files.push(File { path: path.into(), media_type: media_type.into(), offset, size });
        flat.extend_from_slice(content.as_bytes());
    }
    let start = flat.len() as u64;
    flat.extend(index.finish(start).unwrap());
    let keep = |name: &str, media_type: &str, bytes: &[u8]| {
        let mut writer = journal.blobs().writer().unwrap();
        writer.write_all(bytes).unwrap();
        let kept = writer.finish().unwrap();
        BlobRef::new(journal.clone(), kept.id, kept.length, name, media_type)
    };
    HashMap::from([
        ("package".to_owned(), keep("bài.zip", MEDIA_TYPE, &flat)),
        ("secret-package".to_owned(), keep("bài.zip", MEDIA_TYPE, &flat)),
        ("broken".to_owned(), keep("bài.zip", MEDIA_TYPE, b"no package at all, only words")),
        ("pdf".to_owned(), keep("a.pdf", "application/pdf", b"%PDF-1.4 and more")),
        ("page".to_owned(), keep("a.html", "text/html", PAGE.as_bytes())),
        ("drawing".to_owned(), keep("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
    ])
}

/// Opens a viewer's page and answers where its frame leads: the path on the listener.
fn frame(station: &Station, browser: &mut Browser, query: &str) -> (String, Answer) {
    let page = browser.get(&format!("/demo/view?{query}"));
    assert_eq!(page.status, 200);
    let port = station.untrusted.port();
    let src = page.body.split("<iframe src=\"").nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
    let path = src.strip_prefix(&format!("http://localhost:{port}")).unwrap_or_default().to_owned();
    (path, page)
}

fn ask(station: &Station, method: &str, path: &str, more: &str) -> Answer {
    let port = station.untrusted.port();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{more}\r\n");
    raw(station.untrusted, request.as_bytes())
}

const HTML: &str = "kind=package&format=html&file=package&entry=b%C3%A0i+1/index.html";

#[test]
fn a_package_is_given_to_who_may_see_its_page_within_its_own_walls() {
    let station = Station::ready();
    let (path, page) = frame(&station, &mut Browser::new(station.http), HTML);
    let (name, rest) = path.trim_start_matches('/').split_once('/').unwrap();
    assert_eq!(rest, "b%C3%A0i%201/index.html");
    let own = format!("http://localhost:{}/{name}/", station.untrusted.port());
    // The page around it lets this name alone into a frame, and the frame no origin.
    let policy = page.header("content-security-policy");
    assert!(policy.split("; ").any(|part| part.starts_with("frame-src") && part.ends_with(&own)), "{policy}");
    assert!(page.body.contains("sandbox=\"allow-scripts allow-forms allow-modals\""));
    assert!(page.body.contains("referrerpolicy=\"no-referrer\""));

    let reply = ask(&station, "GET", &path, "Cookie: tram-http=x\r\n");
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html"));
    let script = "<!DOCTYPE html><script src=\"http://localhost:";
    assert!(reply.body.starts_with(script) && reply.body.ends_with(&PAGE[15..]), "{}", reply.body);
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    assert_eq!(reply.header("set-cookie"), "");
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("sandbox allow-scripts") && policy.contains(&own) && !policy.contains("same-origin"));
    for (header, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "*"),
        ("cache-control", "private, max-age=43200"),
    ] {
        assert_eq!(reply.header(header), value, "{header}");
    }
    // The script that goes in front is there.
    let shim = reply.body.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let shim = ask(&station, "GET", shim.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap().as_str(), "");
    assert!(shim.status == 200 && shim.body.contains("API_1484_11"));
}

#[test]
fn ranges_heads_and_validators() {
    let station = Station::ready();
    let (path, _) = frame(&station, &mut Browser::new(station.http), HTML);
    let clip = format!("/{}/clip.mp4", path.split('/').nth(1).unwrap());
    let whole = ask(&station, "GET", &clip, "");
    assert_eq!((whole.status, whole.body.as_str(), whole.header("accept-ranges")), (200, "0123456789", "bytes"));
    for (range, expected, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let part = ask(&station, "GET", &clip, &format!("Range: {range}\r\n"));
        assert_eq!((part.status, part.body.as_str(), part.header("content-range")), (206, expected, said));
        assert!(part.header("content-security-policy").starts_with("sandbox"));
    }
    let wrong = ask(&station, "GET", &clip, "Range: bytes=10-\r\n");
    assert_eq!((wrong.status, wrong.header("content-range")), (416, "bytes */10"));
    let etag = whole.header("etag").to_owned();
    assert_eq!(ask(&station, "GET", &clip, &format!("If-None-Match: {etag}\r\n")).status, 304);
    let stale = ask(&station, "GET", &clip, "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n");
    assert_eq!((stale.status, stale.body.as_str()), (200, "0123456789"));
    let head = ask(&station, "HEAD", &clip, "");
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (200, "", "10"));
    let part = ask(&station, "HEAD", &clip, "Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.header("content-length")), (200, "10"), "a range is for GET alone");
    let before = ask(&station, "OPTIONS", &clip, "Origin: null\r\nAccess-Control-Request-Headers: range\r\n");
    assert_eq!((before.status, before.header("access-control-allow-headers")), (204, "range, if-range"));
}

#[test]
fn nothing_else_is_there_whoever_asks() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let session = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let (path, _) = frame(&station, &mut browser, HTML);
    let name = path.split('/').nth(1).unwrap().to_owned();
    let cookie = format!("Cookie: {session}\r\n");
    for other in
        ["/", "/me", "/admin", "/demo", "/healthz", "/sign-in", "/metrics", "/demo/blob/package", "/-/", "/-/tram.js"]
    {
        assert_eq!(ask(&station, "GET", other, &cookie).status, 404, "{other}");
    }
    for below in
        ["", "~/", "~/file", "clip.mp5", "../clip.mp4", "%2e%2e/clip.mp4", "clip.mp4/", "/clip.mp4", "index.html"]
    {
        let reply = ask(&station, "GET", &format!("/{name}/{below}"), "");
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{below}");
    }
    // A name with another letter, of another place or with another ending is none.
    let at = name.len() / 2;
    let swapped = if &name[at..=at] == "A" { "B" } else { "A" };
    for wrong in [format!("{}{swapped}{}", &name[..at], &name[at + 1..]), name[1..].to_owned(), "A".repeat(80)] {
        assert_eq!(ask(&station, "GET", &format!("/{wrong}/clip.mp4"), "").status, 404);
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = ask(&station, method, &format!("/{name}/clip.mp4"), "Content-Length: 0\r\n");
        assert_eq!((reply.status, reply.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    let rebound = format!("GET /{name}/clip.mp4 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(raw(station.untrusted, rebound.as_bytes()).status, 421);
    // And the main listener knows no names.
    assert_eq!(browser.get(&format!("/{name}/clip.mp4")).status, 404);
}

#[test]
fn a_frame_is_for_who_may_read_the_file() {
    let station = Station::ready();
    let secret = "kind=package&format=html&file=secret-package&entry=clip.mp4";
    let mut stranger = Browser::new(station.http);
    let (path, page) = frame(&station, &mut stranger, secret);
    assert!(path.is_empty() && page.body.contains("Không mở được tệp này trên trang"), "{}", page.body);
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let (path, _) = frame(&station, &mut browser, secret);
    assert_eq!(ask(&station, "GET", &path, "").status, 200);
    // What is no package is not found, and packages that are not played have no frame.
    let (path, _) = frame(&station, &mut browser, "kind=package&format=html&file=broken&entry=a");
    assert_eq!(ask(&station, "GET", &path, "").status, 404);
    let (path, page) = frame(&station, &mut browser, "kind=package&format=qti-2&file=package");
    assert!(path.is_empty() && page.body.contains("chưa mở được ngay trên trang"));
}

#[test]
fn the_state_is_handed_in_and_what_comes_back_is_a_form() {
    let station = Station::ready();
    let query = "kind=package&format=scorm-1.2&file=package&state=%7B%22a%22%3A%22%3Cb%3E%5C%22%22%7D";
    let (path, page) = frame(&station, &mut Browser::new(station.http), query);
    let reply = ask(&station, "GET", &path, "");
    assert!(reply.status == 200 && reply.body.contains("scorm.js") && path.ends_with("/~/"), "{}", reply.body);
    assert!(reply.header("content-security-policy").contains("script-src http://localhost:"));
    // Escaped for HTML within JSON.
    let name = page.body.split("name=\"tram:").nth(1).unwrap().split("\" title").next().unwrap();
    assert!(name.contains("&quot;state&quot;:{&quot;a&quot;:&quot;&lt;b&gt;\\&quot;&quot;}"), "{name}");
    assert!(page.body.contains("data-progress"));
    let token = page.token("/demo/save");
    assert!(!token.is_empty(), "the form has a token of the page's plugin");
    // A package's own form, with the token even: its origin is nobody's.
    let body = format!("_token={token}&state=x");
    let mut browser = Browser::new(station.http);
    let types = ("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(browser.send("POST", "/demo/save", &body, &[("Origin", "null"), types]).status, 403);
    let own = format!("http://localhost:{}", station.untrusted.port());
    assert_eq!(browser.send("POST", "/demo/save", &body, &[("Origin", &own), types]).status, 403);
    assert_eq!(browser.send("POST", "/demo/save", &body, &[("Sec-Fetch-Site", "same-site"), types]).status, 403);
}

#[test]
fn the_same_port_speaks_tls_and_a_pdf_is_bytes_beside_a_player() {
    let station = Station::ready();
    let (path, page) = frame(&station, &mut Browser::new(station.http), "kind=pdf&file=pdf");
    if path.is_empty() {
        assert!(page.body.contains("chưa được cài phần xem"), "a build without players says so");
        return;
    }
    let file = ask(&station, "GET", &format!("{path}file"), "Range: bytes=0-3\r\n");
    assert_eq!((file.status, file.body.as_str(), file.header("content-type")), (206, "%PDF", "application/pdf"));
    assert!(file.header("content-security-policy").starts_with("sandbox allow-scripts"));
    let root = std::fs::read(station.data.path().join("tls/root.pem")).unwrap();
    let mut stream =
        StreamOwned::new(client(&root, "localhost", b"http/1.1"), TcpStream::connect(station.untrusted).unwrap());
    let port = station.untrusted.port();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    let reply = Answer::parse(&reply);
    assert_eq!(reply.status, 200);
    let policy = reply.header("content-security-policy");
    assert!(policy.contains(&format!("script-src https://localhost:{port}/-/")), "{policy}");
}

#[test]
fn the_main_origin_shows_no_page_of_strangers() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    for file in ["page", "drawing", "package"] {
        let reply = browser.get(&format!("/demo/blob/{file}"));
        assert_eq!(reply.status, 200, "{file}");
        assert!(reply.header("content-disposition").starts_with("attachment"), "{file}");
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains(" sandbox;"), "{policy}");
        assert!(!policy.contains("allow-"), "{policy}");
    }
}

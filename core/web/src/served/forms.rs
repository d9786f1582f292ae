//! Forms with files, streamed.

use super::Station;
use super::client::{Answer, Browser};

fn part(name: &str, file: Option<&str>, value: &str) -> String {
    let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: text/csv")).unwrap_or_default();
    format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
}

fn send(browser: &mut Browser, parts: &[String]) -> Answer {
    let body = format!("{}--xyz--\r\n", parts.concat());
    let origin = format!("http://{}", browser.host());
    browser.send(
        "POST",
        "/demo/save",
        &body,
        &[("Origin", &origin), ("Content-Type", "multipart/form-data; boundary=xyz")],
    )
}

#[test]
fn files_and_fields_reach_the_plugin() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let token = browser.get("/demo").token("/demo/save");
    let big = "đ".repeat(1_000_000);
    let parts = [
        part("_token", None, &token),
        part("title", None, "Số đỏ"),
        part("file", Some("C:\\sách\\danh mục.csv"), &big),
        part("none", Some(""), ""),
        part("last", None, "1"),
    ];
    let page = send(&mut browser, &parts);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("[title=Số đỏ,last=1] [file:danh mục.csv:2000000]"), "{}", page.body);
}

#[test]
fn a_signed_in_sender_of_too_much_reads_why() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/demo").token("/demo/save");
    // Far more than what the buffers of two sockets hold: without being read it would not
    // be sent, and the reply would be lost in the reset.
    let file = part("file", Some("phim.mp4"), &"x".repeat(64 << 20));
    let page = send(&mut browser, &[part("_token", None, &token), file]);
    assert_eq!(page.status, 413, "{}", page.head);
    assert!(page.body.contains("</html>"), "the whole page came");
}

#[test]
fn the_sender_of_a_file_without_a_place_reads_why() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let token = browser.get("/demo").token("/demo/save");
    // Within what the route takes, and more than the sockets' buffers.
    let file = part("file", Some("no-room"), &"x".repeat(900 << 10));
    let page = send(&mut browser, &[part("_token", None, &token), file]);
    assert_eq!(page.status, 507, "{}", page.head);
    assert!(page.body.contains("</html>"), "the whole page came");
}

#[test]
fn nothing_is_kept_for_a_form_without_its_token() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let token = browser.get("/demo").token("/demo/save");
    let file = part("file", Some("a.csv"), "x");
    assert_eq!(send(&mut browser, &[file.clone(), part("_token", None, &token)]).status, 403);
    assert_eq!(send(&mut browser, &[part("_token", None, "AAAA"), file]).status, 403);
    assert_eq!(send(&mut browser, &[]).status, 403);
}

#[test]
fn broken_forms_are_told_apart_from_failures() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.get("/demo");
    let origin = format!("http://{}", browser.host());
    for (media_type, body) in [
        ("multipart/form-data; boundary=xyz", "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end"),
        ("multipart/form-data", "x"),
        ("text/plain", "_token=x"),
        ("application/x-www-form-urlencoded", "_token=\u{fffd}"),
    ] {
        let status =
            browser.send("POST", "/demo/save", body, &[("Origin", &origin), ("Content-Type", media_type)]).status;
        assert!(matches!(status, 400 | 403 | 415), "{media_type}: {status}");
    }
}

//! tus over real sockets, case by case.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Station;
use super::client::{Answer, Browser};

const OFFSET: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

/// Somebody who may send, with the token of the plugin's page.
struct Sender {
    browser: Browser,
    token: String,
}

impl Sender {
    fn new(station: &Station) -> Self {
        let mut browser = Browser::new(station.http);
        browser.sign_in("lan.nguyen", "dừa xanh bến tre");
        let token = browser.get("/demo").token("/demo/save");
        assert!(!token.is_empty());
        Self { browser, token }
    }

    fn send(&mut self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.browser.host());
        let token = self.token.clone();
        let mut all = vec![("Tus-Resumable", "1.0.0"), ("Origin", &origin), ("Tram-Token", &token)];
        all.retain(|(name, _)| !headers.iter().any(|(other, _)| other == name));
        all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
        self.browser.send(method, path, body, &all)
    }

    fn begin(&mut self, name: &str, size: u64) -> Answer {
        self.begin_as("demo", "lesson", name, size)
    }

    fn begin_as(&mut self, plugin: &str, upload: &str, name: &str, size: u64) -> Answer {
        let metadata = metadata(plugin, upload, name);
        self.send("POST", "/upload/", "", &[("Upload-Length", &size.to_string()), ("Upload-Metadata", &metadata)])
    }

    fn patch(&mut self, place: &str, offset: u64, body: &str) -> Answer {
        self.send("PATCH", place, body, &[OFFSET, ("Upload-Offset", &offset.to_string())])
    }

    fn at(&mut self, place: &str) -> u64 {
        let head = self.send("HEAD", place, "", &[]);
        assert_eq!((head.status, head.header("cache-control")), (200, "no-store"), "{}", head.head);
        head.header("upload-offset").parse().unwrap()
    }
}

fn metadata(plugin: &str, upload: &str, name: &str) -> String {
    [("plugin", plugin), ("upload", upload), ("filename", name), ("filetype", "video/mp4")]
        .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)))
        .join(",")
}

#[test]
fn an_upload_from_its_beginning_into_a_form() {
    let station = Station::ready();
    let mut sender = Sender::new(&station);
    let options = Browser::new(station.http).send("OPTIONS", "/upload/", "", &[]);
    assert_eq!(options.status, 204);
    assert_eq!(options.header("tus-version"), "1.0.0");
    assert_eq!(options.header("tus-extension"), "creation,creation-with-upload,termination,expiration,checksum");
    assert_eq!(options.header("tus-checksum-algorithm"), "sha256,sha1");
    assert!(options.header("tus-max-size").parse::<u64>().unwrap() > 1 << 30);

    let begun = sender.begin("Bài 5/Bài giảng.mp4", 11);
    assert_eq!(begun.status, 201, "{}", begun.body);
    let place = begun.header("location").to_owned();
    assert!(place.starts_with("/upload/") && begun.header("upload-expires").ends_with("GMT"), "{}", begun.head);
    let piece = sender.patch(&place, 0, "hello");
    assert_eq!((piece.status, piece.header("upload-offset")), (204, "5"), "{}", piece.body);
    let head = sender.send("HEAD", &place, "", &[]);
    assert_eq!((head.header("upload-offset"), head.header("upload-length")), ("5", "11"));
    assert!(head.header("upload-metadata").contains(&STANDARD.encode("Bài 5/Bài giảng.mp4")));
    let listed = sender.send("GET", "/upload/?plugin=demo&upload=lesson", "", &[("Accept", "application/json")]);
    assert!(listed.body.contains("\"offset\":5") && listed.body.contains("Bài giảng.mp4"), "{}", listed.body);

    let id = place.trim_start_matches("/upload/").to_owned();
    let value = format!("tram-upload:{id}");
    let token = sender.token.clone();
    let early = sender.browser.post("/demo/save", &token, &[("file", &value)]);
    assert_eq!(early.status, 409, "not finished");
    assert_eq!(sender.patch(&place, 5, " world").header("upload-offset"), "11");
    let page = sender.browser.get("/upload/");
    assert!(page.body.contains("Bài 5/Bài giảng.mp4") && page.body.contains("đã gửi xong"), "{}", page.body);
    let saved = sender.browser.post("/demo/save", &token, &[("title", "Bài 5"), ("file", &value)]);
    assert!(saved.body.contains("[title=Bài 5] [file:Bài 5/Bài giảng.mp4:11]"), "{}", saved.body);
    let text = sender.browser.post("/demo/save", &token, &[("file", "tram-upload:nonsense")]);
    assert_eq!(text.status, 409);
}

#[test]
fn what_the_protocol_refuses() {
    let station = Station::ready();
    let mut sender = Sender::new(&station);
    let place = sender.begin("a.mp4", 10).header("location").to_owned();
    assert_eq!(sender.patch(&place, 3, "abc").status, 409);
    for (method, path) in [("POST", "/upload/"), ("HEAD", &*place), ("PATCH", &*place), ("DELETE", &*place)] {
        for version in ["", "0.2.2"] {
            let refused = sender.send(method, path, "", &[("Tus-Resumable", version)]);
            assert_eq!((refused.status, refused.header("tus-version")), (412, "1.0.0"), "{method} {version}");
        }
    }
    assert_eq!(
        sender.send("PATCH", &place, "abc", &[("Upload-Offset", "0"), ("Content-Type", "text/plain")]).status,
        415
    );
    assert_eq!(sender.send("PATCH", &place, "abc", &[OFFSET]).status, 400);
    assert_eq!(sender.patch(&place, 0, "eleven bytes").status, 413);
    assert_eq!(sender.at(&place), 0, "nothing of all that counts");
    for (headers, status) in [
        (vec![("Upload-Length", "x")], 400),
        (vec![], 400),
        (vec![("Upload-Defer-Length", "1")], 400),
        (vec![("Upload-Length", "1"), ("Upload-Metadata", "filename %%%")], 400),
    ] {
        assert_eq!(sender.send("POST", "/upload/", "", &headers).status, status, "{headers:?}");
    }
    assert_eq!(sender.send("PUT", "/upload/", "", &[]).status, 405);
    assert_eq!(sender.send("GET", &place, "", &[]).status, 404, "nobody reads it before it is kept");
    let gone = "/upload/00000000000000000000000000";
    assert_eq!(sender.send("HEAD", gone, "", &[]).status, 404);
    assert_eq!(sender.patch(gone, 0, "a").status, 404);
    assert_eq!(sender.send("DELETE", &place, "", &[]).status, 204);
    assert_eq!(sender.send("HEAD", &place, "", &[]).status, 404);
    assert_eq!(sender.send("DELETE", &place, "", &[]).status, 404);
}

#[test]
fn checksums_and_bytes_with_the_beginning() {
    let station = Station::ready();
    let mut sender = Sender::new(&station);
    let place = sender.begin("a.mp4", 22).header("location").to_owned();
    let right = "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=";
    let checked = |sender: &mut Sender, offset: &str, body: &str, checksum: &str| {
        sender.send("PATCH", &place, body, &[OFFSET, ("Upload-Offset", offset), ("Upload-Checksum", checksum)])
    };
    assert_eq!(checked(&mut sender, "0", "hello there", right).status, 460);
    assert_eq!(sender.at(&place), 0);
    assert_eq!(checked(&mut sender, "0", "hello world", "md5 XrY7u+Ae7tCTyyK7j1rNww==").status, 400);
    assert_eq!(checked(&mut sender, "0", "hello world", right).header("upload-offset"), "11");
    let sha256 = "sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";
    assert_eq!(checked(&mut sender, "11", "hello world", sha256).header("upload-offset"), "22");
    let metadata = metadata("demo", "lesson", "b.mp4");
    let headers = [OFFSET, ("Upload-Length", "9"), ("Upload-Metadata", &metadata)];
    let begun = sender.send("POST", "/upload/", "hello", &headers);
    assert_eq!((begun.status, begun.header("upload-offset")), (201, "5"), "{}", begun.body);
    let place = begun.header("location").to_owned();
    assert_eq!(sender.patch(&place, 5, "more").header("upload-offset"), "9");
    let by_override = [("X-HTTP-Method-Override", "DELETE")];
    assert_eq!(sender.send("POST", &place, "", &by_override).status, 204);
    assert_eq!(sender.begin("empty", 0).status, 201);
}

#[test]
fn uploads_are_the_senders_and_the_pages() {
    let station = Station::ready();
    let mut sender = Sender::new(&station);
    let place = sender.begin("a.mp4", 10).header("location").to_owned();
    // The walls of every unsafe request.
    assert_eq!(sender.send("POST", "/upload/", "", &[("Origin", "http://evil.example")]).status, 403);
    assert_eq!(sender.send("PATCH", &place, "", &[("Origin", "")]).status, 403);
    for token in ["", "AAAA"] {
        let headers = [OFFSET, ("Upload-Offset", "0"), ("Tram-Token", token)];
        assert_eq!(sender.send("PATCH", &place, "hello", &headers).status, 403);
        assert_eq!(sender.send("DELETE", &place, "", &[("Tram-Token", token)]).status, 403);
        let list = [("Accept", "application/json"), ("Tram-Token", token)];
        assert_eq!(sender.send("GET", "/upload/?plugin=demo&upload=lesson", "", &list).status, 403);
    }
    // What the person may.
    assert_eq!(sender.begin_as("demo", "other", "a", 1).status, 403);
    assert_eq!(sender.begin_as("demo", "nothing", "a", 1).status, 404);
    let big = sender.begin("a", 4_000_000);
    assert!(big.status == 413 && big.body.contains("MB"), "{}", big.body);
    let program = sender.begin("game.exe", 10);
    assert!(program.status == 422 && program.body.contains("Không nhận chương trình."), "{}", program.body);
    let huge = sender.send(
        "POST",
        "/upload/",
        "",
        &[("Upload-Length", "99999999999999"), ("Upload-Metadata", &metadata("demo", "lesson", "a"))],
    );
    assert_eq!(huge.status, 413);
    // Others.
    let mut teacher = Browser::new(station.http);
    teacher.sign_in("giao.vien", "phấn trắng bảng đen");
    let token = teacher.get("/demo").token("/demo/save");
    let mut teacher = Sender { browser: teacher, token };
    assert_eq!(teacher.begin("a", 1).status, 403);
    assert_eq!(teacher.send("HEAD", &place, "", &[]).status, 404);
    assert_eq!(teacher.patch(&place, 0, "x").status, 404);
    let mut nobody = Sender { browser: Browser::new(station.http), token: String::new() };
    assert_eq!(nobody.begin("a", 1).status, 401);
    assert_eq!(nobody.browser.get("/upload/").header("location"), "/sign-in?back=%2Fupload%2F");
    assert_eq!(sender.at(&place), 0);
}

#[test]
fn a_dropped_connection_leaves_no_lock_and_what_came_counts() {
    use std::io::Write;
    let station = Station::ready();
    let mut sender = Sender::new(&station);
    let place = sender.begin("a.mp4", 1_000_000).header("location").to_owned();
    let cookies: Vec<String> = sender.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "PATCH {place} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {}\r\nTram-Token: {}\r\n\
         Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: 1000000\r\n\r\n",
        cookies.join("; "),
        sender.token,
        host = sender.browser.host(),
    );
    // One that hangs without a word: the other side is gone, and nobody was told.
    let mut hanging = std::net::TcpStream::connect(station.http).unwrap();
    hanging.write_all(head.as_bytes()).unwrap();
    hanging.write_all(&[b'a'; 400_000]).unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    // The list tells without taking the turn.
    let list = [("Accept", "application/json")];
    while sender.send("GET", "/upload/?plugin=demo&upload=lesson", "", &list).body.contains("\"offset\":0,") {
        assert!(std::time::Instant::now() < until, "nothing came");
    }
    let at = sender.at(&place);
    assert!(at >= 128 * 1024, "what came before is told: {at}");
    let rest = "b".repeat(usize::try_from(1_000_000 - at).unwrap());
    let done = sender.patch(&place, at, &rest);
    assert_eq!((done.status, done.header("upload-offset")), (204, "1000000"), "{}", done.body);
    drop(hanging);
    // One that closes: all that came is kept.
    let place = sender.begin("b.mp4", 1_000_000).header("location").to_owned();
    let mut closing = std::net::TcpStream::connect(station.http).unwrap();
    closing.write_all(head.replace(head.split(' ').nth(1).unwrap(), &place).as_bytes()).unwrap();
    closing.write_all(&[b'a'; 300_001]).unwrap();
    closing.shutdown(std::net::Shutdown::Write).unwrap();
    let mut seen = Vec::new();
    let _ = std::io::Read::read_to_end(&mut closing, &mut seen);
    assert_eq!(sender.at(&place), 300_001);
}

//! Heads and bodies that are too long, too slow, or framed twice.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Station;
use super::client::{Answer, Browser, raw};

#[test]
fn a_request_framed_twice_is_refused_and_the_connection_closed() {
    let station = Station::ready();
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: identity, chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4 4\r\n",
    ] {
        let request = format!("POST /demo/save HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n0\r\n\r\n{smuggled}");
        let answer = raw(station.http, request.as_bytes());
        assert!(matches!(answer.status, 400 | 403 | 415 | 501), "{framing}: {}", answer.head);
        // Whatever the first was, the rest is never taken for a second request.
        assert_eq!(answer.body.matches("HTTP/1.1 ").count(), 0, "{framing}: {}", answer.body);
    }
}

#[test]
fn two_hosts_are_one_too_many() {
    let station = Station::ready();
    let answer = raw(station.http, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
    assert_eq!(answer.status, 400);
}

#[test]
fn long_heads_and_addresses_are_refused() {
    let station = Station::ready();
    let long = "a".repeat(40_000);
    let head = raw(station.http, format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}\r\n\r\n").as_bytes());
    assert_eq!(head.status, 431, "{}", head.head);
    let many = "X-A: b\r\n".repeat(100);
    assert_eq!(raw(station.http, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n").as_bytes()).status, 431);
    let address =
        format!("GET /search?q={} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "a".repeat(9_000));
    assert_eq!(raw(station.http, address.as_bytes()).status, 414);
}

#[test]
fn slow_heads_and_silent_connections_are_cut_off() {
    let station = Station::ready();
    let began = Instant::now();
    let silent = TcpStream::connect(station.http).unwrap();
    let mut slow = TcpStream::connect(station.http).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    let handshake = TcpStream::connect(station.https).unwrap();
    for (name, mut stream) in [("handshake", handshake), ("silent", silent), ("slow", slow)] {
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let mut reply = Vec::new();
        let read = stream.read_to_end(&mut reply);
        assert!(read.is_ok(), "{name} was kept for {:?}", began.elapsed());
        let status = Answer::parse(&reply).status;
        assert!(matches!(status, 0 | 408), "{name}: {status}");
    }
    assert!(began.elapsed() < Duration::from_secs(35));
    assert_eq!(Browser::new(station.http).get("/").status, 200, "others are served meanwhile");
}

#[test]
fn a_body_that_stops_is_cut_off() {
    let station = Station::ready();
    let mut stream = TcpStream::connect(station.http).unwrap();
    let head = "POST /demo/save HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n_token=";
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert_eq!(Answer::parse(&reply).status, 408);
}

#[test]
fn a_body_larger_than_its_route_is_refused_before_it_is_sent() {
    let station = Station::ready();
    let ask = |path: &str, length: u64| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        raw(station.http, head.as_bytes()).status
    };
    assert_eq!(ask("/demo/save", 4_000_000), 413);
    assert_eq!(ask("/sign-in", 2_000_000), 413);
    assert_eq!(ask("/people/import", 2_000_000), 413, "files only from those who may");
    assert_eq!(ask("/api/demo/v1/echo", 2_000_000), 413);
}

#[test]
fn a_chunked_body_is_counted_as_it_comes() {
    let station = Station::ready();
    let mut request = b"POST /api/demo/v1/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_vec();
    let piece = vec![b'a'; 65_536];
    for _ in 0..20 {
        request.extend(b"10000\r\n");
        request.extend(&piece);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    let answer = raw(station.http, &request);
    // A client that goes on sending may see the connection closed before the reply.
    assert!(matches!(answer.status, 413 | 0), "{}", answer.head);
}

#[test]
fn heads_match_their_bodies_lengths() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let get = browser.get("/demo");
    assert_eq!(get.header("content-length"), get.body.len().to_string());
    let head = browser.send("HEAD", "/demo", "", &[]);
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_ne!(head.header("content-length"), "0");
    assert_eq!(browser.send("DELETE", "/demo", "", &[]).header("allow"), "GET");
    assert_eq!(browser.send("TRACE", "/demo", "", &[]).status, 405);
}

#[test]
fn a_reader_who_stalls_is_let_go() {
    let station = Station::ready();
    let mut stream = TcpStream::connect(station.http).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    // Asks for much, reads nothing: in the end neither side can write.
    let page = Browser::new(station.http).get("/demo").body.len();
    let ask = b"GET /demo HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
    let mut asked = 0;
    while stream.write_all(&ask).is_ok() {
        asked += 500;
        assert!(asked < 1_000_000, "it reads on and on");
    }
    let began = Instant::now();
    assert_eq!(Browser::new(station.http).get("/").status, 200, "others are served meanwhile");
    // What the system had taken over still comes, then the end of it.
    std::thread::sleep(Duration::from_secs(33));
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reply = Vec::new();
    let ended = stream.read_to_end(&mut reply);
    let reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    assert!(ended.as_ref().is_ok() || ended.as_ref().is_err_and(reset), "{ended:?} after {:?}", began.elapsed());
    assert!(reply.len() < asked * page, "everything was sent");
}

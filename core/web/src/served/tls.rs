//! TLS as a device sees it that installed the station's root.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Station;
use super::client::{Answer, Browser};

fn connect(
    station: &Station,
    name: &str,
    protocol: &[u8],
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let root = std::fs::read(station.data.path().join("tls/root.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&root).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let connection = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(station.https)?);
    stream.flush()?;
    Ok(stream)
}

fn get(station: &Station, name: &str, path: &str, cookie: &str) -> Answer {
    let mut stream = connect(station, name, b"http/1.1").unwrap();
    stream
        .write_all(
            format!("GET {path} HTTP/1.1\r\nHost: {name}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    Answer::parse(&reply)
}

#[test]
fn a_device_with_the_root_trusts_every_name_of_the_station() {
    let station = Station::ready();
    for name in ["localhost", "tram.local", "127.0.0.1"] {
        let page = get(&station, name, "/", "");
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.header("strict-transport-security"), "");
    }
    assert!(connect(&station, "evil.example", b"http/1.1").is_err(), "the root names nothing else");
}

#[test]
fn cookies_over_tls_are_its_own() {
    let station = Station::ready();
    let page = get(&station, "localhost", "/sign-in", "");
    assert!(page.head.contains("__Host-tram-device=") && page.head.contains("; Secure"), "{}", page.head);
    // A session of the plain address is none here.
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let session = browser.cookies.iter().find(|(name, _)| name == "tram-http").unwrap().1.clone();
    assert_eq!(get(&station, "localhost", "/me", &format!("tram-http={session}")).status, 303);
}

#[test]
fn http_2_is_offered() {
    let station = Station::ready();
    let mut stream = connect(&station, "localhost", b"h2").unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(b"h2".as_slice()));
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[3], 4, "the server's SETTINGS");
}

#[test]
fn a_device_is_counted_once_its_picture_came() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.get("/tls");
    let page = browser.get("/tls");
    let policy = page.header("content-security-policy").to_owned();
    let origin = format!("https://localhost:{}", station.https.port());
    assert!(policy.split("; ").any(|part| part.starts_with("img-src") && part.contains(&origin)), "{policy}");
    let ticket = page.body.split("/tls/seen.svg?d=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(station.people.devices().unwrap(), (0, 0), "looking counts nothing");
    browser.get(&format!("/tls/seen.svg?bad=1&d={ticket}"));
    assert_eq!(station.people.devices().unwrap(), (0, 1));
    get(&station, "localhost", &format!("/tls/seen.svg?d={ticket}"), "");
    assert_eq!(station.people.devices().unwrap(), (1, 1));
    get(&station, "localhost", &format!("/tls/seen.svg?d={}", "a".repeat(64)), "");
    assert_eq!(station.people.devices().unwrap(), (1, 1), "a ticket of nobody's");
}

#[test]
fn the_root_is_handed_out_for_each_system() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    assert_eq!(browser.get("/tls/tram.crt").header("content-type"), "application/x-x509-ca-cert");
    let profile = browser.get("/tls/tram.mobileconfig");
    assert!(profile.body.contains("com.apple.security.root"));
    let zalo = browser.send("GET", "/tls", "", &[("User-Agent", "Mozilla/5.0 (Linux; Android 13) Zalo/1.0")]);
    assert!(zalo.body.contains("Mở bằng trình duyệt") && zalo.body.contains("Cài đặt chứng chỉ, rồi Chứng chỉ CA"));
}

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
    connect_trusting(station, &root, name, protocol)
}

fn connect_trusting(
    station: &Station,
    root: &[u8],
    name: &str,
    protocol: &[u8],
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let mut stream = StreamOwned::new(client(root, name, protocol), TcpStream::connect(station.https)?);
    stream.flush()?;
    Ok(stream)
}

/// The client's side of TLS, trusting one root.
pub(super) fn client(root: &[u8], name: &str, protocol: &[u8]) -> ClientConnection {
    let config = config(root, protocol);
    ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap()
}

fn config(root: &[u8], protocol: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    config
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

#[test]
fn http_2_carries_requests_side_by_side_and_forms() {
    use http_body_util::{BodyExt, Full};
    use hyper::client::conn::http2;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let station = Station::ready();
    let root = std::fs::read(station.data.path().join("tls/root.pem")).unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config(&root, b"h2")));
    let authority = format!("localhost:{}", station.https.port());
    station.runtime.as_ref().unwrap().block_on(async {
        let stream = tokio::net::TcpStream::connect(station.https).await.unwrap();
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let ask = |method: &str, path: &str, cookie: &str, body: String| {
            let mut sender = sender.clone();
            let mut request = hyper::Request::builder();
            // Each pair as a field of its own, as browsers send them over HTTP/2.
            for pair in cookie.split("; ") {
                request = request.header("cookie", pair);
            }
            let request = request
                .method(method)
                .uri(format!("https://{authority}{path}"))
                .header("origin", format!("https://{authority}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Full::new(bytes::Bytes::from(body)))
                .unwrap();
            async move {
                let reply = sender.send_request(request).await.unwrap();
                let (head, body) = reply.into_parts();
                (head, String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
            }
        };
        // More than one stream may have in flight, all on the one connection.
        let mut open = tokio::task::JoinSet::new();
        for turn in 0..60 {
            open.spawn(ask("GET", ["/demo", "/healthz", "/sign-in"][turn % 3], "", String::new()));
        }
        while let Some(done) = open.join_next().await {
            let (head, body) = done.unwrap();
            assert_eq!((head.status.as_u16(), head.version), (200, hyper::Version::HTTP_2));
            assert!(!body.is_empty());
        }
        // A sign-in from the form to the page behind it.
        let (head, page) = ask("GET", "/sign-in", "", String::new()).await;
        let device = head.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let token = Answer::parse(format!("HTTP/1.1 200 OK\r\n\r\n{page}").as_bytes()).token("/sign-in");
        let secret = crate::query::encode("dừa xanh bến tre");
        let (head, _) =
            ask("POST", "/sign-in", &device, format!("_token={token}&name=lan.nguyen&secret={secret}")).await;
        assert_eq!(head.status.as_u16(), 303);
        let session = head
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|cookie| cookie.to_str().unwrap())
            .find(|cookie| cookie.starts_with("__Host-tram="))
            .unwrap_or_else(|| panic!("a session: {head:?}"));
        let cookies = format!("{device}; {}", session.split(';').next().unwrap());
        let (head, page) = ask("GET", "/me", &cookies, String::new()).await;
        assert_eq!(head.status.as_u16(), 200);
        assert!(page.contains("Nguyễn Thị Lan"));
    });
}

/// A certificate of somebody's own authority: the root, the chain and the key, PEM.
fn foreign(name: &str) -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let root_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(params, root_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (root, leaf.pem(), key.serialize_pem())
}

#[test]
fn an_uploaded_certificate_serves_its_own_name_and_the_stations_goes_on() {
    let station = Station::ready();
    let console = tram_people::Principal::console("vi");
    station.people.change_station(&console, |known| known.names = vec!["thcs.example.vn".into()]).unwrap();
    let (root, chain, key) = foreign("thcs.example.vn");
    assert!(connect_trusting(&station, root.as_bytes(), "thcs.example.vn", b"http/1.1").is_err(), "not there yet");
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/admin/certificate").token("/admin/certificate");
    // A key that is another one's, then text that is none.
    let (_, _, other) = foreign("thcs.example.vn");
    for wrong in [other.as_str(), "không phải khoá"] {
        let page = browser.post("/admin/certificate", &token, &[("chain", &chain), ("key", wrong)]);
        assert_eq!(page.status, 422, "{}", page.head);
        assert!(page.body.contains("role=\"alert\""));
    }
    assert!(connect_trusting(&station, root.as_bytes(), "thcs.example.vn", b"http/1.1").is_err());
    let page = browser.post("/admin/certificate", &token, &[("chain", &chain), ("key", &key)]);
    assert_eq!(page.status, 303, "{}", page.body);
    let mut stream = connect_trusting(&station, root.as_bytes(), "thcs.example.vn", b"http/1.1").unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: thcs.example.vn\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert_eq!(Answer::parse(&reply).status, 200);
    // Whoever trusts the station's root still reaches it by its own names.
    assert_eq!(get(&station, "tram.local", "/", "").status, 200);
    assert!(connect(&station, "thcs.example.vn", b"http/1.1").is_err());
}

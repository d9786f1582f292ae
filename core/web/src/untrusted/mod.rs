//! The untrusted listener: sends files of packages (H5P, SCORM, HTML, books, PDF) to
//! frames in the station's pages. It reads no cookie, knows nobody, changes nothing, and
//! gives every document an origin that is nobody's. What it gives is named in the
//! address by a [`token`], and by nothing else.
//!
//! Its port is no wall: cookies do not see ports. The walls are `CSP: sandbox`, and the
//! main listener, which refuses unsafe requests of the origin `null`.

mod flat;
mod inject;
mod players;
mod policy;
pub(crate) mod token;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use maud::{DOCTYPE, html};
use tram_host::BlobRef;

use crate::language::Language;
use crate::messages::say;
use crate::plugin_route::{self, Range};
use crate::query;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Peer;
use crate::walls::names;

pub(crate) use players::Players;
pub(crate) use policy::FRAME;
use token::{Kind, Ticket};

/// Path of a player's own page below a name; no package can hold such a file's path.
const PLAYER: &str = "~/";
/// Path of a PDF's bytes below its name.
const WHOLE: &str = "~/file";

/// What the listener shares with the pages that show its content.
#[derive(Debug)]
pub(crate) struct Untrusted {
    /// The port that speaks both HTTP and TLS.
    port: u16,
    key: [u8; 32],
    indexes: flat::Indexes,
}

impl Untrusted {
    /// Of a station whose forms have this key; names stay good over a restart.
    pub(crate) fn new(port: u16, forms: &[u8; 32]) -> Self {
        let key = blake3::derive_key("tram 2026-11 names of the untrusted listener", forms);
        Self { port, key, indexes: flat::Indexes::default() }
    }

    /// The address of a name as a page reaches it: the page's own scheme and host, this
    /// port. None when the page was reached by no host name that can be written so.
    pub(crate) fn address(&self, tls: bool, host: &str, ticket: &Ticket) -> Option<String> {
        let name = token::name(&self.key, ticket, tram_journal::clock::now().unix_ms);
        Some(format!("{}/{name}/", origin(tls, host, Some(self.port))?))
    }
}

/// Where the frame of a viewer begins, below its name.
pub(crate) fn entry(kind: Kind, entry: &str) -> String {
    match kind {
        Kind::Html => {
            // The page of a package may be asked for with a query or a place in it.
            let at = entry.find(['?', '#']).unwrap_or(entry.len());
            let (path, rest) = entry.split_at(at);
            let path: Vec<String> = path.split('/').map(query::encode).collect();
            format!("{}{rest}", path.join("/"))
        }
        _ => PLAYER.to_owned(),
    }
}

/// `http://tram.local:8081`; only letters that cannot end a source of a policy.
fn origin(tls: bool, host: &str, port: Option<u16>) -> Option<String> {
    let bracket = host.rfind(']').map_or(0, |at| at + 1);
    let (name, own) = match host.get(bracket..)?.find(':') {
        Some(at) => host.split_at(bracket + at),
        None => (host, ""),
    };
    let plain = |text: &str, more: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b));
    if name.is_empty() || !plain(name, "-._:[]") || !plain(own, ":") {
        return None;
    }
    let scheme = if tls { "https" } else { "http" };
    Some(match port {
        Some(port) => format!("{scheme}://{name}:{port}"),
        None => format!("{scheme}://{name}{own}"),
    })
}

/// Answers a request; never fails, whatever comes.
///
/// # Errors
/// None.
pub(crate) async fn answer(
    site: Arc<Site>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let head_only = request.method() == Method::HEAD;
    let mut reply = take(site, peer, &request).await;
    if !reply.headers().contains_key(header::CONTENT_SECURITY_POLICY) {
        policy::secure(reply.headers_mut(), "sandbox; default-src 'none'");
    }
    let length = reply.body().length();
    if !matches!(reply.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        reply.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head_only {
        *reply.body_mut() = Body::empty();
    }
    Ok(reply)
}

async fn take(site: Arc<Site>, peer: Peer, request: &Request<Incoming>) -> Response<Body> {
    if request.method() == Method::OPTIONS {
        return preflight();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut reply = bare(StatusCode::METHOD_NOT_ALLOWED);
        reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        return reply;
    }
    let path = request.uri().path().to_owned();
    if path.starts_with(players::PLACE) {
        return Players::get().answer(&path, request.headers()).unwrap_or_else(|| bare(StatusCode::NOT_FOUND));
    }
    let host = request
        .uri()
        .authority()
        .map(|authority| authority.as_str().to_owned())
        .or_else(|| request.headers().get(header::HOST)?.to_str().ok().map(str::to_owned))
        .unwrap_or_default();
    if request.headers().get_all(header::HOST).iter().count() > 1
        || !names::is_allowed(&host, &site.facts().names, peer.local)
    {
        return bare(StatusCode::MISDIRECTED_REQUEST);
    }
    let Some(origin) = origin(peer.tls, &host, None) else { return bare(StatusCode::BAD_REQUEST) };
    let headers = request.headers().clone();
    let Some(turn) = site.limits.turn(true).await else { return bare(StatusCode::SERVICE_UNAVAILABLE) };
    let work = tokio::task::spawn_blocking(move || {
        let reply = Asked { site: &site, origin: &origin, headers: &headers }.file(&path);
        drop(turn);
        reply
    });
    work.await.unwrap_or_else(|error| {
        log::error!("the work of the untrusted listener ended abnormally: {error}");
        bare(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// A range is asked for beforehand by browsers older than the rule that it need not be.
fn preflight() -> Response<Body> {
    let mut reply = bare(StatusCode::NO_CONTENT);
    let head = reply.headers_mut();
    head.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    head.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("range, if-range"));
    head.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    reply
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// A request for something under a name.
struct Asked<'a> {
    site: &'a Site,
    origin: &'a str,
    headers: &'a HeaderMap,
}

impl Asked<'_> {
    fn file(&self, path: &str) -> Response<Body> {
        self.found(path).unwrap_or_else(|| bare(StatusCode::NOT_FOUND))
    }

    fn found(&self, path: &str) -> Option<Response<Body>> {
        let (name, below) = path.strip_prefix('/')?.split_once('/')?;
        let untrusted = self.site.untrusted.as_ref()?;
        let ticket = token::read(&untrusted.key, name, tram_journal::clock::now().unix_ms)?;
        // Asked each time: a file that was deleted, or whose plugin was switched off, is gone.
        let blob = self.site.plugins.file(&ticket.plugin, &ticket.file)?;
        let own = format!("{}/{name}/", self.origin);
        let players = format!("{}{}", self.origin, Players::get().base());
        let policy = policy::policy(ticket.kind, &own, &players);
        let mut reply = match (below, ticket.kind) {
            (PLAYER, kind) if kind != Kind::Html => page(kind),
            (WHOLE, Kind::Pdf) => plugin_route::send_blob(&blob, self.headers, None),
            (_, Kind::Pdf) => return None,
            _ => self.part(untrusted, &blob, ticket.kind, &query::decode_path(below))?,
        };
        let head = reply.headers_mut();
        if ticket.kind == Kind::Pdf {
            head.remove(header::CONTENT_DISPOSITION);
        }
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=43200"));
        policy::secure(head, &policy);
        Some(reply)
    }

    /// A file of a flat package, or the range of it that is asked for.
    fn part(&self, untrusted: &Untrusted, blob: &BlobRef, kind: Kind, path: &str) -> Option<Response<Body>> {
        let other = |error: tram_host::Error| std::io::Error::other(error.to_string());
        let index = untrusted.indexes.of(&blob.id.to_string(), blob.size, || blob.open().map_err(other));
        let index = match index {
            Ok(index) => index,
            Err(error) => {
                log::warn!("a package was not opened: {error}");
                return None;
            }
        };
        let file = index.get(path)?;
        let etag = format!("\"{}-{}\"", blob.id, file.offset);
        let is = |name: HeaderName| self.headers.get(name).map(|value| value.as_bytes() == etag.as_bytes());
        if is(header::IF_NONE_MATCH) == Some(true) {
            return Some(bare(StatusCode::NOT_MODIFIED));
        }
        let media_type = media_type(&file.media_type);
        let mut content = blob.open().map_err(|error| log::error!("a file was not opened: {error}")).ok()?;
        let mut reply = Response::new(Body::empty());
        if let Some(script) = self.script(kind, &media_type) {
            let xhtml = media_type.starts_with("application/xhtml");
            let look = usize::try_from(file.size).unwrap_or(inject::LOOK).min(inject::LOOK);
            let start = read(&mut content, file.offset, look).ok()?;
            if let Some(at) = inject::place(&start, xhtml) {
                let (before, after) = start.split_at(at);
                let front = [before, script.as_bytes(), after].concat();
                let read = start.len() as u64;
                *reply.body_mut() =
                    Body::file_after(Bytes::from(front), content, file.offset + read, file.size - read);
                put(&mut reply, header::CONTENT_TYPE, &media_type);
                return Some(reply);
            }
        }
        let whole = is(header::IF_RANGE) == Some(false);
        let asked = self.headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| !whole);
        let (start, length) = match asked.map_or(Range::Whole, |asked| plugin_route::range(asked, file.size)) {
            Range::Whole => (0, file.size),
            Range::Part(start, length) => {
                *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
                let said = format!("bytes {start}-{}/{}", start + length - 1, file.size);
                put(&mut reply, header::CONTENT_RANGE, &said);
                (start, length)
            }
            Range::Wrong => {
                let mut reply = bare(StatusCode::RANGE_NOT_SATISFIABLE);
                put(&mut reply, header::CONTENT_RANGE, &format!("bytes */{}", file.size));
                return Some(reply);
            }
        };
        *reply.body_mut() = Body::file(content, file.offset + start, length);
        put(&mut reply, header::CONTENT_TYPE, &media_type);
        put(&mut reply, header::ETAG, &etag);
        put(&mut reply, header::ACCEPT_RANGES, "bytes");
        Some(reply)
    }

    /// What goes into a page of a package before its own scripts.
    fn script(&self, kind: Kind, media_type: &str) -> Option<String> {
        let page = media_type.starts_with("text/html") || media_type.starts_with("application/xhtml");
        let mark = match kind {
            Kind::Scorm => " data-scorm=\"\"",
            Kind::Html => "",
            _ => return None,
        };
        let base = Players::get().base();
        page.then(|| format!("<script src=\"{}{base}shim.js\"{mark}></script>", self.origin))
    }
}

fn read(content: &mut tram_host::BlobContent, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let mut bytes = vec![0; length];
    content.seek(SeekFrom::Start(offset))?;
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn put(reply: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

/// The type that an index says, when it is one; it is a stranger's word.
fn media_type(said: &str) -> String {
    let good = !said.is_empty() && said.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && said.contains('/');
    if good { said.to_owned() } else { "application/octet-stream".to_owned() }
}

/// The page of a player: everything in it is made by its scripts.
fn page(kind: Kind) -> Response<Body> {
    let base = Players::get().base();
    let document = html! {
        (DOCTYPE)
        html lang="vi" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Trạm" }
                link rel="stylesheet" href={ (base) "player.css" };
                @for script in Players::scripts(kind) { script src={ (base) (script) } defer {} }
            }
            body {
                div #player { }
                noscript {
                    @for language in Language::ALL {
                        p lang=(language.code()) { (say(language, "viewer.no-script")) }
                    }
                }
            }
        }
    };
    let mut reply = Response::new(Body::from(document.into_string()));
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_pages_host_and_this_port() {
        let at = |tls, host, port| origin(tls, host, port).unwrap_or_default();
        assert_eq!(at(false, "tram.local", Some(8081)), "http://tram.local:8081");
        assert_eq!(at(true, "10.0.0.5:8443", Some(8081)), "https://10.0.0.5:8081");
        assert_eq!(at(false, "[fe80::1]:80", Some(8081)), "http://[fe80::1]:8081");
        assert_eq!(at(false, "[::1]", Some(8081)), "http://[::1]:8081");
        assert_eq!(at(false, "tram.local:8081", None), "http://tram.local:8081");
        for wrong in ["", ":80", "a b", "tram.local:80; script-src *", "tram.local'", "a,b"] {
            assert_eq!(origin(false, wrong, Some(1)), None, "{wrong}");
        }
    }

    #[test]
    fn a_packages_page_is_written_as_an_address() {
        assert_eq!(entry(Kind::Html, "bài 1/index.html?a=b#c"), "b%C3%A0i%201/index.html?a=b#c");
        assert_eq!(entry(Kind::Scorm, "x.html"), "~/");
        assert_eq!(media_type("text/html\r\nset-cookie: a"), "application/octet-stream");
    }
}

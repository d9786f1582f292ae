//! The untrusted listener: sends files of packages (H5P, SCORM, HTML, books, PDF) to
//! frames in the station's pages. It reads no cookie, knows nobody, changes nothing, and
//! gives every document an origin that is nobody's. What it gives is named in the
//! address by a [`token`], and by nothing else.
//!
//! Its port is no wall: cookies do not see ports. The walls are `CSP: sandbox`, and the
//! main listener, which refuses unsafe requests of the origin `null`.

mod files;
mod flat;
mod inject;
mod players;
mod policy;
pub(crate) mod token;

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use maud::{DOCTYPE, html};

use crate::language::Language;
use crate::messages::say;
use crate::query;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Peer;
use crate::walls::names;

use files::Asked;
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
    let plain =
        |text: &str, more: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.as_bytes().contains(&b));
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
    let mut headers = request.headers().clone();
    // A range is for GET alone (RFC 9110 section 14.2).
    if request.method() == Method::HEAD {
        headers.remove(header::RANGE);
    }
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
    }
}

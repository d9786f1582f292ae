//! Routes of plugins: the call, and its reply in the station's hands.

use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::json;
use tram_contract::Text;
use tram_contract::manifest::Route;
use tram_host::{BlobRef, CallError, Reply, ReplyBody, Request};
use tram_people::Principal;

use crate::forms::Filled;
use crate::kept::Key;
use crate::render::links;
use crate::reply;
use crate::router::{inert, is_api};
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::headers;

/// Request headers that plugins see; none identifies a person or a device.
pub(crate) const SHOWN: [HeaderName; 6] = [
    header::HOST,
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
];

/// A request's route in a plugin.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) plugin: String,
    pub(crate) route: Arc<Route>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) below: String,
}

impl Call {
    fn base(&self) -> String {
        if self.plugin.contains('.') { format!("/x/{}", self.plugin) } else { format!("/{}", self.plugin) }
    }
}

/// Whether the principal is refused before the plugin runs and before a body is
/// read. The host asks again; this spares an upload that would be thrown away.
pub(crate) fn refusal(route: &Route, by: &Principal) -> Option<CallError> {
    match &route.permission {
        Some(permission) if !by.holds(permission) => {
            let permission = if by.person.is_some() { permission.clone() } else { String::new() };
            Some(CallError::Refused { permission })
        }
        None if !route.public && by.person.is_none() => Some(CallError::Refused { permission: String::new() }),
        _ => None,
    }
}

/// Makes the call and turns its reply into HTTP, compressed where that pays. An answer
/// that may be given again is kept under `key`.
pub(crate) fn answer(
    site: &Site,
    visit: &mut Visit,
    call: &Call,
    (filled, body): (Filled, Vec<u8>),
    key: Option<Key>,
) -> Response<Body> {
    let after = visit.session.as_ref().map(|(token, _)| site.people.own_write(token)).filter(|sequence| *sequence > 0);
    let request = Request {
        method: visit.method.as_str().to_owned(),
        path: call.below.clone(),
        params: call.params.clone(),
        query: visit.query.iter().filter(|(name, _)| name != "lang" && name != "theme").cloned().collect(),
        form: filled.fields,
        uploads: filled.uploads,
        body,
        headers: SHOWN
            .iter()
            .filter_map(|name| Some((name.as_str().to_owned(), visit.header(name)?.to_owned())))
            .collect(),
        after,
    };
    match site.plugins.call(&call.plugin, &call.route, request, &visit.principal) {
        Ok(mut answer) => {
            if let (Some(sequence), Some((token, _))) = (answer.committed, &visit.session) {
                site.people.note_own_write(token, sequence);
            }
            let basis = answer.basis.take();
            let asked = visit.tokens;
            let reply = carry(site, visit, call, answer);
            let reply = visit.shrink(reply);
            if let (Some(key), Some(basis)) = (key, basis)
                && visit.tokens == asked
            {
                site.kept.keep(key, basis, &reply);
            }
            reply
        }
        Err(error) => refused(site, visit, call, &error),
    }
}

/// A call that gave no reply.
pub(crate) fn refused(site: &Site, visit: &mut Visit, call: &Call, error: &CallError) -> Response<Body> {
    if let CallError::Trapped { reason } | CallError::Station { reason } = error {
        log::error!("{} {}: {reason}", call.plugin, call.route.id);
    }
    // The status of "the form went stale" and its like is the plugin's or the host's.
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let person_wanted = status == StatusCode::UNAUTHORIZED && !is_api(&call.route) && visit.is_safe();
    if person_wanted && !visit.wants_json() {
        return reply::see_other(&format!("/sign-in?back={}", crate::query::encode(&visit.address)));
    }
    problem(site, visit, call, status, error.text())
}

/// An error in the form that the route's callers read.
pub(crate) fn problem(site: &Site, visit: &mut Visit, call: &Call, status: StatusCode, text: Text) -> Response<Body> {
    if is_api(&call.route) {
        let document = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": visit.language.of_text(&text),
        });
        return reply::bytes(status, "application/problem+json", document.to_string());
    }
    reply::problem(site, visit, status, text)
}

fn carry(site: &Site, visit: &mut Visit, call: &Call, answer: Reply) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let base = call.base();
    let mut reply = match answer.body {
        ReplyBody::Page(page) => reply::plugin(site, visit, status, &base, &call.plugin, &page),
        ReplyBody::Bytes(bytes) => inert(status, Body::from(bytes)),
        ReplyBody::Empty => inert(status, Body::empty()),
        ReplyBody::Blob(blob) => send_blob(&blob, &visit.method, &visit.headers, None),
    };
    for (name, value) in answer.headers {
        set(reply.headers_mut(), &base, &name, &value);
    }
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED && !reply.headers().contains_key(header::LOCATION)
    {
        // It led elsewhere and was left out: the plugin's own page is the safe place.
        let base = HeaderValue::from_str(&base).unwrap_or(HeaderValue::from_static("/"));
        reply.headers_mut().insert(header::LOCATION, base);
    }
    reply
}

/// Sets one of a plugin's headers where it may.
fn set(to: &mut HeaderMap, base: &str, name: &str, value: &str) {
    let is_page = to.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let (name, value) = match name {
        "location" => match links::resolve(base, value) {
            Some(value) => (header::LOCATION, value),
            None => return,
        },
        // A page's type is the host's, and so is who may keep it.
        "content-type" | "cache-control" if is_page => return,
        "content-type" => (header::CONTENT_TYPE, value.to_owned()),
        "cache-control" => (header::CACHE_CONTROL, value.to_owned()),
        "content-disposition" => (header::CONTENT_DISPOSITION, value.to_owned()),
        "etag" => (header::ETAG, value.to_owned()),
        "last-modified" => (header::LAST_MODIFIED, value.to_owned()),
        "retry-after" => (header::RETRY_AFTER, value.to_owned()),
        _ => return,
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        to.insert(name, value);
    }
}

/// Sends a file, or the range of it that is asked for (RFC 9110 section 14.2; one range,
/// and by GET alone).
pub(crate) fn send_blob(
    blob: &BlobRef,
    method: &Method,
    request: &HeaderMap,
    cache: Option<&'static str>,
) -> Response<Body> {
    let etag = format!("\"{}\"", blob.id);
    let matches =
        |name: HeaderName| request.get(name).and_then(|value| value.to_str().ok()).map(|value| value.contains(&etag));
    let kept = matches(header::IF_NONE_MATCH) == Some(true);
    let whole = matches(header::IF_RANGE) == Some(false);
    let asked =
        request.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| !whole && method == Method::GET);
    let range = asked.map_or(Range::Whole, |asked| range(asked, blob.size));
    let mut reply = match (kept, range) {
        (true, _) => inert(StatusCode::NOT_MODIFIED, Body::empty()),
        (_, Range::Wrong) => {
            let mut reply = inert(StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
            put(&mut reply, header::CONTENT_RANGE, &format!("bytes */{}", blob.size));
            return reply;
        }
        (_, range) => {
            let (status, start, length) = match range {
                Range::Part(start, length) => (StatusCode::PARTIAL_CONTENT, start, length),
                _ => (StatusCode::OK, 0, blob.size),
            };
            match blob.open() {
                Ok(file) => {
                    let mut reply = inert(status, Body::file(file.into_file(), start, length));
                    if status == StatusCode::PARTIAL_CONTENT {
                        put(
                            &mut reply,
                            header::CONTENT_RANGE,
                            &format!("bytes {start}-{}/{}", start + length - 1, blob.size),
                        );
                    }
                    reply
                }
                Err(error) => {
                    log::error!("a file was not opened: {error}");
                    return inert(StatusCode::NOT_FOUND, Body::empty());
                }
            }
        }
    };
    put(&mut reply, header::CONTENT_TYPE, &blob.media_type);
    put(&mut reply, header::ETAG, &etag);
    put(&mut reply, header::ACCEPT_RANGES, "bytes");
    put(&mut reply, header::CACHE_CONTROL, cache.unwrap_or("private, no-cache"));
    let kind = if headers::is_viewable(&blob.media_type) { "inline" } else { "attachment" };
    put(&mut reply, header::CONTENT_DISPOSITION, &disposition(kind, &blob.name));
    reply
}

/// `attachment; filename*=UTF-8''…` (RFC 6266), with a plain name for old clients.
pub(crate) fn disposition(kind: &str, name: &str) -> String {
    if name.is_empty() {
        return kind.to_owned();
    }
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", crate::query::encode(name))
}

fn put(reply: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}

/// What a request wants of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// All of it.
    Whole,
    /// First byte and length.
    Part(u64, u64),
    /// Bytes that it has not.
    Wrong,
}

/// The one range of a header; several, or another unit, give the whole file.
pub(crate) fn range(header: &str, size: u64) -> Range {
    let Some(spec) = header.strip_prefix("bytes=").filter(|spec| !spec.contains(',')) else { return Range::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Range::Whole };
    let part = |start: u64, end: u64| {
        if start >= size || end < start { Range::Wrong } else { Range::Part(start, end.min(size - 1) - start + 1) }
    };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(end)) => part(start, end),
        (Ok(start), Err(_)) if last.is_empty() => part(start, u64::MAX),
        (Err(_), Ok(0)) => Range::Wrong,
        (Err(_), Ok(suffix)) if first.is_empty() => part(size.saturating_sub(suffix), u64::MAX),
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(range("bytes=0-99", 1000), Range::Part(0, 100));
        assert_eq!(range("bytes=900-", 1000), Range::Part(900, 100));
        assert_eq!(range("bytes=-10", 1000), Range::Part(990, 10));
        assert_eq!(range("bytes=-5000", 1000), Range::Part(0, 1000));
        assert_eq!(range("bytes=990-5000", 1000), Range::Part(990, 10));
        for wrong in ["bytes=1000-", "bytes=5-4", "bytes=-0"] {
            assert_eq!(range(wrong, 1000), Range::Wrong, "{wrong}");
        }
        for whole in ["bytes=0-1,5-6", "lines=1-2", "bytes=x-y", "bytes=5"] {
            assert_eq!(range(whole, 1000), Range::Whole, "{whole}");
        }
        assert_eq!(range("bytes=0-0", 0), Range::Wrong);
    }

    #[test]
    fn a_redirect_stays_in_the_station() {
        let mut headers = HeaderMap::new();
        set(&mut headers, "/catalogue", "location", "https://evil.example/");
        assert!(headers.is_empty());
        set(&mut headers, "/catalogue", "location", "records/1");
        assert_eq!(headers.get(header::LOCATION).map(HeaderValue::as_bytes), Some(b"/catalogue/records/1".as_slice()));
        set(&mut headers, "/catalogue", "set-cookie", "a=b");
        set(&mut headers, "/catalogue", "content-security-policy", "");
        assert_eq!(headers.len(), 1);
    }

    #[test]
    fn vietnamese_file_names_survive() {
        assert_eq!(disposition("inline", "sách.pdf"), "inline; filename=\"s_ch.pdf\"; filename*=UTF-8''s%C3%A1ch.pdf");
    }
}

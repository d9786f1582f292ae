//! Files under a name: of flat packages, of PDF, and the pages of players.

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use tram_host::BlobRef;

use super::players::Players;
use super::token::{self, Kind};
use super::{PLAYER, Untrusted, WHOLE, bare, inject, page, policy};
use crate::plugin_route::{self, Range};
use crate::query;
use crate::server::body::Body;
use crate::site::Site;

/// A request for something under a name.
pub(super) struct Asked<'a> {
    pub(super) site: &'a Site,
    /// The listener's origin as the request addressed it.
    pub(super) origin: &'a str,
    pub(super) headers: &'a HeaderMap,
}

impl Asked<'_> {
    /// The reply to a path; 404 for whatever is not there, is not proven or has ended.
    pub(super) fn file(&self, path: &str) -> Response<Body> {
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
            (WHOLE, Kind::Pdf) => plugin_route::send_blob(&blob, &Method::GET, self.headers, None),
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
                    Body::file_after(Bytes::from(front), content.into_file(), file.offset + read, file.size - read);
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
        *reply.body_mut() = Body::file(content.into_file(), file.offset + start, length);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_type_is_a_type_or_nothing() {
        assert_eq!(media_type("text/html; charset=utf-8"), "text/html; charset=utf-8");
        for wrong in ["", "html", "text/html\r\nset-cookie: a", "văn/bản"] {
            assert_eq!(media_type(wrong), "application/octet-stream", "{wrong}");
        }
    }
}

//! The shell's own files, under names that hold their hash, compressed once.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use flate2::Compression;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use tram_host::Asset;

use crate::compress;
use crate::server::body::Body;
use crate::walls::headers;

/// Path of the shell's files.
const PLACE: &str = "/-/";

/// What makes pages livelier. Each part stands by itself; they travel as one.
const SCRIPT: &str = concat!(include_str!("../assets/tram.js"), include_str!("../assets/uploads.js"));

/// One file.
#[derive(Debug)]
struct File {
    path: String,
    media_type: &'static str,
    plain: Bytes,
    gzip: Bytes,
}

/// The shell's files.
#[derive(Debug)]
pub(crate) struct Assets {
    files: [File; 4],
}

impl Assets {
    pub(crate) fn new() -> Self {
        Self {
            files: [
                file("tram", "css", "text/css; charset=utf-8", include_bytes!("../assets/tram.css")),
                file("tram", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
                file("viewer", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/viewer.js")),
                file("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
            ],
        }
    }

    pub(crate) fn style(&self) -> &str {
        let [style, ..] = &self.files;
        &style.path
    }

    pub(crate) fn script(&self) -> &str {
        let [_, script, ..] = &self.files;
        &script.path
    }

    /// The script of pages with viewers.
    pub(crate) fn viewers(&self) -> &str {
        let [_, _, viewers, _] = &self.files;
        &viewers.path
    }

    pub(crate) fn icon(&self) -> &str {
        let [.., icon] = &self.files;
        &icon.path
    }

    /// The reply to a path below [`PLACE`]; none when the path is not there. The name
    /// holds the hash, so a browser keeps the file for good.
    pub(crate) fn answer(&self, path: &str, request: &HeaderMap) -> Option<Response<Body>> {
        if !path.starts_with(PLACE) {
            return None;
        }
        let mut reply = Response::new(Body::empty());
        let headers = reply.headers_mut();
        let Some(file) = self.files.iter().find(|file| file.path == path) else {
            headers::secure(headers, Some(headers::INERT));
            *reply.status_mut() = StatusCode::NOT_FOUND;
            return Some(reply);
        };
        headers::secure(headers, Some(headers::INERT));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let gzip = compress::is_taken(request);
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *reply.body_mut() = if gzip { file.gzip.clone() } else { file.plain.clone() }.into();
        Some(reply)
    }
}

/// Assets of plugins, each compressed when it is first asked for, by the hash of their
/// content; what a removed plugin leaves here is gone with the next start.
#[derive(Debug, Default)]
pub(crate) struct Packed(RwLock<HashMap<String, Option<Bytes>>>);

impl Packed {
    /// The asset compressed; none where that does not make it smaller.
    pub(crate) fn of(&self, asset: &Asset) -> Option<Bytes> {
        if !compress::pays(&asset.media_type) {
            return None;
        }
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&asset.hash) {
            return known.clone();
        }
        let packed = compress::gzip(&asset.bytes, Compression::best());
        let packed = (!packed.is_empty() && packed.len() < asset.bytes.len()).then_some(packed);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(asset.hash.clone(), packed.clone());
        packed
    }
}

fn file(name: &str, end: &str, media_type: &'static str, bytes: &'static [u8]) -> File {
    let hash = blake3::hash(bytes).to_hex();
    let short: String = hash.chars().take(12).collect();
    File {
        path: format!("{PLACE}{name}-{short}.{end}"),
        media_type,
        plain: Bytes::from_static(bytes),
        gzip: compress::gzip(bytes, Compression::best()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn files_are_served_for_good_and_compressed_for_those_who_can() {
        let assets = Assets::new();
        let mut request = HeaderMap::new();
        let plain = assets.answer(assets.style(), &request).map(|reply| reply.body().length());
        request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip;q=0.5"));
        let reply = assets.answer(assets.style(), &request).unwrap();
        assert_eq!(reply.headers().get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes), Some(b"gzip".as_slice()));
        assert!(Some(reply.body().length() * 3) < plain);
        assert_eq!(assets.answer("/-/other.css", &request).map(|reply| reply.status()), Some(StatusCode::NOT_FOUND));
        assert!(assets.answer("/catalogue", &request).is_none());
    }
}

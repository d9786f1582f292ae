//! Files of the players: our own, and those that the build fetched (see `build.rs`).
//! They lie under one name that holds the hash of all, so a browser keeps them for good
//! and their own relative addresses work.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};

use super::token::Kind;
use crate::compress;
use crate::server::body::Body;

/// Path of the players' files.
pub(super) const PLACE: &str = "/-/";

/// What the build fetched, packed by gzip.
const FETCHED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/players.rs"));

/// What is ours.
const OWN: &[(&str, &str)] = &[
    ("player.css", include_str!("../../assets/players/player.css")),
    ("frame.js", include_str!("../../assets/players/frame.js")),
    ("shim.js", include_str!("../../assets/players/shim.js")),
    ("scorm.js", include_str!("../../assets/players/scorm.js")),
    ("h5p.js", include_str!("../../assets/players/h5p.js")),
    ("book.js", include_str!("../../assets/players/book.js")),
    ("pdf.js", include_str!("../../assets/players/pdf.js")),
];

/// All of them, packed, by their paths below [`Players::base`].
pub(crate) struct Players {
    base: String,
    files: BTreeMap<&'static str, Bytes>,
}

static PLAYERS: LazyLock<Players> = LazyLock::new(|| {
    let mut files: BTreeMap<&'static str, Bytes> =
        FETCHED.iter().map(|(path, packed)| (*path, Bytes::from_static(packed))).collect();
    for (path, text) in OWN {
        files.insert(path, compress::gzip(text.as_bytes(), Compression::best()));
    }
    let mut hasher = blake3::Hasher::new();
    for (path, packed) in &files {
        hasher.update(path.as_bytes());
        hasher.update(&(packed.len() as u64).to_le_bytes());
        hasher.update(packed);
    }
    let short: String = hasher.finalize().to_hex().chars().take(12).collect();
    Players { base: format!("{PLACE}{short}/"), files }
});

impl Players {
    /// The players of this build.
    pub(crate) fn get() -> &'static Self {
        &PLAYERS
    }

    /// Path of the folder, a slash at both ends.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// What the page of a player loads, in order.
    pub(super) fn scripts(kind: Kind) -> &'static [&'static str] {
        match kind {
            Kind::Html => &[],
            Kind::Scorm => &["frame.js", "scorm.js"],
            Kind::H5p => &["shim.js", "frame.js", "h5p/main.bundle.js", "h5p.js"],
            Kind::Book => &["frame.js", "book.js"],
            Kind::Pdf => &["frame.js", "pdf/pdf.min.js", "pdf.js"],
        }
    }

    /// Whether the build has what a kind needs.
    pub(crate) fn can(&self, kind: Kind) -> bool {
        Self::scripts(kind).iter().all(|path| self.files.contains_key(path))
    }

    /// The reply to a path below [`PLACE`].
    pub(super) fn answer(&self, path: &str, request: &HeaderMap) -> Option<Response<Body>> {
        let (name, packed) = self.files.get_key_value(path.strip_prefix(&self.base)?)?;
        let mut reply = Response::new(Body::empty());
        let head = reply.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if compress::is_taken(request) {
            head.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *reply.body_mut() = packed.clone().into();
        } else {
            match compress::undo(packed) {
                Some(plain) => *reply.body_mut() = plain.into(),
                None => *reply.status_mut() = StatusCode::NOT_ACCEPTABLE,
            }
        }
        Some(reply)
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("gif") => "image/gif",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn files_are_there_for_good_in_both_codings() {
        let players = Players::get();
        let mut request = HeaderMap::new();
        let path = format!("{}shim.js", players.base());
        let plain = players.answer(&path, &request).unwrap();
        request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let packed = players.answer(&path, &request).unwrap();
        assert!(packed.body().length() < plain.body().length());
        assert_eq!(plain.body().length(), include_str!("../../assets/players/shim.js").len() as u64);
        for missing in ["/-/shim.js", "/-/000000000000/shim.js", "/-/", &format!("{}x.js", players.base())] {
            assert!(players.answer(missing, &request).is_none(), "{missing}");
        }
    }

    #[test]
    fn what_was_fetched_is_whole() {
        if FETCHED.is_empty() {
            return assert!(!Players::get().can(Kind::Pdf) && Players::get().can(Kind::Scorm));
        }
        assert!(Players::get().can(Kind::Pdf) && Players::get().can(Kind::H5p));
        for (path, packed) in FETCHED {
            assert!(compress::undo(packed).is_some_and(|plain| !plain.is_empty()), "{path}");
        }
    }
}

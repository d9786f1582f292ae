//! Compressed replies: the school's Wi-Fi is slower than the station's processor.
//!
//! gzip alone: every browser since the floor takes it, and one coding means that a kept
//! answer is compressed once.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use hyper::Response;
use hyper::header::{self, HeaderMap, HeaderValue};

use crate::server::body::Body;

/// Bodies below this fit one or two packets as they are.
const SMALL: u64 = 1_400;
/// Bodies above this are sent as they are: a call's whole turn would go into packing.
const LARGE: u64 = 4 << 20;
/// Most bytes that an unpacked body has.
const MOST: u64 = LARGE + 1;

/// Whether the reader takes gzip (RFC 9110 section 12.5.3).
pub(crate) fn is_taken(request: &HeaderMap) -> bool {
    request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|accepted| {
        accepted.split(',').any(|coding| {
            let mut parts = coding.split(';');
            parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("gzip"))
                && !parts.any(|part| matches!(part.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    })
}

/// Whether bytes of a media type get smaller; pictures and archives do not.
pub(crate) fn pays(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence.ends_with("+xml")
        || essence.ends_with("+json")
        || matches!(essence, "application/json" | "application/xml" | "application/javascript" | "application/wasm")
}

/// Compresses the body of a reply that was made just now, where that pays and the reader
/// takes it. Replies with a validator stay as they are: theirs is the plain body.
pub(crate) fn shrink(request: &HeaderMap, mut reply: Response<Body>) -> Response<Body> {
    let head = reply.headers();
    let media_type = head.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let length = reply.body().length();
    if !(SMALL..=LARGE).contains(&length)
        || !pays(media_type)
        || head.contains_key(header::CONTENT_ENCODING)
        || head.contains_key(header::ETAG)
    {
        return reply;
    }
    reply.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !is_taken(request) {
        return reply;
    }
    let Body::Whole(Some(body)) = reply.body() else { return reply };
    let packed = gzip(body, Compression::fast());
    if !packed.is_empty() {
        *reply.body_mut() = Body::from(packed);
        reply.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    reply
}

/// The bytes compressed; writing into memory does not fail.
pub(crate) fn gzip(bytes: &[u8], level: Compression) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), level);
    match encoder.write_all(bytes).and_then(|()| encoder.finish()) {
        Ok(packed) => packed.into(),
        Err(error) => {
            log::error!("a reply was not compressed: {error}");
            Bytes::new()
        }
    }
}

/// The bytes that [`gzip`] made this of.
pub(crate) fn undo(packed: &[u8]) -> Option<Bytes> {
    let mut plain = Vec::with_capacity(packed.len() * 5);
    flate2::read::GzDecoder::new(packed).take(MOST).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn request(accepted: &'static str) -> HeaderMap {
        let mut request = HeaderMap::new();
        request.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        request
    }

    fn reply(media_type: &'static str, size: usize) -> Response<Body> {
        let mut reply = Response::new(Body::from(vec![b'a'; size]));
        reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        reply
    }

    #[test]
    fn no_gzip_where_it_is_refused() {
        assert!(is_taken(&request("gzip")) && is_taken(&request("deflate, GZIP")));
        assert!(!is_taken(&request("gzip;q=0")) && !is_taken(&request("br")) && !is_taken(&HeaderMap::new()));
    }

    #[test]
    fn text_is_compressed_when_it_pays() {
        let packed = shrink(&request("gzip"), reply("text/html; charset=utf-8", 9_000));
        assert!(packed.body().length() < 200);
        let Body::Whole(Some(bytes)) = packed.body() else { unreachable!() };
        assert_eq!(undo(bytes).unwrap(), vec![b'a'; 9_000]);
        for (accepted, media_type, size) in
            [("br", "text/html", 9_000), ("gzip", "image/png", 9_000), ("gzip", "application/json", 1_000)]
        {
            assert_eq!(
                shrink(&request(accepted), reply(media_type, size)).body().length(),
                size as u64,
                "{media_type}"
            );
        }
        // Who keeps it on the way must know that there are two.
        assert!(shrink(&request("br"), reply("text/html", 9_000)).headers().contains_key(header::VARY));
    }

    #[test]
    fn a_reply_with_a_validator_is_left_alone() {
        let mut with_etag = reply("application/json", 9_000);
        with_etag.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"a\""));
        assert_eq!(shrink(&request("gzip"), with_etag).body().length(), 9_000);
    }
}

//! Files of plugins: assets of the package, and blobs such as covers.

use hyper::header::{self, HeaderValue};
use hyper::{Method, Response, StatusCode};

use super::ShellForm;
use crate::compress;
use crate::messages;
use crate::plugin_route;
use crate::query;
use crate::reply;
use crate::router::inert;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `BASE/asset/PATH` and `BASE/blob/ID`.
pub(super) fn answer(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let found = matches!(visit.method, Method::GET | Method::HEAD).then(|| file(site, visit)).flatten();
    found.unwrap_or_else(|| reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text")))
}

fn file(site: &Site, visit: &Visit) -> Option<Response<Body>> {
    let path = visit.path.strip_prefix("/x/").or_else(|| visit.path.strip_prefix('/'))?;
    let (plugin, rest) = path.split_once('/')?;
    let (kind, name) = rest.split_once('/')?;
    let name = query::decode_path(name);
    if kind == "blob" {
        let blob = site.plugins.blob(plugin, &name, &visit.principal)?;
        // The id is the content's, so the file never changes; who may see it can.
        return Some(plugin_route::send_blob(&blob, &visit.method, &visit.headers, Some("private, max-age=3600")));
    }
    let asset = site.plugins.asset(plugin, &name)?;
    let packed = site.packed.of(&asset).filter(|_| compress::is_taken(&visit.headers));
    // Two codings are two representations, each with its own validator.
    let etag = format!("\"{}{}\"", asset.hash, if packed.is_some() { "-gzip" } else { "" });
    let kept = visit.header(&header::IF_NONE_MATCH).is_some_and(|known| known.contains(&etag));
    let coded = packed.is_some();
    let mut reply = if kept {
        inert(StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        let bytes = packed.unwrap_or_else(|| bytes::Bytes::from_owner(asset.bytes));
        inert(StatusCode::OK, Body::from(bytes))
    };
    let head = reply.headers_mut();
    if compress::pays(&asset.media_type) {
        head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if coded {
        head.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    head.insert(header::CONTENT_TYPE, HeaderValue::from_str(&asset.media_type).ok()?);
    head.insert(header::ETAG, HeaderValue::from_str(&etag).ok()?);
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Some(reply)
}

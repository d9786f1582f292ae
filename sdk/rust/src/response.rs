//! What goes out: a page, bytes, a blob, a redirection or a problem.

use serde::Serialize;
use tram_contract::Text;
use tram_contract::page::Page;

use crate::request::Field;

pub use crate::bindings::tram::plugin::types::{Body, Response};

impl Response {
    fn with(status: u16, body: Body) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// A page for people, status 200.
    pub fn page(page: &Page) -> Self {
        Self::with(200, Body::Page(to_json(page)))
    }

    /// To another page after a form was taken (303). Links beginning with `/` are
    /// the station's, others are relative to the plugin's own path.
    pub fn redirect(href: impl Into<String>) -> Self {
        Self::with(303, Body::Empty).header("location", href)
    }

    /// Bytes of an `api` route, status 200.
    pub fn bytes(media_type: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::with(200, Body::Bytes(bytes.into())).header("content-type", media_type)
    }

    /// A value as JSON, status 200.
    pub fn json(value: &impl Serialize) -> Self {
        Self::bytes("application/json", to_json(value))
    }

    /// A blob of this plugin, sent by the host with ranges and its own media type.
    pub fn blob(id: impl Into<String>) -> Self {
        Self::with(200, Body::Blob(id.into()))
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self::with(status, Body::Empty)
    }

    /// An error of an `api` route as `application/problem+json` (RFC 9457).
    pub fn problem(status: u16, code: &str, title: &Text, language: &str) -> Self {
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": title.get(language),
            "status": status,
            "code": code,
        });
        Self { status, ..Self::bytes("application/problem+json", to_json(&problem)) }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a header. The host takes: content-type, location,
    /// content-disposition, cache-control, etag, last-modified, retry-after.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|field| field.name != name);
        self.headers.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// The same as a download under `name`. Marks travel as RFC 8187 writes them,
    /// beside an ASCII form for old browsers.
    #[must_use]
    pub fn download(self, name: &str) -> Self {
        let ascii: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
        let encoded: String = name
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        self.header("content-disposition", format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}"))
    }
}

/// The contract's documents have string keys and finite numbers only, so writing
/// them cannot fail; a value of the plugin's own that cannot be written is `null`.
fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec())
}

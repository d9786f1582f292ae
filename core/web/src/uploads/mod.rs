//! `/upload/`: resumable uploads (tus 1.0), for any plugin that declares a kind of them.
//!
//! The core protocol with creation, creation-with-upload, termination, expiration and
//! checksum. `protocol` reads its headers, `begin` makes an upload, `receive` takes its
//! bytes, `list` is what a person sees of their own, `forms` puts what is finished where a
//! form's files are. What is kept, and for how long, is `tram_host::Uploads`.

mod begin;
mod forms;
mod list;
mod protocol;
mod receive;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Response, StatusCode};
use serde_json::json;
use tram_contract::Text;
use tram_host::{LARGEST_UPLOAD, UploadEntry, UploadError};

use crate::messages;
use crate::reply;
use crate::router;
use crate::server::body::Body;
use crate::server::intake::Refusal;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::token;

pub(crate) use forms::attach;
pub(crate) use receive::Seats;
pub use receive::{PIECE, RECEIVING};

/// Where it all is.
pub(crate) const PLACE: &str = "/upload/";
/// Form of the page that deletes.
const DELETE: &str = "delete";

/// Whether a path is this module's.
pub(crate) fn is_here(path: &str) -> bool {
    path == "/upload" || path.starts_with(PLACE)
}

/// Why a request is refused: status and words for people.
#[derive(Debug)]
struct Refused(StatusCode, Text);

impl Refused {
    fn new(status: u16, key: &'static str) -> Self {
        Self(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), messages::text(key))
    }
}

impl From<UploadError> for Refused {
    fn from(error: UploadError) -> Self {
        let status = match &error {
            UploadError::Gone => StatusCode::NOT_FOUND,
            UploadError::Offset(_) | UploadError::Superseded => StatusCode::CONFLICT,
            UploadError::TooLong | UploadError::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            UploadError::NoRoom { .. } | UploadError::Storage(tram_journal::Error::Full) => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            UploadError::Storage(reason) => {
                log::error!("an upload: {reason}");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self(status, error.text())
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooBig => UploadError::TooLong.into(),
            Refusal::TooSlow => Self::new(408, "upload.slow"),
            Refusal::Broken => Self::new(400, "upload.broken"),
        }
    }
}

/// Answers a request to [`PLACE`], behind the walls of host name and origin.
pub(crate) async fn answer(site: Arc<Site>, mut visit: Visit, body: Incoming) -> Response<Body> {
    if visit.method == Method::OPTIONS {
        return options();
    }
    if visit.method == Method::POST
        && let Some(method) = visit.header(&HeaderName::from_static("x-http-method-override"))
        && let Some(method) = [Method::PATCH, Method::DELETE].into_iter().find(|known| known.as_str() == method)
    {
        visit.method = method;
    }
    let id = visit.path.strip_prefix(PLACE).unwrap_or_default().trim_end_matches('/').to_owned();
    if id == DELETE {
        return list::delete(site, visit, body).await;
    }
    if id.is_empty() && visit.is_safe() {
        return router::on_turn(site, visit, list::page).await;
    }
    if visit.method == Method::GET {
        return router::refuse(&site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"));
    }
    if visit.header(&protocol::RESUMABLE) != Some(protocol::VERSION) {
        let mut reply = problem(&visit, Refused::new(412, "upload.version"));
        reply.headers_mut().insert(protocol::TUS_VERSION, HeaderValue::from_static(protocol::VERSION));
        return reply;
    }
    let done = match visit.method {
        Method::POST if id.is_empty() => begin::begin(&site, &mut visit, body).await,
        Method::HEAD => head(&site, &visit, &id).await,
        Method::PATCH => receive::patch(&site, &mut visit, body, &id).await,
        Method::DELETE => remove(&site, &mut visit, &id).await,
        _ => {
            let mut reply = problem(&visit, Refused::new(405, "error.method-text"));
            let allow = if id.is_empty() { "OPTIONS, GET, POST" } else { "OPTIONS, HEAD, PATCH, DELETE" };
            reply.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
            return reply;
        }
    };
    let reply = done.unwrap_or_else(|refused| problem(&visit, refused));
    visit.dress(reply)
}

/// What is spoken here; for everybody.
fn options() -> Response<Body> {
    let mut reply = bare(StatusCode::NO_CONTENT);
    let head = reply.headers_mut();
    head.insert(protocol::TUS_VERSION, HeaderValue::from_static(protocol::VERSION));
    head.insert(protocol::EXTENSION, HeaderValue::from_static(protocol::EXTENSIONS));
    head.insert(protocol::MAX_SIZE, HeaderValue::from(LARGEST_UPLOAD));
    head.insert(protocol::ALGORITHM, HeaderValue::from_static(protocol::ALGORITHMS));
    reply
}

/// How far an upload is.
async fn head(site: &Arc<Site>, visit: &Visit, id: &str) -> Result<Response<Body>, Refused> {
    let entry = own(site, visit, id)?;
    let (site, asked) = (Arc::clone(site), Arc::clone(&entry));
    let at = on_disk(move || Ok(site.plugins.uploads().offset(&asked)?)).await?;
    let mut reply = bare(StatusCode::OK);
    put(&mut reply, protocol::LENGTH, entry.note().size);
    put(&mut reply, protocol::OFFSET, at);
    expires(&mut reply, &entry);
    if let Ok(value) = HeaderValue::from_str(&protocol::metadata_of(entry.note())) {
        reply.headers_mut().insert(protocol::METADATA, value);
    }
    Ok(reply)
}

/// Takes an upload back.
async fn remove(site: &Arc<Site>, visit: &mut Visit, id: &str) -> Result<Response<Body>, Refused> {
    let entry = own(site, visit, id)?;
    trusted(site, visit, &entry.note().plugin, "")?;
    let site = Arc::clone(site);
    on_disk(move || Ok(site.plugins.uploads().remove(&entry)?)).await?;
    Ok(bare(StatusCode::NO_CONTENT))
}

/// Who asks: uploads are somebody's.
fn person(visit: &Visit) -> Result<&str, Refused> {
    visit.principal.person.as_deref().ok_or_else(|| Refused::new(401, "upload.sign-in"))
}

fn own(site: &Site, visit: &Visit, id: &str) -> Result<Arc<UploadEntry>, Refused> {
    Ok(site.plugins.uploads().get(id, person(visit)?)?)
}

/// Checks that the page which asks is the plugin's: it shows the token that its forms
/// carry, in the header that programs use, or in the metadata.
fn trusted(site: &Site, visit: &mut Visit, plugin: &str, noted: &str) -> Result<(), Refused> {
    let secret = visit.secret(site).map_err(|_| Refused::new(500, "error.server-text"))?;
    let shown = visit.header(&HeaderName::from_static("tram-token")).unwrap_or(noted);
    if token::is_valid(&secret, plugin, shown) {
        return Ok(());
    }
    Err(Refused::new(403, "form.stale-token"))
}

/// Runs what touches the disk where it may block.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refused> + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        log::error!("an upload's work ended abnormally: {error}");
        Err(Refused::new(500, "error.server-text"))
    })
}

/// A reply of the protocol without a body.
fn bare(status: StatusCode) -> Response<Body> {
    let mut reply = router::inert(status, Body::empty());
    let head = reply.headers_mut();
    head.insert(protocol::RESUMABLE, HeaderValue::from_static(protocol::VERSION));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// A refusal, in the reader's language, for the script and for programs.
fn problem(visit: &Visit, Refused(status, text): Refused) -> Response<Body> {
    let title = status.canonical_reason().unwrap_or("Checksum Mismatch");
    let detail = visit.language.of_text(&text);
    let document = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    let mut reply = reply::bytes(status, "application/problem+json", document.to_string());
    let head = reply.headers_mut();
    head.insert(protocol::RESUMABLE, HeaderValue::from_static(protocol::VERSION));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        head.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    reply
}

fn put(reply: &mut Response<Body>, name: HeaderName, value: u64) {
    reply.headers_mut().insert(name, HeaderValue::from(value));
}

fn expires(reply: &mut Response<Body>, entry: &UploadEntry) {
    if let Ok(value) = HeaderValue::from_str(&protocol::http_date(entry.expires_ms())) {
        reply.headers_mut().insert(protocol::EXPIRES, value);
    }
}

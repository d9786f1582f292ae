//! The way of a request: walls, body, then one turn on a blocking thread.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tram_contract::Text;
use tram_contract::manifest::{Route, RouteKind};
use tram_host::Found;

use crate::forms::{self, Audience, Filled, Refused};
use crate::kept::Key;
use crate::messages;
use crate::pages;
use crate::plugin_route::{self, Call};
use crate::query;
use crate::reply;
use crate::server::body::Body;
use crate::server::here::Pace;
use crate::server::intake::Intake;
use crate::site::Site;
use crate::uploads;
use crate::visit::{Peer, Visit};
use crate::walls::origin::{self, Claim};
use crate::walls::{headers, names, token};

/// Largest form of the shell's own pages, but for the two that take files.
const SHELL_FORM: u64 = 1 << 20;
/// Largest form or body of a route that does not say.
const ROUTE_BODY: u64 = 1 << 20;
/// Largest body of an `api` route (the contract's bound; it is held in memory).
const API_BODY: u64 = 1 << 20;
/// Bytes of header lines. hyper bounds its buffer, which is not quite the same.
const HEAD_BYTES: usize = 32 * 1024;
/// Longest address; more is nobody's search.
const ADDRESS: usize = 8 * 1024;

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
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let ping = request.uri().path() == pages::PING;
    let began = Instant::now();
    let mut reply = take(Arc::clone(&site), peer, request).await;
    let took = began.elapsed();
    if ping {
        reply.headers_mut().extend(pages::server_timing(took));
    } else if reads {
        site.timing.note(took);
    }
    let length = hyper::body::Body::size_hint(reply.body()).exact().unwrap_or_default();
    let bodiless = matches!(reply.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !bodiless {
        reply.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if head_only {
        *reply.body_mut() = Body::empty();
    }
    Ok(reply)
}

async fn take(site: Arc<Site>, peer: Peer, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    if matches!(head.method, Method::GET | Method::HEAD) {
        if let Some(reply) = site.assets.answer(head.uri.path(), &head.headers) {
            return reply;
        }
        if head.uri.path() == "/healthz" {
            return pages::health::answer(&site);
        }
    }
    let framed_twice =
        head.headers.contains_key(header::TRANSFER_ENCODING) && head.headers.contains_key(header::CONTENT_LENGTH);
    if framed_twice || head.headers.get_all(header::HOST).iter().count() > 1 {
        let mut reply = reply::bytes(StatusCode::BAD_REQUEST, "text/plain; charset=utf-8", "400 Bad Request\n");
        reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return reply;
    }
    let lines = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    if lines > HEAD_BYTES {
        return reply::bytes(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "text/plain; charset=utf-8",
            "431 Request Header Fields Too Large\n",
        );
    }
    let long = head.uri.path_and_query().is_some_and(|address| address.as_str().len() > ADDRESS);
    let visit = Visit::new(&site, peer, head);
    if !names::is_allowed(&visit.host, &site.facts().names, peer.local) {
        return pages::other_host(&site, &visit);
    }
    if long {
        return refuse(&site, visit, StatusCode::URI_TOO_LONG, messages::text("error.long"));
    }
    within(site, visit, body).await
}

/// Behind the wall of host names.
async fn within(site: Arc<Site>, visit: Visit, body: Incoming) -> Response<Body> {
    let upload = uploads::is_here(&visit.path);
    if upload && visit.method == Method::OPTIONS {
        return uploads::answer(site, visit, body).await;
    }
    if !matches!(visit.method, Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
    {
        return method_not_allowed(&site, visit, &["GET".into(), "HEAD".into(), "POST".into()]);
    }
    if !visit.is_safe() {
        let claim = Claim {
            site: visit.header(&HeaderName::from_static("sec-fetch-site")),
            origin: visit.header(&header::ORIGIN),
            signed_in: visit.session.is_some(),
        };
        if !origin::is_own(claim, &visit.origin()) {
            return refuse(&site, visit, StatusCode::FORBIDDEN, messages::text("error.origin"));
        }
    }
    if !site.facts().ready && !pages::is_open_before_setup(&visit.path) {
        return reply::see_other("/setup");
    }
    if upload {
        return uploads::answer(site, visit, body).await;
    }
    match site.plugins.find(visit.method.as_str(), &visit.path) {
        Found::Route { plugin, route, params, below } => {
            let params = params.into_iter().map(|(name, value)| (name, query::decode_path(&value))).collect();
            return plugin_call(site, visit, body, Call { plugin, route, params, below }).await;
        }
        Found::Method { allow } => return method_not_allowed(&site, visit, &allow),
        Found::None => {}
    }
    let Some(page) = pages::find(&visit.path) else {
        return on_turn(site, visit, |site, visit| {
            reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"))
        })
        .await;
    };
    if visit.is_safe() {
        return on_turn(site, visit, move |site, visit| page(site, visit, None)).await;
    }
    if visit.method != Method::POST {
        return method_not_allowed(&site, visit, &["GET".into(), "POST".into()]);
    }
    let mut visit = visit;
    match shell_form(&site, &mut visit, body).await {
        Ok(form) => on_turn(site, visit, move |site, visit| page(site, visit, Some(form))).await,
        Err(Refused(status, text)) => refuse(&site, visit, status, text),
    }
}

/// A form of the shell, read and its token checked.
pub(crate) async fn shell_form(site: &Site, visit: &mut Visit, body: Incoming) -> Result<pages::ShellForm, Refused> {
    let secret = visit.secret(site).map_err(|_| server_error())?;
    let most = pages::largest_form(&visit.path, &visit.principal).unwrap_or(SHELL_FORM);
    let intake = Intake::or_linger(body, forms::most(most), visit.session.is_some()).await?;
    let place = pages::place(site, visit);
    pages::ShellForm::read(visit, intake, Audience { secret: &secret, name: token::SHELL }, place).await
}

async fn plugin_call(site: Arc<Site>, mut visit: Visit, body: Incoming, call: Call) -> Response<Body> {
    if let Some(refusal) = plugin_route::refusal(&call.route, &visit.principal) {
        let reply = plugin_route::refused(&site, &mut visit, &call, &refusal);
        return visit.dress(reply);
    }
    let key = Key::of(&visit, &site.facts(), &call);
    if let Some(key) = &key
        && let Some(reply) = site.kept.give(key, &visit.headers, |basis| site.plugins.confirm(basis))
    {
        return visit.dress(reply);
    }
    match plugin_body(&site, &mut visit, body, &call).await {
        Ok(request) => {
            let short = (visit.is_safe() && site.plugins.runs_here(&call.plugin))
                .then(|| site.here.pace(&call.plugin, &call.route.id));
            let run = move |site: &Site, visit: &mut Visit| plugin_route::answer(site, visit, &call, request, key);
            on_turn_of(site, visit, short, run).await
        }
        Err(Refused(status, text)) => {
            let reply = plugin_route::problem(&site, &mut visit, &call, status, text);
            visit.dress(reply)
        }
    }
}

/// What a plugin gets of a request's body: fields and files of a form, or bytes.
async fn plugin_body(
    site: &Arc<Site>,
    visit: &mut Visit,
    body: Incoming,
    call: &Call,
) -> Result<(Filled, Vec<u8>), Refused> {
    if visit.is_safe() {
        return Ok(Default::default());
    }
    let secret = visit.secret(site).map_err(|_| server_error())?;
    let audience = Audience { secret: &secret, name: &call.plugin };
    let most = call.route.max_body.unwrap_or(ROUTE_BODY);
    if call.route.kind == RouteKind::Page {
        let (shared, plugin) = (Arc::clone(site), call.plugin.clone());
        let open: forms::Open = Box::new(move |name, media_type| {
            shared.plugins.take(&plugin, name, media_type).map_err(|error| error.text())
        });
        let intake = Intake::or_linger(body, forms::most(most), visit.session.is_some()).await?;
        let filled = forms::read(visit, intake, audience, Some(open)).await?;
        return Ok((uploads::attach(site, visit, &call.plugin, filled).await?, Vec::new()));
    }
    // A program without a session carries no authority that another page could
    // borrow; with one, it shows the token as a form would.
    if visit.session.is_some() {
        let shown = visit.header(&HeaderName::from_static("tram-token")).unwrap_or_default();
        if !token::is_valid(&secret, &call.plugin, shown) {
            return Err(Refused(StatusCode::FORBIDDEN, messages::text("form.stale-token")));
        }
    }
    let bytes = Intake::new(body, most.min(API_BODY))?.whole().await?;
    Ok((Filled::default(), bytes))
}

/// Runs the rest of a request on a blocking thread, when its turn comes.
pub(crate) async fn on_turn(
    site: Arc<Site>,
    visit: Visit,
    run: impl FnOnce(&Site, &mut Visit) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    on_turn_of(site, visit, None, |site, visit| {
        let reply = run(site, visit);
        visit.shrink(reply)
    })
    .await
}

/// The same for work of a known pace: when it is short and a thread of the runtime can
/// be spared, right here.
async fn on_turn_of(
    site: Arc<Site>,
    mut visit: Visit,
    pace: Option<Pace>,
    run: impl FnOnce(&Site, &mut Visit) -> Response<Body> + Send + 'static,
) -> Response<Body> {
    let Some(turn) = site.limits.turn(visit.session.is_none()).await else {
        return refuse(&site, visit, StatusCode::SERVICE_UNAVAILABLE, messages::text("error.busy-text"));
    };
    let all = Arc::clone(&site);
    let seat = pace.as_ref().and_then(|pace| all.here.seat(pace));
    let work = move || {
        let began = Instant::now();
        let reply = run(&site, &mut visit);
        if let Some(pace) = &pace {
            pace.note(began.elapsed());
        }
        drop(turn);
        visit.dress(reply)
    };
    let done = if seat.is_some() {
        // What a call does is caught here as it is on a thread of its own.
        std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| "it panicked".to_owned())
    } else {
        tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
    };
    drop(seat);
    done.unwrap_or_else(|error| {
        log::error!("a request's work ended abnormally: {error}");
        reply::bytes(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", "500 Internal Server Error\n")
    })
}

/// A page, or a document for programs, that says what went wrong.
pub(crate) fn refuse(site: &Site, mut visit: Visit, status: StatusCode, text: Text) -> Response<Body> {
    let reply = reply::problem(site, &mut visit, status, text);
    visit.dress(reply)
}

fn server_error() -> Refused {
    Refused(StatusCode::INTERNAL_SERVER_ERROR, messages::text("error.server-text"))
}

fn method_not_allowed(site: &Site, visit: Visit, allow: &[String]) -> Response<Body> {
    let mut reply = refuse(site, visit, StatusCode::METHOD_NOT_ALLOWED, messages::text("error.method-text"));
    if let Ok(allow) = HeaderValue::from_str(&allow.join(", ")) {
        reply.headers_mut().insert(header::ALLOW, allow);
    }
    reply
}

/// Whether a route's replies are for programs.
pub(crate) fn is_api(route: &Route) -> bool {
    matches!(route.kind, RouteKind::Api | RouteKind::Service)
}

/// A bare reply with the headers of the walls.
pub(crate) fn inert(status: StatusCode, body: Body) -> Response<Body> {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    headers::secure(reply.headers_mut(), Some(headers::INERT));
    reply
}

//! Replies: pages in their frame, redirects, errors for people and for programs.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use maud::Markup;
use serde_json::json;
use tram_contract::Text;
use tram_contract::page::{Link, Page, Tone, Widget};

use crate::messages;
use crate::render::{self, Frame, viewer};
use crate::server::body::Body;
use crate::site::Site;
use crate::untrusted::token::Ticket;
use crate::visit::Visit;
use crate::walls::headers::{self, Scope};
use crate::walls::token::{self, Tokens};

/// Seconds after which a shared computer signs out.
const IDLE: u32 = 10 * 60;

/// A page of the shell.
pub(crate) fn shell(site: &Site, visit: &mut Visit, status: StatusCode, page: &Page) -> Response<Body> {
    self::page(site, visit, status, Whose::shell(), page, None)
}

/// A page of the shell with markup of its own behind the widgets, which may show
/// pictures of one more origin.
pub(crate) fn shell_with(site: &Site, visit: &mut Visit, page: &Page, extra: Markup, pictures: &str) -> Response<Body> {
    self::page(site, visit, StatusCode::OK, Whose { pictures, ..Whose::shell() }, page, Some(extra))
}

/// A page of the plugin with this path and id.
pub(crate) fn plugin(
    site: &Site,
    visit: &mut Visit,
    status: StatusCode,
    base: &str,
    id: &str,
    page: &Page,
) -> Response<Body> {
    self::page(site, visit, status, Whose { base, audience: id, pictures: "" }, page, None)
}

/// Whose page it is.
#[derive(Clone, Copy)]
struct Whose<'a> {
    /// Path of the plugin; empty for the shell.
    base: &'a str,
    /// Whom its forms go to.
    audience: &'a str,
    /// A further origin of pictures.
    pictures: &'a str,
}

impl Whose<'_> {
    const fn shell() -> Self {
        Self { base: "", audience: token::SHELL, pictures: "" }
    }
}

fn page(
    site: &Site,
    visit: &mut Visit,
    status: StatusCode,
    whose: Whose<'_>,
    page: &Page,
    extra: Option<Markup>,
) -> Response<Body> {
    let Whose { base, audience, pictures } = whose;
    let facts = site.facts();
    let origin = visit.origin();
    if base.is_empty() && visit.session.is_none() {
        // The page that checks a device counts those that had their cookie before.
        let _ = visit.device_name();
    }
    let frames = frames(site, visit, audience, page);
    let tokens = Tokens::new(visit.binding(site), audience);
    let menu = facts.menu(&visit.principal);
    let frame = Frame {
        language: visit.language,
        base,
        address: &visit.address,
        theme: visit.theme,
        station: if facts.school.is_empty() { messages::say(visit.language, "shell.nameless") } else { &facts.school },
        menu: &menu,
        reader: visit.session.as_ref().map(|(_, session)| session.name.as_str()),
        tokens: &tokens,
        style: site.assets.style(),
        script: site.assets.script(),
        icon: site.assets.icon(),
        viewers: site.assets.viewers(),
        frames: &frames,
        idle: visit.session.as_ref().filter(|(_, session)| session.shared).map(|_| IDLE),
        setup: !facts.ready,
        demo: site.demo,
        plain: !visit.channel.is_secure(),
    };
    let html = render::page(&frame, page, extra);
    visit.issued(tokens);
    let policy = headers::policy(Scope {
        origin: &origin,
        base,
        style: site.assets.style(),
        scripts: &[site.assets.script(), site.assets.viewers()],
        pictures,
        frames: &frames.iter().map(|(_, address)| address.as_str()).collect::<Vec<_>>().join(" "),
    });
    let mut reply = Response::new(Body::from(html));
    *reply.status_mut() = status;
    let head = reply.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // A page behind a sign-in must not be there for the next pupil's "back".
    let cache = if visit.session.is_some() { "no-store" } else { "private, no-cache" };
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers::secure(head, Some(&policy));
    reply
}

/// Where the files lie that this page shows in frames, those that this reader may have.
fn frames(site: &Site, visit: &mut Visit, plugin: &str, page: &Page) -> Vec<(String, String)> {
    let Some(untrusted) = &site.untrusted else { return Vec::new() };
    let mut found = Vec::new();
    viewer::framed(&page.widgets, &mut found);
    let mut frames = Vec::new();
    for (file, kind) in found {
        if site.plugins.blob(plugin, file, &visit.principal).is_none() {
            continue;
        }
        let ticket = Ticket { plugin: plugin.to_owned(), file: file.to_owned(), kind };
        if let Some(address) = untrusted.address(visit.peer.tls, &visit.host, &ticket) {
            frames.push((file.to_owned(), address));
        }
    }
    // Such an address ends by itself, so the page is not kept for others.
    visit.tokens += u32::try_from(frames.len()).unwrap_or(1);
    frames
}

/// Goes on at a path of the station (303: with GET).
pub(crate) fn see_other(to: &str) -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    reply.headers_mut().insert(header::LOCATION, to);
    headers::secure(reply.headers_mut(), Some(headers::INERT));
    reply
}

/// Text or JSON of the shell's own.
pub(crate) fn bytes(status: StatusCode, media_type: &'static str, bytes: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut reply = Response::new(Body::from(bytes));
    *reply.status_mut() = status;
    let head = reply.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers::secure(head, Some(headers::INERT));
    reply
}

/// Says what went wrong and what to do next: a page for people, a problem document
/// (RFC 9457) for programs.
pub(crate) fn problem(site: &Site, visit: &mut Visit, status: StatusCode, text: Text) -> Response<Body> {
    if visit.wants_json() {
        let words = visit.language.of_text(&text);
        let document = json!({ "type": "about:blank", "title": status.canonical_reason().unwrap_or("Error"), "status": status.as_u16(), "detail": words });
        return bytes(status, "application/problem+json", document.to_string());
    }
    let mut links = Vec::new();
    let stranger = visit.session.is_none() && matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED);
    if stranger {
        let back = crate::query::encode(&visit.address);
        links.push(Link::new(messages::text("sign-in.link"), format!("/sign-in?back={back}")));
    }
    links.push(Link::new(messages::text("error.home"), "/"));
    let tone = if status.is_server_error() { Tone::Bad } else { Tone::Warning };
    let page = Page::new(title(status), vec![Widget::Notice { tone, text, links }]);
    let mut reply = shell(site, visit, status, &page);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    reply
}

fn title(status: StatusCode) -> Text {
    match status.as_u16() {
        401 => messages::text("error.sign-in"),
        403 => messages::text("error.forbidden"),
        404 | 410 => messages::text("error.not-found"),
        409 => messages::text("error.conflict"),
        413 => messages::text("error.too-big"),
        503 | 504 => messages::text("error.busy"),
        400..=499 => messages::text("error.request"),
        _ => messages::text("error.server"),
    }
}

//! One request and who makes it.

use std::net::IpAddr;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Response, http::request};
use tram_people::sessions::Session;
use tram_people::{Channel, Principal};

use crate::compress;
use crate::language::Language;
use crate::query;
use crate::render::Theme;
use crate::server::body::Body;
use crate::site::Site;
use crate::walls::cookies::{self, Cookie};
use crate::walls::token::{self, Binding, Tokens};

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Address of the other side.
    pub(crate) address: IpAddr,
    /// Our own address of this connection.
    pub(crate) local: IpAddr,
    /// Whether it is TLS.
    pub(crate) tls: bool,
}

/// Everything that is known of a request before its body.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) method: Method,
    /// Path, percent-encoded as it came.
    pub(crate) path: String,
    /// Path and query.
    pub(crate) address: String,
    /// Query, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// Host header as it came.
    pub(crate) host: String,
    pub(crate) peer: Peer,
    pub(crate) channel: Channel,
    pub(crate) language: Language,
    pub(crate) theme: Theme,
    /// Token of the sign-in session and what it stands for.
    pub(crate) session: Option<(String, Session)>,
    /// The browser's own cookie.
    pub(crate) device: Option<String>,
    pub(crate) principal: Principal,
    /// Cookies to set with the reply.
    pub(crate) set: Vec<String>,
    /// How many form tokens were issued for this visitor: a page with one is his alone.
    pub(crate) tokens: u32,
}

impl Visit {
    /// Reads the head of a request.
    pub(crate) fn new(site: &Site, peer: Peer, head: request::Parts) -> Self {
        let host = head
            .uri
            .authority()
            .map(|authority| authority.as_str().to_owned())
            .or_else(|| text(&head.headers, &header::HOST).map(str::to_owned))
            .unwrap_or_default();
        let query = query::pairs(head.uri.query().unwrap_or_default());
        let cookie = &cookies::sent(&head.headers);
        let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let language = Language::choose(
            asked("lang"),
            cookies::read(cookie, "lang"),
            text(&head.headers, &header::ACCEPT_LANGUAGE),
        );
        let theme = Theme::of(asked("theme").or_else(|| cookies::read(cookie, "theme")).unwrap_or_default());
        let mut set = Vec::new();
        if asked("lang").and_then(Language::of) == Some(language) {
            set.push(cookies::preference("lang", language.code()));
        }
        if asked("theme").is_some() {
            set.push(cookies::preference("theme", theme.word()));
        }
        let channel = match peer {
            Peer { tls: true, .. } => Channel::Https,
            Peer { address, .. } if address.is_loopback() => Channel::Loopback,
            Peer { .. } => Channel::Http,
        };
        let session = cookies::read(cookie, Cookie::Session.name(peer.tls)).and_then(|token| {
            match site.people.session(token, channel, language.code()) {
                Ok(session) => Some((token.to_owned(), session?)),
                Err(error) => {
                    log::error!("a sign-in session was not read: {error}");
                    None
                }
            }
        });
        let device =
            cookies::read(cookie, Cookie::Device.name(peer.tls)).filter(|value| value.len() == 43).map(str::to_owned);
        let principal = match &session {
            Some((_, session)) => session.principal.clone(),
            None => Principal::public(channel, language.code()),
        };
        Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            address: head.uri.path_and_query().map_or_else(|| "/".to_owned(), |address| address.as_str().to_owned()),
            query,
            headers: head.headers,
            host,
            peer,
            channel,
            language,
            theme,
            session,
            device,
            principal,
            set,
            tokens: 0,
        }
    }

    /// `https://tram.local`, as the browser writes it in `Origin`.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.peer.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        text(&self.headers, name)
    }

    /// The first value of a name in the query.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the request may change nothing.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// Whether a program asks, who wants errors as problem documents.
    pub(crate) fn wants_json(&self) -> bool {
        self.path.starts_with("/api/")
            || self
                .header(&header::ACCEPT)
                .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
    }

    /// The reply compressed, where that pays. Not for those who have signed in: the
    /// length of a compressed page tells of what stands in it beside what was asked, and
    /// over HTTPS the length is all that a neighbour sees (BREACH).
    pub(crate) fn shrink(&self, reply: Response<Body>) -> Response<Body> {
        if self.session.is_some() { reply } else { compress::shrink(&self.headers, reply) }
    }

    /// The reply with the cookies that this request set.
    pub(crate) fn dress(self, mut reply: Response<Body>) -> Response<Body> {
        for cookie in self.set {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                reply.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        reply
    }

    /// What the host's form tokens are bound to: the session, else the browser. A
    /// browser without a cookie gets one with this reply.
    pub(crate) fn secret(&mut self, site: &Site) -> Result<[u8; 32], getrandom::Error> {
        if let Some((_, session)) = &self.session {
            return Ok(session.secret);
        }
        let device = self.device_name()?;
        Ok(Binding::of_device(&site.key, &device))
    }

    /// The same for the tokens of a page, which may come to want none.
    pub(crate) fn binding(&self, site: &Site) -> Binding {
        match (&self.session, &self.device) {
            (Some((_, session)), _) => Binding::Known(session.secret),
            (None, Some(device)) => Binding::Known(Binding::of_device(&site.key, device)),
            (None, None) => Binding::New(site.key),
        }
    }

    /// Notes the tokens that a page was written with.
    pub(crate) fn issued(&mut self, tokens: Tokens<'_>) {
        let (made, device) = tokens.made();
        self.tokens += made;
        if let Some(device) = device {
            self.set.push(Cookie::Device.set(&device, self.peer.tls));
            self.device = Some(device);
        }
    }

    /// The browser's own name, made now if it has none.
    pub(crate) fn device_name(&mut self) -> Result<String, getrandom::Error> {
        if let Some(device) = &self.device {
            return Ok(device.clone());
        }
        let device = token::device()?;
        self.set.push(Cookie::Device.set(&device, self.peer.tls));
        self.device = Some(device.clone());
        Ok(device)
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

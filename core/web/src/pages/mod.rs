//! The shell's own pages, each a page document like a plugin's.

mod admin;
mod backups;
mod files;
mod find;
mod form;
mod group_form;
pub(crate) mod health;
mod install;
mod jobs;
mod me;
mod moment;
mod people;
mod people_import;
mod people_search;
mod person;
mod person_form;
mod plugin;
mod promote;
mod reads;
mod rights;
mod roles;
mod setup;
mod sign_in;
mod start;
mod station;
mod station_status;
mod stations;
mod templates;
mod tls;
mod update;

use hyper::{Response, StatusCode};
use maud::{DOCTYPE, html};
use tram_people::Principal;

use crate::messages::say;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::headers;

pub(crate) use form::ShellForm;
pub(crate) use station_status::{PING, server_timing};

/// A page: what came (a form when it is a POST), and the reply.
pub(crate) type Handler = fn(&Site, &mut Visit, Option<ShellForm>) -> Response<Body>;

/// The page of a path; none when there is none.
pub(crate) fn find(path: &str) -> Option<Handler> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    Some(match segments.as_slice() {
        [""] => start::page,
        ["search"] => start::search,
        ["search", "suggest"] => start::suggest,
        ["sign-in"] => sign_in::page,
        ["sign-in", "demo"] => sign_in::demo,
        ["sign-out"] => sign_in::out,
        ["card"] => sign_in::card,
        ["lesson"] => sign_in::lesson,
        ["me"] => me::page,
        ["me", "password"] => me::password,
        ["me", "notices"] => me::notices,
        ["setup"] => setup::page,
        ["setup", "restore"] => backups::restore,
        ["find"] => find::page,
        ["tls"] => tls::page,
        ["tls", "seen.svg"] => tls::seen,
        ["tls", "tram.crt" | "tram.mobileconfig"] => tls::root,
        ["people"] => people::page,
        ["people", "import"] => people_import::page,
        ["people", "promote"] => promote::page,
        ["people", "staff"] => person::staff,
        ["people", "new"] | ["people", "person", _, "edit"] => person_form::page,
        ["people", "person", _] => person::page,
        ["people", "person", _, "membership" | "end"] => person_form::membership,
        ["people", "roles"] => roles::list,
        ["people", "roles", _] | ["people", "roles", _, "give" | "take" | "hold" | "drop"] => roles::page,
        ["people", "reads"] => reads::page,
        ["people", "groups", "new"] | ["people", "group", _, "edit"] => group_form::page,
        ["people", "group", _] => people::group,
        ["people", "group", _, "let-in"] => people::let_in,
        ["people", "group", _, "cards"] => people::cards,
        ["people", "group", _, "pins"] => people::pins,
        ["admin"] => admin::page,
        ["admin", "install"] => install::page,
        ["admin", "station"] => station::page,
        ["admin", "stations"] => stations::page,
        ["admin", "stations", "remove"] => stations::remove,
        ["admin", "stations", "card.txt"] => stations::card,
        ["admin", "update"] => update::page,
        ["admin", "update", "file" | "usb" | "when" | "forget" | "back"] => update::change,
        ["admin", "certificate"] => station::certificate,
        ["admin", "status"] => station_status::page,
        ["admin", "status", "ping"] => station_status::ping,
        ["admin", "status", "clock"] => station_status::take_time,
        ["admin", "status", "address"] => station_status::address_seen,
        ["admin", "backups"] => backups::page,
        ["admin", "backups", "now"] => backups::now,
        ["admin", "backups", "words"] => backups::check_words,
        ["admin", "backups", "sheet"] => backups::sheet,
        ["admin", "plugin", _] => plugin::page,
        ["admin", "plugin", _, "switch" | "remove" | "retry" | "drop"] => plugin::change,
        ["admin", "templates"] => templates::list,
        ["admin", "templates", _, _] => templates::page,
        ["admin", "templates", _, _, "original" | "own"] => templates::source,
        ["admin", "templates", _, _, "test"] => templates::test,
        ["admin", "templates", _, _, "reset"] => templates::reset,
        ["jobs"] => jobs::list,
        ["jobs", _] => jobs::page,
        ["jobs", _, "cancel"] => jobs::cancel,
        ["metrics"] => health::metrics,
        [_, "asset" | "blob", ..] | ["x", _, "asset" | "blob", ..] => files::answer,
        _ => return None,
    })
}

/// Pages that are there before the wizard is done.
pub(crate) fn is_open_before_setup(path: &str) -> bool {
    matches!(path, "/setup" | "/setup/restore" | "/find" | "/metrics") || path.starts_with("/tls")
}

/// Bytes of a form of a page that takes files; none for the others and for those who
/// may not.
pub(crate) fn largest_form(path: &str, by: &Principal) -> Option<u64> {
    match path {
        "/people/import" if by.holds("people.manage") => Some(12 << 20),
        update::UPLOAD if by.holds("station.manage") => Some(update::LARGEST),
        "/admin/install" if by.holds("plugins.manage") => Some(24 << 20),
        _ => None,
    }
}

/// Where the files of a form go that are too large for memory; none for the others.
pub(crate) fn place(site: &Site, visit: &Visit) -> Option<crate::forms::Open> {
    update::place(site, visit)
}

/// What a browser gets that came by a name which is not the station's: nothing but
/// the right link.
pub(crate) fn other_host(site: &Site, visit: &Visit) -> Response<Body> {
    let port = if visit.peer.tls { site.https_port } else { site.http_port };
    let scheme = if visit.peer.tls { "https" } else { "http" };
    let usual = if visit.peer.tls { 443 } else { 80 };
    let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
    let right = format!("{scheme}://{}{port}/", site.own_name());
    let body = html! {
        (DOCTYPE)
        html lang=(visit.language.code()) {
            head { meta charset="utf-8"; title { (say(visit.language, "shell.name")) } }
            body { p { (say(visit.language, "error.other-host")) } p { a href=(right) { (right) } } }
        }
    };
    let mut reply = Response::new(Body::from(body.into_string()));
    *reply.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    let html = hyper::header::HeaderValue::from_static("text/html; charset=utf-8");
    reply.headers_mut().insert(hyper::header::CONTENT_TYPE, html);
    headers::secure(reply.headers_mut(), Some(headers::INERT));
    reply
}

/// Date and time as people write them, in Vietnam's zone, which has had no change of
/// clocks since 1975. `unix_ms`: milliseconds since 1970.
pub(crate) fn moment(unix_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(unix_ms.saturating_add(7 * 3_600_000))
        .map(|time| jiff::tz::Offset::UTC.to_datetime(time));
    time.map_or_else(
        |_| "?".to_owned(),
        |time| {
            format!("{:02}:{:02}, {:02}/{:02}/{}", time.hour(), time.minute(), time.day(), time.month(), time.year())
        },
    )
}

/// Segment of a path, percent-decoded; empty when there is none.
fn segment(path: &str, at: usize) -> String {
    crate::query::decode_path(path.trim_matches('/').split('/').nth(at).unwrap_or_default())
}

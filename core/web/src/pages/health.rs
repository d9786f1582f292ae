//! Whether the station is well, for machines.

use hyper::{Response, StatusCode};
use tram_host::{PluginState, PluginStatus};
use tram_people::Channel;

use super::ShellForm;
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/healthz`: public, so it says ok or not and no more.
pub(crate) fn answer(site: &Site) -> Response<Body> {
    // Reading the head of the journal proves that the storage answers. A plugin that
    // came with this version and cannot run makes the version ill; a vendor's does not.
    let ill = |status: &PluginStatus| status.embedded && matches!(status.state, PluginState::Failed { .. });
    let well = site.journal.read().is_ok() && !site.plugins.plugins().iter().any(ill);
    let (status, word) = if well { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ok\n") };
    reply::bytes(status, "text/plain; charset=utf-8", word)
}

/// `/metrics`: names of plugins and how busy the school is are nobody's business, so
/// it is for the box itself and for administrators.
pub(super) fn metrics(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if visit.channel != Channel::Loopback && !visit.principal.holds("station.manage") {
        return reply::problem(site, visit, StatusCode::FORBIDDEN, messages::text("error.forbidden-text"));
    }
    reply::bytes(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", site.plugins.metrics())
}

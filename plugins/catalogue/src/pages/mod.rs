//! The pages, each from a request to a page document.

pub mod advanced;
pub mod copies;
pub mod cover;
pub mod deleted;
pub mod edit;
pub mod export;
pub mod history;
pub mod import;
pub mod record;
pub mod register;
pub mod search;

use tram_contract::page::{Tone, Widget};
pub(crate) use tram_sdk::encoded;
pub(crate) use tram_sdk::message::Say;
use tram_sdk::{Request, Response, Result};

use crate::messages as m;

/// Answers a page.
///
/// # Errors
/// As the page that is asked for.
pub fn answer(request: &Request) -> Result<Response> {
    match request.route.as_str() {
        "search" => search::page(request),
        "advanced" => Ok(advanced::page(request)),
        "record" => record::page(request),
        "record-marc" => record::marc(request),
        "new" => Ok(edit::blank(request)),
        "create" => edit::create(request),
        "edit" => edit::page(request),
        "update" => edit::update(request),
        "history" => history::page(request),
        "copy-add" => copies::add(request),
        "copy-edit" => copies::page(request),
        "copy-update" => copies::update(request),
        "copy-delete" => copies::delete(request),
        "register" => register::page(request),
        "copies" => Ok(register::many(request)),
        "copies-change" => register::change(request),
        "cover-put" => cover::put(request),
        "cover-remove" => cover::remove(request),
        "delete" => deleted::delete(request),
        "deleted" => deleted::page(request),
        "undelete" => deleted::undelete(request),
        "import" => import::page(request),
        "import-upload" => import::upload(request),
        "import-prepare" => import::prepare(request),
        "import-start" => import::start(request),
        "export" => export::page(request),
        "export-start" => export::start(request),
        _ => Err(tram_sdk::Error::not_found(m::NO_PAGE.text())),
    }
}

pub(crate) fn say(request: &Request) -> Say<'_> {
    Say(request.language(), &m::CATALOGUE)
}

/// A message at the top of a page, named by the parameter `said` of the link that led
/// there.
pub(crate) fn said(request: &Request) -> Option<Widget> {
    let (tone, message) = match request.query("said")? {
        "saved" => (Tone::Good, &m::SAVED),
        "created" => (Tone::Good, &m::CREATED),
        "copies" => (Tone::Good, &m::COPIES_SAVED),
        "copy-deleted" => (Tone::Good, &m::COPY_DELETED),
        "cover" => (Tone::Good, &m::COVER_SAVED),
        "cover-removed" => (Tone::Good, &m::COVER_REMOVED),
        "restored" => (Tone::Good, &m::RESTORED),
        "restored-without" => (Tone::Warning, &m::RESTORED_WITHOUT),
        _ => return None,
    };
    Some(Widget::Notice { tone, text: say(request).t(message), links: Vec::new() })
}

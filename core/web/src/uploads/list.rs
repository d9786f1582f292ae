//! A person's own uploads: a page for people, a list for the script of a form.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::HeaderName;
use hyper::{Method, Response, StatusCode};
use serde_json::json;
use tram_contract::Text;
use tram_contract::page::{Figure, Form, FormField, Link, Page, Tone, Widget};
use tram_host::UploadEntry;

use super::{DELETE, PLACE, Refused, problem};
use crate::messages;
use crate::pages::moment;
use crate::reply;
use crate::router;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::token;

/// Uploads that a page or list has at most.
const MOST: usize = 200;

/// The page; for the script of a form, the list of what it may go on with.
pub(super) fn page(site: &Site, visit: &mut Visit) -> Response<Body> {
    if visit.wants_json() {
        return list(site, visit).unwrap_or_else(|refused| problem(visit, refused));
    }
    let Some(person) = visit.principal.person.clone() else {
        return reply::see_other(&format!("/sign-in?back={}", crate::query::encode(PLACE)));
    };
    let own = site.plugins.uploads().of(&person);
    let mut widgets = vec![Widget::Paragraph { text: messages::text("upload.about"), quiet: true }];
    widgets.push(if own.is_empty() {
        Widget::Empty { text: messages::text("upload.none"), links: Vec::new() }
    } else {
        Widget::Form(form(site, &own))
    });
    if visit.principal.holds("station.manage") {
        let (count, bytes) = site.plugins.uploads().outstanding();
        let figure =
            |label: &'static str, value: String| Figure { value, label: messages::text(label), ..Figure::default() };
        widgets.push(Widget::Heading { level: 2, text: messages::text("upload.everybody") });
        widgets.push(Widget::Figures {
            figures: vec![
                figure("upload.count", count.to_string()),
                figure("upload.megabytes", size(bytes).get("vi").to_owned()),
            ],
        });
    }
    let page = Page::new(messages::text("upload.title"), widgets);
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// A tick for each upload, and what it says of itself.
fn form(site: &Site, own: &[Arc<UploadEntry>]) -> Form {
    let plugins = site.plugins.plugins();
    let fields = own.iter().take(MOST).map(|entry| {
        let note = entry.note();
        let plugin = plugins.iter().find(|status| status.id == note.plugin);
        let plugin = plugin.map_or_else(|| note.plugin.clone().into(), |status| status.manifest.name.clone());
        let values = |language: &str| {
            let words = |text: Text| text.get(language).to_owned();
            [words(plugin.clone()), words(size(note.size)), words(size(entry.at())), moment(entry.expires_ms())]
        };
        let key = if entry.is_finished() { "upload.finished" } else { "upload.unfinished" };
        let told = |language: &str| {
            let [plugin, size, at, until] = values(language);
            let all = [("plugin", &*plugin), ("size", &*size), ("at", &*at), ("until", &*until)];
            messages::text_with(key, &all).get(language).to_owned()
        };
        FormField {
            name: entry.id().to_owned(),
            kind: "checkbox".into(),
            label: note.name.clone().into(),
            help: Text::vi_en(told("vi"), told("en")),
            ..FormField::default()
        }
    });
    Form {
        action: format!("{PLACE}{DELETE}"),
        fields: fields.collect(),
        submit: messages::text("upload.delete"),
        tone: Tone::Bad,
        confirm: Some(messages::text("upload.delete-question")),
        ..Form::default()
    }
}

/// `12,5 MB`, for both languages.
fn size(bytes: u64) -> Text {
    let tenths = bytes.saturating_mul(10) >> 20;
    let with = |comma: char| format!("{}{comma}{} MB", tenths / 10, tenths % 10);
    Text::vi_en(with(','), with('.'))
}

/// What a form of the plugin may go on with; told to who shows the plugin's token, so
/// that no page learns what was sent to another.
fn list(site: &Site, visit: &mut Visit) -> Result<Response<Body>, Refused> {
    let person = super::person(visit)?.to_owned();
    let plugin = visit.asked("plugin").unwrap_or_default().to_owned();
    let upload = visit.asked("upload").unwrap_or_default().to_owned();
    let secret = visit.secret(site).map_err(|_| Refused::new(500, "error.server-text"))?;
    let shown = visit.header(&HeaderName::from_static("tram-token")).unwrap_or_default();
    if plugin.is_empty() || !token::is_valid(&secret, &plugin, shown) {
        return Err(Refused::new(403, "form.stale-token"));
    }
    let own = site.plugins.uploads().of(&person);
    let fits = |entry: &&Arc<UploadEntry>| entry.note().plugin == plugin && entry.note().upload == upload;
    let uploads: Vec<_> = own
        .iter()
        .filter(fits)
        .take(MOST)
        .map(|entry| {
            let note = entry.note();
            json!({
                "id": entry.id(), "name": note.name, "media-type": note.media_type, "size": note.size, "stamp": note.stamp,
                "offset": entry.at(), "finished": entry.is_finished(), "began": note.began_ms, "expires": entry.expires_ms(),
            })
        })
        .collect();
    let document = json!({ "uploads": uploads }).to_string();
    Ok(reply::bytes(StatusCode::OK, "application/json", document))
}

/// Deletes what was ticked on the page.
pub(super) async fn delete(site: Arc<Site>, mut visit: Visit, body: Incoming) -> Response<Body> {
    if visit.method != Method::POST {
        return visit.dress(reply::see_other(PLACE));
    }
    let form = match router::shell_form(&site, &mut visit, body).await {
        Ok(form) => form,
        Err(crate::forms::Refused(status, text)) => return router::refuse(&site, visit, status, text),
    };
    router::on_turn(site, visit, move |site, visit| {
        let person = visit.principal.person.clone().unwrap_or_default();
        let uploads = site.plugins.uploads();
        for entry in uploads.of(&person) {
            if form.get(entry.id()) != "1" {
                continue;
            }
            if let Err(error) = uploads.remove(&entry) {
                let Refused(status, text) = error.into();
                let page = Page::new(
                    messages::text("upload.title"),
                    vec![Widget::Notice {
                        tone: Tone::Bad,
                        text,
                        links: vec![Link::new(messages::text("upload.title"), PLACE)],
                    }],
                );
                return reply::shell(site, visit, status, &page);
            }
        }
        reply::see_other(PLACE)
    })
    .await
}

//! `POST /upload/`: an upload is begun. Everything that could refuse it is asked now, so
//! that nobody is refused after an hour of sending.

use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::manifest::{Route, Upload as Kind};
use tram_host::{LARGEST_UPLOAD, ReplyBody, Request, UploadEntry, UploadNote};
use tram_journal::clock;
use tram_people::Principal;

use super::{PLACE, Refused, bare, expires, on_disk, person, protocol, put, receive, trusted};
use crate::messages;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

const MB: u64 = 1 << 20;

pub(super) async fn begin(site: &Arc<Site>, visit: &mut Visit, body: Incoming) -> Result<Response<Body>, Refused> {
    let person = person(visit)?.to_owned();
    let malformed = || Refused::new(400, "upload.malformed");
    let deferred = visit.headers.contains_key("upload-defer-length") || visit.headers.contains_key("upload-concat");
    let size = protocol::number(visit.header(&protocol::LENGTH)).filter(|_| !deferred).ok_or_else(malformed)?;
    let metadata = protocol::metadata(visit.header(&protocol::METADATA).unwrap_or_default()).ok_or_else(malformed)?;
    let of = |names: &[&str]| {
        let found = metadata.iter().find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let (plugin, upload) = (of(&["plugin"]), of(&["upload"]));
    trusted(site, visit, &plugin, &of(&["token"]))?;
    let (kind, check) =
        site.plugins.upload_kind(&plugin, &upload).ok_or_else(|| Refused::new(404, "upload.no-such-kind"))?;
    if !visit.principal.holds(&kind.permission) {
        return Err(Refused::new(403, "upload.forbidden"));
    }
    let most = kind.max_size.unwrap_or(LARGEST_UPLOAD).min(LARGEST_UPLOAD);
    if size > most {
        let text = messages::text_with(
            "upload.too-big",
            &[("most", &(most / MB).to_string()), ("size", &(size / MB).to_string())],
        );
        return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    let name = Some(of(&["filename", "name"])).filter(|name| !name.trim().is_empty());
    let note = UploadNote {
        person,
        plugin,
        upload,
        name: name.unwrap_or_else(|| "tep".to_owned()),
        stamp: of(&["stamp"]),
        media_type: Some(of(&["filetype", "type"]))
            .filter(|kind| kind.contains('/'))
            .unwrap_or_else(|| "application/octet-stream".to_owned()),
        size,
        began_ms: clock::now().unix_ms,
    };
    let entry = reserve(site, visit, kind, check, note).await?;
    let mut at = 0;
    let piece = visit.header(&header::CONTENT_TYPE) == Some(protocol::PIECE);
    if piece && !body.is_end_stream() {
        at = match receive::receive(site, visit, body, &entry, 0).await {
            Ok(at) => at,
            Err(refused) => {
                // Its sender was never told its name and could not go on with it: it would
                // keep its room for a week.
                let (site, entry) = (Arc::clone(site), Arc::clone(&entry));
                on_disk(move || Ok(site.plugins.uploads().remove(&entry)?)).await?;
                return Err(refused);
            }
        };
    } else if size == 0 {
        let (site, empty) = (Arc::clone(site), Arc::clone(&entry));
        on_disk(move || Ok(site.plugins.uploads().offset(&empty)?)).await?;
    }
    let mut reply = bare(StatusCode::CREATED);
    if let Ok(place) = HeaderValue::from_str(&format!("{PLACE}{}", entry.id())) {
        reply.headers_mut().insert(header::LOCATION, place);
    }
    if piece {
        put(&mut reply, protocol::OFFSET, at);
    }
    expires(&mut reply, &entry);
    Ok(reply)
}

/// Asks the plugin, then takes the room.
async fn reserve(
    site: &Arc<Site>,
    visit: &Visit,
    kind: Kind,
    check: Option<Arc<Route>>,
    note: UploadNote,
) -> Result<Arc<UploadEntry>, Refused> {
    if kind.check.is_some() && check.is_none() {
        return Err(Refused::new(404, "upload.no-such-kind"));
    }
    let Some(turn) = site.limits.turn(false).await else { return Err(Refused::new(503, "error.busy-text")) };
    let (site, by) = (Arc::clone(site), visit.principal.clone());
    let headers = [header::HOST, header::ACCEPT_LANGUAGE]
        .iter()
        .filter_map(|name: &HeaderName| Some((name.as_str().to_owned(), visit.header(name)?.to_owned())))
        .collect();
    on_disk(move || {
        if let Some(route) = check {
            ask(&site, &route, &note, headers, &by)?;
        }
        let begun = site.plugins.uploads().begin(note)?;
        drop(turn);
        Ok(begun)
    })
    .await
}

/// Asks the plugin whether it wants this file. Any error is the refusal.
fn ask(
    site: &Site,
    route: &Route,
    note: &UploadNote,
    headers: Vec<(String, String)>,
    by: &Principal,
) -> Result<(), Refused> {
    let query = [("name", note.name.clone()), ("size", note.size.to_string()), ("media-type", note.media_type.clone())];
    let request = Request {
        method: "GET".into(),
        path: route.path.clone(),
        query: query.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        headers,
        ..Request::default()
    };
    let reply = site.plugins.call(&note.plugin, route, request, by).map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Refused(status, error.text())
    })?;
    if reply.status < 400 {
        return Ok(());
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_REQUEST);
    let said = match reply.body {
        ReplyBody::Bytes(bytes) => words(&bytes),
        _ => None,
    };
    Err(Refused(status, said.unwrap_or_else(|| messages::text("upload.refused"))))
}

/// The words of a plugin's own refusal: a problem document's, or plain text.
fn words(bytes: &[u8]) -> Option<Text> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let said = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(document) => {
            let detail = ["detail", "message", "title"].iter().find_map(|name| document.get(name).cloned())?;
            serde_json::from_value::<Text>(detail).ok()?
        }
        Err(_) => Text::from(text.to_owned()),
    };
    Some(said).filter(|said| (1..=1_000).contains(&said.get("vi").len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugins_refusal_is_told_in_its_own_words() {
        assert_eq!(
            words(b"{\"detail\":\"H\xe1\xba\xbft ch\xe1\xbb\x97\"}").as_ref().map(|text| text.get("vi")),
            Some("Hết chỗ")
        );
        let both = words(br#"{"detail":{"vi":"Khong","en":"No"}}"#);
        assert_eq!(both.as_ref().map(|text| text.get("en")), Some("No"));
        assert_eq!(words(b"no\n").as_ref().map(|text| text.get("vi")), Some("no"));
        assert!(words(b"").is_none() && words(b"{}").is_none() && words(&[0xff]).is_none());
    }
}

//! Routes for programs and for the page's own players: files, completions, progress,
//! the check before an upload, and the interface `/api/materials/v1`.

use serde_json::json;
use tram_sdk::store::Find;
use tram_sdk::{Error, Request, Response, Result, code, search, store};

use crate::access::Who;
use crate::entries;
use crate::figures;
use crate::files::{self, media_type};
use crate::messages as m;
use crate::model::{Edition, FileRef, ITEMS, LOOKED, load, missing};
use crate::pages;
use crate::pages::item::downloads;
use crate::pages::search::Wanted;
use crate::quota;
use crate::results;
use crate::slots::completions;
use crate::workbook;

/// Items that hold a file, and files that another was made of: as a rule one.
const SOURCES: u32 = 20;
/// Hits of a page of the interface.
const PER_PAGE: u64 = 20;

/// Answers a route.
///
/// # Errors
/// As the route.
pub fn answer(request: &Request) -> Result<Response> {
    let who = Who::of(&request.principal)?;
    if !who.enters() {
        return Err(Error::new(code::FORBIDDEN, m::GUESTS_OUT.text()));
    }
    match request.route.as_str() {
        "oai" | "oai-post" => crate::share::feed::answer(request),
        "share-file" => pages::share::file(request, &who),
        "file" => file(request, &who),
        "suggest" => Ok(Response::json(&completions(request.query("q").unwrap_or_default().trim())?)),
        "state" => state(request, &who),
        "blob-check" => blob_check(request, &who),
        "upload-check" => upload_check(request, &who),
        "report-file" => report(request, &who),
        "proof-file" => crate::printing::file(request, &who),
        "export-file" => pages::export::file(request),
        "v1-search" => v1_search(request, &who),
        "v1-item" => v1_item(request, &who),
        _ => Err(Error::not_found(m::NO_PAGE.text())),
    }
}

/// A file of an item, as a download.
fn file(request: &Request, who: &Who) -> Result<Response> {
    let entry = load(request.param("item"))?;
    let number: u32 = request.param("file").and_then(|text| text.parse().ok()).ok_or_else(missing)?;
    let (edition, is_live) = who.edition_with(&entry.value, |file| file.number == number).ok_or_else(missing)?;
    let file = edition.files.iter().find(|file| file.number == number).ok_or_else(missing)?;
    // Those who have to do with it may look at what was found to be dangerous.
    if files::told_apart(std::slice::from_ref(file))?.0.is_empty() && !who.sees_work(&entry.value) {
        return Err(missing());
    }
    // A player asks for ranges; only a whole fetch is a download.
    if is_live && request.header("range").is_none() && !entry.value.is_author(&who.person) {
        store::add(&downloads(&entry.id()), 1)?;
    }
    Ok(Response::blob(file.blob.clone()).download(files::bare(&file.name)).header("content-type", media_type(file)))
}

/// Whether a reader may have a file by its own address: who sees an edition that holds
/// it, or the file that it was made of. What was found to be dangerous nobody has so.
fn blob_check(request: &Request, who: &Who) -> Result<Response> {
    let blob = request.query("blob").filter(|blob| !blob.is_empty()).ok_or_else(missing)?;
    let (sources, _) = LOOKED.find("derived", Find::Exact(blob.as_bytes()), None, SOURCES)?;
    let mut originals: Vec<Vec<u8>> = sources.into_iter().map(|entry| entry.key).collect();
    if LOOKED.get(blob.as_bytes())?.is_none_or(|entry| !entry.value.is_hostile()) {
        originals.push(blob.as_bytes().to_vec());
    }
    for original in originals {
        let (items, _) = ITEMS.find("blob", Find::Exact(&original), None, SOURCES)?;
        let held = |file: &FileRef| file.blob.as_bytes() == original;
        if items.iter().any(|entry| who.edition_with(&entry.value, held).is_some()) {
            return Ok(Response::empty(204));
        }
    }
    Err(missing())
}

/// Keeps what a reader came to with a file.
fn state(request: &Request, who: &Who) -> Result<Response> {
    let entry = load(request.param("item"))?;
    let number: u32 = request.param("file").and_then(|text| text.parse().ok()).ok_or_else(missing)?;
    if who.person.is_empty() || who.edition_with(&entry.value, |file| file.number == number).is_none() {
        return Err(missing());
    }
    results::keep(&who.person, &entry.key, number, request.form("state").unwrap_or_default())?;
    Ok(Response::empty(204))
}

/// Whether a file may be sent at all, asked before its first byte.
fn upload_check(request: &Request, who: &Who) -> Result<Response> {
    if let Some(reason) = files::refusal(request.query("name").unwrap_or_default()) {
        return Err(Error::invalid(reason));
    }
    let size = request.query("size").and_then(|text| text.parse().ok()).unwrap_or(0);
    match quota::refusal_of_upload(who, size, request.language())? {
        Some(reason) => Err(Error::invalid(reason)),
        None => Ok(Response::empty(204)),
    }
}

fn report(request: &Request, who: &Who) -> Result<Response> {
    let language = request.language();
    let counted = figures::count(language, who)?;
    let bytes = workbook::write(&figures::sheets(&counted, language));
    Ok(Response::bytes(workbook::MEDIA_TYPE, bytes).download(&format!("hoc-lieu-{}.xlsx", tram_sdk::clock::today())))
}

/// An item for programs.
fn document(id: &str, edition: &Edition) -> Result<serde_json::Value> {
    let meta = &edition.meta;
    let authors: Vec<&str> = meta.authors.iter().map(|author| author.name.as_str()).collect();
    let (fine, _) = files::told_apart(&edition.files)?;
    let files: Vec<serde_json::Value> = fine
        .into_iter()
        .map(|file| {
            json!({
                "number": file.number, "name": file.name, "size": file.size, "role": file.role,
                "mediaType": media_type(file), "href": format!("/materials/items/{id}/files/{}", file.number),
            })
        })
        .collect();
    Ok(json!({
        "id": id, "href": format!("/materials/items/{id}"), "title": meta.title, "description": meta.description,
        "subject": meta.subject, "grades": meta.grades, "series": meta.series, "unit": meta.unit,
        "lesson": meta.lesson, "outcomes": meta.outcomes, "kind": meta.kind, "language": meta.language,
        "licence": meta.licence, "authors": authors, "year": meta.year, "keywords": meta.keywords,
        "group": meta.group_name, "shareable": meta.shareable, "edition": edition.number,
        "published": edition.review.published.as_ref().map(|act| act.unix_ms), "files": files,
    }))
}

fn v1_search(asked: &Request, who: &Who) -> Result<Response> {
    let wanted = Wanted::of(asked);
    // Programs are told of what is published; drafts are for people to look at.
    let mut request = wanted.request(PER_PAGE);
    request.filters.insert("stage".into(), vec!["published".into()]);
    let reply = search::search(&request)?;
    let keys: Vec<Vec<u8>> = reply.hits.iter().filter_map(|hit| store::from_hex(&hit.key)).collect();
    let mut hits = Vec::new();
    for (hit, entry) in reply.hits.iter().zip(ITEMS.get_many(&keys)?) {
        let Some(entry) = entry.filter(|entry| who.sees_live(&entry.value)) else { continue };
        let Some(edition) = entry.value.shown() else { continue };
        let mut found = document(&entry.id(), edition)?;
        if let Some(passage) = hit.snippets.iter().find(|passage| passage.field == "inside")
            && let Some((file, page)) = entries::leaf(&entry.key, passage.place)?
        {
            let place = json!({ "file": file, "page": page, "text": passage.text });
            found.as_object_mut().map(|found| found.insert("found".into(), place));
        }
        hits.push(found);
    }
    Ok(Response::json(&json!({
        "total": reply.total, "exact": reply.exact, "page": wanted.page, "hits": hits, "facets": reply.facets,
    })))
}

fn v1_item(request: &Request, who: &Who) -> Result<Response> {
    let entry = load(request.param("item"))?;
    let edition = entry.value.shown().filter(|_| who.sees_live(&entry.value)).ok_or_else(missing)?;
    Ok(Response::json(&document(&entry.id(), edition)?))
}

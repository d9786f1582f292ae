//! The whole plugin on a station in memory.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod files;
mod life;
mod matrix;
mod quota;
mod rest;
mod sharing;

use std::rc::Rc;

use tram_contract::search::{FacetCount, Hit, Query, SearchReply, SearchRequest};
use tram_sdk::mock::{self, RequestBuilder};
use tram_sdk::store::{Entry, to_hex};
use tram_sdk::{Body, Grant, Principal, Request, Response, Result};

use crate::Materials;
use crate::access::{APPROVE, CREATE, MANAGE, READ, REVIEW};
use crate::entries;
use crate::model::{ITEMS, Item};

pub(crate) const MANIFEST: &str = include_str!("../../plugin.toml");

/// Everybody of the school in memory.
pub(crate) const PEOPLE: [&str; 10] = [
    "public",
    "pupil",
    "parent",
    "author",
    "co-author",
    "colleague",
    "head",
    "other-head",
    "leadership",
    "administrator",
];

/// A station with two subject groups; the author and a co-author are of the first.
pub(crate) fn school() {
    mock::reset();
    mock::install(MANIFEST).unwrap();
    let person = |id: &str, name: &str, groups: &str, led: &str| {
        mock::add_person(id, &[("name", name), ("subject-groups", groups), ("groups-led", led)]);
    };
    person("author", "Phan Thị Mộng", "g1", "");
    person("co-author", "Lê Văn Sang", "g1", "");
    person("colleague", "Trần Quang Khôi", "g2", "");
    person("head", "Lương Văn Khải", "g1", "g1");
    person("other-head", "Nguyễn Thanh Bình", "g2", "g2");
    person("leadership", "Phạm Thị Thu Hà", "", "");
    person("administrator", "Trương Quốc Bảo", "", "");
    mock::add_group("g1", "subject-group", "Tổ Tự nhiên", &["author", "co-author", "head"]);
    mock::add_group("g2", "subject-group", "Tổ Toán", &["colleague", "other-head"]);
    mock::on_search(|request| search(request, &mock::public()));
}

/// What somebody may, as the roles of a new station give it.
pub(crate) fn by(who: &str) -> Principal {
    let grant = |permission: &str, relation: &str| Grant { permission: permission.into(), relation: relation.into() };
    let mut grants = Vec::new();
    match who {
        "public" => return mock::public(),
        "pupil" | "parent" => grants.push(grant(READ, "all")),
        "leadership" => grants.extend([
            grant(READ, "all"),
            grant(CREATE, "all"),
            grant(REVIEW, "group-led"),
            grant(APPROVE, "all"),
            grant(MANAGE, "all"),
        ]),
        "administrator" => grants.extend([grant(READ, "all"), grant(MANAGE, "all")]),
        _ => grants.extend([grant(READ, "all"), grant(CREATE, "all"), grant(REVIEW, "group-led")]),
    }
    Principal { grants, ..mock::person(who, &[]) }
}

/// The tokens that the host gives a principal.
fn tokens(by: &Principal) -> Vec<String> {
    let mut out = vec!["public".to_owned()];
    out.extend(by.person.iter().map(|person| format!("person:{person}")));
    out.extend(by.grants.iter().map(|grant| format!("permission:{}", grant.permission)));
    match by.person.as_deref() {
        Some("head") => out.push("led:g1".into()),
        Some("other-head") => out.push("led:g2".into()),
        _ => {}
    }
    out
}

fn matches(query: &Query, texts: &[(String, String)]) -> bool {
    match query {
        Query::Everything => true,
        Query::Text { text, .. } => text.split_whitespace().all(|word| {
            let word = tram_vietnamese::fold(word);
            texts
                .iter()
                .any(|(_, text)| tram_vietnamese::fold(text).split(|c: char| !c.is_alphanumeric()).any(|w| w == word))
        }),
        Query::And(all) => all.iter().all(|query| matches(query, texts)),
        Query::Or(any) => any.iter().any(|query| matches(query, texts)),
        Query::Not(yes, no) => matches(yes, texts) && !matches(no, texts),
        Query::Term { field, value } => texts.iter().any(|(name, text)| name == field && text == value),
        Query::Range { .. } => true,
    }
}

/// The search service as the host runs it: documents of the indexer, cut down to what
/// the asker's tokens reach, words folded.
pub(crate) fn search(request: &SearchRequest, by: &Principal) -> SearchReply {
    let tokens = tokens(by);
    let mut reply = SearchReply { exact: true, ..SearchReply::default() };
    let values = |texts: &[(String, String)], field: &str| -> Vec<String> {
        texts.iter().filter(|(name, _)| name == field).map(|(_, text)| text.clone()).collect()
    };
    let found: Vec<_> = mock::documents::<Materials>(entries::SEARCHED.name())
        .into_iter()
        .filter(|(_, document)| document.visibility.iter().any(|token| tokens.contains(token)))
        .filter(|(_, document)| matches(&request.query, &document.texts))
        .filter(|(_, document)| {
            request
                .filters
                .iter()
                .all(|(field, wanted)| values(&document.texts, field).iter().any(|v| wanted.contains(v)))
        })
        .collect();
    reply.total = found.len() as u64;
    for field in request.facets.keys() {
        let mut counts: Vec<FacetCount> = Vec::new();
        for value in found.iter().flat_map(|(_, document)| values(&document.texts, field)) {
            match counts.iter_mut().find(|count| count.value == value) {
                Some(count) => count.count += 1,
                None => counts.push(FacetCount { value, count: 1 }),
            }
        }
        reply.facets.insert(field.clone(), counts);
    }
    reply.hits = found
        .into_iter()
        .skip(request.offset)
        .take(request.limit)
        .map(|(key, document)| {
            let inside = values(&document.texts, "inside");
            let place = inside.iter().position(|text| matches(&request.query, &[("inside".into(), text.clone())]));
            let snippets = place.filter(|_| request.snippets && request.query != Query::Everything).map(|place| {
                tram_contract::search::Snippet {
                    field: "inside".into(),
                    place: place as u32,
                    text: inside[place].clone(),
                    marks: Vec::new(),
                }
            });
            Hit { key: to_hex(&key), score: 1.0, snippets: snippets.into_iter().collect() }
        })
        .collect();
    reply
}

/// Asks a route as somebody; the search service sees who asks.
pub(crate) fn ask(who: &str, request: RequestBuilder) -> Result<Response> {
    let principal = by(who);
    let asker = Rc::new(principal.clone());
    mock::on_search(move |request| search(request, &asker));
    let request: Request = request.by(principal).into();
    let api = matches!(
        request.route.as_str(),
        "file"
            | "blob-check"
            | "suggest"
            | "state"
            | "upload-check"
            | "report-file"
            | "proof-file"
            | "v1-search"
            | "v1-item"
            | "oai"
            | "share-file"
    );
    let handler = if api { <Materials as tram_sdk::Api>::answer } else { <Materials as tram_sdk::Pages>::page };
    mock::call(handler, request)
}

/// The text of a reply: a page document or bytes.
pub(crate) fn text(response: &Response) -> String {
    match &response.body {
        Body::Page(bytes) | Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Blob(id) => format!("blob {id}"),
        Body::Empty => String::new(),
    }
}

/// The only item.
pub(crate) fn the_item() -> Entry<Item> {
    ITEMS.iter([]).next().unwrap().unwrap()
}

/// A form for a new item with one file.
pub(crate) fn filled(request: RequestBuilder) -> RequestBuilder {
    request
        .form("title", "Quang hợp ở thực vật")
        .form("kind", "lesson-plan")
        .form("subject", "KHTN")
        .form("grades", "7")
        .form("unit", "Chương VII")
        .form("lesson", "Bài 22")
        .form("language", "vi")
        .form("licence", "CC-BY-SA-4.0")
        .form("audience", "school")
        .form("group", "g1")
        .form("authors", "Phan Thị Mộng\nLê Văn Sang")
}

/// Makes an item as its author and has its file looked into.
pub(crate) fn made() -> Entry<Item> {
    let request = filled(mock::post("create", "/new")).upload(
        "files",
        "Bài 22/giáo án.txt",
        "text/plain",
        "Lá cây có diệp lục.\n".as_bytes(),
    );
    ask("author", request).unwrap();
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    the_item()
}

/// Takes a step as somebody; answers the status.
pub(crate) fn step(who: &str, word: &str, comment: &str) -> Result<u16> {
    let entry = the_item();
    let request = mock::post("step", "/items/x/step")
        .param("item", &entry.id())
        .form("step", word)
        .form("version", &entry.version.to_string())
        .form("comment", comment);
    ask(who, request).map(|response| response.status)
}

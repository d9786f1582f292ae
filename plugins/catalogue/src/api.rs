//! Routes for programs: the JSON interface `/api/catalogue/v1`, suggestions, and files.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tram_contract::search::{Query, SearchReply, SearchRequest, Sort};
use tram_sdk::{Error, Request, Response, Result, search, store};

use crate::compact::Compact;
use crate::export::is_public;
use crate::messages as m;
use crate::pages::search::simple;
use crate::shelf::{self, Loaded};
use crate::sru;
use crate::{bib, export, pages, words};

/// Hits on a page at most.
const MAX_PER_PAGE: u64 = 100;
/// The search service pages to here.
const MAX_REACH: u64 = 10_000;

/// Characters of a query at most.
const MAX_QUERY: usize = 300;
/// Values of a facet that are counted.
const FACET_VALUES: usize = 20;
/// Facets: the name here, the field of the index.
const FACETS: [(&str, &str); 5] = [
    ("kind", "kind"),
    ("class", "class"),
    ("author", "author-facet"),
    ("subject", "subject-facet"),
    ("language", "language"),
];

/// The description of the interface, served as it is and kept as an asset.
const OPENAPI: &str = include_str!("../assets/openapi.json");

/// Answers a route.
///
/// # Errors
/// As the route that is asked for; the host writes them as problem documents.
pub fn answer(request: &Request) -> Result<Response> {
    match request.route.as_str() {
        "sru" => Ok(sru::answer(request)),
        "sru-post" => Ok(sru::posted(request)),
        "suggest" => suggest(request),
        "v1-search" => list(request),
        "v1-record" => one(request),
        "v1-openapi" => Ok(Response::bytes("application/json", OPENAPI.as_bytes())),
        "record-file" => file(request),
        "import-report" => pages::import::report(request),
        "export-file" => {
            let outcome = export::job::file(request.param("job"))?;
            Ok(Response::blob(outcome.blob).download(&outcome.name))
        }
        _ => Err(Error::not_found(m::NO_PAGE.text())),
    }
}

fn suggest(request: &Request) -> Result<Response> {
    Ok(Response::json(&completions(request.query("q").unwrap_or_default())?))
}

/// Completions of what is typed, titles first; at most 8.
///
/// # Errors
/// As the search service.
pub(crate) fn completions(typed: &str) -> Result<Vec<String>> {
    let typed = typed.trim();
    let mut out: Vec<String> = Vec::new();
    if typed.chars().count() >= 2 && typed.len() <= 100 {
        for (field, limit) in [("title", 6), ("author", 3), ("subject", 2)] {
            for text in search::suggest(field, typed, limit)? {
                if !out.contains(&text) {
                    out.push(text);
                }
            }
        }
        out.truncate(8);
    }
    Ok(out)
}

fn number(request: &Request, name: &str, default: u64, most: u64) -> Result<u64> {
    match request.query(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<u64>()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| Error::invalid(m::API_NUMBER.text_with(&[name, &most.to_string()]))),
    }
}

/// `GET /v1/search?q=&page=&per_page=`.
fn list(request: &Request) -> Result<Response> {
    let typed = request.query("q").unwrap_or_default().trim();
    if typed.chars().count() > MAX_QUERY {
        return Err(Error::invalid(m::API_LONG.text_with(&[&MAX_QUERY.to_string()])));
    }
    let page = number(request, "page", 1, MAX_REACH)?;
    let per_page = number(request, "per_page", 10, MAX_PER_PAGE)?;
    let offset = (page - 1) * per_page;
    if offset + per_page > MAX_REACH {
        return Err(Error::invalid(m::API_REACH.text_with(&[&MAX_REACH.to_string()])));
    }
    let sort = match request.query("sort") {
        None | Some("" | "relevance") => Sort::Relevance,
        Some("title") => Sort::Field { name: "title-order".into(), descending: false },
        Some("author") => Sort::Field { name: "author-order".into(), descending: false },
        Some("year") => Sort::Field { name: "year".into(), descending: true },
        Some("newest") => Sort::Newest,
        Some(_) => return Err(Error::invalid(m::API_SORT.text())),
    };
    let mut parts = simple(typed);
    let query = match parts.len() {
        0 => Query::Everything,
        1 => parts.remove(0),
        _ => Query::And(parts),
    };
    // Counting the values of facets takes longer than the search, so only who asks for
    // them waits for them.
    let wanted: Vec<&str> = request.query_all("facet").filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = wanted.iter().find(|name| field_of(name).is_none()) {
        return Err(Error::invalid(m::API_FACET.text_with(&[unknown, &FACETS.map(|(name, _)| name).join(", ")])));
    }
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, field) in FACETS {
        let values: Vec<String> = request.query_all(name).filter(|v| !v.is_empty()).map(str::to_owned).collect();
        if !values.is_empty() {
            filters.insert(field.to_owned(), values);
        }
    }
    let reply = shelf::search(&SearchRequest {
        filters,
        sort,
        facets: wanted.iter().filter_map(|name| Some((field_of(name)?.to_owned(), FACET_VALUES))).collect(),
        spelling: page == 1,
        offset: usize::try_from(offset).unwrap_or(0),
        ..SearchRequest::new(query, usize::try_from(per_page).unwrap_or(0))
    })?;
    let keys: Vec<Vec<u8>> = reply.hits.iter().filter_map(|hit| store::from_hex(&hit.key)).collect();
    let items: Vec<Value> =
        shelf::load_many(&keys)?.iter().flatten().filter_map(|loaded| Some(item(loaded, loaded.record()?))).collect();
    Ok(Response::json(&json!({
        "total": reply.total,
        "exact": reply.exact,
        "page": page,
        "per_page": per_page,
        "items": items,
        "facets": facets(&reply, &wanted, request.language()),
        "spelling": reply.spelling,
    })))
}

/// The values of each facet that was asked for, the most frequent first, with their
/// names in the reader's language.
fn facets(reply: &SearchReply, wanted: &[&str], language: &str) -> Value {
    let groups = wanted.iter().filter_map(|name| {
        let field = field_of(name)?;
        let counts = reply.facets.get(field).map(Vec::as_slice).unwrap_or_default();
        let values: Vec<Value> = counts
            .iter()
            .map(|found| {
                let label = words::facet(field, &found.value, language);
                json!({ "value": found.value, "label": label.get(language), "count": found.count })
            })
            .collect();
        Some(((*name).to_owned(), Value::Array(values)))
    });
    Value::Object(groups.collect())
}

/// The field of the index that a facet counts.
fn field_of(name: &str) -> Option<&'static str> {
    FACETS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
}

/// A record on a list.
fn item(loaded: &Loaded, record: Compact<'_>) -> Value {
    json!({
        "id": loaded.id(),
        "title": bib::full_title(record),
        "authors": bib::authors(record),
        "publisher": bib::publisher(record),
        "year": bib::year(record),
        "language": bib::language(record),
        "kind": bib::kind(record),
        "isbn": bib::isbns(record).collect::<Vec<_>>(),
    })
}

/// `GET /v1/records/{record}`.
fn one(request: &Request) -> Result<Response> {
    let loaded = shelf::load_linked(request.param("record"))?;
    let record = loaded.record().ok_or_else(|| Error::not_found(m::NO_RECORD.text()))?;
    let mut value = item(&loaded, record);
    let copies: Vec<Value> = shelf::copies(&loaded.key)?
        .iter()
        .map(|copy| {
            let copy = &copy.value;
            let state = if copy.state.is_empty() { "available" } else { copy.state.as_str() };
            json!({ "accession": copy.accession, "shelf": copy.shelf, "call": copy.call, "state": state })
        })
        .collect();
    let fields: Vec<Value> = record
        .fields()
        .filter(|field| is_public(*field))
        .map(|field| match field.value() {
            Some(text) => json!({ "tag": field.tag, "value": text }),
            None => {
                let (ind1, ind2) = field.indicators();
                let subfields: Vec<Value> =
                    field.subfields().map(|(code, text)| json!({ "code": code, "value": text })).collect();
                json!({ "tag": field.tag, "ind1": ind1, "ind2": ind2, "subfields": subfields })
            }
        })
        .collect();
    if let Value::Object(map) = &mut value {
        map.insert("subjects".into(), json!(bib::subjects(record)));
        map.insert("summary".into(), json!(bib::summary(record)));
        map.insert("copies".into(), json!(copies));
        map.insert("marc".into(), json!({ "leader": record.leader(), "fields": fields }));
    }
    Ok(Response::json(&value))
}

/// One record as a file. Readers get what is public, cataloguers all of it.
fn file(request: &Request) -> Result<Response> {
    let loaded = shelf::load_linked(request.param("record"))?;
    let record = loaded.record().ok_or_else(|| Error::not_found(m::NO_RECORD.text()))?;
    let public = !request.principal.may("catalogue.edit");
    let copies = shelf::copies(&loaded.key)?;
    let id = loaded.id();
    if request.query("format") == Some("marcxml") {
        let mut text = String::from(tram_marc::marcxml::HEADER);
        export::marcxml(&mut text, record, &copies, public);
        text.push('\n');
        text.push_str(tram_marc::marcxml::FOOTER);
        return Ok(Response::bytes("application/marcxml+xml", text).download(&format!("{id}.xml")));
    }
    let whole = export::whole(record, &copies, public);
    let mut bytes = Vec::new();
    tram_marc::iso2709::write(&whole, &mut bytes)
        .map_err(|error| Error::invalid(m::RECORD_UNWRITABLE.text_with(&[&error.to_string()])))?;
    Ok(Response::bytes("application/marc", bytes).download(&format!("{id}.mrc")))
}

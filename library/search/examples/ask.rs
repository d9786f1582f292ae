//! Asks an index that is there already, as a station's interfaces ask it.
//!
//! ```text
//! cargo build --release --workspace --example ask
//! ask INDEX_FOLDER QUERIES.json KIND ROUNDS [ANSWERS]
//! ```
//!
//! The folder is one below a station's `index/PLUGIN/` (its schema stands beside it).
//! The queries are pairs of a field (`any` for none) and words. KIND is `sru` (each
//! word in its field, ten hits), `api` (all words anywhere) or `page` (the same with
//! facets, spelling and the looser search). With ANSWERS the hits are written to that
//! file, so that two builds can be compared. Run under `perf stat` the difference of
//! two numbers of rounds is what the searches cost.

#![allow(clippy::print_stdout, reason = "a measurement is read on the terminal")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails may stop")]
#![allow(clippy::disallowed_methods, reason = "a measurement writes down what it found")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use tram_contract::search::{Match, Query, Schema, SearchRequest};
use tram_search::{Index, PUBLIC};

fn text(text: &str, fields: &[&str]) -> Query {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Query::Text { text: text.to_owned(), fields, r#match: Match::All }
}

fn request(kind: &str, field: &str, words: &[String]) -> SearchRequest {
    if kind == "sru" {
        let fields: &[&str] = match field {
            "title" => &["title", "title-other"],
            "any" => &[],
            other => &[other],
        };
        let mut clauses: Vec<Query> = words.iter().map(|word| text(word, fields)).collect();
        let query = if clauses.len() == 1 { clauses.remove(0) } else { Query::And(clauses) };
        return SearchRequest::new(query, 10);
    }
    let plain = SearchRequest::new(text(&words.join(" "), &[]), 10);
    if kind == "api" {
        return plain;
    }
    let facets = ["author-facet", "subject-facet", "language", "kind", "class"];
    SearchRequest {
        facets: facets.iter().map(|name| ((*name).to_owned(), 12)).collect::<BTreeMap<_, _>>(),
        relax: true,
        spelling: true,
        limit: 20,
        ..plain
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(&arguments[0]);
    let schema: Schema = serde_json::from_slice(&std::fs::read(folder.with_extension("schema.json")).unwrap()).unwrap();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let index = Index::open(folder, &schema, name).unwrap();
    let queries: Vec<(String, Vec<String>)> = serde_json::from_slice(&std::fs::read(&arguments[1]).unwrap()).unwrap();
    let rounds: u32 = arguments[3].parse().unwrap();
    let readers = [PUBLIC.to_owned()];
    let requests: Vec<SearchRequest> =
        queries.iter().map(|(field, words)| request(&arguments[2], field, words)).collect();
    let mut times = Vec::new();
    let mut hits = 0;
    for _ in 0..rounds {
        for request in &requests {
            let began = Instant::now();
            hits += index.search(request, &readers).unwrap().hits.len();
            times.push(began.elapsed());
        }
    }
    times.sort();
    if !times.is_empty() {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
        println!(
            "{} searches, {hits} hits, {:?}: p50 {} µs, p90 {}, p99 {}",
            times.len(),
            index.stats().unwrap(),
            at(0.5),
            at(0.9),
            at(0.99)
        );
    }
    if let Some(target) = arguments.get(4) {
        let mut out = String::new();
        for ((_, words), request) in queries.iter().zip(&requests) {
            let reply = index.search(request, &readers).unwrap();
            writeln!(out, "# {words:?} {} {} {:?} {:?}", reply.total, reply.exact, reply.spelling, reply.facets)
                .unwrap();
            for hit in &reply.hits {
                writeln!(out, "{} {:.3}", hit.key, hit.score).unwrap();
            }
        }
        std::fs::write(target, out).unwrap();
    }
}

//! `scan`: the terms of an index around a place.

use tram_contract::search::{Match, Query, SearchRequest};
use tram_sdk::{Request, search};

use super::{diagnostics, number, open, unknown_parameter, xml};
use crate::cql::{self, Fault, Scanned, Tree};
use crate::shelf;

const PARAMETERS: &[&str] = &["scanClause", "responsePosition", "maximumTerms", "extraRequestData"];
/// Terms in an answer at most.
const MAX_TERMS: u64 = 100;
/// The years that [`crate::bib::year`] can answer.
const YEARS: std::ops::RangeInclusive<i64> = 1400..=2099;

/// A term with the number of records that a search for it finds.
type Counted = (String, u64);

/// The answer to a scan.
///
/// # Errors
/// The [`Fault`] that becomes a diagnostic.
pub(super) fn answer(request: &Request, version: &str) -> Result<String, Fault> {
    if let Some(fault) = unknown_parameter(request, PARAMETERS) {
        return Err(fault);
    }
    let written = request.query("scanClause").ok_or_else(|| Fault::new(7, "scanClause"))?;
    let Tree::Clause(clause) = cql::parse(written)?.tree else {
        return Err(Fault::new(10, written));
    };
    let index = cql::scanned(&clause.index)?;
    let start = cql::term(&clause)?;
    let maximum = number(request, "maximumTerms", 20, 1)?.min(MAX_TERMS);
    // Where the term asked for stands in the answer: 1 first, 0 just before it.
    let position = number(request, "responsePosition", 1, 0)?;
    if position > maximum + 1 {
        return Err(Fault::new(120, position.to_string()));
    }
    let before = usize::try_from(position.saturating_sub(1)).unwrap_or(0);
    let maximum = usize::try_from(maximum).unwrap_or(0);
    let mut terms = terms(index, &start, before, true)?;
    terms.reverse();
    let mut from = self::terms(index, &start, maximum - before.min(maximum) + 1, false)?;
    if position == 0 {
        from.retain(|(term, _)| !is_same(index, term, &start));
    }
    terms.extend(from.into_iter().take(maximum - before.min(maximum)));

    let mut out = String::with_capacity(256 + 128 * terms.len());
    open(&mut out, "scanResponse", version);
    if !terms.is_empty() {
        out.push_str("<zs:terms>");
    }
    for (term, count) in &terms {
        out.push_str("<zs:term>");
        xml::element(&mut out, "zs:value", term);
        xml::element(&mut out, "zs:numberOfRecords", &count.to_string());
        out.push_str("</zs:term>");
    }
    if !terms.is_empty() {
        out.push_str("</zs:terms>");
    }
    out.push_str("</zs:scanResponse>\n");
    Ok(out)
}

/// Whether a term of the list is the one asked for: words are listed without marks.
fn is_same(index: Scanned, term: &str, start: &str) -> bool {
    match index {
        Scanned::Words(_) => term == tram_vietnamese::fold(start),
        Scanned::Values(_) | Scanned::Years => term == start,
    }
}

/// Terms from a place on, itself included; or those before it, the nearest first.
fn terms(index: Scanned, start: &str, limit: usize, backward: bool) -> Result<Vec<Counted>, Fault> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    match index {
        Scanned::Values(field) => listed(field, start, limit, backward),
        Scanned::Words(&[field]) => listed(field, start, limit, backward),
        Scanned::Words(fields) => {
            // A word of two fields is one word; how many records have it, a search says.
            let mut words: Vec<String> = Vec::new();
            for field in fields {
                words.extend(listed(field, start, limit, backward)?.into_iter().map(|(word, _)| word));
            }
            words.sort_unstable();
            words.dedup();
            if backward {
                words.reverse();
            }
            words.truncate(limit);
            let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            words
                .into_iter()
                .map(|word| {
                    let query = Query::Text { text: word.clone(), fields: fields.clone(), r#match: Match::All };
                    Ok((word, count(query)?))
                })
                .collect()
        }
        Scanned::Years => {
            let year: i64 = start.trim().parse().map_err(|_| Fault::new(36, start))?;
            let year = year.clamp(*YEARS.start(), *YEARS.end() + 1);
            let years: Vec<i64> =
                if backward { (*YEARS.start()..year).rev().collect() } else { (year..=*YEARS.end()).collect() };
            let mut out = Vec::new();
            for year in years {
                if out.len() == limit {
                    break;
                }
                let found = count(Query::Range { field: "year".into(), from: Some(year), to: Some(year) })?;
                if found > 0 {
                    out.push((year.to_string(), found));
                }
            }
            Ok(out)
        }
    }
}

fn listed(field: &str, start: &str, limit: usize, backward: bool) -> Result<Vec<Counted>, Fault> {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let list = if backward { search::terms_before(field, start, limit) } else { search::terms(field, start, limit) };
    let list = list.map_err(|error| Fault::new(1, error.code))?;
    Ok(list.into_iter().map(|term| (term.term, term.count)).collect())
}

fn count(query: Query) -> Result<u64, Fault> {
    Ok(shelf::search(&SearchRequest::new(query, 0)).map_err(|error| Fault::new(1, error.code))?.total)
}

/// An answer that holds nothing but a diagnostic.
pub(super) fn failed(version: &str, fault: &Fault) -> String {
    let mut out = String::new();
    open(&mut out, "scanResponse", version);
    diagnostics(&mut out, fault);
    out.push_str("</zs:scanResponse>\n");
    out
}

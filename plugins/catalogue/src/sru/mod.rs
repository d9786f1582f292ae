//! SRU 1.1 and 1.2: the protocol by which other libraries search this one.
//!
//! `/catalogue/sru` answers `explain`, `scan` and `searchRetrieve`. Everything that
//! goes wrong is a diagnostic inside a well-formed answer, as the protocol wants,
//! and never an error page.

mod dublin_core;
mod explain;
mod form;
mod scan;
mod search;
pub(crate) mod xml;

use tram_sdk::{Request, Response};

use crate::cql::Fault;

/// The namespace of answers in both versions.
const NAMESPACE: &str = "http://www.loc.gov/zing/srw/";

/// Parameters of each operation; another one is diagnostic 8, unless it begins
/// with `x-`, which the protocol keeps for extensions.
const COMMON: &[&str] = &["operation", "version", "stylesheet", "lang"];

/// Answers a request.
#[must_use]
pub fn answer(request: &Request) -> Response {
    let version = match request.query("version") {
        Some("1.1") => "1.1",
        _ => "1.2",
    };
    let operation = match request.query("operation") {
        Some(operation) => operation,
        None if request.query("query").is_some() => "searchRetrieve",
        None if request.query("scanClause").is_some() => "scan",
        None => "explain",
    };
    let fault = match request.query("version") {
        Some("1.1" | "1.2") => None,
        None if operation == "explain" => None,
        // Many clients leave it out; the answer says which version it speaks.
        None => None,
        Some(_) => Some(Fault::new(5, "1.2")),
    };
    let fault = fault.or_else(|| request.query("stylesheet").map(|sheet| Fault::new(110, sheet)));
    let body = match (operation, fault) {
        ("searchRetrieve", None) => search::answer(request, version).unwrap_or_else(|f| search::failed(version, &f)),
        ("searchRetrieve", Some(fault)) => search::failed(version, &fault),
        ("scan", None) => scan::answer(request, version).unwrap_or_else(|f| scan::failed(version, &f)),
        ("scan", Some(fault)) => scan::failed(version, &fault),
        ("explain", fault) => explain::answer(request, version, fault.as_ref()),
        (other, _) => explain::answer(request, version, Some(&Fault::new(4, other))),
    };
    Response::bytes("text/xml; charset=utf-8", body)
}

/// Answers a request whose parameters come as a form (SRU by POST).
#[must_use]
pub fn posted(request: &Request) -> Response {
    let mut request = request.clone();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    request.query.extend(form::fields(&body));
    answer(&request)
}

/// A parameter that does not belong to the operation.
fn unknown_parameter(request: &Request, own: &[&str]) -> Option<Fault> {
    request
        .query
        .iter()
        .map(|field| field.name.as_str())
        .find(|name| !name.starts_with("x-") && !COMMON.contains(name) && !own.contains(name))
        .map(|name| Fault::new(8, name))
}

/// A whole number of a parameter.
fn number(request: &Request, name: &str, default: u64, least: u64) -> Result<u64, Fault> {
    match request.query(name) {
        None => Ok(default),
        Some(text) => text.trim().parse::<u64>().ok().filter(|n| *n >= least).ok_or_else(|| Fault::new(6, name)),
    }
}

fn open(out: &mut String, element: &str, version: &str) {
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<zs:");
    out.push_str(element);
    out.push_str(" xmlns:zs=\"");
    out.push_str(NAMESPACE);
    out.push_str("\"><zs:version>");
    out.push_str(version);
    out.push_str("</zs:version>");
}

fn diagnostics(out: &mut String, fault: &Fault) {
    out.push_str("<zs:diagnostics><diagnostic xmlns=\"http://www.loc.gov/zing/srw/diagnostic/\">");
    out.push_str("<uri>info:srw/diagnostic/1/");
    out.push_str(&fault.number.to_string());
    out.push_str("</uri>");
    xml::element(out, "details", &fault.detail);
    xml::element(out, "message", message(fault.number));
    out.push_str("</diagnostic></zs:diagnostics>");
}

/// The words of the SRU diagnostics list.
fn message(number: u32) -> &'static str {
    match number {
        1 => "General system error",
        2 => "System temporarily unavailable",
        4 => "Unsupported operation",
        5 => "Unsupported version",
        6 => "Unsupported parameter value",
        7 => "Mandatory parameter not supplied",
        8 => "Unsupported parameter",
        10 => "Query syntax error",
        13 => "Invalid or unsupported use of parentheses",
        14 => "Invalid or unsupported use of quotes",
        15 => "Unsupported context set",
        16 => "Unsupported index",
        19 => "Unsupported relation",
        20 => "Unsupported relation modifier",
        22 => "Unsupported combination of relation and index",
        26 => "Non special character escaped in term",
        27 => "Empty term unsupported",
        28 => "Masking character not supported",
        31 => "Anchoring character not supported",
        32 => "Anchoring character in unsupported position",
        33 => "Combination of proximity/adjacency and masking characters not supported",
        36 => "Term in invalid format for index or relation",
        38 => "Too many boolean operators in query",
        39 => "Proximity not supported",
        46 => "Unsupported boolean modifier",
        49 => "Masking character in unsupported position",
        60 => "Result set not created: too many matching records",
        61 => "First record position out of range",
        66 => "Unknown schema for retrieval",
        71 => "Unsupported record packing",
        72 => "XPath retrieval unsupported",
        80 => "Sort not supported",
        84 => "Unsupported sort key",
        110 => "Stylesheets not supported",
        120 => "Response position out of range",
        _ => "Query feature unsupported",
    }
}

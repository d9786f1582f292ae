//! `searchRetrieve`.

use tram_contract::search::{Query, SearchRequest, Sort};
use tram_sdk::{Request, store};

use super::{diagnostics, dublin_core, number, open, unknown_parameter, xml};
use crate::compact::Compact;
use crate::cql::{self, Fault};
use crate::shelf;

const PARAMETERS: &[&str] = &[
    "query",
    "startRecord",
    "maximumRecords",
    "recordPacking",
    "recordSchema",
    "recordXPath",
    "resultSetTTL",
    "sortKeys",
    "extraRequestData",
];

/// Records in an answer at most.
const MAX_RECORDS: u64 = 100;
/// An answer is cut before this many bytes: the host takes eight mebibytes.
const MAX_BYTES: usize = 6 << 20;
/// The search service counts and pages to here.
const MAX_REACH: u64 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Schema {
    Marcxml,
    DublinCore,
}

impl Schema {
    fn parse(name: Option<&str>) -> Result<Self, Fault> {
        match name {
            None | Some("" | "marcxml" | "info:srw/schema/1/marcxml-v1.1" | "http://www.loc.gov/MARC21/slim") => {
                Ok(Self::Marcxml)
            }
            Some("dc" | "info:srw/schema/1/dc-v1.1") => Ok(Self::DublinCore),
            Some(other) => Err(Fault::new(66, other)),
        }
    }

    fn identifier(self) -> &'static str {
        match self {
            Self::Marcxml => "info:srw/schema/1/marcxml-v1.1",
            Self::DublinCore => "info:srw/schema/1/dc-v1.1",
        }
    }
}

/// The answer to a search.
///
/// # Errors
/// The [`Fault`] that becomes a diagnostic.
pub(super) fn answer(request: &Request, version: &str) -> Result<String, Fault> {
    if let Some(fault) = unknown_parameter(request, PARAMETERS) {
        return Err(fault);
    }
    let written = request.query("query").ok_or_else(|| Fault::new(7, "query"))?;
    let schema = Schema::parse(request.query("recordSchema"))?;
    let escaped = match request.query("recordPacking") {
        None | Some("xml") => false,
        Some("string") => true,
        Some(other) => return Err(Fault::new(71, other)),
    };
    if request.query("recordXPath").is_some_and(|path| !path.is_empty()) {
        return Err(Fault::new(72, "recordXPath"));
    }
    let start = number(request, "startRecord", 1, 1)?;
    let maximum = number(request, "maximumRecords", 10, 0)?.min(MAX_RECORDS);

    let (query, order) = cql::compile(&cql::parse(written)?)?;
    let sort = match request.query("sortKeys").filter(|keys| !keys.trim().is_empty()) {
        Some(keys) => sort_keys(keys)?,
        None => order.unwrap_or_default(),
    };
    let found = find(query, sort, start, maximum)?;
    if start > 1 && start > found.total {
        return Err(Fault::new(61, start.to_string()));
    }

    let mut out = String::with_capacity(4096 + 4096 * found.keys.len());
    open(&mut out, "searchRetrieveResponse", version);
    out.push_str("<zs:numberOfRecords>");
    out.push_str(&found.total.to_string());
    out.push_str("</zs:numberOfRecords>");
    let mut position = start;
    if !found.keys.is_empty() {
        out.push_str("<zs:records>");
        position = records(&mut out, &found.keys, schema, escaped, start)?;
        out.push_str("</zs:records>");
    }
    if position <= found.total.min(MAX_REACH) && maximum > 0 {
        out.push_str("<zs:nextRecordPosition>");
        out.push_str(&position.to_string());
        out.push_str("</zs:nextRecordPosition>");
    }
    echo(&mut out, request, version, written);
    out.push_str("</zs:searchRetrieveResponse>\n");
    Ok(out)
}

/// An answer that holds nothing but a diagnostic.
pub(super) fn failed(version: &str, fault: &Fault) -> String {
    let mut out = String::new();
    open(&mut out, "searchRetrieveResponse", version);
    out.push_str("<zs:numberOfRecords>0</zs:numberOfRecords>");
    diagnostics(&mut out, fault);
    out.push_str("</zs:searchRetrieveResponse>\n");
    out
}

struct Found {
    total: u64,
    keys: Vec<Vec<u8>>,
}

fn find(query: Query, sort: Sort, start: u64, maximum: u64) -> Result<Found, Fault> {
    let offset = start - 1;
    if offset + maximum > MAX_REACH {
        return Err(Fault::new(61, format!("{start}: no further than {MAX_REACH}")));
    }
    let reach = |n: u64| usize::try_from(n).unwrap_or(0);
    let request = SearchRequest { sort, offset: reach(offset), ..SearchRequest::new(query, reach(maximum)) };
    let reply = shelf::search(&request).map_err(|error| Fault::new(1, error.code))?;
    let keys = reply.hits.iter().filter_map(|hit| store::from_hex(&hit.key)).collect();
    Ok(Found { total: reply.total, keys })
}

/// Appends the records; answers the position behind the last.
fn records(out: &mut String, keys: &[Vec<u8>], schema: Schema, escaped: bool, start: u64) -> Result<u64, Fault> {
    let rows = shelf::load_many(keys).map_err(|error| Fault::new(1, error.code))?;
    let mut position = start;
    let mut packed = String::new();
    for row in &rows {
        if out.len() > MAX_BYTES {
            break;
        }
        out.push_str("<zs:record><zs:recordSchema>");
        let record = row.as_ref().and_then(|row| row.record());
        out.push_str(if record.is_some() { schema.identifier() } else { "info:srw/schema/1/diagnostics-v1.1" });
        out.push_str("</zs:recordSchema><zs:recordPacking>");
        out.push_str(if escaped { "string" } else { "xml" });
        out.push_str("</zs:recordPacking><zs:recordData>");
        if escaped {
            packed.clear();
            record_data(&mut packed, record, schema);
            xml::escape(out, &packed);
        } else {
            record_data(out, record, schema);
        }
        out.push_str("</zs:recordData><zs:recordPosition>");
        out.push_str(&position.to_string());
        out.push_str("</zs:recordPosition></zs:record>");
        position += 1;
    }
    Ok(position)
}

fn record_data(out: &mut String, record: Option<Compact<'_>>, schema: Schema) {
    match (record, schema) {
        (Some(record), Schema::Marcxml) => xml::marcxml(out, record, true),
        (Some(record), Schema::DublinCore) => dublin_core::write(out, record),
        // Deleted since the index was asked: a surrogate diagnostic in its place.
        (None, _) => out.push_str(
            "<diagnostic xmlns=\"http://www.loc.gov/zing/srw/diagnostic/\"><uri>info:srw/diagnostic/1/64</uri>\
             <message>Record does not exist</message></diagnostic>",
        ),
    }
}

/// `sortKeys` of version 1.1: `title,,0 date`.
fn sort_keys(keys: &str) -> Result<Sort, Fault> {
    let mut parts = keys.split_whitespace();
    let key = parts.next().unwrap_or_default();
    if parts.next().is_some() {
        return Err(Fault::new(80, keys));
    }
    let mut fields = key.split(',');
    let path = fields.next().unwrap_or_default();
    let ascending = fields.nth(1).unwrap_or("1");
    let written = format!("cql.allRecords=1 sortby {path}");
    let parsed = cql::parse(&written).and_then(|parsed| cql::compile(&parsed)).map_err(|_| Fault::new(84, path))?;
    match parsed.1 {
        Some(Sort::Field { name, .. }) => Ok(Sort::Field { name, descending: ascending == "0" }),
        _ => Err(Fault::new(84, path)),
    }
}

fn echo(out: &mut String, request: &Request, version: &str, query: &str) {
    out.push_str("<zs:echoedSearchRetrieveRequest><zs:version>");
    out.push_str(version);
    out.push_str("</zs:version>");
    xml::element(out, "zs:query", query);
    for name in ["startRecord", "maximumRecords", "recordPacking", "recordSchema"] {
        if let Some(value) = request.query(name) {
            xml::element(out, &format!("zs:{name}"), value);
        }
    }
    out.push_str("</zs:echoedSearchRetrieveRequest>");
}

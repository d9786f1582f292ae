//! `scan`: the words of an index from a place on.

use tram_sdk::{Request, search};

use super::{diagnostics, number, open, unknown_parameter, xml};
use crate::cql::{self, Fault, Tree};

const PARAMETERS: &[&str] = &["scanClause", "responsePosition", "maximumTerms", "extraRequestData"];
/// Terms in an answer at most.
const MAX_TERMS: u64 = 100;

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
    let field = cql::scanned_field(&clause.index)?;
    let maximum = number(request, "maximumTerms", 20, 1)?.min(MAX_TERMS);
    // The terms run upwards from the one asked for: it is first, or just before.
    let skip = match number(request, "responsePosition", 1, 0)? {
        1 => 0,
        0 => 1,
        other => return Err(Fault::new(120, other.to_string())),
    };
    let limit = u32::try_from(maximum + skip).unwrap_or(u32::MAX);
    let start = clause.term.trim_end_matches('*');
    let terms = search::terms(field, start, limit).map_err(|error| Fault::new(1, error.code))?;

    let mut out = String::with_capacity(256 + 128 * terms.len());
    open(&mut out, "scanResponse", version);
    let skipped = terms.iter().skip(
        usize::try_from(skip).unwrap_or(0).min(usize::from(terms.first().is_some_and(|first| first.term == start))),
    );
    let mut any = false;
    for term in skipped.take(usize::try_from(maximum).unwrap_or(0)) {
        if !any {
            out.push_str("<zs:terms>");
            any = true;
        }
        out.push_str("<zs:term>");
        xml::element(&mut out, "zs:value", &term.term);
        out.push_str("<zs:numberOfRecords>");
        out.push_str(&term.count.to_string());
        out.push_str("</zs:numberOfRecords></zs:term>");
    }
    if any {
        out.push_str("</zs:terms>");
    }
    out.push_str("</zs:scanResponse>\n");
    Ok(out)
}

/// An answer that holds nothing but a diagnostic.
pub(super) fn failed(version: &str, fault: &Fault) -> String {
    let mut out = String::new();
    open(&mut out, "scanResponse", version);
    diagnostics(&mut out, fault);
    out.push_str("</zs:scanResponse>\n");
    out
}

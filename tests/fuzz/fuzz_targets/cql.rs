//! A query of SRU from anywhere: read or refused with a diagnostic, never a panic, and
//! what is read can be compiled or refused in the same way.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_catalogue::cql::{Tree, compile, parse, scanned, term};

/// Numbers of the list of SRU diagnostics that a query may be answered with.
fn known(number: u32) -> bool {
    (10..=99).contains(&number)
}

fn walk(tree: &Tree) {
    match tree {
        Tree::Clause(clause) => {
            if let Err(fault) = term(clause) {
                assert!(known(fault.number), "{fault}");
            }
            if let Err(fault) = scanned(&clause.index) {
                assert!(known(fault.number), "{fault}");
            }
        }
        Tree::Boolean { left, right, .. } => {
            walk(left);
            walk(right);
        }
    }
}

fuzz_target!(|query: &str| match parse(query) {
    Err(fault) => assert!(known(fault.number), "{fault}"),
    Ok(parsed) => {
        walk(&parsed.tree);
        match compile(&parsed) {
            Err(fault) => assert!(known(fault.number), "{fault}"),
            Ok((query, _)) => drop(serde_json::to_string(&query).expect("a search that travels")),
        }
    }
});

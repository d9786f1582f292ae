//! Templates from outside, in the child process that ends with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{job, proof};
use tram_print::{CHILD_SECONDS, PrintError, Printer, render};

fn printer() -> Printer {
    Printer::new(vec![env!("CARGO_BIN_EXE_tram-print-child").into()])
}

#[test]
fn a_child_sets_what_this_process_would() {
    assert_eq!(printer().print(&proof(40)).unwrap(), render(&proof(40)).unwrap());
}

#[test]
fn a_mistake_comes_back_from_the_child() {
    let error = printer().print(&job("\n#oops", json!({}))).unwrap_err();
    let PrintError::Template { line, .. } = error else { panic!("{error}") };
    assert_eq!(line, 2);
}

#[test]
fn a_template_that_never_ends_is_ended() {
    // The typesetter sees some by itself.
    for plain in ["#while true { }", "#let i = 0\n#while i >= 0 { i += 1 }"] {
        let error = printer().print(&job(plain, json!({}))).unwrap_err();
        assert!(error.text().get("vi").contains("vòng lặp không bao giờ kết thúc"), "{}", error.text().get("vi"));
    }
    let endless =
        "#for i in range(10000) { for j in range(10000) { for k in range(100) { let x = calc.rem(i * j + k, 7) } } }";
    let began = Instant::now();
    assert_eq!(printer().print(&job(endless, json!({}))).unwrap_err(), PrintError::Timeout);
    assert!(began.elapsed() < Duration::from_secs(CHILD_SECONDS * 3 + 5));
    // And the next one is set as ever.
    assert_eq!(printer().print(&proof(1)).unwrap().pages, 1);
}

#[test]
fn a_template_that_eats_memory_is_ended() {
    let began = Instant::now();
    for greedy in [
        "#let a = \"Đ\" * 1000\n#for i in range(40) { a = a + a }\n#a",
        "#for i in range(3000000) [Chữ #i #pagebreak()]",
    ] {
        let error = printer().print(&job(greedy, json!({}))).unwrap_err();
        assert!(matches!(error, PrintError::Memory), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(CHILD_SECONDS * 3));
}

#[test]
fn deep_nesting_is_a_mistake_and_no_crash() {
    let error = printer().print(&job("#let f(n) = [#box(f(n + 1))]\n#f(0)", json!({}))).unwrap_err();
    assert_eq!(error.code(), "template", "{error}");
    let brackets = format!("#let x = {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let error = printer().print(&job(&brackets, json!({}))).unwrap_err();
    assert!(matches!(error.code(), "template" | "station"), "{error}");
}

#[test]
fn a_child_that_is_no_printer_is_told_apart() {
    let error = Printer::new(vec!["/bin/false".into()]).print(&proof(1)).unwrap_err();
    assert_eq!(error.code(), "station");
    let error = Printer::new(vec!["/nowhere/tram".into()]).print(&proof(1)).unwrap_err();
    assert_eq!(error.code(), "station");
}

#[test]
fn a_child_given_nonsense_answers_nothing() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tram-print-child"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(!child.wait().unwrap().success());
}

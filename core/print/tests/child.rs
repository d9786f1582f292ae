//! Templates from outside, in the child process that ends with them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{job, proof};
use tram_print::{CHILD_MEMORY, CHILD_SECONDS, PrintError, Printer, render};

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
fn pages_that_no_printer_takes_are_refused() {
    let refused = |template: &str| printer().print(&job(template, json!({}))).unwrap_err();
    let error = refused("Trang một\n#set page(width: 200cm, height: 30000mm)\nTrang hai");
    assert_eq!(error, PrintError::Paper { page: 2, width: 2_000, height: 30_000, most: 1_250 });
    assert!(error.text().get("vi").contains("Trang 2 khổ 2000 × 30000 mm"), "{}", error.text().get("vi"));
    // A page grows with what is on it, and the rim for cutting counts.
    let error = refused("#set page(height: auto)\n#for i in range(400) [Dòng #i #v(1cm)]");
    assert!(matches!(error, PrintError::Paper { page: 1, .. }), "{error}");
    let error = refused("#set page(bleed: 100cm)\nx");
    assert!(matches!(error, PrintError::Paper { page: 1, .. }), "{error}");
    let error = refused("#for i in range(1001) [#i #pagebreak(weak: true)]");
    assert_eq!(error, PrintError::Pages { pages: 1_001, most: 1_000 });
    assert_eq!(error.code(), "too-much");
    // A0 is paper.
    assert_eq!(printer().print(&job("#set page(paper: \"a0\")\nx", json!({}))).unwrap().pages, 1);
}

#[test]
fn nothing_outside_is_there_for_a_child() {
    for (template, vi) in [
        ("#read(\"/etc/passwd\")", "không có tệp này"),
        ("#read(\"../../../etc/passwd\")", "ra ngoài chỗ của mẫu"),
        ("#image(\"/proc/self/mem\")", "không có tệp này"),
        ("#include \"/etc/hostname\"", "không có tệp này"),
        ("#plugin(\"/tmp/x.wasm\")", "không có tệp này"),
        ("#import \"@preview/cetz:0.3.0\": *", "trạm không dùng gói từ mạng"),
        ("#import \"https://example.org/a.typ\"", "không có tệp này"),
    ] {
        let error = printer().print(&job(&format!("\n{template}"), json!({}))).unwrap_err();
        let said = error.text().get("vi").to_owned();
        assert!(said.contains(vi) && said.contains("dòng 2"), "{template}: {said}");
    }
}

#[test]
fn a_child_can_open_nothing_and_has_its_limits() {
    let running = std::thread::spawn(|| {
        let long = "#for i in range(10000) { for j in range(10000) { let x = calc.rem(i * j, 7) } }";
        printer().print(&job(long, json!({})))
    });
    let until = Instant::now() + Duration::from_secs(CHILD_SECONDS);
    let limits = loop {
        assert!(Instant::now() < until, "no child with limits was seen");
        let mut seen = children().into_iter().filter_map(|id| {
            let limits = std::fs::read_to_string(format!("/proc/{id}/limits")).ok()?;
            limits
                .lines()
                .any(|line| line.starts_with("Max file size") && soft(line) == Some(0))
                .then_some((id, limits))
        });
        if let Some(found) = seen.next_back() {
            break found;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let limit = |name: &str| limits.1.lines().find(|line| line.starts_with(name)).and_then(soft);
    assert_eq!(limit("Max open files"), Some(3));
    assert_eq!(limit("Max data size"), Some(CHILD_MEMORY));
    assert_eq!(limit("Max cpu time"), Some(CHILD_SECONDS));
    assert_eq!(limit("Max core file size"), Some(0));
    // Its surroundings are not the server's.
    let environment = std::fs::read(format!("/proc/{}/environ", limits.0)).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&environment).contains("PATH="));
    drop(running);
}

/// The soft limit of a line of /proc/PID/limits: the third column from the right, or
/// before the unit.
fn soft(line: &str) -> Option<u64> {
    line.split_ascii_whitespace().find_map(|word| word.parse().ok())
}

/// Printing children of this process.
fn children() -> Vec<u32> {
    let own = format!("PPid:\t{}\n", std::process::id());
    let all = std::fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
            status.contains(&own) && status.starts_with("Name:\ttram-print")
        })
        .collect()
}

#[test]
fn a_picture_that_is_larger_than_it_looks_is_ended() {
    // A PNG whose head says 60,000 × 60,000; the template carries it within itself.
    let mut png = vec![0x89, b'P', b'N', b'G', 13, 10, 26, 10];
    let mut part = |name: &[u8; 4], content: &[u8]| {
        png.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        let mut named = name.to_vec();
        named.extend(content);
        png.extend(&named);
        png.extend(crc(&named).to_be_bytes());
    };
    let mut head = Vec::new();
    head.extend(60_000_u32.to_be_bytes());
    head.extend(60_000_u32.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    part(b"IHDR", &head);
    part(b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]);
    part(b"IEND", &[]);
    let bytes: Vec<String> = png.iter().map(u8::to_string).collect();
    let template = format!("#image(bytes(({})), format: \"png\")", bytes.join(", "));
    let error = printer().print(&job(&template, json!({}))).unwrap_err();
    assert!(matches!(error.code(), "template" | "too-much"), "{error}");
}

/// CRC-32 as in PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
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

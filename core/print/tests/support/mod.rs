//! Jobs, and looking at what came of them.
#![allow(dead_code, reason = "each test file uses some")]
#![allow(clippy::print_stderr, reason = "tests say what they skip")]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tram_print::{Job, Moment};

/// A job on the first of December 2026.
pub(crate) fn job(template: &str, data: Value) -> Job {
    Job {
        template: template.to_owned(),
        data: data.to_string().into_bytes(),
        station: json!({
            "school": "Trường THCS Hoàng Hoa Thám",
            "authority": "Ủy ban nhân dân phường Bến Tre",
            "place": "Bến Tre",
            "witness": { "sequence": 48213, "hash": "9f2c11ab34cd55e0" },
        })
        .to_string()
        .into_bytes(),
        pictures: BTreeMap::new(),
        moment: Moment { year: 2026, month: 12, day: 1, hour: 7, minute: 30, second: 0, offset: 420 },
    }
}

/// The monthly proof document with so many rows.
pub(crate) fn proof(rows: usize) -> Job {
    let teachers = ["Nguyễn Thị Hường", "Đặng Quốc Đạt", "Lê Ngữ Yên", "Phạm Thế Vỹ", "Trần Thị Bích Ngọc"];
    let items = [
        "Bài 3. Phân số với tử và mẫu là số nguyên – bài giảng điện tử",
        "Phiếu học tập: Tam giác đồng dạng",
        "Đề kiểm tra giữa kỳ I (có ma trận, đáp án)",
        "Video thí nghiệm ảo: chuyển động thẳng đều",
    ];
    let kinds = ["Bài giảng", "Phiếu học tập", "Đề kiểm tra", "Video"];
    let rows: Vec<Value> = (0..rows)
        .map(|at| {
            json!({
                "teacher": teachers[at % teachers.len()], "item": items[at % items.len()], "kind": kinds[at % kinds.len()],
                "submitted": format!("2026-11-{:02}", at % 28 + 1), "group": format!("2026-11-{:02}", at % 28 + 2),
                "leadership": if at % 5 == 4 { String::new() } else { format!("2026-11-{:02}", at % 27 + 3) },
                "reviewer": "Võ Thị Ánh Nguyệt",
            })
        })
        .collect();
    let data = json!({
        "month": "11/2026", "group": "Toán – Tin học", "number": "12/MC-THCS", "rows": rows,
        "leader": "Võ Thị Ánh Nguyệt", "principal": "Huỳnh Đức Ưu",
    });
    job(include_str!("../proof.typ"), data)
}

/// The words of a PDF, by pdftotext; none where it is not installed.
pub(crate) fn text_of(pdf: &[u8]) -> Option<String> {
    pdftotext("-layout", pdf)
}

/// What pdftotext says of a PDF; none where it is not installed.
pub(crate) fn pdftotext(how: &str, pdf: &[u8]) -> Option<String> {
    let child = Command::new("pdftotext").args([how, "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("pdftotext is not installed: the words are not looked at");
        return None;
    };
    let mut stdin = child.stdin.take()?;
    let pdf = pdf.to_vec();
    std::thread::spawn(move || stdin.write_all(&pdf));
    String::from_utf8(child.wait_with_output().ok()?.stdout).ok()
}

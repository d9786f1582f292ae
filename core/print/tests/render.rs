//! Documents as they come out: their words, their pages, their mistakes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use serde_json::json;
use support::{job, pdftotext, proof, text_of};
use tram_print::{PrintError, Printer, render};

#[test]
fn a_proof_document_says_what_the_data_say() {
    let printed = render(&proof(12)).unwrap();
    assert_eq!((printed.pages, printed.warnings.len()), (1, 0));
    let Some(text) = text_of(&printed.pdf) else { return };
    insta::assert_snapshot!("proof", text);
}

#[test]
fn the_head_of_a_table_stands_on_every_page() {
    let printed = render(&proof(420)).unwrap();
    assert!(printed.pages >= 10, "{} pages", printed.pages);
    let Some(text) = text_of(&printed.pdf) else { return };
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert_eq!(pages.len(), printed.pages as usize);
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("Ngày nộp"), "page {}", at + 1);
        assert!(page.contains(&format!("Trang {}/{}", at + 1, pages.len())), "page {}", at + 1);
    }
}

#[test]
fn nobody_signs_a_page_without_rows() {
    // Among so many lengths some fill their last page to the rim.
    for rows in 0..40 {
        let printed = render(&proof(rows)).unwrap();
        let Some(text) = pdftotext("-raw", &printed.pdf) else { return };
        let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
        let signed: Vec<usize> = (0..pages.len()).filter(|page| pages[*page].contains("HIỆU TRƯỞNG")).collect();
        assert_eq!(signed, [pages.len() - 1], "{rows} rows");
        let last = pages[pages.len() - 1];
        let stands = |number: usize| last.lines().any(|line| line.starts_with(&format!("{number} ")));
        for number in rows.saturating_sub(1).max(1)..=rows {
            assert!(stands(number), "row {number} of {rows} is on the page that is signed:\n{last}");
        }
        assert!(last.contains("Ngày nộp"), "and so is the head");
    }
}

#[test]
fn the_same_job_gives_the_same_bytes_and_another_day_others() {
    let one = render(&proof(3)).unwrap().pdf;
    assert_eq!(one, render(&proof(3)).unwrap().pdf);
    let mut other = proof(3);
    other.moment.day = 2;
    assert_ne!(one, render(&other).unwrap().pdf);
}

#[test]
fn it_is_pdf_a_2b() {
    let pdf = render(&proof(1)).unwrap().pdf;
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.7"));
    assert!(
        text.contains("<pdfaid:part>2</pdfaid:part>") && text.contains("<pdfaid:conformance>B</pdfaid:conformance>")
    );
    assert!(!text.contains("/JavaScript"));
}

#[test]
fn letters_that_no_font_has_are_boxes_and_are_said() {
    let printed = render(&job("#json(\"/data.json\").ten", json!({ "ten": "Đố vui 漢 – ☑" }))).unwrap();
    assert_eq!(printed.warnings.len(), 1);
    assert!(printed.warnings[0].get("vi").contains('漢'));
    let Some(text) = text_of(&printed.pdf) else { return };
    assert_eq!(text.trim(), "Đố vui □ – ☑");
}

#[test]
fn every_vietnamese_letter_can_be_copied_out_again() {
    let small = "aàảãáạăằẳẵắặâầẩẫấậ eèẻẽéẹêềểễếệ iìỉĩíị oòỏõóọôồổỗốộơờởỡớợ uùủũúụưừửữứự yỳỷỹýỵ đ";
    let letters = format!("{small} {}", small.to_uppercase());
    // As some keyboards send them: a letter and its marks by themselves.
    let apart = "Tie\u{302}\u{301}ng Vie\u{323}\u{302}t, Nghe\u{302}\u{323} An";
    let data = json!({ "ten": letters, "roi": apart });
    for style in ["regular", "bold", "italic"] {
        let template = format!(
            "#import \"/tram/form.typ\": *\n#show: official\n#let data = json(\"/data.json\")\n#let set-in(words) = {}\n#set-in(data.ten)\n\n#set-in(data.roi)",
            match style {
                "bold" => "strong(words)",
                "italic" => "emph(words)",
                _ => "words",
            }
        );
        let printed = render(&job(&template, data.clone())).unwrap();
        assert!(printed.warnings.is_empty());
        let Some(text) = pdftotext("-raw", &printed.pdf) else { return };
        // A line may end within so long a word.
        let joined = |text: &str| text.split_whitespace().collect::<String>();
        assert!(joined(&text).contains(&joined(&letters)), "{style}: {text}");
        assert!(text.contains("Tiếng Việt, Nghệ An"), "{style}: {text}");
    }
}

#[test]
fn nothing_stands_beyond_the_margins() {
    let long = format!("https://truong.example.vn/tep?ma={}", "3f9a8b7c6d".repeat(12));
    let mut with = proof(2);
    let mut data: serde_json::Value = serde_json::from_slice(&with.data).unwrap();
    data["rows"][0]["item"] = long.clone().into();
    data["rows"][0]["teacher"] = "ThầyGiáoKhôngCóKhoảngTrắngTrongTên".into();
    data["rows"][1]["reviewer"] = "nguyenthithuyduong@thcs-hoanghoatham.example.vn".into();
    data["group"] = "Đ".repeat(90).into();
    with.data = data.to_string().into_bytes();
    let mut station: serde_json::Value = serde_json::from_slice(&with.station).unwrap();
    station["school"] = "Trường Phổ thông Dân tộc Nội trú Trung học cơ sở và Trung học phổ thông Mường Khương".into();
    with.station = station.to_string().into_bytes();
    let printed = render(&with).unwrap();
    let Some(boxes) = pdftotext("-bbox", &printed.pdf) else { return };
    let edge = |line: &str, name: &str| -> f64 {
        let from = line.find(name).unwrap() + name.len() + 2;
        line[from..].split('"').next().unwrap().parse().unwrap()
    };
    let words: Vec<&str> = boxes.lines().filter(|line| line.contains("<word ")).collect();
    assert!(words.len() > 60, "{}", words.len());
    // A4 with 30 mm at the left and 15 mm at the right, in points.
    let (left, right) = (85.0, 595.3 - 42.5);
    for word in words {
        assert!(edge(word, "xMin") >= left - 1.0 && edge(word, "xMax") <= right + 1.0, "{word}");
    }
    // And what was broken is whole when it is copied.
    let text = pdftotext("-raw", &printed.pdf).unwrap().replace('\n', "");
    assert!(text.contains(&long), "{text}");
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let wrong = |template: &str| render(&job(template, json!({}))).unwrap_err();
    let error = wrong("#let a = 1\n\nTên trường: #truong\n");
    let PrintError::Template { line, excerpt, .. } = &error else { panic!("{error}") };
    assert_eq!((*line, excerpt.as_str()), (3, "Tên trường: #truong"));
    assert!(error.text().get("vi").contains("dòng 3") && error.text().get("vi").contains("không có tên gọi truong"));
    assert!(error.text().get("en").contains("line 3"));
    let error = wrong("Chào\n#table(columns: 2, [a]\n");
    assert!(error.text().get("vi").contains("ngoặc mở mà chưa đóng"), "{}", error.text().get("vi"));
    // What goes wrong within the form is told where the template asked for it.
    let error = wrong("#import \"/tram/form.typ\": *\n#show: official\n\n#letterhead(date: 5)\n");
    let PrintError::Template { line, .. } = error else { panic!("{error}") };
    assert_eq!(line, 4);
    let error = wrong("\n#json(\"/data.json\").thang");
    assert!(error.text().get("vi").contains("dòng 2"), "{}", error.text().get("vi"));
}

#[test]
fn nothing_outside_is_there() {
    for path in ["/etc/passwd", "../../etc/passwd", "/proc/self/environ", "hosts"] {
        let error = render(&job(&format!("#read(\"{path}\")"), json!({}))).unwrap_err();
        assert_eq!(error.code(), "template", "{path}");
    }
    let error = render(&job("#import \"@preview/cetz:0.3.0\"", json!({}))).unwrap_err();
    assert!(error.text().get("en").contains("packages are not used here"), "{error}");
    let today = render(&job("#datetime.today().display()", json!({}))).unwrap();
    if let Some(text) = text_of(&today.pdf) {
        assert_eq!(text.trim(), "2026-12-01", "the day is the job's");
    }
}

#[test]
fn pictures_are_those_given() {
    let png = base64_png();
    let mut with = job("#image(\"/pictures/logo.png\", width: 2cm)", json!({}));
    assert!(render(&with).is_err());
    with.pictures.insert("logo.png".into(), png);
    assert_eq!(render(&with).unwrap().pages, 1);
    with.pictures.insert("logo.png".into(), b"not a picture".to_vec());
    assert_eq!(render(&with).unwrap_err().code(), "template");
}

/// A red dot, 1 × 1.
fn base64_png() -> Vec<u8> {
    vec![
        0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0,
        0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1,
        1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ]
}

#[test]
fn data_that_are_no_json_are_refused() {
    let mut broken = job("x", json!({}));
    broken.data = b"{".to_vec();
    assert_eq!(Printer::default().print(&broken).unwrap_err().code(), "bad-request");
}

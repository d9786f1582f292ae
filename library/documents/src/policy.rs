//! What is not taken at all, and what is taken with a word of caution. One pure
//! function over name and first bytes, so that a rule is a line of a table.

use tram_contract::extract::PROGRAMS;

use crate::{Refusal, Result, bytes, names};

/// What a file is to the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Fine,
    /// A program, or a file that starts one: refused.
    Program,
    /// The test file of virus scanners: refused.
    VirusTest,
    /// A document with macros: taken, with a warning; never opened by the station.
    Macros,
}

/// Endings of documents that may hold macros.
const MACROS: &[&str] = &["docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppsm", "ppam"];

/// The test file of virus scanners, in two parts: whole, this source would be one.
const EICAR: [&[u8]; 2] = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// What a file of this name and with these first bytes is.
pub fn verdict(name: &str, head: &[u8]) -> Verdict {
    let ending = names::ending(name);
    if is_virus_test(head) {
        return Verdict::VirusTest;
    }
    if PROGRAMS.contains(&ending.as_str()) || is_program(head) {
        return Verdict::Program;
    }
    if MACROS.contains(&ending.as_str()) {
        return Verdict::Macros;
    }
    Verdict::Fine
}

/// Whether this is the test file of virus scanners, wherever it stands in `bytes`.
pub fn is_virus_test(bytes: &[u8]) -> bool {
    let [first, second] = EICAR;
    bytes.windows(first.len() + second.len()).any(|window| window.starts_with(first) && window.ends_with(second))
}

/// Whether these are the first bytes of a program, whatever its name says.
fn is_program(head: &[u8]) -> bool {
    // MZ is two letters of ASCII; a text that begins so has no zeros.
    let windows = head.starts_with(b"MZ") && head.len() >= 64 && head.contains(&0);
    let shortcut = head.starts_with(&[0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0]);
    windows
        || shortcut
        || [
            b"\x7fELF".as_slice(),
            b"dex\n03",
            b"\xfe\xed\xfa\xce",
            b"\xfe\xed\xfa\xcf",
            b"\xce\xfa\xed\xfe",
            b"\xcf\xfa\xed\xfe",
            b"#!/",
            b"#! /",
        ]
        .iter()
        .any(|magic| head.starts_with(magic))
        || head.starts_with(b"\xca\xfe\xba\xbe")
}

/// Refuses a file that was uploaded by itself.
///
/// # Errors
/// It is a program or the test file of virus scanners.
pub fn check_file(name: &str, head: &[u8]) -> Result<()> {
    match verdict(name, head) {
        Verdict::Fine | Verdict::Macros => Ok(()),
        Verdict::Program => Err(Refusal::hostile(
            "Đây là chương trình hoặc tệp chạy chương trình (kể cả khi đã đổi tên), kho học liệu không nhận. Hãy tải lên bài giảng, tài liệu, ảnh hoặc phim thay cho phần mềm.",
            "This is a program or starts one (even under another name); such files are not taken. Upload documents, pictures or films instead of software.",
        )),
        Verdict::VirusTest => Err(virus()),
    }
}

/// Refuses a file in a package that its pages do not need: scripts of pages are fine.
///
/// # Errors
/// It is a program or the test file of virus scanners.
pub fn check_part(path: &str, head: &[u8]) -> Result<()> {
    let script = matches!(names::ending(path).as_str(), "js" | "mjs" | "url" | "inf" | "app" | "sh" | "application");
    let verdict = if script { verdict("", head) } else { verdict(path, head) };
    // `com` is also the end of a folder's name: only files come here.
    match verdict {
        Verdict::Fine | Verdict::Macros => Ok(()),
        Verdict::VirusTest => Err(virus()),
        Verdict::Program => {
            let shown = names::shown(path);
            Err(Refusal::hostile(
                format!("Trong gói có chương trình (“{shown}”). Hãy bỏ tệp đó ra, đóng gói lại rồi tải lên."),
                format!("There is a program in the package (“{shown}”). Take it out, pack it anew and upload it."),
            ))
        }
    }
}

fn virus() -> Refusal {
    Refusal::hostile(
        "Trong tệp có chuỗi thử của phần mềm diệt vi-rút (EICAR). Không nhận tệp này; hãy quét vi-rút máy đã gửi tệp.",
        "The file holds the test string of virus scanners (EICAR). It is not taken; scan the computer that it came from.",
    )
}

/// The warning for documents with macros.
pub(crate) fn warn_of_macros(found: &mut crate::Found) {
    found.warn(
        "Tệp có macro (chương trình nhỏ chạy trong Word, Excel, PowerPoint). Trạm không chạy macro; người tải về chỉ nên bấm “Bật nội dung” khi biết rõ người gửi. Nếu không cần macro, hãy lưu lại thành .docx, .xlsx hoặc .pptx.",
        "The file has macros (small programs that run in Word, Excel or PowerPoint). The station never runs them; who downloads it should enable them only if they know the sender. Without need for macros, save it as .docx, .xlsx or .pptx.",
    );
}

/// Whether an old Office file has macros: the name of their storage, in UTF-16.
pub(crate) fn has_old_macros(file: &[u8]) -> bool {
    let wide = |name: &str| name.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>();
    bytes::contains(file, &wide("_VBA_PROJECT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let mut windows = b"MZ\x90\0\x03\0\0\0".to_vec();
        windows.resize(128, 0);
        let eicar = EICAR.concat();
        let table: &[(&str, &[u8], Verdict)] = &[
            ("bài giảng.pdf", b"%PDF-1.7", Verdict::Fine),
            ("trò chơi.exe", b"", Verdict::Program),
            ("trò chơi.EXE ", b"", Verdict::Program),
            ("setup.msi", b"\xd0\xcf\x11\xe0", Verdict::Program),
            ("chay.bat", b"@echo off", Verdict::Program),
            ("app.apk", b"PK\x03\x04", Verdict::Program),
            ("man hinh.scr", b"", Verdict::Program),
            ("a.js", b"alert(1)", Verdict::Program),
            ("bai.pdf.lnk", b"", Verdict::Program),
            // Renamed.
            ("bài 1.pdf", &windows, Verdict::Program),
            ("anh.jpg", b"\x7fELF\x02\x01\x01\0", Verdict::Program),
            ("ghi chú.txt", b"#!/bin/sh\nrm", Verdict::Program),
            ("x.dat", b"dex\n035\0", Verdict::Program),
            // Not everything that begins so.
            ("MZ.txt", b"MZ la hai chu cai", Verdict::Fine),
            ("so do.com.vn.html", b"<html>", Verdict::Fine),
            // Macros are taken.
            ("bang diem.xlsm", b"PK\x03\x04", Verdict::Macros),
            ("mau.docm", b"PK\x03\x04", Verdict::Macros),
            ("virus.txt", &eicar, Verdict::VirusTest),
            ("anh.jpg", &eicar, Verdict::VirusTest),
        ];
        for (name, head, expected) in table {
            assert_eq!(verdict(name, head), *expected, "{name}");
            assert_eq!(check_file(name, head).is_ok(), matches!(expected, Verdict::Fine | Verdict::Macros), "{name}");
        }
        assert!(is_virus_test(&[b"xx".as_slice(), &eicar, b"yy"].concat()));
        assert!(!is_virus_test(&eicar[..60]));
        // Scripts belong to the pages of a package; programs do not.
        assert!(check_part("lib/a.js", b"var a;").is_ok());
        assert!(check_part("lib/a.js", &windows).is_err());
        assert!(check_part("tools/a.exe", b"").is_err());
    }
}

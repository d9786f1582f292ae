//! Web pages, a package of questions, and books for readers.

use super::{Piece, pieces};
use crate::archive;
use crate::workbook::escape;

fn body(text: &str) -> (String, String) {
    let (mut title, mut out, mut list) = (String::new(), String::new(), false);
    for piece in pieces(text) {
        if list && !matches!(piece, Piece::Point(_)) {
            out.push_str("</ul>");
            list = false;
        }
        match piece {
            Piece::Heading(text) => {
                if title.is_empty() {
                    title = text.to_owned();
                }
                out.push_str(&format!("<h1>{}</h1>", escape(text)));
            }
            Piece::Subheading(text) => out.push_str(&format!("<h2>{}</h2>", escape(text))),
            Piece::Point(text) => {
                if !list {
                    out.push_str("<ul>");
                    list = true;
                }
                out.push_str(&format!("<li>{}</li>", escape(text)));
            }
            Piece::Paragraph(text) => out.push_str(&format!("<p>{}</p>", escape(text))),
        }
    }
    if list {
        out.push_str("</ul>");
    }
    (title, out)
}

/// A page.
pub(super) fn page(text: &str) -> String {
    let (title, body) = body(text);
    format!(
        "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{}</title></head><body>{body}</body></html>\n",
        escape(&title)
    )
}

const STYLE: &str = "body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:1rem auto;padding:0 1rem;color:#1f2a2e;background:#fff}fieldset{border:1px solid #bcc;border-radius:.5rem;margin:1rem 0;padding:.75rem 1rem}label{display:block;padding:.4rem 0}.right{color:#17694d;font-weight:600}.wrong{color:#a3341f;font-weight:600}button{font:inherit;padding:.6rem 1.2rem;border-radius:.5rem;border:0;background:#1c7c7d;color:#fff}";
const SCRIPT: &str = "document.querySelector('form').addEventListener('submit',function(event){event.preventDefault();var right=0,all=0;document.querySelectorAll('fieldset').forEach(function(question){all++;var chosen=question.querySelector('input:checked'),note=question.querySelector('output');var good=chosen&&chosen.value==='1';if(good)right++;note.className=good?'right':'wrong';note.textContent=!chosen?'Chưa chọn':good?'Đúng':'Chưa đúng. Đáp án: '+question.querySelector('input[value=\"1\"]').parentNode.textContent.trim()});document.querySelector('#score').textContent='Đúng '+right+' trên '+all+' câu.'});";

/// A package of questions that checks itself: `? question | wrong | right* | wrong`.
pub(super) fn quiz(text: &str) -> Vec<u8> {
    let (mut intro, mut questions) = (String::new(), String::new());
    let mut number = 0;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some(question) = line.strip_prefix("? ") else {
            intro.push_str(line);
            intro.push('\n');
            continue;
        };
        number += 1;
        let mut parts = question.split('|').map(str::trim);
        questions.push_str(&format!(
            "<fieldset><legend>Câu {number}. {}</legend>",
            escape(parts.next().unwrap_or_default())
        ));
        for choice in parts {
            let right = choice.ends_with('*');
            questions.push_str(&format!(
                "<label><input type=\"radio\" name=\"q{number}\" value=\"{}\"> {}</label>",
                u8::from(right),
                escape(choice.trim_end_matches('*').trim())
            ));
        }
        questions.push_str("<output></output></fieldset>");
    }
    let (title, intro) = body(&intro);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><link rel=\"stylesheet\" href=\"kieu.css\"></head><body>{intro}<form>{questions}<p><button>Chấm bài</button></p><p id=\"score\" role=\"status\"></p></form><script src=\"cham.js\"></script></body></html>\n",
        escape(&title)
    );
    archive::whole(&[("index.html", page.as_bytes()), ("kieu.css", STYLE.as_bytes()), ("cham.js", SCRIPT.as_bytes())])
}

/// A book (EPUB 3): each heading begins a chapter; the first one is its title page.
pub(super) fn book(text: &str) -> Vec<u8> {
    let mut chapters: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("# ") || chapters.is_empty() {
            chapters.push(String::new());
        }
        if let Some(chapter) = chapters.last_mut() {
            chapter.push_str(line);
            chapter.push('\n');
        }
    }
    chapters.retain(|chapter| !chapter.trim().is_empty());
    let (mut manifest, mut spine, mut toc, mut title) = (String::new(), String::new(), String::new(), String::new());
    let mut files: Vec<(String, String)> = Vec::new();
    for (at, chapter) in chapters.iter().enumerate() {
        let (name, body) = body(chapter);
        if at == 0 {
            title.clone_from(&name);
        }
        manifest.push_str(&format!("<item id=\"c{at}\" href=\"c{at}.xhtml\" media-type=\"application/xhtml+xml\"/>"));
        spine.push_str(&format!("<itemref idref=\"c{at}\"/>"));
        toc.push_str(&format!("<li><a href=\"c{at}.xhtml\">{}</a></li>", escape(&name)));
        files.push((format!("OEBPS/c{at}.xhtml"), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"vi\" lang=\"vi\"><head><title>{}</title></head><body>{body}</body></html>", escape(&name))));
    }
    let title = escape(&title);
    files.push(("OEBPS/nav.xhtml".into(), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" xml:lang=\"vi\" lang=\"vi\"><head><title>Mục lục</title></head><body><nav epub:type=\"toc\"><h1>Mục lục</h1><ol>{toc}</ol></nav></body></html>")));
    files.push(("OEBPS/content.opf".into(), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\" xml:lang=\"vi\"><metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:identifier id=\"id\">tram-demo-{}</dc:identifier><dc:title>{title}</dc:title><dc:language>vi</dc:language><meta property=\"dcterms:modified\">2026-11-01T00:00:00Z</meta></metadata><manifest><item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>{manifest}</manifest><spine>{spine}</spine></package>", text.len())));
    let container = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles><rootfile full-path=\"OEBPS/content.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>";
    let mut all: Vec<(&str, &[u8])> =
        vec![("mimetype", b"application/epub+zip"), ("META-INF/container.xml", container.as_bytes())];
    all.extend(files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
    archive::whole(&all)
}

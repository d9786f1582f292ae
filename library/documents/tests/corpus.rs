//! Every file of the corpus has its verdict. The corpus lies outside of the project
//! (`$TRAM_CORPUS`); without it these tests say that they are skipped.
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use tram_contract::flat::{Index, TAIL};
use tram_documents::{Code, Found, Refusal, Result, Sink, look};

/// Keeps what is made.
#[derive(Debug, Default)]
struct Kept {
    open: Option<Vec<u8>>,
    files: Vec<(String, Vec<u8>)>,
    name: String,
}

impl Sink for Kept {
    fn begin(&mut self, name: &str, _media_type: &str) -> Result<()> {
        assert!(self.open.replace(Vec::new()).is_none());
        self.name = name.into();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        assert!(bytes.len() <= 1 << 20);
        self.open.as_mut().unwrap().extend(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.files.push((self.name.clone(), self.open.take().unwrap()));
        Ok(())
    }
}

fn corpus() -> Option<PathBuf> {
    let folder =
        std::env::var_os("TRAM_CORPUS").map_or_else(|| Path::new("../../../shared/corpus").into(), PathBuf::from);
    let folder = folder.join("materials");
    if !folder.is_dir() {
        eprintln!("skipped: no corpus (TRAM_CORPUS)");
        return None;
    }
    Some(folder)
}

fn read(path: &Path) -> (Result<Found>, Kept) {
    let bytes = std::fs::read(path).unwrap();
    let mut kept = Kept::default();
    let name = path.file_name().unwrap().to_str().unwrap();
    let found = look(name, &mut Cursor::new(bytes), &mut kept);
    (found, kept)
}

/// What is expected: kind and format of what is taken, or the code of the refusal and
/// a word that its reason must have.
enum Verdict {
    Taken(&'static str, &'static str),
    Refused(Code, &'static str),
}
use Verdict::{Refused, Taken};

const TABLE: &[(&str, Verdict)] = &[
    ("epub/minimal.epub", Taken("book", "epub")),
    ("epub/ocf-filename-utf8-valid.epub", Taken("book", "epub")),
    ("epub/ocf-minimal-valid.epub", Taken("book", "epub")),
    ("epub/valid.epub", Taken("book", "epub")),
    ("epub/negative/ocf-filename-duplicate-zip-entry-error.epub", Refused(Code::Hostile, "trùng tên")),
    ("epub/negative/ocf-filename-not-utf8-error.epub", Refused(Code::Unreadable, "content_é.xhtml")),
    // Readers do without the file that only says what it is.
    ("epub/negative/ocf-mimetype-file-missing-error.epub", Taken("book", "epub")),
    ("epub/negative/ocf-zip-unreadable-image-with-epub-extension-fatal.epub", Taken("picture", "")),
    ("epub/negative/ocf-zip-unreadable-no-end-header-fatal.epub", Refused(Code::Unreadable, "")),
    ("h5p/H5P.DragText.h5p", Taken("package", "h5p")),
    ("h5p/greetingcard1.h5p", Taken("package", "h5p")),
    ("h5p/interactive-content-2260.h5p", Taken("package", "h5p")),
    ("h5p/long_content_file_name.h5p", Taken("package", "h5p")),
    ("h5p/valid2.h5p", Taken("package", "h5p")),
    ("h5p/valid3-3-images.h5p", Taken("package", "h5p")),
    ("h5p/negative/broken-content-json.h5p", Refused(Code::Unreadable, "content/content.json")),
    ("h5p/negative/broken-h5p-json.h5p", Refused(Code::Unreadable, "h5p.json")),
    ("h5p/negative/corrupt_archive.h5p", Refused(Code::Unreadable, "")),
    ("h5p/negative/h5p-with-virus.h5p", Refused(Code::Hostile, "EICAR")),
    // It wants core 1.19, which was too new for the test's authors; our player has it.
    ("h5p/negative/invalid-core-version.h5p", Taken("package", "h5p")),
    ("h5p/negative/invalid-h5p-json-schema.h5p", Refused(Code::Unreadable, "mainLibrary")),
    ("h5p/negative/malformed-library-directory.h5p", Refused(Code::Unreadable, "library!")),
    ("h5p/negative/missing-preloaded-js.h5p", Refused(Code::Unreadable, "greetingcard.js")),
    // Defused: see the test below.
    ("h5p/negative/xss-svg.h5p", Taken("package", "h5p")),
    ("imscc/canvas_cc_gem_course.imscc", Taken("package", "imscc")),
    ("imscc/latex.imscc", Taken("package", "imscc")),
    ("imscc/single-page.imscc", Taken("package", "imscc")),
    ("qti-mit/fixtures/all_canvas_simple_1.2.xml", Taken("package", "qti-1.2")),
    ("qti-mit/imsqti_2.2_package/choice.xml", Taken("package", "qti-2")),
    ("qti-mit/imsqti_2.2_package/imsmanifest.xml", Taken("other", "")),
    ("qti-mit/items_1.2/essay.xml", Taken("", "")),
    ("qti-mit/items_1.2/matching.xml", Taken("", "")),
    ("qti-mit/items_1.2/true_false.xml", Taken("", "")),
    ("qti-mit/items_2.1/choice.xml", Taken("package", "qti-2")),
    ("qti-mit/items_2.1/essay.xml", Taken("package", "qti-2")),
    ("qti-mit/items_2.1/order.xml", Taken("package", "qti-2")),
    ("qti-mit/items_2.1/text_entry.xml", Taken("package", "qti-2")),
    ("qti-mit/items_2.2/categorization.xml", Taken("package", "qti-2")),
    ("qti-mit/items_2.2/choice_true_false.xml", Taken("package", "qti-2")),
    ("qti21/Aardvark-cannon.zip", Taken("package", "qti-2")),
    ("qti21/WebDeveloperTest1.zip", Taken("package", "qti-2")),
    ("qti21/negative/BadManifest.zip", Refused(Code::Unreadable, "imsmanifest.xml")),
    // Tests and items mixed up: nothing of it is opened, so it is kept.
    ("qti21/negative/BadMix.zip", Taken("package", "qti-2")),
    ("qti21/negative/ExternalHref.zip", Refused(Code::Hostile, "outside.xml")),
    ("qti21/negative/MissingFile.zip", Refused(Code::Unreadable, "missing.xml")),
    ("qti21/negative/NotContentPackage.zip", Taken("archive", "")),
    ("qti21/negative/ZipSlip.zip", Refused(Code::Hostile, "../etc")),
    ("scorm/RuntimeBasicCalls_SCORM20043rdEdition.zip", Taken("package", "scorm-2004")),
    ("scorm/RuntimeMinimumCalls_SCORM12-mini.zip", Taken("package", "scorm-1.2")),
    ("scorm/RuntimeMinimumCalls_SCORM12.zip", Taken("package", "scorm-1.2")),
    ("scorm/SequencingSimpleRemediation_SCORM20043rdEdition.zip", Taken("package", "scorm-2004")),
    ("scorm/singlesco_scorm12.zip", Taken("package", "scorm-1.2")),
    ("scorm/singlescobasic.zip", Taken("package", "scorm-1.2")),
    ("scorm/negative-corrupt/singlescobasic.zip", Refused(Code::Unreadable, "mục lục")),
    ("scorm/negative/badscorm.zip", Refused(Code::Unreadable, "badscorm")),
    ("scorm/negative/invalid.zip", Taken("package", "html")),
    ("scorm/negative/singlescobasic_missingorg.zip", Refused(Code::Unreadable, "")),
    ("scorm/negative/validaicc.zip", Taken("archive", "")),
    ("vi/bai-trinh-chieu.pptx", Taken("slides", "")),
    ("vi/cong-van-sgddt.docx", Taken("document", "")),
    ("vi/cong-van-sgddt.pdf", Taken("document", "")),
    ("vi/de-azota-style.docx", Taken("document", "")),
    ("vi/de-excel.xlsx", Taken("sheet", "")),
    ("vi/de-k12online-style.docx", Taken("document", "")),
    ("vi/de-olm-style.docx", Taken("document", "")),
];

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, out) } else { out.push(path) }
    }
}

#[test]
fn every_file_has_its_verdict() {
    let Some(corpus) = corpus() else { return };
    let mut files = Vec::new();
    walk(&corpus, &mut files);
    files.retain(|path| !path.ends_with("SOURCES.md"));
    files.sort();
    let mut wrong = Vec::new();
    for path in &files {
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap();
        let Some((_, verdict)) = TABLE.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name}: has no verdict"));
            continue;
        };
        let (found, kept) = read(path);
        match (verdict, &found) {
            (Taken(kind, format), Ok(found)) => {
                let document = &found.document;
                let package = document.package.as_ref();
                let is = package.map(|package| package.format.as_str()).unwrap_or_default();
                if (document.kind != *kind || is != *format) && !kind.is_empty() {
                    wrong.push(format!("{name}: {} {is}", document.kind));
                }
                let plays = matches!(is, "h5p" | "scorm-1.2" | "scorm-2004" | "html" | "epub");
                assert_eq!(kept.files.len(), usize::from(plays), "{name}");
                if plays {
                    let (flat_name, flat) = &kept.files[0];
                    assert_eq!(flat_name, "package.flat");
                    check_flat(name, flat, package.unwrap());
                }
            }
            (Refused(code, word), Err(Refusal { code: is, vi, en })) => {
                if is != code || !vi.contains(word) || en.is_empty() {
                    wrong.push(format!("{name}: {is:?} {vi}"));
                }
            }
            (_, other) => wrong.push(format!("{name}: {other:?}").chars().take(400).collect()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(files.len(), TABLE.len());
}

fn check_flat(name: &str, flat: &[u8], package: &tram_contract::extract::Package) {
    let place = Index::place(flat.len() as u64, flat.last_chunk::<TAIL>().unwrap()).unwrap();
    let (start, end) = (usize::try_from(place.start).unwrap(), usize::try_from(place.end).unwrap());
    let index = Index::parse(place.start, &flat[start..end]).unwrap();
    assert_eq!(index.files.len(), package.files.len(), "{name}");
    let entry = index.get(&package.entry).unwrap_or_else(|| panic!("{name}: {}", package.entry));
    let bytes = &flat[usize::try_from(entry.offset).unwrap()..][..usize::try_from(entry.size).unwrap()];
    // Of the one page of `invalid.zip` nothing is left but its name.
    assert_eq!(bytes.is_empty(), name == "scorm/negative/invalid.zip", "{name}");
    for (title, path) in &package.parts {
        assert!(!title.is_empty(), "{name}");
        let path = path.split(['?', '#']).next().unwrap();
        assert!(
            index.get(path).is_some() || index.files.iter().any(|file| file.path.starts_with(path)),
            "{name}: {path}"
        );
    }
}

#[test]
fn a_script_in_a_drawing_is_not_handed_on() {
    let Some(corpus) = corpus() else { return };
    let (found, kept) = read(&corpus.join("h5p/negative/xss-svg.h5p"));
    let found = found.unwrap();
    assert!(found.document.warnings.iter().any(|warning| warning.get("vi").contains("SVG")));
    let flat = &kept.files[0].1;
    let place = Index::place(flat.len() as u64, flat.last_chunk::<TAIL>().unwrap()).unwrap();
    let (start, end) = (usize::try_from(place.start).unwrap(), usize::try_from(place.end).unwrap());
    let index = Index::parse(place.start, &flat[start..end]).unwrap();
    let drawings: Vec<_> = index.files.iter().filter(|file| file.media_type == "image/svg+xml").collect();
    assert!(drawings.iter().any(|file| file.path == "content/images/xss.svg"));
    for file in drawings {
        let bytes = &flat[usize::try_from(file.offset).unwrap()..][..usize::try_from(file.size).unwrap()];
        let text = std::str::from_utf8(bytes).unwrap().to_lowercase();
        assert!(!text.contains("<script") && !text.contains("alert(") && !text.contains(" onload"), "{}", file.path);
    }
}

/// Words that the pages have, without marks of layout.
fn words(found: &Found) -> Vec<String> {
    let text: Vec<&str> = found.document.pages.iter().map(|page| page.text.as_str()).collect();
    text.join("\n").split_whitespace().map(str::to_owned).collect()
}

/// The PDF was made of the DOCX, so each is the other's oracle; where `pdftotext` is
/// installed, it is a third.
#[test]
fn vietnamese_text_is_what_other_readers_read() {
    let Some(corpus) = corpus() else { return };
    let (found, _) = read(&corpus.join("vi/cong-van-sgddt.pdf"));
    let pdf = found.unwrap();
    let (found, _) = read(&corpus.join("vi/cong-van-sgddt.docx"));
    let docx = found.unwrap();
    let (from_pdf, from_docx) = (words(&pdf), words(&docx));
    assert!(from_docx.len() > 300, "{}", from_docx.len());
    let set: std::collections::BTreeSet<&String> = from_pdf.iter().collect();
    let missing: Vec<&String> = from_docx.iter().filter(|word| !set.contains(word)).collect();
    assert!(missing.len() * 100 <= from_docx.len(), "{} of {}: {missing:?}", missing.len(), from_docx.len());
    if let Ok(other) =
        std::process::Command::new("pdftotext").arg(corpus.join("vi/cong-van-sgddt.pdf")).arg("-").output()
    {
        let other = String::from_utf8(other.stdout).unwrap();
        assert_eq!(u32::try_from(other.matches('\u{c}').count()).unwrap(), pdf.document.page_count);
        for (number, page) in (1..).zip(other.split('\u{c}')) {
            let ours = pdf.document.pages.iter().find(|page| page.number == number);
            let ours: Vec<&str> = ours.map(|page| page.text.split_whitespace().collect()).unwrap_or_default();
            let theirs: Vec<&str> = page.split_whitespace().collect();
            let lacking: Vec<&&str> = theirs.iter().filter(|word| !ours.contains(word)).collect();
            assert!(lacking.len() * 100 <= theirs.len(), "page {number}: {lacking:?}");
        }
    } else {
        eprintln!("skipped: pdftotext is not installed");
    }
    assert!(pdf.document.page_count > 1 && pdf.document.pages.len() > 1);
    assert!(pdf.document.pages.iter().any(|page| page.text.contains("học liệu số")));
    let thumbnail = pdf.derived.iter().find(|(name, ..)| name == "thumbnail.jpg").expect("a picture of the first page");
    assert!(thumbnail.2.len() <= 40 << 10);
    if let Some(folder) = std::env::var_os("TRAM_LOOK") {
        #[allow(clippy::disallowed_methods, reason = "for a look by eye")]
        std::fs::write(Path::new(&folder).join("pdf-thumbnail.jpg"), &thumbnail.2).unwrap();
    }

    let (found, _) = read(&corpus.join("vi/bai-trinh-chieu.pptx"));
    let slides = found.unwrap();
    assert!(slides.document.page_count >= 2);
    assert!(slides.document.pages.iter().all(|page| !page.label.is_empty()), "{:?}", slides.document.pages);
    let (found, _) = read(&corpus.join("vi/de-excel.xlsx"));
    assert!(words(&found.unwrap()).len() > 20);
}

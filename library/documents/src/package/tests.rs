use std::io::Cursor;

use tram_contract::flat::{Index, TAIL};

use crate::zip::tests::{Written, archive, file};
use crate::{Code, Found, Result, Sink, look};

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    whole: bool,
}

impl Sink for Kept {
    fn begin(&mut self, name: &str, media_type: &str) -> Result<()> {
        assert_eq!((name, media_type), ("package.flat", tram_contract::flat::MEDIA_TYPE));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.whole = true;
        Ok(())
    }
}

fn read(name: &str, files: &[Written<'_>]) -> (Result<Found>, Kept) {
    let mut kept = Kept::default();
    (look(name, &mut Cursor::new(archive(files)), &mut kept), kept)
}

fn h5p(core: u32) -> Vec<Written<'static>> {
    vec![
        file(
            "h5p.json",
            r#"{"title":"Bài tập","mainLibrary":"H5P.X","preloadedDependencies":[{"machineName":"H5P.X","majorVersion":1,"minorVersion":"2"}]}"#,
        ),
        file(
            "content/content.json",
            r#"{"text":"<p>Điền vào chỗ trống</p>","media":{"path":"https://www.youtube.com/watch"}}"#,
        ),
        file(
            "H5P.X-1.2/library.json",
            format!(
                r#"{{"machineName":"H5P.X","majorVersion":1,"minorVersion":2,"coreApi":{{"majorVersion":1,"minorVersion":{core}}},"preloadedJs":[{{"path":"x.js"}}]}}"#
            ),
        ),
        file("H5P.X-1.2/x.js", "var x = 1;"),
    ]
}

#[test]
fn the_flat_form_holds_every_file_as_it_was() {
    let (found, kept) = read("a.h5p", &h5p(24));
    let found = found.unwrap();
    assert!(kept.whole);
    let place = Index::place(kept.bytes.len() as u64, kept.bytes.last_chunk::<TAIL>().unwrap()).unwrap();
    let (start, end) = (usize::try_from(place.start).unwrap(), usize::try_from(place.end).unwrap());
    let index = Index::parse(place.start, &kept.bytes[start..end]).unwrap();
    for written in h5p(24) {
        let file = index.get(written.name).unwrap();
        let (from, size) = (usize::try_from(file.offset).unwrap(), usize::try_from(file.size).unwrap());
        assert_eq!(&kept.bytes[from..from + size], written.content, "{}", written.name);
    }
    let package = found.document.package.unwrap();
    assert_eq!((package.format.as_str(), package.parts.len()), ("h5p", 1));
    assert_eq!(found.document.pages[0].text, "Điền vào chỗ trống");
    assert!(found.document.warnings[0].get("vi").contains("Internet"));
}

#[test]
fn what_a_package_lacks_is_said() {
    let without = |name: &str| h5p(24).into_iter().filter(|file| file.name != name).collect::<Vec<_>>();
    for (files, word) in [
        (h5p(99), "mới hơn"),
        (without("H5P.X-1.2/x.js"), "x.js"),
        (without("H5P.X-1.2/library.json"), "H5P.X"),
        (without("content/content.json"), "content.json"),
    ] {
        let (found, kept) = read("a.h5p", &files);
        let refusal = found.unwrap_err();
        assert_eq!(refusal.code, Code::Unreadable);
        assert!(refusal.vi.contains(word) && !kept.whole, "{}", refusal.vi);
    }
}

#[test]
fn programs_in_packages_are_found_under_any_name() {
    let mut program = b"MZ\x90\0".to_vec();
    program.resize(5_000, 0);
    for (name, content) in [("tools/setup.exe", b"x".to_vec()), ("content/anh.jpg", program)] {
        let mut files = h5p(24);
        files.push(file(name, content));
        let (found, kept) = read("a.h5p", &files);
        assert_eq!(found.unwrap_err().code, Code::Hostile, "{name}");
        assert!(!kept.whole);
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut files = h5p(24);
    files.push(Written { size: Some(700 << 20), ..file("content/x.bin", vec![0; 100_000]) });
    let (found, kept) = read("a.h5p", &files);
    assert_eq!(found.unwrap_err().code, Code::Hostile);
    assert!(kept.bytes.is_empty());
    // One that lies about its size is cut off where it said that it ends.
    let mut files = h5p(24);
    files.push(Written { size: Some(100), ..file("content/x.bin", vec![0; 5 << 20]) });
    let (found, kept) = read("a.h5p", &files);
    assert_eq!(found.unwrap_err().code, Code::Hostile);
    assert!(kept.bytes.len() < 1 << 20 && !kept.whole);
}

#[test]
fn scorm_opens_at_its_first_lesson() {
    let manifest = |href: &str| {
        format!(
            "<manifest xmlns:adlcp='http://www.adlnet.org/xsd/adlcp_rootv1p2'><metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>\
             <organizations default='o'><organization identifier='o'><title>Đánh gôn</title><item identifier='a' identifierref='r'><title>Phần 1</title></item></organization></organizations>\
             <resources><resource identifier='r' type='webcontent' adlcp:scormtype='sco' href='{href}'/></resources></manifest>"
        )
    };
    let files = |href: &str| {
        vec![file("imsmanifest.xml", manifest(href)), file("bai 1/a.html", "<title>x</title>Nội dung bài")]
    };
    let (found, kept) = read("a.zip", &files("bai%201/a.html?x=1"));
    let document = found.unwrap().document;
    let package = document.package.unwrap();
    assert_eq!((package.format.as_str(), package.entry.as_str(), kept.whole), ("scorm-1.2", "bai 1/a.html", true));
    assert_eq!(package.parts, [("Phần 1".to_owned(), "bai 1/a.html?x=1".to_owned())]);
    assert_eq!(document.title, "Đánh gôn");
    for (href, code) in
        [("http://example.org/", Code::Hostile), ("../x.html", Code::Hostile), ("thieu.html", Code::Unreadable)]
    {
        assert_eq!(read("a.zip", &files(href)).0.unwrap_err().code, code, "{href}");
    }
}

/// A book whose order names one chapter, without words, over and over: a terabyte.
#[test]
fn a_chapter_is_read_once_however_often_it_is_named() {
    let chapter = "<html><body><p></p></body></html>".to_owned() + &"<b></b>".repeat(1 << 20);
    let items: String = (0..100_000)
        .map(|number| format!("<item id='i{number}' href='a.xhtml' media-type='application/xhtml+xml'/>"))
        .collect();
    let order: String =
        (0..100_000).map(|number| format!("<itemref idref='i{number}'/><itemref idref='i0'/>")).collect();
    let files = [
        file("mimetype", "application/epub+zip"),
        file("META-INF/container.xml", "<c><rootfile full-path='b.opf'/></c>"),
        file("b.opf", format!("<package><manifest>{items}</manifest><spine>{order}</spine></package>")),
        file("a.xhtml", chapter),
    ];
    let (found, kept) = read("a.epub", &files);
    assert!(kept.whole);
    assert_eq!(found.unwrap().document.page_count, 100_000, "as many as it has names");
}

/// Folders that add up, and links as long as the manifest: each resource had its own copy.
#[test]
fn links_of_a_manifest_have_a_bound() {
    let manifest =
        |resources: &str| format!("<manifest><organizations><organization/></organizations>{resources}</manifest>");
    let folder = format!("<resources xml:base='{}'/>", "a/".repeat(500));
    let many: String = (0..15_000).map(|number| format!("<resource identifier='r{number}'/>")).collect();
    let growing = manifest(&(folder.repeat(4_000) + "<resources>" + &many + "</resources>"));
    let (found, _) = read("a.zip", &[file("imsmanifest.xml", growing)]);
    assert_eq!(found.unwrap_err().code, Code::Unreadable, "no lesson");
    for attribute in ["base", "href"] {
        let long = manifest(&format!("<resources><resource {attribute}='{}'/></resources>", "a".repeat(1 << 20)));
        assert_eq!(read("a.zip", &[file("imsmanifest.xml", long)]).0.unwrap_err().code, Code::Unreadable);
    }
    let many: String = (0..30_000).map(|number| format!("<resource identifier='r{number}'/>")).collect();
    let (found, _) = read("a.zip", &[file("imsmanifest.xml", manifest(&many))]);
    assert_eq!(found.unwrap_err().code, Code::TooMuch);
}

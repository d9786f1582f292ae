//! Packages: what an archive is, what is played of it, and its flat form.

mod flat;
mod h5p;
mod manifest;
#[cfg(test)]
mod tests;

use tram_contract::extract::Package;

use crate::pages::Pages;
use crate::zip::Archive;
use crate::{Found, Refusal, Result, Sink, Source, bytes, names, policy};

pub(crate) use flat::{check, list, write};

/// Largest manifest.
pub(crate) const MAX_MANIFEST: u64 = 8 << 20;

/// Reads an archive that is no document.
pub(crate) fn read(
    name: &str,
    source: &mut dyn Source,
    size: u64,
    sink: &mut dyn Sink,
    found: &mut Found,
) -> Result<()> {
    let mut archive = Archive::open(source, size)?;
    let ending = names::ending(name);
    // By the first bytes of each: a program under another name is one too.
    let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
    for path in &paths {
        policy::check_part(path, b"")?;
    }
    if archive.has("h5p.json") || ending == "h5p" {
        found.document.kind = "package".into();
        found.document.media_type = "application/vnd.h5p".into();
        return h5p::read(&mut archive, sink, found);
    }
    if archive.has("imsmanifest.xml") {
        found.document.kind = "package".into();
        return manifest::read(&mut archive, sink, found);
    }
    if let Some(path) = paths.iter().find(|path| path.ends_with("/imsmanifest.xml")) {
        let folder = names::shown(names::folder(path).trim_end_matches('/'));
        return Err(Refusal::unreadable(
            format!(
                "Gói SCORM đóng sai cách: imsmanifest.xml nằm trong thư mục “{folder}”. Hãy mở thư mục đó, chọn tất cả rồi nén lại, hoặc xuất lại từ phần mềm soạn bài."
            ),
            format!(
                "The SCORM package is packed the wrong way: imsmanifest.xml lies in the folder “{folder}”. Open that folder, select everything and pack it anew, or export it again."
            ),
        ));
    }
    if ending == "imscc" {
        return Err(crate::zip::missing("imsmanifest.xml"));
    }
    if let Some(entry) = first_page(&paths) {
        found.document.kind = "package".into();
        let mut page = crate::html::Parts::default();
        if let Ok(html) = archive.read(&entry, 4 << 20) {
            page = crate::html::parts(&crate::plain::decode(&html));
        }
        found.document.title = if page.title.is_empty() { page.heading.clone() } else { page.title.clone() };
        found.document.language = page.language;
        html_text(&mut archive, &paths, found);
        let package = Package { format: "html".into(), entry, parts: Vec::new(), files: list(&archive)? };
        found.document.package = Some(package);
        return write(&mut archive, sink, found);
    }
    // Just files: each is looked at for programs, none is shown.
    flat::check(&mut archive)?;
    found.document.page_count = 0;
    let mut pages = Pages::default();
    for path in &paths {
        pages.paragraph(path);
    }
    pages.finish(found);
    if paths.iter().any(|path| matches!(names::ending(path).as_str(), "au" | "cst" | "crs" | "des")) {
        found.warn(
            "Đây là gói AICC, một chuẩn cũ trạm chưa mở được. Hãy xuất lại thành SCORM 1.2 từ phần mềm soạn bài.",
            "This is an AICC package, an old standard that is not opened yet. Export it again as SCORM 1.2.",
        );
    } else {
        found.warn(
            "Tệp nén này không phải bài giảng chạy được, học sinh chỉ tải về. Muốn xem từng tệp trên trạm, hãy giải nén rồi kéo cả thư mục vào trang tải lên.",
            "This archive is no lesson that plays; it can only be downloaded. To show its files, unpack it and drag the folder onto the upload page.",
        );
    }
    Ok(())
}

/// The page that a folder of web pages opens with.
fn first_page(paths: &[String]) -> Option<String> {
    let depth = |path: &str| path.matches('/').count();
    for name in ["index.html", "index.htm", "index.xhtml", "story.html", "default.html", "start.html"] {
        let mut found: Vec<&String> = paths
            .iter()
            .filter(|path| path.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(name)))
            .collect();
        found.sort_by_key(|path| depth(path));
        if let Some(first) = found.first()
            && depth(first) <= 1
        {
            return Some((*first).clone());
        }
    }
    // A single page with its pictures.
    let mut pages = paths
        .iter()
        .filter(|path| depth(path) <= 1 && matches!(names::ending(path).as_str(), "html" | "htm" | "xhtml"));
    let first = pages.next()?;
    pages.next().is_none().then(|| first.clone())
}

/// Text of the pages of a package, in the order of their paths.
fn html_text(archive: &mut Archive<'_>, paths: &[String], found: &mut Found) {
    let mut pages = Pages::default();
    for path in paths.iter().filter(|path| matches!(names::ending(path).as_str(), "html" | "htm" | "xhtml")).take(500) {
        // A page that cannot be read is left out here; writing the package says why.
        if let Ok(html) = archive.read(path, 2 << 20) {
            let page = crate::html::parts(&crate::plain::decode(&html));
            pages.begin(if page.title.is_empty() { &page.heading } else { &page.title });
            pages.paragraph(&page.text);
        }
        if pages.is_full() {
            break;
        }
    }
    pages.finish(found);
}

/// Says that tests and cartridges are kept, and not played yet.
fn not_opened(found: &mut Found, vi_name: &str) {
    found.warn(
        &format!("{vi_name}: trạm nhận và giữ nguyên, nhưng chưa mở được trong trang; người dùng tải về để dùng với phần mềm khác."),
        &format!("{vi_name}: kept as it is, but not opened in the page yet; it can be downloaded and used with other programs."),
    );
}

/// A question in QTI that comes without a package.
pub(crate) fn lone_qti(source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let file = bytes::whole(source, size, MAX_MANIFEST)?;
    let format = manifest::qti_version(&file)?;
    found.document.package = Some(Package { format: format.into(), ..Package::default() });
    not_opened(found, "Câu hỏi QTI");
    Ok(())
}

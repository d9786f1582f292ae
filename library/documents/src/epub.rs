//! EPUB: chapters in the order of reading.

use std::collections::{BTreeMap, BTreeSet};

use tram_contract::extract::Package;

use crate::office::part;
use crate::package::{list, write};
use crate::pages::{Pages, tidy};
use crate::xml::Step;
use crate::zip::{Archive, missing};
use crate::{Found, MAX_AUTHORS, Refusal, Result, Sink, Source, html, names, plain, policy};

/// The package document, as far as it is wanted.
#[derive(Debug, Default)]
struct Book {
    title: String,
    authors: Vec<String>,
    language: String,
    /// Path, media type and properties by id.
    items: BTreeMap<String, (String, String, String)>,
    spine: Vec<String>,
    cover: String,
}

/// Reads a book; its flat form is what the reader in the page opens.
///
/// # Errors
/// It is damaged, locked by its shop, or hostile.
pub fn read(source: &mut dyn Source, size: u64, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let mut archive = Archive::open(source, size)?;
    for entry in archive.entries() {
        policy::check_part(&entry.path, b"")?;
    }
    if is_locked(&mut archive) {
        return Err(Refusal::new(
            crate::Code::Encrypted,
            "Sách bị khoá bản quyền (DRM) bởi nơi bán, trạm không mở được. Hãy dùng bản không khoá.",
            "The book is locked by its shop (DRM) and cannot be opened. Use a copy without a lock.",
        ));
    }
    let place = package_path(&mut archive)?;
    let book = package(&mut archive, &place)?;
    if book.spine.is_empty() {
        return Err(Refusal::unreadable(
            "Sách EPUB không ghi thứ tự các chương. Hãy xuất lại từ phần mềm làm sách.",
            "The EPUB does not say the order of its chapters. Export it again from the program that made it.",
        ));
    }
    let mut pages = Pages::default();
    let mut chapters = 0;
    let mut read = BTreeSet::new();
    for id in &book.spine {
        let Some((path, media_type, _)) = book.items.get(id) else { continue };
        if !archive.has(path) {
            return Err(missing(path));
        }
        if !media_type.contains("html") {
            continue;
        }
        chapters += 1;
        // One file under many ids is read once.
        if pages.is_full() || !read.insert(path.as_str()) {
            continue;
        }
        let page = html::parts(&plain::decode(&archive.read(path, 8 << 20)?));
        pages.begin(if page.heading.is_empty() { &page.title } else { &page.heading });
        pages.paragraph(&page.text);
    }
    pages.finish(found);
    found.document.page_count = chapters;
    found.document.title = book.title.clone();
    found.document.authors = book.authors.clone();
    found.document.language = book.language.clone();
    cover(&mut archive, &book, found);
    let files = list(&archive)?;
    found.document.package = Some(Package { format: "epub".into(), entry: place, parts: Vec::new(), files });
    write(&mut archive, sink, found)
}

/// Whether chapters are encrypted; fonts may be, by the standard.
fn is_locked(archive: &mut Archive<'_>) -> bool {
    if archive.has("META-INF/rights.xml") {
        return true;
    }
    if !archive.has("META-INF/encryption.xml") {
        return false;
    }
    let Ok(mut walk) = part(archive, "META-INF/encryption.xml") else { return false };
    while let Ok(Some(step)) = walk.next() {
        if let Step::Start(element) = step
            && element.name == "CipherReference"
            && element.get("URI").is_some_and(|path| names::ending(path).contains("htm"))
        {
            return true;
        }
    }
    false
}

fn package_path(archive: &mut Archive<'_>) -> Result<String> {
    let mut place = None;
    part(archive, "META-INF/container.xml")?.each(|step| {
        if let Step::Start(element) = step
            && element.name == "rootfile"
            && place.is_none()
        {
            place = element.get("full-path").and_then(|path| names::linked("", path));
        }
        Ok(())
    })?;
    place.ok_or_else(|| missing("package.opf"))
}

fn package(archive: &mut Archive<'_>, place: &str) -> Result<Book> {
    let folder = names::folder(place).to_owned();
    let mut book = Book::default();
    let mut text = String::new();
    let mut known = BTreeSet::new();
    part(archive, place)?.each(|step| {
        match step {
            Step::Start(element) => {
                text.clear();
                let get = |name| element.get(name).unwrap_or_default().to_owned();
                match element.name.as_str() {
                    "item" => {
                        if let Some(path) = names::linked(&folder, &get("href")) {
                            book.items.insert(get("id"), (path, get("media-type"), get("properties")));
                        }
                    }
                    // The standard lets an item stand there once; a book that names one a
                    // million times would be read as often.
                    "itemref" if known.insert(get("idref")) => book.spine.push(get("idref")),
                    "meta" if element.get("name") == Some("cover") => book.cover = get("content"),
                    _ => {}
                }
            }
            Step::Text(more) => text.push_str(&more),
            Step::End(name) => {
                let value = tidy(&text).replace('\n', " ");
                match name.as_str() {
                    _ if value.is_empty() => {}
                    "title" if book.title.is_empty() => book.title = value,
                    "creator" if book.authors.len() < MAX_AUTHORS => book.authors.push(value),
                    "language" if book.language.is_empty() => book.language = value,
                    _ => {}
                }
                text.clear();
            }
        }
        Ok(())
    })?;
    Ok(book)
}

fn cover(archive: &mut Archive<'_>, book: &Book, found: &mut Found) {
    let marked = book.items.values().find(|(_, _, properties)| properties.split(' ').any(|word| word == "cover-image"));
    let named = || {
        book.items.iter().find(|(id, (path, media_type, _))| {
            media_type.starts_with("image/") && (**id == book.cover || path.to_lowercase().contains("cover"))
        })
    };
    let path = marked.map(|item| item.0.clone()).or_else(|| named().map(|(_, item)| item.0.clone()));
    if let Some(path) = path
        && let Ok(bytes) = archive.read(&path, 16 << 20)
        && let Some(small) = crate::picture::thumbnail(&bytes)
    {
        found.derived.push(("thumbnail.jpg".into(), "image/jpeg".into(), small));
    }
}

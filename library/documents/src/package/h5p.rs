//! H5P: the description, the libraries and the content must be there and agree.

use serde_json::Value;
use tram_contract::extract::Package;

use super::{MAX_MANIFEST, list, write};
use crate::pages::Pages;
use crate::zip::{Archive, missing};
use crate::{Found, MAX_AUTHORS, Refusal, Result, Sink, names};

/// Core that the player has: libraries that want a later one do not run.
const CORE: (u64, u64) = (1, 28);

pub(super) fn read(archive: &mut Archive<'_>, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    let about = json(archive, "h5p.json")?;
    let main = word(&about, "mainLibrary").ok_or_else(|| lacks("mainLibrary"))?.to_owned();
    let title = word(&about, "title").ok_or_else(|| lacks("title"))?.to_owned();
    let dependencies =
        about.get("preloadedDependencies").and_then(Value::as_array).ok_or_else(|| lacks("preloadedDependencies"))?;
    let mut parts = Vec::new();
    for dependency in dependencies {
        let name = word(dependency, "machineName").ok_or_else(|| lacks("machineName"))?;
        let version = version(dependency).ok_or_else(|| lacks("majorVersion"))?;
        let folder = library(archive, name, version).ok_or_else(|| {
            Refusal::unreadable(
                format!("Gói H5P thiếu thư viện “{name}”, nên không chạy được khi không có mạng. Hãy xuất lại gói, chọn kèm thư viện."),
                format!("The H5P package lacks its library “{name}” and would not run without the internet. Export it again with its libraries."),
            )
        });
        // Libraries that only the main one loads may be left out by old exporters.
        match folder {
            Ok(folder) if name == main && parts.is_empty() => parts.push((title.clone(), folder)),
            Err(refusal) if name == main => return Err(refusal),
            _ => {}
        }
    }
    if parts.is_empty() {
        return Err(lacks("mainLibrary"));
    }
    let libraries: Vec<String> = archive
        .entries()
        .iter()
        .filter(|entry| entry.path.ends_with("/library.json") && entry.path.matches('/').count() == 1)
        .map(|entry| entry.path.clone())
        .collect();
    for path in &libraries {
        check_library(archive, path)?;
    }
    let content = json(archive, "content/content.json")?;
    let (mut text, mut outside) = (Pages::default(), false);
    text.begin("");
    words(&content, &mut text, &mut outside, 0);
    text.finish(found);
    found.document.title = title;
    found.document.language = [word(&about, "defaultLanguage"), word(&about, "language")]
        .into_iter()
        .flatten()
        .find(|code| *code != "und")
        .unwrap_or_default()
        .to_owned();
    if let Some(authors) = about.get("authors").and_then(Value::as_array) {
        found.document.authors =
            authors.iter().filter_map(|author| word(author, "name")).take(MAX_AUTHORS).map(str::to_owned).collect();
    }
    if outside {
        found.warn(
            "Bài H5P có phần lấy từ Internet (ví dụ phim YouTube): phần đó không hiện ở trạm. Hãy chèn chính tệp phim vào bài.",
            "The H5P takes something from the internet (a YouTube film, for example): that part is not shown at the station. Put the film itself into it.",
        );
    }
    let files = list(archive)?;
    found.document.package = Some(Package { format: "h5p".into(), entry: "h5p.json".into(), parts, files });
    cover(archive, found);
    write(archive, sink, found)
}

fn lacks(field: &str) -> Refusal {
    Refusal::unreadable(
        format!("Tệp mô tả của gói H5P (h5p.json) thiếu mục “{field}” hoặc ghi sai. Hãy xuất lại từ phần mềm H5P."),
        format!("The description of the H5P package (h5p.json) lacks “{field}” or has it wrong. Export it again."),
    )
}

fn json(archive: &mut Archive<'_>, path: &str) -> Result<Value> {
    let file = archive.read(path, MAX_MANIFEST)?;
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file);
    let value: Value = serde_json::from_slice(file).map_err(|_| {
        let path = names::shown(path);
        Refusal::unreadable(
            format!("Tệp “{path}” trong gói H5P bị hỏng. Hãy xuất lại từ phần mềm H5P."),
            format!("The file “{path}” in the H5P package is damaged. Export it again."),
        )
    })?;
    if value.is_object() { Ok(value) } else { Err(lacks(path)) }
}

fn word<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|word| !word.trim().is_empty())
}

/// A number, which some programs write as a word.
fn number(value: &Value, name: &str) -> Option<u64> {
    let value = value.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn version(value: &Value) -> Option<(u64, u64)> {
    Some((number(value, "majorVersion")?, number(value, "minorVersion")?))
}

/// The folder of a library.
fn library(archive: &Archive<'_>, name: &str, (major, minor): (u64, u64)) -> Option<String> {
    [format!("{name}-{major}.{minor}"), name.to_owned()]
        .into_iter()
        .find(|folder| archive.has(&format!("{folder}/library.json")))
}

fn check_library(archive: &mut Archive<'_>, path: &str) -> Result<()> {
    let about = json(archive, path)?;
    let folder = names::folder(path).trim_end_matches('/').to_owned();
    let broken = |vi: &str, en: &str| {
        let folder = names::shown(&folder);
        Refusal::unreadable(
            format!("Thư viện “{folder}” trong gói H5P {vi}. Hãy xuất lại từ phần mềm H5P."),
            format!("The library “{folder}” in the H5P package {en}. Export it again."),
        )
    };
    let name = word(&about, "machineName").ok_or_else(|| broken("không có tên", "has no name"))?;
    let (major, minor) = version(&about).ok_or_else(|| broken("không ghi phiên bản", "has no version"))?;
    if folder != format!("{name}-{major}.{minor}") && folder != name {
        return Err(broken("đặt sai tên thư mục", "lies in a folder of another name"));
    }
    if let Some(core) = about.get("coreApi").and_then(version)
        && core > CORE
    {
        return Err(broken("cần bản H5P mới hơn bản trạm có", "wants a later H5P than the station has"));
    }
    for list in ["preloadedJs", "preloadedCss"] {
        for file in about.get(list).and_then(Value::as_array).into_iter().flatten() {
            let file = word(file, "path").unwrap_or_default();
            match names::linked(&folder, file) {
                Some(file) if archive.has(&file) => {}
                _ => return Err(missing(&format!("{folder}/{file}"))),
            }
        }
    }
    Ok(())
}

/// Words of the content: texts that people read, not paths and settings.
fn words(value: &Value, pages: &mut Pages, outside: &mut bool, depth: usize) {
    if depth > 64 {
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match (name.as_str(), value.as_str()) {
                    ("path" | "url" | "src", Some(path)) => {
                        *outside |= path.starts_with("http:") || path.starts_with("https:") || path.starts_with("//")
                    }
                    ("library" | "mime" | "subContentId" | "copyright" | "license" | "contentType", _) => {}
                    ("l10n" | "UI" | "overrideSettings" | "behaviour", _) => {}
                    _ => words(value, pages, outside, depth + 1),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| words(value, pages, outside, depth + 1)),
        // A word without a space may be a setting; a sentence is text.
        Value::String(text) if text.contains(' ') || text.contains('<') || !text.is_ascii() => {
            pages.paragraph(&crate::html::strip(text));
        }
        _ => {}
    }
}

/// A picture of the content, as the thumbnail.
fn cover(archive: &mut Archive<'_>, found: &mut Found) {
    let picture = archive
        .entries()
        .iter()
        .filter(|entry| {
            entry.path.starts_with("content/")
                && names::media_type(&entry.path).starts_with("image/")
                && entry.size < 8 << 20
        })
        .max_by_key(|entry| entry.size)
        .map(|entry| entry.path.clone());
    if let Some(path) = picture
        && let Ok(bytes) = archive.read(&path, 8 << 20)
        && let Some(small) = crate::picture::thumbnail(&bytes)
    {
        found.derived.push(("thumbnail.jpg".into(), "image/jpeg".into(), small));
    }
}

//! Word, PowerPoint and Excel since 2007.

mod docx;
pub(crate) mod odf;
mod pptx;
mod relations;
pub(crate) mod sheet;
#[cfg(test)]
mod tests;

use std::io::BufReader;

use crate::pages::tidy;
use crate::xml::{Step, Walk};
use crate::zip::Archive;
use crate::{Form, Found, MAX_AUTHORS, Result, Source, policy};

/// Largest part that is walked through; it is never held whole.
const MAX_PART: u64 = 128 << 20;

/// A part of the archive as XML.
pub(crate) fn part<'a>(archive: &'a mut Archive<'_>, path: &str) -> Result<Walk<BufReader<crate::zip::Unpacked<'a>>>> {
    if archive.entry(path).is_some_and(|entry| entry.size > MAX_PART) {
        return Err(crate::Refusal::too_much());
    }
    Ok(Walk::new(BufReader::with_capacity(32 << 10, archive.stream(path)?)))
}

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let mut archive = Archive::open(source, size)?;
    for entry in archive.entries() {
        policy::check_part(&entry.path, b"")?;
    }
    if archive.entries().iter().any(|entry| entry.path.ends_with("vbaProject.bin")) {
        policy::warn_of_macros(found);
    }
    properties(&mut archive, "docProps/core.xml", found);
    let result = match form {
        Form::Docx => docx::read(&mut archive, found),
        Form::Pptx => pptx::read(&mut archive, found),
        _ => sheet::read(&mut archive, found),
    };
    if !found.derived.iter().any(|(name, ..)| name.starts_with("thumbnail.")) {
        embedded_cover(&mut archive, found);
    }
    result
}

/// Title, author, language as the program wrote them down; what is not there or
/// damaged is left out.
pub(crate) fn properties(archive: &mut Archive<'_>, path: &str, found: &mut Found) {
    if !archive.has(path) {
        return;
    }
    let Ok(mut walk) = part(archive, path) else { return };
    let mut text = String::new();
    let document = &mut found.document;
    // A damaged part leaves what was read before it.
    let _ = walk.each(|step| {
        match step {
            Step::Start(_) => text.clear(),
            Step::Text(more) => text.push_str(&more),
            Step::End(name) => {
                let value = tidy(&text);
                match name.as_str() {
                    _ if value.is_empty() => {}
                    "title" if document.title.is_empty() => document.title = value,
                    "creator" | "initial-creator"
                        if document.authors.len() < MAX_AUTHORS && !document.authors.contains(&value) =>
                    {
                        document.authors.push(value)
                    }
                    "language" => document.language = value,
                    _ => {}
                }
                text.clear();
            }
        }
        Ok(())
    });
}

/// The picture that the program made of the first page, if it did.
pub(crate) fn embedded_cover(archive: &mut Archive<'_>, found: &mut Found) {
    for path in
        ["docProps/thumbnail.jpeg", "docProps/thumbnail.jpg", "docProps/thumbnail.png", "Thumbnails/thumbnail.png"]
    {
        if archive.has(path)
            && let Ok(bytes) = archive.read(path, 8 << 20)
            && let Some(small) = crate::picture::thumbnail(&bytes)
        {
            found.derived.push(("thumbnail.jpg".into(), "image/jpeg".into(), small));
            return;
        }
    }
}

//! OpenDocument: text, slides, sheets.

use super::{part, properties};
use crate::pages::Pages;
use crate::xml::Step;
use crate::zip::Archive;
use crate::{Form, Found, Refusal, Result, Source, policy};

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let mut archive = Archive::open(source, size)?;
    for entry in archive.entries() {
        policy::check_part(&entry.path, b"")?;
    }
    if is_encrypted(&mut archive) {
        return Err(Refusal::encrypted());
    }
    if archive.entries().iter().any(|entry| entry.path.starts_with("Basic/") && entry.path.ends_with(".xml")) {
        policy::warn_of_macros(found);
    }
    properties(&mut archive, "meta.xml", found);
    super::embedded_cover(&mut archive, found);
    if form == Form::Ods {
        return super::sheet::read(&mut archive, found);
    }
    let mut pages = Pages::default();
    let mut paragraph = String::new();
    let mut depth = 0usize;
    let mut note = 0usize;
    let mut heading = false;
    let mut walk = part(&mut archive, "content.xml")?;
    walk.each(|step| {
        match step {
            Step::Start(element) => match element.name.as_str() {
                "page" if form == Form::Odp => pages.begin(element.get("name").unwrap_or_default()),
                "notes" => note += 1,
                "p" | "h" => {
                    depth += 1;
                    heading = element.name == "h";
                }
                "s" => {
                    let count = element.get("c").and_then(|count| count.parse().ok()).unwrap_or(1);
                    paragraph.extend(std::iter::repeat_n(' ', usize::min(count, 100)));
                }
                "tab" => paragraph.push('\t'),
                "line-break" => paragraph.push('\n'),
                "soft-page-break" if form == Form::Odt => {
                    pages.paragraph(&std::mem::take(&mut paragraph));
                    pages.begin("");
                }
                _ => {}
            },
            Step::Text(text) if depth > 0 => paragraph.push_str(&text),
            Step::Text(_) => {}
            Step::End(name) => match name.as_str() {
                "p" | "h" => {
                    depth = depth.saturating_sub(1);
                    let text = std::mem::take(&mut paragraph);
                    if heading && form == Form::Odt && !text.trim().is_empty() {
                        pages.begin(&text);
                    }
                    heading = false;
                    pages.paragraph(&text);
                }
                "notes" => note = note.saturating_sub(1),
                _ => {}
            },
        }
        Ok(())
    })?;
    pages.finish(found);
    Ok(())
}

/// Whether the manifest says that parts are encrypted.
fn is_encrypted(archive: &mut Archive<'_>) -> bool {
    let Ok(mut walk) = part(archive, "META-INF/manifest.xml") else { return false };
    while let Ok(Some(step)) = walk.next() {
        if matches!(step, Step::Start(element) if element.name == "encryption-data") {
            return true;
        }
    }
    false
}

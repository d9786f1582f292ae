//! OpenDocument: text, slides, sheets.

use super::{part, properties};
use crate::pages::{MAX_TEXT, Pages, decode, guess};
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
        return sheets(&mut archive, found);
    }
    let mut pages = Pages::default();
    let mut paragraph = String::new();
    let mut depth = 0usize;
    let mut heading = false;
    let mut walk = part(&mut archive, "content.xml")?;
    walk.each(|step| {
        match step {
            Step::Start(element) => match element.name.as_str() {
                "page" if form == Form::Odp => pages.begin(element.get("name").unwrap_or_default()),
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
            Step::Text(text) if depth > 0 && paragraph.len() < MAX_TEXT => paragraph.push_str(&text),
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
                _ => {}
            },
        }
        Ok(())
    })?;
    pages.finish(found);
    Ok(())
}

/// Sheets: a page for each, a line for each row. Cells and rows that are repeated, which
/// may be a million times, are read once.
fn sheets(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let mut pages = Pages::default();
    let (mut line, mut cell, mut paragraph) = (String::new(), String::new(), String::new());
    // What a cell holds where no text says it.
    let mut value = String::new();
    let mut depth = 0usize;
    let mut walk = part(archive, "content.xml")?;
    walk.each(|step| {
        match step {
            Step::Start(element) => match element.name.as_str() {
                "table" => pages.begin(element.get("name").unwrap_or_default()),
                "table-cell" | "covered-table-cell" => {
                    cell.clear();
                    let known = ["string-value", "date-value", "value"].iter().find_map(|name| element.get(name));
                    value = known.unwrap_or_default().chars().take(32_767).collect();
                }
                "p" => depth += 1,
                "s" | "tab" | "line-break" => paragraph.push(' '),
                _ => {}
            },
            Step::Text(text) if depth > 0 && paragraph.len() < MAX_TEXT => paragraph.push_str(&text),
            Step::Text(_) => {}
            Step::End(name) => match name.as_str() {
                "p" => {
                    depth = depth.saturating_sub(1);
                    let text = std::mem::take(&mut paragraph);
                    if cell.len() < MAX_TEXT {
                        if !cell.is_empty() {
                            cell.push(' ');
                        }
                        cell.push_str(&text);
                    }
                }
                "table-cell" | "covered-table-cell" => {
                    let text = if cell.trim().is_empty() { &value } else { &cell };
                    if !text.is_empty() && line.len() < MAX_TEXT {
                        if !line.is_empty() {
                            line.push_str(" | ");
                        }
                        line.push_str(text);
                    }
                    cell.clear();
                    value.clear();
                }
                "table-row" => {
                    let text = std::mem::take(&mut line);
                    pages.paragraph(&decode(&text, guess(&text)));
                }
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

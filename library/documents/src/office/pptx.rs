//! PowerPoint: slides in order with title, text, notes and their pictures.

use std::collections::BTreeSet;

use super::{part, relations};
use crate::pages::{MAX_TEXT, Pages, decode, font_legacy};
use crate::xml::Step;
use crate::zip::Archive;
use crate::{Found, Result, picture};

const DECK: &str = "ppt/presentation.xml";
/// Pictures that are handed on, so that the page can show slides.
const MAX_PICTURES: usize = 40;
/// Pictures that are opened for that: most that are left out are drawings of lines.
const MAX_OPENED: usize = 200;
/// Bytes of them all: the host takes 4 MiB of derived files.
const MAX_BYTES: usize = 3 << 20;
/// Longest side of a slide's picture.
const SIDE: u32 = 960;

pub(super) fn read(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let relations = relations::of(archive, DECK);
    let mut slides = Vec::new();
    let mut known = BTreeSet::new();
    part(archive, DECK)?.each(|step| {
        if let Step::Start(element) = step
            && element.name == "sldId"
            && let Some(id) =
                element.attributes.iter().find(|(name, value)| name == "id" && relations.contains_key(value))
            && let Some(relation) = relations.get(&id.1)
            // A slide stands in the show once; more would be read over and over.
            && known.insert(relation.path.clone())
        {
            slides.push(relation.path.clone());
        }
        Ok(())
    })?;
    let mut pages = Pages::default();
    let mut pictures = Pictures::default();
    for (number, path) in (1..).zip(slides.iter().take(crate::pages::MAX_PAGES)) {
        pages.begin("");
        if !archive.has(path) {
            continue;
        }
        slide(archive, path, &mut pages, true)?;
        let own = relations::of(archive, path);
        if let Some(notes) = own.values().find(|relation| relation.kind == "notesSlide")
            && archive.has(&notes.path)
            && known.insert(notes.path.clone())
        {
            slide(archive, &notes.path, &mut pages, false)?;
        }
        let mut of_slide = 0;
        for relation in own.values().filter(|relation| relation.kind == "image") {
            if let Some(small) = pictures.take(archive, &relation.path) {
                of_slide += 1;
                found.derived.push((format!("slide-{number:03}-{of_slide}.jpg"), "image/jpeg".into(), small));
            }
        }
        if pages.is_full() {
            break;
        }
    }
    found.document.page_count = u32::try_from(slides.len()).unwrap_or(u32::MAX);
    pages.finish(found);
    Ok(())
}

/// Text of a slide or its notes.
fn slide(archive: &mut Archive<'_>, path: &str, pages: &mut Pages, titled: bool) -> Result<()> {
    let mut walk = part(archive, path)?;
    let (mut paragraph, mut run) = (String::new(), String::new());
    let mut encoding = None;
    let mut holder = String::new();
    let mut title = String::new();
    let mut in_text = false;
    walk.each(|step| {
        match step {
            Step::Start(element) => match element.name.as_str() {
                "sp" => holder.clear(),
                "ph" => holder = element.get("type").unwrap_or("body").to_owned(),
                "r" => encoding = None,
                "latin" => encoding = element.get("typeface").and_then(font_legacy),
                "t" => in_text = true,
                "br" => paragraph.push('\n'),
                _ => {}
            },
            Step::Text(text) if in_text && run.len() + paragraph.len() < MAX_TEXT => run.push_str(&text),
            Step::Text(_) => {}
            Step::End(name) => match name.as_str() {
                "t" => in_text = false,
                "r" | "fld" => paragraph.push_str(&decode(&std::mem::take(&mut run), encoding)),
                "p" => {
                    let text = std::mem::take(&mut paragraph);
                    // The number of the slide, its date and footer are on each of them.
                    if matches!(holder.as_str(), "sldNum" | "dt" | "ftr" | "hdr") {
                        return Ok(());
                    }
                    let named = titled && matches!(holder.as_str(), "title" | "ctrTitle");
                    if named && !text.trim().is_empty() && title.len() < 2_000 {
                        if !title.is_empty() {
                            title.push(' ');
                        }
                        title.push_str(text.trim());
                    }
                    pages.paragraph(&text);
                }
                "sp" if !title.is_empty() => pages.label(&title),
                _ => {}
            },
        }
        Ok(())
    })
}

/// Pictures of slides, scaled down, each once: at its first slide.
#[derive(Default)]
struct Pictures {
    /// Those that were opened, whether they could be shown or not.
    opened: BTreeSet<String>,
    count: usize,
    bytes: usize,
    full: bool,
}

impl Pictures {
    fn take(&mut self, archive: &mut Archive<'_>, path: &str) -> Option<Vec<u8>> {
        if self.full || self.count >= MAX_PICTURES || self.opened.len() >= MAX_OPENED || !archive.has(path) {
            return None;
        }
        if !self.opened.insert(path.to_owned()) {
            return None;
        }
        let bytes = archive.read(path, 16 << 20).ok()?;
        let small = picture::scaled(&bytes, SIDE, 200 << 10)?;
        if self.bytes + small.len() > MAX_BYTES {
            self.full = true;
            return None;
        }
        self.count += 1;
        self.bytes += small.len();
        Some(small)
    }
}

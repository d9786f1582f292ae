//! PowerPoint: slides in order with title, text, notes and their pictures.

use super::{part, relations};
use crate::pages::{Pages, decode, font_legacy};
use crate::xml::Step;
use crate::zip::Archive;
use crate::{Found, Result, picture};

const DECK: &str = "ppt/presentation.xml";
/// Pictures that are handed on, so that the page can show slides.
const MAX_PICTURES: usize = 40;
/// Bytes of them all: the host takes 4 MiB of derived files.
const MAX_BYTES: usize = 3 << 20;
/// Longest side of a slide's picture.
const SIDE: u32 = 960;

pub(super) fn read(archive: &mut Archive<'_>, found: &mut Found) -> Result<()> {
    let relations = relations::of(archive, DECK);
    let mut slides = Vec::new();
    part(archive, DECK)?.each(|step| {
        if let Step::Start(element) = step
            && element.name == "sldId"
            && let Some(id) =
                element.attributes.iter().find(|(name, value)| name == "id" && relations.contains_key(value))
            && let Some(relation) = relations.get(&id.1)
        {
            slides.push(relation.path.clone());
        }
        Ok(())
    })?;
    let mut pages = Pages::default();
    let mut pictures = Pictures::default();
    for path in slides.iter().take(crate::pages::MAX_PAGES) {
        pages.begin("");
        if !archive.has(path) {
            continue;
        }
        slide(archive, path, &mut pages, true)?;
        let own = relations::of(archive, path);
        if let Some(notes) = own.values().find(|relation| relation.kind == "notesSlide")
            && archive.has(&notes.path)
        {
            slide(archive, &notes.path.clone(), &mut pages, false)?;
        }
        let number = pictures.slide + 1;
        pictures.slide = number;
        for relation in own.values().filter(|relation| relation.kind == "image") {
            pictures.take(archive, &relation.path, found);
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
            Step::Text(text) if in_text => run.push_str(&text),
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
                    if titled && matches!(holder.as_str(), "title" | "ctrTitle") && !text.trim().is_empty() {
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

/// Pictures of slides, scaled down, each once; the first large one is the thumbnail
/// of a deck that has none.
#[derive(Default)]
struct Pictures {
    slide: u32,
    count: usize,
    bytes: usize,
    of_slide: (u32, u32),
}

impl Pictures {
    fn take(&mut self, archive: &mut Archive<'_>, path: &str, found: &mut Found) {
        if self.count >= MAX_PICTURES || !archive.has(path) {
            return;
        }
        let Ok(bytes) = archive.read(path, 16 << 20) else { return };
        let Some((media_type, small)) = picture::scaled(&bytes, SIDE, 200 << 10) else { return };
        if self.bytes + small.len() > MAX_BYTES {
            return;
        }
        if self.of_slide.0 != self.slide {
            self.of_slide = (self.slide, 0);
        }
        self.of_slide.1 += 1;
        self.count += 1;
        self.bytes += small.len();
        let ending = if media_type == "image/png" { "png" } else { "jpg" };
        let name = format!("slide-{:03}-{}.{ending}", self.of_slide.0, self.of_slide.1);
        found.derived.push((name, media_type.into(), small));
    }
}

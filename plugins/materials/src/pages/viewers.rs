//! The files of an edition on its page: shown or played where that is possible, with
//! what is known of each, and always with a link to the file itself.

use tram_contract::Text;
use tram_contract::extract::Page;
use tram_contract::page::{Action, Tone, Track, Viewer, Widget};
use tram_sdk::Result;

use super::Say;
use crate::files::{bare, duration, ending, looked, size};
use crate::messages as m;
use crate::model::{Edition, FileRef, Looked};
use crate::results;

/// What a reader came for.
pub(crate) struct Wish<'a> {
    /// Item, in hex.
    pub(crate) item: &'a str,
    /// Reader; empty for guests, for whom nothing is kept.
    pub(crate) person: &'a str,
    /// File and page that a link names.
    pub(crate) file: Option<u32>,
    pub(crate) page: Option<u32>,
    /// Whether authors and reviewers read it: they see what was found in each file.
    pub(crate) insider: bool,
}

/// What a page may still carry. The document of a page is 1 MiB at most, whatever is in
/// the files of an item.
struct Room {
    /// Bytes of text from inside files.
    text: usize,
    /// Bytes of what players want back.
    states: usize,
    /// Pictures of slides.
    pictures: usize,
}

impl Room {
    const WHOLE: Self = Self { text: 200 << 10, states: results::MAX_STATE, pictures: 60 };
}

/// The files as widgets.
///
/// # Errors
/// As the store.
pub(crate) fn widgets(say: &Say<'_>, edition: &Edition, wish: &Wish<'_>) -> Result<Vec<Widget>> {
    let found = looked(&edition.files)?;
    let mut out = Vec::new();
    let (fine, _) = crate::files::told_apart(&edition.files)?;
    let subtitles: Vec<&FileRef> = fine.into_iter().filter(|file| file.role == "subtitles").collect();
    let many = edition.files.len() > 1;
    let mut room = Room::WHOLE;
    for (file, looked) in edition.files.iter().zip(&found) {
        if wish.file.is_some_and(|number| number != file.number) && many {
            continue;
        }
        if file.role == "subtitles" && !wish.insider {
            continue;
        }
        if looked.as_ref().is_some_and(Looked::is_hostile) && !wish.insider {
            let text = say.with(&m::KEPT_BACK, &[bare(&file.name)]);
            out.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
            continue;
        }
        if many {
            out.push(Widget::Heading { level: 3, text: Text::from(file.name.as_str()) });
        }
        if let Some(viewer) = viewer(say, file, looked.as_ref(), wish, &subtitles)? {
            // What a player wants back may be long: a file that finds no room for it is shown
            // on a page of its own, where its reader goes on and does not begin anew.
            if let Some(left) = room.states.checked_sub(viewer.state.len()) {
                room.states = left;
                out.push(Widget::Viewer(viewer));
            } else {
                let label = say.with(&m::OPEN_FILE, &[bare(&file.name)]);
                let edition = if wish.insider { "&edition=work" } else { "" };
                let href = format!("items/{}?file={}{edition}", wish.item, file.number);
                out.push(Widget::Actions { actions: vec![Action { label, href, ..Action::default() }] });
            }
        }
        text(say, file, looked.as_ref(), wish, &mut room, &mut out)?;
        notes(say, looked.as_ref(), wish, &mut out);
        let line = facts(say, file, looked.as_ref());
        if !line.is_empty() {
            out.push(Widget::Paragraph { text: Text::from(line), quiet: true });
        }
        out.push(Widget::Actions { actions: vec![download(say, file, wish)] });
    }
    if wish.file.is_some() && many {
        let label = say.with(&m::ALL_FILES, &[&edition.files.len().to_string()]);
        let href = format!("items/{}{}", wish.item, if wish.insider { "?edition=work" } else { "" });
        out.push(Widget::Actions { actions: vec![Action { label, href, ..Action::default() }] });
    }
    Ok(out)
}

fn download(say: &Say<'_>, file: &FileRef, wish: &Wish<'_>) -> Action {
    let label = say.with(&m::DOWNLOAD, &[bare(&file.name), &size(file.size, say.0)]);
    Action { label, href: format!("items/{}/files/{}", wish.item, file.number), ..Action::default() }
}

/// How a file is shown in the page; none when it is only handed out.
fn viewer(
    say: &Say<'_>,
    file: &FileRef,
    looked: Option<&Looked>,
    wish: &Wish<'_>,
    subtitles: &[&FileRef],
) -> Result<Option<Viewer>> {
    if looked.is_some_and(Looked::is_hostile) {
        return Ok(None);
    }
    let found = looked.filter(|looked| looked.state == "done");
    let cleaned = found.map(|looked| looked.picture.as_str()).filter(|blob| !blob.is_empty());
    let package = found.and_then(|looked| looked.extract.package.as_ref());
    let extracted = found.map_or("", |looked| looked.extract.media_type.as_str());
    let ending = ending(&file.name);
    let media = if extracted.is_empty() { file.media_type.as_str() } else { extracted };
    let (kind, blob, format, entry) = match package {
        Some(package) if package.format == "epub" => match found.map(|looked| looked.flat.as_str()) {
            Some(flat) if !flat.is_empty() => ("epub", flat, String::new(), package.entry.clone()),
            _ => return Ok(None),
        },
        Some(package) => match found.map(|looked| looked.flat.as_str()) {
            Some(flat) if !flat.is_empty() && !package.entry.is_empty() => {
                ("package", flat, package.format.clone(), package.entry.clone())
            }
            _ => return Ok(None),
        },
        None if ending == "pdf" || media == "application/pdf" => {
            let page = wish.page.filter(|_| wish.file == Some(file.number)).map(|page| page.to_string());
            ("pdf", file.blob.as_str(), String::new(), page.unwrap_or_default())
        }
        // A drawing may hold scripts: its cleaned copy is shown, or nothing.
        None if cleaned.is_some() || ending == "svg" => match cleaned {
            Some(cleaned) => ("picture", cleaned, String::new(), String::new()),
            None => return Ok(None),
        },
        // Only what a browser draws without running anything.
        None if matches!(ending.as_str(), "jpg" | "jpeg" | "png" | "webp" | "gif" | "avif") => {
            ("picture", file.blob.as_str(), String::new(), String::new())
        }
        None if matches!(ending.as_str(), "mp4" | "m4v" | "webm" | "mov") => {
            ("video", file.blob.as_str(), String::new(), String::new())
        }
        None if matches!(ending.as_str(), "mp3" | "m4a" | "ogg" | "oga" | "opus" | "wav") => {
            ("audio", file.blob.as_str(), String::new(), String::new())
        }
        None => return Ok(None),
    };
    let keeps = !wish.person.is_empty() && matches!(kind, "video" | "audio" | "package" | "epub");
    let tracks = subtitles
        .iter()
        .filter(|_| kind == "video")
        .filter(|track| crate::files::ending(&track.name) == "vtt")
        .map(|track| {
            let language = language_of(&track.name);
            let label = Text::from(crate::words::of(&crate::words::LANGUAGES, language, say.0));
            Track { label, language: language.to_owned(), blob: track.blob.clone() }
        })
        .collect();
    Ok(Some(Viewer {
        kind: kind.into(),
        title: Text::from(bare(&file.name)),
        blob: blob.to_owned(),
        format,
        entry,
        original: (blob != file.blob.as_str()).then(|| file.blob.clone()),
        poster: found.map(|looked| looked.thumbnail.clone()).filter(|blob| !blob.is_empty() && kind == "video"),
        tracks,
        progress: keeps.then(|| format!("items/{}/files/{}/state", wish.item, file.number)),
        state: if keeps { results::state(wish.person, wish.item, file.number)? } else { String::new() },
    }))
}

/// The language in a name of subtitles, `phim.en.vtt`; Vietnamese when it has none.
fn language_of(name: &str) -> &str {
    let code = bare(name).rsplit('.').nth(1).unwrap_or_default();
    if crate::words::LANGUAGES.iter().any(|(known, _)| *known == code) { code } else { "vi" }
}

/// The text inside, for reading without opening the file: the page that a hit led to, or
/// all of it folded away.
fn text(
    say: &Say<'_>,
    file: &FileRef,
    looked: Option<&Looked>,
    wish: &Wish<'_>,
    room: &mut Room,
    out: &mut Vec<Widget>,
) -> Result<()> {
    let Some(looked) = looked.filter(|looked| looked.state == "done" && file.role != "subtitles") else {
        return Ok(());
    };
    let mut pages = crate::model::TEXTS.get(file.blob.as_bytes())?.map(|entry| entry.value).unwrap_or_default();
    // A slide that is a picture alone has no text.
    for (number, _) in &looked.pictures {
        if !pages.iter().any(|page| page.number == *number) {
            pages.push(Page { number: *number, ..Page::default() });
        }
    }
    pages.sort_by_key(|page| page.number);
    let named = wish.page.filter(|_| wish.file == Some(file.number));
    let (mut inside, mut bytes) = (Vec::new(), 0);
    let several = pages.len() > 1;
    for page in pages.iter().filter(|page| named.is_none_or(|number| number == page.number)) {
        bytes += page.text.len() + page.label.len();
        if bytes > room.text {
            inside.push(Widget::Paragraph { text: say.t(&m::TEXT_GOES_ON), quiet: true });
            break;
        }
        let number = page.number.to_string();
        // A heading that is the page's first line anyway is not read twice.
        let label = Some(page.label.as_str()).filter(|label| !page.text.starts_with(label)).unwrap_or_default();
        match (label, several && page.label.is_empty()) {
            ("", false) => {}
            ("", true) => inside.push(Widget::Paragraph { text: say.with(&m::PAGE_NUMBER, &[&number]), quiet: true }),
            (label, _) => inside.push(Widget::Paragraph { text: Text::from(label), quiet: true }),
        }
        if !page.text.is_empty() {
            inside.push(Widget::Paragraph { text: Text::from(page.text.as_str()), quiet: false });
        }
        for (_, blob) in looked.pictures.iter().filter(|(slide, _)| *slide == page.number) {
            if let Some(left) = room.pictures.checked_sub(1) {
                room.pictures = left;
                let title = say.with(&m::PICTURE_OF_SLIDE, &[&number]);
                inside.push(Widget::Viewer(Viewer {
                    kind: "picture".into(),
                    title,
                    blob: blob.clone(),
                    ..Viewer::default()
                }));
            }
        }
    }
    room.text = room.text.saturating_sub(bytes);
    if inside.is_empty() {
        return Ok(());
    }
    let summary = match named {
        Some(number) => say.with(&m::TEXT_OF_PAGE, &[&number.to_string()]),
        None => say.t(&m::TEXT_INSIDE),
    };
    let short = bytes < 6_000 && looked.pictures.is_empty();
    out.push(Widget::Disclosure { summary, open: named.is_some() || short, widgets: inside });
    Ok(())
}

/// What the reader should know about a file.
fn notes(say: &Say<'_>, looked: Option<&Looked>, wish: &Wish<'_>, out: &mut Vec<Widget>) {
    let mut warn = |text: Text| out.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    match looked {
        None if wish.insider => {
            out.push(Widget::Paragraph { text: say.t(&m::BEING_LOOKED_AT), quiet: true });
        }
        _ if !wish.insider => {}
        Some(looked) if looked.state == "done" => {
            looked.extract.warnings.iter().for_each(|text| warn(Text::from(text.get(say.0))));
        }
        Some(looked) if looked.state != "none" && wish.insider => warn(Text::from(looked.problem.get(say.0))),
        _ => {}
    }
}

/// Purpose, pages and length in a line; the size stands on the button.
fn facts(say: &Say<'_>, file: &FileRef, looked: Option<&Looked>) -> String {
    let mut parts = Vec::new();
    if file.role != "main" {
        parts.push(crate::words::of(&crate::words::ROLES, &file.role, say.0).to_owned());
    }
    if let Some(extract) = looked.filter(|looked| looked.state == "done").map(|looked| &looked.extract) {
        if extract.page_count > 1 {
            parts.push(m::PAGE_COUNT.with(say.0, &[&extract.page_count.to_string()]));
        }
        if let Some(media) = &extract.media {
            if media.duration > 0 {
                parts.push(duration(media.duration));
            }
            if media.width > 0 {
                parts.push(format!("{} × {}", media.width, media.height));
            }
        }
        if let Some(package) = &extract.package {
            parts.push(package.format.to_uppercase());
        }
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtitles_say_their_language() {
        assert_eq!(language_of("phim.en.vtt"), "en");
        assert_eq!(language_of("Bài 3/phim.vtt"), "vi");
    }
}

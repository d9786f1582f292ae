//! Files shown or played in the page. What strangers made stands in a frame of the
//! untrusted listener; films, sounds and pictures are the browser's own business.

use maud::{Markup, html};
use serde_json::{Map, Value, json};
use tram_contract::page::{Tone, Viewer, Widget};

use super::Renderer;
use crate::messages;
use crate::untrusted::{self, FRAME, Players, token::Kind};

/// A kept state that is longer is not handed in again.
const STATE: usize = 64 * 1024;

/// Words that players show, by the short names they know them by.
const WORDS: &[(&str, &str)] = &[
    ("broken", "viewer.broken"),
    ("chapter", "viewer.chapter"),
    ("close", "viewer.close"),
    ("contents", "viewer.contents"),
    ("fit", "viewer.fit"),
    ("full", "viewer.full"),
    ("larger", "viewer.larger"),
    ("locked", "viewer.locked"),
    ("next", "viewer.next"),
    ("old", "viewer.old"),
    ("page", "viewer.page"),
    ("parts", "viewer.parts"),
    ("previous", "viewer.previous"),
    ("pupil", "viewer.pupil"),
    ("smaller", "viewer.smaller"),
];

/// The frames that a page holds: the file's id and the address below which it lies.
pub(crate) type Frames = [(String, String)];

/// Every viewer of the widgets that stands in a frame, folded ones included.
pub(crate) fn framed<'w>(widgets: &'w [Widget], found: &mut Vec<(&'w str, Kind)>) {
    for widget in widgets {
        match widget {
            Widget::Viewer(viewer) => {
                if let Some(kind) = Kind::of(&viewer.kind, &viewer.format).filter(|kind| Players::get().can(*kind)) {
                    found.push((&viewer.blob, kind));
                }
            }
            Widget::Disclosure { widgets, .. } => framed(widgets, found),
            _ => {}
        }
    }
}

impl Renderer<'_> {
    fn file(&self, id: &str) -> Option<String> {
        self.link(&format!("blob/{}", crate::query::encode(id)))
    }

    pub(super) fn viewer(&self, viewer: &Viewer) -> Markup {
        let original = viewer.original.as_deref().or(match viewer.kind.as_str() {
            // The flat form is of no use outside.
            "package" | "epub" => None,
            _ => Some(viewer.blob.as_str()),
        });
        let original = original.and_then(|id| self.file(id));
        let title = self.text(&viewer.title);
        let inner = match viewer.kind.as_str() {
            "video" => self.media(viewer, true),
            "audio" => self.media(viewer, false),
            "picture" => html! {
                @if let Some(src) = self.file(&viewer.blob) {
                    div.picture data-picture tabindex="0" { img src=(src) alt=(title); }
                }
            },
            kind => match Kind::of(kind, &viewer.format) {
                None => self.notice(Tone::Neutral, &messages::text("viewer.kept-only"), &[]),
                Some(kind) => self.frame(viewer, kind),
            },
        };
        html! {
            figure.viewer.(viewer.kind) data-viewer=(viewer.kind) {
                (inner)
                figcaption.viewer-bar {
                    @if viewer.kind == "picture" {
                        button.button type="button" data-zoom aria-pressed="false" hidden { (self.say("viewer.zoom")) }
                    }
                    @if viewer.kind != "audio" {
                        button.button type="button" data-full hidden { (self.say("viewer.full")) }
                    }
                    @if let Some(href) = original { a.button href=(href) download { (self.say("viewer.file")) } }
                    span.quiet role="status" data-kept=(self.say("viewer.kept")) data-not-kept=(self.say("viewer.not-kept")) {}
                }
                @if let Some(action) = viewer.progress.as_deref().and_then(|href| self.link(href)) {
                    form hidden action=(action) method="post" data-progress { (self.token(&action)) input type="hidden" name="state"; }
                }
            }
        }
    }

    fn media(&self, viewer: &Viewer, film: bool) -> Markup {
        let Some(src) = self.file(&viewer.blob) else { return html! {} };
        let state = if viewer.state.len() > STATE { "" } else { viewer.state.as_str() };
        let title = self.text(&viewer.title);
        let inside = html! {
            @for (at, track) in viewer.tracks.iter().enumerate() {
                @if let Some(src) = self.file(&track.blob) {
                    track kind="subtitles" src=(src) srclang=(track.language) label=(self.text(&track.label)) default[at == 0];
                }
            }
            a href=(src) download { (self.say("viewer.file")) }
        };
        html! {
            @if film {
                video controls playsinline preload="metadata" src=(src) aria-label=(title) data-state=(state)
                    poster=[viewer.poster.as_deref().and_then(|id| self.file(id))] { (inside) }
            } @else {
                audio controls preload="metadata" src=(src) aria-label=(title) data-state=(state) { (inside) }
            }
        }
    }

    fn frame(&self, viewer: &Viewer, kind: Kind) -> Markup {
        if !Players::get().can(kind) {
            return self.notice(Tone::Warning, &messages::text("viewer.missing"), &[]);
        }
        let Some((_, address)) = self.frame.frames.iter().find(|(id, _)| *id == viewer.blob) else {
            return self.notice(Tone::Warning, &messages::text("viewer.gone"), &[]);
        };
        let src = format!("{address}{}", untrusted::entry(kind, &viewer.entry));
        html! {
            iframe src=(src) name=(self.told(viewer, kind)) title=(self.text(&viewer.title)) sandbox=(FRAME) allow="fullscreen"
                referrerpolicy="no-referrer" {}
            noscript { p { (self.say("viewer.no-script")) } }
        }
    }

    /// What a player is told, in the name of its frame: the one thing that its document
    /// can read at once, whatever its origin.
    fn told(&self, viewer: &Viewer, kind: Kind) -> String {
        let state: Value = (viewer.state.len() <= STATE)
            .then(|| serde_json::from_str(&viewer.state).ok())
            .flatten()
            .unwrap_or_default();
        let words: Map<String, Value> =
            WORDS.iter().map(|(short, key)| ((*short).to_owned(), self.say(key).into())).collect();
        // Pages of a package itself need no words of ours.
        let words = if kind == Kind::Html { Map::new() } else { words };
        let config = json!({
            "kind": viewer.kind,
            "format": viewer.format,
            "entry": viewer.entry,
            "lang": self.frame.language.code(),
            "theme": self.frame.theme.word(),
            "state": state,
            "words": words,
        });
        format!("tram:{config}")
    }
}

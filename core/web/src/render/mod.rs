//! Page documents to HTML: pure functions, so every widget is tested without a host.
//!
//! Whatever a plugin says arrives here as data and leaves as escaped text within
//! markup of the shell's own; links go through [`links::resolve`].

mod cards;
mod cover;
mod form;
pub(crate) mod links;
mod shell;
pub(crate) mod tickets;
mod uploads;
pub(crate) mod viewer;
mod widgets;

use std::cell::Cell;

use maud::Markup;
use tram_contract::Text;
use tram_contract::page::{Link, Page, Tone, Widget};

use crate::language::Language;
use crate::messages::say;
use crate::walls::token::Tokens;

/// Light or dark, when the reader chose; else the device decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// As the device is set.
    #[default]
    Device,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The word in the cookie and in the `data-theme` attribute.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word; the device's for anything unknown.
    pub(crate) fn of(word: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }
}

/// An entry of the menu, already chosen for this reader.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MenuItem {
    /// Words.
    pub(crate) label: Text,
    /// Path.
    pub(crate) href: String,
}

/// Everything about a page that is not its content.
#[derive(Debug, Clone)]
pub(crate) struct Frame<'a> {
    /// The reader's language.
    pub(crate) language: Language,
    /// Path of the plugin whose page it is; empty for the shell's own pages.
    pub(crate) base: &'a str,
    /// Path and query of the page, for links back to it.
    pub(crate) address: &'a str,
    /// Light or dark.
    pub(crate) theme: Theme,
    /// Name of the school.
    pub(crate) station: &'a str,
    /// Menu of this reader.
    pub(crate) menu: &'a [MenuItem],
    /// Name of the reader who is signed in.
    pub(crate) reader: Option<&'a str>,
    /// Tokens of the forms that go to this page's plugin or to the shell.
    pub(crate) tokens: &'a Tokens<'a>,
    /// Paths of style, script and icon.
    pub(crate) style: &'a str,
    /// Path of the script.
    pub(crate) script: &'a str,
    /// Path of the icon.
    pub(crate) icon: &'a str,
    /// Path of the script of viewers.
    pub(crate) viewers: &'a str,
    /// Where the files of this page's viewers lie that stand in frames.
    pub(crate) frames: &'a viewer::Frames,
    /// Seconds without a touch after which a shared computer signs out.
    pub(crate) idle: Option<u32>,
    /// Whether the station is being set up: nothing but the wizard leads anywhere.
    pub(crate) setup: bool,
    /// Whether the station is a demonstration.
    pub(crate) demo: bool,
    /// Whether this page came over plain HTTP from the network.
    pub(crate) plain: bool,
}

/// Renders a whole page; `extra` is markup of the shell's own behind the widgets.
pub(crate) fn page(frame: &Frame<'_>, page: &Page, extra: Option<Markup>) -> String {
    let renderer = Renderer { frame, ids: Cell::new(0), level: Cell::new(1) };
    shell::document(&renderer, page, extra).into_string()
}

/// State of one rendering.
struct Renderer<'a> {
    frame: &'a Frame<'a>,
    /// Number of the last id handed out in this document.
    ids: Cell<u32>,
    /// Level of the heading above, so that lists of cards continue the outline.
    level: Cell<u8>,
}

impl<'a> Renderer<'a> {
    fn say(&self, key: &'static str) -> &'static str {
        say(self.frame.language, key)
    }

    fn text<'t>(&self, text: &'t Text) -> &'t str {
        self.frame.language.of_text(text)
    }

    fn link(&self, href: &str) -> Option<String> {
        links::resolve(self.frame.base, href)
    }

    fn id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("w{}", self.ids.get())
    }

    /// An anchor, or the bare words when the link may not be followed.
    fn anchor(&self, text: &str, href: &str) -> Markup {
        maud::html! {
            @match self.link(href) {
                Some(href) => { a href=(href) { (text) } }
                None => { (text) }
            }
        }
    }

    fn links(&self, links: &[Link]) -> Markup {
        maud::html! {
            @if !links.is_empty() {
                ul.row {
                    @for link in links { li { (self.anchor(self.text(&link.text), &link.href)) } }
                }
            }
        }
    }
}

/// Class of a tone.
const fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Primary => "primary",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
    }
}

/// A sign beside the colour, for those who do not see colours.
const fn tone_sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral | Tone::Primary => "i",
        Tone::Good => "✓",
        Tone::Warning => "!",
        Tone::Bad => "✕",
    }
}

/// Whether a widget is in the list, folded ones included.
fn any_widget(widgets: &[Widget], wanted: &impl Fn(&Widget) -> bool) -> bool {
    widgets.iter().any(|widget| {
        wanted(widget) || matches!(widget, Widget::Disclosure { widgets, .. } if any_widget(widgets, wanted))
    })
}

#[cfg(test)]
mod tests;

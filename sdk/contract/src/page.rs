//! Pages are data: a page body is a document of typed widgets that the host
//! renders. So a plugin carries no markup or script, looks like the rest, is
//! accessible and translated by construction.
//!
//! Links (`href`, `action`) beginning with `/` are the station's; others are
//! relative to the plugin's own path (`.` is its first page; `?page=2` the page that
//! is shown). Links elsewhere, and empty ones, are refused by the host.

use serde::{Deserialize, Serialize};

use crate::Text;

/// A page: title, what stands above it, and its widgets in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Page {
    /// Version of the document; 1.
    #[serde(default = "one")]
    pub version: u32,
    /// Title of the page, also its first heading.
    pub title: Text,
    /// Path from the start page to here, without this page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Link>,
    /// Whether the first heading is left out (the search page's box is its own).
    #[serde(default)]
    pub bare: bool,
    /// Content, in reading order.
    pub widgets: Vec<Widget>,
    /// Widgets beside the content on a wide screen, below a disclosure on a phone
    /// (facets).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<Widget>,
}

fn one() -> u32 {
    1
}

impl Page {
    /// A page with a title and widgets.
    pub fn new(title: impl Into<Text>, widgets: Vec<Widget>) -> Self {
        Self { version: 1, title: title.into(), widgets, ..Self::default() }
    }
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// What is read.
    pub text: Text,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// A link.
    pub fn new(text: impl Into<Text>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// How a notice, a badge or a button is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// The main thing to do.
    Primary,
    /// It went well, it is available.
    Good,
    /// Take care.
    Warning,
    /// It went wrong, or it destroys something.
    Bad,
}

/// One widget. A widget that an older host does not know renders as nothing, so
/// new ones may come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "widget", rename_all = "kebab-case")]
pub enum Widget {
    /// A heading below the title; level 2 or 3.
    Heading {
        /// 2 or 3.
        level: u8,
        /// Words.
        text: Text,
    },
    /// A paragraph.
    Paragraph {
        /// Words; line breaks are kept.
        text: Text,
        /// Smaller and paler, for what is secondary.
        #[serde(default)]
        quiet: bool,
    },
    /// A message that must be seen.
    Notice {
        /// How it is meant.
        tone: Tone,
        /// What happened.
        text: Text,
        /// What to do next.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Link>,
    },
    /// The search box of this page. Submits GET to `action`.
    SearchBox(SearchBox),
    /// Hits or other things as a list of cards.
    Cards(Cards),
    /// Facet groups: links that add or remove a choice.
    Facets {
        /// Groups in order.
        groups: Vec<FacetGroup>,
    },
    /// Names and values: a record.
    Details {
        /// Rows in order.
        rows: Vec<DetailRow>,
    },
    /// A table.
    Table(Table),
    /// A form.
    Form(Form),
    /// Buttons and links in a row.
    Actions {
        /// In order; the first primary one stands out.
        actions: Vec<Action>,
    },
    /// Text in a fixed-width face, as it is (a MARC record).
    Code {
        /// Lines.
        text: String,
    },
    /// Links to other views of the same thing.
    Tabs {
        /// Tabs in order.
        tabs: Vec<Tab>,
    },
    /// Earlier and later pages.
    Pager(Pager),
    /// Progress of a job, updated by itself while it runs.
    Progress(Progress),
    /// There is nothing here, and what to do about it.
    Empty {
        /// What is missing.
        text: Text,
        /// What to do.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Link>,
    },
    /// A picture of a book's cover: a blob of the plugin, or drawn from the words.
    Cover {
        /// Blob id; none: drawn.
        #[serde(default)]
        blob: Option<String>,
        /// Title on the drawn cover.
        title: String,
        /// Author on the drawn cover.
        #[serde(default)]
        author: String,
    },
    /// What an administrator or newcomer reads in steps.
    Steps {
        /// In order.
        steps: Vec<Text>,
    },
    /// Figures to see at a glance.
    Figures {
        /// In order.
        figures: Vec<Figure>,
    },
    /// A file of the plugin's, shown or played in the page.
    Viewer(Viewer),
    /// Widgets folded away under a summary.
    Disclosure {
        /// What is seen when folded.
        summary: Text,
        /// Whether it starts open.
        #[serde(default)]
        open: bool,
        /// What is inside.
        widgets: Vec<Widget>,
    },
    /// Whatever this reader does not know yet.
    #[serde(other)]
    Unknown,
}

/// The search box of a page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SearchBox {
    /// Where the query goes (GET).
    pub action: String,
    /// Name of the query parameter; `q`.
    pub name: String,
    /// What was typed.
    #[serde(default)]
    pub value: String,
    /// Label for those who cannot see it, and the placeholder.
    pub label: Text,
    /// Where suggestions come from: GET `?q=` answers a JSON list of strings.
    #[serde(default)]
    pub suggest: Option<String>,
    /// Choices kept when searching again (facets, sort).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<(String, String)>,
}

/// A list of cards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cards {
    /// Accessible name of the list.
    #[serde(default)]
    pub label: Text,
    /// Cards in order.
    pub cards: Vec<Card>,
    /// Number of the first card, for "11." in front; 0: not numbered.
    #[serde(default)]
    pub first: u64,
}

/// One card: a hit, a slot on the start page, something that waits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Title, the link.
    pub title: Text,
    /// Where it leads.
    #[serde(default)]
    pub href: String,
    /// Below the title (author).
    #[serde(default)]
    pub subtitle: Text,
    /// Smaller facts (publisher, year).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Text>,
    /// A passage with marked byte ranges.
    #[serde(default)]
    pub snippet: Option<Marked>,
    /// Short labels (available, on loan).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<Badge>,
    /// Cover, when the list shows covers.
    #[serde(default)]
    pub cover: Option<Cover>,
    /// A number to see at a glance (three reviews wait).
    #[serde(default)]
    pub count: Option<u64>,
}

/// Text with byte ranges to mark.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Marked {
    /// The passage.
    pub text: String,
    /// Byte ranges at character boundaries, in order, not overlapping.
    pub marks: Vec<(usize, usize)>,
}

/// A short label.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Badge {
    /// Words.
    pub text: Text,
    /// How it is meant.
    #[serde(default)]
    pub tone: Tone,
}

/// A cover on a card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cover {
    /// Blob id; none: drawn from the words.
    #[serde(default)]
    pub blob: Option<String>,
    /// Title on the drawn cover.
    pub title: String,
    /// Author on the drawn cover.
    #[serde(default)]
    pub author: String,
}

/// A group of facet choices.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FacetGroup {
    /// Name of the facet.
    pub label: Text,
    /// Choices in order.
    pub choices: Vec<FacetChoice>,
}

/// One choice of a facet.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FacetChoice {
    /// Words.
    pub label: Text,
    /// Hits.
    pub count: u64,
    /// Link that adds the choice, or removes it when it is chosen.
    pub href: String,
    /// Whether it is chosen now.
    #[serde(default)]
    pub chosen: bool,
}

/// A row of details.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DetailRow {
    /// Name.
    pub label: Text,
    /// Values; each its own line. A link when `href` is there.
    pub values: Vec<DetailValue>,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DetailValue {
    /// What is read.
    pub text: Text,
    /// Where it leads, when it leads anywhere.
    #[serde(default)]
    pub href: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// What the table shows.
    pub caption: Text,
    /// Heads.
    pub columns: Vec<Column>,
    /// Rows of cells, as many as columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Column {
    /// Head.
    pub label: Text,
    /// Whether it holds figures (aligned to the end).
    #[serde(default)]
    pub numeric: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cell {
    /// What is read.
    pub text: Text,
    /// Where it leads.
    #[serde(default)]
    pub href: Option<String>,
    /// A label in place of plain text.
    #[serde(default)]
    pub tone: Option<Tone>,
}

/// A form. POST forms carry a token of the host by themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// `get` or `post` (the default).
    #[serde(default)]
    pub method: String,
    /// Fields in order.
    pub fields: Vec<FormField>,
    /// Words on the button.
    pub submit: Text,
    /// How the button is meant.
    #[serde(default)]
    pub tone: Tone,
    /// What must be confirmed before it is sent ("Delete 3 copies?").
    #[serde(default)]
    pub confirm: Option<Text>,
    /// What went wrong with the whole form.
    #[serde(default)]
    pub error: Option<Text>,
    /// Whether it stands in one row (a filter) instead of one field a line.
    #[serde(default)]
    pub inline: bool,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FormField {
    /// Name that is sent.
    pub name: String,
    /// Label.
    pub label: Text,
    /// `text`, `textarea`, `number`, `date`, `year`, `select`, `checkbox`, `radio`, `password`,
    /// `pin`, `scan` (a scanner types here), `file`, `hidden`, `email`, `search`,
    /// `clock` (sends the reader's own time, milliseconds since 1970; `value` is what it is compared with).
    pub kind: String,
    /// Value shown.
    #[serde(default)]
    pub value: String,
    /// Choices of `select` and `radio`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What to write, in plain words.
    #[serde(default)]
    pub help: Text,
    /// What is wrong with it.
    #[serde(default)]
    pub error: Option<Text>,
    /// Whether it may not be empty.
    #[serde(default)]
    pub required: bool,
    /// `file`: endings accepted, `.mrc,.xml`; more than one file allowed.
    #[serde(default)]
    pub accept: String,
    /// `file`: more than one.
    #[serde(default)]
    pub multiple: bool,
    /// `file`: id of an `[[upload]]` of the manifest. The browser then sends each file
    /// by itself, resumably, before the form is sent; the request's `uploads` are the
    /// same as of a form without it. Without script the form carries the files.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub upload: String,
    /// `file`: whole folders may be chosen; names then hold the path, `Bài 5/slide.pptx`.
    #[serde(default)]
    pub folders: bool,
    /// Heading above this field, beginning a group.
    #[serde(default)]
    pub group: Text,
    /// The browser's autocomplete word (`username`, `current-password`, `off`).
    #[serde(default)]
    pub autocomplete: String,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Value that is sent.
    pub value: String,
    /// Words.
    pub label: Text,
}

/// A button or link.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Action {
    /// Words.
    pub label: Text,
    /// Where it leads; for POST, a form with one button.
    pub href: String,
    /// Whether it changes something (POST).
    #[serde(default)]
    pub post: bool,
    /// How it is meant.
    #[serde(default)]
    pub tone: Tone,
    /// What must be confirmed.
    #[serde(default)]
    pub confirm: Option<Text>,
    /// Hidden values sent with a POST.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, String)>,
    /// `print`: prints the page instead of leading anywhere.
    #[serde(default)]
    pub print: bool,
}

/// A tab.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tab {
    /// Words.
    pub label: Text,
    /// Where it leads.
    pub href: String,
    /// Whether it is this view.
    #[serde(default)]
    pub current: bool,
}

/// Earlier and later pages.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pager {
    /// Link to the page before.
    #[serde(default)]
    pub previous: Option<String>,
    /// Link to the page after.
    #[serde(default)]
    pub next: Option<String>,
    /// "11-20 of 340".
    pub position: Text,
}

/// Progress of a job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The job's id: the host answers its state under `/jobs/ID`.
    pub job: String,
    /// Done so far.
    pub done: u64,
    /// In all; 0: not known yet.
    pub total: u64,
    /// What it does now.
    pub message: Text,
    /// Whether it still runs.
    pub running: bool,
    /// Page to go to when it is done (reloads this page when none).
    #[serde(default)]
    pub then: Option<String>,
}

/// A figure to see at a glance.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figure {
    /// The number, as written.
    pub value: String,
    /// What it counts.
    pub label: Text,
    /// Where it leads.
    #[serde(default)]
    pub href: Option<String>,
}

/// A file of the plugin's, shown or played in the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Viewer {
    /// `pdf`, `epub`, `video`, `audio`, `picture`, `package`.
    pub kind: String,
    /// What it is, for those who cannot see it.
    pub title: Text,
    /// The file's id among the plugin's blobs. Of `package` and `epub` the flat form
    /// (module `flat`) that an extractor made of it.
    pub blob: String,
    /// `package`: its format, as in `extract::Package`; else empty.
    #[serde(default)]
    pub format: String,
    /// `package`: path of the page to open first; `pdf`: the page's number; may be empty.
    #[serde(default)]
    pub entry: String,
    /// The file as it was uploaded, for those who want it whole, where `blob` is something
    /// made of it (`package`, `epub`): its id among the plugin's blobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// A picture shown before a film is played.
    #[serde(default)]
    pub poster: Option<String>,
    /// Subtitles (WebVTT).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// POST route that keeps what the reader's run has come to: the field `state` is
    /// the JSON that `state` gives back next time. None: nothing is kept.
    #[serde(default)]
    pub progress: Option<String>,
    /// What was kept (SCORM's data model, a place in a film), as JSON; empty: nothing.
    #[serde(default)]
    pub state: String,
}

/// Subtitles of a film.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Track {
    /// Words in the player's menu.
    pub label: Text,
    /// BCP 47.
    pub language: String,
    /// The file's id among the plugin's blobs.
    pub blob: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_unknown_widget_does_not_break_the_page() {
        let page: Page = serde_json::from_str(
            r#"{"title":"x","widgets":[{"widget":"hologram","depth":3},{"widget":"code","text":"a"}]}"#,
        )
        .unwrap();
        assert_eq!(page.widgets, [Widget::Unknown, Widget::Code { text: "a".into() }]);
        assert_eq!(page.version, 1);
    }
}

//! The widgets that are neither cards nor forms.

use maud::{Markup, html};
use tram_contract::Text;
use tram_contract::page::{
    Action, Cell, DetailRow, FacetChoice, FacetGroup, Figure, Link, Pager, Progress, SearchBox, Tab, Table, Tone,
    Widget,
};

use super::{Renderer, cover, tone_class, tone_sign};
use crate::messages::say_with;

/// Choices of a facet that are seen before "more".
const FACETS_SHOWN: usize = 8;
/// From so many columns on a table stacks on a phone.
const STACKS: usize = 5;

impl Renderer<'_> {
    pub(super) fn widgets(&self, widgets: &[Widget]) -> Markup {
        html! { @for widget in widgets { (self.widget(widget)) } }
    }

    fn widget(&self, widget: &Widget) -> Markup {
        match widget {
            Widget::Heading { level, text } => self.heading(*level, text),
            Widget::Paragraph { text, quiet } => html! { p.text.quiet[*quiet] { (self.text(text)) } },
            Widget::Notice { tone, text, links } => self.notice(*tone, text, links),
            Widget::SearchBox(search) => self.search_box(search),
            Widget::Cards(cards) => self.cards(cards),
            Widget::Facets { groups } => html! { @for group in groups { (self.facet_group(group)) } },
            Widget::Details { rows } => self.details(rows),
            Widget::Table(table) => self.table(table),
            Widget::Form(form) => self.form(form),
            Widget::Actions { actions } => {
                html! { div.actions { @for action in actions { (self.action(action)) } } }
            }
            Widget::Code { text } => html! { pre.code tabindex="0" { (text) } },
            Widget::Tabs { tabs } => self.tabs(tabs),
            Widget::Pager(pager) => self.pager(pager),
            Widget::Progress(progress) => self.progress(progress),
            Widget::Empty { text, links } => html! { div.empty { p { (self.text(text)) } (self.links(links)) } },
            Widget::Cover { blob, title, author } => {
                html! { div.cover.large { (self.cover(blob.as_deref(), title, author)) } }
            }
            Widget::Steps { steps } => html! { ol.steps { @for step in steps { li { (self.text(step)) } } } },
            Widget::Figures { figures } => self.figures(figures),
            Widget::Disclosure { summary, open, widgets } => html! {
                details.disclosure open[*open] { summary { (self.text(summary)) } div { (self.widgets(widgets)) } }
            },
            Widget::Viewer(viewer) => self.viewer(viewer),
            Widget::Unknown => html! {},
        }
    }

    fn heading(&self, level: u8, text: &Text) -> Markup {
        let text = self.text(text);
        self.level.set(level.clamp(2, 3));
        html! { @if level <= 2 { h2 { (text) } } @else { h3 { (text) } } }
    }

    pub(super) fn notice(&self, tone: Tone, text: &Text, links: &[Link]) -> Markup {
        let role = if matches!(tone, Tone::Bad | Tone::Warning) { "alert" } else { "status" };
        html! {
            div.notice.(tone_class(tone)) role=(role) {
                span.sign aria-hidden="true" { (tone_sign(tone)) }
                div { p.text { (self.text(text)) } (self.links(links)) }
            }
        }
    }

    fn search_box(&self, search: &SearchBox) -> Markup {
        let Some(action) = self.link(&search.action) else { return html! {} };
        let id = self.id();
        let label = self.text(&search.label);
        html! {
            form.search role="search" action=(action) method="get" {
                label.hidden for=(id) { (label) }
                div.box {
                    input #(id) type="search" name=(search.name) value=(search.value) placeholder=(label) maxlength="200"
                        autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="search"
                        data-suggest=[search.suggest.as_deref().and_then(|href| self.link(href))]
                        data-suggest-label=(self.say("search.suggestions"));
                    button.primary type="submit" { (self.say("search.button")) }
                }
                @for (name, value) in &search.keep { input type="hidden" name=(name) value=(value); }
            }
        }
    }

    fn facet_group(&self, group: &FacetGroup) -> Markup {
        let (shown, more) = group.choices.split_at(group.choices.len().min(FACETS_SHOWN));
        html! {
            section.facet {
                h2 { (self.text(&group.label)) }
                ul { @for choice in shown { (self.facet_choice(choice)) } }
                @if !more.is_empty() {
                    details open[more.iter().any(|choice| choice.chosen)] {
                        summary { (say_with(self.frame.language, "facets.more", &[("count", &more.len().to_string())])) }
                        ul { @for choice in more { (self.facet_choice(choice)) } }
                    }
                }
            }
        }
    }

    fn facet_choice(&self, choice: &FacetChoice) -> Markup {
        let label = self.text(&choice.label);
        let Some(href) = self.link(&choice.href) else { return html! {} };
        html! {
            li {
                a.chosen[choice.chosen] href=(href) aria-current=[choice.chosen.then_some("true")] {
                    span { (label) }
                    @if choice.chosen { span.hidden { (self.say("facets.remove")) } span.cross aria-hidden="true" { "✕" } }
                    @else { span.count { (choice.count) } }
                }
            }
        }
    }

    fn details(&self, rows: &[DetailRow]) -> Markup {
        html! {
            dl.details {
                @for row in rows {
                    div {
                        dt { (self.text(&row.label)) }
                        @for value in &row.values {
                            dd {
                                @match &value.href {
                                    Some(href) => { (self.anchor(self.text(&value.text), href)) }
                                    None => { (self.text(&value.text)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn table(&self, table: &Table) -> Markup {
        let id = self.id();
        // On a phone each row of a table with many columns stands as a block, each value
        // below its head. A browser that lays cells out otherwise forgets what they are,
        // so such a table says it.
        let stacks = table.columns.len() >= STACKS;
        let when = |word: &'static str| stacks.then_some(word);
        html! {
            // A wide table scrolls by itself, also by keyboard; the page never does.
            div.scroll role="region" aria-labelledby=(id) tabindex="0" {
                table class=[when("stacks")] role=[when("table")] {
                    caption #(id) { (self.text(&table.caption)) }
                    thead role=[when("rowgroup")] {
                        tr role=[when("row")] { @for column in &table.columns { th.number[column.numeric] scope="col" role=[when("columnheader")] { (self.text(&column.label)) } } }
                    }
                    tbody role=[when("rowgroup")] {
                        @for row in &table.rows {
                            tr role=[when("row")] {
                                @for (at, cell) in row.iter().enumerate() {
                                    @let column = table.columns.get(at);
                                    td.number[column.is_some_and(|column| column.numeric)] role=[when("cell")]
                                        data-label=[column.filter(|_| stacks).map(|column| self.text(&column.label))] { (self.cell(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn cell(&self, cell: &Cell) -> Markup {
        let text = self.text(&cell.text);
        let inner = match &cell.href {
            Some(href) => self.anchor(text, href),
            None => html! { (text) },
        };
        html! {
            @match cell.tone {
                Some(tone) => { span.badge.(tone_class(tone)) { (inner) } }
                None => { (inner) }
            }
        }
    }

    pub(super) fn action(&self, action: &Action) -> Markup {
        let label = self.text(&action.label);
        let class = tone_class(action.tone);
        if action.print {
            // Only a script can print, so only a script shows the button.
            return html! { button.button.(class) type="button" data-print hidden { (label) } };
        }
        let Some(href) = self.link(&action.href) else { return html! {} };
        if !action.post {
            return html! { a.button.(class) href=(href) { (label) } };
        }
        html! {
            form.single action=(href) method="post" {
                (self.token(&href))
                @for (name, value) in &action.values { input type="hidden" name=(name) value=(value); }
                (self.submit(label, action.tone, action.confirm.as_ref()))
            }
        }
    }

    /// The button of a form. What must be confirmed opens the question and the real
    /// button: two steps that need no script and lose no input.
    pub(super) fn submit(&self, label: &str, tone: Tone, confirm: Option<&Text>) -> Markup {
        let class = tone_class(tone);
        html! {
            @match confirm {
                None => { button.button.(class) type="submit" { (label) } }
                Some(question) => {
                    details.confirm data-confirm {
                        summary.button.(class) { (label) }
                        div role="group" aria-label=(self.text(question)) {
                            p { (self.text(question)) }
                            button.button.(class) type="submit" { (self.say("confirm.yes")) ": " (label) }
                            button.button type="button" data-cancel hidden { (self.say("confirm.no")) }
                        }
                    }
                }
            }
        }
    }

    fn tabs(&self, tabs: &[Tab]) -> Markup {
        html! {
            nav.tabs aria-label=(self.say("shell.tabs")) {
                ul {
                    @for tab in tabs {
                        @if let Some(href) = self.link(&tab.href) {
                            li { a href=(href) aria-current=[tab.current.then_some("page")] { (self.text(&tab.label)) } }
                        }
                    }
                }
            }
        }
    }

    fn pager(&self, pager: &Pager) -> Markup {
        html! {
            nav.pager aria-label=(self.say("pager.label")) {
                @if let Some(href) = pager.previous.as_deref().and_then(|href| self.link(href)) {
                    a.button rel="prev" href=(href) { span aria-hidden="true" { "← " } (self.say("pager.previous")) }
                }
                span.position { (self.text(&pager.position)) }
                @if let Some(href) = pager.next.as_deref().and_then(|href| self.link(href)) {
                    a.button rel="next" href=(href) { (self.say("pager.next")) span aria-hidden="true" { " →" } }
                }
            }
        }
    }

    fn progress(&self, progress: &Progress) -> Markup {
        let id = self.id();
        let known = progress.total > 0;
        html! {
            div.progress data-job=[progress.running.then_some(&progress.job)]
                data-then=[progress.then.as_deref().and_then(|href| self.link(href))] {
                p #(id) aria-live="polite" {
                    span data-message { (self.text(&progress.message)) }
                    @if known { " " span.quiet data-count { (progress.done) " / " (progress.total) } }
                }
                progress aria-labelledby=(id) max=[known.then_some(progress.total)] value=[known.then_some(progress.done)] {}
            }
        }
    }

    fn figures(&self, figures: &[Figure]) -> Markup {
        html! {
            ul.figures {
                @for figure in figures {
                    li {
                        span.value { (figure.value) }
                        @match &figure.href {
                            Some(href) => { (self.anchor(self.text(&figure.label), href)) }
                            None => { span { (self.text(&figure.label)) } }
                        }
                    }
                }
            }
        }
    }

    pub(super) fn cover(&self, blob: Option<&str>, title: &str, author: &str) -> Markup {
        let blob = blob.filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()));
        html! {
            @match blob {
                Some(id) => { img src={ (self.frame.base) "/blob/" (id) } alt="" width="120" height="180" loading="lazy" decoding="async"; }
                None => { (cover::draw(title, author)) }
            }
        }
    }
}

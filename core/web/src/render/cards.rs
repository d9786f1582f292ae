//! Lists of cards: hits, slots of the start page, what waits.

use maud::{Markup, PreEscaped, html};
use tram_contract::page::{Badge, Card, Cards, Marked};

use super::{Renderer, tone_class};

impl Renderer<'_> {
    pub(super) fn cards(&self, cards: &Cards) -> Markup {
        let label = self.text(&cards.label);
        let label = (!label.is_empty()).then_some(label);
        let items = html! { @for card in &cards.cards { li { (self.card(card)) } } };
        html! {
            @if cards.first > 0 { ol.cards start=(cards.first) aria-label=[label] { (items) } }
            @else { ul.cards role="list" aria-label=[label] { (items) } }
        }
    }

    fn card(&self, card: &Card) -> Markup {
        let title = self.anchor(self.text(&card.title), &card.href);
        let subtitle = self.text(&card.subtitle);
        html! {
            article.card {
                @if let Some(cover) = &card.cover {
                    div.cover { (self.cover(cover.blob.as_deref(), &cover.title, &cover.author)) }
                }
                div.words {
                    @match self.level.get() {
                        1 => { h2 { (title) } }
                        2 => { h3 { (title) } }
                        _ => { h4 { (title) } }
                    }
                    @if !subtitle.is_empty() { p.subtitle { (subtitle) } }
                    @if !card.facts.is_empty() {
                        ul.facts { @for fact in &card.facts { li { (self.text(fact)) } } }
                    }
                    @if let Some(snippet) = &card.snippet { p.snippet { (marked(snippet)) } }
                    @if !card.badges.is_empty() {
                        p.badges { @for badge in &card.badges { (self.badge(badge)) " " } }
                    }
                }
                @if let Some(count) = card.count { p.tally { (count) } }
            }
        }
    }

    fn badge(&self, badge: &Badge) -> Markup {
        html! { span.badge.(tone_class(badge.tone)) { (self.text(&badge.text)) } }
    }
}

/// A passage with its marks. Ranges that are not what the contract says are left
/// out: the passage stays readable whatever a plugin sends.
fn marked(snippet: &Marked) -> Markup {
    let text = snippet.text.as_str();
    let mut out = Markup::default().into_string();
    let mut at = 0;
    for &(from, to) in &snippet.marks {
        let (Some(before), Some(mark)) = (text.get(at..from), text.get(from..to)) else { continue };
        out.push_str(&html! { (before) mark { (mark) } }.into_string());
        at = to;
    }
    out.push_str(&html! { (text.get(at..).unwrap_or_default()) }.into_string());
    PreEscaped(out)
}

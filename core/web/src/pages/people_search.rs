//! Searching a person on the page of people.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Badge, Card, Cards, Link, Page, Pager, SearchBox, Tone, Widget};
use tram_people::directory::Person;
use tram_people::find::{Found, Hit};

use super::people;
use crate::messages;
use crate::query;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Persons on a page.
const SHOWN: usize = 50;

/// What is searched for; none when nothing is.
pub(super) fn asked(visit: &Visit) -> Option<String> {
    visit.asked("q").map(str::trim).filter(|typed| !typed.is_empty()).map(str::to_owned)
}

/// The box to type into.
pub(super) fn search_box(typed: &str) -> Widget {
    Widget::SearchBox(SearchBox {
        action: "/people".into(),
        name: "q".into(),
        value: typed.to_owned(),
        label: messages::text("find-person.label"),
        ..SearchBox::default()
    })
}

/// `/people?q=WORDS&page=N`: whom the reader's permission reaches, the best first. What
/// is shown here is not sensitive, so no reading is noted.
pub(super) fn page(site: &Site, visit: &mut Visit, typed: &str) -> Response<Body> {
    let number = visit.asked("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1).clamp(1, 10_000);
    let skip = (number - 1) * SHOWN;
    let found = match site.people.find_persons(&visit.principal, typed, skip, SHOWN) {
        Ok(found) => found,
        Err(error) => return people::failed(site, visit, &error),
    };
    let mut widgets = vec![search_box(typed)];
    widgets.extend(results(&found, typed, number));
    let mut page = Page::new(messages::text("find-person.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

fn results(found: &Found, typed: &str, number: usize) -> Vec<Widget> {
    if found.total == 0 {
        return vec![Widget::Empty {
            text: messages::text_with("find-person.none", &[("query", typed)]),
            links: vec![Link::new(messages::text("find-person.back"), "/people")],
        }];
    }
    let total = found.total.to_string();
    let count = messages::text_with("find-person.count", &[("count", &total), ("query", typed)]);
    let first = (number - 1) * SHOWN + 1;
    let last = (first + found.hits.len()).saturating_sub(1);
    let mut widgets = vec![Widget::Paragraph { text: count.clone(), quiet: true }];
    let cards = found.hits.iter().map(card).collect();
    widgets.push(Widget::Cards(Cards { label: count, cards, first: first as u64 }));
    if found.total > SHOWN {
        let leads = |page: usize| format!("/people?q={}&page={page}", query::encode(typed));
        let (first, last) = (first.to_string(), last.to_string());
        widgets.push(Widget::Pager(Pager {
            previous: (number > 1).then(|| leads(number - 1)),
            next: (found.total > number * SHOWN).then(|| leads(number + 1)),
            position: messages::text_with(
                "find-person.position",
                &[("first", &first), ("last", &last), ("count", &total)],
            ),
        }));
    }
    widgets
}

fn card(hit: &Hit) -> Card {
    let fact = |key: &'static str, value: &str| {
        Some(messages::text_with(key, &[("value", value)])).filter(|_| !value.is_empty())
    };
    let facts = [fact("find-person.code", &hit.person.code), fact("find-person.username", &hit.username)];
    let left = Badge { text: messages::text("person.left"), tone: Tone::Warning };
    Card {
        href: format!("/people/person/{}", hit.person.id),
        title: hit.person.name.clone().into(),
        subtitle: who(&hit.person, &hit.classes),
        facts: facts.into_iter().flatten().collect(),
        badges: Some(left).filter(|_| hit.person.left).into_iter().collect(),
        ..Card::default()
    }
}

/// What tells namesakes apart: "Học sinh 7A1", or what somebody does at the school.
fn who(person: &Person, classes: &[String]) -> Text {
    let mut parts = Vec::new();
    for kind in &person.kinds {
        parts.push(match kind.as_str() {
            "pupil" if !classes.is_empty() => {
                messages::text_with("find-person.pupil", &[("class", &classes.join(", "))])
            }
            "pupil" => messages::text("person.pupil"),
            "staff" if !person.title.is_empty() => person.title.clone().into(),
            "staff" => messages::text("person.staff"),
            "guardian" => messages::text("person.guardian"),
            _ => continue,
        });
    }
    let join = |language: &str| parts.iter().map(|part| part.get(language)).collect::<Vec<_>>().join(" · ");
    Text::vi_en(join("vi"), join("en"))
}

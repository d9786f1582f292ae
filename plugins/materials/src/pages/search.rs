//! The search page: the box, the hits, and what narrows them.

use std::collections::BTreeMap;

use tram_contract::Text;
use tram_contract::page::{
    Action, Card, Cards, FacetChoice, FacetGroup, Figure, Link, Marked, Page, Pager, SearchBox, Tab, Tone, Widget,
};
use tram_contract::search::{Query, SearchReply, SearchRequest, Sort};
use tram_sdk::{Request, Response, Result, search, store};

use super::{Say, card, dress, encoded, said, say};
use crate::access::Who;
use crate::entries;
use crate::messages::{self as m, Message};
use crate::model::ITEMS;

const PER_PAGE: u64 = 10;
/// The search service pages to here.
const MAX_REACH: u64 = 10_000;
/// Facets, in the order they are shown.
const FACETS: [(&str, &Message); 7] = [
    ("subject", &m::SUBJECT),
    ("grade", &m::GRADES),
    ("kind", &m::KIND),
    ("series", &m::SERIES),
    ("group", &m::GROUP),
    ("language", &m::LANGUAGE),
    ("licence", &m::LICENCE),
];
/// Orders: parameter and words.
const SORTS: [(&str, &Message); 3] = [("", &m::SORT_RELEVANCE), ("new", &m::SORT_NEW), ("title", &m::SORT_TITLE)];

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) typed: String,
    pub(crate) filters: BTreeMap<String, Vec<String>>,
    pub(crate) sort: String,
    pub(crate) page: u64,
}

impl Wanted {
    pub(crate) fn of(request: &Request) -> Self {
        let filled = |name: &str| request.query(name).map(str::trim).filter(|value| !value.is_empty());
        let mut wanted = Self {
            typed: filled("q").unwrap_or_default().chars().take(300).collect(),
            page: filled("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, MAX_REACH / PER_PAGE),
            sort: filled("sort").filter(|sort| SORTS.iter().any(|(id, _)| id == sort)).unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for (field, _) in FACETS {
            let values: Vec<String> = request
                .query_all(field)
                .filter(|value| !value.is_empty())
                .take(20)
                .map(|value| value.chars().take(300).collect())
                .collect();
            if !values.is_empty() {
                wanted.filters.insert(field.to_owned(), values);
            }
        }
        wanted
    }

    fn is_empty(&self) -> bool {
        self.typed.is_empty() && self.filters.is_empty() && self.sort.is_empty()
    }

    /// The link to this search with one thing changed.
    fn link(&self, change: impl FnOnce(&mut Vec<(String, String)>)) -> String {
        let mut parameters = Vec::new();
        if !self.typed.is_empty() {
            parameters.push(("q".to_owned(), self.typed.clone()));
        }
        for (field, values) in &self.filters {
            parameters.extend(values.iter().map(|value| (field.clone(), value.clone())));
        }
        if !self.sort.is_empty() {
            parameters.push(("sort".into(), self.sort.clone()));
        }
        change(&mut parameters);
        let parts: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        format!("?{}", parts.join("&"))
    }

    pub(crate) fn request(&self, limit: u64) -> SearchRequest {
        SearchRequest {
            filters: self.filters.clone(),
            sort: match self.sort.as_str() {
                "title" => Sort::Field { name: "title-order".into(), descending: false },
                "new" => Sort::Field { name: "since".into(), descending: true },
                _ => Sort::Relevance,
            },
            offset: usize::try_from((self.page - 1) * limit).unwrap_or(0),
            facets: FACETS.iter().map(|(field, _)| ((*field).to_owned(), 12)).collect(),
            snippets: !self.typed.is_empty(),
            spelling: true,
            relax: self.filters.is_empty(),
            ..SearchRequest::new(search::all_of(search::typed(&self.typed)), usize::try_from(limit).unwrap_or(0))
        }
    }
}

/// The page.
///
/// # Errors
/// As the search service and the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let wanted = Wanted::of(request);
    let mut page = Page::new(say.t(&m::MATERIALS), said(request).into_iter().collect());
    page.bare = true;
    page.widgets.push(search_box(&say, &wanted));
    if wanted.is_empty() {
        welcome(&say, who, &mut page)?;
        return Ok(Response::page(&page));
    }
    let reply = search::search(&wanted.request(PER_PAGE))?;
    page.title = if wanted.typed.is_empty() { say.t(&m::RESULTS) } else { say.with(&m::RESULTS_FOR, &[&wanted.typed]) };
    hits(&say, who, &wanted, &reply, &mut page)?;
    Ok(Response::page(&page))
}

fn search_box(say: &Say<'_>, wanted: &Wanted) -> Widget {
    let mut keep: Vec<(String, String)> = Vec::new();
    for (field, values) in &wanted.filters {
        keep.extend(values.iter().map(|value| (field.clone(), value.clone())));
    }
    if !wanted.sort.is_empty() {
        keep.push(("sort".into(), wanted.sort.clone()));
    }
    Widget::SearchBox(SearchBox {
        action: ".".into(),
        name: "q".into(),
        value: wanted.typed.clone(),
        label: say.t(&m::SEARCH_LABEL),
        suggest: Some("suggest".into()),
        keep,
    })
}

/// What stands there before anything is asked.
fn welcome(say: &Say<'_>, who: &Who, page: &mut Page) -> Result<()> {
    let action =
        |message: &Message, href: &str| Action { label: say.t(message), href: href.into(), ..Action::default() };
    let mut actions = Vec::new();
    if who.makes {
        actions.push(Action { tone: Tone::Primary, ..action(&m::NEW_ITEM, "new") });
    }
    actions.extend([
        action(&m::BY_CURRICULUM, "curriculum"),
        action(&m::COLLECTIONS, "collections"),
        action(&m::SORT_NEW, "?sort=new"),
    ]);
    page.widgets.push(Widget::Actions { actions });
    let mut everything = SearchRequest::new(Query::Everything, 6);
    everything.sort = Sort::Field { name: "since".into(), descending: true };
    everything.facets = BTreeMap::from([("subject".to_owned(), 30), ("kind".to_owned(), 20)]);
    everything.filters = BTreeMap::from([("stage".to_owned(), vec!["published".to_owned()])]);
    let reply = search::search(&everything)?;
    if reply.total == 0 {
        let links = if who.makes { vec![say.link(&m::NEW_ITEM, "new")] } else { Vec::new() };
        page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_YET), links });
        return Ok(());
    }
    let mut figures =
        vec![Figure { value: m::figure(reply.total, say.0), label: say.t(&m::PUBLISHED_ITEMS), href: None }];
    for count in reply.facets.get("kind").into_iter().flatten().take(3) {
        figures.push(Figure {
            value: m::figure(count.count, say.0),
            label: Text::from(entries::facet("kind", &count.value, say.0)),
            href: Some(format!("?kind={}", encoded(&count.value))),
        });
    }
    page.widgets.push(Widget::Figures { figures });
    page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::NEW_MATERIALS) });
    let cards = cards(say, who, &reply, "")?;
    page.widgets.push(Widget::Cards(Cards { label: say.t(&m::NEW_MATERIALS), cards, first: 0 }));
    page.aside.push(Widget::Facets { groups: facets(say, &Wanted::default(), &reply, &["subject", "kind"]) });
    Ok(())
}

fn hits(say: &Say<'_>, who: &Who, wanted: &Wanted, reply: &SearchReply, page: &mut Page) -> Result<()> {
    if reply.lagging {
        page.widgets.push(Widget::Notice { tone: Tone::Neutral, text: say.t(&m::LAGGING), links: Vec::new() });
    }
    if let Some(spelling) = &reply.spelling {
        let href = wanted.link(|parameters| {
            for (_, value) in parameters.iter_mut().filter(|(name, _)| name == "q") {
                value.clone_from(spelling);
            }
        });
        let links = vec![Link::new(Text::from(spelling.as_str()), href)];
        page.widgets.push(Widget::Notice { tone: Tone::Neutral, text: say.t(&m::DID_YOU_MEAN), links });
    }
    if reply.total == 0 {
        nothing(say, who, wanted, page);
        return Ok(());
    }
    if reply.relaxed {
        page.widgets.push(Widget::Notice { tone: Tone::Warning, text: say.t(&m::RELAXED), links: Vec::new() });
    }
    let total = m::figure(reply.total, say.0);
    let count = say.with(if reply.exact { &m::HITS } else { &m::HITS_MORE }, &[&total]);
    page.widgets.push(Widget::Paragraph { text: count, quiet: true });
    let tabs = SORTS.iter().map(|(id, message)| Tab {
        label: say.t(message),
        href: wanted.link(|parameters| {
            parameters.retain(|(name, _)| name != "sort");
            if !id.is_empty() {
                parameters.push(("sort".into(), (*id).into()));
            }
        }),
        current: wanted.sort == *id,
    });
    page.widgets.push(Widget::Tabs { tabs: tabs.collect() });
    let first = (wanted.page - 1) * PER_PAGE + 1;
    let cards = cards(say, who, reply, &wanted.typed)?;
    let last = first + reply.hits.len() as u64 - u64::from(!reply.hits.is_empty());
    page.widgets.push(Widget::Cards(Cards { label: say.t(&m::RESULTS), cards, first }));
    let to = |number: u64| wanted.link(|parameters| parameters.push(("page".into(), number.to_string())));
    let more = last < reply.total.min(MAX_REACH);
    if wanted.page > 1 || more {
        page.widgets.push(Widget::Pager(Pager {
            previous: (wanted.page > 1).then(|| to(wanted.page - 1)),
            next: more.then(|| to(wanted.page + 1)),
            position: say.with(&m::POSITION, &[&m::figure(first, say.0), &m::figure(last, say.0), &total]),
        }));
    }
    let all: Vec<&str> = FACETS.iter().map(|(field, _)| *field).collect();
    page.aside.push(Widget::Facets { groups: facets(say, wanted, reply, &all) });
    Ok(())
}

fn nothing(say: &Say<'_>, who: &Who, wanted: &Wanted, page: &mut Page) {
    let mut links = Vec::new();
    if !wanted.filters.is_empty() {
        let href = wanted.link(|parameters| parameters.retain(|(name, _)| name == "q" || name == "sort"));
        links.push(say.link(&m::WITHOUT_FILTERS, href));
    }
    links.push(say.link(&m::BY_CURRICULUM, "curriculum"));
    links.push(say.link(&m::SORT_NEW, "?sort=new"));
    if who.makes {
        links.push(say.link(&m::NEW_ITEM, "new"));
    }
    page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_FOUND), links });
    page.widgets.push(Widget::Steps { steps: vec![say.t(&m::TIP_FEWER), say.t(&m::TIP_MARKS), say.t(&m::TIP_ASK)] });
}

fn facets(say: &Say<'_>, wanted: &Wanted, reply: &SearchReply, fields: &[&str]) -> Vec<FacetGroup> {
    let mut groups = Vec::new();
    for (field, label) in FACETS.iter().filter(|(field, _)| fields.contains(field)) {
        let chosen = wanted.filters.get(*field).map(Vec::as_slice).unwrap_or_default();
        let mut counts: Vec<(&str, u64)> =
            reply.facets.get(*field).into_iter().flatten().map(|count| (count.value.as_str(), count.count)).collect();
        if *field == "grade" {
            counts.sort_unstable();
        }
        let missing: Vec<(&str, u64)> = chosen
            .iter()
            .map(|value| (value.as_str(), 0))
            .filter(|(value, _)| !counts.iter().any(|(known, _)| known == value))
            .collect();
        counts.extend(missing);
        let choices: Vec<FacetChoice> = counts
            .into_iter()
            .map(|(value, count)| {
                let is_chosen = chosen.iter().any(|known| known == value);
                let href = wanted.link(|parameters| {
                    if is_chosen {
                        parameters.retain(|(name, known)| name != field || known != value);
                    } else {
                        parameters.push(((*field).to_owned(), value.to_owned()));
                    }
                });
                FacetChoice { label: Text::from(entries::facet(field, value, say.0)), count, href, chosen: is_chosen }
            })
            .collect();
        if !choices.is_empty() {
            groups.push(FacetGroup { label: say.t(label), choices });
        }
    }
    groups
}

/// The hits as cards; a passage inside a file leads to its page.
///
/// # Errors
/// As the store.
pub(crate) fn cards(say: &Say<'_>, who: &Who, reply: &SearchReply, typed: &str) -> Result<Vec<Card>> {
    let keys: Vec<Vec<u8>> = reply.hits.iter().filter_map(|hit| store::from_hex(&hit.key)).collect();
    let (mut out, mut editions) = (Vec::new(), Vec::new());
    let entries = ITEMS.get_many(&keys)?;
    for (hit, entry) in reply.hits.iter().zip(&entries) {
        // The index follows a moment later: what may no longer be seen is left out here.
        let Some(entry) = entry.as_ref().filter(|entry| who.sees(&entry.value)) else { continue };
        let Some(edition) = entry.value.shown().or(entry.value.newest()) else { continue };
        let mut found = card(say, entry, edition, entry.value.shown().is_none());
        let inside = hit.snippets.iter().find(|snippet| snippet.field == "inside");
        let passage = inside.or_else(|| hit.snippets.iter().find(|snippet| snippet.field == "description"));
        if let Some(passage) = passage.filter(|_| !typed.is_empty()) {
            found.snippet = Some(Marked { text: passage.text.clone(), marks: passage.marks.clone() });
            if passage.field == "inside"
                && let Some((file, number)) = entries::leaf(&entry.key, passage.place)?
            {
                found.href = format!("items/{}?file={file}&page={number}", entry.id());
                let name =
                    edition.files.iter().find(|known| known.number == file).map_or("", |file| file.name.as_str());
                let name = crate::files::bare(name);
                found.facts.push(say.with(&m::FOUND_ON_PAGE, &[name, &number.to_string()]));
            }
        }
        out.push(found);
        editions.push(edition);
    }
    dress(&mut out, editions.into_iter())?;
    Ok(out)
}

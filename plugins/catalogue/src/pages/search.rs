//! The search page: the box, the hits, and what narrows them.

use std::collections::BTreeMap;

use tram_contract::Text;
use tram_contract::page::{
    Action, Badge, Card, Cards, Cover, FacetChoice, FacetGroup, Figure, Link, Marked, Page, Pager, SearchBox, Tone,
    Widget,
};
use tram_contract::search::{Match, Query, SearchReply, SearchRequest, Sort};
use tram_sdk::{Request, Response, Result, search, store};

use super::{Say, encoded, say};
use crate::compact::Compact;
use crate::covers;
use crate::messages::{self as m, Message};
use crate::shelf::{self, Loaded};
use crate::{bib, words};

const PER_PAGE: u64 = 10;
/// The search service pages to here.
const MAX_REACH: u64 = 10_000;
/// Facets, in the order they are shown: field, heading, parameter.
const FACETS: [(&str, &Message); 5] = [
    ("kind", &m::KIND),
    ("class", &m::CLASS),
    ("author-facet", &m::AUTHOR),
    ("subject-facet", &m::SUBJECT),
    ("language", &m::LANGUAGE),
];
/// Fields of the advanced search: parameter and fields of the index.
pub(super) const FIELDS: [(&str, &[&str]); 5] = [
    ("title", &["title", "title-other"]),
    ("author", &["author"]),
    ("subject", &["subject"]),
    ("publisher", &["publisher"]),
    ("series", &["series"]),
];

/// What was asked for.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    /// Parameters that make the query, in order.
    parameters: Vec<(String, String)>,
    filters: BTreeMap<String, Vec<String>>,
    sort: String,
    page: u64,
}

impl Wanted {
    fn of(request: &Request) -> Self {
        let filled = |name: &str| request.query(name).map(str::trim).filter(|v| !v.is_empty());
        let mut wanted = Self {
            page: filled("page").and_then(|p| p.parse().ok()).unwrap_or(1).clamp(1, MAX_REACH / PER_PAGE),
            sort: filled("sort").filter(|s| SORTS.iter().any(|(id, _)| id == s)).unwrap_or_default().to_owned(),
            ..Self::default()
        };
        for name in ["q", "title", "author", "subject", "publisher", "series", "isbn", "from", "to"] {
            if let Some(value) = filled(name) {
                wanted.parameters.push((name.to_owned(), value.chars().take(300).collect()));
            }
        }
        for (field, _) in FACETS {
            let values: Vec<String> = request
                .query_all(field)
                .filter(|v| !v.is_empty())
                .take(20)
                .map(|v| v.chars().take(300).collect())
                .collect();
            if !values.is_empty() {
                wanted.filters.insert(field.to_owned(), values);
            }
        }
        wanted
    }

    fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.filters.is_empty() && self.sort.is_empty()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The query; an error message when a year is none.
    fn query(&self) -> Query {
        let mut parts: Vec<Query> = Vec::new();
        for (name, value) in &self.parameters {
            match name.as_str() {
                "q" => parts.extend(simple(value)),
                "isbn" => parts.push(Query::Term { field: "isbn".into(), value: crate::cql::isbn_term(value) }),
                "from" | "to" => {}
                name => {
                    let fields = FIELDS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f).unwrap_or_default();
                    parts.push(text(value, fields, Match::All));
                }
            }
        }
        let year = |name: &str| self.get(name).and_then(|v| v.parse::<i64>().ok());
        if let (from @ Some(_), to) | (from, to @ Some(_)) = (year("from"), year("to")) {
            parts.push(Query::Range { field: "year".into(), from, to });
        }
        search::all_of(parts)
    }

    /// The link to this search with one thing changed.
    fn link(&self, change: impl FnOnce(&mut Vec<(String, String)>)) -> String {
        let mut parameters = self.parameters.clone();
        for (field, values) in &self.filters {
            parameters.extend(values.iter().map(|v| (field.clone(), v.clone())));
        }
        if !self.sort.is_empty() {
            parameters.push(("sort".into(), self.sort.clone()));
        }
        change(&mut parameters);
        let parts: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
        format!("?{}", parts.join("&"))
    }
}

/// Orders: parameter and words.
const SORTS: [(&str, &Message); 5] = [
    ("", &m::SORT_RELEVANCE),
    ("title", &m::SORT_TITLE),
    ("author", &m::SORT_AUTHOR),
    ("year", &m::SORT_YEAR),
    ("new", &m::SORT_NEW),
];

fn order(sort: &str) -> Sort {
    let field = |name: &str, descending| Sort::Field { name: name.into(), descending };
    match sort {
        "title" => field("title-order", false),
        "author" => field("author-order", false),
        "year" => field("year", true),
        "new" => Sort::Newest,
        _ => Sort::Relevance,
    }
}

fn text(text: &str, fields: &[&str], r#match: Match) -> Query {
    Query::Text { text: text.to_owned(), fields: fields.iter().map(|f| (*f).to_owned()).collect(), r#match }
}

/// What one types into the box: words, and phrases in quotation marks. A number that is
/// an ISBN looks for that.
pub(crate) fn simple(typed: &str) -> Vec<Query> {
    if let Some(isbn) = bib::isbn13(typed)
        && typed.chars().filter(char::is_ascii_digit).count() >= 9
    {
        return vec![Query::Or(vec![Query::Term { field: "isbn".into(), value: isbn }, text(typed, &[], Match::All)])];
    }
    search::typed(typed)
}

/// The search page.
///
/// # Errors
/// As the search service and the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let wanted = Wanted::of(request);
    let mut page = Page::new(say.t(&m::CATALOGUE), Vec::new());
    page.bare = true;
    page.widgets.push(search_box(&say, &wanted));
    if wanted.is_empty() {
        welcome(request, &say, &mut page)?;
        return Ok(Response::page(&page));
    }
    let reply = shelf::search(&SearchRequest {
        filters: wanted.filters.clone(),
        sort: order(&wanted.sort),
        offset: usize::try_from((wanted.page - 1) * PER_PAGE).unwrap_or(0),
        facets: FACETS.iter().map(|(field, _)| ((*field).to_owned(), 8)).collect(),
        snippets: wanted.get("q").is_some(),
        spelling: true,
        relax: wanted.filters.is_empty(),
        ..SearchRequest::new(wanted.query(), PER_PAGE as usize)
    })?;
    page.title = match wanted.get("q") {
        Some(q) => say.with(&m::RESULTS_FOR, &[q]),
        None => say.t(&m::RESULTS),
    };
    numbered_copy(&say, &wanted, &mut page)?;
    hits(request, &say, &wanted, &reply, &mut page)?;
    Ok(Response::page(&page))
}

fn search_box(say: &Say<'_>, wanted: &Wanted) -> Widget {
    let mut keep: Vec<(String, String)> = Vec::new();
    for (field, values) in &wanted.filters {
        keep.extend(values.iter().map(|v| (field.clone(), v.clone())));
    }
    if !wanted.sort.is_empty() {
        keep.push(("sort".into(), wanted.sort.clone()));
    }
    Widget::SearchBox(SearchBox {
        action: ".".into(),
        name: "q".into(),
        value: wanted.get("q").unwrap_or_default().to_owned(),
        label: say.t(&m::SEARCH_LABEL),
        suggest: Some("suggest".into()),
        keep,
    })
}

/// What stands there before anything is asked.
fn welcome(request: &Request, say: &Say<'_>, page: &mut Page) -> Result<()> {
    let (titles, copies) = shelf::figures()?;
    page.widgets.push(Widget::Actions {
        actions: vec![
            Action { label: say.t(&m::ADVANCED), href: "advanced".into(), ..Action::default() },
            Action { label: say.t(&m::BROWSE_NEW), href: "?sort=new".into(), ..Action::default() },
            Action { label: say.t(&m::BROWSE_TITLES), href: "?sort=title".into(), ..Action::default() },
        ],
    });
    if titles == 0 {
        let links = if request.principal.may("catalogue.import") {
            vec![say.link(&m::IMPORT, "import"), say.link(&m::NEW_TITLE, "new")]
        } else {
            Vec::new()
        };
        page.widgets.push(Widget::Empty { text: say.t(&m::EMPTY_CATALOGUE), links });
        return Ok(());
    }
    let figure =
        |count: u64, label: &Message| Figure { value: m::figure(count, say.0), label: say.t(label), href: None };
    page.widgets.push(Widget::Figures { figures: vec![figure(titles, &m::TITLES), figure(copies, &m::COPIES)] });
    let newest = shelf::search(&SearchRequest { sort: Sort::Newest, ..SearchRequest::new(Query::Everything, 6) })?;
    let cards = cards(say, &newest)?;
    if !cards.is_empty() {
        page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::NEW_BOOKS) });
        page.widgets.push(Widget::Cards(Cards { label: say.t(&m::NEW_BOOKS), cards, first: 0 }));
    }
    Ok(())
}

/// The copy whose number was typed or scanned.
fn numbered_copy(say: &Say<'_>, wanted: &Wanted, page: &mut Page) -> Result<()> {
    let Some(q) = wanted.get("q").filter(|q| q.len() <= 40 && q.bytes().any(|b| b.is_ascii_digit())) else {
        return Ok(());
    };
    // A scanner types through the keyboard's input method, which changes what it types.
    let candidates = std::iter::once(q.to_owned()).chain(tram_vietnamese::unikey_undo(q));
    for candidate in candidates.take(4) {
        let Some((record, copy)) = shelf::copy_numbered(&candidate)? else {
            continue;
        };
        let Some(loaded) = shelf::load(&record)? else {
            continue;
        };
        let title = loaded.record().map(|r| bib::title_or(r, "…").into_owned()).unwrap_or_default();
        page.widgets.push(Widget::Notice {
            tone: Tone::Primary,
            text: say.with(&m::COPY_FOUND, &[&copy.value.accession, &title, &place_of(&copy.value, say)]),
            links: vec![Link::new(Text::from(title), format!("records/{}", loaded.id()))],
        });
        break;
    }
    Ok(())
}

fn place_of(copy: &shelf::Copy, say: &Say<'_>) -> String {
    let place =
        [copy.shelf.as_str(), copy.call.as_str()].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
    if place.is_empty() { m::NO_SHELF.get(say.0).to_owned() } else { place }
}

fn hits(request: &Request, say: &Say<'_>, wanted: &Wanted, reply: &SearchReply, page: &mut Page) -> Result<()> {
    if reply.lagging {
        page.widgets.push(Widget::Notice { tone: Tone::Neutral, text: say.t(&m::LAGGING), links: Vec::new() });
    }
    if let Some(spelling) = &reply.spelling {
        let href = wanted.link(|parameters| {
            for (_, value) in parameters.iter_mut().filter(|(name, _)| name == "q") {
                value.clone_from(spelling);
            }
        });
        page.widgets.push(Widget::Notice {
            tone: Tone::Neutral,
            text: say.t(&m::DID_YOU_MEAN),
            links: vec![Link::new(Text::from(spelling.as_str()), href)],
        });
    }
    if reply.total == 0 {
        nothing(request, say, wanted, page);
        return Ok(());
    }
    if reply.relaxed {
        page.widgets.push(Widget::Notice { tone: Tone::Warning, text: say.t(&m::RELAXED), links: Vec::new() });
    }
    let total = m::figure(reply.total, say.0);
    let count = if reply.exact { say.with(&m::HITS, &[&total]) } else { say.with(&m::HITS_MORE, &[&total]) };
    page.widgets.push(Widget::Paragraph { text: count, quiet: true });
    page.widgets.push(Widget::Tabs {
        tabs: SORTS
            .iter()
            .map(|(id, message)| tram_contract::page::Tab {
                label: say.t(message),
                href: wanted.link(|p| {
                    p.retain(|(name, _)| name != "sort");
                    if !id.is_empty() {
                        p.push(("sort".into(), (*id).into()));
                    }
                }),
                current: wanted.sort == *id,
            })
            .collect(),
    });
    let first = (wanted.page - 1) * PER_PAGE + 1;
    let cards = cards(say, reply)?;
    let last = first + cards.len() as u64 - u64::from(!cards.is_empty());
    page.widgets.push(Widget::Cards(Cards { label: say.t(&m::RESULTS), cards, first }));
    let to = |n: u64| wanted.link(|p| p.push(("page".into(), n.to_string())));
    let more = last < reply.total.min(MAX_REACH);
    if wanted.page > 1 || more {
        page.widgets.push(Widget::Pager(Pager {
            previous: (wanted.page > 1).then(|| to(wanted.page - 1)),
            next: more.then(|| to(wanted.page + 1)),
            position: say.with(&m::POSITION, &[&m::figure(first, say.0), &m::figure(last, say.0), &total]),
        }));
    }
    page.aside.push(Widget::Facets { groups: facets(say, wanted, reply) });
    Ok(())
}

fn nothing(request: &Request, say: &Say<'_>, wanted: &Wanted, page: &mut Page) {
    let mut links = Vec::new();
    if !wanted.filters.is_empty() {
        links.push(
            say.link(
                &m::WITHOUT_FILTERS,
                wanted.link(|p| p.retain(|(name, _)| !FACETS.iter().any(|(f, _)| f == name))),
            ),
        );
    }
    links.push(say.link(&m::ADVANCED, "advanced"));
    links.push(say.link(&m::BROWSE_TITLES, "?sort=title"));
    if request.principal.may("catalogue.edit") {
        links.push(say.link(&m::NEW_TITLE, "new"));
    }
    page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_FOUND), links });
    page.widgets.push(Widget::Steps { steps: vec![say.t(&m::TIP_FEWER), say.t(&m::TIP_MARKS), say.t(&m::TIP_ASK)] });
}

fn facets(say: &Say<'_>, wanted: &Wanted, reply: &SearchReply) -> Vec<FacetGroup> {
    let mut groups = Vec::new();
    for (field, label) in FACETS {
        let chosen = wanted.filters.get(field).map(Vec::as_slice).unwrap_or_default();
        let counts = reply.facets.get(field).map(Vec::as_slice).unwrap_or_default();
        let missing = chosen.iter().filter(|v| !counts.iter().any(|c| c.value == **v)).map(|v| (v.as_str(), 0));
        let choices: Vec<FacetChoice> = counts
            .iter()
            .map(|c| (c.value.as_str(), c.count))
            .chain(missing)
            .map(|(value, count)| {
                let is_chosen = chosen.iter().any(|v| v == value);
                let href = wanted.link(|p| {
                    if is_chosen {
                        p.retain(|(name, v)| name != field || v != value);
                    } else {
                        p.push((field.to_owned(), value.to_owned()));
                    }
                });
                FacetChoice { label: words::facet(field, value, say.0), count, href, chosen: is_chosen }
            })
            .collect();
        if !choices.is_empty() {
            groups.push(FacetGroup { label: say.t(label), choices });
        }
    }
    groups
}

/// The hits as cards, with what one needs to fetch the book: shelf and call number.
pub(crate) fn cards(say: &Say<'_>, reply: &SearchReply) -> Result<Vec<Card>> {
    let keys: Vec<Vec<u8>> = reply.hits.iter().filter_map(|hit| store::from_hex(&hit.key)).collect();
    let loaded = shelf::load_many(&keys)?;
    let pictures = covers::of(&keys)?;
    let mut out = Vec::with_capacity(loaded.len());
    for ((hit, loaded), picture) in reply.hits.iter().zip(&loaded).zip(pictures) {
        let Some(loaded) = loaded else { continue };
        let Some(record) = loaded.record() else {
            continue;
        };
        let mut card = card(say, loaded, record)?;
        if let Some(cover) = &mut card.cover {
            cover.blob = picture;
        }
        card.snippet = hit
            .snippets
            .iter()
            .find(|snippet| snippet.field != "title" && !snippet.marks.is_empty())
            .map(|snippet| Marked { text: snippet.text.clone(), marks: snippet.marks.clone() });
        out.push(card);
    }
    Ok(out)
}

fn card(say: &Say<'_>, loaded: &Loaded, record: Compact<'_>) -> Result<Card> {
    let title = bib::title_or(record, m::UNTITLED.get(say.0)).into_owned();
    let author = bib::author(record);
    let mut facts: Vec<Text> = Vec::new();
    let imprint: Vec<String> =
        bib::publisher(record).map(str::to_owned).into_iter().chain(bib::year(record).map(|y| y.to_string())).collect();
    if !imprint.is_empty() {
        facts.push(Text::from(imprint.join(", ")));
    }
    let copies = shelf::copies(&loaded.key)?;
    let mut badges = Vec::new();
    let kind = bib::kind(record);
    if kind != "book" {
        badges.push(Badge { text: words::facet("kind", kind, say.0), tone: Tone::Neutral });
    }
    if !copies.is_empty() {
        let there =
            copies.iter().filter(|c| matches!(c.value.state.as_str(), "" | "available" | "reading-room")).count();
        let tone = if there > 0 { Tone::Good } else { Tone::Warning };
        badges.push(Badge { text: say.with(&m::COPIES_OF, &[&there.to_string(), &copies.len().to_string()]), tone });
        let mut places: Vec<String> = Vec::new();
        for copy in &copies {
            let place = place_of(&copy.value, say);
            if !places.contains(&place) && places.len() < 3 {
                places.push(place);
            }
        }
        facts.push(say.with(&m::SHELVED, &[&places.join("; ")]));
    }
    Ok(Card {
        title: Text::from(title.as_str()),
        href: format!("records/{}", loaded.id()),
        subtitle: Text::from(author.as_str()),
        facts,
        badges,
        cover: Some(Cover { blob: None, title, author }),
        ..Card::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_and_words_are_told_apart() {
        assert_eq!(simple("dế mèn"), [text("dế mèn", &[], Match::All)]);
        assert_eq!(
            simple("tô hoài \"dế mèn\" 2015"),
            [text("dế mèn", &[], Match::Phrase), text("tô hoài 2015", &[], Match::All)]
        );
        assert_eq!(simple("\""), []);
        assert!(matches!(simple("0-306-40615-2").as_slice(), [Query::Or(_)]));
        assert_eq!(simple("1984"), [text("1984", &[], Match::All)]);
    }
}

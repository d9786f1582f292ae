//! The page of an item: what it is, its files to read and play, and what may be done
//! with it.

use tram_contract::Text;
use tram_contract::page::{Action, DetailRow, DetailValue, Page, Tab, Tone, Widget};
use tram_sdk::store::Entry;
use tram_sdk::{Request, Response, Result, clock, store};

use super::viewers::{self, Wish};
use super::{Say, authors_line, encoded, review, said, say, title_of};
use crate::access::Who;
use crate::messages::{self as m, Message};
use crate::model::{Edition, Item, load, missing};
use crate::words;

/// Counter of views of an item.
#[must_use]
pub fn views(id: &str) -> String {
    format!("views/{id}")
}

/// Counter of its downloads.
#[must_use]
pub fn downloads(id: &str) -> String {
    format!("downloads/{id}")
}

/// The page.
///
/// # Errors
/// `not-found` also for those who may not know of it; as the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = load(request.param("item"))?;
    let item = &entry.value;
    if !who.sees(item) {
        return Err(missing());
    }
    let insider = who.sees_work(item);
    let wants_work = request.query("edition") == Some("work");
    let work = item.work.as_ref().filter(|_| insider);
    let edition = match (item.shown(), work) {
        (Some(live), Some(_)) if !wants_work => live,
        (_, Some(work)) => &work.edition,
        (Some(live), None) => live,
        // Withdrawn: its insiders see what was published.
        (None, None) => item.live.as_ref().filter(|_| insider).ok_or_else(missing)?,
    };
    let reads_live = item.shown().is_some_and(|live| std::ptr::eq(live, edition));
    if reads_live && !item.is_author(&who.person) && request.method == "GET" {
        store::add(&views(&entry.id()), 1)?;
    }
    let mut page = frame(request, &say, who, &entry, edition, if reads_live { "live" } else { "work" });
    if insider {
        page.widgets.extend(review::panel(&say, who, &entry, reads_live)?);
    }
    let number = |name: &str| request.query(name).and_then(|text| text.parse().ok());
    let wish = Wish {
        item: &entry.id(),
        person: if who.reads { &who.person } else { "" },
        file: number("file").filter(|number| edition.files.iter().any(|file| file.number == *number)),
        page: number("page"),
        insider: insider && !reads_live,
    };
    if !edition.meta.description.is_empty() {
        page.widgets.push(Widget::Paragraph { text: Text::from(edition.meta.description.as_str()), quiet: false });
    }
    page.widgets.extend(viewers::widgets(&say, edition, &wish)?);
    page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::ABOUT) });
    page.widgets.push(Widget::Details { rows: rows(&say, &entry, edition)? });
    if insider || who.manages {
        page.widgets.push(tools(&say, who, &entry));
    }
    Ok(Response::page(&page))
}

/// The page's title, the way to it and its tabs.
pub(crate) fn frame(
    request: &Request,
    say: &Say<'_>,
    who: &Who,
    entry: &Entry<Item>,
    edition: &Edition,
    current: &str,
) -> Page {
    let mut page = Page::new(Text::from(title_of(edition, say)), said(request).into_iter().collect());
    page.breadcrumbs = vec![say.link(&m::MATERIALS, ".")];
    if let Some(grade) = edition.meta.grades.first().filter(|_| !edition.meta.subject.is_empty()) {
        let label = format!("{} {grade}", edition.meta.subject);
        let href = format!("curriculum?subject={}&grade={grade}", encoded(&edition.meta.subject));
        page.breadcrumbs.push(tram_contract::page::Link::new(Text::from(label), href));
    }
    if !who.sees_work(&entry.value) {
        return page;
    }
    let id = entry.id();
    let mut tabs = Vec::new();
    let mut tab = |label: &Message, href: String, name: &str| {
        tabs.push(Tab { label: say.t(label), href, current: name == current });
    };
    if entry.value.shown().is_some() {
        tab(&m::TAB_LIVE, format!("items/{id}"), "live");
    }
    if entry.value.work.is_some() {
        tab(&m::TAB_WORK, format!("items/{id}?edition=work"), "work");
    } else if entry.value.shown().is_none() {
        tab(&m::TAB_WITHDRAWN, format!("items/{id}"), "work");
    }
    if who.makes {
        tab(&m::TAB_HISTORY, format!("items/{id}/history"), "history");
    }
    if entry.value.live.is_some() && who.makes {
        tab(&m::TAB_RESULTS, format!("items/{id}/results"), "results");
    }
    page.widgets.push(Widget::Tabs { tabs });
    page
}

fn rows(say: &Say<'_>, entry: &Entry<Item>, edition: &Edition) -> Result<Vec<DetailRow>> {
    let meta = &edition.meta;
    let mut out: Vec<DetailRow> = Vec::new();
    let mut add = |label: &Message, values: Vec<DetailValue>| {
        let values: Vec<DetailValue> = values.into_iter().filter(|value| !value.text.is_empty()).collect();
        if !values.is_empty() {
            out.push(DetailRow { label: say.t(label), values });
        }
    };
    let plain = |text: &str| vec![DetailValue { text: Text::from(text), href: None }];
    let choice = |text: &str, field: &str, value: &str| {
        let href = (!value.is_empty()).then(|| format!("./?{field}={}", encoded(value)));
        vec![DetailValue { text: Text::from(text), href }]
    };
    add(&m::KIND, choice(words::of(&words::KINDS, &meta.kind, say.0), "kind", &meta.kind));
    add(&m::SUBJECT, choice(&meta.subject, "subject", &meta.subject));
    let grades = meta.grades.iter().map(|grade| DetailValue {
        text: Text::from(m::GRADE.with(say.0, &[&grade.to_string()])),
        href: Some(format!("./?grade={grade:02}")),
    });
    add(&m::GRADES, grades.collect());
    add(&m::SERIES, choice(&meta.series, "series", &meta.series));
    add(&m::UNIT, plain(&meta.unit));
    add(&m::LESSON, plain(&meta.lesson));
    add(&m::OUTCOMES, meta.outcomes.iter().flat_map(|outcome| plain(outcome)).collect());
    add(&m::AUTHORS, plain(&authors_line(edition)));
    add(&m::GROUP, choice(&meta.group_name, "group", &meta.group_name));
    add(&m::LANGUAGE, plain(words::of(&words::LANGUAGES, &meta.language, say.0)));
    add(&m::YEAR, plain(&meta.year));
    add(&m::LICENCE, plain(words::of(&words::LICENCES, &meta.licence, say.0)));
    add(&m::AUDIENCE, plain(words::of(&words::AUDIENCES, &meta.audience, say.0)));
    if meta.shareable {
        add(&m::SHARING, plain(m::SHAREABLE.get(say.0)));
    }
    if let Some(origin) = crate::share::Origin::of(&entry.id())? {
        add(&m::FROM_SCHOOL, plain(&origin.school));
    }
    add(&m::KEYWORDS, plain(&meta.keywords.join(", ")));
    if let Some(act) = &edition.review.published {
        add(&m::PUBLISHED_ON, plain(&clock::moment(act.unix_ms)));
    }
    if edition.number > 1 {
        add(&m::EDITION, plain(&edition.number.to_string()));
    }
    if let Some(paper) = crate::paper::of(&meta.record) {
        add(&m::RECORD, vec![DetailValue { text: Text::from(paper.title), href: Some(paper.href) }]);
    }
    let count = store::counter(&views(&entry.id()))?;
    if count > 0 {
        add(&m::VIEWS, plain(&m::figure(count.unsigned_abs(), say.0)));
    }
    Ok(out)
}

fn tools(say: &Say<'_>, who: &Who, entry: &Entry<Item>) -> Widget {
    let id = entry.id();
    let mut actions = Vec::new();
    if who.edits(&entry.value) && entry.value.work.as_ref().is_some_and(|work| work.stage.is_open()) {
        actions.push(Action {
            label: say.t(&m::EDIT),
            href: format!("items/{id}/edit"),
            tone: Tone::Primary,
            ..Action::default()
        });
    }
    if entry.value.shown().is_some() && who.makes {
        actions.push(Action {
            label: say.t(&m::INTO_COLLECTION),
            href: format!("collections?item={id}"),
            ..Action::default()
        });
    }
    Widget::Actions { actions }
}

//! The monthly proof document (minh chứng): what was handed in and approved in a month,
//! by whom, when; a page to print. As a PDF to sign: [`crate::printing`].

use tram_contract::Text;
use tram_contract::page::{Action, Cell, Choice, Column, DetailRow, DetailValue, Form, FormField, Table, Tone, Widget};
use tram_sdk::{Request, Response, Result, clock};

use super::{Say, say, title_of};
use crate::access::Who;
use crate::messages as m;
use crate::model::{Act, ITEMS};
use crate::words;

/// A line of the document.
pub(crate) struct Line {
    pub(crate) teacher: String,
    pub(crate) title: String,
    pub(crate) kind: String,
    place: String,
    pub(crate) submitted: String,
    pub(crate) group: String,
    pub(crate) leadership: String,
    pub(crate) reviewers: String,
    order: (Vec<u8>, i64),
}

fn day(act: Option<&Act>) -> String {
    act.map(|act| clock::moment(act.unix_ms).chars().take(10).collect()).unwrap_or_default()
}

/// `2026-11`, if it is that.
pub(crate) fn as_month(text: &str) -> Option<&str> {
    Some(text).filter(|month| month.len() == 7 && month.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

/// `2026-11` as `11/2026`.
pub(crate) fn shown(month: &str) -> String {
    format!("{}/{}", month.get(5..).unwrap_or_default(), month.get(..4).unwrap_or_default())
}

/// What was handed in during a month, as far as somebody sees it: teachers their own,
/// heads that of their group, the leadership all; who keeps the repository that of what
/// is published.
///
/// # Errors
/// As the store.
pub(crate) fn lines(who: &Who, month: &str, group: &str, say: &Say<'_>) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for entry in ITEMS.iter([]) {
        let entry = entry?;
        let item = &entry.value;
        let insider = who.sees_work(item);
        let work = item.work.as_ref().map(|work| &work.edition).filter(|_| insider);
        for edition in item.past.iter().chain(&item.live).chain(work) {
            let own = edition.meta.authors.iter().any(|author| !who.person.is_empty() && author.person == who.person);
            if !(own || insider || (who.manages && who.sees_live(item))) {
                continue;
            }
            let Some(submitted) = edition.review.submitted.as_ref().filter(|act| clock::month(act.unix_ms) == month)
            else {
                continue;
            };
            if !group.is_empty() && edition.meta.group != group {
                continue;
            }
            let review = &edition.review;
            let mut reviewers: Vec<&str> =
                review.group.iter().chain(&review.leadership).map(|act| act.name.as_str()).collect();
            reviewers.dedup();
            lines.push(Line {
                teacher: super::authors_line(edition),
                title: title_of(edition, say),
                kind: words::of(&words::KINDS, &edition.meta.kind, say.0).to_owned(),
                place: super::place_line(edition, say),
                submitted: day(Some(submitted)),
                group: day(review.group.as_ref()),
                leadership: day(review.leadership.as_ref()),
                reviewers: reviewers.join(", "),
                order: (tram_vietnamese::name_sort_key(&submitted.name), submitted.unix_ms),
            });
        }
    }
    lines.sort_by(|a, b| a.order.cmp(&b.order));
    Ok(lines)
}

/// The page.
///
/// # Errors
/// As the store and the directory.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let today = clock::today();
    let month = request.query("month").and_then(as_month).unwrap_or(today.get(..7).unwrap_or_default()).to_owned();
    let group = request.query("group").unwrap_or_default();
    let groups = crate::authors::groups()?;
    let lines = lines(who, &month, group, &say)?;
    let shown = shown(&month);
    let mut page = say.page(&m::PROOF, Vec::new());
    page.title = say.with(&m::PROOF_TITLE, &[&shown]);
    let mut choices = vec![Choice { value: String::new(), label: say.t(&m::ALL_GROUPS) }];
    choices.extend(groups.iter().map(|(id, name)| Choice { value: id.clone(), label: Text::from(name.as_str()) }));
    let field = |name: &str, label, kind: &str, value: &str, choices| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value: value.into(),
        choices,
        ..FormField::default()
    };
    page.widgets.push(Widget::Form(Form {
        action: "proof".into(),
        method: "get".into(),
        fields: vec![
            field("month", &m::MONTH, "select", &month, months(&today)),
            field("group", &m::GROUP, "select", group, choices),
        ],
        submit: say.t(&m::SHOW),
        inline: true,
        ..Form::default()
    }));
    let group_name = groups.iter().find(|(id, _)| id == group).map(|(_, name)| name.clone());
    let value = |text: String| vec![DetailValue { text: Text::from(text), href: None }];
    page.widgets.push(Widget::Details {
        rows: vec![
            DetailRow { label: say.t(&m::MONTH), values: value(shown) },
            DetailRow {
                label: say.t(&m::GROUP),
                values: value(group_name.unwrap_or_else(|| m::ALL_GROUPS.get(say.0).to_owned())),
            },
            DetailRow { label: say.t(&m::PRINTED_ON), values: value(clock::moment(clock::now().unix_ms)) },
        ],
    });
    if lines.is_empty() {
        page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_HANDED_IN), links: Vec::new() });
        return Ok(Response::page(&page));
    }
    let column = |label, numeric| Column { label: say.t(label), numeric };
    let columns = vec![
        column(&m::NUMBER, true),
        column(&m::AUTHORS, false),
        column(&m::TITLE, false),
        column(&m::SUBJECT, false),
        column(&m::HANDED_IN_ON, false),
        column(&m::GROUP_ON, false),
        column(&m::LEADERSHIP_ON, false),
        column(&m::REVIEWERS, false),
    ];
    let rows = lines.into_iter().enumerate().map(|(at, line)| {
        [
            (at + 1).to_string(),
            line.teacher,
            line.title,
            line.place,
            line.submitted,
            line.group,
            line.leadership,
            line.reviewers,
        ]
        .map(|text| Cell { text: Text::from(text), ..Cell::default() })
        .to_vec()
    });
    page.widgets.push(Widget::Table(Table { caption: page.title.clone(), columns, rows: rows.collect() }));
    let as_pdf = Action {
        label: say.t(&m::PROOF_PDF),
        href: "proof".into(),
        post: true,
        values: vec![("month".into(), month), ("group".into(), group.to_owned())],
        tone: Tone::Primary,
        ..Action::default()
    };
    let print = Action { label: say.t(&m::PRINT), href: "#".into(), print: true, ..Action::default() };
    page.widgets.push(Widget::Actions { actions: vec![as_pdf, print] });
    Ok(Response::page(&page))
}

/// The last twelve months.
fn months(today: &str) -> Vec<Choice> {
    let number = |from: usize, to: usize| today.get(from..to).and_then(|text| text.parse::<i32>().ok()).unwrap_or(1);
    let (year, month) = (number(0, 4), number(5, 7));
    (0..12)
        .map(|back| {
            let at = year * 12 + month - 1 - back;
            let (year, month) = (at.div_euclid(12), at.rem_euclid(12) + 1);
            Choice { value: format!("{year:04}-{month:02}"), label: Text::from(format!("{month:02}/{year}")) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn months_go_back_over_the_new_year() {
        let months = months("2027-02-03");
        assert_eq!(months[0].value, "2027-02");
        assert_eq!(months[2].value, "2026-12");
        assert_eq!(months.len(), 12);
    }
}

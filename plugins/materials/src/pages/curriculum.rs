//! The curriculum as a tree to walk down: subject and grade, unit, lesson, materials.

use tram_contract::Text;
use tram_contract::page::{
    Action, Card, Cards, Cell, Column, DetailRow, DetailValue, Form, FormField, Table, Tone, Widget,
};
use tram_sdk::{Request, Response, Result};

use super::{Say, encoded, live_cards, say};
use crate::access::Who;
use crate::briefs;
use crate::curriculum::{self, Lesson, Plan, Read};
use crate::messages as m;
use crate::words;

/// The page: all plans, one of them, or one lesson.
///
/// # Errors
/// As the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let plans = curriculum::all()?;
    let subject = request.query("subject").map(words::subject).unwrap_or_default();
    let grade: u8 = request.query("grade").and_then(|text| text.parse().ok()).unwrap_or(0);
    let chosen: Vec<&Plan> = plans.iter().filter(|plan| plan.subject == subject && plan.grade == grade).collect();
    if chosen.is_empty() {
        return Ok(tree(&say, who, &plans));
    }
    let wanted = request.query("lesson").unwrap_or_default();
    if let Some((plan, lesson)) = chosen
        .iter()
        .flat_map(|plan| plan.lessons.iter().map(move |lesson| (*plan, lesson)))
        .find(|(_, lesson)| !wanted.is_empty() && lesson.lesson == wanted)
    {
        return self::lesson(&say, who, plan, lesson);
    }
    one(&say, who, &chosen)
}

fn at(plan: &Plan) -> String {
    format!("curriculum?subject={}&grade={}", encoded(&plan.subject), plan.grade)
}

fn tree(say: &Say<'_>, who: &Who, plans: &[Plan]) -> Response {
    let mut page = say.page(&m::BY_CURRICULUM, Vec::new());
    let mut rows: Vec<DetailRow> = Vec::new();
    for plan in plans {
        let value = DetailValue { text: say.with(&m::GRADE, &[&plan.grade.to_string()]), href: Some(at(plan)) };
        let label = Text::from(plan.subject.as_str());
        match rows.iter_mut().find(|row| row.label == label) {
            Some(row) if row.values.contains(&value) => {}
            Some(row) => row.values.push(value),
            None => rows.push(DetailRow { label, values: vec![value] }),
        }
    }
    rows.sort_by_cached_key(|row| {
        words::SUBJECTS.iter().position(|subject| *subject == row.label.get("vi")).unwrap_or(usize::MAX)
    });
    if rows.is_empty() {
        let links = if who.manages { vec![say.link(&m::IMPORT_PLAN, "curriculum/import")] } else { Vec::new() };
        page.widgets.push(Widget::Empty { text: say.t(&m::NO_PLANS), links });
    } else {
        page.widgets.push(Widget::Details { rows });
    }
    if who.manages && !plans.is_empty() {
        let action = Action { label: say.t(&m::IMPORT_PLAN), href: "curriculum/import".into(), ..Action::default() };
        page.widgets.push(Widget::Actions { actions: vec![action] });
    }
    Response::page(&page)
}

/// A plan: its lessons with how many materials each has that the reader sees.
fn one(say: &Say<'_>, who: &Who, plans: &[&Plan]) -> Result<Response> {
    let Some(first) = plans.first() else { return Ok(tree(say, who, &[])) };
    let mut page = say.page(&m::BY_CURRICULUM, Vec::new());
    page.title = say.with(&m::SUBJECT_GRADE, &[&first.subject, &first.grade.to_string()]);
    page.breadcrumbs.push(say.link(&m::BY_CURRICULUM, "curriculum"));
    let counts = briefs::counts(&first.subject, first.grade, who)?;
    for plan in plans {
        if !plan.series.is_empty() {
            page.widgets.push(Widget::Heading { level: 2, text: Text::from(plan.series.as_str()) });
        }
        // A list, not a table: it is walked down on telephones.
        let mut units: Vec<(&str, Vec<Card>)> = Vec::new();
        for lesson in plan.lessons.iter().take(300) {
            let count = counts.get(&curriculum::place(plan, lesson)).copied().unwrap_or_default();
            let periods = (!lesson.periods.is_empty()).then(|| say.with(&m::PERIODS_ARE, &[&lesson.periods]));
            let found = Card {
                title: Text::from(lesson.lesson.as_str()),
                href: format!("{}&lesson={}", at(plan), encoded(&lesson.lesson)),
                facts: periods.into_iter().chain([say.with(&m::ITEM_COUNT, &[&count.to_string()])]).collect(),
                ..Card::default()
            };
            match units.last_mut().filter(|(unit, _)| *unit == lesson.unit) {
                Some((_, cards)) => cards.push(found),
                None => units.push((&lesson.unit, vec![found])),
            }
        }
        for (unit, cards) in units {
            if !unit.is_empty() {
                page.widgets.push(Widget::Heading { level: 3, text: Text::from(unit) });
            }
            page.widgets.push(Widget::Cards(Cards { label: Text::from(unit), cards, first: 0 }));
        }
    }
    Ok(Response::page(&page))
}

fn lesson(say: &Say<'_>, who: &Who, plan: &Plan, lesson: &Lesson) -> Result<Response> {
    let mut page = say.page(&m::BY_CURRICULUM, Vec::new());
    page.title = Text::from(lesson.lesson.as_str());
    page.breadcrumbs.push(say.link(&m::BY_CURRICULUM, "curriculum"));
    let label = m::SUBJECT_GRADE.with(say.0, &[&plan.subject, &plan.grade.to_string()]);
    page.breadcrumbs.push(tram_contract::page::Link::new(Text::from(label), at(plan)));
    if !lesson.outcomes.is_empty() {
        page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::OUTCOMES) });
        let steps = lesson.outcomes.iter().map(|outcome| Text::from(outcome.as_str())).collect();
        page.widgets.push(Widget::Steps { steps });
    }
    let cards = live_cards(say, who, &curriculum::items_at(plan, lesson)?)?;
    let mut links = Vec::new();
    if who.makes {
        links.push(say.link(
            &m::NEW_FOR_LESSON,
            format!(
                "new?subject={}&grade={}&series={}&unit={}&lesson={}",
                encoded(&plan.subject),
                plan.grade,
                encoded(&plan.series),
                encoded(&lesson.unit),
                encoded(&lesson.lesson)
            ),
        ));
    }
    page.widgets.push(Widget::Heading { level: 2, text: say.t(&m::MATERIALS_SHORT) });
    if cards.is_empty() {
        page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_FOR_LESSON), links });
    } else {
        page.widgets.push(Widget::Cards(Cards { label: page.title.clone(), cards, first: 0 }));
        let actions = links.into_iter().map(|link| Action { label: link.text, href: link.href, ..Action::default() });
        page.widgets.push(Widget::Actions { actions: actions.collect() });
    }
    Ok(Response::page(&page))
}

/// The form for a workbook.
///
/// # Errors
/// None of its own.
pub fn import_page(request: &Request, _who: &Who) -> Result<Response> {
    let say = say(request);
    Ok(Response::page(&form(&say, None)))
}

fn form(say: &Say<'_>, error: Option<Text>) -> tram_contract::page::Page {
    let mut page = say.page(&m::IMPORT_PLAN, Vec::new());
    page.breadcrumbs.push(say.link(&m::BY_CURRICULUM, "curriculum"));
    page.widgets.push(Widget::Paragraph { text: say.t(&m::IMPORT_PLAN_INTRO), quiet: false });
    page.widgets.push(Widget::Form(Form {
        action: "curriculum/import".into(),
        method: "post".into(),
        fields: vec![FormField {
            name: "file".into(),
            label: say.t(&m::EXCEL_FILE),
            kind: "file".into(),
            accept: ".xlsx".into(),
            required: true,
            error: error.map(|text| Text::from(text.get(say.0))),
            ..FormField::default()
        }],
        submit: say.t(&m::READ_FILE),
        tone: Tone::Primary,
        ..Form::default()
    }));
    page
}

/// Takes a workbook.
///
/// # Errors
/// As the store and the blobs.
pub fn upload(request: &Request, _who: &Who) -> Result<Response> {
    let say = say(request);
    let Some(upload) = request.upload("file").filter(|upload| upload.size > 0) else {
        return Ok(Response::page(&form(&say, Some(m::NO_FILE.text()))).status(422));
    };
    match curriculum::read_blob(&upload.blob)? {
        Err(reason) => Ok(Response::page(&form(&say, Some(reason))).status(422)),
        Ok(read) => {
            curriculum::keep(&read.plans)?;
            Ok(Response::page(&report(&say, &read)))
        }
    }
}

fn report(say: &Say<'_>, read: &Read) -> tram_contract::page::Page {
    let mut page = say.page(&m::IMPORT_PLAN, Vec::new());
    page.breadcrumbs.push(say.link(&m::BY_CURRICULUM, "curriculum"));
    let lessons: usize = read.plans.iter().map(|plan| plan.lessons.len()).sum();
    let text = say.with(&m::PLANS_READ, &[&read.plans.len().to_string(), &lessons.to_string()]);
    page.widgets.push(Widget::Notice {
        tone: Tone::Good,
        text,
        links: vec![say.link(&m::BY_CURRICULUM, "curriculum")],
    });
    if !read.left_out.is_empty() {
        let rows = read.left_out.iter().take(200).map(|(number, why)| {
            let cell = |text: &str| Cell { text: Text::from(text), ..Cell::default() };
            vec![cell(&number.to_string()), cell(why.get(say.0))]
        });
        let columns =
            vec![Column { label: say.t(&m::ROW), numeric: true }, Column { label: say.t(&m::WHY), numeric: false }];
        page.widgets.push(Widget::Table(Table { caption: say.t(&m::ROWS_LEFT_OUT), columns, rows: rows.collect() }));
    }
    page
}

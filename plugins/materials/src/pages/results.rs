//! What pupils came to with an item, for the staff: only pupils whom the reader may see
//! by name in the directory.

use tram_contract::Text;
use tram_contract::page::{Cell, Column, Table, Widget};
use tram_sdk::store::Scan;
use tram_sdk::{Request, Response, Result, clock, directory};

use super::{item::frame, say};
use crate::access::Who;
use crate::messages as m;
use crate::model::{load, missing};
use crate::results::{RUNS, prefix, score_text};

/// The page.
///
/// # Errors
/// `not-found` also for those who may not know of it; as the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = load(request.param("item"))?;
    if !who.sees(&entry.value) || !who.makes {
        return Err(missing());
    }
    let edition = entry.value.live.as_ref().ok_or_else(missing)?;
    let mut page = frame(request, &say, who, &entry, edition, "results");
    if !who.sees_work(&entry.value) {
        page.breadcrumbs.push(tram_contract::page::Link::new(page.title.clone(), format!("items/{}", entry.id())));
        page.title = say.t(&m::TAB_RESULTS);
    }
    let (mut hidden, mut any) = (0u32, false);
    for file in &edition.files {
        let (runs, _) = RUNS.scan(&Scan::prefix(prefix(&entry.key, file.number)).limit(500))?;
        let mut rows: Vec<(Vec<u8>, Vec<Cell>)> = Vec::new();
        for run in runs {
            let person = run.key.get(20..).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default().to_owned();
            // A pupil of somebody else's class is counted, not named.
            let Ok(Some(profile)) = directory::person(&person, &["name"]) else {
                hidden += 1;
                continue;
            };
            let name = profile.field("name").unwrap_or_default().to_owned();
            let run = run.value;
            let text = |text: String| Cell { text: Text::from(text), ..Cell::default() };
            rows.push((
                tram_vietnamese::name_sort_key(&name),
                vec![
                    text(name),
                    text(clock::moment(run.first_ms)),
                    text(clock::moment(run.last_ms)),
                    text(status(&run.status, say.0).to_owned()),
                    text(run.score.map(|score| score_text(score, say.0)).unwrap_or_default()),
                ],
            ));
        }
        if rows.is_empty() {
            continue;
        }
        any = true;
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let column = |label, numeric| Column { label: say.t(label), numeric };
        let columns = vec![
            column(&m::PUPIL, false),
            column(&m::FIRST_OPENED, false),
            column(&m::LAST_OPENED, false),
            column(&m::STATE, false),
            column(&m::SCORE, true),
        ];
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        page.widgets.push(Widget::Table(Table { caption: Text::from(file.name.as_str()), columns, rows }));
    }
    if !any {
        page.widgets.push(Widget::Empty { text: say.t(&m::NO_RESULTS), links: Vec::new() });
    }
    if hidden > 0 {
        page.widgets.push(Widget::Paragraph { text: say.with(&m::OTHER_CLASSES, &[&hidden.to_string()]), quiet: true });
    }
    Ok(Response::page(&page))
}

fn status(word: &str, language: &str) -> &'static str {
    match word {
        "passed" => m::STATUS_PASSED.get(language),
        "failed" => m::STATUS_FAILED.get(language),
        "completed" => m::STATUS_COMPLETED.get(language),
        "incomplete" => m::STATUS_INCOMPLETE.get(language),
        _ => m::STATUS_OPENED.get(language),
    }
}

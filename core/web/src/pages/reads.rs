//! "Who has seen this": readings of sensitive fields, of everybody or of one person.

use std::collections::HashMap;

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Cell, Column, Link, Page, Table, Widget};
use tram_people::Error;
use tram_people::reads::Seen;

use super::{ShellForm, me, people};
use crate::messages;
use crate::query;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Readings on a page.
const ROWS: usize = 50;
/// Fields in a row, before "and so many more".
const FIELDS: usize = 4;
/// Fields that are named first.
const KNOWN: [&str; 4] = ["birth", tram_people::clerk::PHONE, "guardians", "gender"];
/// Names of persons in a row, before "and so many more".
const NAMES: usize = 3;

/// `/people/reads?person=ID&before=N`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    let person = visit.asked("person").filter(|id| !id.is_empty()).map(str::to_owned);
    let before = visit.asked("before").and_then(|number| number.parse().ok());
    let found = site.people.seen(&visit.principal, person.as_deref(), before, ROWS + 1);
    let shown = found.and_then(|mut readings| {
        let more = readings.len() > ROWS;
        readings.truncate(ROWS);
        let mut names = Names { site, known: HashMap::new() };
        let rows = readings.iter().map(|seen| row(&mut names, site, seen)).collect::<Result<Vec<_>, Error>>()?;
        let whose = person.as_deref().map(|id| names.of(id)).transpose()?;
        let next = readings.last().filter(|_| more).map(|seen| seen.number);
        Ok((rows, whose, next))
    });
    let (rows, whose, next) = match shown {
        Ok(shown) => shown,
        Err(error) => return people::failed(site, visit, &error),
    };
    let mut widgets = vec![Widget::Paragraph { text: messages::text("reads.about"), quiet: false }];
    widgets.push(if rows.is_empty() {
        Widget::Empty { text: messages::text("reads.none"), links: Vec::new() }
    } else {
        let columns = ["reads.when", "reads.who", "reads.what", "reads.whom", "reads.through"]
            .map(|label| Column { label: messages::text(label), numeric: false })
            .to_vec();
        Widget::Table(Table { caption: messages::text("reads.title"), columns, rows })
    });
    if let Some(next) = next {
        let person = person.map(|id| format!("&person={}", query::encode(&id))).unwrap_or_default();
        let href = format!("/people/reads?before={next}{person}");
        let older = Action { label: messages::text("reads.older"), href, ..Action::default() };
        widgets.push(Widget::Actions { actions: vec![older] });
    }
    let title = match whose {
        Some(name) => messages::text_with("reads.title-of", &[("name", &name)]),
        None => messages::text("reads.title"),
    };
    let mut page = Page::new(title, widgets);
    page.breadcrumbs = match visit.principal.holds("people.read") {
        true => vec![Link::new(messages::text("menu.people"), "/people")],
        false => vec![Link::new(messages::text("me.title"), "/me")],
    };
    reply::shell(site, visit, StatusCode::OK, &page)
}

/// Names by id, each read once.
struct Names<'a> {
    site: &'a Site,
    known: HashMap<String, String>,
}

impl Names<'_> {
    fn of(&mut self, id: &str) -> Result<String, Error> {
        if let Some(name) = self.known.get(id) {
            return Ok(name.clone());
        }
        // `console` and such are no ids, and an erased person has no name any more.
        let name = match id.len() == 26 {
            true => self.site.people.person(id)?.map_or_else(|| id.to_owned(), |person| person.name),
            false => id.to_owned(),
        };
        self.known.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

fn row(names: &mut Names<'_>, site: &Site, seen: &Seen) -> Result<Vec<Cell>, Error> {
    let cell = |text: Text| Cell { text, ..Cell::default() };
    let what = fields(&seen.fields);
    let mut whom = Vec::new();
    for person in seen.persons.iter().take(NAMES) {
        whom.push(names.of(person)?);
    }
    let others = seen.persons.len().saturating_sub(NAMES);
    let whom = whom.join(", ");
    let whom = match others {
        0 => Text::from(whom),
        more => messages::text_with("reads.and-more", &[("names", &whom), ("count", &more.to_string())]),
    };
    let through = match seen.owner.as_str() {
        tram_people::OWNER => messages::text("menu.people"),
        plugin => site
            .plugins
            .plugins()
            .into_iter()
            .find(|status| status.id == plugin)
            .map_or_else(|| Text::from(plugin), |status| status.manifest.name.clone()),
    };
    Ok(vec![
        cell(super::moment(seen.time.unix_ms).into()),
        cell(names.of(&seen.actor)?.into()),
        cell(what),
        cell(whom),
        cell(through),
    ])
}

/// Names of fields, the best known first, at most [`FIELDS`] of them in words.
fn fields(names: &[String]) -> Text {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_by_key(|name| KNOWN.iter().position(|known| known == name).unwrap_or(KNOWN.len()));
    let shown: Vec<Text> = names.iter().take(FIELDS).map(|name| field_name(name)).collect();
    let join = |language: &str| shown.iter().map(|words| words.get(language)).collect::<Vec<_>>().join(", ");
    let (vi, en) = (join("vi"), join("en"));
    match names.len().saturating_sub(FIELDS) {
        0 => Text::vi_en(vi, en),
        more => {
            let more = more.to_string();
            let with = |names: &str| messages::text_with("reads.and-fields", &[("names", names), ("count", &more)]);
            Text::vi_en(with(&vi).get("vi"), with(&en).get("en"))
        }
    }
}

/// A field's name for people.
fn field_name(field: &str) -> Text {
    match field {
        "birth" => messages::text("people.birth"),
        "gender" => messages::text("import.m-gender"),
        "guardians" => messages::text("person.guardians"),
        tram_people::clerk::PHONE => messages::text("person.phone"),
        other => Text::from(other),
    }
}

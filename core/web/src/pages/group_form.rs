//! A class or another group by hand: making one, renaming one.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_people::directory::{self, Group};
use tram_people::{Error, groups};

use super::{ShellForm, me, people, segment};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Where one is made.
pub(super) const NEW: &str = "/people/groups/new";

/// What is wrong: the field, and what to write instead.
type Wrong = (&'static str, Text);

/// `/people/groups/new` and `/people/group/ID/edit`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    if !visit.principal.holds_all("people.manage") {
        return people::failed(site, visit, &Error::Forbidden);
    }
    let id = if visit.path == NEW { String::new() } else { segment(&visit.path, 2) };
    let known = match before(site, &id) {
        Ok(known) => known,
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(form) = form else { return show(site, visit, &known, &known, None) };
    let sent = match id.is_empty() {
        true => Group {
            kind: form.get("kind").to_owned(),
            name: form.get("name").to_owned(),
            year: form.get("year").to_owned(),
            ..Group::default()
        },
        false => Group { name: form.get("name").to_owned(), ..known.clone() },
    };
    match site.people.save_group(&visit.principal, &sent) {
        Ok(id) => reply::see_other(&format!("/people/group/{id}?said=saved")),
        Err(Error::Invalid { field, reason }) => show(site, visit, &known, &sent, Some((field, reason))),
        Err(error) => people::failed(site, visit, &error),
    }
}

/// What is known of the group before the form. A new one is a class of the school year
/// that runs.
fn before(site: &Site, id: &str) -> Result<Group, Error> {
    if id.is_empty() {
        return Ok(Group { kind: "class".into(), year: school_year(&directory::today()), ..Group::default() });
    }
    let group = site.people.group(id)?.ok_or(Error::Missing("group"))?;
    // A household is made with its people, not here.
    Some(group).filter(|group| groups::KINDS.contains(&group.kind.as_str())).ok_or(Error::Missing("group"))
}

/// The school year of a day: it begins in September, its lists are made from August on.
pub(super) fn school_year(day: &str) -> String {
    let year = day.get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or(2026);
    let first = if day.get(5..7).unwrap_or("09") >= "08" { year } else { year.saturating_sub(1) };
    format!("{first}-{}", first + 1)
}

fn show(site: &Site, visit: &mut Visit, known: &Group, typed: &Group, wrong: Option<Wrong>) -> Response<Body> {
    let new = known.id.is_empty();
    let field = |name: &str, kind: &str, label: Text, value: &str| FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        value: value.to_owned(),
        error: wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, text)| text.clone()),
        required: true,
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let name = |help: Text| FormField { help, ..field("name", "text", messages::text("group.name"), &typed.name) };
    let fields = match new {
        true => vec![
            FormField {
                choices: groups::KINDS.map(|kind| Choice { value: kind.into(), label: kind_name(kind) }).to_vec(),
                ..field("kind", "radio", messages::text("group.kind"), &typed.kind)
            },
            name(messages::text("group.name-help")),
            FormField {
                required: false,
                help: messages::text("group.year-help"),
                ..field("year", "text", messages::text("import.year"), &typed.year)
            },
        ],
        false => vec![name(messages::text("group.rename-help"))],
    };
    let (action, title) = match new {
        true => (NEW.to_owned(), messages::text("group.new")),
        false => (
            format!("/people/group/{}/edit", known.id),
            messages::text_with("group.rename-title", &[("name", &known.name)]),
        ),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let widgets = vec![Widget::Form(Form {
        action,
        fields,
        submit: messages::text(if new { "group.make" } else { "group.save" }),
        tone: Tone::Primary,
        error: wrong.map(|(_, text)| text),
        ..Form::default()
    })];
    let mut page = Page::new(title, widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    if !new {
        page.breadcrumbs.push(Link::new(known.name.clone(), format!("/people/group/{}", known.id)));
    }
    reply::shell(site, visit, status, &page)
}

fn kind_name(kind: &str) -> Text {
    match kind {
        "class" => messages::text("people.class"),
        "subject-group" => messages::text("people.subject-group"),
        _ => messages::text("group.campus"),
    }
}

#[cfg(test)]
mod tests {
    use super::school_year;

    #[test]
    fn a_school_year_begins_in_summer() {
        for (day, year) in [("2026-08-01", "2026-2027"), ("2027-07-31", "2026-2027"), ("2026-12-31", "2026-2027")] {
            assert_eq!(school_year(day), year);
        }
    }
}

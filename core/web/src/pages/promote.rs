//! The year's promotion of all classes in one go.

use std::collections::BTreeSet;

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Figure, Form, FormField, Link, Page, Tone, Widget};
use tram_people::{Error, directory};

use super::{ShellForm, me, people};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/people/promote`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if visit.session.is_none() {
        return me::to_sign_in(visit);
    }
    if !visit.principal.holds("people.manage") {
        return people::failed(site, visit, &Error::Forbidden);
    }
    let Some(form) = form else { return show(site, visit, None, None) };
    match promote(site, visit, &form) {
        Ok((classes, pupils)) => {
            let figure = |value: usize, label: Text| Figure { value: value.to_string(), label, href: None };
            let figures = vec![
                figure(classes, messages::text("promote.classes")),
                figure(pupils, messages::text("promote.pupils")),
            ];
            let links = vec![Link::new(messages::text("menu.people"), "/people")];
            let widgets = vec![
                Widget::Notice { tone: Tone::Good, text: messages::text("promote.done"), links },
                Widget::Figures { figures },
            ];
            reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("promote.title"), widgets))
        }
        Err((field, text)) => show(site, visit, Some(&form), Some((field, text))),
    }
}

fn promote(site: &Site, visit: &Visit, form: &ShellForm) -> Result<(usize, usize), (&'static str, Text)> {
    let mut staying = BTreeSet::new();
    for code in form.get("staying").split([' ', ',', ';', '\n', '\r']).filter(|code| !code.is_empty()) {
        let person = site.people.person_by_code(code).map_err(|error| ("staying", error.text()))?;
        // A code that is nobody's is a typing mistake, and that pupil would move up.
        let person = person.ok_or_else(|| ("staying", messages::text_with("promote.no-code", &[("code", code)])))?;
        staying.insert(person.id);
    }
    let (from, to) = (form.get("from"), form.get("to"));
    if from.is_empty() || from == to {
        return Err(("to", messages::text("promote.same-year")));
    }
    site.people.promote(&visit.principal, from, to, form.get("day"), &staying).map_err(|error| ("from", error.text()))
}

fn show(
    site: &Site,
    visit: &mut Visit,
    form: Option<&ShellForm>,
    wrong: Option<(&'static str, Text)>,
) -> Response<Body> {
    // The newest year that classes are in is the one that ends.
    let known = site.people.groups("class").unwrap_or_default();
    let last = known.into_iter().map(|group| group.year).max().unwrap_or_default();
    let first: u32 = last
        .get(..4)
        .and_then(|year| year.parse().ok())
        .unwrap_or_else(|| directory::today().get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026));
    let field = |name: &str, kind: &str, label: Text, usual: String| FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        value: form.map_or(usual, |form| form.get(name).to_owned()),
        error: wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, text)| text.clone()),
        required: true,
        ..FormField::default()
    };
    let fields = vec![
        field("from", "text", messages::text("promote.from"), format!("{first}-{}", first + 1)),
        field("to", "text", messages::text("promote.to"), format!("{}-{}", first + 1, first + 2)),
        field("day", "date", messages::text("import.from"), format!("{}-09-05", first + 1)),
        FormField {
            required: false,
            help: messages::text("promote.staying-help"),
            ..field("staying", "textarea", messages::text("promote.staying"), String::new())
        },
    ];
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = Form {
        action: "/people/promote".into(),
        fields,
        submit: messages::text("promote.submit"),
        tone: Tone::Primary,
        confirm: Some(messages::text("promote.question")),
        ..Form::default()
    };
    let widgets = vec![Widget::Paragraph { text: messages::text("promote.about"), quiet: false }, Widget::Form(form)];
    let mut page = Page::new(messages::text("promote.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.people"), "/people")];
    reply::shell(site, visit, status, &page)
}

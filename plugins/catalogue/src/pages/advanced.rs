//! The form for a search in several fields.

use tram_contract::page::{Choice, Form, FormField, Widget};
use tram_sdk::{Request, Response};

use super::say;
use crate::messages as m;
use crate::words;

/// The form.
#[must_use]
pub fn page(request: &Request) -> Response {
    let say = say(request);
    let field = |name: &str, label: &m::Message, kind: &str| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value: request.query(name).unwrap_or_default().to_owned(),
        ..FormField::default()
    };
    let choice = |name: &str, label: &m::Message, values: &[&str]| {
        let mut choices = vec![Choice { value: String::new(), label: say.t(&m::ANY) }];
        choices.extend(values.iter().map(|v| Choice { value: (*v).into(), label: words::facet(name, v, say.0) }));
        FormField { choices, ..field(name, label, "select") }
    };
    let mut any = field("q", &m::ANYWHERE, "search");
    any.help = say.t(&m::HELP_ANYWHERE);
    let mut isbn = field("isbn", &m::ISBN, "scan");
    isbn.help = say.t(&m::HELP_ISBN_SEARCH);
    let form = Form {
        action: ".".into(),
        method: "get".into(),
        fields: vec![
            any,
            field("title", &m::TITLE, "text"),
            field("author", &m::AUTHOR, "text"),
            field("subject", &m::SUBJECT, "text"),
            field("publisher", &m::PUBLISHER, "text"),
            field("series", &m::SERIES, "text"),
            isbn,
            field("from", &m::YEAR_FROM, "year"),
            field("to", &m::YEAR_TO, "year"),
            choice("kind", &m::KIND, &words::KINDS),
            choice("language", &m::LANGUAGE, &words::LANGUAGES),
        ],
        submit: say.t(&m::SEARCH),
        ..Form::default()
    };
    Response::page(&say.page(&m::ADVANCED, vec![Widget::Form(form)]))
}

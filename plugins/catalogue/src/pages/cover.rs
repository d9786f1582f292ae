//! Putting up and removing the picture of a cover.

use tram_contract::Text;
use tram_contract::page::{Action, Form, FormField, Link, Tone, Widget};
use tram_sdk::{Request, Response, Result};

use super::{Say, say};
use crate::bib;
use crate::covers::{self, Problem};
use crate::messages as m;
use crate::shelf;

/// What a cataloguer does with the picture on the record's page.
pub(super) fn tools(say: &Say<'_>, id: &str, has_picture: bool) -> Widget {
    let mut widgets = vec![Widget::Form(form(say, id, None))];
    if has_picture {
        widgets.push(Widget::Actions {
            actions: vec![Action {
                label: say.t(&m::COVER_REMOVE),
                href: format!("records/{id}/cover/remove"),
                post: true,
                tone: Tone::Bad,
                ..Action::default()
            }],
        });
    }
    let summary = say.t(if has_picture { &m::COVER_CHANGE } else { &m::COVER_ADD });
    Widget::Disclosure { summary, open: false, widgets }
}

fn form(say: &Say<'_>, id: &str, error: Option<Text>) -> Form {
    Form {
        action: format!("records/{id}/cover"),
        method: "post".into(),
        fields: vec![FormField {
            name: "picture".into(),
            label: say.t(&m::COVER_PICTURE),
            kind: "file".into(),
            accept: ".jpg,.jpeg,.png,.webp".into(),
            help: say.t(&m::HELP_COVER),
            required: true,
            error,
            ..FormField::default()
        }],
        submit: say.t(&m::COVER_SAVE),
        tone: Tone::Primary,
        ..Form::default()
    }
}

/// Takes a picture.
///
/// # Errors
/// `not-found`; as the store.
pub fn put(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let id = loaded.id();
    let Err(problem) = covers::put(&loaded.key, request.upload("picture"))? else {
        return Ok(Response::redirect(format!("records/{id}?said=cover")));
    };
    let error = match problem {
        Problem::None => say.t(&m::COVER_NONE),
        Problem::Large => say.with(&m::COVER_LARGE, &[&(covers::MAX_BYTES >> 20).to_string()]),
        Problem::Kind => say.t(&m::COVER_KIND),
        Problem::Sides(width, height) => say.with(&m::COVER_SIDES, &[&width.to_string(), &height.to_string()]),
    };
    let mut page = say.page(&m::COVER_PICTURE, vec![Widget::Form(form(&say, &id, Some(error)))]);
    if let Some(of) = loaded.record() {
        page.breadcrumbs.push(Link::new(Text::from(bib::title_or(of, "…").into_owned()), format!("records/{id}")));
    }
    Ok(Response::page(&page).status(422))
}

/// Removes the picture.
///
/// # Errors
/// `not-found`; as the store.
pub fn remove(request: &Request) -> Result<Response> {
    let loaded = shelf::load_linked(request.param("record"))?;
    covers::remove(&loaded.key)?;
    Ok(Response::redirect(format!("records/{}?said=cover-removed", loaded.id())))
}

//! Settings of the repository.

use tram_contract::page::{Form, FormField, Tone, Widget};
use tram_sdk::{Request, Response, Result, settings};

use super::{said, say};
use crate::access::{self, GUESTS, LEADERSHIP, Who};
use crate::messages as m;

/// The page.
///
/// # Errors
/// As the settings.
pub fn page(request: &Request, _who: &Who) -> Result<Response> {
    let say = say(request);
    let tick = |name: &str, label, help, on: bool| FormField {
        name: name.into(),
        label: say.t(label),
        kind: "checkbox".into(),
        value: if on { "on".into() } else { String::new() },
        help: say.t(help),
        ..FormField::default()
    };
    let mut widgets: Vec<Widget> = said(request).into_iter().collect();
    widgets.push(Widget::Form(Form {
        action: "settings".into(),
        method: "post".into(),
        fields: vec![
            tick(GUESTS, &m::SETTING_GUESTS, &m::HELP_GUESTS, access::guests_may()?),
            tick(LEADERSHIP, &m::SETTING_LEADERSHIP, &m::HELP_LEADERSHIP, access::leadership_asked()?),
        ],
        submit: say.t(&m::SAVE),
        tone: Tone::Primary,
        ..Form::default()
    }));
    Ok(Response::page(&say.page(&m::SETTINGS, widgets)))
}

/// Takes the settings.
///
/// # Errors
/// As the settings.
pub fn change(request: &Request, _who: &Who) -> Result<Response> {
    for name in [GUESTS, LEADERSHIP] {
        settings::set(name, if request.form(name).is_some() { "yes" } else { "no" })?;
    }
    Ok(Response::redirect("settings?said=settings"))
}

//! Settings of the repository.

use tram_contract::page::{Form, FormField, Tone, Widget};
use tram_sdk::{Request, Response, Result, settings};

use super::{said, say};
use crate::access::{self, GUESTS, LEADERSHIP, Who};
use crate::messages as m;
use crate::quota;

/// The page.
///
/// # Errors
/// As the settings.
pub fn page(request: &Request, _who: &Who) -> Result<Response> {
    shown(request, None)
}

/// The page; with what was typed where something of it is wrong.
fn shown(request: &Request, typed: Option<&Request>) -> Result<Response> {
    let say = say(request);
    let tick = |name: &str, label, help, on: bool| FormField {
        name: name.into(),
        label: say.t(label),
        kind: "checkbox".into(),
        value: if on { "on".into() } else { String::new() },
        help: say.t(help),
        ..FormField::default()
    };
    let number = |name: &str, label, help| -> Result<FormField> {
        let set = quota::set_to(name)?.map(|gigabytes| gigabytes.to_string());
        let (value, error) = match typed {
            Some(typed) => (
                typed.form(name).unwrap_or_default().to_owned(),
                quota::typed(typed.form(name).unwrap_or_default()).err(),
            ),
            None => (set.unwrap_or_default(), None),
        };
        let (name, kind) = (name.into(), "number".into());
        Ok(FormField { name, label: say.t(label), kind, value, error, help: say.t(help), ..FormField::default() })
    };
    let mut widgets: Vec<Widget> = said(request).into_iter().collect();
    widgets.push(Widget::Form(Form {
        action: "settings".into(),
        method: "post".into(),
        fields: vec![
            tick(GUESTS, &m::SETTING_GUESTS, &m::HELP_GUESTS, access::guests_may()?),
            tick(LEADERSHIP, &m::SETTING_LEADERSHIP, &m::HELP_LEADERSHIP, access::leadership_asked()?),
            number(quota::PERSON, &m::SETTING_QUOTA_PERSON, &m::HELP_QUOTA)?,
            number(quota::GROUP, &m::SETTING_QUOTA_GROUP, &m::HELP_QUOTA)?,
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
    let mut quotas = Vec::new();
    for name in [quota::PERSON, quota::GROUP] {
        match quota::typed(request.form(name).unwrap_or_default()) {
            Ok(gigabytes) => quotas.push((name, gigabytes)),
            Err(_) => return Ok(shown(request, Some(request))?.status(422)),
        }
    }
    for (name, gigabytes) in &quotas {
        settings::set(name, &gigabytes.map(|number| number.to_string()).unwrap_or_default())?;
    }
    if quotas.iter().any(|(_, gigabytes)| gigabytes.is_some()) {
        quota::recount()?;
    }
    for name in [GUESTS, LEADERSHIP] {
        settings::set(name, if request.form(name).is_some() { "yes" } else { "no" })?;
    }
    Ok(Response::redirect("settings?said=settings"))
}

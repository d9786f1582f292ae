//! The station after the wizard: the school's name, the names it answers to, how
//! sign-in uses TLS, the school's own certificate. Each change is a journal entry.

use hyper::{Response, StatusCode};
use sha2::{Digest, Sha256};
use tram_contract::Text;
use tram_contract::page::{Action, Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_people::Error;
use tram_people::station::{Station, TlsMode};

use super::{ShellForm, me, people};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;
use crate::walls::names;

/// What is wrong: the field, and what to write instead.
type Wrong = (&'static str, Text);

/// The word of a mode in forms.
const fn word(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::StaffStrict => "staff-strict",
        TlsMode::AllStrict => "all-strict",
        TlsMode::OwnName => "own-name",
    }
}

/// The mode of a word; the strict one for staff when there is none such.
pub(super) fn mode(word: &str) -> TlsMode {
    match word {
        "all-strict" => TlsMode::AllStrict,
        "own-name" => TlsMode::OwnName,
        _ => TlsMode::StaffStrict,
    }
}

/// The choice of a mode, as the wizard and this page have it.
pub(super) fn mode_field(value: &str, error: Option<Text>) -> FormField {
    let choice = |value: &str, label: Text| Choice { value: value.into(), label };
    FormField {
        name: "tls".into(),
        kind: "radio".into(),
        label: messages::text("setup.tls"),
        help: messages::text("setup.tls-help"),
        value: if value.is_empty() { word(TlsMode::StaffStrict).into() } else { value.to_owned() },
        choices: vec![
            choice("staff-strict", messages::text("setup.tls-staff")),
            choice("all-strict", messages::text("setup.tls-all")),
            choice("own-name", messages::text("setup.tls-own")),
        ],
        required: true,
        error,
        ..FormField::default()
    }
}

/// Host names as they were typed, one of them on a line or separated by commas.
///
/// # Errors
/// One is no host name; the words say which.
pub(super) fn read_names(typed: &str) -> Result<Vec<String>, Text> {
    let mut found: Vec<String> = Vec::new();
    for part in typed.split([' ', ',', ';', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty()) {
        // An address of a browser is what people copy.
        let part = part.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        let name = names::bare(part);
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        if is_address || name.len() > 253 || !name.split('.').all(label) {
            return Err(messages::text_with("station.name-wrong", &[("name", part)]));
        }
        if !found.contains(&name) {
            found.push(name);
        }
    }
    Ok(found)
}

fn permitted(site: &Site, visit: &mut Visit) -> Result<(), Box<Response<Body>>> {
    if visit.session.is_none() {
        return Err(Box::new(me::to_sign_in(visit)));
    }
    if !visit.principal.holds_all("station.manage") {
        return Err(Box::new(people::failed(site, visit, &Error::Forbidden)));
    }
    Ok(())
}

/// `/admin/station`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let known = match site.people.station() {
        Ok(known) => known,
        Err(error) => return people::failed(site, visit, &error),
    };
    let Some(form) = form else { return show(site, visit, &known, None, None) };
    match write(site, visit, &form) {
        Ok(()) => {
            site.forget_facts();
            reply::see_other("/admin/station?said=saved")
        }
        Err(wrong) => show(site, visit, &known, Some(&form), Some(wrong)),
    }
}

fn write(site: &Site, visit: &Visit, form: &ShellForm) -> Result<(), Wrong> {
    let school = form.get("school").to_owned();
    if school.is_empty() {
        return Err(("school", messages::text("setup.school-missing")));
    }
    let names = read_names(form.get("names")).map_err(|text| ("names", text))?;
    let (authority, place) = (form.get("authority").to_owned(), form.get("place").to_owned());
    let mode = mode(form.get("tls"));
    if mode == TlsMode::OwnName && names.is_empty() {
        return Err(("names", messages::text("station.own-needs-name")));
    }
    if mode == TlsMode::OwnName && !site.tls.has_own() {
        return Err(("tls", messages::text("station.own-needs-certificate")));
    }
    site.people
        .change_station(&visit.principal, |station| {
            station.school.clone_from(&school);
            station.authority.clone_from(&authority);
            station.place.clone_from(&place);
            station.names.clone_from(&names);
            station.tls = mode;
        })
        .map_err(|error| ("school", error.text()))
}

fn show(
    site: &Site,
    visit: &mut Visit,
    known: &Station,
    form: Option<&ShellForm>,
    wrong: Option<Wrong>,
) -> Response<Body> {
    let value = |name: &str, now: String| form.map_or(now, |form| form.get(name).to_owned());
    let error = |name: &str| wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, text)| text.clone());
    let field = |name: &str, kind: &str, label: Text, help: Text, now: String| FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        help,
        value: value(name, now),
        error: error(name),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let fields = vec![
        FormField {
            required: true,
            ..field("school", "text", messages::text("setup.school"), Text::default(), known.school.clone())
        },
        field(
            "authority",
            "text",
            messages::text("station.authority"),
            messages::text("station.authority-help"),
            known.authority.clone(),
        ),
        field(
            "place",
            "text",
            messages::text("station.place"),
            messages::text("station.place-help"),
            known.place.clone(),
        ),
        field(
            "names",
            "textarea",
            messages::text("setup.names"),
            messages::text("station.names-help"),
            known.names.join("\n"),
        ),
        mode_field(&value("tls", word(known.tls).to_owned()), error("tls")),
    ];
    let mut widgets = Vec::new();
    if visit.asked("said") == Some("saved") && wrong.is_none() {
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("station.saved"), links: Vec::new() });
    }
    let own = messages::text_with("station.own-name", &[("name", &site.own_name())]);
    widgets.push(Widget::Paragraph { text: own, quiet: false });
    if let Ok((ready, seen)) = site.people.devices() {
        let text = messages::text_with("tls.devices", &[("ready", &ready.to_string()), ("seen", &seen.to_string())]);
        widgets.push(Widget::Paragraph { text, quiet: false });
    }
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: "/admin/station".into(),
        fields,
        submit: messages::text("station.save"),
        tone: Tone::Primary,
        error: wrong.map(|(_, text)| text),
        ..Form::default()
    }));
    let link = |label: Text, href: &str| Action { label, href: href.into(), ..Action::default() };
    widgets.push(Widget::Actions {
        actions: vec![
            link(messages::text("certificate.title"), "/admin/certificate"),
            link(messages::text("tls.title"), "/tls"),
        ],
    });
    let mut page = Page::new(messages::text("station.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, status, &page)
}

/// `/admin/certificate`: the school's own certificate and key, as PEM.
pub(super) fn certificate(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = permitted(site, visit) {
        return *reply;
    }
    let error = match form.map(|form| take_certificate(site, visit, &form)) {
        Some(Ok(())) => return reply::see_other("/admin/certificate"),
        Some(Err(text)) => Some(text),
        None => None,
    };
    let mut widgets = Vec::new();
    if site.tls.has_own() {
        let links = vec![Link::new(messages::text("station.title"), "/admin/station")];
        widgets.push(Widget::Notice { tone: Tone::Good, text: messages::text("certificate.used"), links });
    }
    widgets.push(Widget::Paragraph { text: messages::text("certificate.about"), quiet: false });
    let field = |name: &str, label: Text| FormField {
        name: name.into(),
        kind: "textarea".into(),
        label,
        required: true,
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: "/admin/certificate".into(),
        fields: vec![
            field("chain", messages::text("certificate.chain")),
            field("key", messages::text("certificate.key")),
        ],
        submit: messages::text("certificate.take"),
        tone: Tone::Primary,
        error,
        ..Form::default()
    }));
    let mut page = Page::new(messages::text("certificate.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, status, &page)
}

/// Takes a certificate into use. The journal gets its fingerprint, never its key.
fn take_certificate(site: &Site, visit: &Visit, form: &ShellForm) -> Result<(), Text> {
    let chain = form.get("chain").to_owned();
    let hash: String = Sha256::digest(chain.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    site.tls
        .take_own(chain, form.get("key").to_owned())
        .map_err(|error| messages::text_with("certificate.wrong", &[("reason", &error.to_string())]))?;
    site.people
        .change_station(&visit.principal, |station| station.certificate.clone_from(&hash))
        .map_err(|error| error.text())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_are_read_as_people_paste_them() {
        let names = read_names(" https://Thuvien.Truong.edu.vn/ ,tram\nthuvien.truong.edu.vn").unwrap();
        assert_eq!(names, ["thuvien.truong.edu.vn", "tram"]);
        for wrong in ["192.168.1.4", "thư-viện.vn", "a..b", "-a.vn", "a b_c"] {
            assert!(read_names(wrong).is_err(), "{wrong}");
        }
        assert!(read_names(" ").unwrap().is_empty());
    }

    #[test]
    fn every_mode_has_its_word() {
        for known in [TlsMode::StaffStrict, TlsMode::AllStrict, TlsMode::OwnName] {
            assert_eq!(mode(word(known)), known);
        }
    }
}

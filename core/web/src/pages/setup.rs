//! The first-run wizard, behind the set-up code that `tram init` printed.

use std::time::Duration;

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Form, FormField, Link, Page, Tone, Widget};
use tram_journal::{TimeQuality, clock};
use tram_people::accounts::{Strength, check_password};
use tram_people::directory::{Person, Writer};
use tram_people::{Error, Principal};

use super::{ShellForm, station, tls};
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::tls::authority::BUILD_DAY;
use crate::visit::Visit;
use crate::walls::cookies::Cookie;

/// A wrong code costs this long, so that codes cannot be tried by the thousand.
pub(super) const PENALTY: Duration = Duration::from_secs(1);

/// What is wrong: the field, and what to write instead.
type Wrong = (&'static str, Text);

/// `/setup`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if site.facts().ready {
        return reply::see_other("/");
    }
    let Some(form) = form else { return show(site, visit, None, None) };
    match site.people.is_setup_code(form.get("code")) {
        Ok(true) => {}
        Ok(false) => {
            std::thread::sleep(PENALTY);
            return show(site, visit, Some(&form), Some(("code", messages::text("setup.code-wrong"))));
        }
        Err(error) => return reply::problem(site, visit, StatusCode::INTERNAL_SERVER_ERROR, error.text()),
    }
    match found(site, &form) {
        Ok(administrator) => done(site, visit, &administrator),
        Err(wrong) => show(site, visit, Some(&form), Some(wrong)),
    }
}

/// Writes the station and its two administrators; answers the first one's id.
fn found(site: &Site, form: &ShellForm) -> Result<String, Wrong> {
    if form.get("school").is_empty() {
        return Err(("school", messages::text("setup.school-missing")));
    }
    for (username, password, again) in [("username", "password", "again"), ("username2", "password2", "again2")] {
        if username == "username2" && form.get("name2").is_empty() {
            continue;
        }
        check_password(form.get(username), form.exact(password)).map_err(|error| (password, error.text()))?;
        if form.exact(password) != form.exact(again) {
            return Err((again, messages::text("me.password-differs")));
        }
    }
    let names = station::read_names(form.get("names")).map_err(|text| ("names", text))?;
    set_clock(site, form)?;
    let first = administrator(site, form, ["name", "username", "password"])?;
    if !form.get("name2").is_empty() {
        administrator(site, form, ["name2", "username2", "password2"])?;
    }
    let mode = station::mode(form.get("tls"));
    let school = form.get("school").to_owned();
    site.people
        .change_station(&Principal::console("vi"), |station| {
            station.school.clone_from(&school);
            station.tls = mode;
            station.names.clone_from(&names);
            station.setup_code.clear();
            station.ready = true;
        })
        .map_err(|error| ("school", error.text()))?;
    site.forget_facts();
    Ok(first)
}

/// Field with the browser's time, milliseconds since 1970, that the script fills in.
const BROWSER_TIME: &str = "browser-time";
/// A clock that differs by less is taken for right.
const SAME_MS: i64 = 60_000;

/// The clock of the box and how it was set; the browser's time where no time server
/// has set it.
fn clock_fields(form: Option<&ShellForm>) -> Vec<FormField> {
    let time = clock::now();
    let quality = match time.quality {
        TimeQuality::Ntp => messages::text("setup.clock-ntp"),
        TimeQuality::Browser => messages::text("setup.clock-browser"),
        TimeQuality::Unset => messages::text("setup.clock-unset"),
    };
    let now = super::moment(time.unix_ms);
    let mut fields = vec![FormField {
        group: messages::text("setup.time"),
        name: BROWSER_TIME.into(),
        kind: "clock".into(),
        label: messages::text_with("setup.clock", &[("now", &now)]),
        help: quality,
        value: time.unix_ms.to_string(),
        ..FormField::default()
    }];
    if time.quality != TimeQuality::Ntp {
        fields.push(FormField {
            name: "take-time".into(),
            kind: "checkbox".into(),
            label: messages::text("setup.take-time"),
            help: messages::text("setup.take-time-help"),
            value: form.map_or("1", |form| form.get("take-time")).to_owned(),
            ..FormField::default()
        });
    }
    fields
}

/// Takes the browser's time when no time server has set the clock and the administrator
/// says so.
fn set_clock(site: &Site, form: &ShellForm) -> Result<(), Wrong> {
    let time = clock::now();
    let Ok(browser) = form.get(BROWSER_TIME).parse::<i64>() else { return Ok(()) };
    if time.quality == TimeQuality::Ntp || form.get("take-time") != "1" {
        return Ok(());
    }
    if browser.div_euclid(86_400_000) < BUILD_DAY {
        return Err((BROWSER_TIME, messages::text("setup.clock-wrong")));
    }
    if let Some(care) = &site.care {
        let taken = care.clock.take_browser(browser);
        return taken.map(|_| ()).map_err(|error| (BROWSER_TIME, error.text()));
    }
    if browser.abs_diff(time.unix_ms) < SAME_MS.unsigned_abs() {
        clock::set_quality(TimeQuality::Browser);
    } else {
        clock::take_from_browser(browser);
    }
    Ok(())
}

/// Makes an administrator. Trying again after a mistake finds the person of the try
/// before and makes no second one.
fn administrator(
    site: &Site,
    form: &ShellForm,
    [name, username, password]: [&'static str; 3],
) -> Result<String, Wrong> {
    let console = Principal::console("vi");
    let full_name = form.get(name);
    let known = site.people.persons("staff").map_err(|error| (name, error.text()))?;
    let person = match known.into_iter().find(|person| person.name == full_name) {
        Some(person) => person.id,
        None => {
            let person = Person { name: full_name.to_owned(), kinds: vec!["staff".into()], ..Person::default() };
            let made = site.people.change(&console, "setup", |txn| Writer::new(txn).person(person.clone()));
            made.map_err(|error| (name, error.text()))?.0
        }
    };
    let set = site
        .people
        .set_password(&console, &person, form.get(username), form.exact(password), false)
        .and_then(|()| site.people.set_roles(&console, &person, &["administrator".to_owned()]));
    set.map_err(|error| {
        (if matches!(error, Error::Invalid { field: "password", .. }) { password } else { username }, error.text())
    })?;
    Ok(person)
}

fn done(site: &Site, visit: &mut Visit, administrator: &str) -> Response<Body> {
    if visit.channel.is_secure() {
        match site.people.begin_session(administrator, Strength::Password, visit.channel, false) {
            Ok(token) => visit.set.push(Cookie::Session.set(&token, visit.peer.tls)),
            Err(error) => log::error!("the first session did not begin: {error}"),
        }
        return reply::see_other("/");
    }
    let mut links = vec![Link::new(messages::text("shell.plain-link"), "/tls")];
    links.push(Link::new(messages::text("error.home"), "/"));
    let text = messages::text_with("setup.done-plain", &[("address", &tls::secure_address(site))]);
    let page = Page::new(messages::text("setup.done"), vec![Widget::Notice { tone: Tone::Good, text, links }]);
    reply::shell(site, visit, StatusCode::OK, &page)
}

fn show(site: &Site, visit: &mut Visit, form: Option<&ShellForm>, wrong: Option<Wrong>) -> Response<Body> {
    let value = |name: &str| form.map(|form| form.get(name).to_owned()).unwrap_or_default();
    let error = |name: &str| wrong.as_ref().filter(|(at, _)| *at == name).map(|(_, text)| text.clone());
    let field = |name: &str, kind: &str, label: Text, help: Text| FormField {
        name: name.into(),
        kind: kind.into(),
        label,
        help,
        value: if kind == "password" { String::new() } else { value(name) },
        error: error(name),
        required: true,
        ..FormField::default()
    };
    let none = Text::default;
    let password = |name: &str, label: Text| FormField {
        autocomplete: "new-password".into(),
        ..field(name, "password", label, messages::text("setup.password-help"))
    };
    let again = |name: &str| FormField {
        autocomplete: "new-password".into(),
        ..field(name, "password", messages::text("me.password-again"), none())
    };
    let optional = |field: FormField| FormField { required: false, ..field };
    let tls = value("tls");
    let mut fields = vec![
        FormField {
            autocomplete: "off".into(),
            kind: "scan".into(),
            ..field("code", "scan", messages::text("setup.code"), messages::text("setup.code-help"))
        },
        FormField {
            group: messages::text("setup.school-group"),
            ..field("school", "text", messages::text("setup.school"), messages::text("setup.school-help"))
        },
        FormField {
            group: messages::text("setup.first"),
            autocomplete: "name".into(),
            ..field("name", "text", messages::text("setup.name"), none())
        },
        FormField {
            autocomplete: "username".into(),
            ..field("username", "text", messages::text("sign-in.name"), messages::text("setup.username-help"))
        },
        password("password", messages::text("me.password-new")),
        again("again"),
        optional(FormField {
            group: messages::text("setup.second"),
            autocomplete: "off".into(),
            ..field("name2", "text", messages::text("setup.name"), messages::text("setup.second-help"))
        }),
        optional(FormField {
            autocomplete: "off".into(),
            ..field("username2", "text", messages::text("sign-in.name"), none())
        }),
        optional(password("password2", messages::text("me.password-new"))),
        optional(again("again2")),
        FormField { group: messages::text("setup.network"), ..station::mode_field(&tls, error("tls")) },
        optional(field("names", "text", messages::text("setup.names"), messages::text("setup.names-help"))),
    ];
    fields.extend(clock_fields(form));
    let mut widgets = Vec::new();
    if !visit.channel.is_secure() {
        let text = messages::text_with("setup.plain", &[("address", &tls::secure_address(site))]);
        widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    }
    if site.care.is_some() {
        let links = vec![Link::new(messages::text("restore.link"), "/setup/restore")];
        let text = messages::text("restore.about");
        widgets.push(Widget::Disclosure {
            summary: messages::text("restore.title"),
            open: false,
            widgets: vec![Widget::Notice { tone: Tone::Neutral, text, links }],
        });
    }
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: "/setup".into(),
        fields,
        submit: messages::text("setup.submit"),
        tone: Tone::Primary,
        error: wrong.map(|(_, text)| text),
        ..Form::default()
    }));
    reply::shell(site, visit, status, &Page::new(messages::text("setup.title"), widgets))
}

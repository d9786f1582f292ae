//! `/admin/update`: what version runs, how the last update ended, the next one, and
//! the way back. On a box only.

use std::path::PathBuf;
use std::sync::Arc;

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use tram_appliance::Error;
use tram_appliance::helper::Status;
use tram_appliance::updates::{Incoming, Source, Updates};
use tram_contract::Text;
use tram_contract::page::{Action, Choice, DetailRow, DetailValue, Form, FormField, Link, Page, Tone, Widget};
use tram_host::Upload;

use super::ShellForm;
use super::admin::permitted;
use crate::forms;
use crate::messages;
use crate::plugins;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

const PATH: &str = "/admin/update";
/// Where an update file is sent to.
pub(super) const UPLOAD: &str = "/admin/update/file";
/// Largest update file that is received, bytes.
pub(super) const LARGEST: u64 = 1 << 30;
/// Hours that a restart can be put off to, in the school's time.
const HOURS: [u8; 6] = [12, 18, 20, 22, 0, 4];
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Vietnam has been at UTC+7 without summer time since 1975.
const ZONE_MS: i64 = 7 * HOUR_MS;

/// An upload on its way to the disk.
struct ToDisk {
    name: String,
    incoming: Incoming,
}

impl std::io::Write for ToDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.incoming.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.incoming.flush()
    }
}

impl plugins::Intake for ToDisk {
    fn seal(self: Box<Self>) -> Result<Upload, tram_host::Error> {
        let size = self.incoming.seal().map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Upload { name: self.name, size, ..Upload::default() })
    }
}

/// Where the file of this form goes: onto the disk, not into memory.
pub(super) fn place(site: &Site, visit: &Visit) -> Option<forms::Open> {
    let updates = site.updates.clone().filter(|_| visit.path == UPLOAD && visit.principal.holds("station.manage"))?;
    let size = visit.header(&header::CONTENT_LENGTH).and_then(|text| text.parse().ok()).unwrap_or(LARGEST);
    Some(Box::new(move |name, _| {
        let incoming = updates.receive(size).map_err(|error| error.text())?;
        Ok(Box::new(ToDisk { name: name.to_owned(), incoming }))
    }))
}

fn updates(site: &Site, visit: &mut Visit) -> Result<Arc<Updates>, Box<Response<Body>>> {
    permitted(site, visit, "station.manage")?;
    site.updates.clone().ok_or_else(|| {
        let text = messages::text("update.no-box");
        Box::new(reply::problem(site, visit, StatusCode::NOT_FOUND, text))
    })
}

/// The page.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let updates = match updates(site, visit) {
        Ok(updates) => updates,
        Err(reply) => return *reply,
    };
    let status = match updates.status() {
        Ok(status) => status,
        Err(error) => return failed(site, visit, &error),
    };
    let work = updates.work();
    let running = work.as_ref().is_some_and(|work| work.running);
    let mut widgets = vec![];
    widgets.extend(outcome(&status));
    widgets.push(details(&status));
    if let Some(work) = work {
        if let Some(reason) = work.failed {
            widgets.push(notice(Tone::Bad, reason));
        } else if work.running {
            let percent =
                work.done.saturating_mul(100).checked_div(work.total).map_or(String::new(), |p| format!(" {p}%"));
            let step =
                Text::vi_en(format!("{}…{percent}", work.step.get("vi")), format!("{}…{percent}", work.step.get("en")));
            widgets.push(notice(Tone::Neutral, step));
            widgets.push(quiet("update.running"));
        }
    }
    if !running {
        widgets.extend(next(&status, &updates));
    }
    let mut page = Page::new(messages::text("update.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    let mut reply = reply::shell(site, visit, StatusCode::OK, &page);
    if running {
        reply.headers_mut().insert(header::REFRESH, HeaderValue::from_static("3"));
    }
    reply
}

fn notice(tone: Tone, text: Text) -> Widget {
    Widget::Notice { tone, text, links: Vec::new() }
}

fn quiet(key: &'static str) -> Widget {
    Widget::Paragraph { text: messages::text(key), quiet: true }
}

/// How the last update ended; on the administrator's pages until the next one.
pub(super) fn outcome(status: &Status) -> Option<Widget> {
    let outcome = status.outcome.as_ref()?;
    let values = [("version", outcome.version.to_string()), ("from", outcome.from.to_string())];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if outcome.good {
        return Some(notice(Tone::Good, messages::text_with("update.good", &values)));
    }
    let told = messages::text_with("update.failed", &values);
    let reason = outcome.reason.clone().unwrap_or_default();
    let both = |language: &str| format!("{} {}", told.get(language), reason.get(language));
    Some(notice(Tone::Bad, Text::vi_en(both("vi"), both("en"))))
}

fn details(status: &Status) -> Widget {
    let row = |label: Text, value: Text| DetailRow { label, values: vec![DetailValue { text: value, href: None }] };
    let mut rows = vec![row(messages::text("update.version"), status.running.version.to_string().into())];
    if status.running.on_trial {
        rows.push(row(messages::text("update.state"), messages::text("update.on-trial")));
    }
    if let Some(previous) = &status.previous {
        rows.push(row(messages::text("update.previous"), previous.to_string().into()));
    }
    Widget::Details { rows }
}

/// What can be done next.
fn next(status: &Status, updates: &Updates) -> Vec<Widget> {
    let action = |label: Text, end: &str, tone: Tone, confirm: Option<Text>| Action {
        label,
        href: format!("{PATH}/{end}"),
        post: true,
        tone,
        confirm,
        ..Action::default()
    };
    let mut widgets = Vec::new();
    if let Some(pending) = &status.pending {
        let version = pending.version.to_string();
        let text = match status.restart_at {
            Some(at) => messages::text_with("update.waits-until", &[("version", &version), ("time", &moment(at))]),
            None => messages::text_with("update.waits", &[("version", &version)]),
        };
        widgets.push(notice(Tone::Warning, text));
        return widgets;
    }
    if let Some(staged) = &status.staged {
        let version = staged.version.to_string();
        widgets.push(notice(Tone::Good, messages::text_with("update.staged", &[("version", &version)])));
        let mut choices = vec![Choice { value: "now".into(), label: messages::text("update.now") }];
        choices.extend(HOURS.iter().map(|hour| Choice {
            value: hour.to_string(),
            label: messages::text_with("update.at-hour", &[("hour", &hour.to_string())]),
        }));
        widgets.push(Widget::Form(Form {
            action: format!("{PATH}/when"),
            fields: vec![FormField {
                name: "when".into(),
                kind: "select".into(),
                label: messages::text("update.when"),
                help: messages::text("update.when-help"),
                choices,
                required: true,
                ..FormField::default()
            }],
            submit: messages::text("update.try"),
            tone: Tone::Primary,
            ..Form::default()
        }));
        widgets.push(Widget::Actions {
            actions: vec![action(messages::text("update.forget"), "forget", Tone::Neutral, None)],
        });
        return widgets;
    }
    widgets.push(Widget::Heading { level: 2, text: messages::text("update.new") });
    widgets.push(quiet("update.about"));
    widgets.push(Widget::Form(Form {
        action: UPLOAD.into(),
        fields: vec![FormField {
            name: "file".into(),
            kind: "file".into(),
            label: messages::text("update.file"),
            help: messages::text("update.file-help"),
            accept: ".tram-update".into(),
            required: true,
            ..FormField::default()
        }],
        submit: messages::text("update.send"),
        tone: Tone::Primary,
        ..Form::default()
    }));
    widgets.extend(from_usb(updates));
    if let Some(previous) = &status.previous {
        let version = previous.to_string();
        let question = messages::text_with("update.back-question", &[("version", &version)]);
        widgets.push(Widget::Heading { level: 2, text: messages::text("update.back-title") });
        let label = messages::text_with("update.back", &[("version", &version)]);
        widgets.push(Widget::Actions { actions: vec![action(label, "back", Tone::Warning, Some(question))] });
    }
    widgets
}

fn from_usb(updates: &Updates) -> Vec<Widget> {
    let disks = updates.usb().unwrap_or_default();
    let actions: Vec<Action> = disks
        .iter()
        .flat_map(|disk| disk.updates.iter().map(move |path| (disk, path)))
        .map(|(disk, path)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Action {
                label: messages::text_with("update.from-usb", &[("file", &name)]),
                href: format!("{PATH}/usb"),
                post: true,
                values: vec![("disk".into(), disk.name.clone()), ("path".into(), path.display().to_string())],
                ..Action::default()
            }
        })
        .collect();
    if actions.is_empty() { vec![quiet("update.usb-help")] } else { vec![Widget::Actions { actions }] }
}

/// A moment as `22:00 24/11`, in the school's time.
fn moment(unix_ms: i64) -> String {
    let local = unix_ms.saturating_add(ZONE_MS);
    jiff::Timestamp::from_millisecond(local)
        .map(|time| jiff::tz::Offset::UTC.to_datetime(time).strftime("%H:%M %d/%m").to_string())
        .unwrap_or_default()
}

/// The next time it is `hour` o'clock in the school, milliseconds since 1970.
fn next_hour(now: i64, hour: u8) -> i64 {
    let day = (now + ZONE_MS).div_euclid(DAY_MS) * DAY_MS - ZONE_MS;
    let today = day + i64::from(hour) * HOUR_MS;
    if today > now { today } else { today + DAY_MS }
}

/// What was chosen on the page.
pub(super) fn change(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let updates = match updates(site, visit) {
        Ok(updates) => updates,
        Err(reply) => return *reply,
    };
    let Some(form) = form else { return reply::see_other(PATH) };
    let what = super::segment(&visit.path, 2);
    let done = match what.as_str() {
        "file" if form.has_upload("file") => updates.begin(Source::Upload),
        "usb" => updates.begin(Source::Usb(form.get("disk").to_owned(), PathBuf::from(form.get("path")))),
        "when" => {
            let now = tram_journal::clock::now().unix_ms;
            let hour = form.get("when").parse::<u8>().ok().filter(|hour| HOURS.contains(hour));
            updates.arm(Some(hour.map_or(now, |hour| next_hour(now, hour))))
        }
        "forget" => updates.forget(),
        "back" => updates.go_back(),
        _ => Ok(()),
    };
    log::info!("update: {what} by {}", visit.principal.actor());
    match done {
        Ok(()) if what == "back" => {
            let page = Page::new(
                messages::text("update.title"),
                vec![notice(Tone::Neutral, messages::text("update.restarting"))],
            );
            reply::shell(site, visit, StatusCode::OK, &page)
        }
        Ok(()) => reply::see_other(PATH),
        Err(error) => failed(site, visit, &error),
    }
}

fn failed(site: &Site, visit: &mut Visit, error: &Error) -> Response<Body> {
    let status = match error {
        Error::Refused(_) => StatusCode::CONFLICT,
        Error::Io { .. } | Error::Program { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    reply::problem(site, visit, status, error.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_hour_is_the_next_one_in_the_school() {
        // 2026-11-24 15:30 UTC is 22:30 in Vietnam.
        let now = 1_795_534_200_000;
        assert_eq!(moment(now), "22:30 24/11");
        assert_eq!(moment(next_hour(now, 22)), "22:00 25/11");
        assert_eq!(moment(next_hour(now, 0)), "00:00 25/11");
        assert_eq!(moment(next_hour(now, 4)), "04:00 25/11");
        // 00:30 in Vietnam is still the day before in UTC.
        let early = now + 2 * HOUR_MS;
        assert_eq!(moment(next_hour(early, 4)), "04:00 25/11");
    }
}

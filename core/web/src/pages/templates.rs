//! Templates of documents: which there are, a school's own form of one, a test print.

use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Badge, Card, Cards, DetailRow, Form, FormField, Link, Page, Tone, Widget};
use tram_host::{Error, Host, TemplateStatus};

use super::moment::moment;
use super::plugin::{row, who};
use super::{ShellForm, admin, segment};
use crate::messages;
use crate::plugin_route::disposition;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Where the list is.
const LIST: &str = "/admin/templates";

/// The host, for whoever may change templates.
fn host<'a>(site: &'a Site, visit: &mut Visit) -> Result<&'a Host, Box<Response<Body>>> {
    admin::permitted(site, visit, "plugins.manage")?;
    site.plugins.host().ok_or_else(|| Box::new(missing(site, visit)))
}

fn missing(site: &Site, visit: &mut Visit) -> Response<Body> {
    reply::problem(site, visit, StatusCode::NOT_FOUND, messages::text("error.not-found-text"))
}

/// `/admin/templates`.
pub(super) fn list(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let all = match host(site, visit).map(Host::templates) {
        Ok(Ok(all)) => all,
        Ok(Err(error)) => return admin::failed(site, visit, &error),
        Err(reply) => return *reply,
    };
    let mut widgets = vec![Widget::Paragraph { text: messages::text("templates.about"), quiet: false }];
    widgets.push(if all.is_empty() {
        Widget::Empty { text: messages::text("templates.none"), links: Vec::new() }
    } else {
        let cards = all.iter().map(card).collect();
        Widget::Cards(Cards { label: messages::text("templates.title"), cards, first: 0 })
    });
    widgets.push(Widget::Actions {
        actions: vec![Action {
            label: messages::text("templates.station"),
            href: "/admin/station".into(),
            ..Action::default()
        }],
    });
    let mut page = Page::new(messages::text("templates.title"), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    reply::shell(site, visit, StatusCode::OK, &page)
}

fn state(template: &TemplateStatus) -> Badge {
    match &template.own {
        Some(own) if own.is_behind => Badge { text: messages::text("templates.behind"), tone: Tone::Warning },
        Some(_) => Badge { text: messages::text("templates.own"), tone: Tone::Primary },
        None => Badge { text: messages::text("templates.original"), tone: Tone::Neutral },
    }
}

fn card(template: &TemplateStatus) -> Card {
    Card {
        title: template.name.clone(),
        href: path(template, ""),
        subtitle: template.plugin_name.clone(),
        badges: vec![state(template)],
        ..Card::default()
    }
}

fn path(template: &TemplateStatus, below: &str) -> String {
    format!("{LIST}/{}/{}{below}", template.plugin, template.id)
}

/// The template of the address.
fn asked(site: &Site, visit: &mut Visit) -> Result<(Host, TemplateStatus), Box<Response<Body>>> {
    let host = host(site, visit)?.clone();
    let (plugin, id) = (segment(&visit.path, 2), segment(&visit.path, 3));
    let all = host.templates().map_err(|error| Box::new(admin::failed(site, visit, &error)))?;
    match all.into_iter().find(|template| template.plugin == plugin && template.id == id) {
        Some(template) => Ok((host, template)),
        None => Err(Box::new(missing(site, visit))),
    }
}

/// `/admin/templates/PLUGIN/ID`: a school's own form comes in a POST and is taken once
/// its test print came out.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let (host, template) = match asked(site, visit) {
        Ok(asked) => asked,
        Err(reply) => return *reply,
    };
    let Some(mut form) = form else { return show(site, visit, &template, None) };
    let Some((_, bytes)) = form.take_file("template").filter(|(_, bytes)| !bytes.is_empty()) else {
        return show(site, visit, &template, Some(messages::text("templates.no-file")));
    };
    match host.set_template(&template.plugin, &template.id, &bytes, &visit.principal) {
        Ok(_) => reply::see_other(&path(&template, "?said=taken")),
        Err(Error::Print(error)) => show(site, visit, &template, Some(error.text())),
        Err(Error::Package(text)) => show(site, visit, &template, Some(text)),
        Err(error) => admin::failed(site, visit, &error),
    }
}

fn show(site: &Site, visit: &mut Visit, template: &TemplateStatus, wrong: Option<Text>) -> Response<Body> {
    let mut widgets = Vec::new();
    let said = match visit.asked("said") {
        Some("taken") => Some(messages::text("templates.taken")),
        Some("original") => Some(messages::text("templates.is-original")),
        _ => None,
    };
    if let Some(text) = said.filter(|_| wrong.is_none()) {
        widgets.push(Widget::Notice { tone: Tone::Good, text, links: Vec::new() });
    }
    if template.own.as_ref().is_some_and(|own| own.is_behind) {
        let text = messages::text("templates.behind-about");
        widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    }
    widgets.push(Widget::Details { rows: facts(site, template) });
    let download = |label: Text, below: &str| Action { label, href: path(template, below), ..Action::default() };
    let mut actions = vec![
        Action { tone: Tone::Primary, ..download(messages::text("templates.test"), "/test") },
        download(messages::text("templates.get-original"), "/original"),
    ];
    if template.own.is_some() {
        actions.push(download(messages::text("templates.get-own"), "/own"));
        actions.push(Action {
            post: true,
            confirm: Some(messages::text("templates.reset-question")),
            ..download(messages::text("templates.reset"), "/reset")
        });
    }
    widgets.push(Widget::Actions { actions });
    widgets.push(Widget::Heading { level: 2, text: messages::text("templates.change") });
    widgets.push(Widget::Steps {
        steps: vec![
            messages::text("templates.step-get"),
            messages::text("templates.step-edit"),
            messages::text("templates.step-put"),
        ],
    });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    widgets.push(Widget::Form(Form {
        action: path(template, ""),
        fields: vec![FormField {
            name: "template".into(),
            kind: "file".into(),
            label: messages::text("templates.file"),
            help: messages::text("templates.file-help"),
            accept: ".typ".into(),
            required: true,
            ..FormField::default()
        }],
        submit: messages::text("templates.put"),
        error: wrong,
        ..Form::default()
    }));
    let mut page = Page::new(template.name.clone(), widgets);
    page.breadcrumbs =
        vec![Link::new(messages::text("menu.admin"), "/admin"), Link::new(messages::text("templates.title"), LIST)];
    reply::shell(site, visit, status, &page)
}

fn facts(site: &Site, template: &TemplateStatus) -> Vec<DetailRow> {
    let mut rows = vec![
        row(messages::text("templates.plugin"), template.plugin_name.clone()),
        row(messages::text("templates.used"), state(template).text),
    ];
    if let Some(own) = &template.own {
        let by = who(site, &own.by);
        let decided = |language: &str| format!("{} · {}", by.get(language), moment(own.unix_ms));
        rows.push(row(messages::text("templates.by"), Text::vi_en(decided("vi"), decided("en"))));
    }
    rows
}

/// `/admin/templates/PLUGIN/ID/original` and `own`: the source, to be kept or changed.
pub(super) fn source(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let (host, template) = match asked(site, visit) {
        Ok(asked) => asked,
        Err(reply) => return *reply,
    };
    let original = visit.path.ends_with("/original");
    match host.template(&template.plugin, &template.id, original, &visit.principal) {
        Ok(source) => file("text/plain; charset=utf-8", &format!("{}.typ", template.id), source.into_bytes()),
        Err(error) => admin::failed(site, visit, &error),
    }
}

/// `/admin/templates/PLUGIN/ID/test`: a print of made-up data, as the template is now.
pub(super) fn test(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let (host, template) = match asked(site, visit) {
        Ok(asked) => asked,
        Err(reply) => return *reply,
    };
    match host.test_print(&template.plugin, &template.id, &visit.principal) {
        Ok(printed) => file("application/pdf", &format!("{}.pdf", template.id), printed.pdf),
        Err(Error::Print(error)) => show(site, visit, &template, Some(error.text())),
        Err(error) => admin::failed(site, visit, &error),
    }
}

/// `/admin/templates/PLUGIN/ID/reset`.
pub(super) fn reset(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    let (host, template) = match asked(site, visit) {
        Ok(asked) => asked,
        Err(reply) => return *reply,
    };
    if form.is_none() {
        return reply::see_other(&path(&template, ""));
    }
    match host.reset_template(&template.plugin, &template.id, &visit.principal) {
        Ok(()) => reply::see_other(&path(&template, "?said=original")),
        Err(error) => admin::failed(site, visit, &error),
    }
}

fn file(media_type: &'static str, name: &str, bytes: Vec<u8>) -> Response<Body> {
    let mut reply = reply::bytes(StatusCode::OK, media_type, bytes);
    if let Ok(value) = HeaderValue::from_str(&disposition("attachment", name)) {
        reply.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    reply
}

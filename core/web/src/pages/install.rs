//! A package is looked at, its rights are read and decided, then it is installed or
//! not.

use hyper::{Response, StatusCode};
use tram_contract::Text;
use tram_contract::page::{Action, Form, FormField, Link, Page, Tone, Widget};
use tram_host::{Host, Inspection};

use super::plugin::{publisher, row};
use super::{ShellForm, admin, plugin, rights};
use crate::drafts::Purpose;
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/admin/install`.
pub(super) fn page(site: &Site, visit: &mut Visit, form: Option<ShellForm>) -> Response<Body> {
    if let Err(reply) = admin::permitted(site, visit, "plugins.manage") {
        return *reply;
    }
    let person = visit.principal.person.clone().unwrap_or_default();
    let (Some(mut form), Some(host)) = (form, site.plugins.host()) else { return reply::see_other("/admin") };
    if form.get("step") == "install" {
        let Some(package) = site.drafts.get(&person, Purpose::Package) else { return reply::see_other("/admin") };
        return install(site, visit, host, &person, &form, &package);
    }
    let Some((_, package)) = form.take_file("package") else { return reply::see_other("/admin") };
    match host.inspect(&package) {
        Ok(found) => {
            if found.problems.is_empty() {
                site.drafts.keep(&person, Purpose::Package, package);
            }
            show(site, visit, &found, None)
        }
        Err(error) => admin::failed(site, visit, &error),
    }
}

fn install(
    site: &Site,
    visit: &mut Visit,
    host: &Host,
    person: &str,
    form: &ShellForm,
    package: &[u8],
) -> Response<Body> {
    let found = match host.inspect(package) {
        Ok(found) => found,
        Err(error) => return admin::failed(site, visit, &error),
    };
    let consent = match rights::decided(form, &found.manifest) {
        Ok(consent) => consent,
        Err(text) => return show(site, visit, &found, Some(text)),
    };
    match host.install_with(package, &consent, &visit.principal) {
        Ok(status) => {
            site.drafts.drop(person, Purpose::Package);
            site.forget_facts();
            reply::see_other(&format!("/admin/plugin/{}", status.id))
        }
        // The file still waits, so that a box can be ticked without sending it again.
        Err(error @ tram_host::Error::Package(_)) => show(site, visit, &found, Some(error.text())),
        Err(error) => admin::failed(site, visit, &error),
    }
}

fn show(site: &Site, visit: &mut Visit, found: &Inspection, wrong: Option<Text>) -> Response<Body> {
    let manifest = &found.manifest;
    let mut widgets = vec![Widget::Paragraph { text: manifest.description.clone(), quiet: false }];
    let mut rows = vec![
        row(messages::text("admin.vendor"), manifest.vendor.as_str()),
        row(messages::text("admin.version"), manifest.version.as_str()),
    ];
    if let Some(installed) = &found.installed {
        rows.push(row(messages::text("admin.installed"), installed.as_str()));
    }
    rows.push(row(messages::text("admin.publisher"), publisher(found.publisher.as_deref())));
    rows.push(row(messages::text("admin.hash"), plugin::grouped(&found.hash)));
    widgets.push(Widget::Details { rows });
    if found.problems.is_empty() {
        widgets.extend(decision(found, wrong.clone()));
    } else {
        widgets.push(Widget::Steps { steps: found.sentences.clone() });
        for problem in &found.problems {
            widgets.push(Widget::Notice { tone: Tone::Bad, text: problem.clone(), links: Vec::new() });
        }
    }
    let mut page = Page::new(manifest.name.clone(), widgets);
    page.breadcrumbs = vec![Link::new(messages::text("menu.admin"), "/admin")];
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    reply::shell(site, visit, status, &page)
}

fn decision(found: &Inspection, wrong: Option<Text>) -> Vec<Widget> {
    let manifest = &found.manifest;
    let mut widgets = vec![Widget::Heading { level: 2, text: messages::text("admin.may") }];
    widgets.extend(manifest.openness().map(|text| Widget::Paragraph { text, quiet: false }));
    let mut fields =
        vec![FormField { name: "step".into(), kind: "hidden".into(), value: "install".into(), ..FormField::default() }];
    fields.extend(rights::fields(&found.rights));
    fields.extend(rights::limit_fields(found.ceilings, manifest));
    if found.publisher_changes {
        let pinned = plugin::grouped(found.pinned.as_deref().unwrap_or_default());
        let text = messages::text_with("admin.publisher-changes", &[("pinned", &pinned)]);
        widgets.push(Widget::Notice { tone: Tone::Bad, text, links: Vec::new() });
        fields.push(FormField {
            name: "replace-publisher".into(),
            kind: "checkbox".into(),
            label: messages::text("admin.replace-publisher"),
            help: messages::text("admin.replace-publisher-help"),
            group: messages::text("admin.publisher"),
            ..FormField::default()
        });
    } else if found.publisher.is_none() {
        let text = messages::text("admin.unsigned-about");
        widgets.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    }
    widgets.push(Widget::Paragraph { text: messages::text("admin.choose"), quiet: true });
    widgets.push(Widget::Form(Form {
        action: "/admin/install".into(),
        fields,
        submit: messages::text("admin.install"),
        tone: Tone::Primary,
        error: wrong,
        ..Form::default()
    }));
    widgets.push(Widget::Notice { tone: Tone::Warning, text: messages::text("admin.trust"), links: Vec::new() });
    widgets.push(Widget::Actions {
        actions: vec![Action { label: messages::text("admin.not"), href: "/admin".into(), ..Action::default() }],
    });
    widgets
}

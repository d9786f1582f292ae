//! "Cannot find the station?": what to check, for whoever helps others to reach it, and
//! to print beside the computers.

use hyper::{Response, StatusCode};
use tram_appliance::status::network;
use tram_contract::page::{Action, DetailRow, DetailValue, Page, Tone, Widget};

use super::ShellForm;
use crate::messages;
use crate::reply;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// `/find`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let port = site.http_port.filter(|port| *port != 80).map(|port| format!(":{port}")).unwrap_or_default();
    let interfaces = network::interfaces();
    let mut addresses: Vec<String> = network::main_address(&interfaces)
        .map(|(_, address)| match address {
            std::net::IpAddr::V4(v4) => format!("http://{v4}{port}/"),
            std::net::IpAddr::V6(v6) => format!("http://[{v6}]{port}/"),
        })
        .into_iter()
        .collect();
    let held = site.care.as_ref().and_then(|care| care.names());
    let names = held.map(|names| names.get()).unwrap_or_default();
    addresses.extend(names.into_iter().rev().map(|name| format!("http://{name}{port}/")));
    let values = addresses.into_iter().map(|text| DetailValue { text: text.into(), href: None }).collect();
    let widgets = vec![
        Widget::Paragraph { text: messages::text("find.about"), quiet: false },
        Widget::Details { rows: vec![DetailRow { label: messages::text("find.addresses"), values }] },
        Widget::Heading { level: 2, text: messages::text("find.checks") },
        Widget::Steps {
            steps: vec![
                messages::text("find.check-network"),
                messages::text("find.check-typed"),
                messages::text("find.check-name"),
                messages::text("find.check-moved"),
                messages::text("find.check-box"),
            ],
        },
        Widget::Actions {
            actions: vec![Action {
                label: messages::text("people.print"),
                print: true,
                tone: Tone::Primary,
                ..Action::default()
            }],
        },
    ];
    reply::shell(site, visit, StatusCode::OK, &Page::new(messages::text("find.title"), widgets))
}

//! "Check this device": does it reach the station by HTTPS without a warning, and
//! what to do when it does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use tram_contract::Text;
use tram_contract::page::{Action, Figure, Page, Tab, Tone, Widget};

use super::ShellForm;
use crate::language::Language;
use crate::messages::{self, say};
use crate::query;
use crate::reply;
use crate::router::inert;
use crate::server::body::Body;
use crate::site::Site;
use crate::visit::Visit;

/// Systems whose steps are written down: the word in the address, a mark in the
/// browser's own description, the name.
const SYSTEMS: [(&str, &str, &str); 5] = [
    ("android", "Android", "Android"),
    ("ios", "iPhone", "iPhone, iPad"),
    ("windows", "Windows", "Windows"),
    ("macos", "Macintosh", "macOS"),
    ("linux", "Linux", "Linux, Firefox"),
];

/// The picture that only a trusted connection shows.
const TICK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#2b6a2f"/><path d="M8 17l6 6 11-13" fill="none" stroke="#fff" stroke-width="3.5"/></svg>"##;

/// The station's secure address, by the name that stays with it.
pub(super) fn secure_address(site: &Site) -> String {
    let port = site.https_port.filter(|port| *port != 443).map(|port| format!(":{port}")).unwrap_or_default();
    format!("https://{}{port}/", site.own_name())
}

/// The secure address by the name that this visitor used.
fn secure_origin(site: &Site, visit: &Visit) -> Option<String> {
    if visit.peer.tls {
        return Some(visit.origin());
    }
    let port = site.https_port?;
    let name = match visit.host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => visit.host.as_str(),
    };
    Some(if port == 443 { format!("https://{name}") } else { format!("https://{name}:{port}") })
}

/// `/tls`.
pub(super) fn page(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    // Counted only once the browser has kept its cookie: a program that takes none
    // writes nothing.
    let known = visit.device.is_some();
    let device = match visit.device_name() {
        Ok(device) if known => ticket(site, &device),
        Ok(_) => String::new(),
        Err(error) => {
            log::error!("no random bytes: {error}");
            String::new()
        }
    };
    let origin = secure_origin(site, visit);
    let agent = visit.header(&header::USER_AGENT).unwrap_or_default().to_owned();
    let asked = visit.asked("on").map(str::to_owned);
    let on = asked
        .as_deref()
        .and_then(|asked| SYSTEMS.iter().find(|(word, ..)| *word == asked))
        .or_else(|| SYSTEMS.iter().find(|(_, mark, _)| agent.contains(mark)))
        .map_or("windows", |(word, ..)| *word);
    let mut widgets = Vec::new();
    if ["Zalo", "FBAN", "FBAV", "Instagram"].iter().any(|app| agent.contains(app)) {
        widgets.push(Widget::Notice { tone: Tone::Warning, text: messages::text("tls.in-app"), links: Vec::new() });
    }
    if visit.principal.holds("station.manage")
        && let Ok((ready, seen)) = site.people.devices()
    {
        let label = messages::text_with("tls.devices", &[("ready", &ready.to_string()), ("seen", &seen.to_string())]);
        widgets
            .push(Widget::Figures { figures: vec![Figure { value: format!("{ready} / {seen}"), label, href: None }] });
    }
    let extra = origin.as_ref().map(|origin| check(visit.language, origin, &device));
    widgets.push(Widget::Heading { level: 2, text: messages::text("tls.steps") });
    let tab = |(word, _, name): &(&str, &str, &str)| Tab {
        label: (*name).into(),
        href: format!("/tls?on={word}"),
        current: *word == on,
    };
    widgets.push(Widget::Tabs { tabs: SYSTEMS.iter().map(tab).collect() });
    let file = if on == "ios" { "/tls/tram.mobileconfig" } else { "/tls/tram.crt" };
    widgets.push(Widget::Actions {
        actions: vec![Action {
            label: messages::text("tls.download"),
            href: file.into(),
            tone: Tone::Primary,
            ..Action::default()
        }],
    });
    widgets.push(Widget::Steps { steps: steps(on) });
    widgets.push(Widget::Paragraph {
        text: messages::text_with("tls.fingerprint", &[("fingerprint", &fingerprint(site))]),
        quiet: true,
    });
    let page = Page::new(messages::text("tls.title"), widgets);
    let Some((origin, extra)) = origin.zip(extra) else {
        return reply::shell(site, visit, StatusCode::OK, &page);
    };
    reply::shell_with(site, visit, &page, extra, &origin)
}

/// The place of the tick: a picture from the secure address, which the browser loads
/// only when it trusts the certificate.
fn check(language: Language, origin: &str, device: &str) -> Markup {
    let address = format!("{origin}/tls/seen.svg?d={device}");
    html! {
        section aria-live="polite" {
            h2 { (say(language, "tls.check")) }
            p data-device-wait { (say(language, "tls.checking")) }
            div.notice.good hidden data-device-good {
                span.sign aria-hidden="true" { "✓" }
                p { (say(language, "tls.good")) " " a href={ (origin) "/" } { (origin) } }
            }
            div.notice.warning hidden data-device-bad {
                span.sign aria-hidden="true" { "!" }
                p { (say(language, "tls.bad")) }
            }
            img data-device=(address) data-report={ "/tls/seen.svg?bad=1&d=" (device) } alt="" width="1" height="1";
            noscript { p { (say(language, "tls.no-script")) " " a href={ (origin) "/tls" } { (origin) } } }
        }
    }
}

fn steps(on: &str) -> Vec<Text> {
    match on {
        "android" => vec![
            messages::text("tls.android-1"),
            messages::text("tls.android-2"),
            messages::text("tls.android-3"),
            messages::text("tls.last"),
        ],
        "ios" => vec![
            messages::text("tls.ios-1"),
            messages::text("tls.ios-2"),
            messages::text("tls.ios-3"),
            messages::text("tls.last"),
        ],
        "macos" => vec![messages::text("tls.macos-1"), messages::text("tls.macos-2"), messages::text("tls.last")],
        "linux" => vec![messages::text("tls.linux-1"), messages::text("tls.linux-2"), messages::text("tls.last")],
        _ => vec![
            messages::text("tls.windows-1"),
            messages::text("tls.windows-2"),
            messages::text("tls.windows-3"),
            messages::text("tls.last"),
        ],
    }
}

/// `/tls/seen.svg`: reached by a picture over trusted HTTPS, so the device is ready;
/// with `bad`, reached by the page whose picture did not come.
pub(super) fn seen(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let bad = visit.asked("bad").is_some();
    if let Some(device) = device_of(site, visit.asked("d").unwrap_or_default())
        && (bad || visit.peer.tls)
        && let Err(error) = site.people.device_is_ready(device, !bad)
    {
        log::error!("a device was not counted: {error}");
    }
    let mut reply = inert(StatusCode::OK, Body::from(TICK));
    let head = reply.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The page that asks stands on plain HTTP, which is another site.
    head.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    reply
}

/// `/tls/tram.crt` and `/tls/tram.mobileconfig`: the root, for devices to install.
pub(super) fn root(site: &Site, visit: &mut Visit, _form: Option<ShellForm>) -> Response<Body> {
    let der = site.tls.root_der();
    let (media_type, bytes) = if visit.path.ends_with("mobileconfig") {
        ("application/x-apple-aspen-config", profile(&der, &site.own_name()).into_bytes())
    } else {
        ("application/x-x509-ca-cert", der)
    };
    let mut reply = reply::bytes(StatusCode::OK, media_type, bytes);
    let name = query::decode_path(visit.path.rsplit('/').next().unwrap_or_default());
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        reply.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    reply
}

/// A configuration profile with one root certificate (Apple, Configuration Profile
/// Reference: payload `com.apple.security.root`).
fn profile(der: &[u8], station: &str) -> String {
    let uuid = |word: &str| {
        let hex = blake3::hash(&[der, word.as_bytes()].concat()).to_hex();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_ascii_uppercase();
        format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    };
    let (inner, outer) = (uuid("root"), uuid("profile"));
    let content = STANDARD.encode(der);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadContent</key><array><dict>
<key>PayloadCertificateFileName</key><string>tram.crt</string>
<key>PayloadContent</key><data>{content}</data>
<key>PayloadDisplayName</key><string>Trạm {station}</string>
<key>PayloadIdentifier</key><string>vn.tram.root.{inner}</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{inner}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></array>
<key>PayloadDisplayName</key><string>Trạm {station}</string>
<key>PayloadIdentifier</key><string>vn.tram.{outer}</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{outer}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></plist>
"#
    )
}

/// SHA-256 of the root, as devices show it.
fn fingerprint(site: &Site) -> String {
    let hash = Sha256::digest(site.tls.root_der());
    hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Letters of a device's hash in its ticket.
const HASH: usize = 32;

/// What the picture's address tells of a device: a hash of its cookie, and our mark
/// that we wrote it.
fn ticket(site: &Site, device: &str) -> String {
    let hash: String = blake3::hash(device.as_bytes()).to_hex().chars().take(HASH).collect();
    let mark: String = blake3::keyed_hash(&site.key, hash.as_bytes()).to_hex().chars().take(HASH).collect();
    hash + &mark
}

/// The device of a ticket that we wrote.
fn device_of<'t>(site: &Site, ticket: &'t str) -> Option<&'t str> {
    let (hash, mark) = ticket.split_at_checked(HASH)?;
    let right = blake3::keyed_hash(&site.key, hash.as_bytes()).to_hex();
    (mark.len() == HASH && right.starts_with(mark)).then_some(hash)
}

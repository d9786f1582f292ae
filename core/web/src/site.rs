//! What all requests share: the station's parts, its name, its menu, its limits.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tram_appliance::care::Care;
use tram_appliance::updates::Updates;
use tram_contract::Text;
use tram_host::PluginState;
use tram_journal::Journal;
use tram_people::station::TlsMode;
use tram_people::{People, Principal};

use crate::assets::{Assets, Packed};
use crate::drafts::Drafts;
use crate::kept::Kept;
use crate::messages;
use crate::plugins::Plugins;
use crate::render::MenuItem;
use crate::server::here::Here;
use crate::server::limits::Limits;
use crate::timing::Timing;
use crate::tls::Tls;
use crate::untrusted::Untrusted;
use crate::uploads::Seats;
use crate::walls::names;

/// How long the station's name and menu are kept before they are read again.
const FRESH: Duration = Duration::from_secs(2);

/// What all requests share.
pub(crate) struct Site {
    pub(crate) plugins: Box<dyn Plugins>,
    pub(crate) people: People,
    pub(crate) journal: Journal,
    pub(crate) assets: Assets,
    /// Compressed assets of plugins.
    pub(crate) packed: Packed,
    /// Answers that may be given again.
    pub(crate) kept: Kept,
    pub(crate) limits: Limits,
    pub(crate) here: Here,
    /// Uploads that receive at once.
    pub(crate) receiving: Seats,
    pub(crate) tls: Tls,
    /// Binds forms of those who are not signed in.
    pub(crate) key: [u8; 32],
    pub(crate) demo: bool,
    pub(crate) demo_accounts: Vec<DemoAccount>,
    /// Updates, on a box.
    pub(crate) updates: Option<Arc<Updates>>,
    /// Ports of HTTP and HTTPS, for links from one to the other.
    pub(crate) http_port: Option<u16>,
    pub(crate) https_port: Option<u16>,
    /// What is shared with the untrusted listener; none where it does not listen.
    pub(crate) untrusted: Option<Untrusted>,
    pub(crate) drafts: Drafts,
    /// What the station does for itself; absent where it is served for a test.
    pub(crate) care: Option<Arc<Care>>,
    /// How long replies took of late.
    pub(crate) timing: Timing,
    facts: ArcSwapOption<(Instant, Arc<Facts>)>,
}

/// What a site is made of.
pub(crate) struct Parts {
    pub(crate) plugins: Box<dyn Plugins>,
    pub(crate) people: People,
    pub(crate) journal: Journal,
    pub(crate) tls: Tls,
    pub(crate) key: [u8; 32],
    pub(crate) demo: bool,
    pub(crate) demo_accounts: Vec<DemoAccount>,
    pub(crate) updates: Option<Arc<Updates>>,
    pub(crate) http_port: Option<u16>,
    pub(crate) https_port: Option<u16>,
    pub(crate) untrusted_port: Option<u16>,
    /// Threads of the runtime that serves.
    pub(crate) threads: usize,
    pub(crate) care: Option<Arc<Care>>,
}

/// An account of the demonstration school that is entered with one click.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// Who it is, on the button.
    pub label: Text,
    /// Sign-in name.
    pub username: String,
    /// Password or PIN; it is printed for everybody, so it is no secret.
    pub secret: String,
}

/// What pages need of the station and its plugins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Name of the school.
    pub(crate) school: String,
    /// Whether the wizard is done.
    pub(crate) ready: bool,
    pub(crate) tls: TlsMode,
    /// Names that the station answers to.
    pub(crate) names: Vec<String>,
    menu: Vec<(MenuItem, Option<String>)>,
    /// Hash of all the others.
    print: [u8; 32],
}

impl Facts {
    /// A hash that is another one when any of the facts is: pages show them.
    pub(crate) const fn print(&self) -> &[u8; 32] {
        &self.print
    }

    /// The menu of a principal.
    pub(crate) fn menu(&self, principal: &Principal) -> Vec<MenuItem> {
        self.menu
            .iter()
            .filter(|(_, permission)| permission.as_ref().is_none_or(|permission| principal.holds(permission)))
            .map(|(item, _)| item.clone())
            .collect()
    }
}

impl Site {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            plugins,
            people,
            journal,
            tls,
            key,
            demo,
            demo_accounts,
            updates,
            http_port,
            https_port,
            untrusted_port,
            threads,
            care,
        } = parts;
        Self {
            plugins,
            people,
            journal,
            assets: Assets::new(),
            packed: Packed::default(),
            kept: Kept::default(),
            limits: Limits::of_system(),
            here: Here::new(threads),
            receiving: Seats::default(),
            tls,
            key,
            demo,
            demo_accounts,
            updates,
            http_port,
            https_port,
            untrusted: untrusted_port.map(|port| Untrusted::new(port, &key)),
            drafts: Drafts::default(),
            care,
            timing: Timing::default(),
            facts: ArcSwapOption::empty(),
        }
    }

    /// The name that stays with this station.
    pub(crate) fn own_name(&self) -> String {
        names::own_name(&self.journal.station().to_bytes())
    }

    /// Facts no older than [`FRESH`].
    pub(crate) fn facts(&self) -> Arc<Facts> {
        if let Some(kept) = &*self.facts.load()
            && kept.0.elapsed() < FRESH
        {
            return Arc::clone(&kept.1);
        }
        let facts = Arc::new(self.read_facts());
        self.facts.store(Some(Arc::new((Instant::now(), Arc::clone(&facts)))));
        facts
    }

    /// The next page reads the facts anew.
    pub(crate) fn forget_facts(&self) {
        self.facts.store(None);
    }

    fn read_facts(&self) -> Facts {
        let station = self.people.station().unwrap_or_else(|error| {
            log::error!("the station's own record was not read: {error}");
            // Never offer the wizard because of a failed read.
            tram_people::station::Station { ready: true, ..Default::default() }
        });
        let mut names = station.names;
        names.push(self.own_name());
        // Where nobody tells names on the LAN, nobody can be mistaken for another by them.
        match self.care.as_ref().and_then(|care| care.names()) {
            Some(held) => names.extend(held.get()),
            None => names.push(tram_appliance::mdns::SHORT.to_owned()),
        }
        let mut menu = Vec::new();
        for plugin in self.plugins.plugins() {
            if !matches!(plugin.state, PluginState::Running) {
                continue;
            }
            let base = plugin.manifest.base();
            for entry in &plugin.manifest.menu {
                let path = entry.path.trim_end_matches('/');
                let joint = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
                let item = MenuItem { label: entry.label.clone(), href: format!("{base}{joint}{path}") };
                menu.push((item, entry.permission.clone()));
            }
        }
        let mut shell = |label: Text, href: &str, permission: &str| {
            menu.push((MenuItem { label, href: href.to_owned() }, Some(permission.to_owned())));
        };
        shell(messages::text("menu.people"), "/people", "people.read");
        shell(messages::text("menu.admin"), "/admin", "plugins.manage");
        let print = [0; 32];
        let ready = station.ready || self.demo;
        let mut facts = Facts { school: station.school, ready, tls: station.tls, names, menu, print };
        facts.print = *blake3::hash(format!("{facts:?}").as_bytes()).as_bytes();
        facts
    }
}

/// The key of this station's forms, made at the first start. A form that was open
/// over a restart is still good.
///
/// # Errors
/// The folder cannot be written, or the system has no random bytes.
pub(crate) fn form_key(data: &Path) -> std::io::Result<[u8; 32]> {
    let path = data.join("tls").join("forms.key");
    if let Ok(bytes) = std::fs::read(&path)
        && let Ok(key) = bytes.try_into()
    {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
    crate::tls::files::keep(&path, &key)?;
    Ok(key)
}

//! A station in a temporary folder with the components of `tests/plugins`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "tests; each uses a part of it"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tram_host::{CallError, Embedded, Found, Host, HostOptions, Reply, ReplyBody, Request};
use tram_journal::{Journal, Options};
use tram_people::{Channel, Grant, Kind, People, Principal, Relation};

/// The folder of the packed components, built when it is not given.
pub(crate) fn components() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(given) = std::env::var_os("TRAM_TEST_COMPONENTS") {
            return given.into();
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/plugins/build.sh");
        let built = Command::new("bash").arg(script).arg(&folder).status().expect("bash runs");
        assert!(built.success(), "the test components do not build");
        folder
    })
}

/// The packed component of this name.
pub(crate) fn package(name: &str) -> Vec<u8> {
    std::fs::read(components().join(format!("{name}.tram"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The package with its manifest changed.
pub(crate) fn edited(package: &[u8], edit: impl Fn(String) -> String) -> Vec<u8> {
    use tram_contract::package::{MANIFEST_SECTION, Package, custom_section};
    let source = Package::read(package).unwrap().manifest_source.to_owned();
    let before = custom_section(MANIFEST_SECTION, source.as_bytes());
    let at = package.windows(before.len()).position(|bytes| bytes == before).expect("the manifest's section");
    let changed = edit(source.clone());
    assert_ne!(changed, source, "nothing was edited");
    let after = custom_section(MANIFEST_SECTION, changed.as_bytes());
    [&package[..at], &after, &package[at + before.len()..]].concat()
}

/// A running station.
pub(crate) struct Station {
    pub(crate) host: Host,
    pub(crate) journal: Journal,
    pub(crate) people: People,
    closer: Closer,
    pub(crate) folder: TempDir,
}

/// Ends the background work before the folder goes.
struct Closer(Host);

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn options() -> Options {
    Options { segment_size: 1 << 20, reserve: 0, min_free: 0, ..Options::default() }
}

impl Station {
    /// A new one, without plugins.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let journal = Journal::create(&folder.path().join("data"), options()).unwrap();
        Self::on(folder, journal, &[])
    }

    /// A new one with this component as a plugin of the binary, precompiled.
    pub(crate) fn with_embedded(name: &str) -> Self {
        Self::with_embedded_file(&components().join(format!("{name}.tram")))
    }

    /// The same with a component that lies elsewhere.
    pub(crate) fn with_embedded_file(component: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let compiled = folder.path().join("compiled");
        tram_host::compile_baseline(component, &compiled).unwrap();
        let embedded = Embedded {
            package: Box::leak(std::fs::read(component).unwrap().into_boxed_slice()),
            compiled: Box::leak(std::fs::read(compiled).unwrap().into_boxed_slice()),
        };
        let journal = Journal::create(&folder.path().join("data"), options()).unwrap();
        Self::on(folder, journal, &[embedded])
    }

    fn on(folder: TempDir, journal: Journal, embedded: &[Embedded]) -> Self {
        let people = People::open(journal.clone()).unwrap();
        let options = HostOptions {
            data: folder.path().join("data"),
            extract_time: Duration::from_secs(10),
            // Unset: in this process, as the whole workspace is built with the typesetter.
            printer: std::env::var_os("TRAM_TEST_PRINTER").into_iter().collect(),
            extract_bytes: 8 << 20,
            ..HostOptions::default()
        };
        let host = Host::start(options, journal.clone(), people.clone(), embedded).unwrap();
        Self { closer: Closer(host.clone()), host, journal, people, folder }
    }

    /// One with these plugins installed.
    pub(crate) fn with(names: &[&str]) -> Self {
        let station = Self::new();
        for name in names {
            station.host.install(package(name), &console()).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        station
    }

    /// Closes it and opens it again.
    pub(crate) fn restart(self) -> Self {
        let Self { host, journal, people, closer, folder } = self;
        drop(closer);
        drop(host);
        drop(people);
        journal.close().unwrap();
        let journal = Journal::open(&folder.path().join("data"), options()).unwrap();
        let station = Self::on(folder, journal, &[]);
        station.wait("plugins run", |station| {
            station.host.plugins().iter().all(|plugin| plugin.state != tram_host::PluginState::Preparing)
        });
        station
    }

    /// Sends a request to a path, as the web would.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
        principal: &Principal,
    ) -> Result<Reply, CallError> {
        self.send_after(method, path, form, principal, None)
    }

    pub(crate) fn send_after(
        &self,
        method: &str,
        path: &str,
        form: &[(&str, &str)],
        principal: &Principal,
        after: Option<u64>,
    ) -> Result<Reply, CallError> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Found::Route { plugin, route, params, below } = self.host.find(method, path) else {
            panic!("no route for {method} {path}")
        };
        let query = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request { method: method.into(), path: below, params, query, form, after, ..Request::default() };
        self.host.call(&plugin, &route, request, principal)
    }

    /// A GET that answers JSON.
    pub(crate) fn get(&self, path: &str, principal: &Principal) -> serde_json::Value {
        json(self.send("GET", path, &[], principal).unwrap_or_else(|error| panic!("GET {path}: {error}")))
    }

    /// A POST that answers JSON.
    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)], principal: &Principal) -> serde_json::Value {
        json(self.send("POST", path, form, principal).unwrap_or_else(|error| panic!("POST {path}: {error}")))
    }

    /// Waits until something holds.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(30);
        while !holds(self) {
            assert!(Instant::now() < until, "{what}: not within 30 s");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The JSON of a reply.
pub(crate) fn json(reply: Reply) -> serde_json::Value {
    match reply.body {
        ReplyBody::Bytes(bytes) => serde_json::from_slice(&bytes).unwrap(),
        other => panic!("expected bytes, got {other:?}"),
    }
}

/// The owner of the box.
pub(crate) fn console() -> Principal {
    Principal::console("vi")
}

/// Nobody in particular.
pub(crate) fn public() -> Principal {
    Principal::public(Channel::Https, "vi")
}

/// Somebody with these permissions.
pub(crate) fn person(id: &str, permissions: &[&str]) -> Principal {
    Principal {
        kind: Kind::Person,
        person: Some(id.to_owned()),
        grants: permissions
            .iter()
            .map(|permission| Grant { permission: (*permission).to_owned(), relation: Relation::All })
            .collect(),
        ..public()
    }
}

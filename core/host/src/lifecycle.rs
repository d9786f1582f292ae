//! From a package to a running plugin, and back: looked into, installed, granted,
//! switched on and off, removed. Grants are rows of the journal: who and when.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_contract::package::Package;
use tram_journal::{Context, Reader, RunError};
use tram_people::Principal;
use wasmtime::component::Component;

use crate::capabilities::FIELDS;
use crate::compile::{MAX_SIZE, check_size};
use crate::grants::Grants;
use crate::host::{Asset, Embedded, Inspection, PluginState, PluginStatus};
use crate::inner::Core;
use crate::permits::{Allowance, Breaker, Permits, lock};
use crate::plugin::{Counts, Entry, Plugin, Status, capability, check_imports};
use crate::routing::Routes;
use crate::tables::{self, PLUGINS, SETTINGS};
use crate::{Error, delivery, sentences};

/// Permission to install and change plugins.
const PERMISSION: &str = "plugins.manage";
/// Largest package, assets included.
const MAX_PACKAGE: usize = 64 << 20;
/// Words that no plugin may have for an id: they are paths or owners of the core.
const RESERVED: &[&str] = &[
    "core",
    "host",
    "people",
    "admin",
    "api",
    "x",
    "me",
    "search",
    "sign-in",
    "sign-out",
    "setup",
    "jobs",
    "card",
    "tls",
    "static",
    "upload",
    "healthz",
    "metrics",
    "system",
    "console",
    "robots.txt",
    "favicon.ico",
];
/// Storage of a vendor's plugin that asks for nothing particular, bytes.
const VENDOR_QUOTA: u64 = 256 << 20;
/// How long the breaker keeps a bundled plugin off.
const PAUSE: Duration = Duration::from_secs(30);

/// An installed plugin, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    version: String,
    /// Hash of the component.
    component: String,
    /// Package in the blob store; none for embedded ones.
    #[serde(default)]
    package: Option<String>,
    enabled: bool,
    #[serde(default)]
    reason: String,
    grants: Grants,
    /// Who granted, and when.
    by: String,
    unix_ms: i64,
}

fn context(principal: &Principal, note: &str) -> Context {
    Context {
        actor: principal.actor().to_owned(),
        owner: tables::OWNER.to_owned(),
        cause: None,
        time: tram_journal::clock::now(),
        note: note.to_owned(),
    }
}

fn run<T>(
    core: &Core,
    context: Context,
    body: impl FnMut(&mut tram_journal::Txn) -> Result<T, Error>,
) -> Result<T, Error> {
    core.journal.run(context, body).map(|(value, _)| value).map_err(|error| match error {
        RunError::Body(error) => error,
        RunError::Begin(error) => error.into(),
        RunError::Commit(error) => error.into(),
    })
}

fn record(reader: &dyn Reader, id: &str) -> Result<Option<Record>, Error> {
    reader
        .get(tables::OWNER, PLUGINS, id.as_bytes())?
        .map(|row| tables::decode("a plugin's record", &row.value))
        .transpose()
}

fn allowed(principal: &Principal) -> Result<(), Error> {
    if principal.holds(PERMISSION) { Ok(()) } else { Err(Error::NotAllowed(PERMISSION)) }
}

fn refused(vi: impl Into<String>, en: impl Into<String>) -> Error {
    Error::Package(Text::vi_en(vi, en))
}

/// Reads a package and checks all that can be checked without compiling.
fn read(bytes: &[u8]) -> Result<Package<'_>, Error> {
    if bytes.len() > MAX_PACKAGE {
        return Err(refused(
            "Tệp phần mở rộng quá lớn (tối đa 64 MB).",
            "The plugin file is too large (at most 64 MB).",
        ));
    }
    Package::read(bytes)
        .map_err(|error| refused(format!("Không đọc được tệp phần mở rộng: {error}."), error.to_string()))
}

/// What is wrong with a manifest, the host's own rules included.
fn problems(manifest: &Manifest) -> Vec<String> {
    let mut problems: Vec<String> =
        manifest.problems().into_iter().map(|problem| format!("{}: {}", problem.place, problem.reason)).collect();
    if RESERVED.contains(&manifest.id.as_str()) {
        problems.push(format!("id: {} is a word of the station itself", manifest.id));
    }
    for (at, asked) in manifest.capability.iter().enumerate() {
        if !crate::capabilities::NAMES.contains(&asked.name.as_str()) {
            problems.push(format!("capability[{at}].name: there is no capability {}", asked.name));
        }
        if asked.purpose.is_empty() {
            problems.push(format!("capability[{at}].purpose: says why, for the administrator"));
        }
        for field in &asked.fields {
            if !FIELDS.iter().any(|known| known.0 == field) && !field.contains('.') {
                problems.push(format!("capability[{at}].fields: there is no field {field}"));
            }
        }
    }
    problems
}

/// The interfaces that a component imports functions from, read without running or
/// compiling it.
fn imports(component: &[u8]) -> Result<Vec<String>, Error> {
    use wasmparser::component_types::ComponentEntityType;
    let types = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::default())
        .validate_all(component)
        .map_err(|error| {
        refused(format!("Tệp phần mở rộng không hợp lệ: {error}."), format!("The plugin file is not valid: {error}."))
    })?;
    let types = types.as_ref();
    let mut imports = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| refused(error.to_string(), error.to_string()))?;
        // Imports of nested components are the outer one's business.
        match payload {
            wasmparser::Payload::ComponentImportSection(section) => {
                for import in section {
                    let name = import.map_err(|error| refused(error.to_string(), error.to_string()))?.name.name;
                    let bare_types = match types.component_item_for_import(name).map(|item| item.ty) {
                        Some(ComponentEntityType::Instance(id)) => types.get(id).is_some_and(|instance| {
                            instance.exports.values().all(|item| matches!(item.ty, ComponentEntityType::Type { .. }))
                        }),
                        Some(ComponentEntityType::Type { .. }) => true,
                        _ => false,
                    };
                    if !bare_types {
                        imports.push(name.to_owned());
                    }
                }
            }
            wasmparser::Payload::ComponentSection { .. } => break,
            _ => {}
        }
    }
    Ok(imports)
}

/// Looks into a package for the administrator.
///
/// # Errors
/// The file is no package at all; what is wrong within stands in the result.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspection, Error> {
    let package = read(bytes)?;
    let component = package.component();
    let mut wrong: Vec<Text> = problems(&package.manifest).into_iter().map(Text::Plain).collect();
    if let Err(error) = check_size(&component) {
        wrong.push(error.text());
    }
    let imports = match imports(&component) {
        Ok(imports) => imports,
        Err(error) => {
            wrong.push(error.text());
            Vec::new()
        }
    };
    let grants = Grants::asked(&package.manifest);
    if let Err(error) = check_imports(&imports, &grants) {
        wrong.push(error.text());
    }
    Ok(Inspection {
        sentences: sentences::of(&package.manifest),
        imports: imports.iter().map(|name| capability(name).map_or(name.clone(), str::to_owned)).collect(),
        hash: blake3::hash(&component).to_hex().to_string(),
        grants,
        problems: wrong,
        manifest: Arc::new(package.manifest),
    })
}

/// An entry of the registry, not yet running.
fn entry(
    package: &Package<'_>,
    grants: Grants,
    hash: String,
    embedded: bool,
    kept: Option<String>,
) -> Result<Entry, Error> {
    let assets = package
        .assets
        .iter()
        .map(|asset| {
            let path = asset.path.to_owned();
            let hash = blake3::hash(asset.bytes).to_hex().chars().take(16).collect();
            let asset = Asset { bytes: Arc::from(asset.bytes), media_type: asset.media_type.to_owned(), hash };
            (path, asset)
        })
        .collect::<HashMap<_, _>>();
    Ok(Entry {
        routes: Routes::of(&package.manifest)?,
        manifest: Arc::new(package.manifest.clone()),
        embedded,
        grants,
        hash,
        assets,
        package: kept,
        status: RwLock::new(Status::Preparing),
        breaker: Breaker::default(),
        allowance: Allowance::new(),
        turn: Permits::new(1),
        counts: Counts::default(),
    })
}

/// Declares what the manifest declares to journal and people.
fn declare(core: &Core, manifest: &Manifest, embedded: bool) -> Result<(), Error> {
    core.journal.declare(&manifest.id, &tables::declared(manifest))?;
    core.people.declare_plugin_roles(manifest)?;
    let asked = manifest.limits.storage.map(|mib| u64::from(mib) << 20);
    let quota = if embedded { asked } else { Some(asked.unwrap_or(VENDOR_QUOTA).min(VENDOR_QUOTA * 16)) };
    if core.journal.usage(&manifest.id).quota != quota {
        core.journal.set_quota(&manifest.id, quota)?;
    }
    Ok(())
}

fn put_in(core: &Core, entry: &Arc<Entry>) {
    core.registry.rcu(|registry| {
        let mut registry = registry.as_ref().clone();
        registry.insert(entry.id().to_owned(), Arc::clone(entry));
        registry
    });
}

/// Starts a plugin whose component is at hand.
fn start(core: &Arc<Core>, entry: &Arc<Entry>, component: &Component) -> Result<(), Error> {
    let plugin = Plugin::load(&core.engine, component, Arc::clone(&entry.manifest), entry.grants.clone())?;
    if !entry.grants.topics.is_empty() {
        let head = core.journal.head().sequence;
        delivery::commit(core, |txn| delivery::begin(txn, entry.id(), head))?;
    }
    entry.set(Status::Running(Arc::new(plugin)));
    core.indexes.follow(core, entry)?;
    core.jobs.raise();
    Ok(())
}

/// Takes in a plugin of the binary: installed and granted by itself, unless an
/// administrator switched it off.
pub(crate) fn embed(core: &Arc<Core>, embedded: &Embedded) -> Result<(), Error> {
    let package = read(embedded.package)?;
    let wrong = problems(&package.manifest);
    if !wrong.is_empty() {
        return Err(Error::malformed("an embedded plugin's manifest", wrong.join("; ")));
    }
    let bytes = package.component();
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let id = package.manifest.id.clone();
    let known = record(&core.journal.read()?, &id)?;
    let grants = Grants::asked(&package.manifest);
    let changed = known.as_ref().is_none_or(|known| {
        known.component != hash || known.grants != grants || known.version != package.manifest.version
    });
    let enabled = known.as_ref().is_none_or(|known| known.enabled);
    let entry = Arc::new(entry(&package, grants.clone(), hash.clone(), true, None)?);
    declare(core, &package.manifest, true)?;
    if changed {
        let system = Principal::console("vi");
        run(core, context(&system, "a plugin of this version of the station"), |txn| {
            let record = Record {
                version: package.manifest.version.clone(),
                component: hash.clone(),
                package: None,
                enabled,
                reason: known.as_ref().map(|known| known.reason.clone()).unwrap_or_default(),
                grants: grants.clone(),
                by: "system".into(),
                unix_ms: tram_journal::clock::now().unix_ms,
            };
            Ok(txn.put(tables::OWNER, PLUGINS, id.as_bytes(), &tables::encode(&record), 1, &[], None)?)
        })?;
    }
    put_in(core, &entry);
    if !enabled {
        entry.set(Status::Off { reason: "administrator".into(), until: None });
        return Ok(());
    }
    // SAFETY: the bytes are compiled into this binary, by the build that made it.
    let component = match unsafe { Component::deserialize(&core.engine, embedded.compiled) } {
        Ok(component) => component,
        Err(error) => {
            if !embedded.compiled.is_empty() {
                log::info!("{id}: its compiled form does not fit and is made anew: {error}");
            }
            core.cache.load(&core.engine, &hash, &bytes)?
        }
    };
    start(core, &entry, &component)
}

/// Takes in the installed plugins of the journal, each prepared in the background.
pub(crate) fn load_installed(core: &Arc<Core>) -> Result<(), Error> {
    let page = core.journal.read()?.scan(tables::OWNER, PLUGINS, &tram_journal::ScanRange::all(1_000))?;
    for row in page.rows {
        let id = String::from_utf8_lossy(&row.key).into_owned();
        let record: Record = tables::decode("a plugin's record", &row.value)?;
        let Some(kept) = record.package.clone() else { continue };
        let loaded = load_one(core, record, &kept);
        if let Err(error) = loaded {
            log::error!("{id}: does not start: {error}");
        }
    }
    Ok(())
}

fn load_one(core: &Arc<Core>, record: Record, kept: &str) -> Result<(), Error> {
    let bytes = package_bytes(core, kept)?;
    let package = read(&bytes)?;
    let component = package.component();
    let grants = record.grants.and(&Grants::asked(&package.manifest));
    let entry = Arc::new(entry(&package, grants, record.component, false, Some(kept.to_owned()))?);
    declare(core, &package.manifest, false)?;
    put_in(core, &entry);
    if record.enabled {
        prepare(core, &entry, component)
    } else {
        entry.set(Status::Off { reason: record.reason, until: None });
        Ok(())
    }
}

fn package_bytes(core: &Core, kept: &str) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let mut bytes = Vec::new();
    core.journal.blobs().open(&kept.parse()?)?.take(MAX_PACKAGE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Compiles or loads in the background, then starts.
fn prepare(core: &Arc<Core>, entry: &Arc<Entry>, component: Vec<u8>) -> Result<(), Error> {
    entry.set(Status::Preparing);
    let (core, entry) = (Arc::clone(core), Arc::clone(entry));
    std::thread::Builder::new().name("tram-prepare".into()).spawn(move || {
        crate::vendors::give_way();
        let started = core
            .cache
            .load(&core.engine, &entry.hash, &component)
            .and_then(|component| start(&core, &entry, &component));
        if let Err(error) = started {
            log::error!("{}: does not start: {error}", entry.id());
            entry.set(Status::Failed { reason: error.text() });
        }
    })?;
    Ok(())
}

/// Installs a package with the grants that its manifest asks for: by doing so the
/// administrator, who was shown the sentences, agrees to them.
pub(crate) fn install(core: &Arc<Core>, bytes: &[u8], principal: &Principal) -> Result<PluginStatus, Error> {
    allowed(principal)?;
    let inspection = inspect(bytes)?;
    if let Some(problem) = inspection.problems.first() {
        return Err(Error::Package(problem.clone()));
    }
    let package = read(bytes)?;
    let id = package.manifest.id.clone();
    let _one = lock(&core.changing);
    if core.entry(&id).is_some_and(|known| known.embedded) {
        return Err(refused(
            format!("“{id}” là phần có sẵn của Trạm, không thay bằng tệp khác được."),
            format!("“{id}” comes with Trạm and is not replaced by a file."),
        ));
    }
    let component_bytes = package.component();
    if component_bytes.len() > MAX_SIZE {
        return Err(refused("Phần mở rộng quá lớn.", "The plugin is too large."));
    }
    // Compiled and linked before anything is kept: a plugin that cannot run is not
    // installed.
    let component = core.cache.load(&core.engine, &inspection.hash, &component_bytes)?;
    let grants = inspection.grants;
    let mut writer = core.journal.blobs().writer()?;
    std::io::Write::write_all(&mut writer, bytes)?;
    let kept = writer.finish()?.id.to_string();
    let entry = Arc::new(entry(&package, grants.clone(), inspection.hash.clone(), false, Some(kept.clone()))?);
    Plugin::load(&core.engine, &component, Arc::clone(&entry.manifest), grants.clone())?;
    declare(core, &package.manifest, false)?;
    run(core, context(principal, "a plugin was installed"), |txn| {
        let record = Record {
            version: package.manifest.version.clone(),
            component: inspection.hash.clone(),
            package: Some(kept.clone()),
            enabled: true,
            reason: String::new(),
            grants: grants.clone(),
            by: principal.actor().to_owned(),
            unix_ms: tram_journal::clock::now().unix_ms,
        };
        txn.hold_blob(&kept.parse()?)?;
        if let Some(before) = self::record(txn, &id)?.and_then(|before| before.package) {
            txn.release_blob(&before.parse()?)?;
        }
        Ok(txn.put(tables::OWNER, PLUGINS, id.as_bytes(), &tables::encode(&record), 1, &[], None)?)
    })?;
    put_in(core, &entry);
    start(core, &entry, &component)?;
    Ok(status(core, &entry))
}

/// Switches a plugin on or off.
pub(crate) fn set_enabled(core: &Arc<Core>, id: &str, enabled: bool, principal: &Principal) -> Result<(), Error> {
    allowed(principal)?;
    let _one = lock(&core.changing);
    let entry = core.entry(id).ok_or_else(|| Error::NoPlugin(id.to_owned()))?;
    write_enabled(core, id, enabled, "administrator", principal)?;
    if !enabled {
        entry.set(Status::Off { reason: "administrator".into(), until: None });
        core.indexes.leave(id);
        return Ok(());
    }
    if entry.running().is_some() {
        return Ok(());
    }
    switch_on(core, &entry)
}

fn write_enabled(core: &Core, id: &str, enabled: bool, reason: &str, principal: &Principal) -> Result<(), Error> {
    let note = if enabled { "a plugin was switched on" } else { "a plugin was switched off" };
    run(core, context(principal, note), |txn| {
        let Some(mut record) = record(txn, id)? else { return Err(Error::NoPlugin(id.to_owned())) };
        record.enabled = enabled;
        record.reason = if enabled { String::new() } else { reason.to_owned() };
        Ok(txn.put(tables::OWNER, PLUGINS, id.as_bytes(), &tables::encode(&record), 1, &[], None)?)
    })
}

fn switch_on(core: &Arc<Core>, entry: &Arc<Entry>) -> Result<(), Error> {
    let component = match &entry.package {
        Some(kept) => read(&package_bytes(core, kept)?)?.component(),
        None => match core
            .embedded
            .iter()
            .find(|embedded| Package::read(embedded.package).is_ok_and(|package| package.manifest.id == entry.id()))
        {
            Some(embedded) => read(embedded.package)?.component(),
            None => return Err(Error::NoPlugin(entry.id().to_owned())),
        },
    };
    prepare(core, entry, component)
}

/// Opens the breaker: the plugin is off, visibly. A vendor's stays off until an
/// administrator looks; a bundled one comes back after a pause, since one bad page
/// must not cost a school its catalogue for the weekend.
pub(crate) fn trip(core: &Arc<Core>, entry: &Arc<Entry>) {
    log::error!(
        "{}: switched off after {} failures within {} s",
        entry.id(),
        Breaker::FAILURES,
        Breaker::WITHIN.as_secs()
    );
    if entry.embedded {
        let until = Instant::now() + PAUSE;
        let before = entry.status();
        entry.set(Status::Off { reason: "failures".into(), until: Some(until) });
        let entry = Arc::clone(entry);
        let waiting = std::thread::Builder::new().name("tram-breaker".into()).spawn(move || {
            std::thread::sleep(PAUSE);
            // Unless an administrator decided otherwise meanwhile.
            if matches!(entry.status(), Status::Off { until: Some(when), .. } if when == until) {
                entry.set(before);
            }
        });
        if let Err(error) = waiting {
            log::error!("the breaker's pause cannot be timed: {error}");
        }
        return;
    }
    entry.set(Status::Off { reason: "failures".into(), until: None });
    core.indexes.leave(entry.id());
    let system = Principal { kind: tram_people::Kind::Job, ..Principal::console("vi") };
    if let Err(error) = write_enabled(core, entry.id(), false, "failures", &system) {
        log::error!("{}: that it is off could not be written: {error}", entry.id());
    }
}

/// Removes an installed plugin, with its data or without.
pub(crate) fn remove(core: &Arc<Core>, id: &str, with_data: bool, principal: &Principal) -> Result<(), Error> {
    allowed(principal)?;
    let _one = lock(&core.changing);
    let entry = core.entry(id).ok_or_else(|| Error::NoPlugin(id.to_owned()))?;
    if entry.embedded {
        return Err(refused(
            "Phần có sẵn của Trạm không gỡ được; có thể tắt nó.",
            "A plugin that comes with Trạm cannot be removed; it can be switched off.",
        ));
    }
    entry.set(Status::Off { reason: "administrator".into(), until: None });
    core.indexes.forget(id);
    core.registry.rcu(|registry| {
        let mut registry = registry.as_ref().clone();
        registry.remove(id);
        registry
    });
    run(core, context(principal, "a plugin was removed"), |txn| {
        if let Some(package) = record(txn, id)?.and_then(|record| record.package) {
            txn.release_blob(&package.parse()?)?;
        }
        Ok(txn.delete(tables::OWNER, PLUGINS, id.as_bytes(), None)?)
    })?;
    if with_data {
        for collection in [SETTINGS, tables::FILES, tables::DRAFTS, tables::PARKED] {
            remove_below(core, collection, id, principal)?;
        }
        core.journal.remove_owner_data(context(principal, "the data of a removed plugin"), id)?;
        run(core, context(principal, "the cursor of a removed plugin"), |txn| {
            Ok(txn.delete(tables::OWNER, tables::CURSORS, id.as_bytes(), None)?)
        })?;
    }
    Ok(())
}

/// Deletes the host's rows that belong to a plugin, in pieces.
fn remove_below(core: &Core, collection: &str, id: &str, principal: &Principal) -> Result<(), Error> {
    let range = tram_journal::ScanRange::prefix(&tables::joined(id, b""), 1_000);
    loop {
        let page = core.journal.read()?.scan(tables::OWNER, collection, &range)?;
        if page.rows.is_empty() {
            return Ok(());
        }
        // In the plugin's name, whose files they are.
        let context = Context { owner: id.to_owned(), ..context(principal, "the data of a removed plugin") };
        run(core, context, |txn| {
            for row in &page.rows {
                if collection == tables::FILES {
                    txn.release_blob(&crate::capabilities::content_of(&row.value)?)?;
                }
                txn.delete(tables::OWNER, collection, &row.key, None)?;
            }
            Ok(())
        })?;
    }
}

/// What the administrator's page shows of a plugin.
pub(crate) fn status(core: &Core, entry: &Arc<Entry>) -> PluginStatus {
    PluginStatus {
        id: entry.id().to_owned(),
        manifest: Arc::clone(&entry.manifest),
        state: match entry.status() {
            Status::Running(_) => PluginState::Running,
            Status::Preparing => PluginState::Preparing,
            Status::Off { reason, .. } => PluginState::Off { reason: crate::error::off_reason(&reason) },
            Status::Failed { reason } => PluginState::Failed { reason },
        },
        embedded: entry.embedded,
        grants: entry.grants.clone(),
        sentences: sentences::of(&entry.manifest),
        usage: core.journal.usage(entry.id()),
        hash: entry.hash.clone(),
        calls: entry.counts.calls.load(std::sync::atomic::Ordering::Relaxed),
        failures: entry.counts.failures.load(std::sync::atomic::Ordering::Relaxed),
    }
}

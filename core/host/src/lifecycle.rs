//! From a package to a running plugin, and back: looked into, installed, granted,
//! switched on and off, removed. Grants are rows of the journal: who and when.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tram_contract::manifest::Manifest;
use tram_contract::package::Package;
use tram_journal::{Context, Reader, RunError};
use tram_people::Principal;
use wasmtime::component::Component;

use crate::compile::MAX_SIZE;
use crate::consent::{Ceilings, Consent, decided};
use crate::grants::Grants;
use crate::host::{Asset, Embedded, PluginState, PluginStatus};
use crate::inner::Core;
use crate::package::{MAX_PACKAGE, inspect, problems, read, refused};
use crate::permits::{Allowance, Breaker, Permits, lock};
use crate::plugin::{Counts, Entry, Limits, Plugin, Status};
use crate::routing::Routes;
use crate::tables::{self, PLUGINS, SETTINGS};
use crate::{Error, delivery, publisher};

/// Permission to install and change plugins.
const PERMISSION: &str = "plugins.manage";
/// Storage of a vendor's plugin that asks for nothing particular, bytes.
const VENDOR_QUOTA: u64 = 256 << 20;
/// How long switching on waits for the plugin to run, so that the page that follows
/// says how it went; compiling takes longer and goes on behind.
const SWITCHED_WITHIN: Duration = Duration::from_millis(1_500);
/// How long the breaker keeps a bundled plugin off.
const PAUSE: Duration = Duration::from_secs(30);

/// An installed plugin, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) version: String,
    /// Hash of the component.
    pub(crate) component: String,
    /// Package in the blob store; none for embedded ones.
    #[serde(default)]
    pub(crate) package: Option<String>,
    pub(crate) enabled: bool,
    #[serde(default)]
    reason: String,
    grants: Grants,
    /// What was asked for and refused, so that no update brings it back.
    #[serde(default)]
    pub(crate) refused: Grants,
    /// Limits that an administrator set.
    #[serde(default, rename = "limits")]
    pub(crate) ceilings: Ceilings,
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

pub(crate) fn record(reader: &dyn Reader, id: &str) -> Result<Option<Record>, Error> {
    reader
        .get(tables::OWNER, PLUGINS, id.as_bytes())?
        .map(|row| tables::decode("a plugin's record", &row.value))
        .transpose()
}

pub(crate) fn allowed(principal: &Principal) -> Result<(), Error> {
    if principal.holds(PERMISSION) { Ok(()) } else { Err(Error::NotAllowed(PERMISSION)) }
}

/// An entry of the registry, not yet running, as its record says.
fn entry(package: &Package<'_>, record: &Record, embedded: bool) -> Result<Entry, Error> {
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
        grants: record.grants.and(&Grants::asked(&package.manifest)),
        hash: record.component.clone(),
        assets,
        package: record.package.clone(),
        publisher: if embedded { None } else { publisher::of(package)? },
        ceilings: record.ceilings,
        decided: (record.by.clone(), record.unix_ms),
        status: RwLock::new(Status::Preparing),
        breaker: Breaker::default(),
        allowance: Allowance::new(),
        turn: Permits::new(1),
        counts: Arc::new(Counts::default()),
    })
}

/// Declares what the manifest declares to journal and people.
fn declare(core: &Core, manifest: &Manifest, ceilings: Ceilings, embedded: bool) -> Result<(), Error> {
    core.journal.declare(&manifest.id, &tables::declared(manifest))?;
    core.people.declare_plugin_roles(manifest)?;
    let asked = manifest.limits.storage.map(|mib| u64::from(mib) << 20);
    let own = if embedded { asked } else { Some(asked.unwrap_or(VENDOR_QUOTA).min(VENDOR_QUOTA * 16)) };
    let quota = ceilings.storage.map(|mib| u64::from(mib) << 20).or(own);
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
    let plugin = Plugin::load(
        core.engine_for(&entry.manifest),
        component,
        Arc::clone(&entry.manifest),
        entry.grants.clone(),
        entry.ceilings,
    )?;
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
    let asked = Grants::asked(&package.manifest);
    let refused = known.as_ref().map(|known| known.refused.and(&asked)).unwrap_or_default();
    let grants = asked.without(&refused);
    let same = known
        .clone()
        .filter(|known| known.component == hash && known.grants == grants && known.version == package.manifest.version);
    let now = same.unwrap_or_else(|| Record {
        version: package.manifest.version.clone(),
        component: hash,
        package: None,
        enabled: known.as_ref().is_none_or(|known| known.enabled),
        reason: known.as_ref().map(|known| known.reason.clone()).unwrap_or_default(),
        grants,
        refused,
        ceilings: known.as_ref().map(|known| known.ceilings).unwrap_or_default(),
        by: "system".into(),
        unix_ms: tram_journal::clock::now().unix_ms,
    });
    let entry = Arc::new(entry(&package, &now, true)?);
    declare(core, &package.manifest, now.ceilings, true)?;
    if known.is_none_or(|known| known.unix_ms != now.unix_ms) {
        let system = Principal::console("vi");
        run(core, context(&system, "a plugin of this version of the station"), |txn| write(txn, &id, &now))?;
    }
    put_in(core, &entry);
    if !now.enabled {
        entry.set(Status::Off { reason: "administrator".into(), until: None });
        return Ok(());
    }
    let component = component(core, &entry, &bytes)?;
    start(core, &entry, &component)
}

fn write(txn: &mut tram_journal::Txn, id: &str, record: &Record) -> Result<(), Error> {
    Ok(txn.put(tables::OWNER, PLUGINS, id.as_bytes(), &tables::encode(record), 1, &[], None)?)
}

/// The native code of a plugin: what the build compiled of a bundled one, else from
/// the cache, else compiled now.
fn component(core: &Core, entry: &Entry, bytes: &[u8]) -> Result<Component, Error> {
    if let Some(embedded) = bundled(core, entry).filter(|embedded| !embedded.compiled.is_empty()) {
        // SAFETY: the bytes are compiled into this binary, by the build that made it.
        match unsafe { Component::deserialize(core.engine_for(&entry.manifest), embedded.compiled) } {
            Ok(component) => return Ok(component),
            Err(error) => {
                log::info!("{}: its compiled form does not fit and is made anew: {error}", entry.id());
            }
        }
    }
    core.cache.load(core.engine_for(&entry.manifest), &entry.hash, bytes)
}

/// The bundled plugin of an entry.
fn bundled(core: &Core, entry: &Entry) -> Option<Embedded> {
    let is_it =
        |embedded: &&Embedded| Package::read(embedded.package).is_ok_and(|package| package.manifest.id == entry.id());
    if entry.embedded { core.embedded.iter().find(is_it).copied() } else { None }
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
    let entry = Arc::new(entry(&package, &record, false)?);
    declare(core, &package.manifest, record.ceilings, false)?;
    put_in(core, &entry);
    if record.enabled {
        prepare(core, &entry, package.component())
    } else {
        entry.set(Status::Off { reason: record.reason, until: None });
        Ok(())
    }
}

pub(crate) fn package_bytes(core: &Core, kept: &str) -> Result<Vec<u8>, Error> {
    use std::io::Read;
    let mut bytes = Vec::new();
    core.journal.blobs().open(&kept.parse()?)?.take(MAX_PACKAGE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Compiles or loads in the background, then starts.
fn prepare(core: &Arc<Core>, entry: &Arc<Entry>, bytes: Vec<u8>) -> Result<(), Error> {
    entry.set(Status::Preparing);
    let (core, entry) = (Arc::clone(core), Arc::clone(entry));
    std::thread::Builder::new().name("tram-prepare".into()).spawn(move || {
        crate::vendors::give_way();
        let started = component(&core, &entry, &bytes).and_then(|component| start(&core, &entry, &component));
        if let Err(error) = started {
            log::error!("{}: does not start: {error}", entry.id());
            entry.set(Status::Failed { reason: error.text() });
        }
    })?;
    Ok(())
}

/// Waits a moment for a plugin that is being prepared.
fn settled(entry: &Entry) {
    let until = Instant::now() + SWITCHED_WITHIN;
    while matches!(entry.status(), Status::Preparing) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Installs a package, or an update of one, with what the administrator agreed to.
pub(crate) fn install(
    core: &Arc<Core>,
    bytes: &[u8],
    consent: Option<&Consent>,
    principal: &Principal,
) -> Result<PluginStatus, Error> {
    allowed(principal)?;
    let inspection = inspect(core, bytes)?;
    if let Some(problem) = inspection.problems.first() {
        return Err(Error::Package(problem.clone()));
    }
    let everything = Consent::all(&inspection.manifest);
    let consent = consent.unwrap_or(&everything);
    let package = read(bytes)?;
    let id = package.manifest.id.clone();
    let _one = lock(&core.changing);
    if core.entry(&id).is_some_and(|known| known.embedded) {
        return Err(refused(
            format!("“{id}” là phần có sẵn của Trạm, không thay bằng tệp khác được."),
            format!("“{id}” comes with Trạm and is not replaced by a file."),
        ));
    }
    if inspection.publisher_changes && !consent.replace_publisher {
        return Err(publisher::other(&id, inspection.publisher.is_some()));
    }
    let component_bytes = package.component();
    if component_bytes.len() > MAX_SIZE {
        return Err(refused("Phần mở rộng quá lớn.", "The plugin is too large."));
    }
    // Compiled and linked before anything is kept: a plugin that cannot run is not
    // installed.
    let component = core.cache.load(core.engine_for(&package.manifest), &inspection.hash, &component_bytes)?;
    let grants = consent.grants.and(&inspection.grants);
    let mut writer = core.journal.blobs().writer()?;
    std::io::Write::write_all(&mut writer, bytes)?;
    let kept = writer.finish()?.id.to_string();
    let now = Record {
        version: package.manifest.version.clone(),
        component: inspection.hash.clone(),
        package: Some(kept.clone()),
        enabled: true,
        reason: String::new(),
        refused: inspection.grants.without(&grants),
        grants,
        ceilings: consent.ceilings,
        by: principal.actor().to_owned(),
        unix_ms: tram_journal::clock::now().unix_ms,
    };
    let entry = Arc::new(entry(&package, &now, false)?);
    Plugin::load(
        core.engine_for(&entry.manifest),
        &component,
        Arc::clone(&entry.manifest),
        entry.grants.clone(),
        entry.ceilings,
    )?;
    declare(core, &package.manifest, now.ceilings, false)?;
    let note = match (inspection.publisher_changes, &inspection.installed) {
        (true, _) => "a plugin was replaced by another publisher's",
        (false, Some(_)) => "a plugin was updated",
        (false, None) => "a plugin was installed",
    };
    run(core, context(principal, note), |txn| {
        txn.hold_blob(&kept.parse()?)?;
        if let Some(before) = self::record(txn, &id)?.and_then(|before| before.package) {
            txn.release_blob(&before.parse()?)?;
        }
        if inspection.pinned != inspection.publisher {
            publisher::pin(txn, &id, inspection.publisher.as_deref(), principal.actor())?;
        }
        write(txn, &id, &now)
    })?;
    put_in(core, &entry);
    start(core, &entry, &component)?;
    Ok(status(core, &entry))
}

/// Changes what an installed plugin may do, and its limits. It goes on with the new
/// ones; calls that are running end with the old.
pub(crate) fn decide(core: &Arc<Core>, id: &str, consent: &Consent, principal: &Principal) -> Result<(), Error> {
    allowed(principal)?;
    let _one = lock(&core.changing);
    let known = core.entry(id).ok_or_else(|| Error::NoPlugin(id.to_owned()))?;
    let bytes = file_of(core, &known)?;
    let package = read(&bytes)?;
    let asked = Grants::asked(&package.manifest);
    let now = run(core, context(principal, "what a plugin may do was changed"), |txn| {
        let Some(mut record) = record(txn, id)? else { return Err(Error::NoPlugin(id.to_owned())) };
        record.grants = consent.grants.and(&asked);
        record.refused = asked.without(&record.grants);
        record.ceilings = consent.ceilings;
        principal.actor().clone_into(&mut record.by);
        record.unix_ms = tram_journal::clock::now().unix_ms;
        write(txn, id, &record)?;
        Ok(record)
    })?;
    let mut entry = entry(&package, &now, known.embedded)?;
    entry.counts = Arc::clone(&known.counts);
    let entry = Arc::new(entry);
    declare(core, &package.manifest, now.ceilings, known.embedded)?;
    if !now.enabled {
        entry.set(Status::Off { reason: now.reason, until: None });
        put_in(core, &entry);
        return Ok(());
    }
    // The slow part, in case the cache was lost, while the old one still serves.
    let component = component(core, &entry, &package.component())?;
    put_in(core, &entry);
    start(core, &entry, &component)
}

/// The package of an entry.
fn file_of(core: &Core, entry: &Entry) -> Result<Vec<u8>, Error> {
    match &entry.package {
        Some(kept) => package_bytes(core, kept),
        None => bundled(core, entry)
            .map(|embedded| embedded.package.to_vec())
            .ok_or_else(|| Error::NoPlugin(entry.id().to_owned())),
    }
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
    prepare(core, &entry, read(&file_of(core, &entry)?)?.component())?;
    settled(&entry);
    Ok(())
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
        for collection in [SETTINGS, tables::FILES, tables::DRAFTS, tables::PARKED, tables::TEMPLATES] {
            remove_below(core, collection, id, principal)?;
        }
        core.journal.remove_owner_data(context(principal, "the data of a removed plugin"), id)?;
        run(core, context(principal, "the cursor of a removed plugin"), |txn| {
            // With the data goes what bound them to a publisher.
            publisher::pin(txn, id, None, principal.actor())?;
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
        rights: decided(&entry.manifest, &entry.grants),
        grants: entry.grants.clone(),
        sentences: entry.manifest.sentences(),
        ceilings: entry.ceilings,
        limits: {
            let limits = Limits::of(&entry.manifest, entry.ceilings);
            (limits.memory as u64, limits.time)
        },
        publisher: entry.publisher.clone(),
        decided: entry.decided.clone(),
        usage: core.journal.usage(entry.id()),
        hash: entry.hash.clone(),
        calls: entry.counts.calls.load(std::sync::atomic::Ordering::Relaxed),
        failures: entry.counts.failures.load(std::sync::atomic::Ordering::Relaxed),
    }
}

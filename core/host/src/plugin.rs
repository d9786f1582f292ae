//! A plugin: its entry in the host, and the loaded component.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_contract::rights::capability_words;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker, types::ComponentItem};

use crate::bindings::{api, indexer, job, pages, queryable, slots, subscriber};
use crate::consent::Ceilings;
use crate::engine::MEMORY_MAX;
use crate::extract;
use crate::grants::Grants;
use crate::host::Asset;
use crate::permits::{Allowance, Breaker, Permits};
use crate::routing::Routes;
use crate::state::State;
use crate::{Error, capabilities};

/// An installed plugin, running or not.
pub(crate) struct Entry {
    pub(crate) manifest: Arc<Manifest>,
    /// Whether it came with the binary.
    pub(crate) embedded: bool,
    pub(crate) grants: Grants,
    /// BLAKE3 of the component, hexadecimal.
    pub(crate) hash: String,
    pub(crate) routes: Routes,
    pub(crate) assets: HashMap<String, Asset>,
    /// Hash of the package in the blob store; none for embedded ones.
    pub(crate) package: Option<String>,
    /// Ed25519 public key of who signed the package, hexadecimal.
    pub(crate) publisher: Option<String>,
    pub(crate) ceilings: Ceilings,
    /// Who decided what it may do, and when (milliseconds since 1970).
    pub(crate) decided: (String, i64),
    pub(crate) status: RwLock<Status>,
    pub(crate) breaker: Breaker,
    pub(crate) allowance: Allowance,
    /// One call at a time for a vendor's plugin.
    pub(crate) turn: Permits,
    /// Kept when rights or limits change.
    pub(crate) counts: Arc<Counts>,
}

/// What a plugin is doing.
#[derive(Clone)]
pub(crate) enum Status {
    Running(Arc<Plugin>),
    Preparing,
    Off { reason: String, until: Option<std::time::Instant> },
    Failed { reason: Text },
}

/// Figures for the administrator's page and the metrics.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) nanoseconds: AtomicU64,
    /// Calls that were answered by an earlier answer.
    pub(crate) recalled: AtomicU64,
}

impl Counts {
    /// Counts a call that an earlier answer stood in for.
    pub(crate) fn recall(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.recalled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, spent: Duration, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(u64::from(failed), Ordering::Relaxed);
        self.nanoseconds.fetch_add(u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Entry {
    pub(crate) fn id(&self) -> &str {
        &self.manifest.id
    }

    pub(crate) fn status(&self) -> Status {
        self.status.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, status: Status) {
        *self.status.write().unwrap_or_else(std::sync::PoisonError::into_inner) = status;
    }

    /// The component, where the plugin runs.
    pub(crate) fn running(&self) -> Option<Arc<Plugin>> {
        match self.status() {
            Status::Running(plugin) => Some(plugin),
            _ => None,
        }
    }
}

/// A loaded component with what a call needs of its plugin.
pub(crate) struct Plugin {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) points: Points,
    /// Of an extractor, which has nothing else.
    pub(crate) extracting: Option<Extracting>,
}

/// An extractor, linked with nothing but a file.
pub(crate) struct Extracting {
    pub(crate) engine: Engine,
    pub(crate) pre: crate::bindings::extractor::WithExtractorPre<extract::OneFile>,
}

/// The plugin's own limits, within the host's ceilings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) memory: usize,
    pub(crate) time: Duration,
}

/// Deadline of a request, and the most that a manifest may ask for.
pub(crate) const PAGE_TIME: Duration = Duration::from_secs(2);

impl Limits {
    /// The administrator's limits, else the manifest's, within the host's ceilings.
    pub(crate) fn of(manifest: &Manifest, set: Ceilings) -> Self {
        let memory = set.memory.or(manifest.limits.memory);
        let memory = memory.map_or(MEMORY_MAX, |mib| (mib as usize).saturating_mul(1 << 20));
        let time = set.time.or(manifest.limits.time);
        let time = time.map_or(PAGE_TIME, |ms| Duration::from_millis(u64::from(ms)));
        Self { memory: memory.min(MEMORY_MAX), time: time.min(PAGE_TIME) }
    }
}

/// The extension points that the component exports.
#[derive(Default)]
pub(crate) struct Points {
    pub(crate) pages: Option<pages::WithPagesPre<State>>,
    pub(crate) api: Option<api::WithApiPre<State>>,
    pub(crate) indexer: Option<indexer::WithIndexerPre<State>>,
    pub(crate) job: Option<job::WithJobPre<State>>,
    pub(crate) subscriber: Option<subscriber::WithSubscriberPre<State>>,
    pub(crate) slots: Option<slots::WithSlotsPre<State>>,
    pub(crate) queryable: Option<queryable::WithQueryablePre<State>>,
}

impl Plugin {
    /// Links a component with what was granted, and probes what it exports. What its
    /// manifest asks for and an administrator refused is linked with functions that
    /// answer "not granted" and reach nothing.
    ///
    /// # Errors
    /// The component imports what its manifest does not ask for, or what no station
    /// has.
    pub(crate) fn load(
        engine: &Engine,
        component: &Component,
        manifest: Arc<Manifest>,
        grants: Grants,
        ceilings: Ceilings,
    ) -> Result<Self, Error> {
        if !manifest.extractor.is_empty() {
            let extracting = Some(Extracting { engine: engine.clone(), pre: extract::link(engine, component)? });
            let limits = Limits::of(&manifest, ceilings);
            return Ok(Self { manifest, grants, limits, points: Points::default(), extracting });
        }
        let used = imports(engine, component);
        check_imports(&used, &Grants::asked(&manifest))?;
        let mut linker = Linker::<State>::new(engine);
        capabilities::link(&mut linker, |name| grants.allows(name))?;
        capabilities::deny(&mut linker, engine, component, |name| !grants.allows(name))?;
        let pre = linker.instantiate_pre(component).map_err(Error::engine)?;
        let points = Points {
            pages: pages::WithPagesPre::new(pre.clone()).ok(),
            api: api::WithApiPre::new(pre.clone()).ok(),
            indexer: indexer::WithIndexerPre::new(pre.clone()).ok(),
            job: job::WithJobPre::new(pre.clone()).ok(),
            subscriber: subscriber::WithSubscriberPre::new(pre.clone()).ok(),
            slots: slots::WithSlotsPre::new(pre.clone()).ok(),
            queryable: queryable::WithQueryablePre::new(pre).ok(),
        };
        let limits = Limits::of(&manifest, ceilings);
        Ok(Self { manifest, grants, limits, points, extracting: None })
    }
}

/// Names of the interfaces from which the component imports functions; bare types
/// give no power.
fn imports(engine: &Engine, component: &Component) -> Vec<String> {
    component
        .component_type()
        .imports(engine)
        .filter(|(_, item)| match &item.ty {
            ComponentItem::ComponentInstance(instance) => {
                instance.exports(engine).any(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            }
            ComponentItem::Type(_) => false,
            _ => true,
        })
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The capability of an import's name (`tram:plugin/store@0.1.0`), none when the
/// contract has no such interface.
pub(crate) fn capability(import: &str) -> Option<&'static str> {
    let name = import.strip_prefix("tram:plugin/")?;
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    capabilities::NAMES.iter().find(|known| **known == name).copied()
}

/// Checks imports against what the manifest asks for.
///
/// # Errors
/// Names the capability in words for the administrator.
pub(crate) fn check_imports(imports: &[String], asked: &Grants) -> Result<(), Error> {
    for import in imports {
        match capability(import) {
            None => {
                let wasi = import.starts_with("wasi:");
                let hint = if wasi { " (WASI)" } else { "" };
                return Err(Error::Package(Text::vi_en(
                    format!(
                        "Phần mở rộng đòi dùng “{import}”{hint}, thứ mà Trạm không cho phần mở rộng nào dùng: không có tệp, mạng hay đồng hồ của máy. Hãy báo người viết phần này."
                    ),
                    format!(
                        "The plugin wants “{import}”{hint}, which Trạm gives to no plugin: there are no files, no network and no clock of the machine. Tell whoever made it."
                    ),
                )));
            }
            Some(name) if !asked.allows(name) => {
                let (vi, en) = capability_words(name);
                return Err(Error::Package(Text::vi_en(
                    format!(
                        "Phần mở rộng cần quyền “{name}” ({vi}) nhưng chưa được cấp; plugin.toml phải xin quyền này và người quản trị phải đồng ý."
                    ),
                    format!(
                        "The plugin needs the capability “{name}” ({en}), which was not granted: plugin.toml has to ask for it, and an administrator has to agree."
                    ),
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

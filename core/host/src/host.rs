//! The host: what web, command line and tests call.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwap;
use tram_contract::Text;
use tram_contract::manifest::{Manifest, Route, Upload as UploadKind};
use tram_contract::page::Card;
use tram_journal::{BlobWriter, Context, Journal, Usage};
use tram_people::{People, Principal};

use crate::basis::Basis;
use crate::capabilities::{Drafts, file_of, register};
use crate::compile::Cache;
use crate::consent::{Ceilings, Consent, Decided};
use crate::engine::{Ticker, extract_engine, runtime_engine};
use crate::grants::Grants;
use crate::index::Indexes;
use crate::inner::{Core, Registry, Signal};
use crate::jobs::{self, JobState, JobStatus};
use crate::permits::{Permits, lock};
use crate::plugin::Entry;
use crate::request::{BlobRef, Reply, Request, Upload};
use crate::routing::{self, Found};
use crate::uploads::{self, Uploads};
use crate::vendors::Vendors;
use crate::{CallError, Error, call, delivery, errands, extract, lifecycle, print, tables};

/// How a host is set up.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The station's data folder.
    pub data: PathBuf,
    /// Command of the child compiler; gets the paths of its input and output as
    /// further arguments. Empty: components are compiled in this process.
    pub compiler: Vec<OsString>,
    /// Command of the child that sets documents (`tram_print::child`). Empty: they are
    /// set in this process, without limits.
    pub printer: Vec<OsString>,
    /// Component instances at once; each has up to 64 MiB.
    pub instances: u32,
    /// What an extractor may take for one file, on the wall's clock.
    pub extract_time: Duration,
    /// Most bytes of the large files that an extractor makes of one.
    pub extract_bytes: u64,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            compiler: Vec::new(),
            printer: Vec::new(),
            instances: 24,
            extract_time: Duration::from_secs(60),
            extract_bytes: 1 << 30,
        }
    }
}

/// A plugin that comes with the binary.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Component with manifest and assets as custom sections.
    pub package: &'static [u8],
    /// The component compiled by the build; empty or of another engine: it is
    /// compiled at the first start.
    pub compiled: &'static [u8],
}

/// What a plugin is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginState {
    /// It serves.
    Running,
    /// It is being compiled.
    Preparing,
    /// It is switched off.
    Off {
        /// By whom or why, for people.
        reason: Text,
    },
    /// It cannot run.
    Failed {
        /// Why, for people.
        reason: Text,
    },
}

/// A plugin as the administrator sees it.
#[derive(Debug, Clone)]
pub struct PluginStatus {
    /// Id.
    pub id: String,
    /// Manifest.
    pub manifest: Arc<Manifest>,
    /// What it is doing.
    pub state: PluginState,
    /// Whether it came with the binary.
    pub embedded: bool,
    /// What it may do.
    pub grants: Grants,
    /// Each right that it asks for, with the decision about it.
    pub rights: Vec<Decided>,
    /// What it asks for as sentences.
    pub sentences: Vec<Text>,
    /// Limits that an administrator set.
    pub ceilings: Ceilings,
    /// Memory in bytes and time of a call, as they hold.
    pub limits: (u64, Duration),
    /// Ed25519 public key that signed it, hexadecimal; none when it is unsigned or
    /// comes with the binary.
    pub publisher: Option<String>,
    /// Who decided what it may do (an opaque actor), and when in milliseconds since
    /// 1970.
    pub decided: (String, i64),
    /// What it stores.
    pub usage: Usage,
    /// BLAKE3 of the component, hexadecimal.
    pub hash: String,
    /// Calls since the start.
    pub calls: u64,
    /// Calls that failed by the plugin's fault.
    pub failures: u64,
}

/// What a package asks for, before it is installed.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Manifest.
    pub manifest: Arc<Manifest>,
    /// What the plugin may do and why, the weightiest first.
    pub sentences: Vec<Text>,
    /// Capabilities that the component really uses; names that are none as they stand.
    pub imports: Vec<String>,
    /// Everything that it asks for.
    pub grants: Grants,
    /// Each right that it asks for; proposed is all but what was refused before.
    pub rights: Vec<Decided>,
    /// Limits that were set for the installed one.
    pub ceilings: Ceilings,
    /// Version that is installed already.
    pub installed: Option<String>,
    /// Ed25519 public key that signed it, hexadecimal; none when it is unsigned.
    pub publisher: Option<String>,
    /// Key that the id is bound to; none when it is not bound.
    pub pinned: Option<String>,
    /// Whether the id is bound to another key: installing needs a consent of its own.
    pub publisher_changes: bool,
    /// What is wrong; with anything here it does not install.
    pub problems: Vec<Text>,
    /// BLAKE3 of the component, hexadecimal.
    pub hash: String,
}

/// A file of a plugin's package, served by the web below the plugin's path.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// Media type.
    pub media_type: String,
    /// First 16 hexadecimal digits of the content's BLAKE3.
    pub hash: String,
}

/// The plugin host. Cheap to clone. Every call may block: for a commit, for its
/// turn, for the plugin.
#[derive(Clone)]
pub struct Host {
    pub(crate) core: Arc<Core>,
    threads: Arc<Threads>,
}

struct Threads {
    background: Mutex<Vec<JoinHandle<()>>>,
    _tickers: [Ticker; 2],
}

impl Host {
    /// Starts the host with the plugins of the binary and those installed before.
    /// Installed ones that must be compiled are prepared in the background.
    ///
    /// # Errors
    /// The engine's memory cannot be had, the journal fails, or an embedded plugin is
    /// broken.
    pub fn start(options: HostOptions, journal: Journal, people: People, embedded: &[Embedded]) -> Result<Self, Error> {
        journal.declare(tables::OWNER, &tables::collections())?;
        // Six instances are kept for background work and for slots and queries that
        // run inside other calls.
        let instances = options.instances.max(12);
        let engine = runtime_engine(instances)?;
        let extract_engine = extract_engine()?;
        let tickers = [Ticker::start(&engine)?, Ticker::start(&extract_engine)?];
        let requests = instances - 6;
        let core = Arc::new(Core {
            cache: Cache::open(options.data.join("cache").join("plugins"), options.compiler)?,
            drafts: Drafts::open(options.data.join("drafts"))?,
            uploads: Uploads::open(&journal)?,
            sweeping: Signal::default(),
            key: crate::signing::StationKey::new(&options.data),
            indexes: Indexes::new(options.data.join("index")),
            registry: ArcSwap::from_pointee(Registry::new()),
            requests: Permits::new(requests),
            public_requests: Permits::new((requests * 2 / 3).max(1)),
            vendors: Vendors::start()?,
            jobs: Signal::default(),
            progress: Signal::default(),
            tallies: crate::tally::Tallies::default(),
            stopping: AtomicBool::new(false),
            changing: Mutex::new(()),
            embedded: embedded.to_vec(),
            journal,
            people,
            engine,
            extract_engine,
            extract_time: options.extract_time,
            printer: tram_print::Printer::new(options.printer),
            printing: Permits::new(1),
            extract_bytes: options.extract_bytes,
        });
        for embedded in embedded {
            lifecycle::embed(&core, embedded)?;
        }
        lifecycle::load_installed(&core)?;
        let mut background = Vec::new();
        for (name, work) in [
            ("tram-jobs", jobs::work as fn(&Arc<Core>)),
            ("tram-events", delivery::work),
            ("tram-extract", errands::work::<extract::Request>),
            ("tram-print", errands::work::<print::Request>),
            ("tram-tally", crate::tally::work),
            ("tram-uploads", uploads::sweep::work),
        ] {
            let core = Arc::clone(&core);
            let thread = std::thread::Builder::new().name(name.into()).stack_size(2 << 20);
            background.push(thread.spawn(move || work(&core))?);
        }
        Ok(Self { core, threads: Arc::new(Threads { background: Mutex::new(background), _tickers: tickers }) })
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    fn entry(&self, plugin: &str) -> Result<Arc<Entry>, CallError> {
        self.core.entry(plugin).ok_or_else(|| CallError::Plugin {
            code: "not-found".into(),
            message: Error::NoPlugin(plugin.to_owned()).text(),
        })
    }

    /// The plugins with their state, by id.
    pub fn plugins(&self) -> Vec<PluginStatus> {
        self.core.registry.load().values().map(|entry| lifecycle::status(&self.core, entry)).collect()
    }

    /// What a path of the station leads to: `/catalogue/…`, `/x/ID/…`, `/api/ID/…`.
    /// HEAD matches GET.
    pub fn find(&self, method: &str, path: &str) -> Found {
        let Some((id, service, below)) = routing::split(path) else { return Found::None };
        let registry = self.core.registry.load();
        registry.get(id).map_or(Found::None, |entry| entry.routes.find(id, service, method, below))
    }

    /// Hands a request to a plugin. Everything that it writes is kept before the
    /// reply, or nothing is.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn call(
        &self,
        plugin: &str,
        route: &Route,
        request: Request,
        principal: &Principal,
    ) -> Result<Reply, CallError> {
        call::request(&self.core, &self.entry(plugin)?, route, request, principal)
    }

    /// Whether a call made now by the same request and the same principal would be
    /// answered as it was when `basis` was noted; counts as a call of the plugin's when it
    /// does. Nothing that was acknowledged before is missed.
    pub fn confirm(&self, basis: &Basis) -> bool {
        basis.confirm(&self.core)
    }

    /// Whether calls of this plugin run on the caller's own thread, as the bundled ones'
    /// do; a vendor's wait for their share of the processor.
    pub fn runs_here(&self, plugin: &str) -> bool {
        self.core.entry(plugin).is_some_and(|entry| entry.embedded)
    }

    /// Begins a file that comes with a request or a job of the plugin's.
    ///
    /// # Errors
    /// The disk is full, or there is no such plugin.
    pub fn upload(&self, plugin: &str, name: &str, media_type: &str) -> Result<UploadWriter, Error> {
        let entry = self.core.entry(plugin).ok_or_else(|| Error::NoPlugin(plugin.to_owned()))?;
        Ok(UploadWriter {
            writer: self.core.journal.blobs().writer()?,
            core: Arc::clone(&self.core),
            plugin: entry.id().to_owned(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            size: 0,
        })
    }

    /// Files on their way from people to plugins.
    pub fn uploads(&self) -> &Uploads {
        &self.core.uploads
    }

    /// A kind of resumable uploads that a running plugin takes, and the route that is
    /// asked before one begins.
    pub fn upload_kind(&self, plugin: &str, upload: &str) -> Option<(UploadKind, Option<Arc<Route>>)> {
        let entry = self.core.entry(plugin)?;
        entry.running()?;
        let kind = entry.manifest.upload.iter().find(|kind| kind.id == upload)?.clone();
        let check = kind.check.as_deref().and_then(|check| entry.manifest.check(check));
        Some((kind, check.cloned().map(Arc::new)))
    }

    /// A file of a plugin's, for those who know its id and may read the plugin's
    /// pages: a public route's, or any permission of the plugin's. A plugin with a
    /// `blob-check` is asked besides, whether this reader may have this file now.
    pub fn blob(&self, plugin: &str, id: &str, principal: &Principal) -> Option<BlobRef> {
        let entry = self.core.entry(plugin)?;
        entry.running()?;
        let reads = entry.manifest.route.iter().any(|route| {
            route.method == "GET"
                && route.permission.as_ref().map_or(route.public, |permission| principal.holds(permission))
        });
        if !reads {
            return None;
        }
        if let Some(check) = &entry.manifest.blob_check {
            let route = entry.manifest.check(check)?;
            let request = Request {
                method: "GET".into(),
                path: route.path.clone(),
                query: vec![("blob".into(), id.into())],
                ..Request::default()
            };
            // The route's own permission is the router's to ask.
            if !route.permission.as_ref().map_or(route.public, |permission| principal.holds(permission)) {
                return None;
            }
            let reply = self.call(plugin, route, request, principal).ok()?;
            if reply.status >= 400 {
                return None;
            }
        }
        file_of(&self.core.journal, &self.core.journal.read().ok()?, plugin, id)
    }

    /// A file of a plugin's that runs, for whoever shows what [`Host::blob`] was asked for
    /// before: the address of a player, made for a page that a reader was allowed to see.
    pub fn file(&self, plugin: &str, id: &str) -> Option<BlobRef> {
        self.core.entry(plugin)?.running()?;
        file_of(&self.core.journal, &self.core.journal.read().ok()?, plugin, id)
    }

    /// A file of a plugin's package.
    pub fn asset(&self, plugin: &str, path: &str) -> Option<Asset> {
        self.core.entry(plugin)?.assets.get(path).cloned()
    }

    /// What the plugins have for a place of the shell, with the id of each. A plugin
    /// that fails or dawdles is left out.
    pub fn fill(&self, slot: &str, context: &[(String, String)], principal: &Principal) -> Vec<(String, Vec<Card>)> {
        call::fill(&self.core, slot, context, principal, None)
    }

    /// Starts a job of a plugin's.
    ///
    /// # Errors
    /// There is no such job, or the principal lacks its permission.
    pub fn start_job(
        &self,
        plugin: &str,
        job: &str,
        arguments: &[u8],
        principal: &Principal,
    ) -> Result<String, CallError> {
        let entry = self.entry(plugin)?;
        let Some(declared) = entry.manifest.job.iter().find(|declared| declared.name == job) else {
            return Err(CallError::Plugin {
                code: "not-found".into(),
                message: Text::vi_en(
                    format!("{plugin} không có việc “{job}”."),
                    format!("{plugin} has no job “{job}”."),
                ),
            });
        };
        // A job without a permission is started by the plugin itself, or at the console.
        let held = declared.permission.as_ref().is_some_and(|permission| principal.holds(permission));
        if principal.kind != tram_people::Kind::Console && !held {
            return Err(CallError::Refused { permission: declared.permission.clone().unwrap_or_default() });
        }
        let time = tram_journal::clock::now();
        let context = Context {
            actor: principal.actor().to_owned(),
            owner: tables::OWNER.to_owned(),
            cause: None,
            time,
            note: String::new(),
        };
        let started = self
            .core
            .journal
            .run(context, |txn| jobs::enqueue(txn, plugin, job, arguments, principal, time))
            .map(|(id, _)| id)
            .map_err(|error| match error {
                tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => CallError::from(error),
                tram_journal::RunError::Commit(error) => error.into(),
            });
        self.core.jobs.raise();
        started
    }

    /// A job.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn job(&self, id: &str) -> Result<Option<JobStatus>, Error> {
        Ok(jobs::read(&self.core.journal.read()?, id)?.map(|record| record.status()))
    }

    /// Stops a job after its present step; false when it was over. Who may do so is
    /// for the caller to check, with [`JobStatus::by`].
    pub fn cancel_job(&self, id: &str) -> bool {
        jobs::end(&self.core, id, JobState::Cancelled, "")
    }

    /// Waits for the end of a job and tells of its progress; what it came to.
    ///
    /// # Errors
    /// There is no such job, or the journal cannot be read.
    pub fn wait_job(&self, id: &str, progress: &mut dyn FnMut(&JobStatus)) -> Result<JobStatus, Error> {
        let mut seen = 0;
        let mut told = None;
        loop {
            if self.core.is_stopping() {
                return Err(Error::Closed);
            }
            let status = self.job(id)?.ok_or_else(|| Error::malformed("a job", format!("there is no job {id}")))?;
            if told.as_ref() != Some(&status) {
                progress(&status);
                told = Some(status.clone());
            }
            if status.state.is_over() {
                return Ok(status);
            }
            seen = self.core.progress.wait(seen, Duration::from_millis(250));
        }
    }

    /// Looks into a package: what it may do and why, and what is wrong with it.
    ///
    /// # Errors
    /// The file is no package at all.
    pub fn inspect(&self, package: &[u8]) -> Result<Inspection, Error> {
        crate::package::inspect(&self.core, package)
    }

    /// Installs a package or an update of one, and grants what it asks for. Compiling
    /// takes seconds.
    ///
    /// # Errors
    /// The principal may not, or the package cannot run; nothing is kept then.
    pub fn install(&self, package: Vec<u8>, principal: &Principal) -> Result<PluginStatus, Error> {
        lifecycle::install(&self.core, &package, None, principal)
    }

    /// Installs a package or an update of one with what was agreed to.
    ///
    /// # Errors
    /// The principal may not, the package cannot run, or it comes from another
    /// publisher than the id is bound to and that was not agreed to; nothing is kept
    /// then.
    pub fn install_with(
        &self,
        package: &[u8],
        consent: &Consent,
        principal: &Principal,
    ) -> Result<PluginStatus, Error> {
        lifecycle::install(&self.core, package, Some(consent), principal)
    }

    /// Changes what an installed plugin may do, right by right, and its limits.
    ///
    /// # Errors
    /// The principal may not, or there is no such plugin.
    pub fn decide(&self, id: &str, consent: &Consent, principal: &Principal) -> Result<(), Error> {
        lifecycle::decide(&self.core, id, consent, principal)
    }

    /// Switches a plugin on or off.
    ///
    /// # Errors
    /// The principal may not, or there is no such plugin.
    pub fn set_enabled(&self, id: &str, enabled: bool, principal: &Principal) -> Result<(), Error> {
        lifecycle::set_enabled(&self.core, id, enabled, principal)
    }

    /// Removes an installed plugin; its data stay for when it comes back, unless they
    /// are to go too.
    ///
    /// # Errors
    /// The principal may not, there is no such plugin, or it comes with the binary.
    pub fn remove(&self, id: &str, with_data: bool, principal: &Principal) -> Result<(), Error> {
        lifecycle::remove(&self.core, id, with_data, principal)
    }

    /// Figures in the text format of Prometheus. Not for the public: it names plugins
    /// and shows activity.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, value: &dyn Fn(&Entry) -> String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# TYPE tram_plugin_{name} {kind}");
            for entry in self.core.registry.load().values() {
                let _ = writeln!(text, "tram_plugin_{name}{{plugin=\"{}\"}} {}", entry.id(), value(entry));
            }
        };
        metric("running", "gauge", &|entry| u8::from(entry.running().is_some()).to_string());
        metric("calls_total", "counter", &|entry| entry.counts.calls.load(Ordering::Relaxed).to_string());
        metric("recalled_total", "counter", &|entry| entry.counts.recalled.load(Ordering::Relaxed).to_string());
        metric("failures_total", "counter", &|entry| entry.counts.failures.load(Ordering::Relaxed).to_string());
        metric("seconds_total", "counter", &|entry| {
            let spent = Duration::from_nanos(entry.counts.nanoseconds.load(Ordering::Relaxed));
            format!("{:.6}", spent.as_secs_f64())
        });
        metric("stored_bytes", "gauge", &|entry| self.core.journal.usage(entry.id()).total().to_string());
        text
    }

    /// Waits until a plugin's index has everything up to the journal's head: for the
    /// command line and tests. False when there is none, or time ran out.
    pub fn wait_for_index(&self, plugin: &str, patience: Duration) -> bool {
        let head = self.core.journal.head().sequence;
        self.core.indexes.of(plugin).is_some_and(|index| index.wait_for(head, patience))
    }

    /// Builds a plugin's index anew from the tables: after an erasure, which the
    /// journal's readers cannot see key by key.
    ///
    /// # Errors
    /// There is no such plugin, or no thread could be started.
    pub fn rebuild_index(&self, plugin: &str) -> Result<(), Error> {
        let entry = self.core.entry(plugin).ok_or_else(|| Error::NoPlugin(plugin.to_owned()))?;
        self.core.indexes.forget(plugin);
        self.core.indexes.follow(&self.core, &entry)
    }

    /// Ends the background work and waits for it. Calls that are running end by
    /// themselves.
    pub fn close(&self) {
        self.core.stopping.store(true, Ordering::Relaxed);
        self.core.jobs.raise();
        self.core.progress.raise();
        self.core.tallies.wake();
        self.core.sweeping.raise();
        self.core.indexes.stop();
        self.core.vendors.stop();
        for thread in lock(&self.threads.background).drain(..) {
            let _ = thread.join();
        }
    }
}

/// A file on its way to a plugin.
pub struct UploadWriter {
    writer: BlobWriter,
    core: Arc<Core>,
    plugin: String,
    name: String,
    media_type: String,
    size: u64,
}

impl io::Write for UploadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl UploadWriter {
    /// Puts the file on disk, for a call that enters it among the plugin's. The field of
    /// the form is left empty for the caller to fill in.
    ///
    /// # Errors
    /// The disk is full.
    pub fn seal(self) -> Result<Upload, Error> {
        let stat = self.writer.finish()?;
        Ok(Upload {
            name: self.name,
            media_type: self.media_type,
            size: stat.length,
            content: Some(stat.id),
            ..Upload::default()
        })
    }

    /// Puts the file on disk and enters it among the plugin's at once: for a job that is
    /// about to begin.
    ///
    /// # Errors
    /// The disk is full, or the journal failed.
    pub fn finish(self) -> Result<Upload, Error> {
        let stat = self.writer.finish()?;
        // In the plugin's name: it is the plugin that holds the file.
        let mut context = Context::new("system", &self.plugin);
        context.time = tram_journal::clock::now();
        let (blob, _) = self
            .core
            .journal
            .run(context, |txn| register(txn, &self.plugin, &self.name, &self.media_type, stat.length, stat.id))
            .map_err(|error| match error {
                tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => Error::Journal(error),
                tram_journal::RunError::Commit(error) => Error::Commit(error),
            })?;
        Ok(Upload { name: self.name, media_type: self.media_type, size: stat.length, blob, ..Upload::default() })
    }
}

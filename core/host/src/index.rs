//! The search indexes: readers of the journal, one for each plugin with a search
//! schema. A lost one is rebuilt from the tables; one of another identity (schema,
//! component, analyser) is built beside the old one, then they change places.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tram_contract::search::{Document, Schema};
use tram_journal::{Change, Reader, ScanRange};
use tram_people::{Channel, Kind, Principal};
use tram_search::{Batch, Index};
use wasmtime::Store;

use crate::bindings::indexer::exports::tram::plugin::indexer as wire;
use crate::bindings::store;
use crate::call::{self, Frame, STEP};
use crate::inner::Core;
use crate::permits::lock;
use crate::plugin::{Entry, Plugin};
use crate::state::State;
use crate::{CallError, Error};

/// Rows and bytes of one call of the plugin's `indexer`.
const MAX_ROWS: usize = 500;
const MAX_BYTES: usize = 1 << 20;
/// Deadline of such a call.
const TIME: Duration = Duration::from_secs(5);
/// Changes wait so long for others, so that many saves share one commit…
const COALESCE: Duration = Duration::from_millis(200);
/// …so long while much is written…
const COALESCE_BULK: Duration = Duration::from_secs(5);
/// …and so long while entries are read faster than they were indexed: each commit is a
/// segment, and segments are merged again and again.
const COALESCE_BEHIND: Duration = Duration::from_secs(30);
/// Much was written, and nothing more comes: time to commit.
const QUIET: Duration = Duration::from_millis(500);
/// Documents after which the index is made one segment when it is idle.
const TIDY_AFTER: usize = 20_000;
/// An index found with more segments than this was left untidy.
const MANY_SEGMENTS: usize = 8;
/// Documents whose keys are looked up in the tables at once, after an erasure.
const LOOKED_UP: usize = 500;
/// Documents since the last commit that count as much.
const BULK: usize = 1_000;
/// Quiet time after which the writer's memory is given back.
const IDLE: Duration = Duration::from_secs(10);
/// Entries without a change for the index after which its place is kept anyhow.
const KEEP_AFTER: u64 = 20_000;
/// Entries of the journal read at once.
const PIECE: usize = 16;

/// The indexes, by plugin.
pub(crate) struct Indexes {
    folder: PathBuf,
    all: RwLock<HashMap<String, Arc<Indexed>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// One plugin's index.
pub(crate) struct Indexed {
    current: ArcSwapOption<Index>,
    /// Sequence up to which the journal's changes can be found.
    seen: Mutex<u64>,
    advanced: Condvar,
    /// Sequence that somebody waits for.
    wanted: AtomicU64,
    stop: AtomicBool,
}

impl Indexed {
    /// The index to search in; none while the first one is being built.
    pub(crate) fn current(&self) -> Option<Arc<Index>> {
        self.current.load_full()
    }

    /// Waits until changes up to `sequence` can be found; false when time ran out.
    pub(crate) fn wait_for(&self, sequence: u64, patience: Duration) -> bool {
        let seen = lock(&self.seen);
        if *seen >= sequence {
            return true;
        }
        self.wanted.fetch_max(sequence, Ordering::Relaxed);
        self.advanced.notify_all();
        let (seen, _) = self
            .advanced
            .wait_timeout_while(seen, patience, |seen| *seen < sequence)
            .unwrap_or_else(PoisonError::into_inner);
        *seen >= sequence
    }

    fn is_wanted(&self, beyond: u64) -> bool {
        self.wanted.load(Ordering::Relaxed) > beyond
    }

    fn advance(&self, to: u64) {
        *lock(&self.seen) = to;
        self.advanced.notify_all();
    }

    /// Waits until somebody wants more than `beyond`, or for a while.
    fn pause(&self, beyond: u64, patience: Duration) {
        let seen = lock(&self.seen);
        let _ = self
            .advanced
            .wait_timeout_while(seen, patience, |_| !self.is_wanted(beyond) && !self.stop.load(Ordering::Relaxed));
    }
}

impl Indexes {
    /// Indexes below a folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, all: RwLock::default(), threads: Mutex::default() }
    }

    /// The index of a plugin, where it has one.
    pub(crate) fn of(&self, plugin: &str) -> Option<Arc<Indexed>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(plugin).map(Arc::clone)
    }

    /// Starts to follow the journal for a plugin that has a search schema; whatever
    /// followed for it before ends.
    pub(crate) fn follow(&self, core: &Arc<Core>, entry: &Arc<Entry>) -> Result<(), Error> {
        self.leave(entry.id());
        let (Some(plugin), Some(schema)) = (entry.running(), entry.manifest.search.clone()) else { return Ok(()) };
        if plugin.points.indexer.is_none() {
            return Ok(());
        }
        let indexed = Arc::new(Indexed {
            current: ArcSwapOption::empty(),
            seen: Mutex::new(0),
            advanced: Condvar::new(),
            wanted: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        self.all.write().unwrap_or_else(PoisonError::into_inner).insert(entry.id().to_owned(), Arc::clone(&indexed));
        let follower = Follower {
            core: Arc::clone(core),
            entry: Arc::clone(entry),
            plugin,
            identity: identity(&schema, &entry.hash),
            folder: self.folder.join(entry.id()),
            schema,
            indexed,
        };
        let thread = std::thread::Builder::new().name("tram-index".into()).stack_size(2 << 20).spawn(move || {
            crate::vendors::give_way();
            follower.run();
        })?;
        let mut threads = lock(&self.threads);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    /// Ends the following for a plugin; its files stay.
    pub(crate) fn leave(&self, plugin: &str) {
        let left = self.all.write().unwrap_or_else(PoisonError::into_inner).remove(plugin);
        if let Some(indexed) = left {
            indexed.stop.store(true, Ordering::Relaxed);
            indexed.advanced.notify_all();
        }
    }

    /// Ends all following and waits for the threads.
    pub(crate) fn stop(&self) {
        let ids: Vec<String> = self.all.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        for id in ids {
            self.leave(&id);
        }
        for thread in lock(&self.threads).drain(..) {
            let _ = thread.join();
        }
    }

    /// Removes the files of a plugin's indexes.
    pub(crate) fn forget(&self, plugin: &str) {
        self.leave(plugin);
        let _ = std::fs::remove_dir_all(self.folder.join(plugin));
    }
}

/// What the documents depend on; the search service adds its analyser's version.
fn identity(schema: &Schema, component: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&serde_json::to_vec(schema).unwrap_or_default());
    hasher.update(component.as_bytes());
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// The thread that keeps one index.
struct Follower {
    core: Arc<Core>,
    entry: Arc<Entry>,
    plugin: Arc<Plugin>,
    schema: Schema,
    identity: String,
    folder: PathBuf,
    indexed: Arc<Indexed>,
}

/// A row as it is to be indexed; none: it was deleted.
type Changed = BTreeMap<(String, Vec<u8>), Option<store::Row>>;

impl Follower {
    fn is_stopping(&self) -> bool {
        self.indexed.stop.load(Ordering::Relaxed) || self.core.is_stopping()
    }

    fn run(&self) {
        while !self.is_stopping() {
            if let Err(error) = self.keep() {
                log::error!("{}: the search index: {error}", self.entry.id());
                self.indexed.pause(u64::MAX, Duration::from_secs(2));
            }
        }
    }

    fn keep(&self) -> Result<(), Error> {
        let (index, built) = match self.open()? {
            (index, true) => {
                let Some(built) = self.build(&index)? else { return Ok(()) };
                (index, built)
            }
            (index, false) => (index, 0),
        };
        self.indexed.current.store(Some(Arc::clone(&index)));
        self.indexed.advance(index.sequence());
        self.remove_others();
        self.follow(&index, built)
    }

    fn own_folder(&self) -> PathBuf {
        self.folder.join(&self.identity)
    }

    /// Opens the index of the present identity; true when it is still to be built.
    fn open(&self) -> Result<(Arc<Index>, bool), Error> {
        let folder = self.own_folder();
        std::fs::create_dir_all(&self.folder)?;
        let index = match Index::open(&folder, &self.schema, &self.identity) {
            Ok(index) => index,
            Err(tram_search::Error::Schema(reason)) => return Err(Error::Search(reason)),
            Err(error) => {
                // It is a reader of the journal: nothing is lost with it.
                log::warn!("{}: the search index is built anew: {error}", self.entry.id());
                std::fs::remove_dir_all(&folder)?;
                Index::open(&folder, &self.schema, &self.identity).map_err(|error| Error::Search(error.to_string()))?
            }
        };
        // An index ahead of the journal is another journal's.
        if index.sequence() > self.core.journal.head().sequence {
            drop(index);
            std::fs::remove_dir_all(&folder)?;
            let index =
                Index::open(&folder, &self.schema, &self.identity).map_err(|error| Error::Search(error.to_string()))?;
            return Ok((Arc::new(index), true));
        }
        let unbuilt = index.sequence() == 0;
        Ok((Arc::new(index), unbuilt))
    }

    /// Serves an older index while the new one is built.
    fn serve_older(&self) {
        let Ok(folders) = std::fs::read_dir(&self.folder) else { return };
        for folder in folders.flatten().map(|found| found.path()) {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
            if name == self.identity || !folder.is_dir() {
                continue;
            }
            let older = std::fs::read(folder.with_extension("schema.json"))
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Schema>(&bytes).ok())
                .and_then(|schema| Index::open(&folder, &schema, name).ok())
                .filter(|index| index.sequence() > 0);
            if let Some(older) = older {
                self.indexed.current.store(Some(Arc::new(older)));
                return;
            }
        }
    }

    fn remove_others(&self) {
        let Ok(found) = std::fs::read_dir(&self.folder) else { return };
        for path in found.flatten().map(|found| found.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.starts_with(&self.identity) {
                let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            }
        }
    }

    /// Builds the index from the tables, in short pieces, as of the sequence at which it
    /// begins: rows that change meanwhile come again with the journal. Answers how many
    /// rows there were; nothing when it was told to stop.
    fn build(&self, index: &Index) -> Result<Option<usize>, Error> {
        self.serve_older();
        let began = Instant::now();
        let from = self.core.journal.head().sequence;
        let mut count = 0;
        for collection in &self.schema.collections {
            let mut after: Option<Vec<u8>> = None;
            loop {
                if self.is_stopping() {
                    return Ok(None);
                }
                let range = match &after {
                    Some(key) => ScanRange::after(key, MAX_ROWS),
                    None => ScanRange::all(MAX_ROWS),
                };
                let page = self.core.journal.read()?.scan(self.entry.id(), collection, &range)?;
                let Some(last) = page.rows.last() else { break };
                after = Some(last.key.clone());
                count += page.rows.len();
                let rows = page
                    .rows
                    .into_iter()
                    .filter(|row| row.version <= from)
                    .map(|row| store::Row { key: row.key, value: row.value, version: row.version })
                    .collect();
                self.apply_rows(index, collection, rows)?;
                if !page.more {
                    break;
                }
            }
        }
        index.commit(from).map_err(search)?;
        write_schema(&self.own_folder(), &self.schema)?;
        if count > 0 {
            log::info!("{}: {count} rows were indexed in {} ms", self.entry.id(), began.elapsed().as_millis());
        }
        Ok(Some(count))
    }

    /// Follows the journal until the host or the plugin ends. `untidy` is the number of
    /// documents that were written since the index was one segment.
    fn follow(&self, index: &Index, mut untidy: usize) -> Result<(), Error> {
        let mut read = index.sequence();
        let mut documents = 0usize;
        let mut first: Option<Instant> = None;
        if index.segments() > MANY_SEGMENTS {
            untidy = untidy.max(TIDY_AFTER);
        }
        let mut last_work = Instant::now();
        let mut has_writer = true;
        while !self.is_stopping() {
            let mut changed = Changed::new();
            let mut bytes = 0;
            let mut behind = false;
            let mut erased = false;
            while changed.len() < MAX_ROWS && bytes < MAX_BYTES {
                let entries = self.core.journal.changes(read + 1, PIECE)?;
                behind = entries.len() == PIECE;
                for entry in &entries {
                    read = entry.sequence;
                    erased |= entry.changes.contains(&Change::Erasure);
                    bytes += self.collect(entry, &mut changed);
                }
                if !behind {
                    break;
                }
            }
            if !changed.is_empty() {
                documents += changed.len();
                first.get_or_insert_with(Instant::now);
                last_work = Instant::now();
                has_writer = true;
                self.apply(index, read, changed)?;
            }
            if erased {
                self.forget_erased(index)?;
                index.commit(read).map_err(search)?;
                (first, documents) = (None, 0);
                self.indexed.advance(read);
            }
            if let Some(since) = first {
                let window = match documents {
                    _ if behind => COALESCE_BEHIND,
                    many if many >= BULK => COALESCE_BULK,
                    _ => COALESCE,
                };
                let wanted = self.indexed.is_wanted(index.sequence());
                let quiet = documents >= BULK && last_work.elapsed() >= QUIET;
                if since.elapsed() >= window || (!behind && (wanted || quiet)) {
                    index.commit(read).map_err(search)?;
                    untidy += documents;
                    (first, documents) = (None, 0);
                    self.indexed.advance(read);
                } else if !behind {
                    self.indexed.pause(index.sequence(), window.saturating_sub(since.elapsed()).min(QUIET));
                }
            } else {
                self.indexed.advance(read);
                if read > index.sequence() + KEEP_AFTER {
                    index.commit(read).map_err(search)?;
                }
                if has_writer && last_work.elapsed() > IDLE {
                    if untidy >= TIDY_AFTER {
                        index.compact().map_err(search)?;
                        untidy = 0;
                    }
                    index.close_writer().map_err(search)?;
                    has_writer = false;
                    give_back();
                }
                if !behind {
                    let _ = self.core.journal.wait_for(read + 1, Duration::from_millis(250));
                }
            }
        }
        if first.is_some() {
            index.commit(read).map_err(search)?;
            self.indexed.advance(read);
        }
        index.close_writer().map_err(search)
    }

    /// After an erasure, which does not name what it took: removes the documents whose
    /// rows are no longer there, and what is left of replaced ones. The index keeps its
    /// place in the journal until that is done, so that a kill does not leave it half.
    fn forget_erased(&self, index: &Index) -> Result<(), Error> {
        index.commit(index.sequence()).map_err(search)?;
        let mut gone = Batch::default();
        index.keys(LOOKED_UP, |keys| {
            let tables = self.core.journal.read()?;
            for key in keys {
                let row = unhex(key);
                let mut there = false;
                for collection in &self.schema.collections {
                    there |= tables.get(self.entry.id(), collection, &row)?.is_some();
                }
                if !there {
                    gone.remove.push(key.clone());
                }
            }
            Ok::<(), Error>(())
        })?;
        if !gone.remove.is_empty() {
            log::info!("{}: {} documents leave the search index after an erasure", self.entry.id(), gone.remove.len());
            index.apply(&gone).map_err(search)?;
            index.commit(index.sequence()).map_err(search)?;
        }
        index.compact().map_err(search)
    }

    /// Notes the changes of an entry that are for this index; their bytes.
    fn collect(&self, entry: &tram_journal::Entry, changed: &mut Changed) -> usize {
        let mine =
            |owner: &str, collection: &String| owner == self.entry.id() && self.schema.collections.contains(collection);
        let mut bytes = 0;
        for change in &entry.changes {
            match change {
                Change::Put { owner, collection, key, value, .. } if mine(owner, collection) => {
                    bytes += key.len() + value.len();
                    let row = store::Row { key: key.clone(), value: value.clone(), version: entry.sequence };
                    changed.insert((collection.clone(), key.clone()), Some(row));
                }
                Change::Delete { owner, collection, key } if mine(owner, collection) => {
                    changed.insert((collection.clone(), key.clone()), None);
                }
                _ => {}
            }
        }
        bytes
    }

    fn apply(&self, index: &Index, sequence: u64, changed: Changed) -> Result<(), Error> {
        let mut gone = Batch { sequence, ..Batch::default() };
        let mut rows: BTreeMap<String, Vec<store::Row>> = BTreeMap::new();
        for ((collection, key), row) in changed {
            match row {
                Some(row) => rows.entry(collection).or_default().push(row),
                None => gone.remove.push(hex(&key)),
            }
        }
        if !gone.remove.is_empty() {
            index.apply(&gone).map_err(search)?;
        }
        for (collection, rows) in rows {
            self.apply_rows(index, &collection, rows)?;
        }
        Ok(())
    }

    /// Indexes rows of one collection, in calls of bounded size.
    fn apply_rows(&self, index: &Index, collection: &str, rows: Vec<store::Row>) -> Result<(), Error> {
        let mut piece = Vec::new();
        let mut bytes = 0;
        for row in rows {
            bytes += row.key.len() + row.value.len();
            piece.push(row);
            if piece.len() == MAX_ROWS || bytes >= MAX_BYTES {
                self.apply_piece(index, collection, &std::mem::take(&mut piece))?;
                bytes = 0;
            }
        }
        if piece.is_empty() { Ok(()) } else { self.apply_piece(index, collection, &piece) }
    }

    fn apply_piece(&self, index: &Index, collection: &str, rows: &[store::Row]) -> Result<(), Error> {
        let versions: HashMap<&[u8], u64> = rows.iter().map(|row| (row.key.as_slice(), row.version)).collect();
        let mut batches: BTreeMap<u64, Batch> = BTreeMap::new();
        for row in rows {
            let batch = batches.entry(row.version).or_default();
            batch.sequence = row.version;
            batch.remove.push(hex(&row.key));
        }
        for document in self.documents(collection, rows)? {
            let Some(version) = versions.get(document.key.as_slice()) else {
                log::warn!("{}: a document for a row that was not given is left out", self.entry.id());
                continue;
            };
            let add = (hex(&document.key), contract(document));
            batches.entry(*version).or_default().add.push(add);
        }
        for batch in batches.values() {
            index.apply(batch).map_err(search)?;
        }
        Ok(())
    }

    /// The plugin's documents of some rows. A row that it fails on is left out, not
    /// the rows beside it.
    fn documents(&self, collection: &str, rows: &[store::Row]) -> Result<Vec<wire::Document>, Error> {
        let mut patience = 100;
        let error = loop {
            match self.call(collection, rows) {
                Ok(documents) => return Ok(documents),
                Err(CallError::Busy) if patience > 0 && !self.is_stopping() => {
                    patience -= 1;
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => break error,
            }
        };
        if matches!(error, CallError::Station { .. } | CallError::Busy) {
            return Err(Error::Search(error.to_string()));
        }
        let middle = rows.len() / 2;
        match rows.split_at_checked(middle) {
            Some((left, right)) if middle > 0 => {
                let mut documents = self.documents(collection, left)?;
                documents.extend(self.documents(collection, right)?);
                Ok(documents)
            }
            _ => {
                log::warn!("{}: a row of {collection} cannot be found by searching: {error}", self.entry.id());
                Ok(Vec::new())
            }
        }
    }

    fn call(&self, collection: &str, rows: &[store::Row]) -> Result<Vec<wire::Document>, CallError> {
        let nobody = Principal { kind: Kind::Job, ..Principal::public(Channel::Loopback, "vi") };
        let mut frame = Frame::new(&self.core, &self.plugin, &nobody)?;
        frame.time = TIME;
        frame.budget = STEP;
        frame.budget.memory = self.plugin.limits.memory;
        let began = Instant::now();
        let documents = frame.pure(&mut |store: &mut Store<State>| {
            let Some(point) = &self.plugin.points.indexer else { return Ok(Vec::new()) };
            let instance = point.instantiate(&mut *store)?;
            instance.tram_plugin_indexer().call_index(store, collection, rows)
        });
        call::settle(&self.core, &self.entry, began.elapsed(), documents.as_ref().err());
        documents
    }
}

/// Gives memory that was freed back to the system: the allocator keeps what a large
/// import took, as if the next one came at once.
fn give_back() {
    // SAFETY: it moves nothing that is in use, and may be called at any time.
    unsafe { libc::malloc_trim(0) };
}

fn contract(document: wire::Document) -> Document {
    Document {
        visibility: document.visibility,
        texts: document.texts.into_iter().map(|text| (text.field, text.value)).collect(),
        numbers: document.numbers.into_iter().map(|number| (number.field, number.value)).collect(),
    }
}

impl From<tram_search::Error> for Error {
    fn from(error: tram_search::Error) -> Self {
        Error::Search(error.to_string())
    }
}

fn search(error: tram_search::Error) -> Error {
    error.into()
}

/// Keeps the schema beside the index, so that a later version can still search in it
/// while it builds its own.
#[allow(clippy::disallowed_methods, reason = "an index without its schema is built anew from the journal")]
fn write_schema(folder: &Path, schema: &Schema) -> Result<(), Error> {
    let bytes = serde_json::to_vec(schema).map_err(|error| Error::malformed("a search schema", error))?;
    Ok(std::fs::write(folder.with_extension("schema.json"), bytes)?)
}

/// The bytes of a key as [`hex`] writes it.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    text.as_bytes().as_chunks::<2>().0.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect()
}

/// Lower-case hexadecimal, as the contract writes keys.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0')));
        }
    }
    text
}

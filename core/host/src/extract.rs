//! Looking into files from strangers. An extractor is a component without any
//! capability: it sees one file, and what it answers is taken as data. It runs on a
//! thread of its own, between two steps of the job that asked, so that neither a
//! page nor another job waits for a large file.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tram_journal::{BlobReader, Context, Id, Reader, ScanRange, Txn};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, ResourceLimiter, Store, Trap};

use crate::bindings::extractor::tram::plugin::source;
use crate::bindings::extractor::{WithExtractor, WithExtractorPre};
use crate::capabilities::{FileRow, register};
use crate::engine::ticks;
use crate::inner::Core;
use crate::jobs;
use crate::plugin::{Entry, Extracting};
use crate::tables::{self, EXTRACTS};
use crate::{CallError, Error};

/// Linear memory of an extractor, bytes: some formats are read whole.
pub(crate) const MEMORY_MAX: usize = 192 << 20;
/// Most bytes of one read by the extractor.
const MAX_PIECE: u32 = 1 << 20;
/// Largest document that it answers, bytes.
const MAX_DOCUMENT: usize = 8 << 20;
/// Most bytes of the files that it makes, together.
const MAX_DERIVED: usize = 4 << 20;
/// Most files that it makes.
const MAX_FILES: usize = 64;

/// A file that is to be looked into, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Plugin whose file it is.
    pub(crate) plugin: String,
    pub(crate) file: FileRow,
    /// None: not looked into yet.
    #[serde(default)]
    pub(crate) outcome: Option<Result<Found, Unread>>,
}

/// What an extractor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Content of the document, by hash.
    pub(crate) document: String,
    pub(crate) size: u64,
    /// Name, media type, and id among the plugin's files.
    pub(crate) derived: Vec<(String, String, String)>,
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unread {
    pub(crate) code: String,
    pub(crate) vi: String,
    pub(crate) en: String,
}

impl Unread {
    fn new(code: &str, vi: &str, en: &str) -> Self {
        Self { code: code.to_owned(), vi: vi.to_owned(), en: en.to_owned() }
    }
}

/// An extractor for files of this name and kind.
pub(crate) fn extractor(core: &Core, name: &str, media_type: &str) -> Option<Arc<Entry>> {
    let registry = core.registry.load();
    let knows = |entry: &&Arc<Entry>| entry.manifest.extractor.iter().any(|kind| kind.knows(name, media_type));
    registry.values().find(|entry| entry.running().is_some() && knows(entry)).map(Arc::clone)
}

fn key(job: &str) -> Result<[u8; 16], tram_journal::Error> {
    Ok(job.parse::<Id>()?.to_bytes())
}

/// Enters a request of a job's in its transaction.
pub(crate) fn enter(txn: &mut Txn, job: &str, request: &Request) -> Result<(), tram_journal::Error> {
    txn.put(tables::OWNER, EXTRACTS, &key(job)?, &tables::encode(request), 1, &[], None)
}

/// The request of a job.
pub(crate) fn read(reader: &dyn Reader, job: &str) -> Result<Option<Request>, tram_journal::Error> {
    let row = reader.get(tables::OWNER, EXTRACTS, &key(job)?)?;
    Ok(row.and_then(|row| serde_json::from_slice(&row.value).ok()))
}

/// Forgets what a step has had, in the step's own transaction; a request that the
/// step entered anew stays.
pub(crate) fn taken(txn: &mut Txn, job: &str) -> Result<(), tram_journal::Error> {
    let Some(outcome) = read(txn, job)?.and_then(|request| request.outcome) else { return Ok(()) };
    if let Ok(found) = outcome {
        txn.release_blob(&found.document.parse()?)?;
    }
    txn.delete(tables::OWNER, EXTRACTS, &key(job)?, None)
}

/// The thread of the extractors.
pub(crate) fn work(core: &Arc<Core>) {
    crate::vendors::give_way();
    let mut seen = 0;
    while !core.is_stopping() {
        let mut moved = false;
        match waiting(core) {
            Ok(jobs) => {
                for (job, request) in jobs {
                    if core.is_stopping() {
                        return;
                    }
                    match look(core, &job, &request) {
                        Ok(()) => moved = true,
                        Err(error) => log::error!("{}: a file could not be looked into: {error}", request.plugin),
                    }
                }
            }
            Err(error) => log::error!("files to look into cannot be listed: {error}"),
        }
        if !moved {
            seen = core.progress.wait(seen, Duration::from_secs(1));
        }
    }
}

fn waiting(core: &Core) -> Result<Vec<(String, Request)>, Error> {
    let page = core.journal.read()?.scan(tables::OWNER, EXTRACTS, &ScanRange::all(100))?;
    Ok(page
        .rows
        .iter()
        .filter_map(|row| {
            let job = Id::from_bytes(row.key.as_slice().try_into().ok()?).to_string();
            let request: Request = serde_json::from_slice(&row.value).ok()?;
            request.outcome.is_none().then_some((job, request))
        })
        .collect())
}

/// Looks into one file and keeps what came of it.
fn look(core: &Arc<Core>, job: &str, request: &Request) -> Result<(), Error> {
    let over = jobs::read(&core.journal.read()?, job)?.is_none_or(|record| record.state.is_over());
    let found = if over { Err(Unread::new("cancelled", "", "")) } else { run(core, request) };
    let mut kept = Vec::new();
    let mut document = None;
    if let Ok(answer) = &found {
        document = Some((blob(core, &answer.document)?, answer.document.len() as u64));
        for derived in &answer.derived {
            kept.push((derived, blob(core, &derived.bytes)?));
        }
    }
    // In the plugin's name: what was made is its own, and counted as such.
    let mut context = Context::new("system", &request.plugin);
    context.time = tram_journal::clock::now();
    let written = core.journal.run(context, |txn| {
        // Stopped meanwhile, or asked for something else: nobody waits for this.
        let open = jobs::read(txn, job)?.is_some_and(|record| !record.state.is_over());
        let Some(mut now) = read(txn, job)?.filter(|now| now.outcome.is_none()) else { return Ok(()) };
        if !open {
            return txn.delete(tables::OWNER, EXTRACTS, &key(job)?, None);
        }
        now.outcome = Some(match (&found, &document) {
            (Ok(_), Some((content, size))) => {
                txn.hold_blob(content)?;
                let mut derived = Vec::new();
                for (file, content) in &kept {
                    let length = file.bytes.len() as u64;
                    let id = register(txn, &request.plugin, &file.name, &file.media_type, length, *content)?;
                    derived.push((file.name.clone(), file.media_type.clone(), id));
                }
                Ok(Found { document: content.to_string(), size: *size, derived })
            }
            (Err(why), _) => Err(why.clone()),
            (Ok(_), None) => return Ok(()),
        });
        enter(txn, job, &now)
    });
    written.map(|_| ()).map_err(|error| match error {
        tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => Error::Journal(error),
        tram_journal::RunError::Commit(error) => Error::Commit(error),
    })?;
    core.jobs.raise();
    Ok(())
}

fn blob(core: &Core, bytes: &[u8]) -> Result<tram_journal::BlobId, Error> {
    let mut writer = core.journal.blobs().writer()?;
    std::io::Write::write_all(&mut writer, bytes)?;
    Ok(writer.finish()?.id)
}

type Answer = crate::bindings::extractor::exports::tram::plugin::extractor::Answer;

/// Runs the extractor on the file.
fn run(core: &Arc<Core>, request: &Request) -> Result<Answer, Unread> {
    let FileRow { name, media_type, size, content } = &request.file;
    let gone = || Unread::new("unreadable", "Không còn tệp này trong kho.", "The file is no longer in the store.");
    let entry = extractor(core, name, media_type).ok_or_else(|| {
        Unread::new(
            "no-extractor",
            "Trạm chưa đọc được nội dung loại tệp này; tệp vẫn được giữ.",
            "The station cannot look into files of this kind; the file is kept all the same.",
        )
    })?;
    let plugin = entry.running().ok_or_else(gone)?;
    let extracting = plugin.extracting.as_ref().ok_or_else(gone)?;
    let reader = content.parse().ok().and_then(|id| core.journal.blobs().open(&id).ok()).ok_or_else(gone)?;
    let began = std::time::Instant::now();
    let answer = call(extracting, core.extract_time, reader, *size, name, media_type);
    entry.counts.add(began.elapsed(), answer.is_err());
    let answer = answer.map_err(|error| why(&error))?;
    let answer = answer.map_err(|error| {
        let text = tram_contract::Text::decode(&error.message);
        Unread::new(&error.code, text.get("vi"), text.get("en"))
    })?;
    let made: usize = answer.derived.iter().map(|derived| derived.bytes.len()).sum();
    let reads = serde_json::from_slice::<tram_contract::extract::Extract>(&answer.document);
    if answer.document.len() > MAX_DOCUMENT || made > MAX_DERIVED || answer.derived.len() > MAX_FILES {
        return Err(too_much());
    }
    if let Err(error) = reads {
        log::warn!("{}: what it found in a file does not read: {error}", entry.id());
        return Err(unreadable());
    }
    Ok(answer)
}

fn unreadable() -> Unread {
    Unread::new(
        "unreadable",
        "Tệp hỏng hoặc không đúng định dạng nên trạm không đọc được nội dung; hãy mở thử và lưu lại trên máy rồi tải lên lần nữa.",
        "The file is damaged or not of its kind, so its content could not be read; open it, save it anew and upload it again.",
    )
}

fn too_much() -> Unread {
    Unread::new(
        "too-much",
        "Tệp quá lớn hoặc quá phức tạp để trạm đọc nội dung; tệp vẫn được giữ, nhưng không tìm được theo chữ bên trong.",
        "The file is too large or too complex to be looked into; it is kept, but not found by the words inside.",
    )
}

fn why(error: &wasmtime::Error) -> Unread {
    if error.downcast_ref::<CallError>().is_some() {
        return too_much();
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Unread::new(
            "timeout",
            "Đọc nội dung tệp quá lâu nên đã dừng; tệp vẫn được giữ, nhưng không tìm được theo chữ bên trong.",
            "Looking into the file took too long and was stopped; it is kept, but not found by the words inside.",
        ),
        _ => unreadable(),
    }
}

/// What an extractor's store holds: its file and its bound of memory.
pub(crate) struct OneFile {
    reader: BlobReader,
    size: u64,
}

impl source::Host for OneFile {
    fn size(&mut self) -> wasmtime::Result<u64> {
        Ok(self.size)
    }

    fn read(&mut self, offset: u64, length: u32) -> wasmtime::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if offset < self.size {
            self.reader.seek(SeekFrom::Start(offset))?;
            self.reader.by_ref().take(u64::from(length.min(MAX_PIECE))).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}

impl ResourceLimiter for OneFile {
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= MEMORY_MAX {
            return Ok(true);
        }
        Err(wasmtime::Error::new(CallError::TooMuch { what: "memory" }))
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 20_000)
    }
}

/// Links a component with its file and nothing else.
///
/// # Errors
/// It wants more than that, or exports no extractor.
pub(crate) fn link(engine: &Engine, component: &Component) -> Result<WithExtractorPre<OneFile>, Error> {
    let mut linker = Linker::<OneFile>::new(engine);
    source::add_to_linker::<OneFile, HasSelf<OneFile>>(&mut linker, |file| file).map_err(Error::engine)?;
    // The contract's types are an interface without functions.
    linker.instance("tram:plugin/types@0.1.0").map_err(Error::engine)?;
    let pre = linker.instantiate_pre(component).map_err(Error::engine)?;
    WithExtractorPre::new(pre).map_err(Error::engine)
}

fn call(
    extracting: &Extracting,
    time: Duration,
    reader: BlobReader,
    size: u64,
    name: &str,
    media_type: &str,
) -> wasmtime::Result<Result<Answer, crate::bindings::types::Error>> {
    let mut store = Store::new(&extracting.engine, OneFile { reader, size });
    store.limiter(|file| file);
    store.set_epoch_deadline(ticks(time));
    store.epoch_deadline_trap();
    let instance: WithExtractor = extracting.pre.instantiate(&mut store)?;
    instance.tram_plugin_extractor().call_extract(&mut store, name, media_type)
}

//! Looking into files from strangers. An extractor is a component without any
//! capability: it sees one file, and what it answers is taken as data. It runs on a
//! thread of its own, between two steps of the job that asked, so that neither a
//! page nor another job waits for a large file.

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tram_journal::{BlobId, BlobReader, BlobWriter, CommitError, Journal, RunError, Txn};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, ResourceLimiter, Store, Trap};

use crate::bindings::extractor::tram::plugin::{sink, source};
use crate::bindings::extractor::{WithExtractor, WithExtractorPre};
use crate::capabilities::{FileRow, register, unregister};
use crate::engine::ticks;
use crate::errands::{self, Errand};
use crate::inner::Core;
use crate::plugin::{Entry, Extracting};
use crate::tables::EXTRACTS;
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
/// Most files of those that come through the sink.
const MAX_LARGE: usize = 8;
/// Room on the disk that a large file leaves to everybody else.
const KEEP_FREE: u64 = 256 << 20;
/// Bytes between two looks at the disk.
const LOOK_EVERY: u64 = 16 << 20;

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

impl Errand for Request {
    const ROWS: &'static str = EXTRACTS;
    const PAGE: usize = 100;
    const NAME: &'static str = "what is in a file";

    fn plugin(&self) -> &str {
        &self.plugin
    }

    fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    fn see_to(&self, core: &Arc<Core>, job: &str) -> Result<(), Error> {
        look(core, job, self)
    }

    fn had(&self, txn: &mut Txn) -> Result<(), tram_journal::Error> {
        match &self.outcome {
            Some(Ok(found)) => txn.release_blob(&found.document.parse()?),
            _ => Ok(()),
        }
    }

    fn let_go(&self, txn: &mut Txn) -> Result<(), tram_journal::Error> {
        self.had(txn)?;
        if let Some(Ok(found)) = &self.outcome {
            for (_, _, id) in &found.derived {
                unregister(txn, &self.plugin, id)?;
            }
        }
        Ok(())
    }
}

/// Looks into one file and keeps what came of it.
fn look(core: &Arc<Core>, job: &str, request: &Request) -> Result<(), Error> {
    let found = if errands::is_over(core, job)? { Err(Unread::new("cancelled", "", "")) } else { run(core, request) };
    let mut kept = Vec::new();
    let mut document = None;
    if let Ok((answer, _)) = &found {
        document = Some((errands::blob(core, &answer.document)?, answer.document.len() as u64));
        for derived in &answer.derived {
            kept.push((derived, errands::blob(core, &derived.bytes)?));
        }
    }
    let outcome = |txn: &mut Txn| match (&found, &document) {
        (Ok((_, large)), Some((content, size))) => {
            txn.hold_blob(content)?;
            let mut derived = Vec::new();
            for made in large {
                let id = register(txn, &request.plugin, &made.name, &made.media_type, made.size, made.content)?;
                derived.push((made.name.clone(), made.media_type.clone(), id));
            }
            for (file, content) in &kept {
                let length = file.bytes.len() as u64;
                let id = register(txn, &request.plugin, &file.name, &file.media_type, length, *content)?;
                derived.push((file.name.clone(), file.media_type.clone(), id));
            }
            Ok(Ok(Found { document: content.to_string(), size: *size, derived }))
        }
        (Err(why), _) => Ok(Err(why.clone())),
        (Ok(_), None) => Ok(Err(unreadable())),
    };
    let kept = match keep(core, job, request, outcome) {
        // It would be found again, and refused again, for ever.
        Err(RunError::Commit(CommitError::OverQuota { .. })) => keep(core, job, request, |_| Ok(Err(over_quota()))),
        kept => kept,
    };
    errands::settled(kept)?;
    core.jobs.raise();
    Ok(())
}

fn keep(
    core: &Core,
    job: &str,
    request: &Request,
    outcome: impl Fn(&mut Txn) -> Result<Result<Found, Unread>, tram_journal::Error>,
) -> Result<(), RunError<tram_journal::Error>> {
    errands::keep(core, job, &request.plugin, |txn, now: &mut Request| {
        now.outcome = Some(outcome(txn)?);
        Ok(())
    })
}

type Answer = crate::bindings::extractor::exports::tram::plugin::extractor::Answer;

/// Runs the extractor on the file: its answer, and the large files that it made.
fn run(core: &Arc<Core>, request: &Request) -> Result<(Answer, Vec<Made>), Unread> {
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
    let file = OneFile { reader, size: *size, making: Making::new(core.journal.clone(), core.extract_bytes) };
    let answer = call(extracting, core.extract_time, file, name, media_type);
    entry.counts.add(began.elapsed(), answer.is_err());
    let (answer, made_large) = answer.map_err(|error| why(&error))?;
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
    Ok((answer, made_large))
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

fn over_quota() -> Unread {
    Unread::new(
        "too-much",
        "Phần mở rộng đã dùng hết chỗ được cấp nên không giữ được nội dung đọc từ tệp; tệp vẫn được giữ. Hãy xoá bớt tệp hoặc nhờ người quản trị cấp thêm chỗ.",
        "The plugin has used up its room, so what is inside the file could not be kept; the file itself is. Delete some files, or ask the administrator for more room.",
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

/// What an extractor's store holds: its file, those that it makes, and its bound of
/// memory.
pub(crate) struct OneFile {
    reader: BlobReader,
    size: u64,
    making: Making,
}

/// A large file that was made, in the blob store; nobody holds it yet.
pub(crate) struct Made {
    name: String,
    media_type: String,
    size: u64,
    content: BlobId,
}

/// Large files in the making. What is not finished or not wanted leaves nothing: an
/// unfinished one goes with its writer, a finished one that nobody holds with the
/// next collection.
struct Making {
    journal: Journal,
    open: Option<(String, String, BlobWriter)>,
    made: Vec<Made>,
    most: u64,
    written: u64,
    looked: u64,
}

impl Making {
    fn new(journal: Journal, most: u64) -> Self {
        Self { journal, open: None, made: Vec::new(), most, written: 0, looked: 0 }
    }

    /// Whether there is room for so many bytes more.
    fn has_room(&mut self, bytes: u64) -> Result<bool, Error> {
        if self.written.saturating_add(bytes) > self.most {
            return Ok(false);
        }
        if self.written == 0 || self.written - self.looked >= LOOK_EVERY {
            self.looked = self.written;
            return Ok(self.journal.blobs().free()?.saturating_sub(bytes) >= KEEP_FREE);
        }
        Ok(true)
    }
}

type Refused = crate::bindings::types::Error;

fn refused(why: Unread) -> Refused {
    let text = tram_contract::Text::vi_en(why.vi, why.en);
    Refused { code: why.code, message: text.encode() }
}

fn no_room() -> Refused {
    refused(Unread::new(
        "too-much",
        "Gói giải nén ra quá lớn, hoặc ổ đĩa của trạm không còn đủ chỗ. Hãy xoá bớt tệp không dùng, hoặc chia gói thành vài gói nhỏ.",
        "The package unpacks to too much, or the station's disk has no room for it. Delete files that are not used, or divide the package.",
    ))
}

fn out_of_order() -> Refused {
    refused(Unread::new("bad-request", "Phần đọc tệp ghi sai thứ tự.", "The extractor writes its files out of order."))
}

impl sink::Host for OneFile {
    fn begin(&mut self, name: String, media_type: String) -> wasmtime::Result<Result<(), Refused>> {
        let making = &mut self.making;
        if making.open.is_some() {
            return Ok(Err(out_of_order()));
        }
        if making.made.len() >= MAX_LARGE || !making.has_room(0)? {
            return Ok(Err(no_room()));
        }
        making.open = Some((name, media_type, making.journal.blobs().writer()?));
        Ok(Ok(()))
    }

    fn write(&mut self, bytes: Vec<u8>) -> wasmtime::Result<Result<(), Refused>> {
        let making = &mut self.making;
        let length = bytes.len() as u64;
        if bytes.len() > MAX_PIECE as usize || making.open.is_none() {
            return Ok(Err(out_of_order()));
        }
        if !making.has_room(length)? {
            return Ok(Err(no_room()));
        }
        making.written += length;
        match &mut making.open {
            Some((.., writer)) => match writer.write_all(&bytes) {
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Ok(Err(no_room())),
                written => Ok(Ok(written?)),
            },
            None => Ok(Err(out_of_order())),
        }
    }

    fn end(&mut self) -> wasmtime::Result<Result<(), Refused>> {
        let Some((name, media_type, writer)) = self.making.open.take() else { return Ok(Err(out_of_order())) };
        let stat = writer.finish()?;
        self.making.made.push(Made { name, media_type, size: stat.length, content: stat.id });
        Ok(Ok(()))
    }
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
    sink::add_to_linker::<OneFile, HasSelf<OneFile>>(&mut linker, |file| file).map_err(Error::engine)?;
    // The contract's types are an interface without functions.
    linker.instance("tram:plugin/types@0.1.0").map_err(Error::engine)?;
    let pre = linker.instantiate_pre(component).map_err(Error::engine)?;
    WithExtractorPre::new(pre).map_err(Error::engine)
}

#[allow(clippy::type_complexity, reason = "what the engine says, what the extractor says, and what it made")]
fn call(
    extracting: &Extracting,
    time: Duration,
    file: OneFile,
    name: &str,
    media_type: &str,
) -> wasmtime::Result<(Result<Answer, crate::bindings::types::Error>, Vec<Made>)> {
    let mut store = Store::new(&extracting.engine, file);
    store.limiter(|file| file);
    store.set_epoch_deadline(ticks(time));
    store.epoch_deadline_trap();
    let instance: WithExtractor = extracting.pre.instantiate(&mut store)?;
    let answer = instance.tram_plugin_extractor().call_extract(&mut store, name, media_type)?;
    Ok((answer, store.into_data().making.made))
}

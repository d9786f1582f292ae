//! `blobs`: files of the plugin. The plugin knows them by host-minted ids; the
//! content's hash stays in the host, since it would say what a private file is.
//!
//! What is being written is a draft: a file beside the blob store whose length
//! stands in the journal. A call that fails, or is run again, writes over what the
//! journal does not count; so a job may write one file over many steps.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tram_journal::{BlobId, Id, Reader, Txn};

use crate::bindings::blobs::{Host, Info};
use crate::state::{Failure, State};
use crate::tables::{self, DRAFTS, FILES};
use crate::{BlobRef, CallError, Error};

/// Most bytes of one read or append.
const MAX_PIECE: usize = 1 << 20;
/// Most bytes that the host moves in one call.
const MAX_STRETCH: u64 = 256 << 20;

/// A file of a plugin's, as the host keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileRow {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    /// Hash of the content, hexadecimal.
    pub(crate) content: String,
}

/// A file being written.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct DraftRow {
    name: String,
    media_type: String,
    length: u64,
}

/// The folder of the drafts.
#[derive(Debug)]
pub(crate) struct Drafts {
    folder: PathBuf,
}

impl Drafts {
    /// Opens the folder, making it when it is not there.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    fn path(&self, id: &[u8; 16]) -> PathBuf {
        self.folder.join(Id::from_bytes(*id).to_string())
    }

    /// Writes a piece where the journal says that the draft ends.
    #[allow(
        clippy::disallowed_methods,
        reason = "drafts are the host's own store: what the journal does not count is cut"
    )]
    fn write(&self, id: &[u8; 16], at: u64, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(self.path(id))?;
        if file.metadata()?.len() < at {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the draft lost its end"));
        }
        file.set_len(at)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    /// Copies a stretch of a file to where the journal says that the draft ends; answers
    /// the bytes that were there to copy.
    #[allow(clippy::disallowed_methods, reason = "as for `write`")]
    fn copy(&self, id: &[u8; 16], at: u64, from: &mut impl Read) -> std::io::Result<u64> {
        self.write(id, at, &[])?;
        let mut file = OpenOptions::new().write(true).open(self.path(id))?;
        file.seek(SeekFrom::Start(at))?;
        std::io::copy(from, &mut file)
    }

    /// Makes what was written durable: the journal is about to count it.
    #[allow(clippy::disallowed_methods, reason = "opened to be synced")]
    pub(crate) fn sync(&self, id: &[u8; 16]) -> std::io::Result<()> {
        OpenOptions::new().write(true).open(self.path(id))?.sync_data()
    }

    /// Forgets a draft.
    pub(crate) fn remove(&self, id: &[u8; 16]) {
        if let Err(error) = std::fs::remove_file(self.path(id))
            && error.kind() != std::io::ErrorKind::NotFound
        {
            log::warn!("a draft could not be removed: {error}");
        }
    }

    fn read(&self, id: &[u8; 16]) -> std::io::Result<File> {
        File::open(self.path(id))
    }
}

fn disk(error: std::io::Error) -> Failure {
    Failure::End(match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => CallError::DiskFull,
        _ => CallError::Station { reason: format!("a file of the plugin's: {error}") },
    })
}

fn key(owner: &str, id: &str) -> Result<Vec<u8>, Failure> {
    let id: Id = id.parse().map_err(|_| Failure::argument("a blob's id is 26 letters"))?;
    Ok(tables::joined(owner, &id.to_bytes()))
}

/// The plugin's file of this id, as the host keeps it.
pub(crate) fn file(reader: &dyn Reader, owner: &str, id: &str) -> Result<Option<FileRow>, Failure> {
    let row = reader.get(tables::OWNER, FILES, &key(owner, id)?)?;
    row.map(|row| tables::decode("a file's record", &row.value))
        .transpose()
        .map_err(|error| Failure::End(CallError::Station { reason: error.to_string() }))
}

/// The plugin's file of this id, to be sent by the host.
pub(crate) fn file_of(journal: &tram_journal::Journal, reader: &dyn Reader, owner: &str, id: &str) -> Option<BlobRef> {
    let row = file(reader, owner, id).ok()??;
    Some(BlobRef {
        size: row.size,
        media_type: row.media_type,
        name: row.name,
        id: row.content.parse().ok()?,
        journal: journal.clone(),
    })
}

/// Enters a finished blob as a file of the plugin's and answers its id.
pub(crate) fn register(
    txn: &mut Txn,
    owner: &str,
    name: &str,
    media_type: &str,
    size: u64,
    content: BlobId,
) -> Result<String, tram_journal::Error> {
    let id = txn.new_id()?;
    // Held by the context's owner, which is the plugin: its storage counts it.
    txn.hold_blob(&content)?;
    let row = FileRow {
        name: name.chars().filter(|c| !c.is_control()).take(255).collect(),
        media_type: media_type.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(127).collect(),
        size,
        content: content.to_string(),
    };
    txn.put(tables::OWNER, FILES, &tables::joined(owner, &id.to_bytes()), &tables::encode(&row), 1, &[], Some(0))?;
    Ok(id.to_string())
}

/// Takes away again what [`register`] gave and nobody was told of. The context's owner is
/// the plugin, as there.
pub(crate) fn unregister(txn: &mut Txn, owner: &str, id: &str) -> Result<(), tram_journal::Error> {
    let key = tables::joined(owner, &id.parse::<Id>()?.to_bytes());
    let Some(record) = txn.get(tables::OWNER, FILES, &key)? else { return Ok(()) };
    if let Ok(row) = serde_json::from_slice::<FileRow>(&record.value) {
        txn.release_blob(&row.content.parse()?)?;
    }
    txn.delete(tables::OWNER, FILES, &key, None)
}

/// Hash of the content in a file's record.
pub(crate) fn content_of(record: &[u8]) -> Result<BlobId, Error> {
    let row: FileRow = tables::decode("a file's record", record)?;
    Ok(row.content.parse()?)
}

impl State {
    /// Whether the plugin's storage has room for a draft of this length.
    fn room(&self, length: u64) -> Result<(), Failure> {
        let usage = self.core.journal.usage(self.owner());
        if usage.quota.is_some_and(|quota| usage.total().saturating_add(length) > quota) {
            return Err(Failure::End(CallError::OverQuota));
        }
        Ok(())
    }

    fn draft(&self, id: &str) -> Result<([u8; 16], Vec<u8>, DraftRow), Failure> {
        let bytes = id.parse::<Id>().map_err(|_| Failure::argument("a blob's id is 26 letters"))?.to_bytes();
        let key = tables::joined(self.owner(), &bytes);
        let row = self.reader()?.get(tables::OWNER, DRAFTS, &key)?.ok_or_else(|| {
            Failure::answer("not-found", "Không có tệp đang ghi này.", "There is no such file being written.")
        })?;
        let row = tables::decode("a draft's record", &row.value)
            .map_err(|error| Failure::End(CallError::Station { reason: error.to_string() }))?;
        Ok((bytes, key, row))
    }
}

impl Host for State {
    fn stat(&mut self, id: String) -> Result<Option<Info>, Failure> {
        self.gate("blobs")?;
        self.traces.host_rows();
        let row = file(self.reader()?, self.owner(), &id)?;
        Ok(row.map(|row| Info { size: row.size, media_type: row.media_type, name: row.name }))
    }

    fn read(&mut self, id: String, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
        self.gate("blobs")?;
        self.traces.host_rows();
        let row = file(self.reader()?, self.owner(), &id)?
            .ok_or_else(|| Failure::answer("not-found", "Không có tệp này.", "There is no such file."))?;
        let content: BlobId = row.content.parse()?;
        let length = (length as usize).min(MAX_PIECE);
        self.count_bytes(length)?;
        Ok(self.core.journal.blobs().range(&content, offset, length)?)
    }

    fn create(&mut self, name: String, media_type: String) -> Result<String, Failure> {
        self.gate("blobs")?;
        let owner = self.owner().to_owned();
        let row = DraftRow {
            name: name.chars().take(255).collect(),
            media_type: media_type.chars().take(127).collect(),
            length: 0,
        };
        let txn = self.writer()?;
        let id = txn.new_id()?;
        let key = tables::joined(&owner, &id.to_bytes());
        txn.put(tables::OWNER, DRAFTS, &key, &tables::encode(&row), 1, &[], Some(0))?;
        Ok(id.to_string())
    }

    fn append_blob(&mut self, id: String, blob: String, offset: u64, length: u64) -> Result<(), Failure> {
        self.gate("blobs")?;
        if length > MAX_STRETCH {
            return Err(Failure::argument("append-blob takes at most 256 MiB"));
        }
        self.writer()?;
        let (draft, key, mut row) = self.draft(&id)?;
        let source = file(self.reader()?, self.owner(), &blob)?
            .ok_or_else(|| Failure::answer("not-found", "Không có tệp này.", "There is no such file."))?;
        if offset.checked_add(length).is_none_or(|end| end > source.size) {
            return Err(Failure::argument("the stretch goes beyond the file's end"));
        }
        self.room(row.length.saturating_add(length))?;
        let began = Instant::now();
        let mut content = self.core.journal.blobs().open(&source.content.parse()?)?;
        content.seek(SeekFrom::Start(offset)).map_err(disk)?;
        let copied = self.core.drafts.copy(&draft, row.length, &mut content.take(length)).map_err(disk)?;
        self.moving(began);
        if copied != length {
            return Err(Failure::End(CallError::Station { reason: "a file is shorter than its record says".into() }));
        }
        if !self.dirty_drafts.contains(&draft) {
            self.dirty_drafts.push(draft);
        }
        row.length += length;
        Ok(self.writer()?.put(tables::OWNER, DRAFTS, &key, &tables::encode(&row), 1, &[], None)?)
    }

    fn digest(&mut self, id: String) -> Result<Vec<u8>, Failure> {
        self.gate("blobs")?;
        self.traces.host_rows();
        let row = file(self.reader()?, self.owner(), &id)?
            .ok_or_else(|| Failure::answer("not-found", "Không có tệp này.", "There is no such file."))?;
        let content: BlobId = row.content.parse()?;
        Ok(content.0.to_vec())
    }

    fn append(&mut self, id: String, bytes: Vec<u8>) -> Result<(), Failure> {
        self.gate("blobs")?;
        if bytes.len() > MAX_PIECE {
            return Err(Failure::argument("append takes at most 1 MiB"));
        }
        self.writer()?;
        let (draft, key, mut row) = self.draft(&id)?;
        self.room(row.length + bytes.len() as u64)?;
        self.core.drafts.write(&draft, row.length, &bytes).map_err(disk)?;
        if !self.dirty_drafts.contains(&draft) {
            self.dirty_drafts.push(draft);
        }
        row.length += bytes.len() as u64;
        Ok(self.writer()?.put(tables::OWNER, DRAFTS, &key, &tables::encode(&row), 1, &[], None)?)
    }

    fn finish(&mut self, id: String) -> Result<String, Failure> {
        self.gate("blobs")?;
        self.writer()?;
        let (draft, key, row) = self.draft(&id)?;
        let began = Instant::now();
        let mut writer = self.core.journal.blobs().writer()?;
        if row.length > 0 {
            let mut content = self.core.drafts.read(&draft).map_err(disk)?.take(row.length);
            std::io::copy(&mut content, &mut writer).map_err(disk)?;
        }
        let stat = writer.finish()?;
        self.moving(began);
        if stat.length != row.length {
            return Err(Failure::End(CallError::Station { reason: "a draft is shorter than the journal says".into() }));
        }
        let owner = self.owner().to_owned();
        let txn = self.writer()?;
        txn.delete(tables::OWNER, DRAFTS, &key, None)?;
        let id = register(txn, &owner, &row.name, &row.media_type, row.length, stat.id)?;
        self.dirty_drafts.retain(|dirty| *dirty != draft);
        self.effects.drop_drafts.push(draft);
        Ok(id)
    }

    fn delete(&mut self, id: String) -> Result<(), Failure> {
        self.gate("blobs")?;
        let key = key(self.owner(), &id)?;
        let held = file(self.reader()?, self.owner(), &id)?;
        let txn = self.writer()?;
        if let Some(row) = held {
            txn.release_blob(&row.content.parse()?)?;
        }
        Ok(txn.delete(tables::OWNER, FILES, &key, None)?)
    }
}

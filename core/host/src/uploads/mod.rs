//! Resumable uploads: files on their way from a person to a plugin, over lost
//! connections, closed lids and restarts.
//!
//! What was sent is the sender's until a form of the plugin's takes it ([`taking`]), and
//! is swept when nobody does. Nothing of it is in the journal before.

mod entry;
pub(crate) mod sweep;
pub(crate) mod taking;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{BlobId, FoundPartial, FoundState, Id, Journal, Partials, clock};

pub use entry::{Piece, UploadEntry};

use crate::permits::lock;
use crate::{CallError, Error, Upload};

/// Largest file that is taken, bytes: two hours of a good camera.
pub const LARGEST_UPLOAD: u64 = 8 << 30;
/// Bytes that one person may have on their way or waiting.
const PERSON_BYTES: u64 = 16 << 30;
/// Files that one person may have on their way or waiting.
const PERSON_FILES: usize = if cfg!(test) { 20 } else { 1_000 };
/// Of the disk, one part of so many stays free.
const SPARE: u64 = 20;
/// And so much at least: the journal writes nothing on a disk that is fuller.
const SPARE_BYTES: u64 = 64 << 20;
/// Longest name with its path, characters.
const NAME: usize = 1_000;

/// What an upload is for; noted beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadNote {
    /// Who sends it.
    pub person: String,
    /// The plugin that it is for.
    pub plugin: String,
    /// Id of the `[[upload]]` of its manifest.
    pub upload: String,
    /// Name, with the path within a folder that was chosen.
    pub name: String,
    /// The sender's own mark of the file as it is (its time of change), by which it is known
    /// again when it is chosen anew; empty when none was given.
    #[serde(default)]
    pub stamp: String,
    /// Media type as the sender said.
    pub media_type: String,
    /// Bytes that it will have.
    pub size: u64,
    /// When it was begun, milliseconds since 1970.
    pub began_ms: i64,
}

/// Why an upload does not go on.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is not there: it was never, was removed, taken, or its time was over.
    #[error("there is no such upload")]
    Gone,
    /// The piece does not begin where the last one ended.
    #[error("the upload is at {0}")]
    Offset(u64),
    /// Another connection goes on with it.
    #[error("another connection goes on with this upload")]
    Superseded,
    /// More bytes than were announced.
    #[error("more bytes than were announced")]
    TooLong,
    /// The person has too much on the way.
    #[error("too much on the way for one person")]
    TooMuch,
    /// The disk has no room for the whole file.
    #[error("no room for {wanted} bytes, {free} are free")]
    NoRoom {
        /// Bytes that were asked for.
        wanted: u64,
        /// Bytes that could be given.
        free: u64,
    },
    /// The storage failed.
    #[error("storage: {0}")]
    Storage(#[from] tram_journal::Error),
}

impl UploadError {
    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            Self::Gone => Text::vi_en(
                "Tệp này không còn chờ trên máy chủ: đã được dùng, đã xoá, hoặc để quá lâu. Hãy chọn và gửi lại tệp.",
                "This file no longer waits on the server: it was used, deleted, or left too long. Choose it and send it again.",
            ),
            Self::Offset(_) => Text::vi_en(
                "Phần vừa gửi không nối tiếp phần đã nhận. Trang sẽ tự hỏi lại chỗ đang dở rồi gửi tiếp.",
                "This part does not follow the one before. The page asks where it was and goes on from there.",
            ),
            Self::Superseded => {
                Text::vi_en("Một kết nối khác đang gửi tiếp tệp này.", "Another connection goes on with this file.")
            }
            Self::TooLong => Text::vi_en(
                "Tệp dài hơn lúc bắt đầu gửi; có thể tệp đã bị sửa. Hãy chọn và gửi lại tệp.",
                "The file is longer than it was when sending began; it may have been changed. Choose it and send it again.",
            ),
            Self::TooMuch => Text::vi_en(
                "Bạn đang có quá nhiều tệp gửi dở hoặc chưa dùng. Hãy mở trang “Tệp đang tải lên”, dùng hoặc xoá bớt rồi gửi lại.",
                "You have too many files on the way or not yet used. Open the page “Files being uploaded”, use or delete some, and send this one again.",
            ),
            Self::NoRoom { wanted, free } => Text::vi_en(
                format!(
                    "Máy chủ chỉ còn chỗ cho {}, tệp này cần {}. Hãy xoá bớt tệp, hoặc nhờ người quản trị dọn đĩa; chưa có gì được gửi.",
                    megabytes(*free, ','),
                    megabytes(*wanted, ',')
                ),
                format!(
                    "The server has room for {} only, this file needs {}. Delete some files, or ask the administrator to make room; nothing was sent.",
                    megabytes(*free, '.'),
                    megabytes(*wanted, '.')
                ),
            ),
            Self::Storage(tram_journal::Error::Full) => CallError::DiskFull.text(),
            Self::Storage(_) => Text::vi_en(
                "Máy chủ không ghi được tệp; những phần đã nhận vẫn còn. Hãy thử lại, nếu vẫn lỗi thì báo người quản trị.",
                "The server could not write the file; what came so far is kept. Try again, and tell the administrator if it happens again.",
            ),
        }
    }
}

/// `1,5 GB`, `12 MB`.
fn megabytes(bytes: u64, comma: char) -> String {
    const GB: u64 = 1 << 30;
    if bytes >= GB {
        format!("{}{comma}{} GB", bytes / GB, bytes % GB * 10 / GB)
    } else {
        format!("{} MB", bytes >> 20)
    }
}

/// The uploads of a station.
pub struct Uploads {
    partials: Partials,
    journal: Journal,
    known: Mutex<HashMap<String, Arc<UploadEntry>>>,
    /// One is begun at a time: what it may take depends on the others.
    beginning: Mutex<()>,
}

impl Uploads {
    /// Opens what was there before the restart.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(journal: &Journal) -> Result<Self, Error> {
        let partials = journal.blobs().partials()?;
        let mut known = HashMap::new();
        for FoundPartial { name, note, state } in partials.recover()? {
            let Ok(note) = serde_json::from_slice::<UploadNote>(&note) else {
                log::warn!("an upload whose note does not read is removed: {name}");
                partials.remove(&name)?;
                continue;
            };
            let (at, sealed) = match state {
                FoundState::Open(at) => (at, None),
                FoundState::Sealed(stat) => (stat.length, Some(stat.id)),
            };
            known.insert(name.clone(), Arc::new(UploadEntry::found(name, note, at, sealed)));
        }
        Ok(Self { partials, journal: journal.clone(), known: Mutex::new(known), beginning: Mutex::default() })
    }

    /// Begins an upload and reserves the room for all of it. The caller has asked for
    /// the permission.
    ///
    /// # Errors
    /// The person has too much on the way, the disk has no room, or it failed.
    pub fn begin(&self, mut note: UploadNote) -> Result<Arc<UploadEntry>, UploadError> {
        let _one = lock(&self.beginning);
        note.name = clean_name(&note.name);
        note.stamp = note.stamp.chars().filter(char::is_ascii_graphic).take(64).collect();
        note.media_type = note.media_type.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(127).collect();
        let of_person = self.of(&note.person);
        let outstanding = of_person.iter().fold(note.size, |sum, entry| sum.saturating_add(entry.note().size));
        if outstanding > PERSON_BYTES || of_person.len() >= PERSON_FILES {
            return Err(UploadError::TooMuch);
        }
        let free = self.free()?;
        if note.size > free {
            return Err(UploadError::NoRoom { wanted: note.size, free });
        }
        let id = new_name()?;
        let text = serde_json::to_vec(&note).unwrap_or_default();
        let partial = self.partials.begin(&id, &text, note.size).map_err(|error| match error {
            tram_journal::Error::Full => UploadError::NoRoom { wanted: note.size, free },
            other => other.into(),
        })?;
        let entry = Arc::new(UploadEntry::new(id.clone(), note, partial));
        lock(&self.known).insert(id, Arc::clone(&entry));
        Ok(entry)
    }

    /// Bytes that a new upload may have: what is free, but for the spare part and for what
    /// others were promised.
    fn free(&self) -> Result<u64, UploadError> {
        let room = self.partials.room()?;
        let promised: u64 = self.all().iter().map(|entry| entry.promised()).sum();
        let spare = (room.total / SPARE).max(SPARE_BYTES);
        Ok(room.free.saturating_sub(spare).saturating_sub(promised))
    }

    /// All uploads. Their own locks are held while files are synced, so they are never
    /// asked for under the lock of the list, which every request needs.
    fn all(&self) -> Vec<Arc<UploadEntry>> {
        lock(&self.known).values().map(Arc::clone).collect()
    }

    /// An upload of a person's.
    ///
    /// # Errors
    /// There is none of this id that is theirs.
    pub fn get(&self, id: &str, person: &str) -> Result<Arc<UploadEntry>, UploadError> {
        let known = lock(&self.known);
        let entry = known.get(id).filter(|entry| entry.note().person == person);
        entry.map(Arc::clone).ok_or(UploadError::Gone)
    }

    /// The uploads of a person, the oldest first.
    pub fn of(&self, person: &str) -> Vec<Arc<UploadEntry>> {
        let known = lock(&self.known);
        let mut own: Vec<_> = known.values().filter(|entry| entry.note().person == person).map(Arc::clone).collect();
        own.sort_by(|a, b| (a.note().began_ms, a.id()).cmp(&(b.note().began_ms, b.id())));
        own
    }

    /// How many uploads there are, and the bytes that they have or were promised.
    pub fn outstanding(&self) -> (usize, u64) {
        let known = lock(&self.known);
        (known.len(), known.values().map(|entry| entry.note().size).sum())
    }

    /// The next bytes of an upload; whoever wrote to it before writes no more.
    ///
    /// # Errors
    /// [`UploadError::Offset`] when they do not follow what is there.
    pub fn piece(&self, entry: &Arc<UploadEntry>, offset: u64, checked: bool) -> Result<Piece, UploadError> {
        entry.piece(&self.partials, &self.journal, offset, checked)
    }

    /// Where an upload is: bytes that are on disk. Whoever wrote to it before writes no
    /// more, so that it stays there.
    ///
    /// # Errors
    /// It is gone, or the disk failed.
    pub fn offset(&self, entry: &Arc<UploadEntry>) -> Result<u64, UploadError> {
        entry.offset(&self.partials, &self.journal)
    }

    /// Forgets an upload, its bytes included. Works on a full disk.
    ///
    /// # Errors
    /// The file system failed.
    pub fn remove(&self, entry: &UploadEntry) -> Result<(), UploadError> {
        let blob = self.forget(entry)?;
        let Some(blob) = blob else { return Ok(()) };
        // The same content may be waited for by another upload.
        let size = entry.note().size;
        let wanted = self.all().iter().any(|other| other.note().size == size && other.blob() == Some(blob));
        if !wanted {
            self.journal.give_up_blob(&blob)?;
        }
        Ok(())
    }

    /// Forgets an upload; the blob that it became stays.
    fn forget(&self, entry: &UploadEntry) -> Result<Option<BlobId>, UploadError> {
        lock(&self.known).remove(entry.id());
        let blob = entry.end();
        self.partials.remove(entry.id())?;
        Ok(blob)
    }

    /// The finished upload behind a value of a form.
    ///
    /// # Errors
    /// It is not there, is not this person's for this plugin, or is not finished.
    pub fn ready(&self, id: &str, person: &str, plugin: &str) -> Result<Upload, UploadError> {
        let entry = self.get(id, person)?;
        let note = entry.note();
        if note.plugin != plugin {
            return Err(UploadError::Gone);
        }
        let content = match entry.blob() {
            Some(content) => content,
            // All bytes came, but the disk failed when the blob was to be made.
            None if self.offset(&entry)? == note.size => entry.blob().ok_or(UploadError::Gone)?,
            None => return Err(UploadError::Offset(entry.at())),
        };
        Ok(Upload {
            name: note.name.clone(),
            media_type: note.media_type.clone(),
            size: note.size,
            content: Some(content),
            ticket: Some(id.to_owned()),
            ..Upload::default()
        })
    }

    /// An upload was taken with a commit that holds its blob.
    pub(crate) fn taken(&self, id: &str) {
        let entry = lock(&self.known).get(id).map(Arc::clone);
        if let Some(entry) = entry
            && let Err(error) = self.forget(&entry)
        {
            log::warn!("an upload that was taken could not be forgotten: {error}");
        }
    }

    /// Removes what has waited too long; how many.
    pub(crate) fn sweep(&self) -> usize {
        let now = clock::now().unix_ms;
        let mut late = self.all();
        late.retain(|entry| entry.expires_ms() <= now);
        for entry in &late {
            if let Err(error) = self.remove(entry) {
                log::warn!("an upload whose time is over could not be removed: {error}");
            }
        }
        late.len()
    }
}

/// A name that nobody guesses; an id of the journal's would tell where that stands.
fn new_name() -> Result<String, UploadError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| tram_journal::Error::Io(std::io::Error::other(error.to_string())))?;
    Ok(Id::from_bytes(bytes).to_string())
}

/// The name with its path: no control characters, no way up, `/` between folders.
pub(crate) fn clean_name(sent: &str) -> String {
    let clean: String = sent.chars().filter(|c| !c.is_control()).take(NAME).collect();
    let parts: Vec<&str> = clean
        .split(['/', '\\'])
        .map(str::trim)
        .filter(|part| !part.is_empty() && *part != "." && *part != "..")
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;

//! A form of the shell's own pages; files, which only administrators send, are held
//! in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tram_host::{Error, Upload};

use crate::forms::{self, Audience, Filled, Refused};
use crate::plugins;
use crate::server::intake::Intake;
use crate::visit::Visit;

type Files = Arc<Mutex<Vec<Vec<u8>>>>;

/// A form that was read.
#[derive(Debug, Default)]
pub(crate) struct ShellForm {
    filled: Filled,
    files: Vec<Vec<u8>>,
}

/// A file on its way into memory. The body's own bound is its bound.
struct Memory {
    name: String,
    media_type: String,
    bytes: Vec<u8>,
    files: Files,
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl plugins::Intake for Memory {
    fn seal(self: Box<Self>) -> Result<Upload, Error> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let size = self.bytes.len() as u64;
        files.push(self.bytes);
        let place = files.len() - 1;
        Ok(Upload { name: self.name, media_type: self.media_type, size, blob: place.to_string(), ..Upload::default() })
    }
}

impl ShellForm {
    /// Reads a form that belongs to the shell; its files go to `place`, else into memory.
    ///
    /// # Errors
    /// See [`forms::read`].
    pub(crate) async fn read(
        visit: &Visit,
        body: Intake,
        audience: Audience<'_>,
        place: Option<forms::Open>,
    ) -> Result<Self, Refused> {
        let files = Files::default();
        let shared = Arc::clone(&files);
        let open: forms::Open = Box::new(move |name, media_type| {
            Ok(Box::new(Memory {
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                bytes: Vec::new(),
                files: Arc::clone(&shared),
            }))
        });
        let filled = forms::read(visit, body, audience, place.or(Some(open))).await?;
        let files = std::mem::take(&mut *files.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Self { filled, files })
    }

    /// The first value of a field, trimmed; empty when it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.filled.get(name)
    }

    /// The value as typed (passwords).
    pub(crate) fn exact(&self, name: &str) -> &str {
        self.filled.exact(name)
    }

    /// Whether a file came in a field.
    pub(crate) fn has_upload(&self, field: &str) -> bool {
        self.filled.uploads.iter().any(|upload| upload.field == field)
    }

    /// The first file of a field: its name and bytes.
    pub(crate) fn take_file(&mut self, field: &str) -> Option<(String, Vec<u8>)> {
        let upload = self.filled.uploads.iter().find(|upload| upload.field == field)?;
        let place: usize = upload.blob.parse().ok()?;
        Some((upload.name.clone(), std::mem::take(self.files.get_mut(place)?)))
    }
}

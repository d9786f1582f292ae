//! What the web hands in and gets back.

use std::io::{self, Read, Seek, SeekFrom};

use tram_contract::page::Page;
use tram_journal::{BlobId, BlobReader};
use tram_people::Principal;

use crate::basis::Basis;
use crate::bindings::types;
use crate::{CallError, Error};

/// A request, matched to a route by [`crate::Host::find`].
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: String,
    /// Path below the plugin's own, `/` first.
    pub path: String,
    /// Parameters of the route's path.
    pub params: Vec<(String, String)>,
    /// Query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Fields of a form, in order.
    pub form: Vec<(String, String)>,
    /// Files of a form, already in the blob store.
    pub uploads: Vec<Upload>,
    /// Body of an `api` route.
    pub body: Vec<u8>,
    /// Request headers that plugins may see, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Sequence of the sign-in session's last own change: a search waits up to
    /// 300 ms until the index has it.
    pub after: Option<u64>,
}

/// A file that came with a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upload {
    /// Field of the form.
    pub field: String,
    /// The file's own name.
    pub name: String,
    /// Media type as the browser said.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// Id in the plugin's blobs; empty while it is only [`Upload::content`].
    pub blob: String,
    /// A blob that the call enters among the plugin's files, when it keeps it.
    pub content: Option<BlobId>,
    /// The resumable upload that it came by, which is over once the file is kept.
    pub ticket: Option<String>,
}

/// A plugin's reply.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Allow-listed headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: ReplyBody,
    /// Sequence of the entry that the call wrote, when it wrote one.
    pub committed: Option<u64>,
    /// What the answer rests on, where it may be given again while that stands.
    pub basis: Option<Basis>,
}

/// Body of a reply.
#[derive(Debug)]
pub enum ReplyBody {
    /// A page document.
    Page(Page),
    /// Bytes of an `api` route.
    Bytes(Vec<u8>),
    /// A file of the plugin's.
    Blob(BlobRef),
    /// Nothing.
    Empty,
}

/// A file of a plugin's, to be sent by the host.
#[derive(Debug, Clone)]
pub struct BlobRef {
    /// Bytes.
    pub size: u64,
    /// Media type.
    pub media_type: String,
    /// Name for people.
    pub name: String,
    /// Hash of the content, for an ETag behind the permission check.
    pub id: BlobId,
    pub(crate) journal: tram_journal::Journal,
}

impl BlobRef {
    /// A content of the journal's under a name; how tests come by a file.
    pub fn new(journal: tram_journal::Journal, id: BlobId, size: u64, name: &str, media_type: &str) -> Self {
        Self { size, media_type: media_type.to_owned(), name: name.to_owned(), id, journal }
    }

    /// Opens the content.
    ///
    /// # Errors
    /// The file is gone, or the disk failed.
    pub fn open(&self) -> Result<BlobContent, Error> {
        Ok(BlobContent(self.journal.blobs().open(&self.id)?))
    }
}

/// Content of a blob.
#[derive(Debug)]
pub struct BlobContent(BlobReader);

impl BlobContent {
    /// The open file, for a server that sends ranges of it.
    pub fn into_file(self) -> std::fs::File {
        self.0.into_file()
    }
}

impl Read for BlobContent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for BlobContent {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

/// Response headers that a plugin may set.
const HEADERS: &[&str] =
    &["content-type", "location", "content-disposition", "cache-control", "etag", "last-modified", "retry-after"];

fn fields(pairs: Vec<(String, String)>) -> Vec<types::Field> {
    pairs.into_iter().map(|(name, value)| types::Field { name, value }).collect()
}

/// The principal in the contract's words.
pub(crate) fn principal(principal: &Principal) -> types::Principal {
    types::Principal {
        kind: principal.kind.word().to_owned(),
        person: principal.person.clone(),
        grants: principal
            .grants
            .iter()
            .map(|grant| types::Grant {
                permission: grant.permission.clone(),
                relation: grant.relation.word().to_owned(),
            })
            .collect(),
        channel: principal.channel.word().to_owned(),
        language: principal.language.clone(),
    }
}

impl Request {
    /// The request in the contract's words.
    pub(crate) fn into_contract(self, route: &str, by: &Principal) -> types::Request {
        types::Request {
            method: self.method,
            route: route.to_owned(),
            path: self.path,
            params: fields(self.params),
            query: fields(self.query),
            form: fields(self.form),
            uploads: self
                .uploads
                .into_iter()
                .map(|upload| types::Upload {
                    field: upload.field,
                    name: upload.name,
                    media_type: upload.media_type,
                    size: upload.size,
                    blob: upload.blob,
                })
                .collect(),
            body: self.body,
            headers: fields(self.headers),
            principal: principal(by),
        }
    }
}

/// Checks the head of a plugin's response: a plausible status, allowed headers
/// without line breaks. Others are dropped, not errors: they are no harm undone.
pub(crate) fn head(response: &types::Response) -> Result<(u16, Vec<(String, String)>), CallError> {
    if !(200..=599).contains(&response.status) {
        return Err(CallError::Trapped { reason: format!("the status {} is not one of HTTP", response.status) });
    }
    let headers = response
        .headers
        .iter()
        .filter_map(|field| {
            let name = field.name.to_ascii_lowercase();
            let clean = field.value.len() <= 2048 && !field.value.bytes().any(|b| b < 0x20 || b == 0x7f);
            (clean && HEADERS.contains(&name.as_str())).then(|| (name, field.value.clone()))
        })
        .collect();
    Ok((response.status, headers))
}

//! `PATCH /upload/ID`: the bytes. They go to the disk piece by piece, so that the memory
//! of an upload is two pieces, however large it is.

use std::sync::Arc;

use hyper::body::{Body as _, Incoming};
use hyper::header;
use hyper::{Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tram_host::{Piece, UploadEntry, UploadError};

use super::protocol::Checksum;
use super::{Refused, bare, expires, on_disk, own, protocol, put, trusted};
use crate::server::body::Body;
use crate::server::intake::{Intake, Refusal, discard};
use crate::site::Site;
use crate::visit::Visit;

/// Uploads that receive at once.
pub const RECEIVING: usize = 64;
/// Bytes of an upload that go to the disk at once; as many again come in meanwhile.
pub const PIECE: usize = 128 * 1024;

/// The places of uploads that receive.
#[derive(Debug)]
pub(crate) struct Seats(Arc<Semaphore>);

impl Default for Seats {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(RECEIVING)))
    }
}

impl Seats {
    fn take(&self) -> Result<OwnedSemaphorePermit, Refused> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| Refused::new(503, "error.busy-text"))
    }
}

pub(super) async fn patch(
    site: &Arc<Site>,
    visit: &mut Visit,
    body: Incoming,
    id: &str,
) -> Result<Response<Body>, Refused> {
    match begun(site, visit, id) {
        Ok((entry, offset)) => {
            let at = receive(site, visit, body, &entry, offset).await?;
            let mut reply = bare(StatusCode::NO_CONTENT);
            put(&mut reply, protocol::OFFSET, at);
            expires(&mut reply, &entry);
            Ok(reply)
        }
        Err(refused) => {
            discard(body, false).await;
            Err(refused)
        }
    }
}

/// The upload, and where the sender believes it to be.
fn begun(site: &Arc<Site>, visit: &mut Visit, id: &str) -> Result<(Arc<UploadEntry>, u64), Refused> {
    let entry = own(site, visit, id)?;
    trusted(site, visit, &entry.note().plugin, "")?;
    let note = entry.note();
    let kind = site.plugins.upload_kind(&note.plugin, &note.upload);
    let (kind, _) = kind.ok_or_else(|| Refused::new(404, "upload.no-such-kind"))?;
    if !visit.principal.holds(&kind.permission) {
        return Err(Refused::new(403, "upload.forbidden"));
    }
    if visit.header(&header::CONTENT_TYPE) != Some(protocol::PIECE) {
        return Err(Refused::new(415, "upload.malformed"));
    }
    let offset = protocol::number(visit.header(&protocol::OFFSET));
    Ok((entry, offset.ok_or_else(|| Refused::new(400, "upload.malformed"))?))
}

/// Takes the body as the upload's bytes from `offset` on; how far it is then.
pub(super) async fn receive(
    site: &Arc<Site>,
    visit: &Visit,
    body: Incoming,
    entry: &Arc<UploadEntry>,
    offset: u64,
) -> Result<u64, Refused> {
    let opened = match open(site, visit, &body, entry, offset).await {
        Ok(opened) => opened,
        Err(refused) => {
            discard(body, false).await;
            return Err(refused);
        }
    };
    let (piece, checksum, seat) = opened;
    let intake = Intake::new(body, entry.note().size.saturating_sub(offset))?;
    // A task of its own: when the connection breaks, this request is forgotten, but what
    // came of the body is still to be kept.
    let received = tokio::spawn(async move {
        let at = stream(piece, intake, checksum).await;
        drop(seat);
        at
    });
    received.await.unwrap_or_else(|error| {
        log::error!("an upload ended abnormally: {error}");
        Err(Refused::new(500, "error.server-text"))
    })
}

type Opened = (Piece, Option<Checksum>, OwnedSemaphorePermit);

async fn open(
    site: &Arc<Site>,
    visit: &Visit,
    body: &Incoming,
    entry: &Arc<UploadEntry>,
    offset: u64,
) -> Result<Opened, Refused> {
    let seat = site.receiving.take()?;
    let checksum = match visit.header(&protocol::CHECKSUM) {
        None => None,
        Some(header) => Some(Checksum::read(header).ok_or_else(|| Refused::new(400, "upload.checksum-kind"))?),
    };
    let (site, opened, checked) = (Arc::clone(site), Arc::clone(entry), checksum.is_some());
    let announced = body.size_hint().lower();
    let piece = on_disk(move || {
        let piece = site.plugins.uploads().piece(&opened, offset, checked)?;
        if announced > opened.note().size.saturating_sub(offset) {
            return Err(UploadError::TooLong.into());
        }
        Ok(piece)
    })
    .await?;
    Ok((piece, checksum, seat))
}

/// The two ends of a piece that is being written.
struct Writing {
    piece: Piece,
    checksum: Option<Checksum>,
    buffer: Vec<u8>,
    done: Result<(), UploadError>,
}

/// Reads the next piece while the last one is written.
async fn stream(piece: Piece, mut intake: Intake, checksum: Option<Checksum>) -> Result<u64, Refused> {
    let mut idle = Some((piece, checksum, Vec::with_capacity(PIECE)));
    let mut writing: Option<JoinHandle<Writing>> = None;
    let mut filling = Vec::with_capacity(PIECE);
    let mut came: Result<(), Refusal> = Ok(());
    loop {
        let more = match intake.next().await {
            Ok(Some(bytes)) => {
                filling.extend_from_slice(&bytes);
                true
            }
            Ok(None) => false,
            Err(refusal) => {
                came = Err(refusal);
                false
            }
        };
        if more && filling.len() < PIECE {
            continue;
        }
        if let Some(handle) = writing.take() {
            idle = Some(written(handle).await?);
        }
        let Some((mut piece, mut checksum, spare)) = idle.take() else {
            return Err(Refused::new(500, "error.server-text"));
        };
        if filling.is_empty() && !more {
            return ended(piece, checksum, came).await;
        }
        let buffer = std::mem::replace(&mut filling, spare);
        let handle = tokio::task::spawn_blocking(move || {
            if let Some(checksum) = &mut checksum {
                checksum.update(&buffer);
            }
            let done = piece.append(&buffer);
            Writing { piece, checksum, buffer, done }
        });
        if more {
            writing = Some(handle);
        } else {
            let (piece, checksum, _) = written(handle).await?;
            return ended(piece, checksum, came).await;
        }
    }
}

async fn written(handle: JoinHandle<Writing>) -> Result<(Piece, Option<Checksum>, Vec<u8>), Refused> {
    let Writing { piece, checksum, mut buffer, done } = handle.await.map_err(|error| {
        log::error!("an upload's piece was not written: {error}");
        Refused::new(500, "error.server-text")
    })?;
    done?;
    buffer.clear();
    Ok((piece, checksum, buffer))
}

/// Makes what came durable, when it counts.
async fn ended(piece: Piece, checksum: Option<Checksum>, came: Result<(), Refusal>) -> Result<u64, Refused> {
    let whole = came.is_ok();
    let right = checksum.is_none_or(|checksum| checksum.ends_right() && whole);
    let at = on_disk(move || Ok(piece.end(right)?)).await?;
    came?;
    if right { Ok(at) } else { Err(Refused::new(460, "upload.checksum")) }
}

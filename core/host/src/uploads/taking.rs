//! Files of a form become the plugin's with the call that was made of it.
//!
//! They are entered among the plugin's files in the call's own transaction, so that a
//! call that fails, or is run again, leaves none behind. And a plugin takes a file by
//! keeping its id: one whose id stands in nothing that the call wrote or answered could
//! never be asked for again, so it is not the plugin's.

use tram_journal::{Id, Reader, Txn};

use crate::bindings::types;
use crate::capabilities::{content_of, register};
use crate::state::{Failure, State};
use crate::tables::{self, FILES, JOBS};
use crate::{CallError, Upload};

/// A file that was offered to a call: its place in the request, and its id there.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    id: Id,
    ticket: Option<String>,
}

/// Enters a form's files among the plugin's, for the length of the call, and puts their
/// ids in the request.
pub(crate) fn offer(
    state: &mut State,
    uploads: &[Upload],
    request: &mut types::Request,
) -> Result<Vec<Offered>, CallError> {
    let owner = state.owner().to_owned();
    let mut offered = Vec::new();
    for (upload, shown) in uploads.iter().zip(&mut request.uploads) {
        let Some(content) = upload.content else { continue };
        let txn = state.writer().map_err(ended)?;
        // The path is the plugin's to keep; a download has the last part of it.
        let name = upload.name.rsplit('/').next().unwrap_or_default();
        shown.blob = register(txn, &owner, name, &upload.media_type, upload.size, content)?;
        let id = shown.blob.parse().map_err(|_| CallError::Station { reason: "a file has no id".into() })?;
        offered.push(Offered { id, ticket: upload.ticket.clone() });
    }
    Ok(offered)
}

fn ended(failure: Failure) -> CallError {
    match failure {
        Failure::End(error) => error,
        Failure::Answer(error) => CallError::Station { reason: error.code },
    }
}

/// Takes back what the call did not keep; the tickets of resumable uploads that it did.
pub(crate) fn settle(
    txn: &mut Txn,
    owner: &str,
    response: &types::Response,
    offered: &[Offered],
) -> Result<Vec<String>, CallError> {
    let mut taken = Vec::new();
    for Offered { id, ticket } in offered {
        let key = tables::joined(owner, &id.to_bytes());
        // The plugin may have deleted it itself, having read it.
        let row = txn.get(tables::OWNER, FILES, &key)?;
        if let Some(row) = row.filter(|_| !is_kept(txn, response, id)) {
            let content = content_of(&row.value).map_err(|error| CallError::Station { reason: error.to_string() })?;
            txn.forget_hold(&content);
            txn.forget(tables::OWNER, FILES, &key)?;
            continue;
        }
        taken.extend(ticket.clone());
    }
    Ok(taken)
}

/// Whether the id stands in what the call wrote or answered, as text or as its bytes. A
/// job's arguments are the plugin's own affair: with one begun, all count as kept.
fn is_kept(txn: &Txn, response: &types::Response, id: &Id) -> bool {
    let text = id.to_string();
    let holds = |place: &[u8]| place.windows(text.len()).any(|window| window == text.as_bytes());
    let answered = match &response.body {
        types::Body::Page(bytes) | types::Body::Bytes(bytes) => holds(bytes),
        types::Body::Blob(blob) => holds(blob.as_bytes()),
        types::Body::Empty => false,
    };
    answered
        || response.headers.iter().any(|field| holds(field.value.as_bytes()))
        || txn.writes_to(tables::OWNER, JOBS)
        || txn.mentions(text.as_bytes(), (tables::OWNER, FILES))
        || txn.mentions(&id.to_bytes(), (tables::OWNER, FILES))
}

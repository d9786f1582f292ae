//! Telling others, after the commit, that something happened.

use serde::Serialize;

use crate::{Result, backend};

/// Emits an event on a topic of the manifest. The payload names things by their
/// ids; who may know more asks through a query.
///
/// # Errors
/// `bad-request` when the manifest does not name the topic; `not-granted`,
/// `read-only`.
pub fn emit(topic: &str, payload: &impl Serialize) -> Result<()> {
    backend::events::emit(topic, &serde_json::to_vec(payload)?)
}

//! Reads of another plugin's data, which that plugin answers and the host filters
//! by grant.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Result, backend};

/// Asks a query of another plugin.
///
/// # Errors
/// `not-granted` when the manifest does not name the query or nobody granted it;
/// `not-found` when the plugin is not there; `bad-value` when the answer is of
/// another shape; else what the plugin answered.
pub fn query<T: DeserializeOwned>(plugin: &str, name: &str, arguments: &impl Serialize) -> Result<T> {
    let answer = backend::brokered::query(plugin, name, &serde_json::to_vec(arguments)?)?;
    Ok(serde_json::from_slice(&answer)?)
}

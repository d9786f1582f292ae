//! Small values that the plugin keeps for itself (a column mapping, a choice).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Result, backend};

/// A setting as text.
///
/// # Errors
/// `not-granted`.
pub fn get(name: &str) -> Result<Option<String>> {
    backend::settings::get(name)
}

/// Keeps a setting.
///
/// # Errors
/// `not-granted`, `read-only`, `bad-request`.
pub fn set(name: &str, value: &str) -> Result<()> {
    backend::settings::set(name, value)
}

/// A setting kept as JSON.
///
/// # Errors
/// As [`get`]; `bad-value` when it is of another shape.
pub fn get_json<T: DeserializeOwned>(name: &str) -> Result<Option<T>> {
    Ok(get(name)?.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Keeps a setting as JSON.
///
/// # Errors
/// As [`set`].
pub fn set_json(name: &str, value: &impl Serialize) -> Result<()> {
    set(name, &serde_json::to_string(value)?)
}

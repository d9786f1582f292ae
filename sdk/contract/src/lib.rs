//! The versioned documents of the contract `tram:plugin`: what travels as JSON
//! between a plugin and the host, and the manifest `plugin.toml`.
//!
//! Types only. A plugin makes them through `tram-sdk`; the host reads them. Every
//! field that is not there from the first day has `#[serde(default)]`, and readers
//! ignore what they do not know: that is how the documents grow.

pub mod extract;
pub mod flat;
pub mod manifest;
pub mod package;
pub mod page;
pub mod rights;
pub mod search;
pub mod text;

pub use text::Text;

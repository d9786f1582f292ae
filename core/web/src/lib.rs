//! HTTP and TLS of Trạm: listeners, walls, rendering of page documents, and the
//! shell's own pages.

mod language;
mod messages;
mod query;
mod render;

pub use language::Language;

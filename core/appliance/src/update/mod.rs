//! The signed update file: its format, who may sign it, and writing it into the other
//! slot. Byte by byte: docs/formats/update.md.

mod apply;
mod format;
mod keys;
mod pack;
mod refusal;

pub use apply::{Step, Told, apply, arm, check, drop_staged, settle};
pub use format::{MAGIC, Manifest, Part, Update};
pub use keys::{Key, Keys, SigningKey};
pub use pack::{Contents, pack};
pub use refusal::Refusal;

#[cfg(test)]
mod tests;

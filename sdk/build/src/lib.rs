//! The vendor's tools as a library: make a new plugin from a template, build it,
//! pack it into one file, and say what a file may do. The binary `tram` and our
//! own build call the same functions, so our plugins are made the vendor's way.

mod assets;
mod cargo;
mod commands;
mod component;
mod error;
mod inspect;
mod pack;
mod sign;
mod sources;
mod stubs;
mod template;

pub use cargo::{BuildOptions, build_with};
pub use commands::{build, check, new_plugin, pack_dir};
pub use component::componentize;
pub use error::Error;
pub use inspect::{Inspection, inspect};
pub use pack::{PackOptions, pack, pack_directory};
pub use sign::{keygen, sign};
pub use sources::write_sdk;
pub use template::write as new_plugin_with;

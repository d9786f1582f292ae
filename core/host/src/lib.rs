//! The plugin host: runs WebAssembly components that hold no authority of their own.
//!
//! * [`Host`] is what the rest of the station calls. A call is one fresh instance on
//!   the caller's thread, with one transaction of the journal round it.
//! * `engine` and `compile` make native code of components; `plugin` links them with
//!   what was granted; `state` and `capabilities` are what a running call can reach.
//! * `index`, `jobs` and `delivery` are the background: they follow the journal and
//!   run extension points that nobody waits for; `extract` and `print` do what a job
//!   asks for between two of its steps.
//! * `templates` are the documents' forms, which a school may change.
//! * `uploads` keeps files on their way from a person to a plugin.
//! * `package` looks into a file, `publisher` says whose it is, `lifecycle` installs,
//!   grants, switches and removes; `overview` is what an administrator sees of it.

mod basis;
mod bindings;
mod call;
mod capabilities;
mod compile;
mod consent;
mod delivery;
mod engine;
mod errands;
mod error;
mod extract;
mod grants;
mod host;
mod index;
mod inner;
mod jobs;
mod lifecycle;
mod overview;
mod package;
mod permits;
mod plugin;
mod precompile;
mod print;
mod publisher;
mod request;
mod routing;
mod signing;
mod state;
mod tables;
mod tally;
mod templates;
mod uploads;
mod vendors;

pub use basis::Basis;
pub use compile::{compile_baseline, compile_component};
pub use consent::{Ceilings, Consent, Decided};
pub use error::{CallError, Error};
pub use grants::Grants;
pub use host::{Asset, Embedded, Host, HostOptions, Inspection, PluginState, PluginStatus, UploadWriter};
pub use jobs::{JobState, JobStatus};
pub use overview::{JobFilter, ParkedEvent};
pub use precompile::precompile;
pub use request::{BlobContent, BlobRef, Reply, ReplyBody, Request, Upload};
pub use routing::Found;
pub use templates::{OwnTemplate, TemplateStatus};
pub use tram_print::{PrintError, Printed};
pub use uploads::{LARGEST_UPLOAD, Piece, UploadEntry, UploadError, UploadNote, Uploads};

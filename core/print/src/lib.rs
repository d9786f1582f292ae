//! Documents to sign and keep: a template (Typst) and data become a PDF.
//!
//! * [`Job`] is what is to be set; everything that it may use is within it: no file,
//!   no network, no clock. The same job gives the same bytes.
//! * `render` (feature `engine`) sets it in this process. A school may change a template, so whatever is
//!   not our own runs elsewhere:
//! * [`Printer`] has a child process set it, `child`, which can take so much memory and
//!   time, open nothing, and harms nobody when it dies.
//!
//! Templates find their data in `/data.json`, facts of the station in `/station.json`,
//! their pictures below `/pictures/`, and the official form of documents (Nghị định
//! 30/2020/NĐ-CP) in `/tram/form.typ`.

#[cfg(feature = "engine")]
mod child;
#[cfg(feature = "engine")]
mod engine;
mod error;
mod explain;
#[cfg(feature = "engine")]
mod fonts;
mod job;
#[cfg(feature = "engine")]
mod letters;
mod limits;
mod printer;
#[cfg(feature = "engine")]
mod world;

#[cfg(feature = "engine")]
pub use child::child;
#[cfg(feature = "engine")]
pub use engine::render;
pub use error::PrintError;
pub use job::{Job, Moment, Printed};
pub use limits::{CHILD_MEMORY, CHILD_SECONDS};
pub use printer::Printer;

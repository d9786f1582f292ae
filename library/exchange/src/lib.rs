//! What stations give each other: the exchange package (`.goi`), written once for the
//! whole system, and the answers of OAI-PMH.
//!
//! The bytes are described in `docs/formats/exchange.md`. A package holds *records*
//! (what happened to a thing, in an increasing version) and *blobs* (files, by their
//! hash). Its head is signed and names the hash of everything behind it, so nothing of
//! a package is believed, listed or taken before its head was verified and its parts
//! were hashed. This crate holds no key and opens no file: signing is a function that
//! is given in, and bytes come from a [`std::io::Read`] or piece by piece.
//!
//! - Writing: [`Records`] cuts records into chunks, [`Manifest`] lists them and the
//!   blobs, [`head`](write::head) signs; [`write::package`] does it all for who has files.
//! - Reading: [`Head::read`] and [`Head::verify`], then a [`Checker`] over the parts, a
//!   piece at a time and resumable; [`read::package`] does it all for who has a reader.
//! - [`Newness`]: whether a record is newer than what was taken of its thing before.
//! - [`PublicKey`] and [`Card`]: what two schools compare by telephone.
//! - [`oai`]: OAI-PMH 2.0 over any repository of records.

mod card;
mod error;
mod hash;
mod manifest;
mod newness;
pub mod oai;
pub mod read;
mod record;
pub mod write;

pub use card::{Card, CardError, PublicKey};
pub use error::Error;
pub use hash::{Hash, LEAF, Running};
pub use manifest::{Blob, Chunk, Limits, Manifest, RecordList, Scope, Station};
pub use newness::{Mark, Newness};
pub use read::{Checker, Head, Part, PartKind, Signer, Taken, Verified};
pub use record::{Event, Moment, Record};
pub use write::Records;

/// What a package begins with.
pub const MAGIC: [u8; 8] = *b"tramgoi\0";

/// The version of the format that is written here, and the only one that is read.
pub const FORMAT: u32 = 1;

/// The ending of a package's name.
pub const EXTENSION: &str = "goi";

/// The media type of a package.
pub const MEDIA_TYPE: &str = "application/vnd.tram.goi";

/// What every signed statement begins with, so that no signature for another purpose
/// passes for one of these.
pub const SIGNED_CONTEXT: &[u8] = b"tram exchange 1\0";

/// What a station's key signs: the context, the application whose records they are, and
/// the head's hash. A plugin can only have statements signed that name itself.
pub fn statement(application: &str, digest: &Hash) -> Vec<u8> {
    let name = application.as_bytes();
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let mut out = SIGNED_CONTEXT.to_vec();
    out.push(length);
    out.extend(name.iter().take(usize::from(length)));
    out.extend(digest.as_bytes());
    out
}

//! Vietnamese text: what a search index, a sorted list and an import of old
//! files must know about it.
//!
//! - [`nfc`], [`exact`] and [`fold`] are the three forms of a text: as stored,
//!   as compared when the reader typed the marks, and as compared when not.
//! - [`syllable`] tells which letter groups are Vietnamese syllables and where
//!   their tone mark stands.
//! - [`telex`] and [`vni`] read key strokes that an input method left behind;
//!   [`unikey_undo`] does the reverse for a scanned code that it swallowed.
//! - [`sort_key`] and [`name_sort_key`] order titles and pupils.
//! - [`detect`] and [`decode`] recover text in TCVN3, VNI-Windows, VISCII,
//!   code page 1258, or UTF-8 that was read as Windows-1252.
//!
//! ```
//! use tram_vietnamese::{exact, fold, telex};
//!
//! assert_eq!(fold("Đường về nhà"), "duong ve nha");
//! assert_eq!(exact("HÒA BÌNH"), exact("hoà bình"));
//! assert_eq!(telex("dduowngf").as_deref(), Some("đường"));
//! ```
//!
//! The crate has no state and no data files, and builds for the host and for
//! plugins alike.

mod collate;
mod form;
mod keys;
mod legacy;
mod letter;
mod name;
mod scan;
pub mod syllable;

pub use collate::{name_sort_key, sort_key};
pub use form::{exact, fold, has_marks, nfc};
pub use keys::{telex, vni};
pub use legacy::{Detected, Legacy, decode, detect};
pub use letter::Tone;
pub use name::{capitalise_name, capitalise_sentence, initial, split_name};
pub use scan::unikey_undo;

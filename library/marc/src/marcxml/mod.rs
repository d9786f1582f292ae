//! MARC 21 in XML: the schema `http://www.loc.gov/MARC21/slim` of the Library
//! of Congress.
//!
//! # What is taken, and what is refused
//!
//! Each `record` element with MARC fields in it is one record, whatever is
//! around it: a collection, an answer of SRU or OAI-PMH, nothing. Prefixes of
//! names do not matter. With a [`Warning`](crate::Warning) are taken: a missing
//! leader, missing or too long indicators, a subfield without a code, elements
//! that MARCXML does not have, entities that are not declared, other codings
//! than the declaration says. A record is refused when its XML is not well
//! formed, or when a field has no tag, because its text then has no place.
//!
//! A broken record ends where its element ends or the next `record` begins, and
//! reading goes on there.

mod decoder;
mod parse;
mod scan;
#[cfg(test)]
mod tests;
mod write;

pub use decoder::{Decoder, Records};
pub use write::{FOOTER, HEADER, NAMESPACE, Unwritable, write_record, write_record_in};

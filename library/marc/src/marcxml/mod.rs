//! MARC 21 in XML: the schema `http://www.loc.gov/MARC21/slim` of the Library
//! of Congress.

mod write;

pub use write::{FOOTER, HEADER, NAMESPACE, Unwritable, write_record, write_record_in};

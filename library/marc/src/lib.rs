//! MARC 21: records of libraries, in both their forms (ISO 2709 and MARCXML)
//! and both their character sets (UTF-8 and MARC-8), without loss.
//!
//! - [`Record`], [`Field`], [`Subfield`], [`Leader`], [`Tag`]: the model.
//! - [`Spec`]: which texts of a record are meant, as `245abnp:880`.
//! - [`iso2709`] and [`marcxml`]: reading and writing. Readers take what is
//!   unambiguous and say what was wrong with it ([`Warning`]), refuse the rest
//!   with its place and reason ([`Bad`]), and lose no good record behind a
//!   broken one.
//! - [`Charset`]: what to believe about how texts are coded.
//!
//! ```
//! use tram_marc::{Charset, Field, Record, Subfield, Tag, iso2709, marcxml};
//!
//! let title = Field::data(
//!     Tag::parse("245").ok_or("no tag")?,
//!     '1',
//!     '0',
//!     vec![Subfield::new('a', "Dế Mèn phiêu lưu ký /"), Subfield::new('c', "Tô Hoài.")],
//! );
//! let record = Record { fields: vec![title], ..Record::default() };
//!
//! let mut file = Vec::new();
//! iso2709::write(&record, &mut file)?;
//! let read = iso2709::Records::new(&file, Charset::Declared).next().ok_or("no record")??;
//! assert_eq!(read.record, record);
//! assert_eq!(read.record.first_text("245ac").as_deref(), Some("Dế Mèn phiêu lưu ký / Tô Hoài."));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod charset;
mod field;
mod fixed;
mod format;
mod isbn;
pub mod iso2709;
mod kind;
mod leader;
pub mod marcxml;
mod message;
mod record;
mod report;
mod spec;
mod tag;
mod title;

pub use charset::{Charset, Encoding};
pub use field::{Field, Subfield};
pub use fixed::{Dates, Year};
pub use format::{Decoder, Format};
pub use isbn::{Isbn, IsbnError};
pub use kind::{Kind, Material};
pub use leader::Leader;
pub use record::Record;
pub use report::{Bad, MAX_RECORD, Read, Reason, Warning};
pub use spec::{Spec, SpecError};
pub use tag::Tag;

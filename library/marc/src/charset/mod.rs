//! Character sets: what texts are coded in, and the way to Unicode in NFC.

mod detect;
mod marc8;
mod pages;
mod text;

use std::fmt;

pub(crate) use detect::{Choice, choose, detect};
pub(crate) use text::Texts;

/// How the texts of a record are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, `a` in leader position 9.
    Utf8,
    /// MARC-8, a blank in leader position 9.
    Marc8,
    /// Windows code page 1252 and with it Latin-1; no MARC 21 coding, but found.
    Windows1252,
    /// Windows code page 1258, Vietnamese; no MARC 21 coding, but found.
    Windows1258,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Marc8 => "MARC-8",
            Self::Windows1252 => "Windows-1252",
            Self::Windows1258 => "Windows-1258",
        })
    }
}

/// What to believe about the coding of a file. The choice is made anew for
/// each record, because files are put together from several sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// The leader, unless the bytes disprove it (bytes that are no UTF-8 in a
    /// record that says UTF-8): then as [`Charset::Detect`], with a warning.
    Declared,
    /// The bytes: UTF-8 where they are valid, otherwise MARC-8, Windows-1258 or
    /// Windows-1252, whichever makes sense of them. A warning says where the
    /// leader said otherwise.
    #[default]
    Detect,
    /// This one, whatever leader and bytes say.
    Force(Encoding),
}

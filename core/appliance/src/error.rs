//! What can go wrong on a box, said so that a person knows what to do next.

use std::io;

use tram_contract::Text;

/// What can go wrong. [`Error::text`] says it to people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not done, for a reason that a person can do something about.
    #[error("{}", .0.get("en"))]
    Refused(Text),
    /// A file, disk or socket failed.
    #[error("{what}: {error}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// A program of the system failed.
    #[error("{program} failed: {said}")]
    Program {
        /// Its name.
        program: String,
        /// What it said.
        said: String,
    },
}

impl Error {
    /// A refusal in both languages.
    pub fn refused(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused(Text::vi_en(vi, en))
    }

    /// What happened and what to do next, for people.
    pub fn text(&self) -> Text {
        match self {
            Self::Refused(text) => text.clone(),
            Self::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull => Text::vi_en(
                "Ổ đĩa đã đầy nên không làm được. Hãy xoá bớt tài liệu cũ rồi thử lại.",
                "The disk is full, so this was not done. Delete some old materials, then try again.",
            ),
            Self::Io { what, error } => Text::vi_en(
                format!("Không làm được ({what}): {error}. Hãy thử lại; nếu vẫn lỗi, gửi dòng này cho người hỗ trợ."),
                format!(
                    "This was not done ({what}): {error}. Try again; if it fails again, send this line to whoever helps you."
                ),
            ),
            Self::Program { program, said } => Text::vi_en(
                format!(
                    "Lệnh {program} của hệ thống không chạy được: {said}. Hãy thử lại; nếu vẫn lỗi, gửi dòng này cho người hỗ trợ."
                ),
                format!(
                    "The system's {program} failed: {said}. Try again; if it fails again, send this line to whoever helps you."
                ),
            ),
        }
    }
}

/// Names what was being done when the system failed.
pub trait Doing<T> {
    /// The error with `what` was being done.
    ///
    /// # Errors
    /// The same failure, named.
    fn doing(self, what: impl Into<String>) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, Error> {
        self.map_err(|error| Error::Io { what: what.into(), error })
    }
}

impl<T> Doing<T> for nix::Result<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, Error> {
        self.map_err(|error| Error::Io { what: what.into(), error: error.into() })
    }
}

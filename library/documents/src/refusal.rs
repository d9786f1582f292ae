//! Why a file is not taken.

use std::io;

/// What kind of refusal it is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Damaged, or not of its kind.
    Unreadable,
    /// Protected by a password.
    Encrypted,
    /// Made to do harm, or able to.
    Hostile,
    /// Larger than is looked into.
    TooMuch,
}

impl Code {
    /// The word for it in the contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Encrypted => "encrypted",
            Self::Hostile => "hostile",
            Self::TooMuch => "too-much",
        }
    }
}

/// A file that is not taken, with a sentence for its owner in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {en}", code.word())]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What most functions of this crate answer.
pub type Result<T, E = Refusal> = std::result::Result<T, E>;

impl Refusal {
    /// One of this code.
    pub fn new(code: Code, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, vi: vi.into(), en: en.into() }
    }

    pub(crate) fn hostile(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::Hostile, vi, en)
    }

    pub(crate) fn unreadable(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::Unreadable, vi, en)
    }

    /// A damaged file, where no more can be said.
    pub fn damaged() -> Self {
        Self::unreadable(
            "Tệp hỏng hoặc không đúng định dạng. Hãy mở thử trên máy, lưu lại rồi tải lên lần nữa.",
            "The file is damaged or not of its kind. Open it on your computer, save it anew and upload it again.",
        )
    }

    /// A file that asks for a password.
    pub fn encrypted() -> Self {
        Self::new(
            Code::Encrypted,
            "Tệp được đặt mật khẩu nên trạm không đọc được nội dung. Hãy bỏ mật khẩu rồi tải lên lại.",
            "The file is protected by a password, so it cannot be looked into. Remove the password and upload it again.",
        )
    }

    /// A file beyond the limits.
    pub fn too_much() -> Self {
        Self::new(
            Code::TooMuch,
            "Tệp quá lớn hoặc quá phức tạp để trạm đọc nội dung. Hãy chia thành vài tệp nhỏ hơn.",
            "The file is too large or too complex to be looked into. Divide it into smaller files.",
        )
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        // A reader of an archive's entry says what it found through `io::Error`.
        match error.downcast::<Self>() {
            Ok(refusal) => refusal,
            Err(_) => Self::damaged(),
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(io::ErrorKind::InvalidData, refusal)
    }
}

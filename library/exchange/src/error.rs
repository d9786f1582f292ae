//! What is wrong with a package, and what to do about it.

use tram_contract::Text;

/// Why a package is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not begin as a package does.
    #[error("not an exchange package")]
    NotAPackage,
    /// It is of another version of the format.
    #[error("exchange format {found}, this station reads {known}")]
    Version {
        /// Version in the file.
        found: u32,
        /// Version that is read here.
        known: u32,
    },
    /// It ends early, or goes on behind its end.
    #[error("the package has {found} bytes, its list says {declared}")]
    Length {
        /// Bytes that there are.
        found: u64,
        /// Bytes that there should be.
        declared: u64,
    },
    /// The list does not read, or breaks a rule of the format.
    #[error("the package's list is wrong: {0}")]
    Manifest(String),
    /// A record does not read, or breaks a rule of the format.
    #[error("a record of the package is wrong: {0}")]
    Record(String),
    /// Something is larger than a station takes.
    #[error("the package goes beyond a limit: {0}")]
    Limit(&'static str),
    /// A part is not what the signed list says.
    #[error("part {0} of the package does not have the hash that its list says")]
    Changed(String),
    /// The signature is not one of the key in the file.
    #[error("the signature does not fit")]
    Signature,
    /// A key that the station does not trust.
    #[error("signed by a key that is not trusted here")]
    Foreign,
    /// It speaks in the name of another station than its signer.
    #[error("signed by one station in the name of another")]
    OtherStation,
    /// The bytes could not be read or written.
    #[error("reading or writing: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// A word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPackage => "not-a-package",
            Self::Version { .. } => "wrong-version",
            Self::Length { .. } => "cut",
            Self::Manifest(_) | Self::Record(_) => "malformed",
            Self::Limit(_) => "too-much",
            Self::Changed(_) => "changed",
            Self::Signature => "bad-signature",
            Self::Foreign => "unknown-key",
            Self::OtherStation => "other-station",
            Self::Io(_) => "io",
        }
    }

    /// What a person is told: what is wrong and what to do next.
    pub fn text(&self) -> Text {
        match self {
            Self::NotAPackage => Text::vi_en(
                "Tệp này không phải gói chia sẻ của Trạm. Hãy chọn tệp có đuôi .goi mà trường bạn đã gửi.",
                "This file is not an exchange package of Trạm. Choose the file ending in .goi that the other school sent.",
            ),
            Self::Version { found, known } => Text::vi_en(
                format!(
                    "Gói này thuộc phiên bản {found}, trạm của bạn đọc được phiên bản {known}. Hãy cập nhật trạm, hoặc nhờ trường bạn gửi gói của phiên bản {known}."
                ),
                format!(
                    "This package is of version {found}; your station reads version {known}. Update the station, or ask the other school for a package of version {known}."
                ),
            ),
            Self::Length { found, declared } if found < declared => Text::vi_en(
                "Gói bị thiếu phần cuối, có thể do chép chưa xong hoặc rút USB sớm. Hãy chép lại gói từ trường bạn rồi thử lại.",
                "The end of the package is missing, perhaps because copying was cut short. Copy it again from the other school and try once more.",
            ),
            Self::Changed(_) | Self::Length { .. } => Text::vi_en(
                "Nội dung gói không còn như lúc trường bạn gửi: gói bị hỏng hoặc đã bị sửa. Trạm không lấy gì từ gói này. Hãy chép lại hoặc xin lại gói.",
                "The package is not as the other school made it: it is damaged or was changed. Nothing was taken from it. Copy it again or ask for it anew.",
            ),
            Self::Manifest(_) | Self::Record(_) => Text::vi_en(
                "Gói được ghi sai quy cách nên trạm không đọc. Hãy báo cho trường đã gửi và xin lại gói.",
                "The package does not keep to the format, so it is not read. Tell the school that sent it and ask for it anew.",
            ),
            Self::Limit(_) => Text::vi_en(
                "Gói có quá nhiều nội dung so với mức trạm nhận một lần. Hãy nhờ trường bạn chia thành nhiều gói nhỏ hơn.",
                "The package holds more than a station takes at once. Ask the other school to make several smaller ones.",
            ),
            Self::Signature => Text::vi_en(
                "Chữ ký của gói không khớp: gói bị hỏng hoặc đã bị sửa sau khi trường bạn ký. Trạm không lấy gì từ gói này. Hãy xin lại gói.",
                "The package's signature does not fit: it is damaged, or was changed after it was signed. Nothing was taken from it. Ask for it anew.",
            ),
            Self::Foreign => Text::vi_en(
                "Gói này do một trường chưa có trong danh sách “Trường bạn” ký. Nếu bạn biết trường đó, hãy nhờ quản trị viên thêm trường vào danh sách (và gọi điện so mã) rồi mở lại gói.",
                "This package is signed by a school that is not among your partner schools. If you know the school, ask the administrator to add it (and compare the code by telephone), then open the package again.",
            ),
            Self::OtherStation => Text::vi_en(
                "Gói mang tên một trường nhưng lại do trường khác ký, nên trạm không nhận. Hãy hỏi lại trường đã gửi.",
                "The package bears the name of one school but another one signed it, so it is refused. Ask the school that sent it.",
            ),
            Self::Io(_) => Text::vi_en(
                "Không đọc hoặc ghi được tệp gói. Hãy thử lại; nếu dùng USB, hãy cắm lại USB.",
                "The package could not be read or written. Try again; if it is on a USB stick, plug it in again.",
            ),
        }
    }
}

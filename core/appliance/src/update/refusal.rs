//! Why an update is not taken.

use tram_contract::Text;

use crate::{Error, Version};

/// Why an update is not taken; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It does not begin as an update does.
    #[error("this is no update file")]
    NotAnUpdate,
    /// It is of a later format.
    #[error("the file's format is newer than this version reads")]
    NewerFormat,
    /// It ends too early or too late.
    #[error("the file is cut or has something behind its end")]
    Cut,
    /// Signed by a key that is not known.
    #[error("signed by a key that is not known")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// Signed, but what follows is not what was signed.
    #[error("a hash does not fit")]
    Damaged,
    /// The manifest does not say what it must.
    #[error("the manifest is wrong: {0}")]
    Manifest(String),
    /// For other machines.
    #[error("it is for {0}")]
    Architecture(String),
    /// The version that runs is newer.
    #[error("{offered} is older than {running}")]
    Older {
        /// Of the file.
        offered: Version,
        /// That runs.
        running: Version,
    },
    /// The same version runs.
    #[error("{0} runs already")]
    Same(Version),
    /// Another version must come between.
    #[error("{offered} needs {minimum} first")]
    Between {
        /// Of the file.
        offered: Version,
        /// What must run.
        minimum: Version,
    },
    /// The running version is not found good yet.
    #[error("the running version is on trial")]
    OnTrial,
    /// There is no other slot, or it is too small.
    #[error("the other slot has {has} bytes, {needs} are needed")]
    Slot {
        /// Bytes of the slot; zero when there is none.
        has: u64,
        /// Bytes of the root.
        needs: u64,
    },
    /// The start partition is too full.
    #[error("the ESP has {free} bytes free, {needs} are needed")]
    Esp {
        /// Free bytes, with what the update removes.
        free: u64,
        /// Needed bytes.
        needs: u64,
    },
    /// A file or disk failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

impl Refusal {
    /// What happened and what to do next.
    pub fn text(&self) -> Text {
        match self {
            Self::NotAnUpdate => Text::vi_en(
                "Đây không phải tệp cập nhật của Trạm. Hãy chọn tệp có đuôi .tram-update.",
                "This is not an update file of Trạm. Choose a file ending in .tram-update.",
            ),
            Self::NewerFormat => Text::vi_en(
                "Tệp cập nhật dùng định dạng mới hơn bản đang chạy. Hãy cài một bản trung gian trước.",
                "The update file has a newer format than the running version reads. Install a version in between first.",
            ),
            Self::Cut => Text::vi_en(
                "Tệp cập nhật bị thiếu hoặc thừa, thường do tải hoặc chép chưa xong. Hãy tải lại rồi thử lại.",
                "The update file is cut or too long, mostly because a download or copy did not finish. Download it again and retry.",
            ),
            Self::UnknownKey => Text::vi_en(
                "Tệp cập nhật do một khoá lạ ký. Chỉ dùng tệp lấy từ trang phát hành chính thức của Trạm.",
                "The update file was signed with a key that this station does not know. Use only files from Trạm's own release page.",
            ),
            Self::Signature => Text::vi_en(
                "Chữ ký của tệp cập nhật không đúng: tệp bị hỏng hoặc đã bị sửa. Hãy tải lại từ trang phát hành chính thức.",
                "The update file's signature is wrong: it is damaged or was changed. Download it again from Trạm's own release page.",
            ),
            Self::Damaged => Text::vi_en(
                "Nội dung tệp cập nhật bị hỏng (mã kiểm tra không khớp). Hãy tải lại rồi thử lại.",
                "The contents of the update file are damaged (a checksum does not fit). Download it again and retry.",
            ),
            Self::Manifest(reason) => Text::vi_en(
                format!("Phần khai báo của tệp cập nhật sai ({reason}). Hãy báo cho nơi phát hành."),
                format!("The update file's manifest is wrong ({reason}). Tell whoever released it."),
            ),
            Self::Architecture(other) => Text::vi_en(
                format!("Tệp cập nhật này dành cho loại máy khác ({other})."),
                format!("This update file is for another kind of machine ({other})."),
            ),
            Self::Older { offered, running } => Text::vi_en(
                format!(
                    "Tệp là bản {offered}, cũ hơn bản đang chạy {running}. Muốn về bản trước, dùng nút “Quay về bản trước”."
                ),
                format!(
                    "The file is {offered}, older than {running}, which runs. To go back, use the button “Go back to the previous version”."
                ),
            ),
            Self::Same(version) => Text::vi_en(
                format!("Bản {version} đang chạy rồi, không cần cập nhật."),
                format!("{version} is running already; there is nothing to update."),
            ),
            Self::Between { offered, minimum } => Text::vi_en(
                format!("Bản {offered} cần máy đang chạy bản {minimum} trở lên. Hãy cài bản {minimum} trước."),
                format!("{offered} needs at least {minimum} to be running. Install {minimum} first."),
            ),
            Self::OnTrial => Text::vi_en(
                "Bản đang chạy còn trong thời gian thử. Hãy đợi vài phút cho máy tự xác nhận rồi thử lại.",
                "The running version is still on trial. Wait a few minutes until the station has confirmed it, then try again.",
            ),
            Self::Slot { has: 0, .. } => Text::vi_en(
                "Đĩa của máy không có khe thứ hai cho bản mới. Hãy sao lưu rồi cài lại từ USB.",
                "The station's disk has no second slot for a new version. Make a backup and install again from USB.",
            ),
            Self::Slot { has, needs } => Text::vi_en(
                format!(
                    "Bản mới cần {} MB mà khe trên đĩa chỉ có {} MB. Hãy sao lưu rồi cài lại từ USB.",
                    mb(*needs),
                    mb(*has)
                ),
                format!(
                    "The new version needs {} MB, but the slot on the disk has {} MB. Make a backup and install again from USB.",
                    mb(*needs),
                    mb(*has)
                ),
            ),
            Self::Esp { free, needs } => Text::vi_en(
                format!(
                    "Phân vùng khởi động chỉ còn {} MB, cần {} MB. Hãy khởi động lại máy rồi thử lại.",
                    mb(*free),
                    mb(*needs)
                ),
                format!(
                    "The start partition has only {} MB free, {} MB are needed. Restart the station and try again.",
                    mb(*free),
                    mb(*needs)
                ),
            ),
            Self::Failed(error) => error.text(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Failed(error) => error,
            other => Self::Refused(other.text()),
        }
    }
}

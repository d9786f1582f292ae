//! What can go wrong with people and their sign-in.

use tram_contract::Text;

/// What can go wrong. [`Error::text`] says it to people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] tram_journal::Error),
    /// The journal refused the commit.
    #[error(transparent)]
    Commit(#[from] tram_journal::CommitError),
    /// A stored value is not what its schema says.
    #[error("a stored value of {0} does not read")]
    Stored(&'static str),
    /// There is no such person, group or role.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A value is not acceptable; what is wrong with it.
    #[error("{field}: {reason:?}")]
    Invalid {
        /// Field of the form.
        field: &'static str,
        /// What is wrong and what to write instead.
        reason: Text,
    },
    /// Name, password, PIN or card do not fit. Never says which.
    #[error("sign-in refused")]
    Refused,
    /// Too many failures from this device: wait.
    #[error("wait {seconds} s before trying again")]
    Slow {
        /// Seconds to wait.
        seconds: u64,
    },
    /// Staff sign in over a secure channel only.
    #[error("this account signs in over HTTPS only")]
    NeedsHttps,
    /// The caller may not do this.
    #[error("not permitted")]
    Forbidden,
    /// Random numbers or hashing failed.
    #[error("cryptography failed: {0}")]
    Crypto(String),
}

impl Error {
    /// What happened and what to do next, for people.
    pub fn text(&self) -> Text {
        match self {
            Self::Journal(tram_journal::Error::Full) | Self::Commit(tram_journal::CommitError::Full) => Text::vi_en(
                "Ổ đĩa của máy chủ đã đầy nên chưa lưu được. Hãy báo quản trị máy chủ xoá bớt dữ liệu rồi thử lại.",
                "The station's disk is full, so this was not saved. Ask the administrator to free space, then try again.",
            ),
            Self::Commit(tram_journal::CommitError::Unique { .. }) => Text::vi_en(
                "Mã hoặc tên đăng nhập này đã có người dùng. Hãy chọn giá trị khác.",
                "This code or sign-in name is already taken. Choose another.",
            ),
            Self::Journal(_) | Self::Commit(_) | Self::Stored(_) | Self::Crypto(_) => Text::vi_en(
                "Máy chủ gặp lỗi khi lưu dữ liệu. Chưa có gì thay đổi; hãy thử lại, nếu vẫn lỗi thì báo quản trị.",
                "The station failed to store this. Nothing was changed; try again, and tell the administrator if it persists.",
            ),
            Self::Missing(_) => Text::vi_en(
                "Không tìm thấy mục này. Có thể nó đã được xoá.",
                "This was not found. It may have been removed.",
            ),
            Self::Invalid { reason, .. } => reason.clone(),
            Self::Refused => Text::vi_en(
                "Tên đăng nhập, mật khẩu hoặc mã PIN chưa đúng. Hãy kiểm tra lại; quên mật khẩu thì hỏi giáo viên chủ nhiệm hoặc quản trị.",
                "The name, password or PIN is not right. Check it again; if you forgot it, ask your homeroom teacher or the administrator.",
            ),
            Self::Slow { seconds } => Text::vi_en(
                format!("Thiết bị này đã nhập sai nhiều lần. Hãy đợi {seconds} giây rồi thử lại."),
                format!("Too many wrong tries from this device. Wait {seconds} seconds, then try again."),
            ),
            Self::NeedsHttps => Text::vi_en(
                "Tài khoản cán bộ, giáo viên chỉ đăng nhập qua địa chỉ an toàn (https). Hãy mở trang “Kiểm tra thiết bị”.",
                "Staff sign in over the secure address (https) only. Open the page “Check this device”.",
            ),
            Self::Forbidden => Text::vi_en("Bạn không có quyền làm việc này.", "You are not permitted to do this."),
        }
    }
}

//! What can go wrong, for the station and for the caller of a plugin.

use tram_contract::Text;

/// The host, or the lifecycle of a plugin, failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal failed.
    #[error("storage: {0}")]
    Journal(#[from] tram_journal::Error),
    /// A commit failed.
    #[error("storage: {0}")]
    Commit(#[from] tram_journal::CommitError),
    /// The directory of people failed.
    #[error("people: {0}")]
    People(#[from] tram_people::Error),
    /// A file of the host failed.
    #[error("file: {0}")]
    Io(#[from] std::io::Error),
    /// The engine refused a component, or could not be set up.
    #[error("engine: {0}")]
    Engine(String),
    /// The search index failed.
    #[error("search: {0}")]
    Search(String),
    /// The package cannot be used. The text is for the person who installs it.
    #[error("package: {}", .0.get("en"))]
    Package(Text),
    /// There is no such plugin.
    #[error("no plugin {0}")]
    NoPlugin(String),
    /// The principal may not change plugins.
    #[error("not allowed: {0} is needed")]
    NotAllowed(&'static str),
    /// Data of the host itself that does not read: a grant, a job.
    #[error("{what}: {reason}")]
    Malformed {
        /// What was read.
        what: &'static str,
        /// Why it does not read.
        reason: String,
    },
    /// A document could not be set.
    #[error("print: {0}")]
    Print(#[from] tram_print::PrintError),
    /// The host was closed.
    #[error("the host is closed")]
    Closed,
}

impl Error {
    /// An error of the engine, with its causes.
    pub(crate) fn engine(error: impl Into<wasmtime::Error>) -> Self {
        Self::Engine(format!("{:#}", error.into()))
    }

    /// Data of the host's own that does not read.
    pub(crate) fn malformed(what: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Malformed { what, reason: reason.to_string() }
    }

    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            Self::Package(text) => text.clone(),
            Self::Print(error) => error.text(),
            Self::NoPlugin(id) => {
                Text::vi_en(format!("Không có phần mở rộng “{id}”."), format!("There is no plugin “{id}”."))
            }
            Self::NotAllowed(_) => Text::vi_en(
                "Bạn không có quyền cài đặt hay thay đổi phần mở rộng.",
                "You may not install or change plugins.",
            ),
            Self::Journal(tram_journal::Error::Full) | Self::Commit(tram_journal::CommitError::Full) => {
                CallError::DiskFull.text()
            }
            other => Text::vi_en(
                format!("Máy chủ gặp lỗi: {other}. Dữ liệu đã lưu không bị ảnh hưởng."),
                format!("The server met an error: {other}. What was saved is not affected."),
            ),
        }
    }
}

/// Why a call of a plugin gave no reply. Nothing that it wrote was kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The principal does not hold the route's permission.
    #[error("the permission {permission} is needed")]
    Refused {
        /// The permission that was missing; empty when signing in is what is needed.
        permission: String,
    },
    /// The plugin took longer than its deadline.
    #[error("the plugin took too long")]
    Timeout,
    /// The plugin failed in itself: a trap, or a reply that breaks the contract.
    #[error("the plugin failed: {reason}")]
    Trapped {
        /// For the log and the administrator.
        reason: String,
    },
    /// The plugin is switched off.
    #[error("the plugin is off: {reason}")]
    Off {
        /// Why.
        reason: String,
    },
    /// The plugin is being prepared (compiled).
    #[error("the plugin is being prepared")]
    Preparing,
    /// Too many calls at once, or contention that did not end.
    #[error("too busy")]
    Busy,
    /// A row was changed meanwhile: a form that went stale.
    #[error("changed by somebody else meanwhile")]
    Stale,
    /// A call that may only read tried to write.
    #[error("reading only")]
    ReadOnly,
    /// The plugin used up its storage.
    #[error("over the storage quota")]
    OverQuota,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// A limit of the contract was passed.
    #[error("too much: {what}")]
    TooMuch {
        /// `memory`, `host-calls`, `reply`, `changes`, `data`.
        what: &'static str,
    },
    /// The plugin answered with an error of its own.
    #[error("{code}: {}", message.get("en"))]
    Plugin {
        /// For programs.
        code: String,
        /// For people.
        message: Text,
    },
    /// The station itself failed.
    #[error("the station failed: {reason}")]
    Station {
        /// For the log.
        reason: String,
    },
}

impl CallError {
    /// The HTTP status that says it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused { permission } if permission.is_empty() => 401,
            Self::Refused { .. } => 403,
            Self::Timeout => 504,
            Self::Trapped { .. } | Self::Station { .. } => 500,
            Self::Off { .. } | Self::Preparing | Self::Busy => 503,
            Self::Stale => 409,
            Self::ReadOnly => 405,
            Self::OverQuota | Self::DiskFull => 507,
            Self::TooMuch { .. } => 500,
            Self::Plugin { code, .. } => match code.as_str() {
                "not-found" => 404,
                "bad-request" => 400,
                "not-granted" | "forbidden" => 403,
                "stale" | "conflict" | "unique" => 409,
                "too-big" => 413,
                "read-only" => 405,
                "invalid" => 422,
                "busy" | "not-ready" | "unavailable" => 503,
                _ => 500,
            },
        }
    }

    /// What a person reads: what happened, and what to do next.
    pub fn text(&self) -> Text {
        match self {
            Self::Refused { permission } if permission.is_empty() => {
                Text::vi_en("Hãy đăng nhập để xem trang này.", "Sign in to see this page.")
            }
            Self::Refused { .. } => Text::vi_en(
                "Bạn không có quyền làm việc này. Nếu cần, hãy nhờ người quản trị của trường.",
                "You may not do this. If you need to, ask the school's administrator.",
            ),
            Self::Timeout => Text::vi_en(
                "Việc này mất quá nhiều thời gian nên đã dừng lại; chưa có gì được lưu. Hãy thử lại sau ít phút.",
                "This took too long and was stopped; nothing was saved. Try again in a few minutes.",
            ),
            Self::Trapped { .. } | Self::TooMuch { .. } => Text::vi_en(
                "Phần mở rộng này gặp lỗi; chưa có gì được lưu. Người quản trị có thể xem nguyên nhân ở trang Quản trị.",
                "This plugin failed; nothing was saved. The administrator finds the reason on the administration page.",
            ),
            Self::Off { reason } => Text::vi_en(
                format!("Phần mở rộng này đang tắt. {}", reason_vi(reason)),
                format!("This plugin is switched off. {}", reason_en(reason)),
            ),
            Self::Preparing => Text::vi_en(
                "Phần mở rộng này đang được chuẩn bị, thường mất chưa đến một phút. Hãy tải lại trang.",
                "This plugin is being prepared, usually for less than a minute. Reload the page.",
            ),
            Self::Busy => Text::vi_en(
                "Máy chủ đang bận; chưa có gì được lưu. Hãy thử lại sau vài giây.",
                "The server is busy; nothing was saved. Try again in a few seconds.",
            ),
            Self::Stale => Text::vi_en(
                "Có người vừa sửa mục này trong lúc bạn đang nhập. Hãy mở lại mục, xem thay đổi rồi lưu lần nữa.",
                "Somebody changed this while you were writing. Open it again, look at the change, and save once more.",
            ),
            Self::ReadOnly => Text::vi_en("Trang này chỉ để xem.", "This page is for reading only."),
            Self::OverQuota => Text::vi_en(
                "Phần mở rộng này đã dùng hết dung lượng được cấp. Hãy xoá bớt dữ liệu, hoặc nhờ người quản trị cấp thêm.",
                "This plugin has used up its storage. Delete something, or ask the administrator for more.",
            ),
            Self::DiskFull => Text::vi_en(
                "Đĩa của máy chủ đã đầy nên không lưu được. Vẫn xem và xoá được; hãy báo người quản trị.",
                "The server's disk is full, so nothing can be saved. Reading and deleting still work; tell the administrator.",
            ),
            Self::Plugin { message, .. } => message.clone(),
            Self::Station { .. } => Text::vi_en(
                "Máy chủ gặp lỗi; chưa có gì được lưu. Hãy thử lại, và báo người quản trị nếu lỗi lặp lại.",
                "The server met an error; nothing was saved. Try again, and tell the administrator if it happens again.",
            ),
        }
    }
}

/// Why a plugin is off, for people.
pub(crate) fn off_reason(reason: &str) -> Text {
    Text::vi_en(reason_vi(reason), reason_en(reason))
}

fn reason_vi(reason: &str) -> &str {
    match reason {
        "failures" => "Trạm đã tự tắt vì phần này gặp lỗi nhiều lần liên tiếp.",
        "administrator" => "Người quản trị đã tắt phần này.",
        other => other,
    }
}

fn reason_en(reason: &str) -> &str {
    match reason {
        "failures" => "The station switched it off because it failed again and again.",
        "administrator" => "The administrator switched it off.",
        other => other,
    }
}

impl From<tram_journal::Error> for CallError {
    fn from(error: tram_journal::Error) -> Self {
        use tram_journal::Error as E;
        match error {
            E::Full => Self::DiskFull,
            E::TooBig => Self::TooMuch { what: "changes" },
            E::Expired => Self::Timeout,
            E::Commit(error) => (*error).into(),
            other => Self::Station { reason: other.to_string() },
        }
    }
}

impl From<tram_journal::CommitError> for CallError {
    fn from(error: tram_journal::CommitError) -> Self {
        use tram_journal::CommitError as E;
        match error {
            E::Conflict => Self::Busy,
            E::Stale { .. } => Self::Stale,
            E::Unique { index, .. } => Self::Plugin {
                code: "unique".into(),
                message: Text::vi_en(
                    format!("Giá trị này đã có ở một mục khác ({index}). Hãy kiểm tra rồi nhập giá trị khác."),
                    format!("Another entry has this value already ({index}). Check it and write another."),
                ),
            },
            E::OverQuota { .. } => Self::OverQuota,
            E::TooBig => Self::TooMuch { what: "changes" },
            E::Full => Self::DiskFull,
            E::Io(error) => Self::Station { reason: error.to_string() },
        }
    }
}

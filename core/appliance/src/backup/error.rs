//! What can go wrong with backups, in words for the administrator.

use std::io;

use tram_contract::Text;

use super::age;
use super::words::Wrong;

/// Why a backup was not made, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No key sheet was made, so nobody could open a backup.
    #[error("no key sheet was made yet")]
    NoSheet,
    /// The file of the keys does not check.
    #[error("the station's file of keys does not check")]
    Keys,
    /// What was typed is no key of a sheet.
    #[error("the words are no key: {0:?}")]
    Words(Wrong),
    /// The key is of another sheet.
    #[error("{0}: the key does not open it")]
    WrongKey(String),
    /// A file was changed since it was written.
    #[error("{0}: damaged")]
    Damaged(String),
    /// A file ends before its end.
    #[error("{0}: cut off")]
    Cut(String),
    /// Not a list of a backup.
    #[error("{0}: not a backup")]
    Format(String),
    /// A newer version made it.
    #[error("{0}: of a newer version")]
    Newer(String),
    /// No backup is where one was looked for.
    #[error("{0}: no backup there")]
    Nothing(String),
    /// The disk has too little room.
    #[error("needs {needed} bytes, {free} are free")]
    Full {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The stick cannot be used.
    #[error("the stick cannot be used")]
    Stick(Text),
    /// The station's own state is in the way.
    #[error("a backup or a restore is under way")]
    Busy,
    /// What was restored is not what was backed up.
    #[error("what was restored differs: {0}")]
    Differs(String),
    /// The journal failed or does not check.
    #[error(transparent)]
    Journal(#[from] tram_journal::Error),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full { needed: 0, free: 0 } } else { Self::Io(error) }
    }
}

impl From<age::Error> for Error {
    fn from(error: age::Error) -> Self {
        Self::Io(error.into())
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

impl Error {
    /// An error of a file, with what the sealing says of it.
    pub(super) fn file(name: &str, error: io::Error) -> Self {
        match age::reason(&error) {
            Some(age::Error::Key) => Self::WrongKey(name.to_owned()),
            Some(age::Error::Cut) => Self::Cut(name.to_owned()),
            Some(age::Error::Header) => Self::Format(name.to_owned()),
            Some(age::Error::Damaged) => Self::Damaged(name.to_owned()),
            _ if error.kind() == io::ErrorKind::NotFound => Self::Nothing(name.to_owned()),
            _ => error.into(),
        }
    }

    /// Whether the backup itself is bad, not the place or the moment.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged(_)
                | Self::Cut(_)
                | Self::Format(_)
                | Self::Differs(_)
                | Self::Journal(tram_journal::Error::Backup(_) | tram_journal::Error::Damaged { .. })
        )
    }

    /// What to tell the administrator, with what to do next.
    #[must_use]
    pub fn text(&self) -> Text {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        match self {
            Self::NoSheet => Text::vi_en(
                "Chưa có tờ khóa sao lưu. Hãy lập và in tờ khóa trước; không có khóa thì không ai mở được bản sao lưu.",
                "There is no key sheet yet. Make and print one first; without a key nobody can open a backup.",
            ),
            Self::Keys => Text::vi_en(
                "Tệp khóa sao lưu trong trạm bị hỏng. Hãy lập tờ khóa mới; các bản sao lưu cũ vẫn mở được bằng tờ khóa cũ.",
                "The station's file of backup keys is damaged. Make a new key sheet; older backups still open with the older sheet.",
            ),
            Self::Words(Wrong::Count(0)) => Text::vi_en(
                "Chưa nhập khóa. Hãy nhập 27 tiếng in trên tờ khóa.",
                "No key was typed. Type the 27 words printed on the key sheet.",
            ),
            Self::Words(Wrong::Count(count)) => Text::vi_en(
                format!("Cần đủ 27 tiếng, mới nhập {count}. Hãy nhập theo thứ tự các dòng trên tờ khóa."),
                format!("27 words are needed, {count} were typed. Type them in the order of the sheet's lines."),
            ),
            Self::Words(Wrong::Word(place, word)) => Text::vi_en(
                format!("Tiếng thứ {place} (“{word}”) không có trên tờ khóa nào. Hãy xem lại tiếng này trên tờ khóa."),
                format!("Word {place} (“{word}”) is on no key sheet. Look at it again on the sheet."),
            ),
            Self::Words(Wrong::Together) => Text::vi_en(
                "Khóa nhập vào không đúng: có tiếng bị đọc nhầm hoặc đổi chỗ. Hãy so lại từng dòng với tờ khóa.",
                "The key is not right: a word was misread, or two changed places. Compare it with the sheet line by line.",
            ),
            Self::WrongKey(file) => Text::vi_en(
                format!(
                    "Khóa này không mở được bản sao lưu {file}. Bản sao lưu được khóa bằng tờ khóa khác: hãy tìm tờ khóa in trước ngày sao lưu, hoặc chọn bản khác."
                ),
                format!(
                    "This key does not open the backup {file}. It was sealed for another sheet: find the one that was printed before the backup, or choose another backup."
                ),
            ),
            Self::Damaged(file) => Text::vi_en(
                format!(
                    "Bản sao lưu bị hỏng: nội dung tệp {file} đã thay đổi. Chưa phục hồi gì cả. Hãy chọn bản sao lưu cũ hơn hoặc USB khác."
                ),
                format!(
                    "The backup is damaged: the file {file} has changed. Nothing was restored. Choose an older backup or another stick."
                ),
            ),
            Self::Cut(file) => Text::vi_en(
                format!(
                    "Bản sao lưu bị thiếu: tệp {file} bị cắt cụt, có thể USB bị rút sớm. Chưa phục hồi gì cả. Hãy chọn bản cũ hơn."
                ),
                format!(
                    "The backup is incomplete: the file {file} was cut off, perhaps because the stick was pulled too early. Nothing was restored. Choose an older one."
                ),
            ),
            Self::Format(file) => Text::vi_en(
                format!("Tệp {file} không phải bản sao lưu của Trạm, hoặc phần đầu bị hỏng. Hãy chọn tệp .tram khác."),
                format!("{file} is not a backup of Trạm, or its beginning is damaged. Choose another .tram file."),
            ),
            Self::Newer(file) => Text::vi_en(
                format!("Bản sao lưu {file} do phiên bản Trạm mới hơn tạo ra. Hãy cập nhật trạm này rồi phục hồi."),
                format!("The backup {file} was made by a newer version of Trạm. Update this station, then restore."),
            ),
            Self::Nothing(place) => Text::vi_en(
                format!(
                    "Không thấy bản sao lưu nào ở {place}. Hãy cắm USB có thư mục TRAM-BACKUP, hoặc chỉ đúng tệp .tram."
                ),
                format!(
                    "There is no backup at {place}. Plug in the stick with the folder TRAM-BACKUP, or name the .tram file."
                ),
            ),
            Self::Full { needed: 0, .. } => Text::vi_en(
                "Đĩa đã đầy nên chưa sao lưu được; các bản sao lưu trước vẫn còn nguyên. Hãy dọn bớt đĩa hoặc dùng USB lớn hơn.",
                "The disk is full, so no backup was made; earlier backups are whole. Make room or use a larger stick.",
            ),
            Self::Full { needed, free } => Text::vi_en(
                format!(
                    "Không đủ chỗ: cần thêm {} MB, chỉ còn {} MB. Các bản sao lưu trước vẫn còn nguyên. Hãy dọn bớt đĩa hoặc dùng USB lớn hơn.",
                    megabytes(*needed),
                    megabytes(*free)
                ),
                format!(
                    "Too little room: {} MB are needed, {} MB are free. Earlier backups are whole. Make room or use a larger stick.",
                    megabytes(*needed),
                    megabytes(*free)
                ),
            ),
            Self::Stick(why) => why.clone(),
            Self::Busy => Text::vi_en(
                "Đang sao lưu hoặc phục hồi. Hãy đợi việc đó xong rồi thử lại.",
                "A backup or a restore is under way. Wait for it to finish, then try again.",
            ),
            Self::Differs(what) => Text::vi_en(
                format!("Bản phục hồi thử không khớp với trạm: {what}. Hãy sao lưu lại ngay và báo cho người hỗ trợ."),
                format!(
                    "What was restored does not match the station: {what}. Make a new backup now, and tell whoever helps you."
                ),
            ),
            Self::Journal(tram_journal::Error::Full) => Self::Full { needed: 0, free: 0 }.text(),
            Self::Journal(error @ tram_journal::Error::Backup(_)) => Text::vi_en(
                format!(
                    "Bản sao lưu bị hỏng hoặc thiếu ({error}). Chưa phục hồi gì cả. Hãy chọn bản sao lưu cũ hơn hoặc USB khác."
                ),
                format!(
                    "The backup is damaged or incomplete ({error}). Nothing was restored. Choose an older backup or another stick."
                ),
            ),
            Self::Journal(error) => {
                Text::vi_en(format!("Kho dữ liệu báo lỗi: {error}."), format!("The storage failed: {error}."))
            }
            Self::Io(error) => Text::vi_en(
                format!("Không đọc hoặc ghi được: {error}. Nếu là USB, hãy cắm lại hoặc thay USB khác."),
                format!("Reading or writing failed: {error}. If it is a stick, plug it in again or use another."),
            ),
        }
    }
}

//! Import of people and classes from the lists that schools really have: Excel and
//! CSV, vnEdu's 38 columns included.
//!
//! [`sheet`] reads cells, [`columns`] finds the header and what each column means,
//! [`rows`] makes persons of rows and says what is wrong with the others, and
//! [`plan`] compares with who is there and writes. Importing a list again updates.

pub mod columns;
pub mod plan;
pub mod rows;
pub mod sheet;

use tram_contract::Text;

/// Why a list cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file is larger than 10 MB, or unpacks to more than 50 MB.
    #[error("the file is too large")]
    TooLarge,
    /// More than 20,000 rows or 200 columns.
    #[error("the sheet is too large")]
    TooManyCells,
    /// Neither .xlsx nor CSV that can be read.
    #[error("the file does not read: {0}")]
    Unreadable(String),
    /// Protected by a password.
    #[error("the workbook is protected")]
    Protected,
    /// Old .xls or something else under another name.
    #[error("not an .xlsx workbook or CSV")]
    WrongKind,
    /// No header with a name column was found.
    #[error("no header row")]
    NoHeader,
    /// A header and no row.
    #[error("no rows")]
    NoRows,
}

impl ImportError {
    /// What happened and what to do next.
    pub fn text(&self) -> Text {
        match self {
            Self::TooLarge => Text::vi_en(
                "Tệp quá lớn (tối đa 10 MB). Hãy chia danh sách theo khối rồi nhập từng tệp.",
                "The file is too large (10 MB at most). Split the list by grade and import each part.",
            ),
            Self::TooManyCells => Text::vi_en(
                "Trang tính quá lớn (tối đa 20.000 dòng, 200 cột). Hãy xoá các dòng, cột thừa rồi lưu lại.",
                "The sheet is too large (20,000 rows and 200 columns at most). Delete what is not needed and save again.",
            ),
            Self::Unreadable(_) => Text::vi_en(
                "Không đọc được tệp; có thể tệp tải về chưa đủ. Hãy mở bằng Excel, chọn Lưu thành → .xlsx rồi thử lại.",
                "The file does not read; it may be cut off. Open it in Excel, choose Save as → .xlsx, then try again.",
            ),
            Self::Protected => Text::vi_en(
                "Tệp được đặt mật khẩu. Hãy mở bằng Excel, bỏ mật khẩu, lưu lại rồi thử lại.",
                "The file is protected by a password. Open it in Excel, remove the password, save, then try again.",
            ),
            Self::WrongKind => Text::vi_en(
                "Đây không phải tệp Excel .xlsx hay CSV (có thể là .xls đời cũ). Hãy mở bằng Excel, chọn Lưu thành → .xlsx.",
                "This is no .xlsx workbook or CSV (perhaps an old .xls). Open it in Excel and choose Save as → .xlsx.",
            ),
            Self::NoHeader => Text::vi_en(
                "Không tìm thấy dòng tiêu đề có cột “Họ và tên”. Hãy kiểm tra danh sách có dòng tên cột.",
                "No header row with a column “Họ và tên” (full name) was found. Check that the list has a row of column names.",
            ),
            Self::NoRows => {
                Text::vi_en("Danh sách không có dòng nào dưới tiêu đề.", "The list has no row below its header.")
            }
        }
    }
}

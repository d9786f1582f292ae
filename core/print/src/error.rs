//! Why a document could not be set, for whoever wrote the template.

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use crate::explain::in_vietnamese;

/// A document could not be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum PrintError {
    /// The template is wrong, at this line.
    #[error("the template is wrong at line {line}: {message}")]
    Template {
        /// Line, from 1; 0: nowhere in particular.
        line: usize,
        /// The line as it stands.
        excerpt: String,
        /// What is wrong, in the typesetter's words (English).
        message: String,
        /// What it proposes.
        hints: Vec<String>,
    },
    /// The data are no JSON.
    #[error("the data do not read: {reason}")]
    Data {
        /// Why.
        reason: String,
    },
    /// More than a document may be given.
    #[error("{what} is larger than {most} KB")]
    TooLarge {
        /// `template`, `data`, `pictures`, `document`.
        what: String,
        /// What is allowed, KB.
        most: usize,
    },
    /// More pages than a document may have.
    #[error("the document has {pages} pages, more than {most}")]
    Pages {
        /// Its pages.
        pages: usize,
        /// What is allowed.
        most: usize,
    },
    /// A page larger than any paper that is printed on.
    #[error("page {page} is {width} × {height} mm, more than {most} mm")]
    Paper {
        /// The page, from 1.
        page: usize,
        /// Its width, mm.
        width: u64,
        /// Its height, mm.
        height: u64,
        /// What a side may have, mm.
        most: u64,
    },
    /// It took too long.
    #[error("the document took too long")]
    Timeout,
    /// It needed too much memory.
    #[error("the document needed too much memory")]
    Memory,
    /// Another print runs, and kept the station busy.
    #[error("another document is being printed")]
    Busy,
    /// The station itself failed.
    #[error("the printing process failed: {reason}")]
    Station {
        /// What happened.
        reason: String,
    },
}

impl PrintError {
    /// A code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Template { .. } => "template",
            Self::Data { .. } => "bad-request",
            Self::TooLarge { .. } | Self::Pages { .. } | Self::Paper { .. } | Self::Memory => "too-much",
            Self::Timeout => "timeout",
            Self::Busy => "busy",
            Self::Station { .. } => "station",
        }
    }

    /// What a person reads: what is wrong, where, and what to do.
    pub fn text(&self) -> Text {
        match self {
            Self::Template { line, excerpt, message, hints } => template(*line, excerpt, message, hints),
            Self::Data { reason } => Text::vi_en(
                format!("Dữ liệu để in không đọc được ({reason}). Hãy báo cho người làm phần này."),
                format!("The data to print do not read ({reason}). Tell whoever made this part."),
            ),
            Self::TooLarge { what, most } => {
                let vi = match what.as_str() {
                    "template" => "Mẫu in",
                    "pictures" => "Ảnh kèm theo mẫu",
                    "document" => "Văn bản in ra",
                    _ => "Dữ liệu để in",
                };
                Text::vi_en(
                    format!("{vi} quá lớn, tối đa {most} KB. Hãy chia nhỏ (chọn ít hơn trong một lần in) rồi in lại."),
                    format!("What is printed is too large ({what}, at most {most} KB). Print less at a time."),
                )
            }
            Self::Pages { pages, most } => Text::vi_en(
                format!(
                    "Văn bản có {pages} trang, tối đa {most} trang. Hãy chia nhỏ (chọn ít hơn trong một lần in) rồi in lại."
                ),
                format!("The document has {pages} pages, at most {most} are allowed. Print less at a time."),
            ),
            Self::Paper { page, width, height, most } => Text::vi_en(
                format!(
                    "Trang {page} khổ {width} × {height} mm, mỗi cạnh tối đa {most} mm. Hãy sửa khổ giấy trong mẫu in (thường là a4), hoặc dùng lại mẫu gốc."
                ),
                format!(
                    "Page {page} is {width} × {height} mm, a side may have {most} mm. Correct the paper in the template (mostly a4), or go back to the original."
                ),
            ),
            Self::Timeout => Text::vi_en(
                "Dàn trang quá lâu nên trạm đã dừng. Nếu mẫu in do trường sửa, hãy xem có vòng lặp không bao giờ kết thúc (while, hàm gọi lại chính nó); nếu không, hãy in ít hơn trong một lần.",
                "Setting the document took too long and was stopped. If the school changed the template, look for a loop that never ends (while, a function that calls itself); otherwise print less at a time.",
            ),
            Self::Memory => Text::vi_en(
                "Dàn trang cần quá nhiều bộ nhớ nên trạm đã dừng. Nếu mẫu in do trường sửa, hãy xem có danh sách hay chuỗi nào cứ dài mãi, hay ảnh quá lớn; nếu không, hãy in ít hơn trong một lần.",
                "Setting the document needed too much memory and was stopped. If the school changed the template, look for a list or text that grows for ever, or a picture that is too large; otherwise print less at a time.",
            ),
            Self::Busy => Text::vi_en(
                "Trạm đang in văn bản khác. Hãy đợi một phút rồi thử lại.",
                "The station is printing something else. Wait a minute and try again.",
            ),
            Self::Station { reason } => Text::vi_en(
                format!(
                    "Việc in bị hỏng giữa chừng ({reason}). Hãy thử lại; nếu vẫn vậy, hãy dùng lại mẫu gốc ở trang “Mẫu in”."
                ),
                format!(
                    "Printing broke off ({reason}). Try again; if it stays so, go back to the original on the page “Templates”."
                ),
            ),
        }
    }
}

fn template(line: usize, excerpt: &str, message: &str, hints: &[String]) -> Text {
    let said = in_vietnamese(message);
    let hint = hints.first().map(|hint| format!(" ({hint})")).unwrap_or_default();
    if line == 0 {
        return Text::vi_en(
            format!("Mẫu in có lỗi: {said}. Hãy sửa mẫu rồi tải lên lại, hoặc dùng lại mẫu gốc."),
            format!(
                "The template is wrong: {message}{hint}. Correct it and upload it again, or go back to the original."
            ),
        );
    }
    Text::vi_en(
        format!(
            "Mẫu in có lỗi ở dòng {line}, chỗ “{excerpt}”: {said}. Hãy sửa dòng ấy rồi tải lên lại, hoặc dùng lại mẫu gốc."
        ),
        format!(
            "The template is wrong at line {line}, at “{excerpt}”: {message}{hint}. Correct that line and upload it again, or go back to the original."
        ),
    )
}

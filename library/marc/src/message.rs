//! What is said to the librarian, in her language.
//!
//! The `Display` of each type is English; these are the same in Vietnamese,
//! for the report of an import.

use crate::iso2709::WriteError;
use crate::{Bad, IsbnError, MAX_RECORD, Reason, Warning};

impl Bad {
    /// The whole finding in Vietnamese: which record, where, and why.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        let named = self.control_number.as_ref().map(|number| format!(" (số kiểm soát {number})"));
        format!(
            "Biểu ghi thứ {}{}, tại byte {}: {}",
            self.index + 1,
            named.unwrap_or_default(),
            self.offset,
            self.reason.to_vietnamese()
        )
    }
}

impl Reason {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        match self {
            Self::NotMarc => "không tìm thấy đầu biểu MARC ở đây".to_owned(),
            Self::Truncated => "biểu ghi bị cắt cụt".to_owned(),
            Self::Directory { entries, fields } => {
                format!("thư mục trường ({entries} mục đọc được) không khớp với biểu ghi ({fields} trường)")
            }
            Self::Empty => "biểu ghi không có trường nào".to_owned(),
            Self::Endless => {
                format!("không tìm thấy dấu kết thúc biểu ghi trong {MAX_RECORD} byte")
            }
            Self::Xml(error) => format!("XML bị hỏng: {error}"),
            Self::Attribute { element, attribute } => {
                format!("phần tử {element} thiếu thuộc tính {attribute}")
            }
            Self::Tag(tag) => format!("nhãn trường “{tag}” không hợp lệ"),
            Self::WideText => "tệp được mã hóa UTF-16 hoặc UTF-32; hãy lưu lại dưới dạng UTF-8".to_owned(),
        }
    }
}

impl Warning {
    /// The warning in Vietnamese.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        match self {
            Self::Length { declared: Some(declared), actual } => {
                format!("đầu biểu ghi độ dài {declared}, nhưng biểu ghi có {actual} byte")
            }
            Self::Length { declared: None, actual } => {
                format!("đầu biểu không ghi độ dài; biểu ghi có {actual} byte")
            }
            Self::Terminator => "thiếu dấu kết thúc biểu ghi".to_owned(),
            Self::EmbeddedTerminator => "có dấu kết thúc biểu ghi nằm bên trong một trường".to_owned(),
            Self::Leader(leader) => format!("đầu biểu không đúng MARC 21: “{leader}”"),
            Self::Directory => "thư mục trường bị sai và đã được sửa lại".to_owned(),
            Self::Tag(tag) => format!("nhãn trường “{tag}” thiếu số 0 ở đầu; đã thêm vào"),
            Self::Indicators(tag) => format!("trường {tag}: chỉ thị sai"),
            Self::Code(tag) => {
                format!("trường {tag}: có trường con không có mã; nội dung được giữ dưới mã “?”")
            }
            Self::NoSubfields(tag) => format!("trường {tag}: không có trường con"),
            Self::Kind(tag) => {
                format!("trường {tag}: trường kiểm soát và trường dữ liệu bị dùng lẫn lộn")
            }
            Self::ControlCharacters(count) => {
                format!("{count} ký tự điều khiển đã được thay bằng khoảng trắng")
            }
            Self::Encoding { declared, used } => {
                format!("biểu ghi khai báo bảng mã {declared}, nhưng nội dung là {used}")
            }
            Self::Undecodable(count) => format!("{count} byte không giải mã được"),
            Self::LooksLikeUtf8 => "biểu ghi khai báo MARC-8, nhưng nội dung giống UTF-8".to_owned(),
            Self::Unknown(what) => format!("bỏ qua phần không thuộc MARCXML: {what}"),
            Self::NoLeader => "biểu ghi không có đầu biểu".to_owned(),
        }
    }
}

impl WriteError {
    /// The error in Vietnamese.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        match self {
            Self::TagLength(tag) => format!("nhãn trường {tag} không đủ hoặc quá ba ký tự"),
            Self::Indicator { tag, indicator } => {
                format!("trường {tag}: “{indicator}” không dùng làm chỉ thị được")
            }
            Self::Code { tag, code } => {
                format!("trường {tag}: “{code}” không dùng làm mã trường con được")
            }
            Self::Delimiter(tag) => {
                format!("trường {tag}: nội dung có ký tự dùng để ngăn cách các trường")
            }
            Self::Kind(tag) => {
                format!("trường {tag}: trường kiểm soát và trường dữ liệu bị dùng lẫn lộn")
            }
            Self::NoSubfields(tag) => format!("trường {tag}: không có trường con"),
            Self::FieldTooLong { tag, length } => {
                format!("trường {tag} dài {length} byte; ISO 2709 chỉ cho phép tối đa 9998 byte")
            }
            Self::RecordTooLong(length) => {
                format!("biểu ghi dài {length} byte; ISO 2709 chỉ cho phép tối đa 99999 byte")
            }
            Self::Empty => "biểu ghi không có trường nào".to_owned(),
        }
    }
}

impl IsbnError {
    /// The error in Vietnamese.
    #[must_use]
    pub fn to_vietnamese(&self) -> String {
        match self {
            Self::Length(digits) => format!("ISBN phải có 10 hoặc 13 chữ số, ở đây có {digits}"),
            Self::Prefix => "ISBN 13 chữ số phải bắt đầu bằng 978 hoặc 979".to_owned(),
            Self::Check { expected } => {
                format!("chữ số kiểm tra cuối cùng phải là {expected}; có thể đã gõ nhầm một chữ số")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_which_where_and_why() {
        let bad = Bad {
            index: 3,
            offset: 1024,
            length: 50,
            reason: Reason::Truncated,
            control_number: Some("vtls0001".to_owned()),
        };
        assert_eq!(bad.to_vietnamese(), "Biểu ghi thứ 4 (số kiểm soát vtls0001), tại byte 1024: biểu ghi bị cắt cụt");
        assert_eq!(bad.to_string(), "record 4 at byte 1024: the record is cut off");
    }
}

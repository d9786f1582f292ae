//! The typesetter's commonest words in Vietnamese. What is not here stays in English
//! beside the line, which says most.

/// Beginnings of messages with what they mean; what follows in the message stays.
const BEGINNINGS: &[(&str, &str)] = &[
    ("unknown variable: ", "không có tên gọi "),
    ("file not found", "không có tệp này; mẫu chỉ dùng được dữ liệu, ảnh và kiểu trang đi kèm nó"),
    ("dictionary does not contain key ", "dữ liệu không có mục "),
    ("array index out of bounds", "danh sách không có phần tử thứ này"),
    ("cannot divide by zero", "chia cho số không"),
    ("maximum function call depth exceeded", "hàm gọi lại chính nó mãi"),
    ("maximum layout depth exceeded", "các khung lồng nhau quá sâu"),
    ("maximum show rule depth exceeded", "quy tắc trình bày gọi lại chính nó mãi"),
    ("loop seems to be infinite", "vòng lặp không bao giờ kết thúc"),
    ("condition is always true", "vòng lặp không bao giờ kết thúc"),
    ("maximum parsing depth exceeded", "các ngoặc lồng nhau quá sâu"),
    ("path `", "đường dẫn này ra ngoài chỗ của mẫu"),
    ("PDF/A-2b error: the text ", "bộ chữ để in không có "),
    ("missing argument: ", "thiếu giá trị cho "),
    ("unexpected argument", "thừa giá trị"),
    ("failed to decode image", "ảnh hỏng hoặc không đúng loại"),
    ("assertion failed", "điều kiện của mẫu không đúng"),
    ("panicked with: ", "mẫu tự dừng: "),
    ("failed to load package (packages are not used here", "trạm không dùng gói từ mạng"),
];

/// Whole messages.
const WHOLE: &[(&str, &str)] = &[
    ("unclosed delimiter", "có ngoặc mở mà chưa đóng"),
    ("unclosed string", "có dấu nháy mở mà chưa đóng"),
    ("unclosed raw text", "có đoạn ` mở mà chưa đóng"),
    ("unexpected closing bracket", "thừa dấu ngoặc vuông đóng"),
    ("unexpected closing brace", "thừa dấu ngoặc nhọn đóng"),
    ("unexpected closing paren", "thừa dấu ngoặc tròn đóng"),
    ("expected expression", "thiếu biểu thức"),
    ("expected semicolon or line break", "thiếu dấu chấm phẩy hay xuống dòng"),
];

/// What the message says, in Vietnamese where it is known.
pub(crate) fn in_vietnamese(message: &str) -> String {
    if let Some((_, vi)) = WHOLE.iter().find(|(en, _)| message == *en) {
        return (*vi).to_owned();
    }
    if let Some((en, vi)) = BEGINNINGS.iter().find(|(en, _)| message.starts_with(en)) {
        // A message that ends in what it names keeps the name.
        let rest = if en.ends_with(' ') { message.strip_prefix(en).unwrap_or_default() } else { "" };
        return format!("{vi}{rest}");
    }
    if let Some((expected, found)) = message.strip_prefix("expected ").and_then(|rest| rest.split_once(", found ")) {
        return format!("cần “{expected}” mà lại gặp “{found}”");
    }
    if let Some(expected) = message.strip_prefix("expected ") {
        return format!("cần “{expected}”");
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_told_in_vietnamese() {
        assert_eq!(in_vietnamese("unknown variable: truong"), "không có tên gọi truong");
        assert_eq!(in_vietnamese("unclosed delimiter"), "có ngoặc mở mà chưa đóng");
        assert_eq!(in_vietnamese("expected string, found integer"), "cần “string” mà lại gặp “integer”");
        assert_eq!(in_vietnamese("something new"), "something new");
        assert!(in_vietnamese("file not found (searched at x)").starts_with("không có tệp này"));
    }
}

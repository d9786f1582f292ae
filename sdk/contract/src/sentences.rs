//! What a plugin may do and why, in the sentences that an administrator reads
//! before installing it.

use crate::Text;
use crate::manifest::{Capability, Manifest};

impl Manifest {
    /// A sentence for each right that the manifest asks for: what it is, and the
    /// author's reason.
    pub fn sentences(&self) -> Vec<Text> {
        let mut sentences: Vec<Text> = self.capability.iter().map(Capability::sentence).collect();
        for subscription in &self.subscribe {
            sentences.push(with_reason(
                &format!("Được báo khi có sự kiện “{}”", subscription.topic),
                &format!("Is told of the event “{}”", subscription.topic),
                &subscription.purpose,
            ));
        }
        let public: Vec<&str> =
            self.route.iter().filter(|route| route.public).map(|route| route.path.as_str()).collect();
        if !public.is_empty() {
            sentences.push(Text::vi_en(
                format!("Ai cũng xem được, không cần đăng nhập: {}", public.join(", ")),
                format!("Can be seen by anybody without signing in: {}", public.join(", ")),
            ));
        }
        sentences
    }
}

impl Capability {
    /// What the capability lets the plugin do, and the author's reason.
    pub fn sentence(&self) -> Text {
        let (vi, en) = self.right();
        with_reason(&vi, &en, &self.purpose)
    }

    fn right(&self) -> (String, String) {
        let fields = self.fields.join(", ");
        let queries = self.queries.join(", ");
        let (vi, en) = match self.name.as_str() {
            "store" => ("Lưu dữ liệu của riêng nó trên máy chủ", "Keeps data of its own on the server"),
            "search" => ("Tìm kiếm trong dữ liệu của riêng nó", "Searches its own data"),
            "blobs" => ("Lưu và đọc tệp của riêng nó", "Keeps and reads files of its own"),
            "directory" if fields.is_empty() => (
                "Xem danh sách lớp và tổ, không xem thông tin cá nhân",
                "Sees the lists of classes and groups, but no personal data",
            ),
            "directory" => {
                return (
                    format!("Xem thông tin của học sinh và giáo viên, chỉ gồm: {fields}"),
                    format!("Sees data of pupils and teachers, only: {fields}"),
                );
            }
            "events" => {
                ("Báo cho phần khác biết khi dữ liệu của nó thay đổi", "Tells other parts when its data changes")
            }
            "jobs" => ("Chạy việc kéo dài ở chế độ nền", "Runs longer work in the background"),
            "settings" => ("Nhớ các thiết đặt của riêng nó", "Remembers settings of its own"),
            "clock" => ("Xem ngày giờ", "Reads the date and time"),
            "random" => ("Lấy số ngẫu nhiên", "Draws random numbers"),
            "log" => ("Ghi nhật ký cho người quản trị", "Writes lines for the administrator's log"),
            "brokered" => {
                return (
                    format!("Hỏi dữ liệu của phần khác, chỉ gồm: {queries}"),
                    format!("Asks other parts for data, only: {queries}"),
                );
            }
            other => {
                return (
                    format!("Đòi quyền “{other}” mà máy chủ này không có"),
                    format!("Asks for “{other}”, which this server does not have"),
                );
            }
        };
        (vi.into(), en.into())
    }
}

fn with_reason(vi: &str, en: &str, reason: &Text) -> Text {
    Text::vi_en(format!("{vi}. Lý do: {}", reason.get("vi")), format!("{en}. Reason: {}", reason.get("en")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_a_sentence_in_both_languages() {
        let capability = Capability {
            name: "directory".into(),
            purpose: Text::vi_en("In danh sách lớp", "Prints class lists"),
            fields: vec!["name".into(), "class".into()],
            queries: Vec::new(),
        };
        let sentence = capability.sentence();
        assert_eq!(
            sentence.get("vi"),
            "Xem thông tin của học sinh và giáo viên, chỉ gồm: name, class. Lý do: In danh sách lớp"
        );
        assert!(sentence.get("en").ends_with("Reason: Prints class lists"));
    }

    #[test]
    fn every_capability_of_the_contract_has_words() {
        for name in [
            "store",
            "search",
            "blobs",
            "directory",
            "events",
            "jobs",
            "settings",
            "clock",
            "random",
            "log",
            "brokered",
        ] {
            let capability =
                Capability { name: name.into(), purpose: Text::default(), fields: Vec::new(), queries: Vec::new() };
            assert!(!capability.sentence().get("vi").contains("không có"), "{name}");
        }
    }
}

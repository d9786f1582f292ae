//! What a plugin may do and why, right by right, in the sentences that an
//! administrator reads and grants or refuses. The one place for these words: the
//! station's pages, its errors and `tram plugin check` all speak them.

use crate::Text;
use crate::manifest::{Capability, Manifest, Subscription};

/// Fields of persons that `directory` has, with their words in Vietnamese and
/// English.
pub const PERSON_FIELDS: &[(&str, &str, &str)] = &[
    ("name", "họ và tên", "full name"),
    ("code", "mã học sinh, mã cán bộ", "code in the school's lists"),
    ("birth", "ngày sinh", "date of birth"),
    ("gender", "giới tính", "sex"),
    ("title", "chức vụ", "title"),
    ("kinds", "vai trò (học sinh, giáo viên, phụ huynh)", "whether pupil, staff or guardian"),
    ("classes", "lớp", "classes"),
    ("subject-groups", "tổ chuyên môn", "subject groups"),
    ("groups-led", "tổ mình phụ trách", "groups that one leads"),
];

/// Every capability of the contract, by the name of its interface, with what it is
/// in Vietnamese and English.
pub const CAPABILITIES: &[(&str, &str, &str)] = &[
    ("store", "lưu và đọc dữ liệu của riêng nó", "keeps and reads data of its own"),
    ("search", "tìm kiếm trong dữ liệu của riêng nó", "searches data of its own"),
    ("blobs", "giữ tệp của riêng nó (ảnh, tài liệu)", "keeps files of its own (pictures, documents)"),
    ("directory", "đọc danh bạ nhà trường", "reads the school's directory of people"),
    (
        "events",
        "báo cho các phần khác khi có thay đổi, không kèm nội dung",
        "tells other plugins that something changed, without what",
    ),
    ("jobs", "chạy việc nền kéo dài", "runs long work in the background"),
    ("settings", "giữ thiết đặt của riêng nó", "keeps settings of its own"),
    ("clock", "xem ngày giờ của trạm", "reads the station's date and time"),
    ("random", "lấy số ngẫu nhiên", "draws random numbers"),
    ("log", "ghi nhật ký cho người quản trị", "writes lines of the log for the administrator"),
    (
        "extract",
        "nhờ trạm đọc nội dung tệp của nó trong một ngăn cách ly",
        "has files of its own looked into by the station, walled off",
    ),
    (
        "sign",
        "ký gói chia sẻ bằng khoá của trường, và kiểm tra gói của trường bạn",
        "signs packages for other schools with the station's key, and checks theirs",
    ),
    (
        "print",
        "nhờ trạm in văn bản PDF theo mẫu của nó; nhà trường sửa được mẫu",
        "has the station set documents as PDF from its templates, which the school may change",
    ),
    ("brokered", "hỏi dữ liệu của phần khác", "asks other plugins for data"),
];

/// What a capability is, in Vietnamese and English; words for "none such" when the
/// contract has no interface of this name.
pub fn capability_words(name: &str) -> (&'static str, &'static str) {
    CAPABILITIES
        .iter()
        .find(|known| known.0 == name)
        .map_or(("dùng quyền mà trạm này không có", "uses what this station does not have"), |known| {
            (known.1, known.2)
        })
}

/// The words of a person's field in Vietnamese and English; a plugin's extension
/// field, which has none, is its own name.
pub fn field_words(name: &str) -> (&str, &str) {
    PERSON_FIELDS.iter().find(|known| known.0 == name).map_or((name, name), |known| (known.1, known.2))
}

/// What kind of thing a right gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RightKind {
    /// A capability, by the name of its interface.
    Capability,
    /// A field of persons, through `directory`.
    Field,
    /// Another plugin's query, `plugin/query`, through `brokered`.
    Query,
    /// Another plugin's topic, `plugin/topic`.
    Topic,
}

impl RightKind {
    /// The word in forms and in the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Field => "field",
            Self::Query => "query",
            Self::Topic => "topic",
        }
    }
}

/// One right that a manifest asks for; each is granted or refused by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// What kind of thing it gives.
    pub kind: RightKind,
    /// `store`, `birth`, `catalogue/loans`, `catalogue/returned`.
    pub name: String,
    /// What it is, without the reason and without a full stop.
    pub what: Text,
    /// The author's reason.
    pub purpose: Text,
    /// Whether it reaches beyond the plugin's own data.
    pub weighty: bool,
}

impl Right {
    /// The right with its reason, as one text.
    pub fn sentence(&self) -> Text {
        Text::vi_en(
            format!("{}. Lý do: {}", self.what.get("vi"), self.purpose.get("vi")),
            format!("{}. Why: {}", self.what.get("en"), self.purpose.get("en")),
        )
    }

    /// Name in a form: `field:birth`.
    pub fn key(&self) -> String {
        format!("{}:{}", self.kind.word(), self.name)
    }
}

impl Manifest {
    /// Every right that the manifest asks for, those that reach beyond the plugin's
    /// own data first. A field or query follows its capability.
    pub fn rights(&self) -> Vec<Right> {
        let mut rights: Vec<Right> = self.capability.iter().flat_map(Capability::rights).collect();
        rights.extend(self.subscribe.iter().map(Subscription::right));
        rights.sort_by_key(|right| !right.weighty);
        rights
    }

    /// The rights as sentences, with who may come without signing in, and what no
    /// plugin can do.
    pub fn sentences(&self) -> Vec<Text> {
        let mut sentences: Vec<Text> =
            self.capability.iter().filter(|asked| asked.is_weighty()).map(Capability::sentence).collect();
        sentences.extend(self.subscribe.iter().map(|heard| heard.right().sentence()));
        sentences.extend(self.openness());
        sentences.extend(self.capability.iter().filter(|asked| !asked.is_weighty()).map(Capability::sentence));
        sentences.push(Text::vi_en(
            "Nó không dùng được mạng, tệp của máy chủ, hay dữ liệu của phần khác ngoài những điều trên.",
            "It reaches no network, no file of the server, and no data of other plugins beyond the above.",
        ));
        sentences
    }

    /// What can be seen without signing in; none when nothing can.
    pub fn openness(&self) -> Option<Text> {
        let public = self.route.iter().filter(|route| route.public).count();
        (public > 0).then(|| {
            Text::vi_en(
                format!("Người chưa đăng nhập xem được {public} trang của nó."),
                format!("People who are not signed in can see {public} of its pages."),
            )
        })
    }
}

impl Subscription {
    fn right(&self) -> Right {
        Right {
            kind: RightKind::Topic,
            name: self.topic.clone(),
            what: Text::vi_en(
                format!("Nó được báo khi có sự kiện {}", self.topic),
                format!("It is told of the events {}", self.topic),
            ),
            purpose: self.purpose.clone(),
            weighty: true,
        }
    }
}

impl Capability {
    /// Whether it reaches beyond the plugin's own data.
    fn is_weighty(&self) -> bool {
        matches!(self.name.as_str(), "directory" | "brokered")
    }

    /// The capability, then each of its fields or queries.
    fn rights(&self) -> Vec<Right> {
        let right = |kind, name: &str, vi: String, en: String| Right {
            kind,
            name: name.to_owned(),
            what: Text::vi_en(vi, en),
            purpose: self.purpose.clone(),
            weighty: self.is_weighty(),
        };
        let (vi, en) = capability_words(&self.name);
        let mut rights = vec![right(RightKind::Capability, &self.name, format!("Nó {vi}"), format!("It {en}"))];
        rights.extend(self.fields.iter().map(|field| {
            let (vi, en) = field_words(field);
            right(
                RightKind::Field,
                field,
                format!("Trong danh bạ, nó đọc: {vi}"),
                format!("In the directory it reads: {en}"),
            )
        }));
        rights.extend(
            self.queries
                .iter()
                .map(|query| right(RightKind::Query, query, format!("Nó hỏi: {query}"), format!("It asks: {query}"))),
        );
        rights
    }

    /// What the capability lets the plugin do as one sentence, fields and queries
    /// included, with the author's reason.
    pub fn sentence(&self) -> Text {
        let (vi, en) = capability_words(&self.name);
        let (mut vi, mut en) = (format!("Nó {vi}"), format!("It {en}"));
        if self.name == "directory" {
            if self.fields.is_empty() {
                vi.push_str(": chỉ danh sách lớp, tổ; không đọc thông tin của ai");
                en.push_str(": lists of groups only, nothing about persons");
            } else {
                let words: Vec<(&str, &str)> = self.fields.iter().map(|field| field_words(field)).collect();
                let joined =
                    |which: fn(&(&'_ str, &'_ str)) -> String| words.iter().map(which).collect::<Vec<_>>().join(", ");
                vi.push_str(&format!(": {}; không đọc được gì khác", joined(|words| words.0.to_owned())));
                en.push_str(&format!(": {}; and nothing else", joined(|words| words.1.to_owned())));
            }
        }
        if !self.queries.is_empty() {
            vi.push_str(&format!(": {}", self.queries.join(", ")));
            en.push_str(&format!(": {}", self.queries.join(", ")));
        }
        Text::vi_en(
            format!("{vi}. Lý do: {}", self.purpose.get("vi")),
            format!("{en}. Why: {}", self.purpose.get("en")),
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    const MANIFEST: &str = r#"
        id = "a.b"
        version = "1.0.0"
        api = "0.1"
        name = "A"
        description = "B"
        [[capability]]
        name = "store"
        purpose = { vi = "Giữ phiếu", en = "Keeps slips" }
        [[capability]]
        name = "directory"
        purpose = { vi = "In danh sách lớp", en = "Prints class lists" }
        fields = ["name", "birth"]
        [[capability]]
        name = "brokered"
        purpose = { vi = "Xem sách đang mượn", en = "Shows loans" }
        queries = ["catalogue/loans"]
        [[subscribe]]
        topic = "catalogue/returned"
        purpose = { vi = "Nhắn tin", en = "Writes a message" }
        [[route]]
        id = "home"
        method = "GET"
        path = "/"
        kind = "page"
        public = true
    "#;

    #[test]
    fn every_right_stands_by_itself_with_its_reason() {
        let rights = Manifest::parse(MANIFEST).unwrap().rights();
        let keys: Vec<String> = rights.iter().map(Right::key).collect();
        assert_eq!(
            keys,
            [
                "capability:directory",
                "field:name",
                "field:birth",
                "capability:brokered",
                "query:catalogue/loans",
                "topic:catalogue/returned",
                "capability:store"
            ]
        );
        assert_eq!(rights[2].sentence().get("vi"), "Trong danh bạ, nó đọc: ngày sinh. Lý do: In danh sách lớp");
        assert!(rights.iter().all(|right| right.what.get("vi") != right.what.get("en") && !right.purpose.is_empty()));
    }

    #[test]
    fn a_manifest_is_a_handful_of_sentences_in_both_languages() {
        let sentences = Manifest::parse(MANIFEST).unwrap().sentences();
        let vi: Vec<&str> = sentences.iter().map(|text| text.get("vi")).collect();
        assert_eq!(vi.len(), 6);
        assert_eq!(
            vi[0],
            "Nó đọc danh bạ nhà trường: họ và tên, ngày sinh; không đọc được gì khác. Lý do: In danh sách lớp"
        );
        assert!(vi[3].contains("1 trang") && vi[4].contains("dữ liệu của riêng nó"), "{vi:?}");
        assert!(sentences[0].get("en").ends_with("Why: Prints class lists"));
    }

    #[test]
    fn a_capability_that_is_none_is_said_to_be_none() {
        assert!(capability_words("network").0.contains("không có"));
        assert_eq!(field_words("canteen.allergy"), ("canteen.allergy", "canteen.allergy"));
    }
}

//! What a plugin may do, as sentences for the administrator.

use tram_contract::Text;
use tram_contract::manifest::Manifest;

use crate::capabilities::FIELDS;

/// What a capability is, in Vietnamese and English.
pub(crate) fn capability(name: &str) -> (&'static str, &'static str) {
    match name {
        "store" => ("lưu và đọc dữ liệu của riêng nó", "keeps and reads data of its own"),
        "search" => ("tìm kiếm trong dữ liệu của riêng nó", "searches data of its own"),
        "blobs" => ("giữ tệp của riêng nó (ảnh, tài liệu)", "keeps files of its own (pictures, documents)"),
        "directory" => ("đọc danh bạ nhà trường", "reads the school's directory of people"),
        "events" => (
            "báo cho các phần khác khi có thay đổi, không kèm nội dung",
            "tells other plugins that something changed, without what",
        ),
        "jobs" => ("chạy việc nền kéo dài", "runs long work in the background"),
        "settings" => ("giữ thiết đặt của riêng nó", "keeps settings of its own"),
        "clock" => ("xem ngày giờ của trạm", "reads the station's date and time"),
        "random" => ("lấy số ngẫu nhiên", "draws random numbers"),
        "log" => ("ghi nhật ký cho người quản trị", "writes lines of the log for the administrator"),
        "brokered" => ("hỏi dữ liệu của phần khác", "asks other plugins for data"),
        _ => ("quyền mà trạm này không có", "a capability that this station does not have"),
    }
}

/// Everything that the manifest asks for, the weightiest first, each with its reason.
pub(crate) fn of(manifest: &Manifest) -> Vec<Text> {
    let mut weighty = Vec::new();
    let mut light = Vec::new();
    for asked in &manifest.capability {
        let (mut vi, mut en) = {
            let (vi, en) = capability(&asked.name);
            (format!("Nó {vi}"), format!("It {en}"))
        };
        if asked.name == "directory" {
            let words = |which: fn(&(&'static str, &'static str, &'static str)) -> &'static str| -> String {
                let list: Vec<&str> = asked
                    .fields
                    .iter()
                    .map(|field| FIELDS.iter().find(|known| known.0 == field).map_or(field.as_str(), which))
                    .collect();
                list.join(", ")
            };
            if asked.fields.is_empty() {
                vi.push_str(": chỉ danh sách lớp, tổ; không đọc thông tin của ai");
                en.push_str(": lists of groups only, nothing about persons");
            } else {
                vi.push_str(&format!(": {}; không đọc được gì khác", words(|field| field.1)));
                en.push_str(&format!(": {}; and nothing else", words(|field| field.2)));
            }
        }
        if asked.name == "brokered" {
            vi.push_str(&format!(": {}", asked.queries.join(", ")));
            en.push_str(&format!(": {}", asked.queries.join(", ")));
        }
        let sentence = Text::vi_en(
            format!("{vi}. Lý do: {}", asked.purpose.get("vi")),
            format!("{en}. Why: {}", asked.purpose.get("en")),
        );
        if matches!(asked.name.as_str(), "directory" | "brokered") {
            weighty.push(sentence)
        } else {
            light.push(sentence)
        }
    }
    for heard in &manifest.subscribe {
        weighty.push(Text::vi_en(
            format!("Nó được báo khi có sự kiện {}. Lý do: {}", heard.topic, heard.purpose.get("vi")),
            format!("It is told of the events {}. Why: {}", heard.topic, heard.purpose.get("en")),
        ));
    }
    let public = manifest.route.iter().filter(|route| route.public).count();
    if public > 0 {
        weighty.push(Text::vi_en(
            format!("Người chưa đăng nhập xem được {public} trang của nó."),
            format!("People who are not signed in can see {public} of its pages."),
        ));
    }
    weighty.extend(light);
    weighty.push(Text::vi_en(
        "Nó không dùng được mạng, tệp của máy chủ, hay dữ liệu của phần khác ngoài những điều trên.",
        "It reaches no network, no file of the server, and no data of other plugins beyond the above.",
    ));
    weighty
}

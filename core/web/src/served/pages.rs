//! The shell's own pages, walked as a person walks them.

use super::Station;
use super::client::Browser;

#[test]
fn the_wizard_makes_a_station() {
    let station = Station::new();
    let mut browser = Browser::new(station.http);
    assert_eq!(browser.get("/").header("location"), "/setup");
    assert_eq!(browser.get("/people").header("location"), "/setup");
    let token = browser.get("/setup").token("/setup");
    let mut fields = vec![
        ("code", station.setup_code.as_str()),
        ("school", "Trường THCS Hương Dừa"),
        ("name", "Nguyễn Thị Lan"),
        ("username", "lan.nguyen"),
        ("password", "dừa xanh bến tre"),
        ("again", "dừa xanh bến tre"),
        ("name2", "Trần Văn Minh"),
        ("username2", "minh.tran"),
        ("password2", "sông nước miền tây"),
        ("again2", "sông nước miền tây khác"),
        ("tls", "staff-strict"),
        ("names", "ThuVien.example:443"),
    ];
    let wrong = browser.post("/setup", &token, &fields);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("không giống nhau") && wrong.body.contains("Hương Dừa"), "what was typed is kept");
    assert!(!wrong.body.contains("dừa xanh"), "passwords never come back");
    fields[9].1 = "sông nước miền tây";
    let code = std::mem::replace(&mut fields[0].1, "2222-2222");
    assert_eq!(browser.post("/setup", &token, &fields).status, 422, "a wrong code");
    fields[0].1 = code;
    let done = browser.post("/setup", &token, &fields);
    assert_eq!((done.status, done.header("location")), (303, "/"));
    assert!(browser.get("/").body.contains("Trường THCS Hương Dừa"));
    assert_eq!(browser.get("/admin").status, 200);
    assert_eq!(station.people.persons("staff").unwrap().len(), 2, "the first try left no double");
    // Once is enough, and the code is used up.
    assert_eq!(Browser::new(station.http).get("/setup").header("location"), "/");
    let mut second = Browser::new(station.http);
    assert_eq!(second.sign_in("minh.tran", "sông nước miền tây").status, 303);
    assert_eq!(second.get("/admin").status, 200);
    assert_eq!(station.people.station().unwrap().names, ["thuvien.example"]);
}

#[test]
fn signing_in_goes_back_where_one_was_and_only_there() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let token = browser.get("/sign-in?back=%2Fdemo%2Fedit").token("/sign-in");
    let with = |browser: &mut Browser, back: &str| {
        let fields = [("name", "lan.nguyen"), ("secret", "dừa xanh bến tre"), ("back", back)];
        browser.post("/sign-in", &token, &fields).header("location").to_owned()
    };
    assert_eq!(with(&mut browser, "/demo/edit"), "/demo/edit");
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"] {
        let mut browser = Browser::new(station.http);
        let token = browser.get("/sign-in").token("/sign-in");
        let fields = [("name", "lan.nguyen"), ("secret", "dừa xanh bến tre"), ("back", elsewhere)];
        assert_eq!(browser.post("/sign-in", &token, &fields).header("location"), "/", "{elsewhere}");
    }
}

#[test]
fn a_wrong_password_says_nothing_about_the_name() {
    let station = Station::ready();
    let wrong = Browser::new(station.http).sign_in("lan.nguyen", "sai");
    let unknown = Browser::new(station.http).sign_in("khong.co", "sai");
    assert_eq!((wrong.status, unknown.status), (422, 422));
    let message =
        |body: &str| body.split("role=\"alert\"").nth(1).map(|rest| rest.chars().take(300).collect::<String>());
    assert_eq!(message(&wrong.body), message(&unknown.body));
}

#[test]
fn a_class_gets_its_cards_its_pins_and_is_let_in() {
    let station = Station::ready();
    let mut teacher = Browser::new(station.http);
    teacher.sign_in("giao.vien", "phấn trắng bảng đen");
    let list = teacher.get("/people");
    assert_eq!(list.status, 200, "{}", list.body);
    let class = list.body.split("/people/group/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/people/group/{class}");
    let page = teacher.get(&path);
    let (an, anh) = (page.body.find("Lê Hoàng An").unwrap(), page.body.find("Phạm Thị Ánh").unwrap());
    assert!(an < anh, "by given name");
    // Cards.
    let cards = teacher.post(&format!("{path}/cards"), &page.token(&format!("{path}/cards")), &[]);
    assert_eq!(cards.status, 200, "{}", cards.body);
    assert_eq!(cards.body.matches("aria-label=\"QR: ").count(), 2);
    // PINs.
    let pins = teacher.post(&format!("{path}/pins"), &page.token(&format!("{path}/pins")), &[]);
    assert_eq!(pins.body.matches("class=\"pin\"").count(), 2);
    // A lesson: the code on the board, then one's own name.
    let lesson = teacher.post(&format!("{path}/let-in"), &page.token(&format!("{path}/let-in")), &[("minutes", "45")]);
    let code =
        lesson.body.split("<h1").nth(1).unwrap().split('>').nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(code.len(), 6, "{code}");
    let mut pupil = Browser::new(station.http);
    let token = pupil.get("/lesson").token("/lesson");
    assert_eq!(pupil.post("/lesson", &token, &[("code", "000000")]).status, 422);
    let names = pupil.post("/lesson", &token, &[("code", &code)]);
    let person = names
        .body
        .split("type=\"radio\" name=\"person\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let entered =
        pupil.post("/lesson", &names.token("/lesson"), &[("code", &code), ("person", &person), ("shared", "1")]);
    assert_eq!(entered.status, 303, "{}", entered.body);
    let start = pupil.get("/");
    assert!(start.body.contains("data-idle=\"600\"") && start.body.contains("Đang chờ bạn"));
    assert_eq!(pupil.get(&path).status, 403, "a pupil sees no class list");
}

#[test]
fn a_card_opens_and_its_token_is_gone_from_the_address() {
    let station = Station::ready();
    let pupil = station.people.persons("pupil").unwrap().remove(0);
    let token = station.people.reissue_cards(&tram_people::Principal::console("vi"), &[pupil.id]).unwrap().remove(0);
    let mut browser = Browser::new(station.http);
    let form = browser.get("/card").token("/card");
    assert_eq!(browser.post("/card", &form, &[("card", "wrong")]).status, 422);
    // A scanner types the whole address of the code.
    let typed = format!("http://tram-0000.local/card#{token}");
    let entered = browser.post("/card", &form, &[("card", &typed), ("shared", "1")]);
    assert_eq!(entered.status, 303, "{}", entered.body);
    assert!(!entered.header("location").contains(&token));
}

#[test]
fn one_box_searches_every_plugin() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let hit = browser.get("/search?q=r%E1%BB%ABng");
    assert!(hit.body.contains("href=\"/demo/records/1\""), "{}", hit.body);
    let none = browser.get("/search?q=%3Cb%3Ekh%C3%B4ng");
    assert!(none.body.contains("Không tìm thấy gì với “&lt;b&gt;không”") && !none.body.contains("<b>"));
    assert_eq!(browser.get("/search?q=").header("location"), "/");
}

#[test]
fn language_and_theme_are_kept() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    assert!(browser.get("/?lang=en").body.contains("<html lang=\"en\""));
    let next = browser.get("/sign-in?theme=dark");
    assert!(next.body.contains("<html lang=\"en\" data-theme=\"dark\""));
    assert!(browser.get("/").body.contains("data-theme=\"dark\""));
}

#[test]
fn machines_are_answered_briefly() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let health = browser.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    assert_eq!(browser.get("/metrics").status, 200, "the box itself");
    let problem = browser.get("/api/nothing");
    assert_eq!((problem.status, problem.header("content-type")), (404, "application/problem+json"));
    let page = browser.get("/nothing/here");
    assert!(page.status == 404 && page.body.contains("ô tìm kiếm"));
    let asset = browser.get("/demo/asset/a.txt");
    assert_eq!((asset.body.as_str(), asset.header("etag")), ("asset", "\"h1\""));
    assert_eq!(browser.send("GET", "/demo/asset/a.txt", "", &[("If-None-Match", "\"h1\"")]).status, 304);
}

#[test]
fn a_password_is_changed_and_other_sessions_end() {
    let station = Station::ready();
    let (mut here, mut there) = (Browser::new(station.http), Browser::new(station.http));
    here.sign_in("lan.nguyen", "dừa xanh bến tre");
    there.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = here.get("/me/password").token("/me/password");
    let wrong = [("old", "sai"), ("new", "một câu dễ nhớ"), ("again", "một câu dễ nhớ")];
    assert_eq!(here.post("/me/password", &token, &wrong).status, 422);
    let right = [("old", "dừa xanh bến tre"), ("new", "một câu dễ nhớ"), ("again", "một câu dễ nhớ")];
    assert_eq!(here.post("/me/password", &token, &right).header("location"), "/me");
    assert_eq!(here.get("/me").status, 200);
    assert_eq!(there.get("/me").status, 303);
}

#[test]
fn a_list_is_previewed_then_imported() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/people/import").token("/people/import");
    let csv = "STT,Họ và tên,Ngày sinh,Lớp\n1,Võ Thị Bé,01/02/2014,7A2\n2,,03/04/2014,7A2\n";
    let part = |name: &str, file: &str, value: &str| {
        format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    let body = [
        part("_token", "", &token),
        part("kind", "", "pupils"),
        part("year", "", "2026-2027"),
        part("from", "", "2026-09-05"),
        part("file", "; filename=\"lop.csv\"\r\nContent-Type: text/csv", csv),
        "--xyz--\r\n".into(),
    ]
    .concat();
    let origin = format!("http://{}", browser.host());
    let preview = browser.send(
        "POST",
        "/people/import",
        &body,
        &[("Origin", &origin), ("Content-Type", "multipart/form-data; boundary=xyz")],
    );
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert!(preview.body.contains("Võ Thị Bé") && preview.body.contains("Dòng không nhập được"));
    assert!(
        station.people.persons("pupil").unwrap().iter().all(|person| person.name != "Võ Thị Bé"),
        "a preview writes nothing"
    );
    let fields = [("kind", "pupils"), ("year", "2026-2027"), ("from", "2026-09-05"), ("step", "apply")];
    let done = browser.post("/people/import", &preview.token("/people/import"), &fields);
    assert!(done.body.contains("Đã nhập xong."), "{}", done.body);
    assert!(station.people.persons("pupil").unwrap().iter().any(|person| person.name == "Võ Thị Bé"));
}

#[test]
fn a_year_is_promoted_in_one_go() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let token = browser.get("/people/promote").token("/people/promote");
    let mut fields = vec![("from", "2026-2027"), ("to", "2027-2028"), ("day", "2027-09-05"), ("staying", "không có")];
    assert_eq!(browser.post("/people/promote", &token, &fields).status, 422);
    fields[3].1 = "";
    // 8A1 is the last grade of this station, so its pupils finish.
    let done = browser.post("/people/promote", &token, &fields);
    assert!(done.status == 200 && done.body.contains("Đã lên lớp xong."), "{}", done.body);
}

#[test]
fn pages_and_assets_are_compressed_for_strangers_who_can_read_it() {
    let station = Station::ready();
    let mut browser = Browser::new(station.http);
    let plain = browser.get("/demo");
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    let packed = browser.send("GET", "/demo", "", &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(packed.header("content-encoding"), "gzip");
    let length = |answer: &super::client::Answer| answer.header("content-length").parse::<usize>().unwrap();
    assert!(length(&packed) * 4 < length(&plain) * 3, "{} of {}", length(&packed), length(&plain));
    let head = browser.send("HEAD", "/demo", "", &[("Accept-Encoding", "gzip")]);
    assert_eq!((head.header("content-encoding"), head.body.as_str()), ("gzip", ""));
    // A small file stays as it is; a large one is packed, and each coding has its own name.
    let small = browser.send("GET", "/demo/asset/a.txt", "", &[("Accept-Encoding", "gzip")]);
    assert_eq!((small.header("content-encoding"), small.body.as_str()), ("", "asset"));
    let large = browser.send("GET", "/demo/asset/large.json", "", &[("Accept-Encoding", "gzip")]);
    assert_eq!((large.header("content-encoding"), large.header("etag")), ("gzip", "\"h2-gzip\""));
    assert_eq!(browser.get("/demo/asset/large.json").header("etag"), "\"h2\"");
    let known = [("Accept-Encoding", "gzip"), ("If-None-Match", "\"h2-gzip\"")];
    assert_eq!(browser.send("GET", "/demo/asset/large.json", "", &known).status, 304);
    // Behind a sign-in the length of a page must not tell what stands in it.
    browser.sign_in("lan.nguyen", "dừa xanh bến tre");
    let own = browser.send("GET", "/demo", "", &[("Accept-Encoding", "gzip")]);
    assert_eq!((own.status, own.header("content-encoding")), (200, ""));
}

#[test]
fn a_person_is_searched_for_within_what_the_reader_may_see() {
    let station = Station::ready();
    let mut admin = Browser::new(station.http);
    admin.sign_in("lan.nguyen", "dừa xanh bến tre");
    let found = admin.get("/people?q=anh%20pham");
    assert!(found.body.contains("Phạm Thị Ánh") && found.body.contains("Học sinh 8A1"), "{}", found.body);
    assert!(!found.body.contains("Lê Hoàng An"));
    assert!(found.body.contains("value=\"anh pham\""), "what was typed stays");
    assert!(admin.get("/people?q=lan.nguyen").body.contains("Tên đăng nhập: lan.nguyen"));
    assert!(admin.get("/people?q=%20").body.contains("/people/group/"), "nothing asked: the classes");
    let past = admin.get("/people?q=an&page=999999999999999999999999");
    assert_eq!(past.status, 200);
    assert!(admin.get("/people?q=%3Cb%3Ex&lang=en").body.contains("“&lt;b&gt;x”"));
    let mut teacher = Browser::new(station.http);
    teacher.sign_in("giao.vien", "phấn trắng bảng đen");
    assert!(teacher.get("/people?q=anh").body.contains("Phạm Thị Ánh"));
    assert!(!teacher.get("/people?q=nguyen%20lan").body.contains("Nguyễn Thị Lan"), "the staff is out of reach");
    assert_eq!(Browser::new(station.http).get("/people?q=anh").status, 303);
}

#[test]
fn a_class_is_made_and_renamed_by_who_imports() {
    let station = Station::ready();
    let mut admin = Browser::new(station.http);
    admin.sign_in("lan.nguyen", "dừa xanh bến tre");
    let new = "/people/groups/new";
    let token = admin.get(new).token(new);
    let fields = |name: &'static str| [("kind", "class"), ("name", name), ("year", "2026-2027")];
    let wrong = admin.post(new, &token, &fields("8a1"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("đã có “8a1”") && wrong.body.contains("value=\"8a1\""), "{}", wrong.body);
    let made = admin.post(new, &token, &fields("8A2"));
    assert_eq!(made.status, 303);
    let address = made.header("location").split('?').next().unwrap().to_owned();
    assert!(admin.get(&format!("{address}?said=saved")).body.contains("Đã lưu."));
    let edit = format!("{address}/edit");
    let token = admin.get(&edit).token(&edit);
    assert_eq!(admin.post(&edit, &token, &[("name", " ")]).status, 422);
    // What the form of a new one has does not move a known one.
    assert_eq!(admin.post(&edit, &token, &[("name", "8A3"), ("kind", "campus"), ("year", "1999-2000")]).status, 303);
    let known = station.people.groups("class").unwrap();
    assert!(known.iter().any(|group| group.name == "8A3" && group.year == "2026-2027" && group.grade == Some(8)));
    let mut teacher = Browser::new(station.http);
    teacher.sign_in("giao.vien", "phấn trắng bảng đen");
    assert_eq!((teacher.get(new).status, teacher.get(&edit).status), (403, 403));
    assert_eq!(admin.get("/people/group/01ARZ3NDEKTSV4RRFFQ69G5FAV/edit").status, 404);
}

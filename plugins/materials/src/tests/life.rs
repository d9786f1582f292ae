//! The life of an item, from the first file to its withdrawal.

use super::*;
use crate::model::{STEPS, Stage};
use tram_sdk::{Slots, code, store};

fn stage() -> Option<Stage> {
    the_item().value.work.map(|work| work.stage)
}

fn waiting(who: &str) -> u64 {
    let cards = mock::transaction(true, || Materials::fill("waiting", &[], &by(who))).unwrap();
    cards.iter().filter_map(|card| card.count).sum()
}

fn actions() -> Vec<String> {
    STEPS.iter(&the_item().key).map(|step| step.unwrap().value.action).collect()
}

#[test]
fn a_lesson_goes_from_a_draft_to_its_readers_and_back() {
    school();
    let entry = made();
    let work = entry.value.work.clone().unwrap();
    assert_eq!(work.edition.meta.subject, "Khoa học tự nhiên");
    assert_eq!(
        work.edition.meta.authors.iter().map(|a| a.person.as_str()).collect::<Vec<_>>(),
        ["author", "co-author"]
    );
    assert_eq!(waiting("head"), 0);

    assert_eq!(step("author", "submit", "").unwrap(), 303);
    assert_eq!((waiting("head"), waiting("other-head"), waiting("leadership")), (1, 0, 0));
    // While it is read, nobody hands it in again or changes it.
    assert_eq!(step("author", "submit", "").unwrap(), 409);
    // What was typed meanwhile is not lost.
    let edit = mock::post("update", "/items/x/edit").param("item", &entry.id()).form("version", "1");
    let page = ask("author", filled(edit.form("description", "Gõ dở"))).unwrap();
    assert_eq!(page.status, 409);
    assert!(text(&page).contains("Gõ dở") && text(&page).contains("Lấy về để sửa"));
    assert!(the_item().value.newest().unwrap().meta.description.is_empty());

    assert_eq!(step("head", "ask-changes", " ").unwrap(), 422, "what to change must be said");
    assert_eq!(step("head", "ask-changes", "Thêm phần an toàn").unwrap(), 303);
    assert_eq!((waiting("author"), waiting("co-author"), waiting("head")), (1, 1, 0));
    let page = ask("author", mock::get("item", "/items/x").param("item", &entry.id())).unwrap();
    assert!(text(&page).contains("Thêm phần an toàn"));

    let now = the_item();
    let edit =
        mock::post("update", "/items/x/edit").param("item", &entry.id()).form("version", &now.version.to_string());
    let edit =
        filled(edit).form("description", "Có phần an toàn").upload("files", "an-toan.txt", "text/plain", b"Deo kinh.");
    assert_eq!(ask("co-author", edit).unwrap().status, 303);
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    step("co-author", "submit", "").unwrap();
    step("head", "approve", "Tốt").unwrap();
    assert_eq!(stage(), Some(Stage::GroupApproved));
    assert_eq!((waiting("leadership"), waiting("head")), (1, 0));
    assert!(the_item().value.shown().is_none(), "one approval is not two");

    step("leadership", "approve-publish", "").unwrap();
    let item = the_item().value;
    let review = &item.shown().unwrap().review;
    assert_eq!(review.group.as_ref().unwrap().name, "Lương Văn Khải");
    assert_eq!(review.leadership.as_ref().unwrap().person, "leadership");
    assert_eq!(mock::events().len(), 1);

    // A pupil finds it by words inside the file, and is led to the page.
    let found = ask("pupil", mock::get("search", "/").query("q", "diep luc")).unwrap();
    let found = text(&found);
    assert!(found.contains("Quang hợp ở thực vật") && found.contains("?file=1&page=1"), "{found}");
    let page =
        ask("pupil", mock::get("item", "/").param("item", &entry.id()).query("file", "1").query("page", "1")).unwrap();
    assert!(text(&page).contains("diệp lục") && !text(&page).contains("Lịch sử"));
    assert_eq!(store::counter(&crate::pages::item::views(&entry.id())).unwrap(), 1);

    assert_eq!(step("author", "withdraw", "Có lỗi ở trang 1").unwrap(), 303);
    assert_eq!(ask("pupil", mock::get("item", "/").param("item", &entry.id())).unwrap_err().code, code::NOT_FOUND);
    assert!(!text(&ask("pupil", mock::get("search", "/").query("q", "diep luc")).unwrap()).contains("Quang hợp"));
    assert_eq!(
        actions(),
        [
            "created",
            "submitted",
            "changes-asked",
            "changed",
            "submitted",
            "group-approved",
            "approved",
            "published",
            "withdrawn"
        ]
    );
    let history = text(&ask("head", mock::get("history", "/").param("item", &entry.id())).unwrap());
    assert!(history.contains("Thêm phần an toàn") && history.contains("Phạm Thị Thu Hà"));
}

#[test]
fn a_new_edition_leaves_the_old_one_until_it_is_approved() {
    school();
    let entry = made();
    for (who, word) in
        [("author", "submit"), ("head", "approve"), ("leadership", "approve-publish"), ("author", "begin")]
    {
        step(who, word, "").unwrap();
    }
    let now = the_item();
    let edit = mock::post("update", "/").param("item", &entry.id()).form("version", &now.version.to_string());
    let edit = filled(edit).form("remove-1", "on").upload("files", "mới.txt", "text/plain", "Bản thứ hai.".as_bytes());
    ask("author", edit).unwrap();
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    for (who, word) in [("author", "submit"), ("head", "approve")] {
        step(who, word, "").unwrap();
        let item = the_item().value;
        assert_eq!(item.shown().unwrap().number, 1);
        assert_eq!(item.shown().unwrap().files[0].number, 1);
        assert!(!text(&ask("pupil", mock::get("search", "/").query("q", "thu hai")).unwrap()).contains("Quang hợp"));
        assert_eq!(
            ask("pupil", mock::get("file", "/").param("item", &entry.id()).param("file", "2")).unwrap_err().code,
            code::NOT_FOUND
        );
    }
    step("leadership", "approve", "").unwrap();
    assert_eq!(the_item().value.shown().unwrap().number, 1, "approved is not yet published");
    step("author", "publish", "").unwrap();
    assert_eq!(the_item().value.shown().unwrap().number, 2);
    assert!(text(&ask("pupil", mock::get("search", "/").query("q", "thu hai")).unwrap()).contains("Quang hợp"));
    assert!(matches!(
        ask("pupil", mock::get("file", "/").param("item", &entry.id()).param("file", "2")).unwrap().body,
        Body::Blob(_)
    ));
}

#[test]
fn nobody_reviews_their_own_work() {
    school();
    // The head of the group is among the authors.
    let request = filled(mock::post("create", "/new")).form("authors", "x");
    let mut request: Request = request.into();
    request.form.retain(|field| field.name != "authors");
    request
        .form
        .push(tram_sdk::Field { name: "authors".into(), value: "Phan Thị Mộng\nLương Văn Khải".into() });
    request.principal = by("author");
    let blob = mock::add_blob("a.txt", "text/plain", b"a");
    request.uploads.push(tram_sdk::Upload {
        field: "files".into(),
        name: "a.txt".into(),
        media_type: "text/plain".into(),
        size: 1,
        blob,
    });
    mock::call(<Materials as tram_sdk::Pages>::page, request).unwrap();
    step("author", "submit", "").unwrap();
    for who in ["author", "head"] {
        assert_eq!(step(who, "approve", "").unwrap_err().code, code::FORBIDDEN, "{who}");
    }
    assert_eq!(step("other-head", "approve", "").unwrap_err().code, code::NOT_FOUND, "no leader of another group");
    assert_eq!(waiting("head"), 0);
    // No head is left: the leadership reads it for the group too.
    assert_eq!(waiting("leadership"), 1);
    step("leadership", "approve", "").unwrap();
    step("leadership", "approve-publish", "").unwrap();
    assert!(the_item().value.shown().is_some());
}

#[test]
fn a_form_that_went_stale_overwrites_nothing() {
    school();
    let entry = made();
    let edit = |title: &str, version: u64| {
        let request = mock::post("update", "/").param("item", &entry.id()).form("version", &version.to_string());
        let mut request: Request = filled(request).by(by("author")).into();
        request.form.retain(|field| field.name != "title");
        request.form.push(tram_sdk::Field { name: "title".into(), value: title.into() });
        mock::call(<Materials as tram_sdk::Pages>::page, request).unwrap()
    };
    assert_eq!(edit("Bản một", entry.version).status, 303);
    let stale = edit("Bản hai", entry.version);
    assert_eq!(stale.status, 409);
    assert!(text(&stale).contains("Bản một") && text(&stale).contains("Bản hai"));
    assert_eq!(the_item().value.newest().unwrap().meta.title, "Bản một");
    // A step of a page that was looked at before.
    let request = mock::post("step", "/")
        .param("item", &entry.id())
        .form("step", "submit")
        .form("version", &entry.version.to_string());
    assert_eq!(ask("author", request).unwrap().status, 409);
    assert_eq!(stage(), Some(Stage::Draft));
}

#[test]
fn the_leadership_may_be_left_out() {
    school();
    ask("leadership", mock::post("settings-change", "/settings").form("guests", "on")).unwrap();
    made();
    step("author", "submit", "").unwrap();
    step("head", "approve-publish", "").unwrap();
    assert!(the_item().value.shown().is_some());
    assert!(the_item().value.shown().unwrap().review.leadership.is_none());
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_kept() {
    school();
    let bad = mock::post("create", "/new")
        .form("title", " ")
        .form("grades", "mười")
        .form("licence", "school")
        .form("shareable", "on");
    let page = ask("author", bad).unwrap();
    assert_eq!(page.status, 422);
    let said = text(&page);
    assert!(
        said.contains("Hãy ghi tên") && said.contains("mười") && said.contains("chia sẻ với trường khác"),
        "{said}"
    );
    let program =
        filled(mock::post("create", "/new")).upload("files", "trò chơi.exe", "application/x-msdownload", b"MZ");
    assert_eq!(ask("author", program).unwrap().status, 422);
    assert_eq!(ITEMS.count().unwrap(), 0);
    assert_eq!(
        ask("author", mock::get("upload-check", "/").query("name", "a.bat")).unwrap_err().code,
        code::BAD_REQUEST
    );
    assert_eq!(ask("author", mock::get("upload-check", "/").query("name", "a.docx")).unwrap().status, 204);
}

#[test]
fn a_dangerous_file_is_never_handed_on() {
    school();
    mock::on_extract(|name| match name {
        "giáo án.txt" | "Bài 22/giáo án.txt" => {
            Err(tram_sdk::Error::new("hostile", tram_contract::Text::vi_en("Có mã độc.", "Harmful.")))
        }
        _ => Ok(tram_contract::extract::Extract::default()),
    });
    made();
    assert_eq!(step("author", "submit", "").unwrap(), 422);
    assert_eq!(stage(), Some(Stage::Draft));
}

#[test]
fn what_the_leadership_withdrew_comes_back_by_a_new_approval_alone() {
    school();
    made();
    for (who, word) in [
        ("author", "submit"),
        ("head", "approve"),
        ("leadership", "approve-publish"),
        // A second edition is approved, and not yet published, when the item is withdrawn.
        ("author", "begin"),
        ("author", "submit"),
        ("head", "approve"),
        ("leadership", "approve"),
        ("leadership", "withdraw"),
    ] {
        assert_eq!(step(who, word, "lí do").unwrap(), 303, "{who} {word}");
    }
    for who in ["author", "co-author"] {
        assert_eq!(step(who, "publish", "").unwrap(), 409, "{who}");
        assert_eq!(step(who, "restore", "").unwrap(), 409, "{who}");
    }
    assert!(the_item().value.shown().is_none());
    for (who, word) in [
        ("author", "call-back"),
        ("author", "submit"),
        ("head", "approve"),
        ("leadership", "approve"),
        ("author", "publish"),
    ] {
        assert_eq!(step(who, word, "").unwrap(), 303, "{who} {word}");
    }
    assert_eq!(the_item().value.shown().unwrap().number, 2);
    // What an author took back, they show again themselves; and who withdrew may publish.
    step("author", "withdraw", "").unwrap();
    step("author", "restore", "").unwrap();
    step("leadership", "withdraw", "").unwrap();
    assert_eq!(step("author", "restore", "").unwrap(), 409);
    step("leadership", "restore", "").unwrap();
}

#[test]
fn a_month_stays_proven_when_newer_editions_come() {
    school();
    let november = tram_sdk::clock::now().unix_ms;
    made();
    let publish = |first: &str| {
        for (who, word) in
            [("author", first), ("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")]
        {
            if !word.is_empty() {
                assert_eq!(step(who, word, "").unwrap(), 303, "{word}");
            }
        }
    };
    publish("");
    mock::set_time(november + 40 * 86_400_000);
    publish("begin");
    let proof = |who: &str, month: &str| text(&ask(who, mock::get("proof", "/").query("month", month)).unwrap());
    for month in ["2026-11", "2027-01"] {
        for who in ["author", "head", "leadership", "administrator"] {
            let lines = proof(who, month).matches("Lương Văn Khải, Phạm Thị Thu Hà").count();
            assert_eq!(lines, 1, "{who} {month}");
        }
        assert!(!proof("colleague", month).contains("Quang hợp"));
    }
    assert!(!proof("author", "2026-12").contains("Lương Văn Khải"));
    let item = the_item().value;
    assert_eq!(item.past.iter().map(|edition| edition.number).collect::<Vec<_>>(), [1]);
    assert!(item.past[0].review.published.is_some());
}

#[test]
fn a_stale_form_compares_every_part_and_loses_nothing() {
    school();
    let entry = made();
    let now = || the_item().version.to_string();
    let send = |who: &str, version: &str, fields: &[(&str, &str)]| {
        let request = mock::post("update", "/").param("item", &entry.id()).form("version", version);
        // The first value of a field is the one that counts.
        let request = fields.iter().fold(request, |request, (name, value)| request.form(name, value));
        ask(who, filled(request)).unwrap()
    };
    let old = now();
    assert_eq!(send("co-author", &old, &[("year", "2020")]).status, 303);
    mock::on_query("catalogue/record", |_| Ok(br#"{"title":"S\u00e1ch","href":"/catalogue/records/x"}"#.to_vec()));
    let record = "0123456789abcdef0123456789abcdef";
    let mine: &[(&str, &str)] = &[
        ("title", "Tên khác"),
        ("kind", "slides"),
        ("description", "Giới thiệu khác"),
        ("subject", "Toán"),
        ("grades", "9"),
        ("series", "Cánh Diều"),
        ("unit", "Chương khác"),
        ("lesson", "Bài khác"),
        ("outcomes", "Nêu được điều khác"),
        ("authors", "Phan Thị Mộng\nLê Văn Sang\nAi Khác"),
        ("group", "g2"),
        ("audience", "all"),
        ("licence", "CC-BY-4.0"),
        ("shareable", "1"),
        ("language", "en"),
        ("year", "2021"),
        ("keywords", "khác, nữa"),
        ("record", record),
        ("remove-1", "on"),
    ];
    let stale = send("author", &old, mine);
    assert_eq!(stale.status, 409);
    let shown: serde_json::Value = serde_json::from_str(&text(&stale)).unwrap();
    let widgets = shown["widgets"].as_array().unwrap();
    let table = widgets.iter().find(|widget| widget["widget"] == "table").unwrap();
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 19, "{rows:#?}");
    assert!(rows.iter().all(|row| row[1]["text"] != row[2]["text"]));
    let form = widgets.iter().find(|widget| widget["widget"] == "form").unwrap();
    for (name, value) in mine.iter().filter(|(name, _)| !matches!(*name, "shareable" | "remove-1")) {
        let field = form["fields"].as_array().unwrap().iter().find(|field| field["name"] == *name).unwrap();
        assert_eq!(field["value"], *value, "{name} is as it was typed");
    }
    assert_eq!(the_item().value.newest().unwrap().meta.year, "2020");

    // Handed in meanwhile, then published: what was typed comes back all the same.
    let old = now();
    step("co-author", "submit", "").unwrap();
    for (who, word) in [("head", "approve"), ("leadership", "approve-publish"), ("", "")] {
        let page = send("author", &old, &[("description", "Chữ gõ mất công")]);
        assert_eq!(page.status, 409);
        assert!(text(&page).contains("Chữ gõ mất công"));
        // The same form with the newest version saves nothing either.
        assert_eq!(send("author", &now(), &[("description", "Chữ gõ mất công")]).status, 409);
        if !word.is_empty() {
            step(who, word, "").unwrap();
        }
    }
    assert!(the_item().value.newest().unwrap().meta.description.is_empty());
}

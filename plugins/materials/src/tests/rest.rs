//! What surrounds items: collections, progress, reports, the proof document, taking
//! out, the demonstration.

use super::*;
use tram_sdk::{Queryable, code, jobs};

fn published() -> Entry<Item> {
    made();
    for (who, word) in [("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")] {
        step(who, word, "").unwrap();
    }
    the_item()
}

#[test]
fn a_collection_shows_to_each_what_they_may_see() {
    school();
    let id = published().id();
    ask("colleague", mock::post("collection-new", "/").form("name", "Ôn tập").form("open", "on").form("item", &id))
        .unwrap();
    let entry = crate::collected::COLLECTIONS.iter([]).next().unwrap().unwrap();
    let see = |who: &str| text(&ask(who, mock::get("collection", "/").param("collection", &entry.id())).unwrap());
    assert!(see("pupil").contains("Quang hợp"));
    assert!(!see("public").contains("Quang hợp"), "it is for the school, not for guests");
    let change = mock::post("collection-change", "/").param("collection", &entry.id()).form("name", "x");
    assert_eq!(ask("author", change).unwrap_err().code, code::FORBIDDEN);
    assert!(see("colleague").contains("Bỏ Quang hợp"), "its owner sees it among what may be taken out");
    step("leadership", "withdraw", "lỗi").unwrap();
    assert!(!see("pupil").contains("Quang hợp"));
    assert!(!see("colleague").contains("Quang hợp") && see("colleague").contains("không còn công bố"));
}

#[test]
fn what_a_pupil_came_to_is_kept_and_shown_to_teachers_who_may_know_them() {
    school();
    let entry = published();
    mock::add_person("pupil", &[("name", "Bùi Nhựt Hào")]);
    let send = |who: &str, state: &str| {
        ask(who, mock::post("state", "/").param("item", &entry.id()).param("file", "1").form("state", state))
    };
    let state = r#"{"format":"scorm","part":"a","parts":{},"result":{"completed":true,"passed":true,"score":0.9}}"#;
    assert_eq!(send("pupil", state).unwrap().status, 204);
    assert_eq!(send("pupil", "{").unwrap_err().code, code::BAD_REQUEST);
    assert_eq!(send("public", "{}").unwrap_err().code, code::NOT_FOUND);
    let page = text(&ask("author", mock::get("results", "/").param("item", &entry.id())).unwrap());
    assert!(page.contains("Bùi Nhựt Hào") && page.contains("Đạt") && page.contains("\"90\""), "{page}");
    step("leadership", "withdraw", "lỗi").unwrap();
    assert_eq!(send("pupil", "{}").unwrap_err().code, code::NOT_FOUND, "what is withdrawn takes nothing more");
}

#[test]
fn figures_and_the_proof_document_name_who_did_what() {
    school();
    let entry = published();
    for who in ["pupil", "parent", "author"] {
        ask(who, mock::get("item", "/").param("item", &entry.id())).unwrap();
        ask(who, mock::get("file", "/").param("item", &entry.id()).param("file", "1")).unwrap();
    }
    ask("pupil", mock::get("file", "/").param("item", &entry.id()).param("file", "1").header("range", "bytes=0-1"))
        .unwrap();
    let who = crate::access::Who::of(&by("administrator")).unwrap();
    let counted = crate::figures::count("vi", &who).unwrap();
    assert_eq!((counted.sum.views, counted.sum.downloads), (2, 2), "authors and players' ranges do not count");
    assert_eq!(counted.groups["Tổ Tự nhiên"].items, 1);
    assert_eq!(counted.teachers.len(), 2);
    assert!(text(&ask("administrator", mock::get("reports", "/")).unwrap()).contains("Tổ Tự nhiên"));
    let file = ask("administrator", mock::get("report-file", "/")).unwrap();
    assert!(matches!(file.body, Body::Bytes(ref bytes) if bytes.starts_with(b"PK")));
    let proof = |who: &str| text(&ask(who, mock::get("proof", "/")).unwrap());
    for who in ["author", "head", "leadership"] {
        assert!(proof(who).contains("Lương Văn Khải, Phạm Thị Thu Hà"), "{who}");
    }
    assert!(!proof("colleague").contains("Quang hợp"));
}

#[test]
fn the_proof_document_is_printed_for_whoever_asked() {
    school();
    published();
    let month = tram_sdk::clock::today()[..7].to_owned();
    let printed = |who: &str| {
        let asked = mock::post("proof-print", "/proof").form("month", &month).form("group", "g1");
        assert_eq!(ask(who, asked).unwrap().status, 303);
        mock::run_started_jobs::<Materials>(&by(who)).unwrap();
        jobs::recent("proof", 1).unwrap().remove(0)
    };
    let run = printed("leadership");
    let asked = mock::printed().pop().unwrap();
    assert_eq!((asked.template.as_str(), asked.name), ("proof", format!("minh-chung-{month}.pdf")));
    assert_eq!(asked.data["group"], "Tổ Tự nhiên");
    let row = &asked.data["rows"][0];
    assert_eq!(row["teacher"], "Phan Thị Mộng, Lê Văn Sang");
    assert_eq!(row["reviewer"], "Lương Văn Khải, Phạm Thị Thu Hà");
    for key in ["item", "kind", "submitted", "group", "leadership"] {
        assert!(!row[key].as_str().unwrap().is_empty(), "{key}");
    }
    // The template that ships reads exactly these.
    let sample: serde_json::Value = serde_json::from_str(include_str!("../../assets/print/proof.json")).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&asked.data), keys(&sample));
    assert_eq!(keys(row), keys(&sample["rows"][0]));
    let page = |who: &str| ask(who, mock::get("proof-run", "/proof/x").param("job", &run.id));
    assert!(text(&page("leadership").unwrap()).contains("minh-chung-"));
    assert_eq!(page("author").unwrap_err().code, code::NOT_FOUND, "it holds what its asker may see");
    let file = |who: &str| ask(who, mock::get("proof-file", "/proof/x/file").param("job", &run.id));
    assert!(matches!(file("leadership").unwrap().body, Body::Blob(_)));
    assert_eq!(file("author").unwrap_err().code, code::NOT_FOUND);
    printed("colleague");
    assert_eq!(mock::printed().pop().unwrap().data["rows"], serde_json::json!([]), "nobody else's lines");
}

#[test]
fn everything_published_is_taken_out_as_files() {
    school();
    published();
    ask("leadership", mock::post("export-start", "/export")).unwrap();
    mock::run_started_jobs::<Materials>(&by("leadership")).unwrap();
    let run = jobs::recent("export", 1).unwrap().remove(0);
    let outcome: crate::takeout::Outcome = run.outcome().unwrap();
    assert_eq!((outcome.items, outcome.files, outcome.archives.len()), (1, 1, 1));
    let size = tram_sdk::blobs::stat(&outcome.archives[0].0).unwrap().unwrap().size;
    let bytes = tram_sdk::blobs::read(&outcome.archives[0].0, 0, size as u32).unwrap();
    let has = |wanted: &str| bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes());
    assert!(has("Khoa học tự nhiên 7/Quang hợp ở thực vật") && has("Lá cây có diệp lục.") && has("hoc-lieu.xlsx"));
}

#[test]
fn a_catalogue_record_and_an_item_know_of_each_other() {
    school();
    let record = "0123456789abcdef0123456789abcdef";
    mock::on_query("catalogue/record", |_| {
        Ok(br#"{"title":"S\u00e1ch KHTN 7","href":"/catalogue/records/x"}"#.to_vec())
    });
    let request =
        filled(mock::post("create", "/new")).form("record", record).upload("files", "a.txt", "text/plain", b"a");
    assert_eq!(ask("author", request).unwrap().status, 303);
    let asked = |who: &str| {
        String::from_utf8(Materials::query("of-record", format!("\"{record}\"").as_bytes(), &by(who)).unwrap()).unwrap()
    };
    assert_eq!(asked("leadership"), "[]", "a draft is nobody's to point to");
    for (who, word) in [("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")] {
        step(who, word, "").unwrap();
    }
    assert!(asked("pupil").contains("Quang hợp"));
    assert_eq!(asked("public"), "[]");
    let page = text(&ask("pupil", mock::get("item", "/").param("item", &the_item().id())).unwrap());
    assert!(page.contains("/catalogue/records/x"));
}

#[test]
fn the_demonstration_is_made_once() {
    school();
    let console = Principal { kind: "console".into(), ..mock::public() };
    mock::run_job::<Materials>("import-demo", b"null", &console).unwrap();
    let count = ITEMS.count().unwrap();
    assert!(count >= 38, "{count}");
    mock::run_started_jobs::<Materials>(&console).unwrap();
    mock::run_job::<Materials>("import-demo", b"null", &console).unwrap();
    assert_eq!(ITEMS.count().unwrap(), count);
    let found = text(&ask("public", mock::get("search", "/").query("q", "han man")).unwrap());
    assert!(found.contains("sống chung với hạn mặn"), "{found}");
    assert!(text(&ask("pupil", mock::get("curriculum", "/")).unwrap()).contains("Khoa học tự nhiên"));
    assert!(
        !text(&ask("pupil", mock::get("search", "/").query("q", "giữa học kì I toán 7")).unwrap()).contains("ma trận")
    );
}

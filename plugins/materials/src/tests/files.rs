//! Files: what is shown of them, what is kept back, and what goes back to the disk.

use super::*;
use crate::model::{LOOKED, Looked, Stage, TEXTS};
use crate::results::{MAX_STATE, RUNS, prefix};
use crate::shelf::SHELF;
use tram_contract::extract::{Extract, Page};
use tram_sdk::{blobs, code, jobs};

fn publish() {
    for (who, word) in [("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")] {
        assert_eq!(step(who, word, "").unwrap(), 303, "{word}");
    }
}

/// Makes an item of these files and has them looked into.
fn made_of(files: &[(&str, &[u8])]) -> Entry<Item> {
    let request = filled(mock::post("create", "/new").form("shareable", "1"));
    let request = files.iter().fold(request, |request, (name, bytes)| request.upload("files", name, "", bytes));
    assert_eq!(ask("author", request).unwrap().status, 303);
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    the_item()
}

fn blob(number: u32) -> String {
    let item = the_item().value;
    item.all_files().find(|file| file.number == number).unwrap().blob.clone()
}

fn page(who: &str) -> String {
    text(&ask(who, mock::get("item", "/").param("item", &the_item().id())).unwrap())
}

fn is_there(blob: &str) -> bool {
    blobs::stat(blob).unwrap().is_some()
}

#[test]
fn a_page_holds_its_text_and_states_within_a_document() {
    school();
    let long = "Một câu dài \"trong ngoặc\" để lấp đầy trang.\n".repeat(4_500);
    let names: Vec<String> = (0..12).map(|at| format!("bài {at}.txt")).collect();
    let films: Vec<String> = (0..12).map(|at| format!("phim {at}.mp4")).collect();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), long.as_bytes())).collect();
    files.extend(films.iter().map(|name| (name.as_str(), b"film".as_slice())));
    let entry = made_of(&files);
    publish();
    let mut last = 0;
    for file in the_item().value.all_files().filter(|file| file.name.ends_with(".mp4")) {
        // What players may keep at most, in signs that double within JSON.
        let state = format!("\"{}\"", "\\\"".repeat(MAX_STATE / 4));
        crate::results::keep("pupil", &entry.key, file.number, &state).unwrap();
        last = file.number;
    }
    let whole = page("pupil");
    assert!(whole.len() < 1 << 20, "{} bytes", whole.len());
    assert!(whole.contains("Một câu dài"));
    // A film whose place found no room on the page of all is on its own, and goes on.
    let own = format!("items/{}?file={last}", entry.id());
    assert!(whole.contains(&own), "no way to the last film");
    let request = mock::get("item", "/").param("item", &entry.id()).query("file", &last.to_string());
    let alone = text(&ask("pupil", request).unwrap());
    assert!(alone.contains("\"kind\":\"video\"") && alone.len() > MAX_STATE / 2, "{}", alone.len());
    assert_eq!(RUNS.iter(prefix(&entry.key, last)).count(), 1);
}

#[test]
fn what_is_found_hostile_after_it_was_published_is_kept_back_everywhere() {
    school();
    let entry = made_of(&[("hay.txt", b"Bai hay."), ("xau.txt", b"Bai xau.")]);
    publish();
    let (good, bad) = (blob(1), blob(2));
    let checked = |who: &str, blob: &str| ask(who, mock::get("blob-check", "/").query("blob", blob)).is_ok();
    assert!(page("pupil").contains("files/2") && checked("pupil", &bad));
    // The extractor learns something new, and looks again.
    LOOKED.put(bad.as_bytes(), &Looked { state: "hostile".into(), ..Looked::default() }).unwrap();
    let shown = page("pupil");
    assert!(shown.contains("files/1") && !shown.contains("files/2"), "{shown}");
    assert!(shown.contains("xau.txt") && shown.contains("nguy hiểm"), "who misses it is told why");
    let file = |who: &str| ask(who, mock::get("file", "/").param("item", &entry.id()).param("file", "2"));
    assert_eq!(file("pupil").unwrap_err().code, code::NOT_FOUND);
    assert!(file("head").is_ok(), "its reviewers may look at it, as a download");
    for who in PEOPLE {
        assert!(!checked(who, &bad), "{who} is sent it by its own address");
    }
    assert!(checked("pupil", &good));
    let told = text(&ask("pupil", mock::get("v1-item", "/").param("item", &entry.id())).unwrap());
    assert!(told.contains("hay.txt") && !told.contains("xau.txt"), "{told}");

    ask("leadership", mock::post("export-start", "/export")).unwrap();
    let request = mock::post("share-pack", "/share/new").form(&format!("item-{}", entry.id()), "1");
    ask("leadership", request).unwrap();
    mock::run_started_jobs::<Materials>(&by("leadership")).unwrap();
    let has = |blob: &str, wanted: &[u8]| {
        let bytes = blobs::read(blob, 0, blobs::MAX_PIECE).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    };
    let out: crate::takeout::Outcome = jobs::recent("export", 1).unwrap().remove(0).outcome().unwrap();
    assert!(has(&out.archives[0].0, b"Bai hay.") && !has(&out.archives[0].0, b"Bai xau."));
    assert_eq!((out.files, out.left), (1, 1));
    assert!(out.left_out[0].starts_with("xau.txt ("), "{:?}", out.left_out);
    let packed: crate::share::pack::Outcome = jobs::recent("pack", 1).unwrap().remove(0).outcome().unwrap();
    assert!(has(&packed.blob, b"Bai hay.") && !has(&packed.blob, b"Bai xau."));
    assert_eq!(packed.left_out, ["xau.txt"]);
}

#[test]
fn a_film_is_not_accompanied_by_hostile_subtitles() {
    school();
    made_of(&[("phim.mp4", b"film"), ("phim.vi.vtt", b"WEBVTT"), ("phim.en.vtt", b"WEBVTT 2")]);
    publish();
    assert!(page("pupil").contains(&blob(2)) && page("pupil").contains(&blob(3)));
    LOOKED.put(blob(3).as_bytes(), &Looked { state: "hostile".into(), ..Looked::default() }).unwrap();
    let shown = page("pupil");
    assert_eq!((shown.contains(&blob(2)), shown.contains(&blob(3))), (true, false), "{shown}");
}

#[test]
fn made_files_are_taken_by_their_names() {
    school();
    mock::on_extract(|name| {
        let kind = if name.ends_with("svg") { "picture" } else { "slides" };
        let pages = vec![Page { number: 1, label: "Mở đầu".into(), text: "Chào các em.".into() }];
        let pages = if kind == "slides" { pages } else { Vec::new() };
        Ok(Extract { kind: kind.into(), page_count: 2, pages, ..Extract::default() })
    });
    mock::on_derive(|name| {
        let file = |name: &str, kind: &str| (name.to_owned(), kind.to_owned(), name.as_bytes().to_vec());
        if name.ends_with("svg") {
            vec![file("picture.svg", "image/svg+xml")]
        } else {
            // In this order: a picture on a slide is no picture of the file.
            vec![
                file("slide-002-1.jpg", "image/jpeg"),
                file("odd.jpg", "image/jpeg"),
                file("thumbnail.jpeg", "image/jpeg"),
            ]
        }
    });
    let entry = made_of(&[("hình.svg", b"<svg/>"), ("bài giảng.pptx", b"PK")]);
    publish();
    let looked = |number: u32| LOOKED.get(blob(number).as_bytes()).unwrap().unwrap().value;
    // Files are taken in the order of their names.
    let (slides, drawing) = (looked(1), looked(2));
    let content = |blob: &str| String::from_utf8(blobs::read(blob, 0, 100).unwrap()).unwrap();
    assert_eq!(content(&drawing.picture), "picture.svg");
    assert_eq!(content(&slides.thumbnail), "thumbnail.jpeg");
    assert_eq!(slides.pictures.len(), 1);
    assert_eq!((slides.pictures[0].0, content(&slides.pictures[0].1)), (2, "slide-002-1.jpg".into()));
    // Shown: the cleaned drawing, never the one that was sent; the slide's picture.
    let shown = page("pupil");
    let pictures = shown.matches("\"kind\":\"picture\"").count();
    assert_eq!(pictures, 2, "{shown}");
    assert!(shown.contains(&format!("\"blob\":\"{}\"", drawing.picture)) && shown.contains(&slides.pictures[0].1));
    assert!(!shown.contains(&format!("\"blob\":\"{}\"", blob(2))), "{shown}");
    // Its reader may have them by their own addresses, a stranger not.
    for made in [&drawing.picture, &slides.thumbnail, &slides.pictures[0].1] {
        for (who, may) in [("pupil", true), ("public", false)] {
            let asked = ask(who, mock::get("blob-check", "/").query("blob", made));
            assert_eq!(asked.is_ok(), may, "{who}");
        }
    }
    // Lists show the picture as the cover.
    let list = text(&ask("pupil", mock::get("search", "/").query("q", "quang hop")).unwrap());
    assert!(list.contains(&format!("\"blob\":\"{}\"", slides.thumbnail)), "{list}");
    // Nothing that was made outlives the file.
    let all: Vec<String> = drawing.derived().chain(slides.derived()).map(str::to_owned).collect();
    crate::files::give_back(&entry.value, None).unwrap();
    assert!(all.iter().all(|blob| !is_there(blob)));
}

#[test]
fn dropped_drafts_and_removed_files_go_back_to_the_disk() {
    school();
    made_of(&[("một.txt", b"Mot."), ("hai.txt", b"Hai.")]);
    publish();
    let (one, two) = (blob(1), blob(2));
    step("author", "begin", "").unwrap();
    let now = the_item();
    let edit = mock::post("update", "/").param("item", &now.id()).form("version", &now.version.to_string());
    let edit = filled(edit.form("remove-1", "on")).upload("files", "ba.txt", "text/plain", b"Ba.");
    assert_eq!(ask("author", edit).unwrap().status, 303);
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    let three = blob(3);
    assert!(is_there(&one) && is_there(&three), "what readers see stays");
    step("author", "drop", "").unwrap();
    assert_eq!([is_there(&one), is_there(&two), is_there(&three)], [true, true, false]);
    assert!(LOOKED.get(three.as_bytes()).unwrap().is_none() && TEXTS.get(three.as_bytes()).unwrap().is_none());
    assert!(page("pupil").contains("Mot."));

    // A draft that never was published leaves nothing at all.
    school();
    let sent = filled(mock::post("create", "/new")).upload("files", "nháp.txt", "text/plain", b"Nhap.");
    ask("author", sent).unwrap();
    // Dropped while its file waits to be looked into.
    mock::on_extract(|_| Ok(Extract::default()));
    mock::on_derive(|_| vec![("thumbnail.jpg".into(), "image/jpeg".into(), b"picture".to_vec())]);
    let draft = blob(1);
    step("author", "drop", "").unwrap();
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    assert!(!is_there(&draft));
    assert_eq!((LOOKED.count().unwrap(), TEXTS.count().unwrap(), ITEMS.count().unwrap()), (0, 0, 0));
    assert_eq!(crate::briefs::BRIEFS.count().unwrap(), 0);
}

#[test]
fn exports_and_packages_end() {
    school();
    let entry = made_of(&[("một.txt", b"Mot.")]);
    publish();
    let begin = || {
        ask("leadership", mock::post("export-start", "/export")).unwrap();
        let request = mock::post("share-pack", "/share/new").form(&format!("item-{}", entry.id()), "1");
        ask("leadership", request).unwrap();
        mock::run_started_jobs::<Materials>(&by("leadership")).unwrap();
        let out: crate::takeout::Outcome = jobs::recent("export", 1).unwrap().remove(0).outcome().unwrap();
        let packed: crate::share::pack::Outcome = jobs::recent("pack", 1).unwrap().remove(0).outcome().unwrap();
        [out.archives[0].0.clone(), packed.blob]
    };
    let now = tram_sdk::clock::now().unix_ms;
    let first = begin();
    mock::set_time(now + (crate::shelf::DAYS - 1) * 86_400_000);
    let second = begin();
    assert!(first.iter().chain(&second).all(|blob| is_there(blob)), "they wait to be fetched");
    assert_eq!(SHELF.count().unwrap(), 4, "the records of a package went with its last step");
    mock::set_time(now + (crate::shelf::DAYS + 1) * 86_400_000);
    begin();
    assert!(first.iter().all(|blob| !is_there(blob)) && second.iter().all(|blob| is_there(blob)));
    let old = &jobs::recent("export", 3).unwrap()[2];
    let asked = mock::get("export-file", "/").param("job", &old.id).param("part", "0");
    assert_eq!(
        mock::call(<Materials as tram_sdk::Api>::answer, asked.by(by("leadership"))).unwrap_err().code,
        code::NOT_FOUND
    );
    let listed = text(&ask("leadership", mock::get("export", "/")).unwrap());
    assert!(!listed.contains(&format!("exports/{}/0", old.id)), "{listed}");
}

#[test]
fn a_step_on_what_one_may_not_know_of_is_answered_as_if_it_were_not_there() {
    school();
    mock::on_extract(|_| Err(tram_sdk::Error::new("hostile", tram_contract::Text::vi_en("Có mã độc.", "Harmful."))));
    made_of(&[("xấu.txt", b"x")]);
    for word in ["submit", "approve", "không có"] {
        assert_eq!(step("colleague", word, "").unwrap_err().code, code::NOT_FOUND, "{word}");
    }
    assert_eq!(step("author", "submit", "").unwrap(), 422);
    assert_eq!(the_item().value.work.unwrap().stage, Stage::Draft);
}

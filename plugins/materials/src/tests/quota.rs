//! Quotas: what counts, who is refused, and what stays possible.

use super::*;
use crate::quota;
use tram_sdk::code;

const GB: u64 = 1_000_000_000;

fn set(person: &str, group: &str) -> Response {
    let form = mock::post("settings-change", "/settings").form("guests", "on").form("leadership", "on");
    ask("leadership", form.form(quota::PERSON, person).form(quota::GROUP, group)).unwrap()
}

fn upload(who: &str, gigabytes: u64) -> Result<Response> {
    let size = (gigabytes * GB).to_string();
    ask(who, mock::get("upload-check", "/").query("name", "phim.mp4").query("size", &size))
}

/// An item of the author's with a film that takes so much.
fn film(title: &str, gigabytes: u64) -> Entry<Item> {
    let request = filled(mock::post("create", "/new")).form("title", title);
    assert_eq!(ask("author", request.upload("files", "phim.mp4", "video/mp4", title.as_bytes())).unwrap().status, 303);
    let entry = ITEMS.iter([]).map(std::result::Result::unwrap).max_by_key(|entry| entry.version).unwrap();
    let mut item = entry.value;
    item.work.as_mut().unwrap().edition.files[0].size = gigabytes * GB;
    ITEMS.put(&entry.key, &item).unwrap();
    entries::refresh(&entry.key, &item).unwrap();
    ITEMS.get(&entry.key).unwrap().unwrap()
}

fn change(entry: &Entry<Item>, version: u64) -> RequestBuilder {
    filled(mock::post("update", "/").param("item", &entry.id()).form("version", &version.to_string()))
}

#[test]
fn a_person_is_refused_before_the_first_byte_and_when_saving() {
    school();
    assert!(upload("author", 5_000).is_ok(), "nothing is set: as much as the disk has");
    assert_eq!(set("10", "").status, 303);
    let entry = film("Phim một", 8);
    assert_eq!(quota::of_person("author").unwrap(), Some((8 * GB, 10 * GB)));
    assert!(upload("author", 2).is_ok());
    let error = upload("author", 3).unwrap_err();
    assert_eq!(error.code, code::BAD_REQUEST);
    assert!(error.message.contains("8,0 GB trong 10 GB"), "{:?}", error.message);
    assert!(upload("colleague", 9).is_ok(), "somebody else has room");
    // Two uploads that each had room when they began do not both fit when they are saved.
    let mut item = entry.value.clone();
    item.work.as_mut().unwrap().edition.files[0].size = 11 * GB;
    assert!(quota::refusal_of(Some(&entry.value), &item, "vi").unwrap().is_some());
    // Lowered below what is there: nothing is taken away, words can be changed, files removed.
    assert_eq!(set("1", "").status, 303);
    assert_eq!(ask("author", change(&entry, entry.version).form("description", "Mới")).unwrap().status, 303);
    let now = ITEMS.get(&entry.key).unwrap().unwrap();
    let more = change(&now, now.version).upload("files", "thêm.txt", "text/plain", b"x");
    let page = ask("author", more).unwrap();
    assert_eq!(page.status, 422);
    assert!(text(&page).contains("không còn chỗ"), "{}", text(&page));
    assert_eq!(ITEMS.get(&entry.key).unwrap().unwrap().version, now.version);
    assert!(text(&ask("author", mock::get("mine", "/mine")).unwrap()).contains("8,0 GB trong 1,0 GB"));
    step("author", "drop", "").unwrap();
    assert_eq!(quota::of_person("author").unwrap(), Some((0, GB)));
}

#[test]
fn a_group_has_its_own() {
    school();
    set("", "10");
    film("Phim một", 6);
    let error = upload("co-author", 5).unwrap_err();
    assert!(error.message.contains("Tổ Tự nhiên"), "{:?}", error.message);
    assert!(upload("colleague", 9).is_ok(), "another group");
    assert!(upload("author", 4).is_ok());
}

#[test]
fn what_was_there_before_is_counted_when_a_quota_is_set() {
    school();
    let entry = film("Phim một", 6);
    // As an item of a time before quotas: nothing is charged for it.
    quota::follow(&entry.key, None).unwrap();
    set("10", "20");
    assert_eq!(quota::of_person("author").unwrap(), Some((6 * GB, 10 * GB)));
    set("10", "20");
    assert_eq!(quota::of_person("author").unwrap(), Some((6 * GB, 10 * GB)), "once");
}

#[test]
fn a_quota_that_is_no_number_is_said_and_nothing_is_set() {
    school();
    let page = set("hai mươi", "7");
    assert_eq!(page.status, 422);
    assert!(text(&page).contains("hai mươi") && text(&page).contains("không phải là số GB"));
    assert_eq!((quota::set_to(quota::PERSON).unwrap(), quota::set_to(quota::GROUP).unwrap()), (None, None));
}

//! Two schools: what one gives, the other gets, and nobody else.

use super::*;
use crate::model::Stage;
use crate::share::INBOX;
use tram_sdk::{blobs, jobs};

const THEIRS: [u8; 32] = [2; 32];

/// An item that is published and may be shared, with this title.
fn published(title: &str, audience: &str, shareable: bool) -> Entry<Item> {
    // The first value of a field is the one that counts.
    let mut request = filled(mock::post("create", "/new").form("title", title).form("audience", audience))
        .upload("files", "Bài 22/giáo án.txt", "text/plain", title.as_bytes())
        .upload("files", "phiếu.txt", "text/plain", "Phiếu học tập.\n".as_bytes());
    if shareable {
        request = request.form("shareable", "1");
    }
    ask("author", request).unwrap();
    mock::run_started_jobs::<Materials>(&by("author")).unwrap();
    publish();
    the_item()
}

fn publish() {
    for (who, word) in [("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")] {
        assert_eq!(step(who, word, "").unwrap(), 303, "{word}");
    }
}

/// The package of the only item, as the other school gets it: sealed by their key.
fn package() -> Vec<u8> {
    let request = mock::post("share-pack", "/share/new").form(&format!("item-{}", the_item().id()), "1");
    assert_eq!(ask("administrator", request).unwrap().status, 303);
    mock::run_started_jobs::<Materials>(&by("administrator")).unwrap();
    let job = mock::transaction(true, || jobs::recent("pack", 1)).unwrap().remove(0);
    assert_eq!(job.state, "done", "{}", job.message);
    let file = ask("administrator", mock::get("share-file", "/share/packages/x").param("job", &job.id)).unwrap();
    let Body::Blob(blob) = file.body else { panic!("a package is a file") };
    let mut bytes = mock::transaction(true, || blobs::read(&blob, 0, blobs::MAX_PIECE)).unwrap();
    let length = usize::try_from(tram_exchange::Head::length(&bytes, &Default::default()).unwrap()).unwrap();
    // The seals of stations in memory prove nothing, so the key may simply be changed.
    bytes[length - 96..length - 64].copy_from_slice(&THEIRS);
    bytes
}

/// Sends a package; the job that is to check it.
fn sent(bytes: &[u8]) -> String {
    let request = mock::post("share-upload", "/share").upload("package", "goi.goi", "", bytes);
    let sent = ask("administrator", request).unwrap();
    let href = sent.headers.iter().find(|field| field.name == "location").unwrap().value.clone();
    href.rsplit('/').next().unwrap().to_owned()
}

/// Brings a package; the page that says what is in it, and the job.
fn brought(bytes: &[u8]) -> (String, String) {
    let job = sent(bytes);
    mock::run_started_jobs::<Materials>(&by("administrator")).unwrap();
    let page = ask("administrator", mock::get("share-list", "/share/in/x").param("job", &job)).unwrap();
    (text(&page), job)
}

fn take(job: &str, id: &str) -> u16 {
    let request =
        mock::post("share-take", "/share/in/x").param("job", job).form(&format!("take-{id}"), "1").form("group", "g1");
    let status = ask("administrator", request).unwrap().status;
    mock::run_started_jobs::<Materials>(&by("administrator")).unwrap();
    status
}

#[test]
fn a_package_is_checked_listed_taken_and_reviewed_and_never_overwrites() {
    let (id, first, second) = two_editions();

    // The other school, which does not know this one yet.
    school();
    let (page, _) = brought(&first);
    assert!(page.contains("refused") || page.contains("từ chối"), "{page}");
    assert_eq!(ITEMS.count().unwrap(), 0);
    assert_eq!(INBOX.count().unwrap(), 0, "what is refused does not stay");

    mock::trust(&THEIRS, &"0".repeat(32), "Trường Kim Đồng");
    for at in (0..first.len()).step_by(61) {
        let mut broken = first.clone();
        broken[at] ^= 4;
        let (page, _) = brought(&broken);
        assert!(!page.contains("take-"), "byte {at}: {page}");
    }
    assert!(!brought(&first[..first.len() - 1]).0.contains("take-"));

    let (page, job) = brought(&first);
    assert!(page.contains("Trường Kim Đồng") && page.contains(&format!("take-{id}")), "{page}");
    assert_eq!(ITEMS.count().unwrap(), 0, "looking takes nothing");
    assert_eq!(take(&job, &id), 303);
    let taken = the_item();
    let work = taken.value.work.as_ref().unwrap();
    assert_eq!((work.stage, work.edition.meta.title.as_str()), (Stage::Submitted, "Quang hợp"));
    assert_eq!((work.edition.meta.group.as_str(), work.edition.files.len()), ("g1", 2));
    assert!(!work.edition.meta.shareable, "handing it on is this school's to decide");
    assert!(work.edition.meta.authors.iter().all(|author| author.person.is_empty() && !author.name.is_empty()));
    let shown = ask("head", mock::get("item", "/items/x").param("item", &taken.id())).unwrap();
    assert!(text(&shown).contains("Trường Kim Đồng"), "its reviewer sees where it came from");
    let bytes = blobs::read(&work.edition.files[0].blob, 0, 100).unwrap();
    assert_eq!(bytes, "Quang hợp".as_bytes());

    // The same again; a newer one while this one is being reviewed.
    assert!(!brought(&first).0.contains("take-"));
    assert!(!brought(&second).0.contains("take-"), "one open review for an item");
    step("head", "approve", "").unwrap();
    step("leadership", "approve-publish", "").unwrap();

    let (page, job) = brought(&second);
    assert!(page.contains(&format!("take-{id}")), "{page}");
    assert_eq!(take(&job, &id), 303);
    let both = the_item().value;
    assert_eq!(both.live.as_ref().unwrap().meta.title, "Quang hợp", "readers see what was approved");
    assert_eq!(both.work.as_ref().unwrap().edition.meta.title, "Quang hợp, bản 2");
    assert_eq!(ITEMS.count().unwrap(), 1);
    step("head", "approve", "").unwrap();
    step("leadership", "approve-publish", "").unwrap();

    // The older one is older now.
    let (page, job) = brought(&first);
    assert!(!page.contains("take-") && page.contains("cũ hơn") | page.contains("older"), "{page}");
    assert_eq!(take(&job, &id), 422);
    assert_eq!(the_item().value.live.unwrap().meta.title, "Quang hợp, bản 2");
}

/// What is published here, its title.
fn live() -> String {
    the_item().value.live.unwrap().meta.title
}

/// The sender's item in two editions, each in a package of its own.
fn two_editions() -> (String, Vec<u8>, Vec<u8>) {
    school();
    let id = published("Quang hợp", "school", true).id();
    let first = package();
    step("author", "begin", "").unwrap();
    let now = the_item();
    let edit = mock::post("update", "/x").param("item", &now.id()).form("version", &now.version.to_string());
    let edit = filled(edit.form("title", "Quang hợp, bản 2").form("shareable", "1"));
    assert_eq!(ask("author", edit).unwrap().status, 303);
    publish();
    (id, first, package())
}

/// A package that was listed when nothing was here yet, and is taken when a newer one
/// was taken meanwhile: what the list said then does not count.
#[test]
fn an_old_package_that_is_played_again_overwrites_nothing() {
    let (id, first, second) = two_editions();
    school();
    mock::trust(&THEIRS, &"0".repeat(32), "Trường Kim Đồng");
    let (old, new) = (sent(&first), sent(&second));
    mock::run_started_jobs::<Materials>(&by("administrator")).unwrap();
    let listed = ask("administrator", mock::get("share-list", "/share/in/x").param("job", &old)).unwrap();
    assert!(text(&listed).contains(&format!("take-{id}")), "new, as long as nothing was taken");
    assert_eq!(take(&new, &id), 303);
    step("head", "approve", "").unwrap();
    step("leadership", "approve-publish", "").unwrap();
    let before = the_item();
    assert_eq!(live(), "Quang hợp, bản 2");
    assert_eq!(take(&old, &id), 303, "the list of then still offers it");
    let run = mock::transaction(true, || jobs::recent("take", 1)).unwrap().remove(0);
    let outcome: crate::share::take::Outcome = run.outcome().unwrap();
    assert_eq!((outcome.items.len(), outcome.left), (0, vec!["Quang hợp".to_owned()]));
    let after = the_item();
    assert_eq!((after.version, after.value.work.is_none(), live()), (before.version, true, "Quang hợp, bản 2".into()));
    let origin = crate::share::Origin::of(&after.id()).unwrap().unwrap();
    // Sent again, it is known for what it is.
    assert!(!brought(&first).0.contains("take-"));
    assert_eq!(crate::share::Origin::of(&after.id()).unwrap().unwrap(), origin);
}

/// A whole repository, or what changed in one, would have to be taken otherwise.
#[test]
fn packages_that_are_no_choice_of_materials_are_refused() {
    school();
    let id = published("Quang hợp", "school", true).id();
    let chosen = package();
    let told = r#"{"of":"selection"}"#;
    let at = chosen.windows(told.len()).position(|part| part == told.as_bytes()).unwrap();
    school();
    mock::trust(&THEIRS, &"0".repeat(32), "Trường Kim Đồng");
    let mut complete = chosen.clone();
    complete[at..at + told.len()].copy_from_slice(br#"{"of":"complete" }"#);
    // Sealed anew, as its maker would.
    let length = usize::try_from(tram_exchange::Head::length(&complete, &Default::default()).unwrap()).unwrap();
    let digest = tram_exchange::Hash::of(&complete[..length - 96]);
    complete[length - 64..length].copy_from_slice(&[*digest.as_bytes(), *digest.as_bytes()].concat());
    let (page, _) = brought(&complete);
    assert!(!page.contains("take-") && page.contains("chọn lọc") | page.contains("choice of materials"), "{page}");
    assert_eq!(INBOX.count().unwrap(), 0, "what is refused does not stay");
    assert!(brought(&chosen).0.contains(&format!("take-{id}")));
}

/// A school that has taken one item; who took it.
fn taken_by(taker: &str) -> Entry<Item> {
    school();
    let id = published("Quang hợp", "school", true).id();
    let bytes = package();
    school();
    mock::trust(&THEIRS, &"0".repeat(32), "Trường Kim Đồng");
    let (_, job) = brought(&bytes);
    let request =
        mock::post("share-take", "/share/in/x").param("job", &job).form(&format!("take-{id}"), "1").form("group", "g1");
    assert_eq!(ask(taker, request).unwrap().status, 303);
    mock::run_started_jobs::<Materials>(&by(taker)).unwrap();
    the_item()
}

fn waits(who: &str) -> bool {
    let cards = mock::transaction(true, || <Materials as tram_sdk::Slots>::fill("waiting", &[], &by(who)));
    cards.unwrap().iter().any(|card| card.count.is_some_and(|count| count > 0))
}

#[test]
fn what_came_from_another_school_is_gone_on_with() {
    // Who took it did not make it, and reviews it like anybody else.
    taken_by("leadership");
    step("head", "approve", "").unwrap();
    assert!(waits("leadership"));
    step("leadership", "approve-publish", "").unwrap();
    assert!(the_item().value.shown().is_some());

    // Changes are asked for, and nobody of this school is its author.
    let entry = taken_by("administrator");
    assert!(!entry.value.is_author("administrator"));
    let sees = |who: &str| ask(who, mock::get("item", "/").param("item", &entry.id())).is_ok();
    assert!(sees("administrator") && sees("leadership") && sees("head") && !sees("colleague") && !sees("author"));
    step("head", "ask-changes", "Ghi lại tên bài").unwrap();
    assert!(waits("head") && waits("leadership") && !waits("author") && !waits("other-head"));
    // Who may not change things has nothing waiting, and no way to a page that is closed.
    assert!(!waits("administrator"));
    let shown = text(&ask("administrator", mock::get("item", "/").param("item", &entry.id())).unwrap());
    assert!(!shown.contains("/history") && !shown.contains("/edit"), "{shown}");
    let edit = |who: &str| {
        let now = the_item();
        let request = mock::post("update", "/x").param("item", &now.id()).form("version", &now.version.to_string());
        ask(who, filled(request.form("authors", "Cô Kim\nThầy Đồng").form("description", who)))
    };
    assert!(edit("author").is_err() && edit("other-head").is_err());
    assert_eq!(edit("leadership").unwrap().status, 303);
    assert_eq!(step("author", "submit", "").unwrap_err().code, tram_sdk::code::NOT_FOUND);
    step("leadership", "submit", "").unwrap();
    step("head", "approve", "").unwrap();
    // Who changed it had a hand in it, and does not review it any more.
    assert_eq!(step("leadership", "approve-publish", "").unwrap_err().code, tram_sdk::code::FORBIDDEN);
    assert!(the_item().value.is_author("leadership") && !the_item().value.is_author("head"));

    // One that nobody wants is thrown away, with its files.
    let entry = taken_by("administrator");
    let blob = entry.value.newest().unwrap().files[0].blob.clone();
    step("leadership", "call-back", "").unwrap();
    assert!(waits("head"), "a draft of nobody's waits for those who answer for it");
    step("head", "drop", "").unwrap();
    assert_eq!(ITEMS.count().unwrap(), 0);
    assert!(blobs::stat(&blob).unwrap().is_none());
}

#[test]
fn its_own_package_and_others_files_are_refused() {
    school();
    published("Quang hợp", "all", true);
    let mut own = package();
    let length = usize::try_from(tram_exchange::Head::length(&own, &Default::default()).unwrap()).unwrap();
    own[length - 96..length - 64].copy_from_slice(&mock::OWN_KEY);
    assert!(!brought(&own).0.contains("take-"));
    assert!(!brought(b"PK\x03\x04 no package").0.contains("take-"));
    // Only those who keep the repository; only what may be shared.
    for who in ["public", "pupil", "author", "head"] {
        let asked = ask(who, mock::get("share", "/share"));
        assert!(asked.is_err() || asked.unwrap().status >= 400, "{who}");
    }
    let none = mock::post("share-pack", "/share/new").form(&format!("item-{}", "0".repeat(32)), "1");
    assert!(ask("administrator", none).is_err());
}

fn harvest(query: &[(&str, &str)]) -> String {
    let request = query.iter().fold(mock::get("oai", "/oai"), |request, (name, value)| request.query(name, value));
    text(&ask("public", request).unwrap())
}

#[test]
fn a_harvest_has_what_everybody_may_see_and_says_what_was_taken_back() {
    let list: &[(&str, &str)] = &[("verb", "ListRecords"), ("metadataPrefix", "oai_dc")];
    // Shared with schools, but not open to everybody; open, but not shared; not published.
    for (audience, shareable) in [("school", true), ("all", false)] {
        school();
        let id = published("Quang hợp", audience, shareable).id();
        assert!(harvest(list).contains("noRecordsMatch"), "{audience} {shareable}");
        let identifier = format!("oai:tram-00000000.local:{id}");
        let got = harvest(&[("verb", "GetRecord"), ("metadataPrefix", "lom"), ("identifier", &identifier)]);
        assert!(got.contains("idDoesNotExist"), "{got}");
    }
    school();
    ask("author", filled(mock::post("create", "/new").form("audience", "all").form("shareable", "1"))).unwrap();
    assert!(harvest(list).contains("noRecordsMatch"), "a draft");

    school();
    published("Quang hợp", "all", true);
    let reply = harvest(list);
    assert!(reply.contains("<dc:title>Quang hợp</dc:title>") && reply.contains("<dc:creator>Phan Thị Mộng"), "{reply}");
    assert!(reply.contains("<setSpec>mon:khoa-hoc-tu-nhien</setSpec>") && reply.contains("<setSpec>lop:7</setSpec>"));
    assert!(
        harvest(&[("verb", "ListIdentifiers"), ("metadataPrefix", "lom"), ("set", "lop:8")]).contains("noRecordsMatch")
    );
    assert!(harvest(&[("verb", "Identify")]).contains("<deletedRecord>persistent</deletedRecord>"));
    step("author", "withdraw", "").unwrap();
    let reply = harvest(list);
    assert!(reply.contains("<header status=\"deleted\">") && !reply.contains("Quang hợp"), "{reply}");
    step("author", "restore", "").unwrap();
    assert!(harvest(list).contains("<dc:title>Quang hợp</dc:title>"));
    assert_eq!(crate::share::CHANGES.count().unwrap(), 1, "one row an item");
}

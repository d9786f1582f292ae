//! Who sees what, in which state, by which way: every case generated, against one rule.

use super::*;
use tram_contract::page::Card;
use tram_sdk::{Field, Queryable, Slots};

/// The states that an item can be in, and the steps that lead there.
const STATES: [(&str, &[(&str, &str)]); 7] = [
    ("draft", &[]),
    ("submitted", &[("author", "submit")]),
    ("changes-asked", &[("author", "submit"), ("head", "ask-changes")]),
    ("group-approved", &[("author", "submit"), ("head", "approve")]),
    ("approved", &[("author", "submit"), ("head", "approve"), ("leadership", "approve")]),
    ("published", &[("author", "submit"), ("head", "approve"), ("leadership", "approve-publish")]),
    (
        "withdrawn",
        &[("author", "submit"), ("head", "approve"), ("leadership", "approve-publish"), ("leadership", "withdraw")],
    ),
];

/// The rule: what is published is for its audience; all else for its authors, the head
/// of its group and the leadership.
fn expected(who: &str, state: &str, audience: &str, guests: bool) -> bool {
    let insider = matches!(who, "author" | "co-author" | "head" | "leadership");
    let staff = matches!(who, "author" | "co-author" | "colleague" | "head" | "other-head" | "leadership");
    if insider || state != "published" {
        return insider;
    }
    match audience {
        "staff" => staff,
        "school" => who != "public",
        _ => who != "public" || guests,
    }
}

fn has(text: &str, id: &str) -> bool {
    text.contains("Quang hợp") || text.contains(id)
}

fn slot(who: &str, slot: &str, typed: &str) -> Vec<Card> {
    let principal = by(who);
    let asker = principal.clone();
    mock::on_search(move |request| search(request, &asker));
    let context = [Field { name: "q".into(), value: typed.into() }];
    mock::transaction(true, || Materials::fill(slot, &context, &principal)).unwrap()
}

/// The case at hand.
struct Case {
    who: &'static str,
    state: &'static str,
    audience: &'static str,
    guests: bool,
}

impl Case {
    fn is_expected(&self) -> bool {
        expected(self.who, self.state, self.audience, self.guests)
    }

    fn is_insider(&self) -> bool {
        matches!(self.who, "author" | "co-author" | "head" | "leadership")
    }

    fn is_published(&self) -> bool {
        self.state == "published"
    }
}

/// A way to an item, whether it leads there, and whether it should.
type Way = (&'static str, bool, bool);

/// Whether somebody sees the item in each of the ways.
fn ways(case: &Case, id: &str) -> Vec<Way> {
    let who = case.who;
    let page = |request| ask(who, request).is_ok_and(|response| response.status == 200 && has(&text(&response), id));
    let wanted = if case.is_published() { "" } else { "work" };
    let staff = matches!(who, "author" | "co-author" | "colleague" | "head" | "other-head" | "leadership");
    let (all, live) = (case.is_expected(), case.is_expected() && case.is_published());
    let lesson = || {
        mock::get("curriculum", "/").query("subject", "Khoa học tự nhiên").query("grade", "7").query("lesson", "Bài 22")
    };
    vec![
        ("search", page(mock::get("search", "/").query("q", "quang hop")), all),
        ("words inside", page(mock::get("search", "/").query("q", "diep luc")), all),
        ("list", page(mock::get("search", "/").query("sort", "new")), all),
        (
            "facet",
            {
                let reply = ask(who, mock::get("search", "/").query("sort", "new"));
                reply.is_ok_and(|reply| text(&reply).contains("subject=Khoa%20h%E1%BB%8Dc"))
            },
            all,
        ),
        ("page", page(mock::get("item", "/").param("item", id).query("edition", wanted)), all),
        (
            "file",
            {
                let request = mock::get("file", "/").param("item", id).param("file", "1");
                ask(who, request).is_ok_and(|response| matches!(response.body, Body::Blob(_)))
            },
            all,
        ),
        (
            "file's own address",
            {
                let blob = the_item().value.newest().unwrap().files[0].blob.clone();
                ask(who, mock::get("blob-check", "/").query("blob", &blob)).is_ok_and(|reply| reply.status == 204)
            },
            all,
        ),
        (
            "picture's own address",
            ask(who, mock::get("blob-check", "/").query("blob", PICTURE)).is_ok_and(|reply| reply.status == 204),
            all,
        ),
        ("history", page(mock::get("history", "/").param("item", id)), case.is_insider()),
        // What programs, the shell's own box and lists are told of is what is published.
        ("api search", page(mock::get("v1-search", "/").query("q", "quang hop")), live),
        ("api item", page(mock::get("v1-item", "/").param("item", id)), live),
        ("shell search", slot(who, "search", "quang hop").iter().any(|card| card.href.contains(id)), live),
        ("home card", slot(who, "home-card", "").iter().any(|card| !card.facts.is_empty()), live),
        ("curriculum", page(lesson()), live),
        (
            "curriculum's count",
            {
                let plan = mock::get("curriculum", "/").query("subject", "Khoa học tự nhiên").query("grade", "7");
                ask(who, plan).is_ok_and(|reply| text(&reply).contains("\"1 học liệu\""))
            },
            live,
        ),
        (
            "collection",
            {
                let entry = crate::collected::COLLECTIONS.iter([]).next().unwrap().unwrap();
                page(mock::get("collection", "/").param("collection", &entry.id()))
            },
            live,
        ),
        (
            "other plugins",
            mock::transaction(true, || Materials::query("of-record", b"\"r1\"", &by(who)))
                .is_ok_and(|known| String::from_utf8_lossy(&known).contains("Quang hợp")),
            live,
        ),
        // Readers' results are the staff's, once there is something to read.
        (
            "results",
            page(mock::get("results", "/").param("item", id)),
            staff && all && matches!(case.state, "published" | "withdrawn"),
        ),
        // The host lets only those who keep the repository come to the reports.
        (
            "reports",
            matches!(who, "leadership" | "administrator") && page(mock::get("reports", "/")),
            matches!(who, "leadership" | "administrator") && all,
        ),
        (
            "proof",
            page(mock::get("proof", "/")),
            case.state != "draft" && (case.is_insider() || (who == "administrator" && live)),
        ),
        (
            "harvest",
            ask(who, mock::get("oai", "/").query("verb", "ListRecords").query("metadataPrefix", "oai_dc"))
                .is_ok_and(|reply| text(&reply).contains("Quang hợp")),
            live && case.audience == "all",
        ),
    ]
}

/// Blob of a picture that was made of the item's file.
const PICTURE: &str = "picture-of-it";

fn item_in(state: &[(&str, &str)], audience: &str) -> String {
    school();
    let plan = crate::curriculum::Plan {
        subject: "Khoa học tự nhiên".into(),
        grade: 7,
        lessons: vec![crate::curriculum::Lesson {
            unit: "Chương VII".into(),
            lesson: "Bài 22".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    crate::curriculum::keep(&[plan]).unwrap();
    let entry = made();
    let mut item = entry.value.clone();
    let edition = &mut item.work.as_mut().unwrap().edition;
    edition.meta.audience = audience.into();
    edition.meta.shareable = true;
    edition.meta.record = "r1".into();
    let looked = crate::model::LOOKED.get(edition.files[0].blob.as_bytes()).unwrap().unwrap().value;
    let looked = crate::model::Looked { thumbnail: PICTURE.into(), ..looked };
    crate::model::LOOKED.put(edition.files[0].blob.as_bytes(), &looked).unwrap();
    ITEMS.put(&entry.key, &item).unwrap();
    let collection = crate::collected::Collection {
        name: "Ôn tập".into(),
        open: true,
        items: vec![entry.id()],
        ..Default::default()
    };
    crate::collected::COLLECTIONS.insert(&collection).unwrap();
    for (who, word) in state {
        assert_eq!(step(who, word, "lí do").unwrap(), 303, "{who} {word}");
    }
    entry.id()
}

#[test]
fn everybody_sees_what_is_theirs_to_see_and_nothing_else() {
    let mut cases = 0;
    for audience in ["all", "school", "staff"] {
        for (state, steps) in STATES {
            let id = item_in(steps, audience);
            for who in PEOPLE {
                for (way, seen, may) in ways(&Case { who, state, audience, guests: true }, &id) {
                    assert_eq!(seen, may, "{who} × {state} × {audience} × {way}");
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 4_000, "{cases}");
}

#[test]
fn guests_are_kept_out_where_the_school_says_so() {
    let id = item_in(STATES[5].1, "all");
    ask("leadership", mock::post("settings-change", "/settings").form("leadership", "on")).unwrap();
    for who in PEOPLE {
        for (way, seen, may) in ways(&Case { who, state: "published", audience: "all", guests: false }, &id) {
            assert_eq!(seen, may, "{who} × {way}");
        }
    }
    let closed = ask("public", mock::get("search", "/")).unwrap();
    assert_eq!(closed.status, 403);
    assert!(text(&closed).contains("/sign-in"));
}

#[test]
fn suggestions_draw_on_what_is_open_to_everybody() {
    // The host completes from documents with the token `public` alone.
    for (state, steps) in STATES {
        item_in(steps, "all");
        let public = mock::documents::<Materials>(entries::SEARCHED.name())
            .into_iter()
            .any(|(_, document)| document.visibility.iter().any(|token| token == "public"));
        assert_eq!(public, state == "published", "{state}");
    }
}

#[test]
fn only_those_who_may_take_a_step() {
    for (state, steps) in STATES {
        for word in crate::workflow::Step::ALL.map(crate::workflow::Step::word) {
            for who in PEOPLE {
                // The routes of steps ask for a permission that these lack.
                if matches!(who, "public" | "pupil" | "parent" | "administrator") {
                    continue;
                }
                item_in(steps, "all");
                let before = the_item();
                let done = step(who, word, "lí do").is_ok_and(|status| status == 303);
                let author = matches!(who, "author" | "co-author");
                let may = match (word, state) {
                    ("submit" | "drop", "draft" | "changes-asked") => author,
                    ("call-back", "submitted" | "group-approved" | "approved") => author,
                    ("approve" | "ask-changes", "submitted") => who == "head",
                    ("approve" | "approve-publish" | "ask-changes", "group-approved") => who == "leadership",
                    ("publish", "approved") => author || who == "leadership" || who == "head",
                    ("begin", "published" | "withdrawn") => author,
                    ("withdraw", "published") => author || who == "head" || who == "leadership",
                    // The leadership took it back: its authors do not undo that.
                    ("restore", "withdrawn") => who == "head" || who == "leadership",
                    _ => false,
                };
                assert_eq!(done, may, "{who} × {state} × {word}");
                if !done {
                    assert_eq!(the_item().version, before.version, "{who} × {state} × {word} changed something");
                }
            }
        }
    }
}

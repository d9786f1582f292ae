//! Nothing of a document that the reader may not see comes out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{document, keys, open, typed, typed_in};
use tram_contract::search::{Document, Match, Query, SearchRequest, Sort};
use tram_search::{Batch, Index, PUBLIC};

const SECRET: &str = "xylophon";

fn book(visibility: &[&str], title: &str, topic: &str) -> Document {
    document(
        visibility,
        &[("title", title), ("author", "Nguyễn Du"), ("notes", title), ("type", "sách"), ("topic", topic)],
        &[("year", 1987)],
    )
}

/// Ten public books, one of the staff, one of class 7A; secret words in the last
/// two only.
fn filled() -> (tempfile::TempDir, Index) {
    let (folder, index) = open();
    let mut add: Vec<(String, Document)> = (0..10)
        .map(|n| (format!("public{n}"), book(&[PUBLIC], &format!("Lịch sử Việt Nam tập {n}"), "lịch sử")))
        .collect();
    add.push(("staff".into(), book(&["staff"], &format!("Lịch sử {SECRET}"), "bí mật")));
    add.push(("class".into(), book(&["class-7a", "staff"], &format!("Sổ tay {SECRET} lịch sử"), "bí mật 7a")));
    index.apply(&Batch { sequence: 1, remove: Vec::new(), add }).unwrap();
    index.commit(1).unwrap();
    (folder, index)
}

fn tokens(tokens: &[&str]) -> Vec<String> {
    tokens.iter().map(|token| (*token).to_owned()).collect()
}

/// Asks for everything that a reply can hold.
fn asking(query: Query) -> SearchRequest {
    SearchRequest {
        facets: BTreeMap::from([("topic".into(), 10), ("type".into(), 10), ("year".into(), 10)]),
        snippets: true,
        spelling: true,
        relax: true,
        ..SearchRequest::new(query, 50)
    }
}

#[test]
fn a_public_reader_learns_nothing_of_hidden_documents() {
    let (_folder, index) = filled();
    for sort in [Sort::Relevance, Sort::Newest, Sort::Field { name: "title".into(), descending: true }] {
        for query in [
            typed(SECRET),
            typed("lịch sử"),
            typed("xylophom"),
            typed("sổ tay xylophon"),
            Query::Everything,
            Query::Term { field: "topic".into(), value: "bí mật".into() },
            Query::Range { field: "year".into(), from: Some(1900), to: None },
            Query::Or(vec![typed(SECRET), typed("lịch sử")]),
            Query::Not(Box::new(Query::Everything), Box::new(typed("lịch"))),
            typed_in("title", "xylo", Match::Prefix),
            typed_in("title", SECRET, Match::Any),
            typed_in("title", "Lịch sử xylophon", Match::Whole),
            typed_in("title", "lịch sử xylophon", Match::Phrase),
        ] {
            let request = SearchRequest { sort: sort.clone(), ..asking(query.clone()) };
            let reply = index.search(&request, &tokens(&[PUBLIC])).unwrap();
            let said = format!("{reply:?}");
            assert!(!said.contains("staff") && !said.contains("class"), "{query:?}: {said}");
            assert!(!said.contains(SECRET) && !said.contains("bí mật"), "{query:?}: {said}");
            assert!(reply.total <= 10);
            for counts in reply.facets.values() {
                assert!(counts.iter().all(|count| count.count <= 10));
            }
        }
    }
}

#[test]
fn suggestions_spelling_and_lists_draw_on_public_documents() {
    let (_folder, index) = filled();
    // Even the staff, who may see them, are not offered them.
    for reader in [tokens(&[PUBLIC]), tokens(&[PUBLIC, "staff"]), tokens(&["staff"])] {
        for typed in ["xylo", "lịch sử x", "sổ tay", "lich"] {
            let offered = index.suggest(typed, "title", &reader, 20).unwrap();
            assert!(offered.iter().all(|value| !value.contains(SECRET)), "{offered:?}");
        }
        for slip in ["xylophom", "lịch sử xylofon", "xilophon"] {
            let reply = index.search(&asking(typed(slip)), &reader).unwrap();
            assert!(!reply.spelling.unwrap_or_default().contains(SECRET), "{slip}");
        }
    }
    let listed = index.terms("title", "", 100, &tokens(&[PUBLIC])).unwrap();
    assert!(listed.iter().all(|term| term.value != SECRET && term.count <= 10));
    assert!(listed.iter().any(|term| term.value == "lich" && term.count == 10));
    let listed = index.terms("topic", "", 100, &tokens(&[PUBLIC])).unwrap();
    assert_eq!(listed.iter().map(|term| term.value.as_str()).collect::<Vec<_>>(), ["lịch sử"]);
    assert!(index.terms("title", "x", 5, &tokens(&["staff"])).unwrap().iter().any(|term| term.value == SECRET));
}

#[test]
fn each_reader_finds_his_own() {
    let (_folder, index) = filled();
    let find = |reader: &[&str]| {
        let reply = index.search(&SearchRequest::new(typed(SECRET), 10), &tokens(reader)).unwrap();
        let mut found: Vec<String> = keys(&reply).into_iter().map(str::to_owned).collect();
        found.sort();
        (reply.total, found)
    };
    assert_eq!(find(&[PUBLIC]), (0, vec![]));
    assert_eq!(find(&["class-7a"]), (1, vec!["class".to_owned()]));
    assert_eq!(find(&["class-7b", PUBLIC]), (0, vec![]));
    assert_eq!(find(&["staff", PUBLIC]), (2, vec!["class".to_owned(), "staff".to_owned()]));
    assert_eq!(find(&[]), (0, vec![]));
}

#[test]
fn a_document_without_tokens_is_nobodys() {
    let (_folder, index) = open();
    index
        .apply(&Batch {
            sequence: 1, remove: vec![], add: vec![("a".into(), document(&[], &[("title", "Đất")], &[]))]
        })
        .unwrap();
    index.commit(1).unwrap();
    for reader in [tokens(&[]), tokens(&[PUBLIC]), tokens(&[""])] {
        assert_eq!(index.search(&SearchRequest::new(Query::Everything, 10), &reader).unwrap().total, 0);
    }
}

#[test]
fn the_left_over_strokes_do_not_tell_what_is_hidden() {
    let (_folder, index) = open();
    // A hidden document has the strokes as a word: to others they stay strokes.
    let add = vec![
        ("hidden".into(), document(&["staff"], &[("title", "hoaf")], &[])),
        ("open".into(), document(&[PUBLIC], &[("title", "Hoà")], &[])),
    ];
    index.apply(&Batch { sequence: 1, remove: vec![], add }).unwrap();
    index.commit(1).unwrap();
    let reply = index.search(&SearchRequest::new(typed("hoaf"), 10), &tokens(&[PUBLIC])).unwrap();
    assert_eq!(keys(&reply), ["open"]);
}

/// How many files of the folder have the secret word in their bytes.
fn files_with_secret(folder: &std::path::Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let holds = |bytes: Vec<u8>| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
    files.filter(|path| holds(std::fs::read(path).unwrap())).count()
}

#[test]
fn removed_documents_leave_no_words() {
    let (folder, index) = filled();
    assert!(files_with_secret(folder.path()) > 0, "the test looks where there is something to find");
    let batch = Batch { sequence: 2, remove: vec!["staff".into(), "class".into()], add: vec![] };
    index.apply(&batch).unwrap();
    index.commit(2).unwrap();
    assert_eq!(index.search(&asking(typed(SECRET)), &tokens(&["staff"])).unwrap().total, 0);
    assert!(index.terms("title", "x", 5, &tokens(&["staff"])).unwrap().is_empty());
    index.compact().unwrap();
    index.close_writer().unwrap();
    assert_eq!(index.stats().unwrap().removed, 0);
    assert_eq!(files_with_secret(folder.path()), 0);
}

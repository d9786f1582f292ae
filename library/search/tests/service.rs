//! The service as the host uses it: opening, writing, and each kind of question.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;

use common::{document, fill, keys, open, public, schema, search, titled, typed, typed_in};
use tram_contract::search::{FacetCount, Match, Query, SearchRequest, Sort};
use tram_search::{Batch, Error, Index, PUBLIC};

fn books() -> Vec<tram_contract::search::Document> {
    let book = |title: &str, author: &str, kind: &str, topics: &[&str], year: i64| {
        let mut texts = vec![("title", title), ("author", author), ("type", kind)];
        texts.extend(topics.iter().map(|topic| ("topic", *topic)));
        document(&[PUBLIC], &texts, &[("year", year)])
    };
    vec![
        book("Đất rừng phương Nam", "Đoàn Giỏi", "sách", &["văn học", "thiếu nhi"], 1957),
        book("Dế mèn phiêu lưu ký", "Tô Hoài", "sách", &["văn học", "thiếu nhi"], 1941),
        book("Vợ chồng A Phủ", "Tô Hoài", "sách", &["văn học"], 1953),
        book("Toán tuổi thơ", "Nhiều tác giả", "tạp chí", &["toán học"], 2000),
        book("Ăn uống và sức khỏe", "Lê Bình", "sách", &[], 2015),
        book("An toàn giao thông", "Lê An", "sách", &["giao thông"], 2010),
        book("Lịch sử toán học Việt Nam", "Ân Hà", "sách", &["toán học", "lịch sử"], 1999),
    ]
}

fn filled() -> (tempfile::TempDir, Index) {
    let (folder, index) = open();
    fill(&index, books());
    (folder, index)
}

fn counts(found: &[FacetCount]) -> Vec<(&str, u64)> {
    found.iter().map(|count| (count.value.as_str(), count.count)).collect()
}

#[test]
fn words_in_any_order_over_all_fields() {
    let (_folder, index) = filled();
    assert_eq!(keys(&search(&index, typed("tô hoài dế"))), ["1"]);
    assert_eq!(keys(&search(&index, typed("nam đất"))), ["0"]);
    assert_eq!(search(&index, typed("tô hoài toán")).total, 0);
    assert_eq!(search(&index, typed("")).total, 0);
    assert_eq!(search(&index, typed("?!")).total, 0);
    assert_eq!(search(&index, Query::Everything).total, 7);
}

#[test]
fn neighbours_and_whole_titles_come_first() {
    let (_folder, index) = open();
    fill(
        &index,
        ["Học để vui toán", "Vui học toán lớp ba", "Toán học", "Sổ tay toán học và vật lý", "Học toán"]
            .into_iter()
            .map(titled)
            .collect(),
    );
    assert_eq!(keys(&search(&index, typed("toán học")))[..2], ["2", "3"]);
    assert_eq!(keys(&search(&index, typed("toan hoc")))[..2], ["2", "3"]);
    assert_eq!(keys(&search(&index, typed("học toán")))[..2], ["4", "1"]);
}

#[test]
fn typed_marks_are_gone_by_where_they_find_enough() {
    let (_folder, index) = open();
    let mut titles: Vec<String> = (1..=5).map(|n| format!("Toán {n}")).collect();
    titles.extend(["An toàn", "Toan tinh", "Lịch sử", "Lịch sữ"].map(str::to_owned));
    titles.extend((1..=5).map(|n| format!("Đường đời {n}")));
    fill(&index, titles.iter().map(|title| titled(title)).collect());
    // toàn is another word; toan may be a record without marks.
    assert_eq!(search(&index, typed("toán")).total, 6);
    assert_eq!(search(&index, typed_in("title", "toán", Match::All)).total, 6);
    assert_eq!(search(&index, typed("toan")).total, 7);
    // Little is found: other spellings join, behind.
    assert_eq!(keys(&search(&index, typed("lịch sữ"))), ["8", "7"]);
    assert_eq!(keys(&search(&index, typed("lịch sử"))), ["7", "8"]);
    // Marks but no key for đ.
    assert_eq!(search(&index, typed("dường dời")).total, 5);
}

#[test]
fn among_very_many_hits_the_best_are_still_found() {
    let (_folder, index) = open();
    let mut documents: Vec<_> = (0..20_500).map(|n| titled(&format!("Lịch dạy sử {} {n}", n % 97))).collect();
    documents[7_000] = titled("Lịch sử");
    documents[15_000] = document(&["staff"], &[("title", "Lịch sử")], &[]);
    documents[16_000] = document(&[PUBLIC], &[("notes", "lịch sử")], &[]);
    documents[20_000] = titled("Lịch sử Việt Nam");
    fill(&index, documents);
    for query in ["lịch sử", "lich su", "sử lịch"] {
        let reply = search(&index, typed(query));
        assert!(!reply.exact);
        assert_eq!(keys(&reply)[..1], ["7000"], "{query}");
        assert!(!keys(&reply).contains(&"15000"));
    }
    assert_eq!(keys(&search(&index, typed("lịch sử")))[1], "20000");
    // Pages beyond the shortlist go on.
    let request = SearchRequest { offset: 9_000, ..SearchRequest::new(typed("lich su"), 20) };
    assert_eq!(index.search(&request, &public()).unwrap().hits.len(), 20);
    // One word, facet choice: the best that fulfil it.
    let one = Query::And(vec![typed("lịch"), Query::Not(Box::new(Query::Everything), Box::new(typed("dạy")))]);
    assert_eq!(search(&index, one).total, 3);
}

#[test]
fn title_before_author_before_notes() {
    let (_folder, index) = open();
    let in_field = |field: &str| document(&[PUBLIC], &[(field, "Nguyễn Trãi")], &[]);
    fill(&index, vec![in_field("notes"), in_field("author"), in_field("title"), in_field("publisher")]);
    assert_eq!(keys(&search(&index, typed("nguyễn trãi"))), ["2", "1", "0"]);
    assert_eq!(keys(&search(&index, typed_in("publisher", "nguyễn", Match::All))), ["3"]);
}

#[test]
fn ways_to_match() {
    let (_folder, index) = filled();
    let find = |text: &str, r#match| {
        let mut found: Vec<String> =
            keys(&search(&index, typed_in("title", text, r#match))).into_iter().map(str::to_owned).collect();
        found.sort();
        found
    };
    assert_eq!(find("rừng nam", Match::Phrase), Vec::<String>::new());
    assert_eq!(find("phương nam", Match::Phrase), ["0"]);
    assert_eq!(find("dế lịch", Match::Any), ["1", "6"]);
    assert_eq!(find("đất rừng phương nam", Match::Whole), ["0"]);
    assert_eq!(find("đất rừng phương", Match::Whole), Vec::<String>::new());
    assert_eq!(find("phương nam", Match::Whole), Vec::<String>::new());
    assert_eq!(find("toan", Match::Whole), Vec::<String>::new());
    assert_eq!(find("lich s", Match::Prefix), ["6"]);
    assert_eq!(find("t", Match::Prefix), ["3", "5", "6"]);
    let any_field = Query::Text { text: "to ho".into(), fields: vec![], r#match: Match::Prefix };
    // Tô Hoài twice; toán học has the word toan, which is not `to`.
    assert_eq!(search(&index, any_field).total, 2);
}

#[test]
fn boolean_queries() {
    let (_folder, index) = filled();
    let term = |field: &str, value: &str| Query::Term { field: field.into(), value: value.into() };
    let range = |from, to| Query::Range { field: "year".into(), from, to };
    assert_eq!(search(&index, Query::And(vec![typed("toán học"), term("type", "sách")])).total, 1);
    assert_eq!(search(&index, Query::Or(vec![typed("dế"), term("topic", "giao thông")])).total, 2);
    assert_eq!(search(&index, Query::Not(Box::new(typed("tô hoài")), Box::new(typed("dế")))).total, 1);
    assert_eq!(search(&index, range(Some(1941), Some(1957))).total, 3);
    assert_eq!(search(&index, range(None, Some(1940))).total, 0);
    assert_eq!(search(&index, range(Some(3), Some(2))).total, 0);
    assert_eq!(search(&index, term("year", "2000")).total, 1);
    assert_eq!(search(&index, term("year", "hai nghìn")).total, 0);
    assert_eq!(search(&index, Query::Or(vec![])).total, 0);
}

#[test]
fn facets_are_counted_and_chosen() {
    let (_folder, index) = filled();
    let mut request = SearchRequest {
        facets: BTreeMap::from([("topic".into(), 2), ("type".into(), 9), ("year".into(), 9)]),
        ..SearchRequest::new(Query::Everything, 0)
    };
    let reply = index.search(&request, &public()).unwrap();
    assert!(reply.hits.is_empty() && reply.exact);
    assert_eq!(counts(&reply.facets["topic"]), [("văn học", 3), ("thiếu nhi", 2)]);
    assert_eq!(counts(&reply.facets["type"]), [("sách", 6), ("tạp chí", 1)]);
    assert_eq!(reply.facets["year"].len(), 7);
    // Choices of one field are alternatives; its counts ignore them.
    request.filters = BTreeMap::from([
        ("topic".into(), vec!["toán học".into(), "giao thông".into()]),
        ("type".into(), vec!["sách".into()]),
    ]);
    request.facets.insert("topic".into(), 9);
    let reply = index.search(&request, &public()).unwrap();
    assert_eq!(reply.total, 2);
    assert_eq!(counts(&reply.facets["type"]), [("sách", 2), ("tạp chí", 1)]);
    assert!(counts(&reply.facets["topic"]).contains(&("văn học", 3)));
    request.filters.insert("year".into(), vec!["1999".into(), "2010".into()]);
    assert_eq!(index.search(&request, &public()).unwrap().total, 2);
}

#[test]
fn beyond_the_limit_counts_say_more_than() {
    let (_folder, index) = open();
    let document = document(&[PUBLIC], &[("title", "Sổ"), ("type", "sách")], &[]);
    fill(&index, vec![document; 10_050]);
    let request =
        SearchRequest { facets: BTreeMap::from([("type".into(), 5)]), ..SearchRequest::new(typed("sổ"), 5) };
    let reply = index.search(&request, &public()).unwrap();
    assert_eq!((reply.total, reply.exact), (10_000, false));
    assert_eq!(counts(&reply.facets["type"]), [("sách", 10_000)]);
    let deep = SearchRequest { offset: 9_950, limit: 51, ..request };
    assert!(matches!(index.search(&deep, &public()), Err(Error::TooDeep)));
    assert_eq!(index.search(&SearchRequest { limit: 50, ..deep }, &public()).unwrap().hits.len(), 50);
}

#[test]
fn hits_sort_by_title_author_year_and_newest_over_segments() {
    let (_folder, index) = open();
    // One commit each, so that order has to hold between segments.
    for (sequence, document) in (1..).zip(books()) {
        let key = (sequence - 1).to_string();
        index.apply(&Batch { sequence, remove: vec![], add: vec![(key, document)] }).unwrap();
        index.commit(sequence).unwrap();
    }
    let sorted = |sort: Sort, offset, limit| {
        let request = SearchRequest { sort, offset, ..SearchRequest::new(Query::Everything, limit) };
        keys(&index.search(&request, &public()).unwrap()).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let by = |name: &str, descending| Sort::Field { name: name.into(), descending };
    // An toàn, Ăn uống, Dế, Đất, Lịch, Toán, Vợ
    assert_eq!(sorted(by("title", false), 0, 9), ["5", "4", "1", "0", "6", "3", "2"]);
    assert_eq!(sorted(by("title", true), 0, 9), ["2", "3", "6", "0", "1", "4", "5"]);
    assert_eq!(sorted(by("title", false), 2, 3), ["1", "0", "6"]);
    // Ân Hà, Đoàn Giỏi, Lê An, Lê Bình, Nhiều, Tô Hoài twice
    assert_eq!(sorted(by("author", false), 0, 5), ["6", "0", "5", "4", "3"]);
    assert_eq!(sorted(by("year", false), 0, 3), ["1", "2", "0"]);
    assert_eq!(sorted(by("year", true), 0, 2), ["4", "5"]);
    assert_eq!(sorted(Sort::Newest, 0, 3), ["6", "5", "4"]);
    let request = SearchRequest { sort: by("notes", false), ..SearchRequest::new(Query::Everything, 1) };
    assert!(matches!(index.search(&request, &public()), Err(Error::Field { .. })));
}

#[test]
fn documents_without_a_value_sort_last() {
    let (_folder, index) = open();
    let dated = |year| document(&[PUBLIC], &[("title", "Báo")], &[("year", year)]);
    fill(&index, vec![titled("Báo"), dated(1990), dated(-5)]);
    for (descending, order) in [(false, ["2", "1", "0"]), (true, ["1", "2", "0"])] {
        let sort = Sort::Field { name: "year".into(), descending };
        let request = SearchRequest { sort, ..SearchRequest::new(typed("báo"), 9) };
        assert_eq!(keys(&index.search(&request, &public()).unwrap()), order);
    }
}

#[test]
fn a_search_that_finds_nothing_can_be_relaxed() {
    let (_folder, index) = filled();
    let mut request = SearchRequest::new(typed("dế mèn bay lên"), 5);
    assert_eq!(index.search(&request, &public()).unwrap().total, 0);
    request.relax = true;
    let reply = index.search(&request, &public()).unwrap();
    assert!(reply.relaxed);
    assert_eq!(keys(&reply)[0], "1");
    let reply = index.search(&SearchRequest { query: typed("dế mèn"), ..request }, &public()).unwrap();
    assert!(!reply.relaxed && reply.total == 1);
}

#[test]
fn another_spelling_is_proposed() {
    let (_folder, index) = filled();
    let spelling = |text: &str| {
        let request = SearchRequest { spelling: true, ..SearchRequest::new(typed(text), 5) };
        index.search(&request, &public()).unwrap().spelling
    };
    assert_eq!(spelling("dế mnè phiêu lưu").as_deref(), Some("dế mèn phiêu lưu"));
    assert_eq!(spelling("phieulưu ký").as_deref(), Some("phiêu lưu ký"));
    assert_eq!(spelling("phieuluu ky").as_deref(), Some("phiêu lưu ky"));
    assert_eq!(spelling("lịch sử tona hoc").as_deref(), Some("lịch sử toán hoc"));
    assert_eq!(spelling("dế mèn"), None);
    assert_eq!(spelling("qqqqqqqq"), None);
    assert_eq!(spelling("phương nma").as_deref(), Some("phương nam"));
}

#[test]
fn a_slip_that_is_another_word_is_seen_among_the_others() {
    let (_folder, index) = open();
    let titles = [
        "Tắt đèn",
        "Tác giả nói đến",
        "Vợ nhặt",
        "Âm nhạc",
        "Truyện Kiều",
        "Trên đường",
        "Totto-chan bên cửa sổ",
        "Đất rừng phương Nam",
    ];
    fill(&index, titles.iter().map(|title| titled(title)).collect());
    let spelling = |text: &str| {
        let request = SearchRequest { spelling: true, ..SearchRequest::new(typed(text), 5) };
        index.search(&request, &public()).unwrap().spelling
    };
    assert_eq!(spelling("Tắc đèn").as_deref(), Some("tắt đèn"));
    assert_eq!(spelling("vợ nhặc").as_deref(), Some("vợ nhặt"));
    assert_eq!(spelling("trện kiều").as_deref(), Some("truyện kiều"));
    assert_eq!(spelling("Totochan").as_deref(), Some("totto chan"));
    assert_eq!(spelling("đất rừng fương nam").as_deref(), Some("đất rừng phương nam"));
    // One document has both words, but a title is just the other spelling.
    fill(&index, vec![titled("Tác phẩm đến tay bạn đọc")]);
    // A first letter as it is spoken, beside a document that has both words.
    fill(&index, vec![titled("Quê nội"), titled("Lội bộ về quê hương")]);
    assert_eq!(spelling("quê lội").as_deref(), Some("quê nội"));
    // Words that stand in a row somewhere are meant, whatever title is near.
    fill(&index, vec![titled("Món quê nộm hoa chuối")]);
    assert_eq!(spelling("quê nộm"), None);
    // What was typed right stays as it was typed.
    assert_eq!(spelling("tác đến").as_deref(), Some("tắt đến"));
    assert_eq!(spelling("tác giả"), None);
    assert_eq!(spelling("phương đất"), None);
}

#[test]
fn suggestions_are_whole_values() {
    let (_folder, index) = filled();
    let offer = |typed: &str, field: &str| index.suggest(typed, field, &public(), 5).unwrap();
    assert_eq!(offer("dat r", "title"), ["Đất rừng phương Nam"]);
    assert_eq!(offer("đất", "title"), ["Đất rừng phương Nam"]);
    assert_eq!(offer("ho", "author"), ["Tô Hoài"]);
    assert_eq!(offer("zz", "title"), Vec::<String>::new());
    assert_eq!(offer("", "title"), Vec::<String>::new());
    assert!(index.suggest("a", "notes", &public(), 5).is_err());
    assert!(index.suggest("a", "type", &public(), 5).is_err());
}

#[test]
fn stored_fields_give_passages() {
    let (_folder, index) = open();
    fill(&index, vec![document(&[PUBLIC], &[("title", "Sách"), ("notes", "Chuyện <b>về</b> rừng U Minh")], &[])]);
    let request = SearchRequest { snippets: true, ..SearchRequest::new(typed("rung"), 5) };
    let reply = index.search(&request, &public()).unwrap();
    let snippet = &reply.hits[0].snippets[0];
    assert_eq!(snippet.field, "notes");
    let (from, to) = snippet.marks[0];
    assert_eq!(&snippet.text[from..to], "rừng");
}

#[test]
fn a_passage_says_in_which_value_it_stands() {
    let (_folder, index) = open();
    let pages =
        [("title", "Sách"), ("notes", "Trang đầu nói về biển"), ("notes", "Trang sau"), ("notes", "Rừng ở cuối")];
    fill(&index, vec![document(&[PUBLIC], &pages, &[])]);
    for (word, place) in [("bien", 0), ("sau", 1), ("rung cuoi", 2)] {
        let request = SearchRequest { snippets: true, ..SearchRequest::new(typed(word), 5) };
        let reply = index.search(&request, &public()).unwrap();
        assert_eq!((reply.total, reply.hits[0].snippets[0].place), (1, place), "{word}");
    }
}

#[test]
fn terms_are_listed_across_segments() {
    let (_folder, index) = open();
    for (sequence, title) in (1..).zip(["an bình", "bình yên", "an yên", "cao"]) {
        index.apply(&Batch { sequence, remove: vec![], add: vec![(sequence.to_string(), titled(title))] }).unwrap();
        index.commit(sequence).unwrap();
    }
    let listed = index.terms("title", "", 10, &public()).unwrap();
    assert_eq!(counts(&listed), [("an", 2), ("binh", 2), ("cao", 1), ("yen", 2)]);
    assert_eq!(counts(&index.terms("title", "Bì", 2, &public()).unwrap()), [("binh", 2), ("cao", 1)]);
    index.apply(&Batch { sequence: 9, remove: vec!["4".into()], add: vec![] }).unwrap();
    index.commit(9).unwrap();
    assert_eq!(counts(&index.terms("title", "c", 5, &public()).unwrap()), [("yen", 2)]);
}

#[test]
fn long_lists_of_terms_are_complete() {
    let (_folder, index) = open();
    // Interleaved over two segments, more than one reading of either.
    for half in 0..2 {
        let add = (0..100).filter(|n| n % 2 == half).map(|n| (n.to_string(), titled(&format!("w{n:03}")))).collect();
        index.apply(&Batch { sequence: half + 1, remove: vec![], add }).unwrap();
        index.commit(half + 1).unwrap();
    }
    let listed = index.terms("title", "", 90, &public()).unwrap();
    let expected: Vec<String> = (0..90).map(|n| format!("w{n:03}")).collect();
    assert_eq!(listed.iter().map(|term| term.value.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn other_scripts() {
    let (_folder, index) = open();
    fill(
        &index,
        ["吾輩は猫である", "猫の本", "Преступление и наказание", "नेपाली भाषा", "한국어 문법", "C++ cơ bản", "本日の猫"]
            .into_iter()
            .map(titled)
            .collect(),
    );
    assert_eq!(keys(&search(&index, typed("猫である"))), ["0"]);
    assert_eq!(keys(&search(&index, typed("猫の"))), ["1"]);
    assert_eq!(keys(&search(&index, typed("ПРЕСТУПЛЕНИЕ"))), ["2"]);
    assert_eq!(keys(&search(&index, typed("नेपाली"))), ["3"]);
    assert_eq!(keys(&search(&index, typed("문법"))), ["4"]);
    assert_eq!(keys(&search(&index, typed("c++"))), ["5"]);
}

#[test]
fn documents_are_replaced_and_removed() {
    let (folder, index) = filled();
    let batch = Batch { sequence: 7, remove: vec!["0".into(), "1".into()], add: vec![("0".into(), titled("Biển"))] };
    index.apply(&batch).unwrap();
    assert_eq!(search(&index, Query::Everything).total, 7, "not before the commit");
    index.commit(7).unwrap();
    assert_eq!(search(&index, Query::Everything).total, 6);
    assert_eq!(keys(&search(&index, typed("bien"))), ["0"]);
    assert_eq!(search(&index, typed("dế mèn")).total, 0);
    assert_eq!(index.sequence(), 7);
    index.close_writer().unwrap();
    assert_eq!(index.stats().unwrap().documents, 6);
    drop(index);
    let index = Index::open(folder.path(), &schema(), "test").unwrap();
    assert_eq!(index.sequence(), 7);
    assert_eq!(search(&index, Query::Everything).total, 6);
}

#[test]
fn all_keys_are_handed_out_in_pieces() {
    let (_folder, index) = open();
    let id = |n: u32| format!("{n:032x}");
    let add = (0..7).map(|n| (id(n), titled("Sách"))).chain([("a key".to_owned(), titled("Báo"))]).collect();
    index.apply(&Batch { sequence: 1, remove: vec![], add }).unwrap();
    index.commit(1).unwrap();
    index.apply(&Batch { sequence: 2, remove: vec![id(3)], add: vec![] }).unwrap();
    index.commit(2).unwrap();
    let mut pieces = Vec::new();
    index
        .keys::<Error>(3, |keys| {
            pieces.push(keys.to_vec());
            Ok(())
        })
        .unwrap();
    assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let mut all: Vec<String> = pieces.concat();
    all.sort();
    let wanted: Vec<String> = [0, 1, 2, 4, 5, 6].map(id).into_iter().chain(["a key".to_owned()]).collect();
    assert_eq!(all, wanted);
    assert_eq!(search(&index, typed("sách")).hits[0].key.len(), 32);
}

#[test]
fn facets_of_several_segments_are_one_count() {
    let (_folder, index) = open();
    let with = |topic: &str| document(&[PUBLIC], &[("title", "Sách"), ("topic", topic)], &[]);
    // The segments share some values and have some of their own; the largest is not the first.
    let segments: [&[&str]; 3] = [&["a", "b"], &["a", "a", "c", "d", "e", "e", "e"], &["b", "c", "f"]];
    for (n, topics) in segments.iter().enumerate() {
        let add = topics.iter().enumerate().map(|(m, topic)| (format!("{n} {m}"), with(topic))).collect();
        let sequence = n as u64 + 1;
        index.apply(&Batch { sequence, remove: vec![], add }).unwrap();
        index.commit(sequence).unwrap();
    }
    let count = |most| {
        let facets = BTreeMap::from([("topic".into(), most)]);
        let request = SearchRequest { facets, ..SearchRequest::new(typed("sách"), 0) };
        let reply = index.search(&request, &public()).unwrap();
        reply.facets["topic"].iter().map(|found| format!("{}{}", found.value, found.count)).collect::<String>()
    };
    assert_eq!(count(9), "a3e3b2c2d1f1");
    assert_eq!(count(3), "a3e3b2");
    index.compact().unwrap();
    assert_eq!(count(9), "a3e3b2c2d1f1");
    assert_eq!(count(2), "a3e3");
}

#[test]
fn the_index_becomes_one_segment_while_others_are_merged() {
    let (_folder, index) = open();
    // Enough segments of one size to set merges off, and more of them meanwhile.
    for sequence in 1..=60_u64 {
        let add = (0..40).map(|n| (format!("{sequence} {n}"), titled(&format!("Sách {sequence} {n}")))).collect();
        index.apply(&Batch { sequence, remove: vec![], add }).unwrap();
        index.commit(sequence).unwrap();
    }
    index.compact().unwrap();
    assert_eq!((index.segments(), index.stats().unwrap().documents), (1, 2_400));
    index.apply(&Batch { sequence: 61, remove: vec!["1 1".into()], add: vec![] }).unwrap();
    index.commit(61).unwrap();
    index.compact().unwrap();
    assert_eq!((index.segments(), index.stats().unwrap().documents), (1, 2_399));
}

#[test]
fn what_was_not_committed_is_gone_after_a_restart() {
    let (folder, index) = filled();
    index.apply(&Batch { sequence: 2, remove: vec![], add: vec![("x".into(), titled("Mới"))] }).unwrap();
    drop(index);
    let index = Index::open(folder.path(), &schema(), "test").unwrap();
    assert_eq!(index.sequence(), 1);
    assert_eq!(search(&index, typed("mới")).total, 0);
}

#[test]
fn another_identity_is_named() {
    let (folder, index) = filled();
    drop(index);
    let opened = Index::open(folder.path(), &schema(), "other");
    assert!(matches!(opened, Err(Error::OtherIdentity { found }) if found.starts_with("test")));
    let mut fewer = schema();
    fewer.fields.pop();
    assert!(matches!(Index::open(folder.path(), &fewer, "test"), Err(Error::OtherIdentity { .. })));
    // An empty index has an identity, too.
    let folder = tempfile::TempDir::new().unwrap();
    drop(Index::open(folder.path(), &schema(), "test").unwrap());
    assert!(matches!(Index::open(folder.path(), &schema(), "b"), Err(Error::OtherIdentity { .. })));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test breaks the file on purpose")]
fn a_damaged_index_is_an_error_and_no_panic() {
    let (folder, index) = filled();
    drop(index);
    std::fs::write(folder.path().join("meta.json"), "{").unwrap();
    assert!(matches!(Index::open(folder.path(), &schema(), "test"), Err(Error::Damaged(_))));
}

#[test]
fn wrong_questions_are_refused() {
    let (_folder, index) = filled();
    let ask = |query| index.search(&SearchRequest::new(query, 5), &public());
    assert!(matches!(ask(typed_in("nothing", "x", Match::All)), Err(Error::Field { .. })));
    assert!(matches!(ask(typed_in("year", "x", Match::All)), Err(Error::Field { .. })));
    assert!(matches!(ask(Query::Term { field: "title".into(), value: "x".into() }), Err(Error::Field { .. })));
    assert!(matches!(ask(Query::Range { field: "type".into(), from: None, to: None }), Err(Error::Field { .. })));
    let mut deep = typed("a");
    for _ in 0..40 {
        deep = Query::And(vec![deep]);
    }
    assert!(matches!(ask(deep), Err(Error::TooComplex(_))));
    assert!(matches!(ask(Query::Or(vec![typed("a"); 500])), Err(Error::TooComplex(_))));
    assert_eq!(ask(typed(&"dài ".repeat(10_000))).unwrap().total, 0);
    let mut twice = schema();
    twice.fields.push(twice.fields[0].clone());
    let folder = tempfile::TempDir::new().unwrap();
    assert!(matches!(Index::open(folder.path(), &twice, "x"), Err(Error::Schema(_))));
}

#[test]
fn values_of_unknown_fields_do_no_harm() {
    let (_folder, index) = open();
    fill(&index, vec![document(&[PUBLIC], &[("title", "Đất"), ("none", "x"), ("year", "1990")], &[("title", 3)])]);
    assert_eq!(search(&index, typed("đất")).total, 1);
}

#[test]
fn searches_run_beside_the_writer() {
    let (_folder, index) = filled();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for sequence in 2..12 {
                let add = vec![(format!("n{sequence}"), titled("Đất mới"))];
                index.apply(&Batch { sequence, remove: vec![], add }).unwrap();
                index.commit(sequence).unwrap();
            }
        });
        for _ in 0..200 {
            let total = search(&index, typed("đất")).total;
            assert!((1..=11).contains(&total));
        }
    });
    assert_eq!(search(&index, typed("đất")).total, 11);
}

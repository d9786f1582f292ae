//! Every way to type a Vietnamese title finds it, the very spelling first.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{fill, keys, open, search, titled, typed};
use tram_vietnamese::fold;
use unicode_normalization::UnicodeNormalization;

/// Real titles; the tones stand as older books print them.
const TITLES: [&str; 44] = [
    "Truyện Kiều",
    "Dế mèn phiêu lưu ký",
    "Đất rừng phương Nam",
    "Số đỏ",
    "Tắt đèn",
    "Chí Phèo",
    "Lão Hạc",
    "Vợ nhặt",
    "Vợ chồng A Phủ",
    "Những ngày thơ ấu",
    "Tôi thấy hoa vàng trên cỏ xanh",
    "Cho tôi xin một vé đi tuổi thơ",
    "Mắt biếc",
    "Kính vạn hoa",
    "Cánh đồng bất tận",
    "Nỗi buồn chiến tranh",
    "Tuổi thơ dữ dội",
    "Búp sen xanh",
    "Góc sân và khoảng trời",
    "Quê nội",
    "Đảo hoang",
    "Việt Nam sử lược",
    "Đại Việt sử ký toàn thư",
    "Lĩnh Nam chích quái",
    "Chinh phụ ngâm khúc",
    "Cung oán ngâm khúc",
    "Lục Vân Tiên",
    "Hoàng Lê nhất thống chí",
    "Thượng kinh ký sự",
    "Nhật ký trong tù",
    "Từ ấy",
    "Thơ thơ",
    "Hòn đất",
    "Rừng xà nu",
    "Chiếc thuyền ngoài xa",
    "Hai đứa trẻ",
    "Chữ người tử tù",
    "Vang bóng một thời",
    "Bước đường cùng",
    "Giông tố",
    "Thủy hử",
    "Hóa học vui",
    "Sức khỏe và đời sống",
    "Ủy ban kháng chiến",
];

/// Titles that differ from one above in nothing but marks, or contain its words
/// in another order: what must come second.
const NEAR: [&str; 12] = [
    "Truyền kiêu",
    "Dat rung phuong Nam",
    "Sổ đo",
    "Tát đến",
    "Lao hạc",
    "Vô nhất",
    "Que nói",
    "Tu ay",
    "Hỏn dắt",
    "Giống to",
    "Nam rừng phương đất",
    "Thứ thơ",
];

fn old_to_new(title: &str) -> String {
    [("Thủy", "Thuỷ"), ("Hóa", "Hoá"), ("khỏe", "khoẻ"), ("Ủy", "Uỷ"), ("toàn", "toàn")]
        .iter()
        .fold(title.to_owned(), |title, (old, new)| title.replace(old, new))
}

/// The key strokes of a title, tone keys at the end of each word as people type.
fn strokes(title: &str, vni: bool) -> String {
    title.split(' ').map(|word| word_strokes(word, vni)).collect::<Vec<_>>().join(" ")
}

fn word_strokes(word: &str, vni: bool) -> String {
    let mut typed = String::new();
    let mut end = String::new();
    for c in word.nfd() {
        let key = match (c, vni) {
            ('\u{300}', false) => "f",
            ('\u{300}', true) => "2",
            ('\u{301}', false) => "s",
            ('\u{301}', true) => "1",
            ('\u{309}', false) => "r",
            ('\u{309}', true) => "3",
            ('\u{303}', false) => "x",
            ('\u{303}', true) => "4",
            ('\u{323}', false) => "j",
            ('\u{323}', true) => "5",
            ('\u{306}', false) => {
                typed.push('w');
                continue;
            }
            ('\u{306}', true) => {
                typed.push('8');
                continue;
            }
            ('\u{31b}', false) => {
                typed.push('w');
                continue;
            }
            ('\u{31b}', true) => {
                typed.push('7');
                continue;
            }
            ('\u{302}', true) => {
                typed.push('6');
                continue;
            }
            ('\u{302}', false) => {
                let vowel = typed.chars().last().unwrap().to_ascii_lowercase();
                typed.push(vowel);
                continue;
            }
            ('đ', false) => {
                typed.push_str("dd");
                continue;
            }
            ('Đ', false) => {
                typed.push_str("DD");
                continue;
            }
            ('đ', true) => {
                typed.push_str("d9");
                continue;
            }
            ('Đ', true) => {
                typed.push_str("D9");
                continue;
            }
            (other, _) => {
                typed.push(other);
                continue;
            }
        };
        end.push_str(key);
    }
    typed + &end
}

fn forms(title: &str) -> Vec<(&'static str, String)> {
    let no_stroke = title.replace('đ', "d").replace('Đ', "D");
    vec![
        ("as printed", title.to_owned()),
        ("normal form D", title.nfd().collect()),
        ("no marks", fold(title)),
        ("no đ", no_stroke),
        ("eth for đ", title.replace('đ', "ð").replace('Đ', "Ð")),
        ("capitals", title.to_uppercase()),
        ("capitals in normal form D", title.to_uppercase().nfd().collect()),
        ("the other tone placement", old_to_new(title)),
        ("Telex", strokes(title, false)),
        ("Telex in capitals", strokes(title, false).to_uppercase()),
        ("VNI", strokes(title, true)),
    ]
}

#[test]
fn every_form_finds_the_title_and_the_typed_spelling_first() {
    let (_folder, index) = open();
    fill(&index, TITLES.iter().chain(&NEAR).map(|title| titled(title)).collect());
    let mut asked = 0;
    for (key, title) in TITLES.iter().enumerate() {
        for (name, form) in forms(title) {
            let reply = search(&index, typed(&form));
            let key = key.to_string();
            let found = keys(&reply);
            assert!(found.contains(&key.as_str()), "{title} as {name}: {form:?} finds {found:?}");
            // Without marks (or without the stroke, which is another spelling)
            // a record that is written so may come first.
            if !matches!(name, "no marks" | "no đ") {
                assert_eq!(found[0], key, "{title} as {name}: {form:?} has first {found:?}");
            }
            asked += 1;
        }
    }
    assert_eq!(asked, TITLES.len() * 11);
}

#[test]
fn every_form_finds_it_written_with_separate_marks_too() {
    let (_folder, index) = open();
    fill(&index, TITLES.iter().map(|title| titled(&title.nfd().collect::<String>())).collect());
    for (key, title) in TITLES.iter().enumerate() {
        for (name, form) in forms(title) {
            let reply = search(&index, typed(&form));
            assert_eq!(keys(&reply)[0], key.to_string(), "{title} as {name}: {form:?}");
        }
    }
}

#[test]
fn a_record_without_marks_is_found_by_every_form_that_has_them() {
    let (_folder, index) = open();
    fill(&index, vec![titled("Dat rung phuong Nam"), titled("Hoa binh")]);
    for query in ["Đất rừng phương Nam", "dat rung", "ddaats ruwngf", "RỪNG ĐẤT"] {
        assert_eq!(keys(&search(&index, typed(query))), ["0"], "{query}");
    }
    assert_eq!(keys(&search(&index, typed("hoà bình"))), ["1"]);
}

#[test]
fn without_marks_the_spelling_without_marks_comes_first() {
    let (_folder, index) = open();
    fill(&index, vec![titled("Hoà"), titled("Hóa"), titled("Hoa"), titled("Hoạ")]);
    let reply = search(&index, typed("hoa"));
    assert_eq!(keys(&reply)[0], "2");
    assert_eq!(reply.total, 4);
}

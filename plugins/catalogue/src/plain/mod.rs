//! A title in plain words, and the way between it and a MARC record.
//!
//! The librarian's form, a row of a spreadsheet and the demonstration library all
//! speak of a title as people do. What they do not mention stays in the record as it
//! was: only a part that changed is written, and within a field only the subfields
//! that are meant.

mod field;
mod part;
mod read;
mod write;

use std::collections::BTreeMap;

pub(crate) use field::insert;
pub use part::Part;
pub use read::read;
pub use write::write;

/// The parts of a title; what is not there is empty.
pub type Plain = BTreeMap<Part, String>;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use tram_marc::{Field, Record};

    use super::Part::*;
    use super::*;
    use crate::testing::record;

    fn plain(parts: &[(Part, &str)]) -> Plain {
        parts.iter().map(|(part, text)| (*part, (*text).to_owned())).collect()
    }

    fn full() -> Plain {
        plain(&[
            (Title, "Kính vạn hoa"),
            (Subtitle, "truyện dài"),
            (Volume, "Tập 1"),
            (Responsibility, "Nguyễn Nhật Ánh"),
            (Author, "Nguyễn Nhật Ánh"),
            (AuthorDates, "1955-"),
            (Contributors, "Đỗ Hoàng Tường | minh họa\nDumas, Alexandre"),
            (Original, "The original"),
            (Edition, "Tái bản lần 3"),
            (Place, "H."),
            (Publisher, "Kim Đồng"),
            (Year, "2016"),
            (Pages, "200 tr."),
            (Size, "19 cm"),
            (Series, "Tủ sách tuổi mới lớn"),
            (SeriesNumber, "5"),
            (Isbn, "9780306406157"),
            (Price, "85000đ"),
            (Language, "vie"),
            (TranslatedFrom, "eng"),
            (Dewey, "895.9223"),
            (LocalClass, "ĐV23"),
            (Subjects, "Tuổi học trò\nTình bạn"),
            (Genres, "Truyện dài"),
            (Summary, "Ba người bạn."),
            (Audience, "Lớp 6–9"),
            (Notes, "Sách tặng"),
        ])
    }

    #[test]
    fn what_was_said_in_plain_words_is_read_back() {
        let mut record = Record::default();
        write(&mut record, &full(), "2026-11-24");
        assert_eq!(read(&record), full());
        let title = record.field("245").unwrap();
        assert_eq!(title.join("abcnp"), "Kính vạn hoa. Tập 1 : truyện dài / Nguyễn Nhật Ánh");
        assert_eq!(title.indicators(), ('1', '0'));
        assert!(record.fields.is_sorted_by_key(Field::tag));
        assert_eq!(&record.control("008").unwrap()[..11], "261124s2016");
        let mut file = Vec::new();
        tram_marc::iso2709::write(&record, &mut file).unwrap();
    }

    #[test]
    fn writing_what_is_there_changes_nothing() {
        let mut written = Record::default();
        write(&mut written, &full(), "2026-11-24");
        let again = written.clone();
        write(&mut written, &full(), "2030-01-01");
        assert_eq!(written, again);
    }

    #[test]
    fn what_the_form_does_not_know_stays() {
        let before = record(&[
            ("001", "x1"),
            ("008", "150101s2015    vm            000 1 vie d"),
            ("245", "10$6880-01$aMắt biếc /$cNguyễn Nhật Ánh."),
            ("260", "  $aTP. Hồ Chí Minh :$bTrẻ,$c2015."),
            ("300", "  $a300 tr. ;$c20 cm +$e1 CD"),
            ("650", " 7$aTình yêu$xTruyện$2bttt"),
            ("700", "1 $aA, B,$d1900-$ebiên tập$4edt"),
            ("880", "10$6245-01$a…"),
            ("950", "  $zriêng"),
        ]);
        let mut after = before.clone();
        let mut changed = read(&after);
        changed.insert(Summary, "Ngạn yêu Hà Lan.".into());
        changed.insert(Year, "2016".into());
        write(&mut after, &changed, "2026-11-24");
        let rest = |record: &Record| -> Vec<Field> {
            record.fields.iter().filter(|f| !["520", "260", "008"].contains(&f.tag().as_str())).cloned().collect()
        };
        assert_eq!(rest(&after), rest(&before));
        assert_eq!(after.field("260").unwrap().join("abc"), "TP. Hồ Chí Minh : Trẻ, 2016");
        assert_eq!(&after.control("008").unwrap()[6..11], "s2016");
        assert_eq!(after.field("520").unwrap().subfield('a'), Some("Ngạn yêu Hà Lan."));
    }

    #[test]
    fn a_line_that_is_gone_takes_its_field_along() {
        let mut record = record(&[("245", "00$aX"), ("650", " 4$aMột"), ("650", " 7$aHai$2s"), ("653", "  $aBa")]);
        let mut changed = read(&record);
        changed.insert(Subjects, "Hai\nBốn".into());
        write(&mut record, &changed, "2026-11-24");
        let subjects: Vec<String> = record.fields("650").map(|f| f.join("a2")).collect();
        assert_eq!(subjects, ["Hai s", "Bốn"]);
        assert!(record.field("653").is_none());
    }

    #[test]
    fn emptied_parts_go() {
        let mut record = Record::default();
        write(&mut record, &full(), "2026-11-24");
        let only = Part::ALL
            .iter()
            .copied()
            .map(|part| (part, if part == Title { "Xa".into() } else { String::new() }))
            .collect();
        write(&mut record, &only, "2026-11-24");
        assert_eq!(
            read(&record),
            plain(&[(Title, "Xa"), (Year, "")]).into_iter().filter(|(_, t)| !t.is_empty()).collect()
        );
        assert_eq!(record.field("245").unwrap().indicators(), ('0', '0'));
    }
}

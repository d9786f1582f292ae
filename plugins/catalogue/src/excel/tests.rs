#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::plain::Part;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn rows(name: &str) -> Vec<Row> {
    grids(&file(name))
        .unwrap()
        .iter()
        .filter_map(|grid| Columns::find(grid).map(|columns| read(grid, &columns, &grid.name)))
        .flatten()
        .collect()
}

/// Title with volume, and accession numbers, of each row that is taken; row and problem
/// of each that is not.
type Outcome = (Vec<(u32, String, Vec<String>)>, Vec<(u32, RowProblem)>);

fn outcome(rows: &[Row]) -> Outcome {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row.title("") {
            Ok((plain, copies)) => {
                let mut title = plain[&Part::Title].clone();
                if let Some(volume) = plain.get(&Part::Volume) {
                    title = format!("{title}. {volume}");
                }
                good.push((row.row, title, copies.into_iter().map(|c| c.accession).collect()));
            }
            Err(problem) => bad.push((row.row, problem)),
        }
    }
    (good, bad)
}

#[test]
fn a_librarians_own_list() {
    let rows = rows("books-danh-muc.xlsx");
    let (good, bad) = outcome(&rows);
    let numbers: Vec<u32> = bad.iter().map(|(row, _)| *row).collect();
    // Row 25 has a number that row 24 has: seen when it is placed, not here.
    assert_eq!(numbers, [20, 21, 26, 33]);
    let taken: Vec<u32> = good.iter().map(|(row, ..)| *row).collect();
    assert_eq!(taken, [10, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 27, 31, 32, 34]);
    assert_eq!(good[0].2, ["TK.00001", "TK.00002", "TK.00003", "TK.00004", "TK.00005"]);
    assert_eq!(good[3].2, ["TK.00011", "TK.00012", "TK.00013"]);
    assert_eq!(good[8].2.len(), 5);
    assert_eq!(good[7].1, "Thơ thơ - Gửi hương cho gió");
    assert_eq!(good[14].1, "Kính vạn hoa. Tập 1");

    let plain = |row: u32| rows.iter().find(|r| r.row == row).unwrap().title("").unwrap().0;
    let first = plain(10);
    assert_eq!((first[&Part::Publisher].as_str(), first[&Part::Year].as_str()), ("Kim Đồng", "2018"));
    assert_eq!((first[&Part::Place].as_str(), first[&Part::LocalClass].as_str()), ("H.", "V23"));
    assert_eq!(plain(12)[&Part::Publisher], "Văn học");
    assert_eq!(plain(13)[&Part::Publisher], "Văn học");
    assert_eq!(plain(34)[&Part::Publisher], "Kim Đồng");
    assert_eq!(plain(19).get(&Part::Author), None);
    assert_eq!(plain(23)[&Part::Author], "Hector Malot");
    assert_eq!(plain(23)[&Part::Contributors], "Huỳnh Lý | người dịch");
    assert_eq!(plain(16)[&Part::Contributors], "Đào Duy Anh | khảo chứng");
    assert_eq!(plain(27).get(&Part::Publisher), None);
}

#[test]
fn a_register_in_an_old_font() {
    let rows = rows("books-so-dkcb-tcvn3.xlsx");
    let (good, bad) = outcome(&rows);
    assert_eq!(bad, [(21, RowProblem::NoTitle)]);
    assert_eq!(good[0], (4, "Dấu chân người lính".into(), vec!["STK.00101".into()]));
    assert_eq!(good.len(), 17);
    let plain = rows[0].title("").unwrap().0;
    assert_eq!(plain[&Part::Author], "Nguyễn Minh Châu");
    assert_eq!(plain[&Part::Year], "2009");
}

#[test]
fn an_old_programs_export() {
    let rows = rows("books-phan-mem-cu-vni.xlsx");
    let (good, bad) = outcome(&rows);
    assert_eq!(bad, [(4, RowProblem::NoTitle), (5, RowProblem::Year("19o8".into()))]);
    assert_eq!(good.len(), 7);
    assert_eq!(good[0].1, "Ngữ văn 6. Tập một");
    assert_eq!(good[0].2.len(), 40);
    let plain = rows[0].title("").unwrap().0;
    assert_eq!(plain[&Part::Size], "19x26,5cm");
    assert_eq!(plain[&Part::Genres], "Sách giáo khoa");
}

#[test]
fn what_is_no_list_of_books_is_said() {
    let table = [
        ("bomb-80mb.xlsx", SheetError::Bomb),
        ("password.xlsx", SheetError::Password),
        ("html-as-excel.xls", SheetError::WebPage),
    ];
    for (name, error) in table {
        assert_eq!(grids(&file(&format!("broken/{name}"))), Err(error), "{name}");
    }
    for name in ["truncated.xlsx", "not-a-workbook.xlsx", "bad-xml.xlsx"] {
        let outcome = grids(&file(&format!("broken/{name}")));
        assert!(matches!(outcome, Err(SheetError::Damaged(_))), "{name}: {outcome:?}");
    }
    for name in ["empty-sheet.xlsx", "zero-bytes.xlsx"] {
        assert_eq!(grids(&file(&format!("broken/{name}"))).map(|g| g.len()), Ok(0), "{name}");
    }
    // Its name is wrong, but the bytes are those of an old workbook: it is read.
    assert_eq!(grids(&file("broken/xls-renamed.xlsx")).map(|g| g.len()), Ok(1));
    // Whatever these are taken for, they take no memory and bring no rows.
    for name in ["far-cell.xlsx", "entities.xlsx", "header-only.xlsx", "broken.csv"] {
        if let Ok(grids) = grids(&file(&format!("broken/{name}"))) {
            for grid in &grids {
                let rows = Columns::find(grid).map(|columns| read(grid, &columns, "").len()).unwrap_or(0);
                assert_eq!(rows, 0, "{name}");
            }
        }
    }
}

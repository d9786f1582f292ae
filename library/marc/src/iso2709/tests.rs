//! What is taken and what is refused, one test for each sentence of the rule.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::{Records, WriteError, write};
use crate::{Bad, Charset, Field, Read, Reason, Record, Subfield, Tag, Warning};

fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

fn title(text: &str) -> Field {
    Field::data(tag("245"), '1', '0', vec![Subfield::new('a', text)])
}

fn record(number: &str, text: &str) -> Record {
    let fields = vec![
        Field::control(tag("001"), number),
        Field::control(tag("008"), "020805s2002    vm a   j      000 1 vie  "),
        title(text),
        Field::data(tag("700"), '0', ' ', vec![Subfield::new('a', "Tô Hoài")]),
    ];
    Record { fields, ..Record::default() }
}

fn bytes(record: &Record) -> Vec<u8> {
    let mut out = Vec::new();
    write(record, &mut out).unwrap();
    out
}

fn read(file: &[u8]) -> Vec<Result<Read, Bad>> {
    Records::new(file, Charset::Detect).collect()
}

/// The one record of a file, and its warnings.
fn one(file: &[u8]) -> (Record, Vec<Warning>) {
    let mut items = read(file);
    assert_eq!(items.len(), 1, "{items:?}");
    let read = items.remove(0).unwrap();
    (read.record, read.warnings)
}

fn reason(file: &[u8]) -> Reason {
    let mut items = read(file);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0).unwrap_err().reason
}

#[test]
fn a_wrong_length_is_taken() {
    let good = record("a1", "Dế Mèn phiêu lưu ký");
    let mut file = bytes(&good);
    let actual = file.len() as u64;
    for stated in [b"00100", b"09999", b"     ", b"0x1 0"] {
        file[..5].copy_from_slice(stated);
        let (read, warnings) = one(&file);
        assert_eq!(read, good);
        let declared = std::str::from_utf8(stated).unwrap().parse().ok();
        assert_eq!(warnings, [Warning::Length { declared, actual }]);
    }
}

#[test]
fn a_missing_terminator_is_taken_when_the_directory_fits() {
    let good = record("a1", "Tắt đèn");
    let mut file = bytes(&good);
    file.pop();
    assert_eq!(one(&file), (good.clone(), vec![Warning::Terminator]));
    file.extend(b"\r\n\x1A");
    assert_eq!(one(&file), (good, vec![Warning::Terminator]));
    file.truncate(file.len() - 8);
    assert_eq!(reason(&file), Reason::Truncated);
}

#[test]
fn a_terminator_inside_a_field_is_taken_when_length_and_directory_agree() {
    let mut file = bytes(&record("a1", "Số_đỏ"));
    let at = file.iter().position(|b| *b == b'_').unwrap();
    file[at] = 0x1D;
    let next = record("a2", "Chí Phèo");
    file.extend(bytes(&next));
    let items = read(&file);
    let first = items[0].as_ref().unwrap();
    assert_eq!(first.record, record("a1", "Số đỏ"));
    assert_eq!(first.warnings, [Warning::ControlCharacters(1), Warning::EmbeddedTerminator]);
    assert_eq!(items[1].as_ref().unwrap().record, next);
}

/// A file with another directory and the length and base address that go with it.
fn with_directory(file: &[u8], directory: &[u8]) -> Vec<u8> {
    let end = file.iter().position(|b| *b == 0x1E).unwrap();
    let mut out = [&file[..24], directory, &file[end..]].concat();
    let (length, base) = (out.len(), 25 + directory.len());
    out[..5].copy_from_slice(format!("{length:05}").as_bytes());
    out[12..17].copy_from_slice(format!("{base:05}").as_bytes());
    out
}

#[test]
fn a_directory_that_counts_characters_is_put_right() {
    let good = record("a1", "Nỗi buồn chiến tranh");
    let lengths = [("001", 3), ("008", 41), ("245", 25), ("700", 12)];
    let mut directory = String::new();
    let mut start = 0;
    for (tag, length) in lengths {
        directory.push_str(&format!("{tag}{length:04}{start:05}"));
        start += length;
    }
    let file = with_directory(&bytes(&good), directory.as_bytes());
    assert_eq!(one(&file), (good, vec![Warning::Directory]));
}

#[test]
fn a_directory_whose_numbers_outgrew_their_digits_is_put_right() {
    let long = "x".repeat(12_000);
    let mut good = record("a1", "Từ điển");
    good.fields.push(Field::data(tag("505"), ' ', ' ', vec![Subfield::new('a', &long)]));
    good.fields.push(title("end"));
    assert_eq!(write(&good, &mut Vec::new()), Err(WriteError::FieldTooLong { tag: tag("505"), length: 12_004 }));
    let mut short = good.clone();
    short.fields[4] = Field::data(tag("505"), ' ', ' ', vec![Subfield::new('a', "@")]);
    let file = bytes(&short);
    let at = file.iter().position(|b| *b == b'@').unwrap();
    let file = [&file[..at], long.as_bytes(), &file[at + 1..]].concat();
    let end = file.iter().position(|b| *b == 0x1E).unwrap();
    let mut directory = file[24..end - 24].to_vec();
    directory.extend(b"505");
    let start: usize = std::str::from_utf8(&file[end - 17..end - 12]).unwrap().parse().unwrap();
    directory.extend(format!("{:04}{start:05}245{:04}{:05}", 12_005, 8, start + 12_005).bytes());
    let (read, warnings) = one(&with_directory(&file, &directory));
    assert_eq!((read, warnings), (good, vec![Warning::Directory]));
}

#[test]
fn a_directory_that_lost_its_first_digit_is_put_right() {
    let good = record("a1", "Đất rừng phương Nam");
    let file = bytes(&good);
    let end = file.iter().position(|b| *b == 0x1E).unwrap();
    let broken = with_directory(&file, &file[25..end]);
    assert_eq!(one(&broken), (good, vec![Warning::Directory]));
}

#[test]
fn a_directory_with_some_wrong_lengths_is_put_right() {
    let good = record("a1", "Cho tôi xin một vé đi tuổi thơ");
    let mut file = bytes(&good);
    file[24 + 24 + 3..24 + 24 + 7].copy_from_slice(b"0007");
    assert_eq!(one(&file), (good, vec![Warning::Directory]));
}

#[test]
fn a_directory_that_has_shifted_is_refused() {
    let file = bytes(&record("a1", "Lão Hạc"));
    let end = file.iter().position(|b| *b == 0x1E).unwrap();
    let mut shifted = file[25..end].to_vec();
    shifted.push(b'0');
    let file = with_directory(&file, &shifted);
    assert_eq!(reason(&file), Reason::Directory { entries: 4, fields: 4 });
    // And the number is found all the same only where its tag stands.
    assert_eq!(read(&file)[0].as_ref().unwrap_err().control_number, None);
}

#[test]
fn the_number_of_a_refused_record_is_named() {
    let mut file = bytes(&record("vtls0042", "Lão Hạc"));
    file[24 + 12..24 + 15].copy_from_slice(b"\xFF\xFF\xFF");
    let bad = read(&file)[0].clone().unwrap_err();
    assert_eq!(bad.control_number.as_deref(), Some("vtls0042"));
    assert_eq!((bad.offset, bad.length), (0, file.len() as u64));
}

#[test]
fn a_swallowed_record_is_found() {
    let (first, second) = (record("a1", "Số đỏ"), record("a2", "Chí Phèo"));
    // The first lost its terminator: nothing is lost.
    let mut file = bytes(&first);
    file.pop();
    file.extend(bytes(&second));
    let items = read(&file);
    assert_eq!(items[0].as_ref().unwrap().record, first);
    assert_eq!(items[0].as_ref().unwrap().warnings, [Warning::Terminator]);
    assert_eq!(items[1].as_ref().unwrap().record, second);
    // The first lost its second half: it is refused, and the second is read.
    let mut file = bytes(&first);
    file.truncate(110);
    file.extend(bytes(&second));
    let items = read(&file);
    let bad = items[0].as_ref().unwrap_err();
    assert_eq!((bad.offset, bad.length, &bad.reason), (0, 110, &Reason::Truncated));
    assert_eq!(items[1].as_ref().unwrap().record, second);
    assert_eq!(items[1].as_ref().unwrap().offset, 110);
}

#[test]
fn what_is_between_records_means_nothing() {
    let good = record("a1", "x");
    let mut file = b"\xEF\xBB\xBF".to_vec();
    for _ in 0..2 {
        file.extend(bytes(&good));
        file.extend(b"\x1D\r\n \x00\x1A\n");
    }
    let items = read(&file);
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| { item.as_ref().is_ok_and(|r| r.record == good && r.warnings.is_empty()) }));
    assert_eq!(read(b""), []);
    assert_eq!(read(b"\r\n"), []);
}

#[test]
fn what_is_no_marc_is_refused() {
    assert_eq!(reason(b"STT,Ten sach,Tac gia\n1,So do,Vu Trong Phung\n"), Reason::NotMarc);
    assert_eq!(reason(b"<html>\x1D"), Reason::NotMarc);
    assert_eq!(reason(b"00026nam a2200025 i 4500\x1E\x1D"), Reason::Empty);
}

#[test]
fn fields_that_are_not_whole_are_taken() {
    let field = |raw: &[u8]| {
        let head = format!("{:05}nam a2200037 i 4500245{:04}00000\x1e", 39 + raw.len(), raw.len() + 1);
        let (record, mut warnings) = one(&[head.as_bytes(), raw, b"\x1e\x1d"].concat());
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        (record.fields[0].clone(), warnings.remove(0))
    };
    let data = |ind1, ind2, parts: &[(char, &str)]| {
        let subfields = parts.iter().map(|(code, text)| Subfield::new(*code, *text)).collect();
        Field::data(tag("245"), ind1, ind2, subfields)
    };
    let t = tag("245");
    assert_eq!(field(b"\x1faSo do"), (data(' ', ' ', &[('a', "So do")]), Warning::Indicators(t)));
    assert_eq!(field(b"1\x1faSo do"), (data('1', ' ', &[('a', "So do")]), Warning::Indicators(t)));
    assert_eq!(field(b"10So do"), (data('1', '0', &[('a', "So do")]), Warning::NoSubfields(t)));
    let delimiters = (data('1', '0', &[('a', "So do"), ('c', "V")]), Warning::Code(t));
    assert_eq!(field(b"10\x1faSo do\x1f\x1fcV"), delimiters);
    let unreadable = (data('1', '0', &[('?', "Số đỏ")]), Warning::Code(t));
    assert_eq!(field("10\x1f Số đỏ".as_bytes()), unreadable);
    assert_eq!(field("10\x1fđỏ".as_bytes()), (data('1', '0', &[('?', "đỏ")]), Warning::Code(t)));
}

#[test]
fn what_iso2709_cannot_hold_is_named() {
    let with = |field: Field| write(&Record { fields: vec![field], ..Record::default() }, &mut Vec::new());
    let a = |text: &str| vec![Subfield::new('a', text)];
    assert_eq!(with(Field::data(tag("RELATED"), ' ', ' ', a("x"))), Err(WriteError::TagLength(tag("RELATED"))));
    assert_eq!(with(Field::data(tag("008"), ' ', ' ', a("x"))), Err(WriteError::Kind(tag("008"))));
    assert_eq!(with(Field::control(tag("245"), "x")), Err(WriteError::Kind(tag("245"))));
    assert_eq!(with(Field::control(tag("FMT"), "BK")), Ok(()));
    assert_eq!(with(Field::data(tag("500"), ' ', ' ', vec![])), Err(WriteError::NoSubfields(tag("500"))));
    assert_eq!(with(Field::data(tag("500"), ' ', ' ', a("x\u{1F}y"))), Err(WriteError::Delimiter(tag("500"))));
    assert_eq!(
        with(Field::data(tag("500"), 'é', ' ', a("x"))),
        Err(WriteError::Indicator { tag: tag("500"), indicator: 'é' })
    );
    let longest = "x".repeat(9_994);
    assert_eq!(with(Field::data(tag("500"), ' ', ' ', a(&longest))), Ok(()));
    let fields = vec![Field::data(tag("500"), ' ', ' ', a(&longest)); 10];
    let full = Record { fields, ..Record::default() };
    assert!(matches!(write(&full, &mut Vec::new()), Err(WriteError::RecordTooLong(_))));
    assert_eq!(write(&Record::default(), &mut Vec::new()), Err(WriteError::Empty));
}

#[test]
fn a_record_without_end_is_passed_over() {
    let good = record("a1", "x");
    let mut file = bytes(&good);
    file.extend(b"00100nam");
    file.resize(file.len() + crate::MAX_RECORD, b'x');
    file.push(0x1D);
    file.extend(bytes(&good));
    let whole = read(&file);
    assert_eq!(whole.len(), 3);
    assert_eq!(whole[1].as_ref().unwrap_err().reason, Reason::Endless);
    assert_eq!(whole[2].as_ref().unwrap().record, good);

    let mut decoder = super::Decoder::new(Charset::Detect);
    let mut items = Vec::new();
    for piece in file.chunks(1 << 20) {
        decoder.push(piece);
        items.extend(&mut decoder);
    }
    decoder.finish();
    items.extend(&mut decoder);
    assert_eq!(items, whole);
}

//! What is taken and what is refused, one test for each sentence of the rule.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::{Decoder, Records, write_record_in};
use crate::{Bad, Charset, Encoding, Field, Read, Reason, Record, Subfield, Tag, Warning};

fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

fn read(file: &[u8]) -> Vec<Result<Read, Bad>> {
    Records::new(file, Charset::Detect).collect()
}

fn one(file: &[u8]) -> (Record, Vec<Warning>) {
    let mut items = read(file);
    assert_eq!(items.len(), 1, "{items:?}");
    let read = items.remove(0).unwrap();
    (read.record, read.warnings)
}

const LEADER: &str = "<leader>00000nam a2200000 i 4500</leader>";

/// The fields of a record with this content, and the warnings.
fn content(xml: &str) -> (Vec<Field>, Vec<Warning>) {
    let (record, warnings) = one(format!("<record>{LEADER}{xml}</record>").as_bytes());
    (record.fields, warnings)
}

fn refused(xml: &str) -> Reason {
    let items = read(format!("<record>{LEADER}{xml}</record>").as_bytes());
    assert_eq!(items.len(), 1, "{items:?}");
    items[0].clone().unwrap_err().reason
}

fn title(text: &str) -> Field {
    Field::data(tag("245"), '1', '0', vec![Subfield::new('a', text)])
}

fn title_xml(text: &str) -> String {
    format!("<datafield tag=\"245\" ind1=\"1\" ind2=\"0\"><subfield code=\"a\">{text}</subfield></datafield>")
}

fn sample(text: &str) -> Record {
    Record { fields: vec![Field::control(tag("001"), "a1"), title(text)], ..Record::default() }
}

#[test]
fn text_is_what_xml_says_it_is() {
    let text = |xml: &str| content(&title_xml(xml));
    assert_eq!(text("Số đỏ"), (vec![title("Số đỏ")], vec![]));
    assert_eq!(text("a &amp; b &lt;c&gt; &#x110;&#7887;"), (vec![title("a & b <c> Đỏ")], vec![]));
    assert_eq!(text("<![CDATA[a & <b>]]> c"), (vec![title("a & <b> c")], vec![]));
    assert_eq!(text("a<!-- b -->c"), (vec![title("ac")], vec![]));
    assert_eq!(text("a\r\nb&#13;c"), (vec![title("a\nb\rc")], vec![]));
    // Decomposed, as macOS writes.
    assert_eq!(text("So\u{302}\u{301} \u{111}o\u{309}"), (vec![title("Số đỏ")], vec![]));
}

#[test]
fn whatever_is_around_a_record_does_not_matter() {
    let good = sample("Số đỏ");
    let mut inner = String::new();
    let _ = write_record_in(&good, &mut inner);
    let prefixed = inner.replace("</", "</marc:").replace('<', "<marc:").replace("<marc:/marc:", "</marc:");
    for file in [
        inner.clone(),
        format!("<?xml version=\"1.0\"?>\n<!-- <record> --><collection>{inner}</collection>"),
        format!("<marc:collection xmlns:marc=\"{}\">{prefixed}</marc:collection>", super::NAMESPACE),
        format!("<OAI-PMH><record><header><id>x</id></header><metadata>{inner}</metadata></record></OAI-PMH>"),
        format!("<r><record><recordData>{inner}</recordData></record><record><x/></record></r>"),
        format!("text before {inner} and behind"),
    ] {
        assert_eq!(one(file.as_bytes()), (good.clone(), vec![]), "{file}");
    }
}

#[test]
fn what_is_missing_is_put_in() {
    let (record, warnings) = one(format!("<record>{}</record>", title_xml("x")).as_bytes());
    assert_eq!((record.fields, warnings), (vec![title("x")], vec![Warning::NoLeader]));

    let data = |ind1, ind2, code| vec![Field::data(tag("500"), ind1, ind2, vec![Subfield::new(code, "x")])];
    let t = tag("500");
    assert_eq!(
        content("<datafield tag=\"500\" ind1=\"1\"><subfield code=\"a\">x</subfield></datafield>"),
        (data('1', ' ', 'a'), vec![Warning::Indicators(t)])
    );
    assert_eq!(
        content("<datafield tag='500' ind1='' ind2='12'><subfield code='a'>x</subfield></datafield>"),
        (data(' ', '1', 'a'), vec![Warning::Indicators(t), Warning::Indicators(t)])
    );
    assert_eq!(
        content("<datafield tag='500' ind1=' ' ind2=' '><subfield>x</subfield></datafield>"),
        (data(' ', ' ', '?'), vec![Warning::Code(t)])
    );
    assert_eq!(
        content("<controlfield tag='1'>7</controlfield>"),
        (vec![Field::control(tag("001"), "7")], vec![Warning::Tag("1".to_owned())])
    );
}

#[test]
fn fields_are_what_their_tags_say() {
    assert_eq!(
        content("<controlfield tag='245'>x</controlfield>"),
        (vec![Field::data(tag("245"), ' ', ' ', vec![Subfield::new('a', "x")])], vec![Warning::Kind(tag("245"))])
    );
    assert_eq!(
        content("<datafield tag='001' ind1=' ' ind2=' '><subfield code='a'>x</subfield></datafield>"),
        (vec![Field::control(tag("001"), "x")], vec![Warning::Kind(tag("001"))])
    );
    let related = "<datafield tag='RELATED' ind1=' ' ind2=' '><subfield code='a'>x</subfield></datafield>";
    assert_eq!(content(related).0[0].tag(), tag("RELATED"));
    assert_eq!(content(related).1, []);
}

#[test]
fn what_marcxml_does_not_have_is_passed_over() {
    let unknown = |what: &str| Warning::Unknown(what.to_owned());
    let title = || vec![title("x")];
    assert_eq!(content(&format!("<note>y<b/></note>{}", title_xml("x"))), (title(), vec![unknown("note")]));
    assert_eq!(content(&format!("loose{}", title_xml("x"))), (title(), vec![unknown("loose")]));
    let entity = content(&title_xml("caf&eacute; R&D"));
    assert_eq!(entity.1, [unknown("eacute")]);
    assert_eq!(entity.0[0].subfield('a'), Some("caf&eacute; R&D"));
    let control = content(&title_xml("a&#x1F;b"));
    assert_eq!((control.0[0].subfield('a'), &control.1[..]), (Some("a b"), &[Warning::ControlCharacters(1)][..]));
}

#[test]
fn what_has_no_place_is_refused() {
    let attribute = |element| Reason::Attribute { element, attribute: "tag" };
    assert_eq!(refused("<datafield ind1=' ' ind2=' '/>"), attribute("datafield"));
    assert_eq!(refused("<controlfield>x</controlfield>"), attribute("controlfield"));
    assert_eq!(refused("<controlfield tag='nhãn'>x</controlfield>"), Reason::Tag("nhãn".to_owned()));
    assert_eq!(refused(""), Reason::Empty);
    assert!(matches!(refused("<controlfield tag='001'>x</datafield>"), Reason::Xml(_)));
    let pica = b"<record><datafield tag='021A'><subfield code='a'>x</subfield></datafield></record>";
    assert_eq!(read(pica)[0].clone().unwrap_err().reason, Reason::NotMarc);
}

#[test]
fn reading_goes_on_behind_a_broken_record() {
    let mut good = String::new();
    let _ = write_record_in(&sample("Chí Phèo"), &mut good);
    let open = good.replace("</record>\n", "");
    let nested = good.replace("</subfield>", "");
    let file = format!("<collection>{open}{nested}<record/><record>\n</record>{good}<record>{LEADER}");
    let items = read(file.as_bytes());
    let reasons: Vec<_> =
        items.iter().map(|item| item.as_ref().map(|r| &r.record).map_err(|bad| &bad.reason)).collect();
    assert_eq!(reasons.len(), 6, "{reasons:?}");
    assert_eq!(reasons[0], Err(&Reason::Truncated));
    assert!(matches!(reasons[1], Err(Reason::Xml(_))));
    assert_eq!(reasons[2], Err(&Reason::Empty));
    assert_eq!(reasons[3], Err(&Reason::Empty));
    assert_eq!(reasons[4], Ok(&sample("Chí Phèo")));
    assert_eq!(reasons[5], Err(&Reason::Truncated));
    assert_eq!(items[1].as_ref().unwrap_err().control_number.as_deref(), Some("a1"));
    let places: Vec<_> = items.iter().map(|item| item.as_ref().map_or_else(|b| b.offset, |r| r.offset)).collect();
    assert_eq!(places[0], 12);
    assert_eq!(places[1], 12 + open.len() as u64);
}

#[test]
fn codings_are_what_the_bytes_say() {
    let with = |head: &str| {
        let xml = format!("{head}<record>{LEADER}{}</record>", title_xml("caf@"));
        let latin: Vec<u8> = xml.bytes().map(|b| if b == b'@' { 0xE9 } else { b }).collect();
        one(&latin)
    };
    let (record, warnings) = with("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>");
    assert_eq!((record.fields, warnings), (vec![title("café")], vec![]));
    let (record, warnings) = with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let warning = Warning::Encoding { declared: Encoding::Utf8, used: Encoding::Windows1252 };
    assert_eq!((record.fields, warnings), (vec![title("café")], vec![warning]));

    let wide: Vec<u8> = "\u{FEFF}<record>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide).len(), 1);
    assert_eq!(read(&wide)[0].clone().unwrap_err().reason, Reason::WideText);
}

#[test]
fn a_record_without_end_is_passed_over() {
    let mut good = String::new();
    let _ = write_record_in(&sample("x"), &mut good);
    let endless = format!("<record>{LEADER}{}", "<controlfield tag='001'>x</controlfield>".repeat(250_000));
    let file = format!("{endless}{good}");
    let whole = read(file.as_bytes());
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[0].as_ref().unwrap_err().reason, Reason::Endless);
    assert_eq!(whole[1].as_ref().unwrap().record, sample("x"));

    let mut decoder = Decoder::new(Charset::Detect);
    let mut items = Vec::new();
    for piece in file.as_bytes().chunks(1 << 20) {
        decoder.push(piece);
        items.extend(&mut decoder);
    }
    decoder.finish();
    items.extend(&mut decoder);
    assert_eq!(items, whole);
}

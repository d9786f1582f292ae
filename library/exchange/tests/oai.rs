//! OAI-PMH: each verb, each error, and a harvest.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use tram_exchange::oai::{Description, Identity, Item, Page, Query, Repository, Set, Stamp, respond};

const NOW: Stamp = Stamp(1_795_478_400);

struct School {
    items: Vec<Item>,
    sets: bool,
}

impl School {
    /// So many records, every tenth withdrawn, three in each second.
    fn of(count: usize) -> Self {
        let item = |at: usize| {
            let subject = if at.is_multiple_of(2) { "toan" } else { "van" };
            let about = Description {
                title: format!("Bài {at}: phân số & <tỉ lệ>"),
                creators: vec!["Nguyễn Thị Hoa".into()],
                keywords: vec!["phân số".into()],
                summary: "Học sinh làm quen.\u{1}".into(),
                publisher: "Trường THCS Nguyễn Du".into(),
                date: "2026-11-20".into(),
                kind: "Bài giảng".into(),
                lom_kind: "lecture".into(),
                formats: vec!["application/pdf".into(), "video/mp4".into()],
                size: Some(1_234),
                url: format!("https://tram.local/materials/items/{at}"),
                language: "vi".into(),
                curriculum: vec![vec!["Toán".into(), "Lớp 6".into(), "Chương VI".into()]],
                outcomes: vec![("T6.1".into(), "Nhận biết được phân số".into())],
                grade: "lớp 6".into(),
                minutes: 45,
                version: "2".into(),
                rights: "CC BY 4.0".into(),
                restricted: true,
                ..Description::default()
            };
            Item {
                id: format!("item{at:04}"),
                stamp: Stamp(1_795_000_000 + at as i64 / 3),
                sets: vec![format!("mon:{subject}")],
                about: (at % 10 != 9).then(|| Box::new(about)),
            }
        };
        Self { items: (0..count).map(item).collect(), sets: true }
    }
}

impl Repository for School {
    type Error = ();

    fn identity(&self) -> Result<Identity, ()> {
        Ok(Identity {
            name: "Kho học liệu Trường THCS Nguyễn Du".into(),
            base_url: "https://tram.local/materials/oai".into(),
            namespace: "tram-00ff.local".into(),
            admin_email: "thuvien@example.edu.vn".into(),
            earliest: Stamp(1_795_000_000),
        })
    }

    fn sets(&self) -> Result<Vec<Set>, ()> {
        let set = |spec: &str, name: &str| Set { spec: spec.into(), name: name.into() };
        Ok(if self.sets { vec![set("mon:toan", "Toán"), set("mon:van", "Ngữ văn")] } else { Vec::new() })
    }

    fn item(&self, id: &str) -> Result<Option<Item>, ()> {
        Ok(self.items.iter().find(|item| item.id == id).cloned())
    }

    fn page(&self, query: &Query) -> Result<Page, ()> {
        let fits = |item: &&Item| {
            let here = (item.stamp, item.id.clone());
            query.from.is_none_or(|from| item.stamp >= from)
                && query.until.is_none_or(|until| item.stamp <= until)
                && query.after.as_ref().is_none_or(|after| here > *after)
                && query
                    .set
                    .as_ref()
                    .is_none_or(|set| item.sets.iter().any(|own| own == set || own.starts_with(&format!("{set}:"))))
        };
        let mut items: Vec<Item> = self.items.iter().filter(fits).take(query.limit + 1).cloned().collect();
        let more = items.len() > query.limit;
        items.truncate(query.limit);
        Ok(Page { items, more })
    }
}

fn ask(school: &School, query: &str) -> String {
    let arguments: Vec<(&str, &str)> = query.split('&').filter_map(|part| part.split_once('=')).collect();
    let reply = respond(school, &arguments, NOW, "en").unwrap();
    well_formed(&reply);
    reply
}

/// Well-formed, every element closed, and nothing that XML forbids.
fn well_formed(xml: &str) {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(start) => {
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
                open += 1;
            }
            quick_xml::events::Event::End(_) => open -= 1,
            quick_xml::events::Event::Eof => break,
            _ => (),
        }
    }
    assert_eq!(open, 0);
    assert!(!xml.contains('\u{1}'));
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

fn code(reply: &str) -> String {
    between(reply, "<error code=\"", "\"").first().map_or_else(String::new, |code| (*code).to_owned())
}

#[test]
fn the_verbs() {
    let school = School::of(12);
    for (name, query) in [
        ("identify", "verb=Identify"),
        ("formats", "verb=ListMetadataFormats"),
        ("sets", "verb=ListSets"),
        ("record-dc", "verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:tram-00ff.local:item0003"),
        ("record-lom", "verb=GetRecord&metadataPrefix=lom&identifier=oai:tram-00ff.local:item0003"),
        ("record-deleted", "verb=GetRecord&metadataPrefix=lom&identifier=oai:tram-00ff.local:item0009"),
        ("identifiers", "verb=ListIdentifiers&metadataPrefix=oai_dc&from=2026-11-18T11:06:42Z"),
    ] {
        insta::assert_snapshot!(name, ask(&school, query).replace("><", ">\n<"));
    }
}

#[test]
fn the_errors() {
    let school = School::of(120);
    let id = "identifier=oai:tram-00ff.local:item0003";
    let token = between(&ask(&school, "verb=ListRecords&metadataPrefix=lom"), "<resumptionToken cursor=\"0\">", "<")[0]
        .to_owned();
    let cases = [
        ("", "badVerb"),
        ("verb=nonsense", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=identify", "badVerb"),
        ("verb=Identify&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=hôm nay", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-02&until=2026-11-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-02&until=2026-11-03T00:00:00Z", "badArgument"),
        (&format!("verb=ListRecords&metadataPrefix=lom&resumptionToken={token}"), "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        (&format!("verb=GetRecord&{id}"), "badArgument"),
        ("verb=ListRecords&resumptionToken=made-up", "badResumptionToken"),
        (&format!("verb=ListRecords&resumptionToken={token}x!"), "badResumptionToken"),
        ("verb=ListSets&resumptionToken=1", "badResumptionToken"),
        ("verb=ListRecords&metadataPrefix=marcxml", "cannotDisseminateFormat"),
        (&format!("verb=GetRecord&metadataPrefix=x&{id}"), "cannotDisseminateFormat"),
        ("verb=GetRecord&metadataPrefix=lom&identifier=oai:elsewhere:item0003", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=lom&identifier=oai:tram-00ff.local:none", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=none", "idDoesNotExist"),
        ("verb=ListRecords&metadataPrefix=lom&from=2030-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=lom&until=1999-12-31", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=lom&set=mon:hoa", "noRecordsMatch"),
    ];
    for (query, expected) in cases {
        let reply = ask(&school, query);
        assert_eq!(code(&reply), expected, "{query}: {reply}");
        // What was not understood is not repeated in the answer.
        let repeats = reply.contains("<request verb=");
        assert_eq!(repeats, !matches!(expected, "badVerb" | "badArgument"), "{query}");
    }
    let flat = School { sets: false, ..School::of(3) };
    assert_eq!(code(&ask(&flat, "verb=ListSets")), "noSetHierarchy");
    assert_eq!(code(&ask(&flat, "verb=ListRecords&metadataPrefix=lom&set=mon:toan")), "noSetHierarchy");
    assert_eq!(code(&ask(&School::of(0), "verb=ListIdentifiers&metadataPrefix=lom")), "noRecordsMatch");
}

fn harvest(school: &School, verb: &str, first: &str) -> (Vec<String>, usize) {
    let mut query = format!("verb={verb}&{first}");
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let reply = ask(school, &query);
        assert_eq!(code(&reply), "", "{query}");
        found.extend(between(&reply, "<identifier>oai:", "<").into_iter().map(str::to_owned));
        pages += 1;
        match between(&reply, "<resumptionToken cursor=", "</resumptionToken>")
            .first()
            .map(|rest| rest.split_once('>').unwrap().1)
        {
            Some(token) if !token.is_empty() => query = format!("verb={verb}&resumptionToken={token}"),
            _ => return (found, pages),
        }
    }
}

#[test]
fn a_harvest_has_each_record_once() {
    let school = School::of(230);
    for verb in ["ListRecords", "ListIdentifiers"] {
        let (found, pages) = harvest(&school, verb, "metadataPrefix=oai_dc");
        assert_eq!((found.len(), pages), (230, 5));
        let unique: BTreeMap<&String, ()> = found.iter().map(|id| (id, ())).collect();
        assert_eq!(unique.len(), 230);
    }
    let (found, _) = harvest(&school, "ListRecords", "metadataPrefix=lom&set=mon:toan");
    assert_eq!(found.len(), 115);
    // A set holds those below it.
    assert_eq!(harvest(&school, "ListRecords", "metadataPrefix=lom&set=mon").0.len(), 230);
    // Exactly one page: no token at all. One more: a second page that ends the list.
    assert_eq!(harvest(&School::of(50), "ListRecords", "metadataPrefix=lom").1, 1);
    assert!(!ask(&School::of(50), "verb=ListRecords&metadataPrefix=lom").contains("resumptionToken"));
    assert_eq!(harvest(&School::of(51), "ListRecords", "metadataPrefix=lom").1, 2);
}

#[test]
fn from_and_until_hold_their_own_ends() {
    let school = School::of(30);
    let (found, _) =
        harvest(&school, "ListIdentifiers", "metadataPrefix=lom&from=2026-11-18T11:06:41Z&until=2026-11-18T11:06:42Z");
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(harvest(&school, "ListIdentifiers", "metadataPrefix=lom&from=2026-11-18&until=2026-11-18").0.len(), 30);
}

#[test]
fn the_withdrawn_are_headers_that_say_so() {
    let reply = ask(&School::of(30), "verb=ListRecords&metadataPrefix=oai_dc");
    assert_eq!(reply.matches("<header status=\"deleted\">").count(), 3);
    assert_eq!(reply.matches("<metadata>").count(), 27);
}

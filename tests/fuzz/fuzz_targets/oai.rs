//! A question of OAI-PMH from anywhere: any arguments get well-formed XML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tram_exchange::oai::{Description, Identity, Item, Page, Query, Repository, Set, Stamp, respond};

struct One;

impl Repository for One {
    type Error = ();
    fn identity(&self) -> Result<Identity, ()> {
        let text = || "x".to_owned();
        Ok(Identity { name: text(), base_url: text(), namespace: text(), admin_email: text(), earliest: Stamp(0) })
    }
    fn sets(&self) -> Result<Vec<Set>, ()> {
        Ok(vec![Set { spec: "a:b".into(), name: "a".into() }])
    }
    fn item(&self, id: &str) -> Result<Option<Item>, ()> {
        let about = Description { title: id.to_owned(), creators: vec![id.to_owned()], ..Description::default() };
        Ok(Some(Item { id: id.to_owned(), stamp: Stamp(0), sets: Vec::new(), about: Some(Box::new(about)) }))
    }
    fn page(&self, query: &Query) -> Result<Page, ()> {
        let id = query.after.as_ref().map_or("a", |(_, id)| id.as_str());
        Ok(Page { items: self.item(id)?.into_iter().collect(), more: true })
    }
}

fuzz_target!(|text: &str| {
    let arguments: Vec<(&str, &str)> = text.split('&').filter_map(|part| part.split_once('=')).collect();
    let Ok(reply) = respond(&One, &arguments, Stamp(0), "vi") else { return };
    let mut reader = quick_xml::Reader::from_str(&reply);
    while !matches!(reader.read_event().expect("well-formed"), quick_xml::events::Event::Eof) {}
});

//! The declared collections, and names interned to numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Error;
use crate::model::{CollectionSpec, History};
use crate::value::{Dictionaries, Dictionary};

/// A declared collection.
#[derive(Debug, Clone)]
pub(crate) struct Collection {
    pub(crate) id: u32,
    pub(crate) owner: Arc<str>,
    pub(crate) spec: CollectionSpec,
    /// Dictionary that its new values are packed with.
    pub(crate) dictionary: Option<Arc<Dictionary>>,
}

impl Collection {
    pub(crate) fn is_scratch(&self) -> bool {
        self.spec.history == History::Scratch
    }

    /// Number and personal flag of an index.
    pub(crate) fn index(&self, name: &str) -> Result<(u16, bool), Error> {
        self.spec
            .indexes
            .iter()
            .zip(0u16..)
            .find(|(i, _)| i.name == name)
            .map(|(i, n)| (n, i.personal))
            .ok_or_else(|| Error::NoIndex { collection: self.spec.name.clone(), index: name.to_owned() })
    }
}

/// All that is declared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalog {
    names: HashMap<String, HashMap<String, Arc<Collection>>>,
    numbers: HashMap<u32, Arc<Collection>>,
    pub(crate) dictionaries: Arc<Dictionaries>,
}

/// Longest name of an owner, collection or index, bytes.
pub(crate) const MAX_NAME: usize = 64;

impl Catalog {
    pub(crate) fn get(&self, owner: &str, collection: &str) -> Result<&Arc<Collection>, Error> {
        self.names
            .get(owner)
            .and_then(|c| c.get(collection))
            .ok_or_else(|| Error::NoCollection { owner: owner.to_owned(), collection: collection.to_owned() })
    }

    pub(crate) fn by_number(&self, id: u32) -> Result<&Arc<Collection>, Error> {
        self.numbers.get(&id).ok_or(Error::Malformed("collection that was never declared"))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Collection>> {
        self.numbers.values()
    }

    pub(crate) fn of_owner(&self, owner: &str) -> Vec<Arc<Collection>> {
        let mut all: Vec<_> = self.names.get(owner).into_iter().flat_map(|c| c.values().cloned()).collect();
        all.sort_by_key(|c| c.id);
        all
    }

    /// The number that the next new collection gets.
    pub(crate) fn next_number(&self) -> u32 {
        self.numbers.keys().max().map_or(1, |n| n + 1)
    }

    pub(crate) fn insert(&mut self, owner: &str, id: u32, spec: CollectionSpec) {
        let dictionary = self.numbers.get(&id).and_then(|c| c.dictionary.clone());
        self.put(Collection { id, owner: owner.into(), spec, dictionary });
    }

    pub(crate) fn insert_dictionary(&mut self, id: u32, collection: u32, bytes: &[u8]) {
        let dictionary = Arc::new(Dictionary::new(id, bytes));
        Arc::make_mut(&mut self.dictionaries).insert(id, Arc::clone(&dictionary));
        if let Some(old) = self.numbers.get(&collection) {
            self.put(Collection { dictionary: Some(dictionary), ..Collection::clone(old) });
        }
    }

    fn put(&mut self, collection: Collection) {
        let collection = Arc::new(collection);
        self.numbers.insert(collection.id, Arc::clone(&collection));
        self.names.entry(collection.owner.to_string()).or_default().insert(collection.spec.name.clone(), collection);
    }
}

/// Checks a declaration by itself and against the one before.
pub(crate) fn check(owner: &str, spec: &CollectionSpec, before: Option<&Collection>) -> Result<(), Error> {
    let bad = |why: &str| Err(Error::Declaration(format!("{owner}/{}: {why}", spec.name)));
    let name_ok = |n: &str| !n.is_empty() && n.len() <= MAX_NAME && !n.contains('\0');
    if !name_ok(owner) || !name_ok(&spec.name) || !spec.indexes.iter().all(|i| name_ok(&i.name)) {
        return bad("names have 1 to 64 bytes");
    }
    if spec.indexes.len() > 64 {
        return bad("at most 64 indexes");
    }
    for (n, index) in spec.indexes.iter().enumerate() {
        if spec.indexes.iter().take(n).any(|other| other.name == index.name) {
            return bad("an index is named twice");
        }
        if spec.public && index.personal {
            return bad("a public collection has no personal index");
        }
    }
    let Some(before) = before else { return Ok(()) };
    if before.is_scratch() != (spec.history == History::Scratch) {
        return bad("a collection cannot become scratch, nor cease to be");
    }
    if before.spec.public != spec.public {
        return bad("public cannot change: commitments and dictionary depend on it");
    }
    if spec.schema < before.spec.schema {
        return bad("the schema number cannot fall");
    }
    if !spec.indexes.starts_with(&before.spec.indexes) {
        return bad("indexes can only be added, at the end");
    }
    Ok(())
}

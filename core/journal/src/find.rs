//! Lookups in a secondary index, with the changes of a transaction laid over the snapshot.

use std::collections::HashMap;
use std::ops::Bound;

use crate::Error;
use crate::catalog::Collection;
use crate::core::Core;
use crate::model::{Page, Row, TermMatch, successor};
use crate::tables::{key_of_term, term_exact, term_key, term_prefix};
use crate::txn::Change;
use crate::view::View;

/// A lookup in terms of the terms table.
#[derive(Debug)]
pub(crate) struct Query {
    index: u16,
    /// Every key of the table that matches begins so.
    prefix: Vec<u8>,
    low: Bound<Vec<u8>>,
    /// Terms of the transaction's own changes are hashed with it for comparison.
    personal: Option<[u8; 32]>,
}

/// What a lookup gave and what it depended on.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) page: Page,
    /// The stretch of the terms table that was seen.
    pub(crate) low: Bound<Vec<u8>>,
    pub(crate) high: Bound<Vec<u8>>,
    /// Rows that were read.
    pub(crate) read: Vec<Vec<u8>>,
}

/// A personal term as it is stored: a hash keyed for this station, collection and index.
pub(crate) fn hide(key: &[u8; 32], collection: u32, index: u16, term: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&collection.to_le_bytes());
    hasher.update(&index.to_le_bytes());
    hasher.update(term);
    hasher.finalize().as_bytes().iter().take(16).copied().collect()
}

impl Query {
    pub(crate) fn new(
        core: &Core,
        collection: &Collection,
        index: &str,
        term: &[u8],
        how: TermMatch,
        after: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let (number, personal) = collection.index(index)?;
        let prefix = match (how, personal) {
            (TermMatch::Exact, false) => term_exact(collection.id, number, term),
            (TermMatch::Exact, true) => {
                term_exact(collection.id, number, &hide(&core.index_key, collection.id, number, term))
            }
            (TermMatch::Prefix, false) => term_prefix(collection.id, number, term),
            (TermMatch::Prefix, true) => {
                return Err(Error::Limit("a personal index answers exact lookups only"));
            }
        };
        let low = match after {
            Some(after) if after.starts_with(&prefix) => Bound::Excluded(after.to_vec()),
            Some(_) => return Err(Error::Limit("this place belongs to another lookup")),
            None => Bound::Included(prefix.clone()),
        };
        Ok(Self { index: number, prefix, low, personal: personal.then_some(core.index_key) })
    }
}

/// The place of a row in a lookup: where its smallest matching term stands. `own` is
/// what the transaction itself made of the row.
pub(crate) fn place(
    view: &View,
    collection: &Collection,
    index: &str,
    term: &[u8],
    how: TermMatch,
    key: &[u8],
    own: Option<&Change>,
) -> Result<Option<Vec<u8>>, Error> {
    let (number, personal) = collection.index(index)?;
    if how == TermMatch::Exact {
        let hidden = personal.then(|| hide(&view.core().index_key, collection.id, number, term));
        return Ok(Some(term_key(collection.id, number, hidden.as_deref().unwrap_or(term), key)));
    }
    let terms = match own {
        Some(change) => change.write.as_ref().map(|write| write.terms.clone()).unwrap_or_default(),
        None => view.terms_of(collection, key)?,
    };
    let first = terms.into_iter().filter(|(at, own)| *at == number && own.starts_with(term)).map(|(_, own)| own).min();
    Ok(first.map(|first| term_key(collection.id, number, &first, key)))
}

/// Runs a lookup.
pub(crate) fn run(
    view: &View,
    collection: &Collection,
    query: &Query,
    own: &[&Change],
    limit: usize,
) -> Result<Found, Error> {
    let high = successor(&query.prefix).map_or(Bound::Unbounded, Bound::Excluded);
    let changed: HashMap<&[u8], &Change> = own.iter().map(|c| (c.key.as_slice(), *c)).collect();
    // Each changed row may fall out of the page once for each of its terms.
    let wanted = limit.saturating_add(1);
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut from = query.low.clone();
    loop {
        let step =
            view.terms(collection, from.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice), wanted)?;
        let full = step.len() >= wanted;
        if let Some(last) = step.last() {
            from = Bound::Excluded(last.clone());
        }
        for tkey in step {
            if !changed.contains_key(key_of_term(&tkey)?) {
                found.push(tkey);
            }
        }
        if !full || found.len() >= wanted {
            break;
        }
    }
    for change in own {
        for (index, term) in change.write.iter().flat_map(|w| &w.terms).filter(|(i, _)| *i == query.index) {
            let tkey = match &query.personal {
                Some(key) => term_key(collection.id, *index, &hide(key, collection.id, *index, term), &change.key),
                None => term_key(collection.id, *index, term, &change.key),
            };
            let behind = match &query.low {
                Bound::Included(low) => tkey >= *low,
                Bound::Excluded(low) => tkey > *low,
                Bound::Unbounded => true,
            };
            if tkey.starts_with(&query.prefix) && behind {
                found.push(tkey);
            }
        }
    }
    found.sort_unstable();
    let more = found.len() > limit;
    found.truncate(limit);
    let mut rows = Vec::with_capacity(found.len());
    let mut read = Vec::new();
    for tkey in &found {
        let key = key_of_term(tkey)?;
        match changed.get(key).and_then(|c| c.write.as_ref()) {
            Some(w) => rows.push(Row { key: key.to_vec(), value: w.value.clone(), version: 0, schema: w.schema }),
            None => {
                rows.extend(view.row(collection, key)?);
                read.push(key.to_vec());
            }
        }
    }
    let next = found.last().filter(|_| more).cloned();
    let seen_to = next.clone().map_or(high, Bound::Included);
    Ok(Found { page: Page { rows, more, next }, low: query.low.clone(), high: seen_to, read })
}

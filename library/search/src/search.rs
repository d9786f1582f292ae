//! One search: checks, counts, hits, passages, spelling.

use std::collections::BTreeMap;

use tantivy::schema::Value;
use tantivy::{DocAddress, TantivyDocument};
use tram_contract::search::{Hit, SearchReply, SearchRequest, Snippet, Sort};

use crate::compile::Compiler;
use crate::count::{Counted, Facet, count};
use crate::error::Error;
use crate::index::Index;
use crate::key::Keys;
use crate::layout::{Kind, WRITTEN};
use crate::snippet::Marker;
use crate::top::{self, Order, Page, Sorted};
use crate::visibility::Visibility;
use crate::{COUNT_LIMIT, PAGE_LIMIT};

/// Another spelling is proposed when fewer hits than this were found.
const FEW: u64 = 3;

impl Index {
    /// Answers a search for a reader with these visibility tokens.
    ///
    /// [`SearchReply::lagging`] is the caller's to set: it knows what the reader
    /// saved last.
    ///
    /// # Errors
    /// [`Error::Field`] for fields that are not there or cannot do what is
    /// asked, [`Error::TooComplex`], [`Error::TooDeep`] beyond 10,000 hits,
    /// [`Error::Engine`].
    pub fn search(&self, request: &SearchRequest, visibility: &[String]) -> Result<SearchReply, Error> {
        let limit = request.limit.min(PAGE_LIMIT);
        if request.offset.saturating_add(limit) as u64 > COUNT_LIMIT {
            return Err(Error::TooDeep);
        }
        let searcher = self.searcher();
        let visible = Visibility::new(&searcher, &self.layout, visibility)?;
        let mut compiler = Compiler { layout: &self.layout, searcher: &searcher, visibility: &visible, relaxed: false };
        let mut counted = self.count(&compiler, request)?;
        let strict = counted.total;
        if strict == 0 && request.relax {
            compiler.relaxed = true;
            counted = self.count(&compiler, request)?;
        }
        let mut reply = SearchReply {
            total: counted.total,
            exact: counted.exact,
            facets: counted.facets,
            relaxed: compiler.relaxed && counted.total > 0,
            ..SearchReply::default()
        };
        if limit > 0 && reply.total > request.offset as u64 {
            reply.hits = self.hits(&compiler, request, Page { offset: request.offset, limit })?;
        }
        if request.spelling && strict < FEW && !visible.is_nothing() {
            reply.spelling = self.spelling(&searcher, &request.query, &visible, strict)?;
        }
        Ok(reply)
    }

    /// Counts hits and facets. A field that is filtered by is counted without
    /// its own choices: they are alternatives to each other.
    fn count(&self, compiler: &Compiler<'_>, request: &SearchRequest) -> Result<Counted, Error> {
        let facets = request
            .facets
            .iter()
            .map(|(name, most)| Facet::new(&self.layout, name, *most).map(|facet| (name, facet)))
            .collect::<Result<Vec<_>, _>>()?;
        let chosen = |name: &str| request.filters.contains_key(name);
        let plain: Vec<Facet<'_>> = facets.iter().filter(|(name, _)| !chosen(name)).map(|&(_, facet)| facet).collect();
        let query = compiler.matching(&request.query, &request.filters, None)?;
        let mut counted = count(compiler.searcher, &query, &plain)?;
        for (name, facet) in facets.iter().filter(|(name, _)| chosen(name)) {
            let query = compiler.matching(&request.query, &request.filters, Some(name))?;
            let mut own = count(compiler.searcher, &query, &[*facet])?;
            counted.exact &= own.exact;
            counted.facets.append(&mut own.facets);
        }
        Ok(counted)
    }

    fn hits(&self, compiler: &Compiler<'_>, request: &SearchRequest, page: Page) -> Result<Vec<Hit>, Error> {
        let searcher = compiler.searcher;
        let scored: Vec<(f32, DocAddress)> = match &request.sort {
            Sort::Relevance => {
                let plan = compiler.plan(&request.query, &request.filters)?;
                top::by_score(searcher, &self.layout, &plan, page)?
            }
            Sort::Newest => self.sorted(
                compiler,
                request,
                Order { column: WRITTEN, kind: Sorted::Written, descending: true },
                page,
            )?,
            Sort::Field { name, descending } => {
                let entry = self.layout.entry(name)?;
                let Some(column) = &entry.sort else {
                    return Err(Error::field(name, "the schema does not mark it for sorting"));
                };
                let kind = match entry.kind {
                    Kind::Number { .. } => Sorted::Numbers,
                    Kind::Text(_) | Kind::Keyword { .. } => Sorted::Keys,
                };
                self.sorted(compiler, request, Order { column, kind, descending: *descending }, page)?
            }
        };
        let marker = request.snippets.then(|| Marker::new(&request.query));
        let mut keys = Keys::new(searcher, &self.layout);
        let hit = |(score, address)| {
            let key = keys.of(address)?;
            let snippets = match &marker {
                Some(marker) => self.snippets(&searcher.doc(address)?, marker),
                None => Vec::new(),
            };
            Ok(Hit { key, score, snippets })
        };
        scored.into_iter().map(hit).collect()
    }

    fn sorted(
        &self,
        compiler: &Compiler<'_>,
        request: &SearchRequest,
        order: Order<'_>,
        page: Page,
    ) -> Result<Vec<(f32, DocAddress)>, Error> {
        let query = compiler.matching(&request.query, &request.filters, None)?;
        let addresses = top::by_column(compiler.searcher, &query, order, page)?;
        Ok(addresses.into_iter().map(|address| (0.0, address)).collect())
    }

    /// The best passage of each stored field.
    fn snippets(&self, document: &TantivyDocument, marker: &Marker) -> Vec<Snippet> {
        let mut best: BTreeMap<&str, Snippet> = BTreeMap::new();
        for (name, entry) in &self.layout.fields {
            let Kind::Text(field) = &entry.kind else {
                continue;
            };
            let Some(stored) = field.stored else { continue };
            for (place, value) in (0..).zip(document.get_all(stored)) {
                let Some(passage) = value.as_str().and_then(|text| marker.passage(name, place, text)) else {
                    continue;
                };
                if best.get(name.as_str()).is_none_or(|other| passage.marks.len() > other.marks.len()) {
                    best.insert(name, passage);
                }
            }
        }
        best.into_values().collect()
    }
}

//! Counting hits and the values of facets.

use std::collections::{BTreeMap, HashMap};

use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::{DocId, DocSet, Searcher, SegmentReader, TERMINATED};
use tram_contract::search::FacetCount;

use crate::COUNT_LIMIT;
use crate::error::Error;
use crate::layout::{Kind, Layout};

/// A field to count the values of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facet<'a> {
    name: &'a str,
    column: &'a str,
    number: bool,
    /// How many values to answer.
    most: usize,
}

impl<'a> Facet<'a> {
    /// The facet of a field that the schema marks so.
    pub(crate) fn new(layout: &'a Layout, name: &'a str, most: usize) -> Result<Self, Error> {
        let entry = layout.entry(name)?;
        let (number, facet) = match entry.kind {
            Kind::Keyword { facet, .. } => (false, facet),
            Kind::Number { facet, .. } => (true, facet),
            Kind::Text(_) => (false, false),
        };
        if !facet {
            return Err(Error::field(name, "the schema does not mark it as a facet"));
        }
        Ok(Facet { name, column: &entry.column, number, most })
    }
}

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// Hits, [`COUNT_LIMIT`] at most.
    pub total: u64,
    /// The limit was not reached: everything was counted.
    pub exact: bool,
    /// Values by field, the most frequent first.
    pub facets: BTreeMap<String, Vec<FacetCount>>,
}

/// Counts what a query finds and the values that the hits carry. It stops at
/// the limit, so it costs the same on any size of index.
pub(crate) fn count(searcher: &Searcher, query: &dyn EngineQuery, facets: &[Facet<'_>]) -> Result<Counted, Error> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut values: Vec<HashMap<String, u64>> = vec![HashMap::new(); facets.len()];
    let mut counted = Counted { total: 0, exact: true, facets: BTreeMap::new() };
    'segments: for segment in searcher.segment_readers() {
        let mut tallies = facets.iter().map(|facet| Tally::new(segment, facet)).collect::<Result<Vec<_>, _>>()?;
        let mut scorer = weight.scorer(segment, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED && counted.exact {
            if !segment.is_deleted(doc) {
                if counted.total == COUNT_LIMIT {
                    counted.exact = false;
                    break;
                }
                counted.total += 1;
                for tally in &mut tallies {
                    tally.add(doc);
                }
            }
            doc = scorer.advance();
        }
        for (tally, values) in tallies.into_iter().zip(&mut values) {
            tally.collect(values)?;
        }
        if !counted.exact {
            break 'segments;
        }
    }
    for (facet, values) in facets.iter().zip(values) {
        counted.facets.insert(facet.name.to_owned(), most_frequent(values, facet.most));
    }
    Ok(counted)
}

fn most_frequent(values: HashMap<String, u64>, most: usize) -> Vec<FacetCount> {
    let mut counts: Vec<FacetCount> = values.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    counts.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    counts.truncate(most);
    counts
}

/// The counts of one facet in one segment.
enum Tally {
    /// The segment has no value of the field.
    Nothing,
    /// By the ordinal of the value in the segment's dictionary.
    Words {
        column: StrColumn,
        counts: Vec<u32>,
    },
    Numbers {
        column: Column<i64>,
        counts: HashMap<i64, u64>,
    },
}

impl Tally {
    fn new(segment: &SegmentReader, facet: &Facet<'_>) -> Result<Self, Error> {
        if facet.number {
            return Ok(match segment.fast_fields().column_opt(facet.column)? {
                Some(column) => Tally::Numbers { column, counts: HashMap::new() },
                None => Tally::Nothing,
            });
        }
        Ok(match segment.fast_fields().str(facet.column)? {
            Some(column) => {
                let counts = vec![0; column.num_terms()];
                Tally::Words { column, counts }
            }
            None => Tally::Nothing,
        })
    }

    fn add(&mut self, doc: DocId) {
        match self {
            Tally::Nothing => {}
            Tally::Words { column, counts } => {
                for ordinal in column.term_ords(doc) {
                    if let Some(count) = usize::try_from(ordinal).ok().and_then(|place| counts.get_mut(place)) {
                        *count += 1;
                    }
                }
            }
            Tally::Numbers { column, counts } => {
                for number in column.values_for_doc(doc) {
                    *counts.entry(number).or_default() += 1;
                }
            }
        }
    }

    /// Adds the segment's counts to those of the others, by value.
    fn collect(self, values: &mut HashMap<String, u64>) -> Result<(), Error> {
        match self {
            Tally::Nothing => {}
            Tally::Words { column, counts } => {
                let found: Vec<(u64, u32)> = (0..).zip(counts).filter(|&(_, count)| count > 0).collect();
                let ordinals: Vec<u64> = found.iter().map(|&(ordinal, _)| ordinal).collect();
                let mut counts = found.iter().map(|&(_, count)| u64::from(count));
                column.dictionary().sorted_ords_to_term_cb(&ordinals, |value| {
                    let count = counts.next().unwrap_or(0);
                    if let Ok(value) = std::str::from_utf8(value) {
                        *values.entry(value.to_owned()).or_default() += count;
                    }
                })?;
            }
            Tally::Numbers { counts, .. } => {
                for (number, count) in counts {
                    *values.entry(number.to_string()).or_default() += count;
                }
            }
        }
        Ok(())
    }
}

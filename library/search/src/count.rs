//! Counting hits and the values of facets.

use std::cmp::Reverse;
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
    let mut tallies: Vec<Vec<Tally>> = facets.iter().map(|_| Vec::new()).collect();
    let mut counted = Counted { total: 0, exact: true, facets: BTreeMap::new() };
    for segment in searcher.segment_readers() {
        let mut scorer = weight.scorer(segment, 1.0)?;
        let mut doc = scorer.doc();
        if doc == TERMINATED {
            continue;
        }
        let mut own = facets.iter().map(|facet| Tally::new(segment, facet)).collect::<Result<Vec<_>, _>>()?;
        while doc != TERMINATED {
            if !segment.is_deleted(doc) {
                if counted.total == COUNT_LIMIT {
                    counted.exact = false;
                    break;
                }
                counted.total += 1;
                for tally in &mut own {
                    tally.add(doc);
                }
            }
            doc = scorer.advance();
        }
        for (tally, all) in own.into_iter().zip(&mut tallies) {
            all.push(tally);
        }
        if !counted.exact {
            break;
        }
    }
    for (facet, tallies) in facets.iter().zip(tallies) {
        counted.facets.insert(facet.name.to_owned(), values(tallies, facet.most)?);
    }
    Ok(counted)
}

/// The most frequent values of all segments. Values are read only where they can be
/// among them: an ordinal is a number, a value has to be found in its dictionary.
fn values(tallies: Vec<Tally>, most: usize) -> Result<Vec<FacetCount>, Error> {
    let mut found: HashMap<String, u64> = HashMap::new();
    let mut words: Vec<(StrColumn, Vec<(u64, u64)>)> = Vec::new();
    for tally in tallies {
        match tally {
            Tally::Nothing => {}
            Tally::Numbers { counts, .. } => {
                for (number, count) in counts {
                    *found.entry(number.to_string()).or_default() += count;
                }
            }
            Tally::Words { column, counts } => words.push((column, counts.by_ordinal())),
        }
    }
    let largest = (0..words.len()).max_by_key(|&place| words.get(place).map_or(0, |(_, counts)| counts.len()));
    let Some((column, mut counts)) = largest.map(|place| words.swap_remove(place)) else {
        return Ok(most_frequent(found, most));
    };
    for (other, counts) in words {
        let mut ordinals = counts.iter();
        read(&other, &counts, &mut |value| {
            let count = ordinals.next().map_or(0, |&(_, count)| count);
            *found.entry(value.to_owned()).or_default() += count;
        })?;
    }
    // What the other segments have is known by its value, and looked up here.
    for (value, count) in &mut found {
        if let Some(ordinal) = column.dictionary().term_ord(value.as_bytes())?
            && let Ok(place) = counts.binary_search_by_key(&ordinal, |&(ordinal, _)| ordinal)
            && let Some((_, here)) = counts.get_mut(place)
        {
            *count += std::mem::take(here);
        }
    }
    // Of the rest only the most frequent can be among the most frequent of all; ordinals
    // are in the order of the values.
    counts.sort_unstable_by_key(|&(ordinal, count)| (Reverse(count), ordinal));
    counts.truncate(most);
    counts.retain(|&(_, count)| count > 0);
    counts.sort_unstable();
    let mut ordinals = counts.iter();
    read(&column, &counts, &mut |value| {
        let count = ordinals.next().map_or(0, |&(_, count)| count);
        found.insert(value.to_owned(), count);
    })?;
    Ok(most_frequent(found, most))
}

/// Reads the values of rising ordinals, in order.
fn read(column: &StrColumn, counts: &[(u64, u64)], take: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let ordinals: Vec<u64> = counts.iter().map(|&(ordinal, _)| ordinal).collect();
    column.dictionary().sorted_ords_to_term_cb(&ordinals, |value| {
        // Columns of text hold nothing else; a value that were none would still need its turn.
        take(std::str::from_utf8(value).unwrap_or_default());
    })?;
    Ok(())
}

fn most_frequent(values: HashMap<String, u64>, most: usize) -> Vec<FacetCount> {
    let mut counts: Vec<FacetCount> = values.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
    counts.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    counts.truncate(most);
    counts
}

/// Fields of no more values than this have a count kept for each.
const FEW_VALUES: usize = 4_096;

/// Counts by the ordinal of a value in a segment's dictionary.
enum Counts {
    /// One for each value there is.
    Dense(Vec<u32>),
    /// The ordinals as they came: fewer than there are values, in most searches by far.
    Seen(Vec<u64>),
}

impl Counts {
    fn by_ordinal(self) -> Vec<(u64, u64)> {
        match self {
            Counts::Dense(counts) => {
                (0..).zip(counts).filter(|&(_, count)| count > 0).map(|(ord, count)| (ord, u64::from(count))).collect()
            }
            Counts::Seen(mut seen) => {
                seen.sort_unstable();
                let runs = seen.chunk_by(|one, other| one == other);
                runs.filter_map(|run| Some((*run.first()?, run.len() as u64))).collect()
            }
        }
    }
}

/// The counts of one facet in one segment.
enum Tally {
    /// The segment has no value of the field.
    Nothing,
    Words {
        column: StrColumn,
        counts: Counts,
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
                let terms = column.num_terms();
                let counts = if terms <= FEW_VALUES { Counts::Dense(vec![0; terms]) } else { Counts::Seen(Vec::new()) };
                Tally::Words { column, counts }
            }
            None => Tally::Nothing,
        })
    }

    fn add(&mut self, doc: DocId) {
        match self {
            Tally::Nothing => {}
            Tally::Words { column, counts: Counts::Seen(seen) } => seen.extend(column.term_ords(doc)),
            Tally::Words { column, counts: Counts::Dense(counts) } => {
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
}

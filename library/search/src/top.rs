//! The page of hits: the best by score, or the first by a column.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tantivy::columnar::{BytesColumn, Column};
use tantivy::query::{EnableScoring, Query as EngineQuery, Weight};
use tantivy::{DocAddress, DocId, DocSet, Searcher, SeekDangerResult, SegmentReader, TERMINATED, i64_to_u64};

use crate::compile::{Compiled, Plan};
use crate::error::Error;
use crate::layout::Layout;
use crate::weigh::Rarity;

/// Which part of the hits is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Hits to skip.
    pub offset: usize,
    /// Hits to return, at least one.
    pub limit: usize,
}

/// How many of the best by a simple score are looked at closely, for each
/// query of a shortlist.
const SHORTLIST: usize = 200;

/// The best hits with their scores.
pub(crate) fn by_score(
    searcher: &Searcher,
    layout: &Layout,
    plan: &Plan,
    page: Page,
) -> Result<Vec<(f32, DocAddress)>, Error> {
    let rarity = &Rarity::new(searcher, layout);
    let most = page.offset + page.limit;
    let filter = match &plan.filter {
        Some(filter) => Some(filter.weight(EnableScoring::disabled_from_searcher(searcher))?),
        None => None,
    };
    let mut best = Vec::new();
    if let Some(shortlist) = &plan.shortlist {
        let mut short: Vec<DocAddress> = Vec::new();
        for query in &shortlist.queries {
            let found = best_of(searcher, rarity, query, filter.as_deref(), SHORTLIST.max(most))?;
            short.extend(found.into_iter().map(|(_, address)| address));
        }
        short.sort_unstable();
        short.dedup();
        best = scores(searcher, rarity, &shortlist.parts, &short)?;
    }
    // A shortlist knows only the typed spelling, so it may be too short.
    if best.len() < most {
        best = best_of(searcher, rarity, &plan.scored, filter.as_deref(), most)?;
    }
    Ok(best.into_iter().skip(page.offset).take(page.limit).collect())
}

/// Better before worse; the same score in the order of documents.
fn better(one: &(f32, DocAddress), other: &(f32, DocAddress)) -> Ordering {
    other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1))
}

/// The best documents of a query that fulfil the filter. The engine hands out
/// only those that are better than the worst kept one.
fn best_of(
    searcher: &Searcher,
    rarity: &Rarity<'_>,
    query: &dyn EngineQuery,
    filter: Option<&dyn Weight>,
    most: usize,
) -> Result<Vec<(f32, DocAddress)>, Error> {
    let weight = query.weight(EnableScoring::enabled_from_statistics_provider(rarity, searcher))?;
    let mut best: BinaryHeap<Worst> = BinaryHeap::with_capacity(most + 1);
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        let mut allowed = match filter {
            Some(filter) => Some(filter.scorer(segment, 1.0)?),
            None => None,
        };
        let threshold = |best: &BinaryHeap<Worst>| match best.peek() {
            Some(worst) if best.len() >= most => worst.0.0,
            _ => f32::MIN,
        };
        let start = threshold(&best);
        weight.for_each_pruning(start, segment, &mut |doc, score| {
            let fulfils = allowed.as_mut().is_none_or(|allowed| {
                if allowed.doc() < doc {
                    allowed.seek(doc);
                }
                allowed.doc() == doc
            });
            if fulfils && !segment.is_deleted(doc) {
                best.push(Worst((score, DocAddress::new(ordinal, doc))));
                if best.len() > most {
                    best.pop();
                }
            }
            threshold(&best)
        })?;
    }
    let mut best: Vec<(f32, DocAddress)> = best.into_iter().map(|Worst(hit)| hit).collect();
    best.sort_by(better);
    Ok(best)
}

/// The scores of some documents, given in order, as the sum of parts that need
/// not match. The best come first.
fn scores(
    searcher: &Searcher,
    rarity: &Rarity<'_>,
    parts: &[Compiled],
    short: &[DocAddress],
) -> Result<Vec<(f32, DocAddress)>, Error> {
    let mut out: Vec<(f32, DocAddress)> = short.iter().map(|address| (0.0, *address)).collect();
    for part in parts {
        let weight = part.weight(EnableScoring::enabled_from_statistics_provider(rarity, searcher))?;
        for of_segment in out.chunk_by_mut(|one, other| one.1.segment_ord == other.1.segment_ord) {
            let Some((_, first)) = of_segment.first() else {
                continue;
            };
            let mut scorer = weight.scorer(searcher.segment_reader(first.segment_ord), 1.0)?;
            // Asks about each document and never for the next match, which in a
            // phrase of frequent words is far to seek.
            let mut settled = true;
            let mut next = scorer.doc();
            for (score, address) in of_segment {
                if next > address.doc_id {
                    continue;
                }
                if !(settled && next == address.doc_id) {
                    next = match scorer.seek_danger(address.doc_id) {
                        SeekDangerResult::Found => address.doc_id,
                        SeekDangerResult::SeekLowerBound(bound) => bound,
                    };
                    settled = next == address.doc_id;
                }
                if settled {
                    *score += scorer.score();
                }
            }
        }
    }
    out.sort_by(better);
    Ok(out)
}

/// A hit in a heap that has the worst on top.
struct Worst((f32, DocAddress));

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        better(&self.0, &other.0)
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worst {}

/// A column to sort by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    /// Name of the column.
    pub column: &'a str,
    /// What it holds.
    pub kind: Sorted,
    /// Largest first.
    pub descending: bool,
}

/// What a column to sort by holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// Collation keys.
    Keys,
    /// Whole numbers.
    Numbers,
    /// The number that rises with each document written.
    Written,
}

/// The first hits in the order of a column; those without a value come last,
/// whichever the direction.
pub(crate) fn by_column(
    searcher: &Searcher,
    query: &dyn EngineQuery,
    order: Order<'_>,
    page: Page,
) -> Result<Vec<DocAddress>, Error> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let most = page.offset + page.limit;
    let mut all: Vec<(Place, DocAddress)> = Vec::new();
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        let values = Values::open(segment, order)?;
        // The worst of the best is on top, so that one look rejects the rest.
        let mut best: BinaryHeap<(bool, u64, DocId)> = BinaryHeap::with_capacity(most + 1);
        let mut scorer = weight.scorer(segment, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            if !segment.is_deleted(doc) {
                let entry = match values.first(doc) {
                    Some(value) => (false, if order.descending { u64::MAX - value } else { value }, doc),
                    None => (true, 0, doc),
                };
                if best.len() < most {
                    best.push(entry);
                } else if best.peek().is_some_and(|worst| entry < *worst) {
                    best.pop();
                    best.push(entry);
                }
            }
            doc = scorer.advance();
        }
        for (_, value, doc) in best {
            let missing = values.first(doc).is_none();
            let value = if order.descending { u64::MAX - value } else { value };
            let place = if missing { Place::Last } else { values.place(value)? };
            all.push((place, DocAddress::new(ordinal, doc)));
        }
    }
    all.sort_by(|(one, at), (other, than)| one.compare(other, order.descending).then_with(|| at.cmp(than)));
    Ok(all.into_iter().skip(page.offset).take(page.limit).map(|(_, address)| address).collect())
}

/// A value that can be compared between segments.
#[derive(Debug)]
enum Place {
    Key(Vec<u8>),
    Number(u64),
    Last,
}

impl Place {
    fn compare(&self, other: &Place, descending: bool) -> Ordering {
        let ascending = match (self, other) {
            (Place::Last, Place::Last) => return Ordering::Equal,
            (Place::Last, _) => return Ordering::Greater,
            (_, Place::Last) => return Ordering::Less,
            (Place::Key(one), Place::Key(other)) => one.cmp(other),
            (Place::Number(one), Place::Number(other)) => one.cmp(other),
            (Place::Key(_), Place::Number(_)) | (Place::Number(_), Place::Key(_)) => Ordering::Equal,
        };
        if descending { ascending.reverse() } else { ascending }
    }
}

/// The values of a column in one segment, as numbers that sort alike there.
enum Values {
    Nothing,
    Keys(BytesColumn),
    Numbers(Column<i64>),
    Written(Column<u64>),
}

impl Values {
    fn open(segment: &SegmentReader, order: Order<'_>) -> Result<Self, Error> {
        let columns = segment.fast_fields();
        Ok(match order.kind {
            Sorted::Keys => columns.bytes(order.column)?.map_or(Values::Nothing, Values::Keys),
            Sorted::Numbers => columns.column_opt(order.column)?.map_or(Values::Nothing, Values::Numbers),
            Sorted::Written => columns.column_opt(order.column)?.map_or(Values::Nothing, Values::Written),
        })
    }

    fn first(&self, doc: DocId) -> Option<u64> {
        match self {
            Values::Nothing => None,
            Values::Keys(column) => column.ords().first(doc),
            Values::Numbers(column) => column.first(doc).map(i64_to_u64),
            Values::Written(column) => column.first(doc),
        }
    }

    fn place(&self, value: u64) -> Result<Place, Error> {
        Ok(match self {
            Values::Nothing => Place::Last,
            Values::Keys(column) => {
                let mut key = Vec::new();
                column.ord_to_bytes(value, &mut key)?;
                Place::Key(key)
            }
            Values::Numbers(_) | Values::Written(_) => Place::Number(value),
        })
    }
}

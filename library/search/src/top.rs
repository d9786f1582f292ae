//! The page of hits: the best by score, or the first by a column.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tantivy::collector::TopDocs;
use tantivy::columnar::{BytesColumn, Column};
use tantivy::query::{EnableScoring, Query as EngineQuery};
use tantivy::{DocAddress, DocId, DocSet, Searcher, SegmentReader, TERMINATED, i64_to_u64};

use crate::error::Error;

/// Which part of the hits is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Hits to skip.
    pub offset: usize,
    /// Hits to return, at least one.
    pub limit: usize,
}

/// The best hits with their scores.
pub(crate) fn by_score(
    searcher: &Searcher,
    query: &dyn EngineQuery,
    page: Page,
) -> Result<Vec<(f32, DocAddress)>, Error> {
    let collector = TopDocs::with_limit(page.limit)
        .and_offset(page.offset)
        .order_by_score();
    Ok(searcher.search(query, &collector)?)
}

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
                    Some(value) => (
                        false,
                        if order.descending {
                            u64::MAX - value
                        } else {
                            value
                        },
                        doc,
                    ),
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
            let value = if order.descending {
                u64::MAX - value
            } else {
                value
            };
            let place = if missing {
                Place::Last
            } else {
                values.place(value)?
            };
            all.push((place, DocAddress::new(ordinal, doc)));
        }
    }
    all.sort_by(|(one, at), (other, than)| {
        one.compare(other, order.descending)
            .then_with(|| at.cmp(than))
    });
    Ok(all
        .into_iter()
        .skip(page.offset)
        .take(page.limit)
        .map(|(_, address)| address)
        .collect())
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
            (Place::Key(_), Place::Number(_)) | (Place::Number(_), Place::Key(_)) => {
                Ordering::Equal
            }
        };
        if descending {
            ascending.reverse()
        } else {
            ascending
        }
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
            Sorted::Keys => columns
                .bytes(order.column)?
                .map_or(Values::Nothing, Values::Keys),
            Sorted::Numbers => columns
                .column_opt(order.column)?
                .map_or(Values::Nothing, Values::Numbers),
            Sorted::Written => columns
                .column_opt(order.column)?
                .map_or(Values::Nothing, Values::Written),
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

//! Where a record goes: added, put over another, or left out because it is there.

use tram_sdk::Result;
use tram_sdk::store;

use super::options::Policy;
use crate::compact::Compact;
use crate::shelf::{self, Copy, Recognised};
use crate::stored::Stored;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is new; its id.
    Added(Vec<u8>),
    /// It stands in place of the record with this id.
    Overlaid(Vec<u8>, Recognised),
    /// The record with this id stays.
    Skipped(Vec<u8>, Recognised),
}

impl Placed {
    /// The id of the record that is there now.
    pub(super) fn key(&self) -> &[u8] {
        match self {
            Self::Added(key) | Self::Overlaid(key, _) | Self::Skipped(key, _) => key,
        }
    }
}

/// Writes a record by the policy; in a batch, so that readers do not see it yet.
///
/// # Errors
/// As the store.
pub(super) fn place(bytes: &[u8], policy: Policy, batch: Option<[u8; 16]>) -> Result<Placed> {
    let same = match policy {
        Policy::Add => None,
        Policy::Skip | Policy::Overlay => Compact::new(bytes).map(shelf::find_same).transpose()?.flatten(),
    };
    let Some((row, recognised)) = same else {
        let key = store::new_id()?;
        let stored = match batch {
            None => Stored::published(bytes),
            Some(batch) => Stored { published: None, pending: Some((batch, bytes)) },
        };
        shelf::put(&key, stored, Some(0))?;
        return Ok(Placed::Added(key));
    };
    if policy == Policy::Skip {
        return Ok(Placed::Skipped(row.key, recognised));
    }
    let stored = match batch {
        None => Stored::published(bytes),
        Some(batch) => {
            let before = Stored::parse(&row.value).and_then(|stored| stored.published);
            Stored { published: before, pending: Some((batch, bytes)) }
        }
    };
    shelf::put(&row.key, stored, Some(row.version))?;
    Ok(Placed::Overlaid(row.key, recognised))
}

/// What came of adding copies.
#[derive(Debug, Default)]
pub(super) struct CopiesPlaced {
    /// How many were added.
    pub(super) added: u64,
    /// Numbers that another copy has.
    pub(super) taken: Vec<String>,
}

/// The copies that a record does not have yet, as far as that can be told without
/// numbers: as many without one as are there already are taken for the same.
///
/// # Errors
/// As the store.
pub(super) fn unnumbered_once(record: &[u8], mut copies: Vec<Copy>) -> Result<Vec<Copy>> {
    if copies.iter().all(|copy| !copy.accession.is_empty()) {
        return Ok(copies);
    }
    let mut there = shelf::copies(record)?.iter().filter(|copy| copy.value.accession.is_empty()).count();
    copies.retain(|copy| {
        let keep = !copy.accession.is_empty() || there == 0;
        there = there.saturating_sub(usize::from(copy.accession.is_empty()));
        keep
    });
    Ok(copies)
}

/// Adds copies to a record, each whose number is free.
///
/// # Errors
/// As the store.
pub(super) fn copies(record: &[u8], copies: &[Copy], batch: Option<[u8; 16]>) -> Result<CopiesPlaced> {
    let mut placed = CopiesPlaced::default();
    for copy in copies {
        if shelf::copy_numbered(&copy.accession)?.is_some() {
            placed.taken.push(copy.accession.clone());
            continue;
        }
        let copy = Copy { batch: batch.map(|b| store::to_hex(&b)), ..copy.clone() };
        shelf::add_copy(record, &copy)?;
        placed.added += 1;
    }
    Ok(placed)
}

/// Rows that one step publishes or takes back.
const STEP: u32 = 400;

/// Publishes some rows of a batch, or takes them back; answers whether that was
/// all.
///
/// # Errors
/// As the store.
pub(super) fn settle(batch: [u8; 16], publish: bool) -> Result<bool> {
    let exact = store::Find::Exact(&batch);
    let page = store::find(shelf::RECORDS, "batch", exact, None, STEP)?;
    for row in &page.rows {
        let Some(stored) = Stored::parse(&row.value) else {
            continue;
        };
        let after = if publish { stored.pending.map(|(_, record)| record) } else { stored.published };
        match after {
            Some(record) => shelf::put(&row.key, Stored::published(record), Some(row.version))?,
            None => store::delete(shelf::RECORDS, &row.key, Some(row.version))?,
        }
    }
    if !page.rows.is_empty() {
        return Ok(false);
    }
    let (copies, _) = shelf::COPIES.find("batch", exact, None, STEP)?;
    for entry in &copies {
        if publish {
            let copy = Copy { batch: None, ..entry.value.clone() };
            shelf::COPIES.replace(&entry.key, &copy, entry.version)?;
        } else {
            store::delete(shelf::COPIES.name(), &entry.key, Some(entry.version))?;
        }
    }
    Ok(copies.is_empty())
}

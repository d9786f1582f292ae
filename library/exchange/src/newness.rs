//! Whether something is newer than what was taken before. Wall time has no part in it.

use serde::{Deserialize, Serialize};

use crate::Record;

/// What was taken last of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Epoch of the station that made it.
    pub epoch: u64,
    /// Version of the record.
    pub number: u64,
}

/// How something stands to what was taken before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Newness {
    /// Nothing of it was taken before.
    New,
    /// It is newer.
    Newer,
    /// It is the very one.
    Same,
    /// It is older; taking it would go back.
    Older,
}

impl Mark {
    /// The mark of a record in a package of this epoch.
    pub const fn of_record(record: &Record, epoch: u64) -> Self {
        Self { epoch, number: record.version }
    }

    /// How it stands to what was taken last. A later epoch is newer whatever the number:
    /// a station that was restored counts on from an older number.
    pub fn against(self, taken: Option<Self>) -> Newness {
        match taken {
            None => Newness::New,
            Some(taken) => match self.cmp(&taken) {
                std::cmp::Ordering::Greater => Newness::Newer,
                std::cmp::Ordering::Equal => Newness::Same,
                std::cmp::Ordering::Less => Newness::Older,
            },
        }
    }
}

impl Newness {
    /// Whether a receiver takes it.
    pub const fn is_taken(self) -> bool {
        matches!(self, Self::New | Self::Newer)
    }
}

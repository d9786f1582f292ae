//! The words in which callers speak with the journal.

use std::ops::Bound;
use std::time::Duration;

/// An opaque name of who acts, at most 64 bytes: a person's id, `console`, `system`.
pub type ActorId = String;

/// How far an entry's wall time can be trusted. Order never depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeQuality {
    /// Set from a time server.
    Ntp,
    /// Set from an administrator's browser.
    Browser,
    /// The clock was never set.
    #[default]
    Unset,
}

/// Wall time with its quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub unix_ms: i64,
    /// How the clock was set.
    pub quality: TimeQuality,
}

/// On whose behalf a transaction runs.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Who acts; kept for ever, so it must be opaque.
    pub actor: ActorId,
    /// Through which plugin, or `core`; kept for ever.
    pub owner: String,
    /// Sequence of the entry that caused this one (an event's handler).
    pub cause: Option<u64>,
    /// Wall time.
    pub time: Time,
    /// Free text for the audit trail; erasable.
    pub note: String,
}

impl Context {
    /// A context with nothing but actor and owner.
    #[must_use]
    pub fn new(actor: &str, owner: &str) -> Self {
        Self { actor: actor.to_owned(), owner: owner.to_owned(), ..Self::default() }
    }
}

/// How long a collection's superseded values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// Every value is kept.
    Full,
    /// Superseded values are shed after so many days; their commitments stay.
    Latest {
        /// Days that a superseded value is kept.
        days: u16,
    },
    /// Outside the journal and the audit, durable within a second.
    Scratch,
}

/// A secondary index, kept by the writer from the terms given with each put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSpec {
    /// Name, unique within the collection.
    pub name: String,
    /// At most one row may have a term.
    pub unique: bool,
    /// The term is personal: stored as a keyed hash, so only exact lookups work.
    pub personal: bool,
}

/// A collection of rows that belongs to an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSpec {
    /// Name, unique within the owner.
    pub name: String,
    /// What becomes of superseded values.
    pub history: History,
    /// No personal data: one commitment an entry is enough, and a compression
    /// dictionary may be trained on its values.
    pub public: bool,
    /// Schema number that the owner writes now.
    pub schema: u32,
    /// Its secondary indexes.
    pub indexes: Vec<IndexSpec>,
}

/// One current row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value, uncompressed.
    pub value: Vec<u8>,
    /// Sequence of the entry that wrote it (for scratch rows a number of their own).
    /// 0 for a row that this transaction wrote itself.
    pub version: u64,
    /// Schema number of the value.
    pub schema: u32,
}

/// A stretch of keys.
#[derive(Debug, Clone)]
pub struct ScanRange {
    /// Lower bound.
    pub start: Bound<Vec<u8>>,
    /// Upper bound.
    pub end: Bound<Vec<u8>>,
    /// From the upper bound downwards.
    pub reverse: bool,
    /// At most so many rows.
    pub limit: usize,
}

impl ScanRange {
    /// Every key, ascending.
    #[must_use]
    pub fn all(limit: usize) -> Self {
        Self { start: Bound::Unbounded, end: Bound::Unbounded, reverse: false, limit }
    }

    /// The keys that begin with `prefix`, ascending.
    #[must_use]
    pub fn prefix(prefix: &[u8], limit: usize) -> Self {
        let end = successor(prefix).map_or(Bound::Unbounded, Bound::Excluded);
        Self { start: Bound::Included(prefix.to_vec()), end, reverse: false, limit }
    }

    /// The keys after `key`, ascending: the next page.
    #[must_use]
    pub fn after(key: &[u8], limit: usize) -> Self {
        Self { start: Bound::Excluded(key.to_vec()), end: Bound::Unbounded, reverse: false, limit }
    }
}

/// The smallest byte string above all that begin with `prefix`.
pub(crate) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut s = prefix.to_vec();
    while let Some(last) = s.pop() {
        if last < u8::MAX {
            s.push(last + 1);
            return Some(s);
        }
    }
    None
}

/// A page of rows.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// There is at least one more.
    pub more: bool,
    /// For [`crate::Reader::find`]: hand this back as `after` for the next page.
    pub next: Option<Vec<u8>>,
}

/// How a term is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermMatch {
    /// The whole term.
    Exact,
    /// Terms that begin with it; not on personal indexes.
    Prefix,
}

/// Where the journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Sequence of the last entry; 0 before the first.
    pub sequence: u64,
    /// Epoch: raised by every restore.
    pub epoch: u32,
    /// Random tag of the epoch.
    pub tag: u16,
    /// Chain hash of the last entry: the witness of everything before it.
    pub hash: [u8; 32],
}

/// A number that is known only at the commit. A caller embeds one of its
/// 16-byte tokens in keys, values, terms or events of the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Placeholder(pub(crate) [u8; 14]);

impl Placeholder {
    /// Replaced by the number in decimal, with leading zeros to `width` (at most 9) digits.
    /// ASCII without quotes or controls, so it may stand within JSON text.
    #[must_use]
    pub fn decimal(&self, width: u8) -> [u8; 16] {
        self.token(b'd', b'0' + width.min(9))
    }

    /// Replaced by the number as 8 bytes, most significant first.
    #[must_use]
    pub fn binary(&self) -> [u8; 16] {
        self.token(b'b', b'8')
    }

    fn token(&self, form: u8, width: u8) -> [u8; 16] {
        let mut t = [0u8; 16];
        let (head, tail) = t.split_at_mut(14);
        head.copy_from_slice(&self.0);
        tail.copy_from_slice(&[form, width]);
        t
    }
}

/// A commit that is on disk.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// Sequence of its entry; the head that was read when it wrote nothing to the journal.
    pub sequence: u64,
    /// The numbers that took the placeholders' places, in the order they were asked for.
    pub assigned: Vec<(Placeholder, u64)>,
}

impl Committed {
    /// The number that took a placeholder's place.
    #[must_use]
    pub fn value_of(&self, placeholder: &Placeholder) -> Option<u64> {
        self.assigned.iter().find(|(p, _)| p == placeholder).map(|(_, n)| *n)
    }
}

/// One change as the readers of the journal see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A row was written.
    Put {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// Key.
        key: Vec<u8>,
        /// Value, uncompressed.
        value: Vec<u8>,
        /// Schema number.
        schema: u32,
    },
    /// A row was deleted.
    Delete {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// Key.
        key: Vec<u8>,
    },
    /// A counter or sequence took this value.
    Counter {
        /// Owner of the counter.
        owner: String,
        /// Its name.
        name: String,
        /// Its value after the entry.
        value: i64,
    },
    /// The change was erased or shed; its commitment is still in the entry.
    Erased,
    /// Earlier changes were erased or shed here, which it does not name: who keeps something
    /// made of rows looks which are still there.
    Erasure,
    /// Something the storage keeps for itself: a declaration, a dictionary, a quota.
    Internal,
}

/// An event as its subscribers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Versioned topic, owned by the emitting plugin.
    pub topic: String,
    /// Ids and versions, not values.
    pub payload: Vec<u8>,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the order.
    pub sequence: u64,
    /// Epoch in which it was written.
    pub epoch: u32,
    /// Wall time.
    pub time: Time,
    /// Who.
    pub actor: ActorId,
    /// Through which plugin.
    pub owner: String,
    /// The entry that caused it.
    pub cause: Option<u64>,
    /// Its chain hash.
    pub hash: [u8; 32],
    /// Its changes in order.
    pub changes: Vec<Change>,
    /// Its events that are still there.
    pub events: Vec<Event>,
    /// Its note, empty when it had none or it was erased.
    pub note: String,
}

/// What a version of a row held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionState {
    /// This value.
    Value {
        /// The value, uncompressed.
        value: Vec<u8>,
        /// Its schema number.
        schema: u32,
    },
    /// The row was deleted.
    Deleted,
    /// The value was erased or shed.
    Erased,
}

/// One version of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Sequence of the entry that wrote it.
    pub sequence: u64,
    /// When.
    pub time: Time,
    /// Who.
    pub actor: ActorId,
    /// What.
    pub state: VersionState,
}

/// What an owner uses, in bytes as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Keys and values of current rows.
    pub values: u64,
    /// Keys and values that are superseded but kept.
    pub history: u64,
    /// Index terms.
    pub index: u64,
    /// Blobs that the owner holds.
    pub blobs: u64,
    /// Scratch rows.
    pub scratch: u64,
    /// The quota on the sum; none is set when absent.
    pub quota: Option<u64>,
}

impl Usage {
    /// The sum that the quota bounds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.values
            .saturating_add(self.history)
            .saturating_add(self.index)
            .saturating_add(self.blobs)
            .saturating_add(self.scratch)
    }
}

/// What an erasure takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EraseTarget {
    /// A row with all its versions, with the events and notes of the entries that wrote them.
    Row {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// Key of the row.
        key: Vec<u8>,
    },
    /// One superseded version of a row.
    Version {
        /// Owner of the collection.
        owner: String,
        /// The collection.
        collection: String,
        /// Key of the row.
        key: Vec<u8>,
        /// Sequence of the version.
        sequence: u64,
    },
    /// Events and note of one entry.
    Words {
        /// Sequence of the entry.
        sequence: u64,
    },
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Sequence of the entry that records it.
    pub sequence: u64,
    /// Items taken out of the journal.
    pub items: u64,
    /// Segments rewritten.
    pub segments: u64,
}

/// How the storage is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Page cache of the table file, bytes.
    pub redb_cache: usize,
    /// Size of a segment, bytes.
    pub segment_size: u64,
    /// Size of the file that is given up only for deletion, bytes; 0 for none.
    pub reserve: u64,
    /// A commit is refused as [`crate::CommitError::Full`] while the disk has less free than this, bytes.
    pub min_free: u64,
    /// Age after which a snapshot or transaction refuses to read on.
    pub snapshot_limit: Duration,
    /// Entries after which the tables are made durable.
    pub checkpoint_entries: u64,
    /// Journal bytes after which the tables are made durable.
    pub checkpoint_bytes: u64,
    /// Quiet time after which the tables are made durable.
    pub checkpoint_idle: Duration,
    /// Values of a public collection after which its dictionary is trained.
    pub dictionary_after: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            redb_cache: 8 << 20,
            segment_size: 8 << 20,
            reserve: 256 << 20,
            min_free: 32 << 20,
            snapshot_limit: Duration::from_secs(5),
            checkpoint_entries: 20_000,
            checkpoint_bytes: 4 << 20,
            checkpoint_idle: Duration::from_secs(30),
            dictionary_after: 4_000,
        }
    }
}

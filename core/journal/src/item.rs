//! One item of an entry's erasable part, and the commitment to it.

use crate::Error;
use crate::codec::{Input, put_bytes, put_i64, put_u64};
use crate::model::{CollectionSpec, History, IndexSpec};

/// Set in the tag byte of items without personal data.
const PUBLIC: u8 = 0x40;

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// A row was written. `prior` is the version it replaces, 0 for none: the row's
    /// history is this chain.
    Put { collection: u32, key: Vec<u8>, schema: u32, value: Vec<u8>, terms: Vec<(u16, Vec<u8>)>, prior: u64 },
    /// A row was deleted.
    Delete { collection: u32, key: Vec<u8>, prior: u64 },
    /// A counter or sequence took this value.
    Counter { owner: String, name: String, value: i64 },
    /// An event.
    Event { topic: String, payload: Vec<u8> },
    /// Free text for the audit trail.
    Note(String),
    /// A collection was declared, or declared anew.
    Declare { owner: String, id: u32, spec: CollectionSpec },
    /// A compression dictionary; values of the collection may name it from here on.
    Dictionary { id: u32, collection: u32, bytes: Vec<u8> },
    /// An owner's quota in bytes.
    Quota { owner: String, bytes: Option<u64> },
    /// Items that were erased, by whom approved and on what ground.
    Erasure { approver: String, ground: String, targets: Vec<Target> },
    /// The journal was restored from a backup: the head it was restored to, what was redacted.
    Restore { epoch: u32, tag: u16, sequence: u64, hash: [u8; 32], targets: Vec<Target> },
    /// An owner took (`held`) or let go of a blob.
    Blob { owner: String, id: [u8; 32], length: u64, held: bool },
    /// The item was erased or shed.
    Erased { prior: u64, commitment: [u8; 32] },
}

/// An item that was erased, named so that a restore of an older backup finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) sequence: u64,
    pub(crate) item: u32,
    pub(crate) commitment: [u8; 32],
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) public: bool,
    /// Its own salt, where the entry no longer has a seed.
    pub(crate) salt: Option<[u8; 16]>,
    /// Computed ahead by the thread that made the item; not stored.
    pub(crate) digest: Option<[u8; 32]>,
    pub(crate) body: Body,
}

/// Salt of the item at `index`, derived from the entry's seed.
pub(crate) fn salt_of(seed: &[u8; 16], index: usize) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(seed);
    hasher.update(&(index as u64).to_le_bytes());
    let mut salt = [0u8; 16];
    hasher.finalize_xof().fill(&mut salt);
    salt
}

/// BLAKE3 of what an item says. `value` is a put's value, uncompressed: how it is packed may change.
pub(crate) fn digest(body: &Body, value: Option<&[u8]>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(64);
    bytes.push(body.tag());
    match body {
        Body::Put { collection, key, schema, terms, .. } => {
            put_u64(&mut bytes, u64::from(*collection));
            put_bytes(&mut bytes, key);
            put_u64(&mut bytes, u64::from(*schema));
            put_terms(&mut bytes, terms);
            let value = value.unwrap_or_default();
            put_u64(&mut bytes, value.len() as u64);
            hasher.update(&bytes);
            hasher.update(value);
        }
        Body::Delete { collection, key, .. } => {
            put_u64(&mut bytes, u64::from(*collection));
            put_bytes(&mut bytes, key);
            hasher.update(&bytes);
        }
        body => {
            body.encode(&mut bytes);
            hasher.update(&bytes);
        }
    }
    *hasher.finalize().as_bytes()
}

/// The commitment to an item: BLAKE3 of salt, digest and the version it replaces. In two
/// steps, because the writer learns `prior` last and should not hash the value again.
pub(crate) fn commitment(salt: &[u8; 16], digest: &[u8; 32], prior: u64) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(salt);
    hasher.update(digest);
    hasher.update(&prior.to_le_bytes());
    *hasher.finalize().as_bytes()
}

pub(crate) fn put_terms(out: &mut Vec<u8>, terms: &[(u16, Vec<u8>)]) {
    put_u64(out, terms.len() as u64);
    for (index, term) in terms {
        put_u64(out, u64::from(*index));
        put_bytes(out, term);
    }
}

pub(crate) fn terms(input: &mut Input<'_>) -> Result<Vec<(u16, Vec<u8>)>, Error> {
    let n = input.u64()?;
    let mut terms = Vec::new();
    for _ in 0..n {
        terms.push((input.u16()?, input.bytes()?.to_vec()));
    }
    Ok(terms)
}

fn put_targets(out: &mut Vec<u8>, targets: &[Target]) {
    put_u64(out, targets.len() as u64);
    for t in targets {
        put_u64(out, t.sequence);
        put_u64(out, u64::from(t.item));
        out.extend_from_slice(&t.commitment);
    }
}

fn targets(input: &mut Input<'_>) -> Result<Vec<Target>, Error> {
    let n = input.u64()?;
    let mut targets = Vec::new();
    for _ in 0..n {
        targets.push(Target { sequence: input.u64()?, item: input.u32()?, commitment: input.array()? });
    }
    Ok(targets)
}

/// Writes a declaration.
pub(crate) fn put_spec(out: &mut Vec<u8>, spec: &CollectionSpec) {
    put_bytes(out, spec.name.as_bytes());
    let (kind, days) = match spec.history {
        History::Full => (0, 0),
        History::Latest { days } => (1, days),
        History::Scratch => (2, 0),
    };
    out.push(kind);
    put_u64(out, u64::from(days));
    out.push(u8::from(spec.public));
    put_u64(out, u64::from(spec.schema));
    put_u64(out, spec.indexes.len() as u64);
    for index in &spec.indexes {
        put_bytes(out, index.name.as_bytes());
        out.push(u8::from(index.unique) | (u8::from(index.personal) << 1));
    }
}

/// Reads a declaration.
pub(crate) fn spec(input: &mut Input<'_>) -> Result<CollectionSpec, Error> {
    let name = input.text()?.to_owned();
    let kind = input.u8()?;
    let days = input.u16()?;
    let history = match kind {
        0 => History::Full,
        1 => History::Latest { days },
        2 => History::Scratch,
        _ => return Err(Error::Malformed("unknown kind of history")),
    };
    // One declaration has one form, as one number has.
    if kind != 1 && days != 0 {
        return Err(Error::Malformed("days of a history that has none"));
    }
    let public = flag(input)?;
    let schema = input.u32()?;
    let n = input.u64()?;
    let mut indexes = Vec::new();
    for _ in 0..n {
        let name = input.text()?.to_owned();
        let flags = input.u8()?;
        if flags > 3 {
            return Err(Error::Malformed("unknown flags of an index"));
        }
        indexes.push(IndexSpec { name, unique: flags & 1 != 0, personal: flags & 2 != 0 });
    }
    Ok(CollectionSpec { name, history, public, schema, indexes })
}

fn flag(input: &mut Input<'_>) -> Result<bool, Error> {
    match input.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::Malformed("flag that is neither 0 nor 1")),
    }
}

impl Body {
    fn tag(&self) -> u8 {
        match self {
            Self::Put { .. } => 1,
            Self::Delete { .. } => 2,
            Self::Counter { .. } => 3,
            Self::Event { .. } => 4,
            Self::Note(_) => 5,
            Self::Declare { .. } => 6,
            Self::Dictionary { .. } => 7,
            Self::Quota { .. } => 8,
            Self::Erasure { .. } => 9,
            Self::Restore { .. } => 10,
            Self::Blob { .. } => 11,
            Self::Erased { .. } => 12,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Put { collection, key, schema, value, terms, prior } => {
                put_u64(out, u64::from(*collection));
                put_bytes(out, key);
                put_u64(out, u64::from(*schema));
                put_bytes(out, value);
                put_terms(out, terms);
                put_u64(out, *prior);
            }
            Self::Delete { collection, key, prior } => {
                put_u64(out, u64::from(*collection));
                put_bytes(out, key);
                put_u64(out, *prior);
            }
            Self::Counter { owner, name, value } => {
                put_bytes(out, owner.as_bytes());
                put_bytes(out, name.as_bytes());
                put_i64(out, *value);
            }
            Self::Event { topic, payload } => {
                put_bytes(out, topic.as_bytes());
                put_bytes(out, payload);
            }
            Self::Note(text) => put_bytes(out, text.as_bytes()),
            Self::Declare { owner, id, spec } => {
                put_bytes(out, owner.as_bytes());
                put_u64(out, u64::from(*id));
                put_spec(out, spec);
            }
            Self::Dictionary { id, collection, bytes } => {
                put_u64(out, u64::from(*id));
                put_u64(out, u64::from(*collection));
                put_bytes(out, bytes);
            }
            Self::Quota { owner, bytes } => {
                put_bytes(out, owner.as_bytes());
                out.push(u8::from(bytes.is_some()));
                put_u64(out, bytes.unwrap_or(0));
            }
            Self::Erasure { approver, ground, targets } => {
                put_bytes(out, approver.as_bytes());
                put_bytes(out, ground.as_bytes());
                put_targets(out, targets);
            }
            Self::Restore { epoch, tag, sequence, hash, targets } => {
                put_u64(out, u64::from(*epoch));
                put_u64(out, u64::from(*tag));
                put_u64(out, *sequence);
                out.extend_from_slice(hash);
                put_targets(out, targets);
            }
            Self::Blob { owner, id, length, held } => {
                put_bytes(out, owner.as_bytes());
                out.extend_from_slice(id);
                put_u64(out, *length);
                out.push(u8::from(*held));
            }
            Self::Erased { prior, commitment } => {
                put_u64(out, *prior);
                out.extend_from_slice(commitment);
            }
        }
    }

    fn decode(tag: u8, input: &mut Input<'_>) -> Result<Self, Error> {
        Ok(match tag {
            1 => Self::Put {
                collection: input.u32()?,
                key: input.bytes()?.to_vec(),
                schema: input.u32()?,
                value: input.bytes()?.to_vec(),
                terms: terms(input)?,
                prior: input.u64()?,
            },
            2 => Self::Delete { collection: input.u32()?, key: input.bytes()?.to_vec(), prior: input.u64()? },
            3 => Self::Counter { owner: input.text()?.to_owned(), name: input.text()?.to_owned(), value: input.i64()? },
            4 => Self::Event { topic: input.text()?.to_owned(), payload: input.bytes()?.to_vec() },
            5 => Self::Note(input.text()?.to_owned()),
            6 => Self::Declare { owner: input.text()?.to_owned(), id: input.u32()?, spec: spec(input)? },
            7 => Self::Dictionary { id: input.u32()?, collection: input.u32()?, bytes: input.bytes()?.to_vec() },
            8 => {
                let owner = input.text()?.to_owned();
                let some = flag(input)?;
                let bytes = input.u64()?;
                if !some && bytes != 0 {
                    return Err(Error::Malformed("bytes of a quota that is none"));
                }
                Self::Quota { owner, bytes: some.then_some(bytes) }
            }
            9 => Self::Erasure {
                approver: input.text()?.to_owned(),
                ground: input.text()?.to_owned(),
                targets: targets(input)?,
            },
            10 => Self::Restore {
                epoch: input.u32()?,
                tag: input.u16()?,
                sequence: input.u64()?,
                hash: input.array()?,
                targets: targets(input)?,
            },
            11 => Self::Blob {
                owner: input.text()?.to_owned(),
                id: input.array()?,
                length: input.u64()?,
                held: flag(input)?,
            },
            12 => Self::Erased { prior: input.u64()?, commitment: input.array()? },
            _ => return Err(Error::Malformed("unknown kind of item")),
        })
    }
}

impl Item {
    pub(crate) fn new(public: bool, body: Body) -> Self {
        Self { public, salt: None, digest: None, body }
    }

    pub(crate) fn is_erased(&self) -> bool {
        matches!(self.body, Body::Erased { .. })
    }

    /// The version that this item replaces; 0 for none.
    pub(crate) fn prior(&self) -> u64 {
        match &self.body {
            Body::Put { prior, .. } | Body::Delete { prior, .. } | Body::Erased { prior, .. } => *prior,
            _ => 0,
        }
    }

    /// About its length in bytes, for bounds and buffers.
    pub(crate) fn weight(&self) -> usize {
        24 + match &self.body {
            Body::Put { key, value, terms, .. } => {
                key.len() + value.len() + terms.iter().map(|(_, t)| t.len() + 4).sum::<usize>()
            }
            Body::Delete { key, .. } => key.len(),
            Body::Event { topic, payload } => topic.len() + payload.len(),
            Body::Note(text) => text.len(),
            Body::Dictionary { bytes, .. } => bytes.len(),
            Body::Erasure { targets, .. } | Body::Restore { targets, .. } => targets.len() * 42,
            _ => 100,
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, salt: Option<&[u8; 16]>) {
        out.push(self.body.tag() | if self.public { PUBLIC } else { 0 });
        if let Some(salt) = salt {
            out.extend_from_slice(salt);
        }
        self.body.encode(out);
    }

    pub(crate) fn decode(input: &mut Input<'_>, listed: bool) -> Result<Self, Error> {
        let tag = input.u8()?;
        let erased = tag & !PUBLIC == 12;
        let salt = if listed && !erased { Some(input.array()?) } else { None };
        let body = Body::decode(tag & !PUBLIC, input)?;
        Ok(Self { public: tag & PUBLIC != 0, salt, digest: None, body })
    }
}

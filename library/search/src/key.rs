//! Keys of rows in the index.
//!
//! Nearly all keys are the host's ids, 16 bytes as 32 hexadecimal digits. Those are
//! kept as two numbers in columns, where reading one costs next to nothing; any other
//! key is kept as a stored text.

use std::hash::{DefaultHasher, Hasher};

use tantivy::columnar::Column;
use tantivy::schema::Value;
use tantivy::{DocAddress, DocId, Searcher, SegmentReader, TantivyDocument};

use crate::error::Error;
use crate::layout::{KEY_HIGH, KEY_LOW, Layout};

/// What a key is looked up by. Ids are half as long as their digits. A text of 14 bytes
/// is as long as an id, and differs in its last two bytes from any that the host mints
/// only by chance; the host mints nothing but ids.
pub(crate) fn term(key: &str) -> Vec<u8> {
    match halves(key) {
        Some((high, low)) => [high.to_be_bytes(), low.to_be_bytes()].concat(),
        // An ending, so that no text is taken for an id.
        None => [key.as_bytes(), b"\0t"].concat(),
    }
}

/// A short stand-in for a [`term`].
pub(crate) fn hash(term: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(term);
    hasher.finish()
}

/// The two halves of a key that is an id.
pub(crate) fn halves(key: &str) -> Option<(u64, u64)> {
    let digits = key.len() == 32 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (high, low) = key.split_at_checked(16).filter(|_| digits)?;
    Some((u64::from_str_radix(high, 16).ok()?, u64::from_str_radix(low, 16).ok()?))
}

/// Reads keys back, one segment at a time.
pub(crate) struct Keys<'a> {
    searcher: &'a Searcher,
    layout: &'a Layout,
    open: Option<(u32, Columns)>,
}

struct Columns {
    high: Option<Column<u64>>,
    low: Option<Column<u64>>,
}

impl Columns {
    fn open(segment: &SegmentReader) -> Result<Self, Error> {
        let columns = segment.fast_fields();
        Ok(Columns { high: columns.column_opt(KEY_HIGH)?, low: columns.column_opt(KEY_LOW)? })
    }

    fn id(&self, doc: DocId) -> Option<String> {
        let high = self.high.as_ref()?.first(doc)?;
        let low = self.low.as_ref()?.first(doc)?;
        Some(format!("{high:016x}{low:016x}"))
    }
}

impl<'a> Keys<'a> {
    /// The keys of a snapshot.
    pub(crate) fn new(searcher: &'a Searcher, layout: &'a Layout) -> Self {
        Keys { searcher, layout, open: None }
    }

    /// The key of a document.
    pub(crate) fn of(&mut self, address: DocAddress) -> Result<String, Error> {
        let columns = match self.open.take() {
            Some((segment, columns)) if segment == address.segment_ord => columns,
            _ => Columns::open(self.searcher.segment_reader(address.segment_ord))?,
        };
        let id = columns.id(address.doc_id);
        self.open = Some((address.segment_ord, columns));
        if let Some(id) = id {
            return Ok(id);
        }
        let document: TantivyDocument = self.searcher.doc(address)?;
        let key = document.get_first(self.layout.key_stored).and_then(|key| key.as_str().map(str::to_owned));
        key.ok_or_else(|| Error::Damaged("a document without its key".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_id_is_two_numbers_and_other_keys_are_texts() {
        let id = "00000000000000ff0123456789abcdef";
        assert_eq!(halves(id), Some((255, 0x0123_4567_89ab_cdef)));
        assert_eq!(term(id).len(), 16);
        for text in ["", "0", "00000000000000FF0123456789abcdef", "+0000000000000ff0123456789abcdef"] {
            assert_eq!(halves(text), None, "{text}");
        }
        assert_eq!(term("abcdefghijklmnop").len(), 18, "no text is taken for an id");
    }
}

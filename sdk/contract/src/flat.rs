//! The flat form of a package (H5P, SCORM, HTML, EPUB): what an extractor makes of an
//! archive so that the host can send any file of it, ranges included, without
//! unpacking anything.
//!
//! ```text
//! bytes of the first file, bytes of the second, …
//! the index: JSON, `Index`
//! 8 bytes: where the index begins, little-endian
//! 8 bytes: "TRAMPKG1"
//! ```
//!
//! The index comes from a file of strangers: [`Index::parse`] takes nothing on trust.

use serde::{Deserialize, Serialize};

/// Media type of a flat package.
pub const MEDIA_TYPE: &str = "application/vnd.tram.package";
/// The last 8 bytes.
pub const MAGIC: &[u8; 8] = b"TRAMPKG1";
/// Bytes of the tail: where the index begins, and the magic.
pub const TAIL: usize = 16;
/// Most files of a package.
pub const MAX_FILES: usize = 20_000;
/// Most bytes of the index.
pub const MAX_INDEX: u64 = 4 << 20;

/// What is in the package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Index {
    /// Files, sorted by path, no path twice.
    pub files: Vec<File>,
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct File {
    /// Relative, parted by `/`, NFC, without `.`, `..`, empty parts, `\\` and control
    /// characters.
    pub path: String,
    /// Media type by its ending.
    pub media_type: String,
    /// Where its bytes begin.
    pub offset: u64,
    /// How many there are.
    pub size: u64,
}

/// What is wrong with a flat package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It does not end as one.
    Tail,
    /// The index is not where it should be, too long or no JSON.
    Index,
    /// A path that may not be, or two of the same.
    Path,
    /// A file that reaches beyond the bytes before the index.
    Bounds,
}

impl Index {
    /// Where the index lies in a package of `total` bytes, by its last 16 bytes.
    ///
    /// # Errors
    /// [`Broken::Tail`] and [`Broken::Index`].
    pub fn place(total: u64, tail: &[u8; TAIL]) -> Result<std::ops::Range<u64>, Broken> {
        let (start, magic) = tail.split_at(8);
        if magic != MAGIC {
            return Err(Broken::Tail);
        }
        let start = u64::from_le_bytes(start.try_into().map_err(|_| Broken::Tail)?);
        let end = total.checked_sub(TAIL as u64).ok_or(Broken::Tail)?;
        match end.checked_sub(start) {
            Some(length) if (1..=MAX_INDEX).contains(&length) => Ok(start..end),
            _ => Err(Broken::Index),
        }
    }

    /// Reads an index that begins at `start`, the end of the files' bytes.
    ///
    /// # Errors
    /// Anything that is not exactly as described above.
    pub fn parse(start: u64, json: &[u8]) -> Result<Self, Broken> {
        let index: Self = serde_json::from_slice(json).map_err(|_| Broken::Index)?;
        if index.files.len() > MAX_FILES {
            return Err(Broken::Index);
        }
        let mut before: Option<&str> = None;
        for file in &index.files {
            if !is_path(&file.path) || before.is_some_and(|before| before >= file.path.as_str()) {
                return Err(Broken::Path);
            }
            before = Some(&file.path);
            if file.offset.checked_add(file.size).is_none_or(|end| end > start) {
                return Err(Broken::Bounds);
            }
        }
        Ok(index)
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&File> {
        let at = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(at)
    }

    /// The index and the tail behind it, to follow `start` bytes of files. Sorts them.
    ///
    /// # Errors
    /// [`Broken::Path`], [`Broken::Bounds`] or, when it is too long, [`Broken::Index`].
    pub fn finish(mut self, start: u64) -> Result<Vec<u8>, Broken> {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut bytes = serde_json::to_vec(&self).map_err(|_| Broken::Index)?;
        if bytes.len() as u64 > MAX_INDEX {
            return Err(Broken::Index);
        }
        Self::parse(start, &bytes)?;
        bytes.extend_from_slice(&start.to_le_bytes());
        bytes.extend_from_slice(MAGIC);
        Ok(bytes)
    }
}

/// Whether a path may be a file's of a package.
pub fn is_path(path: &str) -> bool {
    (1..=1024).contains(&path.len())
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn file(path: &str, offset: u64, size: u64) -> File {
        File { path: path.into(), media_type: "text/html".into(), offset, size }
    }

    #[test]
    fn what_is_written_is_read_and_found() {
        let end = Index { files: vec![file("b/x.html", 3, 4), file("a.html", 0, 3)] }.finish(7).unwrap();
        let total = 7 + end.len() as u64;
        let tail = end.last_chunk::<TAIL>().unwrap();
        let place = Index::place(total, tail).unwrap();
        let json = &end[..usize::try_from(place.end - 7).unwrap()];
        let index = Index::parse(place.start, json).unwrap();
        assert_eq!(index.get("b/x.html").unwrap().offset, 3);
        assert_eq!(index.get("b"), None);
    }

    #[test]
    fn nothing_is_taken_on_trust() {
        for path in ["../x", "/x", "a//b", "a/./b", "a\\b", "", "a\nb", "a/"] {
            assert_eq!(Index { files: vec![file(path, 0, 1)] }.finish(7), Err(Broken::Path), "{path}");
        }
        assert_eq!(Index { files: vec![file("a", 0, 1), file("a", 1, 1)] }.finish(7), Err(Broken::Path));
        assert_eq!(Index { files: vec![file("a", 5, 3)] }.finish(7), Err(Broken::Bounds));
        assert_eq!(Index { files: vec![file("a", u64::MAX, 2)] }.finish(7), Err(Broken::Bounds));
        let mut tail = [0; TAIL];
        assert_eq!(Index::place(100, &tail), Err(Broken::Tail));
        tail[8..].copy_from_slice(MAGIC);
        tail[..8].copy_from_slice(&99u64.to_le_bytes());
        assert_eq!(Index::place(100, &tail), Err(Broken::Index));
    }
}

//! Files of flat packages: where each lies. What was read last is kept, because a page
//! of a package asks for a hundred files in one breath.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use tram_contract::flat::{Index, TAIL};

/// Packages whose index is kept; each is 4 MiB at the most, and usually some KiB.
const KEPT: usize = 4;

/// Indexes by the content's hash, the last used at the end.
#[derive(Debug, Default)]
pub(crate) struct Indexes(Mutex<Vec<(String, Arc<Index>)>>);

impl Indexes {
    /// The index of a content, read from `open` when it is not kept.
    ///
    /// # Errors
    /// It cannot be read, or is no flat package.
    pub(super) fn of<R: Read + Seek>(
        &self,
        id: &str,
        size: u64,
        open: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<Arc<Index>> {
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().position(|(known, _)| known == id) {
                let entry = kept.remove(at);
                let index = Arc::clone(&entry.1);
                kept.push(entry);
                return Ok(index);
            }
        }
        let index = Arc::new(read(&mut open()?, size)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A page asks for many files at once: somebody else may have read it meanwhile.
        if let Some((_, known)) = kept.iter().find(|(known, _)| known == id) {
            return Ok(Arc::clone(known));
        }
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((id.to_owned(), Arc::clone(&index)));
        Ok(index)
    }
}

fn read<R: Read + Seek>(file: &mut R, size: u64) -> io::Result<Index> {
    let broken = |what| io::Error::new(io::ErrorKind::InvalidData, format!("a flat package: {what:?}"));
    let mut tail = [0; TAIL];
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL as u64)))?;
    file.read_exact(&mut tail)?;
    let place = Index::place(size, &tail).map_err(broken)?;
    file.seek(SeekFrom::Start(place.start))?;
    let mut json = Vec::new();
    file.take(place.end - place.start).read_to_end(&mut json)?;
    Index::parse(place.start, &json).map_err(broken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Cursor;

    use tram_contract::flat::File;

    use super::*;

    fn package(path: &str) -> Vec<u8> {
        let mut bytes = b"hello".to_vec();
        let file = File { path: path.into(), media_type: "text/plain".into(), offset: 0, size: 5 };
        bytes.extend(Index { files: vec![file] }.finish(5).unwrap());
        bytes
    }

    #[test]
    fn an_index_is_read_once_and_the_oldest_goes() {
        let indexes = Indexes::default();
        let bytes = package("a.txt");
        let size = bytes.len() as u64;
        let index = indexes.of("one", size, || Ok(Cursor::new(bytes.clone()))).unwrap();
        assert_eq!(index.get("a.txt").unwrap().size, 5);
        let never = || -> io::Result<Cursor<Vec<u8>>> { Err(io::ErrorKind::NotFound.into()) };
        assert!(indexes.of("one", size, never).is_ok());
        for other in 0..KEPT {
            indexes.of(&other.to_string(), size, || Ok(Cursor::new(bytes.clone()))).unwrap();
        }
        assert!(indexes.of("one", size, never).is_err());
    }

    #[test]
    fn what_is_no_flat_package_is_an_error() {
        for bytes in [Vec::new(), b"short".to_vec(), vec![0; 4096], package("a.txt").split_off(6)] {
            let size = bytes.len() as u64;
            assert!(Indexes::default().of("x", size, || Ok(Cursor::new(bytes))).is_err());
        }
    }
}

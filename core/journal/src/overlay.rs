//! A table file that is looked at without a byte of it being changed.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use crate::core::lock;
use crate::disk::DiskFile;

/// A file that is read, with all writes kept in memory: opening a table file would repair it.
#[derive(Debug)]
pub(crate) struct Overlay {
    file: Arc<dyn DiskFile>,
    pages: Mutex<BTreeMap<u64, Box<[u8]>>>,
    size: Mutex<u64>,
}

const PAGE: u64 = 4096;

impl Overlay {
    pub(crate) fn new(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let size = Mutex::new(file.size()?);
        Ok(Self { file, pages: Mutex::default(), size })
    }

    /// A page as it stands now.
    fn page(&self, pages: &BTreeMap<u64, Box<[u8]>>, number: u64) -> io::Result<Box<[u8]>> {
        if let Some(page) = pages.get(&number) {
            return Ok(page.clone());
        }
        let mut page = vec![0u8; PAGE as usize].into_boxed_slice();
        let there = self.file.size()?.saturating_sub(number * PAGE).min(PAGE) as usize;
        if let Some(part) = page.get_mut(..there).filter(|p| !p.is_empty()) {
            self.file.read_at(part, number * PAGE)?;
        }
        Ok(page)
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(*lock(&self.size))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() as u64 > *lock(&self.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let pages = lock(&self.pages);
        let mut at = offset;
        let mut rest = out;
        while !rest.is_empty() {
            let page = self.page(&pages, at / PAGE)?;
            let from = page.get((at % PAGE) as usize..).unwrap_or_default();
            let n = from.len().min(rest.len());
            let (now, later) = rest.split_at_mut(n);
            now.copy_from_slice(from.get(..n).unwrap_or_default());
            rest = later;
            at += n as u64;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        *lock(&self.size) = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut pages = lock(&self.pages);
        let mut at = offset;
        let mut rest = data;
        while !rest.is_empty() {
            let mut page = self.page(&pages, at / PAGE)?;
            let to = page.get_mut((at % PAGE) as usize..).unwrap_or_default();
            let n = to.len().min(rest.len());
            let (now, later) = rest.split_at(n);
            for (to, from) in to.iter_mut().zip(now) {
                *to = *from;
            }
            pages.insert(at / PAGE, page);
            rest = later;
            at += n as u64;
        }
        Ok(())
    }
}

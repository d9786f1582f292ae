//! Archives of strangers: the directory is read with suspicion, entries are unpacked
//! in pieces. Only what the office formats use is known: stored and deflated.

mod directory;

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, SeekFrom};

use flate2::bufread::DeflateDecoder;

use crate::{Code, Refusal, Result, Source, bytes, names};

/// Most entries of an archive.
pub const MAX_ENTRIES: usize = tram_contract::flat::MAX_FILES;
/// Most bytes that an archive may unpack to.
pub const MAX_UNPACKED: u64 = 1 << 30;
/// Beyond this many bytes, an archive that unpacks to more than [`MAX_RATIO`] times
/// its size is a bomb.
const FREE_OF_SUSPICION: u64 = 64 << 20;
/// How far an honest archive shrinks: text 20, empty spreadsheets 100.
const MAX_RATIO: u64 = 200;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, cleaned: see [`names::clean`].
    pub path: String,
    /// Unpacked size, as the directory says; unpacking holds it to that.
    pub size: u64,
    packed: u64,
    at: u64,
    crc: u32,
    deflated: bool,
}

/// An archive, opened.
pub struct Archive<'s> {
    source: &'s mut dyn Source,
    entries: Vec<Entry>,
    places: BTreeMap<String, usize>,
}

impl std::fmt::Debug for Archive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("entries", &self.entries).finish_non_exhaustive()
    }
}

fn bomb() -> Refusal {
    Refusal::hostile(
        "Tệp nén phình ra quá lớn khi mở (một kiểu phá hoại gọi là “bom nén”). Không nhận tệp này; hãy xin lại từ nguồn tin cậy.",
        "The archive grows beyond measure when unpacked (a “zip bomb”). It is not taken; get it from a source you trust.",
    )
}

fn twice(name: &str) -> Refusal {
    let name = names::shown(name);
    Refusal::hostile(
        format!("Gói có hai tệp trùng tên “{name}”, nên không biết tệp nào là thật. Hãy đóng gói lại rồi tải lên."),
        format!(
            "The package has two files named “{name}”, so it is not known which is meant. Pack it anew and upload it."
        ),
    )
}

impl<'s> Archive<'s> {
    /// Reads the directory of an archive and checks it as a whole.
    ///
    /// # Errors
    /// It is damaged, encrypted, too large or hostile: paths that lead out, links,
    /// names given twice, entries that overlap, bombs.
    pub fn open(source: &'s mut dyn Source, size: u64) -> Result<Self> {
        let raw = directory::read(source, size)?;
        let mut entries = Vec::with_capacity(raw.files.len());
        let mut places = BTreeMap::new();
        let mut spans = Vec::with_capacity(raw.files.len());
        let (mut unpacked, mut packed) = (0u64, 0u64);
        for file in raw.files {
            spans.push((file.at, file.at.saturating_add(30 + file.name_length).saturating_add(file.packed)));
            if file.encrypted {
                return Err(Refusal::encrypted());
            }
            let path = names::clean(&file.name);
            if file.name.ends_with(['/', '\\']) {
                // A folder carries nothing, but its path is judged all the same.
                path?;
                continue;
            }
            let path = path?;
            if file.link {
                let shown = names::shown(&path);
                return Err(Refusal::hostile(
                    format!("Gói có lối tắt (“{shown}”) thay cho tệp thật. Hãy đóng gói lại bằng các tệp thật."),
                    format!(
                        "The package has a link (“{shown}”) in place of a file. Pack it anew with the files themselves."
                    ),
                ));
            }
            if !matches!(file.method, 0 | 8) || (file.method == 0 && file.packed != file.size) {
                let shown = names::shown(&path);
                return Err(Refusal::unreadable(
                    format!("Tệp “{shown}” trong gói được nén theo cách lạ. Hãy đóng gói lại bằng ZIP thông thường."),
                    format!(
                        "The file “{shown}” in the package is packed in an unusual way. Pack it anew as an ordinary ZIP."
                    ),
                ));
            }
            unpacked = unpacked.saturating_add(file.size);
            packed = packed.saturating_add(file.packed);
            let before = places.insert(path.clone(), entries.len());
            if before.is_some() {
                return Err(twice(&path));
            }
            entries.push(Entry {
                path,
                size: file.size,
                packed: file.packed,
                at: file.at,
                crc: file.crc,
                deflated: file.method == 8,
            });
        }
        if unpacked > FREE_OF_SUSPICION && unpacked / MAX_RATIO > packed {
            return Err(bomb());
        }
        if unpacked > MAX_UNPACKED {
            return Err(Refusal::too_much());
        }
        spans.sort_unstable();
        let overlap = spans.iter().zip(spans.iter().skip(1)).any(|(one, next)| one.1 > next.0);
        if overlap || spans.last().is_some_and(|last| last.1 > raw.start) {
            return Err(Refusal::hostile(
                "Các tệp trong gói chồng lên nhau, dấu hiệu của gói hỏng hoặc “bom nén”. Hãy đóng gói lại rồi tải lên.",
                "The files in the package overlap, a sign of damage or of a “zip bomb”. Pack it anew and upload it.",
            ));
        }
        // A name that is a file here and a folder there cannot be laid out.
        for path in places.keys() {
            let mut folder = names::folder(path);
            while let Some(name) = folder.strip_suffix('/') {
                if places.contains_key(name) {
                    return Err(twice(name));
                }
                folder = names::folder(name);
            }
        }
        Ok(Self { source, entries, places })
    }

    /// Its files in the archive's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether it has this file.
    pub fn has(&self, path: &str) -> bool {
        self.places.contains_key(path)
    }

    /// A file's entry.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.places.get(path).and_then(|&at| self.entries.get(at))
    }

    /// A file as a stream that ends with an error unless size and checksum are right.
    ///
    /// # Errors
    /// There is no such file, or its own header is not what the directory says.
    pub fn stream<'a>(&'a mut self, path: &str) -> Result<Unpacked<'a>> {
        let entry = self.entry(path).cloned().ok_or_else(|| missing(path))?;
        let header = bytes::part(&mut *self.source, entry.at, 30)?;
        if bytes::u32_le(&header, 0) != Some(0x0403_4b50) {
            return Err(Refusal::damaged());
        }
        if bytes::u16_le(&header, 6).is_none_or(|flags| flags & 1 != 0) {
            return Err(Refusal::encrypted());
        }
        let name = u64::from(bytes::u16_le(&header, 26).unwrap_or(0));
        let extra = u64::from(bytes::u16_le(&header, 28).unwrap_or(0));
        self.source.seek(SeekFrom::Start(entry.at + 30 + name + extra))?;
        let source: &'a mut (dyn Source + 'a) = &mut *self.source;
        let packed = BufReader::with_capacity(32 << 10, source.take(entry.packed));
        let inner = if entry.deflated { Inner::Deflated(DeflateDecoder::new(packed)) } else { Inner::Stored(packed) };
        Ok(Unpacked { inner, left: entry.size, crc: entry.crc, hasher: crc32fast::Hasher::new() })
    }

    /// The archive itself, for a reader that wants it whole.
    ///
    /// # Errors
    /// It is larger than `most` bytes.
    pub(crate) fn whole(&mut self, most: u64) -> Result<Vec<u8>> {
        let size = self.source.seek(SeekFrom::End(0))?;
        bytes::whole(&mut *self.source, size, most)
    }

    /// A file as a whole, of at most `most` bytes.
    ///
    /// # Errors
    /// There is no such file, it is larger, or damaged.
    pub fn read(&mut self, path: &str, most: u64) -> Result<Vec<u8>> {
        let size = self.entry(path).map(|entry| entry.size).ok_or_else(|| missing(path))?;
        if size > most {
            return Err(Refusal::too_much());
        }
        // The size is a stranger's word: the buffer grows with what is really there.
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(1 << 20)).unwrap_or(0));
        self.stream(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

pub(crate) fn missing(path: &str) -> Refusal {
    let path = names::shown(path);
    Refusal::unreadable(
        format!("Gói thiếu tệp “{path}”. Hãy xuất lại từ phần mềm đã tạo ra nó."),
        format!("The package lacks the file “{path}”. Export it again from the program that made it."),
    )
}

enum Inner<'a> {
    Stored(BufReader<io::Take<&'a mut (dyn Source + 'a)>>),
    Deflated(DeflateDecoder<BufReader<io::Take<&'a mut (dyn Source + 'a)>>>),
}

/// A file of an archive, unpacked as it is read.
pub struct Unpacked<'a> {
    inner: Inner<'a>,
    left: u64,
    crc: u32,
    hasher: crc32fast::Hasher,
}

impl std::fmt::Debug for Unpacked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacked").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = match &mut self.inner {
            Inner::Stored(reader) => reader.read(buffer)?,
            Inner::Deflated(reader) => reader.read(buffer).map_err(|_| Refusal::damaged())?,
        };
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            Refusal::new(
                Code::Hostile,
                "Một tệp trong gói lớn hơn gói khai báo, dấu hiệu của “bom nén”. Không nhận tệp này.",
                "A file in the package is larger than it says, a sign of a “zip bomb”. It is not taken.",
            )
        })?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        if count == 0 && (self.left != 0 || self.hasher.clone().finalize() != self.crc) {
            return Err(Refusal::damaged().into());
        }
        Ok(count)
    }
}

#[cfg(test)]
pub(crate) mod tests;

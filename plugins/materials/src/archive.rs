//! Writing archives (APPNOTE 6.3) piece by piece: entries stored or deflated, sizes
//! known before or told behind the data, so that an archive may be longer than a
//! plugin's memory. Offsets stay below 4 GiB: callers begin a new archive before.

use flate2::{Compression, Crc, write::DeflateEncoder};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// Where a writer is; carried from step to step of a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Archive {
    entries: Vec<Member>,
    /// Bytes written so far.
    pub at: u64,
    /// Entry that is being written.
    open: Option<Member>,
    /// Its checksum so far.
    crc: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Member {
    name: String,
    crc: u32,
    packed: u32,
    unpacked: u32,
    offset: u32,
    deflated: bool,
    streamed: bool,
}

/// 1 January 2026, 00:00: an archive of the same things is the same bytes.
const DATE: u16 = (46 << 9) | (1 << 5) | 1;

fn cut(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Member {
    fn flags(&self) -> u16 {
        // Names are UTF-8; sizes stand behind the data when they were not known.
        0x0800 | if self.streamed { 8 } else { 0 }
    }

    fn common(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&20u16.to_le_bytes());
        out.extend_from_slice(&self.flags().to_le_bytes());
        out.extend_from_slice(&if self.deflated { 8u16 } else { 0 }.to_le_bytes());
        out.extend_from_slice(&0u16.to_le_bytes());
        out.extend_from_slice(&DATE.to_le_bytes());
    }

    fn sizes(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&self.packed.to_le_bytes());
        out.extend_from_slice(&self.unpacked.to_le_bytes());
    }

    fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        self.common(&mut out);
        if self.streamed {
            out.extend_from_slice(&[0; 12]);
        } else {
            self.sizes(&mut out);
        }
        out.extend_from_slice(&u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(&0u16.to_le_bytes());
        out.extend_from_slice(self.name.as_bytes());
        out
    }

    fn central(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"PK\x01\x02");
        out.extend_from_slice(&20u16.to_le_bytes());
        self.common(out);
        self.sizes(out);
        out.extend_from_slice(&u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(self.name.as_bytes());
    }
}

impl Archive {
    fn count(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.at += bytes.len() as u64;
        bytes
    }

    /// A whole file, deflated where that makes it smaller.
    #[must_use]
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        let packed =
            encoder.write_all(bytes).and_then(|()| encoder.finish()).ok().filter(|packed| packed.len() < bytes.len());
        let deflated = packed.is_some();
        let data = packed.unwrap_or_else(|| bytes.to_vec());
        let member = Member {
            name: name.to_owned(),
            crc: crc.sum(),
            packed: cut(data.len() as u64),
            unpacked: cut(bytes.len() as u64),
            offset: cut(self.at),
            deflated,
            streamed: false,
        };
        let mut out = member.local();
        out.extend(data);
        self.entries.push(member);
        self.count(out)
    }

    /// Begins a file of this many bytes, which follow as they are.
    #[must_use]
    pub fn begin(&mut self, name: &str, size: u64) -> Vec<u8> {
        let member = Member {
            name: name.to_owned(),
            packed: cut(size),
            unpacked: cut(size),
            offset: cut(self.at),
            streamed: true,
            ..Member::default()
        };
        let out = member.local();
        self.open = Some(member);
        self.crc = 0;
        self.count(out)
    }

    /// A piece of the file that was begun: hand it on as it is.
    pub fn piece(&mut self, bytes: &[u8]) {
        self.crc = combine(self.crc, bytes);
        self.at += bytes.len() as u64;
    }

    /// Ends the file that was begun.
    #[must_use]
    pub fn end(&mut self) -> Vec<u8> {
        let Some(mut member) = self.open.take() else { return Vec::new() };
        member.crc = self.crc;
        let mut out = b"PK\x07\x08".to_vec();
        member.sizes(&mut out);
        self.entries.push(member);
        self.count(out)
    }

    /// The directory, which ends the archive.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        for entry in &self.entries {
            entry.central(&mut out);
        }
        let (count, size) = (u16::try_from(self.entries.len()).unwrap_or(u16::MAX), cut(out.len() as u64));
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&size.to_le_bytes());
        out.extend_from_slice(&cut(self.at).to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        self.count(out)
    }

    /// Files in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// CRC-32 of what went before with more bytes behind it. The checksum's own state is
/// only its value, so it can be carried as a number.
fn combine(crc: u32, bytes: &[u8]) -> u32 {
    let mut state = crc32fast::Hasher::new_with_initial(crc);
    state.update(bytes);
    state.finalize()
}

/// A whole archive of small files.
#[must_use]
pub fn whole(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Archive::default();
    let mut out = Vec::new();
    for (name, bytes) in files {
        out.extend(archive.file(name, bytes));
    }
    out.extend(archive.finish());
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_checksum_carried_as_a_number_is_the_usual_one() {
        let mut usual = Crc::new();
        usual.update(b"Hello, kho");
        assert_eq!(combine(combine(0, b"Hello, "), b"kho"), usual.sum());
    }

    #[test]
    fn an_archive_written_in_pieces_is_read_by_others() {
        let mut archive = Archive::default();
        let mut bytes = archive.file("Bài 1/a.txt", "một hai ".repeat(50).as_bytes());
        bytes.extend(archive.begin("b.bin", 6));
        for piece in [b"abc", b"def"] {
            archive.piece(piece);
            bytes.extend_from_slice(piece);
        }
        bytes.extend(archive.end());
        bytes.extend(archive.finish());
        assert_eq!(archive.at, bytes.len() as u64);
        // An independent reader, where there is one.
        let path = std::env::temp_dir().join(format!("tram-archive-{}.zip", std::process::id()));
        #[allow(clippy::disallowed_methods, reason = "a test hands it to another program")]
        std::fs::write(&path, &bytes).unwrap();
        let script = "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.namelist(), z.read('b.bin'))";
        if let Ok(output) = std::process::Command::new("python3").arg("-c").arg(script).arg(&path).output() {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(said.contains("Bài 1/a.txt") && said.contains("abcdef"), "{said}");
        }
        #[allow(clippy::disallowed_methods, reason = "a test cleans up")]
        std::fs::remove_file(&path).unwrap();
    }
}

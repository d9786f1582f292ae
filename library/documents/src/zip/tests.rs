use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;

/// An entry to be written, with the lies that it is to tell.
#[derive(Debug, Clone)]
pub(crate) struct Written<'a> {
    pub(crate) name: &'a str,
    pub(crate) content: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) attributes: u32,
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    pub(crate) at: Option<u32>,
}

pub(crate) fn file(name: &str, content: impl Into<Vec<u8>>) -> Written<'_> {
    Written { name, content: content.into(), flags: 0, attributes: 0, size: None, crc: None, at: None }
}

/// An archive of these, deflated.
pub(crate) fn archive(files: &[Written<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for file in files {
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&file.content).unwrap();
        let packed = packer.finish().unwrap();
        let crc = file.crc.unwrap_or_else(|| crc32fast::hash(&file.content));
        let size = file.size.unwrap_or(u32::try_from(file.content.len()).unwrap());
        let at = file.at.unwrap_or(u32::try_from(out.len()).unwrap());
        let numbers = |out: &mut Vec<u8>| {
            out.extend(file.flags.to_le_bytes());
            out.extend(8u16.to_le_bytes());
            out.extend([0; 4]);
            out.extend(crc.to_le_bytes());
            out.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            out.extend(size.to_le_bytes());
            out.extend(u16::try_from(file.name.len()).unwrap().to_le_bytes());
            out.extend([0; 2]);
        };
        out.extend(b"PK\x03\x04\x14\0");
        numbers(&mut out);
        out.extend(file.name.as_bytes());
        out.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        numbers(&mut directory);
        directory.extend([0; 6]);
        directory.extend(file.attributes.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(file.name.as_bytes());
    }
    let start = u32::try_from(out.len()).unwrap();
    let count = u16::try_from(files.len()).unwrap();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn refused(files: &[Written<'_>]) -> Option<Code> {
    let bytes = archive(files);
    let size = bytes.len() as u64;
    let mut source = Cursor::new(bytes);
    let mut archive = match Archive::open(&mut source, size) {
        Ok(archive) => archive,
        Err(refusal) => return Some(refusal.code),
    };
    let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
    paths.iter().find_map(|path| archive.read(path, 1 << 20).err().map(|refusal| refusal.code))
}

#[test]
fn a_good_archive_reads() {
    let text = "Xin chào các em. ".repeat(1000);
    let bytes = archive(&[file("bài/một.txt", text.as_bytes()), file("trống", ""), file("thư mục/", "")]);
    let size = bytes.len() as u64;
    let mut source = Cursor::new(bytes);
    let mut archive = Archive::open(&mut source, size).unwrap();
    assert_eq!(archive.entries().len(), 2);
    assert_eq!(archive.read("bài/một.txt", 1 << 20).unwrap(), text.as_bytes());
    assert_eq!(archive.read("trống", 10).unwrap(), b"");
    assert_eq!(archive.read("bài/một.txt", 10).unwrap_err().code, Code::TooMuch);
}

#[test]
fn hostile_archives_are_refused() {
    let good = || file("a", "x".repeat(100));
    assert_eq!(refused(&[good()]), None);
    for (what, files, code) in [
        ("a path that leads out", vec![file("../a", "x")], Code::Hostile),
        ("a folder that leads out", vec![file("../a/", "")], Code::Hostile),
        ("an absolute path", vec![file("/etc/x", "x")], Code::Hostile),
        ("a path of Windows", vec![file("..\\..\\x", "x")], Code::Hostile),
        ("a name twice", vec![good(), good()], Code::Hostile),
        ("a name twice, spelt in two ways", vec![file("à", "x"), file("a\u{300}", "y")], Code::Hostile),
        ("a file that is a folder", vec![file("a", "x"), file("a/b", "y")], Code::Hostile),
        ("a link", vec![Written { attributes: 0o120_777 << 16, ..good() }], Code::Hostile),
        ("a password", vec![Written { flags: 1, ..good() }], Code::Encrypted),
        ("more than it says", vec![Written { size: Some(10), ..good() }], Code::Hostile),
        ("less than it says", vec![Written { size: Some(1000), ..good() }], Code::Unreadable),
        ("a wrong checksum", vec![Written { crc: Some(7), ..good() }], Code::Unreadable),
        ("files on top of each other", vec![good(), Written { at: Some(0), ..file("b", "y") }], Code::Hostile),
        ("a bomb by its own word", vec![Written { size: Some(900 << 20), ..good() }], Code::Hostile),
        ("a control character", vec![file("a\nb", "x")], Code::Hostile),
    ] {
        assert_eq!(refused(&files), Some(code), "{what}");
    }
}

#[test]
fn what_is_before_or_behind_the_directory_is_refused() {
    let good = archive(&[file("a", "x".repeat(100))]);
    let open = |bytes: Vec<u8>| {
        let size = bytes.len() as u64;
        Archive::open(&mut Cursor::new(bytes), size).map(|_| ()).map_err(|refusal| refusal.code)
    };
    assert_eq!(open(good.clone()), Ok(()));
    assert_eq!(open([b"MZ before".as_slice(), &good].concat()), Err(Code::Unreadable));
    assert_eq!(open(good[..good.len() - 1].to_vec()), Err(Code::Unreadable));
    assert_eq!(open(Vec::new()), Err(Code::Unreadable));
    let mut more = good.clone();
    let count = more.len() - 12;
    more[count] = 2;
    assert_eq!(open(more), Err(Code::Unreadable));
}

proptest! {
    #[test]
    fn any_flipped_byte_ends_in_an_answer(at in 0usize..300, value: u8) {
        let mut bytes = archive(&[file("a", "x".repeat(50)), file("b/c.txt", "Xin chào")]);
        let at = at % bytes.len();
        bytes[at] = value;
        let size = bytes.len() as u64;
        let mut source = Cursor::new(bytes);
        if let Ok(mut archive) = Archive::open(&mut source, size) {
            let paths: Vec<String> = archive.entries().iter().map(|entry| entry.path.clone()).collect();
            for path in paths {
                prop_assert!(tram_contract::flat::is_path(&path));
                let content = archive.read(&path, 1 << 20);
                // What is read is what was packed, whatever was flipped.
                if let Ok(content) = content {
                    prop_assert!(content == "x".repeat(50).as_bytes() || content == "Xin chào".as_bytes() || content.is_empty());
                }
            }
        }
    }

    #[test]
    fn any_bytes_end_in_an_answer(bytes: Vec<u8>) {
        let bytes = [b"PK\x03\x04".as_slice(), &bytes, b"PK\x05\x06", &[0; 18]].concat();
        let size = bytes.len() as u64;
        let _ = Archive::open(&mut Cursor::new(bytes), size);
    }
}

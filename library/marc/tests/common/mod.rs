//! The corpus of real files, which is not part of the project.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The files of the corpus with the names they are reported by, sorted; none
/// where the corpus is absent.
pub(crate) fn corpus() -> Vec<(String, PathBuf)> {
    let root = std::env::var_os("TRAM_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    let root = root.join("marc");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(&root) {
                files.push((name.to_string_lossy().into_owned(), path.clone()));
            }
        }
    }
    files.sort();
    files
}

/// The bytes of a file, unpacked.
pub(crate) fn contents(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
    out
}
